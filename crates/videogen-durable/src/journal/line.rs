//! One line of a journal, as bytes: a record in, a record out. Pure.

use std::fmt;

use serde::Deserialize;
use serde::de::IgnoredAny;
use sha2::{Digest, Sha256};

/// The format written here.
pub(super) const VERSION: u64 = 1;
/// The longest line in bytes, with its line feed: a script of 1 MiB, all of it escaped, and a brief around it.
pub(super) const LONGEST: usize = 8 << 20;

/// What stands between the checksum and the body. Names [`VERSION`].
const MIDDLE: &str = r#""v":1,"body":"#;

/// The first 16 hexadecimal digits of a SHA-256: 64 bits, which chance does not forge.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Tag([u8; 16]);

impl Tag {
    /// Stands for the line before the first.
    pub(super) const NONE: Self = Self([b'0'; 16]);

    fn of(parts: &[&[u8]]) -> Self {
        const DIGITS: &[u8; 16] = b"0123456789abcdef";
        let mut hasher = Sha256::new();
        for part in parts {
            hasher.update(part);
        }
        let mut tag = [0; 16];
        for (pair, byte) in tag.chunks_exact_mut(2).zip(hasher.finalize()) {
            pair[0] = DIGITS[usize::from(byte >> 4)];
            pair[1] = DIGITS[usize::from(byte & 15)];
        }
        Self(tag)
    }

    fn split(bytes: &[u8]) -> Option<(Self, &[u8])> {
        let (tag, rest) = bytes.split_first_chunk()?;
        Some((Self(*tag), rest))
    }
}

impl fmt::Display for Tag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0
            .iter()
            .try_for_each(|&c| write!(f, "{}", char::from(c)))
    }
}

/// What a line says. Its checksum is right; whether it belongs where it stands is for the reader to judge.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Line<'a> {
    pub(super) seq: u64,
    pub(super) at: u64,
    pub(super) prev: Tag,
    /// JSON, not looked at.
    pub(super) body: &'a [u8],
    /// What the next line has to have as its `prev`.
    pub(super) tag: Tag,
}

/// A line with its line feed, and what the next one has to have as its `prev`. `body` is JSON without line feeds.
pub(super) fn encode(seq: u64, at: u64, prev: Tag, body: &str) -> (Vec<u8>, Tag) {
    let head = format!(r#"{{"seq":{seq},"at":{at},"prev":"{prev}","#);
    let tail = format!("{MIDDLE}{body}}}");
    let sum = Tag::of(&[head.as_bytes(), tail.as_bytes()]);
    let mut line = format!(r#"{head}"sum":"{sum}",{tail}"#).into_bytes();
    let tag = Tag::of(&[&line]);
    line.push(b'\n');
    (line, tag)
}

/// Takes a line, without its line feed, apart. Every byte has to be as [`encode`] writes it.
pub(super) fn decode(line: &[u8]) -> Result<Line<'_>, &'static str> {
    let parts = (|| {
        let (seq, rest) = number(line.strip_prefix(br#"{"seq":"#)?)?;
        let (at, rest) = number(rest.strip_prefix(br#","at":"#)?)?;
        let (prev, rest) = Tag::split(rest.strip_prefix(br#","prev":""#)?)?;
        let rest = rest.strip_prefix(br#"","#)?;
        let head = &line[..line.len() - rest.len()];
        let (sum, rest) = Tag::split(rest.strip_prefix(br#""sum":""#)?)?;
        let tail = rest.strip_prefix(br#"","#)?;
        let body = tail.strip_prefix(MIDDLE.as_bytes())?.strip_suffix(b"}")?;
        Some((seq, at, prev, sum, head, tail, body))
    })();
    let (seq, at, prev, sum, head, tail, body) =
        parts.ok_or("it is not a record of this format")?;
    if sum != Tag::of(&[head, tail]) {
        return Err("its checksum does not match");
    }
    Ok(Line {
        seq,
        at,
        prev,
        body,
        tag: Tag::of(&[line]),
    })
}

/// The number that `bytes` begin with, and what follows it.
fn number(bytes: &[u8]) -> Option<(u64, &[u8])> {
    let digits = bytes.iter().take_while(|b| b.is_ascii_digit()).count();
    let (digits, rest) = bytes.split_at(digits);
    Some((std::str::from_utf8(digits).ok()?.parse().ok()?, rest))
}

/// The version of a line in a format not known here, of which this much is promised for ever: it is a JSON object with
/// the number `v`.
pub(super) fn newer_version(line: &[u8]) -> Option<u64> {
    #[derive(Deserialize)]
    struct Versioned {
        v: u64,
    }
    let Versioned { v } = serde_json::from_slice(line).ok()?;
    (v > VERSION).then_some(v)
}

/// Whether a line that is no record is two of which the line feed between them was changed. Such a line must not pass
/// for a torn one, which would lose both. Zeros behind a whole record are what some file systems leave after a power
/// cut in the middle of a write; one other byte is that record's own line feed.
pub(super) fn is_two(line: &[u8]) -> bool {
    let mut values = serde_json::Deserializer::from_slice(line).into_iter::<IgnoredAny>();
    if !matches!(values.next(), Some(Ok(_))) {
        return false;
    }
    let (first, rest) = line.split_at(values.byte_offset());
    rest.len() > 1 && rest.iter().any(|b| *b != 0) && decode(first).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Made with `printf … | sha256sum`, so that the format cannot change unseen.
    #[test]
    fn the_format_stands() {
        let (line, tag) = encode(1, 1_700_000_000_000, Tag::NONE, r#"{"n":1}"#);
        let text = String::from_utf8(line).expect("text");
        assert_eq!(
            text,
            "{\"seq\":1,\"at\":1700000000000,\"prev\":\"0000000000000000\",\"sum\":\"5e8d0ad0df685680\",\"v\":1,\"body\":{\"n\":1}}\n"
        );
        assert_eq!(tag.to_string(), "ed48b0900b8b914b");
    }

    #[test]
    fn the_version_is_the_one_written() {
        assert_eq!(MIDDLE, format!(r#""v":{VERSION},"body":"#));
    }

    #[test]
    fn only_a_higher_version_is_newer() {
        assert_eq!(newer_version(br#"{"v":2,"what":["ever"]}"#), Some(2));
        assert_eq!(newer_version(br#"{"v":1}"#), None);
        assert_eq!(newer_version(br#"{"v":-1}"#), None);
        assert_eq!(newer_version(br#"{"v":2"#), None);
        assert_eq!(newer_version(b"2"), None);
    }

    #[test]
    fn two_lines_in_one_are_told_from_a_torn_one() {
        let (mut line, tag) = encode(1, 0, Tag::NONE, "1");
        let (next, _) = encode(2, 0, tag, "2");
        line.pop();
        let with = |rest: &[u8]| [&line, rest].concat();
        assert!(!is_two(&line));
        assert!(!is_two(&with(b"*")));
        assert!(!is_two(&with(&[0; 100])));
        assert!(is_two(&with(&[b" ", &next[..]].concat())));
        assert!(is_two(&with(&[b"\r", &next[..]].concat())));
        assert!(!is_two(&line[..line.len() - 1]));
    }
}
