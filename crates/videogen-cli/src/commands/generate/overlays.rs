//! Title card, end card and watermark as the settings have them.

use videogen_core::{EndCard, Watermark};

use crate::render_error::Failure;
use crate::settings::{Origin, Settings};

/// The end card.
pub(super) fn end_card(settings: &Settings) -> Option<EndCard> {
    let text = settings.get("end_card")?;
    let seconds = settings.required("end_card_seconds");
    Some(EndCard { text, seconds })
}

/// The watermark.
pub(super) fn watermark(settings: &Settings) -> Option<Watermark> {
    Some(Watermark {
        file: settings.get("watermark")?,
        corner: settings.required("watermark_corner"),
        width: settings.required("watermark_width"),
        opacity: settings.required("watermark_opacity"),
    })
}

/// Settings that say how something looks that is not there: the setting, where it comes from, and what is not there.
pub(super) fn idle(
    settings: &Settings,
) -> impl Iterator<Item = (&'static str, &Origin, &'static str)> {
    [
        ("end_card_seconds", "end_card"),
        ("watermark_corner", "watermark"),
        ("watermark_width", "watermark"),
        ("watermark_opacity", "watermark"),
    ]
    .into_iter()
    .filter(|(_, object)| settings.origin(object).is_none())
    .filter_map(|(name, object)| Some((name, settings.origin(name)?, object)))
}

/// Refuses flags that would do nothing; file and environment may well say how something looks that is not there today.
///
/// # Errors
/// There is such a flag.
pub(super) fn without_object(settings: &Settings) -> Result<(), Failure> {
    for (_, origin, object) in idle(settings) {
        if let Origin::Flag(flag) = origin {
            let needed = match object {
                "end_card" => "--end-card TEXT",
                _ => "--watermark FILE",
            };
            return Err(Failure::usage(format!("{flag} needs {needed}"))
                .hint(format!("add {needed}, or leave {flag} out")));
        }
    }
    Ok(())
}
