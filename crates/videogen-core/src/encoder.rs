//! What compresses the picture: what can be asked for, and what this machine has.

use tokio_util::sync::CancellationToken;
use videogen_media::{
    Error as MediaError, FrameRate, FrameSize,
    encode::{Backend, Codec, Encode, Trial},
};
use videogen_types::{Quality, Stage};

use crate::brief::Brief;
use crate::toolkit::Toolkit;
use crate::{Error, ErrorKind};

/// The settings of this quality at this frame rate, for software.
fn encode(quality: Quality, rate: FrameRate) -> Encode {
    match quality {
        Quality::Draft => Encode::DRAFT,
        _ => Encode::fine(rate),
    }
}

/// The encoder settings of a video. Hardware is tried with a few frames of its size before anything is made.
///
/// # Errors
/// [`ErrorKind::Unavailable`] when what was asked for by name does not work, with FFmpeg's reason.
pub(crate) async fn choose(
    brief: &Brief,
    toolkit: &Toolkit,
    format: (FrameSize, FrameRate),
    cancel: &CancellationToken,
) -> Result<Encode, Error> {
    let (codec, backend) = (brief.codec.codec(), brief.encoder.backend());
    let encode = encode(brief.quality, format.1);
    let unavailable = |what: String, reason: String| {
        let hint = "leave --encoder and --codec out: H.264 by the processor always works; `videogen doctor` lists what else does";
        let kind = ErrorKind::Unavailable {
            what: format!("the encoder {what}"),
            reason,
            hint: hint.into(),
        };
        Error::new(Stage::Preflight, kind)
    };
    let Some(encoders) = &toolkit.encoders else {
        // Toolkit put together by hand: what every FFmpeg has can be asked for, and nothing else.
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
    use videogen_types::Choice as _;

    use crate::codec::{CodecChoice, EncoderChoice};

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
