//! Laws of the painter as a whole.

use std::sync::atomic::{AtomicUsize, Ordering};

use proptest::prelude::*;

use super::*;

fn subject(genre: Genre, seed: u64) -> Subject<'static> {
    Subject {
        genre,
        seed: Seed(seed).derive("scene", 0),
        look: Seed(seed),
        hint: "",
        index: 0,
        count: 1,
    }
}

fn canvas(width: u32, height: u32) -> Canvas {
    Canvas::new(width, height).unwrap()
}

fn never() -> bool {
    false
}

fn lumas(picture: &Picture) -> Vec<f32> {
    picture
        .rgb
        .chunks_exact(3)
        .map(|p| 0.2126 * f32::from(p[0]) + 0.7152 * f32::from(p[1]) + 0.0722 * f32::from(p[2]))
        .collect()
}

fn mean(values: &[f32]) -> f32 {
    values.iter().sum::<f32>() / values.len() as f32
}

fn deviation(values: &[f32]) -> f32 {
    let m = mean(values);
    (values.iter().map(|v| (v - m).powi(2)).sum::<f32>() / values.len() as f32).sqrt()
}

/// Shannon entropy of the luma in 64 steps, in bits: at most 6.
fn entropy(lumas: &[f32]) -> f32 {
    let mut bins = [0u32; 64];
    for l in lumas {
        bins[(l / 4.0) as usize] += 1;
    }
    let n = lumas.len() as f32;
    bins.iter()
        .filter(|b| **b > 0)
        .map(|b| -(*b as f32 / n) * (*b as f32 / n).log2())
        .sum()
}

/// Mean over `block`-sized squares of the spread within them: what is left of this is detail, not gradient.
fn detail(picture: &Picture, block: usize) -> f32 {
    let (w, h) = (picture.width as usize, picture.height as usize);
    let all = lumas(picture);
    let mut spreads = Vec::new();
    for y in (0..=h - block).step_by(block) {
        for x in (0..=w - block).step_by(block) {
            let cell: Vec<f32> = (0..block * block)
                .map(|i| all[(y + i / block) * w + x + i % block])
                .collect();
            spreads.push(deviation(&cell));
        }
    }
    mean(&spreads)
}

#[test]
fn a_canvas_has_bounds() {
    assert!(Canvas::new(15, 100).is_none());
    assert!(Canvas::new(100, 8193).is_none());
    assert!(Canvas::new(16, 8192).is_some());
}

#[test]
fn the_same_inputs_give_the_same_bytes_with_any_number_of_threads() {
    let pool = |n| {
        rayon::ThreadPoolBuilder::new()
            .num_threads(n)
            .build()
            .unwrap()
    };
    let (one, four) = (pool(1), pool(4));
    for motif in Motif::ALL {
        let subject = subject(Genre::Nature, 11);
        let paint = || paint_motif(canvas(54, 96), motif, &subject, &never).unwrap();
        let first = one.install(paint);
        assert!(first == one.install(paint), "{motif:?}: two runs differ");
        assert!(
            first == four.install(paint),
            "{motif:?}: threads change the picture"
        );
    }
}

#[test]
fn every_motif_in_every_genre_is_a_picture() {
    for motif in Motif::ALL {
        for genre in Genre::ALL {
            for seed in [3, 2_000_000_011] {
                let picture =
                    paint_motif(canvas(54, 96), motif, &subject(genre, seed), &never).unwrap();
                let lumas = lumas(&picture);
                let (m, d, e) = (mean(&lumas), deviation(&lumas), entropy(&lumas));
                let what =
                    format!("{motif:?} {genre} {seed}: mean {m}, deviation {d}, entropy {e}");
                assert!((6.0..225.0).contains(&m), "{what}");
                assert!(d > 6.0, "{what}");
                assert!(e > 2.2, "{what}");
                // Grain alone is about 2 in the mid-tones and half of that in the dark.
                let detail = detail(&picture, 6);
                assert!(detail > 2.2, "{what}, detail {detail}");
            }
        }
    }
}

