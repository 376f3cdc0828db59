//! Subtitles as a SubRip file, for players and for the platforms' own captions.

use std::fmt::Write as _;

use unicode_segmentation::UnicodeSegmentation as _;
use videogen_text::Direction;

use super::pages::{Room, paginate};
use super::pieces::{self, Joint, cut};
use super::schedule::{page_of, schedule};
use super::{CaptionMode, CaptionPage, CaptionText, words};
use crate::Error;

/// Characters in a line of a subtitle, at most: 42, the limit the BBC's and Netflix' guides give for Latin script.
/// A wide (Chinese, Japanese, Korean) character counts as two, which gives their 16 to 21 for those.
const LINE: f32 = 42.0;

/// Put after characters that would begin markup: a word joiner is invisible and keeps any player from seeing a tag.
const GUARD: char = '\u{2060}';

/// The words as SubRip (`.srt`): one cue a sentence or half of one, at most two lines.
///
/// SubRip has no escapes. Text that a player would take for markup or for a time line (`<b>`, `{\an8}`, `-->`) gets an
/// invisible character (U+2060) in it, so that it is shown as typed. Lines end with a line feed.
///
/// # Errors
/// [`Error::InvalidValue`] when a time is not a finite number.
pub fn to_srt(text: CaptionText<'_>) -> Result<String, Error> {
    let words = words::prepare(text.words)?;
    let direction = text.direction();
    // Whatever a word's width: a player wraps it, and nothing is put into it.
    let pieces = cut(&words, text.language, f32::INFINITY, |text| {
        text.graphemes(true).map(columns).collect()
    });
    let room = Room {
        line: LINE,
        space: 1.0,
        lines: 2,
        wide: true,
    };
    let mut srt = String::new();
    let mut pages: Vec<CaptionPage> = paginate(&pieces, CaptionMode::Line, room)
        .into_iter()
        .map(|range| page_of(&pieces[range], direction))
        .collect();
    schedule(&mut pages, 0.0, CaptionMode::Line.least());
    for (number, page) in pages.iter().enumerate() {
        let _ = write!(
            srt,
            "{}\n{} --> {}\n{}\n\n",
            number + 1,
            Time(page.start),
            Time(page.end),
            lines(page, direction)
        );
    }
    Ok(srt)
}

/// Columns a cluster takes.
fn columns(cluster: &str) -> f32 {
    if cluster
        .starts_with(|c| crate::fonts::breaks_anywhere(c) || ('\u{AC00}'..='\u{D7A3}').contains(&c))
    {
        2.0
    } else {
        1.0
    }
}

/// The text of a page, escaped, in one line or two of about the same length, broken between words only. Each line says
/// from which side it is read where its first letter does not.
fn lines(page: &CaptionPage, direction: Direction) -> String {
    let visible = |text: &str| text.replace([pieces::BREAK, pieces::NO_BREAK], "");
    let width = |text: &str| text.graphemes(true).map(columns).sum::<f32>();
    let line = |text: &str| -> String {
        let mark = direction.mark_for(text);
        mark.into_iter().chain(escape(text).chars()).collect()
    };
    // Without the mark that may stand before the first word.
    let first = page.words.first().map_or(0, |word| word.range.start);
    let whole = visible(&page.text[first..]);
    if width(&whole) <= LINE {
        return line(&whole);
    }
    // Where the longer line is shortest.
    let places = page.words.windows(2).filter_map(|pair| {
        let (end, start) = (pair[0].range.end, pair[1].range.start);
        let joined = end == start
            && pieces::between(&page.text[..end], &page.text[start..], false) == Joint::Glued;
        (!joined).then(|| {
            (
                visible(&page.text[first..end]),
                visible(&page.text[start..]),
            )
        })
    });
    let longer = |halves: &(String, String)| width(&halves.0).max(width(&halves.1));
    match places.min_by(|a, b| longer(a).total_cmp(&longer(b))) {
        Some((first, second)) => format!("{}\n{}", line(&first), line(&second)),
        None => line(&whole),
    }
}

/// Text that no player takes for markup. Only [`GUARD`]s are added; cleaned text has none of its own.
fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for (at, c) in text.char_indices() {
        escaped.push(c);
        if matches!(c, '<' | '{') || text[at..].starts_with("-->") {
            escaped.push(GUARD);
        }
    }
    escaped
}

/// Seconds as `HH:MM:SS,mmm`.
struct Time(f64);

