//! From words as they come to words that can be set: harmless text, ordered times that do not overlap.

use unicode_segmentation::UnicodeSegmentation as _;

use super::CaptionWord;
use crate::Error;

/// No word is shown for less than this, seconds: one frame at 50 fps.
const SHORTEST: f64 = 0.02;

/// The latest time a word may have, seconds (about eleven days): far more than any video, and small enough that times
/// keep their precision.
const LATEST: f64 = 1e6;

/// Scalar values kept of one grapheme cluster. The longest emoji sequences have ten; stacks of combining marks can
/// have thousands.
const MAX_SCALARS: usize = 16;

/// A cleaned word.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Word {
    pub(crate) text: String,
    pub(crate) start: f64,
    pub(crate) end: f64,
    pub(crate) space_before: bool,
    /// Its place in the caller's list.
    pub(crate) source: usize,
}

/// The words in order of time, cleaned, without empty ones; each ends where the next begins, at the latest, and lasts
/// at least [`SHORTEST`] where there is room.
pub(crate) fn prepare(words: &[CaptionWord]) -> Result<Vec<Word>, Error> {
    let mut prepared: Vec<Word> = Vec::with_capacity(words.len());
    let mut pending_space = false;
    for (source, word) in words.iter().enumerate() {
        for time in [word.start, word.end] {
            if !time.is_finite() || time > LATEST {
                return Err(Error::InvalidValue {
                    what: "time of a caption word",
                    value: format!("{time} (word {source})"),
                    allowed: format!("a number of seconds up to {LATEST}"),
                });
            }
        }
        let text = clean(&word.text);
        let space_before =
            word.space_before || pending_space || word.text.starts_with(char::is_whitespace);
        if text.is_empty() {
            pending_space = space_before;
            continue;
        }
        pending_space = word.text.ends_with(char::is_whitespace);
        let start = word.start.max(0.0);
        prepared.push(Word {
            text,
            start,
            end: word.end.max(start),
            space_before,
            source,
        });
    }
    prepared.sort_by(|a, b| a.start.total_cmp(&b.start));
    separate(&mut prepared);
    Ok(prepared)
}

/// Gives every word a time of its own: words that start together share the time until the next ones start.
fn separate(words: &mut [Word]) {
    let mut from = 0;
    while from < words.len() {
        let mut to = from + 1;
        while to < words.len() && words[to].start - words[to - 1].start < SHORTEST {
            to += 1;
        }
        let next = words.get(to).map_or(f64::INFINITY, |word| word.start);
        let group = &mut words[from..to];
        let start = group[0].start;
        let latest = group.iter().map(|word| word.end).fold(start, f64::max);
        let count = group.len() as f64;
        let end = latest.max(start + SHORTEST * count).min(next);
        if let [word] = group {
            word.end = end;
        } else {
            let each = (end - start) / count;
            for (k, word) in group.iter_mut().enumerate() {
                word.start = start + each * k as f64;
                word.end = start + each * (k + 1) as f64;
            }
        }
        from = to;
    }
}

/// Text as it is drawn: no control characters, no marks that change the direction of what follows, no line or
/// paragraph separators, no invisible fillers; runs of white space become one space, none at the ends. Everything else
/// is kept and appears as typed.
pub(crate) fn clean(text: &str) -> String {
    let mut cleaned = String::with_capacity(text.len().min(1 << 20));
    let mut space = false;
    for cluster in text.graphemes(true) {
        // Tags only mean something after the flag they spell out, as in the flags of England and Scotland.
        let flag = cluster.starts_with('\u{1F3F4}');
        for c in cluster.chars().take(MAX_SCALARS) {
            if c.is_whitespace() {
                space = true;
            } else if !is_dropped(c) && (flag || !matches!(c as u32, 0xE0000..=0xE007F)) {
                if space && !cleaned.is_empty() {
                    cleaned.push(' ');
                }
                space = false;
                cleaned.push(c);
            }
        }
    }
    // What is left may be joiners and selectors only, which show nothing.
    if cleaned.chars().all(crate::fonts::needs_no_glyph) {
        cleaned.clear();
    }
    cleaned
}

