//! Standard error as a screen: whether it is a terminal, how wide, with colour or without, and lines that do not
//! collide with progress bars.

use std::io::{self, IsTerminal, Write};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use console::Style;
use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget};

/// Narrower terminals get lines that are too long rather than one word each.
const NARROWEST: u16 = 40;
/// Wider than this, lines are hard to read.
const WIDEST: u16 = 100;

/// How often a spinner turns.
pub(crate) const TICK: Duration = Duration::from_millis(120);

/// Standard error. Clones are the same screen. A closed or full standard error is ignored: it must never end the work.
#[derive(Debug, Clone)]
pub(crate) struct Screen(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    terminal: bool,
    colour: bool,
    bars: Mutex<Option<MultiProgress>>,
}

impl Screen {
    /// The screen of this process. Colour is used on a terminal unless `NO_COLOR` is set to something
    /// (<https://no-color.org>) or `TERM` is `dumb`; a dumb terminal counts as none.
    pub(crate) fn of_stderr() -> Self {
        let dumb = std::env::var_os("TERM").is_some_and(|term| term == "dumb");
        let no_color = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
        let terminal = io::stderr().is_terminal() && !dumb;
        let colour = terminal && !no_color;
        // For the parts of `indicatif` and `dialoguer` that choose colours themselves.
        console::set_colors_enabled_stderr(colour);
        console::set_colors_enabled(io::stdout().is_terminal() && !dumb && !no_color);
        Self(Arc::new(Inner {
            terminal,
            colour,
            bars: Mutex::default(),
        }))
    }

    /// Whether a person sees it.
    pub(crate) fn is_terminal(&self) -> bool {
        self.0.terminal
    }

    /// Columns that text is wrapped at; `None` when it is not a terminal and lines are left as they are.
    pub(crate) fn width(&self) -> Option<usize> {
        if !self.0.terminal {
            return None;
        }
        let columns = console::Term::stderr()
            .size_checked()
            .map_or(80, |(_, columns)| columns);
        Some(usize::from(columns.clamp(NARROWEST, WIDEST)))
    }

    /// Text in a style, or as it is where there is no colour.
    pub(crate) fn paint(&self, style: &Style, text: &str) -> String {
        if self.0.colour {
            style.clone().force_styling(true).apply_to(text).to_string()
        } else {
            text.to_owned()
        }
    }

    /// Writes lines above the bars.
    pub(crate) fn print(&self, text: &str) {
        self.suspended(|| {
            let mut stderr = io::stderr().lock();
            // One write for each line or block, so that lines of others do not end up in the middle.
            let _ = stderr.write_all(format!("{text}\n").as_bytes());
            let _ = stderr.flush();
        });
    }

    /// Runs `write` while no bar is drawn.
    pub(crate) fn suspended<T>(&self, write: impl FnOnce() -> T) -> T {
        let bars = self
            .0
            .bars
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone();
        match bars {
            Some(bars) => bars.suspend(write),
            None => write(),
        }
    }

    /// The place of progress bars, made on first use.
    pub(crate) fn bars(&self) -> MultiProgress {
        let mut bars = self.0.bars.lock().unwrap_or_else(PoisonError::into_inner);
        bars.get_or_insert_with(|| MultiProgress::with_draw_target(ProgressDrawTarget::stderr()))
            .clone()
    }

    /// Shows that something goes on, until the bar is dropped or taken away. Nothing where there is no terminal.
    pub(crate) fn busy(&self, what: &'static str) -> Busy {
        let bar = if self.0.terminal {
            self.bars().add(ProgressBar::new_spinner())
        } else {
            ProgressBar::hidden()
        };
        bar.set_message(what);
        bar.enable_steady_tick(TICK);
        Busy(bar)
    }

    /// Takes all bars away and shows the cursor.
    pub(crate) fn restore(&self) {
        let bars = self
            .0
            .bars
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        if let Some(bars) = bars {
            let _ = bars.clear();
        }
        if self.0.terminal {
            let _ = console::Term::stderr().show_cursor();
        }
    }
}

/// A spinner that is there as long as the value.
#[derive(Debug)]
pub(crate) struct Busy(ProgressBar);

impl Drop for Busy {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}
