//! Putting the clips of all chunks together: silences, word times, sentences, one gain.

use crate::align::{self, Span};
use crate::audio::clip::{Clip, Heard, level};
use crate::heard;
use crate::text::{Chunk, Prepared, TextWord};
use crate::{Error, Rate, Sentence, Speech, Timing, Word};

/// Silence after a sentence and after a clause that was cut off, in seconds at natural pace.
const SENTENCE_GAP: f64 = 0.18;
const CLAUSE_GAP: f64 = 0.06;

/// What assembling needs besides text and clips.
#[derive(Debug, Clone)]
pub(crate) struct Setting<'a> {
    pub(crate) backend: &'static str,
    pub(crate) rate: Rate,
    pub(crate) voice: &'a str,
    /// Sample rate when no clip has sound.
    pub(crate) silent_rate: u32,
    /// Whether a result without any sound is what was wanted.
    pub(crate) may_be_silent: bool,
}

/// Joins `clips`, one for each chunk of `text` in order; `None` is a chunk the backend could not speak, which becomes
/// silence of about the time it takes to read it.
///
/// Errors with [`Error::AllSilent`] when nothing is heard and [`Error::BadAudio`] when clips differ in sample rate.
pub(crate) fn assemble(
    text: Prepared,
    clips: &[Option<Clip>],
    setting: &Setting<'_>,
) -> Result<Speech, Error> {
    let sample_rate = common_rate(clips, setting)?;
    // What there is to be joined, and some silence: a long narration is not copied as it grows.
    let heard_samples = clips.iter().flatten().map(|clip| clip.samples.len());
    let gaps = SENTENCE_GAP / setting.rate.factor() * f64::from(sample_rate) * clips.len() as f64;
    let mut samples: Vec<f32> = Vec::with_capacity(heard_samples.sum::<usize>() + gaps as usize);
    let mut spans: Vec<Span> = Vec::with_capacity(text.words.len());
    // The worst of all that is heard.
    let mut timing: Option<Timing> = None;
    for (n, chunk) in text.chunks.iter().enumerate() {
        let offset = samples.len() as f64 / f64::from(sample_rate);
        let words = &text.words[chunk.words.clone()];
        let clip = clips.get(n).and_then(Option::as_ref);
        let (times, sound) = place(words, clip, sample_rate, setting.rate);
        if let Some((sound, by)) = sound {
            timing = timing.max(Some(by));
            samples.extend(sound);
        } else {
            let end = times.last().map_or(0.0, |span| span.1);
            samples.resize(
                samples.len() + (end * f64::from(sample_rate)).ceil() as usize,
                0.0,
            );
        }
        spans.extend(
            times
                .into_iter()
                .map(|(start, end)| (offset + start, offset + end)),
        );
        if n + 1 < text.chunks.len() {
            let gap = if chunk.ends_sentence {
                SENTENCE_GAP
            } else {
                CLAUSE_GAP
            } / setting.rate.factor();
            samples.resize(
                samples.len() + (gap * f64::from(sample_rate)).round() as usize,
                0.0,
            );
        }
    }
    if timing.is_none() && !setting.may_be_silent {
        return Err(Error::AllSilent {
            backend: setting.backend,
        });
    }
    level(&mut samples);
    let sentences = sentences(&text.chunks, &spans);
    let words = text
        .words
        .into_iter()
        .zip(spans)
        .map(|(word, (start, end))| Word {
            text: word.display,
            start,
            end,
            space_before: word.space_before,
        })
        .collect();
    Ok(Speech {
        sample_rate,
        samples,
        words,
        sentences,
        timing: timing.unwrap_or(Timing::Estimated),
        voice: setting.voice.to_owned(),
    })
}

fn common_rate(clips: &[Option<Clip>], setting: &Setting<'_>) -> Result<u32, Error> {
    let mut rates = clips.iter().flatten().map(|clip| clip.sample_rate);
    let Some(first) = rates.next() else {
        return Ok(setting.silent_rate);
    };
    match rates.find(|rate| *rate != first) {
        Some(other) => Err(Error::BadAudio {
            backend: setting.backend,
            problem: format!("one file has {first} samples per second, another {other}"),
        }),
        None => Ok(first),
    }
}

/// The word times of one chunk, in seconds from its start, and its sound with how the times were found.
fn place(
    words: &[TextWord],
    clip: Option<&Clip>,
    sample_rate: u32,
    rate: Rate,
) -> (Vec<Span>, Option<(Vec<f32>, Timing)>) {
    let Some((clip, trimmed)) = clip.and_then(|clip| clip.trim().map(|trimmed| (clip, trimmed)))
    else {
        // Whole samples, so that the last word ends within the audio.
        let count =
            (align::estimated_seconds(words) / rate.factor() * f64::from(sample_rate)).ceil();
        return (
            align::read_evenly(words, (0.0, count / f64::from(sample_rate))),
            None,
        );
    };
    let estimated = || (align::estimate(words, trimmed.voiced), Timing::Sentences);
    let (times, timing) = match &clip.heard {
        Some(Heard::Words(spans)) => {
            let shift = |(start, end): &Span| (start - trimmed.cut, end - trimmed.cut);
            let shifted: Vec<Option<Span>> =
                spans.iter().map(|it| it.as_ref().map(shift)).collect();
            let times = align::from_spans(words, &shifted, trimmed.voiced);
            (times, Timing::Phones)
        }
        Some(Heard::Phones(phones)) => {
            let shifted: Vec<align::Phone> = phones
                .iter()
                .map(|phone| align::Phone {
                    name: phone.name.clone(),
                    start: phone.start - trimmed.cut,
                    end: phone.end - trimmed.cut,
                })
                .collect();
            let times = align::from_phones(words, &shifted, trimmed.voiced);
            (times, Timing::Phones)
        }
        Some(Heard::Told(told)) => heard::times(words, told, trimmed.cut, trimmed.voiced)
            .map_or_else(estimated, |times| (times, Timing::Server)),
        None => estimated(),
    };
    (times, Some((trimmed.samples, timing)))
}

