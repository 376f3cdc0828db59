//! Asks `nvidia-smi`, the driver's program, within a deadline: it hangs when a card is in trouble.

mod parse;

use std::ffi::OsString;
use std::time::Duration;

use parse::{BASIC, FULL, Field};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use videogen_process::{Command, Outcome, Stdout, Supervisor};

use super::{BoxFuture, GpuProbe, GpuReadings, ProbeNoteKind};
use crate::Error;

const NAME: &str = "nvidia-smi";
/// For everything that is asked. A driver that is not kept loaded takes seconds to start, more with many cards.
const DEADLINE: Duration = Duration::from_secs(10);
/// Sixty-four cards with a hundred processes each are less.
const MOST_OUTPUT: usize = 1 << 20;

/// Reads NVIDIA cards through the program `nvidia-smi`. Without the program, or without a driver under it, there is no
/// card.
#[derive(Debug, Clone)]
pub struct SmiProbe {
    program: OsString,
    deadline: Duration,
    supervisor: Supervisor,
}

impl Default for SmiProbe {
    fn default() -> Self {
        Self::new(NAME)
    }
}

impl SmiProbe {
    /// Asks `program`, a path or a name to be found on `PATH`, for at most ten seconds.
    pub fn new(program: impl Into<OsString>) -> Self {
        Self {
            program: program.into(),
            deadline: DEADLINE,
            supervisor: Supervisor::new(),
        }
    }

    /// The same with another bound for everything that is asked.
    #[must_use]
    pub fn deadline(mut self, deadline: Duration) -> Self {
        self.deadline = deadline;
        self
    }

    async fn ask(&self, cancel: &CancellationToken) -> Result<GpuReadings, Error> {
        let end = Instant::now() + self.deadline.min(Duration::from_hours(1));
        let mut fields = FULL;
        let mut answer = self.query("gpu", fields, end, cancel).await?;
        if !answer.success() && parse::unknown_field(&said(&answer)) {
            // Older drivers do not know all of it and then say nothing at all.
            fields = BASIC;
            answer = self.query("gpu", fields, end, cancel).await?;
        }
        let text = said(&answer);
        if let Some(why) = parse::nothing_to_ask(&text) {
            return Ok(GpuReadings::absent(NAME, why));
        }
        if !answer.success() {
            return Err(problem(format!("{}: {}", answer.exit, first_line(&text))));
        }
        let mut readings = parse::cards(&answer.stdout_text(), fields).map_err(problem)?;
        if readings.cards.is_empty() {
            return Ok(readings);
        }
        match self.query("compute-apps", parse::APPS, end, cancel).await {
            Ok(apps) if apps.success() => parse::apps(&apps.stdout_text(), &mut readings.cards),
            Ok(apps) => {
                let text = format!("does not list processes: {}", first_line(&said(&apps)));
                readings.note(NAME, ProbeNoteKind::Failed, text);
            }
            Err(Error::Cancelled) => return Err(Error::Cancelled),
            Err(error) => {
                let text = format!("does not list processes: {error}");
                readings.note(NAME, ProbeNoteKind::Failed, text);
            }
        }
        Ok(readings)
    }

    async fn query(
        &self,
        what: &str,
        fields: &[Field],
        end: Instant,
        cancel: &CancellationToken,
    ) -> Result<Outcome, Error> {
        let names: Vec<&str> = fields.iter().map(|field| field.name()).collect();
        let left = end.saturating_duration_since(Instant::now());
        let command = Command::new(self.program.clone(), left)
            .arg(format!("--query-{what}={}", names.join(",")))
            .arg("--format=csv,noheader,nounits")
            .env("LC_ALL", "C")
            .stdout(Stdout::Capture { limit: MOST_OUTPUT })
            // It has nothing to put in order; one that hangs in the driver does not listen anyway.
            .grace(Duration::ZERO);
        let result = self.supervisor.run(command, cancel).await;
        result.map_err(|error| match error {
            videogen_process::Error::Cancelled { .. } => Error::Cancelled,
            videogen_process::Error::Deadline { .. } => Error::TimedOut {
                what: format!("asking {NAME}"),
                after: self.deadline,
            },
            source => Error::Process {
                program: NAME,
                source: Box::new(source),
            },
        })
    }
}

impl GpuProbe for SmiProbe {
    fn name(&self) -> &'static str {
        NAME
    }

    fn read<'a>(
        &'a self,
        cancel: &'a CancellationToken,
    ) -> BoxFuture<'a, Result<GpuReadings, Error>> {
        Box::pin(async move {
            match self.ask(cancel).await {
                Err(Error::Process { source, .. })
                    if matches!(*source, videogen_process::Error::NotFound { .. }) =>
                {
                    Ok(GpuReadings::absent(NAME, "there is no such program here"))
                }
                other => other,
            }
        })
    }
}

/// All it said: it writes its complaints to either output.
fn said(outcome: &Outcome) -> String {
    format!("{}\n{}", outcome.stdout_text(), outcome.stderr.as_str())
}

fn first_line(text: &str) -> String {
    let line = text.lines().map(str::trim).find(|line| !line.is_empty());
    super::sane::clean(line.unwrap_or("it said nothing"))
}

fn problem(problem: String) -> Error {
    Error::Probe {
        probe: NAME,
        problem,
    }
}

#[cfg(test)]
#[cfg(unix)]
mod tests;
