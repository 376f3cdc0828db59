//! Where every glyph of a text goes: shaped as one piece, wrapped into balanced lines, sized to fit.

use std::ops::Range;

use cosmic_text::{
    Align, CacheKey, CacheKeyFlags, Hinting, LayoutLine, ShapeLine, Shaping, Wrap, fontdb,
};
use unicode_segmentation::UnicodeSegmentation as _;

use super::zone::Area;
use crate::fonts::{Engine, Fonts, needs_no_glyph};

/// Distance of baselines, in em, at least. Inter's own is 1.21; captions are set a little tighter.
const LEADING: f32 = 1.17;

/// Clear space between the lowest ink of a line and the highest of the next, in em. Lines move apart for it where
/// letters are tall (Devanagari, stacked marks). Metrics of fonts are no guide: Noto Sans Arabic asks for 2.1 em.
const GAP: f32 = 0.16;

/// Height of a line above and below its baseline, in em, at least: that of Inter's capitals and descenders with room.
const ASCENT: f32 = 0.90;
const DESCENT: f32 = 0.27;

/// What lies above or below a baseline at most, in em; piles of combining marks may be higher and then overlap.
const TALLEST: f32 = 1.6;

/// Factor from one size that did not fit to the next one tried.
const SHRINK: f32 = 0.94;

/// A glyph at its place in the frame.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Glyph {
    pub(crate) font: fontdb::ID,
    pub(crate) weight: fontdb::Weight,
    pub(crate) flags: CacheKeyFlags,
    pub(crate) id: u16,
    /// Pixels per em.
    pub(crate) size: f32,
    /// The pen, in pixels from the top left of the frame.
    pub(crate) x: f32,
    pub(crate) y: f32,
    /// The word it belongs to, as an index into the ranges given to [`Fitted::place`].
    pub(crate) word: usize,
}

/// A line at its place, in pixels from the top left of the frame.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Line {
    pub(crate) x0: f32,
    pub(crate) x1: f32,
    pub(crate) top: f32,
    pub(crate) bottom: f32,
    pub(crate) baseline: f32,
}

/// The part of a word that is on one line; a word that bidirectional text tears apart gets the span of its parts.
#[derive(Debug, Clone, Copy)]
pub(crate) struct WordBox {
    pub(crate) word: usize,
    pub(crate) line: usize,
    pub(crate) x0: f32,
    pub(crate) x1: f32,
}

/// A laid out text.
#[derive(Debug, Clone, Default)]
pub(crate) struct Layout {
    pub(crate) glyphs: Vec<Glyph>,
    pub(crate) lines: Vec<Line>,
    pub(crate) boxes: Vec<WordBox>,
    /// Pixels per em.
    pub(crate) size: f32,
}

/// What a text is to fit into.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Limits {
    pub(crate) width: f32,
    pub(crate) height: f32,
    pub(crate) lines: usize,
    /// Wanted and least size, pixels per em.
    pub(crate) size: f32,
    pub(crate) floor: f32,
    /// How much wider than the font has it a space is, in em.
    pub(crate) word_spacing: f32,
}

/// A text in lines, not yet placed.
pub(crate) struct Fitted<'a> {
    text: &'a str,
    lines: Vec<LayoutLine>,
    size: f32,
    /// Above the first baseline, below the last, and from one to the next, which is even; pixels.
    ascent: f32,
    descent: f32,
    leading: f32,
    /// Whether it is within the limits; else it is what came closest.
    pub(crate) fits: bool,
}

/// Shapes a cleaned text (no line breaks, no bidirectional controls) with the faces of `fonts`.
///
/// The whole text is one unit to the shaper, so letters join and bidirectional text is ordered across words.
fn shape(engine: &mut Engine, fonts: &Fonts, text: &str, word_spacing: f32) -> ShapeLine {
    ShapeLine::new(
        &mut engine.system,
        text,
        &fonts.attributes(text, word_spacing),
        Shaping::Advanced,
        4,
    )
}

