//! Every short course of events, many long ones, and the courses that matter by name.

use proptest::prelude::*;

use super::*;

const MS: Duration = Duration::from_millis(1);

fn gib(gib: u64) -> FreeBytes {
    FreeBytes::new(Bytes::from_gib(gib))
}

fn tenants(bytes: &[Option<u64>]) -> Vec<HandOverOccupant> {
    bytes
        .iter()
        .enumerate()
        .map(|(i, bytes)| HandOverOccupant {
            name: format!("t{i}"),
            bytes: bytes.map(Bytes::from_gib),
        })
        .collect()
}

fn timeouts() -> HandOverTimeouts {
    HandOverTimeouts {
        answer: 50 * MS,
        settle: 30 * MS,
        pause: 10 * MS,
    }
}

/// What holds after every event, whatever it was.
struct Watch {
    machine: HandOver,
    questions: Vec<usize>,
    ended: Option<HandOverEnd>,
}

impl Watch {
    fn new(need: u64, bytes: &[Option<u64>]) -> (Self, HandOverStep) {
        let (machine, step) = HandOver::new(Bytes::from_gib(need), tenants(bytes), timeouts());
        let watch = Self {
            machine,
            questions: Vec::new(),
            ended: None,
        };
        (watch, step)
    }

    fn on(&mut self, now: Duration, event: HandOverEvent) -> HandOverStep {
        let step = self.machine.on(now, event);
        if let Some(end) = self.ended {
            assert_eq!(step, HandOverStep::Done(end), "the end is the end");
            return step;
        }
        match &step {
            HandOverStep::Ask(tenant) => {
                self.questions.push(*tenant);
                let in_order: Vec<usize> = (0..self.questions.len()).collect();
                assert_eq!(self.questions, in_order, "each once, in order");
                if let HandOverEvent::Free(free) = event {
                    assert!(
                        free.bytes() < self.machine.need,
                        "nobody is asked when it fits"
                    );
                }
            }
            HandOverStep::Pause(pause) => assert!(!pause.is_zero(), "a pause is one"),
            HandOverStep::Measure => {}
            HandOverStep::Done(end) => {
                self.ended = Some(*end);
                match end {
                    HandOverEnd::Fits { free } => assert!(free.bytes() >= self.machine.need),
                    HandOverEnd::Short { free } => {
                        assert!(free.is_none_or(|free| free.bytes() < self.machine.need));
                        assert_eq!(self.questions.len(), self.machine.tenants().len());
                    }
                    HandOverEnd::Cancelled => assert_eq!(event, HandOverEvent::Cancelled),
                }
            }
        }
        assert_eq!(self.machine.asked().len(), self.questions.len());
        step
    }
}

const EVENTS: [HandOverEvent; 6] = [
    HandOverEvent::Free(FreeBytes::new(Bytes::from_gib(1))),
    HandOverEvent::Free(FreeBytes::new(Bytes::from_gib(9))),
    HandOverEvent::Blind,
    HandOverEvent::Answered(true),
    HandOverEvent::Answered(false),
    HandOverEvent::Woke,
];

#[test]
fn every_course_of_seven_events_keeps_the_rules() {
    // Answers that fit no question included: a late answer, a second one, a measurement nobody asked for.
    let count = EVENTS.len().pow(7);
    for course in 0..count {
        let (mut watch, _) = Watch::new(8, &[Some(3), None]);
        let mut rest = course;
        for i in 1..=7u32 {
            // Two events within one pause, then one beyond a bound.
            let now = if i % 3 == 0 {
                MS * (60 * i)
            } else {
                MS * (7 * i)
            };
            watch.on(now, EVENTS[rest % EVENTS.len()]);
            rest /= EVENTS.len();
        }
    }
}

#[test]
fn both_fit_nobody_is_asked() {
    let (mut watch, first) = Watch::new(8, &[Some(5)]);
    assert_eq!(first, HandOverStep::Measure);
    let end = watch.on(MS, HandOverEvent::Free(gib(8)));
    assert_eq!(end, HandOverStep::Done(HandOverEnd::Fits { free: gib(8) }));
    assert!(watch.machine.asked().is_empty());
}

