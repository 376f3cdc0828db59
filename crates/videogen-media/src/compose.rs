//! Putting one frame together: the window of a picture, the next picture fading in, a caption on top.

use videogen_types::FrameSize;

use crate::captions::Overlay;
use crate::resample::{Resampler, Window, mix};
use crate::wide;
use crate::yuv::{Plane, Planes, covered_chroma, covered_luma};

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
    each_plane(size, frame, picture, window, Resampler::run);
}

/// Mixes `window` of `picture` into `frame`: `weight` 0 leaves the frame, 256 replaces it.
pub(crate) fn mix_window(
    size: FrameSize,
    frame: &mut [u8],
    picture: &Planes,
    window: Window,
    weight: u16,
) {
    each_plane(size, frame, picture, window, |resampler, plane, out| {
        resampler.mix(plane, out, weight);
    });
}

/// Mixes a whole frame into `frame`, as [`mix_window`] does.
pub(crate) fn mix_frame(frame: &mut [u8], above: &[u8], weight: u16) {
    mix(frame, above, weight.min(256));
}

fn each_plane(
    size: FrameSize,
    frame: &mut [u8],
    picture: &Planes,
    window: Window,
    run: impl Fn(&Resampler, &Plane, &mut [u8]),
) {
    let (width, height) = (size.width() as usize, size.height() as usize);
    let out = split(size, frame);
    let shape = |plane: &Plane| (plane.width(), plane.height());
    let luma = Resampler::new(window, shape(&picture.y), (width, height), 0.5);
    run(&luma, &picture.y, out.y);
    let half = Window {
        left: window.left / 2.0,
        top: window.top / 2.0,
        width: window.width / 2.0,
        height: window.height / 2.0,
    };
    let chroma = Resampler::new(half, shape(&picture.cb), (width / 2, height / 2), 0.25);
    run(&chroma, &picture.cb, out.cb);
    run(&chroma, &picture.cr, out.cr);
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
    luma: Layer,
    cb: Layer,
    cr: Layer,
}

/// One plane of a stamp.
#[derive(Debug)]
struct Layer {
    width: usize,
    /// Samples times coverage.
    values: Vec<u8>,
    /// 255 minus coverage.
    rests: Vec<u8>,
}

impl Layer {
    fn clear(width: usize, height: usize) -> Self {
        Self {
            width,
            values: vec![0; width * height],
            rests: vec![255; width * height],
        }
    }

    /// Blends onto a plane, `start` its first sample under the stamp. `over` puts a value and a rest over a sample.
    fn blend(
        &self,
        plane: &mut [u8],
        start: usize,
        stride: usize,
        over: impl Fn(u8, u8, u8) -> u8,
    ) {
        let rows = self
            .values
            .chunks_exact(self.width.max(1))
            .zip(self.rests.chunks_exact(self.width.max(1)));
        for (row, (values, rests)) in rows.enumerate() {
            let line = &mut plane[start + row * stride..][..self.width];
            wide::run(|| {
                for ((sample, value), rest) in line.iter_mut().zip(values).zip(rests) {
                    *sample = over(*value, *rest, *sample);
                }
            });
        }
    }
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
        let half = width / 2;
        let mut full = Layer::clear(width, height);
        let mut blue = Layer::clear(half, height / 2);
        let mut red = Layer::clear(half, height / 2);
        let pixels = overlay.rgba.as_chunks::<4>().0;
        wide::run(|| {
            let out = full.values.iter_mut().zip(&mut full.rests);
            for (pixel, (value, rest)) in pixels.iter().zip(out) {
                (*value, *rest) = (covered_luma(*pixel), 255 - pixel[3]);
            }
        });
        // Two rows of pairs of pixels.
        let pairs = overlay.rgba.as_chunks::<8>().0;
        for (y, rows) in pairs.chunks_exact(2 * half.max(1)).enumerate() {
            let (upper, lower) = rows.split_at(half);
            let row = y * half..(y + 1) * half;
            let blue = blue.values[row.clone()]
                .iter_mut()
                .zip(&mut blue.rests[row.clone()]);
            let red = red.values[row.clone()].iter_mut().zip(&mut red.rests[row]);
            wide::run(|| {
                for ((upper, lower), (blue, red)) in upper.iter().zip(lower).zip(blue.zip(red)) {
                    let four = std::array::from_fn(|c| {
                        let column = [upper[c], upper[c + 4], lower[c], lower[c + 4]];
                        column.map(i32::from).iter().sum()
                    });
                    let rest = 255 - ((four[3] + 2) >> 2) as u8;
                    let (to_blue, to_red) = covered_chroma(four);
                    (*blue.0, *blue.1) = (to_blue, rest);
                    (*red.0, *red.1) = (to_red, rest);
                }
            });
        }
        Self {
            left,
            top,
            luma: full,
            cb: blue,
            cr: red,
        }
    }

    /// Blends onto an I420 frame of the size given to [`Stamp::new`].
    pub(crate) fn blend(&self, size: FrameSize, frame: &mut [u8]) {
        self.each_plane(size, frame, over);
    }

    /// The same with `weight` of its opacity: 0 leaves the frame, 256 is [`Stamp::blend`].
    pub(crate) fn blend_at(&self, size: FrameSize, frame: &mut [u8], weight: u16) {
        let part = |value: u8| ((u16::from(value) * weight + 128) >> 8) as u8;
        match weight {
            0 => {}
            1..256 => self.each_plane(size, frame, |value, rest, below| {
                over(part(value), 255 - part(255 - rest), below)
            }),
            256.. => self.blend(size, frame),
        }
    }

    fn each_plane(
        &self,
        size: FrameSize,
        frame: &mut [u8],
        over: impl Fn(u8, u8, u8) -> u8 + Copy,
    ) {
        let stride = size.width() as usize;
        let out = split(size, frame);
        self.luma
            .blend(out.y, self.top * stride + self.left, stride, over);
        let start = self.top / 2 * (stride / 2) + self.left / 2;
        self.cb.blend(out.cb, start, stride / 2, over);
        self.cr.blend(out.cr, start, stride / 2, over);
    }
}

