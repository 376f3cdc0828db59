//! What a video can be compressed as, and by what.

use serde::{Deserialize, Serialize};
use videogen_media::encode::{Backend, Codec};
use videogen_types::{Choice, choice};

/// What the video is compressed as.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum CodecChoice {
    /// What everything plays.
    H264,
    /// H.265: slower to make, for where it is asked for.
    Hevc,
    /// Half the size, slower to make, for recent devices.
    Av1,
}

impl Choice for CodecChoice {
    const WHAT: &'static str = "codec";
    const ALL: &'static [(&'static str, Self)] = &[
        ("h264", Self::H264),
        ("hevc", Self::Hevc),
        ("av1", Self::Av1),
    ];
}

choice!(CodecChoice);

impl CodecChoice {
    pub(crate) const fn codec(self) -> Codec {
        match self {
            Self::H264 => Codec::H264,
            Self::Hevc => Codec::Hevc,
            Self::Av1 => Codec::Av1,
        }
    }
}

/// What it is compressed by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum EncoderChoice {
    /// Hardware that works, or the processor. The processor is no lesser way: it takes longer and makes smaller files.
    Auto,
    /// The processor.
    Software,
    /// A card of NVIDIA.
    Nvenc,
    /// Intel's Quick Sync Video.
    Qsv,
    /// AMD's Advanced Media Framework.
    Amf,
    /// A Mac with a chip of Apple.
    VideoToolbox,
    /// What Linux knows of: AMD, Intel.
    Vaapi,
}

impl Choice for EncoderChoice {
    const WHAT: &'static str = "encoder";
    const ALL: &'static [(&'static str, Self)] = &[
        ("auto", Self::Auto),
        ("software", Self::Software),
        ("nvenc", Self::Nvenc),
        ("qsv", Self::Qsv),
        ("amf", Self::Amf),
        ("videotoolbox", Self::VideoToolbox),
        ("vaapi", Self::Vaapi),
    ];
}

choice!(EncoderChoice);

impl EncoderChoice {
    pub(crate) const fn backend(self) -> Option<Backend> {
        Some(match self {
            Self::Auto => return None,
            Self::Software => Backend::Software,
            Self::Nvenc => Backend::Nvenc,
            Self::Qsv => Backend::Qsv,
            Self::Amf => Backend::Amf,
            Self::VideoToolbox => Backend::VideoToolbox,
            Self::Vaapi => Backend::Vaapi,
        })
    }
}
