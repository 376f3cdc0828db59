//! Telling what happens while it happens: events go through a channel to a thread of their own, so that a slow or
//! closed reader never holds up the work.

pub(crate) mod fetch;
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

use videogen_types::{Event, EventSink, Overview};

use crate::hint;
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

/// What will be made, known before the first event.
#[derive(Debug, Clone)]
pub(crate) struct PlannedRun {
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
        let event = hint::event(event);
        let _ = self.events.send((self.started.elapsed(), event));
    }
}

/// The far end of the channel.
#[derive(Debug)]
pub(crate) struct Reporter(mpsc::Receiver<()>);

/// Starts a thread that shows events to `shown` and gives all of them to `taken`, which takes them down.
///
/// # Errors
/// The operating system refuses the thread.
pub(crate) fn start(
    shown: Box<dyn Report>,
    taken: impl FnMut(&Event) + Send + 'static,
    started: Instant,
) -> Result<(Feed, Reporter), Failure> {
    let (events, received) = mpsc::channel::<(Duration, Event)>();
    let (done, finished) = mpsc::channel();
    let listen = move || {
        hand_on(received, shown, taken, |error| {
            tracing::warn!(%error, "nobody reads the report any more; the work goes on");
        });
        let _ = done.send(());
    };
    std::thread::Builder::new()
        .name("report".into())
        .spawn(listen)
        .map_err(|e| Failure::machine("a thread cannot be started").caused_by(&e))?;
    Ok((Feed { events, started }, Reporter(finished)))
}

/// Gives every event to `taken`, and to `shown` until that fails, which `lost` is told once. What is taken down does not
/// depend on who reads along: the status, the figures and the durations of a run are whole though its reader went away.
fn hand_on(
    events: impl IntoIterator<Item = (Duration, Event)>,
    shown: Box<dyn Report>,
    mut taken: impl FnMut(&Event),
    lost: impl FnOnce(io::Error),
) {
    let (mut shown, mut lost) = (Some(shown), Some(lost));
    for (t, event) in events {
        taken(&event);
        let told = shown.as_mut().map(|shown| shown.event(t, &event));
        if let Some(Err(error)) = told {
            shown = None;
            if let Some(lost) = lost.take() {
                lost(error);
            }
        }
    }
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
