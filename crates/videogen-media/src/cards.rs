//! What lies over the pictures beside captions: title card, end card, watermark.

use std::sync::Arc;

use camino::{Utf8Path, Utf8PathBuf};

use crate::captions::{Overlay, SafeZone};
use crate::footage::Footage;
use crate::lettering::Lettering;
use crate::overlay::{EndCard, TimedOverlay, Watermark};
use crate::pacing::Pacing;
use crate::render::write_backdrop;
use crate::timeline::CROSSFADE_SECONDS;
use crate::{Error, FrameRate};

/// How long the title card is there, in seconds; see [`Pacing::title_end`].
pub const TITLE_SECONDS: f64 = 2.0;

/// How long a card takes to appear, and to go, in seconds.
const FADE: f64 = 0.3;

/// Where the middle of a title stands in what is free above the captions, as a fraction of the height.
const TITLE_PLACE: f32 = 0.42;

/// Where the middle of the end card's text stands in the zone: a little above the middle, which looks like it.
const END_PLACE: f32 = 0.46;

/// The least height of what is left beside a watermark, as a fraction of what there was, that a card is put into. It
/// covers the watermark where less is left.
const ROOM: f32 = 0.3;

/// What is to be laid over one video.
#[derive(Debug)]
pub struct CardRequest<'a> {
    /// How text is written into it.
    pub lettering: &'a Lettering,
    /// Its frame rate.
    pub rate: FrameRate,
    /// When its scenes are.
    pub pacing: &'a Pacing,
    /// A picture in a corner of every frame.
    pub watermark: Option<&'a Watermark>,
    /// The text of the title card.
    pub title: Option<&'a str>,
    /// The end card.
    pub end_card: Option<&'a EndCard>,
    /// Pictures and clips of the user.
    pub footage: &'a Footage,
    /// The picture or the clip of the last scene, which the end card stands on.
    pub last: &'a Utf8Path,
    /// Where the ground of the end card is written. Files of the same name with other endings may be written beside it.
    pub ground: Utf8PathBuf,
}

/// What is laid over a video.
#[derive(Debug, Default)]
pub struct Cards {
    /// In the order they are laid over each other.
    pub overlays: Vec<TimedOverlay>,
    /// The picture of the end card, where there is one.
    pub ground: Option<Utf8PathBuf>,
}

impl CardRequest<'_> {
    /// Draws what is asked for. Blocks.
    ///
    /// # Errors
    /// The `Input…` errors of the watermark, and of the last scene's file; a file that cannot be written.
    pub fn draw(&self) -> Result<Cards, Error> {
        let mut overlays = Vec::new();
        let Self {
            lettering,
            rate,
            pacing,
            footage,
            ..
        } = *self;
        let (size, frame) = (lettering.size, lettering.frame());
        let upper = lettering.zone_beside_captions();
        let mut mark = None;
        if let Some(watermark) = self.watermark {
            let drawn = watermark.draw(size, upper)?;
            overlays.push(TimedOverlay::always(drawn.clone()));
            mark = Some(drawn);
        }
        let text = |text: &str, zone: SafeZone, place: f32| {
            let drawn = lettering.title_at(text, zone, place)?;
            let near = mark.as_ref().filter(|mark| {
                let touches = |drawn| touch(mark, drawn);
                drawn.as_ref().is_some_and(touches)
            });
            let drawn = match near {
                Some(mark) => lettering.title_at(text, free(zone, mark, frame), place)?,
                None => drawn,
            };
            Ok::<_, Error>(drawn.map(Arc::new))
        };
        if let Some(title) = self.title
            && let Some(overlay) = text(title, upper, TITLE_PLACE)?
        {
            overlays.push(TimedOverlay {
                overlay,
                start: 0.0,
                end: pacing.title_end(TITLE_SECONDS),
                fade: FADE,
            });
        }
        let Some(card) = self.end_card else {
            return Ok(Cards {
                overlays,
                ground: None,
            });
        };
        let place = self.ground.with_extension("still.png");
        let last = footage.still(self.last, (size, rate), place)?;
        write_backdrop(&last, size, &self.ground)?;
        if let Some(overlay) = text(card.text.as_str(), lettering.zone(), END_PLACE)? {
            overlays.push(TimedOverlay {
                overlay,
                // The ground is half there.
                start: pacing.body() + CROSSFADE_SECONDS.min(pacing.outro / 2.0) / 2.0,
                end: f64::INFINITY,
                fade: FADE,
            });
        }
        Ok(Cards {
            overlays,
            ground: Some(self.ground.clone()),
        })
    }
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
