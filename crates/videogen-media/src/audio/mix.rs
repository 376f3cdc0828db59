//! Narration and music to one mix: what is wanted, and the passes over it.

use camino::Utf8Path;
use tokio_util::sync::CancellationToken;

use super::blend::{Blend, Music};
use super::clip_layer::ClipLayer;
use super::duck::SpeechFinder;
use super::loudness::{Loudness, LoudnessMeter};
use super::master::master;
use super::narration::Narration;
use super::spool::Spool;
use super::walk::Walk;
use super::wav::writing;
use super::{ClipSounds, MusicBed, SAMPLE_RATE, StereoAudio, samples_in};
use crate::Error;

/// The longest mix, in seconds.
const LONGEST: f64 = 7200.0;
/// Samples at once: 0.1 s.
const BLOCK: usize = SAMPLE_RATE as usize / 10;

/// One piece of narration.
#[derive(Debug, Clone, PartialEq)]
pub struct AudioClip {
    /// One channel; full scale is ±1.0.
    pub samples: Vec<f32>,
    /// Its samples per second, 8000..=192000.
    pub sample_rate: u32,
    /// When it starts, in seconds from the beginning of the mix. What reaches past the end is cut.
    pub start: f64,
}

/// What is to be mixed.
#[derive(Debug, Clone, PartialEq)]
pub struct MixRequest {
    /// The narration; clips that overlap are heard together.
    pub narration: Vec<AudioClip>,
    /// The music, if any.
    pub bed: Option<MusicBed>,
    /// Length of the mix in seconds, above 0, at most two hours. It gets `round(duration · 48000)` samples.
    pub duration: f64,
}

/// How it is mixed. [`MixSettings::default`] suits short videos on the usual platforms.
#[derive(Debug, Clone, PartialEq)]
pub struct MixSettings {
    /// Integrated loudness of the result in LUFS, −40..=−5. Default −14, to which the platforms turn down what is louder.
    pub target_lufs: f64,
    /// Highest true peak of the result in dBTP, −20..=0. Default −1.5: lossy coding adds up to half a decibel, and −1
    /// is what must hold in the end.
    pub ceiling_dbtp: f64,
    /// Level of the music where nobody speaks, relative to the loudness of the voice, in dB, −60..=20. Default −8:
    /// clearly there, yet no jump when the voice begins.
    pub music_db: f64,
    /// By how much the music, and the sound of clips, is lowered under speech, in dB, 0..=60. Default 12: together with
    /// `music_db` the voice is 20 LU above the music, the least that is asked for where everybody is to understand
    /// (WCAG 2.2, success criterion 1.4.7).
    pub duck_db: f64,
}

impl MixSettings {
    /// Returns the settings of a soundtrack that is encoded as AAC, which overshoots by up to a decibel: the promise is
    /// −1 dBTP after it.
    #[must_use]
    pub fn for_aac() -> Self {
        Self {
            ceiling_dbtp: -2.0,
            ..Self::default()
        }
    }
}

impl Default for MixSettings {
    fn default() -> Self {
        Self {
            target_lufs: -14.0,
            ceiling_dbtp: -1.5,
            music_db: -8.0,
            duck_db: 12.0,
        }
    }
}

/// Mixes narration and music into a WAV file at `output`, 24 bits, [`SAMPLE_RATE`], stereo. Tells how loud it became.
///
/// The narration is placed to the sample. The music is cut or repeated to the length, faded at both ends (0.5 s in,
/// 1.5 s out), set to `music_db` below the voice and lowered by `duck_db` while somebody speaks: down when the first
/// word starts, back 0.6 s after the last one; pauses under 0.35 s do not bring it up. Then everything is brought to
/// the target loudness and limited to the ceiling. Without speech the music alone gets to the target; if everything is
/// silent, it stays silent and the report says so. The same request gives the same bytes.
///
/// Works in blocks of 0.1 s: a mix of an hour takes no more memory than one of a minute, besides the request. The
/// narration as it is mixed waits in a file without a name in the folder of `output`, 0.2 MB per second; the WAV takes
/// 0.3 MB per second. A file at `output` is replaced at once, not atomically: this is meant for a scratch folder.
///
/// Blocks for some milliseconds per second of sound: call it off the async threads. `stop` is looked at in each block.
///
/// # Errors
/// [`Error::InvalidValue`] for a value out of its range, samples that are not numbers and music without samples;
/// [`Error::Io`] if the disk is full or the folder cannot be written; [`Error::Cancelled`]. No file begun is left
/// behind.
pub fn mix_to_wav(
    request: &MixRequest,
    settings: &MixSettings,
    output: &Utf8Path,
    stop: &CancellationToken,
) -> Result<Loudness, Error> {
    mix_in_blocks(request, None, settings, output, stop, BLOCK)
}

/// Mixes as [`mix_to_wav`] does, with the sound of `clips` under the narration, if there are any.
///
/// A volume of 1 means as loud as it was recorded, beside a narration that is at the target loudness. While somebody
/// speaks it is lowered by `duck_db`, as the music is. Where nobody does, the music is in the place of the narration, and
/// where none plays either, the clips alone get to the target, whatever their volume.
///
/// # Errors
/// As [`mix_to_wav`].
pub fn mix_with_clips(
    request: &MixRequest,
    clips: Option<ClipSounds>,
    settings: &MixSettings,
    output: &Utf8Path,
    stop: &CancellationToken,
) -> Result<Loudness, Error> {
    mix_in_blocks(request, clips, settings, output, stop, BLOCK)
}

