//! How captions look: named sets of colours, outline, shadow and the way the spoken word is marked.

use videogen_types::InvalidValue;

use super::movement::OVERSHOOT;

/// An sRGB colour.
pub type Rgb = [u8; 3];

/// How the word being spoken differs from the others.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub enum CaptionHighlight {
    /// In another colour.
    Color(Rgb),
    /// On a rounded box of this colour.
    Box(Rgb),
    /// The others are dimmed to this opacity of the fill.
    Dim(f32),
    /// Grown by a factor around its own centre, in another colour: it pops a little past that and settles, within a
    /// seventh of a second. The others stay where they are.
    Grow {
        /// Size relative to the other words once it has settled, from 1 to 1.2.
        factor: f32,
        /// Its colour.
        color: Rgb,
    },
    /// In another colour and with a stronger glow of that colour.
    Glow(Rgb),
}

/// A band of colour around the letters, drawn under them.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct CaptionOutline {
    /// How far it reaches from the letters, in em.
    pub radius: f32,
    /// Its colour.
    pub color: Rgb,
    /// Its opacity, 0 to 1, where the picture below leaves the letters readable; more elsewhere, see
    /// [`CaptionStyle::over`].
    pub opacity: f32,
}

/// A blurred copy of letters and outline, drawn under both.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct CaptionShadow {
    /// How far it is smeared, in em.
    pub blur: f32,
    /// How far it is moved down, in em.
    pub drop: f32,
    /// Its colour.
    pub color: Rgb,
    /// Its opacity, 0 to 1.
    pub opacity: f32,
}

/// A rounded panel behind all lines.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct CaptionPanel {
    /// Its colour.
    pub color: Rgb,
    /// Its opacity, 0 to 1, where the picture below leaves the letters readable; more elsewhere, see
    /// [`CaptionStyle::over`].
    pub opacity: f32,
}

/// A named look. Lengths are in em, so a style looks the same at every frame size.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct CaptionStyle {
    /// The name it is asked for by: lower-case letters.
    pub name: &'static str,
    /// What it looks like, for a list of styles.
    pub description: &'static str,
    /// Colour of the letters.
    pub fill: Rgb,
    /// How the spoken word is marked; not used in [`super::CaptionMode::Line`].
    pub highlight: CaptionHighlight,
    /// The outline.
    pub outline: CaptionOutline,
    /// The shadow, or the glow where its colour is bright.
    pub shadow: CaptionShadow,
    /// The panel behind the lines.
    pub panel: Option<CaptionPanel>,
    /// Size a page has when it appears, relative to its own, 0.7 to 1; it is full within a tenth of a second. 1 is full
    /// at once.
    pub entrance: f32,
}

/// White on black, the look that reads on everything.
const BOLD: CaptionStyle = CaptionStyle {
    name: "bold",
    description: "white with a thick dark outline, the spoken word in warm yellow",
    fill: [255, 255, 255],
    highlight: CaptionHighlight::Color([255, 212, 38]),
    outline: CaptionOutline {
        radius: 0.085,
        color: [8, 8, 12],
        opacity: 0.96,
    },
    shadow: CaptionShadow {
        blur: 0.10,
        drop: 0.06,
        color: [0, 0, 0],
        opacity: 0.55,
    },
    panel: None,
    entrance: 1.0,
};

