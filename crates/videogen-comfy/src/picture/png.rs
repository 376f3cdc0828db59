//! Whether a PNG is whole: every chunk has a checksum, so damage in its middle shows without decoding it. On the way the
//! workflow is read that ComfyUI writes into what it saves.

use std::io::{self, Read};

use super::Found;

/// The bytes that begin a PNG.
const SIGNATURE: [u8; 8] = *b"\x89PNG\r\n\x1a\n";
/// The most bytes that a chunk has, by the format.
const MOST: u32 = i32::MAX as u32;

/// The longest text that is kept; a workflow is some kilobytes.
const MOST_TEXT: usize = 16 << 20;

/// What is found in the PNG that `file` holds.
///
/// # Errors
/// Those of reading.
pub(crate) fn inspect(mut file: impl Read) -> io::Result<Found> {
    let damaged = |what: String| Ok(Found::Damaged(what));
    let mut signature = [0; 8];
    if !fill(&mut file, &mut signature)? || signature != SIGNATURE {
        return damaged("it does not begin as a PNG".into());
    }
    let mut at = signature.len() as u64;
    let mut buffer = vec![0; 64 * 1024];
    let mut prompt = None;
    loop {
        let mut head = [0; 8];
        if !fill(&mut file, &mut head)? {
            return damaged("it ends before its last chunk".into());
        }
        let [a, b, c, d, kind @ ..] = head;
        let length = u32::from_be_bytes([a, b, c, d]);
        if length > MOST || !kind.iter().all(u8::is_ascii_alphabetic) {
            return damaged(format!("it is damaged at byte {at}"));
        }
        let mut sum = crc32fast::Hasher::new();
        sum.update(&kind);
        let mut left = length as usize;
        let is_text = matches!(&kind, b"tEXt" | b"iTXt") && left <= MOST_TEXT;
        let mut text = Vec::new();
        while left > 0 {
            let piece = left.min(buffer.len());
            let piece = &mut buffer[..piece];
            if !fill(&mut file, piece)? {
                return damaged("it ends in the middle of a chunk".into());
            }
            sum.update(piece);
            if is_text {
                text.extend_from_slice(piece);
            }
            left -= piece.len();
        }
        let mut stored = [0; 4];
        if !fill(&mut file, &mut stored)? {
            return damaged("it ends in the middle of a chunk".into());
        }
        let next = at + u64::from(length) + 12;
        if u32::from_be_bytes(stored) != sum.finalize() {
            return damaged(format!("it is damaged between byte {at} and {next}"));
        }
        if &kind == b"IEND" {
            return Ok(Found::Whole { prompt });
        }
        if is_text && prompt.is_none() {
            prompt = prompt_of(kind, &text);
        }
        at = next;
    }
}

/// The text of a chunk that is called `prompt`, as ComfyUI calls the workflow that it ran.
fn prompt_of(kind: [u8; 4], chunk: &[u8]) -> Option<String> {
    let text = chunk.strip_prefix(b"prompt\0")?;
    if &kind == b"tEXt" {
        // Latin-1, of which each byte is the character of that number.
        return Some(text.iter().map(|byte| char::from(*byte)).collect());
    }
    // Not compressed; then the language and the translated name, each ended by a 0.
    let mut parts = text.strip_prefix(&[0, 0])?.splitn(3, |byte| *byte == 0);
    String::from_utf8(parts.nth(2)?.to_vec()).ok()
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
            let is_whole = |bytes: &[u8]| matches!(inspect(bytes).unwrap(), Found::Whole { .. });
            prop_assert!(is_whole(&bytes));
            let at = at.index(bytes.len());
            let mut flipped = bytes.clone();
            flipped[at] ^= 1 << bit;
            prop_assert!(!is_whole(&flipped), "{}", at);
            prop_assert!(!is_whole(&bytes[..at]), "{}", at);
        }

        #[test]
        fn no_bytes_make_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
            let mut png = SIGNATURE.to_vec();
            png.extend(bytes);
            let _ = inspect(&png[..]).unwrap();
        }
    }

    #[test]
    fn the_workflow_of_the_server_is_read_in_both_kinds_of_text() {
        let with = |kind, data: &[u8]| {
            let chunks = [chunk(kind, data), chunk(*b"IEND", b"")].concat();
            match inspect(&[&SIGNATURE[..], &chunks].concat()[..]).unwrap() {
                Found::Whole { prompt } => prompt,
                Found::Damaged(what) => panic!("{what}"),
            }
        };
        assert_eq!(
            with(*b"tEXt", b"prompt\0{\"a\":\"\xe4\"}").unwrap(),
            "{\"a\":\"ä\"}"
        );
        let international = "prompt\0\0\0en\0\0{\"a\":\"ä\"}".as_bytes();
        assert_eq!(with(*b"iTXt", international).unwrap(), "{\"a\":\"ä\"}");
        assert_eq!(with(*b"tEXt", b"workflow\0{}"), None);
    }
}
