//! Above the clouds: a volume of billows marched from the eye, lit through by a low sun.

use super::super::field::Field;
use super::super::finish::Scene;
use super::super::math::{Quick, Rgb, V2, mix, rgb, step, unit, v2};
use super::super::noise::{fraction, hash2, value3};
use super::super::palette::Palette;
use super::super::sky::Sky;
use super::super::stage::Stage;

pub(crate) struct Clouds {
    sky: Sky,
    /// Light from the cloud, light in its shade, and what is left of the sky behind.
    field: Field<4>,
    palette: Palette,
}

/// How the air is filled.
struct Volume {
    seed: u32,
    drift: V2,
    cover: f32,
    tower: f32,
}

impl Volume {
    /// The density at a point: `y` is the height in cloud thicknesses, 0 at the floor.
    fn at(&self, x: f32, y: f32, z: f32, octaves: u32) -> f32 {
        if !(-0.2..=1.35).contains(&y) {
            return 0.0;
        }
        let (mut px, mut py, mut pz) = (x * 0.8 + self.drift.x, y * 0.95, z * 0.8 + self.drift.y);
        let big = value3(px * 0.36, 7.7, pz * 0.36, self.seed ^ 0x0b);
        let height = mix(0.2, self.tower, step(0.2, 0.85, big));
        // The floor is closed: between the heads one looks into shade, never through.
        let least = self.cover * (0.3 + big) - 0.5 - (y / height).max(0.0).powi(2) * 0.45
            + (0.12 - y).max(0.0) * 3.0;
        // Even the fullest noise (which reaches about 0.8) leaves this point empty.
        if least < -0.8 {
            return least;
        }
        let (mut sum, mut amp) = (0.0, 0.5);
        for i in 0..octaves {
            // Folded at zero: round heads, sharp creases between.
            let n = value3(px, py, pz, self.seed.wrapping_add(i));
            sum += amp * (2.0 * n - 1.0).abs() * 1.75;
            amp *= 0.5;
            (px, py, pz) = (px * 2.03 + 3.1, py * 2.03 + 1.7, pz * 2.03 - 5.3);
        }
        (sum + least) * 5.0
    }
}

impl Clouds {
    pub(crate) fn new(stage: &Stage) -> Self {
        let view = &stage.view;
        let mut rng = stage.rng("clouds");
        // As far below the horizon at every shape of frame: steeper down, the clouds would be too near to have a shape.
        let horizon = view.half.y - rng.between(0.44, 0.6);
        let mut low = *stage;
        low.sun_height = 0.1 + 0.45 * stage.sun_height;
        let sky = Sky::new(&low, horizon, rng.between(0.35, 0.75));
        let volume = Volume {
            seed: stage.noise("volume"),
            drift: v2(rng.between(0.0, 900.0), rng.between(0.0, 900.0)),
            cover: rng.between(0.04, 0.2),
            tower: rng.between(0.9, 1.3),
        };
        let eye = rng.between(1.45, 2.0);
        let sun = sky.sun;
        let jitter = stage.noise("jitter");
        let sun_dir = {
            let (dx, dy) = (sun.x * 1.1, (horizon - sun.y) * 0.5 + 0.08);
            let l = (dx * dx + dy * dy + 1.0).sqrt();
            (dx / l, dy / l, 1.0 / l)
        };
        let field = Field::bake(view, 0.01, 250.0, |p| {
            march(&volume, eye, p, horizon, sun_dir, jitter)
        });
        Self {
            sky,
            field,
            palette: stage.palette,
        }
    }
}

