//! In which order mirrors are asked; pure.

use std::time::Duration;

use videogen_net::Admission;

use super::host::Host;
use super::score::{Prior, has_only_failed, is_tried, score};

/// In so many of all cases a mirror that was not tried lately is asked first, so that what is thought of it is found out
/// (an epsilon-greedy choice; 5 to 10 % cost little where mirrors are alike).
const EXPLORED: f64 = 0.08;

/// A mirror, and what is thought of it.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct RankedMirror {
    /// Which of the mirrors that were given it is, counted from 0.
    pub index: usize,
    /// Bytes a second that it may be hoped to give, weighed with how often it succeeds, how long its first byte takes and
    /// its priority. Above 0.
    pub score: f64,
    /// Whether its host may be asked. The time in [`Admission::Blocked`] counts from now.
    pub admission: Admission,
    /// How fast one connection to its host was, as a moving average that is half forgotten in a day; `None` while that is
    /// not known.
    pub bytes_per_second: Option<f64>,
    /// Whether its host said within the last 24 h that nothing is under its address.
    pub is_dead_url: bool,
}

/// A mirror that is to be ranked.
#[derive(Debug, Clone, Copy)]
pub(super) struct Candidate<'a> {
    /// What is known of its host.
    pub(super) host: &'a Host,
    /// Of the registry, 0..=100.
    pub(super) priority: u8,
    /// Until when its address counts as dead, in milliseconds.
    pub(super) dead_until: Option<u64>,
}

/// Where a mirror stands before its score counts. What comes first is asked first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Standing {
    Usual,
    /// Nothing but failures is known of its host.
    OnlyFailed,
    /// It is not to be asked before this time, in milliseconds.
    Held(u64),
}

