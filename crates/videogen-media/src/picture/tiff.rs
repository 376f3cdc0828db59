//! How a TIFF file says that its picture is turned. Pure.

use image::metadata::Orientation;

/// The tag of the orientation, and the type of its value, a number of two bytes (TIFF 6.0, section 8).
const ORIENTATION: u16 = 274;
const SHORT: u16 = 3;
/// Bytes of an entry.
const ENTRY: usize = 12;

/// Where the first directory of a TIFF file begins, by its first eight bytes.
pub(crate) fn directory_at(head: &[u8]) -> Option<u64> {
    let order = Order::of(head)?;
    order.u32(head, 4).map(u64::from)
}

/// How the picture is turned to be shown; `directory` is what stands where [`directory_at`] says.
pub(crate) fn orientation(head: &[u8], directory: &[u8]) -> Orientation {
    entry(head, directory)
        .and_then(|value| Orientation::from_exif(u8::try_from(value).ok()?))
        .unwrap_or(Orientation::NoTransforms)
}

fn entry(head: &[u8], directory: &[u8]) -> Option<u16> {
    let order = Order::of(head)?;
    let count = usize::from(order.u16(directory, 0)?);
    let entries = directory.get(2..)?.chunks_exact(ENTRY).take(count);
    let mut found = entries.filter_map(|entry| {
        let (tag, kind) = (order.u16(entry, 0)?, order.u16(entry, 2)?);
        let is_one = order.u32(entry, 4)? == 1;
        (tag == ORIENTATION && kind == SHORT && is_one).then(|| order.u16(entry, 8))?
    });
    found.next()
}

/// In which order the bytes of a number stand.
#[derive(Debug, Clone, Copy)]
enum Order {
    Little,
    Big,
}

impl Order {
    fn of(head: &[u8]) -> Option<Self> {
        match head.first_chunk::<4>()? {
            b"II*\0" => Some(Self::Little),
            b"MM\0*" => Some(Self::Big),
            _ => None,
        }
    }

    fn u16(self, bytes: &[u8], at: usize) -> Option<u16> {
        let bytes = *bytes.get(at..)?.first_chunk()?;
        Some(match self {
            Self::Little => u16::from_le_bytes(bytes),
            Self::Big => u16::from_be_bytes(bytes),
        })
    }

    fn u32(self, bytes: &[u8], at: usize) -> Option<u32> {
        let bytes = *bytes.get(at..)?.first_chunk()?;
        Some(match self {
            Self::Little => u32::from_le_bytes(bytes),
            Self::Big => u32::from_be_bytes(bytes),
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const LITTLE: &[u8] = b"II*\0\x10\0\0\0";
    const BIG: &[u8] = b"MM\0*\0\0\0\x10";

    /// A directory of a width, an orientation and a height.
    fn directory(is_big: bool, value: u16) -> Vec<u8> {
        let short = |n: u16| {
            if is_big {
                n.to_be_bytes()
            } else {
                n.to_le_bytes()
            }
        };
        let mut all = short(3).to_vec();
        for (tag, value) in [(256, 600), (ORIENTATION, value), (257, 900)] {
            let count = if is_big { [0, 0, 0, 1] } else { [1, 0, 0, 0] };
            all.extend([short(tag), short(SHORT)].concat());
            all.extend(count);
            all.extend([short(value), [0; 2]].concat());
        }
        all
    }

    #[test]
    fn both_orders_of_bytes_tell_how_a_picture_is_turned() {
        for (head, is_big) in [(LITTLE, false), (BIG, true)] {
            assert_eq!(directory_at(head), Some(16));
            for (value, expected) in [
                (1, Orientation::NoTransforms),
                (2, Orientation::FlipHorizontal),
                (3, Orientation::Rotate180),
                (6, Orientation::Rotate90),
                (8, Orientation::Rotate270),
                (0, Orientation::NoTransforms),
                (9, Orientation::NoTransforms),
                (0x0600, Orientation::NoTransforms),
            ] {
                assert_eq!(
                    orientation(head, &directory(is_big, value)),
                    expected,
                    "{value}"
                );
            }
        }
        // Other files, and other orders than that of the head.
        assert_eq!(directory_at(b"BM\x10\0\0\0\0\0"), None);
        let other = orientation(LITTLE, &directory(true, 6));
        assert_eq!(other, Orientation::NoTransforms);
    }

    proptest! {
        #[test]
        fn no_part_of_a_file_makes_it_panic(
            is_big: bool, value: u16, length in 0_usize..50, bytes in prop::collection::vec(any::<u8>(), 0..60),
        ) {
            let head = if is_big { BIG } else { LITTLE };
            let mut cut = directory(is_big, value);
            cut.truncate(length);
            let found = orientation(head, &cut);
            // The second entry ends there.
            prop_assert!(length >= 24 || found == Orientation::NoTransforms);
            let _ = (orientation(head, &bytes), orientation(&bytes, &cut), directory_at(&bytes));
        }
    }
}
