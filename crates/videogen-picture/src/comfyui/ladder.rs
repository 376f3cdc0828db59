//! What is tried next for one picture, decided from what has been tried: a function of values.
//!
//! For the wished quality every way that fits, best first, on one server after the other; servers without a card after all
//! others; the lower qualities, where that is allowed; in the end the built-in painter.
//!
//! Where memory ran out in a phase, what comes next takes less in that phase: a smaller refining pass, smaller tiles, a text
//! encoder on the processor. Nothing is tried twice, with two exceptions: a picture in which nothing is to be seen, because
//! arithmetic that overflows with one seed may not with another; and a text encoder that cannot leave the card, because
//! everything else has left it after the first time.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use videogen_types::{Aspect, Choice, Degradation, Quality, Stage};
use videogen_vram::{
    GpuReading, MemoryCorrections, ModelFacts, PaintPhase, PaintPlan, PaintStrategy,
    PhaseFootprint, PlanRequest, PlanTuning, Planner, ServerFacts, Size, UPSCALE_MODEL_ADVICE,
    UnloadPolicy,
};

/// The picture that is wished for.
#[derive(Debug, Clone)]
pub(super) struct PictureWish {
    pub(super) quality: Quality,
    pub(super) aspect: Aspect,
    /// Whether less is acceptable.
    pub(super) lower: bool,
    /// Another size than that of the quality; it is not lowered.
    pub(super) size: Option<Size>,
    /// How it is sampled.
    pub(super) tuning: PlanTuning,
}

/// A server as the ladder sees it.
#[derive(Debug, Clone)]
pub(super) struct Candidate {
    pub(super) model: ModelFacts,
    /// How it is now; `None` before it was looked at.
    pub(super) seen: Option<Seen>,
}

impl Candidate {
    /// Of a server that was not looked at.
    pub(super) fn new(model: ModelFacts) -> Self {
        Self { model, seen: None }
    }
}

/// The state of a server.
#[derive(Debug, Clone)]
pub(super) struct Seen {
    pub(super) facts: ServerFacts,
    /// Its card; `None` where it computes on the processor.
    pub(super) reading: Option<GpuReading>,
    pub(super) corrections: MemoryCorrections,
}

impl Seen {
    fn without_card(&self) -> bool {
        self.facts.flags.cpu || self.reading.is_none()
    }
}

/// How an attempt ended that did not end with a picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum End {
    /// Memory ran out: another way may fit.
    OutOfMemory,
    /// The server cannot be reached, died, or was too slow.
    Gone,
    /// The server lacks what is needed, or a node failed.
    Cannot,
    /// Somebody else told the server to stop.
    Interrupted,
    /// There is a picture, and nothing is to be seen in it.
    Unseen,
}

/// How often memory may run out at one server before it is not asked for the picture again. The simulation of the planner
/// needs fewer; a server that fails whatever it is asked costs no more.
const OUT_OF_MEMORY: usize = 10;

/// Pictures in which nothing is to be seen, of one server, after which it is not asked for this one again: the best way
/// with two seeds, and another way.
const UNSEEN: usize = 3;

/// Something that was tried in vain.
#[derive(Debug, Clone)]
pub(super) struct Attempt {
    pub(super) server: usize,
    /// What; `None` when the server was only looked at.
    pub(super) tried: Option<(Quality, PaintStrategy)>,
    pub(super) end: End,
    /// Where memory ran out, when that is known.
    pub(super) at: Option<PhaseFootprint>,
    /// What went wrong, for people.
    pub(super) reason: String,
}

/// What is done next.
#[derive(Debug, Clone)]
pub(super) enum Next {
    /// The server is asked how it is.
    Look(usize),
    /// The picture is painted so.
    Paint(usize, Box<PaintPlan>),
    /// The built-in painter paints.
    BuiltIn,
}

