//! Letters that can be read on any picture: how much outline or panel it takes, computed from the picture below.

use super::style::{CaptionHighlight, CaptionPanel, CaptionStyle, Rgb};

/// Least contrast between letters and what is around them. WCAG 2.2 asks 4.5 of large text, and 7 of any text, at its
/// highest level (1.4.6, AAA). Captions are large, but a picture that moves is harder to read on than a page; styles
/// tuned by eye on white and black pictures came out at 7 as well.
pub const CAPTION_CONTRAST: f32 = 7.0;

/// What is aimed at: a little more, for the rounding of colours to eight bits.
const AIM: f32 = CAPTION_CONTRAST * 1.03;

/// Weights of red, green and blue in luma and in luminance (BT.709; WCAG 2 takes them from there).
const WEIGHTS: [f32; 3] = [0.2126, 0.7152, 0.0722];

/// Side of the squares whose means are compared, pixels. A stem of a letter is 6 to 16 wide: what is smaller, noise or a
/// fine pattern, is not what letters drown in, and what is larger must not be missed. Percentiles of a whole page would
/// miss a lamp behind one letter.
const CELL: usize = 8;

/// How dark and how light the picture below a caption is: luma from 0 (black) to 1 (white), gamma-encoded as in the
/// video.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct CaptionBackdrop {
    darkest: f32,
    lightest: f32,
}

/// A part of a frame, pixels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FrameRegion {
    /// Left edge.
    pub x: u32,
    /// Upper edge.
    pub y: u32,
    /// Width.
    pub width: u32,
    /// Height.
    pub height: u32,
}

impl CaptionBackdrop {
    /// Nothing is known of the picture: both black and white may be below.
    pub const UNKNOWN: Self = Self {
        darkest: 0.0,
        lightest: 1.0,
    };

    /// Looks at a part of a luma plane in limited range (BT.709: 16 is black, 235 white), rows `stride` bytes apart.
    ///
    /// The darkest and the lightest of the means over squares of 8 by 8 pixels count. What of `region` is outside of
    /// the plane is left out; if nothing is left the result is [`CaptionBackdrop::UNKNOWN`]. Takes about 20 µs for a
    /// caption at 720p.
    pub fn of_luma(luma: &[u8], stride: usize, region: FrameRegion) -> Self {
        let [x, y, width, height] =
            [region.x, region.y, region.width, region.height].map(|side| side as usize);
        let columns = x.min(stride)..x.saturating_add(width).min(stride);
        let rows: Vec<&[u8]> = luma
            .chunks_exact(stride.max(1))
            .skip(y)
            .take(height)
            .map(|row| &row[columns.clone()])
            .collect();
        let mut seen: Option<Self> = None;
        let mut sums = vec![0_u32; columns.len().div_ceil(CELL)];
        for band in rows.chunks(CELL) {
            sums.fill(0);
            for row in band {
                for (sum, cell) in sums.iter_mut().zip(row.chunks(CELL)) {
                    *sum += cell.iter().map(|&value| u32::from(value)).sum::<u32>();
                }
            }
            for (number, &sum) in sums.iter().enumerate() {
                let wide = CELL.min(columns.len() - number * CELL);
                let mean = sum as f32 / (wide * band.len()) as f32;
                let luma = ((mean - 16.0) / 219.0).clamp(0.0, 1.0);
                let own = Self {
                    darkest: luma,
                    lightest: luma,
                };
                seen = Some(seen.map_or(own, |known| known.joined(own)));
            }
        }
        seen.unwrap_or(Self::UNKNOWN)
    }

    /// What is below when now the one and now the other is: two pictures that fade, a picture that moves.
    #[must_use]
    pub const fn joined(self, other: Self) -> Self {
        Self {
            darkest: self.darkest.min(other.darkest),
            lightest: self.lightest.max(other.lightest),
        }
    }

    /// The same with room for what moves: out to the next of `steps` steps from black to white.
    #[must_use]
    pub fn widened(self, steps: u8) -> Self {
        let steps = f32::from(steps.max(1));
        Self {
            darkest: (self.darkest * steps).floor() / steps,
            lightest: (self.lightest * steps).ceil() / steps,
        }
    }

    /// Colours between which all that may be below are, as far as their luminance goes: for a given luma it is greatest
    /// in the corners of the colour cube, so corners of the plane of that luma are enough.
    fn colors(self) -> impl Iterator<Item = [f32; 3]> {
        [self.darkest, self.lightest].into_iter().flat_map(corners)
    }
}

