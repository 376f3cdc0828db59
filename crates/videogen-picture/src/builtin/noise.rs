//! Hash-based noise: every value is a pure function of position and seed, so no order of evaluation can change it.
#![expect(
    clippy::inline_always,
    reason = "a loop over points becomes vector code only where all of it is inlined"
)]

use super::math::{Quick, V2, mix, v2};

/// The "lowbias32" integer finaliser (Chris Wellons, "Prospecting for Hash Functions", 2018).
#[inline]
pub(crate) const fn scramble(mut x: u32) -> u32 {
    x ^= x >> 16;
    x = x.wrapping_mul(0x7feb_352d);
    x ^= x >> 15;
    x = x.wrapping_mul(0x846c_a68b);
    x ^ (x >> 16)
}

/// What the columns and the rows of the lattice are told apart by: odd numbers with bits all over.
const ACROSS: u32 = 0x9e37_79b1;
const DOWN: u32 = 0x85eb_ca77;

/// The hash of a lattice point.
#[inline]
pub(crate) const fn hash2(x: i32, y: i32, seed: u32) -> u32 {
    let h = (x as u32).wrapping_mul(ACROSS) ^ (y as u32).wrapping_mul(DOWN).rotate_left(13);
    scramble(h ^ seed)
}

/// 0.0..1.0 from the upper 24 bits of `h`.
#[inline]
pub(crate) fn fraction(h: u32) -> f32 {
    (h >> 8) as f32 * (1.0 / 16_777_216.0)
}

/// The `n`-th independent fraction of one feature whose hash is `h`.
#[inline]
pub(crate) fn trait_of(h: u32, n: u32) -> f32 {
    fraction(scramble(
        h ^ n.wrapping_mul(0x9e37_79b9).wrapping_add(0x632b_e5ab),
    ))
}

#[inline]
fn lattice(v: f32) -> (i32, f32) {
    let f = v.quick_floor();
    (f as i32, v - f)
}

#[inline]
fn fade(t: f32) -> f32 {
    t * t * t * (t * (t * 6.0 - 15.0) + 10.0)
}

/// The derivative of [`fade`].
#[inline]
fn fade_slope(t: f32) -> f32 {
    30.0 * t * t * (t - 1.0) * (t - 1.0)
}

/// Points that are asked about at once: their loops fill the registers of the processor, for a third of the time. Each has
/// the very value that it has alone.
pub(crate) const LANES: usize = 8;
/// As many points.
pub(crate) type Points = [V2; LANES];

/// The square of the lattice that a point lies in: where in it, and the gradients at its four corners.
struct Square {
    x: f32,
    y: f32,
    across: [f32; 4],
    down: [f32; 4],
}

impl Square {
    #[inline(always)]
    fn at(p: V2, seed: u32) -> Self {
        let (i, x) = lattice(p.x);
        let (j, y) = lattice(p.y);
        // As `hash2` of each corner, whose products are shared: the four fit into one register, step by step.
        let left = (i as u32).wrapping_mul(ACROSS);
        let right = left.wrapping_add(ACROSS);
        let top = (j as u32).wrapping_mul(DOWN);
        let bottom = top.wrapping_add(DOWN).rotate_left(13);
        let top = top.rotate_left(13);
        let hashes = [left ^ top, right ^ top, left ^ bottom, right ^ bottom];
        let hashes = hashes.map(|h| scramble(h ^ seed));
        // Sixteen-bit components: enough directions that no axis shows.
        let component = |bits: u32| bits as i32 as f32 * (2.0 / 65_535.0) - 1.0;
        Self {
            x,
            y,
            across: hashes.map(|h| component(h & 0xffff)),
            down: hashes.map(|h| component(h >> 16)),
        }
    }

    /// What each corner adds here.
    #[inline(always)]
    fn heights(&self) -> [f32; 4] {
        let (x, y) = (self.x, self.y);
        let (x, y) = ([x, x - 1.0, x, x - 1.0], [y, y, y - 1.0, y - 1.0]);
        std::array::from_fn(|k| self.across[k] * x[k] + self.down[k] * y[k])
    }
}

/// `values` at the corners, blended by `u` across and `v` down.
#[inline]
fn blend(values: [f32; 4], u: f32, v: f32) -> f32 {
    let [a, b, c, d] = values;
    let (top, bottom) = (a + (b - a) * u, c + (d - c) * u);
    top + (bottom - top) * v
}

/// What noise is multiplied by, so that it fills -1..1.
const GAIN: f32 = 1.5;

