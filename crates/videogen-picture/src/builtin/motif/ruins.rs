//! What is left of old stone: an arcade running into the light, or columns against the evening.

use super::super::field::{Field, Profile};
use super::super::finish::Scene;
use super::super::math::{Quick, Rgb, V2, bell, cover, mix, step, unit, v2};
use super::super::noise::{fbm, hash2, noise, ridged, trait_of, warped_at};
use super::super::palette::Palette;
use super::super::sky::Sky;
use super::super::stage::Stage;

pub(crate) struct Ruins {
    palette: Palette,
    dust: Field<2>,
    seed: u32,
    place: Place,
}

enum Place {
    Arcade {
        vanish: V2,
        half: f32,
        spring: f32,
        floor: f32,
        arches: u32,
    },
    Temple {
        sky: Box<Sky>,
        ground: Profile,
        far: Profile,
        rows: Vec<Row>,
    },
}

/// Columns at one distance.
struct Row {
    near: f32,
    spacing: f32,
    half: f32,
    tall: f32,
    foot: f32,
    /// Shifts the pattern, so rows do not line up.
    shift: f32,
    seed: u32,
}

impl Ruins {
    pub(crate) fn new(stage: &Stage) -> Self {
        let view = &stage.view;
        let mut rng = stage.rng("ruins");
        let seed = stage.noise("stone");
        let inside = rng.unit() < 0.6;
        let place = if inside {
            let tall = view.is_tall();
            Place::Arcade {
                vanish: v2(
                    view.x(mix(0.4, 0.6, stage.sun_x)),
                    view.y(rng.between(0.5, 0.56)),
                ),
                half: rng.between(0.36, 0.42) * if tall { 1.0 } else { 1.25 },
                spring: rng.between(0.2, 0.32) * if tall { 1.2 } else { 0.35 },
                floor: rng.between(0.32, 0.4),
                arches: 8,
            }
        } else {
            let horizon = view.y(rng.between(0.64, 0.7));
            let mut low = *stage;
            low.sun_height = 0.08 + 0.4 * stage.sun_height;
            let sky = Box::new(Sky::new(&low, horizon, rng.between(0.3, 0.7)));
            let ground = Profile::bake(view, 0.3, 900.0, |x| {
                view.y(0.86)
                    - 0.05 * fbm(v2(x * 1.6, 1.0), 5, seed)
                    - 0.012 * ridged(v2(x * 9.0, 0.0), 4, seed ^ 1)
            });
            let far = Profile::bake(view, 0.3, 900.0, |x| {
                horizon - 0.09 * (0.35 + fbm(v2(x * 2.0, 5.0), 6, seed ^ 2))
            });
            let reach = (view.half.y * 1.1).min(0.95);
            let rows = [(0.0, 0.105, 0.30), (0.5, 0.19, 0.5), (1.0, 0.42, 0.95)]
                .into_iter()
                .enumerate()
                .map(|(i, (near, spacing, tall))| Row {
                    near,
                    spacing,
                    half: spacing * mix(0.15, 0.12, near),
                    tall: tall * reach,
                    foot: view.y(mix(0.715, 0.9, near)),
                    shift: rng.unit() * spacing,
                    seed: seed.wrapping_add(77 * (i as u32 + 1)),
                })
                .collect();
            Place::Temple {
                sky,
                ground,
                far,
                rows,
            }
        };
        let source = match &place {
            Place::Arcade { vanish, .. } => *vanish - v2(0.0, 0.12),
            Place::Temple { sky, .. } => sky.sun,
        };
        let fog = stage.noise("dust");
        let dust = Field::bake_points(view, 0.02, 180.0, |p| {
            let clouds = warped_at(p.map(|p| v2(p.x * 1.6, p.y * 2.4)), 0.9, 4, fog);
            std::array::from_fn(|k| {
                let d = p[k] - source;
                let angle = d.y.atan2(d.x);
                let beam = 0.5
                    + 0.5 * noise(v2(angle * 6.0, 1.0), fog ^ 1)
                    + 0.4 * noise(v2(angle * 14.0, 4.0), fog ^ 2);
                [clouds[k], step(0.4, 1.1, beam)]
            })
        });
        Self {
            palette: stage.palette,
            dust,
            seed,
            place,
        }
    }

    /// Weathered blocks: courses with joints, stains, pits. `q` in block heights.
    fn stone(q: V2, seed: u32) -> f32 {
        let row = q.y.quick_floor();
        let x = q.x * 0.55 + if (row as i32) & 1 == 0 { 0.0 } else { 0.5 };
        let h = hash2(x.quick_floor() as i32, row as i32, seed);
        let fx = (x - x.quick_floor() - 0.5).abs();
        let fy = (q.y - row - 0.5).abs();
        let joint = step(0.5, 0.475, fx).min(step(0.5, 0.45, fy));
        let stain = fbm(q * 0.7, 4, seed ^ 3) * 0.3;
        (0.8 + 0.25 * (trait_of(h, 0) - 0.5) + stain) * mix(0.55, 1.0, joint)
    }