/// Premultiplied "over" (Porter and Duff 1984) with an exact division by 255, in 16 bits so that it becomes vector code.
fn over(value: u8, rest: u8, below: u8) -> u8 {
    let product = u16::from(below) * u16::from(rest) + 128;
    value.saturating_add(((product + (product >> 8)) >> 8) as u8)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fades_start_and_end_at_the_pictures_themselves() {
        let size = FrameSize::new(16, 16).expect("even");
        let grey = |level: u8| Planes::from_rgb(20, 20, &[level; 20 * 20 * 3]);
        let whole = Window {
            left: 0.0,
            top: 0.0,
            width: 20.0,
            height: 20.0,
        };
        // Black and white are 16 and 235 in limited range.
        for (fraction, expected) in [(0.0, 16), (1.0, 235), (0.5, 126)] {
            let mut frame = vec![0; size.frame_bytes()];
            paint_window(size, &mut frame, &grey(0), whole);
            mix_window(
                size,
                &mut frame,
                &grey(255),
                whole,
                crossfade_weight(fraction),
            );
            assert_eq!(&frame[..256], [expected; 256], "at {fraction}");
            assert_eq!(&frame[256..], [128; 128], "grey has no colour");
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

    #[test]
    fn every_part_of_a_stamp_has_its_own_colour() {
        let size = FrameSize::new(16, 16).expect("even");
        let quarters = [
            [255, 0, 0, 255],
            [0, 255, 0, 255],
            [0, 0, 255, 255],
            [255, 255, 255, 255],
        ];
        let rgba: Vec<u8> = (0..6 * 4)
            .flat_map(|i| quarters[usize::from(i % 6 >= 2) + 2 * usize::from(i / 6 >= 2)])
            .collect();
        let overlay = Overlay {
            x: 4,
            y: 8,
            width: 6,
            height: 4,
            rgba,
        };
        let mut frame = vec![128; size.frame_bytes()];
        Stamp::new(&overlay, size).blend(size, &mut frame);
        // BT.709, limited range; the columns are two and four wide.
        for (at, [y, cb, cr]) in [
            ((4, 8), [63, 102, 240]),
            ((6, 8), [173, 42, 26]),
            ((9, 9), [173, 42, 26]),
            ((5, 11), [32, 240, 118]),
            ((9, 10), [235, 128, 128]),
        ] {
            let chroma = at.1 / 2 * 8 + at.0 / 2;
            let found = [
                frame[at.1 * 16 + at.0],
                frame[256 + chroma],
                frame[256 + 64 + chroma],
            ];
            assert_eq!(found, [y, cb, cr], "at {at:?}");
        }
    }

    #[test]
    fn a_stamp_fades_evenly_from_nothing_to_all() {
        let size = FrameSize::new(16, 16).expect("even");
        let overlay = Overlay {
            x: 0,
            y: 0,
            width: 16,
            height: 16,
            rgba: [200, 100, 50, 220].repeat(256),
        };
        let stamp = Stamp::new(&overlay, size);
        let at = |weight| {
            let mut frame = vec![77u8; size.frame_bytes()];
            stamp.blend_at(size, &mut frame, weight);
            frame
        };
        assert_eq!(at(0), vec![77; size.frame_bytes()]);
        let mut whole = vec![77u8; size.frame_bytes()];
        stamp.blend(size, &mut whole);
        assert_eq!(at(256), whole);
        for weight in 0..=256 {
            for (faded, whole) in at(weight).into_iter().zip(&whole) {
                let fraction = f64::from(weight) / 256.0;
                let expected = 77.0 + (f64::from(*whole) - 77.0) * fraction;
                assert!(
                    (f64::from(faded) - expected).abs() <= 1.5,
                    "{faded} at {weight}"
                );
            }
        }
    }
}
