//! When the words of a text are heard, by the words that a server says it spoke.
//!
//! Its words are not ours: it writes numbers out, joins and splits, tells punctuation as words, and leaves some out. So the
//! letters of both are aligned, a word of ours takes its time from the letters of it that are found again, and what is
//! found nowhere shares the time that is left between its neighbours.

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

use crate::align::{Span, expected_phones, share_with_neighbours};
use crate::text::TextWord;

/// A word that a server says it spoke, and when, in seconds from the start of the clip.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct HeardWord {
    pub(crate) text: String,
    pub(crate) start: f64,
    pub(crate) end: f64,
}

/// The most letters of what a server tells that are looked at: several times what a chunk can become.
const MOST_LETTERS: usize = 4_000;
/// How far behind the sound the last word may end, in seconds. What is further is about something else.
const OVERHANG: f64 = 1.0;

/// A letter of what was heard, and the part of its word's time that it takes.
#[derive(Debug, Clone, Copy)]
struct Letter {
    folded: char,
    token: usize,
    start: f64,
    end: f64,
}

/// Returns the time of each of `words` within `voiced`, one after the other, where what was `heard` fits them. `cut` is what was
/// taken off the front of the clip since. `None` where the times cannot be those of these words: less than half of them
/// are found again, or the times lie outside the sound.
pub(crate) fn times(
    words: &[TextWord],
    heard: &[HeardWord],
    cut: f64,
    voiced: Span,
) -> Option<Vec<Span>> {
    let letters = letters(heard, cut, voiced)?;
    let own: Vec<(char, usize)> = words
        .iter()
        .enumerate()
        .flat_map(|(n, word)| folded(&word.spoken).map(move |c| (c, n)))
        .collect();
    let pairs = pairs(&own, &letters);
    let anchors = anchors(words.len(), &own, &letters, &pairs);
    let spoken = words.iter().filter(|word| !word.spoken.is_empty()).count();
    let found = anchors.iter().flatten().count();
    if found == 0 || found * 2 < spoken {
        return None;
    }
    let placed = fill(words, &anchors, &letters);
    let ordered = in_order(&placed, voiced);
    ordered
        .iter()
        .any(Option::is_some)
        .then(|| share_with_neighbours(&ordered, voiced))
}

/// Letters and digits in lower case, without accents: what two writings of a word have in common.
fn folded(text: &str) -> impl Iterator<Item = char> + '_ {
    text.nfkd()
        .filter(|c| !is_combining_mark(*c))
        .flat_map(char::to_lowercase)
        .filter(|c| c.is_alphanumeric())
}

/// The letters of what was heard, with times from the start of what is left of the clip. `None` where the times are none.
fn letters(heard: &[HeardWord], cut: f64, voiced: Span) -> Option<Vec<Letter>> {
    let mut letters: Vec<Letter> = Vec::new();
    let mut latest = f64::MIN;
    for (token, word) in heard.iter().enumerate() {
        let (start, end) = (word.start - cut, word.end - cut);
        if !start.is_finite() || !end.is_finite() || end > voiced.1 + OVERHANG {
            return None;
        }
        // One that goes back in time, or takes none, says nothing of where it is.
        if end <= start || start < latest {
            continue;
        }
        latest = start;
        let own: Vec<char> = folded(&word.text).collect();
        let each = (end - start) / own.len().max(1) as f64;
        letters.extend(own.iter().enumerate().map(|(n, letter)| Letter {
            folded: *letter,
            token,
            start: start + each * n as f64,
            end: start + each * (n + 1) as f64,
        }));
        if letters.len() > MOST_LETTERS {
            return None;
        }
    }
    Some(letters)
}

/// What two letters in the same place are worth, and one that is alone.
const SAME: i32 = 3;
const OTHER: i32 = -2;
const ALONE: i32 = -1;
/// What it is worth besides when they begin a word of both, or follow two of the same words that are the same, too: of several
/// places for a letter the one beside its neighbours is right.
const TOGETHER: i32 = 1;

