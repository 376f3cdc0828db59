//! Open water to the horizon: waves in perspective, the path of the sun on them.

use super::super::field::Profile;
use super::super::finish::Scene;
use super::super::math::{Quick, Rgb, V2, bell, cover, mix, step, unit, v2};
use super::super::noise::{LANES, Points, fbm, noise, noise_slope, ridged};
use super::super::palette::Palette;
use super::super::sky::Sky;
use super::super::stage::Stage;

pub(crate) struct Ocean {
    sky: Sky,
    palette: Palette,
    /// The eye above the water, which sets the scale of the waves on screen.
    eye: f32,
    /// The directions by which the coarsest waves are turned, and each finer octave from the one before.
    wind: V2,
    turn: V2,
    choppy: f32,
    seed: u32,
    headland: Option<Profile>,
}

impl Ocean {
    pub(crate) fn new(stage: &Stage) -> Self {
        let view = &stage.view;
        let mut rng = stage.rng("ocean");
        let horizon = view.y(rng.between(0.42, 0.56));
        let mut low = *stage;
        low.sun_height = stage.sun_height * 0.55 + 0.04;
        let sky = Sky::new(&low, horizon, rng.between(0.35, 0.85));
        let headland = (rng.unit() < 0.6).then(|| {
            let seed = stage.noise("headland");
            let from_left = stage.sun_x > 0.5;
            let tall = rng.between(0.05, 0.11);
            let reach = rng.between(0.35, 0.6);
            Profile::bake(view, 0.1, 1200.0, |x| {
                let side = if from_left {
                    x + view.half.x
                } else {
                    view.half.x - x
                };
                let fall = (1.0 - side / (reach * view.half.x * 1.6)).max(-0.2);
                horizon - tall * fall * (0.55 + 0.6 * ridged(v2(x * 5.0, 0.0), 6, seed)) + 0.004
            })
        });
        Self {
            sky,
            palette: stage.palette,
            eye: rng.between(0.16, 0.24),
            wind: V2::direction(rng.between(-0.35, 0.35)),
            turn: V2::direction(0.7),
            choppy: rng.between(0.7, 1.3),
            seed: stage.noise("waves"),
            headland,
        }
    }

    /// How far below the horizon a point is, how far away its water, and where in the world that is.
    fn place(&self, p: V2, px: f32) -> (f32, f32, V2) {
        let down = (p.y - self.sky.horizon).max(px * 0.4);
        let far = self.eye / down;
        (down, far, v2(p.x * far * 9.0, far * 9.0))
    }

    /// The slopes of the water (across, towards the eye) at these points.
    fn slopes(&self, p: Points, px: f32) -> Points {
        let places = p.map(|p| self.place(p, px));
        // The footprint of one pixel grows with the square of distance along the view.
        let blur = places.map(|(_, far, _)| px * (far * 9.0 + far * far * 9.0 / self.eye * 0.35));
        let mut q = places.map(|(.., w)| w.turned(self.wind));
        let mut s = [v2(0.0, 0.0); LANES];
        let (mut scale, mut amp) = (0.7, self.choppy);
        for i in 0..5u32 {
            // Octaves finer than the pixel only lighten the water; they are left out.
            let keep = blur.map(|blur| step(1.4, 0.5, blur * scale));
            if keep.iter().all(|keep| *keep <= 0.0) {
                break;
            }
            let seed = self.seed.wrapping_add(i);
            for k in 0..LANES {
                // Long crests: stretched across the wind.
                let at = v2(q[k].x * scale * 0.55, q[k].y * scale);
                let bend = noise(at * 0.5, seed ^ 0x63) * 0.8;
                let steep = noise_slope(v2(at.x + bend, at.y + bend * 0.6), seed);
                s[k] = s[k] + v2(steep.x * 0.55, steep.y) * (amp * keep[k] * 0.28);
                q[k] = q[k].turned(self.turn);
            }
            scale *= 2.3;
            amp *= 0.95;
        }
        s
    }

    /// The water at a point where it has this slope.
    fn water(&self, p: V2, px: f32, s: V2) -> Rgb {
        let pal = &self.palette;
        let (down, far, w) = self.place(p, px);
        let flat = 1.0 / (1.0 + far * 0.22);
        // Where the mirrored ray meets the sky: waves tilt it up and aside.
        let up = down * 0.9 + 0.04 + (s.y * 0.24).abs() * flat + 0.05 * flat;
        let mirror = v2(p.x + s.x * 0.16 * flat, self.sky.horizon - up);
        let seen = self.sky.air(mirror);
        // Schlick's approximation; water 0.02 at normal incidence.
        let grazing = unit(1.0 - down / (down + 0.42) - s.y * 0.5 * flat);
        let fresnel = 0.04 + 0.9 * grazing.powi(3);
        let deep = pal
            .shadow
            .mix(pal.zenith, 0.55)
            .mix(pal.mid, unit(0.16 + s.y * 0.35));
        let mut c = deep.mix(seen, unit(fresnel));
        // The glitter path: facets that happen to mirror the sun.
        let spread = 0.035 + 0.13 * down.sqrt();
        let off = (p.x - self.sky.sun.x) + s.x * 0.22 * flat;
        let path = bell(off, spread);
        let facet = step(0.05, 0.8, s.y * 1.1 + 0.32 + 0.25 * (1.0 - flat));
        let fade = 1.0 / (1.0 + 2.2 * down);
        c = c
            + pal.light * (path * facet * facet * 1.7 * fade)
            + pal.light * (0.16 * bell(off, spread * 3.2) * fade);
        // Foam on the steepest near crests. Its noise adds half at most: nothing foams on gentler water.
        if down > 0.1 && s.y > 0.25 {
            let crest = s.y + 0.35 * fbm(w * 3.0, 3, self.seed ^ 0x37);
            let foam = step(0.75, 1.25, crest) * step(0.1, 0.4, down);
            c = c.mix(pal.horizon * 0.8, foam * 0.5);
        }
        // Haze where water meets sky.
        c.mix(self.sky.haze(p.x), 0.75 * (-down * 26.0).quick_exp())
    }
}

impl Scene for Ocean {
    fn shade(&self, p: V2, px: f32) -> Rgb {
        let [c, ..] = self.shade_points([p; LANES], px);
        c
    }

    fn shade_points(&self, p: Points, px: f32) -> [Rgb; LANES] {
        let below = p.map(|p| cover(self.sky.horizon - p.y, px * 1.5));
        let s = if below.iter().any(|below| *below > 0.0) {
            self.slopes(p, px)
        } else {
            [v2(0.0, 0.0); LANES]
        };
        std::array::from_fn(|k| self.seen(p[k], px, below[k], s[k]))
    }

    fn glow(&self) -> f32 {
        1.2
    }
}

impl Ocean {
    /// What is seen at a point of which so much lies below the horizon, where the water has this slope.
    fn seen(&self, p: V2, px: f32, below: f32, s: V2) -> Rgb {
        let mut c = Rgb::BLACK;
        if below < 1.0 {
            c = self.sky.shade(p, px);
            if let Some(land) = &self.headland {
                let y = land.at(p.x);
                let a = cover(y - p.y, px * 1.5);
                let rock = self
                    .sky
                    .haze(p.x)
                    .mix(self.palette.shadow, mix(0.5, 0.72, unit((p.y - y) * 12.0)));
                c = c.mix(rock, a);
            }
        }
        if below > 0.0 {
            c = c.mix(self.water(p, px, s), below);
        }
        c
    }
}
