//! Draws a laid out text into a picture with transparency.

use super::Overlay;
use super::canvas::{Layer, flatten};
use super::ink::{self, Ink, Pose, SIDEWAYS};
use super::layout::Layout;
use super::outline::Mask;
use super::style::{BLUR_REACH, BOX_PADDING, CaptionHighlight, CaptionStyle, PANEL_PADDING};
use super::zone::Area;
use crate::fonts::Fonts;

/// Draws the layout as `pose` has it; with `dim`, words that are not marked are dimmed where the style says so.
/// Nothing is drawn outside of `area`.
///
/// The rectangle of the result is [`rect`]: it depends on the layout and the style, not on the pose.
pub(crate) fn draw(
    fonts: &Fonts,
    layout: &Layout,
    style: &CaptionStyle,
    pose: &Pose,
    dim: bool,
    area: &Area,
) -> Overlay {
    let Some(rect) = rect(fonts, layout, style, area) else {
        return Overlay::empty(area);
    };
    let em = layout.size;
    let ink = Ink::new(fonts, layout, pose, &rect);
    let outline = |mask: &Mask| mask.grown(style.outline.radius * em);
    let smear =
        |mask: &Mask, drop: f32| mask.blurred(style.shadow.blur * em, (drop * em).round() as i32);
    let outlined = outline(&ink.all());
    let panel = style.panel.map(|_| panel_mask(layout, &rect));
    let shadow = (style.shadow.opacity > 0.0).then(|| smear(&outlined, style.shadow.drop));
    let (mut glow, mut boxed) = (None, None);
    let (mut rest, mut spoken) = (1.0, style.fill);
    match (style.highlight, pose.marked) {
        (CaptionHighlight::Dim(opacity), _) if dim => rest = opacity,
        (CaptionHighlight::Box(color), Some(word)) => {
            boxed = Some((box_mask(layout, word, &rect), color));
        }
        (CaptionHighlight::Glow(color), Some(_)) => {
            spoken = color;
            if style.shadow.opacity > 0.0 {
                glow = Some(smear(&outline(&ink.marked), 0.0));
            }
        }
        (CaptionHighlight::Color(color) | CaptionHighlight::Grow { color, .. }, _) => {
            spoken = color;
        }
        _ => {}
    }
    let layer = |mask, color, opacity| Layer {
        mask,
        color,
        opacity,
    };
    let mut layers = Vec::with_capacity(7);
    if let (Some(mask), Some(panel)) = (&panel, style.panel) {
        layers.push(layer(mask, panel.color, panel.opacity));
    }
    if let Some(mask) = &shadow {
        layers.push(layer(mask, style.shadow.color, style.shadow.opacity));
    }
    if let Some(mask) = &glow {
        layers.push(layer(mask, spoken, style.shadow.opacity));
    }
    if let Some((mask, color)) = &boxed {
        layers.push(layer(mask, *color, 1.0));
    }
    layers.push(layer(&outlined, style.outline.color, style.outline.opacity));
    layers.push(layer(&ink.rest, style.fill, rest));
    layers.push(layer(&ink.marked, spoken, 1.0));
    flatten(&layers, &ink.pictures, &rect)
}

/// The rectangle of pixels that a layout is drawn on in any pose; [`None`] when there is nothing to draw.
pub(crate) fn rect(
    fonts: &Fonts,
    layout: &Layout,
    style: &CaptionStyle,
    area: &Area,
) -> Option<Area> {
    let em = layout.size;
    let (x, y) = padding(style, em);
    let lines = layout.lines.iter().map(|line| Area {
        x0: (line.x0 - x) as i32,
        y0: (line.top - y) as i32,
        x1: (line.x1 + x) as i32 + 1,
        y1: (line.bottom + y) as i32 + 1,
    });
    let letters = ink::extent(fonts, layout)?;
    let ink = lines.fold(letters, |known, line| known.hull(&line));
    let widest = layout
        .boxes
        .iter()
        .map(|word| word.x1 - word.x0)
        .fold(2.0 * em, f32::max);
    let growth = ((style.growth() - 1.0) / 2.0 * widest).min(SIDEWAYS * em);
    let shadow = if style.shadow.opacity > 0.0 {
        style.shadow.blur * BLUR_REACH
    } else {
        0.0
    };
    let around = ((style.outline.radius + shadow) * em + growth).ceil() as i32 + 1;
    let drop = (style.shadow.drop * em).ceil() as i32;
    let all = Area {
        x0: ink.x0 - around,
        y0: ink.y0 - around,
        x1: ink.x1 + around,
        y1: ink.y1 + around + drop,
    };
    Some(all.even_within(area))
}

/// Room that panel or box take beyond a line, in pixels.
fn padding(style: &CaptionStyle, em: f32) -> (f32, f32) {
    match (style.panel, style.highlight) {
        (Some(_), _) => (PANEL_PADDING.0 * em, PANEL_PADDING.1 * em),
        (None, CaptionHighlight::Box(_)) => (BOX_PADDING.0 * em, BOX_PADDING.1 * em),
        _ => (0.0, 0.0),
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
