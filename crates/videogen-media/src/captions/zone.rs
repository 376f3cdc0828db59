//! The part of the frame that captions may use on the platforms short videos are published on.

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

/// Portrait, 9:16: the union of what TikTok, Reels and Shorts lay over a 1080x1920 video. Buttons take the right
/// 120 px (11 %), description and sound bar the bottom 320 to 450 px (17 to 23 %), tabs the top 110 to 220 px (11 %)
/// (platform guides as of 2026; user interfaces cover "roughly the bottom 15 to 30 %" in the projects we looked at).
/// Captions are centred, so the margin of the button side is kept on both sides.
const PORTRAIT: SafeZone = SafeZone {
    left: 0.115,
    right: 0.115,
    top: 0.12,
    bottom: 0.23,
    centre: 0.69,
};

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

impl SafeZone {
    /// The zone for a frame of this size, by its shape.
    pub fn for_frame(width: u32, height: u32) -> Self {
        let aspect = f64::from(width.max(1)) / f64::from(height.max(1));
        if aspect < 0.72 {
            PORTRAIT
        } else if aspect <= 1.25 {
            SQUARE
        } else {
            LANDSCAPE
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

    #[test]
    fn each_shape_has_its_zone() {
        assert_eq!(SafeZone::for_frame(720, 1280), PORTRAIT);
        assert_eq!(SafeZone::for_frame(512, 768), PORTRAIT);
        assert_eq!(SafeZone::for_frame(1080, 1350), SQUARE);
        assert_eq!(SafeZone::for_frame(1080, 1080), SQUARE);
        assert_eq!(SafeZone::for_frame(1280, 720), LANDSCAPE);
    }

    #[test]
    fn areas_are_even_and_inside_the_margins() {
        let area = PORTRAIT.area((720, 1280));
        assert_eq!(
            area,
            Area {
                x0: 84,
                y0: 154,
                x1: 636,
                y1: 984
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
