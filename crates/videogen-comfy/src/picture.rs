//! What a picture's first and last bytes say: which format, how large, and whether all of it is there.

pub(crate) mod jpeg;
pub(crate) mod png;
pub(crate) mod webp;

use std::io::{self, Read};

/// A format of pictures that is accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Format {
    /// Portable Network Graphics, what ComfyUI saves.
    Png,
    /// JPEG, which some nodes save.
    Jpeg,
    /// WebP, which some nodes save; one still picture.
    WebP,
}

const PNG: &[u8] = b"\x89PNG\r\n\x1a\n";
/// The chunk that ends every PNG: length 0, its name, its checksum.
const PNG_END: &[u8] = b"\0\0\0\0IEND\xae\x42\x60\x82";

impl Format {
    /// By the first bytes.
    pub fn of(head: &[u8]) -> Option<Self> {
        if head.starts_with(PNG) {
            Some(Self::Png)
        } else if head.starts_with(b"\xff\xd8\xff") {
            Some(Self::Jpeg)
        } else if head.starts_with(b"RIFF") && head.get(8..12) == Some(b"WEBP") {
            Some(Self::WebP)
        } else {
            None
        }
    }

    /// The usual extension.
    pub const fn extension(self) -> &'static str {
        match self {
            Self::Png => "png",
            Self::Jpeg => "jpg",
            Self::WebP => "webp",
        }
    }

    /// Whether `tail`, the last bytes of a file, ends it.
    pub(crate) fn ends(self, tail: &[u8]) -> bool {
        match self {
            Self::Png => tail.ends_with(PNG_END),
            // Cameras and editors leave padding behind the end.
            Self::Jpeg => tail.windows(2).any(|pair| pair == b"\xff\xd9"),
            // Its length is in its head: see `declared_length`.
            Self::WebP => true,
        }
    }
}

/// How many bytes a file has by its own head, where its format says so.
pub(crate) fn declared_length(head: &[u8]) -> Option<u64> {
    match Format::of(head) {
        Some(Format::WebP) => webp::declared_length(head),
        _ => None,
    }
}

/// What was found in a whole file without decoding it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Found {
    /// Its structure is whole; the workflow that the server wrote into it, if it did.
    Whole { prompt: Option<String> },
    /// It is damaged, and how.
    Damaged(String),
}

/// Walks through the file of a picture: checksums where the format has some, markers and lengths where it has not.
///
/// # Errors
/// Those of reading.
pub(crate) fn inspect(format: Format, mut file: impl Read) -> io::Result<Found> {
    if format == Format::Png {
        return png::inspect(file);
    }
    let mut bytes = Vec::new();
    file.read_to_end(&mut bytes)?;
    let damage = match format {
        Format::WebP => webp::damage(&bytes),
        _ => jpeg::damage(&bytes),
    };
    Ok(match damage {
        Some(damage) => Found::Damaged(damage),
        None => Found::Whole { prompt: None },
    })
}

/// What the head of a file says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Head {
    /// A picture of that size.
    Picture {
        format: Format,
        width: u32,
        height: u32,
    },
    /// More of it has to be read.
    More,
    /// No picture of a format that is accepted, and why.
    Not(&'static str),
}

/// How much of a head is looked at: more than any sane metadata before a JPEG's size.
pub(crate) const HEAD_BYTES: usize = 1024 * 1024;

/// Reads the head of a file without decoding anything.
pub(crate) fn head(bytes: &[u8]) -> Head {
    if bytes.len() < PNG.len() {
        return Head::More;
    }
    match Format::of(bytes) {
        Some(Format::Png) => png(bytes),
        Some(Format::Jpeg) => jpeg(bytes),
        Some(Format::WebP) => webp::head(bytes),
        None if bytes.trim_ascii_start().starts_with(b"<") => Head::Not("it is a web page"),
        // The rest of the name comes with the next bytes.
        None if bytes.len() < 12 && b"RIFF".starts_with(&bytes[..4]) => Head::More,
        None if bytes.starts_with(b"GIF8") => {
            Head::Not("it is GIF; let the workflow save PNG, JPEG or WebP")
        }
        None => Head::Not("it begins like neither PNG, JPEG nor WebP"),
    }
}