/// Gradient noise (Perlin 2002 with the quintic fade), about -1..1.
#[inline(always)]
pub(crate) fn noise(p: V2, seed: u32) -> f32 {
    let square = Square::at(p, seed);
    blend(square.heights(), fade(square.x), fade(square.y)) * GAIN
}

/// How steep [`noise`] is at `p`, across and down: its exact derivative, for less than what two more of its values cost.
#[inline(always)]
pub(crate) fn noise_slope(p: V2, seed: u32) -> V2 {
    let square = Square::at(p, seed);
    let (u, v) = (fade(square.x), fade(square.y));
    let [a, b, c, d] = square.heights();
    let across = mix(b - a, d - c, v) * fade_slope(square.x);
    let down = mix(c - a, d - b, u) * fade_slope(square.y);
    v2(
        (blend(square.across, u, v) + across) * GAIN,
        (blend(square.down, u, v) + down) * GAIN,
    )
}

/// Turned between octaves, so that lattices never line up.
#[inline(always)]
fn octave(p: V2) -> V2 {
    v2(
        1.62 * p.x + 1.21 * p.y + 17.3,
        -1.21 * p.x + 1.62 * p.y - 9.1,
    )
}

/// Fractional Brownian motion: `octaves` of noise, each half as strong. About -1..1.
pub(crate) fn fbm(p: V2, octaves: u32, seed: u32) -> f32 {
    let [sum] = fbm_at([p], octaves, seed);
    sum
}

/// [`fbm`] at several points.
pub(crate) fn fbm_at<const N: usize>(p: [V2; N], octaves: u32, seed: u32) -> [f32; N] {
    let (mut x, mut y) = (p.map(|p| p.x), p.map(|p| p.y));
    let (mut sum, mut amp) = ([0.0; N], 0.55);
    for i in 0..octaves {
        let seed = seed.wrapping_add(i);
        for k in 0..N {
            let p = v2(x[k], y[k]);
            sum[k] += amp * noise(p, seed);
            let next = octave(p);
            (x[k], y[k]) = (next.x, next.y);
        }
        amp *= 0.5;
    }
    sum
}

/// Points with these places across and down.
pub(crate) fn points(x: [f32; LANES], y: [f32; LANES]) -> Points {
    std::array::from_fn(|k| v2(x[k], y[k]))
}

/// [`noise`] at several points.
pub(crate) fn noise_at(p: Points, seed: u32) -> [f32; LANES] {
    p.map(|p| noise(p, seed))
}

/// Ridged multifractal (Musgrave, "Texturing & Modeling", ch. 16): sharp crests, detail only near them. About 0..1.
pub(crate) fn ridged(p: V2, octaves: u32, seed: u32) -> f32 {
    let [sum] = ridged_at([p], octaves, seed);
    sum
}

/// [`ridged`] at several points.
pub(crate) fn ridged_at<const N: usize>(p: [V2; N], octaves: u32, seed: u32) -> [f32; N] {
    let (mut x, mut y) = (p.map(|p| p.x), p.map(|p| p.y));
    let (mut sum, mut amp, mut weight) = ([0.0; N], 0.55, [1.0_f32; N]);
    for i in 0..octaves {
        let seed = seed.wrapping_add(i);
        for k in 0..N {
            let p = v2(x[k], y[k]);
            let r = 1.0 - noise(p, seed).abs();
            let r = r * r * weight[k];
            sum[k] += amp * r;
            weight[k] = (r * 1.7).clamp(0.0, 1.0);
            let next = octave(p);
            (x[k], y[k]) = (next.x, next.y);
        }
        amp *= 0.5;
    }
    sum
}

/// Fbm whose domain is bent by two others (Quilez, "Domain warping") at several points: wisps instead of blobs. About -1..1.
pub(crate) fn warped_at(p: Points, strength: f32, octaves: u32, seed: u32) -> [f32; LANES] {
    let across = fbm_at(p, 3, seed ^ 0x51ed);
    let down = fbm_at(p.map(|p| p + v2(5.2, 1.3)), 3, seed ^ 0xa3c7);
    let by = points(across, down);
    let bent = std::array::from_fn(|k| p[k] + by[k] * strength);
    fbm_at(bent, octaves, seed)
}

