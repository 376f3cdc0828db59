//! The machine while a video is made: what becomes short is told, and a video is given up before the disk is full.

use std::sync::Arc;
use std::time::Duration;

use camino::Utf8PathBuf;
use tokio_util::sync::CancellationToken;
use videogen_guard::{
    AdmissionLimits, AdmissionVerdict, Demand, Probe, Readings, Refused, WaitCause,
};
use videogen_types::{Stage, Usage};

use crate::Error;
use crate::reporter::Reporter;

/// Between two readings. A disk that fills at 1 GB/s loses 2 GB meanwhile, which is why a reserve is kept.
const EVERY: Duration = Duration::from_secs(2);

/// Memory in use, of all programs.
fn used(readings: &Readings) -> Option<u64> {
    let ram = readings.ram?;
    Some(ram.total.0.saturating_sub(ram.free.0))
}

/// Graphics memory in use, by all programs.
fn vram_used(readings: &Readings) -> Option<u64> {
    Some(readings.gpu.as_ref()?.used.0)
}

/// Runs `making` and reads the machine meanwhile; tells what was used of it at the end.
///
/// What is short is a warning, once for each cause in a row. No further video is begun until that is over: it is not
/// admitted. When one of `directories` has no room any more, `cancel` ends the making.
///
/// # Errors
/// That of `making`; [`Refused::RanOut`] where it was cancelled here.
pub(crate) async fn watched<T>(
    probe: Option<&Arc<dyn Probe>>,
    directories: Vec<Utf8PathBuf>,
    reporter: &Reporter,
    cancel: &CancellationToken,
    making: impl Future<Output = Result<T, Error>>,
) -> Result<T, Error> {
    let Some(probe) = probe else {
        return making.await;
    };
    // A graphics card is judged where there is a reading of one.
    let (demand, limits) = (
        Demand::running(directories, true),
        AdmissionLimits::default(),
    );
    let over = CancellationToken::new();
    let (mut before, mut vram_before) = (None, None);
    let mut short: Option<WaitCause> = None;
    let mut ran_out = None;
    let mut seen = |readings: &Readings, verdict: &AdmissionVerdict| {
        before = before.or_else(|| used(readings));
        vram_before = vram_before.or_else(|| vram_used(readings));
        match verdict {
            AdmissionVerdict::Wait { cause, reason } => {
                if short.replace(*cause) != Some(*cause) {
                    let stage = reporter.running().unwrap_or(Stage::Preflight);
                    let message = format!("{reason}; no further video is begun until that is over");
                    reporter.warning(stage, message);
                }
            }
            AdmissionVerdict::Refuse { reason, hint } => {
                if ran_out.is_none() {
                    let stage = reporter.running().unwrap_or(Stage::Preflight);
                    let (reason, hint) = (reason.clone(), hint.clone());
                    ran_out = Some(Error::new(stage, Refused::RanOut { reason, hint }));
                    cancel.cancel();
                }
            }
            AdmissionVerdict::Go { .. } => short = None,
        }
    };
    let watching =
        videogen_guard::watch(Arc::clone(probe), &demand, &limits, EVERY, &over, &mut seen);
    let ending = async {
        let made = making.await;
        over.cancel();
        made
    };
    let (made, mut peaks) = tokio::join!(ending, watching);
    let after = videogen_guard::read(probe, &CancellationToken::new())
        .await
        .ok();
    if let Some(after) = &after {
        after.raise(&mut peaks);
    }
    reporter.used(Usage {
        ram_used_before: before,
        ram_used_after: after.as_ref().and_then(used),
        vram_used_before: vram_before,
        vram_used_after: after.as_ref().and_then(vram_used),
        peaks,
    });
    match (made, ran_out) {
        (Err(_), Some(ran_out)) => Err(ran_out),
        (made, _) => made,
    }
}
