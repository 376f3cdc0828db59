//! The sky behind the open-air motifs: gradient, sun or moon, clouds, stars.

use super::field::Field;
use super::math::{Quick, Rgb, V2, bell, cover, mix, rgb, step, unit, v2};
use super::noise::{LANES, Points, fbm_at, hash2, noise_at, trait_of, warped_at};
use super::palette::Palette;
use super::stage::Stage;

/// Clouds reach this far below the horizon, so that no edge is seen where water or hills begin.
const HIDDEN: f32 = 0.02;
/// Points of the clouds per short side.
const CLOUDS_PER_UNIT: f32 = 330.0;
/// Columns of haze per short side. Its colour changes slowly: read between them it is exact to a two-thousandth.
const HAZE_PER_UNIT: f32 = 128.0;

/// No cloud: how much it covers, and how lit it is.
const NONE: [f32; 2] = [0.0, 0.5];

/// A sky above `horizon`.
#[derive(Debug)]
pub(crate) struct Sky {
    palette: Palette,
    top: f32,
    pub(crate) horizon: f32,
    pub(crate) sun: V2,
    sun_radius: f32,
    clouds: Option<Field<2>>,
    /// The colour of [`Sky::haze`] at [`HAZE_PER_UNIT`] columns a short side, from `haze_from` on.
    haze: Vec<Rgb>,
    haze_from: f32,
}

impl Sky {
    /// `cloudiness` 0 (clear) to 1 (mostly covered).
    pub(crate) fn new(stage: &Stage, horizon: f32, cloudiness: f32) -> Self {
        let view = &stage.view;
        let top = -view.half.y;
        let sun = v2(
            view.x(stage.sun_x),
            mix(horizon - 0.03, mix(horizon, top, 0.8), stage.sun_height),
        );
        let mut rng = stage.rng("sky");
        let seed = stage.noise("clouds");
        let shift = v2(rng.between(-50.0, 50.0), rng.between(-50.0, 50.0));
        let stretch = rng.between(0.8, 1.5);
        let clouds = (cloudiness > 0.0).then(|| {
            let threshold = mix(0.34, -0.22, cloudiness);
            // Nothing below is shown, and nothing further from it is read.
            let lowest = horizon + HIDDEN + 3.0 * view.px.max(1.0 / CLOUDS_PER_UNIT);
            let coarse = |q: Points| noise_at(q.map(|q| q * 0.4), seed ^ 0x4d);
            Field::bake_points(view, 0.05, CLOUDS_PER_UNIT, |p| {
                if p.iter().all(|p| p.y > lowest) {
                    return [NONE; LANES];
                }
                // A plane overhead: it recedes towards the horizon.
                let q = p.map(|p| {
                    let depth = 0.3 / (horizon - p.y + 0.16).max(0.05);
                    v2(p.x * depth * 2.2, depth * 3.0 * stretch) + shift
                });
                let (fine, wide) = (warped_at(q, 0.9, 5, seed), coarse(q));
                let d: [f32; LANES] = std::array::from_fn(|k| fine[k] + 0.35 * wide[k]);
                let cover = d.map(|d| step(threshold, threshold + 0.6, d));
                if cover.iter().all(|cover| *cover <= 0.0) {
                    return [NONE; LANES];
                }
                let behind = std::array::from_fn(|k| {
                    let to_sun = sun - p[k];
                    q[k] + v2(to_sun.x, -to_sun.y * 0.6) * (0.16 / (to_sun.len() + 0.05))
                });
                let (fine, wide) = (fbm_at(behind, 4, seed), coarse(behind));
                std::array::from_fn(|k| {
                    if p[k].y > lowest || cover[k] <= 0.0 {
                        return NONE;
                    }
                    let behind = fine[k] + 0.35 * wide[k];
                    let lit = unit(0.55 + (d[k] - behind) * 0.9 - (d[k] - threshold) * 0.45);
                    [cover[k], lit]
                })
            })
        });
        let mut sky = Self {
            palette: stage.palette,
            top,
            horizon,
            sun,
            sun_radius: rng.between(0.028, 0.05),
            clouds,
            haze: Vec::new(),
            haze_from: -view.half.x - 0.1,
        };
        let last = (view.half.x + 0.1 - sky.haze_from) * HAZE_PER_UNIT;
        sky.haze = (0..=last.ceil() as usize + 1)
            .map(|i| sky.haze_from + i as f32 / HAZE_PER_UNIT)
            .map(|x| sky.air(v2(x, horizon - 0.02)))
            .collect();
        sky
    }

