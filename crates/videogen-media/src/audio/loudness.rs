//! Loudness and true peak of a mix by ITU-R BS.1770.

use ebur128::{EbuR128, Mode};

use super::{SAMPLE_RATE, Stereo, to_db};

/// How loud a mix has become and what was done to it.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct Loudness {
    /// Integrated loudness in LUFS; nothing for silence (all below the gate of −70 LUFS) and for less than the 400 ms
    /// the measurement needs.
    pub integrated_lufs: Option<f64>,
    /// The highest true peak of both channels in dBTP; nothing if every sample is zero.
    pub true_peak_dbtp: Option<f64>,
    /// The gain given to the whole mix, in dB; the limiter not included.
    pub gain_db: f64,
    /// Whether the limiter had to lower peaks.
    pub limited: bool,
}

/// What is measured of samples.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Measured {
    /// Integrated loudness in LUFS, if there is one.
    pub(super) lufs: Option<f64>,
    /// True peak in dBTP, if any sample is not zero.
    pub(super) dbtp: Option<f64>,
}

/// Measures samples at [`SAMPLE_RATE`]; the true peak only if asked, as it costs most of the time.
pub(super) fn measure(samples: &Stereo, true_peak: bool) -> Measured {
    let mode = if true_peak {
        Mode::I | Mode::TRUE_PEAK
    } else {
        Mode::I
    };
    let mut meter =
        EbuR128::new(2, SAMPLE_RATE, mode).expect("two channels at 48 kHz are within its range");
    let length = samples.len();
    meter
        .add_frames_planar_f32(&[&samples.left[..length], &samples.right[..length]])
        .expect("both channels are given and equally long");
    let lufs = meter
        .loudness_global()
        .expect("the mode includes integrated loudness");
    let dbtp = true_peak.then(|| {
        let peak = |channel| {
            meter
                .true_peak(channel)
                .expect("the mode includes true peak and there are two channels")
        };
        to_db(peak(0).max(peak(1)))
    });
    Measured {
        lufs: Some(lufs).filter(|lufs| lufs.is_finite()),
        dbtp: dbtp.filter(|dbtp| dbtp.is_finite()),
    }
}

/// The integrated loudness in LUFS of one channel that will be heard from both.
pub(super) fn of_both(mono: &[f32]) -> Option<f64> {
    measure(
        &Stereo {
            left: mono.to_vec(),
            right: mono.to_vec(),
        },
        false,
    )
    .lufs
}

#[cfg(test)]
mod tests {
    use super::super::from_db;
    use super::*;

    #[test]
    fn the_reference_tone_reads_as_the_standard_says() {
        // EBU Tech 3341, case 1: a stereo 1 kHz sine of −23 dBFS reads −23 LUFS.
        let tone: Vec<f32> = (0..SAMPLE_RATE * 20)
            .map(|i| {
                (from_db(-23.0) * (std::f64::consts::TAU * 1000.0 * f64::from(i) / 48_000.0).sin())
                    as f32
            })
            .collect();
        let measured = measure(
            &Stereo {
                left: tone.clone(),
                right: tone.clone(),
            },
            true,
        );
        assert!((measured.lufs.unwrap() + 23.0).abs() < 0.1, "{measured:?}");
        assert!((measured.dbtp.unwrap() + 23.0).abs() < 0.2, "{measured:?}");
        assert_eq!(of_both(&tone), measured.lufs);
    }

    #[test]
    fn silence_has_neither() {
        let samples = Stereo {
            left: vec![0.0; 96_000],
            right: vec![0.0; 96_000],
        };
        assert_eq!(
            measure(&samples, true),
            Measured {
                lufs: None,
                dbtp: None
            }
        );
        assert_eq!(
            measure(&Stereo::default(), true),
            Measured {
                lufs: None,
                dbtp: None
            }
        );
    }
}
