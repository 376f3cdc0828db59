use std::fs::File;

use proptest::prelude::*;

use super::*;
use crate::backend::native::{outline, roles};

const STEADY: Manner = Manner {
    noise_scale: 0.0,
    length_scale: 1.0,
    noise_w: 0.0,
    speaker: 0,
};
/// ^ h ə l ˈ o ʊ , w ɜ ː l d . $ with the pad `_` after each but the last, as ids of the tiny voices.
const HELLO: &[i32] = &[
    1, 0, 20, 0, 59, 0, 24, 0, 120, 0, 27, 0, 100, 0, 8, 0, 3, 0, 35, 0, 62, 0, 122, 0, 24, 0, 17,
    0, 10, 0, 2,
];

fn load(key: &str) -> Network {
    let dir = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/fixtures/piper");
    load_file(&Utf8PathBuf::from(format!("{dir}/{key}.onnx")))
}

fn load_file(path: &Utf8Path) -> Network {
    let file = File::open(path).unwrap();
    let size = file.metadata().unwrap().len();
    let roles = roles::find(&outline::read(file, size).unwrap()).unwrap();
    Network::load(path, roles).unwrap()
}

fn say(network: &Network, ids: &[i32], manner: Manner) -> Said {
    network.say(ids, manner, &|| false).unwrap()
}

/// The greatest difference.
fn apart(one: &[f32], other: &[f32]) -> f32 {
    assert_eq!(one.len(), other.len());
    let each = one.iter().zip(other).map(|(a, b)| (a - b).abs());
    each.fold(0.0, f32::max)
}

#[test]
fn durations_sum_to_the_length_of_the_audio() {
    for (key, speaker) in [("en_US-tiny-low", 0), ("en_US-tiny_multi-low", 2)] {
        let network = load(key);
        for (noise_scale, length_scale, noise_w) in [
            (0.0, 1.0, 0.0),
            (0.667, 1.0, 0.8),
            (0.667, 0.5, 0.8),
            (1.0, 2.0, 1.0),
        ] {
            let manner = Manner {
                noise_scale,
                length_scale,
                noise_w,
                speaker,
            };
            let said = say(&network, HELLO, manner);
            assert_eq!(said.lengths.len(), HELLO.len());
            assert_eq!(said.lengths.iter().sum::<usize>(), said.samples.len());
            assert!(said.lengths.iter().all(|length| length % 256 == 0));
            assert_eq!(say(&network, HELLO, manner), said, "the same again");
        }
    }
}

#[test]
fn speakers_sound_different_and_noise_is_heard() {
    let network = load("en_US-tiny_multi-low");
    let by = |speaker| say(&network, HELLO, Manner { speaker, ..STEADY }).samples;
    assert!(apart(&by(0), &by(1)) > 1e-3);
    let noisy = Manner {
        noise_scale: 0.667,
        ..STEADY
    };
    assert!(apart(&by(0), &say(&network, HELLO, noisy).samples) > 1e-3);
    let swaying = Manner {
        noise_w: 0.8,
        ..STEADY
    };
    let steady = say(&network, HELLO, STEADY).lengths;
    assert_ne!(say(&network, HELLO, swaying).lengths, steady);
}

#[test]
fn windows_make_the_sound_of_the_whole() {
    let network = load("en_US-tiny-low");
    let long: Vec<i32> = HELLO
        .iter()
        .copied()
        .cycle()
        .take(HELLO.len() * 12)
        .collect();
    let said = say(&network, &long, STEADY);
    assert!(said.samples.len() / 256 > 2 * WINDOW, "more than a window");
    let whole = Network {
        roles: Roles {
            decoder: None,
            ..network.roles.clone()
        },
        ..load("en_US-tiny-low")
    };
    let whole = say(&whole, &long, STEADY);
    assert_eq!(whole.lengths, said.lengths);
    let apart = apart(&whole.samples, &said.samples);
    assert!(apart < 1e-5, "{apart}");
}

/// What ONNX Runtime 1.32 makes of [`HELLO`] without noise: lengths in frames, and samples as they stand in the file.
#[test]
fn it_is_what_onnx_runtime_makes() {
    for (key, speaker) in [("en_US-tiny-low", 0), ("en_US-tiny_multi-low", 1)] {
        let said = say(&load(key), HELLO, Manner { speaker, ..STEADY });
        let path = format!(
            "{}/src/backend/native/network/{key}.f32",
            env!("CARGO_MANIFEST_DIR")
        );
        let bytes = std::fs::read(path).unwrap();
        let (numbers, []) = bytes.as_chunks::<4>() else {
            panic!("not a whole number of samples")
        };
        let every: Vec<f32> = numbers.iter().map(|b| f32::from_le_bytes(*b)).collect();
        // Every seventh sample: enough to find any frame that is off, and small.
        let ours: Vec<f32> = said.samples.iter().copied().step_by(7).collect();
        let apart = apart(&every, &ours);
        assert!(apart < 1e-4, "{key}: {apart}");
    }
}

#[test]
fn it_stops_when_it_is_cancelled_and_tells_what_it_cannot_do() {
    let network = load("en_US-tiny-low");
    let cancelled = network.say(HELLO, STEADY, &|| true).unwrap_err();
    assert!(cancelled.is_cancelled());
    // No such phoneme; and a speaker too many.
    let error = network.say(&[1, 0, 9999, 0, 2], STEADY, &|| false);
    assert!(matches!(error.unwrap_err(), Error::Inference { .. }));
    let manner = Manner {
        speaker: 3,
        ..STEADY
    };
    let error = load("en_US-tiny_multi-low").say(HELLO, manner, &|| false);
    assert!(error.unwrap_err().help().is_some());
}

proptest! {
    #[test]
    fn windows_keep_every_frame_once(count in 0usize..5000, most in 1usize..600, context in 0usize..40) {
        let mut next = 0;
        for window in windows(count, most, context) {
            prop_assert_eq!(window.kept.start, next);
            prop_assert!((1..=most).contains(&window.kept.len()));
            prop_assert!(window.seen.start == window.kept.start - context.min(window.kept.start));
            prop_assert!(window.seen.end == count.min(window.kept.end + context));
            next = window.kept.end;
        }
        prop_assert_eq!(next, count);
    }
}
