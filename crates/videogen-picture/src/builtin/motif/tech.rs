//! Abstract technology: strands of light in depth over a glowing grid, or traces on a board.

use super::super::field::Field;
use super::super::field::Profile;
use super::super::finish::Scene;
use super::super::math::{Quick, Rgb, V2, bell, cover, mix, step, unit, v2};
use super::super::noise::{fbm, hash2, noise, trait_of, warped_at};
use super::super::palette::Palette;
use super::super::stage::Stage;

pub(crate) struct Tech {
    palette: Palette,
    horizon: f32,
    vanish: f32,
    strands: Vec<Strand>,
    smoke: Field<1>,
    /// The board instead of the floor.
    board: bool,
    tilt: f32,
    seed: u32,
}

struct Strand {
    path: Profile,
    width: f32,
    bright: f32,
    /// 0 is the main colour, 1 the accent.
    hue: f32,
    /// Light travels along it.
    pulse: Profile,
}

impl Tech {
    pub(crate) fn new(stage: &Stage) -> Self {
        let view = &stage.view;
        let mut rng = stage.rng("tech");
        let board = rng.unit() < 0.45;
        let horizon = view.y(rng.between(0.5, 0.6));
        let seed = stage.noise("strands");
        let centre = view.y(rng.between(0.3, 0.42));
        let count = 34;
        let swing = rng.between(0.14, 0.26);
        let freq = rng.between(0.9, 1.5);
        let strands = (0..count)
            .map(|i| {
                let t = i as f32 / (count - 1) as f32;
                let spread = (t - 0.5) * rng.between(0.24, 0.34);
                // Out of focus towards both ends of the bundle: wide and dim there.
                let blur = ((t - 0.45).abs() * 2.0).powi(2);
                let path = Profile::bake(view, 0.05, 700.0, |x| {
                    let sway = fbm(v2(x * freq, t * 0.9), 2, seed) * swing * 1.7;
                    let pinch = 0.35 + 0.9 * fbm(v2(x * 1.1 + 8.0, 0.0), 2, seed ^ 2).abs();
                    centre
                        + sway
                        + spread * pinch * 1.6
                        + 0.012 * noise(v2(x * 4.0, t * 30.0), seed ^ 3)
                });
                Strand {
                    path,
                    width: mix(0.0011, 0.007, blur) * rng.between(0.8, 1.2),
                    bright: mix(1.0, 0.18, blur) * rng.between(0.4, 1.2),
                    hue: unit(t * 1.3 - 0.25 + rng.between(-0.12, 0.12)),
                    pulse: {
                        let phase = rng.between(0.0, 20.0);
                        Profile::bake(view, 0.05, 60.0, |x| {
                            0.35 + 0.65
                                * step(-0.2, 0.7, noise(v2(x * 2.4 + phase, phase), seed ^ 0x11))
                        })
                    },
                }
            })
            .collect();
        let fog = stage.noise("smoke");
        let smoke = Field::bake_points(view, 0.02, 140.0, |p| {
            warped_at(p.map(|p| p * 1.5), 1.0, 5, fog).map(|n| [n])
        });
        Self {
            palette: stage.palette.at_dark(),
            horizon,
            vanish: view.x(mix(0.35, 0.65, stage.sun_x)),
            strands,
            smoke,
            board,
            tilt: rng.between(-0.35, 0.35),
            seed: stage.noise("grid"),
        }
    }

