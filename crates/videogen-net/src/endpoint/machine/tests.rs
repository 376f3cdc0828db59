use proptest::prelude::*;

use super::*;
use crate::error::Blame;

fn secs(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

fn machine(count: usize, choice: Choice, probed: bool) -> Machine {
    let mut machine = Machine::new(BreakerPolicy::default(), choice, probed);
    for _ in 0..count {
        machine.add(None, None);
    }
    machine
}

fn failure(blame: Blame) -> Outcome {
    Outcome::Failure {
        blame,
        retry_after: None,
    }
}

/// Asks one and has it end at once.
fn ended(probe: bool, outcome: Outcome, took: Option<Duration>) -> Ended {
    Ended {
        probe,
        again: false,
        outcome,
        took,
    }
}

fn ask(machine: &mut Machine, index: usize, outcome: Outcome, took: u64, now: Duration) {
    let probe = machine.begin(index, now);
    machine.end(index, ended(probe, outcome, Some(secs(took))), now, 0.5);
}

#[test]
fn the_first_is_asked_until_it_is_blocked_and_again_after_that() {
    let mut machine = machine(2, Choice::Ordered, false);
    assert_eq!(machine.pick(secs(0), &[], &[]), Pick::Ask(0));
    ask(&mut machine, 0, failure(Blame::Down), 0, secs(0));
    assert_eq!(machine.pick(secs(59), &[], &[]), Pick::Ask(1));
    assert_eq!(
        machine.pick(secs(61), &[], &[]),
        Pick::Ask(0),
        "its block is over: this is the probe"
    );
    machine.begin(0, secs(61));
    assert_eq!(
        machine.pick(secs(61), &[], &[]),
        Pick::Ask(1),
        "one probe is enough"
    );
}

#[test]
fn where_probes_are_made_in_the_background_nobody_else_makes_them_unless_there_is_no_other_way() {
    let mut machine = machine(2, Choice::Ordered, true);
    ask(&mut machine, 0, failure(Blame::Down), 0, secs(0));
    assert_eq!(machine.pick(secs(61), &[], &[]), Pick::Ask(1));
    assert_eq!(machine.pick(secs(61), &[1], &[]), Pick::Ask(0));
}

#[test]
fn when_all_are_blocked_it_says_when_that_ends() {
    let mut machine = machine(2, Choice::Ordered, false);
    ask(&mut machine, 0, failure(Blame::Down), 0, secs(0));
    ask(&mut machine, 1, failure(Blame::Down), 0, secs(10));
    assert_eq!(machine.pick(secs(10), &[], &[]), Pick::None(Some(secs(60))));
    assert_eq!(machine.pick(secs(10), &[0, 1], &[]), Pick::None(None));
}

#[test]
fn work_goes_where_it_is_done_first() {
    let mut machine = machine(2, Choice::Fastest, false);
    ask(&mut machine, 0, Outcome::Success, 10, secs(0));
    ask(&mut machine, 1, Outcome::Success, 4, secs(0));
    assert_eq!(machine.pick(secs(1), &[], &[]), Pick::Ask(1));
    machine.begin(1, secs(1));
    machine.begin(1, secs(1));
    assert_eq!(
        machine.pick(secs(1), &[], &[]),
        Pick::Ask(0),
        "10 s are less than 3 × 4 s"
    );
    machine.slots[0].load = 3.0;
    assert_eq!(machine.pick(secs(1), &[], &[]), Pick::Ask(1));
}

#[test]
fn limits_are_waited_for() {
    let mut machine = Machine::new(BreakerPolicy::default(), Choice::Ordered, false);
    machine.add(Some(1), None);
    machine.begin(0, secs(0));
    assert_eq!(machine.pick(secs(0), &[], &[]), Pick::Soon(None));
    let mut machine = Machine::new(BreakerPolicy::default(), Choice::Ordered, false);
    machine.add(None, Some(6));
    machine.begin(0, secs(0));
    machine.begin(0, secs(0));
    // A minute is half a second longer, for what is not equally long under way.
    let tenth = Duration::from_millis(60_500) / 6;
    assert_eq!(machine.pick(secs(0), &[], &[]), Pick::Soon(Some(tenth * 2)));
}

/// What happens next in a random course.
#[derive(Debug, Clone)]
enum Move {
    Pass(u64),
    Ask,
    End(usize, Outcome, u64),
}

fn moves() -> impl Strategy<Value = Move> {
    let outcome = prop_oneof![
        Just(Outcome::Success),
        Just(Outcome::Abandoned),
        prop::sample::select(vec![
            Blame::Down,
            Blame::Fault,
            Blame::Wrong,
            Blame::Request,
            Blame::Cancelled
        ])
        .prop_map(failure),
        prop::option::of(0_u64..10_000).prop_map(|after| Outcome::Failure {
            blame: Blame::Busy,
            retry_after: after.map(secs)
        }),
    ];
    prop_oneof![
        (0_u64..200).prop_map(Move::Pass),
        Just(Move::Ask),
        (any::<usize>(), outcome, 0_u64..50)
            .prop_map(|(which, outcome, took)| Move::End(which, outcome, took)),
    ]
}

fn choices() -> impl Strategy<Value = Choice> {
    prop::sample::select(vec![Choice::Ordered, Choice::Fastest])
}

proptest! {
    #[test]
    fn the_blocked_are_never_asked_and_one_probe_goes_at_a_time(
        course in prop::collection::vec(moves(), 1..150),
        choice in choices(),
        probed: bool,
        random in 0.0_f64..1.0,
    ) {
        let mut machine = machine(3, choice, probed);
        let mut now = Duration::ZERO;
        let mut running: Vec<(usize, bool)> = Vec::new();
        for step in course {
            match step {
                Move::Pass(seconds) => now += secs(seconds),
                Move::Ask => match machine.pick(now, &[], &[]) {
                    Pick::Ask(index) => {
                        let admission = machine.slots[index].breaker.admission(now);
                        prop_assert!(matches!(admission, Admission::Free | Admission::Probe));
                        let probe = machine.begin(index, now);
                        prop_assert_eq!(probe, admission == Admission::Probe);
                        running.push((index, probe));
                    }
                    Pick::Soon(at) => prop_assert!(at.is_none_or(|at| at > now)),
                    Pick::None(at) => {
                        prop_assert!(at.is_some_and(|at| at > now && at <= now + secs(33 * 60 * 12 / 10 + 7 * 60)));
                    }
                },
                Move::End(which, outcome, took) if !running.is_empty() => {
                    let (index, probe) = running.swap_remove(which % running.len());
                    machine.end(index, ended(probe, outcome, Some(secs(took))), now, random);
                }
                Move::End(..) => {}
            }
            for index in 0..3 {
                let probes = running.iter().filter(|(at, probe)| *at == index && *probe).count();
                let half_open = machine.slots[index].breaker.admission(now) == Admission::Probing;
                prop_assert!(!half_open || probes >= 1, "a place that nobody holds would be lost for ever");
                let in_flight = running.iter().filter(|(at, _)| *at == index).count();
                prop_assert_eq!(machine.slots[index].in_flight as usize, in_flight);
            }
        }
    }

    #[test]
    fn whatever_happened_every_endpoint_is_asked_again_some_day(
        course in prop::collection::vec((0_usize..3, prop::sample::select(vec![Blame::Down, Blame::Fault, Blame::Busy]), 0_u64..100), 0..60),
        random in 0.0_f64..1.0,
    ) {
        let mut machine = machine(3, Choice::Fastest, false);
        let mut now = Duration::ZERO;
        for (index, blame, took) in course {
            now += secs(took);
            if !matches!(machine.slots[index].breaker.admission(now), Admission::Blocked(_)) {
                let probe = machine.begin(index, now);
                machine.end(index, ended(probe, failure(blame), None), now, random);
            }
        }
        // From now on all are well; one is 20 times as slow as the others.
        let mut asked = [0_u32; 3];
        for _ in 0..400 {
            now += secs(60);
            let Pick::Ask(index) = machine.pick(now, &[], &[]) else { continue };
            asked[index] += 1;
            let probe = machine.begin(index, now);
            let took = if index == 2 { 20 } else { 1 };
            machine.end(index, ended(probe, Outcome::Success, Some(secs(took))), now, random);
        }
        prop_assert!(asked.iter().all(|count| *count > 0), "{asked:?}");
        prop_assert!(asked[2] < asked[0] + asked[1], "{asked:?}");
    }

    #[test]
    fn in_order_the_primary_comes_back(blocks in 1_usize..12, random in 0.0_f64..1.0) {
        let mut machine = machine(2, Choice::Ordered, false);
        let mut now = Duration::ZERO;
        for _ in 0..blocks {
            let Pick::Ask(index) = machine.pick(now, &[], &[]) else { panic!("nobody") };
            prop_assert_eq!(index, 0);
            let probe = machine.begin(0, now);
            machine.end(0, ended(probe, failure(Blame::Down), None), now, random);
            prop_assert_eq!(machine.pick(now, &[], &[]), Pick::Ask(1));
            let Admission::Blocked(until) = machine.slots[0].breaker.admission(now) else { panic!("free") };
            now = until;
        }
    }
}
