//! A recording in scenes.

use std::ops::Range;

use super::TimedText;
use crate::backend::silent;
use crate::{Error, Rate, Speech, Timing, Word};

/// What is known of what is said in a recording.
#[derive(Debug, Clone, PartialEq)]
pub enum RecordingText {
    /// Nothing: nothing can be shown with it.
    Unknown,
    /// The text, but not when which word is said.
    Untimed,
    /// When each word is said.
    Timed(TimedText),
}

/// A recording as it was decoded.
#[derive(Debug, Clone, Copy)]
pub struct Recording<'a> {
    /// Mono, within −1..=1.
    pub samples: &'a [f32],
    /// Samples per second.
    pub sample_rate: u32,
    /// BCP 47 tag of what is said in it.
    pub language: &'a str,
}

/// The samples and the words of each scene.
type Cut = (Vec<Range<usize>>, Vec<Vec<Word>>);

impl Recording<'_> {
    /// Cuts the recording into scenes, each with the words of its text and their times.
    ///
    /// With times of words it is cut in the middle between the last word of a scene and the first of the next. Without,
    /// `pauses` is given the number of words of each scene, has to give as many ranges of the samples that cover all of
    /// them, and words share the time of their scene as if they were read aloud.
    ///
    /// # Errors
    /// [`Error::Captions`] when the times are of another text, or go on after the end of the recording;
    /// [`Error::NothingToSay`] when a scene has no words.
    pub fn speeches(
        &self,
        scenes: &[&str],
        text: &RecordingText,
        pauses: impl FnOnce(&[f32], &[usize]) -> Vec<Range<usize>>,
    ) -> Result<Vec<Speech>, Error> {
        let (ranges, words) = match text {
            RecordingText::Timed(timed) => self.timed(timed, scenes)?,
            _ => self.untimed(scenes, *text == RecordingText::Untimed, pauses)?,
        };
        let timing = match text {
            RecordingText::Timed(_) => Timing::Sentences,
            _ => Timing::Estimated,
        };
        let speech = |(range, words): (Range<usize>, Vec<Word>)| Speech {
            sample_rate: self.sample_rate,
            samples: self.samples[range].to_vec(),
            words,
            sentences: Vec::new(),
            timing,
            voice: "recording".into(),
        };
        Ok(ranges.into_iter().zip(words).map(speech).collect())
    }

    fn seconds(&self, samples: usize) -> f64 {
        samples as f64 / f64::from(self.sample_rate)
    }

    fn untimed(
        &self,
        scenes: &[&str],
        is_known: bool,
        pauses: impl FnOnce(&[f32], &[usize]) -> Vec<Range<usize>>,
    ) -> Result<Cut, Error> {
        let count = |scene: &&str| videogen_text::word_count(scene).max(1);
        let weights: Vec<usize> = scenes.iter().map(count).collect();
        let ranges = pauses(self.samples, &weights);
        let of_scene = |(scene, range): (&&str, &Range<usize>)| {
            if !is_known {
                return Ok(Vec::new());
            }
            let read = silent::read(scene, self.language, Rate::NATURAL)?;
            Ok(read.into_words_within(self.seconds(range.len())))
        };
        let words: Result<_, Error> = scenes.iter().zip(&ranges).map(of_scene).collect();
        Ok((ranges, words?))
    }

    fn timed(&self, timed: &TimedText, scenes: &[&str]) -> Result<Cut, Error> {
        let length = self.seconds(self.samples.len());
        timed.fits(length)?;
        let mut words = timed.place(scenes)?;
        let mut ranges = Vec::with_capacity(scenes.len());
        let mut start = 0;
        for scene in 0..words.len() {
            let last = words[scene].last().map(|word| word.end);
            let next = words[scene + 1..].iter().find_map(|words| words.first());
            let end = match (last, next) {
                (Some(last), Some(next)) => self.sample(f64::midpoint(last, next.start)),
                (None, Some(_)) => start,
                (_, None) => self.samples.len(),
            };
            let range = start..end.max(start);
            let (from, length) = (self.seconds(range.start), self.seconds(range.len()));
            for word in &mut words[scene] {
                word.start = (word.start - from).clamp(0.0, length);
                word.end = (word.end - from).clamp(word.start, length.max(word.start));
            }
            start = range.end;
            ranges.push(range);
        }
        Ok((ranges, words))
    }

    fn sample(&self, seconds: f64) -> usize {
        let sample = (seconds * f64::from(self.sample_rate)).round() as usize;
        sample.min(self.samples.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn recording(samples: &[f32]) -> Recording<'_> {
        Recording {
            samples,
            sample_rate: 1000,
            language: "en",
        }
    }

    fn never(_: &[f32], _: &[usize]) -> Vec<Range<usize>> {
        unreachable!("the words have times")
    }

    #[test]
    fn words_with_times_say_where_scenes_begin() {
        let timed = r#"[{"word": "Fish", "start": 4.4, "end": 5}, {"word": "swim.", "start": 5, "end": 6},
                        {"word": "Birds", "start": 7, "end": 7.5}, {"word": "fly.", "start": 7.5, "end": 8}]"#;
        let text = RecordingText::Timed(TimedText::parse(timed).unwrap());
        let samples = vec![0.1; 9000];
        let scenes = ["Fish swim.", "Birds fly."];
        let speeches = recording(&samples).speeches(&scenes, &text, never).unwrap();
        let lengths: Vec<usize> = speeches.iter().map(|speech| speech.samples.len()).collect();
        assert_eq!(lengths, [6500, 2500]);
        let times: Vec<Vec<f64>> = speeches
            .iter()
            .map(|speech| speech.words.iter().map(|word| word.start).collect())
            .collect();
        assert_eq!(times, [[4.4, 5.0], [0.5, 1.0]]);
    }

    #[test]
    fn times_beyond_the_recording_are_refused() {
        let timed = r#"[{"word": "Fish", "start": 4.4, "end": 50}]"#;
        let text = RecordingText::Timed(TimedText::parse(timed).unwrap());
        let samples = vec![0.1; 9000];
        let error = recording(&samples)
            .speeches(&["Fish"], &text, never)
            .unwrap_err();
        assert!(
            error.to_string().contains("50.0 s") && error.to_string().contains("9.0 s"),
            "{error}"
        );
    }

    #[test]
    fn words_without_times_share_their_scene() {
        let samples = vec![0.1; 4000];
        let halves = |_: &[f32], weights: &[usize]| {
            assert_eq!(weights, [2, 2]);
            vec![0..1000, 1000..4000]
        };
        let scenes = ["Fish swim.", "Birds fly."];
        let speeches = recording(&samples)
            .speeches(&scenes, &RecordingText::Untimed, halves)
            .unwrap();
        assert_eq!(speeches[1].words.len(), 2);
        assert!(speeches[1].words[1].end <= 3.0 && speeches[1].words[1].end > 2.0);
        let halves = |_: &[f32], _: &[usize]| vec![0..1000, 1000..4000];
        let unknown = recording(&samples)
            .speeches(&scenes, &RecordingText::Unknown, halves)
            .unwrap();
        assert!(unknown.iter().all(|speech| speech.words.is_empty()));
    }
}
