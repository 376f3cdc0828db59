//! Whether a PNG is whole: every chunk has a checksum, so damage in its middle shows without decoding it.

use std::io::{self, Read};

/// The bytes that begin a PNG.
const SIGNATURE: [u8; 8] = *b"\x89PNG\r\n\x1a\n";
/// The most bytes that a chunk has, by the format.
const MOST: u32 = i32::MAX as u32;

/// What is wrong with the PNG that `file` holds; `None` for a whole one.
///
/// # Errors
/// Those of reading.
pub(crate) fn damage(mut file: impl Read) -> io::Result<Option<String>> {
    let mut signature = [0; 8];
    if !fill(&mut file, &mut signature)? || signature != SIGNATURE {
        return Ok(Some("it does not begin as a PNG".into()));
    }
    let mut at = signature.len() as u64;
    let mut buffer = vec![0; 64 * 1024];
    loop {
        let mut head = [0; 8];
        if !fill(&mut file, &mut head)? {
            return Ok(Some("it ends before its last chunk".into()));
        }
        let [a, b, c, d, kind @ ..] = head;
        let length = u32::from_be_bytes([a, b, c, d]);
        if length > MOST || !kind.iter().all(u8::is_ascii_alphabetic) {
            return Ok(Some(format!("it is damaged at byte {at}")));
        }
        let mut sum = crc32fast::Hasher::new();
        sum.update(&kind);
        let mut left = length as usize;
        while left > 0 {
            let piece = left.min(buffer.len());
            let piece = &mut buffer[..piece];
            if !fill(&mut file, piece)? {
                return Ok(Some("it ends in the middle of a chunk".into()));
            }
            sum.update(piece);
            left -= piece.len();
        }
        let mut stored = [0; 4];
        if !fill(&mut file, &mut stored)? {
            return Ok(Some("it ends in the middle of a chunk".into()));
        }
        if u32::from_be_bytes(stored) != sum.finalize() {
            return Ok(Some(format!(
                "it is damaged between byte {at} and {}",
                at + u64::from(length) + 12
            )));
        }
        if &kind == b"IEND" {
            return Ok(None);
        }
        at += u64::from(length) + 12;
    }
}

/// Fills `buffer`; `false` when there is too little.
fn fill(file: &mut impl Read, buffer: &mut [u8]) -> io::Result<bool> {
    match file.read_exact(buffer) {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Ok(false),
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn chunk(kind: [u8; 4], data: &[u8]) -> Vec<u8> {
        let mut bytes = (data.len() as u32).to_be_bytes().to_vec();
        bytes.extend(kind);
        bytes.extend(data);
        let mut sum = crc32fast::Hasher::new();
        sum.update(&kind);
        sum.update(data);
        bytes.extend(sum.finalize().to_be_bytes());
        bytes
    }

    fn whole(data: &[u8]) -> Vec<u8> {
        let header = [0, 0, 0, 2, 0, 0, 0, 2, 8, 2, 0, 0, 0];
        let chunks = [
            chunk(*b"IHDR", &header),
            chunk(*b"IDAT", data),
            chunk(*b"IEND", b""),
        ];
        let mut bytes = SIGNATURE.to_vec();
        bytes.extend(chunks.concat());
        bytes
    }

    proptest! {
        /// A whole one is whole; one flipped bit or a lost end is found, wherever it is.
        #[test]
        fn any_flipped_bit_and_any_lost_end_is_found(
            data in prop::collection::vec(any::<u8>(), 0..300),
            at in any::<prop::sample::Index>(),
            bit in 0u8..8,
        ) {
            let bytes = whole(&data);
            prop_assert_eq!(damage(&bytes[..]).unwrap(), None);
            let at = at.index(bytes.len());
            let mut flipped = bytes.clone();
            flipped[at] ^= 1 << bit;
            prop_assert!(damage(&flipped[..]).unwrap().is_some(), "{}", at);
            prop_assert!(damage(&bytes[..at]).unwrap().is_some(), "{}", at);
        }

        #[test]
        fn no_bytes_make_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
            let mut png = SIGNATURE.to_vec();
            png.extend(bytes);
            let _ = damage(&png[..]).unwrap();
        }
    }
}