    fn arcade(&self, p: V2, px: f32, at: (V2, f32, f32, f32, u32)) -> Rgb {
        let (vanish, half, spring, floor, arches) = at;
        let pal = &self.palette;
        let [dust, beam] = self.dust.at(p);
        let q = p - vanish;
        // The light at the end.
        let d = v2(q.x, q.y + 0.03).len();
        let bright = pal.light.mix(pal.horizon, step(0.0, 0.25, d));
        let glow = bright * (1.5 * (-d * 5.0).quick_exp() + 0.35 * (-d * 1.6).quick_exp())
            + pal.horizon * 0.2;
        // Wall openings from the nearest to the farthest; the first whose stone covers the pixel is seen.
        let mut sum = Rgb::BLACK;
        let mut left = 1.0;
        for i in 0..arches {
            let z = 1.0 + i as f32 * 0.62;
            let k = z; // A point of the opening appears at 1/z of its offset from the vanishing point.
            let w = q * k;
            let rough = 0.006 * fbm(w * 9.0, 3, self.seed ^ (i * 13));
            let arch = if w.y < -spring {
                v2(w.x, w.y + spring).len() - half
            } else {
                w.x.abs() - half
            } + rough;
            let above_floor = w.y - floor;
            // The pier: stone outside the opening, above the floor.
            let open = arch.max(-9.0);
            let a = cover(-open / k, px * 1.2) * cover(above_floor / k, px * 1.2);
            let t = i as f32 / (arches - 1) as f32;
            if a > 0.0 {
                // The edge that looks into the light catches it.
                let rim = bell(arch, 0.035) * 0.9 + 0.25 * (-arch.max(0.0) * 6.0).quick_exp();
                let course = Self::stone(
                    v2(w.x.abs() * 9.0 + i as f32 * 5.3, (w.y + 40.0) * 9.0),
                    self.seed ^ i,
                );
                let dark = pal.shadow.mix(pal.zenith, 0.35).mix(pal.mid, 0.12);
                let lit = pal.horizon.mix(pal.light, 0.3);
                let wall = dark.mix(lit, unit(rim * (0.25 + 0.5 * t))) * course;
                let fog = unit(0.06 + 0.8 * t.powf(0.9) + 0.08 * dust);
                sum = sum + wall.mix(glow, fog) * (a * left);
                left *= 1.0 - a;
            }
            let veil = 0.05 + 0.06 * beam * (1.0 - t);
            sum = sum + glow * (veil * left);
            left *= 1.0 - veil;
            if left < 0.005 {
                return sum;
            }
        }
        let ground = q.y;
        if ground > 0.0 {
            // Flagstones, with the light lying along them.
            let z = floor / ground.max(0.004);
            let w = v2(q.x * z, z);
            let tile = Self::stone(v2(w.x * 4.0, w.y * 4.0), self.seed ^ 0x63);
            let foot = px * z / ground.max(0.004);
            let tile = mix(tile, 0.8, step(0.02, 0.2, foot));
            let path = (-(q.x / (0.05 + 0.42 * ground)).powi(2)).quick_exp();
            let base = pal.shadow.mix(pal.mid, 0.3);
            let c = base.mix(bright, 0.62 * path / (1.0 + 3.2 * ground)) * tile;
            let fog = unit((z - 1.0) / 4.5);
            return sum + c.mix(glow, fog * 0.9) * left;
        }
        sum + (glow + bright * (0.9 * (-d * 9.0).quick_exp())) * left
    }

    fn temple(
        &self,
        p: V2,
        px: f32,
        sky: &Sky,
        ground: &Profile,
        far: &Profile,
        rows: &[Row],
    ) -> Rgb {
        let pal = &self.palette;
        let [dust, beam] = self.dust.at(p);
        let haze = sky.haze(p.x);
        let mut sum = Rgb::BLACK;
        let mut left = 1.0;
        let to_sun = (p - sky.sun).len();
        let g = ground.at(p.x);
        let a = cover(g - p.y, px * 1.3);
        if a > 0.0 {
            let tuft = 0.75 + 0.35 * fbm(v2(p.x * 20.0, p.y * 55.0), 4, self.seed ^ 0x28);
            let path = bell(p.x - sky.sun.x, 0.16 + (p.y - g).max(0.0));
            let lit = pal.horizon.mix(pal.light, 0.4);
            let c = pal
                .shadow
                .mix(pal.mid, 0.32)
                .mix(lit, (0.12 + 0.4 * path) * unit(1.0 - (p.y - g) * 4.0))
                * tuft;
            sum = c * a;
            left = 1.0 - a;
        }
        for row in rows.iter().rev() {
            if left < 0.004 {
                break;
            }
            let (a, across, up) = row.cover(p, px);
            if a > 0.0 {
                let near = row.near;
                let side = (sky.sun.x - p.x).signum();
                let flutes = 0.5 + 0.5 * (across.clamp(-0.98, 0.98).asin() * 9.0).cos();
                let facing = step(0.35, 1.0, across * side);
                let stain = 0.8
                    + 0.35
                        * fbm(
                            v2(across * 1.5 + row.seed as f32 % 7.0, up * 7.0),
                            4,
                            row.seed,
                        );
                let dark = pal.shadow.mix(pal.zenith, 0.2);
                let body = dark.mix(pal.horizon, 0.05 + 0.07 * flutes) * stain;
                let body = body.mix(
                    pal.light.mix(pal.horizon, 0.4),
                    0.5 * facing * (0.4 + 0.6 * flutes),
                );
                let fog = unit(0.72 * (1.0 - near) + 0.1 * dust * (1.0 - near) + 0.04);
                sum = sum + body.mix(haze, fog) * (a * left);
                left *= 1.0 - a;
            }
            if p.y > row.foot && row.near < 1.0 {
                let c = pal
                    .shadow
                    .mix(pal.mid, 0.35)
                    .mix(haze, 0.6 * (1.0 - row.near) + 0.1 * dust);
                let rise = 0.012 * fbm(v2(p.x * 3.0, row.near * 7.0), 4, row.seed ^ 6) + 0.006;
                let a = cover(row.foot + rise - p.y, px * 1.5);
                sum = sum + c * (a * left);
                left *= 1.0 - a;
            }
            let veil = 0.09 * (0.3 + 0.7 * beam) * (-to_sun * 1.9).quick_exp();
            sum = sum + pal.light * (veil * left * 0.8);
            left *= 1.0 - veil;
        }
        let b = cover(far.at(p.x) - p.y, px * 1.5);
        if b > 0.0 && left > 0.0 {
            sum = sum + haze.mix(pal.zenith, 0.35) * (b * left);
            left *= 1.0 - b;
        }
        sum + sky.shade(p, px) * left
    }
}

