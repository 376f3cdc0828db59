//! Putting one frame together: the window of a picture, the next picture fading in, a caption on top.

use crate::captions::Overlay;
use crate::resample::{Window, resample_plane};
use crate::units::FrameSize;
use crate::yuv::{Planes, chroma, luma};

/// A frame under construction: the three planes of one I420 buffer.
struct FrameMut<'a> {
    y: &'a mut [u8],
    cb: &'a mut [u8],
    cr: &'a mut [u8],
}

fn split(size: FrameSize, frame: &mut [u8]) -> FrameMut<'_> {
    let luma_bytes = size.width() as usize * size.height() as usize;
    let (y, rest) = frame.split_at_mut(luma_bytes);
    let (cb, cr) = rest.split_at_mut(luma_bytes / 4);
    FrameMut { y, cb, cr }
}

/// Fills `frame` (I420, [`FrameSize::frame_bytes`] long) with `window` of `picture`.
pub(crate) fn paint_window(size: FrameSize, frame: &mut [u8], picture: &Planes, window: Window) {
    let (width, height) = (size.width() as usize, size.height() as usize);
    let out = split(size, frame);
    resample_plane(
        (&picture.y, picture.width, picture.height),
        (out.y, width, height),
        window,
        0.5,
    );
    let half = Window {
        left: window.left / 2.0,
        top: window.top / 2.0,
        width: window.width / 2.0,
        height: window.height / 2.0,
    };
    let (source_width, source_height) = (picture.width / 2, picture.height / 2);
    resample_plane(
        (&picture.cb, source_width, source_height),
        (out.cb, width / 2, height / 2),
        half,
        0.25,
    );
    resample_plane(
        (&picture.cr, source_width, source_height),
        (out.cr, width / 2, height / 2),
        half,
        0.25,
    );
}

/// Mixes `other` into `frame`: `weight` 0 leaves the frame, 256 replaces it.
pub(crate) fn crossfade(frame: &mut [u8], other: &[u8], weight: u16) {
    let weight = weight.min(256);
    for (a, &b) in frame.iter_mut().zip(other) {
        *a = ((u16::from(*a) * (256 - weight) + u16::from(b) * weight + 128) >> 8) as u8;
    }
}

/// The weight of the next picture at `fraction` of a crossfade: smoothstep, so that it neither starts nor ends abruptly.
pub(crate) fn crossfade_weight(fraction: f64) -> u16 {
    let t = fraction.clamp(0.0, 1.0);
    (t * t * (3.0 - 2.0 * t) * 256.0).round() as u16
}

/// A caption bitmap converted once to the planes it is blended into.
#[derive(Debug)]
pub(crate) struct Stamp {
    left: usize,
    top: usize,
    width: usize,
    height: usize,
    /// Luma times coverage, and 255 minus coverage.
    y: Vec<[u8; 2]>,
    /// Blue difference, red difference (both times coverage), 255 minus coverage, at half size.
    chroma: Vec<[u8; 3]>,
}

impl Stamp {
    /// Converts `overlay`. It is even in position and size and lies inside a frame of `size`.
    pub(crate) fn new(overlay: &Overlay, size: FrameSize) -> Self {
        let (width, height) = (overlay.width as usize, overlay.height as usize);
        let (left, top) = (overlay.x as usize, overlay.y as usize);
        assert!(
            left + width <= size.width() as usize && top + height <= size.height() as usize,
            "inside the frame"
        );
        let pixel = |x: usize, y: usize| {
            let p = &overlay.rgba[(y * width + x) * 4..][..4];
            [
                f32::from(p[0]),
                f32::from(p[1]),
                f32::from(p[2]),
                f32::from(p[3]),
            ]
        };
        let mut y = Vec::with_capacity(width * height);
        for row in 0..height {
            for column in 0..width {
                let [r, g, b, a] = pixel(column, row);
                y.push([
                    (luma(r, g, b) + 16.0 * a / 255.0 + 0.5) as u8,
                    255 - a as u8,
                ]);
            }
        }
        let mut small = Vec::with_capacity(width * height / 4);
        for row in 0..height / 2 {
            for column in 0..width / 2 {
                let mut sum = [0.0f32; 4];
                for (dx, dy) in [(0, 0), (1, 0), (0, 1), (1, 1)] {
                    for (s, v) in sum.iter_mut().zip(pixel(column * 2 + dx, row * 2 + dy)) {
                        *s += v / 4.0;
                    }
                }
                let [r, g, b, a] = sum;
                let (blue, red) = chroma(r, g, b);
                let grey = 128.0 * a / 255.0;
                small.push([
                    (grey + blue + 0.5) as u8,
                    (grey + red + 0.5) as u8,
                    255 - (a + 0.5) as u8,
                ]);
            }
        }
        Self {
            left,
            top,
            width,
            height,
            y,
            chroma: small,
        }
    }