/// Light gathered along the ray through `p`: (sunlit, shaded, distance-weighted haze, transmittance).
fn march(
    volume: &Volume,
    eye: f32,
    p: V2,
    horizon: f32,
    sun: (f32, f32, f32),
    jitter: u32,
) -> [f32; 4] {
    let focal = 1.05;
    let dy = (horizon - p.y) / focal;
    let dx = p.x / focal;
    let top = 1.35;
    // The ray is parameterised by its depth z. Above the deck it meets nothing before it comes down to it.
    let near = if dy < 0.0 {
        ((top - eye) / dy).max(0.4)
    } else if eye < top {
        0.4
    } else {
        return [0.0, 0.0, 0.0, 1.0];
    };
    let far: f32 = 60.0;
    if near > far {
        return [0.0, 0.0, 1.0, 1.0];
    }
    let mut z = near;
    let mut left = 1.0_f32;
    let (mut lit, mut shade, mut haze) = (0.0, 0.0, 0.0);
    let start = fraction(hash2((p.x * 4096.0) as i32, (p.y * 4096.0) as i32, jitter));
    // A different start for every ray turns the steps into fine noise, which the spline smooths away.
    z += start * 0.012 * z;
    let (mut last_d, mut last_step) = (-1.0_f32, 0.0_f32);
    for _ in 0..96 {
        if z > far || left < 0.02 {
            break;
        }
        let (x, y) = (dx * z, eye + dy * z);
        if y < -0.15 {
            // The floor: what light is left ends in shade.
            shade += left * 0.3;
            haze += left * unit(1.0 - (-z * 0.035).quick_exp());
            left = 0.0;
            break;
        }
        if dy >= 0.0 && y > top {
            break;
        }
        let octaves = if z < 5.0 {
            5
        } else if z < 14.0 {
            4
        } else {
            3
        };
        let d = volume.at(x, y, z, octaves);
        let step_len = (0.036 * z).clamp(0.03, 0.9) * if d < -0.5 { 1.9 } else { 1.0 };
        if d > 0.0 && last_d < 0.0 && last_step > 0.0 {
            // Back to where the density crossed zero: edges stay crisp at long strides.
            z -= last_step * d / (d - last_d);
            (last_d, last_step) = (0.0, 0.0);
            continue;
        }
        (last_d, last_step) = (d, step_len);
        if d > 0.0 {
            let (a, b) = (0.16, 0.7);
            let s1 = volume
                .at(x + sun.0 * a, y + sun.1 * a, z + sun.2 * a, 3)
                .max(0.0);
            let s2 = volume
                .at(x + sun.0 * b, y + sun.1 * b, z + sun.2 * b, 2)
                .max(0.0);
            let through = (-(s1 * 1.0 + s2 * 1.3)).quick_exp();
            // Powder: thin edges away from the sun are darker than Beer's law says (Schneider 2015).
            let alpha = 1.0 - (-d * step_len * 7.0).quick_exp();
            let w = left * alpha;
            lit += w * through * mix(0.4, 1.0, unit(y * 1.3 + 0.1));
            shade += w * (1.0 - through) * mix(0.3, 1.0, unit(y * 1.2));
            haze += w * unit(1.0 - (-z * 0.035).quick_exp());
            left *= 1.0 - alpha;
        }
        z += step_len;
    }
    [lit, shade, haze, left]
}

impl Scene for Clouds {
    fn shade(&self, p: V2, px: f32) -> Rgb {
        let pal = &self.palette;
        let [lit, shade, haze, left] = self.field.at(p);
        let dense = 1.0 - left;
        // Between the clouds: their own depth, without sun.
        let down = p.y - self.sky.horizon;
        let behind = if down > 0.0 {
            let depth = pal.mid.mix(pal.zenith, 0.55) * 0.5;
            self.sky.haze(p.x).mix(depth, step(0.0, 0.25, down))
        } else {
            self.sky.shade(p, px)
        };
        if dense <= 0.001 {
            return behind;
        }
        let d = (p - self.sky.sun).len();
        let near = (-d * 1.7).quick_exp();
        let sunlit = pal.light.mix(pal.horizon, 0.5) * (0.5 + 1.3 * near);
        let dark = pal.mid.mix(pal.zenith, 0.6) * 0.5;
        let rim =
            pal.light * (1.6 * near * step(0.05, 0.5, left) * step(0.95, 0.5, left) * lit.min(1.0));
        let cloud = sunlit * lit + dark.mix(pal.accent, 0.08) * shade + rim;
        let body = cloud.mix(self.sky.haze(p.x) * dense, unit(haze / dense.max(0.01)));
        body + behind.mix(rgb(0.0, 0.0, 0.0), dense)
    }
}
