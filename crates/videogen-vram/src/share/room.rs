//! Whether somebody has to leave the card for a picture, and how much has to be free then: functions of values.

use videogen_types::{Aspect, Quality};

use crate::model::{ModelFacts, ServerFacts};
use crate::plan::{
    MemoryCorrections, PaintPlan, PaintStrategy, PlanRequest, Planner, UnloadPolicy,
};
use crate::reading::GpuReading;
use crate::units::{Bytes, FreeBytes, TotalBytes};

/// How exactly the least memory is found.
const GRAIN: Bytes = Bytes::from_mib(16);

/// What is to be painted, and the server that paints it as it is now.
#[derive(Debug, Clone, Copy)]
pub struct PaintNeed<'a> {
    /// What it is painted with.
    pub model: &'a ModelFacts,
    /// The quality that is asked for.
    pub quality: Quality,
    /// The shape of the picture.
    pub aspect: Aspect,
    /// Whether less is acceptable.
    pub lower: bool,
    /// The server.
    pub facts: &'a ServerFacts,
    /// Its card.
    pub reading: &'a GpuReading,
    /// What earlier pictures taught about that card.
    pub corrections: &'a MemoryCorrections,
}

impl PaintNeed<'_> {
    /// The best plan when `free` bytes of the card are free.
    fn plan(&self, free: Bytes) -> PaintPlan {
        let reading = GpuReading {
            free: FreeBytes::new(free),
            ..self.reading.clone()
        };
        let request = PlanRequest {
            least_quality: if self.lower {
                Quality::Draft
            } else {
                self.quality
            },
            unload: UnloadPolicy::Never,
            ..PlanRequest::new(self.model.clone(), self.quality, self.aspect)
        };
        Planner::new().plan(&request, Some(&reading), self.facts, self.corrections)
    }

    /// Bytes of the card that others hold.
    fn of_others(&self) -> Bytes {
        let free = self.reading.sane_free().bytes();
        self.reading
            .total
            .bytes()
            .minus(free)
            .minus(self.facts.held)
    }
}

/// Returns how much of the card has to be free for the best plan that is possible when all of `tenants` have left. `None`
/// when the plan becomes no better by that: then nobody has to. A tenant of unknown size is assumed to hold an equal share
/// of the unaccounted memory.
pub(super) fn needed(paint: &PaintNeed<'_>, tenants: &[Option<Bytes>]) -> Option<Bytes> {
    let others = paint.of_others();
    let known: Bytes = tenants.iter().flatten().copied().sum();
    let unknown = tenants.iter().any(Option::is_none);
    // Together they cannot hold more than is taken.
    let all = if unknown { others } else { known.min(others) };
    let free = paint.reading.sane_free().bytes();
    let goal = paint.plan(free + all).rank();
    if all == Bytes::ZERO || goal <= paint.plan(free).rank() {
        return None;
    }
    Some(least(free, free + all, |free| {
        paint.plan(free).rank() >= goal
    }))
}

/// Returns the least free memory with which `model` paints on a card at all, in an acceptable quality, in bytes.
pub fn least_that_paints(model: &ModelFacts, quality: Quality, aspect: Aspect, lower: bool) -> u64 {
    // More than any card has; how much it is changes nothing of what is needed.
    let most = Bytes::from_gib(64);
    let paint = PaintNeed {
        model,
        quality,
        aspect,
        lower,
        facts: &ServerFacts::default(),
        reading: &GpuReading::fixed("", TotalBytes::new(most), FreeBytes::default()),
        corrections: &MemoryCorrections::NONE,
    };
    let paints = |free| paint.plan(free).strategy != PaintStrategy::BuiltIn;
    least(Bytes::ZERO, most, paints).get()
}

/// The least amount between `short`, which is not enough, and `enough`, that is enough: to the grain, never too little.
/// More is never worse, which is a law of the planner.
fn least(mut short: Bytes, mut enough: Bytes, is_enough: impl Fn(Bytes) -> bool) -> Bytes {
    while enough.minus(short) > GRAIN {
        let middle = Bytes::new(short.get() + enough.minus(short).get() / 2);
        if is_enough(middle) {
            enough = middle;
        } else {
            short = middle;
        }
    }
    enough
}

