//! Which mirror is used next: each is walked once before any is tried twice, with growing pauses; pure.

use std::collections::BTreeMap;
use std::time::Duration;

/// The first pause after a try that brought nothing; doubled each time (videogen-net's `RetryPolicy` has the same).
const FIRST_PAUSE: Duration = Duration::from_millis(500);
/// The longest pause, before jitter.
const LONGEST_PAUSE: Duration = Duration::from_secs(20);
/// The pause after a try that brought something: the next one goes on from there.
const PAUSE_AFTER_PROGRESS: Duration = Duration::from_millis(50);

/// How many are used at a time, and how often.
#[derive(Debug, Clone, Copy)]
pub(super) struct RosterRules {
    pub(super) per_host: usize,
    pub(super) at_once: usize,
    /// Tries in a row that may bring nothing.
    pub(super) rounds: u32,
    pub(super) longest_retry_after: Duration,
    /// Whether one that brought something is gone on with before another one is used: where the other one would have to
    /// begin anew.
    pub(super) keeps_to_one: bool,
}

/// A mirror as it comes to the roster, best first.
#[derive(Debug, Clone)]
pub(super) struct Candidate {
    /// Its index among the request's mirrors.
    pub(super) mirror: usize,
    /// Scheme, host and port.
    pub(super) host: String,
    /// Left alone, because it failed lately or its URL is dead, as long as another one does.
    pub(super) is_blocked: bool,
}

#[derive(Debug, Clone)]
struct Entry {
    candidate: Candidate,
    failures: u32,
    not_before: Duration,
    is_out: bool,
    is_running: bool,
    /// It brought something the last time.
    has_begun: bool,
}

impl Entry {
    fn may_run(&self) -> bool {
        !self.is_out && !self.is_running
    }
}

/// What to do about the next mirror.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Pick {
    /// Use this one.
    Start(usize),
    /// None now; at that moment, or when one that runs has ended.
    Wait(Option<Duration>),
    /// None any more.
    Exhausted,
}

/// How a try ended that did not bring everything.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Failed {
    /// It makes no sense to ask there again.
    ForGood,
    /// It brought something before it failed.
    Later,
    /// It is so slow that everybody else is better.
    TooSlow,
    /// It brought nothing.
    InVain {
        /// When the server wants to be asked again.
        retry_after: Option<Duration>,
    },
}

/// The mirrors of one download. Moments count from any fixed one.
#[derive(Debug)]
pub(super) struct Roster {
    rules: RosterRules,
    entries: Vec<Entry>,
}

impl Roster {
    pub(super) fn new(rules: RosterRules) -> Self {
        Self {
            rules,
            entries: Vec::new(),
        }
    }

    /// Has these mirrors and no others from now on, best first. Nobody may be running.
    pub(super) fn enlist(&mut self, candidates: Vec<Candidate>) {
        let entry = |candidate| Entry {
            candidate,
            failures: 0,
            not_before: Duration::ZERO,
            is_out: false,
            is_running: false,
            has_begun: false,
        };
        self.entries = candidates.into_iter().map(entry).collect();
    }

    /// Decides which mirror is used next; one that is to start counts as running.
    pub(super) fn pick(&mut self, now: Duration) -> Pick {
        let running = self.entries.iter().filter(|e| e.is_running).count();
        if running >= self.rules.at_once.max(1) {
            return Pick::Wait(None);
        }
        let mut hosts: BTreeMap<&str, usize> = BTreeMap::new();
        for entry in self.entries.iter().filter(|e| e.is_running) {
            *hosts.entry(&entry.candidate.host).or_default() += 1;
        }
        // Who is left alone is asked when nobody else is at work and everybody else has failed.
        let others = self
            .entries
            .iter()
            .any(|e| e.is_running || !e.candidate.is_blocked && e.may_run() && e.failures == 0);
        let per_host = self.rules.per_host.max(1);
        let keeps =
            self.rules.keeps_to_one && self.entries.iter().any(|e| e.may_run() && e.has_begun);
        let is_possible = |e: &Entry| {
            e.may_run()
                && (e.has_begun || !keeps)
                && !(e.candidate.is_blocked && others)
                && hosts
                    .get(&e.candidate.host[..])
                    .is_none_or(|n| *n < per_host)
        };
        let round = self
            .entries
            .iter()
            .filter(|e| is_possible(e))
            .map(|e| e.failures)
            .min();
        let Some(round) = round else {
            let is_over = running == 0;
            return if is_over {
                Pick::Exhausted
            } else {
                Pick::Wait(None)
            };
        };
        let in_round = |e: &Entry| is_possible(e) && e.failures == round;
        let ready = self
            .entries
            .iter()
            .position(|e| in_round(e) && e.not_before <= now);
        if let Some(index) = ready {
            self.entries[index].is_running = true;
            return Pick::Start(self.entries[index].candidate.mirror);
        }
        let soonest = self
            .entries
            .iter()
            .filter(|e| in_round(e))
            .map(|e| e.not_before)
            .min();
        Pick::Wait(soonest)
    }

