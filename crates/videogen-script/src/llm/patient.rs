//! Has the scripts of a run written by servers that may be away for a while.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use videogen_text::chain;
use videogen_types::Observer;

use super::servers::LlmServers;
use super::writer::{LlmWriter, ScriptError};
use super::{ScriptRequest, Written};

/// Between two questions to a server that was away.
const BETWEEN: Duration = Duration::from_secs(1);

/// Has scripts written one after the other, and waits for a server that is away, restarting or busy: once for a run, as
/// long as the servers' options say.
#[derive(Debug)]
pub struct PatientWriter<'a> {
    servers: &'a LlmServers,
    /// Whether a server was waited for in vain: no script after that waits again.
    given_up: AtomicBool,
}

impl<'a> PatientWriter<'a> {
    /// Begins with patience for `servers`.
    pub fn new(servers: &'a LlmServers) -> Self {
        Self {
            servers,
            given_up: AtomicBool::new(false),
        }
    }

    /// Has a script written by `writer`, which asks these servers; `by_name` says whether a language model was asked for by
    /// name. `observer` hears how far it is, and that a server is waited for.
    ///
    /// # Errors
    /// As [`ScriptWriter::write`](crate::ScriptWriter::write).
    ///
    /// # Cancellation
    /// As [`ScriptWriter::write`](crate::ScriptWriter::write); waiting ends as well.
    pub async fn write(
        &self,
        writer: &LlmWriter,
        wish: &ScriptRequest,
        by_name: bool,
        observer: &dyn Observer,
        cancel: &CancellationToken,
    ) -> Result<Written, ScriptError> {
        let mut until = None;
        loop {
            let given_up = self.given_up.load(Ordering::Relaxed);
            let asking = if given_up { &writer.at_once() } else { writer };
            let error = match asking.asked(wish, observer, cancel).await {
                Ok(written) => return Ok(written),
                Err(error) => error,
            };
            if error.is_settings() {
                // A server that is left alone for that is not away.
                self.given_up.store(true, Ordering::Relaxed);
            }
            if given_up || !error.is_away() {
                return Err(error);
            }
            let longest = self.servers.longest_wait(by_name);
            let until = *until.get_or_insert_with(|| {
                observer.warn(format!(
                    "no language model server can be asked now; waiting for one, at most {} s: {}",
                    longest.as_secs(),
                    chain(&error)
                ));
                Instant::now() + longest
            });
            let left = until.saturating_duration_since(Instant::now());
            let is_there = !left.is_zero() && writer.models().wait_for_one(left, cancel).await;
            // One that is there and too busy to answer is not asked without pause.
            let pause = tokio::time::sleep(BETWEEN.min(left));
            tokio::select! {
                () = cancel.cancelled() => {}
                () = pause => {}
            }
            if !is_there && !cancel.is_cancelled() {
                self.given_up.store(true, Ordering::Relaxed);
                return Err(error);
            }
        }
    }

    /// Waits before scripts that failed are asked for again: a server that is left alone may have been the better one.
    pub async fn wait_for_another(
        &self,
        writer: &LlmWriter,
        by_name: bool,
        cancel: &CancellationToken,
    ) {
        if !self.given_up.load(Ordering::Relaxed) {
            let longest = self.servers.longest_wait(by_name);
            writer.models().wait_for_another(longest, cancel).await;
        }
    }
}
