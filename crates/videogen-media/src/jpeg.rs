//! Whether a JPEG is there to its end. Decoders are lenient: they fill what is missing with grey and say nothing.

/// Whether the file goes on to the end of the (first) image: the marker EOI after its last scan. What follows, as the video
/// of a "motion photo", does not matter; a picture inside the header, as a preview, is not taken for the image.
///
/// ISO/IEC 10918-1, B.1.1.2 and B.1.1.5: markers are 0xFF and a byte that is neither 0 nor 0xFF, segments have their length
/// in two bytes, and in the data of a scan a 0xFF is followed by 0 or is a restart marker.
pub(crate) fn is_complete(file: &[u8]) -> bool {
    const SOI: u8 = 0xD8;
    const EOI: u8 = 0xD9;
    const SOS: u8 = 0xDA;
    const TEM: u8 = 0x01;
    let mut rest = file;
    let mut in_scan = false;
    loop {
        // In a scan everything but a marker is data; outside of one it is padding, which decoders skip as well.
        let Some(at) = rest.windows(2).position(|pair| match pair {
            [0xFF, 0x00 | 0xFF] => false,
            [0xFF, 0xD0..=0xD7] => !in_scan,
            [first, _] => *first == 0xFF,
            _ => false,
        }) else {
            return false;
        };
        let marker = rest[at + 1];
        rest = &rest[at + 2..];
        match marker {
            EOI => return true,
            SOI | TEM | 0xD0..=0xD7 => {}
            _ => {
                let Some(length) = rest.first_chunk().map(|bytes| u16::from_be_bytes(*bytes))
                else {
                    return false;
                };
                let Some(after) = rest.get(usize::from(length)..) else {
                    return false;
                };
                in_scan = marker == SOS;
                rest = after;
            }
        }
    }
}

/// What the header of a JPEG says of its image (ISO/IEC 10918-1, B.2.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct JpegHeader {
    pub(crate) width: u32,
    pub(crate) height: u32,
    /// Components of a pixel: 1 is grey, 3 are colours, 4 are inks.
    pub(crate) components: u8,
    /// Whether it comes in several scans over the whole image, for which a decoder keeps all coefficients.
    pub(crate) is_progressive: bool,
}

/// The header of the image in a file that may be cut off after it; nothing where there is none before the data.
pub(crate) fn header(file: &[u8]) -> Option<JpegHeader> {
    let mut rest = file.strip_prefix(&[0xFF, 0xD8])?;
    loop {
        let at = rest.iter().position(|byte| *byte == 0xFF)?;
        rest = &rest[at..];
        let at = rest.iter().position(|byte| *byte != 0xFF)?;
        let marker = rest[at];
        rest = &rest[at + 1..];
        match marker {
            0x00 | 0x01 | 0xD0..=0xD8 => {}
            0xD9 | 0xDA => return None,
            // Tables and extensions are among the markers of frames.
            0xC0..=0xCF if !matches!(marker, 0xC4 | 0xC8 | 0xCC) => {
                let [_, _, _, h1, h0, w1, w0, components] = *rest.first_chunk::<8>()?;
                return Some(JpegHeader {
                    width: u32::from(u16::from_be_bytes([w1, w0])),
                    height: u32::from(u16::from_be_bytes([h1, h0])),
                    components,
                    is_progressive: marker & 3 == 2,
                });
            }
            _ => {
                let length = u16::from_be_bytes(*rest.first_chunk()?);
                rest = rest.get(usize::from(length.max(2))..)?;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use image::{DynamicImage, ImageFormat, RgbImage};
    use proptest::prelude::*;

    use super::*;

    fn picture() -> Vec<u8> {
        let noise = |x: u32, y: u32| ((x * 7919 + y * 104_729) % 251) as u8;
        let image = RgbImage::from_fn(40, 30, |x, y| image::Rgb([noise(x, y), 80, noise(y, x)]));
        let mut bytes = std::io::Cursor::new(Vec::new());
        DynamicImage::from(image)
            .write_to(&mut bytes, ImageFormat::Jpeg)
            .expect("encoded");
        bytes.into_inner()
    }

    #[test]
    fn the_header_of_the_image_is_read_past_that_of_a_preview() {
        let whole = picture();
        let length = ((whole.len() + 2) as u16).to_be_bytes();
        let preview = [&[0xFF, 0xE1][..], &length, &whole].concat();
        let expected = Some(JpegHeader {
            width: 40,
            height: 30,
            components: 3,
            is_progressive: false,
        });
        assert_eq!(header(&whole), expected);
        let mut second = whole.clone();
        let at = second
            .windows(2)
            .position(|pair| pair == [0xFF, 0xC0])
            .expect("a frame");
        second[at + 1] = 0xC2;
        second[at + 7..at + 9].copy_from_slice(&41u16.to_be_bytes());
        let with_preview = [&second[..2], &preview, &second[2..]].concat();
        let found = header(&with_preview).expect("a header");
        assert_eq!((found.width, found.is_progressive), (41, true));
        assert_eq!(header(&whole[..at + 4]), None);
    }

    #[test]
    fn a_preview_in_the_header_and_what_follows_the_image_do_not_count() {
        let whole = picture();
        let preview = [
            &[0xFF, 0xE1][..],
            &((whole.len() + 2) as u16).to_be_bytes(),
            &whole,
        ]
        .concat();
        let with_preview = [&whole[..2], &preview, &whole[2..]].concat();
        assert!(is_complete(&with_preview));
        assert!(!is_complete(
            &with_preview[..with_preview.len() - whole.len() / 2]
        ));
        assert!(is_complete(&[&whole[..], b"\0\0\0\x18ftypmp42"].concat()));
    }

    proptest! {
        #[test]
        fn a_picture_that_ends_early_is_not_complete(part in 0.0f64..1.0) {
            let whole = picture();
            prop_assert!(is_complete(&whole));
            prop_assert!(!is_complete(&whole[..(whole.len() as f64 * part) as usize]));
        }

        #[test]
        fn any_bytes_are_judged(bytes in prop::collection::vec(prop_oneof![Just(0xFFu8), any::<u8>()], 0..300)) {
            is_complete(&bytes);
            header(&bytes);
        }
    }
}
