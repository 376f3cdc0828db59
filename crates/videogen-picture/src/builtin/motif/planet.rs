//! A world in space: lit sphere, thin air at its limb, sometimes rings or a moon.

use super::super::field::Field;
use super::super::finish::Scene;
use super::super::math::{Quick, Rgb, V2, bell, cover, mix, rgb, step, unit, v2};
use super::super::noise::{fbm, noise, value3, warped_at};
use super::super::palette::Palette;
use super::super::sky::stars;
use super::super::stage::Stage;

pub(crate) struct Planet {
    palette: Palette,
    centre: V2,
    radius: f32,
    sun: (f32, f32, f32),
    gas: bool,
    rings: Option<(f32, f32)>,
    tilt: f32,
    moon: Option<(V2, f32)>,
    nebula: Field<2>,
    seed: u32,
}

impl Planet {
    pub(crate) fn new(stage: &Stage) -> Self {
        let view = &stage.view;
        let mut rng = stage.rng("planet");
        let seed = stage.noise("planet");
        let side = if rng.unit() < 0.5 { -1.0 } else { 1.0 };
        let close = rng.unit() < 0.45;
        let ringed = !close && rng.unit() < 0.6;
        // Close: the limb fills the lower part of the frame. Far: a whole globe off the middle.
        let (centre, radius) = if close {
            let r = rng.between(1.1, 1.5) * view.half.x.max(view.half.y * 0.75);
            (v2(side * 0.25, view.y(rng.between(0.55, 0.66)) + r), r)
        } else {
            let r = rng.between(0.24, 0.31);
            (
                v2(
                    side * rng.between(0.02, 0.14),
                    view.y(rng.between(0.32, 0.42)),
                ),
                if ringed { r * 0.8 } else { r * 1.15 },
            )
        };
        let sun = {
            let a = rng.between(0.35, 0.8);
            let (x, y, z) = (
                side * -a,
                -0.55,
                if close {
                    -0.05
                } else {
                    rng.between(0.05, 0.45)
                },
            );
            let l = (x * x + y * y + z * z).sqrt();
            (x / l, y / l, z / l)
        };
        let fog = stage.noise("nebula");
        let nebula = Field::bake_points(view, 0.02, 220.0, |p| {
            let near = warped_at(p.map(|p| p * 1.2), 1.5, 5, fog);
            let far = warped_at(p.map(|p| p * 0.9 + v2(11.0, 3.0)), 1.2, 4, fog ^ 5);
            std::array::from_fn(|k| [step(-0.15, 0.9, near[k]), step(-0.1, 0.9, far[k])])
        });
        Self {
            palette: stage.palette,
            centre,
            radius,
            sun,
            gas: ringed || rng.unit() < 0.3,
            rings: ringed.then(|| (rng.between(0.16, 0.3), rng.between(1.9, 2.2))),
            tilt: rng.between(-0.5, 0.5),
            moon: (rng.unit() < 0.55).then(|| {
                (
                    v2(
                        view.x(0.5 - side * rng.between(0.22, 0.34)),
                        view.y(rng.between(0.1, 0.2)),
                    ),
                    rng.between(0.025, 0.05),
                )
            }),
            nebula,
            seed,
        }
    }

