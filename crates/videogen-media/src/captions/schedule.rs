//! What is shown together and when.

use std::ops::Range;

use videogen_text::Direction;

use super::pieces::{self, Joint, Piece};

/// How long a page stays after its last word, seconds, at most.
pub(super) const HOLD: f64 = 0.35;

/// A silence within a page shorter than this leaves the last word marked, seconds: no flicker between words.
const BRIDGE: f64 = 0.25;

/// Words shown together.
#[derive(Debug, Clone, PartialEq)]
pub struct CaptionPage {
    /// When it appears, seconds.
    pub start: f64,
    /// When it disappears, seconds. Pages do not overlap.
    pub end: f64,
    /// Its text in logical order, in one line. Word joiners (U+2060) and zero width spaces (U+200B) in it steer where
    /// lines break, and a mark at its beginning (U+200E, U+200F) tells from which side it is read where its first letter
    /// does not; they are not seen.
    pub text: String,
    /// Its words.
    pub words: Vec<CaptionPageWord>,
}

/// A word on a page. A word too long for a line appears as several.
#[derive(Debug, Clone, PartialEq)]
pub struct CaptionPageWord {
    /// When it begins, seconds.
    pub start: f64,
    /// When it ends, seconds.
    pub end: f64,
    /// Which of the caller's words it is, or is a part of.
    pub source: usize,
    /// Its bytes in [`CaptionPage::text`].
    pub range: Range<usize>,
}

/// The word that is marked at `t`: the one being spoken, or the last one during a short silence.
pub(super) fn marked(words: &[CaptionPageWord], t: f64) -> Option<usize> {
    let last = words
        .partition_point(|word| word.start <= t)
        .checked_sub(1)?;
    let until = words[last].end + BRIDGE;
    (t < until).then_some(last)
}

/// When which word of a page is marked: from, until, the word or none. In order, without gaps, from the page's start to
/// its end.
pub(super) fn marks(page: &CaptionPage) -> Vec<(f64, f64, Option<usize>)> {
    let mut changes = vec![page.start, page.end];
    for word in &page.words {
        changes.extend([word.start, word.end + BRIDGE]);
    }
    changes.retain(|at| (page.start..=page.end).contains(at));
    changes.sort_by(f64::total_cmp);
    changes
        .windows(2)
        .map(|pair| (pair[0], pair[1], marked(&page.words, pair[0])))
        .collect()
}

/// Pieces as a page, shown exactly while they are spoken. Its lines are read in `direction`, whatever it begins with.
pub(super) fn page_of(pieces: &[Piece], direction: Direction) -> CaptionPage {
    let mut text: String = pieces.iter().map(|piece| piece.text.as_str()).collect();
    let mark = direction.mark_for(&text);
    text.clear();
    text.extend(mark);
    let mut words = Vec::with_capacity(pieces.len());
    for (number, piece) in pieces.iter().enumerate() {
        match piece.joint {
            Joint::Space if number > 0 => text.push(' '),
            Joint::Invisible if number > 0 => text.push(pieces::BREAK),
            _ => {}
        }
        let start = text.len();
        pieces::push_unbroken(&mut text, &piece.text);
        words.push(CaptionPageWord {
            start: piece.start,
            end: piece.end,
            source: piece.source,
            range: start..text.len(),
        });
    }
    let start = pieces.first().map_or(0.0, |piece| piece.start);
    let end = pieces.last().map_or(start, |piece| piece.end);
    CaptionPage {
        start,
        end,
        text,
        words,
    }
}

/// Shows each page from `lead` before its first word to [`HOLD`] after its last, without overlaps, and for `least` where
/// the next one does not come sooner.
pub(super) fn schedule(pages: &mut [CaptionPage], lead: f64, least: f64) {
    let mut free_from = 0.0_f64;
    for page in pages.iter_mut() {
        page.start = (page.start - lead).max(free_from);
        free_from = page.end;
    }
    for at in 0..pages.len() {
        let next = pages.get(at + 1).map_or(f64::INFINITY, |page| page.start);
        let until = (pages[at].end + HOLD).max(pages[at].start + least);
        pages[at].end = until.min(next);
    }
}