/// The colours of a luma of which two channels at least are empty or full.
fn corners(luma: f32) -> impl Iterator<Item = [f32; 3]> {
    (0..3).flat_map(move |free| {
        (0..4).filter_map(move |others| {
            let mut color = [0.0; 3];
            color[(free + 1) % 3] = (others & 1) as f32;
            color[(free + 2) % 3] = (others >> 1) as f32;
            let value = (luma - luma_of(color)) / WEIGHTS[free];
            color[free] = value.clamp(0.0, 1.0);
            // A little outside is a rounding error of black and white.
            (-1e-4..=1.0001).contains(&value).then_some(color)
        })
    })
}

impl CaptionStyle {
    /// The style as it is to be over such a picture: the opacity of the outline, or of the panel where there is one,
    /// raised until the contrast (WCAG 2.2) of every colour of letters against what directly surrounds them is
    /// [`CAPTION_CONTRAST`] or more. Never less than designed.
    #[must_use]
    pub fn over(&self, backdrop: CaptionBackdrop) -> Self {
        let designed = match self.panel {
            Some(panel) => panel.opacity,
            None => self.outline.opacity,
        };
        let enough = |opacity: f32| self.with(opacity).contrast(backdrop) >= AIM;
        if enough(designed) {
            return *self;
        }
        let (mut low, mut high) = (designed, 1.0);
        while high - low > 1.0 / 512.0 {
            let middle = f32::midpoint(low, high);
            if enough(middle) {
                high = middle;
            } else {
                low = middle;
            }
        }
        self.with(high)
    }

    /// With another opacity of what keeps the picture away from the letters.
    fn with(mut self, opacity: f32) -> Self {
        match &mut self.panel {
            Some(panel) => panel.opacity = opacity,
            None => self.outline.opacity = opacity,
        }
        self
    }

    /// The least contrast of any of the letters against anything that may directly surround them.
    fn contrast(&self, backdrop: CaptionBackdrop) -> f32 {
        let mut letters = vec![(self.fill, 1.0)];
        let mut below: Vec<[f32; 3]> = backdrop.colors().collect();
        let mut around = Vec::new();
        if let Some(CaptionPanel { color, opacity }) = self.panel {
            for color_below in &mut below {
                *color_below = over(fractions(color), opacity, *color_below);
            }
            // The outline of such styles is a hair's breadth; the panel itself is what letters are read against.
            around.clone_from(&below);
        }
        if self.shadow.opacity > 0.0 {
            below.push(fractions(self.shadow.color));
        }
        match self.highlight {
            CaptionHighlight::Dim(opacity) => letters.push((self.fill, opacity)),
            CaptionHighlight::Box(color) => below.push(fractions(color)),
            CaptionHighlight::Color(color) | CaptionHighlight::Grow { color, .. } => {
                letters.push((color, 1.0));
            }
            CaptionHighlight::Glow(color) => {
                letters.push((color, 1.0));
                below.push(fractions(color));
            }
        }
        let outline = self.outline;
        around.extend(
            below
                .iter()
                .map(|&color| over(fractions(outline.color), outline.opacity, color)),
        );
        // Of all colours of a luma the grey one has the least luminance (Jensen's inequality: decoding is convex).
        let greys: Vec<_> = around.iter().map(|&color| [luma_of(color); 3]).collect();
        let mut least = f32::INFINITY;
        for &around in around.iter().chain(&greys) {
            let surround = luminance(around);
            for &(color, opacity) in &letters {
                let letter = luminance(over(fractions(color), opacity, around));
                least = least.min(ratio(letter, surround));
            }
        }
        least
    }
}

/// Contrast of two luminances (WCAG 2.2, "contrast ratio"), 1 to 21.
fn ratio(a: f32, b: f32) -> f32 {
    (a.max(b) + 0.05) / (a.min(b) + 0.05)
}

/// Relative luminance (WCAG 2.2) of an sRGB colour.
fn luminance(color: [f32; 3]) -> f32 {
    luma_of(color.map(|c| {
        if c <= 0.04045 {
            c / 12.92
        } else {
            ((c + 0.055) / 1.055).powf(2.4)
        }
    }))
}

fn luma_of(color: [f32; 3]) -> f32 {
    color
        .iter()
        .zip(WEIGHTS)
        .map(|(c, weight)| c * weight)
        .sum()
}

fn over(color: [f32; 3], opacity: f32, below: [f32; 3]) -> [f32; 3] {
    std::array::from_fn(|at| color[at] * opacity + below[at] * (1.0 - opacity))
}

fn fractions(color: Rgb) -> [f32; 3] {
    color.map(|channel| f32::from(channel) / 255.0)
}

#[cfg(test)]
mod tests;