/// For each letter that was heard, which of `own` stands in its place: the alignment of most worth (Needleman and Wunsch).
fn pairs(own: &[(char, usize)], heard: &[Letter]) -> Vec<Option<usize>> {
    let (rows, columns) = (own.len() + 1, heard.len() + 1);
    let at = |i: usize, j: usize| i * columns + j;
    let mut worth = vec![0_i32; rows * columns];
    for i in 1..rows {
        worth[at(i, 0)] = worth[at(i - 1, 0)] + ALONE;
    }
    for j in 1..columns {
        worth[at(0, j)] = worth[at(0, j - 1)] + ALONE;
    }
    let pair = |i: usize, j: usize| {
        if own[i].0 != heard[j].folded {
            return OTHER;
        }
        let is_inside = i > 0 && own[i - 1].1 == own[i].1;
        let is_inside_heard = j > 0 && heard[j - 1].token == heard[j].token;
        let is_together = match (is_inside, is_inside_heard) {
            (true, true) => own[i - 1].0 == heard[j - 1].folded,
            (inside, inside_heard) => inside == inside_heard,
        };
        SAME + if is_together { TOGETHER } else { 0 }
    };
    for i in 1..rows {
        for j in 1..columns {
            let both = worth[at(i - 1, j - 1)] + pair(i - 1, j - 1);
            let one = worth[at(i - 1, j)].max(worth[at(i, j - 1)]) + ALONE;
            worth[at(i, j)] = both.max(one);
        }
    }
    let mut pairs = vec![None; heard.len()];
    let (mut i, mut j) = (own.len(), heard.len());
    while i > 0 && j > 0 {
        let here = worth[at(i, j)];
        if here == worth[at(i - 1, j - 1)] + pair(i - 1, j - 1) {
            if own[i - 1].0 == heard[j - 1].folded {
                pairs[j - 1] = Some(i - 1);
            }
            (i, j) = (i - 1, j - 1);
        } else if here == worth[at(i - 1, j)] + ALONE {
            i -= 1;
        } else {
            j -= 1;
        }
    }
    pairs
}

/// The time of each word of which two thirds of the letters are found again, with the first and the last letter it takes.
fn anchors(
    count: usize,
    own: &[(char, usize)],
    heard: &[Letter],
    pairs: &[Option<usize>],
) -> Vec<Option<(Span, usize, usize)>> {
    let word_at = |h: usize| pairs[h].map(|at| own[at].1);
    (0..count)
        .map(|word| {
            let length = own.iter().filter(|(_, of)| *of == word).count();
            let found = (0..heard.len()).filter(|h| word_at(*h) == Some(word));
            let found: Vec<usize> = found.collect();
            let (first, last) = (*found.first()?, *found.last()?);
            if found.len() * 3 < length * 2 {
                return None;
            }
            // Letters of the same token that nobody else has belong to it: a writing that differs at its beginning or end.
            let is_free = |h: &usize| word_at(*h).is_none_or(|of| of == word);
            let before = (0..first)
                .rev()
                .take_while(|h| heard[*h].token == heard[first].token && is_free(h));
            let after = (last + 1..heard.len())
                .take_while(|h| heard[*h].token == heard[last].token && is_free(h));
            let from = before.last().unwrap_or(first);
            let to = after.last().unwrap_or(last);
            Some(((heard[from].start, heard[to].end), from, to))
        })
        .collect()
}

/// Gives words that were not found the time between their neighbours in which something else is heard, in proportion to their
/// length. Where nothing is, they stay without a time.
fn fill(
    words: &[TextWord],
    anchors: &[Option<(Span, usize, usize)>],
    heard: &[Letter],
) -> Vec<Option<Span>> {
    let mut placed: Vec<Option<Span>> = anchors
        .iter()
        .map(|one| one.map(|(span, ..)| span))
        .collect();
    let mut n = 0;
    while n < words.len() {
        if anchors[n].is_some() {
            n += 1;
            continue;
        }
        let end = (n..words.len())
            .find(|at| anchors[*at].is_some())
            .unwrap_or(words.len());
        let from = anchors[..n]
            .iter()
            .rev()
            .find_map(|one| one.map(|(_, _, to)| to + 1))
            .unwrap_or(0);
        let to = anchors[end..]
            .iter()
            .find_map(|one| one.map(|(_, from, _)| from))
            .unwrap_or(heard.len());
        let between = heard.get(from..to).unwrap_or_default();
        if let (Some(first), Some(last)) = (between.first(), between.last()) {
            let weights: Vec<f64> = words[n..end]
                .iter()
                .map(|word| expected_phones(&word.spoken))
                .collect();
            let total: f64 = weights.iter().sum();
            let mut at = first.start;
            for (place, weight) in placed[n..end].iter_mut().zip(&weights) {
                if total > 0.0 && *weight > 0.0 {
                    let next = at + (last.end - first.start) * weight / total;
                    *place = Some((at, next));
                    at = next;
                }
            }
        }
        n = end;
    }
    placed
}

