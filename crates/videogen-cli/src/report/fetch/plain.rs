//! Events as plain lines, for logs and pipes: few of them.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use videogen_text::shown;
use videogen_types::FetchEvent;

use super::{FetchReport, outcome, progress};
use crate::ink::LONGEST;
use crate::report::words::seconds;

/// Progress is told each time this part of an asset is here.
const QUARTER: f64 = 0.25;

/// Writes lines with `write`.
pub(crate) struct PlainFetch<F> {
    write: F,
    /// Quarters of each asset that were told.
    told: Mutex<BTreeMap<String, u64>>,
}

impl<F> PlainFetch<F> {
    pub(crate) fn new(write: F) -> Self {
        Self {
            write,
            told: Mutex::default(),
        }
    }

    fn lines(&self, event: &FetchEvent) -> Vec<String> {
        match event {
            FetchEvent::AssetProgress {
                asset,
                received,
                size: Some(size),
                bytes_per_second,
                eta_s,
            } if *size > 0 => {
                let fraction = *received as f64 / *size as f64;
                let quarter = (fraction / QUARTER) as u64;
                let mut told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
                let told = told.entry(asset.clone()).or_default();
                // The end of an asset has its own line.
                if quarter <= *told || quarter >= 4 {
                    return Vec::new();
                }
                *told = quarter;
                let parts = progress(*received, Some(*size), *bytes_per_second, *eta_s);
                let percent = (fraction * 100.0) as u64;
                vec![format!("{asset}: {percent} %, {}", parts.join(", "))]
            }
            FetchEvent::AssetActivity { asset, message } => vec![format!("{asset}: {message}")],
            FetchEvent::AssetWarning { asset, message } => {
                vec![format!("warning: {asset}: {message}")]
            }
            FetchEvent::AssetInstalled {
                asset,
                reused,
                seconds: took,
                ..
            } => vec![if *reused {
                format!("{asset}: here already")
            } else {
                format!("{asset}: here ({})", seconds(*took))
            }],
            FetchEvent::AssetFailed {
                asset,
                message,
                hint,
            } => {
                let mut lines = vec![format!("error: {asset}: {message}")];
                lines.extend(hint.as_ref().map(|hint| format!("hint: {hint}")));
                lines
            }
            other => outcome(other).into_iter().collect(),
        }
    }
}

impl<F: Fn(&str) + Send + Sync> FetchReport for PlainFetch<F> {
    fn event(&self, event: &FetchEvent) {
        for line in self.lines(event) {
            // One line is one line, whatever stands in a message.
            (self.write)(&shown(&line, LONGEST));
        }
    }
}
