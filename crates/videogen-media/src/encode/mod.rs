//! Encoders: which there are, what each is told, and which of them work on this machine.

mod choice;
mod encoder;
mod limits;
mod quality;
mod settings;
mod trial;

use serde::Serialize;
use videogen_types::Quality;

pub use choice::Encoders;
pub use encoder::{Encoder, EncoderBackend, EncoderChoice};
pub(crate) use limits::bounded_encode;
pub(crate) use settings::{BT709, MP4, device, tag, video};
pub use trial::{EncoderTrial, describe_trials};

use crate::codec::Codec;
use crate::{Ffmpeg, FrameRate};

/// Encoder settings of a video: any of the encoders for the picture, AAC for the sound.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct EncodeSettings {
    /// x264's constant rate factor, `0.0..=51.0`; lower is better and larger. Other encoders get the value of their own
    /// scale that comes nearest to it in quality.
    pub crf: f32,
    /// How x264 works; the others have settings of their own.
    pub x264: X264Settings,
    /// Bits a second of the AAC track.
    pub audio_bitrate: u32,
    /// What makes the picture.
    pub encoder: Encoder,
}

/// How x264 works: a preset, and what is changed of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct X264Settings {
    /// One of x264's presets.
    pub preset: &'static str,
    /// `-x264-params`: `name=value`, separated by colons.
    pub params: &'static str,
}

// ---------------------------------------------------------------------------------------------------------------------
// The numbers of x264, quality by quality. `docs/measurements.md` has the measurements they come from.
// ---------------------------------------------------------------------------------------------------------------------

/// What is changed of `veryfast` for pictures in one smooth global move. Sub-block partitions, adaptive B-frame placement,
/// scene cuts, weighted prediction and a hexagonal search cost time and gain nothing here, while more B-frames save bytes;
/// bits go to dark and flat areas, where blocks are seen (`aq-mode=3`), and fewer of them to frames that others are
/// predicted from (`qcomp`), because all are alike. Found by `cargo xtask bench encode`.
///
/// The lookahead is not a thread of its own (`sync-lookahead`): with seven B-frames what that decides depends on how far it
/// has come, and on a busy machine one of several runs gave other bytes. Two threads share its work instead.
///
/// The argument is `rc-lookahead`, in frames.
macro_rules! moving {
    ($lookahead:literal) => {
        concat!(
            "partitions=none:b-adapt=0:scenecut=0:me=dia:weightp=0:aq-mode=3:aq-strength=1.2:qcomp=0.5:\
             deadzone-inter=13:deadzone-intra=7:bframes=7:rc-lookahead=",
            $lookahead,
            ":sync-lookahead=0:lookahead-threads=2"
        )
    };
}

/// Seven B-frames and one P-frame are a group of 8. What the lookahead sees beyond two groups costs more than it gains: with
/// 19 frames in place of 20 a fourteenth of the time, for 0.0001 of SSIM (`docs/measurements.md`).
const MOVING: X264Settings = X264Settings {
    preset: "veryfast",
    params: moving!(19),
};

/// The same with sub-pixel search by SAD alone: a quarter less time, and enough where frames are near each other.
const NEAR: X264Settings = X264Settings {
    preset: "veryfast",
    params: concat!(moving!(20), ":subme=1"),
};

impl EncodeSettings {
    /// For trying things out: small and quick. At 512x768 an SSIM of 0.968 (0.970 with `veryfast` at the same CRF) in 0.8 of
    /// its bytes and CPU time (`docs/measurements.md`).
    pub const DRAFT: Self = Self {
        crf: 23.0,
        x264: NEAR,
        audio_bitrate: 128_000,
        encoder: Encoder::X264,
    };
    /// For publishing at less than [`EncodeSettings::SMOOTH_FROM`] frames a second. Of the CRFs at which the SSIM is at
    /// least that of `veryfast` at CRF 18 with no more bytes than `medium` at CRF 20: 17.55 to 18.60 at 720x1280, 18.39
    /// to 18.62 at 1080x1920 (measured over five pictures, `docs/measurements.md`).
    pub const FINE: Self = Self {
        crf: 18.5,
        x264: MOVING,
        audio_bitrate: 160_000,
        encoder: Encoder::X264,
    };
    /// For publishing at more. By the same rule about 17.73 to 18.0 at 1440x2560@60 and 17.61 to 17.84 at 1080x1920@60, on
    /// the line through 17.65 and 17.8.
    pub const SMOOTH: Self = Self {
        crf: 17.8,
        x264: NEAR,
        ..Self::FINE
    };
    /// Frames a second from which [`EncodeSettings::SMOOTH`] is meant.
    pub const SMOOTH_FROM: f64 = 45.0;

    /// Returns the settings of `quality` at `rate`, for the processor: [`EncodeSettings::DRAFT`], or
    /// [`EncodeSettings::fine`].
    #[must_use]
    pub fn of_quality(quality: Quality, rate: FrameRate) -> Self {
        match quality {
            Quality::Draft => Self::DRAFT,
            _ => Self::fine(rate),
        }
    }

    /// [`EncodeSettings::FINE`] or [`EncodeSettings::SMOOTH`].
    #[must_use]
    pub fn fine(rate: FrameRate) -> Self {
        if rate.per_second() < Self::SMOOTH_FROM {
            Self::FINE
        } else {
            Self::SMOOTH
        }
    }
}

impl EncodeSettings {
    /// The same settings for another encoder.
    #[must_use]
    pub const fn with(self, encoder: Encoder) -> Self {
        Self { encoder, ..self }
    }

    /// The same codec made by the processor, for when hardware that was proven fails in the middle of a render. Nothing
    /// if it is made by the processor already, or if this build of FFmpeg has no such encoder.
    #[must_use]
    pub fn software(self, ffmpeg: &Ffmpeg) -> Option<Self> {
        if self.encoder.is_software() {
            return None;
        }
        software(self.encoder.codec(), ffmpeg).map(|encoder| self.with(encoder))
    }
}

/// The best encoder of `codec` that runs on the processor and is in this build.
fn software(codec: Codec, ffmpeg: &Ffmpeg) -> Option<Encoder> {
    Encoder::of(codec, EncoderBackend::Software).find(|encoder| ffmpeg.has_encoder(encoder.name()))
}

#[cfg(test)]
mod tests;
