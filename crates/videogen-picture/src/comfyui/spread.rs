//! Which server paints the next picture, from what waits there and how fast it is: a function of values.

use std::time::Duration;

use videogen_vram::PaintPlan;

/// How much a new measurement counts.
const NEW: f64 = 0.3;
/// A measurement that is so old counts half: what is long unmeasured is hoped to be as fast as the fastest, so that it
/// is measured again.
const HALF_LIFE: Duration = Duration::from_mins(10);

/// How fast a server was.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Pace {
    /// Seconds for a unit of [`work`].
    seconds: f64,
    /// When that was last measured, from the same beginning as the other times.
    at: Duration,
    /// Whether it was measured once only, which may have loaded the model.
    first: bool,
}

impl Pace {
    /// What is known after a measurement of `seconds` at the time `at`.
    pub(super) fn learn(before: Option<Self>, seconds: f64, at: Duration) -> Self {
        let seconds = match before {
            None => seconds,
            Some(before) if before.first => seconds.min(before.seconds),
            Some(before) => before.seconds * (1.0 - NEW) + seconds * NEW,
        };
        Self {
            seconds,
            at,
            first: before.is_none(),
        }
    }
}

/// What is known of a server that can be asked.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Load {
    /// Which one it is.
    pub(super) server: usize,
    /// Prompts that run or wait there, ours and those of others.
    pub(super) waiting: usize,
    /// How fast it was; `None` before that was measured.
    pub(super) pace: Option<Pace>,
}

/// The servers, that which would finish one more picture first at the front; of equals the one that is named first.
pub(super) fn order(loads: &[Load], now: Duration) -> Vec<usize> {
    let paces = loads.iter().filter_map(|load| load.pace);
    let fastest = paces.map(|pace| pace.seconds).reduce(f64::min);
    // As long as nothing is known, all are alike.
    let fastest = fastest.unwrap_or(1.0);
    let mut order: Vec<(f64, usize)> = loads
        .iter()
        .map(|load| (finish(load, fastest, now), load.server))
        .collect();
    order.sort_by(|(a, _), (b, _)| a.total_cmp(b));
    order.into_iter().map(|(_, server)| server).collect()
}

/// Seconds until one more unit of work would be done there, when all that waits there is as much.
fn finish(load: &Load, fastest: f64, now: Duration) -> f64 {
    let seconds = load.pace.map_or(fastest, |pace| {
        let age = now.saturating_sub(pace.at).as_secs_f64() / HALF_LIFE.as_secs_f64();
        fastest + (pace.seconds - fastest) * 0.5_f64.powf(age)
    });
    seconds * (load.waiting as f64 + 1.0)
}

/// How much a plan has a server compute, in millions of pixels of all steps: about what its time is proportional to.
pub(super) fn work(plan: &PaintPlan) -> f64 {
    let pass = |pass: &videogen_vram::SamplingPass| {
        f64::from(pass.size.width) * f64::from(pass.size.height) * f64::from(pass.steps)
    };
    (plan.passes.iter().map(pass).sum::<f64>() / 1e6).max(1e-3)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const NOW: Duration = Duration::from_secs(1000);

    fn load(server: usize, waiting: usize, seconds: Option<f64>) -> Load {
        Load {
            server,
            waiting,
            pace: seconds.map(|seconds| Pace::learn(None, seconds, NOW)),
        }
    }

    fn loads() -> impl Strategy<Value = Vec<Load>> {
        let one = (0usize..6, prop::option::of(0.01f64..100.0));
        prop::collection::vec(one, 0..6).prop_map(|all| {
            let numbered = all.into_iter().enumerate();
            numbered
                .map(|(server, (waiting, seconds))| load(server, waiting, seconds))
                .collect()
        })
    }

    proptest! {
        /// Each server once; none behind another one that would finish later.
        #[test]
        fn the_one_that_finishes_first_is_first(loads in loads()) {
            let order = order(&loads, NOW);
            let mut sorted = order.clone();
            sorted.sort_unstable();
            prop_assert!(sorted.into_iter().eq(0..loads.len()));
            let measured = loads.iter().filter_map(|load| load.pace.map(|pace| pace.seconds));
            let fastest = measured.fold(f64::INFINITY, f64::min);
            let fastest = if fastest.is_finite() { fastest } else { 1.0 };
            let at = |server: usize| {
                let seconds = loads[server].pace.map_or(fastest, |pace| pace.seconds);
                (loads[server].waiting as f64 + 1.0) * seconds
            };
            for pair in order.windows(2) {
                prop_assert!(at(pair[0]) <= at(pair[1]) + 1e-9);
            }
        }

        /// Two for each server handed out, while each works at its own speed: none is left without its share.
        #[test]
        fn each_server_gets_its_share(seconds in prop::collection::vec(1.0f64..2.5, 1..5)) {
            let pictures = 40 * seconds.len();
            let (mut waiting, mut done) = (vec![0usize; seconds.len()], vec![0usize; seconds.len()]);
            // What is left of the picture that each paints now.
            let mut left = seconds.clone();
            for _ in 0..pictures {
                while waiting.iter().sum::<usize>() >= 2 * seconds.len() {
                    let busy = (0..seconds.len()).filter(|at| waiting[*at] > 0);
                    let next = busy.min_by(|a, b| left[*a].total_cmp(&left[*b])).unwrap();
                    let step = left[next];
                    for at in 0..seconds.len() {
                        if waiting[at] > 0 {
                            left[at] -= step;
                        }
                    }
                    (waiting[next], done[next], left[next]) = (waiting[next] - 1, done[next] + 1, seconds[next]);
                }
                let loads: Vec<Load> =
                    (0..seconds.len()).map(|at| load(at, waiting[at], Some(seconds[at]))).collect();
                waiting[order(&loads, NOW)[0]] += 1;
            }
            let speed: f64 = seconds.iter().map(|seconds| 1.0 / seconds).sum();
            for (at, seconds) in seconds.iter().enumerate() {
                let share = pictures as f64 / seconds / speed;
                prop_assert!(done[at] as f64 > share / 2.0 - 3.0, "{done:?} of {seconds:?}");
            }
        }
    }

    #[test]
    fn what_is_unmeasured_or_long_unmeasured_is_tried() {
        assert_eq!(order(&[load(0, 0, None), load(1, 0, None)], NOW), [0, 1]);
        assert_eq!(
            order(&[load(0, 1, Some(2.0)), load(1, 0, None)], NOW),
            [1, 0]
        );
        let slow = [load(0, 3, Some(2.0)), load(1, 0, Some(20.0))];
        assert_eq!(order(&slow, NOW), [0, 1]);
        assert_eq!(order(&slow, NOW + Duration::from_hours(1)), [1, 0]);
    }

    #[test]
    fn the_first_picture_which_loads_the_model_is_soon_forgotten() {
        let first = Pace::learn(None, 60.0, NOW);
        let second = Pace::learn(Some(first), 5.0, NOW);
        assert!((second.seconds - 5.0).abs() < 1e-9);
        let third = Pace::learn(Some(second), 15.0, NOW);
        assert!((third.seconds - 8.0).abs() < 1e-9);
    }
}
