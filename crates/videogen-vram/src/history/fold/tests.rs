//! The laws of learning: bounded, fading, never for ever, in the order of what happened.

use proptest::prelude::*;

use super::*;

const NOW: u64 = 1_800_000_000;
const DAY: u64 = 86_400;
const ULTRA: Size = Size::new(1440, 2560);

fn outcome(verdict: PaintVerdict) -> PaintOutcome {
    PaintOutcome {
        at: NOW,
        gpu: "card/12288".into(),
        family: "sd15".into(),
        strategy: PaintStrategy::Direct,
        size: ULTRA,
        predicted: Bytes::from_mib(5400),
        budget: Bytes::from_mib(6000),
        phases: Vec::new(),
        verdict,
    }
}

fn oom() -> PaintOutcome {
    outcome(PaintVerdict::OutOfMemory {
        phase: "CheckpointLoaderSimple".into(),
        at: None,
    })
}

fn fine(peak: Option<Bytes>) -> PaintOutcome {
    outcome(PaintVerdict::Ok { peak })
}

fn factor(outcomes: &[PaintOutcome], now: u64) -> f64 {
    fold_outcomes(outcomes, "card/12288", now).strategy_factor("sd15", PaintStrategy::Direct, ULTRA)
}

#[test]
fn nothing_learnt_changes_nothing() {
    assert_eq!(
        fold_outcomes(&[], "card/12288", NOW),
        MemoryCorrections::NONE
    );
    assert!((factor(&[fine(None)], NOW) - 1.0).abs() < 1e-9);
}

#[test]
fn the_plan_that_failed_is_not_made_again() {
    let failed = oom();
    let factor = factor(std::slice::from_ref(&failed), NOW);
    assert!(factor * failed.budget.as_f64() < failed.predicted.as_f64());
    assert!((factor - 0.8).abs() < 1e-9, "{factor}");
    let mut tight = oom();
    tight.predicted = Bytes::from_mib(4200);
    let factor = self::factor(std::slice::from_ref(&tight), NOW);
    assert!((factor - 0.7 * 0.95).abs() < 1e-9, "{factor}");
    tight.predicted = Bytes::from_mib(60);
    assert!(
        (self::factor(&[tight], NOW) - 0.5).abs() < 1e-9,
        "one alone is not the end"
    );
}

#[test]
fn it_counts_for_this_card_family_way_and_size_only() {
    let corrections = fold_outcomes(&[oom()], "card/12288", NOW);
    let whole = |family, strategy, size| {
        (corrections.strategy_factor(family, strategy, size) - 1.0).abs() < 1e-9
    };
    assert!(whole("sdxl", PaintStrategy::Direct, ULTRA));
    assert!(whole("sd15", PaintStrategy::DirectTiled, ULTRA));
    assert!(whole("sd15", PaintStrategy::Direct, Size::new(512, 768)));
    assert!(!whole("sd15", PaintStrategy::Direct, Size::new(2160, 3840)));
    assert_eq!(
        fold_outcomes(&[oom()], "other/12288", NOW),
        MemoryCorrections::NONE
    );
}

#[test]
fn time_heals() {
    let failed = [oom()];
    let half = factor(&failed, NOW + 14 * DAY);
    assert!((half - 0.8_f64.sqrt()).abs() < 1e-6, "{half}");
    assert!((factor(&failed, NOW + 365 * DAY) - 1.0).abs() < 1e-9);
}

#[test]
fn a_success_that_used_as_much_contradicts_one_that_used_less_hardly() {
    let once = factor(&[oom()], NOW);
    let contradicted = factor(&[oom(), fine(None)], NOW);
    assert!(contradicted > 0.94, "{contradicted}");
    let mut small = fine(None);
    small.predicted = Bytes::from_mib(4000);
    let outlived = factor(&[oom(), small.clone()], NOW);
    assert!(outlived > once && outlived < 0.83, "{outlived}");
    let mut many = vec![oom()];
    many.extend(std::iter::repeat_n(small.clone(), 40));
    assert!((factor(&many, NOW) - 1.0).abs() < 1e-9, "worth another try");
    // What succeeded before it failed says nothing, nor does a smaller picture.
    assert!((factor(&[fine(None), oom()], NOW) - once).abs() < 1e-9);
    small.size = Size::new(512, 768);
    assert!((factor(&[oom(), small], NOW) - once).abs() < 1e-9);
}

