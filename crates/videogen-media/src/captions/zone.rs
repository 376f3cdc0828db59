//! The part of the frame that captions may use on the platforms short videos are published on.

use videogen_types::PlatformChoice;

use super::Overlay;

/// What to keep clear on each side, as fractions of the frame's width (left, right) or height (top, bottom).
///
/// Everything a caption draws, its outline and shadow included, stays inside what is left.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SafeZone {
    /// Fraction of the width kept clear at the left.
    pub left: f32,
    /// Fraction of the width kept clear at the right.
    pub right: f32,
    /// Fraction of the height kept clear at the top.
    pub top: f32,
    /// Fraction of the height kept clear at the bottom.
    pub bottom: f32,
    /// Where the middle of a caption is placed, as a fraction of the height from the top. A caption that would leave
    /// the zone there is moved back into it.
    pub centre: f32,
}

/// What an interface covers of a portrait video of 1080x1920, in pixels from each side.
///
/// No platform publishes this for ordinary videos, and applications differ between telephones and versions, so the
/// figures are approximate, rounded up, as of 2026. What is published is for advertisements, whose button and card cover
/// more at the bottom: 35 % for Reels (Meta Business Help Centre: 14 % top, 35 % bottom, 6 % sides) and 672 px for Shorts
/// (Google Ads Help: 288 top, 672 bottom, 48 left, 192 right); TikTok publishes templates.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Cover {
    left: u16,
    right: u16,
    top: u16,
    bottom: u16,
}

/// The tabs at the top; the column of buttons at the right; name, description of up to four lines and sound at the
/// bottom. Approximate: guides for creators give 108 to 150 px at the top, 320 to 440 at the bottom, 120 to 150 at the
/// right (the buttons themselves end at 120) and 40 to 60 at the left.
const TIKTOK: Cover = Cover {
    left: 60,
    right: 120,
    top: 150,
    bottom: 440,
};

/// The heading and the camera at the top; buttons at the right; name, description and sound at the bottom. Top and sides
/// are approximate from guides (200 to 220 px, 100 to 120 px) and Meta's 6 % at the left; the bottom is 280 to 420.
const REELS: Cover = Cover {
    left: 65,
    right: 120,
    top: 220,
    bottom: 420,
};

/// Search and menu at the top; buttons at the right; name, title and sound at the bottom. Approximate: guides give 120
/// to 140 px at the top, 96 to 120 at the right and 300 to 380 at the bottom; 48 at the left is Google's.
const SHORTS: Cover = Cover {
    left: 48,
    right: 120,
    top: 140,
    bottom: 380,
};

impl Cover {
    const WIDTH: f32 = 1080.0;
    const HEIGHT: f32 = 1920.0;

    /// Half the height of a caption of two lines, as a fraction of that of the frame: its lower edge then stands a
    /// little above the interface.
    const HALF_CAPTION: f32 = 0.08;

    /// What any of the interfaces covers.
    const fn joined(self, other: Self) -> Self {
        const fn more(a: u16, b: u16) -> u16 {
            if a > b { a } else { b }
        }
        Self {
            left: more(self.left, other.left),
            right: more(self.right, other.right),
            top: more(self.top, other.top),
            bottom: more(self.bottom, other.bottom),
        }
    }

    /// The zone that is left. Captions are centred, so the margin of the wider side is kept on both.
    fn zone(self) -> SafeZone {
        let side = f32::from(self.left.max(self.right)) / Self::WIDTH;
        let bottom = f32::from(self.bottom) / Self::HEIGHT;
        SafeZone {
            left: side,
            right: side,
            top: f32::from(self.top) / Self::HEIGHT,
            bottom,
            centre: 1.0 - bottom - Self::HALF_CAPTION,
        }
    }
}

/// Square and 4:5, shown in feeds: only the description's gradient at the bottom edge and rounded corners.
const SQUARE: SafeZone = SafeZone {
    left: 0.08,
    right: 0.08,
    top: 0.08,
    bottom: 0.10,
    centre: 0.80,
};

/// Landscape, 16:9: the title-safe area of EBU R 95 is 10 % at the sides and 5 % above and below; players put their
/// progress bar on the bottom 8 %.
const LANDSCAPE: SafeZone = SafeZone {
    left: 0.10,
    right: 0.10,
    top: 0.06,
    bottom: 0.08,
    centre: 0.84,
};

/// Half the height of a caption of two lines with what is around its letters, and some air, in em.
const HALF_CAPTION: f32 = 1.75;

/// What stays clear between two things in a frame, as a fraction of its shorter side.
const GAP: f32 = 0.02;

