//! A forest in fog: trunks behind trunks, and light falling through the crowns.

use super::super::field::{Field, Profile};
use super::super::finish::Scene;
use super::super::math::{Quick, Rgb, V2, bell, cover, mix, step, unit, v2};
use super::super::noise::{fbm, hash2, noise, ridged, trait_of, warped_at};
use super::super::palette::Palette;
use super::super::stage::Stage;

pub(crate) struct Forest {
    palette: Palette,
    layers: Vec<Layer>,
    light: V2,
    fog: Field<2>,
    top: f32,
    bottom: f32,
}

struct Layer {
    near: f32,
    spacing: f32,
    width: f32,
    ground: Profile,
    crown: Profile,
    seed: u32,
}

impl Forest {
    pub(crate) fn new(stage: &Stage) -> Self {
        let view = &stage.view;
        let mut rng = stage.rng("forest");
        let count = 6 + rng.below(2);
        let seed = stage.noise("trunks");
        let light = v2(
            view.x(mix(0.2, 0.8, stage.sun_x)),
            view.y(mix(0.34, 0.1, stage.sun_height)),
        );
        let horizon = rng.between(0.64, 0.72);
        let layers = (0..count)
            .map(|i| {
                let near = i as f32 / (count - 1) as f32;
                let seed = seed.wrapping_add(i as u32 * 911);
                let base = view.y(mix(horizon, 0.97, near.powf(1.6)));
                let ground = Profile::bake(view, 0.2, 1800.0, |x| {
                    // Ferns and grass: many thin blades, in clumps.
                    let clump = step(
                        -0.3,
                        0.5,
                        noise(v2(x * mix(9.0, 4.0, near), near), seed ^ 0x0e),
                    );
                    let blade = ridged(v2(x * mix(70.0, 26.0, near), near), 4, seed ^ 2);
                    let tuft = clump * blade.powi(2) * mix(0.012, 0.075, near);
                    base - mix(0.012, 0.05, near) * fbm(v2(x * 3.0, near * 9.0), 4, seed ^ 1) - tuft
                });
                let hang = view.y(mix(0.26, -0.03, near));
                let crown = Profile::bake(view, 0.2, 900.0, |x| {
                    hang + 0.12 * fbm(v2(x * mix(5.0, 2.5, near), 4.0 + near), 6, seed ^ 3)
                });
                Layer {
                    near,
                    spacing: mix(0.045, 0.4, near.powf(1.5)) * rng.between(0.85, 1.15),
                    width: mix(0.006, 0.06, near.powf(1.7)),
                    ground,
                    crown,
                    seed,
                }
            })
            .collect();
        let fog_seed = stage.noise("fog");
        // Fog patches, and shafts: noise over the angle around the light.
        let fog = Field::bake_points(view, 0.02, 200.0, |p| {
            let patch = warped_at(p.map(|p| v2(p.x * 1.3, p.y * 2.6)), 0.8, 4, fog_seed);
            std::array::from_fn(|k| {
                let d = p[k] - light;
                let angle = d.x.atan2(d.y.max(-0.2) + 0.25);
                let beam = 0.5
                    + 0.6 * noise(v2(angle * 7.0, 0.3), fog_seed ^ 1)
                    + 0.35 * noise(v2(angle * 17.0, 2.3), fog_seed ^ 2);
                [patch[k], step(0.35, 1.0, beam) * step(-0.15, 0.1, d.y)]
            })
        });
        Self {
            palette: stage.palette,
            layers,
            light,
            fog,
            top: -view.half.y,
            bottom: view.half.y,
        }
    }

    fn air(&self, p: V2) -> Rgb {
        let pal = &self.palette;
        let t = unit((p.y - self.top) / (self.bottom - self.top));
        let d = v2((p.x - self.light.x) * 1.25, (p.y - self.light.y) * 0.8).len();
        let glow = (-d * 2.3).quick_exp();
        let shade = pal
            .mid
            .mix(pal.zenith, 0.35 * step(0.2, 0.0, t))
            .mix(pal.mid * 0.62, step(0.5, 1.0, t));
        shade.mix(pal.horizon, 0.3 + 0.7 * glow.sqrt() * 0.8) * (0.72 + 0.5 * glow)
            + pal.light * (0.85 * (-d * 6.5).quick_exp())
    }
}