impl CaptionStyle {
    /// Finds a style by its name, case-insensitively.
    ///
    /// # Errors
    /// [`InvalidValue`] with the nearest names.
    pub fn named(name: &str) -> Result<&'static Self, InvalidValue> {
        let found = Self::ALL
            .iter()
            .find(|style| style.name.eq_ignore_ascii_case(name));
        found.ok_or_else(|| {
            let names: Vec<&str> = Self::ALL.iter().map(|style| style.name).collect();
            InvalidValue::unknown("caption style", name, &names)
        })
    }

    /// Every style, the default first.
    pub const ALL: &[Self] = &[
        BOLD,
        Self {
            name: "box",
            description: "white with a dark outline, the spoken word on a violet box",
            highlight: CaptionHighlight::Box([112, 48, 226]),
            outline: CaptionOutline {
                radius: 0.060,
                color: [10, 6, 22],
                opacity: 0.94,
            },
            shadow: CaptionShadow {
                blur: 0.09,
                drop: 0.05,
                color: [0, 0, 0],
                opacity: 0.45,
            },
            ..BOLD
        },
        Self {
            name: "clean",
            description: "white with a fine outline and a soft shadow, words not spoken are dimmed",
            highlight: CaptionHighlight::Dim(0.72),
            outline: CaptionOutline {
                radius: 0.045,
                color: [16, 16, 18],
                opacity: 0.50,
            },
            shadow: CaptionShadow {
                blur: 0.12,
                drop: 0.04,
                color: [0, 0, 0],
                opacity: 0.5,
            },
            ..BOLD
        },
        Self {
            name: "neon",
            description: "white in a magenta glow, the spoken word glows cyan",
            fill: [255, 246, 252],
            highlight: CaptionHighlight::Glow([92, 244, 255]),
            outline: CaptionOutline {
                radius: 0.055,
                color: [22, 4, 34],
                opacity: 0.95,
            },
            shadow: CaptionShadow {
                blur: 0.13,
                drop: 0.0,
                color: [255, 38, 176],
                opacity: 0.95,
            },
            ..BOLD
        },
        Self {
            name: "pop",
            description: "white with a thick dark outline, the spoken word larger and green",
            highlight: CaptionHighlight::Grow {
                factor: 1.08,
                color: [96, 240, 118],
            },
            entrance: 0.86,
            ..BOLD
        },
        Self {
            name: "news",
            description: "white on a dark panel, the spoken word in amber",
            highlight: CaptionHighlight::Color([255, 200, 60]),
            outline: CaptionOutline {
                radius: 0.02,
                color: [10, 14, 24],
                opacity: 0.9,
            },
            shadow: CaptionShadow {
                blur: 0.0,
                drop: 0.0,
                color: [0, 0, 0],
                opacity: 0.0,
            },
            panel: Some(CaptionPanel {
                color: [10, 14, 24],
                opacity: 0.60,
            }),
            ..BOLD
        },
        Self {
            name: "paper",
            description: "dark on a white panel, the spoken word in red",
            fill: [24, 24, 28],
            highlight: CaptionHighlight::Color([160, 10, 32]),
            outline: CaptionOutline {
                radius: 0.02,
                color: [255, 255, 255],
                opacity: 0.9,
            },
            shadow: CaptionShadow {
                blur: 0.0,
                drop: 0.0,
                color: [0, 0, 0],
                opacity: 0.0,
            },
            panel: Some(CaptionPanel {
                color: [255, 255, 255],
                opacity: 0.85,
            }),
            ..BOLD
        },
    ];

    /// The style of that name, in any case.
    pub fn by_name(name: &str) -> Option<Self> {
        Self::ALL
            .iter()
            .copied()
            .find(|style| style.name.eq_ignore_ascii_case(name))
    }

    /// How far anything drawn reaches beyond the letters on one side, in em.
    pub(crate) fn reach(&self) -> f32 {
        let shadow = if self.shadow.opacity > 0.0 {
            self.shadow.blur * BLUR_REACH + self.shadow.drop
        } else {
            0.0
        };
        let around = self.outline.radius + shadow;
        let boxed = if matches!(self.highlight, CaptionHighlight::Box(_)) {
            BOX_PADDING.0
        } else {
            0.0
        };
        let panel = if self.panel.is_some() {
            PANEL_PADDING.0
        } else {
            0.0
        };
        around.max(boxed).max(panel)
    }

    /// How much wider than the font has it a space is, in em: outlines of neighbouring words need room, boxes and grown
    /// words more of it.
    pub(crate) const fn word_spacing(&self) -> f32 {
        match self.highlight {
            CaptionHighlight::Grow { .. } => 0.14,
            CaptionHighlight::Box(_) => 0.09,
            _ => 0.05,
        }
    }

    /// How much larger than its layout a word can become.
    pub(crate) fn growth(&self) -> f32 {
        match self.highlight {
            CaptionHighlight::Grow { factor, .. } => 1.0 + (factor - 1.0) * OVERSHOOT,
            _ => 1.0,
        }
    }
}

impl Default for CaptionStyle {
    fn default() -> Self {
        BOLD
    }
}

/// How far three box blurs reach, in multiples of the blur length.
pub(crate) const BLUR_REACH: f32 = 1.5;

/// Room between a word and the edge of its box, horizontally and vertically, in em. Half a space is 0.16 em with
/// the spacing of such styles, so a box ends before the next word's outline.
pub(crate) const BOX_PADDING: (f32, f32) = (0.14, 0.02);

/// Room between the lines and the edge of the panel, in em.
pub(crate) const PANEL_PADDING: (f32, f32) = (0.40, 0.12);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn styles_are_found_by_name() {
        assert!(CaptionStyle::ALL.len() >= 6);
        for style in CaptionStyle::ALL {
            assert_eq!(
                CaptionStyle::by_name(&style.name.to_uppercase()),
                Some(*style)
            );
        }
        assert_eq!(CaptionStyle::by_name("comic"), None);
        assert_eq!(CaptionStyle::default(), CaptionStyle::ALL[0]);
    }

    #[test]
    fn names_are_unique_plain_words() {
        let mut names: Vec<_> = CaptionStyle::ALL.iter().map(|style| style.name).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), CaptionStyle::ALL.len());
        assert!(
            names
                .iter()
                .all(|name| name.bytes().all(|b| b.is_ascii_lowercase()))
        );
    }
}