    fn surface(&self, n: (f32, f32, f32), px: f32) -> (Rgb, f32) {
        let pal = &self.palette;
        // Turned so that the poles tilt.
        let q = v2(n.0, n.1).rotated(self.tilt);
        let (x, y, z) = (q.x, q.y, n.2);
        let s = self.seed;
        let detail = if px > 0.006 { 3 } else { 6 };
        if self.gas {
            let curl = 0.10 * (fbm3(x * 2.2, y * 5.0, z * 2.2, 4, s) - 0.5)
                + 0.035 * (fbm3(x * 7.0, y * 16.0, z * 7.0, 3, s ^ 1) - 0.5);
            let lat = y + curl;
            let belts = 0.5 + 0.75 * fbm(v2(lat * 5.5, 0.7), 5, s ^ 2);
            let fine = 0.12 * noise(v2(lat * 46.0, x * 1.5), s ^ 3);
            let t = unit(belts + fine);
            let c = pal
                .mid
                .mix(pal.horizon, step(0.2, 0.75, t))
                .mix(pal.accent, 0.5 * step(0.68, 0.95, t));
            (c * (0.55 + 0.5 * t), 0.0)
        } else {
            let land = fbm3(x * 1.9 + 3.0, y * 1.9, z * 1.9, detail, s);
            let rough = fbm3(x * 7.0, y * 7.0, z * 7.0, detail.min(5), s ^ 6);
            let shore = step(0.49, 0.515, land + 0.06 * (rough - 0.5));
            let sea = (pal.zenith + pal.mid * 2.2)
                .mix(rgb(0.02, 0.07, 0.16), 0.45)
                .saturated(1.2);
            let ground = (pal.accent * 0.5 + pal.horizon * 1.2)
                .mix(rgb(0.12, 0.1, 0.05), 0.3 + 0.5 * rough)
                * (0.35 + 0.6 * rough);
            let ice = step(0.72, 0.86, y.abs() + 0.18 * (rough - 0.5));
            let mut c = sea.mix(ground, shore).mix(rgb(0.8, 0.85, 0.9), ice);
            let swirl = 0.45 * (fbm3(x * 1.6 + 9.0, y * 2.4, z * 1.6, 3, s ^ 7) - 0.5);
            let cloud = fbm3(
                x * 4.2 + swirl * 2.0,
                y * 7.0 + swirl * 3.0,
                z * 4.2,
                detail,
                s ^ 8,
            );
            let cloud = step(0.53, 0.8, cloud + 0.12 * (rough - 0.5));
            c = c.mix(rgb(0.85, 0.88, 0.92), cloud * 0.7);
            (c, (1.0 - shore) * (1.0 - cloud))
        }
    }

    /// The globe at `q` (relative to its centre, in radii), over what lies behind.
    fn globe(&self, q: V2, px: f32, behind: Rgb) -> Rgb {
        let pal = &self.palette;
        let d = q.len();
        let edge = px / self.radius;
        let thin = (0.05 / self.radius).min(0.14);
        let day_at =
            |nx: f32, ny: f32, nz: f32| nx * self.sun.0 + ny * self.sun.1 + nz * self.sun.2;
        let air = (pal.mid * 4.0).mix(pal.light, 0.4).mix(pal.horizon, 0.3);
        let mut c = behind;
        if d > 1.0 - edge {
            let glow = (-(d - 1.0).max(0.0) / thin).quick_exp();
            let day = step(-0.35, 0.7, day_at(q.x / d, q.y / d, 0.0));
            c = c
                + air * (1.15 * glow * day)
                + pal.light * (0.9 * day * day * bell(d - 1.0, thin * 0.22));
        }
        let a = cover(d - 1.0, edge * 1.2);
        if a > 0.0 {
            let nz = (1.0 - (d * d).min(0.9999)).sqrt();
            let (albedo, water) = self.surface((q.x, q.y, nz), px);
            let day = day_at(q.x, q.y, nz);
            let lit = step(-0.10, 0.95, day);
            let band = bell(day - 0.05, 0.14);
            let half = (self.sun.0, self.sun.1, self.sun.2 + 1.0);
            let l = (half.0 * half.0 + half.1 * half.1 + half.2 * half.2).sqrt();
            let spec = ((q.x * half.0 + q.y * half.1 + nz * half.2) / l)
                .max(0.0)
                .powi(40)
                * water;
            let mut body =
                albedo.tinted(pal.light.mix(rgb(1.0, 1.0, 1.0), 0.6)) * (lit * 1.35 + 0.006);
            body = body.mix(body.tinted(rgb(1.25, 0.75, 0.5)), band) + pal.light * (spec * 0.7);
            let limb = (1.0 - nz).powi(4);
            body = body.mix(air * (lit * 1.3), unit(limb * 0.85) * step(-0.2, 0.4, day));
            body = body + air * (0.8 * limb * limb * step(-0.2, 0.8, day));
            if let Some((squash, _)) = self.rings {
                // The shadow of the rings on the clouds.
                let r = q.rotated(self.tilt);
                body =
                    body * (1.0 - 0.45 * bell(r.y - squash * 1.1 + 0.18, 0.06) * step(0.9, 0.4, d));
            }
            c = c.mix(body, a);
        }
        c
    }

