//! End card and watermark as the settings have them, and settings of what is not there.

use videogen_core::{Brief, EndCard, Watermark};
use videogen_types::ClipVolume;

use crate::render_error::Failure;
use crate::settings::{Origin, Settings};

/// The member of a line, and the flag, that names pictures and clips.
const IMAGE: &str = "image";

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

/// Settings that say how something looks or sounds that is not there: the setting, where it comes from, and what is not
/// there. Whether there are files that may be clips, or a script that may name some, is no setting.
pub(super) fn idle(
    settings: &Settings,
    may_show_clips: bool,
) -> impl Iterator<Item = (&'static str, &Origin, &'static str)> {
    let is_heard = !settings.required::<ClipVolume>("clip_sound").is_off();
    [
        ("end_card_seconds", "end_card"),
        ("watermark_corner", "watermark"),
        ("watermark_width", "watermark"),
        ("watermark_opacity", "watermark"),
        ("clip_sound", IMAGE),
    ]
    .into_iter()
    .filter(move |(_, object)| match *object {
        IMAGE => is_heard && !may_show_clips,
        setting => settings.origin(setting).is_none(),
    })
    .filter_map(|(name, object)| Some((name, settings.origin(name)?, object)))
}

/// Refuses flags that would do nothing; file and environment may well say how something looks that is not there today.
///
/// # Errors
/// There is such a flag.
pub(super) fn without_object(settings: &Settings, may_show_clips: bool) -> Result<(), Failure> {
    idle(settings, may_show_clips).try_for_each(|(_, origin, object)| refused(origin, object))
}

/// Refuses a volume for clips on the command line where no video of a batch has a file that may be one.
///
/// # Errors
/// There is such a flag.
pub(super) fn without_images(settings: &Settings, briefs: &[Brief]) -> Result<(), Failure> {
    let may_show = |brief: &Brief| !brief.images.is_empty() || brief.script.is_some();
    idle(settings, briefs.iter().any(may_show))
        .filter(|(_, _, object)| *object == IMAGE)
        .try_for_each(|(_, origin, object)| refused(origin, object))
}

/// Refuses what says how `object` is, which is not there, if it stands on the command line.
fn refused(origin: &Origin, object: &str) -> Result<(), Failure> {
    let Origin::Flag(flag) = origin else {
        return Ok(());
    };
    let needed = match object {
        "end_card" => "--end-card TEXT",
        IMAGE => "--image FILE",
        _ => "--watermark FILE",
    };
    Err(Failure::usage(format!("{flag} needs {needed}"))
        .hint(format!("add {needed}, or leave {flag} out")))
}
