//! Mountain ridges in haze: the sun behind them, mist in the valleys, conifers on the nearest slope.

use super::super::field::{Field, Profile};
use super::super::finish::Scene;
use super::super::math::{Quick, Rgb, V2, cover, mix, step, unit, v2};
use super::super::noise::{fbm, noise, ridged, warped_at};
use super::super::palette::Palette;
use super::super::sky::Sky;
use super::super::stage::Stage;
use super::trees::Row;

pub(crate) struct Mountains {
    sky: Sky,
    palette: Palette,
    layers: Vec<Layer>,
    mist: Field<1>,
    trees: Row,
    far_trees: Row,
    sun_side: f32,
}

struct Layer {
    ridge: Profile,
    /// 0 far, 1 near.
    near: f32,
    scale: f32,
    amp: f32,
    seed: u32,
}

impl Mountains {
    pub(crate) fn new(stage: &Stage) -> Self {
        let view = &stage.view;
        let mut rng = stage.rng("mountains");
        let seed = stage.noise("ridges");
        let first = rng.between(0.46, 0.56);
        let horizon = view.y(first + 0.06);
        let cloudiness = rng.between(0.15, 0.6);
        let sky = Sky::new(stage, horizon, cloudiness);
        let count = 5 + rng.below(3);
        let height = rng.between(0.8, 1.25);
        let peaks = [
            view.x(rng.between(0.15, 0.85)),
            view.x(rng.between(0.1, 0.9)),
        ];
        let layers = (0..count)
            .map(|i| {
                let near = i as f32 / (count - 1) as f32;
                let base = view.y(mix(first + 0.05, 1.0, near.powf(1.15)));
                let seed = seed.wrapping_add(i as u32 * 1013);
                let scale = mix(2.3, 1.1, near) * rng.between(0.85, 1.15);
                let amp = mix(0.15, 0.3, near) * height * if i == 1 { 1.35 } else { 1.0 };
                let rough = mix(0.75, 0.45, near);
                let ridge = Profile::bake(view, 0.1, 1600.0, |x| {
                    let q = v2(x * scale, i as f32 * 7.3);
                    let sharp = ridged(q, 7, seed);
                    let soft = 0.5 + 0.5 * fbm(q * 0.8, 7, seed ^ 3);
                    let mut h = mix(soft, sharp, rough);
                    if i == 1 || i == 2 {
                        // A summit the eye can rest on, and a lesser one before it.
                        h += mix(0.9, 0.5, i as f32 - 1.0)
                            * ((-(x - peaks[i - 1]).abs() * 4.2).quick_exp());
                    }
                    base - amp * (h - 0.25)
                });
                Layer {
                    ridge,
                    near,
                    scale,
                    amp,
                    seed,
                }
            })
            .collect();
        let fog = stage.noise("mist");
        let mist = Field::bake_points(view, 0.02, 150.0, |p| {
            warped_at(p.map(|p| v2(p.x * 1.6, p.y * 5.0)), 0.8, 4, fog).map(|n| [n])
        });
        let trees = Row {
            spacing: rng.between(0.02, 0.034),
            height: rng.between(0.11, 0.22),
            share: rng.between(0.45, 0.75),
            seed: stage.noise("trees"),
        };
        let far_trees = Row {
            spacing: 0.008,
            height: 0.026,
            share: 0.7,
            seed: stage.noise("far trees"),
        };
        let sun_side = if stage.sun_x < 0.5 { -1.0 } else { 1.0 };
        Self {
            sky,
            palette: stage.palette,
            layers,
            mist,
            trees,
            far_trees,
            sun_side,
        }
    }

    fn rock(&self, layer: &Layer, p: V2, depth: f32, haze: Rgb) -> Rgb {
        let pal = &self.palette;
        let near = layer.near;
        let body = pal.zenith.mix(pal.shadow, step(0.1, 0.85, near));
        let mut c = haze.mix(body, 0.22 + 0.78 * near.powf(0.75));
        if near < 0.95 {
            // Gullies run down from the crest; the side facing the sun takes its colour.
            let f = layer.scale * 3.2;
            let e = 0.012 / layer.scale;
            let relief = |p: V2| {
                let bend = v2(
                    noise(p * (f * 0.8), layer.seed ^ 0x15),
                    noise(p * (f * 0.8), layer.seed ^ 0x17),
                ) * 0.22;
                ridged(v2(p.x * f, p.y * f * 0.72) + bend, 5, layer.seed ^ 0x16)
            };
            let facing = (relief(p) - relief(v2(p.x + e * self.sun_side, p.y - e * 0.4))) / (e * f);
            let lit = step(
                -0.7,
                0.7,
                -facing * 0.5 + layer.ridge.slope(p.x, 0.02) * -self.sun_side * 0.35,
            );
            let fade = (-depth / (layer.amp * 0.75)).quick_exp() * mix(0.45, 0.85, near);
            c = c.mix(pal.light.mix(pal.horizon, 0.5), 0.3 * lit * fade)
                * (1.0 - 0.38 * (1.0 - lit) * fade);
        }
        c
    }
}

impl Scene for Mountains {
    fn shade(&self, p: V2, px: f32) -> Rgb {
        // Front to back: the first layer that covers the pixel ends the search; soft edges carry on.
        let haze = self.sky.haze(p.x);
        let mut left = 1.0;
        let mut sum = Rgb::BLACK;
        let last = self.layers.len() - 1;
        let mut mist = None;
        for (i, layer) in self.layers.iter().enumerate().rev() {
            let y = layer.ridge.at(p.x);
            let slope = layer.ridge.slope(p.x, px * 2.0);
            let mut a = cover((y - p.y) / (1.0 + slope * slope).sqrt(), px * 1.2);
            let depth = (p.y - y).max(0.0);
            if i == last && a < 1.0 {
                a = a.max(self.trees.cover(p, px, |x| layer.ridge.at(x)));
            } else if i + 1 == last && a < 1.0 {
                a = a.max(self.far_trees.cover(p, px, |x| layer.ridge.at(x)));
            }
            if a <= 0.0 {
                continue;
            }
            let mut c = self.rock(layer, p, depth, haze);
            let m = *mist.get_or_insert_with(|| self.mist.at(p)[0]);
            let rise = step(0.15, 1.15, depth / (layer.amp * 0.9) + m * 0.35);
            let thick = rise * (0.85 - 0.5 * layer.near);
            c = c.mix(haze * (1.0 - 0.35 * layer.near), unit(thick));
            sum = sum + c * (a * left);
            left *= 1.0 - a;
            if left < 0.004 {
                return sum;
            }
        }
        sum + self.sky.shade(p, px) * left
    }
}
