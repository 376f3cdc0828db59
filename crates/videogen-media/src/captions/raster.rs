//! Draws a laid out text into a picture with transparency.

use cosmic_text::{CacheKey, SwashContent};

use super::Overlay;
use super::canvas::{Canvas, blend_picture, union};
use super::layout::{Glyph, Layout};
use super::outline::Mask;
use super::style::{BLUR_REACH, BOX_PADDING, Highlight, PANEL_PADDING, Style};
use super::zone::Area;
use crate::fonts::Fonts;

/// Draws the layout with one word marked, or none. Nothing is drawn outside of `area`.
///
/// The rectangle of the result depends on the layout and the style, not on the marked word.
pub(crate) fn draw(
    fonts: &Fonts,
    layout: &Layout,
    style: &Style,
    marked: Option<usize>,
    dim: bool,
    area: &Area,
) -> Overlay {
    let Some(rect) = bounds(fonts, layout, style).map(|rect| rect.even_within(area)) else {
        return Overlay::empty(area);
    };
    let ink = Ink::new(fonts, layout, style, marked, &rect);
    let em = layout.size;
    let letters = ink.all();
    let outlined = letters.grown(style.outline.radius * em);
    let mut canvas = Canvas::new(rect.width() as usize, rect.height() as usize);
    if let Some(panel) = style.panel {
        canvas.paint(&panel_mask(layout, &rect), panel.color, panel.opacity);
    }
    if style.shadow.opacity > 0.0 {
        let shadow = outlined.blurred(
            style.shadow.blur * em,
            (style.shadow.drop * em).round() as i32,
        );
        canvas.paint(&shadow, style.shadow.color, style.shadow.opacity);
        if let (Highlight::Glow(color), Some(_)) = (style.highlight, marked) {
            let glow = ink
                .marked
                .grown(style.outline.radius * em)
                .blurred(style.shadow.blur * em, 0);
            canvas.paint(&glow, color, style.shadow.opacity);
        }
    }
    if let (Highlight::Box(color), Some(word)) = (style.highlight, marked) {
        canvas.paint(&box_mask(layout, word, &rect), color, 1.0);
    }
    canvas.paint(&outlined, style.outline.color, style.outline.opacity);
    let (rest, spoken) = match style.highlight {
        Highlight::Color(color) | Highlight::Grow { color, .. } | Highlight::Glow(color) => {
            (1.0, color)
        }
        Highlight::Dim(opacity) => (if dim { opacity } else { 1.0 }, style.fill),
        Highlight::Box(_) => (1.0, style.fill),
    };
    canvas.paint(&ink.rest, style.fill, rest);
    canvas.paint(&ink.marked, spoken, 1.0);
    canvas.paint_pictures(&ink.pictures);
    canvas.finish(&rect)
}

/// Coverage of the letters alone, as they are drawn.
#[cfg(test)]
pub(super) fn letters(
    fonts: &Fonts,
    layout: &Layout,
    style: &Style,
    marked: Option<usize>,
    rect: &Area,
) -> Mask {
    Ink::new(fonts, layout, style, marked, rect).all()
}

/// The pixels anything is drawn on, before they are cut to the area; [`None`] when there is nothing to draw.
fn bounds(fonts: &Fonts, layout: &Layout, style: &Style) -> Option<Area> {
    let em = layout.size;
    let mut ink: Option<Area> = None;
    let mut cover = |x0: i32, y0: i32, x1: i32, y1: i32| {
        let known = ink.unwrap_or(Area { x0, y0, x1, y1 });
        ink = Some(Area {
            x0: known.x0.min(x0),
            y0: known.y0.min(y0),
            x1: known.x1.max(x1),
            y1: known.y1.max(y1),
        });
    };
    for_each_image(fonts, layout.glyphs.iter().copied(), |_, image| {
        cover(
            image.x,
            image.y,
            image.x + image.width as i32,
            image.y + image.height as i32,
        );
    });
    for line in &layout.lines {
        let (x, y) = padding(style, em);
        cover(
            (line.x0 - x) as i32,
            (line.top - y) as i32,
            (line.x1 + x) as i32 + 1,
            (line.bottom + y) as i32 + 1,
        );
    }
    let widest = layout
        .boxes
        .iter()
        .map(|word| word.x1 - word.x0)
        .fold(0.0, f32::max)
        .max(2.0 * em);
    let growth = (style.growth() - 1.0) / 2.0 * widest;
    let shadow = if style.shadow.opacity > 0.0 {
        style.shadow.blur * BLUR_REACH
    } else {
        0.0
    };
    let around = ((style.outline.radius + shadow) * em + growth).ceil() as i32 + 1;
    let drop = (style.shadow.drop * em).ceil() as i32;
    ink.map(|ink| Area {
        x0: ink.x0 - around,
        y0: ink.y0 - around,
        x1: ink.x1 + around,
        y1: ink.y1 + around + drop,
    })
}

