//! Telling what happens while it happens: events go through a channel to a thread of their own, so that a slow or
//! closed reader never holds up the work.

pub(crate) mod human;
pub(crate) mod json;
pub(crate) mod plain;
pub(crate) mod summary;
pub(crate) mod words;

pub(crate) use words::degradation;

use std::io;
use std::sync::Arc;
use std::sync::mpsc;
use std::time::{Duration, Instant};

use videogen_core::Overview;
use videogen_core::event::{Event, EventSink};
use videogen_core::telemetry::Recorder;

use crate::render_error::Failure;

/// When the work is over, what is still to be told gets so long. Nothing in it waits for a reader.
const LAST_WORDS: Duration = Duration::from_secs(5);

/// Shows events to somebody.
pub(crate) trait Report: Send {
    /// Shows one event that happened at `t` after the start.
    ///
    /// # Errors
    /// It could not be written; what follows is not shown any more.
    fn event(&mut self, t: Duration, event: &Event) -> io::Result<()>;
}

/// Shows events to somebody, and has them taken down.
pub(crate) struct Recorded {
    pub(crate) shown: Box<dyn Report>,
    pub(crate) recorder: Recorder,
}

impl Report for Recorded {
    fn event(&mut self, t: Duration, event: &Event) -> io::Result<()> {
        self.recorder.take(event);
        self.shown.event(t, event)
    }
}

/// What will be made, known before the first event.
#[derive(Debug, Clone)]
pub(crate) struct Announced {
    /// The videos, in order.
    pub(crate) videos: Vec<Overview>,
    /// What a person should know about what was given.
    pub(crate) warnings: Vec<String>,
}

/// The near end of the channel. Sending never blocks; events of a stage come at most ten times a second.
#[derive(Debug)]
pub(crate) struct Feed {
    events: mpsc::Sender<(Duration, Event)>,
    started: Instant,
}

impl EventSink for Feed {
    fn emit(&self, event: Event) {
        // The thread lives as long as the feed unless it panicked; then nobody listens.
        let _ = self.events.send((self.started.elapsed(), event));
    }
}

/// The far end of the channel.
#[derive(Debug)]
pub(crate) struct Reporter(mpsc::Receiver<()>);

/// Starts a thread that feeds `report`.
///
/// # Errors
/// The operating system refuses the thread.
pub(crate) fn start(
    mut report: Box<dyn Report>,
    started: Instant,
) -> Result<(Feed, Reporter), Failure> {
    let (events, received) = mpsc::channel::<(Duration, Event)>();
    let (done, finished) = mpsc::channel();
    let listen = move || {
        let mut lost = false;
        for (t, event) in received {
            if lost {
                continue;
            }
            if let Err(error) = report.event(t, &event) {
                lost = true;
                tracing::warn!(%error, "nobody reads the report any more; the work goes on");
            }
        }
        drop(report);
        let _ = done.send(());
    };
    std::thread::Builder::new()
        .name("report".into())
        .spawn(listen)
        .map_err(|e| Failure::machine("a thread cannot be started").caused_by(&e))?;
    Ok((Feed { events, started }, Reporter(finished)))
}

impl Reporter {
    /// Waits until everything is told.
    pub(crate) fn finish(self, feed: Arc<Feed>) {
        drop(feed);
        // A disk that does not answer must not keep the program from ending.
        let _ = self.0.recv_timeout(LAST_WORDS);
    }
}

#[cfg(test)]
mod tests;
