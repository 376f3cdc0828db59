//! From scene-linear light to eight bits: glow, vignette, film curve, grain, dither; in parallel by rows.

use rayon::prelude::*;

use super::Picture;
use super::field::Field;
use super::math::{Rgb, V2, rgb, step};
use super::noise::{LANES, Points, fraction, hash2, scramble};
use super::stage::View;

/// A picture as a function of position. `px` is the side of the pixel being asked about: shapes soften their edges by it.
pub(crate) trait Scene: Sync {
    /// The light at `p`.
    fn shade(&self, p: V2, px: f32) -> Rgb;

    /// The light at several points, each as [`Scene::shade`] has it.
    fn shade_points(&self, p: Points, px: f32) -> [Rgb; LANES] {
        p.map(|p| self.shade(p, px))
    }

    /// How strongly bright parts glow over their surroundings; 1.0 is a clean lens.
    fn glow(&self) -> f32 {
        1.0
    }
}

/// Narkowicz, "ACES Filmic Tone Mapping Curve", 2015.
fn film(x: f32) -> f32 {
    let x = x.max(0.0);
    (x * (2.51 * x + 0.03) / (x * (2.43 * x + 0.59) + 0.14)).min(1.0)
}

/// The light that [`film`] turns into `y`: the positive root of its quadratic. Capped at 0.8, which is light 1.0: nearer to
/// white the curve is so flat that one channel would be many times the others, and every mixture with it garish.
fn unfilm(y: f32) -> f32 {
    let y = y.clamp(0.0, 0.8);
    let (a, b, c) = (2.43 * y - 2.51, 0.59 * y - 0.03, 0.14 * y);
    ((-b - (b * b - 4.0 * a * c).sqrt()) / (2.0 * a)).max(0.0)
}

/// IEC 61966-2-1, encoded value to light.
fn srgb_to_linear(v: f32) -> f32 {
    if v <= 0.04045 {
        v / 12.92
    } else {
        ((v + 0.055) / 1.055).powf(2.4)
    }
}

/// IEC 61966-2-1, light to encoded value.
fn linear_to_srgb(v: f32) -> f32 {
    if v <= 0.003_130_8 {
        v * 12.92
    } else {
        1.055 * v.powf(1.0 / 2.4) - 0.055
    }
}

/// The scene light that comes out of the film curve as the sRGB colour `0xRRGGBB`, so palettes can be chosen by eye.
pub(crate) fn from_display(hex: u32) -> Rgb {
    let channel = |shift: u32| unfilm(srgb_to_linear(((hex >> shift) & 0xff) as f32 / 255.0));
    rgb(channel(16), channel(8), channel(0))
}

/// Renders `scene`, or gives `None` as soon as `stop` says so (asked once a row).
pub(crate) fn render(
    scene: &dyn Scene,
    view: &View,
    grain: u32,
    stop: &(dyn Fn() -> bool + Sync),
) -> Option<Picture> {
    let glow = Glow::of(scene, view, stop)?;
    let mut bytes = vec![0u8; view.width * view.height * 3];
    let encode = Curve::new();
    bytes
        .par_chunks_mut(view.width * 3)
        .enumerate()
        .try_for_each(|(j, row)| {
            if stop() {
                return None;
            }
            let y = view.point(0, j).y;
            let glow = glow.0.line(y);
            let edge = (y / view.half.y).powi(2);
            let to_side = 1.0 / view.half.x;
            let mut shaded = [Rgb::BLACK; LANES];
            for (i, pixel) in row.chunks_exact_mut(3).enumerate() {
                if i % LANES == 0 {
                    let points = std::array::from_fn(|k| view.point(i + k, j));
                    shaded = scene.shade_points(points, view.px);
                }
                let p = view.point(i, j);
                let [r, g, b] = glow.at(p.x);
                let mut c = shaded[i % LANES] + rgb(r, g, b);
                // Film pales as it burns out: without this a bright orange would turn lemon.
                let l = c.luma();
                if l > 0.8 {
                    c = c.mix(rgb(l, l, l), 0.75 * step(0.8, 4.0, l));
                }
                // Corners lose up to a third of their light, the lower edge a little more: captions and buttons go there.
                let corner = ((p.x * to_side).powi(2) + edge) * 0.5;
                c = c * (1.0 - 0.36 * step(0.25, 1.15, corner));
                let h = hash2(i as i32, j as i32, grain);
                // The sum of two uniforms: triangular, which hides the steps of eight bits wherever it is at least one wide.
                let g = fraction(h) + fraction(scramble(h)) - 1.0;
                for (k, (out, v)) in pixel.iter_mut().zip([c.r, c.g, c.b]).enumerate() {
                    let v = encode.at(v);
                    // Grain is strongest in the mid-tones, as on film; the dither below it is one step everywhere.
                    let own = fraction(scramble(h ^ (k as u32 + 1))) - 0.5;
                    let amount = 1.0 + 5.0 * v * (1.0 - v);
                    *out = (v * 255.0 + g * amount + own + 0.5).clamp(0.0, 255.0) as u8;
                }
            }
            Some(())
        })?;
    Some(Picture {
        width: view.width as u32,
        height: view.height as u32,
        rgb: bytes,
    })
}