impl Row {
    /// (cover, position across the shaft -1..1, height above the foot in short sides).
    fn cover(&self, p: V2, px: f32) -> (f32, f32, f32) {
        let up = self.foot - p.y;
        // Above the cornice, which is the highest.
        if up > self.tall * 1.165 + px {
            return (0.0, 0.0, up);
        }
        let cell = ((p.x + self.shift) / self.spacing).quick_floor() as i32;
        let whole = |k: i32| trait_of(hash2(k, 0, self.seed), 0) < 0.62;
        let mut best = (0.0, 0.0, up);
        for k in cell - 1..=cell + 1 {
            let h = hash2(k, 0, self.seed);
            let x = (k as f32 + 0.5) * self.spacing - self.shift;
            let side = p.x - x;
            let broken = !whole(k);
            if broken && trait_of(h, 1) < 0.25 {
                continue;
            }
            // How the stone is worn is seen on the shaft alone.
            let on_shaft = side.abs() < self.half * 1.1 + px;
            let top = if broken && on_shaft {
                let jag = 0.05 * noise(v2(side / self.half * 1.4, h as f32 % 97.0), self.seed ^ 4);
                self.tall * (mix(0.15, 0.75, trait_of(h, 2)) + jag)
            } else {
                self.tall
            };
            // Entasis: the shaft swells a little and narrows upwards.
            let t = up / self.tall;
            let half = self.half * (1.0 - 0.16 * t * t);
            let chip = if on_shaft {
                let at = v2(side.signum() * 3.0, up * 3.0 / self.half * 0.4);
                0.04 * self.half * fbm(at, 3, h)
            } else {
                0.0
            };
            let mut d = (side.abs() - half + chip).max(up - top);
            // Base and capital.
            let base = (side.abs() - self.half * 1.28).max(up - self.half * 0.5);
            d = d.min(base);
            if !broken {
                let rise = unit((up - self.tall * 0.93) / (self.tall * 0.05));
                let capital = (side.abs() - self.half * (0.86 + 0.5 * rise))
                    .max((up - self.tall).max(self.tall * 0.93 - up));
                d = d.min(capital);
                // The beam rests where two neighbours still stand.
                if whole(k + 1) {
                    let mid = side - self.spacing * 0.5;
                    let beam = (mid.abs() - self.spacing * 0.5 - self.half * 1.3)
                        .max((up - self.tall * 1.13).max(self.tall - up));
                    let cornice = (mid.abs() - self.spacing * 0.5 - self.half * 1.55)
                        .max((up - self.tall * 1.165).max(self.tall * 1.13 - up));
                    d = d.min(beam).min(cornice);
                }
            }
            let a = cover(d, px * 1.2);
            if a > best.0 {
                best = (
                    a,
                    if side.abs() < half * 1.5 && up < self.tall * 0.93 {
                        (side / half).clamp(-1.0, 1.0)
                    } else {
                        0.0
                    },
                    up,
                );
            }
        }
        best
    }
}

impl Scene for Ruins {
    fn shade(&self, p: V2, px: f32) -> Rgb {
        match &self.place {
            Place::Arcade {
                vanish,
                half,
                spring,
                floor,
                arches,
            } => self.arcade(p, px, (*vanish, *half, *spring, *floor, *arches)),
            Place::Temple {
                sky,
                ground,
                far,
                rows,
            } => self.temple(p, px, sky, ground, far, rows),
        }
    }

    fn glow(&self) -> f32 {
        1.4
    }
}