/// Characters without a place in a caption: controls (C0, C1), bidirectional embeddings, overrides and isolates,
/// soft hyphen, word joiner and its neighbours, byte order mark, annotation and object placeholders, noncharacters.
fn is_dropped(c: char) -> bool {
    c.is_control()
        || matches!(c as u32, 0x00AD | 0x200B | 0x2028..=0x202E | 0x2060..=0x206F | 0xFEFF | 0xFFF0..=0xFFFC | 0xFDD0..=0xFDEF)
        || c as u32 & 0xFFFE == 0xFFFE
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn word(text: &str, start: f64, end: f64) -> CaptionWord {
        CaptionWord {
            text: text.into(),
            start,
            end,
            space_before: true,
        }
    }

    #[test]
    fn markup_of_other_programs_is_left_as_typed() {
        for text in [
            "{\\fs500}",
            "%{pts}",
            "<b>",
            "100%",
            "a'b",
            "\\N",
            "',drawtext=textfile=/etc/passwd,'",
        ] {
            assert_eq!(clean(text), text);
        }
    }

    #[test]
    fn what_breaks_layout_is_removed() {
        assert_eq!(clean("a\0b\u{7}c\u{85}d"), "abc d");
        assert_eq!(clean("a\nDialogue:\r\n\u{2028}x"), "a Dialogue: x");
        assert_eq!(clean("\u{202E}abc\u{2066}\u{FEFF}"), "abc");
        assert_eq!(clean("  \u{3000} "), "");
        assert_eq!(clean("\u{200D}\u{FE0F}"), "");
        assert_eq!(clean("👩‍🚀 ❤️"), "👩‍🚀 ❤️");
        assert_eq!(
            clean("\u{1F3F4}\u{E0067}\u{E007F}x\u{E0067}"),
            "\u{1F3F4}\u{E0067}\u{E007F}x"
        );
        assert!(
            clean(&format!("e{}", "\u{301}".repeat(5000)))
                .chars()
                .count()
                <= MAX_SCALARS
        );
    }

    #[test]
    fn times_that_are_no_times_are_refused() {
        for (start, end) in [(f64::NAN, 1.0), (0.0, f64::INFINITY), (0.0, 1e9)] {
            assert!(matches!(
                prepare(&[word("a", start, end)]),
                Err(Error::InvalidValue { .. })
            ));
        }
    }

    #[test]
    fn words_that_start_together_share_the_time() {
        let words = prepare(&[
            word("a", 1.0, 2.0),
            word("b", 1.0, 2.0),
            word("c", 3.0, 2.5),
            word("d", -1.0, 9.0),
        ])
        .unwrap();
        let times: Vec<_> = words
            .iter()
            .map(|w| (w.text.as_str(), w.start, w.end))
            .collect();
        assert_eq!(
            times,
            [
                ("d", 0.0, 1.0),
                ("a", 1.0, 1.5),
                ("b", 1.5, 2.0),
                ("c", 3.0, 3.02)
            ]
        );
    }

    #[test]
    fn an_empty_word_leaves_its_space_behind() {
        let mut words = [
            word("a", 0.0, 1.0),
            word("\u{200B}", 1.0, 2.0),
            word("b", 2.0, 3.0),
        ];
        words[2].space_before = false;
        let prepared = prepare(&words).unwrap();
        assert_eq!(prepared.len(), 2);
        assert!(prepared[1].space_before);
        assert_eq!(prepared[1].source, 2);
    }

    proptest! {
        #[test]
        fn prepared_words_follow_each_other(list in prop::collection::vec((".{0,6}", -5.0..100.0_f64, -5.0..100.0_f64), 0..30)) {
            let words: Vec<_> = list.iter().map(|(text, start, end)| word(text, *start, *end)).collect();
            let prepared = prepare(&words).unwrap();
            for pair in prepared.windows(2) {
                prop_assert!(pair[0].start < pair[0].end && pair[0].end <= pair[1].start + 1e-9);
            }
            for word in &prepared {
                prop_assert_eq!(&clean(&word.text), &word.text);
            }
        }
    }
}