/// Room that panel or box take beyond a line, in pixels.
fn padding(style: &Style, em: f32) -> (f32, f32) {
    match (style.panel, style.highlight) {
        (Some(_), _) => (PANEL_PADDING.0 * em, PANEL_PADDING.1 * em),
        (None, Highlight::Box(_)) => (BOX_PADDING.0 * em, BOX_PADDING.1 * em),
        _ => (0.0, 0.0),
    }
}

/// Coverage of the letters, by the way they are painted.
struct Ink {
    rest: Mask,
    marked: Mask,
    /// Colour glyphs, premultiplied, four bytes a pixel; empty without any.
    pictures: Vec<u8>,
}

impl Ink {
    fn new(
        fonts: &Fonts,
        layout: &Layout,
        style: &Style,
        marked: Option<usize>,
        rect: &Area,
    ) -> Self {
        let (width, height) = (rect.width() as usize, rect.height() as usize);
        let mut ink = Self {
            rest: Mask::new(width, height),
            marked: Mask::new(width, height),
            pictures: Vec::new(),
        };
        let glyphs = layout
            .glyphs
            .iter()
            .map(|glyph| grown(glyph, layout, style.growth(), marked));
        for_each_image(fonts, glyphs, |glyph, image| {
            let target = if marked == Some(glyph.word) {
                &mut ink.marked
            } else {
                &mut ink.rest
            };
            match image.content {
                SwashContent::Color => {
                    ink.pictures.resize(width * height * 4, 0);
                    image.for_each_pixel(rect, 4, |at, pixel| {
                        blend_picture(&mut ink.pictures[at * 4..at * 4 + 4], pixel);
                    });
                }
                // Joined letters overlap; together they cover more than each.
                _ => image.for_each_pixel(rect, 1, |at, pixel| {
                    target.data[at] = union(target.data[at], pixel[0]);
                }),
            }
        });
        ink
    }

    /// Everything the outline goes around.
    fn all(&self) -> Mask {
        let mut all = self.rest.clone();
        for (out, &marked) in all.data.iter_mut().zip(&self.marked.data) {
            *out = union(*out, marked);
        }
        for (out, picture) in all.data.iter_mut().zip(self.pictures.chunks_exact(4)) {
            *out = union(*out, picture[3]);
        }
        all
    }
}

/// A glyph of the marked word, grown around the centre of its word; other glyphs as they are.
fn grown(glyph: &Glyph, layout: &Layout, factor: f32, marked: Option<usize>) -> Glyph {
    let mut glyph = *glyph;
    if factor > 1.0 && marked == Some(glyph.word) {
        let here = |line: &&super::layout::Line| glyph.y >= line.top && glyph.y < line.bottom;
        let line = layout
            .lines
            .iter()
            .position(|line| here(&line))
            .unwrap_or(0);
        let part = layout
            .boxes
            .iter()
            .find(|part| part.word == glyph.word && part.line == line);
        if let (Some(part), Some(line)) = (part, layout.lines.get(line)) {
            // The middle of small letters: a third of an em above the baseline.
            let centre = (
                f32::midpoint(part.x0, part.x1),
                line.baseline - layout.size / 3.0,
            );
            glyph.x = centre.0 + (glyph.x - centre.0) * factor;
            glyph.y = centre.1 + (glyph.y - centre.1) * factor;
            glyph.size *= factor;
        }
    }
    glyph
}

/// A rasterised glyph at its place in the frame.
struct GlyphImage<'a> {
    x: i32,
    y: i32,
    width: usize,
    height: usize,
    content: SwashContent,
    data: &'a [u8],
}

