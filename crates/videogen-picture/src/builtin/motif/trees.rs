//! Conifers as silhouettes, for whatever stands in front of a bright background.

use super::super::math::{Quick, v2};
use super::super::math::{V2, cover, mix, step};
use super::super::noise::{hash2, noise, trait_of};

/// A row of conifers along a ground line.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Row {
    /// Distance between neighbours.
    pub(crate) spacing: f32,
    /// Mean height.
    pub(crate) height: f32,
    /// How many of the possible trees stand, 0..=1.
    pub(crate) share: f32,
    pub(crate) seed: u32,
}

impl Row {
    /// How much of the pixel at `p` is tree, above ground at `ground(x)`.
    pub(crate) fn cover(&self, p: V2, px: f32, ground: impl Fn(f32) -> f32) -> f32 {
        let here = ground(p.x);
        if p.y > here + self.height * 0.3 || p.y < here - self.height * 2.4 {
            return 0.0;
        }
        let cell = (p.x / self.spacing).quick_floor() as i32;
        let mut most: f32 = 0.0;
        for k in cell - 2..=cell + 2 {
            let h = hash2(k, 0, self.seed);
            // Trees come in groups with clearings between.
            let group = noise(v2(k as f32 * 0.13, 3.7), self.seed ^ 5) * 0.9;
            if trait_of(h, 0) > self.share + group {
                continue;
            }
            let x = (k as f32 + mix(0.1, 0.9, trait_of(h, 1))) * self.spacing;
            let height = self.height * mix(0.5, 1.25, trait_of(h, 2)) * (1.0 + 0.5 * group);
            let base = ground(x) + self.height * 0.08;
            let t = (base - p.y) / height;
            if !(-0.05..=1.02).contains(&t) {
                continue;
            }
            let lean = (trait_of(h, 3) - 0.5) * 0.05 * height * t;
            let side = p.x - x - lean;
            // Tiers of branches: each hangs outwards to its lower edge; left and right differ.
            let tiers = mix(7.0, 12.0, trait_of(h, 4));
            let phase = t * tiers + trait_of(h, 5) + if side > 0.0 { 0.43 } else { 0.0 };
            let tier = 1.0 - phase.fract();
            let rag = 0.25
                * noise(
                    v2(side.signum() * 7.0 + t * tiers * 2.7, x * 91.0),
                    self.seed ^ 9,
                );
            let girth = mix(0.15, 0.24, trait_of(h, 6)) * height;
            let half = girth
                * (1.0 - t).max(0.0).powf(0.85)
                * (0.42 + 0.58 * tier + rag)
                * step(0.0, 0.07, t + 0.02);
            let half = half.max(0.012 * height * (1.0 - t).max(0.0));
            most = most.max(cover(side.abs() - half, px * 1.2));
        }
        most
    }
}
