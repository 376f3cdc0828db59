//! Lights out of focus, sometimes seen through a window with rain on it.

use super::super::field::Field;
use super::super::finish::Scene;
use super::super::math::{Quick, Rgb, V2, cover, mix, rgb, step, unit, v2};
use super::super::noise::{hash2, noise, trait_of, warped_at};
use super::super::palette::Palette;
use super::super::stage::Stage;

pub(crate) struct Bokeh {
    palette: Palette,
    half: V2,
    smoke: Field<1>,
    /// Seen through wet glass.
    rain: bool,
    /// Blades of the iris: 0 is round.
    blades: f32,
    line: f32,
    slope: f32,
    light: V2,
    seed: u32,
}

impl Bokeh {
    pub(crate) fn new(stage: &Stage) -> Self {
        let view = &stage.view;
        let mut rng = stage.rng("bokeh");
        let fog = stage.noise("smoke");
        Self {
            palette: stage.palette,
            half: view.half,
            smoke: Field::bake_points(view, 0.1, 120.0, |p| {
                warped_at(p.map(|p| p * 1.1), 1.0, 4, fog).map(|n| [n])
            }),
            rain: rng.unit() < 0.5,
            blades: if rng.unit() < 0.4 { 6.0 } else { 0.0 },
            line: view.y(rng.between(0.34, 0.52)),
            slope: rng.between(-0.35, 0.35),
            light: v2(view.x(stage.sun_x), view.y(rng.between(0.12, 0.4))),
            seed: stage.noise("lights"),
        }
    }

    /// The world beyond the glass.
    fn world(&self, p: V2, px: f32) -> Rgb {
        let pal = &self.palette;
        let [smoke] = self.smoke.at(p);
        let t = unit((p.y + self.half.y) / (2.0 * self.half.y));
        let d = (p - self.light).len();
        let base = pal
            .zenith
            .mix(pal.mid, step(0.0, 0.45, t) * 0.8)
            .mix(pal.shadow, step(0.45, 1.0, t) * 0.9);
        let mut c = base * (0.55 + 0.35 * smoke) + pal.horizon * (0.34 * (-d * 2.6).quick_exp());
        // Far lights are small and many along a line (a street, a shore); near ones large, faint and anywhere.
        for (k, (cells, radius, gain, share)) in [
            (10.0, 0.03, 0.62, 0.75),
            (5.2, 0.07, 0.42, 0.7),
            (2.9, 0.13, 0.2, 0.6),
        ]
        .into_iter()
        .enumerate()
        {
            let q = p * cells;
            // No disc is wider than a cell, so the four nearest cells hold all that reach here.
            let (ci, cj) = (
                (q.x - 0.5).quick_floor() as i32,
                (q.y - 0.5).quick_floor() as i32,
            );
            for i in ci..=ci + 1 {
                for j in cj..=cj + 1 {
                    let h = hash2(i, j, self.seed ^ (k as u32 * 53 + 1));
                    let at =
                        v2(i as f32 + trait_of(h, 1), j as f32 + trait_of(h, 2)) * (1.0 / cells);
                    let off = at.y - (self.line + self.slope * at.x);
                    let crowd = (-(off / [0.15, 0.3, 0.7][k]).powi(2)).quick_exp();
                    if trait_of(h, 0) > share * (0.12 + crowd) {
                        continue;
                    }
                    let r = radius * mix(0.6, 1.15, trait_of(h, 3));
                    let m = self.disc(p, at, r, px);
                    if m <= 0.0 {
                        continue;
                    }
                    let pick = trait_of(h, 4);
                    let hue = if pick < 0.42 {
                        pal.light
                    } else if pick < 0.72 {
                        pal.accent
                    } else if pick < 0.9 {
                        pal.horizon
                    } else {
                        pal.mid.saturated(1.4) * 1.6
                    };
                    c = c + hue * (m * gain * mix(0.25, 1.2, trait_of(h, 5).powi(2)));
                }
            }
        }
        c
    }

