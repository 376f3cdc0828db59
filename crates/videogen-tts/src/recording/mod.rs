//! The words of a recording, where somebody has timed them: subtitles, or the words of a speech recogniser.

mod json;
mod place;
mod speeches;
mod subtitles;

pub use speeches::{Recording, RecordingText};

use videogen_types::Scene;

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
    /// Subtitles that only go on showing what was said.
    repeats: usize,
    /// What was assumed when they became a text.
    warnings: Vec<String>,
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
        let (mut cues, repeats) = if captions.starts_with(['{', '[']) {
            (json::cues(captions)?, 0)
        } else {
            subtitles::cues(captions)
        };
        cues.retain(|cue| !cue.text.trim().is_empty());
        if let Some(wrong) = cues.iter().find(|cue| !is_time(cue)) {
            return Err(Error::captions(format!(
                "{:?} is said from {} to {} s",
                wrong.text, wrong.start, wrong.end
            )));
        }
        cues.sort_by(|a, b| a.start.total_cmp(&b.start));
        let cues = with_signs(cues);
        if cues.is_empty() {
            return Err(Error::captions("there is no text with a time in it"));
        }
        Ok(Self {
            words: words_of(&cues),
            repeats,
            warnings: Vec::new(),
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

    /// Reads the captions of a recording of so many seconds, as [`TimedText::parse`] does; `warnings` were given when the
    /// file became a text.
    ///
    /// # Errors
    /// As [`TimedText::parse`] and [`TimedText::fits`].
    pub fn of_recording(
        captions: &str,
        warnings: Vec<String>,
        seconds: Option<f64>,
    ) -> Result<Self, Error> {
        let mut timed = Self::parse(captions)?;
        seconds.map_or(Ok(()), |seconds| timed.fits(seconds))?;
        timed.warnings = warnings;
        Ok(timed)
    }

    /// Returns what a person should know of how the captions were read: in which encoding, and how often they only went on
    /// showing what was said, which counts once.
    pub fn remarks(&self) -> impl Iterator<Item = String> {
        let told = |remark: &str| format!("the captions of the narration: {remark}");
        let repeats = match self.repeats {
            0 => None,
            1 => Some("1 of them shows again what was said, which is left out".to_owned()),
            all => Some(format!(
                "{all} of them show again what was said, which is left out"
            )),
        };
        let all = self.warnings.iter().cloned().chain(repeats);
        all.map(move |remark| told(&remark))
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
        Err(Error::captions(format!(
            "the last word ends at {end:.1} s, and the recording at {seconds:.1} s"
        )))
    }

    /// Whether they are of what is said in these scenes.
    ///
    /// # Errors
    /// As [`TimedText::place`].
    pub fn suits(&self, scenes: &[Scene]) -> Result<(), Error> {
        let scenes: Vec<&str> = scenes.iter().map(|it| it.narration.as_str()).collect();
        self.place(&scenes).map(|_| ())
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

/// The cues that have words. Signs alone belong to the words that were just said: `&`, a dash, a full stop.
fn with_signs(cues: Vec<Cue>) -> Vec<Cue> {
    /// In seconds. What stands alone is no part of a sentence.
    const TOUCHING: f64 = 0.3;
    let mut all: Vec<Cue> = Vec::with_capacity(cues.len());
    for cue in cues {
        if cue.text.contains(char::is_alphanumeric) {
            all.push(cue);
        } else if let Some(last) = all.last_mut()
            && cue.start <= last.end + TOUCHING
        {
            let closes = cue
                .text
                .starts_with(|c: char| ".,;:!?…)]}%’”»。、！？」』）".contains(c));
            if !closes && !last.text.ends_with(char::is_whitespace) && !cue.text.starts_with(' ') {
                last.text.push(' ');
            }
            last.text.push_str(&cue.text);
            last.end = last.end.max(cue.end);
        }
    }
    all
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
        let said = before.last().map_or("", |word| &word.text);
        videogen_text::is_spaced(said, self.text.trim_start())
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

    #[test]
    fn no_word_and_no_sign_is_lost() {
        for (captions, expected) in [
            (
                "1\n00:00:01,000 --> 00:00:02,000\n5 < 6 and a > b.\n",
                "5 < 6 and a > b.",
            ),
            (
                "WEBVTT\n\n00:01.000 --> 00:03.000\nFish<00:01.500> &amp;<00:02.000> chips\n",
                "Fish & chips",
            ),
            (
                r#"[{"word": "Is", "start": 0, "end": 1}, {"word": "5", "start": 1, "end": 2}, {"word": "%", "start": 2, "end": 2},
                    {"word": "&", "start": 2, "end": 3}, {"word": "so", "start": 3, "end": 4}]"#,
                "Is 5% & so",
            ),
            (
                "1\n00:00:01,000 --> 00:00:02,000\n[music]\n\n2\n00:00:02,000 --> 00:00:03,000\n- 海很深。\n",
                "[music] 海很深。",
            ),
        ] {
            assert_eq!(TimedText::parse(captions).unwrap().text(), expected);
        }
    }

    #[test]
    fn how_captions_were_read_is_told() {
        let remarks = |captions: &str, warnings: &[&str]| {
            let warnings = warnings.iter().map(|it| (*it).to_owned()).collect();
            let timed = TimedText::of_recording(captions, warnings, Some(9.0)).unwrap();
            timed.remarks().collect::<Vec<_>>()
        };
        assert!(remarks(SRT, &[]).is_empty());
        let again = "1\n00:00:01,000 --> 00:00:02,000\nHello\n\n2\n00:00:02,000 --> 00:00:03,000\nHello\nthere.\n";
        assert_eq!(TimedText::parse(again).unwrap().text(), "Hello there.");
        let told = remarks(again, &["it is Windows-1252"]);
        assert!(
            told[0].contains("narration: it is Windows-1252"),
            "{told:?}"
        );
        assert!(told[1].contains("1 of them shows again"), "{told:?}");
        assert!(TimedText::of_recording(SRT, Vec::new(), Some(1.0)).is_err());
    }

    #[test]
    fn captions_of_another_text_do_not_suit_a_script() {
        let scene = |narration: &str| Scene {
            narration: narration.to_owned(),
            picture: String::new(),
            negative: None,
            media: Vec::new(),
        };
        let timed = TimedText::parse(SRT).unwrap();
        assert!(
            timed
                .suits(&[scene("Hello"), scene("there, world!")])
                .is_ok()
        );
        let error = timed
            .suits(&[scene("The sea is deep and very cold.")])
            .unwrap_err();
        assert!(error.to_string().contains("0 of the 7 words"), "{error}");
        let help = error.help().unwrap().to_string();
        assert!(help.contains("leave the") && help.contains("out"), "{help}");
    }

    proptest! {
        #[test]
        fn words_of_subtitles_are_all_there(
            cues in prop::collection::vec(prop::collection::vec("[a-z0-9>.,]{1,6}|<|<[0-9]{1,2}", 1..5), 1..6),
        ) {
            let (mut captions, mut said) = (String::new(), String::new());
            for (at, words) in cues.iter().enumerate() {
                let text = words.join(" ");
                // Far apart: nothing is shown again.
                let line = format!("{at}\n00:{at:02}:01,000 --> 00:{at:02}:02,000\nx {text}\n\n");
                captions.push_str(&line);
                said.extend(["x", &text]);
            }
            let letters = |text: &str| text.chars().filter(|c| !c.is_whitespace()).collect::<String>();
            prop_assert_eq!(letters(&TimedText::parse(&captions).unwrap().text()), letters(&said));
        }

        #[test]
        fn anything_is_refused_or_has_times_in_order(text in "(\\PC|\n|[0-9:,.> -]){0,200}") {
            if let Ok(timed) = TimedText::parse(&text) {
                prop_assert!(timed.words.windows(2).all(|pair| pair[0].end <= pair[1].start));
                prop_assert!(timed.words.iter().all(|word| word.start < word.end));
            }
        }
    }
}