#[test]
fn scenes_of_one_video_differ() {
    let count = 6;
    let pictures: Vec<Picture> = (0..count)
        .map(|index| {
            let subject = Subject {
                seed: Seed(5).derive("scene", index as u64),
                look: Seed(5),
                hint: "a mountain",
                index,
                count,
                genre: Genre::Motivational,
            };
            let neighbours = Neighbours {
                before: (index > 0).then_some("a mountain"),
                after: (index + 1 < count).then_some("a mountain"),
            };
            paint_beside(canvas(54, 96), &subject, neighbours, &never).unwrap()
        })
        .collect();
    for a in 0..count {
        for b in 0..a {
            let apart: Vec<f32> = pictures[a]
                .rgb
                .iter()
                .zip(&pictures[b].rgb)
                .map(|(x, y)| f32::from(x.abs_diff(*y)))
                .collect();
            assert!(mean(&apart) > 12.0, "scenes {a} and {b}: {}", mean(&apart));
        }
    }
}

#[test]
fn one_composition_serves_every_size() {
    for motif in [
        Motif::Mountains,
        Motif::Silk,
        Motif::Ruins,
        Motif::City,
        Motif::Dunes,
    ] {
        let subject = subject(Genre::General, 4);
        let small = paint_motif(canvas(36, 64), motif, &subject, &never).unwrap();
        let large = paint_motif(canvas(144, 256), motif, &subject, &never).unwrap();
        let large = lumas(&large);
        let apart: Vec<f32> = lumas(&small)
            .iter()
            .enumerate()
            .map(|(at, luma)| {
                let (x, y) = (at % 36 * 4, at / 36 * 4);
                let cell: Vec<f32> = (0..16)
                    .map(|i| large[(y + i / 4) * 144 + x + i % 4])
                    .collect();
                (luma - mean(&cell)).abs()
            })
            .collect();
        assert!(mean(&apart) < 9.0, "{motif:?}: {}", mean(&apart));
    }
}

#[test]
fn odd_sizes_are_painted() {
    for (width, height) in [(16, 16), (17, 31), (31, 17), (16, 700), (700, 16)] {
        for motif in Motif::ALL {
            let picture = paint_motif(
                canvas(width, height),
                motif,
                &subject(Genre::Tech, 1),
                &never,
            )
            .unwrap();
            assert_eq!((picture.width, picture.height), (width, height));
            assert_eq!(picture.rgb.len(), (width * height * 3) as usize);
        }
    }
}

#[test]
fn the_size_of_a_short_video_is_painted() {
    let picture = paint(canvas(864, 1536), &subject(Genre::Emotional, 2), &never).unwrap();
    assert_eq!(picture.rgb.len(), 864 * 1536 * 3);
    assert!(deviation(&lumas(&picture)) > 6.0);
}

#[test]
fn stop_is_asked_all_the_time_and_obeyed() {
    for motif in Motif::ALL {
        for patience in [0, 1, 40, 200] {
            let asked = AtomicUsize::new(0);
            let stop = || asked.fetch_add(1, Ordering::Relaxed) >= patience;
            assert!(
                paint_motif(canvas(108, 400), motif, &subject(Genre::History, 3), &stop).is_none(),
                "{motif:?}"
            );
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn any_subject_can_be_painted(
        hint in any::<String>(),
        before in proptest::option::of(any::<String>()),
        after in proptest::option::of(".{0,40}"),
        seed in any::<u64>(),
        look in any::<u64>(),
        genre in 0..Genre::ALL.len(),
        index in any::<usize>(),
        count in any::<usize>(),
    ) {
        let subject = Subject {
            genre: Genre::ALL[genre],
            seed: Seed(seed),
            look: Seed(look),
            hint: &hint,
            index,
            count,
        };
        let neighbours = Neighbours { before: before.as_deref(), after: after.as_deref() };
        let picture = paint_beside(canvas(16, 20), &subject, neighbours, &never).unwrap();
        prop_assert_eq!(picture.rgb.len(), 16 * 20 * 3);
        let m = mean(&lumas(&picture));
        prop_assert!((2.0..245.0).contains(&m), "mean {}", m);
    }
}
