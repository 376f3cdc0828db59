//! A skyline at dusk: blocks behind blocks, lit windows, all of it again in the water.

use super::super::finish::Scene;
use super::super::math::{Quick, Rgb, V2, bell, cover, mix, rgb, step, unit, v2};
use super::super::noise::{fbm, fraction, hash2, noise, scramble, trait_of};
use super::super::palette::Palette;
use super::super::sky::Sky;
use super::super::stage::Stage;

pub(crate) struct City {
    sky: Sky,
    palette: Palette,
    layers: Vec<Layer>,
    shore: f32,
    half_x: f32,
    calm: f32,
    seed: u32,
}

struct Layer {
    near: f32,
    spacing: f32,
    tall: f32,
    /// Side of a storey.
    storey: f32,
    centre: f32,
    seed: u32,
}

impl City {
    pub(crate) fn new(stage: &Stage) -> Self {
        let view = &stage.view;
        let mut rng = stage.rng("city");
        let shore = view.y(rng.between(0.66, 0.74));
        let mut low = *stage;
        low.sun_height = 0.08 + 0.3 * stage.sun_height;
        low.palette = stage.palette.at_hour(0.25, -1.7);
        low.palette.horizon = low.palette.horizon * 0.55;
        low.palette.light = low.palette.light * 0.85;
        let sky = Sky::new(&low, shore - 0.03, rng.between(0.25, 0.7));
        let seed = stage.noise("blocks");
        let room = (shore + view.half.y).min(1.1);
        let centre = view.x(rng.between(0.3, 0.7));
        let layers = (0..4u32)
            .map(|i| {
                let near = i as f32 / 3.0;
                Layer {
                    near,
                    spacing: mix(0.05, 0.105, near) * rng.between(0.9, 1.1),
                    tall: room * mix(0.62, 0.3, near) * rng.between(0.9, 1.1),
                    storey: mix(0.0062, 0.0105, near),
                    centre: centre + rng.between(-0.2, 0.2),
                    seed: seed.wrapping_add(i * 577),
                }
            })
            .collect();
        Self {
            sky,
            palette: low.palette,
            layers,
            shore,
            half_x: view.half.x,
            calm: rng.between(0.6, 1.4),
            seed: stage.noise("water"),
        }
    }

    fn above(&self, p: V2, px: f32) -> Rgb {
        let pal = &self.palette;
        let haze = self.sky.haze(p.x);
        let mut sum = Rgb::BLACK;
        let mut left = 1.0;
        for layer in self.layers.iter().rev() {
            let height = self.shore - p.y;
            let hit = layer.building(p, height, px, self.half_x);
            if let Some((a, block)) = hit {
                let near = layer.near;
                let wall = pal.shadow.mix(pal.zenith, 0.4 - 0.3 * near);
                // Light pollution rises from the streets.
                let street = (-(height / 0.16)).quick_exp();
                let mut c = wall.mix(pal.accent.mix(pal.light, 0.5), 0.13 * street);
                let facing = if (block.across - 0.5) * (self.sky.sun.x - p.x) > 0.0 {
                    0.1
                } else {
                    0.02
                };
                c = c.mix(pal.horizon, facing * (1.0 - 0.5 * near));
                c = c + block.window * (0.6 + 0.5 * near);
                let far = (0.66 * (1.0 - near).powf(1.15) + 0.1 * street).min(0.9);
                c = c.mix(haze, far) + block.window * (0.22 * (1.0 - near));
                sum = sum + c * (a * left);
                left *= 1.0 - a;
                if left < 0.004 {
                    return sum;
                }
            }
        }
        sum + self.sky.shade(p, px) * left
    }

    fn water(&self, p: V2, px: f32) -> Rgb {
        let pal = &self.palette;
        let down = p.y - self.shore;
        let far = 0.06 / (down + 0.015);
        let w = v2(p.x * 14.0 * far.max(0.12), far * 30.0);
        let n1 = noise(w, self.seed);
        let n2 = noise(w * 2.3 + v2(7.0, 1.0), self.seed ^ 1);
        let wave = (n1 + 0.5 * n2) * self.calm;
        // Ripples stretch reflections downwards far more than sideways.
        let dy = down * 0.95 + wave * (0.015 + 0.10 * down);
        let dx = n2 * 0.006 * self.calm * (1.0 + down * 3.0);
        let q = v2(p.x + dx, self.shore - dy.abs() - 0.002);
        let blur = px * 1.5 + 0.003 + 0.012 * down;
        let e = 0.006 + 0.05 * down;
        let seen = (self.above(q, blur) + self.above(v2(q.x, q.y - e), blur)) * 0.5;
        let deep = pal.shadow.mix(pal.zenith, 0.3);
        let mirror = unit(0.88 - down * 0.95 + 0.16 * wave);
        let c = deep.mix(seen * 0.92, mirror);
        let shoreline = bell(down, 0.006)
            * (0.3
                + 0.7
                    * fraction(scramble(
                        (p.x * 60.0).quick_floor() as i32 as u32 ^ self.seed,
                    )));
        c + pal.light.mix(pal.accent, 0.4) * (0.22 * shoreline)
    }
}