/// The advance of each grapheme cluster of a text, in em.
pub(crate) fn advances(
    engine: &mut Engine,
    fonts: &Fonts,
    text: &str,
    word_spacing: f32,
) -> Vec<f32> {
    let starts: Vec<usize> = text.grapheme_indices(true).map(|(at, _)| at).collect();
    let mut widths = vec![0.0; starts.len()];
    for line in wrap(&shape(engine, fonts, text, word_spacing), 1.0, None) {
        for glyph in line.glyphs {
            let cluster = starts
                .partition_point(|&start| start <= glyph.start)
                .saturating_sub(1);
            if let Some(width) = widths.get_mut(cluster) {
                *width += glyph.w;
            }
        }
    }
    widths
}

/// Lays a text out within the limits: the wanted size where it fits, else the largest that does.
pub(crate) fn fit<'a>(
    engine: &mut Engine,
    fonts: &Fonts,
    text: &'a str,
    limits: &Limits,
) -> Fitted<'a> {
    let shaped = shape(engine, fonts, text, limits.word_spacing);
    let widest = shaped
        .spans
        .iter()
        .flat_map(|span| &span.words)
        .map(|word| word.width(1.0))
        .fold(0.0, f32::max);
    let mut size = limits.size;
    loop {
        let lines = balanced(&shaped, text, size, limits.width, widest * size);
        let ink: Vec<(f32, f32)> = lines.iter().map(|line| ink(engine, line, size)).collect();
        let leading = ink
            .windows(2)
            .map(|pair| pair[0].1 + pair[1].0 + GAP * size)
            .fold(size * LEADING, f32::max)
            .ceil();
        let ascent = ink.first().map_or(0.0, |first| first.0).max(ASCENT * size);
        let descent = ink.last().map_or(0.0, |last| last.1).max(DESCENT * size);
        let mut fitted = Fitted {
            text,
            lines,
            size,
            ascent,
            descent,
            leading,
            fits: false,
        };
        fitted.fits = fitted.lines.len() <= limits.lines
            && fitted.height() <= limits.height
            && widest * size <= limits.width
            && fitted.lines.iter().all(|line| {
                extent(line, text).is_none_or(|(x0, x1)| x1 - x0 <= limits.width + 0.5)
            });
        if fitted.fits || size <= limits.floor {
            return fitted;
        }
        size = (size * SHRINK).max(limits.floor);
    }
}

/// The lines at the smallest width that needs no more of them than the full width.
fn balanced(shaped: &ShapeLine, text: &str, size: f32, width: f32, widest: f32) -> Vec<LayoutLine> {
    let mut best = wrap(shaped, size, Some(width));
    if best.len() < 2 {
        return best;
    }
    let count = best.len();
    // Below the widest word, words would be broken.
    let (mut low, mut high) = (widest.min(width), width);
    while high - low > 1.0 {
        let middle = f32::midpoint(low, high);
        let lines = wrap(shaped, size, Some(middle));
        if lines.len() <= count && lines.iter().all(|line| extent(line, text).is_some()) {
            high = middle;
            best = lines;
        } else {
            low = middle;
        }
    }
    best
}

/// How far the ink of a line reaches above and below its baseline, pixels.
fn ink(engine: &mut Engine, line: &LayoutLine, size: f32) -> (f32, f32) {
    let mut reach = (0.0_f32, 0.0_f32);
    for glyph in &line.glyphs {
        let key = CacheKey::new(
            glyph.font_id,
            glyph.glyph_id,
            glyph.font_size,
            (0.0, 0.0),
            glyph.font_weight,
            glyph.cache_key_flags,
        )
        .0;
        if let Some(image) = engine.glyphs.get_image(&mut engine.system, key) {
            let raised = glyph.font_size * glyph.y_offset - glyph.y;
            let (top, height) = (image.placement.top as f32, image.placement.height as f32);
            if height > 0.0 {
                reach = (
                    reach.0.max(top + raised),
                    reach.1.max(height - top - raised),
                );
            }
        }
    }
    (reach.0.min(TALLEST * size), reach.1.min(TALLEST * size))
}

