//! Brings a mix to its loudness and under its ceiling, into a file.

use std::io;

use camino::Utf8Path;

use super::blend::{Blend, MOST_GAIN_DB};
use super::limiter::Limiter;
use super::loudness::{Loudness, LoudnessMeter};
use super::peaks::PeakMeter;
use super::walk::Walk;
use super::wav::{WavFile, writing};
use super::{MixSettings, StereoAudio, from_db};
use crate::Error;

/// How close to the target the loudness must come, in LU.
const TOLERANCE_LU: f64 = 0.3;
/// How much louder than the ceiling a measured peak may be, in dB: below what the standard calls the accuracy of a
/// true-peak meter (0.4 dB).
const PEAK_TOLERANCE_DB: f64 = 0.05;
/// How often gain and limiter are tried: each round comes closer, and a mix that cannot be that loud stays below.
const ROUNDS: usize = 5;

/// One try.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Round {
    gain_db: f64,
    ceiling_db: f64,
}

/// Writes `blend` to `output`, measured. `raw_lufs` is its loudness as it is.
///
/// # Errors
/// [`Error::Io`], [`Error::Cancelled`]; then there is no file.
pub(super) fn master(
    blend: &mut Blend,
    raw_lufs: Option<f64>,
    settings: &MixSettings,
    output: &Utf8Path,
    walk: &Walk,
) -> Result<Loudness, Error> {
    // Too short to have a loudness: at least the ceiling is kept.
    let wanted = raw_lufs.map_or(0.0, |lufs| settings.target_lufs - lufs);
    let mut round = Round {
        gain_db: wanted.min(MOST_GAIN_DB),
        ceiling_db: settings.ceiling_dbtp,
    };
    let mut best: Option<(f64, Round, Loudness)> = None;
    let mut last = round;
    for _ in 0..ROUNDS {
        last = round;
        let report = round.write(blend, output, walk)?;
        let over = report
            .true_peak_dbtp
            .map_or(0.0, |dbtp| dbtp - settings.ceiling_dbtp)
            .max(0.0);
        let off = report
            .integrated_lufs
            .map_or(0.0, |lufs| settings.target_lufs - lufs);
        // A peak over the ceiling is worse than any loudness.
        let badness = if over > PEAK_TOLERANCE_DB {
            100.0 + over
        } else {
            off.abs()
        };
        if best.is_none_or(|(least, ..)| badness < least) {
            best = Some((badness, round, report));
        }
        if over > PEAK_TOLERANCE_DB {
            round.ceiling_db -= over;
        }
        round.gain_db = (round.gain_db + off).min(MOST_GAIN_DB);
        if badness <= TOLERANCE_LU || round == last {
            break;
        }
    }
    let (_, round, report) = best.expect("there is at least one round");
    if round != last {
        round.write(blend, output, walk)?;
    }
    tracing::debug!(?report, "mixed");
    Ok(report)
}

impl Round {
    /// Writes the mix in the place of any other. The same round writes the same bytes.
    fn write(self, blend: &mut Blend, output: &Utf8Path, walk: &Walk) -> Result<Loudness, Error> {
        let failed = |source| writing(output, source);
        let mut limiter = Limiter::new(from_db(self.ceiling_db) as f32);
        let mut result = Measured {
            loudness: if blend.is_mono() {
                LoudnessMeter::of_both()
            } else {
                LoudnessMeter::stereo()
            },
            peak: PeakMeter::new(),
            file: WavFile::create(output, walk.length).map_err(failed)?,
        };
        let gain = from_db(self.gain_db) as f32;
        let (mut block, mut limited) = (StereoAudio::default(), StereoAudio::default());
        for part in walk.blocks() {
            blend.read(part?, gain, &mut block).map_err(failed)?;
            limiter.push(&block, &mut limited);
            result.append(&limited).map_err(failed)?;
        }
        limiter.finish(&mut limited);
        result.append(&limited).map_err(failed)?;
        result.file.finish();
        Ok(Loudness {
            integrated_lufs: result.loudness.lufs(),
            true_peak_dbtp: result.peak.finish(),
            gain_db: self.gain_db,
            limited: limiter.limited(),
        })
    }
}

/// A file that is measured while it is written.
struct Measured {
    loudness: LoudnessMeter,
    peak: PeakMeter,
    file: WavFile,
}

impl Measured {
    fn append(&mut self, block: &StereoAudio) -> io::Result<()> {
        self.loudness.push(block);
        self.peak.push(block);
        self.file.append(block)
    }
}
