//! A picture that is proven to be one: by who was asked, or by the built-in painter.

use videogen_media::PictureStats;
use videogen_types::{Degradation, FailureKind, Stage};

use crate::builtin::BuiltinPainter;
use crate::comfyui::not_delivered;
use crate::error::Error;
use crate::painted::Painted;
use crate::painter::{Painter, PictureOrder, PictureRequest};
use crate::prove::proven;

/// Has `painter` paint, and the built-in one where nothing is to be seen of what it made and `order` lets it stand in.
/// Painters that know of another way have tried it before. Returns what was seen of the picture as well.
///
/// # Errors
/// Those of the painter; [`Error::NotDelivered`] when its picture cannot be used and nobody may stand in;
/// [`Error::Unfit`] when that of the built-in painter cannot be used, either.
pub async fn paint_proven(
    painter: &dyn Painter,
    request: &PictureRequest,
    order: PictureOrder<'_>,
) -> Result<(Painted, PictureStats), Error> {
    let mut painted = painter.paint(request, order).await?;
    let reason = match proven(order.output).await? {
        Ok(look) => return Ok((painted, look)),
        Err(unusable) => unusable.to_string(),
    };
    let observer = order.observer;
    observer.attempt_failed(FailureKind::BadOutput, &reason);
    let last = BuiltinPainter.id();
    if painted.by != last && !order.may_fall_back {
        let reason = format!("its picture cannot be used: {reason}");
        let cause = FailureKind::BadOutput;
        return Err(not_delivered(&painted.by, request, reason, cause));
    }
    if painted.by != last {
        tracing::info!(by = painted.by, reason, "a picture is painted again");
        let mut steps = std::mem::take(&mut painted.steps);
        steps.push(Degradation {
            stage: Stage::Picture,
            from: painted.by,
            to: last.to_owned(),
            reason: format!("its picture cannot be used: {reason}").into(),
        });
        painted = BuiltinPainter.paint(request, order).await?;
        painted.steps = steps;
        painted.is_fallback = true;
        if let Ok(look) = proven(order.output).await? {
            return Ok((painted, look));
        }
    }
    let what = format!("the picture of scene {}", request.index + 1);
    Err(Error::Unfit { what, reason })
}