/// What one pixel of a building shows.
struct Block {
    window: Rgb,
    across: f32,
}

impl Layer {
    fn building(&self, p: V2, height: f32, px: f32, half_x: f32) -> Option<(f32, Block)> {
        // Higher than the mast of the tallest that this layer can have.
        if height > self.tall * 1.4 + 0.03 + px {
            return None;
        }
        let cell = (p.x / self.spacing).quick_floor() as i32;
        let mut best: Option<(f32, Block)> = None;
        // Neighbours overlap: the front one is the one with the larger hash.
        let mut front = 0u32;
        for k in cell - 1..=cell + 1 {
            let h = hash2(k, 1, self.seed);
            if trait_of(h, 0) > 0.93 {
                continue;
            }
            let x = (k as f32 + mix(0.3, 0.7, trait_of(h, 1))) * self.spacing;
            let half = self.spacing * mix(0.3, 0.62, trait_of(h, 2));
            let side = (p.x - x).abs();
            if side > half + px {
                continue;
            }
            let middle = bell(x - self.centre, 0.45 * half_x.max(0.5));
            let spike = trait_of(h, 3).powi(3);
            let tall = self.tall * (0.2 + 0.32 * trait_of(h, 4) + (0.3 + 0.4 * spike) * middle);
            // Crowns: flat, stepped, tapered, or with a mast.
            let kind = (trait_of(h, 5) * 5.0) as u32;
            let t = height / tall;
            let mut w = half;
            if kind == 1 && t > 0.8 {
                w *= if t > 0.92 { 0.45 } else { 0.72 };
            } else if kind == 2 && t > 0.86 {
                w *= unit((1.02 - t) / 0.16);
            } else if kind == 3 && t > 0.7 {
                w *= 0.82;
            }
            let mut d = (side - w).max(height - tall);
            if kind >= 3 {
                let mast = tall * 1.12 + 0.02;
                d = d.min((side - 0.0012).max(height - mast));
            }
            let a = cover(d, px * 1.1);
            if a > 0.0 && (best.is_none() || h > front) {
                front = h;
                let beacon = if kind >= 3 {
                    bell(v2(side, height - tall * 1.12 - 0.02).len(), 0.0025)
                } else {
                    0.0
                };
                let window = self.window(v2(p.x - x, height), half, tall, h, px)
                    + rgb(1.0, 0.12, 0.06) * (beacon * 3.0);
                best = Some((
                    a,
                    Block {
                        window,
                        across: (p.x - x) / half * 0.5 + 0.5,
                    },
                ));
            }
        }
        best
    }

    fn window(&self, q: V2, half: f32, tall: f32, h: u32, px: f32) -> Rgb {
        let s = self.storey;
        if q.y > tall - s * 1.2 || q.x.abs() > half - s * 0.5 || q.y < s {
            return Rgb::BLACK;
        }
        let wide = s * mix(0.7, 1.5, trait_of(h, 6));
        let g = v2(q.x / wide, q.y / s);
        let (i, j) = (g.x.quick_floor() as i32, g.y.quick_floor() as i32);
        let f = v2(g.x - i as f32, g.y - j as f32);
        let inset = v2(
            (0.5 - (f.x - 0.5).abs()) * wide,
            (0.5 - (f.y - 0.5).abs()) * s,
        );
        let glass = cover(s * 0.18 - inset.x, px * 1.3) * cover(s * 0.2 - inset.y, px * 1.3);
        let wh = hash2(i, j, h);
        // People stay late by floors and by corners, not at random.
        let lived = 0.34
            + 0.55 * noise(v2(i as f32 * 0.23, j as f32 * 0.3), h ^ 3)
            + 0.2 * (trait_of(h, 7) - 0.5);
        let on = fraction(wh) < lived * 0.62;
        if !on {
            return rgb(0.006, 0.008, 0.012) * glass;
        }
        let warm = trait_of(wh, 1);
        let tint = if warm < 0.68 {
            rgb(1.0, 0.62, 0.27)
        } else if warm < 0.9 {
            rgb(1.0, 0.84, 0.6)
        } else {
            rgb(0.6, 0.82, 1.0)
        };
        let curtain = 0.55 + 0.45 * fbm(v2(f.x * 1.5 + trait_of(wh, 2) * 9.0, f.y * 1.5), 2, h);
        tint * (glass * mix(0.25, 1.9, trait_of(wh, 3).powi(2)) * curtain)
    }
}

impl Scene for City {
    fn shade(&self, p: V2, px: f32) -> Rgb {
        let wet = step(self.shore - px * 0.5, self.shore + px * 0.5, p.y);
        if wet <= 0.0 {
            self.above(p, px)
        } else {
            self.water(p, px)
        }
    }

    fn glow(&self) -> f32 {
        1.6
    }
}
