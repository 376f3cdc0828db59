//! Cutting words into sentences and sentences into chunks.

use std::ops::Range;

use super::display::DisplayWord;
use super::english::{self, Ending};
use super::spoken::{Spoken, bare, is_initials};
use super::{Chunk, MAX_CHUNK_CHARS, Stop, TextWord, is_speakable};

/// For every word whether a sentence ends with it.
pub(super) fn sentence_ends(
    display: &[DisplayWord],
    spoken: &[Spoken],
    english: bool,
) -> Vec<bool> {
    (0..display.len())
        .map(|n| {
            let Some(next) = display.get(n + 1) else {
                return true;
            };
            display[n].ends_paragraph
                || (matches!(spoken[n].stop, Stop::Sentence(_))
                    && ends_before(display, n, next, english))
        })
        .collect()
}

/// Whether the stop after word `n` ends the sentence, when `next` follows it.
fn ends_before(display: &[DisplayWord], n: usize, next: &DisplayWord, english: bool) -> bool {
    let word = display[n].text.as_str();
    let first = next.text.chars().find(|c| is_speakable(*c));
    let lower = first.is_some_and(char::is_lowercase);
    if word.ends_with("...") || word.ends_with('…') {
        return !lower;
    }
    // A quoted exclamation in the middle of a sentence: “Stop!” he said.
    if word.ends_with(['"', '”', '»', '\'', '’']) && lower {
        return false;
    }
    let bare = bare(word);
    if !bare.ends_with('.') {
        return true;
    }
    if english {
        let before = n.checked_sub(1).map(|n| self::bare(&display[n].text));
        match english::abbreviation(bare, before, Some(&next.text)) {
            Some((_, Ending::Never)) => return false,
            Some((_, Ending::BeforeCapital)) => return first.is_some_and(char::is_uppercase),
            None => {}
        }
    }
    !is_initials(bare)
}

/// Chunks that cover all words, none without something to say except those whose letters the backend cannot speak.
pub(super) fn chunks(words: &[TextWord], ends: &[bool]) -> Vec<Chunk> {
    let mut ranges: Vec<(Range<usize>, bool)> = Vec::new();
    let mut start = 0;
    for sentence_end in ends
        .iter()
        .enumerate()
        .filter(|(_, ends)| **ends)
        .map(|(n, _)| n + 1)
    {
        let parts = cut(words, start..sentence_end);
        let last = parts.len().saturating_sub(1);
        ranges.extend(
            parts
                .into_iter()
                .enumerate()
                .map(|(n, range)| (range, n == last)),
        );
        start = sentence_end;
    }
    let mut merged: Vec<(Range<usize>, bool)> = Vec::new();
    let mut held = None;
    for (range, ends_sentence) in ranges {
        let has_letters = words[range.clone()]
            .iter()
            .any(|word| word.display.chars().any(is_speakable) || !word.spoken.is_empty());
        if has_letters {
            merged.push((held.take().unwrap_or(range.start)..range.end, ends_sentence));
        } else if let Some((last, last_ends)) = merged.last_mut() {
            last.end = range.end;
            *last_ends |= ends_sentence;
        } else {
            held.get_or_insert(range.start);
        }
    }
    merged
        .into_iter()
        .map(|(range, ends_sentence)| Chunk {
            text: line(&words[range.clone()], ends_sentence),
            words: range,
            ends_sentence,
        })
        .collect()
}

/// Cuts one sentence where it is too long: at clauses where that is enough, else between words.
fn cut(words: &[TextWord], sentence: Range<usize>) -> Vec<Range<usize>> {
    let mut clauses = Vec::new();
    let mut start = sentence.start;
    for n in sentence.clone() {
        if words[n].stop != Stop::None || n + 1 == sentence.end {
            clauses.push(start..n + 1);
            start = n + 1;
        }
    }
    let mut parts: Vec<Range<usize>> = Vec::new();
    for clause in clauses {
        let fits = parts
            .last()
            .is_some_and(|last| length(&words[last.start..clause.end]) <= MAX_CHUNK_CHARS);
        match parts.last_mut() {
            Some(last) if fits => last.end = clause.end,
            _ => parts.extend(cut_at_words(words, clause)),
        }
    }
    parts
}

fn cut_at_words(words: &[TextWord], clause: Range<usize>) -> Vec<Range<usize>> {
    let mut parts = Vec::new();
    let mut start = clause.start;
    let mut used = 0;
    for n in clause.clone() {
        let own = length(&words[n..=n]);
        if used + own > MAX_CHUNK_CHARS && start < n {
            parts.push(start..n);
            (start, used) = (n, 0);
        }
        used += own;
    }
    parts.push(start..clause.end);
    parts
}

/// An upper bound of the characters `words` take in a line: one for the punctuation and one for the space.
fn length(words: &[TextWord]) -> usize {
    words
        .iter()
        .filter(|word| !word.spoken.is_empty())
        .map(|word| word.spoken.chars().count() + 2)
        .sum()
}

/// The line for the synthesiser: what is said, commas for pauses inside, one terminator at the end.
fn line(words: &[TextWord], ends_sentence: bool) -> String {
    let mut text = String::new();
    let mut stop = Stop::None;
    let mut space = false;
    for word in words {
        space |= word.space_before;
        if !word.spoken.is_empty() {
            if stop != Stop::None && !text.is_empty() {
                text.push(',');
            }
            if space && !text.is_empty() {
                text.push(' ');
            }
            text.push_str(&word.spoken);
            (stop, space) = (Stop::None, false);
        }
        // The stop of an abbreviation or of initials inside the sentence is none.
        let inner = match word.stop {
            Stop::Sentence('.') if is_stop_of_abbreviation(word) => Stop::None,
            other => other,
        };
        stop = stop.max(inner);
    }
    if !text.is_empty() {
        text.push(match stop {
            Stop::Sentence(c) if ends_sentence => c,
            _ if ends_sentence => '.',
            _ => ',',
        });
    }
    text
}

/// Whether the full stop of `word` was part of an abbreviation: then what is said differs from what is written, or the
/// word is initials. An ellipsis inside a sentence is a pause.
fn is_stop_of_abbreviation(word: &TextWord) -> bool {
    let bare = bare(&word.display);
    !word.display.ends_with("...")
        && !word.display.ends_with('…')
        && bare.ends_with('.')
        && (is_initials(bare) || bare.trim_end_matches('.') != word.spoken)
}
