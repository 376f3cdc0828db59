//! Which words are shown together: the cheapest division into pages by a sum of costs.

use std::ops::Range;

use super::CaptionMode;
use super::ending::Ending;
use super::pieces::{Joint, Piece, begins_phrase};
use super::schedule::HOLD;
use crate::fonts::breaks_anywhere;
use unicode_segmentation::UnicodeSegmentation as _;

/// What a page has room for, in the unit of [`Piece::width`].
#[derive(Debug, Clone, Copy)]
pub(crate) struct Room {
    pub(crate) line: f32,
    pub(crate) space: f32,
    pub(crate) lines: usize,
    /// Whether the frame is wider than high.
    pub(crate) wide: bool,
}

/// A silence longer than this ends a page, seconds.
const PAUSE: f64 = 0.5;

/// In [`CaptionMode::Line`] a page is to be read, not followed; only a long silence ends it, seconds.
const LINE_PAUSE: f64 = 1.2;

// Costs, chosen by looking at pages of real scripts. Only their relations matter.
/// Going on after the end of a sentence.
const ACROSS_SENTENCE: f32 = 9.0;
/// Going on after a comma.
const ACROSS_CLAUSE: f32 = 1.6;
/// Ending a page where there is no punctuation.
const MID_CLAUSE: f32 = 1.2;
/// Ending a page after a short word, often an article or preposition that belongs to the next one.
const AFTER_SHORT_WORD: f32 = 0.8;
/// What a Chinese or Japanese character counts as part of a word: a page of six words has fourteen of them.
const CJK_UNITS: f32 = 0.42;
/// Ending a page within a phrase of Japanese.
const MID_PHRASE: f32 = 2.0;
/// Each page; keeps pages from becoming many.
const PAGE: f32 = 2.0;
/// A single short word on its own.
const LONELY: f32 = 3.0;
/// A page that is gone before it is read, at most; more than what keeps its neighbours apart.
const TOO_SHORT: f32 = 24.0;
/// A page of more lines than there is room for, where a run without breaks leaves no choice.
const OVERFULL: f32 = 1e4;

/// Divides pieces into pages, as ranges of `pieces`. No page begins with a glued piece.
pub(crate) fn paginate(pieces: &[Piece], mode: CaptionMode, room: Room) -> Vec<Range<usize>> {
    let count = pieces.len();
    // cheapest[i]: the cost of the best division of the first i pieces, and where its last page begins.
    let mut cheapest = vec![(f32::INFINITY, 0_usize); count + 1];
    cheapest[0] = (0.0, 0);
    for from in 0..count {
        let before = cheapest[from].0;
        if before.is_infinite() {
            continue;
        }
        let mut page = Growing::default();
        for to in from..count {
            let previous = (to > from).then(|| &pieces[to - 1]);
            if previous.is_some_and(|previous| silence_between(previous, &pieces[to], mode)) {
                break;
            }
            page.add(previous, &pieces[to], room);
            let fits = page.lines <= room.lines && page.units <= most_units(mode, room);
            let breaks_here = pieces
                .get(to + 1)
                .is_none_or(|next| next.joint != Joint::Glued);
            if !breaks_here {
                continue;
            }
            let cost = if fits {
                page.cost(&pieces[to], pieces.get(to + 1), mode, room)
            } else {
                OVERFULL
            };
            if before + cost < cheapest[to + 1].0 {
                cheapest[to + 1] = (before + cost, from);
            }
            if !fits {
                break;
            }
        }
    }
    let mut pages = Vec::new();
    let mut end = count;
    while end > 0 {
        let start = cheapest[end].1;
        pages.push(start..end);
        end = start;
    }
    pages.reverse();
    pages
}

/// Words on a page, at most.
fn most_units(mode: CaptionMode, room: Room) -> f32 {
    match mode {
        CaptionMode::Karaoke if room.wide => 8.0,
        CaptionMode::Karaoke => 6.0,
        CaptionMode::Line => f32::INFINITY,
    }
}

/// Whether a silence separates two pieces so clearly that the page has to end between them.
fn silence_between(last: &Piece, next: &Piece, mode: CaptionMode) -> bool {
    let pause = match mode {
        CaptionMode::Karaoke => PAUSE,
        CaptionMode::Line => LINE_PAUSE,
    };
    next.joint != Joint::Glued && next.start - last.end > pause
}

/// A page while pieces are added to it.
#[derive(Default)]
struct Growing {
    /// When its first word is spoken, seconds.
    start: f64,
    /// Full lines before the current one.
    lines: usize,
    /// Width of the current line up to the last place where it may break.
    settled: f32,
    /// Width since then, without the space before it.
    tail: f32,
    /// The space before the tail; a break there removes it.
    space: f32,
    /// Width of everything in one line.
    total: f32,
    /// Words, a Chinese or Japanese character counting [`CJK_UNITS`].
    units: f32,
    /// Cost of the punctuation within the page.
    crossed: f32,
}

impl Growing {
    fn add(&mut self, previous: Option<&Piece>, piece: &Piece, room: Room) {
        match previous {
            None => (self.lines, self.start) = (1, piece.start),
            Some(previous) => {
                self.crossed += match previous.ending {
                    Ending::Sentence if piece.joint != Joint::Glued => ACROSS_SENTENCE,
                    Ending::Clause if piece.joint != Joint::Glued => ACROSS_CLAUSE,
                    _ => 0.0,
                };
                if piece.joint != Joint::Glued {
                    self.settled += self.space + self.tail;
                    self.tail = 0.0;
                    self.space = if piece.joint == Joint::Space {
                        room.space
                    } else {
                        0.0
                    };
                    self.total += self.space;
                }
            }
        }
        self.tail += piece.width;
        self.total += piece.width;
        self.units += if piece.text.starts_with(breaks_anywhere) {
            piece.text.graphemes(true).count() as f32 * CJK_UNITS
        } else {
            1.0
        };
        if self.settled > 0.0 && self.settled + self.space + self.tail > room.line {
            self.lines += 1;
            self.settled = 0.0;
            self.space = 0.0;
        }
    }