impl Next {
    /// The server that is asked, or paints.
    pub(super) fn server(&self) -> Option<usize> {
        match self {
            Self::Look(server) | Self::Paint(server, _) => Some(*server),
            Self::BuiltIn => None,
        }
    }
}

/// Whether `server` is out of the question after these attempts.
pub(super) fn is_out(server: usize, attempts: &[Attempt]) -> bool {
    let by = |attempt: &&Attempt| attempt.server == server;
    let ends = || attempts.iter().filter(by).map(|attempt| attempt.end);
    let count = |of: End| ends().filter(|end| *end == of).count();
    let is_worn = count(End::Unseen) >= UNSEEN || count(End::OutOfMemory) >= OUT_OF_MEMORY;
    is_worn || ends().any(|end| !matches!(end, End::OutOfMemory | End::Unseen))
}

/// How often `server` was tried so before and made a picture without anything in it: each time with another seed.
pub(super) fn seeds(server: usize, tried: (Quality, PaintStrategy), attempts: &[Attempt]) -> u64 {
    count(server, tried, End::Unseen, attempts)
}

/// How often `server` was tried so before and ran out of memory: each time with less of something.
pub(super) fn fallbacks(
    server: usize,
    tried: (Quality, PaintStrategy),
    attempts: &[Attempt],
) -> u64 {
    count(server, tried, End::OutOfMemory, attempts)
}

fn count(server: usize, tried: (Quality, PaintStrategy), end: End, attempts: &[Attempt]) -> u64 {
    let same = |attempt: &&Attempt| {
        attempt.server == server && attempt.tried == Some(tried) && attempt.end == end
    };
    attempts.iter().filter(same).count() as u64
}

/// One of the two above.
type Count = fn(usize, (Quality, PaintStrategy), &[Attempt]) -> u64;

/// What is to be tried at `server` once more, with another seed: the way of its only picture in which nothing is to be
/// seen, unless that was done, however it ended.
fn again(server: usize, attempts: &[Attempt]) -> Option<(Quality, PaintStrategy)> {
    let mut own = attempts.iter().filter(|attempt| attempt.server == server);
    let first = own.by_ref().find(|attempt| attempt.end == End::Unseen)?;
    let is_done = own.any(|after| after.tried == first.tried || after.end == End::Unseen);
    first.tried.filter(|_| !is_done)
}

/// Decides among the servers of `order`, the preferred first; but the one that was tried last is gone on with. `in_time`
/// is whether the picture's time is not over.
pub(super) fn next(
    wish: &PictureWish,
    candidates: &BTreeMap<usize, Candidate>,
    order: &[usize],
    attempts: &[Attempt],
    in_time: bool,
) -> Next {
    if !in_time {
        return Next::BuiltIn;
    }
    let mut order: Vec<usize> = order.to_vec();
    order.retain(|server| !is_out(*server, attempts));
    let tried = |server: usize| move |attempt: &Attempt| attempt.server == server;
    order.sort_by_key(|at| {
        let ago = attempts.iter().rev().position(tried(*at));
        ago.unwrap_or(usize::MAX)
    });
    let servers = || {
        order
            .iter()
            .filter_map(|at| Some((*at, candidates.get(at)?)))
    };
    for quality in qualities(wish) {
        for without_card in [false, true] {
            for (server, candidate) in servers() {
                let Some(seen) = &candidate.seen else {
                    return Next::Look(server);
                };
                if seen.without_card() == without_card
                    && let Some(plan) = plan(wish, quality, server, candidate, seen, attempts)
                {
                    return Next::Paint(server, Box::new(plan));
                }
            }
        }
    }
    Next::BuiltIn
}

/// The acceptable qualities, the best first.
fn qualities(wish: &PictureWish) -> impl Iterator<Item = Quality> + use<> {
    let (wished, lower) = (wish.quality, wish.lower && wish.size.is_none());
    let acceptable = move |quality: &Quality| *quality == wished || (lower && *quality < wished);
    Quality::all().rev().filter(acceptable)
}

