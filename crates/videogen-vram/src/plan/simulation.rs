//! Cards on which a phase takes more than the planner says: every rung of the ladder takes less of what ran out, the
//! promised size is reached, and the next picture comes about at the first try.

use std::time::{Duration, SystemTime};

use proptest::prelude::*;
use videogen_types::{Aspect, Quality};

use super::*;
use crate::history::{PaintOutcome, PaintVerdict, fold_outcomes};
use crate::model::{Family, ModelFacts, ServerFacts, ServerGeneration, TorchVersion, UpscaleModel};
use crate::reading::GpuReading;
use crate::units::{Bytes, FreeBytes, Size, TotalBytes};

/// In seconds since 1970.
const NOW: u64 = 1_800_000_000;

/// A card on which one phase takes `times` what the planner says.
struct World {
    reading: GpuReading,
    server: ServerFacts,
    phase: PaintPhase,
    times: f64,
}

impl World {
    /// Where a run of `plan` ends.
    fn run(&self, plan: &PaintPlan) -> Option<PhaseFootprint> {
        plan.footprints().find(|spot| {
            let times = if spot.phase == self.phase {
                self.times
            } else {
                1.0
            };
            spot.least.as_f64() * times > spot.budget.minus(spot.weights).as_f64()
        })
    }

    fn plan(&self, request: &PlanRequest, outcomes: &[PaintOutcome]) -> PaintPlan {
        let corrections = fold_outcomes(outcomes, &self.reading.key(), NOW);
        Planner::new().plan(request, Some(&self.reading), &self.server, &corrections)
    }

    fn outcome(&self, plan: &PaintPlan, failed: Option<PhaseFootprint>) -> PaintOutcome {
        let verdict = match failed {
            Some(at) => PaintVerdict::OutOfMemory {
                phase: at.phase.name().to_owned(),
                at: Some(at),
            },
            None => PaintVerdict::Ok { peak: None },
        };
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(NOW);
        PaintOutcome::of(plan, self.reading.key(), now, verdict)
    }
}

/// Goes down the ladder until a picture comes about; what was learnt and the plans that were tried, the last of which
/// painted, unless it is the built-in painter's.
fn paint(world: &World, request: &PlanRequest, outcomes: &mut Vec<PaintOutcome>) -> Vec<PaintPlan> {
    let mut request = request.clone();
    let mut tried = Vec::new();
    loop {
        let plan = world.plan(&request, outcomes);
        tried.push(plan);
        let plan = &tried[tried.len() - 1];
        if plan.strategy == PaintStrategy::BuiltIn || tried.len() > 30 {
            return tried;
        }
        let failed = world.run(plan);
        outcomes.push(world.outcome(plan, failed));
        match failed {
            Some(at) => request.failed.push(at),
            None => return tried,
        }
    }
}

/// Whether any plan at all delivers the size without stretching in this world: the planner is asked with everything
/// forbidden that fails there, one after the other, down to the smallest steps.
fn is_possible(world: &World, request: &PlanRequest) -> bool {
    // What `times` is known to be is what the best of all planners knows.
    let all = MemoryCorrections(
        PaintPhase::ALL
            .into_iter()
            .filter(|phase| *phase == world.phase)
            .map(|phase| MemoryCorrection::Phase {
                family: request.model.family.name().to_owned(),
                phase,
                size: Size::new(1, 1),
                budget_factor: 1.0 / world.times,
            })
            .collect(),
    );
    let plan = Planner::new().plan(request, Some(&world.reading), &world.server, &all);
    plan.strategy < PaintStrategy::Cpu
        && !plan.doubtful
        && !plan.is_stretched()
        && world.run(&plan).is_none()
}

fn servers() -> Vec<ServerFacts> {
    let upscale = |names: &[&str]| {
        names
            .iter()
            .map(|name| UpscaleModel::from_name(*name))
            .collect()
    };
    vec![
        ServerFacts::default(),
        ServerFacts {
            generation: ServerGeneration::V0_3,
            upscale_models: upscale(&["RealESRGAN_x2plus.pth", "4x-UltraSharp.pth"]),
            ..ServerFacts::default()
        },
        ServerFacts {
            torch: TorchVersion::parse("2.8.0+cu128"),
            upscale_models: upscale(&["4x-UltraSharp.pth"]),
            ..ServerFacts::default()
        },
        ServerFacts {
            torch: TorchVersion::parse("2.8.0+cu128"),
            ..ServerFacts::default()
        },
    ]
}

const FAMILIES: [Family; 6] = [
    Family::Sd15,
    Family::Sdxl,
    Family::Sd3,
    Family::Flux1Dev,
    Family::QwenImage,
    Family::ZImage,
];

