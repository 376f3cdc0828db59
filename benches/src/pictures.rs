//! The pictures: synthetic, but with what real ones cost an encoder: fine texture, hard edges, soft gradients, grain.

use camino::{Utf8Path, Utf8PathBuf};
use image::{Rgb, RgbImage};

use crate::noise::{fractal, hash};

/// Colour of a place, `0.0..=1.0` each; `x` and `y` in heights of the picture.
type Painter = fn(f32, f32, Canvas) -> [f32; 3];

/// What is painted, in the order of the scenes.
pub(crate) const SET: [(&str, Painter); 5] = [
    ("mountains", mountains),
    ("city", city),
    ("portrait", portrait),
    ("forest", forest),
    ("fractal", mandelbrot),
];

/// Standard deviation of the grain, in steps of 8 bits: what a photograph at moderate sensitivity has, and more than
/// diffusion models paint.
const GRAIN: f32 = 1.6;

/// What a painter has to know of the picture.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Canvas {
    /// Width in heights.
    aspect: f32,
    /// Octaves of fractal noise from the whole picture down to two pixels.
    octaves: u32,
}

/// Where the pictures of this size are below `dir`, in the order of [`SET`].
pub(crate) fn paths(dir: &Utf8Path, width: u32, height: u32) -> Vec<Utf8PathBuf> {
    let dir = dir.join(format!("{width}x{height}"));
    SET.iter()
        .map(|(name, _)| dir.join(format!("{name}.png")))
        .collect()
}

/// Writes the set to `paths` as PNG files of `width`×`height`, where they are not there yet.
///
/// # Errors
/// What could not be written, in words.
pub(crate) fn write(paths: &[Utf8PathBuf], width: u32, height: u32) -> Result<(), String> {
    for (seed, (path, (_, painter))) in paths.iter().zip(SET).enumerate() {
        if path.exists() {
            continue;
        }
        if let Some(dir) = path.parent() {
            std::fs::create_dir_all(dir).map_err(|error| format!("creating {dir}: {error}"))?;
        }
        // Renamed when complete: a run that is stopped leaves no half picture for the next.
        let partial = path.with_extension("part");
        paint(width, height, painter, seed as u32)
            .save_with_format(&partial, image::ImageFormat::Png)
            .map_err(|error| format!("writing {partial}: {error}"))?;
        std::fs::rename(&partial, path).map_err(|error| format!("writing {path}: {error}"))?;
    }
    Ok(())
}

fn paint(width: u32, height: u32, painter: Painter, seed: u32) -> RgbImage {
    let canvas = Canvas {
        aspect: width as f32 / height as f32,
        octaves: height.ilog2() - 2,
    };
    RgbImage::from_fn(width, height, |x, y| {
        let colour = painter(x as f32 / height as f32, y as f32 / height as f32, canvas);
        Rgb([0, 1, 2].map(|channel| {
            // Three uniform numbers make a bell; mostly the same in all channels, as a sensor's grain after demosaicing.
            let bell = |seed| {
                let part = |n| hash(x as i32, y as i32, seed + n);
                (part(0) + part(1) + part(2) - 1.5) * 2.0
            };
            let grain = 0.8 * bell(90 + seed) + 0.6 * bell(900 + seed + 50 * channel as u32);
            (colour[channel] * 255.0 + GRAIN * grain)
                .round()
                .clamp(0.0, 255.0) as u8
        }))
    })
}

fn mix(a: [f32; 3], b: [f32; 3], t: f32) -> [f32; 3] {
    let t = t.clamp(0.0, 1.0);
    [0, 1, 2].map(|i| a[i] + (b[i] - a[i]) * t)
}

fn scale(colour: [f32; 3], factor: f32) -> [f32; 3] {
    colour.map(|c| c * factor)
}

/// Ridges behind one another under a sky, paler with distance.
fn mountains(x: f32, y: f32, canvas: Canvas) -> [f32; 3] {
    let clouds = fractal(x * 3.0, y * 6.0, canvas.octaves, 11);
    let sky = mix([0.95, 0.72, 0.5], [0.25, 0.42, 0.68], 1.2 - y * 2.4);
    let mut colour = mix(sky, [1.0, 0.95, 0.9], (clouds - 0.52) * 3.0);
    for ridge in 0..6u32 {
        let depth = ridge as f32 / 5.0;
        let crest = 0.34 + 0.11 * ridge as f32
            - 0.24
                * (fractal(
                    x * (2.0 + depth),
                    ridge as f32 * 7.0,
                    canvas.octaves,
                    20 + ridge,
                ) - 0.4);
        if y > crest {
            let below = y - crest;
            let rock = fractal(
                x * 9.0,
                y * 9.0 + ridge as f32,
                canvas.octaves - 2,
                40 + ridge,
            );
            let snow = (0.05 - below + (rock - 0.5) * 0.18) * 12.0 * (1.0 - depth);
            let ground = scale(
                mix([0.5, 0.55, 0.66], [0.1, 0.19, 0.1], depth),
                0.35 + 1.3 * rock,
            );
            colour = mix(ground, [0.95, 0.96, 1.0], snow);
        }
    }
    colour
}

