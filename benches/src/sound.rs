//! The sounds: a narration that has the syllables and pauses of speech, and music with chords and decay.

use std::f32::consts::TAU;

use camino::Utf8Path;
use hound::{SampleFormat, WavSpec, WavWriter};

use crate::noise::hash;

/// Samples a second of the narration: between Piper's 22,050 and what other synthesizers give.
pub(crate) const VOICE_RATE: u32 = 24_000;
/// Samples a second of the music, as most music files have.
const MUSIC_RATE: u32 = 44_100;

/// Words a second: a calm English narration.
const WORDS_PER_SECOND: f64 = 2.6;

/// What is said, again and again.
const TEXT: &str = "Every morning the mountains wait for the first light, and nobody asks them to hurry. \
    A city wakes up one window at a time. What looks like noise from far away is a thousand small stories, \
    each with a beginning, a doubt and a reason to go on. Walk slowly. Look twice. The forest keeps no calendar, \
    yet nothing in it is ever late, and the smallest pattern repeats until it becomes a world.";

/// A word and when it is spoken, in seconds.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Word {
    pub(crate) text: &'static str,
    pub(crate) start: f64,
    pub(crate) end: f64,
}

/// The words of a narration of `seconds`: half a second before, a breath after each sentence.
pub(crate) fn words(seconds: f64) -> Vec<Word> {
    let mut time = 0.5;
    let mut words = Vec::new();
    for text in TEXT.split_whitespace().cycle() {
        // Long words take longer; a word of the text's mean length and its gap take their share of a second.
        let length = (0.45 + 0.55 * text.len() as f64 / 4.6) * 0.84 / WORDS_PER_SECOND;
        if time + length > seconds - 0.4 {
            return words;
        }
        words.push(Word {
            text,
            start: time,
            end: time + length,
        });
        time += length + 0.05 + if text.ends_with('.') { 0.35 } else { 0.0 };
    }
    words
}

/// Writes the narration: for every word a few syllables of a buzzing voice with hiss at its edges.
///
/// # Errors
/// What could not be written, in words.
pub(crate) fn write_voice(path: &Utf8Path, seconds: f64) -> Result<(), String> {
    let count = (seconds * f64::from(VOICE_RATE)).round() as usize;
    let mut samples = vec![0.0f32; count];
    for (index, word) in words(seconds).iter().enumerate() {
        let (from, to) = (
            (word.start * f64::from(VOICE_RATE)) as usize,
            (word.end * f64::from(VOICE_RATE)) as usize,
        );
        let syllables = (word.text.len() as f32 / 3.2).ceil();
        let base = 105.0 + 40.0 * hash(index as i32, 0, 1);
        let formant = 400.0 + 900.0 * hash(index as i32, 1, 1);
        let mut phase = 0.0f32;
        for (i, sample) in samples[from..to.min(count)].iter_mut().enumerate() {
            let t = i as f32 / (to - from) as f32;
            phase += base * (1.08 - 0.16 * t) / VOICE_RATE as f32;
            let loud = (t * syllables * TAU / 2.0).sin().abs().sqrt();
            let buzz: f32 = (1..24)
                .map(|n| {
                    let distance = (n as f32 * base - formant) / 350.0;
                    (phase * TAU * n as f32).sin()
                        * (0.25 / n as f32 + 0.3 * (-distance * distance).exp())
                })
                .sum();
            let hiss = (hash(i as i32, index as i32, 2) - 0.5) * (1.0 - loud) * 0.35;
            *sample = 0.3 * loud * buzz + hiss * 0.4;
        }
    }
    write(path, VOICE_RATE, 1, samples)
}

/// Writes `seconds` of music: four chords of plucked strings, each tone in its place between the loudspeakers.
///
/// # Errors
/// What could not be written, in words.
pub(crate) fn write_music(path: &Utf8Path, seconds: f64) -> Result<(), String> {
    const CHORDS: [[f32; 4]; 4] = [
        [110.0, 220.0, 261.63, 329.63],
        [87.31, 174.61, 220.0, 261.63],
        [130.81, 196.0, 261.63, 329.63],
        [98.0, 196.0, 246.94, 293.66],
    ];
    let count = (seconds * f64::from(MUSIC_RATE)).round() as usize;
    let samples = (0..count).flat_map(|i| {
        let time = i as f32 / MUSIC_RATE as f32;
        let chord = CHORDS[(time / 2.0) as usize % CHORDS.len()];
        let mut out = [0.0f32; 2];
        for (n, frequency) in chord.into_iter().enumerate() {
            let since = (time + 0.5 * n as f32) % 2.0;
            let tone: f32 = (1..6)
                .map(|h| {
                    (since * frequency * TAU * h as f32).sin() / (h * h) as f32
                        * (-since * h as f32).exp()
                })
                .sum();
            let place = n as f32 / 3.0;
            out[0] += 0.2 * tone * (1.0 - 0.6 * place);
            out[1] += 0.2 * tone * (0.4 + 0.6 * place);
        }
        out
    });
    write(path, MUSIC_RATE, 2, samples)
}

/// Writes 16-bit samples.
fn write(
    path: &Utf8Path,
    sample_rate: u32,
    channels: u16,
    samples: impl IntoIterator<Item = f32>,
) -> Result<(), String> {
    let spec = WavSpec {
        channels,
        sample_rate,
        bits_per_sample: 16,
        sample_format: SampleFormat::Int,
    };
    let failed = |error: hound::Error| format!("writing {path}: {error}");
    let mut writer = WavWriter::create(path, spec).map_err(failed)?;
    for sample in samples {
        writer
            .write_sample((sample.clamp(-1.0, 1.0) * 32767.0).round() as i16)
            .map_err(failed)?;
    }
    writer.finalize().map_err(failed)
}

/// Reads a narration written by [`write_voice`], as a synthesizer would hand it over.
///
/// # Errors
/// What could not be read, in words.
pub(crate) fn read_voice(path: &Utf8Path) -> Result<Vec<f32>, String> {
    let failed = |error: hound::Error| format!("reading {path}: {error}");
    let samples = hound::WavReader::open(path)
        .map_err(failed)?
        .into_samples::<i16>();
    samples
        .map(|sample| {
            sample
                .map(|sample| f32::from(sample) / 32768.0)
                .map_err(failed)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_come_in_order_inside_the_narration_at_a_calm_pace() {
        for seconds in [6.0, 12.0, 60.0] {
            let words = words(seconds);
            assert!(words.iter().all(|w| w.start < w.end && w.end < seconds));
            assert!(words.windows(2).all(|w| w[0].end < w[1].start));
            let pace = words.len() as f64 / seconds;
            assert!(
                (1.9..2.9).contains(&pace),
                "{pace} words a second in {seconds} s"
            );
        }
    }
}
