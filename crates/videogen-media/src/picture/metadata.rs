//! What the file of a picture that FFmpeg decodes says of it beside its pixels, and FFmpeg does not hand on.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};

use camino::Utf8Path;
use image::metadata::Orientation;

use super::MAX_PICTURE_BYTES;
use super::boxes::{AlphaItem, BoxedPicture, ends_within_a_box, largest_area};
use super::foreign::ForeignReader;
use super::tiff;
use crate::{Error, files};

/// Bytes of boxes in which what they say of a picture is looked for.
const BOXES: u64 = 1 << 20;
/// Bytes of a directory of TIFF: as many entries as there are tags, and more.
const DIRECTORY: u64 = 64 << 10;

/// What a file says of its picture.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct PictureMetadata {
    /// How it is turned to be shown.
    pub(crate) orientation: Orientation,
    /// What can be seen through.
    pub(crate) alpha: Alpha,
    /// The area in pixels of all of it, where it may be put together of tiles.
    pub(crate) area: Option<u64>,
}

/// What a picture says of what can be seen through, beside its pixels.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Alpha {
    /// Nothing.
    None,
    /// This, as a stream of AV1.
    Coded(Vec<u8>),
    /// Something that cannot be read.
    Unread,
}

impl Default for PictureMetadata {
    fn default() -> Self {
        Self {
            orientation: Orientation::NoTransforms,
            alpha: Alpha::None,
            area: None,
        }
    }
}

impl PictureMetadata {
    /// Looks into a file of at most so many bytes, which FFmpeg is told to read in this way. Blocks.
    ///
    /// # Errors
    /// [`Error::InputBroken`] where the file ends too early; those of [`files::open_regular`].
    pub(crate) fn of(path: &Utf8Path, reader: ForeignReader, most: u64) -> Result<Self, Error> {
        let file = files::open_regular(path, most)?;
        let read = match reader {
            ForeignReader::Boxes => in_boxes(file),
            ForeignReader::Decoder("tiff") => in_tiff(file).map(Some),
            ForeignReader::Decoder(_) => return Ok(Self::default()),
        };
        let read = read.map_err(|source| Error::Io {
            action: "reading",
            path: path.to_owned(),
            source,
        })?;
        read.ok_or_else(|| Error::InputBroken {
            path: path.to_owned(),
            reason: "the picture ends too early".into(),
        })
    }
}

/// The bytes from a place on, as far as they are there.
fn part(file: &mut File, from: u64, most: u64) -> io::Result<Vec<u8>> {
    let mut part = Vec::new();
    file.seek(SeekFrom::Start(from))?;
    file.take(most).read_to_end(&mut part)?;
    Ok(part)
}

/// What AVIF and HEIF say; nothing where they end too early.
fn in_boxes(mut file: File) -> io::Result<Option<PictureMetadata>> {
    let head = part(&mut file, 0, BOXES)?;
    if ends_within_a_box(&head, file.metadata()?.len()) {
        return Ok(None);
    }
    let said = BoxedPicture::of(&head);
    let alpha = match &said.alpha {
        None => Alpha::None,
        Some(item) => coded_alpha(&mut file, item)?.map_or(Alpha::Unread, Alpha::Coded),
    };
    Ok(Some(PictureMetadata {
        orientation: said.orientation,
        alpha,
        area: largest_area(&head),
    }))
}

/// A picture of how much can be seen through another, as a stream of AV1, if it is that and there.
fn coded_alpha(file: &mut File, item: &AlphaItem) -> io::Result<Option<Vec<u8>>> {
    /// The unit with which each picture of a stream begins (AV1 specification, 5.6).
    const BEGIN: [u8; 2] = [0x12, 0];
    let there = file.metadata()?.len();
    let is_there = |(from, length): &(u64, u64)| from.saturating_add(*length) <= there;
    if !item.is_av1 || !item.places.iter().all(is_there) {
        return Ok(None);
    }
    // Each is within the file, and there are no more of them than a box has room for.
    let all: u64 = item.places.iter().map(|(_, length)| length).sum();
    if !(1..=MAX_PICTURE_BYTES).contains(&all) {
        return Ok(None);
    }
    let mut stream = Vec::new();
    for (from, length) in &item.places {
        stream.extend(part(file, *from, *length)?);
    }
    if stream.len() as u64 != all {
        return Ok(None);
    }
    if !stream.starts_with(&BEGIN) {
        stream.splice(..0, BEGIN);
    }
    Ok(Some(stream))
}