impl SafeZone {
    /// The zone for a frame of this size that is free on every platform: [`SafeZone::for_platform`] with
    /// [`PlatformChoice::Any`].
    pub fn for_frame(width: u32, height: u32) -> Self {
        Self::for_platform(PlatformChoice::Any, width, height)
    }

    /// The zone for a frame of this size on a platform. Portrait videos fill the screen and have its interface laid over
    /// them; square and landscape ones have not, so there the platform makes no difference.
    pub fn for_platform(platform: PlatformChoice, width: u32, height: u32) -> Self {
        let aspect = f64::from(width.max(1)) / f64::from(height.max(1));
        if aspect < 0.72 {
            match platform {
                PlatformChoice::Any => TIKTOK.joined(REELS).joined(SHORTS),
                PlatformChoice::TikTok => TIKTOK,
                PlatformChoice::Reels => REELS,
                PlatformChoice::Shorts => SHORTS,
            }
            .zone()
        } else if aspect <= 1.25 {
            SQUARE
        } else {
            LANDSCAPE
        }
    }

    /// The part of the zone above captions of two lines: where a title may stand while somebody speaks. Captions with
    /// letters of unusual height may reach into it.
    #[must_use]
    pub fn above_captions(self, frame: (u32, u32)) -> Self {
        let half = HALF_CAPTION * super::letters(frame) / frame.1.max(1) as f32;
        // A caption that would leave the zone is moved back into it.
        let centre = self.centre.min(1.0 - self.bottom - half);
        Self {
            bottom: (1.0 - centre + half).max(self.bottom),
            ..self
        }
    }

    /// The larger of the parts of the zone above and below an overlay: where something can stand that is not to touch
    /// it.
    #[must_use]
    pub fn beside(self, overlay: &Overlay, frame: (u32, u32)) -> Self {
        let height = frame.1.max(1) as f32;
        let gap = GAP * frame.0.min(frame.1) as f32;
        let below = (overlay.y + overlay.height) as f32 + gap;
        let above = overlay.y as f32 - gap;
        let below = Self {
            top: self.top.max(below / height),
            ..self
        };
        let above = Self {
            bottom: self.bottom.max(1.0 - above / height),
            ..self
        };
        if above.top + above.bottom < below.top + below.bottom {
            above
        } else {
            below
        }
    }

    /// The zone in pixels, shrunk to even coordinates. Nonsensical margins are pulled to the nearest usable ones: at
    /// least two pixels in each direction are left.
    pub(crate) fn area(&self, frame: (u32, u32)) -> Area {
        let (x0, x1) = span(frame.0, self.left, self.right);
        let (y0, y1) = span(frame.1, self.top, self.bottom);
        Area { x0, y0, x1, y1 }
    }
}

/// A rectangle of the frame with even corners; `x1` and `y1` are outside of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Area {
    pub(crate) x0: i32,
    pub(crate) y0: i32,
    pub(crate) x1: i32,
    pub(crate) y1: i32,
}

impl Area {
    pub(crate) const fn width(&self) -> i32 {
        self.x1 - self.x0
    }

    pub(crate) const fn height(&self) -> i32 {
        self.y1 - self.y0
    }

    /// The least area that holds both.
    pub(crate) fn hull(&self, other: &Self) -> Self {
        Self {
            x0: self.x0.min(other.x0),
            y0: self.y0.min(other.y0),
            x1: self.x1.max(other.x1),
            y1: self.y1.max(other.y1),
        }
    }

    /// The part of `self` that is inside `other`, made even outwards; `other` has even corners.
    pub(crate) fn even_within(&self, other: &Self) -> Self {
        let down = |v: i32| v - v.rem_euclid(2);
        let up = |v: i32| v + v.rem_euclid(2);
        let x0 = down(self.x0).clamp(other.x0, other.x1 - 2);
        let y0 = down(self.y0).clamp(other.y0, other.y1 - 2);
        Self {
            x0,
            y0,
            x1: up(self.x1).clamp(x0 + 2, other.x1),
            y1: up(self.y1).clamp(y0 + 2, other.y1),
        }
    }
}

