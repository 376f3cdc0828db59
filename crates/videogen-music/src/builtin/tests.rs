//! Laws of the finished bed, measured on its samples.

use std::sync::atomic::{AtomicUsize, Ordering};

use super::*;

/// The sharpest bend (second difference) where `a`'s end joins `b`'s beginning, and the sharpest in the second before.
fn bends(a: &[f32], b: &[f32]) -> (f32, f32) {
    let bend = |w: &[f32]| (w[0] - 2.0 * w[1] + w[2]).abs();
    let join: Vec<f32> = a[a.len() - 2..].iter().chain(&b[..2]).copied().collect();
    let sharpest = |x: &[f32]| x.windows(3).map(bend).fold(0.0, f32::max);
    (sharpest(&join), sharpest(&a[a.len() - RATE as usize..]))
}

#[test]
fn beds_are_seamless_centred_loud_enough_and_never_clip() {
    for (genre, seed) in Genre::ALL
        .into_iter()
        .flat_map(|genre| [(genre, Seed(1)), (genre, Seed(77))])
    {
        let bed = compose(genre, seed, &|| false).unwrap();
        let context = format!("{genre} {seed:?} ({})", describe(genre, seed));
        assert_eq!(
            (bed.sample_rate, bed.left.len()),
            (48_000, bed.right.len()),
            "{context}"
        );
        for channel in [&bed.left, &bed.right] {
            assert!(
                channel.iter().all(|x| x.is_finite() && x.abs() <= 0.9),
                "{context}: NaN or too loud"
            );
            let len = channel.len() as f64;
            let mean = channel.iter().map(|x| f64::from(*x)).sum::<f64>() / len;
            assert!(mean.abs() < 1e-4, "{context}: DC {mean}");
            let rms = (channel.iter().map(|x| f64::from(*x).powi(2)).sum::<f64>() / len).sqrt();
            assert!((0.05..0.3).contains(&rms), "{context}: RMS {rms}");
            let (seam, usual) = bends(channel, channel);
            assert!(
                seam <= usual,
                "{context}: a bend of {seam} at the seam, {usual} before it"
            );
            // No second of the loop is empty.
            for (second, part) in channel.chunks_exact(RATE as usize).enumerate() {
                let level = (part.iter().map(|x| x * x).sum::<f32>() / RATE as f32).sqrt();
                assert!(
                    level > 0.008,
                    "{context}: hardly anything ({level}) in second {second}"
                );
            }
        }
        // Folding to mono loses little: the sides agree more than they differ.
        let (mut mid, mut side) = (0.0, 0.0);
        for (left, right) in bed.left.iter().zip(&bed.right) {
            mid += f64::from(left + right).powi(2);
            side += f64::from(left - right).powi(2);
        }
        assert!(
            (0.01..0.6).contains(&(side / mid)),
            "{context}: side to mid {}",
            side / mid
        );
        let sound = Loop {
            left: bed.left,
            right: bed.right,
        };
        let loudness = -0.691 + 10.0 * effects::weighted_power(&sound, &|| false).unwrap().log10();
        assert!(
            (-20.0..=-16.0).contains(&loudness),
            "{context}: {loudness} LUFS"
        );
    }
}

#[test]
fn the_seam_law_notices_a_bad_cut() {
    let bed = compose(Genre::General, Seed(5), &|| false).unwrap();
    let cuts = (1..200).map(|k| &bed.left[..bed.left.len() - 97 * k]);
    let noticed = cuts
        .filter(|cut| bends(cut, &bed.left).0 > bends(cut, &bed.left).1)
        .count();
    assert!(noticed > 100, "only {noticed} of 199 bad cuts were noticed");
}

#[test]
fn same_seed_same_samples() {
    let one = compose(Genre::Tech, Seed(9), &|| false).unwrap();
    let again = compose(Genre::Tech, Seed(9), &|| false).unwrap();
    assert!(one == again);
    let other = compose(Genre::Tech, Seed(10), &|| false).unwrap();
    assert!(one != other);
}

#[test]
fn descriptions_follow_the_seed() {
    let all: Vec<String> = (0..20)
        .map(|seed| describe(Genre::History, Seed(seed)))
        .collect();
    assert!(
        all.iter()
            .all(|text| text.starts_with("synthesised bed, ") && text.ends_with(" bpm")),
        "{all:?}"
    );
    let mut distinct = all.clone();
    distinct.sort();
    distinct.dedup();
    assert!(distinct.len() > 10, "{all:?}");
}

#[test]
fn composing_stops_when_told() {
    assert!(compose(Genre::Nature, Seed(1), &|| true).is_none());
    for patience in [3, 40, 200] {
        let asked = AtomicUsize::new(0);
        let stop = || asked.fetch_add(1, Ordering::Relaxed) >= patience;
        assert!(
            compose(Genre::Nature, Seed(1), &stop).is_none(),
            "not stopped after {patience} questions"
        );
    }
}