/// What TIFF says.
fn in_tiff(mut file: File) -> io::Result<PictureMetadata> {
    let head = part(&mut file, 0, 8)?;
    let orientation = match tiff::directory_at(&head) {
        Some(at) => tiff::orientation(&head, &part(&mut file, at, DIRECTORY)?),
        None => Orientation::NoTransforms,
    };
    Ok(PictureMetadata {
        orientation,
        ..PictureMetadata::default()
    })
}

#[cfg(test)]
mod tests {
    use camino::Utf8PathBuf;
    use camino_tempfile::tempdir;

    use super::*;

    fn avif() -> Vec<u8> {
        let data = Utf8PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/data");
        std::fs::read(data.join("avif.avif")).expect("there")
    }

    fn of(bytes: &[u8], reader: ForeignReader) -> Result<PictureMetadata, Error> {
        let dir = tempdir().expect("a temporary directory");
        let path = dir.path().join("picture");
        std::fs::write(&path, bytes).expect("written");
        PictureMetadata::of(&path, reader, 1 << 20)
    }

    #[test]
    fn a_file_in_boxes_is_whole_or_refused() {
        let bytes = avif();
        let whole = of(&bytes, ForeignReader::Boxes).expect("whole");
        assert_eq!(whole.alpha, Alpha::None);
        assert_eq!(whole.orientation, Orientation::NoTransforms);
        assert!(whole.area.is_some());
        let cut = of(&bytes[..bytes.len() - 20], ForeignReader::Boxes).unwrap_err();
        assert!(cut.to_string().contains("ends too early"), "{cut}");
    }

    #[test]
    fn alpha_is_put_together_of_its_places() {
        let dir = tempdir().expect("a temporary directory");
        let path = dir.path().join("picture");
        std::fs::write(&path, b"....cd..\x12\0ab").expect("written");
        let mut file = File::open(&path).expect("there");
        let mut coded = |is_av1, places: &[(u64, u64)]| {
            let places = places.to_vec();
            coded_alpha(&mut file, &AlphaItem { is_av1, places }).expect("read")
        };
        assert_eq!(coded(true, &[(8, 4), (4, 2)]), Some(b"\x12\0abcd".to_vec()));
        assert_eq!(coded(true, &[(4, 2)]), Some(b"\x12\0cd".to_vec()));
        assert_eq!(coded(false, &[(4, 2)]), None);
        assert_eq!(coded(true, &[]), None);
        // Not all of it is there, or it is more than anything.
        assert_eq!(coded(true, &[(10, 4)]), None);
        assert_eq!(coded(true, &[(0, u64::MAX), (0, 2)]), None);
        assert_eq!(coded(true, &[(u64::MAX / 4, 4)]), None);
    }

    #[test]
    fn a_turned_tiff_is_told() {
        let mut tiff = b"II*\0\x0A\0\0\0..\x01\0".to_vec();
        tiff.extend(b"\x12\x01\x03\0\x01\0\0\0\x06\0\0\0\0\0\0\0");
        let reader = ForeignReader::Decoder("tiff");
        let turned = of(&tiff, reader).expect("read").orientation;
        assert_eq!(turned, Orientation::Rotate90);
        for bytes in [&tiff[..20], &tiff[..9], b"II*\0\xFF\xFF\xFF\xFF"] {
            assert_eq!(of(bytes, reader).expect("read"), PictureMetadata::default());
        }
        let other = of(&tiff, ForeignReader::Decoder("bmp")).expect("read");
        assert_eq!(other, PictureMetadata::default());
    }
}