    fn floor(&self, p: V2, px: f32) -> Rgb {
        let pal = &self.palette;
        let down = p.y - self.horizon;
        if down <= 0.0 {
            return Rgb::BLACK;
        }
        let z = 0.16 / (down + 0.0015);
        let x = (p.x - self.vanish) * z * 9.0;
        let zz = z * 9.0;
        // Line widths on the ground; where a pixel is wider than a line, the line dims instead of flickering.
        let foot_x = px * z * 9.0;
        let foot_z = px * zz / (down + 0.0015);
        let line = |c: f32, foot: f32| {
            let d = (c - c.round()).abs();
            let w = 0.014_f32;
            let soft = w + foot;
            (bell(d, soft) * (w / soft).min(1.0)
                + 0.07 * bell(d, 0.12 + foot) * (0.12 / (0.12 + foot)))
                * step(1.3, 0.3, foot)
        };
        let fade = (-z * 0.22).quick_exp() * step(0.0, 0.05, down);
        let lines = line(x, foot_x) + line(zz, foot_z);
        // Some tiles are lit.
        let h = hash2(x.round() as i32, zz.quick_floor() as i32, self.seed);
        let pulse = if trait_of(h, 0) > 0.9 {
            bell(x - x.round(), 0.03 + foot_x) * trait_of(h, 1) * 2.5
        } else {
            0.0
        };
        (pal.horizon * (lines * 0.9) + pal.accent * (pulse * 0.8)) * fade
    }

    fn board(&self, p: V2, px: f32) -> Rgb {
        // Three depths of Manhattan traces; the nearest and farthest out of focus.
        let pal = &self.palette;
        let mut sum = Rgb::BLACK;
        for (k, (cells, blur, gain)) in [(30.0, 0.06, 0.3), (17.0, 0.008, 1.3), (7.0, 0.12, 0.16)]
            .into_iter()
            .enumerate()
        {
            let q = p.rotated(self.tilt) * cells + v2(k as f32 * 13.7, k as f32 * 5.1);
            let seed = self.seed.wrapping_add(k as u32 * 71);
            let soft = blur + px * cells;
            let region = step(-0.2, 0.4, noise(q * 0.11, seed ^ 9));
            if region <= 0.0 {
                continue;
            }
            let (i, j) = (q.x.quick_floor() as i32, q.y.quick_floor() as i32);
            let f = v2(q.x - i as f32 - 0.5, q.y - j as f32 - 0.5);
            // A link exists between two cells if their shared edge says so: both sides agree.
            let right = trait_of(hash2(i, j, seed), 0) < 0.52;
            let left = trait_of(hash2(i - 1, j, seed), 0) < 0.52;
            let down = trait_of(hash2(i, j, seed), 1) < 0.34;
            let up = trait_of(hash2(i, j - 1, seed), 1) < 0.34;
            let mut d = f32::MAX;
            for (on, v) in [
                (right, v2(1.0, 0.0)),
                (left, v2(-1.0, 0.0)),
                (down, v2(0.0, 1.0)),
                (up, v2(0.0, -1.0)),
            ] {
                if on {
                    let t = f.dot(v).clamp(0.0, 0.5);
                    d = d.min((f - v * t).len());
                }
            }
            let degree = u32::from(right) + u32::from(left) + u32::from(down) + u32::from(up);
            let h = hash2(i, j, seed ^ 1);
            let w = 0.035;
            let trace = bell(d, w + soft) * (w / (w + soft)).sqrt() + 0.05 * (-d * 7.0).quick_exp();
            // Signals: bright stretches that run along the traces.
            let flow = step(
                0.25,
                0.75,
                noise(q * 0.35 + v2(self.tilt * 30.0, 0.0), seed ^ 2),
            );
            let pad = if degree == 1 {
                let r = f.len();
                bell(r - 0.15, 0.035 + soft) * 0.8 + bell(r, 0.05 + soft) * 0.4
            } else {
                0.0
            };
            let hot = if trait_of(h, 2) > 0.8 {
                pal.accent
            } else {
                pal.horizon.mix(pal.light, 0.3)
            };
            sum = sum
                + (hot * (pad * (0.25 + 0.9 * flow)) + pal.horizon * (trace * (0.5 + 1.5 * flow)))
                    * (gain * region);
        }
        sum
    }

