//! Formats of pictures that have no decoder here and that FFmpeg may have one for, told apart by their first bytes.

/// A format that is left to FFmpeg.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct ForeignFormat {
    /// What people call it, with its article.
    pub(crate) name: &'static str,
    /// How FFmpeg is told to read it.
    pub(crate) reader: ForeignReader,
}

/// How FFmpeg is told to read a picture: it is never left to guess.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ForeignReader {
    /// The file is the picture; this is FFmpeg's name of the decoder.
    Decoder(&'static str),
    /// The picture is in boxes as those of MP4 (ISO/IEC 23008-12).
    Boxes,
}

/// The sizes that the second header of a BMP has had.
const BMP_HEADERS: [u8; 8] = [12, 16, 40, 52, 56, 64, 108, 124];
/// Brands of HEIF whose pictures are coded as AV1, and as anything.
const AVIF_BRANDS: [&[u8; 4]; 1] = [b"avif"];
const HEIF_BRANDS: [&[u8; 4]; 8] = [
    b"heic", b"heix", b"hevc", b"hevx", b"heim", b"heis", b"mif1", b"msf1",
];

impl ForeignFormat {
    /// The format that a file begins as.
    pub(crate) fn of(head: &[u8]) -> Option<Self> {
        use ForeignReader::{Boxes, Decoder};
        let starts = |magic: &[u8]| head.starts_with(magic);
        let is = |name, reader| Some(Self { name, reader });
        if let Some(brand) = brand(head) {
            return if AVIF_BRANDS.contains(&brand) {
                is("an AVIF picture", Boxes)
            } else if HEIF_BRANDS.contains(&brand) {
                is("an HEIC picture", Boxes)
            } else {
                None
            };
        }
        if starts(b"II*\0") || starts(b"MM\0*") {
            is("a TIFF picture", Decoder("tiff"))
        } else if starts(b"BM") && head.get(14).is_some_and(|size| BMP_HEADERS.contains(size)) {
            is("a BMP picture", Decoder("bmp"))
        } else if starts(b"qoif") {
            is("a QOI picture", Decoder("qoi"))
        } else if starts(b"\xFF\x0A") || starts(b"\0\0\0\x0CJXL \r\n\x87\n") {
            is("a JPEG XL picture", Decoder("libjxl"))
        } else if starts(b"\0\0\0\x0CjP  \r\n\x87\n") || starts(b"\xFF\x4F\xFF\x51") {
            is("a JPEG 2000 picture", Decoder("jpeg2000"))
        } else if starts(b"8BPS\0\x01") {
            is("a Photoshop picture", Decoder("psd"))
        } else if starts(b"DDS |\0\0\0") {
            is("a DDS picture", Decoder("dds"))
        } else if starts(b"\x01\xDA\0") || starts(b"\x01\xDA\x01") {
            is("an SGI picture", Decoder("sgi"))
        } else if starts(b"\x0A\x05\x01") {
            is("a PCX picture", Decoder("pcx"))
        } else if let Some(decoder) = netpbm(head) {
            is("a Netpbm picture", Decoder(decoder))
        } else if is_targa(head) {
            is("a TGA picture", Decoder("targa"))
        } else {
            None
        }
    }
}

/// The major brand of a file in boxes.
fn brand(head: &[u8]) -> Option<&[u8; 4]> {
    (head.get(4..8) == Some(b"ftyp")).then(|| head.get(8..12)?.first_chunk())?
}

/// FFmpeg's decoder of a Netpbm file: a P, a digit, white space, and a size or a comment.
fn netpbm(head: &[u8]) -> Option<&'static str> {
    let [b'P', kind, space, next, ..] = *head else {
        return None;
    };
    let numbered = next.is_ascii_digit() || next == b'#';
    match kind {
        _ if !space.is_ascii_whitespace() => None,
        b'1' | b'4' if numbered => Some("pbm"),
        b'2' | b'5' if numbered => Some("pgm"),
        b'3' | b'6' if numbered => Some("ppm"),
        b'7' if next == b'W' || next == b'#' => Some("pam"),
        _ => None,
    }
}

/// Whether it can be a TGA file, which has no signature: all that its 18 bytes of header say must fit together.
fn is_targa(head: &[u8]) -> bool {
    let Some(&[_, map, kind, m0, m1, m2, m3, m4, ref place @ .., descriptor]) =
        head.first_chunk::<18>()
    else {
        return false;
    };
    let [.., w0, w1, h0, h1, depth] = *place;
    let has_size = u16::from_le_bytes([w0, w1]) > 0 && u16::from_le_bytes([h0, h1]) > 0;
    let is_mapped = map == 1 && matches!(m4, 15 | 16 | 24 | 32) && (m2, m3) != (0, 0);
    let is_plain = map == 0 && [m0, m1, m2, m3, m4] == [0; 5];
    has_size
        && descriptor & 0xC0 == 0
        && match kind {
            1 | 9 => is_mapped && depth == 8,
            2 | 10 => is_plain && matches!(depth, 15 | 16 | 24 | 32),
            3 | 11 => is_plain && depth == 8,
            _ => false,
        }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn formats_are_told_by_their_first_bytes() {
        let mut bmp = b"BM\x36\x0C\0\0\0\0\0\0\x36\0\0\0\x28\0\0\0".to_vec();
        bmp.resize(64, 0);
        let mut targa = vec![0u8; 18];
        (targa[2], targa[12], targa[14], targa[16]) = (10, 64, 48, 24);
        for (head, name) in [
            (&b"\0\0\0\x1cftypavif\0\0\0\0"[..], "an AVIF picture"),
            (b"\0\0\0\x18ftypheic\0\0\0\0", "an HEIC picture"),
            (b"\0\0\0\x18ftypmif1\0\0\0\0", "an HEIC picture"),
            (b"II*\0\x08\0\0\0", "a TIFF picture"),
            (b"MM\0*\0\0\0\x08", "a TIFF picture"),
            (&bmp, "a BMP picture"),
            (b"qoif\0\0\0\x01", "a QOI picture"),
            (b"\xFF\x0A\x7F", "a JPEG XL picture"),
            (b"P6\n64 48\n255\n", "a Netpbm picture"),
            (b"P3 # by hand\n", "a Netpbm picture"),
            (b"P7\nWIDTH 4\n", "a Netpbm picture"),
            (&targa, "a TGA picture"),
        ] {
            let found = ForeignFormat::of(head).map(|format| format.name);
            assert_eq!(found, Some(name), "{head:?}");
        }
    }

    #[test]
    fn clips_sounds_and_texts_are_none_of_them() {
        for head in [
            &b"\0\0\0\x20ftypisom\0\0\x02\0mp42mp42mp42"[..],
            b"\0\0\x01\xBA\x44\0\x04\0\x04\x01\0\0\x03\xF8\0\0\0\0",
            b"\0\0\x01\0\x01\0\x10\x10\0\0\x01\0\x20\0\x68\x04\0\0",
            b"\0\x01\0\0\0\x0F\0\x80\0\x03\0\x70GDEF",
            b"RIFF\x24\0\0\0WAVEfmt ",
            b"BMW builds cars.",
            b"P6 is a tram.",
            b"",
        ] {
            assert_eq!(ForeignFormat::of(head), None, "{head:?}");
        }
    }

    proptest! {
        #[test]
        fn any_bytes_are_judged(head in prop::collection::vec(any::<u8>(), 0..64)) {
            let _ = ForeignFormat::of(&head);
        }
    }
}