fn big_endian(bytes: &[u8], at: usize) -> Option<u32> {
    let four = bytes.get(at..at + 4)?;
    Some(u32::from_be_bytes(four.try_into().ok()?))
}

fn png(bytes: &[u8]) -> Head {
    if bytes.len() < 29 {
        return Head::More;
    }
    if big_endian(bytes, 8) != Some(13) || &bytes[12..16] != b"IHDR" {
        return Head::Not("it begins like PNG and has no header");
    }
    match (big_endian(bytes, 16), big_endian(bytes, 20)) {
        (Some(width), Some(height)) if width > 0 && height > 0 => Head::Picture {
            format: Format::Png,
            width,
            height,
        },
        _ => Head::Not("it has a side of length 0"),
    }
}

fn jpeg(bytes: &[u8]) -> Head {
    let word = |at: usize| Some(u32::from(*bytes.get(at)?) << 8 | u32::from(*bytes.get(at + 1)?));
    let mut at = 2;
    loop {
        let (Some(sign), Some(marker)) = (bytes.get(at), bytes.get(at + 1)) else {
            return Head::More;
        };
        if *sign != 0xff {
            return Head::Not("it begins like JPEG and goes on like something else");
        }
        match marker {
            // A fill byte, or a marker without a length.
            0xff => at += 1,
            0x01 | 0xd0..=0xd8 => at += 2,
            0xd9 | 0xda => return Head::Not("it begins like JPEG and has no size"),
            // Every kind of frame but those that number other things.
            0xc0..=0xcf if !matches!(marker, 0xc4 | 0xc8 | 0xcc) => {
                let (Some(height), Some(width)) = (word(at + 5), word(at + 7)) else {
                    return Head::More;
                };
                if width == 0 || height == 0 {
                    return Head::Not("it has a side of length 0");
                }
                return Head::Picture {
                    format: Format::Jpeg,
                    width,
                    height,
                };
            }
            _ => match word(at + 2) {
                None => return Head::More,
                Some(length) if length < 2 => {
                    return Head::Not("it has a part of impossible length");
                }
                Some(length) => at += 2 + length as usize,
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const HEADER: &[u8] = b"\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR\0\0\x02\0\0\0\x03\0\x08\x02\0\0\0";

    #[test]
    fn sizes_are_read_from_headers() {
        let png = Head::Picture {
            format: Format::Png,
            width: 512,
            height: 768,
        };
        assert_eq!(head(HEADER), png);
        for cut in 0..29 {
            assert_eq!(head(&HEADER[..cut]), Head::More);
        }
        let mut jpeg = b"\xff\xd8\xff\xe0\x00\x10JFIF\0\x01\x01\0\0\x01\0\x01\0\0".to_vec();
        jpeg.extend(b"\xff\xff\xdb\x00\x04ab\xff\xc2\x00\x11\x08\x05\xa0\x0a\x00\x03");
        assert_eq!(
            head(&jpeg),
            Head::Picture {
                format: Format::Jpeg,
                width: 2560,
                height: 1440
            }
        );
        assert!(matches!(
            head(b"  <html><body>"),
            Head::Not("it is a web page")
        ));
        assert!(matches!(head(b"not a picture"), Head::Not(_)));
    }

    #[test]
    fn the_end_is_recognised() {
        assert!(Format::Png.ends(b"....\0\0\0\0IEND\xae\x42\x60\x82"));
        assert!(!Format::Png.ends(b"\0\0\0\0IEND\xae\x42\x60"));
        assert!(Format::Jpeg.ends(b"..\xff\xd9\0\0") && !Format::Jpeg.ends(b"\xff\xd8"));
    }

    proptest! {
        #[test]
        fn any_bytes_are_judged(tail in proptest::collection::vec(any::<u8>(), 0..400), kind in 0..4usize) {
            let start: &[u8] = [PNG, b"\xff\xd8\xff", b"RIFF\0\0\0\0WEBPVP8", b""][kind];
            head(&[start, &tail].concat());
        }
    }
}