/// Film curve and sRGB encoding in one table over the square root of light, read linearly.
struct Curve(Vec<f32>);

impl Curve {
    const STEPS: usize = 2048;
    /// Light beyond this is white.
    const TOP: f32 = 12.0;
    /// What light is multiplied by, so that its square root counts steps.
    const SCALE: f32 = (Self::STEPS * Self::STEPS) as f32 / Self::TOP;

    fn new() -> Self {
        let value =
            |i: usize| linear_to_srgb(film((i as f32 / Self::STEPS as f32).powi(2) * Self::TOP));
        Self((0..=Self::STEPS + 1).map(value).collect())
    }

    fn at(&self, light: f32) -> f32 {
        // `max` also turns NaN into black.
        let light = light.max(0.0);
        let t = (light.min(Self::TOP) * Self::SCALE).sqrt();
        let i = (t as usize).min(Self::STEPS);
        self.0[i] + (self.0[i + 1] - self.0[i]) * (t - i as f32)
    }
}

/// The halo of everything bright: the scene rendered small, its highlights blurred at two radii.
struct Glow(Field<3>);

impl Glow {
    /// Points per short side. The narrow blur spans several of them, so the grid cannot be seen.
    const PER_UNIT: f32 = 96.0;

    fn of(scene: &dyn Scene, view: &View, stop: &(dyn Fn() -> bool + Sync)) -> Option<Self> {
        if stop() {
            return None;
        }
        let px = 1.0 / Self::PER_UNIT;
        let margin = 0.06;
        let strength = scene.glow();
        let bright = Field::<3>::bake_points(view, margin, Self::PER_UNIT, |p| {
            if stop() {
                return [[0.0; 3]; LANES];
            }
            scene.shade_points(p, px).map(|c| {
                // A soft knee: nothing below mid-grey glows.
                let l = c.luma();
                let k = step(0.35, 1.6, l) * (2.5 / l.max(2.5)) * strength;
                [c.r * k, c.g * k, c.b * k]
            })
        });
        let near = bright.blurred(0.012);
        let far = near.blurred(0.06);
        if stop() {
            return None;
        }
        Some(Self(near.combined(&far, 0.16, 0.13)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_colour_chosen_for_the_screen_arrives_there() {
        let curve = Curve::new();
        for hex in [0x000000, 0x17162b, 0x24406e, 0x808080, 0xe0b27a, 0x10e080] {
            let c = from_display(hex);
            for (v, shift) in [(c.r, 16), (c.g, 8), (c.b, 0)] {
                let want = ((hex >> shift) & 0xff) as f32;
                let got = curve.at(v) * 255.0;
                assert!((got - want).abs() < 2.5, "{hex:06x}: {got} for {want}");
            }
        }
    }

    #[test]
    fn the_curve_rises_and_survives_any_light() {
        let curve = Curve::new();
        let values: Vec<f32> = (0..1000).map(|i| curve.at(i as f32 * 0.02)).collect();
        assert!(values.windows(2).all(|w| w[1] >= w[0] - 1e-6));
        assert!(
            curve.at(f32::NAN).abs() < 1e-6
                && curve.at(f32::INFINITY) > 0.99
                && curve.at(-1.0).abs() < 1e-6
        );
    }
}
