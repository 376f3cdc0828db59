//! The letters of a layout as coverage: rasterised glyphs, moved where the moment has them.

use cosmic_text::{CacheKey, SwashContent};

use super::canvas::{blend_picture, union};
use super::layout::{Glyph, Layout, Line};
use super::outline::Mask;
use super::zone::Area;
use crate::fonts::Fonts;

/// How the letters stand at a moment.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Pose {
    pub(crate) marked: Option<usize>,
    /// Size of the marked word, relative to the others, and the largest it has while it moves.
    pub(crate) growth: f32,
    pub(crate) peak: f32,
    /// Size of the page, relative to its layout.
    pub(crate) scale: f32,
}

/// How far a word grows into the space beside it, in em, at most: long words grow less, or they would touch the next.
pub(crate) const SIDEWAYS: f32 = 0.20;

/// Coverage of the letters, by the way they are painted.
pub(crate) struct Ink {
    pub(crate) rest: Mask,
    pub(crate) marked: Mask,
    /// Colour glyphs, premultiplied, four bytes a pixel; empty without any.
    pub(crate) pictures: Vec<u8>,
}

impl Ink {
    pub(crate) fn new(fonts: &Fonts, layout: &Layout, pose: &Pose, rect: &Area) -> Self {
        let (width, height) = (rect.width() as usize, rect.height() as usize);
        let mut ink = Self {
            rest: Mask::new(width, height),
            marked: Mask::new(width, height),
            pictures: Vec::new(),
        };
        let glyphs = layout.glyphs.iter().map(|glyph| posed(glyph, layout, pose));
        for_each_image(fonts, glyphs, |glyph, image| {
            let target = if pose.marked == Some(glyph.word) {
                &mut ink.marked
            } else {
                &mut ink.rest
            };
            match image.content {
                SwashContent::Color => {
                    ink.pictures.resize(width * height * 4, 0);
                    for (at, pixels) in image.rows(rect, 4) {
                        let under = &mut ink.pictures[at * 4..][..pixels.len()];
                        for (under, over) in under.chunks_exact_mut(4).zip(pixels.chunks_exact(4)) {
                            blend_picture(under, over);
                        }
                    }
                }
                // Joined letters overlap; together they cover more than each.
                _ => {
                    for (at, pixels) in image.rows(rect, 1) {
                        for (out, &pixel) in target.data[at..].iter_mut().zip(pixels) {
                            *out = union(*out, pixel);
                        }
                    }
                }
            }
        });
        ink
    }

    /// Everything the outline goes around.
    pub(crate) fn all(&self) -> Mask {
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

/// The pixels that the glyphs of a layout cover at rest; [`None`] when there are none.
pub(crate) fn extent(fonts: &Fonts, layout: &Layout) -> Option<Area> {
    let mut extent: Option<Area> = None;
    for_each_image(fonts, layout.glyphs.iter().copied(), |_, image| {
        let own = Area {
            x0: image.x,
            y0: image.y,
            x1: image.x + image.width as i32,
            y1: image.y + image.height as i32,
        };
        extent = Some(extent.map_or(own, |known| known.hull(&own)));
    });
    extent
}

/// A glyph where the moment has it: that of the marked word grown around the middle of its word, then all of them
/// around the middle of the page.
fn posed(glyph: &Glyph, layout: &Layout, pose: &Pose) -> Glyph {
    let mut glyph = *glyph;
    if pose.growth > 1.0 && pose.marked == Some(glyph.word) {
        let here = |line: &Line| glyph.y >= line.top && glyph.y < line.bottom;
        let number = layout.lines.iter().position(here).unwrap_or(0);
        let part = layout
            .boxes
            .iter()
            .find(|part| part.word == glyph.word && part.line == number);
        if let (Some(part), Some(line)) = (part, layout.lines.get(number)) {
            // The middle of small letters: a third of an em above the baseline.
            let centre = (
                f32::midpoint(part.x0, part.x1),
                line.baseline - layout.size / 3.0,
            );
            let sideways = (pose.peak - 1.0) / 2.0 * (part.x1 - part.x0);
            let share = (SIDEWAYS * layout.size / sideways).min(1.0);
            scale(&mut glyph, centre, 1.0 + (pose.growth - 1.0) * share);
        }
    }
    if let (Some(first), Some(last)) = (layout.lines.first(), layout.lines.last())
        && pose.scale < 1.0
    {
        let centre = (
            f32::midpoint(first.x0, first.x1),
            f32::midpoint(first.top, last.bottom),
        );
        scale(&mut glyph, centre, pose.scale);
    }
    glyph
}

fn scale(glyph: &mut Glyph, centre: (f32, f32), factor: f32) {
    glyph.x = centre.0 + (glyph.x - centre.0) * factor;
    glyph.y = centre.1 + (glyph.y - centre.1) * factor;
    glyph.size *= factor;
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
    /// The rows that are inside `rect`, cut to it: index of the first pixel in a mask as large as `rect`, and bytes.
    fn rows(&self, rect: &Area, channels: usize) -> impl Iterator<Item = (usize, &[u8])> {
        let left = rect.x0.saturating_sub(self.x).clamp(0, self.width as i32);
        let right = rect
            .x1
            .saturating_sub(self.x)
            .clamp(left, self.width as i32);
        let columns = left as usize * channels..right as usize * channels;
        let rows = self.data.chunks_exact((self.width * channels).max(1));
        (self.y..)
            .zip(rows)
            .filter(move |(y, _)| right > left && (rect.y0..rect.y1).contains(y))
            .map(move |(y, pixels)| {
                let at = (y - rect.y0) * rect.width() + self.x + left - rect.x0;
                (at as usize, &pixels[columns.clone()])
            })
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