#[test]
fn peaks_are_the_largest_of_the_latest_believable_ones() {
    let mib = Bytes::from_mib;
    let peak = |outcomes: &[PaintOutcome], now| {
        fold_outcomes(outcomes, "card/12288", now).measured_peak(
            "sd15",
            PaintStrategy::Direct,
            ULTRA,
        )
    };
    assert_eq!(
        peak(&[fine(Some(mib(5000))), fine(Some(mib(5500)))], NOW),
        mib(5500)
    );
    let mut old = vec![fine(Some(mib(5900)))];
    old.extend(std::iter::repeat_n(fine(Some(mib(5000))), 5));
    assert_eq!(peak(&old, NOW), mib(5000), "only the last five");
    assert_eq!(peak(&[fine(Some(mib(5000)))], NOW + 91 * DAY), Bytes::ZERO);
    for absurd in [Bytes::ZERO, Bytes::from_gib(11), Bytes::MAX] {
        assert_eq!(peak(&[fine(Some(absurd))], NOW), Bytes::ZERO);
    }
    let mut unknown = fine(Some(Bytes::from_gib(5000)));
    unknown.budget = Bytes::ZERO;
    assert_eq!(peak(&[unknown], NOW), Bytes::ZERO);
}

#[test]
fn a_clock_that_was_in_the_future_bans_nothing() {
    let mut future = oom();
    future.at = u64::MAX;
    assert!((factor(std::slice::from_ref(&future), NOW) - 0.8).abs() < 1e-9);
    assert!(
        factor(&[future, fine(None)], NOW) > 0.94,
        "order is by position"
    );
    let mut past = oom();
    past.at = 0;
    assert!((factor(&[past], NOW) - 1.0).abs() < 1e-9);
}

const REFINED: Size = Size::new(1080, 1920);

/// A phase of `size` that was predicted to take `least` of 5000 MiB.
fn spot(phase: PaintPhase, size: Size, least: u64) -> PhaseFootprint {
    PhaseFootprint {
        phase,
        size,
        least: Bytes::from_mib(least),
        weights: Bytes::from_mib(1000),
        budget: Bytes::from_mib(6000),
    }
}

fn ran_out(at: PhaseFootprint) -> PaintOutcome {
    outcome(PaintVerdict::OutOfMemory {
        phase: "KSampler".into(),
        at: Some(at),
    })
}

fn went_through(phases: &[PhaseFootprint]) -> PaintOutcome {
    PaintOutcome {
        phases: phases.to_vec(),
        ..fine(None)
    }
}

fn phase_factor(outcomes: &[PaintOutcome], phase: PaintPhase, size: Size) -> f64 {
    fold_outcomes(outcomes, "card/12288", NOW).phase_factor("sd15", phase, size)
}

#[test]
fn the_phase_that_failed_is_what_is_learnt() {
    let failed = spot(PaintPhase::Sampling, REFINED, 4500);
    let outcomes = [ran_out(failed)];
    for phase in PaintPhase::ALL {
        let factor = phase_factor(&outcomes, phase, REFINED);
        let expected = if phase == PaintPhase::Sampling {
            0.8
        } else {
            1.0
        };
        assert!((factor - expected).abs() < 1e-9, "{phase:?} {factor}");
    }
    let corrections = fold_outcomes(&outcomes, "card/12288", NOW);
    // Whatever way comes to that phase, and no way as a whole.
    for strategy in [
        PaintStrategy::Direct,
        PaintStrategy::TwoPassLatent,
        PaintStrategy::TwoPassPixel,
    ] {
        assert!((corrections.strategy_factor("sd15", strategy, ULTRA) - 1.0).abs() < 1e-9);
    }
    let there: Vec<&PhaseFootprint> = corrections.ran_out("sd15", PaintPhase::Sampling).collect();
    assert_eq!(there, [&failed]);
    // Around that size, and not where the formula works on something else.
    let at = |size| phase_factor(&outcomes, PaintPhase::Sampling, size);
    assert!(at(Size::new(720, 1280)) < 0.9 && at(ULTRA) < 0.9);
    assert!((at(Size::new(464, 824)) - 1.0).abs() < 1e-9);
}