/// One side of the area: even, within `0..length`, at least two wide. `length` below two gives `0..2`.
fn span(length: u32, before: f32, after: f32) -> (i32, i32) {
    let length = (length.min(1 << 16) as i32 & !1).max(2);
    let fraction = |f: f32| {
        if f.is_finite() {
            f.clamp(0.0, 1.0)
        } else {
            0.0
        }
    };
    let start = ((fraction(before) * length as f32).ceil() as i32 + 1) & !1;
    let end = (length - (fraction(after) * length as f32).ceil() as i32) & !1;
    let start = start.clamp(0, length - 2);
    (start, end.clamp(start + 2, length))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::captions::{CaptionMode, CaptionStyle, CaptionText, CaptionWord, Captions};
    use crate::fonts::Fonts;

    const PLATFORMS: [PlatformChoice; 4] = [
        PlatformChoice::Any,
        PlatformChoice::TikTok,
        PlatformChoice::Reels,
        PlatformChoice::Shorts,
    ];

    #[test]
    fn each_shape_has_its_zone() {
        for platform in PLATFORMS {
            let zone = |width, height| SafeZone::for_platform(platform, width, height);
            assert_eq!(zone(720, 1280), zone(512, 768));
            assert_eq!(zone(1080, 1350), SQUARE);
            assert_eq!(zone(1080, 1080), SQUARE);
            assert_eq!(zone(1280, 720), LANDSCAPE);
        }
    }

    #[test]
    fn the_zone_of_any_platform_is_inside_that_of_each() {
        let any = SafeZone::for_frame(1080, 1920);
        let mut own = Vec::new();
        for platform in &PLATFORMS[1..] {
            let zone = SafeZone::for_platform(*platform, 1080, 1920);
            assert!(zone.left <= any.left && zone.right <= any.right, "{zone:?}");
            assert!(zone.top <= any.top && zone.bottom <= any.bottom, "{zone:?}");
            assert!(zone.centre >= any.centre && zone.centre + 0.05 < 1.0 - zone.bottom);
            assert!(!own.contains(&zone), "each platform has its own");
            own.push(zone);
        }
    }

    #[test]
    fn there_is_room_for_a_title_above_captions_and_beside_a_logo() {
        for frame in [
            (512, 768),
            (720, 1280),
            (1280, 720),
            (1080, 1080),
            (864, 1080),
        ] {
            let zone = SafeZone::for_frame(frame.0, frame.1);
            let above = zone.above_captions(frame);
            let (whole, area) = (zone.area(frame), above.area(frame));
            assert!(area.height() * 3 > whole.height(), "{frame:?} {area:?}");
            let words = |count: usize| {
                let word = |index: usize| CaptionWord {
                    text: "Higher".into(),
                    start: index as f64 * 0.3,
                    end: index as f64 * 0.3 + 0.2,
                    space_before: true,
                };
                (0..count).map(word).collect::<Vec<_>>()
            };
            for style in CaptionStyle::ALL {
                let fonts = Fonts::bundled();
                let (words, mode) = (words(12), CaptionMode::Line);
                let captions = Captions::new(
                    CaptionText::new(&words, "en"),
                    mode,
                    style,
                    frame,
                    zone,
                    &fonts,
                );
                let captions = captions.expect("laid out");
                let mut pages = (0..captions.pages().len()).filter_map(|p| captions.area_of(p));
                assert!(
                    pages.all(|page| page.y as i32 >= area.y1),
                    "{frame:?} {} reaches above {}",
                    style.name,
                    area.y1
                );
            }
            let logo = |y: i32| Overlay {
                x: area.x0 as u32,
                y: y as u32,
                width: 40,
                height: 40,
                rgba: Vec::new(),
            };
            let below = above.beside(&logo(area.y0), frame).area(frame);
            assert!(below.y0 >= area.y0 + 40 && below.y1 == area.y1);
            let over = above.beside(&logo(area.y1 - 40), frame).area(frame);
            assert!(over.y1 <= area.y1 - 40 && over.y0 == area.y0);
        }
    }

    #[test]
    fn areas_are_even_and_inside_the_margins() {
        let area = SafeZone::for_frame(720, 1280).area((720, 1280));
        assert_eq!(
            area,
            Area {
                x0: 80,
                y0: 148,
                x1: 640,
                y1: 986
            }
        );
    }

    #[test]
    fn nonsense_is_pulled_to_something_usable() {
        for value in [f32::NAN, -3.0, 0.6, 7.0, f32::INFINITY] {
            let zone = SafeZone {
                left: value,
                right: value,
                top: value,
                bottom: value,
                centre: value,
            };
            for frame in [(0, 0), (1, 3), (16, 16), (8192, 8192), (u32::MAX, u32::MAX)] {
                let area = zone.area(frame);
                assert!(
                    area.width() >= 2 && area.height() >= 2,
                    "{value} {frame:?} {area:?}"
                );
                assert!(
                    [area.x0, area.y0, area.x1, area.y1]
                        .iter()
                        .all(|v| v % 2 == 0 && *v >= 0),
                    "{area:?}"
                );
            }
        }
    }
}