impl Layer {
    /// (how much of the pixel is trunk, where across the trunk -1..1).
    fn trunk(&self, p: V2, px: f32) -> (f32, f32, u32) {
        let cell = (p.x / self.spacing).quick_floor() as i32;
        let mut best = (0.0, 0.0, 0);
        for k in cell - 1..=cell + 1 {
            let h = hash2(k, 3, self.seed);
            if trait_of(h, 0) > 0.8 {
                continue;
            }
            let lean = (trait_of(h, 2) - 0.5) * 0.09;
            let middle =
                (k as f32 + mix(0.12, 0.88, trait_of(h, 1))) * self.spacing + lean * (p.y - 0.3);
            // Beyond the longest branch.
            if (p.x - middle).abs() > self.width * 5.0 {
                continue;
            }
            let bow = 0.35 * self.width * noise(v2(p.y * 2.2, k as f32 * 3.1), self.seed ^ 8);
            let x = middle + bow;
            let foot = self.ground.at(x);
            let flare = 0.55 * (-((foot - p.y).max(0.0) / (self.width * 1.6))).quick_exp();
            let taper = 0.86 + 0.14 * unit(p.y + 0.6);
            let rough = 0.06 * noise(v2(p.y * 1.4 / self.width, k as f32), self.seed ^ 9);
            let half = self.width * mix(0.32, 0.62, trait_of(h, 3)) * (taper + flare + rough);
            let a = cover((p.x - x).abs() - half, px * 1.2);
            if a > best.0 {
                best = (a, (p.x - x) / half, h);
            }
            // A few bare branches.
            for b in 0..3u32 {
                let from = mix(-0.75, 0.1, trait_of(h, 20 + b));
                let side = if trait_of(h, 30 + b) < 0.5 { -1.0 } else { 1.0 };
                let along = (p.x - x) * side;
                let reach = self.width * mix(2.0, 4.5, trait_of(h, 40 + b));
                if (0.0..reach).contains(&along) {
                    let rise = from - along * 0.55 - along * along * 0.8 / reach;
                    if (p.y - rise).abs() > self.width * 0.3 + px {
                        continue;
                    }
                    let rise = rise
                        + 0.1
                            * self.width
                            * noise(v2(along * 3.0 / self.width, b as f32), self.seed ^ 0x0c);
                    let thin = 0.09 * self.width * (1.0 - along / reach);
                    let a = cover((p.y - rise).abs() - thin, px * 1.2);
                    if a > best.0 {
                        best = (a, 0.2 * side, h);
                    }
                }
            }
        }
        best
    }
}

impl Scene for Forest {
    fn shade(&self, p: V2, px: f32) -> Rgb {
        let pal = &self.palette;
        let air = self.air(p);
        let [patch, beam] = self.fog.at(p);
        let d = p - self.light;
        let mut sum = Rgb::BLACK;
        let mut left = 1.0;
        for layer in self.layers.iter().rev() {
            let near = layer.near;
            let ground = layer.ground.at(p.x);
            let floor = cover(ground - p.y, px * 1.5);
            let (trunk, across, h) = if floor < 1.0 {
                layer.trunk(p, px)
            } else {
                (0.0, 0.0, 0)
            };
            // Leaves hang in clumps with light between them.
            let edge = layer.crown.at(p.x) - p.y;
            let leaf = if edge > 0.22 && floor < 1.0 {
                1.0
            } else if edge > -0.14 && floor < 1.0 {
                let f = mix(60.0, 20.0, near);
                let n = fbm(p * f, 3, layer.seed ^ 5) + 0.6 * noise(p * (f * 0.25), layer.seed ^ 6);
                cover(-(n * 0.11 + edge) * 0.5, px * 1.5 + 0.002 + 0.006 * near)
            } else {
                0.0
            };
            let a = floor.max(trunk).max(leaf);
            if a > 0.0 {
                let thick = unit(0.9 - 0.95 * near.powf(0.75) + 0.16 * patch);
                let mut body = pal.shadow.mix(pal.zenith, 0.28 * (1.0 - near));
                if floor >= trunk.max(leaf) {
                    let deep = unit((p.y - ground) / mix(0.04, 0.14, near));
                    let lawn = pal.shadow.mix(pal.accent, 0.07).mix(pal.mid, 0.16);
                    let grain = 0.7
                        + 0.5
                            * fbm(
                                v2(p.x * mix(50.0, 18.0, near), p.y * mix(120.0, 50.0, near)),
                                3,
                                layer.seed ^ 7,
                            );
                    let pool = bell(p.x - self.light.x, 0.45) * (1.0 - near * 0.7);
                    body = lawn.mix(pal.light.mix(pal.accent, 0.5), 0.22 * pool * (1.0 - deep))
                        * grain;
                } else if trunk > leaf {
                    // Round: the side to the light is paler; bark runs along.
                    let facing = -across * d.x.signum();
                    let bark = ridged(
                        v2(
                            across * 2.2 + fraction_of(h),
                            p.y * 0.55 / layer.width * 0.4,
                        ),
                        3,
                        layer.seed ^ 4,
                    );
                    body = body.mix(
                        pal.horizon,
                        (0.05 + 0.16 * step(0.1, 0.95, facing))
                            * (0.5 + 0.8 * bark)
                            * (0.4 + 0.6 * near),
                    );
                } else {
                    body = body.mix(pal.accent, 0.1);
                }
                let c = body.mix(air, thick);
                sum = sum + c * (a * left);
                left *= 1.0 - a;
                if left < 0.004 {
                    break;
                }
            }
            // Lit fog hangs between this layer and the next.
            let veil = beam * 0.16 * (-d.len() * 1.15).quick_exp();
            sum = sum + pal.light.mix(pal.horizon, 0.4) * (veil * left);
            left *= 1.0 - veil;
        }
        let beyond = air + pal.light * (0.1 * beam * (-d.len()).quick_exp());
        sum + beyond * left
    }

    fn glow(&self) -> f32 {
        1.5
    }
}

fn fraction_of(h: u32) -> f32 {
    trait_of(h, 9) * 50.0
}
