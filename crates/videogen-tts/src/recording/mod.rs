//! The words of a recording, where somebody has timed them: subtitles, or the words of a speech recogniser.

mod json;
mod place;
mod speeches;
mod subtitles;

pub use speeches::{Recording, RecordingText};

use crate::text::display_words;
use crate::{Error, Word};

/// A stretch of a recording and what is said in it.
#[derive(Debug, Clone, PartialEq)]
struct Cue {
    /// Seconds.
    start: f64,
    /// Seconds.
    end: f64,
    text: String,
}

/// What is said in a recording, and when.
#[derive(Debug, Clone, PartialEq)]
pub struct TimedText {
    /// In order of time, which is in seconds from the start of the recording.
    words: Vec<Word>,
}

impl TimedText {
    /// Reads `SubRip` (`.srt`), `WebVTT` (`.vtt`, with times inside a cue where there are some), or JSON in which something
    /// has a text, a start and an end: a list of words, and what Whisper, whisper.cpp, Vosk, Gentle, Deepgram and aeneas
    /// write. Which one it is, the content says.
    ///
    /// Where only a whole cue has a time, its words share it by their length.
    ///
    /// # Errors
    /// [`Error::Captions`] when nothing with a text and a time is in it, or a time is no number of seconds.
    pub fn parse(captions: &str) -> Result<Self, Error> {
        let captions = captions.trim_start_matches('\u{FEFF}').trim();
        let mut cues = if captions.starts_with(['{', '[']) {
            json::cues(captions)?
        } else {
            subtitles::cues(captions)
        };
        cues.retain(|cue| cue.text.chars().any(char::is_alphanumeric));
        if let Some(wrong) = cues.iter().find(|cue| !is_time(cue)) {
            return Err(Error::Captions {
                reason: format!(
                    "{:?} is said from {} to {} s",
                    wrong.text, wrong.start, wrong.end
                ),
            });
        }
        if cues.is_empty() {
            let reason = "there is no text with a time in it".to_owned();
            return Err(Error::Captions { reason });
        }
        cues.sort_by(|a, b| a.start.total_cmp(&b.start));
        Ok(Self {
            words: words_of(&cues),
        })
    }

    /// Returns the whole text, with a space between words where there was one.
    #[must_use]
    pub fn text(&self) -> String {
        let mut text = String::new();
        for word in &self.words {
            if word.space_before && !text.is_empty() {
                text.push(' ');
            }
            text.push_str(&word.text);
        }
        text
    }

    /// Returns when the last word ends, seconds.
    #[must_use]
    pub fn end(&self) -> f64 {
        self.words.last().map_or(0.0, |word| word.end)
    }

    /// Whether the times are within a recording of `seconds`, give or take a second.
    ///
    /// # Errors
    /// [`Error::Captions`] when the last word ends later.
    pub fn fits(&self, seconds: f64) -> Result<(), Error> {
        if self.end() <= seconds + 1.0 {
            return Ok(());
        }
        let end = self.end();
        Err(Error::Captions {
            reason: format!(
                "the last word ends at {end:.1} s, and the recording at {seconds:.1} s"
            ),
        })
    }

    /// Gives the words of a script, scene by scene, the times at which they are said in the recording.
    ///
    /// Words that the script has and the recording has not, or that are spelt in another way there, share the time
    /// between their neighbours.
    ///
    /// # Errors
    /// [`Error::Captions`] when fewer than half of the words are in both: they are of another recording.
    pub fn place(&self, scenes: &[&str]) -> Result<Vec<Vec<Word>>, Error> {
        place::place(&self.words, scenes)
    }
}

/// Whether a cue has a time that can be.
fn is_time(cue: &Cue) -> bool {
    cue.start.is_finite() && cue.end.is_finite() && cue.start >= 0.0 && cue.end >= cue.start
}

/// The words of all cues. A word ends where the next one begins, at the latest, and lasts at least a millisecond.
fn words_of(cues: &[Cue]) -> Vec<Word> {
    const SHORTEST: f64 = 0.001;
    let mut words: Vec<Word> = Vec::new();
    for (number, cue) in cues.iter().enumerate() {
        let next = cues
            .get(number + 1)
            .map_or(f64::INFINITY, |next| next.start);
        let end = if next > cue.start {
            cue.end.min(next)
        } else {
            cue.end
        };
        let shown = display_words(&cue.text);
        let length = |text: &str| text.chars().count() as f64;
        let total: f64 = shown.iter().map(|word| length(&word.text)).sum();
        let mut done = 0.0;
        for (place, word) in shown.into_iter().enumerate() {
            let at = |done: f64| cue.start + (end - cue.start) * done / total.max(1.0);
            let from = words
                .last()
                .map_or(0.0, |last: &Word| last.end)
                .max(at(done));
            done += length(&word.text);
            words.push(Word {
                space_before: word.space_before || place == 0 && cue.is_parted(&words),
                text: word.text,
                start: from,
                end: at(done).max(from + SHORTEST),
            });
        }
    }
    words
}

impl Cue {
    /// Whether a space parts it from what was said before: not where the script writes none.
    fn is_parted(&self, before: &[Word]) -> bool {
        let last = before.last().and_then(|word| word.text.chars().next_back());
        let first = self.text.trim_start().chars().next();
        let is_unspaced = |c: char| {
            videogen_text::WritingSystem::of(c).is_unspaced() || "。、！？」』）".contains(c)
        };
        match (last, first) {
            (Some(last), Some(first)) => !(is_unspaced(last) && is_unspaced(first)),
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const SRT: &str = "1\n00:00:04,400 --> 00:00:06,400\n<i>Hello there,</i>\n\n2\n00:00:07,000 --> 00:00:08,000\nworld.\n";

    #[test]
    fn words_share_the_time_of_their_cue() {
        let timed = TimedText::parse(SRT).unwrap();
        assert_eq!(timed.text(), "Hello there, world.");
        let times: Vec<(f64, f64)> = timed
            .words
            .iter()
            .map(|word| (word.start, word.end))
            .collect();
        let near = |a: f64, b: f64| (a - b).abs() < 0.01;
        assert!(
            near(times[0].0, 4.4) && near(times[0].1, 5.31) && near(times[1].1, 6.4),
            "{times:?}"
        );
        assert!(near(times[2].0, 7.0) && near(timed.end(), 8.0), "{times:?}");
    }

    #[test]
    fn what_has_no_times_is_refused() {
        for text in [
            "",
            "Just a text.",
            "{}",
            "[1, 2]",
            "1\n00:00:0x,400 --> 00:00:06,400\nHello\n",
        ] {
            let error = TimedText::parse(text).expect_err(text);
            assert!(matches!(error, Error::Captions { .. }), "{text}: {error}");
        }
        let backwards = r#"[{"word": "a", "start": 3, "end": 1}]"#;
        assert!(
            TimedText::parse(backwards)
                .unwrap_err()
                .to_string()
                .contains("from 3 to 1 s")
        );
    }

    proptest! {
        #[test]
        fn anything_is_refused_or_has_times_in_order(text in "(\\PC|\n|[0-9:,.> -]){0,200}") {
            if let Ok(timed) = TimedText::parse(&text) {
                prop_assert!(timed.words.windows(2).all(|pair| pair[0].end <= pair[1].start));
                prop_assert!(timed.words.iter().all(|word| word.start < word.end));
            }
        }
    }
}
