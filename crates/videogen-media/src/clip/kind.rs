//! Tells pictures from clips, and kinds of clips apart, by their first bytes, never by their name.

use std::io::Read;

use camino::Utf8Path;
use image::ImageFormat;

use super::MAX_CLIP_BYTES;
use super::animation::AnimationFormat;
use crate::picture::ForeignFormat;
use crate::{Error, files};

/// What a file of the user can be shown as.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum FootageKind {
    /// A still picture: PNG, JPEG, WebP, and what FFmpeg decodes: AVIF, TIFF, BMP, JPEG XL …
    Picture,
    /// A clip: MP4, MOV, WebM, Matroska, AVI, MPEG, FLV, Ogg, WMV, GIF, animated WebP and PNG.
    Clip,
}

/// What is accepted, for messages.
const ACCEPTED: &str =
    "a picture such as PNG, JPEG, WebP, AVIF or TIFF, or a clip such as MP4, MOV, WebM or GIF";

/// How many first bytes are looked at: three packets of MPEG-TS.
const HEAD: usize = 600;

/// Whether a file is a picture or a clip, by its first bytes. Whether it is a good one is another question: see
/// [`crate::check_picture_pixels`] and [`super::Clip::open`]. Blocks.
///
/// # Errors
/// One of the `Input…` errors: there is no such file, it is empty, or it is neither.
pub fn footage_kind(path: &Utf8Path) -> Result<FootageKind, Error> {
    Ok(match look(path)? {
        (_, Some(_)) => FootageKind::Clip,
        (head, None) if is_picture(&head) => FootageKind::Picture,
        (head, None) => return Err(wrong(path, &head)),
    })
}

/// The kind of a clip's file. Blocks.
pub(super) fn clip_kind(path: &Utf8Path) -> Result<ClipKind, Error> {
    let (head, kind) = look(path)?;
    kind.ok_or_else(|| wrong(path, &head))
}

/// The first bytes of a file, and what kind of clip it is, if it is one.
fn look(path: &Utf8Path) -> Result<(Vec<u8>, Option<ClipKind>), Error> {
    let mut head = Vec::new();
    let mut file = files::open_regular(path, MAX_CLIP_BYTES)?;
    (&mut file)
        .take(HEAD as u64)
        .read_to_end(&mut head)
        .map_err(|source| Error::Io {
            action: "reading",
            path: path.to_owned(),
            source,
        })?;
    let kind = match AnimationFormat::of(&head, &mut file) {
        Some(format) => Some(ClipKind::Animation(format)),
        None if is_picture(&head) => None,
        None => container(&head).map(ClipKind::Video),
    };
    Ok((head, kind))
}

/// The kinds of clips.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ClipKind {
    /// What FFmpeg decodes.
    Video(Container),
    /// What is decoded here.
    Animation(AnimationFormat),
}

fn wrong(path: &Utf8Path, head: &[u8]) -> Error {
    Error::InputWrongType {
        path: path.to_owned(),
        expected: ACCEPTED,
        found: files::describe(head),
    }
}

fn is_picture(head: &[u8]) -> bool {
    let own = matches!(
        image::guess_format(head),
        Ok(ImageFormat::Png | ImageFormat::Jpeg | ImageFormat::WebP)
    );
    own || ForeignFormat::of(head).is_some()
}

/// Pictures are boxed as MP4 is (ISO/IEC 23008-12, section 10); FFmpeg would take the pieces of a tiled one for videos.
/// Animated AVIF (the brand `avis`) is a clip like others.
fn is_heif(head: &[u8]) -> bool {
    let brand = head.get(8..12).unwrap_or_default();
    head.get(4..8) == Some(b"ftyp")
        && [
            b"avif", b"heic", b"heix", b"hevc", b"hevx", b"heim", b"heis", b"mif1", b"msf1",
        ]
        .iter()
        .any(|known| *known == brand)
}

/// The containers of clips.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Container {
    Mov,
    Matroska,
    Gif,
    Avi,
    MpegTs,
    MpegPs,
    Flv,
    Ogg,
    Asf,
}

impl Container {
    /// FFmpeg's name of the demuxer to force.
    pub(super) const fn demuxer(self) -> &'static str {
        match self {
            Self::Mov => "mov",
            Self::Matroska => "matroska",
            Self::Gif => "gif",
            Self::Avi => "avi",
            Self::MpegTs => "mpegts",
            Self::MpegPs => "mpeg",
            Self::Flv => "flv",
            Self::Ogg => "ogg",
            Self::Asf => "asf",
        }
    }

    /// Whether FFmpeg has the times of a file count from the first of the streams that it decodes, and not from the first of
    /// all: what libavformat marks with `AVFMT_TS_DISCONT`.
    pub(super) const fn counts_from_what_is_decoded(self) -> bool {
        matches!(self, Self::MpegTs | Self::MpegPs | Self::Ogg)
    }

    /// Whether the length in the header is dependable, so that a file that ends before was cut off.
    pub(super) const fn tells_its_length(self) -> bool {
        matches!(self, Self::Mov | Self::Matroska | Self::Avi)
    }
}

