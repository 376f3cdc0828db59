//! What compresses the picture: what was asked for, if this machine has it.

use tokio_util::sync::CancellationToken;
use videogen_media::{
    Codec, EncodeSettings, EncoderBackend, Error as MediaError, FrameRate, FrameSize,
};
use videogen_types::{Command, Hint, Setting, Stage};

use crate::brief::Brief;
use crate::toolkit::Toolkit;
use crate::{Error, ErrorKind};

/// The encoder settings of a video. Hardware is tried with a few frames of its size before anything is made.
///
/// # Errors
/// [`ErrorKind::Unavailable`] when what was asked for by name does not work, with FFmpeg's reason.
pub(super) async fn choose(
    brief: &Brief,
    toolkit: &Toolkit,
    format: (FrameSize, FrameRate),
    cancel: &CancellationToken,
) -> Result<EncodeSettings, Error> {
    let (codec, backend) = (brief.codec, brief.encoder.backend());
    let encode = EncodeSettings::of_quality(brief.quality, format.1);
    let unavailable = |what: String, reason: String| {
        let hint = Hint::from("leave ")
            .term(Setting::Encoder)
            .words(" and ")
            .term(Setting::Codec)
            .words(" out: H.264 by the processor always works")
            .aside("; `", Command::Doctor, "` lists what else does");
        let kind = ErrorKind::Unavailable {
            what: format!("the encoder {what}"),
            reason,
            hint,
        };
        Error::new(Stage::Preflight, kind)
    };
    let Some(encoders) = &toolkit.encoders else {
        // Toolkit put together by hand: what every FFmpeg has can be asked for, and nothing else.
        let software = matches!(backend, None | Some(EncoderBackend::Software));
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