    /// Whether a mirror is there, or will be, beside this one.
    pub(super) fn has_another(&self, mirror: usize) -> bool {
        self.entries.iter().any(|e| {
            e.candidate.mirror != mirror
                && !e.is_out
                && (e.is_running || !e.candidate.is_blocked && e.failures == 0)
        })
    }

    fn entry(&mut self, mirror: usize) -> Option<&mut Entry> {
        self.entries
            .iter_mut()
            .find(|e| e.candidate.mirror == mirror)
    }

    /// A mirror has brought something: it is not one that is left alone.
    pub(super) fn works(&mut self, mirror: usize) {
        if let Some(entry) = self.entry(mirror) {
            entry.candidate.is_blocked = false;
        }
    }

    /// A mirror is used no more, and has not failed.
    pub(super) fn ended(&mut self, mirror: usize) {
        if let Some(entry) = self.entry(mirror) {
            entry.is_running = false;
        }
    }

    /// A mirror failed; `random` in 0..1 is the place of the pause within its jitter of ±50 %.
    pub(super) fn failed(&mut self, mirror: usize, how: Failed, now: Duration, random: f64) {
        let rules = self.rules;
        let Some(entry) = self.entry(mirror) else {
            return;
        };
        entry.is_running = false;
        entry.has_begun = how == Failed::Later;
        match how {
            Failed::ForGood => entry.is_out = true,
            Failed::Later => {
                entry.failures = 0;
                entry.not_before = now + PAUSE_AFTER_PROGRESS;
            }
            Failed::TooSlow => {
                entry.candidate.is_blocked = true;
                entry.not_before = now + PAUSE_AFTER_PROGRESS;
            }
            Failed::InVain { retry_after } => {
                entry.failures += 1;
                let wanted = retry_after.unwrap_or_default();
                if entry.failures >= rules.rounds.max(1) || wanted > rules.longest_retry_after {
                    entry.is_out = true;
                    return;
                }
                let doubled = FIRST_PAUSE * 2_u32.saturating_pow(entry.failures.min(16) - 1);
                let pause = doubled
                    .min(LONGEST_PAUSE)
                    .mul_f64(0.5 + random.clamp(0.0, 1.0));
                entry.not_before = now + pause.max(wanted);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const NOW: Duration = Duration::ZERO;
    const IN_VAIN: Failed = Failed::InVain { retry_after: None };

    fn roster(hosts: &[(&str, bool)], at_once: usize, rounds: u32) -> Roster {
        let candidates = hosts
            .iter()
            .enumerate()
            .map(|(mirror, (host, is_blocked))| Candidate {
                mirror,
                host: (*host).to_owned(),
                is_blocked: *is_blocked,
            });
        let rules = RosterRules {
            per_host: 1,
            at_once,
            rounds,
            longest_retry_after: Duration::from_mins(1),
            keeps_to_one: false,
        };
        let mut roster = Roster::new(rules);
        roster.enlist(candidates.collect());
        roster
    }

    #[test]
    fn one_connection_to_a_host_and_so_many_mirrors() {
        let mut roster = roster(
            &[("a", false), ("a", false), ("b", false), ("c", false)],
            2,
            5,
        );
        assert_eq!(roster.pick(NOW), Pick::Start(0));
        assert_eq!(roster.pick(NOW), Pick::Start(2));
        assert_eq!(roster.pick(NOW), Pick::Wait(None));
        roster.failed(0, Failed::ForGood, NOW, 0.5);
        assert_eq!(roster.pick(NOW), Pick::Start(1));
    }

    #[test]
    fn who_is_left_alone_is_asked_when_everybody_else_has_failed() {
        let mut roster = roster(&[("a", false), ("b", true), ("c", true)], 8, 2);
        assert_eq!(roster.pick(NOW), Pick::Start(0));
        assert_eq!(roster.pick(NOW), Pick::Wait(None), "one works");
        roster.failed(0, IN_VAIN, NOW, 0.5);
        assert_eq!(
            roster.pick(NOW),
            Pick::Start(1),
            "before the first is tried twice"
        );
        assert_eq!(
            roster.pick(NOW),
            Pick::Wait(Some(Duration::from_millis(500)))
        );
        roster.failed(1, Failed::ForGood, NOW, 0.5);
        assert_eq!(roster.pick(NOW), Pick::Start(2));
    }

    #[test]
    fn pauses_grow_and_a_long_retry_after_ends_it() {
        let mut roster = roster(&[("a", false)], 8, 5);
        let mut now = NOW;
        for pause in [500, 1000, 2000, 4000] {
            assert_eq!(roster.pick(now), Pick::Start(0));
            roster.failed(0, IN_VAIN, now, 0.5);
            let early = now + Duration::from_millis(pause - 1);
            now += Duration::from_millis(pause);
            assert_eq!(roster.pick(early), Pick::Wait(Some(now)));
        }
        assert_eq!(roster.pick(now), Pick::Start(0));
        roster.failed(0, IN_VAIN, now, 0.5);
        assert_eq!(roster.pick(now), Pick::Exhausted);

        let mut roster = super::tests::roster(&[("a", false)], 8, 5);
        let after = |secs| Failed::InVain {
            retry_after: Some(Duration::from_secs(secs)),
        };
        roster.pick(NOW);
        roster.failed(0, after(30), NOW, 0.5);
        assert_eq!(roster.pick(NOW), Pick::Wait(Some(Duration::from_secs(30))));
        roster.failed(0, after(86_400), NOW, 0.5);
        assert_eq!(roster.pick(NOW), Pick::Exhausted);
    }

    #[test]
    fn where_another_one_would_begin_anew_the_one_that_began_is_kept_to() {
        for keeps in [true, false] {
            let mut roster = roster(&[("a", false), ("b", false)], 1, 5);
            roster.rules.keeps_to_one = keeps;
            assert_eq!(roster.pick(NOW), Pick::Start(0));
            roster.failed(0, Failed::Later, NOW, 0.5);
            if keeps {
                assert_eq!(roster.pick(NOW), Pick::Wait(Some(PAUSE_AFTER_PROGRESS)));
                assert_eq!(roster.pick(PAUSE_AFTER_PROGRESS), Pick::Start(0));
                roster.failed(0, IN_VAIN, PAUSE_AFTER_PROGRESS, 0.5);
            }
            assert_eq!(roster.pick(NOW), Pick::Start(1));
        }
    }

    #[test]
    fn progress_is_no_failure() {
        let mut roster = roster(&[("a", false)], 8, 2);
        let mut now = NOW;
        for _ in 0..100 {
            assert_eq!(roster.pick(now), Pick::Start(0));
            roster.failed(0, Failed::Later, now, 0.5);
            now += PAUSE_AFTER_PROGRESS;
        }
    }

    proptest! {
        #[test]
        fn each_is_walked_once_before_any_is_tried_twice_and_it_ends(
            hosts in proptest::collection::vec((0_u8..4, any::<bool>()), 1..8),
            at_once in 1_usize..9,
            order in proptest::collection::vec(any::<prop::sample::Index>(), 200),
        ) {
            let names: Vec<String> = hosts.iter().map(|(h, _)| h.to_string()).collect();
            let hosts: Vec<(&str, bool)> = names.iter().map(|n| &n[..]).zip(hosts.iter().map(|h| h.1)).collect();
            let rounds = 3;
            let mut roster = roster(&hosts, at_once, rounds);
            let mut tries = vec![0; hosts.len()];
            let mut running: Vec<usize> = Vec::new();
            let mut now = NOW;
            let mut order = order.into_iter().cycle();
            let mut steps = 0;
            loop {
                steps += 1;
                prop_assert!(steps < 1000);
                match roster.pick(now) {
                    Pick::Start(mirror) => {
                        // Others of its host may wait for it.
                        let host = hosts[mirror].0;
                        for other in (0..hosts.len()).filter(|o| !running.contains(o) && hosts[*o].0 == host) {
                            prop_assert!(tries[mirror] <= tries[other], "{} before {}", mirror, other);
                        }
                        tries[mirror] += 1;
                        running.push(mirror);
                    }
                    Pick::Wait(until) => {
                        if running.is_empty() {
                            now = until.expect("somebody is waited for");
                        } else {
                            let which = order.next().expect("endless").index(running.len());
                            let mirror = running.remove(which);
                            roster.failed(mirror, IN_VAIN, now, 0.3);
                        }
                    }
                    Pick::Exhausted => break,
                }
                prop_assert!(running.len() <= at_once);
            }
            prop_assert!(tries.iter().all(|n| *n == rounds), "{:?}", tries);
        }
    }
}