impl std::fmt::Display for Time {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let ms = (self.0.max(0.0) * 1000.0).round() as u64;
        write!(
            f,
            "{:02}:{:02}:{:02},{:03}",
            ms / 3_600_000,
            ms / 60_000 % 60,
            ms / 1000 % 60,
            ms % 1000
        )
    }
}

#[cfg(test)]
mod tests {
    use super::super::CaptionWord;
    use super::*;
    use proptest::prelude::*;

    /// Reads SubRip the way players do; a cue is (start ms, end ms, text).
    fn parse(srt: &str) -> Vec<(u64, u64, String)> {
        let time = |text: &str| {
            let parts: Vec<u64> = text
                .split([':', ','])
                .map(|part| part.parse().unwrap())
                .collect();
            ((parts[0] * 60 + parts[1]) * 60 + parts[2]) * 1000 + parts[3]
        };
        let mut cues = Vec::new();
        for (number, cue) in srt.split_terminator("\n\n").enumerate() {
            let mut lines = cue.split('\n');
            assert_eq!(lines.next().unwrap().parse::<usize>().unwrap(), number + 1);
            let (start, end) = lines.next().unwrap().split_once(" --> ").unwrap();
            cues.push((time(start), time(end), lines.collect::<Vec<_>>().join(" ")));
        }
        cues
    }

    fn spoken(text: &str) -> Vec<CaptionWord> {
        text.split(' ')
            .enumerate()
            .map(|(n, word)| CaptionWord {
                text: word.into(),
                start: n as f64 * 0.4,
                end: n as f64 * 0.4 + 0.4,
                space_before: true,
            })
            .collect()
    }

    #[test]
    fn a_sentence_becomes_a_cue_of_balanced_lines() {
        let srt = to_srt(CaptionText::new(
            &spoken("The sea is full of lights that nobody has ever explained. Why?"),
            "en",
        ))
        .unwrap();
        assert_eq!(
            srt,
            "1\n00:00:00,000 --> 00:00:04,400\nThe sea is full of lights that\nnobody has ever explained.\n\n2\n00:00:04,400 --> 00:00:05,233\nWhy?\n\n"
        );
    }

    #[test]
    fn markup_is_disarmed() {
        let srt = to_srt(CaptionText::new(
            &spoken("<b>x</b> {\\an8} a-->b 00:00:00,000 --> 00:00:01,000"),
            "en",
        ))
        .unwrap();
        assert_eq!(
            srt.matches("-->").count(),
            srt.lines().filter(|line| line.contains(" --> 00:")).count()
        );
        assert!(srt.contains("<\u{2060}b>x<\u{2060}/b>") && srt.contains("{\u{2060}\\an8}"));
    }

    #[test]
    fn nothing_spoken_is_an_empty_file() {
        assert_eq!(to_srt(CaptionText::new(&[], "en")).unwrap(), "");
        assert_eq!(
            to_srt(CaptionText::new(&spoken("\0 \u{200B}"), "en")).unwrap(),
            ""
        );
    }

    #[test]
    fn hours_are_counted() {
        assert_eq!(Time(3_723.004_4).to_string(), "01:02:03,004");
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_back(list in prop::collection::vec(("[ -~\u{e9}字؟\r\n\0]{0,12}", 0.0..2.0_f64, 0.01..1.0_f64), 0..40)) {
            let mut time = 0.0;
            let input: Vec<_> = list.iter().map(|(text, gap, length)| {
                let start = time + gap;
                time = start + length;
                CaptionWord { text: text.clone(), start, end: time, space_before: true }
            }).collect();
            let srt = to_srt(CaptionText::new(&input, "en")).unwrap();
            prop_assert!(!srt.contains('\r'));
            let cues = parse(&srt);
            for pair in cues.windows(2) {
                prop_assert!(pair[0].1 <= pair[1].0);
            }
            prop_assert!(cues.iter().all(|(start, end, text)| start < end && !text.trim().is_empty()));
            let read: String = cues.iter().flat_map(|cue| cue.2.chars()).filter(|&c| ![GUARD, ' ', '\u{200E}', '\u{200F}'].contains(&c)).collect();
            let expected: String = input.iter().flat_map(|word| words::clean(&word.text).chars().collect::<Vec<_>>()).filter(|&c| c != ' ').collect();
            prop_assert_eq!(read, expected);
        }
    }
}
