//! What compresses the picture: what can be asked for, and what this machine has.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use tokio_util::sync::CancellationToken;
use videogen_media::encode::{Backend, Codec, Encode, Trial};
use videogen_media::{Error as MediaError, FrameRate, FrameSize};

use crate::brief::Brief;
use crate::equipment::Equipment;
use crate::event::Stage;
use crate::value::{Choice, InvalidValue, choice};
use crate::{Error, ErrorKind};

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
    const fn codec(self) -> Codec {
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
    const fn backend(self) -> Option<Backend> {
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

/// The encoder settings of a video. Hardware is tried with a few frames of its size before anything is made.
///
/// # Errors
/// [`ErrorKind::Unavailable`] when what was asked for by name does not work, with FFmpeg's reason.
pub(crate) async fn choose(
    brief: &Brief,
    equipment: &Equipment,
    format: (FrameSize, FrameRate),
    cancel: &CancellationToken,
) -> Result<Encode, Error> {
    let (codec, backend) = (brief.codec.codec(), brief.encoder.backend());
    let encode = brief.quality.encode(format.1);
    let unavailable = |what: String, reason: String| {
        let hint = "leave --encoder and --codec out: H.264 by the processor always works; `videogen doctor` lists what else does";
        let kind = ErrorKind::Unavailable {
            what: format!("the encoder {what}"),
            reason,
            hint: hint.into(),
        };
        Error::new(Stage::Preflight, kind)
    };
    let Some(encoders) = &equipment.encoders else {
        // Equipment put together by hand: what every FFmpeg has can be asked for, and nothing else.
        let software = matches!(backend, None | Some(Backend::Software));
        return if codec == Codec::H264 && software {
            Ok(encode)
        } else {
            let what = format!("for {} on {}", brief.codec, brief.encoder);
            Err(unavailable(what, "there is no FFmpeg to try it".into()))
        };
    };
    let chosen = encoders.choose(encode, codec, backend, format, cancel);
    chosen.await.map_err(|error| match error {
        MediaError::EncoderUnavailable { encoder, reason } => unavailable(encoder, reason),
        other => Error::new(Stage::Preflight, other),
    })
}

/// The outcome of trials in one sentence: what works, and for what does not, each reason once.
pub(crate) fn describe(trials: &[Trial]) -> String {
    let mut groups: Vec<(&str, Vec<&str>)> = Vec::new();
    for trial in trials {
        let reason = trial.failure.as_deref().unwrap_or("works");
        match groups.iter_mut().find(|(known, _)| *known == reason) {
            Some((_, names)) => names.push(trial.encoder.name()),
            None => groups.push((reason, vec![trial.encoder.name()])),
        }
    }
    // What works first.
    groups.sort_by_key(|(reason, _)| *reason != "works");
    let parts: Vec<String> = groups
        .iter()
        .map(|(reason, names)| format!("{}: {reason}", names.join(", ")))
        .collect();
    parts.join("; ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_reason_is_told_once_and_what_works_first() {
        let trial = |name: &str, failure: Option<&str>| Trial {
            encoder: name.parse().expect("an encoder"),
            failure: failure.map(str::to_owned),
        };
        let trials = [
            trial("h264_nvenc", Some("no NVIDIA device in /dev")),
            trial("h264_vaapi", None),
            trial("hevc_nvenc", Some("no NVIDIA device in /dev")),
        ];
        assert_eq!(
            describe(&trials),
            "h264_vaapi: works; h264_nvenc, hevc_nvenc: no NVIDIA device in /dev"
        );
    }

    #[test]
    fn every_choice_but_auto_is_a_backend_of_the_same_name() {
        for &(name, choice) in EncoderChoice::ALL {
            match choice.backend() {
                None => assert_eq!(name, "auto"),
                Some(backend) => assert_eq!(name, backend.name()),
            }
        }
        for &(name, choice) in CodecChoice::ALL {
            assert_eq!(name, choice.codec().name());
        }
    }
}