impl GlyphImage<'_> {
    /// Calls `visit` with the index of each pixel inside `rect` and its `channels` bytes.
    fn for_each_pixel(&self, rect: &Area, channels: usize, mut visit: impl FnMut(usize, &[u8])) {
        for (row, pixels) in self
            .data
            .chunks_exact((self.width * channels).max(1))
            .enumerate()
        {
            let y = self.y + row as i32;
            if y < rect.y0 || y >= rect.y1 {
                continue;
            }
            let start = (y - rect.y0) * rect.width() - rect.x0;
            for (column, pixel) in pixels.chunks_exact(channels).enumerate() {
                let x = self.x + column as i32;
                if x >= rect.x0 && x < rect.x1 {
                    visit((start + x) as usize, pixel);
                }
            }
        }
    }
}

/// Rasterises glyphs one after the other, holding the font engine's lock meanwhile.
fn for_each_image(
    fonts: &Fonts,
    glyphs: impl Iterator<Item = Glyph>,
    mut visit: impl FnMut(&Glyph, &GlyphImage<'_>),
) {
    let mut engine = fonts.engine();
    let engine = &mut *engine;
    for glyph in glyphs {
        let (key, x, y) = CacheKey::new(
            glyph.font,
            glyph.id,
            glyph.size,
            (glyph.x, glyph.y),
            glyph.weight,
            glyph.flags,
        );
        let Some(image) = engine.glyphs.get_image(&mut engine.system, key) else {
            continue;
        };
        let placement = image.placement;
        visit(
            &glyph,
            &GlyphImage {
                x: x + placement.left,
                y: y - placement.top,
                width: placement.width as usize,
                height: placement.height as usize,
                content: image.content,
                data: &image.data,
            },
        );
    }
}

fn panel_mask(layout: &Layout, rect: &Area) -> Mask {
    let mut mask = Mask::new(rect.width() as usize, rect.height() as usize);
    let em = layout.size;
    // One panel around all lines: steps between lines of different width distract.
    let x0 = layout
        .lines
        .iter()
        .map(|line| line.x0)
        .fold(f32::INFINITY, f32::min)
        - PANEL_PADDING.0 * em;
    let x1 = layout
        .lines
        .iter()
        .map(|line| line.x1)
        .fold(f32::NEG_INFINITY, f32::max)
        + PANEL_PADDING.0 * em;
    if let (Some(first), Some(last)) = (layout.lines.first(), layout.lines.last()) {
        let (y0, y1) = (
            first.top - PANEL_PADDING.1 * em,
            last.bottom + PANEL_PADDING.1 * em,
        );
        mask.add_rounded(local(rect, x0, y0, x1, y1), em * 0.30);
    }
    mask
}

fn box_mask(layout: &Layout, word: usize, rect: &Area) -> Mask {
    let mut mask = Mask::new(rect.width() as usize, rect.height() as usize);
    let em = layout.size;
    for part in layout.boxes.iter().filter(|part| part.word == word) {
        let line = layout.lines[part.line];
        // Half way to the next word at most; without spaces between words, hardly anything.
        let others = || {
            layout
                .boxes
                .iter()
                .filter(|other| other.line == part.line && other.word != word)
        };
        let left = others()
            .map(|other| part.x0 - other.x1)
            .filter(|gap| *gap > -0.1 * em)
            .fold(f32::INFINITY, f32::min);
        let right = others()
            .map(|other| other.x0 - part.x1)
            .filter(|gap| *gap > -0.1 * em)
            .fold(f32::INFINITY, f32::min);
        let x = |gap: f32| (gap / 2.0).clamp(0.03 * em, BOX_PADDING.0 * em);
        let y = BOX_PADDING.1 * em;
        mask.add_rounded(
            local(
                rect,
                part.x0 - x(left),
                line.top - y,
                part.x1 + x(right),
                line.bottom + y,
            ),
            em * 0.24,
        );
    }
    mask
}

fn local(rect: &Area, x0: f32, y0: f32, x1: f32, y1: f32) -> [f32; 4] {
    let (x, y) = (rect.x0 as f32, rect.y0 as f32);
    [x0 - x, y0 - y, x1 - x, y1 - y]
}
