//! Pictures that cost little and look alike only when they were asked for alike.

use std::fmt::Write;
use std::io::Cursor;

use crate::Chance;

/// A PNG of this size whose colours follow from `hash`, with the prompt in a `tEXt` chunk as
/// ComfyUI writes it.
pub(crate) fn paint(width: u32, height: u32, hash: u64, prompt: Option<&str>) -> Vec<u8> {
    let (columns, band) = (16, 32);
    let mut bytes = Vec::new();
    let mut writer = {
        let mut encoder = png::Encoder::new(Cursor::new(&mut bytes), width, height);
        encoder.set_color(png::ColorType::Rgb);
        encoder.set_depth(png::BitDepth::Eight);
        encoder.set_compression(png::Compression::Fast);
        // Rows of a band are equal: upwards they differ in nothing.
        encoder.set_filter(png::Filter::Up);
        if let Some(prompt) = prompt {
            encoder
                .add_text_chunk("prompt".to_owned(), latin(prompt))
                .expect("the text is Latin-1");
        }
        encoder.write_header().expect("the size is not zero")
    };
    let width = width as usize;
    let mut row = vec![0; width * 3];
    let mut pixels = Vec::with_capacity(width * 3 * height as usize);
    for y in 0..height {
        if y % band == 0 {
            let mut random = Chance::new(hash ^ (u64::from(y / band) << 40));
            let cell = width.div_ceil(columns).max(1);
            for block in row.chunks_mut(cell * 3) {
                let colour = random.next().to_le_bytes();
                for pixel in block.chunks_mut(3) {
                    pixel.copy_from_slice(&colour[..pixel.len()]);
                }
            }
        }
        pixels.extend_from_slice(&row);
    }
    writer
        .write_image_data(&pixels)
        .expect("the data has the size of the picture");
    writer.finish().expect("memory takes every byte");
    bytes
}

/// A PNG of this size whose bytes are what `value` says of each place.
pub(crate) fn plain(width: u32, height: u32, mut value: impl FnMut(usize) -> u8) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut encoder = png::Encoder::new(Cursor::new(&mut bytes), width, height);
    encoder.set_color(png::ColorType::Rgb);
    encoder.set_depth(png::BitDepth::Eight);
    encoder.set_compression(png::Compression::Fast);
    let mut writer = encoder.write_header().expect("the size is not zero");
    let count = width as usize * height as usize * 3;
    let pixels: Vec<u8> = (0..count).map(&mut value).collect();
    writer
        .write_image_data(&pixels)
        .expect("the data has the size of the picture");
    writer.finish().expect("memory takes every byte");
    bytes
}

/// A small file that says it is `width` × `height` large.
pub(crate) fn bomb(width: u32, height: u32) -> Vec<u8> {
    // A small picture is written and its header replaced: 65,535 × 65,535 would be 12 GiB of pixels.
    let mut bytes = paint(64, 64, 0, None);
    bytes[16..20].copy_from_slice(&width.to_be_bytes());
    bytes[20..24].copy_from_slice(&height.to_be_bytes());
    let checksum = crc32(&bytes[12..29]);
    bytes[29..33].copy_from_slice(&checksum.to_be_bytes());
    bytes
}

/// Width and height of a PNG; `None` when it is none.
pub(crate) fn size(bytes: &[u8]) -> Option<(u32, u32)> {
    let field = |at: usize| {
        bytes
            .get(at..at + 4)
            .and_then(|field| field.try_into().ok())
            .map(u32::from_be_bytes)
    };
    bytes.starts_with(b"\x89PNG\r\n\x1a\n").then_some(())?;
    field(16).zip(field(20))
}

/// The workflow in a PNG; `None` when there is none.
pub(crate) fn prompt(bytes: &[u8]) -> Option<String> {
    let reader = png::Decoder::new(Cursor::new(bytes)).read_info().ok()?;
    let mut texts = reader.info().uncompressed_latin1_text.iter();
    texts
        .find(|text| text.keyword == "prompt")
        .map(|text| text.text.clone())
}

// A tEXt chunk is Latin-1; ComfyUI's JSON escapes everything else.
fn latin(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if c.is_ascii() {
            out.push(c);
        } else {
            for unit in c.encode_utf16(&mut [0; 2]) {
                write!(out, "\\u{unit:04x}").expect("a string takes all text");
            }
        }
    }
    out
}

fn crc32(bytes: &[u8]) -> u32 {
    let mut crc = u32::MAX;
    for byte in bytes {
        crc ^= u32::from(*byte);
        for _ in 0..8 {
            crc = if crc & 1 == 1 {
                (crc >> 1) ^ 0xedb8_8320
            } else {
                crc >> 1
            };
        }
    }
    !crc
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decode(bytes: &[u8]) -> Result<(u32, u32, Vec<u8>), png::DecodingError> {
        let mut reader = png::Decoder::new(Cursor::new(bytes)).read_info()?;
        let mut pixels = vec![0; reader.output_buffer_size().unwrap_or(0)];
        let info = reader.next_frame(&mut pixels)?;
        Ok((info.width, info.height, pixels))
    }

    #[test]
    fn a_picture_has_its_size_and_follows_from_the_hash() {
        let one = paint(100, 37, 1, Some("{\"text\":\"ein Löwe 🦁\"}"));
        let (width, height, pixels) = decode(&one).unwrap();
        assert_eq!((width, height), (100, 37));
        assert_eq!(size(&one), Some((100, 37)));
        assert_eq!(
            prompt(&one).unwrap(),
            r#"{"text":"ein L\u00f6we \ud83e\udd81"}"#
        );
        assert_eq!(one, paint(100, 37, 1, Some("{\"text\":\"ein Löwe 🦁\"}")));
        assert_ne!(pixels, decode(&paint(100, 37, 2, None)).unwrap().2);
    }

    #[test]
    fn a_bomb_is_small_and_says_it_is_large() {
        let bytes = bomb(65_535, 65_535);
        assert!(bytes.len() < 4096);
        let reader = png::Decoder::new(Cursor::new(&bytes[..]))
            .read_info()
            .unwrap();
        assert_eq!(reader.info().size(), (65_535, 65_535));
    }
}