/// The best plan that was not tried there yet.
pub(super) fn plan(
    wish: &PictureWish,
    quality: Quality,
    server: usize,
    candidate: &Candidate,
    seen: &Seen,
    attempts: &[Attempt],
) -> Option<PaintPlan> {
    let own = || attempts.iter().filter(|attempt| attempt.server == server);
    // Where it is known in which phase memory ran out, the way may still do with less of that.
    let avoid: Vec<(Quality, PaintStrategy)> = own()
        .filter(|attempt| attempt.at.is_none())
        .filter_map(|attempt| attempt.tried)
        .filter(|tried| again(server, attempts) != Some(*tried))
        .collect();
    let failed: Vec<PhaseFootprint> = own().filter_map(|attempt| attempt.at).collect();
    // A text encoder that cannot leave the card takes the same whatever is painted. What is better after the first time is
    // that everything else has left it.
    let held = own().filter(|attempt| {
        let quality = attempt.tried.map(|tried| tried.0) == Some(quality);
        quality
            && attempt
                .at
                .is_some_and(|at| at.phase == PaintPhase::TextEncoder)
    });
    let tries = 1 + usize::from(quality == wish.quality);
    if !candidate.model.separate_files && held.count() >= tries {
        return None;
    }
    let request = PlanRequest {
        least_quality: quality,
        // A server decides when it is started where it computes: with a card, never on the processor.
        allow_cpu: seen.without_card(),
        unload: UnloadPolicy::Never,
        avoid: avoid.clone(),
        failed,
        size: wish.size,
        tuning: wish.tuning.clone(),
        ..PlanRequest::new(candidate.model.clone(), quality, wish.aspect)
    };
    let plan = Planner::new().plan(
        &request,
        seen.reading.as_ref(),
        &seen.facts,
        &seen.corrections,
    );
    let new =
        plan.strategy != PaintStrategy::BuiltIn && !avoid.contains(&(plan.quality, plan.strategy));
    new.then_some(plan)
}

/// What came of a picture.
#[derive(Debug, Clone, Copy)]
pub(super) enum Outcome<'a> {
    /// A server painted it.
    By(usize, &'a PaintPlan),
    /// The built-in painter did.
    BuiltIn,
}

/// Something that was tried in vain, or what came in the end: how good it is, the least being the best, and what it is called.
pub(super) type Rated<R> = (R, String);

/// The steps down to `end`, of attempts with what went wrong: from each that was better to the next lesser one. Where an equal
/// one took over, such as another server, nothing was lost.
pub(super) fn lost<R: Ord + Copy>(
    tried: Vec<(Rated<R>, String)>,
    end: &Rated<R>,
) -> Vec<Degradation> {
    let better = tried.into_iter().filter(|((rank, _), _)| *rank < end.0);
    let better: Vec<_> = better.collect();
    let after = better.iter().map(|(rated, _)| rated).skip(1).chain([end]);
    let steps = better.iter().zip(after);
    let steps = steps.filter(|(((before, _), _), (after, _))| before < after);
    let step = |(((_, from), reason), (_, to)): (&(Rated<R>, String), &Rated<R>)| Degradation {
        stage: Stage::Picture,
        from: from.clone(),
        to: to.clone(),
        reason: reason.clone().into(),
    };
    steps.map(step).collect()
}

