//! Who paints the pictures of a video: a ComfyUI server, a workflow there, or the built-in painter.

use std::sync::Arc;

use tokio_util::sync::CancellationToken;
use videogen_media::Footage;
use videogen_picture::{BuiltinPainter, Painter, SharedPainter, ToBeStarted};
use videogen_types::{Degradation, Hint, PainterChoice, Part, Setting, Stage};

use crate::brief::Brief;
use crate::error::configure;
use crate::toolkit::Toolkit;
use crate::{Error, ErrorKind};

/// What to do when ComfyUI is not there, or was `asked_first` for what it lacks.
fn remedy(asked_first: bool) -> Hint {
    let hint = if asked_first {
        "install on a server what it lacks, paint without the workflow or the LoRA".into()
    } else {
        configure("set comfyui_url to a running ComfyUI")
    };
    hint.words(", or use ").term(Setting::Painter.to("auto"))
}

/// The painter of `brief`, of what `footage` leaves to be painted. Servers are asked only when they are wanted.
///
/// # Errors
/// [`ErrorKind::Unavailable`] when ComfyUI was asked for by name and cannot paint; [`ErrorKind::Picture`] for a workflow that cannot be used;
/// [`ErrorKind::Cancelled`].
pub(crate) async fn painter(
    brief: &Brief,
    toolkit: &Toolkit,
    footage: &Footage,
    (degradations, warnings): (&mut Vec<Degradation>, &mut Vec<String>),
    cancel: &CancellationToken,
) -> Result<SharedPainter, Error> {
    let other = || Arc::clone(&toolkit.painter);
    if !footage.needs_painter() || brief.painter == PainterChoice::Builtin {
        return Ok(other());
    }
    let tuning = &brief.paint_with.tuning;
    let fits = tuning.check(brief.aspect);
    fits.map_err(|error| Error::new(Stage::Preflight, error))?;
    let reason = match &toolkit.comfyui {
        None => "no ComfyUI server is configured".to_owned(),
        Some(servers) => {
            let finding = servers.painting_with(&brief.paint_with, (brief.quality, brief.aspect));
            let found = tokio::select! {
                found = finding => found.map_err(|error| Error::new(Stage::Preflight, error))?,
                () = cancel.cancelled() => {
                    return Err(Error::new(Stage::Preflight, ErrorKind::Cancelled));
                }
            };
            if let Some(painter) = found.painter {
                let told = |reason: &String| format!("a ComfyUI server is not used: {reason}");
                warnings.extend(found.refused.iter().map(told));
                warnings.extend(found.doubts);
                return Ok(painter);
            }
            if let Some(what) = Box::pin(servers.would_start()).await {
                warnings.push(what.to_owned());
                return Ok(Arc::new(ToBeStarted));
            }
            found.refused.join("; ")
        }
    };
    let other = other();
    if !brief.may_fall_back(Part::Picture, other.id()) {
        let asked_first = toolkit.comfyui.is_some() && !brief.paint_with.is_plain();
        let kind = ErrorKind::Unavailable {
            what: "comfyui".into(),
            reason,
            hint: remedy(asked_first),
        };
        return Err(Error::new(Stage::Preflight, kind));
    }
    // A painter that a program brings itself is what it wants.
    if other.id() == BuiltinPainter.id() {
        degradations.push(Degradation {
            stage: Stage::Picture,
            from: "comfyui".into(),
            to: other.id().to_owned(),
            reason: reason.into(),
        });
    } else if toolkit.comfyui.is_some() {
        warnings.push(format!("ComfyUI is not used: {reason}"));
    }
    Ok(other)
}
