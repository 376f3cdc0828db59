//! Cutting words into sentences and sentences into chunks.

use std::ops::Range;

use super::display::DisplayWord;
use super::{Chunk, Clause, MAX_CHUNK_CHARS, Stop, TextWord, is_speakable};

/// For every word whether a sentence ends with it. Paragraphs end sentences, too.
pub(super) fn sentence_ends(display: &[DisplayWord], language: &str) -> Vec<bool> {
    let paragraphs = display.split_inclusive(|word| word.ends_paragraph);
    paragraphs
        .flat_map(|paragraph| {
            let words: Vec<&str> = paragraph.iter().map(|word| word.text.as_str()).collect();
            let mut ends = videogen_text::sentence_ends(&words, language);
            if let Some(last) = ends.last_mut() {
                *last = true;
            }
            ends
        })
        .collect()
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
    for clause in clauses(words, ends_sentence) {
        if clause.space_before && !text.is_empty() {
            text.push(' ');
        }
        text.push_str(&clause.text);
        text.push(clause.mark);
    }
    text
}

/// The clauses of a chunk's `words`, which they cover in order; none where nothing is said.
pub(crate) fn clauses(words: &[TextWord], ends_sentence: bool) -> Vec<Clause> {
    let mut clauses: Vec<Clause> = Vec::new();
    let mut stop = Stop::None;
    let mut space = false;
    for (n, word) in words.iter().enumerate() {
        space |= word.space_before;
        if !word.spoken.is_empty() {
            match clauses.last_mut().filter(|_| stop == Stop::None) {
                Some(clause) => {
                    if space {
                        clause.text.push(' ');
                    }
                    clause.text.push_str(&word.spoken);
                }
                None => {
                    if let Some(before) = clauses.last_mut() {
                        before.words.end = n;
                    }
                    clauses.push(Clause {
                        words: if clauses.is_empty() { 0 } else { n }..n,
                        text: word.spoken.clone(),
                        space_before: space,
                        mark: ',',
                    });
                }
            }
            (stop, space) = (Stop::None, false);
        }
        // A full stop inside the sentence is that of an abbreviation, of initials or of an ordinal; an ellipsis is a pause.
        let inner = match word.stop {
            Stop::Sentence('.') if !is_ellipsis(&word.display) => Stop::None,
            other => other,
        };
        stop = stop.max(inner);
    }
    if let Some(last) = clauses.last_mut() {
        last.words.end = words.len();
        last.mark = match stop {
            Stop::Sentence(c) if ends_sentence => c,
            _ if ends_sentence => '.',
            _ => ',',
        };
    }
    clauses
}

/// Whether a word ends in more than one full stop.
fn is_ellipsis(word: &str) -> bool {
    let word = word.trim_end_matches(|c: char| !c.is_alphanumeric() && c != '.' && c != '…');
    word.ends_with("..") || word.ends_with('…')
}
