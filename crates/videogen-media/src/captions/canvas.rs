//! A picture that is painted in layers, and the arithmetic of coverage and colour.

use super::Overlay;
use super::outline::Mask;
use super::style::Rgb;
use super::zone::Area;

/// A premultiplied picture that is painted over and over.
pub(crate) struct Canvas {
    width: usize,
    height: usize,
    /// Four 16-bit channels a pixel; 65,535 is full. Eight bits would round with each layer.
    data: Vec<[u16; 4]>,
}

impl Canvas {
    pub(crate) fn new(width: usize, height: usize) -> Self {
        Self {
            width,
            height,
            data: vec![[0; 4]; width * height],
        }
    }

    /// Paints a colour over everything, where and as much as the mask says.
    pub(crate) fn paint(&mut self, mask: &Mask, color: Rgb, opacity: f32) {
        let opacity = (opacity.clamp(0.0, 1.0) * 257.0).round() as u32;
        let [r, g, b] = color.map(u32::from);
        for (pixel, &coverage) in self.data.iter_mut().zip(&mask.data) {
            if coverage == 0 {
                continue;
            }
            let alpha = u32::from(coverage) * opacity;
            let over = [r * alpha / 255, g * alpha / 255, b * alpha / 255, alpha];
            for (under, over) in pixel.iter_mut().zip(over) {
                *under = (over + u32::from(*under) * (65_535 - alpha) / 65_535) as u16;
            }
        }
    }

    /// Paints premultiplied eight-bit pixels over everything.
    pub(crate) fn paint_pictures(&mut self, pictures: &[u8]) {
        for (pixel, over) in self.data.iter_mut().zip(pictures.chunks_exact(4)) {
            let alpha = u32::from(over[3]) * 257;
            if alpha > 0 {
                for (under, &over) in pixel.iter_mut().zip(over) {
                    *under = (u32::from(over) * 257 + u32::from(*under) * (65_535 - alpha) / 65_535)
                        .min(65_535) as u16;
                }
            }
        }
    }

    pub(crate) fn finish(self, rect: &Area) -> Overlay {
        debug_assert_eq!(self.data.len(), self.width * self.height);
        let rgba = self
            .data
            .iter()
            .flatten()
            .map(|&value| ((u32::from(value) + 128) / 257) as u8)
            .collect();
        Overlay {
            x: rect.x0 as u32,
            y: rect.y0 as u32,
            width: self.width as u32,
            height: self.height as u32,
            rgba,
        }
    }
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
    let (a, b) = (u32::from(a), u32::from(b));
    (a + b - (a * b + 127) / 255) as u8
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
