//! WebP by its container: how large it is, whether it is one still picture, and whether all of its parts are there.

use super::{Format, Head};

/// The name of the container and its length, before the first part.
const HEADER: usize = 12;
/// The name and the length of a part.
const PART: usize = 8;

fn number(bytes: &[u8]) -> u32 {
    let byte = |at: usize| u32::from(bytes.get(at).copied().unwrap_or(0));
    byte(0) | byte(1) << 8 | byte(2) << 16 | byte(3) << 24
}

/// How many bytes the file has by its head.
pub(super) fn declared_length(head: &[u8]) -> Option<u64> {
    Some(u64::from(number(head.get(4..8)?)) + 8)
}

/// Reads the size from the first part.
pub(super) fn head(bytes: &[u8]) -> Head {
    let (Some(kind), Some(part)) = (bytes.get(HEADER..HEADER + 4), bytes.get(HEADER + PART..))
    else {
        return Head::More;
    };
    let size = match kind {
        b"VP8 " => match part.get(..10) {
            None => return Head::More,
            Some([_, _, _, 0x9d, 0x01, 0x2a, size @ ..]) => {
                let both = number(size);
                (both & 0x3fff, both >> 16 & 0x3fff)
            }
            Some(_) => return Head::Not("it begins like WebP and has no header"),
        },
        b"VP8L" => match part.get(..5) {
            None => return Head::More,
            Some([0x2f, size @ ..]) => {
                let both = number(size);
                ((both & 0x3fff) + 1, (both >> 14 & 0x3fff) + 1)
            }
            Some(_) => return Head::Not("it begins like WebP and has no header"),
        },
        b"VP8X" => match part.get(..10) {
            None => return Head::More,
            Some([flags, ..]) if flags & 0x02 != 0 => {
                return Head::Not("it is an animated WebP; let the workflow save a still picture");
            }
            Some(part) => (
                (number(&part[4..]) & 0x00ff_ffff) + 1,
                (number(&part[6..]) >> 8) + 1,
            ),
        },
        _ => return Head::Not("it begins like WebP and has no picture"),
    };
    match size {
        (0, _) | (_, 0) => Head::Not("it has a side of length 0"),
        (width, height) => Head::Picture {
            format: Format::WebP,
            width,
            height,
        },
    }
}

/// What is wrong with the WebP; `None` where its parts follow each other up to its end, and one has the picture.
pub(super) fn damage(file: &[u8]) -> Option<String> {
    let end = declared_length(file).and_then(|length| usize::try_from(length).ok());
    let Some(file) = end.and_then(|end| file.get(..end)) else {
        return Some("it is shorter than its head says".into());
    };
    let (mut at, mut has_picture) = (HEADER, false);
    while at < file.len() {
        let Some(part) = file.get(at..at + PART) else {
            return Some("it ends in the middle of a part".into());
        };
        let (kind, length) = (&part[..4], number(&part[4..]) as usize);
        // The names of parts are printable.
        if !kind.iter().all(|byte| (0x20..0x7f).contains(byte)) {
            return Some(format!("it is damaged at byte {at}"));
        }
        has_picture |= kind == b"VP8 " || kind == b"VP8L";
        // Each part is filled up to an even length.
        let padded = length.saturating_add(length & 1);
        match at.checked_add(PART).and_then(|at| at.checked_add(padded)) {
            Some(next) if next <= file.len() => at = next,
            _ => return Some(format!("it is damaged before byte {at}")),
        }
    }
    (!has_picture).then(|| "it has no picture".into())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn whole(parts: &[(&[u8; 4], &[u8])]) -> Vec<u8> {
        let mut body = b"WEBP".to_vec();
        for (kind, data) in parts {
            body.extend(*kind);
            body.extend((data.len() as u32).to_le_bytes());
            body.extend(*data);
            body.resize(body.len() + data.len() % 2, 0);
        }
        [&b"RIFF"[..], &(body.len() as u32).to_le_bytes(), &body].concat()
    }

    #[test]
    fn sizes_are_read_from_each_kind() {
        let picture = |width, height| Head::Picture {
            format: Format::WebP,
            width,
            height,
        };
        let lossy = whole(&[(b"VP8 ", b"\0\0\0\x9d\x01\x2a\x80\x02\xe0\x01")]);
        assert_eq!(head(&lossy), picture(640, 480));
        let lossless = whole(&[(b"VP8L", &[0x2f, 0x7f, 0xc2, 0x77, 0])]);
        assert_eq!(head(&lossless), picture(640, 480));
        let extended = |flags| [flags, 0, 0, 0, 0x7f, 0x02, 0, 0xdf, 0x01, 0];
        let still = whole(&[(b"VP8X", &extended(0x10)), (b"VP8L", b"ab")]);
        assert_eq!(head(&still), picture(640, 480));
        let animated = whole(&[(b"VP8X", &extended(0x02))]);
        assert!(matches!(head(&animated), Head::Not(why) if why.contains("animated")));
        for cut in HEADER..25 {
            assert_eq!(head(&lossless[..cut]), Head::More, "{cut}");
        }
        let recorded = include_bytes!("../../../../tests/fixtures/comfyui/preview.webp");
        assert!(matches!(head(recorded), Head::Picture { .. }));
        assert_eq!(damage(recorded), None);
    }

    proptest! {
        #[test]
        fn a_lost_end_and_a_changed_length_are_found(
            data in prop::collection::vec(any::<u8>(), 1..200),
            cut in any::<prop::sample::Index>(),
            changed in 1u8..=255,
        ) {
            let bytes = whole(&[(b"EXIF", b"abc"), (b"VP8L", &data)]);
            prop_assert_eq!(damage(&bytes), None);
            prop_assert!(damage(&bytes[..cut.index(bytes.len())]).is_some());
            let mut other = bytes.clone();
            // The length of the second part, the high bytes of which are 0.
            let at = HEADER + PART + 4 + 6;
            other[at] ^= changed;
            prop_assert!(damage(&other).is_some());
        }

        #[test]
        fn no_bytes_make_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let file = [&b"RIFF"[..], &bytes].concat();
            let _ = (damage(&file), head(&file));
        }
    }
}