/// Value noise in three dimensions, 0..1.
#[inline]
pub(crate) fn value3(x: f32, y: f32, z: f32, seed: u32) -> f32 {
    let (xi, xf) = lattice(x);
    let (yi, yf) = lattice(y);
    let (zi, zf) = lattice(z);
    let (u, v, w) = (
        xf * xf * (3.0 - 2.0 * xf),
        yf * yf * (3.0 - 2.0 * yf),
        zf * zf * (3.0 - 2.0 * zf),
    );
    let plane = |zi: i32| {
        let s = seed ^ (zi as u32).wrapping_mul(0xc2b2_ae3d);
        let row = |yi: i32| {
            let a = fraction(hash2(xi, yi, s));
            let b = fraction(hash2(xi.wrapping_add(1), yi, s));
            a + (b - a) * u
        };
        let (a, b) = (row(yi), row(yi.wrapping_add(1)));
        a + (b - a) * v
    };
    let (a, b) = (plane(zi), plane(zi.wrapping_add(1)));
    a + (b - a) * w
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn noise_is_centred_bounded_and_uses_its_range() {
        let values: Vec<f32> = (0..10_000)
            .map(|i| noise(v2((i % 100) as f32 * 0.37, (i / 100) as f32 * 0.41), 9))
            .collect();
        let mean = values.iter().sum::<f32>() / values.len() as f32;
        let high = values.iter().copied().fold(f32::MIN, f32::max);
        let low = values.iter().copied().fold(f32::MAX, f32::min);
        assert!(mean.abs() < 0.05, "{mean}");
        assert!(high > 0.6 && high < 1.6, "{high}");
        assert!(low < -0.6 && low > -1.6, "{low}");
    }

    #[test]
    fn several_points_have_the_values_they_have_alone() {
        for i in 0..500 {
            let at = |k: usize| {
                v2(
                    (i * 8 + k) as f32 * 0.137 - 200.0,
                    i as f32 * 0.71 - k as f32,
                )
            };
            let p: Points = std::array::from_fn(at);
            let bits = |values: [f32; LANES]| values.map(f32::to_bits);
            assert_eq!(bits(noise_at(p, 5)), bits(p.map(|p| noise(p, 5))));
            assert_eq!(bits(fbm_at(p, 5, 7)), bits(p.map(|p| fbm(p, 5, 7))));
            assert_eq!(bits(ridged_at(p, 5, 7)), bits(p.map(|p| ridged(p, 5, 7))));
            let bent = p.map(|p| {
                let by = v2(fbm(p, 3, 3 ^ 0x51ed), fbm(p + v2(5.2, 1.3), 3, 3 ^ 0xa3c7));
                fbm(p + by * 0.9, 5, 3)
            });
            assert_eq!(bits(warped_at(p, 0.9, 5, 3)), bits(bent));
        }
    }

    #[test]
    fn the_slope_is_how_noise_changes() {
        for i in 0..2_000 {
            let (p, e) = (v2(i as f32 * 0.137 - 90.0, i as f32 * 0.071 + 3.0), 2e-3);
            let slope = noise_slope(p, 5);
            let across = (noise(p + v2(e, 0.0), 5) - noise(p - v2(e, 0.0), 5)) / (2.0 * e);
            let down = (noise(p + v2(0.0, e), 5) - noise(p - v2(0.0, e), 5)) / (2.0 * e);
            assert!(
                (slope.x - across).abs() < 0.03 && (slope.y - down).abs() < 0.03,
                "{p:?}: {slope:?}, measured {across} {down}"
            );
        }
    }

    #[test]
    fn a_square_has_the_hashes_of_its_corners() {
        for (x, y) in [(0.3, 0.8), (-7.2, 5.5), (-0.1, -3.9)] {
            let square = Square::at(v2(x, y), 77);
            for (k, (i, j)) in [(0, 0), (1, 0), (0, 1), (1, 1)].into_iter().enumerate() {
                let hash = hash2(x.floor() as i32 + i, y.floor() as i32 + j, 77);
                let component = |bits: u32| bits as f32 * (2.0 / 65_535.0) - 1.0;
                assert!((square.across[k] - component(hash & 0xffff)).abs() < 1e-6);
                assert!((square.down[k] - component(hash >> 16)).abs() < 1e-6);
            }
        }
    }

    #[test]
    fn noise_is_continuous_across_lattice_lines() {
        for i in -50..50 {
            let (y, e) = (i as f32 * 0.173, 1e-4);
            let gap = (noise(v2(3.0 - e, y), 1) - noise(v2(3.0 + e, y), 1)).abs();
            assert!(gap < 0.01, "{gap}");
        }
    }

    #[test]
    fn traits_of_one_feature_are_independent() {
        let n = 4_000;
        let mut product = 0.0;
        for i in 0..n {
            let h = hash2(i, 0, 7);
            product += (trait_of(h, 0) - 0.5) * (trait_of(h, 1) - 0.5);
        }
        assert!((product / n as f32).abs() < 0.01);
    }
}
