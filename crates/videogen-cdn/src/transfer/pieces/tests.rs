use proptest::prelude::*;

use super::*;

/// What is written, as one range.
fn only(range: Range<u64>) -> Vec<Range<u64>> {
    Vec::from([range])
}

const AFTER: Duration = Duration::from_millis(500);

fn pieces(size: u64) -> Pieces {
    Pieces::new(Some(size), Spans::default(), AFTER)
}

fn known(speed: f64) -> Estimate {
    Estimate {
        speed: Some(speed),
        first_byte: Some(0.001),
    }
}

/// Fetches in virtual time and returns how long it took, in seconds, and how many bytes came.
fn simulate(size: u64, speeds: &[f64], latency: f64, knows: bool) -> (f64, u64) {
    const STEP: f64 = 0.005;
    enum Doing {
        Nothing,
        Waits(f64),
        Reads,
    }
    let mut pieces = pieces(size);
    let mut doing: Vec<Doing> = speeds.iter().map(|_| Doing::Nothing).collect();
    let mut seen = vec![false; speeds.len()];
    for (worker, speed) in speeds.iter().enumerate() {
        let estimate = if knows {
            known(*speed)
        } else {
            Estimate::default()
        };
        pieces.join(worker, worker as u16, estimate, true);
    }
    let (mut time, mut received) = (0.0, 0);
    while !pieces.is_complete() {
        time += STEP;
        assert!(time < 10_000.0, "it never ends");
        for worker in 0..speeds.len() {
            if !matches!(doing[worker], Doing::Nothing) && !pieces.is_wanted(worker) {
                doing[worker] = Doing::Nothing;
            }
            match doing[worker] {
                Doing::Nothing => match pieces.next(worker, Duration::from_secs_f64(time)) {
                    Next::Fetch { .. } => doing[worker] = Doing::Waits(time + latency),
                    Next::Wait | Next::Done => {}
                    Next::Whole => panic!("all do ranges"),
                },
                Doing::Waits(until) if time < until => {}
                Doing::Waits(_) => doing[worker] = Doing::Reads,
                Doing::Reads => {
                    let n = (speeds[worker] * STEP) as u64;
                    received += n;
                    seen[worker] = true;
                    let claim = pieces.claim(worker, n);
                    for range in claim.write {
                        pieces.wrote(worker as u16, range);
                    }
                    if claim.is_over {
                        doing[worker] = Doing::Nothing;
                    }
                }
            }
            if seen[worker] {
                let estimate = Estimate {
                    speed: Some(speeds[worker]),
                    first_byte: Some(latency),
                };
                pieces.expect(worker, estimate);
            }
        }
    }
    (time, received)
}

#[test]
fn mirrors_of_any_speeds_give_their_sum_and_nothing_twice() {
    for (mib, speeds, latency) in [
        (256, &[10e6, 10e6, 10e6][..], 0.01),
        (256, &[20e6, 5e6, 0.5e6], 0.01),
        (256, &[20e6, 5e6, 0.5e6], 0.05),
        (128, &[30e6, 1e6], 0.02),
        (512, &[8e6; 8], 0.02),
    ] {
        for knows in [false, true] {
            let size = mib * MIB + 12_345;
            let (time, received) = simulate(size, speeds, latency, knows);
            let least = size as f64 / speeds.iter().sum::<f64>();
            let share = least / time;
            assert!(
                share >= 0.95,
                "{speeds:?} {latency} {knows}: {share:.3} of the sum"
            );
            let more = received as f64 / size as f64;
            assert!(
                more <= 1.02,
                "{speeds:?} {latency} {knows}: {more:.3} of the bytes"
            );
        }
    }
}

#[test]
fn files_that_aria2_does_not_split_come_from_three_mirrors_at_once() {
    for mib in [8, 12, 20, 39] {
        let single = simulate(mib * MIB, &[10e6], 0.01, false).0;
        let three = simulate(mib * MIB, &[10e6; 3], 0.01, false).0;
        assert!(single / three >= 2.5, "{mib} MiB: {:.2}", single / three);
    }
}

#[test]
fn a_small_file_has_one_connection_until_its_first_byte_is_late() {
    let mut pieces = pieces(MIB);
    for worker in 0..3 {
        pieces.join(worker, worker as u16, known(1e6), true);
    }
    assert_eq!(
        pieces.next(2, Duration::ZERO),
        Next::Wait,
        "the best one begins"
    );
    let all = |is_hedge| Next::Fetch {
        from: 0,
        to: Some(MIB),
        is_hedge,
    };
    assert_eq!(pieces.next(0, Duration::ZERO), all(false));
    assert_eq!(pieces.next(1, Duration::from_millis(499)), Next::Wait);
    assert_eq!(pieces.next(1, AFTER), all(true));
    assert_eq!(pieces.next(2, AFTER), Next::Wait, "one hedge");
    // Whoever is first gives each byte.
    assert_eq!(pieces.claim(1, 1000).write, only(0..1000));
    assert_eq!(pieces.claim(0, 600).write, vec![]);
    assert_eq!(pieces.claim(0, 600).write, only(1000..1200));
    assert_eq!(pieces.claim(1, 300).write, only(1200..1300));
    let rest = pieces.claim(1, MIB);
    assert_eq!((rest.write, rest.is_over), (only(1300..MIB), true));
    assert!(!pieces.is_wanted(0));
}

