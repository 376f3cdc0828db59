//! Names of the formats that a video is compressed to.

use serde::{Deserialize, Serialize};
use videogen_types::{Choice, choice};

/// A format of compressed video.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Codec {
    /// H.264: what every player and platform takes.
    #[default]
    H264,
    /// H.265: slower to make and, on pictures that move slowly, about as large; old browsers do not play it.
    Hevc,
    /// AV1: half the size, slower to make; devices from before 2020 do not play it smoothly.
    Av1,
}

impl Codec {
    /// FFmpeg's name of it, as "h264".
    pub const fn name(self) -> &'static str {
        match self {
            Self::H264 => "h264",
            Self::Hevc => "hevc",
            Self::Av1 => "av1",
        }
    }

    /// FFmpeg's name of the one profile that is made of it, which all players of 8-bit 4:2:0 video have.
    pub(crate) const fn profile(self) -> &'static str {
        match self {
            Self::H264 => "High",
            Self::Hevc | Self::Av1 => "Main",
        }
    }
}

impl Choice for Codec {
    const WHAT: &'static str = "codec";
    const ALL: &'static [(&'static str, Self)] = &[
        ("h264", Self::H264),
        ("hevc", Self::Hevc),
        ("av1", Self::Av1),
    ];
}

choice!(Codec);
