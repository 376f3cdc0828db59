//! The error of a picture that nobody but the painter asked for by name may paint, and that it did not.

use videogen_types::{Degradation, FailureKind, Part};

use crate::builtin::BuiltinPainter;
use crate::error::Error;
use crate::painter::{Painter, PictureRequest};

/// `by` did not paint `request`.
pub fn not_delivered(
    by: &str,
    request: &PictureRequest,
    reason: String,
    cause: FailureKind,
) -> Error {
    Error::NotDelivered {
        what: format!("the picture of scene {}", request.index + 1),
        part: Part::Picture,
        by: by.to_owned(),
        fallback: BuiltinPainter.id().to_owned(),
        reason,
        cause,
    }
}

/// The same after `steps` that were all taken in vain: each reason is said once.
pub(super) fn not_delivered_after(
    by: &str,
    request: &PictureRequest,
    steps: &[Degradation],
    cause: FailureKind,
) -> Error {
    let mut reasons: Vec<String> = Vec::new();
    for step in steps {
        let reason = format!("{}: {}", step.from, step.reason);
        if !reasons.contains(&reason) {
            reasons.push(reason);
        }
    }
    not_delivered(by, request, reasons.join("; "), cause)
}