#[test]
fn what_is_given_up_is_gone_on_with_at_the_same_byte() {
    let mut pieces = pieces(100 * MIB);
    pieces.join(0, 0, known(1e6), true);
    assert_eq!(
        pieces.next(0, Duration::ZERO),
        Next::Fetch {
            from: 0,
            to: Some(100 * MIB),
            is_hedge: false
        }
    );
    assert_eq!(pieces.claim(0, 12_345).write, only(0..12_345));
    assert!(!pieces.has_another(0));
    pieces.join(1, 1, known(1e6), true);
    assert!(pieces.has_another(0));
    pieces.leave(0);
    let Next::Fetch { from, .. } = pieces.next(1, Duration::ZERO) else {
        panic!("there is something to fetch");
    };
    assert_eq!(from, 12_345);
}

#[test]
fn a_silent_worker_loses_what_it_holds() {
    let mut pieces = pieces(64 * MIB);
    pieces.join(0, 0, known(10e6), true);
    pieces.join(1, 1, known(10e6), true);
    let now = Duration::ZERO;
    assert!(matches!(pieces.next(0, now), Next::Fetch { from: 0, .. }));
    pieces.claim(0, 1000);
    // It shows nothing any more.
    pieces.expect(0, known(0.0));
    let mut rounds = 0;
    while let Next::Fetch { from, to, .. } = pieces.next(1, now) {
        let claim = pieces.claim(1, to.expect("a known size") - from);
        assert!(claim.is_over);
        for range in claim.write {
            pieces.wrote(1, range);
        }
        rounds += 1;
        assert!(rounds < 20);
    }
    assert_eq!(pieces.done().bytes(), 64 * MIB - 1000);
    assert!(!pieces.is_wanted(0));
}

#[test]
fn who_failed_lately_is_tried_with_little() {
    let fetched = |next| match next {
        Next::Fetch { from, to, .. } => to.expect("a known size") - from,
        other => panic!("{other:?}"),
    };
    let mut pieces = pieces(64 * MIB);
    for worker in 0..2 {
        pieces.join(worker, worker as u16, known(10e6), true);
    }
    pieces.probe(1);
    let now = Duration::ZERO;
    assert!(fetched(pieces.next(0, now)) > 8 * MIB);
    assert_eq!(fetched(pieces.next(1, now)), 256 * KIB);
    // As soon as it brings something, it is as good as any.
    let claim = pieces.claim(1, 256 * KIB);
    assert!(claim.is_over);
    assert!(fetched(pieces.next(1, now)) > 8 * MIB);

    // From a range of another one it takes as little.
    let mut pieces = Pieces::new(Some(64 * MIB), Spans::default(), AFTER);
    pieces.join(0, 0, known(1e6), true);
    assert_eq!(fetched(pieces.next(0, now)), 64 * MIB);
    pieces.join(1, 1, known(10e6), true);
    pieces.probe(1);
    assert_eq!(fetched(pieces.next(1, now)), 256 * KIB);
}

#[test]
fn the_size_is_learnt_from_the_first_answer_or_from_the_end() {
    let mut pieces = Pieces::new(None, Spans::default(), AFTER);
    pieces.join(0, 0, Estimate::default(), true);
    pieces.join(1, 1, Estimate::default(), true);
    let open = Next::Fetch {
        from: 0,
        to: None,
        is_hedge: false,
    };
    assert_eq!(pieces.next(0, Duration::ZERO), open);
    assert_eq!(pieces.next(1, Duration::ZERO), Next::Wait);
    let mut ended = pieces.clone();
    assert!(pieces.learn(32 * MIB));
    assert!(matches!(
        pieces.next(1, Duration::ZERO),
        Next::Fetch { to: Some(_), .. }
    ));
    assert_eq!(ended.claim(0, 500).write, only(0..500));
    assert!(!ended.learn(499));
    ended.wrote(0, 0..500);
    assert_eq!(ended.end_here(0), Some(500));
    assert!(ended.is_complete());
}

#[test]
fn a_server_without_ranges_gives_what_is_missing_in_one_stream() {
    let mut done = Spans::default();
    done.add(Span {
        from: 100,
        to: 200,
        source: 0,
    });
    let mut pieces = Pieces::new(Some(1000), done, AFTER);
    pieces.join(5, 1, Estimate::default(), false);
    assert_eq!(pieces.next(5, Duration::ZERO), Next::Whole);
    assert_eq!(pieces.claim(5, 150).write, only(0..100));
    assert_eq!(pieces.claim(5, 100).write, only(200..250));
    let last = pieces.claim(5, 750);
    assert_eq!((last.write, last.is_over), (only(250..1000), true));
    for range in [0..100, 200..250, 250..1000] {
        pieces.wrote(1, range);
    }
    assert_eq!(pieces.next(5, Duration::ZERO), Next::Done);
}