/// [`mix_with_clips`] in blocks of `block` samples, which change nothing in the result.
fn mix_in_blocks(
    request: &MixRequest,
    clips: Option<ClipSounds>,
    settings: &MixSettings,
    output: &Utf8Path,
    stop: &CancellationToken,
    block: usize,
) -> Result<Loudness, Error> {
    validate(request, settings)?;
    let walk = Walk {
        length: samples_in(request.duration, SAMPLE_RATE),
        block,
        stop,
    };
    let failed = |source| writing(output, source);
    let mut narration = Narration::new(&request.narration)?;
    let mut voice = Spool::beside(output).map_err(failed)?;
    let (mut speech, mut meter) = (SpeechFinder::default(), LoudnessMeter::of_both());
    let mut samples = Vec::new();
    for part in walk.blocks() {
        let part = part?;
        samples.resize(part.len(), 0.0);
        narration.read(part.start, &mut samples);
        speech.push(&samples);
        meter.push_mono(&samples);
        voice.append(&samples).map_err(failed)?;
    }
    let voice_lufs = meter.lufs();
    let speech = speech.parts();
    let under = |bed| Music::under(voice_lufs, speech.clone(), bed, settings, &walk);
    let music = request.bed.as_ref().map(under).transpose()?;
    let clips = clips.map(|sounds| {
        let spoken = voice_lufs.filter(|_| !speech.is_empty());
        let played = music.as_ref().and_then(Music::own_lufs);
        let speech = spoken.map_or_else(Vec::new, |_| speech.clone());
        ClipLayer::under(spoken.or(played), speech, sounds, settings)
    });
    let mut blend = Blend {
        voice,
        music,
        clips,
    };
    let raw_lufs = if blend.is_mono() {
        voice_lufs
    } else {
        let (mut meter, mut block) = (LoudnessMeter::stereo(), StereoAudio::default());
        for part in walk.blocks() {
            blend.read(part?, 1.0, &mut block).map_err(failed)?;
            meter.push(&block);
        }
        meter.lufs()
    };
    master(&mut blend, raw_lufs, settings, output, &walk)
}

/// Refuses values out of their ranges.
fn validate(request: &MixRequest, settings: &MixSettings) -> Result<(), Error> {
    let invalid = |what, value: String, allowed: &str| {
        Err(Error::InvalidValue {
            what,
            value,
            allowed: allowed.to_owned(),
        })
    };
    let ranges = [
        ("target_lufs", settings.target_lufs, -40.0, -5.0),
        ("ceiling_dbtp", settings.ceiling_dbtp, -20.0, 0.0),
        ("music_db", settings.music_db, -60.0, 20.0),
        ("duck_db", settings.duck_db, 0.0, 60.0),
        (
            "duration",
            request.duration,
            1.0 / f64::from(SAMPLE_RATE),
            LONGEST,
        ),
    ];
    for (what, value, least, most) in ranges {
        if !(least..=most).contains(&value) {
            return invalid(what, value.to_string(), &format!("{least} to {most}"));
        }
    }
    for clip in &request.narration {
        if !(0.0..=LONGEST).contains(&clip.start) {
            return invalid(
                "start of a clip",
                clip.start.to_string(),
                "0 to the end of the mix",
            );
        }
        if !clip.samples.iter().all(|sample| sample.is_finite()) {
            return invalid(
                "sample of a clip",
                "not a number".to_owned(),
                "finite numbers",
            );
        }
    }
    if let Some(bed) = &request.bed {
        if bed.samples.is_empty() {
            return invalid("music", "without samples".to_owned(), "one sample or more");
        }
        if !bed
            .samples
            .left
            .iter()
            .chain(&bed.samples.right)
            .all(|sample| sample.is_finite())
        {
            return invalid(
                "sample of the music",
                "not a number".to_owned(),
                "finite numbers",
            );
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::clip_sounds::Part;
    use super::super::tests::noise;
    use super::*;

    /// The file and the report of a mix made in blocks of this length: two seconds of speech-like noise over music
    /// that repeats and a clip that begins again, loud enough for the limiter.
    fn mixed(block: usize) -> (Vec<u8>, Loudness) {
        let bursts = |seed| {
            let noise = noise(seed, 0.4, 13_000).left.into_iter().enumerate();
            let burst = |(i, sample)| if i % 3000 < 300 { 4.0 * sample } else { sample };
            noise.map(burst).collect()
        };
        let clip = |seed, sample_rate, start| AudioClip {
            samples: bursts(seed),
            sample_rate,
            start,
        };
        let request = MixRequest {
            narration: vec![clip(1, 24_000, 0.3), clip(2, 22_050, 1.2)],
            bed: Some(MusicBed {
                samples: noise(3, 0.3, 30_000),
                seamless: false,
            }),
            duration: 2.0,
        };
        let dir = camino_tempfile::tempdir().unwrap();
        let path = dir.path().join("mix.wav");
        let stop = CancellationToken::new();
        let part = Part {
            source: 0,
            start: 20_000,
            end: 90_000,
            fades: (9_600, 9_600),
        };
        let clips = ClipSounds::of_samples(&noise(4, 0.2, 25_000), (700, 30_000), &[part], 0.8);
        let (clips, settings) = (Some(clips), MixSettings::default());
        let report = mix_in_blocks(&request, clips, &settings, &path, &stop, block).unwrap();
        (std::fs::read(&path).unwrap(), report)
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(12))]
        #[test]
        fn the_length_of_a_block_changes_nothing(block in prop_oneof![1_usize..100, 100_usize..100_000]) {
            let (bytes, report) = mixed(BLOCK);
            prop_assert!(report.limited);
            let (other, same) = mixed(block);
            prop_assert_eq!(report, same);
            prop_assert!(bytes == other);
        }
    }
}
