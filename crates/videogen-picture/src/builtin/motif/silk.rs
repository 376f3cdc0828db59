//! Folds of silk, or ink in water: smooth, warped, with light running along the creases.

use super::super::field::Field;
use super::super::finish::Scene;
use super::super::math::{Quick, Rgb, V2, mix, step, unit, v2};
use super::super::noise::{Points, fbm_at, noise, noise_at, points};
use super::super::palette::Palette;
use super::super::stage::Stage;

pub(crate) struct Silk {
    palette: Palette,
    /// Height, and two slow values the colours follow.
    field: Field<3>,
    light: (f32, f32, f32),
    gleam: V2,
    weave: u32,
}

impl Silk {
    pub(crate) fn new(stage: &Stage) -> Self {
        let view = &stage.view;
        let mut rng = stage.rng("silk");
        let seed = stage.noise("folds");
        let angle = rng.between(0.35, 1.2) * if rng.unit() < 0.5 { -1.0 } else { 1.0 };
        let folds = rng.between(5.5, 8.5);
        let warp = rng.between(0.5, 0.85);
        let turn = V2::direction(angle);
        let field = Field::bake_points(view, 0.03, 300.0, |p| {
            let q = p.map(|p| p.turned(turn));
            let slow = points(
                fbm_at(q.map(|q| q * 0.75), 2, seed),
                fbm_at(q.map(|q| q * 0.75 + v2(4.0, 9.0)), 2, seed ^ 1),
            );
            let w: Points = std::array::from_fn(|k| q[k] + slow[k] * warp);
            let fine = points(
                noise_at(w.map(|w| w * 1.3), seed ^ 2),
                noise_at(w.map(|w| w * 1.3 + v2(7.0, 2.0)), seed ^ 3),
            );
            std::array::from_fn(|k| {
                let (slow, fine) = (slow[k], fine[k]);
                let w = w[k] + fine * 0.16;
                // Folds gather and open: their phase is bent by the slow field.
                let phase = w.x * folds + 1.6 * slow.y + 0.5 * w.y;
                let wave = phase.sin();
                let second = (phase * 2.3 + 1.5 * fine.y + w.y * 1.2).sin();
                let height =
                    0.65 * (1.0 - (1.0 - wave.abs() * 0.98).powi(2)).sqrt() * wave.signum()
                        + 0.17 * second
                        + 0.5 * slow.x;
                [height, slow.x, fine.x]
            })
        });
        let side = if stage.sun_x < 0.5 { -1.0 } else { 1.0 };
        Self {
            palette: stage.palette,
            field,
            light: (side * 0.55, -0.6, 0.58),
            gleam: v2(
                view.x(mix(0.25, 0.75, stage.sun_x)),
                view.y(rng.between(0.2, 0.45)),
            ),
            weave: stage.noise("weave"),
        }
    }
}

impl Scene for Silk {
    fn shade(&self, p: V2, _px: f32) -> Rgb {
        let pal = &self.palette;
        let e = 0.004;
        let [h, slow, fine] = self.field.at(p);
        let dx =
            (self.field.at(v2(p.x + e, p.y))[0] - self.field.at(v2(p.x - e, p.y))[0]) / (2.0 * e);
        let dy =
            (self.field.at(v2(p.x, p.y + e))[0] - self.field.at(v2(p.x, p.y - e))[0]) / (2.0 * e);
        let k = 0.17;
        let (nx, ny) = (-dx * k, -dy * k);
        let l = (nx * nx + ny * ny + 1.0).sqrt();
        let n = (nx / l, ny / l, 1.0 / l);
        let diffuse = (n.0 * self.light.0 + n.1 * self.light.1 + n.2 * self.light.2).max(0.0);
        let half = {
            // Between the light and the eye straight ahead.
            let z = self.light.2 + 1.0;
            let l = (self.light.0.powi(2) + self.light.1.powi(2) + z * z).sqrt();
            (self.light.0 / l, self.light.1 / l, z / l)
        };
        let spec = (n.0 * half.0 + n.1 * half.1 + n.2 * half.2).max(0.0);
        let spot = (-(p - self.gleam).len() * 1.15).quick_exp();
        let hue = step(-0.5, 0.6, slow + 0.35 * fine);
        let cloth = pal
            .zenith
            .mix(pal.mid, 0.35 + 0.65 * hue)
            .mix(pal.horizon, 0.22)
            .mix(pal.accent, 0.42 * step(0.45, 1.0, hue));
        let hollow = mix(0.3, 1.0, step(-0.95, 0.5, h));
        let thread = 1.0 + 0.05 * noise(v2(p.x * 260.0, p.y * 90.0), self.weave);
        let sheen = (1.0 - n.2).powi(2);
        let c = cloth * ((0.2 + 1.7 * diffuse * diffuse) * hollow * thread * (0.6 + 0.7 * spot));
        let c =
            c + pal.horizon.mix(pal.light, 0.4) * (spec.powi(26) * 0.5 * (0.35 + spot) * hollow);
        let c = c + pal.light * (spec.powi(120) * 0.7 * (0.2 + spot));
        (c + pal.horizon * (0.12 * sheen * hollow))
            .mix(pal.shadow, 0.28 * unit((p - self.gleam).len() * 0.7 - 0.15))
    }
}