    fn motes(&self, p: V2, px: f32) -> Rgb {
        let pal = &self.palette;
        let mut sum = Rgb::BLACK;
        for (k, (cells, radius, gain)) in [
            (30.0, 0.0016, 1.6),
            (13.0, 0.004, 0.7),
            (5.5, 0.02, 0.075),
            (3.2, 0.042, 0.04),
        ]
        .into_iter()
        .enumerate()
        {
            let q = p * cells;
            let (ci, cj) = (q.x.quick_floor() as i32, q.y.quick_floor() as i32);
            let h = hash2(ci, cj, self.seed ^ (k as u32 * 37 + 5));
            if trait_of(h, 0) > 0.33 {
                continue;
            }
            // Kept off the rim of the cell, so that neighbours need not be asked.
            let within = |n: u32| mix(0.2, 0.8, trait_of(h, n));
            let at = v2(ci as f32 + within(1), cj as f32 + within(2)) * (1.0 / cells);
            let r = (radius * mix(0.5, 1.4, trait_of(h, 3)))
                .max(px * 0.7)
                .min(0.19 / cells);
            let d = (p - at).len();
            if d > 0.2 / cells {
                continue;
            }
            let disc = if k < 2 {
                bell(d, r)
            } else {
                cover(d - r, r * 0.18 + px) * (0.7 + 0.3 * step(0.6, 1.0, d / r))
            };
            let hue = pal.horizon.mix(pal.accent, step(0.6, 0.9, trait_of(h, 4)));
            sum = sum + hue.mix(pal.light, 0.25) * (disc * gain * trait_of(h, 5));
        }
        sum
    }
}

impl Scene for Tech {
    fn shade(&self, p: V2, px: f32) -> Rgb {
        let pal = &self.palette;
        let [smoke] = self.smoke.at(p);
        let rise = bell(p.y - self.horizon, if self.board { 0.55 } else { 0.3 });
        let centre = v2((p.x - self.vanish) * 0.8, p.y - self.horizon);
        let mut c = pal
            .zenith
            .mix(pal.mid, unit(0.22 + 0.5 * rise + 0.35 * smoke))
            * (0.65 + 0.4 * smoke);
        c = c + pal.horizon * (0.3 * (-centre.len() * 3.2).quick_exp());
        if self.board {
            c = c + self.board(p, px);
        } else {
            let above = step(0.0, -0.004, p.y - self.horizon);
            c = c + pal.light
                * (0.35 * bell(p.y - self.horizon, 0.004 + px) * bell(p.x - self.vanish, 0.45));
            // The floor is polished: it holds a dim image of what hangs above.
            c = c * mix(0.62, 1.0, above) + self.floor(p, px);
        }
        let mirrored = !self.board && p.y > self.horizon;
        let q = if mirrored {
            v2(p.x, 2.0 * self.horizon - p.y)
        } else {
            p
        };
        let dim = match (self.board, mirrored) {
            (true, _) => 0.35,
            (false, true) => 0.22,
            (false, false) => 1.0,
        };
        for strand in &self.strands {
            let y = strand.path.at(q.x);
            let d = (q.y - y).abs();
            if d > 0.1 {
                continue;
            }
            let w = strand.width.max(px * 0.6) + if mirrored { 0.004 } else { 0.0 };
            let slope = strand.path.slope(q.x, 0.004);
            let d = d / (1.0 + slope * slope).sqrt();
            let pulse = strand.pulse.at(q.x);
            // The halo ends smoothly where strands further away are left out.
            let halo = 0.06 * (-d * 38.0).quick_exp() * step(0.1, 0.05, d);
            let line = if d < w * 3.5 {
                bell(d, w) * (strand.width / w) + halo
            } else {
                halo
            };
            let hue = pal.horizon.mix(pal.accent, strand.hue);
            let core = hue.mix(pal.light, 0.45 * bell(d, w * 0.6));
            c = c + core * (line * strand.bright * pulse * dim * 1.25);
        }
        c + self.motes(p, px)
    }

    fn glow(&self) -> f32 {
        2.2
    }
}