fn sentences(chunks: &[Chunk], spans: &[Span]) -> Vec<Sentence> {
    let mut sentences = Vec::new();
    let mut start = 0;
    for chunk in chunks.iter().filter(|chunk| chunk.ends_sentence) {
        let words = start..chunk.words.end;
        sentences.push(Sentence {
            start: spans[words.start].0,
            end: spans[words.end - 1].1,
            words: words.clone(),
        });
        start = words.end;
    }
    sentences
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::{Repertoire, prepare};

    fn tone(seconds: f64, level: f32) -> Clip {
        let samples = (0..(seconds * 16000.0) as usize)
            .map(|n| if n % 40 < 20 { level } else { -level })
            .collect();
        Clip {
            sample_rate: 16_000,
            samples,
            heard: None,
        }
    }

    fn setting(rate: f64) -> Setting<'static> {
        Setting {
            backend: "test",
            rate: Rate::new(rate).unwrap(),
            voice: "v",
            silent_rate: 16_000,
            may_be_silent: false,
        }
    }

    #[test]
    fn silences_between_chunks_are_exact_and_one_gain_serves_all() {
        let text = prepare("One two. Three.", "en", Repertoire::Unicode);
        let speech = assemble(
            text,
            &[Some(tone(1.0, 0.3)), Some(tone(0.5, 0.1))],
            &setting(1.0),
        )
        .unwrap();
        assert_eq!(speech.samples.len(), 16_000 + 2880 + 8000);
        assert!(
            speech.samples[16_000..18_880]
                .iter()
                .all(|sample| *sample == 0.0)
        );
        let peak = |samples: &[f32]| {
            samples
                .iter()
                .fold(0.0_f32, |peak, sample| peak.max(sample.abs()))
        };
        assert!((peak(&speech.samples[..16_000]) - 0.9).abs() < 1e-3);
        assert!(
            (peak(&speech.samples[18_880..]) - 0.3).abs() < 1e-2,
            "the soft sentence stays soft"
        );
        assert_eq!(speech.timing, Timing::Sentences);
        assert_eq!(speech.sentences.len(), 2);
        assert_eq!(speech.sentences[1].words, 2..3);
        assert!(
            (speech.words[2].start - 1.18).abs() < 1e-3,
            "{}",
            speech.words[2].start
        );
    }

    #[test]
    fn times_of_a_server_are_told_as_such_and_the_worst_counts_for_all() {
        let word = |text: &str, start, end| heard::HeardWord {
            text: text.to_owned(),
            start,
            end,
        };
        let told = Clip {
            heard: Some(Heard::Told(vec![
                word("One", 0.1, 0.3),
                word("two.", 0.5, 0.9),
            ])),
            ..tone(1.0, 0.3)
        };
        let text = || prepare("One two. Three.", "en", Repertoire::Unicode);
        let three = Clip {
            heard: Some(Heard::Told(vec![word("three", 0.0, 0.5)])),
            ..tone(0.5, 0.3)
        };
        let clips = [Some(told.clone()), Some(three)];
        let speech = assemble(text(), &clips, &setting(1.0)).unwrap();
        assert_eq!(speech.timing, Timing::Server);
        let two = &speech.words[1];
        assert!((two.start - 0.5).abs() < 1e-6 && (two.end - 0.9).abs() < 1e-6);
        let clips = [Some(told), Some(tone(0.5, 0.3))];
        let speech = assemble(text(), &clips, &setting(1.0)).unwrap();
        assert_eq!(speech.timing, Timing::Sentences);
    }

    #[test]
    fn a_chunk_that_cannot_be_spoken_becomes_time_to_read_it() {
        let text = prepare("One two. 你好世界你好。 Three.", "en", Repertoire::Ascii);
        let speech = assemble(
            text,
            &[Some(tone(1.0, 0.3)), None, Some(tone(0.5, 0.3))],
            &setting(1.0),
        )
        .unwrap();
        let read: Vec<&Word> = speech
            .words
            .iter()
            .filter(|word| !word.text.is_ascii())
            .collect();
        assert_eq!(read.len(), 3);
        assert!(
            read[2].end - read[0].start > 1.0,
            "six characters take more than a second"
        );
    }

    #[test]
    fn silence_from_a_speaking_backend_is_an_error() {
        let text = prepare("One.", "en", Repertoire::Unicode);
        let error = assemble(text, &[Some(tone(1.0, 0.0))], &setting(1.0)).unwrap_err();
        assert!(matches!(error, Error::AllSilent { .. }) && !error.is_retryable());
    }

    #[test]
    fn clips_of_different_rates_are_refused() {
        let text = prepare("One. Two.", "en", Repertoire::Unicode);
        let other = Clip {
            sample_rate: 22_050,
            ..tone(1.0, 0.3)
        };
        assert!(matches!(
            assemble(text, &[Some(tone(1.0, 0.3)), Some(other)], &setting(1.0)),
            Err(Error::BadAudio { .. })
        ));
    }
}