/// Each time within `span` and behind the one before; what has no time left is without one.
fn in_order(placed: &[Option<Span>], span: Span) -> Vec<Option<Span>> {
    let mut earliest = span.0;
    placed
        .iter()
        .map(|place| {
            let (start, end) = (*place)?;
            let (start, end) = (start.clamp(earliest, span.1), end.min(span.1));
            // Less is no time in which a word could be shown.
            if end - start < 0.005 {
                return None;
            }
            earliest = end;
            Some((start, end))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::text::{Repertoire, prepare};

    fn words(text: &str) -> Vec<TextWord> {
        prepare(text, "en", Repertoire::Unicode).words
    }

    fn heard(words: &[(&str, f64, f64)]) -> Vec<HeardWord> {
        let word = |(text, start, end): &(&str, f64, f64)| HeardWord {
            text: (*text).to_owned(),
            start: *start,
            end: *end,
        };
        words.iter().map(word).collect()
    }

    fn told(text: &str, by: &[(&str, f64, f64)]) -> Vec<Span> {
        let times = times(&words(text), &heard(by), 0.0, (0.0, 3.0));
        times.expect("they fit")
    }

    fn near(span: Span, start: f64, end: f64) {
        assert!(
            (span.0 - start).abs() < 1e-6 && (span.1 - end).abs() < 1e-6,
            "{span:?} is not {start}..{end}"
        );
    }

    #[test]
    fn words_are_found_whatever_their_case_and_punctuation() {
        let by = [
            ("hello", 0.2, 0.5),
            (",", 0.5, 0.6),
            ("café!", 0.7, 1.1),
            ("It's", 1.5, 1.8),
        ];
        let spans = told("Hello, Cafe! It’s", &by);
        near(spans[0], 0.2, 0.5);
        near(spans[1], 0.7, 1.1);
        near(spans[2], 1.5, 1.8);
    }

    #[test]
    fn numbers_that_are_written_out_take_the_time_between_their_neighbours() {
        let by = [
            ("about", 0.0, 0.3),
            ("forty", 0.4, 0.7),
            ("two", 0.7, 0.9),
            ("boats", 1.0, 1.4),
        ];
        let spans = told("About 42 boats", &by);
        near(spans[1], 0.4, 0.9);
        near(spans[2], 1.0, 1.4);
    }

    #[test]
    fn joined_words_share_their_time_and_split_ones_have_all_of_it() {
        let spans = told("in the house", &[("inthe", 0.0, 0.5), ("house", 0.6, 1.0)]);
        near(spans[0], 0.0, 0.2);
        near(spans[1], 0.2, 0.5);
        let by = [("a", 0.0, 0.1), ("light", 0.2, 0.4), ("house", 0.4, 0.8)];
        near(told("A lighthouse", &by)[1], 0.2, 0.8);
    }

    #[test]
    fn emoji_and_words_that_were_left_out_have_a_time_too() {
        let spans = told(
            "Hello 🎉 big world",
            &[("hello", 0.2, 0.6), ("world", 0.7, 1.2)],
        );
        assert_eq!(spans.len(), 4);
        for pair in spans.windows(2) {
            assert!(pair[0].1 <= pair[1].0 + 1e-9 && pair[0].0 < pair[0].1);
        }
        near((spans[3].0, spans[3].1), 0.7, 1.2);
    }

    #[test]
    fn times_of_something_else_are_not_believed() {
        let text = words("The sea covers most of our planet");
        let span = (0.0, 3.0);
        for by in [
            heard(&[]),
            heard(&[("nothing", 0.0, 0.5), ("like", 0.5, 1.0)]),
            // All at once: a server that has no times.
            heard(&[("The", 0.0, 0.0), ("sea", 0.0, 0.0), ("covers", 0.0, 0.0)]),
            heard(&[("The", 0.0, f64::NAN)]),
            // Milliseconds.
            heard(&[("The", 0.0, 210.0), ("sea", 210.0, 400.0)]),
        ] {
            assert_eq!(times(&text, &by, 0.0, span), None, "{by:?}");
        }
    }

    #[test]
    fn what_was_cut_off_in_front_is_taken_off_the_times() {
        let by = heard(&[("One", 0.5, 0.8), ("two", 0.9, 1.2)]);
        let spans = times(&words("One two"), &by, 0.4, (0.02, 1.0)).unwrap();
        near(spans[0], 0.1, 0.4);
        near(spans[1], 0.5, 0.8);
    }

    proptest! {
        #[test]
        fn each_displayed_word_has_one_time_and_they_are_in_order(
            text in "([A-Za-z]{1,8}|[0-9]{1,4}|🎉|don't|\\$3\\.50|你好)( ([A-Za-z]{1,8}|[0-9]{1,4}|🎉|,|it's)){0,20}",
            tokens in prop::collection::vec(("[A-Za-z0-9,.]{0,9}", -0.5_f64..4.0, -0.2_f64..0.8), 0..30),
            own in any::<bool>(),
            cut in 0.0_f64..0.5,
        ) {
            let text = words(&text);
            let voiced = (0.02, 3.4);
            let mut by: Vec<HeardWord> = tokens
                .iter()
                .map(|(word, start, length)| HeardWord { text: word.clone(), start: *start, end: start + length })
                .collect();
            if own {
                let spoken = text.iter().filter(|word| !word.spoken.is_empty()).enumerate();
                by.extend(spoken.map(|(n, word)| HeardWord {
                    text: word.display.clone(),
                    start: n as f64 * 0.15,
                    end: n as f64 * 0.15 + 0.1,
                }));
            }
            if let Some(spans) = times(&text, &by, cut, voiced) {
                prop_assert_eq!(spans.len(), text.len());
                let mut before = voiced.0;
                for (start, end) in spans {
                    prop_assert!(start >= before - 1e-9 && start < end && end <= voiced.1 + 1e-9);
                    before = end;
                }
            }
        }
    }
}