fn wrap(shaped: &ShapeLine, size: f32, width: Option<f32>) -> Vec<LayoutLine> {
    shaped.layout(
        size,
        width,
        Wrap::WordOrGlyph,
        Some(Align::Left),
        None,
        Hinting::Disabled,
    )
}

/// Whether there is anything to see of a part of a text: spaces and the marks that steer line breaks show nothing.
fn shows(text: &str) -> bool {
    !text.chars().all(needs_no_glyph)
}

/// Left and right edge of what is visible in a line; [`None`] when nothing is.
fn extent(line: &LayoutLine, text: &str) -> Option<(f32, f32)> {
    line.glyphs
        .iter()
        .filter(|glyph| shows(&text[glyph.start..glyph.end]))
        .map(|glyph| (glyph.x, glyph.x + glyph.w))
        .reduce(|a, b| (a.0.min(b.0), a.1.max(b.1)))
}

impl Fitted<'_> {
    /// Height of the whole block in pixels.
    pub(crate) fn height(&self) -> f32 {
        self.ascent + self.leading * self.lines.len().saturating_sub(1) as f32 + self.descent
    }

    /// Pixels per em.
    pub(crate) const fn size(&self) -> f32 {
        self.size
    }

    /// Places the block: each line in the middle of `area`, the block around `centre` (pixels from the top), moved
    /// into `area` where it would leave it. `words` are byte ranges of the text, in order.
    pub(crate) fn place(&self, area: &Area, centre: f32, words: &[Range<usize>]) -> Layout {
        let height = self.height();
        let highest = area.y0 as f32;
        let top = (centre - height / 2.0)
            .min(area.y1 as f32 - height)
            .max(highest)
            .round();
        let middle = (area.x0 + area.x1) as f32 / 2.0;
        let mut layout = Layout {
            size: self.size,
            ..Layout::default()
        };
        for (number, line) in self.lines.iter().enumerate() {
            let Some((x0, x1)) = extent(line, self.text) else {
                continue;
            };
            let shift = middle - f32::midpoint(x0, x1);
            let baseline = (top + self.ascent + self.leading * number as f32).round();
            for glyph in &line.glyphs {
                if !shows(&self.text[glyph.start..glyph.end]) {
                    continue;
                }
                let word = words
                    .partition_point(|range| range.end <= glyph.start)
                    .min(words.len().saturating_sub(1));
                layout.glyphs.push(Glyph {
                    font: glyph.font_id,
                    weight: glyph.font_weight,
                    flags: glyph.cache_key_flags,
                    id: glyph.glyph_id,
                    size: glyph.font_size,
                    x: shift + glyph.x + glyph.font_size * glyph.x_offset,
                    y: baseline + glyph.y - glyph.font_size * glyph.y_offset,
                    word,
                });
                let (x0, x1) = (shift + glyph.x, shift + glyph.x + glyph.w);
                let line = layout.lines.len();
                match layout
                    .boxes
                    .iter_mut()
                    .rev()
                    .find(|known| known.word == word && known.line == line)
                {
                    Some(known) => (known.x0, known.x1) = (known.x0.min(x0), known.x1.max(x1)),
                    None => layout.boxes.push(WordBox { word, line, x0, x1 }),
                }
            }
            // Inner edges are where lines meet, as far from the one baseline's letters as from the other's.
            let (above, below) = (self.leading * 0.765, self.leading * 0.235);
            let top = baseline - if number == 0 { self.ascent } else { above };
            let bottom = baseline
                + if number + 1 == self.lines.len() {
                    self.descent
                } else {
                    below
                };
            layout.lines.push(Line {
                x0: shift + x0,
                x1: shift + x1,
                top,
                bottom,
                baseline,
            });
        }
        layout
    }
}