    /// Gradient and the glow around the light, without clouds and disc: what haze and reflections take their colour from.
    pub(crate) fn air(&self, p: V2) -> Rgb {
        let pal = &self.palette;
        let t = unit((self.horizon - p.y) / (self.horizon - self.top));
        let low = pal.horizon.mix(pal.mid, step(0.0, 0.52, t));
        let base = low.mix(pal.zenith, step(0.3, 1.05, t));
        // Near the horizon the path through the air is long: the glow is wider there.
        let wide = 1.0 + 0.9 * (1.0 - t);
        let d = v2((p.x - self.sun.x) / wide, p.y - self.sun.y).len();
        let glow = 0.42 * (-d * 7.0).quick_exp() + 0.24 * (-d * 2.2).quick_exp();
        base.mix(pal.light, glow.min(0.7)) + pal.light * (0.7 * (-d * 16.0).quick_exp())
    }

    /// The colour of haze in the direction of column `x`.
    pub(crate) fn haze(&self, x: f32) -> Rgb {
        let at = ((x - self.haze_from) * HAZE_PER_UNIT).clamp(0.0, (self.haze.len() - 2) as f32);
        let i = (at as usize).min(self.haze.len() - 2);
        self.haze[i].mix(self.haze[i + 1], at - i as f32)
    }

    /// Everything.
    pub(crate) fn shade(&self, p: V2, px: f32) -> Rgb {
        let pal = &self.palette;
        let mut c = self.air(p);
        let d = (p - self.sun).len();
        let disc = cover(d - self.sun_radius, px.max(0.003));
        let mut disc_seen = disc;
        if let Some(field) = &self.clouds {
            let [cover, lit] = field.at(p);
            let fade = cover * step(-HIDDEN, 0.1, self.horizon - p.y);
            let near = (-d * 2.6).quick_exp();
            let dark = pal.zenith.mix(pal.mid, 0.65).mix(pal.horizon, 0.18);
            let bright = pal.horizon.mix(pal.light, 0.35 + 0.5 * near) * (0.85 + 1.1 * near);
            let body = dark.mix(bright, step(0.15, 0.95, lit));
            let lining = pal.light * (near * 1.2 * cover * (1.0 - cover) * 4.0);
            c = c.mix(body, fade * 0.86) + lining * fade;
            disc_seen *= 1.0 - 0.75 * fade;
        }
        c.mix(pal.light * 3.2, disc_seen)
    }
}

/// Points of light over `p`, with `density` 0..=1 (how many of the possible stars are there) and a size in short sides.
pub(crate) fn stars(p: V2, px: f32, density: f32, seed: u32) -> Rgb {
    let mut sum = Rgb::BLACK;
    // Three magnitudes: many faint, few bright.
    for (k, (cells, share, power)) in [(95.0, 0.55, 0.55), (42.0, 0.42, 1.5), (11.0, 0.35, 6.0)]
        .into_iter()
        .enumerate()
    {
        let q = p * cells;
        let (ci, cj) = (q.x.quick_floor() as i32, q.y.quick_floor() as i32);
        let h = hash2(ci, cj, seed.wrapping_add(k as u32 * 101));
        if trait_of(h, 0) > share * density {
            continue;
        }
        // Kept off the rim of the cell, so that neighbours need not be asked.
        let at = v2(
            ci as f32 + mix(0.25, 0.75, trait_of(h, 1)),
            cj as f32 + mix(0.25, 0.75, trait_of(h, 2)),
        );
        let d = (q - at).len() / cells;
        let size = (0.00075 + 0.0011 * trait_of(h, 3) * k as f32 * 0.6).max(px * 0.55);
        let energy =
            (0.00085 / size).min(1.0).powi(2) * power * (0.25 + trait_of(h, 4).powi(3) * 2.2);
        let core = bell(d, size) + 0.018 * (k as f32) * bell(d, size * 5.0);
        let warm = trait_of(h, 5);
        let tint = if warm > 0.72 {
            rgb(1.0, 0.74, 0.48)
        } else if warm > 0.4 {
            rgb(1.0, 0.96, 0.9)
        } else {
            rgb(0.66, 0.8, 1.0)
        };
        sum = sum + tint * (core * energy * step(0.25, 0.1, (q - at).len() - 0.02));
    }
    sum
}
