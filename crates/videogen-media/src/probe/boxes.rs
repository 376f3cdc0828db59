//! Walks the top-level boxes of an MP4 file (ISO/IEC 14496-12, section 4.2) without reading their contents.

use std::io::{self, Read, Seek, SeekFrom};

/// More top-level boxes than this are not followed; fragmented files, which this crate does not write, have many.
const MOST_BOXES: usize = 10_000;

/// How an MP4 file is laid out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct Mp4Layout {
    /// The index (`moov`) lies before the media data (`mdat`): playing can begin before all of the file has arrived.
    pub faststart: bool,
    /// Both are there and no box reaches past the end of the file.
    pub complete: bool,
}

/// Reads the box headers from the beginning to the end of `file`.
///
/// # Errors
/// Those of reading and seeking.
pub(super) fn read(file: &mut (impl Read + Seek)) -> io::Result<Mp4Layout> {
    let length = file.seek(SeekFrom::End(0))?;
    let (mut moov, mut mdat) = (None, None);
    let mut at = 0_u64;
    let mut whole = true;
    for _ in 0..MOST_BOXES {
        // A header that does not fit is the cut end of a truncated file.
        if length - at < 8 {
            whole = at == length;
            break;
        }
        file.seek(SeekFrom::Start(at))?;
        let mut header = [0; 16];
        file.read_exact(&mut header[..8])?;
        let size = u64::from(u32::from_be_bytes([
            header[0], header[1], header[2], header[3],
        ]));
        let (size, least) = match size {
            // Up to the end of the file.
            0 => (length - at, 8),
            // A 64-bit size follows the type.
            1 if length - at >= 16 => {
                file.read_exact(&mut header[8..])?;
                let size = header[8..]
                    .iter()
                    .fold(0_u64, |size, byte| size << 8 | u64::from(*byte));
                (size, 16)
            }
            size => (size, 8),
        };
        match &header[4..8] {
            b"moov" => moov = moov.or(Some(at)),
            b"mdat" => mdat = mdat.or(Some(at)),
            _ => {}
        }
        match at.checked_add(size) {
            Some(next) if size >= least && next <= length => at = next,
            _ => {
                whole = false;
                break;
            }
        }
    }
    Ok(Mp4Layout {
        faststart: moov.is_some_and(|moov| mdat.is_none_or(|mdat| moov < mdat)),
        complete: whole && moov.is_some() && mdat.is_some(),
    })
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use proptest::prelude::*;

    use super::*;

    /// A file of boxes with these types and content lengths.
    fn file(boxes: &[(&[u8; 4], usize)]) -> Vec<u8> {
        let mut bytes = Vec::new();
        for (kind, length) in boxes {
            bytes.extend((*length as u32 + 8).to_be_bytes());
            bytes.extend(*kind);
            bytes.resize(bytes.len() + length, 7);
        }
        bytes
    }

    fn layout(bytes: &[u8]) -> (bool, bool) {
        let layout = read(&mut Cursor::new(bytes)).unwrap();
        (layout.faststart, layout.complete)
    }

    #[test]
    fn the_order_of_index_and_data_decides() {
        assert_eq!(
            layout(&file(&[
                (b"ftyp", 16),
                (b"moov", 90),
                (b"free", 0),
                (b"mdat", 500)
            ])),
            (true, true)
        );
        assert_eq!(
            layout(&file(&[
                (b"ftyp", 16),
                (b"free", 0),
                (b"mdat", 500),
                (b"moov", 90)
            ])),
            (false, true)
        );
        assert_eq!(
            layout(&file(&[(b"ftyp", 16), (b"mdat", 500)])),
            (false, false)
        );
        assert_eq!(layout(b""), (false, false));
    }

    #[test]
    fn a_cut_file_is_not_complete() {
        let bytes = file(&[(b"ftyp", 16), (b"moov", 90), (b"mdat", 500)]);
        for end in 0..bytes.len() {
            assert!(!layout(&bytes[..end]).1, "cut at {end}");
        }
        assert!(layout(&bytes).1);
    }

    #[test]
    fn long_sizes_and_a_last_box_without_size_are_followed() {
        let mut bytes = file(&[(b"moov", 20)]);
        bytes.extend([0, 0, 0, 1]);
        bytes.extend(b"free");
        bytes.extend(24_u64.to_be_bytes());
        bytes.extend([0; 8]);
        bytes.extend([0, 0, 0, 0]);
        bytes.extend(b"mdat");
        bytes.extend([1; 100]);
        assert_eq!(layout(&bytes), (true, true));
    }

    proptest! {
        #[test]
        fn any_bytes_end(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
            let layout = read(&mut Cursor::new(&bytes)).unwrap();
            prop_assert!(!layout.complete || bytes.len() >= 16);
        }
    }
}
