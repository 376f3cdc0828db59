//! Looking at a server that shares its card: our turn comes first, and those leave that are in the way of the picture.

use std::sync::Arc;

use tokio_util::sync::CancellationToken;
use videogen_comfy::ImageGenerator;
use videogen_vram::{Bytes, CardLease, CardShare, FreeBytes, PaintNeed, PaintServer};

use super::comfy_card::ComfyCard;
use super::ladder::{PictureWish, Seen};
use super::memory_history::MemoryHistory;
use super::options::{CardLimits, ComfyOptions};
use super::painter::unless_cancelled;
use super::server::{Server, Trouble};
use crate::error::Error;
use crate::painter::PictureOrder;

/// How `server` is when `wish` can be planned for it, and how many prompts run and wait there. Keeps the turn at its card in `turns`.
///
/// # Errors
/// [`Error::Cancelled`]. That the server does not answer is in the value.
pub(super) async fn look(
    server: &Server,
    wish: &PictureWish,
    history: &MemoryHistory,
    options: &ComfyOptions,
    order: &PictureOrder<'_>,
    turns: &mut Vec<CardLease>,
) -> Result<Result<(Seen, u64), Trouble>, Error> {
    let (card, cancel) = (&*options.card, order.cancel);
    let (mut seen, mut remaining) = match seen(server, history, cancel).await? {
        Ok(seen) => seen,
        Err(why) => return Ok(Err(why)),
    };
    let index = seen.reading.as_ref().map(|reading| reading.index);
    let told = |message: String| order.observer.warn(message);
    let turn = leased(card, &server.generator, index, &told, cancel).await?;
    let (is_new, waited) = (turn.is_new, turn.waited);
    turns.push(turn);
    let mut is_old = waited;
    if is_new && options.limits.free.is_none() {
        if is_old {
            (seen, remaining) = match self::seen(server, history, cancel).await? {
                Ok(seen) => seen,
                Err(why) => return Ok(Err(why)),
            };
        }
        is_old = make_room(card, server, wish, &seen, options, &told, cancel).await?;
    }
    if is_old {
        (seen, remaining) = match self::seen(server, history, cancel).await? {
            Ok(seen) => seen,
            Err(why) => return Ok(Err(why)),
        };
    }
    Ok(Ok((limited(seen, options.limits), remaining)))
}

/// The lease of the card of this number that `generator` paints on.
///
/// # Errors
/// [`Error::Cancelled`].
pub(super) async fn leased(
    share: &CardShare,
    generator: &Arc<dyn ImageGenerator>,
    index: Option<u32>,
    warn: &(dyn Fn(String) + Sync),
    cancel: &CancellationToken,
) -> Result<CardLease, Error> {
    let server: Arc<dyn PaintServer> = Arc::new(ComfyCard::of(generator));
    let lease = share.for_painting(&server, index, warn, cancel).await;
    // Nothing else than the token keeps it from one.
    lease.map_err(|_| Error::Cancelled)
}

async fn seen(
    server: &Server,
    history: &MemoryHistory,
    cancel: &CancellationToken,
) -> Result<Result<(Seen, u64), Trouble>, Error> {
    unless_cancelled(cancel, server.look(history)).await
}

async fn make_room(
    card: &CardShare,
    server: &Server,
    wish: &PictureWish,
    seen: &Seen,
    options: &ComfyOptions,
    told: &(dyn Fn(String) + Sync),
    cancel: &CancellationToken,
) -> Result<bool, Error> {
    // What may not be used is not asked for.
    let limited = limited(seen.clone(), options.limits);
    let Some(reading) = &limited.reading else {
        return Ok(false);
    };
    let need = PaintNeed {
        model: &server.model,
        quality: wish.quality,
        aspect: wish.aspect,
        lower: wish.lower,
        facts: &limited.facts,
        reading,
        corrections: &limited.corrections,
    };
    let painter = ComfyCard::of(&server.generator);
    let making = card.make_room(&painter, &need, told, cancel);
    unless_cancelled(cancel, making).await
}

/// The same server with no more memory than may be used.
pub(super) fn limited(mut seen: Seen, limits: CardLimits) -> Seen {
    let Some(reading) = &mut seen.reading else {
        return seen;
    };
    if let Some(free) = limits.free {
        // As if: what the server holds now is part of that.
        seen.facts.held = Bytes::ZERO;
        reading.free = FreeBytes::new(Bytes::new(free).min(reading.total.bytes()));
    }
    if let Some(most) = limits.most {
        let most = Bytes::new(most);
        seen.facts.held = seen.facts.held.min(most);
        let rest = FreeBytes::new(most.minus(seen.facts.held));
        reading.free = reading.sane_free().min(rest);
    }
    seen
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use videogen_types::{Aspect, Quality};
    use videogen_vram::{
        Family, GpuReading, MemoryCorrections, ModelFacts, PlanRequest, Planner, ServerFacts,
        TotalBytes,
    };

    use super::*;

    proptest! {
        #[test]
        fn no_plan_uses_more_than_it_may(
            free in 0u64..26_000,
            held in 0u64..12_000,
            most in prop::option::of(0u64..26_000),
            as_if in prop::option::of(0u64..26_000),
        ) {
            let mib = Bytes::from_mib;
            let total = TotalBytes::new(mib(free + held));
            let seen = Seen {
                facts: ServerFacts { held: mib(held), ..ServerFacts::default() },
                reading: Some(GpuReading::fixed("card", total, FreeBytes::new(mib(free)))),
                corrections: MemoryCorrections::NONE,
            };
            let limits = CardLimits {
                most: most.map(|most| mib(most).get()),
                free: as_if.map(|free| mib(free).get()),
            };
            let seen = limited(seen, limits);
            let request = PlanRequest::new(ModelFacts::of(Family::Sdxl), Quality::Ultra, Aspect::Portrait);
            let plan = Planner::new().plan(&request, seen.reading.as_ref(), &seen.facts, &seen.corrections);
            for limit in [most, as_if].into_iter().flatten() {
                prop_assert!(plan.budget_bytes <= mib(limit));
            }
        }
    }
}
