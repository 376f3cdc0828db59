//! When a server is blocked, and for how long.

use proptest::prelude::*;

use super::*;

const DOWN: Outcome = Outcome::Failure {
    blame: Blame::Down,
    retry_after: None,
};
const FAULT: Outcome = Outcome::Failure {
    blame: Blame::Fault,
    retry_after: None,
};

fn secs(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

fn fail(breaker: &mut Breaker, outcome: Outcome, now: Duration) {
    let probe = breaker.begin();
    breaker.end(probe, outcome, now, &BreakerPolicy::default(), 0.5);
}

#[test]
fn three_faults_or_one_sign_of_absence_block() {
    let mut breaker = Breaker::new();
    fail(&mut breaker, FAULT, secs(0));
    fail(&mut breaker, FAULT, secs(0));
    assert_eq!(breaker.admission(secs(0)), Admission::Free);
    fail(&mut breaker, FAULT, secs(0));
    assert_eq!(breaker.admission(secs(0)), Admission::Blocked(secs(60)));
    let mut breaker = Breaker::new();
    fail(&mut breaker, DOWN, secs(5));
    assert_eq!(breaker.admission(secs(5)), Admission::Blocked(secs(65)));
}

#[test]
fn blocks_double_up_to_32_minutes_and_successes_make_up_for_them_one_by_one() {
    let mut breaker = Breaker::new();
    let mut now = secs(0);
    for minutes in [1, 2, 4, 8, 16, 32, 32] {
        fail(&mut breaker, DOWN, now);
        let Admission::Blocked(until) = breaker.admission(now) else {
            panic!("not blocked");
        };
        assert_eq!(until.checked_sub(now).unwrap(), secs(minutes * 60));
        assert_eq!(breaker.admission(until), Admission::Probe);
        now = until;
    }
    for _ in 0..5 {
        fail(&mut breaker, Outcome::Success, now);
    }
    fail(&mut breaker, DOWN, now);
    assert_eq!(
        breaker.admission(now),
        Admission::Blocked(now + secs(4 * 60))
    );
}

#[test]
fn one_probe_at_a_time_and_an_abandoned_one_makes_room() {
    let mut breaker = Breaker::new();
    fail(&mut breaker, DOWN, secs(0));
    assert_eq!(breaker.admission(secs(60)), Admission::Probe);
    assert!(breaker.begin());
    assert_eq!(breaker.admission(secs(60)), Admission::Probing);
    breaker.end(
        true,
        Outcome::Abandoned,
        secs(61),
        &BreakerPolicy::default(),
        0.5,
    );
    assert_eq!(breaker.admission(secs(61)), Admission::Probe);
}

#[test]
fn a_busy_server_is_left_alone_as_long_as_it_says_within_reason() {
    let mut breaker = Breaker::new();
    let busy = |after: u64| Outcome::Failure {
        blame: Blame::Busy,
        retry_after: Some(secs(after)),
    };
    fail(&mut breaker, busy(7), secs(0));
    assert_eq!(breaker.admission(secs(0)), Admission::Blocked(secs(7)));
    assert_eq!(breaker.strikes(), 0);
    fail(&mut breaker, busy(1_000_000_000), secs(7));
    assert_eq!(
        breaker.admission(secs(7)),
        Admission::Blocked(secs(7 + 32 * 60))
    );
}

#[test]
fn wrong_content_blocks_longest_at_once_and_only_a_probe_ends_it() {
    let policy = BreakerPolicy::default();
    let mut breaker = Breaker::new();
    let early = breaker.begin();
    breaker.block_longest(secs(10), &policy, 0.5);
    let until = secs(10 + 32 * 60);
    assert_eq!(breaker.admission(secs(10)), Admission::Blocked(until));
    assert_eq!(breaker.reason(), Some(BlockReason::WrongContent));
    assert_eq!(breaker.strikes(), 6);
    // What was asked before, and what the server wants, do not shorten it.
    breaker.end(early, Outcome::Success, secs(11), &policy, 0.5);
    let busy = Outcome::Failure {
        blame: Blame::Busy,
        retry_after: Some(secs(1)),
    };
    breaker.end(early, busy, secs(11), &policy, 0.5);
    assert_eq!(breaker.admission(secs(11)), Admission::Blocked(until));
    assert_eq!(breaker.admission(until), Admission::Probe);
    fail(&mut breaker, Outcome::Success, until);
    assert_eq!(breaker.admission(until), Admission::Free);
    assert_eq!(breaker.strikes(), 5);
    // Again: it is not forgiven sooner than one that was never caught before.
    breaker.block_longest(until, &policy, 0.5);
    assert_eq!(breaker.strikes(), 6);
    let exact = BreakerPolicy::default().blocks(secs(5), secs(5));
    let mut breaker = Breaker::new();
    breaker.block_longest(secs(0), &exact, 0.5);
    assert_eq!(breaker.strikes(), 1);
}

proptest! {
    #[test]
    fn a_block_is_as_long_as_its_place_in_the_row(strikes in 0_u32..100, random in 0.0_f64..1.0) {
        let minutes = 1_u64.checked_shl(strikes).unwrap_or(u64::MAX).min(32) as f64;
        let length = BreakerPolicy::default().block(strikes, random).as_secs_f64() / 60.0;
        prop_assert!(length >= minutes * 0.8 - 1e-6 && length <= minutes * 1.2 + 1e-6);
    }
}
