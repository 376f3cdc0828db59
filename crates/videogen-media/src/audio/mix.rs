//! Narration and music to one mix: places, ducks, brings to loudness, limits.

use tokio_util::sync::CancellationToken;

use super::bed::{Bed, fade};
use super::loudness::{Loudness, Measured, measure, of_both};
use super::{SAMPLE_RATE, Stereo, duck, from_db, limiter, resample, samples_in};
use crate::Error;

/// The longest mix, in seconds.
const LONGEST: f64 = 7200.0;
/// No mix and no music is raised by more than this, in dB: beyond it, noise is all there is to be heard.
const MOST_GAIN_DB: f64 = 40.0;
/// How close to the target the loudness must come, in LU.
const TOLERANCE_LU: f64 = 0.3;
/// How much louder than the ceiling a measured peak may be, in dB: below what the standard calls the accuracy of a
/// true-peak meter (0.4 dB).
const PEAK_TOLERANCE_DB: f64 = 0.05;
/// How often gain and limiter are tried: each round comes closer, and a mix that cannot be that loud stays below.
const ROUNDS: usize = 5;

/// One piece of narration.
#[derive(Debug, Clone, PartialEq)]
pub struct Clip {
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
    pub narration: Vec<Clip>,
    /// The music, if any.
    pub bed: Option<Bed>,
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
    /// By how much the music is lowered under speech, in dB, 0..=60. Default 12: together with `music_db` the voice is
    /// 20 LU above the music, the least that is asked for where everybody is to understand
    /// (WCAG 2.2, success criterion 1.4.7).
    pub duck_db: f64,
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

/// A finished mix.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Mix {
    /// The samples, at [`SAMPLE_RATE`].
    pub samples: Stereo,
    /// Its loudness and what was done for it.
    pub report: Loudness,
}

/// Mixes narration and music.
///
/// The narration is placed to the sample. The music is cut or repeated to the length, faded at both ends (0.5 s in,
/// 1.5 s out), set to `music_db` below the voice and lowered by `duck_db` while somebody speaks: down when the first
/// word starts, back 0.6 s after the last one; pauses under 0.35 s do not bring it up. Then everything is brought to
/// the target loudness and limited to the ceiling. Without speech the music alone gets to the target; if everything is
/// silent, it stays silent and the report says so. The same request gives the same samples.
///
/// Blocks for some milliseconds per second of sound: call it off the async threads. `stop` is looked at between steps.
///
/// # Errors
/// [`Error::InvalidValue`] for a value out of its range, samples that are not numbers and music without samples;
/// [`Error::Cancelled`].
pub fn mix(
    request: &MixRequest,
    settings: &MixSettings,
    stop: &CancellationToken,
) -> Result<Mix, Error> {
    validate(request, settings)?;
    let go_on = || {
        if stop.is_cancelled() {
            Err(Error::Cancelled)
        } else {
            Ok(())
        }
    };
    let length = samples_in(request.duration, SAMPLE_RATE);
    let mut voice = vec![0.0_f32; length];
    for clip in &request.narration {
        go_on()?;
        let samples = resample(&clip.samples, clip.sample_rate, SAMPLE_RATE)?;
        let start = samples_in(clip.start, SAMPLE_RATE).min(length);
        for (mixed, sample) in voice[start..].iter_mut().zip(samples) {
            *mixed += sample;
        }
    }
    let speech = duck::speech(&voice);
    let mut mixed = Stereo {
        left: voice.clone(),
        right: voice,
    };
    if let Some(bed) = &request.bed {
        go_on()?;
        let mut music = bed.filled(length);
        let voice_lufs = if speech.is_empty() {
            None
        } else {
            of_both(&mixed.left)
        };
        if let (Some(voice), Some(music_lufs)) = (voice_lufs, measure(&music, false).lufs) {
            let gain = from_db((voice + settings.music_db - music_lufs).min(MOST_GAIN_DB)) as f32;
            let ducked = duck::gains(&speech, length, settings.duck_db);
            for channel in [&mut music.left, &mut music.right] {
                channel
                    .iter_mut()
                    .zip(&ducked)
                    .for_each(|(sample, ducked)| *sample *= gain * ducked);
            }
        }
        fade(&mut music);
        for (mixed, music) in [
            (&mut mixed.left, &music.left),
            (&mut mixed.right, &music.right),
        ] {
            mixed
                .iter_mut()
                .zip(music)
                .for_each(|(mixed, music)| *mixed += music);
        }
    }
    master(&mixed, settings, stop)
}

/// Brings a mix to its loudness and under its ceiling.
fn master(raw: &Stereo, settings: &MixSettings, stop: &CancellationToken) -> Result<Mix, Error> {
    let before = measure(raw, false);
    // Too short to have a loudness: at least the ceiling is kept.
    let wanted = before.lufs.map_or(0.0, |lufs| settings.target_lufs - lufs);
    let mut gain_db = wanted.min(MOST_GAIN_DB);
    let mut ceiling_db = settings.ceiling_dbtp;
    let mut best: Option<(f64, Mix)> = None;
    for _ in 0..ROUNDS {
        if stop.is_cancelled() {
            return Err(Error::Cancelled);
        }
        let gain = from_db(gain_db) as f32;
        let scaled = |channel: &[f32]| channel.iter().map(|sample| sample * gain).collect();
        let mut samples = Stereo {
            left: scaled(&raw.left),
            right: scaled(&raw.right),
        };
        let limited = limiter::limit(&mut samples, from_db(ceiling_db) as f32);
        let Measured { lufs, dbtp } = measure(&samples, true);
        let report = Loudness {
            integrated_lufs: lufs,
            true_peak_dbtp: dbtp,
            gain_db,
            limited,
        };
        let over = dbtp
            .map_or(0.0, |dbtp| dbtp - settings.ceiling_dbtp)
            .max(0.0);
        let off = lufs.map_or(0.0, |lufs| settings.target_lufs - lufs);
        // A peak over the ceiling is worse than any loudness.
        let badness = if over > PEAK_TOLERANCE_DB {
            100.0 + over
        } else {
            off.abs()
        };
        if best.as_ref().is_none_or(|(least, _)| badness < *least) {
            best = Some((badness, Mix { samples, report }));
        }
        if badness <= TOLERANCE_LU {
            break;
        }
        if over > PEAK_TOLERANCE_DB {
            ceiling_db -= over;
        }
        gain_db = (gain_db + off).min(MOST_GAIN_DB);
    }
    let (_, mix) = best.expect("there is at least one round");
    tracing::debug!(report = ?mix.report, "mixed");
    Ok(mix)
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