/// Every step down, as it is told. `names` are the servers' names; `why_none` is why none could be asked, if so.
pub(super) fn steps(
    wish: &PictureWish,
    names: &[String],
    attempts: &[Attempt],
    outcome: Outcome<'_>,
    why_none: Option<String>,
) -> Vec<Degradation> {
    let name = |server: usize| names.get(server).map_or("comfyui", String::as_str);
    let label = |server: usize, tried: Option<(Quality, PaintStrategy)>| match tried {
        None => format!("comfyui at {}", name(server)),
        Some((quality, strategy)) if quality == wish.quality => {
            format!("{strategy} at {}", name(server))
        }
        Some((quality, strategy)) => format!("{quality}, {strategy} at {}", name(server)),
    };
    let step = |from: String, to: String, reason: String| Degradation {
        stage: Stage::Picture,
        from,
        to,
        reason: reason.into(),
    };
    let seeded = |server: usize, tried: Option<(Quality, PaintStrategy)>, before: &[Attempt]| {
        let again = |count: Count| tried.is_some_and(|tried| count(server, tried, before) > 0);
        let again = if again(seeds) {
            ", with another seed"
        } else if again(fallbacks) {
            ", with memory freed"
        } else {
            ""
        };
        format!("{}{again}", label(server, tried))
    };
    let last = match outcome {
        Outcome::By(server, plan) => seeded(server, Some((plan.quality, plan.strategy)), attempts),
        Outcome::BuiltIn => "builtin".to_owned(),
    };
    let mut labels: Vec<String> = attempts
        .iter()
        .enumerate()
        .map(|(at, attempt)| seeded(attempt.server, attempt.tried, &attempts[..at]))
        .collect();
    labels.push(last.clone());
    let mut steps: Vec<Degradation> = match outcome {
        Outcome::By(server, plan) => {
            let rank = |server: usize, tried: (Quality, PaintStrategy), before: &[Attempt]| {
                let again = seeds(server, tried, before) + fallbacks(server, tried, before);
                (Reverse(tried.0), tried.1, again)
            };
            // What a server would have done that was not there is not known.
            let tried = attempts.iter().zip(&labels).enumerate();
            let tried = tried.filter_map(|(at, (attempt, label))| {
                let rank = rank(attempt.server, attempt.tried?, &attempts[..at]);
                Some(((rank, label.clone()), attempt.reason.clone()))
            });
            let end = rank(server, (plan.quality, plan.strategy), attempts);
            lost(tried.collect(), &(end, last.clone()))
        }
        Outcome::BuiltIn => attempts
            .iter()
            .zip(labels.windows(2))
            .map(|(attempt, pair)| step(pair[0].clone(), pair[1].clone(), attempt.reason.clone()))
            .collect(),
    };
    match outcome {
        Outcome::By(_, plan) if plan.quality < wish.quality => {
            let reason = plan.reasons.first().cloned().unwrap_or_default();
            let (from, to) = (wish.quality.name(), plan.quality.name());
            steps.push(step(from.to_owned(), to.to_owned(), reason));
        }
        Outcome::By(_, plan) if plan.is_stretched() => {
            let painted = plan.painted.map(|painted| painted.size).unwrap_or_default();
            let enlarged = plan.painted.map_or(1.0, |painted| painted.resampled);
            let mut reason = plan.why_soft().unwrap_or_default();
            if plan.suggestions.iter().any(|it| it == UPSCALE_MODEL_ADVICE) {
                reason = format!("{reason} {UPSCALE_MODEL_ADVICE}");
            }
            let to = format!("{painted}, enlarged {enlarged} times");
            steps.push(step(plan.output.to_string(), to, reason));
        }
        Outcome::BuiltIn if attempts.is_empty() => {
            let reason = why_none.unwrap_or_else(|| {
                "no ComfyUI server has the memory for such a picture, or the time was over".into()
            });
            steps.push(step("comfyui".to_owned(), last, reason));
        }
        _ => {}
    }
    steps
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use videogen_vram::{Bytes, Family, FreeBytes, TotalBytes};

    use super::*;

    fn seen(free_mib: u64) -> Seen {
        let bytes = Bytes::new(free_mib << 20);
        let reading = (free_mib > 0)
            .then(|| GpuReading::fixed("card", TotalBytes::new(bytes), FreeBytes::new(bytes)));
        Seen {
            facts: ServerFacts::default(),
            reading,
            corrections: MemoryCorrections::NONE,
        }
    }

    fn ends() -> impl Strategy<Value = End> {
        prop_oneof![
            6 => Just(End::OutOfMemory),
            1 => Just(End::Gone),
            1 => Just(End::Cannot),
            1 => Just(End::Interrupted),
            3 => Just(End::Unseen),
        ]
    }

    /// What of a plan a server sees.
    fn graph(plan: &PaintPlan) -> String {
        let passes: Vec<_> = plan
            .passes
            .iter()
            .map(|pass| (pass.size, &pass.enlarged, pass.encode_tile))
            .collect();
        let (quality, text) = (plan.quality, plan.text_encoder);
        format!("{quality} {passes:?} {:?} {text:?}", plan.decode)
    }

    proptest! {
        /// Whatever fails: it ends, what ran out of memory is tried with less, nothing below the wish unless allowed, the
        /// built-in last.
        #[test]
        fn it_ends_and_repeats_nothing(
            free in prop::collection::vec(0u64..26_000, 0..4),
            quality in 0usize..5,
            family in prop::sample::select(&[Family::Sd15, Family::Sdxl, Family::ZImage]),
            lower in any::<bool>(),
            ends in prop::collection::vec((ends(), prop::option::of(0usize..8)), 200),
            reachable in prop::collection::vec(any::<bool>(), 4),
        ) {
            let wish = PictureWish { quality: Quality::all().nth(quality).unwrap(), aspect: Aspect::Portrait, lower, size: None, tuning: PlanTuning::default() };
            let candidate = |at| (at, Candidate::new(ModelFacts::of(family)));
            let mut candidates: BTreeMap<usize, Candidate> = (0..free.len()).map(candidate).collect();
            let order: Vec<usize> = (0..free.len()).rev().collect();
            let mut attempts: Vec<Attempt> = Vec::new();
            let mut graphs: Vec<(usize, String, bool)> = Vec::new();
            let mut ends = ends.into_iter();
            let mut finished = false;
            for _ in 0..200 {
                match next(&wish, &candidates, &order, &attempts, true) {
                    Next::Look(server) => {
                        let candidate = candidates.get_mut(&server).unwrap();
                        prop_assert!(candidate.seen.is_none());
                        if reachable[server] {
                            candidate.seen = Some(seen(free[server]));
                        } else {
                            let reason = String::new();
                            attempts.push(Attempt { server, tried: None, end: End::Gone, at: None, reason });
                        }
                    }
                    Next::Paint(server, plan) => {
                        let tried = Some((plan.quality, plan.strategy));
                        let own: Vec<_> = attempts.iter().filter(|a| a.server == server).collect();
                        let count = |end| own.iter().filter(|a| a.end == end).count();
                        prop_assert!(count(End::Unseen) < UNSEEN && count(End::OutOfMemory) < OUT_OF_MEMORY);
                        let graph = graph(&plan);
                        let same = graphs.iter().any(|(by, other, may)| *by == server && !may && *other == graph);
                        prop_assert!(!same, "{graph} {own:?}");
                        prop_assert!(plan.quality == wish.quality || (lower && plan.quality < wish.quality));
                        prop_assert!(plan.strategy != PaintStrategy::BuiltIn && !plan.passes.is_empty());
                        let (end, which) = ends.next().unwrap();
                        let spots: Vec<PhaseFootprint> = plan.footprints().collect();
                        let at = which
                            .filter(|_| end == End::OutOfMemory && !spots.is_empty())
                            .map(|which| spots[which % spots.len()]);
                        if end == End::OutOfMemory {
                            candidates.get_mut(&server).unwrap().seen = None;
                        }
                        let stuck = at.is_some_and(|at| at.phase == PaintPhase::TextEncoder);
                        let before = own.iter().filter(|a| a.end == End::Unseen).count();
                        let seed = end == End::Unseen && before == 0;
                        graphs.push((server, graph, seed || (stuck && family != Family::ZImage)));
                        attempts.push(Attempt { server, tried, end, at, reason: "x".into() });
                    }
                    Next::BuiltIn => {
                        finished = true;
                        break;
                    }
                }
            }
            prop_assert!(finished, "{} attempts", attempts.len());
            let names: Vec<String> = free.iter().map(|f| format!("s{f}")).collect();
            let steps = steps(&wish, &names, &attempts, Outcome::BuiltIn, None);
            prop_assert_eq!(steps.len(), attempts.len().max(1));
            prop_assert_eq!(&steps[steps.len() - 1].to, "builtin");
            prop_assert!(matches!(next(&wish, &candidates, &order, &attempts, false), Next::BuiltIn));
        }
    }

    #[test]
    fn a_picture_without_anything_in_it_is_tried_with_another_seed_then_another_way_then_elsewhere()
    {
        let candidate = |free| Candidate {
            model: ModelFacts::of(Family::Sdxl),
            seen: Some(seen(free)),
        };
        let wish = PictureWish {
            quality: Quality::High,
            aspect: Aspect::Portrait,
            lower: false,
            size: None,
            tuning: PlanTuning::default(),
        };
        let candidates = BTreeMap::from([(0, candidate(24_000)), (1, candidate(24_000))]);
        let mut attempts = Vec::new();
        let mut strategies = Vec::new();
        while let Next::Paint(server, plan) = next(&wish, &candidates, &[0, 1], &attempts, true) {
            let tried = (plan.quality, plan.strategy);
            strategies.push((server, plan.strategy, seeds(server, tried, &attempts)));
            attempts.push(Attempt {
                server,
                tried: Some(tried),
                end: End::Unseen,
                at: None,
                reason: "it is black".into(),
            });
        }
        assert_eq!(strategies.len(), 6, "{strategies:?}");
        for (at, server) in [(0, 0), (3, 1)] {
            let [first, second, third] = [strategies[at], strategies[at + 1], strategies[at + 2]];
            assert_eq!((first.0, first.2), (server, 0));
            assert_eq!(second, (server, first.1, 1));
            assert_eq!((third.0, third.2), (server, 0));
            assert_ne!(third.1, first.1);
        }
        let names = ["a".to_owned(), "b".to_owned()];
        let steps = steps(&wish, &names, &attempts, Outcome::BuiltIn, None);
        assert!(
            steps[0].to.ends_with("at a, with another seed"),
            "{steps:?}"
        );
        assert!(steps[2].to.ends_with("at b"), "{steps:?}");
        assert_eq!(steps[5].to, "builtin");
    }

    #[test]
    fn another_server_comes_before_a_lower_quality_and_a_processor_after_every_card() {
        let candidate = |free| Candidate {
            model: ModelFacts::of(Family::Sdxl),
            seen: Some(seen(free)),
        };
        let wish = PictureWish {
            quality: Quality::High,
            aspect: Aspect::Portrait,
            lower: true,
            size: None,
            tuning: PlanTuning::default(),
        };
        let candidates = BTreeMap::from([
            (0, candidate(0)),
            (1, candidate(12_000)),
            (2, candidate(24_000)),
        ]);
        let mut attempts = Vec::new();
        let mut servers = Vec::new();
        let mut order = [1, 2, 0];
        while let Next::Paint(server, plan) = next(&wish, &candidates, &order, &attempts, true) {
            // Who would be first now changes nothing for a server that was begun with.
            order.swap(0, 1);
            servers.push((plan.quality, server));
            let tried = Some((plan.quality, plan.strategy));
            let (end, reason) = (End::OutOfMemory, String::new());
            attempts.push(Attempt {
                server,
                tried,
                end,
                at: None,
                reason,
            });
        }
        servers.dedup();
        assert_eq!(
            servers[..4],
            [
                (Quality::High, 1),
                (Quality::High, 2),
                (Quality::High, 0),
                (Quality::Standard, 2)
            ]
        );
    }
}
