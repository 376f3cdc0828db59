//! Judging again and again while a video is made.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::{Instant, MissedTickBehavior, interval_at};
use tokio_util::sync::CancellationToken;
use videogen_types::Peaks;

use super::{AdmissionLimits, AdmissionVerdict, Demand, Probe, Readings, judge};

/// The shortest time between two readings, whatever is asked for.
const SHORTEST: Duration = Duration::from_millis(100);

/// Takes a reading at once and then every `every` (100 ms at least) until `cancel`, gives each with its verdict to `seen`
/// and returns the highest values.
///
/// With [`Demand::running`] a verdict worse than [`AdmissionVerdict::Go`] means that a reserve has been touched or that the card
/// is in trouble; what to do about it is the caller's decision. A reading that does not come back is waited for: there is
/// never more than one under way. Dropping the future stops watching.
pub async fn watch(
    probe: Arc<dyn Probe>,
    demand: &Demand,
    limits: &AdmissionLimits,
    every: Duration,
    cancel: &CancellationToken,
    seen: &mut (dyn FnMut(&Readings, &AdmissionVerdict) + Send),
) -> Peaks {
    let mut peaks = Peaks::default();
    let every = every.max(SHORTEST);
    let mut ticks = interval_at(Instant::now(), every);
    // After a suspended laptop wakes up, the ticks of the night are not made up for.
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            biased;
            () = cancel.cancelled() => return peaks,
            _ = ticks.tick() => {}
        }
        let probe = Arc::clone(&probe);
        let reading = tokio::task::spawn_blocking(move || probe.read());
        let readings = tokio::select! {
            biased;
            () = cancel.cancelled() => return peaks,
            readings = reading => readings,
        };
        match readings {
            Ok(readings) => {
                readings.raise(&mut peaks);
                seen(&readings, &judge(&readings, demand, limits));
            }
            Err(error) => {
                tracing::warn!(%error, "failed to read the state of this machine");
                return peaks;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{FixedProbe, Free, Ram, Total};

    #[tokio::test(start_paused = true)]
    async fn every_reading_is_judged_until_it_is_cancelled() {
        let with = |free, children| Readings {
            ram: Some(Ram {
                free: Free(free),
                total: Total(16 << 30),
            }),
            children: Some(children),
            ..Readings::default()
        };
        let probe = Arc::new(FixedProbe::new([
            with(1 << 30, 4),
            with(1 << 20, 9),
            with(1 << 30, 1),
        ]));
        let cancel = CancellationToken::new();
        let mut severities = Vec::new();
        let started = Instant::now();
        let peaks = watch(
            Arc::clone(&probe) as Arc<dyn Probe>,
            &Demand::running([], false),
            &AdmissionLimits::default(),
            Duration::from_secs(2),
            &cancel,
            &mut |_, verdict| {
                severities.push(verdict.severity());
                if severities.len() == 4 {
                    cancel.cancel();
                }
            },
        )
        .await;
        assert_eq!(severities, [0, 1, 0, 0]);
        assert_eq!(peaks.children, Some(9));
        assert_eq!(peaks.ram_used, Some((16 << 30) - (1 << 20)));
        assert_eq!(started.elapsed(), Duration::from_secs(6));
        assert_eq!(probe.taken(), 4);
    }

    #[tokio::test(start_paused = true)]
    async fn cancelled_before_it_starts_reads_nothing() {
        let probe = Arc::new(FixedProbe::default());
        let cancel = CancellationToken::new();
        cancel.cancel();
        let demand = Demand::default();
        let peaks = watch(
            Arc::clone(&probe) as Arc<dyn Probe>,
            &demand,
            &AdmissionLimits::default(),
            Duration::ZERO,
            &cancel,
            &mut |_, _| panic!("nothing is read"),
        )
        .await;
        assert_eq!((peaks, probe.taken()), (Peaks::default(), 0));
    }
}
