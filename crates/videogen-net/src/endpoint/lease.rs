//! The right to ask an endpoint, and the duty to say how that went.

use std::fmt;
use std::sync::Arc;

use tokio::time::Instant;

use super::Endpoint;
use super::breaker::Outcome;
use super::machine::Ended;
use super::shared::Shared;
use crate::error::{Blame, Blamed};

/// An endpoint that may be asked now. Dropping it without [`Lease::succeed`] or [`Lease::fail`] says that nothing was
/// learnt.
#[must_use = "a lease that is dropped has not been used"]
#[derive(Debug)]
pub struct Lease {
    shared: Arc<Shared>,
    pub(super) index: usize,
    probe: bool,
    /// Since when, where that tells how long work takes.
    started: Option<Instant>,
    /// Whether who has it has failed there before.
    again: bool,
    ended: bool,
}

impl Lease {
    pub(super) fn new(shared: Arc<Shared>, index: usize, probe: bool) -> Self {
        Self {
            shared,
            index,
            probe,
            started: Some(Instant::now()),
            again: false,
            ended: false,
        }
    }

    /// What it takes tells nothing of how long work takes: it is a health probe.
    pub(super) fn unmeasured(mut self) -> Self {
        self.started = None;
        self
    }

    /// Who has it has failed there before: failing again tells nothing new of the endpoint.
    pub(super) fn once_more(mut self) -> Self {
        self.again = true;
        self
    }

    /// The endpoint to ask.
    pub fn endpoint(&self) -> &Endpoint {
        self.shared.endpoint(self.index)
    }

    /// Which of the pool's endpoints it is, counted from 0.
    pub fn index(&self) -> usize {
        self.index
    }

    /// It went well; the time since the lease began counts as what a request takes there.
    pub fn succeed(mut self) {
        self.end(Outcome::Success, None);
    }

    /// It failed.
    pub fn fail<E: Blamed + fmt::Display>(mut self, error: &E) {
        let outcome = Outcome::Failure {
            blame: error.blame(),
            retry_after: error.retry_after(),
        };
        self.end(outcome, Some(&error.to_string()));
    }

    /// It did not end in time; `is_moving` while its answer was still coming.
    pub(super) fn overran(mut self, is_moving: bool) {
        let blame = if is_moving { Blame::Slow } else { Blame::Fault };
        let outcome = Outcome::Failure {
            blame,
            retry_after: None,
        };
        self.end(outcome, Some("not finished in time"));
    }

    fn end(&mut self, outcome: Outcome, error: Option<&str>) {
        self.ended = true;
        let took = self.started.map(|started| started.elapsed());
        let ended = Ended {
            probe: self.probe,
            again: self.again,
            outcome,
            took,
        };
        self.shared.end(self.index, ended, error);
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        if !self.ended {
            self.end(Outcome::Abandoned, None);
        }
    }
}