#[test]
fn an_answer_of_everything_goes_on_behind_its_range() {
    let mut pieces = pieces(32 * MIB);
    for worker in 0..3 {
        pieces.join(worker, worker as u16, Estimate::default(), true);
    }
    let Next::Fetch { to: Some(to), .. } = pieces.next(0, Duration::ZERO) else {
        panic!("the first one begins");
    };
    assert!(to < 32 * MIB);
    for worker in 0..3 {
        pieces.does_no_ranges(worker);
    }
    assert_eq!(
        pieces.claim(0, to),
        Claim {
            write: only(0..to),
            is_over: false
        }
    );
    assert_eq!(
        pieces.next(1, Duration::ZERO),
        Next::Wait,
        "it would begin at 0"
    );
    let rest = pieces.claim(0, 32 * MIB - to);
    assert!(rest.is_over);
}

/// What happens to a worker, chosen at random.
#[derive(Debug, Clone)]
enum Event {
    Join(usize, f64, bool),
    Leave(usize),
    Next(usize),
    Receive(usize, u64),
    Release(usize),
    Expect(usize, f64),
    NoRanges(usize),
    Later(u64),
}

fn event() -> impl Strategy<Value = Event> {
    let worker = 0_usize..5;
    prop_oneof![
        (worker.clone(), 0.0..3e7, any::<bool>()).prop_map(|(w, s, r)| Event::Join(w, s, r)),
        worker.clone().prop_map(Event::Leave),
        worker.clone().prop_map(Event::Next),
        worker.clone().prop_map(Event::Next),
        (worker.clone(), 1..4 * MIB).prop_map(|(w, n)| Event::Receive(w, n)),
        (worker.clone(), 1..4 * MIB).prop_map(|(w, n)| Event::Receive(w, n)),
        (worker.clone(), 1..4 * MIB).prop_map(|(w, n)| Event::Receive(w, n)),
        worker.clone().prop_map(Event::Release),
        (worker.clone(), 0.0..3e7).prop_map(|(w, s)| Event::Expect(w, s)),
        worker.prop_map(Event::NoRanges),
        (0_u64..3000).prop_map(Event::Later),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn every_byte_is_written_once_whatever_happens(
        size in prop_oneof![1..64 * KIB, MIB..SMALL, SMALL..64 * MIB],
        events in proptest::collection::vec(event(), 0..200),
    ) {
        let mut pieces = pieces(size);
        let mut written = Spans::default();
        let mut now = Duration::ZERO;
        let take = |pieces: &mut Pieces, written: &mut Spans, worker: usize, claim: Claim| {
            for range in claim.write {
                // Adding asserts that nobody has written these.
                assert!(range.end <= size && range.start < range.end);
                for span in written.list() {
                    assert!(range.end <= span.from || span.to <= range.start, "{range:?} twice");
                }
                written.add(Span { from: range.start, to: range.end, source: worker as u16 });
                pieces.wrote(worker as u16, range);
            }
        };
        for event in events {
            match event {
                // A worker that is there does not come again.
                Event::Join(w, speed, ranged) => if !pieces.crew.contains_key(&w) {
                    pieces.join(w, w as u16, known(speed), ranged);
                },
                Event::Leave(w) => pieces.leave(w),
                Event::Next(w) => if !pieces.is_wanted(w) {
                    pieces.release(w);
                    let _ = pieces.next(w, now);
                },
                Event::Receive(w, n) => {
                    let claim = pieces.claim(w, n);
                    take(&mut pieces, &mut written, w, claim);
                }
                Event::Release(w) => pieces.release(w),
                Event::Expect(w, speed) => pieces.expect(w, known(speed)),
                Event::NoRanges(w) => pieces.does_no_ranges(w),
                Event::Later(ms) => now += Duration::from_millis(ms),
            }
            let hedges = pieces.taken.iter().filter(|t| t.runners.len() > 1).count();
            prop_assert!(hedges <= 1);
            prop_assert!(pieces.taken.iter().all(|t| t.runners.len() <= 2 && t.claimed < t.to));
            // Everything is written, free, or being fetched.
            let free: u64 = pieces.free.iter().map(|r| r.end - r.start).sum();
            let held: u64 = pieces.taken.iter().map(Taken::left).sum();
            prop_assert_eq!(written.bytes() + free + held, size);
        }
        // One that works brings the rest.
        for w in 0..5 {
            pieces.leave(w);
        }
        pieces.join(9, 9, known(1e6), true);
        let mut steps = 0;
        loop {
            match pieces.next(9, now) {
                Next::Fetch { .. } => {}
                Next::Done => break,
                other => prop_assert!(false, "{:?} with everything free", other),
            }
            while pieces.is_wanted(9) {
                let claim = pieces.claim(9, 3 * MIB);
                take(&mut pieces, &mut written, 9, claim);
                steps += 1;
                prop_assert!(steps < 10_000);
            }
        }
        prop_assert_eq!(written.bytes(), size);
    }
}
