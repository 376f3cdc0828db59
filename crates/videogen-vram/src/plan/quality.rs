//! What is promised: qualities, aspects and the sizes they mean.

use serde::{Deserialize, Serialize};

use crate::units::Size;

/// How good the picture is to be, worst first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Quality {
    /// For trying things out.
    Draft,
    /// Enough for a phone.
    Standard,
    /// Full HD.
    High,
    /// Between full HD and ultra.
    UltraLite,
    /// The most.
    Ultra,
}

impl Quality {
    /// Every quality, worst first.
    pub const ALL: [Self; 5] = [
        Self::Draft,
        Self::Standard,
        Self::High,
        Self::UltraLite,
        Self::Ultra,
    ];

    /// The name in JSON and on the command line.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Draft => "draft",
            Self::Standard => "standard",
            Self::High => "high",
            Self::UltraLite => "ultra-lite",
            Self::Ultra => "ultra",
        }
    }

    /// Steps of a pass that starts from noise.
    pub const fn steps(self) -> u32 {
        match self {
            Self::Draft => 20,
            Self::Standard => 30,
            Self::High => 40,
            Self::UltraLite => 50,
            Self::Ultra => 60,
        }
    }

    /// How strictly the prompt is followed, where the family has no value of its own.
    pub const fn cfg(self) -> f64 {
        match self {
            Self::Draft => 6.0,
            Self::Standard => 7.0,
            Self::High => 7.5,
            Self::UltraLite | Self::Ultra => 8.0,
        }
    }

    /// The promised size. Upright `draft` and `ultra-lite` keep their historical sizes, which are not exactly 9:16; the
    /// other aspects keep the upright pixel count as nearly as even sides within 0.2 % of the aspect allow.
    pub const fn size(self, aspect: Aspect) -> Size {
        let (width, height) = match (aspect, self) {
            (Aspect::Portrait, Self::Draft) => (512, 768),
            (Aspect::Portrait, Self::Standard) => (720, 1280),
            (Aspect::Portrait, Self::High) => (1080, 1920),
            (Aspect::Portrait, Self::UltraLite) => (1280, 2272),
            (Aspect::Portrait, Self::Ultra) => (1440, 2560),
            (Aspect::Landscape, Self::Draft) => (840, 472),
            (Aspect::Landscape, Self::Standard) => (1280, 720),
            (Aspect::Landscape, Self::High) => (1920, 1080),
            (Aspect::Landscape, Self::UltraLite) => (2272, 1278),
            (Aspect::Landscape, Self::Ultra) => (2560, 1440),
            (Aspect::Square, Self::Draft) => (624, 624),
            (Aspect::Square, Self::Standard) => (960, 960),
            (Aspect::Square, Self::High) => (1440, 1440),
            (Aspect::Square, Self::UltraLite) => (1704, 1704),
            (Aspect::Square, Self::Ultra) => (1920, 1920),
            (Aspect::Feed, Self::Draft) => (560, 700),
            (Aspect::Feed, Self::Standard) => (864, 1080),
            (Aspect::Feed, Self::High) => (1288, 1610),
            (Aspect::Feed, Self::UltraLite) => (1526, 1908),
            (Aspect::Feed, Self::Ultra) => (1718, 2148),
        };
        Size::new(width, height)
    }
}

impl From<videogen_types::Quality> for Quality {
    fn from(quality: videogen_types::Quality) -> Self {
        use videogen_types::Quality as Asked;
        match quality {
            Asked::Draft => Self::Draft,
            Asked::Standard => Self::Standard,
            Asked::High => Self::High,
            Asked::UltraLite => Self::UltraLite,
            Asked::Ultra => Self::Ultra,
        }
    }
}

impl From<videogen_types::Aspect> for Aspect {
    fn from(aspect: videogen_types::Aspect) -> Self {
        use videogen_types::Aspect as Asked;
        match aspect {
            Asked::Portrait => Self::Portrait,
            Asked::Landscape => Self::Landscape,
            Asked::Square => Self::Square,
            Asked::Feed => Self::Feed,
        }
    }
}

impl std::fmt::Display for Quality {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(self.name())
    }
}

/// The shape of the picture.
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

impl Aspect {
    /// Every aspect.
    pub const ALL: [Self; 4] = [Self::Portrait, Self::Landscape, Self::Square, Self::Feed];

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