    /// The image of a point of light: the shape of the iris, brighter at its rim, cut by the lens towards the corners.
    fn disc(&self, p: V2, at: V2, r: f32, px: f32) -> f32 {
        let q = p - at;
        let mut d = q.len();
        if d > r * 1.3 {
            return 0.0;
        }
        if self.blades > 0.0 {
            let sector = std::f32::consts::TAU / self.blades;
            let a = q.y.atan2(q.x) + 0.3;
            let a = a - (a / sector).round() * sector;
            // Half way between a polygon and a circle: real blades are curved.
            d = mix(d, d * a.cos() * 1.09, 0.7);
        }
        // A second disc, shifted to the middle, eclipses the first: cat's eyes.
        let cut = (q + at * (r * 0.55 / 0.9)).len() - r * 0.16;
        let edge = (d - r).max(cut - r);
        let soft = r * 0.07 + px;
        let inside = cover(edge, soft);
        let rim = step(-r * 0.22, -r * 0.02, edge);
        inside * (0.62 + 0.5 * rim + 0.1 * noise(q * (5.0 / r), self.seed ^ 0x4d))
    }

    /// The drop over `p`, if any: (its cover, the point seen through it, its shading).
    fn drop(&self, p: V2, px: f32) -> Option<(f32, V2, f32)> {
        for (k, (cells, share)) in [(3.7, 0.5), (9.0, 0.36), (19.0, 0.5), (43.0, 0.5)]
            .into_iter()
            .enumerate()
        {
            let q = p * cells;
            let (ci, cj) = (q.x.quick_floor() as i32, q.y.quick_floor() as i32);
            let h = hash2(ci, cj, self.seed ^ (k as u32 * 19 + 300));
            if trait_of(h, 0) > share {
                continue;
            }
            let r = mix(0.07, 0.3, trait_of(h, 1).powi(2));
            let at = v2(
                ci as f32 + mix(r + 0.06, 0.94 - r, trait_of(h, 2)),
                cj as f32 + mix(r + 0.1, 0.9 - r, trait_of(h, 3)),
            );
            let d = q - at;
            // Heavier below, and never quite round.
            let stretched = v2(
                d.x * (1.0 + 0.12 * (-d.y / r).clamp(-0.4, 1.0)),
                d.y * mix(0.78, 1.0, trait_of(h, 4)),
            );
            let wobble = 1.0 + 0.14 * noise(d * (1.2 / r) + at, self.seed ^ 5);
            let len = stretched.len() * wobble / r;
            let a = cover((len - 1.0) * r / cells, px * 1.5);
            if a <= 0.0 {
                continue;
            }
            // A lens: the world upside down, squeezed to the rim.
            let bend = len.min(1.0).powi(2);
            let seen =
                at * (1.0 / cells) - stretched * (mix(0.55, 1.5, bend) / cells * 2.2 / r * 0.35);
            // Light gathers at the foot of the drop, the rim darkens.
            let shading = 1.0 - 0.75 * step(0.62, 1.0, len)
                + 0.55 * step(0.1, 0.75, stretched.y / r) * step(1.0, 0.75, len);
            return Some((a, seen, shading));
        }
        None
    }
}

impl Scene for Bokeh {
    fn shade(&self, p: V2, px: f32) -> Rgb {
        let mut c = self.world(p, px);
        if self.rain {
            c = c * 0.92;
            if let Some((a, seen, shading)) = self.drop(p, px) {
                let through = self.world(seen, px * 4.0);
                let lens = (through * 1.5 + self.palette.horizon * 0.05) * shading;
                let glint = rgb(1.0, 1.0, 1.0) * (0.02 * shading.max(0.0));
                c = c.mix(lens + glint, a);
            }
        }
        c
    }

    fn glow(&self) -> f32 {
        1.2
    }
}
