//! The night sky: the Milky Way, nebulae, sometimes aurora, over dark hills and pines.

use super::super::field::{Field, Profile};
use super::super::finish::Scene;
use super::super::math::{Quick, Rgb, V2, bell, cover, mix, rgb, step, unit, v2};
use super::super::noise::{fbm, fbm_at, noise, ridged_at, warped_at};
use super::super::palette::Palette;
use super::super::sky::stars;
use super::super::stage::Stage;
use super::trees::Row;

pub(crate) struct Night {
    palette: Palette,
    horizon: f32,
    top: f32,
    /// Light of the band, its dust, the coloured clouds.
    sky: Field<3>,
    aurora: Option<Aurora>,
    hills: [Profile; 2],
    trees: Row,
    seed: u32,
    town: f32,
}

struct Aurora {
    curtains: Vec<Profile>,
    seed: u32,
}

impl Night {
    pub(crate) fn new(stage: &Stage) -> Self {
        let view = &stage.view;
        let mut rng = stage.rng("night");
        let horizon = view.y(rng.between(0.78, 0.88));
        let angle = rng.between(0.75, 1.25) * if rng.unit() < 0.5 { -1.0 } else { 1.0 };
        let through = v2(
            view.x(rng.between(0.35, 0.65)),
            view.y(rng.between(0.3, 0.5)),
        );
        let seed = stage.noise("milky way");
        let width = rng.between(0.17, 0.24);
        let has_aurora = rng.unit() < 0.4;
        let strength = if has_aurora { 0.3 } else { 1.0 };
        let turn = V2::direction(-angle);
        let sky = Field::bake_points(view, 0.02, 420.0, |p| {
            let q = p.map(|p| (p - through).turned(turn));
            let bends = fbm_at(q.map(|q| v2(q.x * 1.3, 0.5)), 3, seed ^ 1);
            let clouds = warped_at(q.map(|q| v2(q.x * 2.4, q.y * 3.4)), 1.1, 6, seed);
            let lanes = q.map(|q| v2(q.x * 2.0, q.y * 4.6) + v2(3.1, 8.8));
            let lanes = ridged_at(lanes, 5, seed ^ 2);
            let nebulae = warped_at(p.map(|p| p * 1.5), 1.4, 5, seed ^ 3);
            std::array::from_fn(|k| {
                let across = (q[k].y + 0.08 * bends[k]) / width;
                let core = 0.55 + 0.45 * bell(q[k].x, 0.7);
                let cloud = (0.55 + 0.75 * clouds[k]).max(0.0);
                let band = (-across * across).quick_exp() * cloud * core;
                let dust = step(0.42, 0.86, lanes[k]) * (-(across * 1.5).powi(2)).quick_exp();
                let nebula = step(-0.05, 0.8, nebulae[k])
                    * (0.35 + 0.65 * (-across * across * 0.4).quick_exp());
                [
                    band * strength,
                    dust * strength,
                    nebula * (0.4 + 0.6 * strength),
                ]
            })
        });
        let aurora = has_aurora.then(|| {
            let seed = stage.noise("aurora");
            let lean = rng.between(-0.45, 0.45);
            let curtains = (0..3u32)
                .map(|i| {
                    let base = view.y(rng.between(0.5, 0.62) - i as f32 * 0.09);
                    Profile::bake(view, 0.1, 700.0, |x| {
                        let q = v2(x * 1.4 + i as f32 * 9.0, i as f32);
                        base + lean * x
                            + 0.26 * fbm(q, 3, seed ^ i)
                            + 0.03 * noise(q * 5.0, seed ^ (i + 40))
                    })
                })
                .collect();
            Aurora { curtains, seed }
        });
        let ground = stage.noise("hills");
        let hill = |k: f32, amp: f32, drop: f32| {
            Profile::bake(view, 0.3, 900.0, |x| {
                horizon + drop - amp * (0.5 + fbm(v2(x * k, drop * 40.0), 5, ground))
            })
        };
        Self {
            palette: stage.palette,
            horizon,
            top: -view.half.y,
            sky,
            aurora,
            hills: [hill(1.5, 0.14, 0.03), hill(1.0, 0.12, 0.1)],
            trees: Row {
                spacing: rng.between(0.018, 0.03),
                height: rng.between(0.1, 0.19),
                share: rng.between(0.35, 0.7),
                seed: stage.noise("pines"),
            },
            seed: stage.noise("stars"),
            town: view.x(stage.sun_x),
        }
    }

