//! Layers of colour put together to a picture, row by row, and the arithmetic of coverage.

use super::Overlay;
use super::outline::{Mask, inked};
use super::style::Rgb;
use super::zone::Area;

/// A colour, painted where and as much as a mask says.
pub(crate) struct Layer<'a> {
    pub(crate) mask: &'a Mask,
    pub(crate) color: Rgb,
    /// 0 to 1.
    pub(crate) opacity: f32,
}

/// Paints the layers, the lowest first, and over them `pictures` (premultiplied, four bytes a pixel, or none at all).
/// All are as large as `rect`.
pub(crate) fn flatten(layers: &[Layer<'_>], pictures: &[u8], rect: &Area) -> Overlay {
    let (width, height) = (rect.width() as usize, rect.height() as usize);
    let mut rgba = vec![0; width * height * 4];
    let mut row = Row::new(width);
    for (y, out) in rgba.chunks_exact_mut(width * 4).enumerate() {
        row.clear();
        let here = y * width..(y + 1) * width;
        for layer in layers {
            row.paint(&layer.mask.data[here.clone()], layer.color, layer.opacity);
        }
        if let Some(pictures) = pictures.get(here.start * 4..here.end * 4) {
            row.paint_pictures(pictures);
        }
        row.finish(out);
    }
    Overlay {
        x: rect.x0 as u32,
        y: rect.y0 as u32,
        width: width as u32,
        height: height as u32,
        rgba,
    }
}

/// A row of premultiplied pixels, a plane for each channel: sixteen bits, of which 65,535 is full, as eight would round
/// with each layer.
struct Row {
    planes: [Vec<u16>; 4],
    clear: bool,
}

impl Row {
    fn new(width: usize) -> Self {
        Self {
            planes: std::array::from_fn(|_| vec![0; width]),
            clear: true,
        }
    }

    fn clear(&mut self) {
        if !self.clear {
            self.planes.iter_mut().for_each(|plane| plane.fill(0));
            self.clear = true;
        }
    }

    fn paint(&mut self, coverage: &[u8], color: Rgb, opacity: f32) {
        let opacity = (opacity.clamp(0.0, 1.0) * 257.0).round() as u16;
        let Some(inked) = inked(coverage) else {
            return;
        };
        self.clear = false;
        let coverage = &coverage[inked.clone()];
        let [red, green, blue, alpha] = self
            .planes
            .each_mut()
            .map(|plane| &mut plane[inked.clone()]);
        let [r, g, b] = color.map(|channel| u16::from(channel) * 257);
        let colors = red.iter_mut().zip(green).zip(blue).zip(alpha);
        for ((((red, green), blue), alpha), &coverage) in colors.zip(coverage) {
            let over = u16::from(coverage) * opacity;
            // In this form nothing at all changes where nothing is painted.
            for (under, color) in [(red, r), (green, g), (blue, b), (alpha, u16::MAX)] {
                *under = part(color, over) + (*under - part(*under, over));
            }
        }
    }

    fn paint_pictures(&mut self, pictures: &[u8]) {
        for (x, over) in pictures.chunks_exact(4).enumerate() {
            if over[3] > 0 {
                let rest = 65_535 - u16::from(over[3]) * 257;
                for (plane, &over) in self.planes.iter_mut().zip(over) {
                    plane[x] = (u16::from(over) * 257).saturating_add(part(plane[x], rest));
                }
                self.clear = false;
            }
        }
    }

    fn finish(&self, out: &mut [u8]) {
        if self.clear {
            return;
        }
        let [red, green, blue, alpha] = &self.planes;
        let colors = red.iter().zip(green).zip(blue).zip(alpha);
        for (out, (((red, green), blue), alpha)) in out.chunks_exact_mut(4).zip(colors) {
            let pixel = eight(*red) | eight(*green) << 8 | eight(*blue) << 16 | eight(*alpha) << 24;
            out.copy_from_slice(&pixel.to_le_bytes());
        }
    }
}

/// A fraction (in 65,535ths) of a value, rounded down by one at most. Compilers know it as one instruction for eight.
const fn part(value: u16, fraction: u16) -> u16 {
    ((value as u32 * fraction as u32) >> 16) as u16
}

/// Sixteen bits to eight, rounded.
const fn eight(value: u16) -> u32 {
    (value as u32 * 255 + 32_895) >> 16
}

impl Overlay {
    /// A transparent one of the least size, at the corner of `area`.
    pub(crate) fn empty(area: &Area) -> Self {
        Self {
            x: area.x0 as u32,
            y: area.y0 as u32,
            width: 2,
            height: 2,
            rgba: vec![0; 16],
        }
    }
}

/// The coverage of two things that overlap by chance.
pub(crate) fn union(a: u8, b: u8) -> u8 {
    let (a, b) = (u16::from(a), u16::from(b));
    // Division by 255 of a product of two bytes, exact to a half.
    let product = a * b + 128;
    (a + b - ((product + (product >> 8)) >> 8)) as u8
}

/// A straight-alpha pixel over a premultiplied one.
pub(crate) fn blend_picture(under: &mut [u8], over: &[u8]) {
    let alpha = u32::from(over[3]);
    for channel in 0..4 {
        let over = if channel == 3 {
            alpha
        } else {
            u32::from(over[channel]) * alpha / 255
        };
        under[channel] = (over + u32::from(under[channel]) * (255 - alpha) / 255).min(255) as u8;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const RECT: Area = Area {
        x0: 4,
        y0: 6,
        x1: 6,
        y1: 8,
    };

    fn even(value: u8) -> Mask {
        Mask {
            width: 2,
            height: 2,
            data: vec![value; 4],
        }
    }

    proptest! {
        #[test]
        fn layers_lie_over_each_other_as_light_does(
            list in prop::collection::vec((any::<[u8; 3]>(), any::<u8>(), 0.0..=1.0_f32), 0..6),
        ) {
            let masks: Vec<Mask> = list.iter().map(|layer| even(layer.1)).collect();
            let layers: Vec<_> = list.iter().zip(&masks)
                .map(|(&(color, _, opacity), mask)| Layer { mask, color, opacity })
                .collect();
            let overlay = flatten(&layers, &[], &RECT);
            let mut expected = [0.0_f64; 4];
            for &(color, coverage, opacity) in &list {
                let alpha = f64::from(coverage) / 255.0 * (f64::from(opacity) * 257.0).round() / 257.0;
                let over = [color[0], color[1], color[2], 255].map(f64::from);
                for (under, over) in expected.iter_mut().zip(over) {
                    *under = over * alpha + *under * (1.0 - alpha);
                }
            }
            for pixel in overlay.rgba.chunks_exact(4) {
                for (found, expected) in pixel.iter().zip(expected) {
                    prop_assert!((f64::from(*found) - expected).abs() < 0.6, "{pixel:?} {expected}");
                }
                prop_assert!(pixel[..3].iter().all(|&value| value <= pixel[3]));
            }
        }

        #[test]
        fn a_union_is_at_least_each_part_and_full_only_with_a_full_one(a: u8, b: u8) {
            let both = union(a, b);
            prop_assert_eq!(both, union(b, a));
            prop_assert!(both >= a.max(b));
            prop_assert!(u32::from(both) <= u32::from(a) + u32::from(b));
        }
    }

    #[test]
    fn pictures_lie_on_top_and_rows_do_not_mix() {
        let mut mask = even(0);
        mask.data[..2].fill(255);
        let white = Layer {
            mask: &mask,
            color: [255; 3],
            opacity: 1.0,
        };
        let mut pictures = vec![0; 16];
        pictures[4..8].copy_from_slice(&[0, 128, 0, 128]);
        let overlay = flatten(&[white], &pictures, &RECT);
        assert_eq!(overlay.rgba[..4], [255; 4]);
        assert_eq!(overlay.rgba[4..8], [127, 255, 127, 255]);
        assert_eq!(overlay.rgba[8..], [0; 8]);
    }
}
