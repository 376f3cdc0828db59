//! The figures of painting: many cards, many pictures, many faults. What takes minutes is run by hand.

use std::time::Duration;

use futures_util::{StreamExt, stream};
use testkit::comfy::{Family, FaultSchedule, GIB, MockComfy, SimulatedCard, VaeKind};
use tokio::time::timeout;
use videogen_types::Quality;

use super::{Studio, card, server};

/// Twelve gibibytes, five and a half of which a language model holds that does not go.
async fn twenty_ultra_pictures(family: Family, pictures: usize) {
    let server = server(family)
        .card(card(5 * GIB + GIB / 2))
        .keep_outputs(2)
        .start();
    let studio = Studio::of(&[&server], |_| {}).await;
    for index in 0..pictures {
        let painted = studio.painted(index, Quality::Ultra).await;
        assert_eq!(
            (painted.by.as_str(), painted.is_fallback),
            ("comfyui", false)
        );
    }
    let counters = server.counters();
    assert_eq!(counters.prompts_done, pictures as u64, "{counters:?}");
    assert!(counters.out_of_memory <= 1, "{counters:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn twenty_ultra_pictures_fit_beside_a_language_model() {
    for family in [Family::SDXL, Family::SD15] {
        twenty_ultra_pictures(family, 20).await;
    }
}

/// A server of a card of `half_gibibytes` with one model.
fn with_card(family: Family, half_gibibytes: u64) -> MockComfy {
    let card = SimulatedCard::new(half_gibibytes * GIB / 2);
    if family == Family::FLUX1 {
        return MockComfy::builder()
            .diffusion_model("flux1-dev.safetensors", family)
            .text_encoder("clip_l.safetensors", GIB / 4)
            .text_encoder("t5xxl_fp8_e4m3fn.safetensors", 5 * GIB)
            .vae("ae.safetensors", VaeKind::Kl)
            .card(card)
            .start();
    }
    server(family).card(card).start()
}

/// On every card a picture comes about, and memory runs out once at most before it does.
async fn every_card(sizes: impl Iterator<Item = u64>) {
    for half_gibibytes in sizes {
        for family in [Family::SD15, Family::SDXL, Family::FLUX1] {
            let server = with_card(family, half_gibibytes);
            let studio = Studio::of(&[&server], |_| {}).await;
            let painted = studio.paint(0, Quality::Ultra).await.unwrap();
            let counters = server.counters();
            let case = format!(
                "{family:?} on {} GiB: {painted:?}",
                half_gibibytes as f64 / 2.0
            );
            assert!(counters.out_of_memory <= 1, "{case}: {counters:?}");
            assert!(painted.by == "comfyui" || painted.is_fallback, "{case}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn on_small_and_large_cards_a_picture_comes_about() {
    every_card([4, 13, 48].into_iter()).await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "ten seconds: forty-five cards, three families"]
async fn on_every_card_a_picture_comes_about() {
    every_card(4..=48).await;
}

/// For each picture where servers may stand still for ever.
const WITHIN: Duration = Duration::from_secs(3);

/// Two servers with random faults: the picture comes, or an error that says why, and neither waits for ever. Much of the
/// time is waiting, so several are tried at the same time.
async fn random_faults(seeds: impl Iterator<Item = u64>) {
    stream::iter(seeds).for_each_concurrent(8, faulty).await;
}

async fn faulty(seed: u64) {
    let faults = FaultSchedule::random(seed);
    let first = server(Family::SD15).faults(faults.rules.clone()).start();
    let other = FaultSchedule::random(seed + 1_000_000);
    let second = server(Family::SD15).faults(other.rules.clone()).start();
    // Where neither answers as a server that can paint, that is said in the preflight.
    let Some(studio) = Studio::maybe(&[&first, &second], WITHIN).await else {
        return;
    };
    for index in 0..2 {
        let painting = studio.paint(index, Quality::Draft);
        let ended = timeout(Duration::from_mins(1), painting).await;
        let ended = ended.unwrap_or_else(|_| panic!("it hangs: {faults}; {other}"));
        match ended {
            Ok(_) => assert!(studio.file(index).exists(), "{faults}; {other}"),
            Err(error) => assert!(!error.to_string().is_empty(), "{faults}; {other}"),
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn random_faults_of_two_servers_end_in_a_picture_or_a_reason() {
    random_faults(0..6).await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "a minute and a half: two hundred schedules"]
async fn two_hundred_random_faults_end_in_a_picture_or_a_reason() {
    random_faults(0..200).await;
}