#[test]
fn the_second_is_left_alone_when_the_first_suffices() {
    let (mut watch, _) = Watch::new(8, &[Some(5), Some(3)]);
    assert_eq!(
        watch.on(MS, HandOverEvent::Free(gib(4))),
        HandOverStep::Ask(0)
    );
    assert_eq!(
        watch.on(2 * MS, HandOverEvent::Answered(true)),
        HandOverStep::Measure
    );
    // Most of it came back; the rest would suffice, so it is waited for.
    assert_eq!(
        watch.on(3 * MS, HandOverEvent::Free(gib(7))),
        HandOverStep::Pause(10 * MS)
    );
    assert_eq!(
        watch.on(13 * MS, HandOverEvent::Woke),
        HandOverStep::Measure
    );
    let end = watch.on(14 * MS, HandOverEvent::Free(gib(9)));
    assert_eq!(end, HandOverStep::Done(HandOverEnd::Fits { free: gib(9) }));
}

#[test]
fn the_second_is_asked_at_once_when_the_first_cannot_suffice() {
    let (mut watch, _) = Watch::new(9, &[Some(2), Some(3)]);
    assert_eq!(
        watch.on(MS, HandOverEvent::Free(gib(4))),
        HandOverStep::Ask(0)
    );
    assert_eq!(
        watch.on(2 * MS, HandOverEvent::Answered(true)),
        HandOverStep::Measure
    );
    assert_eq!(
        watch.on(3 * MS, HandOverEvent::Free(gib(6))),
        HandOverStep::Ask(1)
    );
    assert_eq!(
        watch.on(4 * MS, HandOverEvent::Answered(false)),
        HandOverStep::Done(HandOverEnd::Short { free: Some(gib(6)) })
    );
    let answers: Vec<_> = watch.machine.asked().iter().map(|a| a.answer).collect();
    assert_eq!(answers, [Some(true), Some(false)]);
}

#[test]
fn who_does_not_answer_is_waited_for_and_passed_over() {
    let (mut watch, _) = Watch::new(8, &[None]);
    assert_eq!(
        watch.on(MS, HandOverEvent::Free(gib(4))),
        HandOverStep::Ask(0)
    );
    assert_eq!(
        watch.on(11 * MS, HandOverEvent::Woke),
        HandOverStep::Pause(40 * MS),
        "too early"
    );
    assert_eq!(
        watch.on(51 * MS, HandOverEvent::Woke),
        HandOverStep::Measure
    );
    assert_eq!(
        watch.on(52 * MS, HandOverEvent::Free(gib(4))),
        HandOverStep::Pause(10 * MS)
    );
    let end = watch.on(90 * MS, HandOverEvent::Free(gib(5)));
    assert_eq!(
        end,
        HandOverStep::Done(HandOverEnd::Short { free: Some(gib(5)) })
    );
    assert_eq!(watch.machine.asked()[0].answer, None);
}

#[test]
fn without_a_measurement_everybody_is_asked_and_given_time() {
    let (mut watch, _) = Watch::new(8, &[Some(5)]);
    assert_eq!(watch.on(MS, HandOverEvent::Blind), HandOverStep::Ask(0));
    assert_eq!(
        watch.on(2 * MS, HandOverEvent::Answered(true)),
        HandOverStep::Measure
    );
    assert_eq!(
        watch.on(3 * MS, HandOverEvent::Blind),
        HandOverStep::Pause(10 * MS)
    );
    let end = watch.on(40 * MS, HandOverEvent::Blind);
    assert_eq!(end, HandOverStep::Done(HandOverEnd::Short { free: None }));
}

