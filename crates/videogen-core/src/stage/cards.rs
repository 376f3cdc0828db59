//! What lies over the pictures beside captions: title card, end card, watermark.

use std::sync::Arc;

use camino::{Utf8Path, Utf8PathBuf};
use videogen_media::{
    captions::{SafeZone, draw_title_at},
    overlay::{Overlay, TimedOverlay},
    render::write_backdrop,
};
use videogen_types::{CaptionChoice, Stage};

use super::render::{CROSSFADE, drawable_text, fail, zone};
use crate::Error;
use crate::blocking::blocking;
use crate::pacing::Pacing;
use crate::plan::Plan;
use crate::scratch::Scratch;

/// How long the title is there, in seconds; see [`Pacing::title_end`].
pub(crate) const TITLE: f64 = 2.0;

/// How long a card takes to appear, and to go, in seconds.
const FADE: f64 = 0.3;

/// Where the middle of a title stands in what is free above the captions, as a fraction of the height.
const TITLE_PLACE: f32 = 0.42;

/// Where the middle of the end card's text stands in the zone: a little above the middle, which looks like it.
const END_PLACE: f32 = 0.46;

/// The least height of what is left beside a watermark, as a fraction of what there was, that a card is put into. It
/// covers the watermark where less is left.
const ROOM: f32 = 0.3;

/// What is laid over a video.
#[derive(Debug, Default)]
pub(crate) struct Cards {
    /// In the order they are laid over each other.
    pub(crate) overlays: Vec<TimedOverlay>,
    /// The picture of the end card, where there is one.
    pub(crate) ground: Option<Utf8PathBuf>,
}

/// Draws what the brief asks for. `last` is the picture or the clip of the last scene.
///
/// # Errors
/// The `Input…` errors of the watermark, and of `last`; a file that cannot be written.
pub(crate) async fn cards(
    plan: &Plan,
    last: &Utf8Path,
    pacing: &Pacing,
    scratch: &Scratch,
) -> Result<Cards, Error> {
    let (plan, pacing, last) = (plan.clone(), pacing.clone(), last.to_owned());
    let ground = scratch.path("end-card.png");
    blocking(Stage::Render, move || {
        let mut overlays = Vec::new();
        let frame = (plan.size.width(), plan.size.height());
        let whole = zone(&plan);
        let upper = match plan.brief.captions {
            CaptionChoice::None => whole,
            _ => whole.above_captions(frame),
        };
        let mut mark = None;
        if let Some(watermark) = &plan.brief.watermark {
            let drawn = watermark.picture().draw(plan.size, upper).map_err(fail)?;
            overlays.push(TimedOverlay::always(drawn.clone()));
            mark = Some(drawn);
        }
        let text = |text: &str, zone: SafeZone, place: f32| {
            let Some(text) = drawable_text(text, &plan.undrawable) else {
                return Ok(None);
            };
            let draw = |zone| draw_title_at(&text, frame, zone, &plan.fonts, place).map_err(fail);
            let mut drawn = draw(zone)?;
            if let Some(mark) = mark.as_ref().filter(|mark| touch(mark, &drawn)) {
                drawn = draw(free(zone, mark, frame))?;
            }
            Ok::<_, Error>(Some(Arc::new(drawn)))
        };
        if plan.brief.title_card
            && let Some(overlay) = text(&plan.script.title, upper, TITLE_PLACE)?
        {
            overlays.push(TimedOverlay {
                overlay,
                start: 0.0,
                end: pacing.title_end(TITLE),
                fade: FADE,
            });
        }
        let Some(card) = &plan.brief.end_card else {
            return Ok(Cards {
                overlays,
                ground: None,
            });
        };
        let at = (plan.size, plan.rate);
        let place = ground.with_extension("still.png");
        let last = plan.footage.still(&last, at, place).map_err(fail)?;
        write_backdrop(&last, plan.size, &ground).map_err(fail)?;
        if let Some(overlay) = text(card.text.as_str(), whole, END_PLACE)? {
            overlays.push(TimedOverlay {
                overlay,
                // The ground is half there.
                start: pacing.body() + CROSSFADE.min(pacing.outro / 2.0) / 2.0,
                end: f64::INFINITY,
                fade: FADE,
            });
        }
        Ok(Cards {
            overlays,
            ground: Some(ground),
        })
    })
    .await
}

/// Whether two overlays have pixels in common.
fn touch(a: &Overlay, b: &Overlay) -> bool {
    let meet = |a: (u32, u32), b: (u32, u32)| a.0 < b.0 + b.1 && b.0 < a.0 + a.1;
    meet((a.x, a.width), (b.x, b.width)) && meet((a.y, a.height), (b.y, b.height))
}

/// Where a card stands that would touch the watermark: beside it, if that leaves enough room.
fn free(zone: SafeZone, mark: &Overlay, frame: (u32, u32)) -> SafeZone {
    let height = |zone: SafeZone| 1.0 - zone.top - zone.bottom;
    let beside = zone.beside(mark, frame);
    if height(beside) >= ROOM * height(zone) {
        beside
    } else {
        zone
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn overlay(x: u32, y: u32, width: u32, height: u32) -> Overlay {
        Overlay {
            x,
            y,
            width,
            height,
            rgba: Vec::new(),
        }
    }

    #[test]
    fn a_card_keeps_clear_of_a_watermark_unless_that_leaves_no_room() {
        let frame = (720, 1280);
        let zone = SafeZone::for_frame(frame.0, frame.1);
        let beside = free(zone, &overlay(80, 148, 200, 200), frame);
        assert!(beside.top * 1280.0 > 353.0, "{beside:?}");
        assert_eq!(free(zone, &overlay(80, 148, 200, 800), frame), zone);
    }

    #[test]
    fn overlays_touch_where_they_share_a_pixel() {
        let mark = overlay(10, 10, 10, 10);
        assert!(touch(&mark, &overlay(18, 18, 10, 10)));
        assert!(touch(&mark, &overlay(0, 0, 100, 100)));
        assert!(!touch(&mark, &overlay(20, 10, 10, 10)), "beside");
        assert!(!touch(&mark, &overlay(10, 0, 10, 10)), "above");
    }
}
