//! Runs a hand-over: measures, asks and waits as the state machine says.

use std::time::Duration;

use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::{HandOver, HandOverEnd, HandOverEvent, HandOverStep};
use crate::BoxFuture;
use crate::units::FreeBytes;

/// For one measurement; a probe that takes longer tells nothing.
const MEASURE: Duration = Duration::from_secs(10);

/// What a hand-over does to the world. Dropping a future of it gives up what it does.
pub trait HandOverEffects: Send + Sync {
    /// Measures the free memory of the card; `None` when that is not possible now.
    fn free(&self) -> BoxFuture<'_, Option<FreeBytes>>;

    /// Asks the tenant of this number, in the order of [`HandOver::tenants`], to unload. Whether it will.
    fn unload(&self, tenant: usize) -> BoxFuture<'_, bool>;
}

/// Runs `machine` from `first` to its end: both as [`HandOver::new`] gave them. Bounded by the machine's timeouts and ten
/// seconds for each measurement. Needs a Tokio runtime with time.
pub async fn hand_over(
    machine: &mut HandOver,
    first: HandOverStep,
    room: &dyn HandOverEffects,
    cancel: &CancellationToken,
) -> HandOverEnd {
    let begin = Instant::now();
    let mut step = first;
    loop {
        let answer = machine.timeouts().answer;
        let next = async {
            match step {
                HandOverStep::Measure => match tokio::time::timeout(MEASURE, room.free()).await {
                    Ok(Some(free)) => HandOverEvent::Free(free),
                    Ok(None) | Err(_) => HandOverEvent::Blind,
                },
                HandOverStep::Ask(tenant) => {
                    match tokio::time::timeout(answer, room.unload(tenant)).await {
                        Ok(will) => HandOverEvent::Answered(will),
                        Err(_) => HandOverEvent::Woke,
                    }
                }
                HandOverStep::Pause(pause) => {
                    tokio::time::sleep(pause).await;
                    HandOverEvent::Woke
                }
                HandOverStep::Done(_) => HandOverEvent::Woke,
            }
        };
        let event = tokio::select! {
            biased;
            () = cancel.cancelled() => HandOverEvent::Cancelled,
            event = next => event,
        };
        step = machine.on(begin.elapsed(), event);
        if let HandOverStep::Done(end) = step {
            return end;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use super::*;
    use crate::lease::{HandOverOccupant, HandOverTimeouts};
    use crate::units::Bytes;

    /// A card whose memory comes back some time after the unload.
    struct Card {
        begin: Instant,
        unloaded: Mutex<Option<Instant>>,
        answers: Option<bool>,
    }

    impl Card {
        fn new(answers: Option<bool>) -> Self {
            Self {
                begin: Instant::now(),
                unloaded: Mutex::new(None),
                answers,
            }
        }
    }

    impl HandOverEffects for Card {
        fn free(&self) -> BoxFuture<'_, Option<FreeBytes>> {
            Box::pin(async {
                let unloaded = *self.unloaded.lock().unwrap();
                let gone = unloaded.is_some_and(|at| at.elapsed() >= Duration::from_secs(1));
                Some(FreeBytes::new(Bytes::from_gib(if gone { 11 } else { 6 })))
            })
        }

        fn unload(&self, tenant: usize) -> BoxFuture<'_, bool> {
            assert_eq!(tenant, 0);
            Box::pin(async {
                let Some(answer) = self.answers else {
                    return std::future::pending().await;
                };
                if answer {
                    *self.unloaded.lock().unwrap() = Some(Instant::now());
                }
                answer
            })
        }
    }

    async fn run(card: &Card, cancel: &CancellationToken) -> (HandOverEnd, Duration) {
        let llm = HandOverOccupant {
            name: "qwen".into(),
            bytes: Some(Bytes::from_gib(5)),
        };
        let need = Bytes::from_gib(8);
        let (mut machine, first) = HandOver::new(need, vec![llm], HandOverTimeouts::default());
        let end = hand_over(&mut machine, first, card, cancel).await;
        (end, card.begin.elapsed())
    }

    /// A hand-over can run on any thread of a runtime.
    #[expect(dead_code, reason = "that it compiles is the test")]
    fn it_can_be_spawned(
        machine: &mut HandOver,
        room: &dyn HandOverEffects,
        cancel: &CancellationToken,
    ) {
        fn sendable(_: impl Send) {}
        sendable(hand_over(machine, HandOverStep::Measure, room, cancel));
    }

    #[tokio::test(start_paused = true)]
    async fn the_memory_is_waited_for() {
        let card = Card::new(Some(true));
        let (end, took) = run(&card, &CancellationToken::new()).await;
        assert!(matches!(end, HandOverEnd::Fits { .. }), "{end:?}");
        assert!(took < Duration::from_millis(1300), "{took:?}");
    }

    #[tokio::test(start_paused = true)]
    async fn a_refusal_and_silence_end_in_time() {
        let short = HandOverEnd::Short {
            free: Some(FreeBytes::new(Bytes::from_gib(6))),
        };
        let (end, took) = run(&Card::new(Some(false)), &CancellationToken::new()).await;
        assert_eq!(end, short);
        assert!(took < Duration::from_millis(10), "{took:?}");
        let (end, took) = run(&Card::new(None), &CancellationToken::new()).await;
        assert_eq!(end, short);
        assert!(took < Duration::from_millis(16_500), "{took:?}");
    }

    #[tokio::test(start_paused = true)]
    async fn a_cancellation_ends_it_at_once() {
        let cancel = CancellationToken::new();
        let later = cancel.clone();
        tokio::spawn(async move {
            tokio::time::sleep(Duration::from_secs(3)).await;
            later.cancel();
        });
        let (end, took) = run(&Card::new(None), &cancel).await;
        assert_eq!(end, HandOverEnd::Cancelled);
        assert!(took < Duration::from_millis(3100), "{took:?}");
    }
}
