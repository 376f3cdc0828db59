//! Waiting until the next video may start, for a bounded time.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use videogen_types::{Command, Hint, Setting};

use super::{AdmissionLimits, AdmissionVerdict, Demand, Probe, Readings, WaitCause, judge};

/// How long one reading may take: a file system whose server is gone does not answer at all.
const READING: Duration = Duration::from_secs(5);

/// The next video may start.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Admission {
    /// What a person should know, one sentence each.
    pub warnings: Vec<String>,
    /// What the machine had at that moment: the "before" of the video.
    pub readings: Readings,
    /// How long it was waited for.
    pub waited: Duration,
    /// What of the graphics card was waited for in vain; the last of the warnings says it in words.
    pub in_vain: Option<WaitCause>,
}

/// The next video may not start.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Refused {
    /// It can never be made on this machine as it is.
    #[error("{reason}")]
    Impossible {
        /// What is missing.
        reason: String,
        /// What to do about it.
        hint: Hint,
    },
    /// Something was used up while it was made.
    #[error("it was given up on the way: {reason}")]
    RanOut {
        /// What is missing.
        reason: String,
        /// What to do about it.
        hint: Hint,
    },
    /// What was missing did not come in time.
    #[error("waited {} s in vain: {reason}", waited.as_secs())]
    TimedOut {
        /// How long it was waited for.
        waited: Duration,
        /// What is missing.
        cause: WaitCause,
        /// The same in words.
        reason: String,
    },
    /// The machine did not tell what it has.
    #[error("the state of this machine could not be read within {} s", within.as_secs())]
    Unreadable {
        /// How long it was tried.
        within: Duration,
    },
    /// It was cancelled.
    #[error("cancelled")]
    Cancelled,
}

impl Refused {
    /// Returns the next action.
    pub fn help(&self) -> Option<Hint> {
        Some(match self {
            Self::Impossible { hint, .. } | Self::RanOut { hint, .. } => hint.clone(),
            Self::TimedOut { cause, .. } => match cause {
                WaitCause::Ram => {
                    Hint::from("close something that takes memory, or choose a lower ")
                        .term(Setting::Quality)
                }
                WaitCause::Descriptors => "raise the limit: ulimit -n 1024".into(),
                WaitCause::Tasks => "end other programs, or raise the limit of processes".into(),
                WaitCause::Children => Hint::from("end the processes that hang").aside(
                    ", then run `",
                    Command::Resume,
                    "`",
                ),
                WaitCause::Vram | WaitCause::Heat | WaitCause::Throttle => Hint::from(
                    "leave the graphics card alone for a while",
                )
                .aside(", then run `", Command::Resume, "`"),
            },
            Self::Unreadable { .. } => {
                Hint::from("a network drive may be gone: choose another directory")
                    .with(Setting::OutputDir)
            }
            Self::Cancelled => return None,
        })
    }

    /// Whether the same request may work a moment later.
    pub const fn is_retryable(&self) -> bool {
        matches!(self, Self::TimedOut { .. } | Self::Unreadable { .. })
    }

    /// Whether it is only that somebody cancelled.
    pub const fn is_cancelled(&self) -> bool {
        matches!(self, Self::Cancelled)
    }
}

/// Waits until the machine has what `demand` says, until `deadline` or until `cancel`, whichever comes first.
///
/// The graphics card is waited for no longer than [`AdmissionLimits::card_patience`]; then the video may start with a warning.
/// `others` is asked before each judgement how many other videos are in the making, see [`Demand::in_the_making`].
///
/// At least one reading is taken, and a last one at the deadline. A single reading is given 5 s, so this returns at the
/// latest 5 s after `deadline`. `told` hears why it is waited, once for each cause in a row. Between two readings the
/// pause doubles from [`AdmissionLimits::first_pause`] to [`AdmissionLimits::longest_pause`].
///
/// Dropping the future stops waiting; a reading that is under way ends by itself.
///
/// # Errors
/// [`Refused`]: never possible, not in time, not readable, cancelled.
pub async fn admit(
    probe: Arc<dyn Probe>,
    demand: &Demand,
    limits: &AdmissionLimits,
    deadline: Instant,
    cancel: &CancellationToken,
    others: &(dyn Fn() -> u64 + Send + Sync),
    told: &(dyn Fn(&str) + Send + Sync),
) -> Result<Admission, Refused> {
    let started = Instant::now();
    let cooling = limits.cooling();
    let mut waits_for: Option<WaitCause> = None;
    let mut pause = limits.first_pause.min(limits.longest_pause);
    let mut demand = demand.clone();
    loop {
        let readings = read(&probe, cancel).await?;
        demand.in_the_making = others();
        // A card that was too hot has to be cool again, not just a degree below.
        let in_force = if waits_for == Some(WaitCause::Heat) {
            &cooling
        } else {
            limits
        };
        let admission = |warnings, readings| Admission {
            warnings,
            readings,
            waited: started.elapsed(),
            in_vain: None,
        };
        let (cause, reason) = match judge(&readings, &demand, in_force) {
            AdmissionVerdict::Go { warnings } => {
                return Ok(admission(warnings, readings));
            }
            AdmissionVerdict::Refuse { reason, hint } => {
                return Err(Refused::Impossible { reason, hint });
            }
            AdmissionVerdict::Wait { cause, reason } => (cause, reason),
        };
        if cause.is_of_the_card() && started.elapsed() >= limits.card_patience {
            let seconds = started.elapsed().as_secs();
            let warning =
                format!("waited {seconds} s in vain: {reason}; going on as the card allows");
            return Ok(Admission {
                in_vain: Some(cause),
                ..admission(vec![warning], readings)
            });
        }
        if Instant::now() >= deadline {
            return Err(Refused::TimedOut {
                waited: started.elapsed(),
                cause,
                reason,
            });
        }
        if waits_for.replace(cause) != Some(cause) {
            told(&reason);
        }
        let mut next = (Instant::now() + pause).min(deadline);
        if cause.is_of_the_card() {
            next = next.min(started + limits.card_patience);
        }
        pause = pause.saturating_mul(2).min(limits.longest_pause);
        tokio::select! {
            biased;
            () = cancel.cancelled() => return Err(Refused::Cancelled),
            () = tokio::time::sleep_until(next) => {}
        }
    }
}

/// Takes one reading, on a thread where it may block.
///
/// # Errors
/// [`Refused::Unreadable`] after 5 s, [`Refused::Cancelled`].
pub async fn read(probe: &Arc<dyn Probe>, cancel: &CancellationToken) -> Result<Readings, Refused> {
    if cancel.is_cancelled() {
        return Err(Refused::Cancelled);
    }
    let probe = Arc::clone(probe);
    let reading = tokio::task::spawn_blocking(move || probe.read());
    let answer = tokio::select! {
        biased;
        () = cancel.cancelled() => return Err(Refused::Cancelled),
        answer = tokio::time::timeout(READING, reading) => answer,
    };
    match answer {
        Ok(Ok(readings)) => Ok(readings),
        Ok(Err(error)) => {
            // A probe that panicked, or a runtime that is shutting down. Nothing is known then; the work itself will tell.
            tracing::warn!(%error, "failed to read the state of this machine");
            Ok(Readings::default())
        }
        Err(_) => Err(Refused::Unreadable { within: READING }),
    }
}

#[cfg(test)]
mod tests;
