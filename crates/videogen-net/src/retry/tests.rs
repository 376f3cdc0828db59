use std::cell::Cell;

use proptest::prelude::*;
use tokio::time::Instant;

use super::*;

#[derive(Debug, PartialEq)]
struct Failure(Blame, Option<Duration>);

impl Blamed for Failure {
    fn blame(&self) -> Blame {
        self.0
    }
    fn retry_after(&self) -> Option<Duration> {
        self.1
    }
}

const LATE: Failure = Failure(Blame::Cancelled, None);

fn secs(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

async fn run(
    policy: RetryPolicy,
    budget: &Budget,
    failure: impl Fn(u32) -> Option<Failure>,
) -> (Result<u32, Failure>, u32) {
    let made = Cell::new(0);
    let result = policy
        .run(
            budget,
            &CancellationToken::new(),
            |_| LATE,
            |n| {
                made.set(n);
                std::future::ready(failure(n).map_or(Ok(n), Err))
            },
        )
        .await;
    (result, made.get())
}

#[tokio::test(start_paused = true)]
async fn it_succeeds_on_a_later_try_after_growing_pauses() {
    let start = Instant::now();
    let budget = Budget::new(secs(60), 10);
    let policy = RetryPolicy {
        jitter: 0.0,
        ..RetryPolicy::default()
    };
    let (result, _) = run(policy, &budget, |n| {
        (n < 4).then_some(Failure(Blame::Fault, None))
    })
    .await;
    assert_eq!(result, Ok(4));
    assert_eq!(start.elapsed().as_millis(), 500 + 1000 + 2000);
}

#[tokio::test(start_paused = true)]
async fn what_stays_wrong_is_not_tried_again() {
    for blame in [Blame::Request, Blame::Wrong, Blame::Cancelled] {
        let (result, made) = run(RetryPolicy::default(), &Budget::new(secs(60), 10), |_| {
            Some(Failure(blame, None))
        })
        .await;
        assert_eq!((result, made), (Err(Failure(blame, None)), 1));
    }
}

#[tokio::test(start_paused = true)]
async fn retry_after_is_waited_for_up_to_a_bound() {
    let start = Instant::now();
    let budget = Budget::new(secs(600), 10);
    let busy = |after| move |n| (n < 2).then_some(Failure(Blame::Busy, Some(secs(after))));
    assert_eq!(
        run(RetryPolicy::default(), &budget, busy(30)).await.0,
        Ok(2)
    );
    assert_eq!(start.elapsed(), secs(30));
    let (result, made) = run(RetryPolicy::default(), &budget, busy(61)).await;
    assert!(result.is_err());
    assert_eq!(made, 1);
    assert_eq!(start.elapsed(), secs(30));
}

#[tokio::test(start_paused = true)]
async fn nested_tries_share_one_budget() {
    let budget = Budget::new(secs(600), 6);
    let count = Cell::new(0);
    let policy = RetryPolicy::default().tries(4);
    let cancel = CancellationToken::new();
    let result: Result<(), Failure> = policy
        .run(
            &budget,
            &cancel,
            |_| LATE,
            |_| {
                policy.run(
                    &budget,
                    &cancel,
                    |_| LATE,
                    |_| {
                        count.set(count.get() + 1);
                        std::future::ready(Err(Failure(Blame::Fault, None)))
                    },
                )
            },
        )
        .await;
    assert!(result.is_err());
    // Two of the six went to the outer tries.
    assert_eq!(count.get(), 4);
}

#[tokio::test(start_paused = true)]
async fn the_total_deadline_cuts_a_try_short() {
    let start = Instant::now();
    let budget = Budget::new(secs(5), 10);
    let result: Result<(), Failure> = RetryPolicy::default()
        .run(
            &budget,
            &CancellationToken::new(),
            |_| LATE,
            |_| std::future::pending(),
        )
        .await;
    assert_eq!(result, Err(LATE));
    assert_eq!(start.elapsed(), secs(5));
}

#[tokio::test(start_paused = true)]
async fn a_cancellation_ends_the_pause() {
    let cancel = CancellationToken::new();
    let start = Instant::now();
    let stop = async {
        tokio::time::sleep(Duration::from_millis(100)).await;
        cancel.cancel();
    };
    let policy = RetryPolicy::default().pauses(secs(10), secs(10));
    let budget = Budget::new(secs(60), 10);
    let work = policy.run(
        &budget,
        &cancel,
        |_| LATE,
        |_| std::future::ready(Err::<(), _>(Failure(Blame::Down, None))),
    );
    let (result, ()) = tokio::join!(work, stop);
    assert_eq!(result, Err(Failure(Blame::Down, None)));
    assert_eq!(start.elapsed().as_millis(), 100);
}

fn blames() -> impl Strategy<Value = Blame> {
    prop::sample::select(vec![
        Blame::Down,
        Blame::Fault,
        Blame::Busy,
        Blame::Wrong,
        Blame::Request,
        Blame::Cancelled,
    ])
}

proptest! {
    #[test]
    fn a_pause_fits_the_time_and_honours_the_server(
        made in 0_u32..10,
        tries in 0_u32..10,
        blame in blames(),
        after in prop::option::of(0_u64..200),
        pause in 0_u64..100,
        tries_left in 0_u32..3,
        left in 0_u64..300,
    ) {
        let policy = RetryPolicy::default().tries(tries);
        let decision = policy.decide(made, blame, after.map(secs), secs(pause), tries_left, secs(left));
        if let Decision::Pause(wait) = decision {
            prop_assert!(blame.is_retryable() && made < tries && tries_left > 0);
            prop_assert!(wait < secs(left));
            prop_assert!(wait >= after.map_or(Duration::ZERO, secs) && wait >= secs(pause));
            prop_assert!(wait <= policy.longest_retry_after.max(secs(pause)));
        }
    }

    #[test]
    fn any_policy_ends_inside_its_budget(
        tries in 0_u32..50,
        first in 0_u64..10_000,
        factor in prop::num::f64::ANY,
        longest in 0_u64..100_000,
        jitter in prop::num::f64::ANY,
        budget in 1_u64..600,
        blame in blames(),
        after in prop::option::of(0_u64..100),
    ) {
        let policy = RetryPolicy {
            tries,
            first_pause: Duration::from_millis(first),
            factor,
            longest_pause: Duration::from_millis(longest),
            jitter,
            longest_retry_after: secs(60),
        };
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
        runtime.block_on(async {
            let start = Instant::now();
            let shared = Budget::new(secs(budget), 20);
            let (result, made) = run(policy, &shared, |_| Some(Failure(blame, after.map(secs)))).await;
            prop_assert!(result.is_err());
            prop_assert!(made >= 1 && made <= tries.clamp(1, 20));
            prop_assert!(start.elapsed() <= secs(budget));
            Ok(())
        })?;
    }
}