    /// Blends onto an I420 frame of the size given to [`Stamp::new`].
    pub(crate) fn blend(&self, size: FrameSize, frame: &mut [u8]) {
        let stride = size.width() as usize;
        let out = split(size, frame);
        for (row, stamp) in self.y.chunks_exact(self.width.max(1)).enumerate() {
            let line = &mut out.y[(self.top + row) * stride + self.left..][..self.width];
            for (pixel, [value, rest]) in line.iter_mut().zip(stamp) {
                *pixel = over(*value, *rest, *pixel);
            }
        }
        for (row, stamp) in self
            .chroma
            .chunks_exact((self.width / 2).max(1))
            .take(self.height / 2)
            .enumerate()
        {
            let start = (self.top / 2 + row) * (stride / 2) + self.left / 2;
            let blue = &mut out.cb[start..][..self.width / 2];
            let red = &mut out.cr[start..][..self.width / 2];
            for ((b, r), [blue_value, red_value, rest]) in blue.iter_mut().zip(red).zip(stamp) {
                *b = over(*blue_value, *rest, *b);
                *r = over(*red_value, *rest, *r);
            }
        }
    }
}

/// Premultiplied "over" (Porter and Duff 1984) with an exact division by 255.
fn over(value: u8, rest: u8, below: u8) -> u8 {
    let product = u32::from(below) * u32::from(rest) + 128;
    value.saturating_add(((product + (product >> 8)) >> 8) as u8)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fades_start_and_end_at_the_pictures_themselves() {
        let a = vec![10u8; 64];
        let b = vec![200u8; 64];
        for (fraction, expected) in [(0.0, 10), (1.0, 200), (0.5, 105)] {
            let mut frame = a.clone();
            crossfade(&mut frame, &b, crossfade_weight(fraction));
            assert_eq!(frame, vec![expected; 64], "at {fraction}");
        }
    }

    #[test]
    fn an_opaque_stamp_replaces_and_a_clear_one_leaves() {
        let size = FrameSize::new(32, 32).expect("even");
        let stamp = |pixel: [u8; 4]| {
            Stamp::new(
                &Overlay {
                    x: 8,
                    y: 4,
                    width: 4,
                    height: 6,
                    rgba: pixel.repeat(24),
                },
                size,
            )
        };
        let mut frame = vec![77u8; size.frame_bytes()];
        stamp([0, 0, 0, 0]).blend(size, &mut frame);
        assert!(frame.iter().all(|&v| v == 77));
        stamp([255, 255, 255, 255]).blend(size, &mut frame);
        assert_eq!(frame[4 * 32 + 8], 235);
        assert_eq!(frame[9 * 32 + 11], 235);
        assert_eq!(frame[10 * 32 + 11], 77, "one row below");
        assert_eq!(frame[9 * 32 + 12], 77, "one column to the right");
        assert_eq!(
            frame[32 * 32 + 2 * 16 + 4],
            128,
            "white has no colour difference"
        );
        assert_eq!(frame.iter().filter(|&&v| v != 77).count(), 24 + 2 * 6);
    }
}
