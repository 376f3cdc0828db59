//! Desert dunes: sharp crests, one face in the sun and one in shadow, ripples of the wind.

use rayon::prelude::*;

use super::super::finish::Scene;
use super::super::math::{Quick, Rgb, V2, mix, step, unit, v2};
use super::super::noise::{fbm, noise};
use super::super::palette::Palette;
use super::super::sky::Sky;
use super::super::stage::Stage;

pub(crate) struct Dunes {
    sky: Sky,
    palette: Palette,
    ground: Ground,
    eye: f32,
    sun: (f32, f32, f32),
    wind: f32,
    seed: u32,
}

/// Heights over the cone of view: columns are directions, rows are logarithms of distance. A march down one direction
/// reads it instead of evaluating noise.
struct Ground {
    cols: usize,
    reach: f32,
    /// Height and light (0 shadow, 1 sun).
    cells: Vec<[f32; 2]>,
    /// The distance of each row.
    depths: Vec<f32>,
    /// The highest ground of all.
    top: f32,
}

const ROWS: usize = 460;
const NEAR: f32 = 0.7;
const FAR: f32 = 70.0;

/// Dunes as the fold of slow noise: smooth backs, sharp crests, and lower, softer ground between.
fn height(p: V2, seed: u32) -> f32 {
    let bend = v2(
        noise(p * 0.11, seed ^ 1),
        noise(p * 0.11 + v2(9.0, 4.0), seed ^ 2),
    ) * 2.2;
    let q = p + bend;
    let fold = |q: V2, s: u32| {
        let n = noise(q, s);
        1.0 - (n * n + 0.0006).sqrt() * 1.7
    };
    let big = fold(v2(q.x * 0.17, q.y * 0.28), seed);
    let small = fold(v2(q.x * 0.46 + 3.0, q.y * 0.62), seed ^ 3);
    0.95 * big + 0.22 * small * unit(big + 0.3) + 0.6 * noise(p * 0.06, seed ^ 4)
}

impl Ground {
    fn bake(reach: f32, cols: usize, seed: u32, origin: V2, sun: (f32, f32, f32)) -> Self {
        let world = |c: f32, r: f32| {
            let z = NEAR * (FAR / NEAR).powf(r / (ROWS - 1) as f32);
            v2((c / (cols - 1) as f32 * 2.0 - 1.0) * reach * z, z)
        };
        // Shadows are soft: a third of the directions and half of the rows are enough for them.
        let (few, half) = (cols.div_ceil(3) + 1, ROWS / 2 + 2);
        let mut light = vec![0.0_f32; few * half];
        light.par_chunks_mut(few).enumerate().for_each(|(r, row)| {
            for (c, light) in row.iter_mut().enumerate() {
                let w = world(c as f32 * 3.0, r as f32 * 2.0) + origin;
                let h = height(w, seed);
                // Towards the sun: how far the ground rises above the ray.
                let mut least = 1.0_f32;
                let mut t = 0.14;
                for _ in 0..8 {
                    let over = height(w + v2(sun.0, sun.2) * t, seed) - (h + sun.1 * t);
                    least = least.min(0.5 - over * 5.0 / t.max(0.3));
                    t *= 1.7;
                }
                *light = unit(least);
            }
        });
        let mut cells = vec![[0.0; 2]; cols * ROWS];
        cells.par_chunks_mut(cols).enumerate().for_each(|(r, row)| {
            let (j, v) = (r / 2, (r % 2) as f32 * 0.5);
            for (c, cell) in row.iter_mut().enumerate() {
                let (i, u) = (c / 3, (c % 3) as f32 / 3.0);
                let o = j * few + i;
                let lit = mix(
                    mix(light[o], light[o + 1], u),
                    mix(light[o + few], light[o + few + 1], u),
                    v,
                );
                *cell = [height(world(c as f32, r as f32) + origin, seed), lit];
            }
        });
        let top = cells.iter().map(|c| c[0]).fold(f32::MIN, f32::max);
        let depths = (0..ROWS).map(|r| world(0.0, r as f32).y).collect();
        Self {
            cols,
            reach,
            cells,
            depths,
            top,
        }
    }