    /// The cost of ending the page after `last`, with `next` on the next one.
    fn cost(&self, last: &Piece, next: Option<&Piece>, mode: CaptionMode, room: Room) -> f32 {
        let mut cost = PAGE + self.crossed;
        if let Some(next) = next
            && last.ending == Ending::None
        {
            cost += MID_CLAUSE;
            if next.joint == Joint::Open && !begins_phrase(&last.text, &next.text) {
                cost += MID_PHRASE;
            }
            if last.text.is_ascii() && last.text.len() <= 3 {
                cost += AFTER_SHORT_WORD;
            }
        }
        let until = next.map_or(f64::INFINITY, |next| next.start);
        let seen = until.min(last.end + HOLD) - self.start;
        cost += TOO_SHORT * (1.0 - seen / mode.least()).max(0.0) as f32;
        match mode {
            CaptionMode::Karaoke => {
                let target = if room.wide { 5.5 } else { 4.0 };
                cost += 0.45 * (self.units - target).powi(2).min(9.0);
                if self.units < 1.5 && self.total < room.line / 2.0 {
                    cost += LONELY;
                }
            }
            CaptionMode::Line => {
                let filled = self.total / (room.line * room.lines as f32);
                cost += 3.0 * (1.0 - filled).max(0.0).powi(2);
            }
        }
        cost
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const ROOM: Room = Room {
        line: 16.0,
        space: 1.0,
        lines: 2,
        wide: false,
    };

    /// Pieces of one unit of width a character, half a second each.
    fn pieces(text: &str) -> Vec<Piece> {
        let words: Vec<&str> = text.split(' ').collect();
        let endings = Ending::of_all(&words, "en");
        words
            .iter()
            .enumerate()
            .map(|(number, &word)| Piece {
                ending: endings[number],
                text: word.into(),
                start: number as f64 * 0.5,
                end: number as f64 * 0.5 + 0.5,
                source: number,
                joint: if number == 0 {
                    Joint::Glued
                } else {
                    Joint::Space
                },
                width: word.chars().count() as f32,
            })
            .collect()
    }

    fn pages(text: &str, mode: CaptionMode, room: Room) -> Vec<String> {
        let pieces = pieces(text);
        let join = |page: Range<usize>| {
            pieces[page]
                .iter()
                .map(|piece| piece.text.as_str())
                .collect::<Vec<_>>()
                .join(" ")
        };
        paginate(&pieces, mode, room)
            .into_iter()
            .map(join)
            .collect()
    }

    #[test]
    fn sentences_and_clauses_end_pages() {
        assert_eq!(
            pages(
                "Deep under the sea, strange lights appear. Nobody knows why they glow.",
                CaptionMode::Karaoke,
                ROOM
            ),
            [
                "Deep under the sea,",
                "strange lights appear.",
                "Nobody knows why they glow."
            ]
        );
    }

    #[test]
    fn very_short_sentences_share_a_page() {
        assert_eq!(
            pages("No. Never. Not once.", CaptionMode::Karaoke, ROOM).len(),
            2
        );
    }

    #[test]
    fn a_silence_ends_a_page() {
        let mut pieces = pieces("one two three four");
        for piece in &mut pieces[2..] {
            piece.start += 0.6;
            piece.end += 0.6;
        }
        assert_eq!(paginate(&pieces, CaptionMode::Karaoke, ROOM), [0..2, 2..4]);
    }

    #[test]
    fn line_mode_keeps_sentences_whole_where_they_fit() {
        let room = Room {
            line: 40.0,
            wide: true,
            ..ROOM
        };
        assert_eq!(
            pages(
                "Deep under the sea, strange lights appear at night. Nobody knows why.",
                CaptionMode::Line,
                room
            ),
            [
                "Deep under the sea, strange lights appear at night.",
                "Nobody knows why."
            ]
        );
    }

    #[test]
    fn a_page_does_not_end_after_an_article_when_it_need_not() {
        let pages = pages(
            "we walked along the river until the old bridge came into sight",
            CaptionMode::Karaoke,
            ROOM,
        );
        assert!(
            pages.iter().all(|page| !page.ends_with(" the")),
            "{pages:?}"
        );
    }

    proptest! {
        #[test]
        fn pages_hold_every_piece_once_in_order(
            words in prop::collection::vec((1_usize..30, prop::bool::ANY, 0.0..1.0_f64), 1..60), line in prop::bool::ANY, wide in prop::bool::ANY,
        ) {
            let mut time = 0.0;
            let pieces: Vec<_> = words.iter().enumerate().map(|(source, &(length, glued, gap))| {
                let start = time + gap;
                time = start + 0.3;
                let joint = if glued { Joint::Glued } else { Joint::Space };
                Piece { text: "x".repeat(length), start, end: time, source, joint, ending: Ending::None, width: length as f32 }
            }).collect();
            let mode = if line { CaptionMode::Line } else { CaptionMode::Karaoke };
            let pages = paginate(&pieces, mode, Room { wide, ..ROOM });
            let mut next = 0;
            for page in &pages {
                prop_assert_eq!(page.start, next);
                prop_assert!(page.end > page.start);
                prop_assert!(page.start == 0 || pieces[page.start].joint != Joint::Glued);
                next = page.end;
            }
            prop_assert_eq!(next, pieces.len());
        }
    }
}