/// A world that plays by the rules: it does what it is told, with the clock given. Gives the time of the end.
fn play(
    machine: &mut HandOver,
    mut step: HandOverStep,
    mut free: impl FnMut(Duration) -> HandOverEvent,
    answers: &[Option<bool>],
    tick: Duration,
) -> (Duration, usize, HandOverEnd) {
    let mut now = Duration::ZERO;
    for steps in 0.. {
        let event = match step {
            HandOverStep::Measure => free(now),
            HandOverStep::Ask(tenant) => {
                if let Some(Some(answer)) = answers.get(tenant) {
                    HandOverEvent::Answered(*answer)
                } else {
                    now += machine.timeouts().answer;
                    HandOverEvent::Woke
                }
            }
            HandOverStep::Pause(pause) => {
                now += pause;
                HandOverEvent::Woke
            }
            HandOverStep::Done(end) => return (now, steps, end),
        };
        now += tick;
        step = machine.on(now, event);
        assert!(steps < 1_000_000, "it does not end");
    }
    unreachable!("the loop returns")
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn it_ends_within_the_sum_of_its_bounds(
        need in 0u64..20,
        held in prop::collection::vec(prop::option::of(0u64..12), 0..4),
        readings in prop::collection::vec(prop::option::of(0u64..20), 1..40),
        answers in prop::collection::vec(prop::option::of(any::<bool>()), 4),
    ) {
        let limits = timeouts();
        let (mut machine, step) = HandOver::new(Bytes::from_gib(need), tenants(&held), limits);
        let mut readings = readings.into_iter().cycle();
        let measure = |_| match readings.next().flatten() {
            Some(free) => HandOverEvent::Free(gib(free)),
            None => HandOverEvent::Blind,
        };
        let (took, _, _) = play(&mut machine, step, measure, &answers, Duration::ZERO);
        let each = limits.answer + limits.settle + 2 * limits.pause;
        prop_assert!(took <= each * u32::try_from(held.len()).unwrap());
    }

    #[test]
    fn it_ends_even_when_the_clock_stands_still(
        held in prop::collection::vec(prop::option::of(0u64..12), 0..4),
        events in prop::collection::vec(0usize..2, 1..9),
    ) {
        let (mut machine, mut step) = HandOver::new(Bytes::from_gib(99), tenants(&held), timeouts());
        let mut steps = 0;
        while !matches!(step, HandOverStep::Done(_)) {
            let event = match step {
                HandOverStep::Measure => [HandOverEvent::Free(gib(1)), HandOverEvent::Blind][events[steps % events.len()]],
                HandOverStep::Ask(_) => HandOverEvent::Answered(true),
                _ => HandOverEvent::Woke,
            };
            step = machine.on(Duration::ZERO, event);
            steps += 1;
            prop_assert!(steps < 100);
        }
    }

    #[test]
    fn no_course_of_events_breaks_the_rules(
        need in 0u64..12,
        held in prop::collection::vec(prop::option::of(0u64..12), 0..4),
        events in prop::collection::vec((0usize..6, 0u64..40, 0u32..100), 0..60),
    ) {
        let (mut watch, _) = Watch::new(need, &held);
        for (kind, free, at) in events {
            let event = match kind {
                0 => HandOverEvent::Free(gib(free)),
                1 => HandOverEvent::Blind,
                2 => HandOverEvent::Answered(true),
                3 => HandOverEvent::Answered(false),
                4 => HandOverEvent::Woke,
                _ => if free == 0 { HandOverEvent::Cancelled } else { HandOverEvent::Woke },
            };
            // Clocks jump both ways.
            watch.on(MS * at, event);
        }
    }

    #[test]
    fn what_is_freed_in_time_is_granted(need in 1u64..20, free in 0u64..20, later in 0u32..29) {
        let (mut machine, step) =
            HandOver::new(Bytes::from_gib(need), tenants(&[Some(20)]), timeouts());
        let at = MS * later;
        let measure = |now| HandOverEvent::Free(if now >= at { gib(free + 20) } else { gib(0) });
        let (_, _, end) = play(&mut machine, step, measure, &[Some(true)], Duration::ZERO);
        prop_assert_eq!(end, HandOverEnd::Fits { free: gib(free + 20) });
    }
}

#[test]
fn absurd_times_are_no_panic() {
    let never = HandOverTimeouts {
        answer: Duration::MAX,
        settle: Duration::MAX,
        pause: Duration::ZERO,
    };
    let (mut machine, _) = HandOver::new(Bytes::MAX, tenants(&[Some(u64::MAX), None]), never);
    for event in EVENTS {
        machine.on(Duration::MAX, event);
        machine.on(Duration::ZERO, event);
    }
}