    fn depth(&self, r: f32) -> f32 {
        let i = (r.max(0.0) as usize).min(ROWS - 2);
        mix(self.depths[i], self.depths[i + 1], r - i as f32)
    }

    /// Height and light in direction `dx` (x per unit of depth) at row `r`.
    fn at(&self, dx: f32, r: f32) -> [f32; 2] {
        let c = ((dx / self.reach + 1.0) * 0.5 * (self.cols - 1) as f32)
            .clamp(0.0, (self.cols - 2) as f32);
        let r = r.clamp(0.0, (ROWS - 2) as f32);
        let (i, j) = (c as usize, r as usize);
        let (u, v) = (c - i as f32, r - j as f32);
        let o = j * self.cols + i;
        let (a, b) = (self.cells[o], self.cells[o + 1]);
        let (c, d) = (self.cells[o + self.cols], self.cells[o + self.cols + 1]);
        [0, 1].map(|k| mix(mix(a[k], b[k], u), mix(c[k], d[k], u), v))
    }
}

fn row_of(z: f32) -> f32 {
    (z / NEAR).max(1e-6).ln() / (FAR / NEAR).ln() * (ROWS - 1) as f32
}

impl Dunes {
    pub(crate) fn new(stage: &Stage) -> Self {
        let view = &stage.view;
        let mut rng = stage.rng("dunes");
        let horizon = view.y(rng.between(0.4, 0.5));
        let mut low = *stage;
        low.sun_height = 0.12 + 0.6 * stage.sun_height;
        let sky = Sky::new(&low, horizon, rng.between(0.0, 0.4));
        let seed = stage.noise("dunes");
        let origin = v2(rng.between(-400.0, 400.0), rng.between(-400.0, 400.0));
        let side = if stage.sun_x < 0.5 { -1.0 } else { 1.0 };
        // Low and from the side: half of every dune lies in shadow.
        let sun = {
            let (x, y, z) = (side * 0.95, rng.between(0.2, 0.32), 0.35);
            let l: f32 = x * x + z * z;
            (x / l.sqrt(), y, z / l.sqrt())
        };
        let reach = (view.half.x + 0.05) / FOCAL;
        let cols = ((view.half.x * 2.0 * (0.8 / view.px).min(520.0)) as usize).clamp(32, 1400);
        let ground = Ground::bake(reach, cols, seed, origin, sun);
        // Stand a little above whatever is near.
        let here = (0..ROWS / 4)
            .map(|r| ground.at(0.0, r as f32)[0])
            .fold(f32::MIN, f32::max);
        Self {
            sky,
            palette: stage.palette,
            ground,
            eye: here.max(0.7) + rng.between(0.75, 1.2),
            sun,
            wind: rng.between(-0.4, 0.4),
            seed,
        }
    }

    /// The row at which the ray through `p` meets the ground.
    fn hit(&self, p: V2) -> Option<f32> {
        let dx = p.x / FOCAL;
        let dy = (self.sky.horizon - p.y) / FOCAL;
        let over = |r: f32| self.eye + dy * self.ground.depth(r) - self.ground.at(dx, r)[0];
        // Nothing can be met before the ray is below the highest ground.
        let mut r = if self.eye > self.ground.top {
            if dy >= 0.0 {
                return None;
            }
            row_of((self.ground.top - self.eye) / dy).max(0.0)
        } else {
            0.0
        };
        let mut stride = 0.0;
        while r < (ROWS - 2) as f32 {
            let clear = over(r);
            if clear < 0.0 {
                // Halve the last stride.
                let (mut a, mut b) = ((r - stride).max(0.0), r);
                for _ in 0..6 {
                    let m = 0.5 * (a + b);
                    if over(m) < 0.0 { b = m } else { a = m }
                }
                return Some(b);
            }
            // As far as the ground, at its steepest, cannot rise to the ray; a row is a hundredth of the distance deep.
            stride = (clear / (0.01 * self.ground.depth(r) * (1.1 + dy.abs()))).clamp(2.5, 24.0);
            r += stride;
        }
        None
    }