/// Towers with lit windows at dusk, mirrored in wet ground.
fn city(x: f32, y: f32, canvas: Canvas) -> [f32; 3] {
    let (mirrored, y) = if y > 0.78 {
        (true, 1.56 - y)
    } else {
        (false, y)
    };
    let x = if mirrored {
        x + 0.006 * (fractal(x * 8.0, y * 90.0, 4, 3) - 0.5)
    } else {
        x
    };
    let haze = fractal(x * 2.0, y * 4.0, canvas.octaves, 5);
    let mut colour = mix(
        [0.9, 0.45, 0.35],
        [0.12, 0.14, 0.32],
        1.25 - y * 1.5 + (haze - 0.5) * 0.5,
    );
    for row in 0..4i32 {
        let width = 0.11 - 0.012 * row as f32;
        let column = (x / width + 0.37 * row as f32).floor() as i32;
        let across = (x / width + 0.37 * row as f32).fract();
        let top = 0.2 + 0.1 * row as f32 + 0.3 * hash(column, row, 31);
        if y < top || across < 0.04 {
            continue;
        }
        let wall = scale(
            [0.16, 0.17, 0.22],
            0.6 + 0.35 * row as f32 + 0.5 * (fractal(x * 40.0, y * 40.0, 4, 6) - 0.5),
        );
        let (window_x, window_y) = (across * 9.0, y * 110.0);
        let inside = (window_x.fract() - 0.5).abs() < 0.3 && (window_y.fract() - 0.5).abs() < 0.28;
        let seed = 60 + row as u32 * 7 + column.unsigned_abs();
        let lit = hash(window_x as i32, window_y as i32, seed);
        colour = match (inside, lit > 0.55) {
            (true, true) => scale([1.0, 0.84, 0.5], 0.45 + lit * 0.55),
            (true, false) => [0.07, 0.09, 0.14],
            (false, _) => wall,
        };
    }
    if mirrored {
        scale(colour, 0.55)
    } else {
        colour
    }
}

/// A head with strands of hair before discs of light out of focus.
fn portrait(x: f32, y: f32, canvas: Canvas) -> [f32; 3] {
    let middle = canvas.aspect / 2.0;
    let mut colour = mix([0.1, 0.13, 0.2], [0.32, 0.2, 0.16], y);
    for disc in 0..26i32 {
        let (cx, cy) = (hash(disc, 1, 70) * canvas.aspect, hash(disc, 2, 70) * 0.9);
        let radius = 0.025 + 0.05 * hash(disc, 3, 70);
        let distance = (x - cx).hypot(y - cy);
        let light = [
            0.9,
            0.5 + 0.4 * hash(disc, 4, 70),
            0.3 + 0.4 * hash(disc, 5, 70),
        ];
        let edge = ((radius - distance) / 0.004).clamp(0.0, 1.0);
        let rim = 0.35 + 0.4 * (distance / radius).powi(4);
        colour = mix(colour, light, edge * rim * 0.7);
    }
    let shoulders = ((x - middle) / 0.3).powi(2) + ((y - 1.05) / 0.33).powi(2);
    if shoulders < 1.0 {
        let weave = 0.5 + 0.5 * (x * 900.0).sin() * (y * 900.0).sin();
        colour = scale(
            [0.25, 0.3, 0.42],
            0.7 + 0.3 * weave * fractal(x * 12.0, y * 12.0, 5, 8) + 0.25 * (1.0 - shoulders),
        );
    }
    let hair = ((x - middle) / 0.185).powi(2) + ((y - 0.41) / 0.25).powi(2);
    if hair < 1.0 + 0.25 * (fractal(x * 30.0, y * 4.0, 5, 12) - 0.5) {
        let strand = fractal(
            x * 120.0 + 6.0 * fractal(x * 5.0, y * 5.0, 3, 2),
            y * 6.0,
            5,
            13,
        );
        colour = scale([0.38, 0.24, 0.15], 0.35 + 1.5 * strand * strand * 1.6);
    }
    let face = ((x - middle) / 0.135).powi(2) + ((y - 0.45) / 0.2).powi(2);
    if face < 1.0 {
        let pores = fractal(x * 160.0, y * 160.0, 3, 15) - 0.5;
        let light = 1.06 - 0.4 * face + 0.8 * (middle - x) + 0.06 * pores;
        colour = scale([0.87, 0.66, 0.54], light);
        for side in [-1.0, 1.0] {
            let eye = ((x - middle - side * 0.055) / 0.024).powi(2) + ((y - 0.42) / 0.011).powi(2);
            let iris = (x - middle - side * 0.055).hypot(y - 0.42);
            if eye < 1.0 {
                colour = if iris < 0.0095 {
                    scale([0.2, 0.4, 0.45], 0.5 + iris * 60.0)
                } else {
                    [0.93, 0.92, 0.9]
                };
            }
        }
        let mouth = ((x - middle) / 0.05).powi(2) + ((y - 0.545) / 0.013).powi(2);
        if mouth < 1.0 {
            colour = scale([0.72, 0.33, 0.33], 0.8 + 0.3 * (1.0 - mouth));
        }
    }
    colour
}