/// Returns all `candidates`, best first: those that may be asked, those that have only failed, those that are blocked or
/// dead in the order of their release. `random` is 0..1 and decides whether one that was not tried lately comes first.
pub(super) fn rank(
    candidates: &[Candidate<'_>],
    prior: Prior,
    now: u64,
    random: f64,
) -> Vec<RankedMirror> {
    let mut ranked: Vec<(Standing, RankedMirror)> = candidates
        .iter()
        .enumerate()
        .map(|(index, candidate)| {
            (
                standing(candidate, now),
                judged(index, candidate, prior, now),
            )
        })
        .collect();
    // Stable: of equals the first in the registry comes first.
    ranked.sort_by(|(a, left), (b, right)| a.cmp(b).then(right.score.total_cmp(&left.score)));
    let untried = |(standing, mirror): &(Standing, RankedMirror)| {
        *standing == Standing::Usual && !is_tried(&candidates[mirror.index].host.seen, now)
    };
    let places: Vec<usize> = (0..ranked.len())
        .filter(|place| untried(&ranked[*place]))
        .collect();
    if random < EXPLORED
        && let Some(last) = places.len().checked_sub(1)
    {
        let chosen = (random.max(0.0) / EXPLORED * places.len() as f64) as usize;
        let place = places[chosen.min(last)];
        ranked[..=place].rotate_right(1);
    }
    ranked.into_iter().map(|(_, mirror)| mirror).collect()
}

fn standing(candidate: &Candidate<'_>, now: u64) -> Standing {
    let blocked = match candidate.host.admission(now) {
        Admission::Free | Admission::Probe => None,
        Admission::Blocked(until) => Some(millis(until)),
        // Somebody is finding out, which may be over at any time.
        _ => Some(now),
    };
    match blocked.max(candidate.dead_until) {
        Some(until) => Standing::Held(until),
        None if has_only_failed(candidate.host, now) => Standing::OnlyFailed,
        None => Standing::Usual,
    }
}

fn judged(index: usize, candidate: &Candidate<'_>, prior: Prior, now: u64) -> RankedMirror {
    let seen = &candidate.host.seen;
    let speed = seen.speed.toward_by_factor(prior.speed, now);
    RankedMirror {
        index,
        score: score(seen, candidate.priority, prior, now),
        admission: from_now(candidate.host.admission(now), now),
        bytes_per_second: seen.speed.value().map(|_| speed),
        is_dead_url: candidate.dead_until.is_some(),
    }
}

/// Returns the admission with its time counted from now.
pub(super) fn from_now(admission: Admission, now: u64) -> Admission {
    match admission {
        Admission::Blocked(until) => {
            Admission::Blocked(until.saturating_sub(Duration::from_millis(now)))
        }
        other => other,
    }
}

fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use videogen_net::Blame;

    use super::super::host::Ending;
    use super::*;

    const NOW: u64 = 1_000_000_000;
    const HOUR: u64 = 3_600_000;
    /// Nothing is explored.
    const CALM: f64 = 0.9;

    fn end(host: &mut Host, ending: Ending, at: u64) {
        let probe = host.begin(at);
        host.end(probe, ending, at, 0.5);
    }

    fn fail(host: &mut Host, at: u64) {
        let ending = Ending::Failure {
            blame: Blame::Fault,
            retry_after: None,
        };
        end(host, ending, at);
    }

    fn order(hosts: &[(Host, u8, Option<u64>)], random: f64) -> Vec<usize> {
        let prior = Prior::of(hosts.iter().map(|(host, ..)| host));
        let candidates: Vec<Candidate<'_>> = hosts
            .iter()
            .map(|(host, priority, dead_until)| Candidate {
                host,
                priority: *priority,
                dead_until: *dead_until,
            })
            .collect();
        let ranked = rank(&candidates, prior, NOW, random);
        ranked.iter().map(|mirror| mirror.index).collect()
    }

    fn good(speed: u64) -> Host {
        let mut host = Host::default();
        host.speed(speed, Duration::from_secs(1), NOW);
        end(&mut host, Ending::Success, NOW);
        host
    }

    #[test]
    fn before_anything_is_known_the_registry_decides() {
        let hosts = [
            (Host::default(), 50, None),
            (Host::default(), 90, None),
            (Host::default(), 50, None),
        ];
        assert_eq!(order(&hosts, CALM), [1, 0, 2]);
    }

    #[test]
    fn what_is_known_outweighs_the_registry() {
        let hosts = [(good(1_000_000), 100, None), (good(5_000_000), 0, None)];
        assert_eq!(order(&hosts, CALM), [1, 0]);
    }

    #[test]
    fn a_mirror_that_was_never_tried_comes_before_poor_ones_and_first_now_and_then() {
        let hosts = [
            (good(9_000_000), 50, None),
            (good(10_000), 50, None),
            (Host::default(), 50, None),
        ];
        assert_eq!(order(&hosts, CALM), [0, 2, 1]);
        assert_eq!(order(&hosts, EXPLORED), [0, 2, 1]);
        assert_eq!(order(&hosts, 0.0), [2, 0, 1]);
        assert_eq!(order(&hosts, EXPLORED * 0.99), [2, 0, 1]);
        // Several take turns.
        let many: Vec<_> = (0..4).map(|_| (Host::default(), 50, None)).collect();
        let mut hosts = vec![(good(9_000_000), 50, None)];
        hosts.extend(many);
        let firsts: Vec<usize> = (0..4)
            .map(|turn| order(&hosts, EXPLORED * (f64::from(turn) + 0.5) / 4.0)[0])
            .collect();
        assert_eq!(firsts, [1, 2, 3, 4]);
        // A day after it was tried it is worth finding out again.
        let mut old = Host::default();
        fail(&mut old, NOW - 25 * HOUR);
        assert_eq!(
            order(&[(good(9_000_000), 50, None), (old, 50, None)], 0.0),
            [1, 0]
        );
    }

    #[test]
    fn blocked_ones_come_last_and_the_nearest_release_first() {
        let (mut once, mut twice, mut wrong) = (Host::default(), Host::default(), Host::default());
        for _ in 0..3 {
            fail(&mut once, NOW);
            fail(&mut twice, NOW - 61_000);
        }
        fail(&mut twice, NOW);
        end(&mut wrong, Ending::WrongBytes, NOW - 10 * 60_000);
        let hosts = [
            (good(9_000_000), 50, Some(NOW + HOUR)),
            (wrong, 100, None),
            (twice, 100, None),
            (once, 0, None),
        ];
        // 1 minute, 2 minutes, 22 minutes, an hour.
        assert_eq!(order(&hosts, CALM), [3, 2, 1, 0]);
        let mut with_a_good_one = hosts.to_vec();
        with_a_good_one.push((good(1), 0, None));
        assert_eq!(order(&with_a_good_one, 0.0), [4, 3, 2, 1, 0]);
    }

    #[test]
    fn times_of_blocks_count_from_now() {
        let mut host = Host::default();
        end(&mut host, Ending::WrongBytes, NOW);
        let candidate = Candidate {
            host: &host,
            priority: 50,
            dead_until: None,
        };
        let prior = Prior::of([].iter());
        let ranked = rank(&[candidate], prior, NOW + 60_000, CALM);
        let left = Duration::from_mins(31);
        assert_eq!(ranked[0].admission, Admission::Blocked(left));
        assert_eq!(ranked[0].bytes_per_second, None);
    }

    /// A host with some history that ends before now.
    fn any_host() -> impl Strategy<Value = Host> {
        let event = (0_u8..5, 0_u64..20 * 60_000, 1_u64..1 << 40, 0.0_f64..1.0);
        prop::collection::vec(event, 0..12).prop_map(|events| {
            let mut host = Host::default();
            let mut at = NOW - 4 * HOUR;
            for (kind, later, bytes, random) in events {
                at += later;
                let probe = host.begin(at);
                let blame = Blame::Fault;
                let ending = match kind {
                    0 => Ending::Success,
                    1 => Ending::WrongBytes,
                    2 => Ending::Abandoned,
                    _ => Ending::Failure {
                        blame,
                        retry_after: None,
                    },
                };
                host.speed(bytes, Duration::from_secs(1), at);
                host.end(probe, ending, at, random);
            }
            host
        })
    }

    proptest! {
        #[test]
        fn a_ranking_is_a_permutation_with_those_held_back_last_by_their_release(
            hosts in prop::collection::vec((any_host(), 0_u8..=100, prop::option::of(NOW + 1..NOW + 24 * HOUR)), 0..12),
            random in 0.0_f64..1.0,
        ) {
            let order = order(&hosts, random);
            let mut sorted = order.clone();
            sorted.sort_unstable();
            prop_assert_eq!(sorted, (0..hosts.len()).collect::<Vec<_>>());
            let release = |index: usize| {
                let (host, _, dead) = &hosts[index];
                let blocked = match host.admission(NOW) {
                    Admission::Blocked(until) => Some(until.as_millis() as u64),
                    _ => None,
                };
                // 0 for those that can be asked.
                blocked.max(*dead).unwrap_or(0)
            };
            prop_assert!(order.windows(2).all(|pair| release(pair[0]) <= release(pair[1])));
        }

        #[test]
        fn what_always_fails_is_never_before_what_never_fails(
            failures in prop::collection::vec((0_u64..23 * HOUR, 1_u64..1 << 40), 1..10),
            successes in prop::collection::vec((0_u64..23 * HOUR, 1_u64..1 << 40), 1..10),
            others in prop::collection::vec((any_host(), 0_u8..=100, Just(None)), 0..6),
            (bad_priority, good_priority) in (0_u8..=100, 0_u8..=100),
            random in 0.0_f64..1.0,
        ) {
            let (mut bad, mut good) = (Host::default(), Host::default());
            let ordered = |mut events: Vec<(u64, u64)>| {
                events.sort_unstable_by_key(|event| std::cmp::Reverse(event.0));
                events
            };
            for (age, bytes) in ordered(failures) {
                bad.speed(bytes, Duration::from_secs(1), NOW - age);
                fail(&mut bad, NOW - age);
            }
            for (age, bytes) in ordered(successes) {
                good.speed(bytes, Duration::from_secs(1), NOW - age);
                end(&mut good, Ending::Success, NOW - age);
            }
            let mut hosts = vec![(bad, bad_priority, None), (good, good_priority, None)];
            hosts.extend(others);
            let order = order(&hosts, random);
            let place = |index: usize| order.iter().position(|other| *other == index).unwrap();
            prop_assert!(place(1) < place(0));
        }
    }
}