/// About how much a language model takes on a card, by its name (`qwen3:8b`): 4-bit weights with what is around them, and
/// a context of some thousand tokens. `None` when the name does not tell.
pub(super) fn guess(model: &str) -> Option<Bytes> {
    let lower = model.to_lowercase();
    let words = lower.split(|c: char| !c.is_ascii_alphanumeric() && c != '.');
    let billions = words
        .filter_map(|word| word.strip_suffix('b')?.parse::<f64>().ok())
        .find(|billions| (0.1..=1000.0).contains(billions))?;
    Some(Bytes::from_f64_ceil(billions * 0.7e9 + 1.5e9))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::model::Family;

    fn card(total: u64, free: u64) -> GpuReading {
        let mib = |mib| Bytes::from_mib(mib);
        GpuReading::fixed(
            "card",
            TotalBytes::new(mib(total)),
            FreeBytes::new(mib(free)),
        )
    }

    fn with<T>(family: Family, reading: &GpuReading, then: impl FnOnce(&PaintNeed<'_>) -> T) -> T {
        then(&PaintNeed {
            model: &ModelFacts::of(family),
            quality: Quality::Ultra,
            aspect: Aspect::Portrait,
            lower: true,
            facts: &ServerFacts::default(),
            reading,
            corrections: &MemoryCorrections::NONE,
        })
    }

    #[test]
    fn who_is_in_the_way_leaves_and_who_is_not_stays() {
        let llm = [Some(Bytes::from_gib(7))];
        // SDXL in 4 of 12 GiB streams its weights.
        let need = with(Family::Sdxl, &card(12 << 10, 4 << 10), |paint| {
            needed(paint, &llm)
        });
        let need = need.expect("7 GiB more are better");
        assert!(
            need > Bytes::from_gib(4) && need <= Bytes::from_gib(11),
            "{need}"
        );
        // Both fit into 24 GiB.
        let both = with(Family::Sdxl, &card(24 << 10, 16 << 10), |paint| {
            needed(paint, &llm)
        });
        assert_eq!(both, None);
        // What it holds is not known: all that is taken counts.
        let unknown = with(Family::Sdxl, &card(12 << 10, 4 << 10), |paint| {
            needed(paint, &[None])
        });
        assert!(unknown.is_some());
        let nobody = with(Family::Sdxl, &card(12 << 10, 4 << 10), |paint| {
            needed(paint, &[])
        });
        assert_eq!(nobody, None);
    }

    #[test]
    fn the_least_memory_paints_and_less_does_not() {
        let model = ModelFacts::of(Family::Sdxl);
        let least = |quality, lower| least_that_paints(&model, quality, Aspect::Portrait, lower);
        let draft = least(Quality::Draft, false);
        assert!(draft > 1 << 30 && draft < 4 << 30, "{draft}");
        assert!(least(Quality::Ultra, true) <= least(Quality::Ultra, false));
    }

    #[test]
    fn names_tell_about_how_large_a_model_is() {
        let gib = |name| guess(name).map(|bytes| bytes.get() >> 30);
        assert_eq!(gib("qwen3:8b"), Some(6));
        assert_eq!(gib("Qwen2.5-1.5B-Instruct"), Some(2));
        assert_eq!(gib("hf.co/x/Qwen3-30B-A3B-GGUF:Q4_K_M"), Some(20));
        assert_eq!(gib("qwen3"), None);
        assert_eq!(gib("web"), None);
    }

    proptest! {
        /// What is asked for is never more than can come, and is enough for what it is asked for.
        #[test]
        fn what_is_asked_for_can_come(
            total in 1024u64..26_000,
            free in 0u64..26_000,
            llm in prop::option::of(0u64..26_000),
            sdxl in any::<bool>(),
        ) {
            let reading = card(total, free.min(total));
            let family = if sdxl { Family::Sdxl } else { Family::Sd15 };
            let tenants = [llm.map(Bytes::from_mib)];
            with(family, &reading, |paint| {
                let free = reading.sane_free().bytes();
                let Some(need) = needed(paint, &tenants) else { return Ok(()) };
                prop_assert!(need > free);
                prop_assert!(need <= reading.total.bytes());
                prop_assert!(paint.plan(need).rank() > paint.plan(free).rank());
                Ok(())
            })?;
        }
    }
}
