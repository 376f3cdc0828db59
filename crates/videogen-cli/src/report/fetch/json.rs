//! Events as lines of JSON on standard output. `docs/events.md` describes them.

use std::time::Instant;

use videogen_types::FetchEvent;

use super::FetchReport;
use crate::report::json::timed;

/// Writes lines with `write`.
pub(crate) struct JsonFetch<F> {
    write: F,
    started: Instant,
}

impl<F> JsonFetch<F> {
    pub(crate) fn new(write: F, started: Instant) -> Self {
        Self { write, started }
    }
}

impl<F: Fn(&str) + Send + Sync> FetchReport for JsonFetch<F> {
    fn event(&self, event: &FetchEvent) {
        (self.write)(&timed(event, self.started.elapsed()));
    }
}