    /// The rings at `q`: colour and cover.
    fn ring(&self, q: V2, px: f32, squash: f32, outer: f32) -> (Rgb, f32, bool) {
        let r = q.rotated(self.tilt);
        let front = r.y > 0.0;
        let rho = v2(r.x, r.y / squash).len();
        if rho < 1.2 || rho > outer + 0.1 {
            return (Rgb::BLACK, 0.0, front);
        }
        let soft = (px / self.radius / squash).min(0.2);
        let edge = cover((1.28 - rho).max(rho - outer), soft + 0.01);
        let grooves = 0.62
            + 0.5 * noise(v2(rho * 13.0, 1.0), self.seed ^ 0x15)
            + 0.28 * noise(v2(rho * 41.0, 2.0), self.seed ^ 0x16) * step(0.08, 0.02, soft);
        let gap = 1.0 - 0.85 * bell(rho - mix(1.28, outer, 0.66), 0.022);
        let c = self.palette.horizon.mix(self.palette.light, 0.4);
        // The globe throws its shadow across the far side.
        let along = q.x * self.sun.0 + q.y * self.sun.1;
        let across = (q.x * self.sun.1 - q.y * self.sun.0).abs();
        let dark = step(0.12, -0.12, along) * step(1.06, 0.94, across);
        (
            c * ((0.3 + 0.6 * unit(grooves)) * (1.0 - 0.9 * dark)),
            unit(edge * gap * grooves * 0.85),
            front,
        )
    }
}

fn fbm3(mut x: f32, mut y: f32, mut z: f32, octaves: u32, seed: u32) -> f32 {
    let (mut sum, mut amp) = (0.0, 0.52);
    for i in 0..octaves {
        sum += amp * value3(x, y, z, seed.wrapping_add(i));
        (x, y, z) = (
            1.6 * x + 1.2 * y + 3.7,
            1.6 * y - 1.2 * x + 8.1,
            z * 2.0 + 5.5,
        );
        amp *= 0.5;
    }
    sum
}

impl Scene for Planet {
    fn shade(&self, p: V2, px: f32) -> Rgb {
        let pal = &self.palette;
        let [n1, n2] = self.nebula.at(p);
        let mut c = pal.zenith * 0.45
            + pal.mid * (1.5 * n1 * n1)
            + pal.accent * (0.2 * n2 * n2 * n1)
            + pal.horizon * (0.5 * n1 * n2 * n2);
        c = c + stars(p, px, 0.2 + 0.65 * n1, self.seed);
        // The star that lights it all, just outside or at the rim.
        let to = v2(self.sun.0, self.sun.1);
        let star = self.centre + to * (self.radius * 1.02 / to.len().max(0.2));
        if self.sun.2 < 0.0 {
            let d = (p - star).len();
            c = c + pal.light * (1.6 * (-d * 16.0).quick_exp() + 0.25 * (-d * 3.5).quick_exp());
        }
        if let Some((at, r)) = self.moon {
            let q = (p - at) * (1.0 / r);
            let d = q.len();
            let a = cover((d - 1.0) * r, px * 1.2);
            if a > 0.0 {
                let nz = (1.0 - (d * d).min(0.9999)).sqrt();
                let day = (q.x * self.sun.0 + q.y * self.sun.1 + nz * self.sun.2.max(0.1)).max(0.0);
                let rock = 0.35 + 0.4 * fbm(q * 2.6, 4, self.seed ^ 0x1f);
                c = c.mix(pal.horizon.saturated(0.4) * (rock * day * 1.1 + 0.004), a);
            }
        }
        let q = (p - self.centre) * (1.0 / self.radius);
        let Some((squash, outer)) = self.rings else {
            return self.globe(q, px, c);
        };
        let (colour, a, front) = self.ring(q, px, squash, outer);
        if front {
            self.globe(q, px, c).mix(colour, a)
        } else {
            self.globe(q, px, c.mix(colour, a))
        }
    }

    fn glow(&self) -> f32 {
        1.4
    }
}