#[test]
fn old_outcomes_name_the_node_and_those_of_newer_versions_perhaps_an_unknown_phase() {
    let old = r#"{"at":1800000000,"gpu":"card/12288","family":"sd15","way":"two_pass_latent",
        "size":{"width":1440,"height":2560},"predicted":5662310400,"budget":6291456000,
        "verdict":{"out_of_memory":{"phase":"KSampler"}}}"#;
    let old: PaintOutcome = serde_json::from_str(old).unwrap();
    let corrections = fold_outcomes(std::slice::from_ref(&old), "card/12288", NOW);
    assert!(corrections.phase_factor("sd15", PaintPhase::Sampling, ULTRA) < 0.9);
    assert!((corrections.phase_factor("sd15", PaintPhase::Decode, ULTRA) - 1.0).abs() < 1e-9);
    let newer = r#"{"at":1800000000,"gpu":"card/12288","family":"sd15","way":"direct","new":1,
        "size":{"width":1440,"height":2560},"predicted":5662310400,"budget":6291456000,
        "phases":[{"phase":"dream"}],
        "verdict":{"out_of_memory":{"phase":"Dreamer","at":{"phase":"dream","depth":3}}}}"#;
    let newer: PaintOutcome = serde_json::from_str(newer).unwrap();
    assert_eq!(newer.phases, []);
    let corrections = fold_outcomes(&[newer], "card/12288", NOW);
    assert!(corrections.strategy_factor("sd15", PaintStrategy::Direct, ULTRA) < 0.9);
    // What is written is read again.
    let own = ran_out(spot(PaintPhase::Decode, ULTRA, 4000));
    let json = serde_json::to_string(&own).unwrap();
    assert_eq!(serde_json::from_str::<PaintOutcome>(&json).unwrap(), own);
}

#[test]
fn what_went_well_afterwards_bounds_what_a_failure_says() {
    let failed = || ran_out(spot(PaintPhase::Decode, ULTRA, 4800));
    let tiled = went_through(&[spot(PaintPhase::Decode, ULTRA, 4400)]);
    let once = [failed(), failed()];
    assert!(phase_factor(&once, PaintPhase::Decode, ULTRA) < 0.65);
    let after = [failed(), failed(), tiled.clone()];
    let factor = phase_factor(&after, PaintPhase::Decode, ULTRA);
    assert!((factor - 0.88).abs() < 1e-3, "{factor}");
    // It did not go well with as much: that is still known not to.
    let certain = |outcomes: &[PaintOutcome]| {
        let corrections = fold_outcomes(outcomes, "card/12288", NOW);
        corrections.ran_out("sd15", PaintPhase::Decode).count()
    };
    assert_eq!(certain(&after), 2);
    let as_much = went_through(&[spot(PaintPhase::Decode, ULTRA, 4800)]);
    assert_eq!(certain(&[failed(), failed(), as_much]), 0);
    // What is sampled says nothing of decoding.
    let other = went_through(&[spot(PaintPhase::Sampling, ULTRA, 4900)]);
    assert!(phase_factor(&[failed(), failed(), other], PaintPhase::Decode, ULTRA) < 0.65);
}

