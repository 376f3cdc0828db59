//! Deterministic noise, the stuff the pictures and sounds are made of. No crate: the same numbers on every machine and
//! with every version is what makes two runs comparable.

/// A number in `0.0..1.0` for a place: all its bits depend on all bits of the arguments (the finaliser of MurmurHash3).
pub(crate) fn hash(x: i32, y: i32, seed: u32) -> f32 {
    let mut h = (x as u32).wrapping_mul(0x9e37_79b1)
        ^ (y as u32).wrapping_mul(0x85eb_ca77)
        ^ seed.wrapping_mul(0xc2b2_ae3d);
    h ^= h >> 16;
    h = h.wrapping_mul(0x85eb_ca6b);
    h ^= h >> 13;
    h = h.wrapping_mul(0xc2b2_ae35);
    h ^= h >> 16;
    (h >> 8) as f32 / (1 << 24) as f32
}

/// A surface through random heights on the whole numbers, `0.0..1.0`.
fn smooth(x: f32, y: f32, seed: u32) -> f32 {
    let (column, row) = (x.floor(), y.floor());
    let ease = |t: f32| t * t * (3.0 - 2.0 * t);
    let (s, t) = (ease(x - column), ease(y - row));
    let (column, row) = (column as i32, row as i32);
    let at = |dx, dy| hash(column + dx, row + dy, seed);
    let mix = |a: f32, b: f32, t: f32| a + (b - a) * t;
    mix(mix(at(0, 0), at(1, 0), s), mix(at(0, 1), at(1, 1), s), t)
}

/// 1/f noise around 0.5: each octave has half the height and twice the frequency of the one before, as landscapes and
/// clouds do. `octaves` says how fine it gets.
pub(crate) fn fractal(x: f32, y: f32, octaves: u32, seed: u32) -> f32 {
    let (mut sum, mut height, mut all) = (0.0, 1.0, 0.0);
    let (mut x, mut y) = (x, y);
    for octave in 0..octaves {
        sum += height * smooth(x, y, seed.wrapping_add(octave));
        all += height;
        height *= 0.5;
        (x, y) = (x * 2.0 + 17.3, y * 2.0 - 9.1);
    }
    sum / all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn noise_is_the_same_every_time_and_uses_its_range() {
        assert_eq!(hash(3, 5, 7).to_bits(), hash(3, 5, 7).to_bits());
        let values: Vec<f32> = (0..1000).map(|i| hash(i, -i, 1)).collect();
        let mean = values.iter().sum::<f32>() / 1000.0;
        assert!((mean - 0.5).abs() < 0.05, "{mean}");
        assert!(values.iter().all(|v| (0.0..1.0).contains(v)));
        assert!(values.iter().any(|v| *v < 0.02) && values.iter().any(|v| *v > 0.98));
    }

    #[test]
    fn neighbours_of_fractal_noise_are_alike_and_distant_places_are_not() {
        let at = |x: f32| fractal(x, 0.5, 6, 9);
        let near: f32 = (0..200)
            .map(|i| (at(i as f32) - at(i as f32 + 0.01)).abs())
            .sum();
        let far: f32 = (0..200)
            .map(|i| (at(i as f32) - at(i as f32 + 0.9)).abs())
            .sum();
        assert!(near * 5.0 < far, "{near} {far}");
    }
}