    fn heaven(&self, p: V2, px: f32) -> Rgb {
        let pal = &self.palette;
        let t = unit((self.horizon - p.y) / (self.horizon - self.top));
        let [band, dust, nebula] = self.sky.at(p);
        let base = pal
            .horizon
            .mix(pal.mid, step(0.0, 0.3, t))
            .mix(pal.zenith, step(0.15, 0.8, t));
        let glow = pal.light * (0.12 * bell(p.x - self.town, 0.5) * (-t * 5.5).quick_exp());
        let milk = pal.light.mix(rgb(0.8, 0.85, 1.0), 0.5) * (0.30 * band * (1.0 - 0.85 * dust));
        let colour = pal.accent.mix(pal.mid, 0.25) * (0.11 * nebula * nebula)
            + pal.horizon * (0.09 * nebula * band);
        let warm = rgb(1.0, 0.62, 0.36) * (0.1 * band * band);
        let density = unit(0.38 + 0.75 * band - 0.5 * dust);
        let dim = step(0.0, 0.22, t);
        let mut c = base * (1.0 - 0.35 * dust * band.min(1.0)) + glow + milk + colour + warm;
        c = c + stars(p, px, density, self.seed) * dim;
        if let Some(aurora) = &self.aurora {
            c = c + aurora.shade(p, pal);
        }
        c
    }
}

impl Aurora {
    fn shade(&self, p: V2, pal: &Palette) -> Rgb {
        let mut sum = Rgb::BLACK;
        for (i, curtain) in self.curtains.iter().enumerate() {
            // The curtain sways: the foot seen at x was folded from a little aside.
            let sway = 0.03 * noise(v2(p.x * 3.0, p.y * 2.0), self.seed ^ 7);
            let x = p.x + sway;
            let above = curtain.at(x) - p.y;
            if above < -0.09 {
                continue;
            }
            let s = self.seed ^ (i as u32 * 31);
            let rays = 0.55
                + 0.35 * noise(v2(x * 9.0, above * 0.5), s)
                + 0.2 * noise(v2(x * 34.0, above * 0.8), s ^ 1);
            let patch = step(-0.45, 0.5, noise(v2(x * 1.9, i as f32 * 5.0), s ^ 2));
            let tall = mix(0.16, 0.34, unit(rays));
            let body = step(-0.08, 0.05, above) * (-(above.max(0.0)) / tall).quick_exp();
            let k = body * rays.max(0.0) * patch * [0.62, 0.36, 0.25][i % 3];
            let green = rgb(0.16, 0.95, 0.5).mix(pal.accent.saturated(1.3), 0.25);
            let violet = rgb(0.55, 0.2, 0.9).mix(pal.accent, 0.3);
            sum = sum + green.mix(violet, step(0.08, 0.42, above)) * k;
        }
        sum
    }
}

impl Scene for Night {
    fn shade(&self, p: V2, px: f32) -> Rgb {
        let pal = &self.palette;
        let [far, near] = &self.hills;
        let a = cover(near.at(p.x) - p.y, px * 1.3).max(self.trees.cover(p, px, |x| near.at(x)));
        let ground = pal.shadow * 0.55;
        if a >= 1.0 {
            return ground;
        }
        let y = far.at(p.x);
        let b = cover(y - p.y, px * 1.5);
        let hill = pal
            .shadow
            .mix(pal.horizon, 0.14 + 0.1 * unit((p.y - y) * 5.0));
        let mut c = if b < 1.0 { self.heaven(p, px) } else { hill };
        c = c.mix(hill, b);
        c.mix(ground, a)
    }

    fn glow(&self) -> f32 {
        1.3
    }
}