prop_compose! {
    fn any_outcome()(
        at in prop_oneof![Just(0), Just(u64::MAX), NOW - 200 * DAY..NOW + 10 * DAY],
        gpu in 0u8..2,
        strategy in prop_oneof![Just(PaintStrategy::Direct), Just(PaintStrategy::TwoPassLatent), Just(PaintStrategy::Cpu)],
        side in prop_oneof![Just(0u32), Just(u32::MAX), 256u32..4096],
        predicted in prop_oneof![Just(0u64), Just(u64::MAX), 1u64..1 << 36],
        budget in prop_oneof![Just(0u64), Just(u64::MAX), 1u64..1 << 36],
        peak in prop_oneof![Just(None), any::<u64>().prop_map(Some), (0u64..1 << 34).prop_map(Some)],
        ok in any::<bool>(),
        known in any::<bool>(),
        work in 64u32..4096,
    ) -> PaintOutcome {
        let there = PhaseFootprint {
            phase: PaintPhase::Sampling,
            size: Size::new(work, work),
            least: Bytes::new(predicted / 2),
            weights: Bytes::new(predicted / 2),
            budget: Bytes::new(budget),
        };
        PaintOutcome {
            at,
            gpu: ["card/12288", "other/1"][usize::from(gpu)].into(),
            family: "sd15".into(),
            strategy,
            size: Size::new(side, side),
            predicted: Bytes::new(predicted),
            budget: Bytes::new(budget),
            phases: if ok && known { vec![there] } else { Vec::new() },
            verdict: if ok {
                PaintVerdict::Ok { peak: peak.map(Bytes::new) }
            } else {
                PaintVerdict::OutOfMemory { phase: String::new(), at: known.then_some(there) }
            },
        }
    }
}

fn at(outcomes: &[PaintOutcome], now: u64, side: u32) -> f64 {
    let corrections = fold_outcomes(outcomes, "card/12288", now);
    let size = Size::new(side, side);
    let phase = corrections.phase_factor("sd15", PaintPhase::Sampling, size);
    phase.min(corrections.strategy_factor("sd15", PaintStrategy::Direct, size))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn corrections_are_sane_whatever_happened(
        outcomes in prop::collection::vec(any_outcome(), 0..40),
        now in any::<u64>(),
    ) {
        let corrections = fold_outcomes(&outcomes, "card/12288", now);
        for correction in &corrections.0 {
            match correction {
                MemoryCorrection::Phase { budget_factor, .. } | MemoryCorrection::Strategy { budget_factor, .. } => {
                    prop_assert!((FLOOR..=1.0).contains(budget_factor));
                }
                MemoryCorrection::Peak { measured_peak, .. } => prop_assert!(*measured_peak <= ABSURD),
                MemoryCorrection::RanOut { .. } => {}
            }
        }
        prop_assert_eq!(corrections, fold_outcomes(&outcomes, "card/12288", now));
    }

    #[test]
    fn another_failure_never_raises_and_another_success_never_lowers_the_budget(
        mut outcomes in prop::collection::vec(any_outcome(), 0..20),
        last in any_outcome(),
        side in 0u32..5000,
    ) {
        let before = at(&outcomes, NOW, side);
        let ok = matches!(last.verdict, PaintVerdict::Ok { .. });
        outcomes.push(last);
        let after = at(&outcomes, NOW, side);
        let change = if ok { after - before } else { before - after };
        prop_assert!(change > -1e-12);
    }

    #[test]
    fn it_fades_and_is_gone_in_the_end(
        outcomes in prop::collection::vec(any_outcome(), 0..20),
        days in 0u64..400,
    ) {
        let sides = [512, 5000];
        let outcomes: Vec<_> = outcomes.into_iter().map(|o| PaintOutcome { at: o.at.min(NOW), ..o }).collect();
        for side in sides {
            let now = at(&outcomes, NOW, side);
            let later = at(&outcomes, NOW + days * DAY, side);
            prop_assert!(later >= now - 1e-12);
            prop_assert!((at(&outcomes, NOW + 400 * DAY, side) - 1.0).abs() < 1e-9);
        }
    }

    #[test]
    fn what_happened_on_other_cards_is_nothing_to_this_one(
        outcomes in prop::collection::vec(any_outcome(), 0..20),
    ) {
        let own: Vec<_> = outcomes.iter().filter(|o| o.gpu == "card/12288").cloned().collect();
        prop_assert_eq!(fold_outcomes(&outcomes, "card/12288", NOW), fold_outcomes(&own, "card/12288", NOW));
    }
}
