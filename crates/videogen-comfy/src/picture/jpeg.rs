//! Whether a JPEG is whole. It has no checksums, so this is what its structure shows: markers in places where none can be,
//! restarts out of their order, parts that are longer than the file.

/// What is wrong with the JPEG; `None` where its structure is whole.
///
/// ISO/IEC 10918-1, B.1.1: a marker is 0xFF and a byte that is neither 0 nor 0xFF, a segment has its length in two bytes, and
/// in the data of a scan 0xFF is followed by 0, or is a restart marker, which count from 0 to 7 over and over.
pub(crate) fn damage(file: &[u8]) -> Option<String> {
    const SOI: u8 = 0xd8;
    const EOI: u8 = 0xd9;
    const SOS: u8 = 0xda;
    if !file.starts_with(&[0xff, SOI]) {
        return Some("it does not begin as a JPEG".into());
    }
    let damaged = |at: usize| Some(format!("it is damaged at byte {at}"));
    let cut = || Some("it ends in the middle of a part".to_owned());
    let (mut at, mut has_scan, mut restarts) = (2, false, false);
    loop {
        let Some(&[sign, marker]) = file.get(at..at + 2) else {
            return cut();
        };
        match marker {
            _ if sign != 0xff => return damaged(at),
            // A fill byte.
            0xff => {
                at += 1;
                continue;
            }
            EOI if has_scan => return None,
            // No frame begins behind the data of one, and nothing else may stand here.
            0xc0..=0xc3 | 0xc5..=0xc7 | 0xc9..=0xcb | 0xcd..=0xcf if has_scan => {
                return damaged(at);
            }
            0x00..=0xbf | 0xd0..=EOI | 0xf0..=0xfd => return damaged(at),
            _ => {}
        }
        let Some(&[high, low]) = file.get(at + 2..at + 4) else {
            return cut();
        };
        let length = usize::from(u16::from_be_bytes([high, low]));
        if length < 2 {
            return damaged(at);
        }
        if marker == 0xdd {
            restarts = file.get(at + 4..at + 6) != Some(&[0, 0]);
        }
        at += 2 + length;
        if at > file.len() {
            return cut();
        }
        if marker == SOS {
            has_scan = true;
            match scan(file, at, restarts) {
                Ok(end) => at = end,
                Err(bad) => return damaged(bad),
            }
        }
    }
}

/// Where the data of a scan that begins at `at` ends.
///
/// # Errors
/// Where something stands that cannot be in it.
fn scan(file: &[u8], mut at: usize, restarts: bool) -> Result<usize, usize> {
    let mut next = 0;
    loop {
        match (file.get(at), file.get(at + 1)) {
            (Some(0xff), Some(0x00)) => at += 2,
            (Some(0xff), Some(0xff)) => at += 1,
            (Some(0xff), Some(marker @ 0xd0..=0xd7)) => {
                if !restarts || marker & 7 != next {
                    return Err(at);
                }
                next = (next + 1) & 7;
                at += 2;
            }
            // Who called sees what it is, or that nothing more comes.
            (Some(0xff) | None, _) => return Ok(at),
            (Some(_), _) => at += 1,
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// A frame of one part, with restarts where there are some.
    fn whole(data: &[u8], restarts: usize) -> Vec<u8> {
        let mut bytes =
            b"\xff\xd8\xff\xe0\x00\x04ab\xff\xc0\x00\x0b\x08\0\x08\0\x08\x01\x01\x11\0".to_vec();
        if restarts > 0 {
            bytes.extend(b"\xff\xdd\x00\x04\x00\x01");
        }
        bytes.extend(b"\xff\xda\x00\x08\x01\x01\0\0\x3f\0");
        for part in 0..=restarts {
            for byte in data {
                bytes.push(*byte);
                if *byte == 0xff {
                    bytes.push(0);
                }
            }
            if part < restarts {
                bytes.extend([0xff, 0xd0 + (part % 8) as u8]);
            }
        }
        bytes.extend(b"\xff\xd9");
        bytes
    }

    #[test]
    fn another_picture_in_its_middle_is_found() {
        let (one, other) = (whole(&[7; 900], 0), whole(&[9; 300], 0));
        assert_eq!(damage(&one), None);
        assert_eq!(
            damage(include_bytes!(
                "../../../../tests/fixtures/comfyui/preview.jpg"
            )),
            None
        );
        let torn = [&one[..200], &other[..], &one[500..]].concat();
        assert!(damage(&torn).is_some());
    }

    #[test]
    fn restarts_are_counted() {
        let mut bytes = whole(&[5; 20], 9);
        assert_eq!(damage(&bytes), None);
        let at = bytes
            .windows(2)
            .position(|pair| pair == [0xff, 0xd3])
            .unwrap();
        bytes[at + 1] = 0xd5;
        assert!(damage(&bytes).is_some());
        let mut bytes = whole(&[5; 20], 0);
        let at = bytes.len() - 10;
        bytes[at..at + 2].copy_from_slice(&[0xff, 0xd0]);
        assert!(damage(&bytes).is_some(), "there are none in this one");
    }

    proptest! {
        /// A whole one is whole with anything behind it; one that ends early is not.
        #[test]
        fn an_end_that_is_lost_is_found(
            data in prop::collection::vec(any::<u8>(), 1..200),
            restarts in 0usize..10,
            cut in any::<prop::sample::Index>(),
        ) {
            let bytes = whole(&data, restarts);
            prop_assert_eq!(damage(&bytes), None);
            prop_assert_eq!(damage(&[&bytes[..], b"\0\0padding"].concat()), None);
            prop_assert!(damage(&bytes[..cut.index(bytes.len())]).is_some());
        }

        #[test]
        fn no_bytes_make_it_panic(bytes in prop::collection::vec(prop_oneof![Just(0xffu8), any::<u8>()], 0..300)) {
            let _ = damage(&[b"\xff\xd8", &bytes[..]].concat());
        }
    }
}