#[test]
fn a_phase_that_takes_more_than_predicted_costs_few_tries_and_no_quality_that_could_be_had() {
    let (mut failed, mut most) = (0, 0);
    for gib in [2, 3, 4, 6, 8, 10, 12, 16, 20, 24] {
        for (server, family) in servers()
            .iter()
            .flat_map(|server| FAMILIES.map(|family| (server, family)))
        {
            for (phase, times) in PaintPhase::ALL
                .into_iter()
                .flat_map(|phase| [(phase, 1.15), (phase, 1.5)])
            {
                for quality in [Quality::Standard, Quality::High, Quality::Ultra] {
                    let (total, free) = (Bytes::from_gib(gib), Bytes::from_gib(gib));
                    let world = World {
                        reading: GpuReading::fixed(
                            "NVIDIA GeForce RTX 3060",
                            TotalBytes::new(total),
                            FreeBytes::new(free),
                        ),
                        server: server.clone(),
                        phase,
                        times,
                    };
                    let request = PlanRequest {
                        least_quality: quality,
                        ..PlanRequest::new(ModelFacts::of(family), quality, Aspect::Portrait)
                    };
                    let mut outcomes = Vec::new();
                    let tried = paint(&world, &request, &mut outcomes);
                    let what = || {
                        let told = |plan: &PaintPlan| {
                            format!(
                                "{} {:?} {:?} {:?} {}",
                                plan.strategy,
                                plan.passes.iter().map(|p| p.size).collect::<Vec<_>>(),
                                plan.decode,
                                plan.painted,
                                plan.doubtful
                            )
                        };
                        let told: Vec<String> = tried.iter().map(told).collect();
                        format!("{gib} {family} {phase:?} {times} {quality} {server:?}: {told:#?}")
                    };
                    let last = &tried[tried.len() - 1];
                    most = most.max(tried.len());
                    assert!(tried.len() <= 5, "{}", what());
                    if is_possible(&world, &request) {
                        assert!(
                            last.strategy < PaintStrategy::Cpu && !last.is_stretched(),
                            "{}",
                            what()
                        );
                    }
                    if last.strategy == PaintStrategy::BuiltIn {
                        continue;
                    }
                    failed += usize::from(tried.len() > 1);
                    let again = paint(&world, &request, &mut outcomes);
                    assert_eq!(again.len(), 1, "{} then {:?}", what(), again);
                    assert!(again[0].is_stretched() <= last.is_stretched(), "{}", what());
                }
            }
        }
    }
    // The simulation would say nothing if nothing ran out of memory in it.
    assert!(failed > 100, "{failed}");
    assert!(most > 2, "{most}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    /// Whatever runs out of memory, and whether or not anything can be learnt of it: what comes next takes less of it, and
    /// it ends.
    #[test]
    fn each_rung_takes_less_of_what_ran_out_than_the_one_before(
        gib in 2u64..25,
        family in prop::sample::select(&FAMILIES),
        server in prop::sample::select(servers()),
        quality in 0usize..5,
        lower in any::<bool>(),
        learns in any::<bool>(),
        which in prop::collection::vec(0usize..8, 40),
    ) {
        let bytes = Bytes::from_gib(gib);
        let world = World {
            reading: GpuReading::fixed("RTX 3060", TotalBytes::new(bytes), FreeBytes::new(bytes)),
            server,
            phase: PaintPhase::Decode,
            times: 1.0,
        };
        let quality = Quality::all().nth(quality).unwrap();
        let mut request = PlanRequest::new(ModelFacts::of(family), quality, Aspect::Portrait);
        if !lower {
            request.least_quality = quality;
        }
        let mut outcomes = Vec::new();
        let mut rungs = 0;
        for which in which {
            let plan = world.plan(&request, &outcomes);
            if plan.strategy == PaintStrategy::BuiltIn {
                break;
            }
            for spot in plan.footprints() {
                for failed in request.failed.iter().filter(|at| at.phase == spot.phase) {
                    let less = if spot.phase == PaintPhase::Sampling {
                        spot.size.area() < failed.size.area()
                    } else {
                        spot.least < failed.least
                    };
                    prop_assert!(less, "{failed:?} {plan:#?}");
                }
            }
            rungs += 1;
            // Text encoders that cannot leave the card are not a matter of the plan.
            let spots: Vec<PhaseFootprint> = plan
                .footprints()
                .filter(|at| at.phase != PaintPhase::TextEncoder || request.model.separate_files)
                .collect();
            let at = spots[which % spots.len()];
            if learns {
                outcomes.push(world.outcome(&plan, Some(at)));
            }
            request.failed.push(at);
        }
        prop_assert!(rungs < 40, "{rungs}");
    }
}
