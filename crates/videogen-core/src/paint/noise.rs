//! Hash-based noise: every value is a pure function of position and seed, so no order of evaluation can change it.

use super::math::{V2, v2};

/// The "lowbias32" integer finaliser (Chris Wellons, "Prospecting for Hash Functions", 2018).
#[inline]
pub(crate) const fn scramble(mut x: u32) -> u32 {
    x ^= x >> 16;
    x = x.wrapping_mul(0x7feb_352d);
    x ^= x >> 15;
    x = x.wrapping_mul(0x846c_a68b);
    x ^ (x >> 16)
}

/// The hash of a lattice point.
#[inline]
pub(crate) const fn hash2(x: i32, y: i32, seed: u32) -> u32 {
    let h =
        (x as u32).wrapping_mul(0x9e37_79b1) ^ (y as u32).wrapping_mul(0x85eb_ca77).rotate_left(13);
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
    let f = v.floor();
    (f as i32, v - f)
}

#[inline]
fn fade(t: f32) -> f32 {
    t * t * t * (t * (t * 6.0 - 15.0) + 10.0)
}

#[inline]
fn gradient(h: u32, x: f32, y: f32) -> f32 {
    // Sixteen-bit components: enough directions that no axis shows.
    let gx = (h & 0xffff) as f32 * (2.0 / 65_535.0) - 1.0;
    let gy = (h >> 16) as f32 * (2.0 / 65_535.0) - 1.0;
    gx * x + gy * y
}

/// Gradient noise (Perlin 2002 with the quintic fade), about -1..1.
#[inline]
pub(crate) fn noise(p: V2, seed: u32) -> f32 {
    let (xi, xf) = lattice(p.x);
    let (yi, yf) = lattice(p.y);
    let (u, v) = (fade(xf), fade(yf));
    let (xj, yj) = (xi.wrapping_add(1), yi.wrapping_add(1));
    let a = gradient(hash2(xi, yi, seed), xf, yf);
    let b = gradient(hash2(xj, yi, seed), xf - 1.0, yf);
    let c = gradient(hash2(xi, yj, seed), xf, yf - 1.0);
    let d = gradient(hash2(xj, yj, seed), xf - 1.0, yf - 1.0);
    let top = a + (b - a) * u;
    let bottom = c + (d - c) * u;
    (top + (bottom - top) * v) * 1.5
}

/// Turned between octaves, so that lattices never line up.
#[inline]
fn octave(p: V2) -> V2 {
    v2(
        1.62 * p.x + 1.21 * p.y + 17.3,
        -1.21 * p.x + 1.62 * p.y - 9.1,
    )
}

/// Fractional Brownian motion: `octaves` of noise, each half as strong. About -1..1.
pub(crate) fn fbm(mut p: V2, octaves: u32, seed: u32) -> f32 {
    let (mut sum, mut amp) = (0.0, 0.55);
    for i in 0..octaves {
        sum += amp * noise(p, seed.wrapping_add(i));
        p = octave(p);
        amp *= 0.5;
    }
    sum
}

/// Ridged multifractal (Musgrave, "Texturing & Modeling", ch. 16): sharp crests, detail only near them. About 0..1.
pub(crate) fn ridged(mut p: V2, octaves: u32, seed: u32) -> f32 {
    let (mut sum, mut amp, mut weight) = (0.0, 0.55, 1.0);
    for i in 0..octaves {
        let r = 1.0 - noise(p, seed.wrapping_add(i)).abs();
        let r = r * r * weight;
        sum += amp * r;
        weight = (r * 1.7).clamp(0.0, 1.0);
        p = octave(p);
        amp *= 0.5;
    }
    sum
}

/// Fbm whose domain is bent by two others (Quilez, "Domain warping"): wisps instead of blobs. About -1..1.
pub(crate) fn warped(p: V2, strength: f32, octaves: u32, seed: u32) -> f32 {
    let q = v2(
        fbm(p, 3, seed ^ 0x51ed),
        fbm(p + v2(5.2, 1.3), 3, seed ^ 0xa3c7),
    );
    fbm(p + q * strength, octaves, seed)
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
