//! Qualities and aspects: what size, frame rate and encoder settings a video gets.

use serde::{Deserialize, Serialize};

use crate::choice;
use crate::frame::{FrameRate, FrameSize};
use crate::value::Choice;

/// How good the video is to be. The output size is a promise: asked for `ultra`, the MP4 is 1440x2560.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Quality {
    /// 512x768, for trying things out.
    Draft,
    /// 720x1280.
    Standard,
    /// 1080x1920.
    High,
    /// 1280x2272.
    UltraLite,
    /// 1440x2560 at 60 frames per second.
    Ultra,
}

impl Choice for Quality {
    const WHAT: &'static str = "quality";
    const ALL: &'static [(&'static str, Self)] = &[
        ("draft", Self::Draft),
        ("standard", Self::Standard),
        ("high", Self::High),
        ("ultra-lite", Self::UltraLite),
        ("ultra", Self::Ultra),
    ];
}

choice!(Quality);

/// The shape of the frame.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Aspect {
    /// Upright, as on a phone.
    #[default]
    #[serde(rename = "9:16")]
    Portrait,
    /// Wide, as on a television.
    #[serde(rename = "16:9")]
    Landscape,
    /// Square.
    #[serde(rename = "1:1")]
    Square,
    /// Upright, as in a feed.
    #[serde(rename = "4:5")]
    Feed,
}

impl Choice for Aspect {
    const WHAT: &'static str = "aspect";
    const ALL: &'static [(&'static str, Self)] = &[
        ("9:16", Self::Portrait),
        ("16:9", Self::Landscape),
        ("1:1", Self::Square),
        ("4:5", Self::Feed),
    ];
}

choice!(Aspect);

impl Aspect {
    /// Width to height.
    pub const fn ratio(self) -> (u32, u32) {
        match self {
            Self::Portrait => (9, 16),
            Self::Landscape => (16, 9),
            Self::Square => (1, 1),
            Self::Feed => (4, 5),
        }
    }
}

/// The largest deviation of a delivered size from the requested aspect.
pub const ASPECT_TOLERANCE: f64 = 0.01;

impl Quality {
    /// Returns every quality, worst first.
    pub fn all() -> impl DoubleEndedIterator<Item = Self> + ExactSizeIterator {
        Self::ALL.iter().map(|&(_, quality)| quality)
    }

    /// The upright size. `draft` and `ultra-lite` keep their historical sizes, which are not exactly 9:16.
    const fn portrait(self) -> (u32, u32) {
        match self {
            Self::Draft => (512, 768),
            Self::Standard => (720, 1280),
            Self::High => (1080, 1920),
            Self::UltraLite => (1280, 2272),
            Self::Ultra => (1440, 2560),
        }
    }

    /// The size of the video. Other aspects than 9:16 keep its pixel count, with both sides even.
    pub fn size(self, aspect: Aspect) -> FrameSize {
        let (width, height) = self.portrait();
        let (width, height) = match aspect {
            Aspect::Portrait => (width, height),
            _ => near_area(aspect.ratio(), u64::from(width) * u64::from(height)),
        };
        FrameSize::new(width, height).expect("the sizes of the table are even and within range")
    }

    /// Frames per second when none are asked for.
    pub fn rate(self) -> FrameRate {
        let per_second = if self == Self::Ultra { 60 } else { 30 };
        FrameRate::new(per_second, 1).expect("30 and 60 are within range")
    }
}

/// The even size of this aspect whose area is nearest to `area`, among those within 0.2 % of the aspect; multiples of
/// 8 are preferred (ComfyUI's latents are eighths).
fn near_area((across, down): (u32, u32), area: u64) -> (u32, u32) {
    let ratio = f64::from(across) / f64::from(down);
    let ideal = (area as f64 * ratio).sqrt();
    let cost = |width: u32, height: u32| {
        let aspect_error = (f64::from(width) / f64::from(height) / ratio - 1.0).abs();
        let area_error = (f64::from(width) * f64::from(height) / area as f64 - 1.0).abs();
        let odd = if width.is_multiple_of(8) && height.is_multiple_of(8) {
            0.0
        } else {
            0.01
        };
        aspect_error * 4.0 + area_error + odd
    };
    let centre = (ideal / 2.0).round() as u32 * 2;
    (centre.saturating_sub(32)..=centre + 32)
        .step_by(2)
        .map(|width| (width, (f64::from(width) / ratio / 2.0).round() as u32 * 2))
        .min_by(|a, b| cost(a.0, a.1).total_cmp(&cost(b.0, b.1)))
        .expect("the range is not empty")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_of_the_specification() {
        let size = |q: Quality| q.size(Aspect::Portrait).to_string();
        assert_eq!(
            Quality::all().map(size).collect::<Vec<_>>(),
            ["512x768", "720x1280", "1080x1920", "1280x2272", "1440x2560"]
        );
        assert_eq!(
            Quality::Standard.size(Aspect::Landscape).to_string(),
            "1280x720"
        );
        assert_eq!(
            Quality::High.size(Aspect::Landscape).to_string(),
            "1920x1080"
        );
        assert_eq!(
            Quality::Ultra.size(Aspect::Landscape).to_string(),
            "2560x1440"
        );
        assert_eq!(
            Quality::Standard.size(Aspect::Square).to_string(),
            "960x960"
        );
    }

    #[test]
    fn other_aspects_keep_the_pixel_count_and_the_aspect() {
        for quality in Quality::all() {
            for &(name, aspect) in Aspect::ALL {
                let size = quality.size(aspect);
                let (across, down) = aspect.ratio();
                let error = (f64::from(size.width()) / f64::from(size.height()))
                    / (f64::from(across) / f64::from(down))
                    - 1.0;
                let named_exception = aspect == Aspect::Portrait && quality == Quality::Draft;
                assert!(
                    error.abs() <= ASPECT_TOLERANCE || named_exception,
                    "{quality} {name}: {size}"
                );
                let portrait = quality.size(Aspect::Portrait);
                let area = f64::from(size.width() * size.height())
                    / f64::from(portrait.width() * portrait.height());
                assert!(
                    (area - 1.0).abs() < 0.02,
                    "{quality} {name}: {size} is {area:.3} of the pixels"
                );
            }
        }
    }

    #[test]
    fn names_are_offered() {
        let message = "ultr".parse::<Quality>().expect_err("unknown").to_string();
        assert!(message.contains("ultra"), "{message}");
        assert_eq!("Ultra-Lite".parse(), Ok(Quality::UltraLite));
    }
}