    fn seen(&self, hit: Option<f32>, p: V2, px: f32) -> Rgb {
        match hit {
            Some(r) => self.sand(p.x / FOCAL, r, p, px),
            None => self.sky.shade(p, px),
        }
    }

    fn sand(&self, dx: f32, r: f32, p: V2, px: f32) -> Rgb {
        let pal = &self.palette;
        let z = self.ground.depth(r);
        let w = v2(dx * z, z);
        let [_, light] = self.ground.at(dx, r);
        let e = 2.0;
        let ddx = 2.0 * self.ground.reach / self.ground.cols as f32 * 2.0;
        let hx =
            (self.ground.at(dx + ddx, r)[0] - self.ground.at(dx - ddx, r)[0]) / (2.0 * ddx * z);
        let hr = (self.ground.at(dx, r + e)[0] - self.ground.at(dx, r - e)[0])
            / (self.ground.depth(r + e) - self.ground.depth(r - e));
        // Moving out along a ray also moves aside: take that part back out.
        let mut slope = v2(hx, hr - hx * dx);
        let foot = px * z / FOCAL;
        let fine = step(0.5, 0.12, foot * 5.0);
        if fine > 0.0 {
            // Ripples lie across the wind and follow the ground.
            let q = w.rotated(0.9 + self.wind + 0.25 * noise(w * 0.5, self.seed ^ 8));
            let phase = q.x * 30.0 + 2.6 * fbm(w * 1.5, 3, self.seed ^ 9);
            let k = 0.17 * fine * (0.4 + 0.6 * step(-0.5, 0.4, noise(w * 0.6, self.seed ^ 0x0a)));
            slope = slope + v2(phase.cos() * 0.7, phase.cos() * 0.6) * k;
        }
        let l = (slope.dot(slope) + 1.0).sqrt();
        let facing =
            ((-slope.x * self.sun.0 + self.sun.1 - slope.y * self.sun.2) / l / 1.05).max(0.0);
        let sand = pal.horizon.mix(pal.accent, 0.4);
        let sun = sand.tinted(pal.light.mix(
            Rgb {
                r: 1.0,
                g: 1.0,
                b: 1.0,
            },
            0.3,
        )) * (1.25 * facing.powf(0.8));
        let sky = sand.tinted(pal.mid.mix(pal.zenith, 0.5)) * (0.55 / l) + pal.shadow * 0.6;
        let speck = if foot < 0.02 {
            1.0 + 0.07 * noise(w * 60.0, self.seed ^ 0x0c) * step(0.02, 0.005, foot)
        } else {
            1.0
        };
        let c = (sky + sun * light) * speck;
        let air = unit(1.0 - (-(z - 1.0) * 0.034).quick_exp());
        c.mix(self.sky.haze(p.x), air * 0.93)
    }
}

/// Distance of the picture plane from the eye, in short sides.
const FOCAL: f32 = 1.1;

impl Scene for Dunes {
    fn shade(&self, p: V2, px: f32) -> Rgb {
        if p.y < self.sky.horizon - 0.35 {
            return self.sky.shade(p, px);
        }
        // Two rays a pixel: crests against the sky are the picture, they must not be jagged.
        let (a, b) = (
            v2(p.x - px * 0.25, p.y - px * 0.25),
            v2(p.x + px * 0.25, p.y + px * 0.25),
        );
        let (ra, rb) = (self.hit(a), self.hit(b));
        match (ra, rb) {
            (None, None) => self.sky.shade(p, px),
            // The same face: one answer serves both.
            (Some(i), Some(j)) if (i - j).abs() < 2.5 => self.seen(Some(0.5 * (i + j)), p, px),
            _ => (self.seen(ra, a, px) + self.seen(rb, b, px)) * 0.5,
        }
    }
}
