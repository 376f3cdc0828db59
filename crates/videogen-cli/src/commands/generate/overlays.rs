//! Title card, end card and watermark as the settings have them.

use videogen_core::overlay::{EndCard, Watermark};

use crate::render_error::Failure;
use crate::settings::{Origin, Settings};

/// The end card.
///
/// # Errors
/// A flag says how long there is to be an end card, and there is none.
pub(super) fn end_card(settings: &Settings) -> Result<Option<EndCard>, Failure> {
    let Some(text) = settings.get("end_card") else {
        without(settings, &["end_card_seconds"], "--end-card TEXT")?;
        return Ok(None);
    };
    let seconds = settings.required("end_card_seconds");
    Ok(Some(EndCard { text, seconds }))
}

/// The watermark.
///
/// # Errors
/// A flag says how a watermark is to look, and there is none.
pub(super) fn watermark(settings: &Settings) -> Result<Option<Watermark>, Failure> {
    let Some(file) = settings.get("watermark") else {
        let of_it = ["watermark_corner", "watermark_width", "watermark_opacity"];
        without(settings, &of_it, "--watermark FILE")?;
        return Ok(None);
    };
    Ok(Some(Watermark {
        file,
        corner: settings.required("watermark_corner"),
        width: settings.required("watermark_width"),
        opacity: settings.required("watermark_opacity"),
    }))
}

/// Refuses flags that would do nothing; file and environment may well say how something looks that is not there today.
fn without(settings: &Settings, names: &[&str], needed: &str) -> Result<(), Failure> {
    for name in names {
        if let Some(Origin::Flag(flag)) = settings.origin(name) {
            return Err(Failure::usage(format!("{flag} needs {needed}"))
                .hint(format!("add {needed}, or leave {flag} out")));
        }
    }
    Ok(())
}