/// The container whose signature a file begins with.
fn container(head: &[u8]) -> Option<Container> {
    let at = |offset: usize, magic: &[u8]| {
        head.get(offset..)
            .is_some_and(|rest| rest.starts_with(magic))
    };
    // QuickTime before 2001 begins with any of its boxes (QuickTime File Format, "Movie atoms").
    let quicktime = [&b"moov"[..], b"mdat", b"wide", b"skip", b"free"]
        .iter()
        .any(|kind| at(4, kind));
    if at(4, b"ftyp") || quicktime {
        (!is_heif(head)).then_some(Container::Mov)
    } else if at(0, &[0x1A, 0x45, 0xDF, 0xA3]) {
        Some(Container::Matroska)
    } else if at(0, b"GIF87a") || at(0, b"GIF89a") {
        Some(Container::Gif)
    } else if at(0, b"RIFF") && at(8, b"AVI ") {
        Some(Container::Avi)
    } else if at(0, b"FLV\x01") {
        Some(Container::Flv)
    } else if at(0, b"OggS") {
        Some(Container::Ogg)
    } else if at(0, b"\x30\x26\xB2\x75\x8E\x66\xCF\x11") {
        Some(Container::Asf)
    } else if at(0, &[0, 0, 1, 0xBA]) {
        Some(Container::MpegPs)
    } else if transport_stream(head, 0, 188) || transport_stream(head, 4, 192) {
        Some(Container::MpegTs)
    } else {
        None
    }
}

/// Whether three packets of a length follow one another from `first` on, each with its sync byte (ISO/IEC 13818-1). Those
/// of camcorders have four bytes of time in front of each.
fn transport_stream(head: &[u8], first: usize, packet: usize) -> bool {
    (0..3).all(|n| head.get(first + n * packet) == Some(&0x47))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn signatures_are_recognised() {
        let mut packets = vec![0; 600];
        for at in [0, 188, 376, 564] {
            packets[at] = 0x47;
        }
        let mut timed = vec![0; 600];
        for at in [4, 196, 388] {
            timed[at] = 0x47;
        }
        for (head, expected) in [
            (&b"\0\0\0\x20ftypisom\0\0\x02\0"[..], Container::Mov),
            (b"\0\0\0\x14ftypqt  ", Container::Mov),
            (b"\0\0\0\x2cftypavis\0\0\0\0avisavif", Container::Mov),
            (b"\0\0\0\x08wide\0\0\0\0mdat", Container::Mov),
            (b"\x1A\x45\xDF\xA3\x01", Container::Matroska),
            (b"GIF89a\x40\0", Container::Gif),
            (b"RIFF\x24\0\0\0AVI LIST", Container::Avi),
            (b"FLV\x01\x05", Container::Flv),
            (b"OggS\0\x02", Container::Ogg),
            (b"\0\0\x01\xBA\x44", Container::MpegPs),
            (&packets, Container::MpegTs),
            (&timed, Container::MpegTs),
        ] {
            assert_eq!(container(head), Some(expected), "{head:?}");
            assert!(!is_picture(head));
        }
    }

    #[test]
    fn lists_pages_pictures_and_sounds_are_no_clips() {
        for head in [
            &b"#EXTM3U\n#EXT-X-TARGETDURATION:10\n"[..],
            b"ffconcat version 1.0\nfile /etc/passwd\n",
            b"<!DOCTYPE html>",
            b"\0\0\0\x1cftypavif\0\0\0\0",
            b"\0\0\0\x18ftypheic\0\0\0\0",
            b"\x89PNG\r\n\x1A\n",
            b"RIFF\0\0\0\0WEBPVP8 ",
            b"RIFF\0\0\0\0WAVEfmt ",
            b"ID3\x04",
            b"GIF8",
            b"",
        ] {
            assert_eq!(container(head), None, "{head:?}");
        }
    }

    #[test]
    fn what_is_neither_is_named_with_what_is_accepted() {
        let dir = camino_tempfile::tempdir().expect("a temporary directory");
        for (bytes, found) in [(&b"<html></html>"[..], "an HTML page"), (b"", "is empty")] {
            let path = dir.path().join("x.mp4");
            std::fs::write(&path, bytes).expect("written");
            let message = footage_kind(&path).expect_err("refused").to_string();
            assert!(message.contains(found), "{message}");
        }
    }

    proptest! {
        #[test]
        fn text_is_neither(text in "[ -~\n]{0,700}") {
            let boxed = ["ftyp", "moov", "mdat", "wide", "skip", "free"];
            prop_assume!(!boxed.iter().any(|kind| text.get(4..8) == Some(kind)));
            prop_assume!(!["GIF8", "OggS", "RIFF"].iter().any(|magic| text.starts_with(magic)));
            // A G every 188 characters is no accident.
            prop_assume!(!(text.as_bytes().first() == Some(&b'G') || text.as_bytes().get(4) == Some(&b'G')));
            prop_assert_eq!(container(text.as_bytes()), None);
            prop_assert!(!is_picture(text.as_bytes()));
        }
    }
}
