//! Keeps the last bytes of a stream, and reads them as text.

use std::collections::VecDeque;
use std::fmt;

/// The last bytes of a stream, at most `limit` of them.
#[derive(Debug)]
pub(crate) struct Ring {
    bytes: VecDeque<u8>,
    limit: usize,
    dropped: bool,
}

impl Ring {
    /// An empty ring. Memory is taken as bytes arrive, so a large limit costs nothing by itself.
    pub(crate) fn new(limit: usize) -> Self {
        Self {
            bytes: VecDeque::new(),
            limit,
            dropped: false,
        }
    }

    /// Appends `chunk`, dropping bytes in front as needed.
    pub(crate) fn push(&mut self, chunk: &[u8]) {
        let keep = &chunk[chunk.len().saturating_sub(self.limit)..];
        let excess = (self.bytes.len() + keep.len()).saturating_sub(self.limit);
        self.dropped |= excess > 0 || keep.len() < chunk.len();
        self.bytes.drain(..excess);
        self.bytes.extend(keep);
    }

    /// The most bytes that are kept.
    pub(crate) fn limit(&self) -> usize {
        self.limit
    }

    /// Whether bytes were dropped in front.
    pub(crate) fn dropped(&self) -> bool {
        self.dropped
    }

    /// What is kept, as bytes.
    pub(crate) fn to_vec(&self) -> Vec<u8> {
        self.bytes.iter().copied().collect()
    }

    /// What is kept, as text.
    pub(crate) fn tail(&self) -> Tail {
        Tail::new(&self.to_vec(), self.dropped)
    }
}

/// The end of what a child wrote, as text. Bytes that are not UTF-8 are replaced by U+FFFD.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Tail {
    text: String,
    /// Whether the child wrote more than is kept, so that the beginning is missing.
    pub truncated: bool,
}

impl Tail {
    /// Reads `bytes` as text. When they begin inside a longer stream (`truncated`), the rest of a character that was
    /// cut in two is left out.
    pub(crate) fn new(bytes: &[u8], truncated: bool) -> Self {
        /// The most continuation bytes of one UTF-8 character (RFC 3629, section 3).
        const MOST_CONTINUATIONS: usize = 3;
        let cut = if truncated {
            bytes
                .iter()
                .take(MOST_CONTINUATIONS)
                .take_while(|byte| (0x80..0xC0).contains(*byte))
                .count()
        } else {
            0
        };
        Self {
            text: String::from_utf8_lossy(&bytes[cut..]).into_owned(),
            truncated,
        }
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The last line that is not blank, without surrounding white space.
    pub fn last_line(&self) -> Option<&str> {
        self.lines().next_back()
    }

    /// The first line that contains `needle`, without surrounding white space.
    pub fn first_line_containing(&self, needle: &str) -> Option<&str> {
        self.lines().find(|line| line.contains(needle))
    }

    /// Lines that are not blank. A carriage return ends a line too: programs that redraw a progress line write
    /// nothing else between its states.
    fn lines(&self) -> impl DoubleEndedIterator<Item = &str> {
        self.text
            .split(['\n', '\r'])
            .map(str::trim)
            .filter(|line| !line.is_empty())
    }
}

impl fmt::Display for Tail {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl fmt::Debug for Tail {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tail")
            .field("text", &self.text)
            .field("truncated", &self.truncated)
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn lines_are_found_across_line_ends_and_redrawn_progress() {
        let tail = Tail::new(
            b"Input #0\r\nframe=1\rframe=2\r  \n[error] a\n[error] b\n\n",
            false,
        );
        assert_eq!(tail.last_line(), Some("[error] b"));
        assert_eq!(tail.first_line_containing("error"), Some("[error] a"));
        assert_eq!(tail.first_line_containing("frame"), Some("frame=1"));
        assert_eq!(tail.first_line_containing("absent"), None);
        assert_eq!(Tail::default().last_line(), None);
    }

    #[test]
    fn a_character_cut_in_two_is_left_out_only_at_a_cut() {
        let euro = "€uro".as_bytes();
        assert_eq!(Tail::new(&euro[1..], true).as_str(), "uro");
        assert_eq!(Tail::new(&euro[1..], false).as_str(), "\u{FFFD}\u{FFFD}uro");
        assert_eq!(Tail::new(euro, true).as_str(), "€uro");
    }

    proptest! {
        /// The ring holds exactly the suffix of everything pushed, and says whether that is everything.
        #[test]
        fn ring_is_the_suffix(
            chunks in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 0..50), 0..30),
            limit in 0_usize..120,
        ) {
            let mut ring = Ring::new(limit);
            for chunk in &chunks {
                ring.push(chunk);
                prop_assert!(ring.bytes.len() <= limit);
            }
            let all = chunks.concat();
            let suffix = &all[all.len().saturating_sub(limit)..];
            prop_assert_eq!(ring.to_vec(), suffix);
            prop_assert_eq!(ring.dropped(), all.len() > limit);
        }

        /// A tail cut anywhere in valid text is a suffix of that text: no replacement characters appear.
        #[test]
        fn a_cut_in_text_stays_text(text in "\\PC{0,40}", cut in 0_usize..200) {
            let cut = cut.min(text.len());
            let tail = Tail::new(&text.as_bytes()[cut..], true);
            prop_assert!(text.ends_with(tail.as_str()));
            prop_assert!(text.len() - cut - tail.as_str().len() <= 3);
        }

        /// Reading bytes as text never fails, whatever they are.
        #[test]
        fn any_bytes_are_readable(bytes in proptest::collection::vec(any::<u8>(), 0..80), truncated: bool) {
            let tail = Tail::new(&bytes, truncated);
            let _ = (tail.last_line(), tail.first_line_containing("x"));
            prop_assert_eq!(tail.truncated, truncated);
        }
    }
}