/// Trunks in a mist, leaves everywhere.
fn forest(x: f32, y: f32, canvas: Canvas) -> [f32; 3] {
    let mut colour = mix(
        [0.75, 0.82, 0.62],
        [0.3, 0.42, 0.25],
        y + 0.4 * (fractal(x * 3.0, y * 3.0, 5, 4) - 0.5),
    );
    for layer in 0..4u32 {
        let near = layer as f32 / 3.0;
        let spacing = 0.05 + 0.07 * near;
        let bend = 0.05 * (fractal(y * 2.0, layer as f32 * 3.0, 3, 80 + layer) - 0.5);
        let position = (x + bend) / spacing + 0.31 * layer as f32;
        let trunk = position.floor() as i32;
        let thickness = 0.1 + 0.13 * hash(trunk, layer as i32, 81);
        let off = (position.fract() - 0.5 - 0.4 * (hash(trunk, layer as i32, 82) - 0.5)).abs();
        if off < thickness {
            let bark = fractal(x * 60.0, y * 14.0, canvas.octaves - 4, 83 + layer);
            let round = 1.0 - 0.6 * (off / thickness).powi(2);
            colour = mix(
                [0.55, 0.6, 0.48],
                scale([0.34, 0.25, 0.17], 0.5 + bark),
                0.3 + 0.7 * near,
            );
            colour = scale(colour, round);
        }
        let leaves = fractal(
            x * 22.0 / (0.5 + near),
            y * 22.0 / (0.5 + near),
            canvas.octaves - 3,
            90 + layer,
        );
        let cover = 0.5 + 0.2 * (y - 0.45).abs().mul_add(-1.0, 0.3);
        if leaves > 1.06 - cover {
            let tone = fractal(x * 70.0, y * 70.0, 4, 95 + layer);
            colour = scale(
                mix([0.5, 0.62, 0.32], [0.13, 0.34, 0.1], near),
                0.4 + 1.3 * tone,
            );
        }
    }
    colour
}

/// A stretch of the Mandelbrot set's edge, coloured smoothly.
fn mandelbrot(x: f32, y: f32, canvas: Canvas) -> [f32; 3] {
    let (re, im) = (
        f64::from(x - canvas.aspect / 2.0) * 0.03 - 0.7436,
        f64::from(y - 0.5) * 0.03 + 0.1318,
    );
    let (mut zr, mut zi) = (0.0f64, 0.0f64);
    for step in 0..300 {
        let (sr, si) = (zr * zr, zi * zi);
        if sr + si > 256.0 {
            let fine = step as f64 + 1.0 - (((sr + si).ln() / 2.0) / 2f64.ln()).log2();
            let t = (fine * 0.035) as f32 * std::f32::consts::TAU;
            return [0.0, 2.1, 4.2].map(|phase| 0.5 + 0.45 * (t + phase).cos());
        }
        (zr, zi) = (sr - si + re, 2.0 * zr * zi + im);
    }
    [0.02, 0.02, 0.05]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_picture_is_detailed_neither_black_nor_white_and_painted_the_same_twice() {
        for (seed, (name, painter)) in SET.iter().enumerate() {
            let picture = paint(108, 192, *painter, seed as u32);
            assert_eq!(picture, paint(108, 192, *painter, seed as u32), "{name}");
            let grey: Vec<f32> = picture.pixels().map(|p| f32::from(p[1])).collect();
            let mean = grey.iter().sum::<f32>() / grey.len() as f32;
            assert!((20.0..235.0).contains(&mean), "{name}: {mean}");
            let spread = grey.iter().map(|v| (v - mean).powi(2)).sum::<f32>() / grey.len() as f32;
            assert!(spread.sqrt() > 20.0, "{name}: {spread}");
        }
    }
}
