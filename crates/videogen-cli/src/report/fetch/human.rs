//! Events for a person at a terminal: a bar for each asset that comes, a line for each that is here.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use console::Style;
use indicatif::ProgressBar;
use videogen_types::FetchEvent;

use super::{FetchReport, outcome, progress};
use crate::render_error::sentence;
use crate::report::human::style;
use crate::report::words::seconds;
use crate::screen::Screen;
use crate::wrap::{shorten, wrap};

/// Columns of a name. Longer ones are shortened while they have a bar.
const NAME: usize = 22;
/// Columns of a line that its message does not have: spinner, name, bar, percentage, and the spaces between them.
const BESIDE: usize = 2 + 2 + NAME + 1 + BAR + 1 + 6 + 1;
/// Columns of a bar.
const BAR: usize = 10;
/// The same where the size is not known: spinner and name.
const BESIDE_UNSIZED: usize = 2 + 2 + NAME + 1;

/// Draws on a terminal.
pub(crate) struct HumanFetch {
    screen: Screen,
    bars: Mutex<BTreeMap<String, ProgressBar>>,
}

impl HumanFetch {
    pub(crate) fn new(screen: Screen) -> Self {
        Self {
            screen,
            bars: Mutex::default(),
        }
    }

    fn bars(&self) -> MutexGuard<'_, BTreeMap<String, ProgressBar>> {
        self.bars.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// As much of what is known as fits into `columns`.
    fn fitting(parts: &[String], columns: usize) -> String {
        let all = (1..=parts.len()).rev().map(|n| parts[..n].join("  "));
        let fits = |text: &String| console::measure_text_width(text) <= columns;
        all.into_iter().find(fits).unwrap_or_default()
    }

    fn advance(&self, asset: &str, received: u64, size: Option<u64>, parts: &[String]) {
        let mut bars = self.bars();
        let bar = bars.entry(asset.to_owned()).or_insert_with(|| {
            let bar = self.screen.add(ProgressBar::new(size.unwrap_or_default()));
            bar.set_style(style(&if size.is_some() {
                format!("  {{spinner}} {{prefix}} {{bar:{BAR}}} {{percent:>3}} %  {{msg}}")
            } else {
                "  {spinner} {prefix} {msg}".to_owned()
            }));
            bar.set_prefix(format!("{:<NAME$}", shorten(asset, NAME)));
            bar
        });
        bar.set_position(received);
        let columns = self.screen.width().unwrap_or(80);
        let beside = if size.is_some() {
            BESIDE
        } else {
            BESIDE_UNSIZED
        };
        bar.set_message(Self::fitting(parts, columns.saturating_sub(beside)));
    }

    fn end(&self, asset: &str) {
        if let Some(bar) = self.bars().remove(asset) {
            self.screen.remove(&bar);
        }
    }

    /// A label in a style and text that is wrapped behind it.
    fn labelled(&self, style: &Style, label: &str, text: &str) {
        let indent = console::measure_text_width(label) + 1;
        let text = wrap(sentence(text), self.screen.width(), indent, indent);
        let label = self.screen.paint(style, label);
        self.screen.print(&format!("{label} {text}"));
    }
}

impl FetchReport for HumanFetch {
    fn event(&self, event: &FetchEvent) {
        match event {
            FetchEvent::AssetProgress {
                asset,
                received,
                size,
                bytes_per_second,
                eta_s,
            } => {
                let parts = progress(*received, *size, *bytes_per_second, *eta_s);
                self.advance(asset, *received, *size, &parts);
            }
            FetchEvent::AssetActivity { asset, message } => {
                let text = format!("{asset}: {message}");
                self.labelled(&Style::new().dim(), "  …", &text);
            }
            FetchEvent::AssetWarning { asset, message } => {
                let text = format!("{asset}: {message}");
                self.labelled(&Style::new().yellow(), "  warning:", &text);
            }
            FetchEvent::AssetInstalled {
                asset,
                reused,
                seconds: took,
                ..
            } => {
                self.end(asset);
                let text = if *reused {
                    format!("{asset}, here already")
                } else {
                    format!("{asset} ({})", seconds(*took))
                };
                self.labelled(&Style::new().green(), "  ✓", &text);
            }
            FetchEvent::AssetFailed {
                asset,
                message,
                hint,
            } => {
                self.end(asset);
                let text = format!("{asset}: {message}");
                self.labelled(&Style::new().red().bold(), "error:", &text);
                if let Some(hint) = hint {
                    self.labelled(&Style::new().cyan().bold(), "hint:", hint);
                }
            }
            FetchEvent::FetchFinished { .. } => {
                let open = std::mem::take(&mut *self.bars());
                for bar in open.into_values() {
                    self.screen.remove(&bar);
                }
                self.screen.restore();
                if let Some(outcome) = outcome(event) {
                    self.screen.print(&outcome);
                }
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_does_not_fit_is_left_out_from_the_end() {
        let parts = ["30.4 of 63.2 MB", "5.1 MB/s", "6 s left"].map(str::to_owned);
        let fitting = |columns| HumanFetch::fitting(&parts, columns);
        assert_eq!(fitting(80 - BESIDE), "30.4 of 63.2 MB  5.1 MB/s  6 s left");
        assert_eq!(fitting(30), "30.4 of 63.2 MB  5.1 MB/s");
        assert_eq!(fitting(16), "30.4 of 63.2 MB");
        assert_eq!(fitting(3), "");
    }
}
