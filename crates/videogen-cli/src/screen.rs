//! Standard error as a screen: whether it is a terminal, how wide, with colour or without, and lines that do not
//! collide with progress bars.

use std::io::{self, IsTerminal};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use console::Style;
use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget};

use crate::canvas::Canvas;
use crate::ink;
use crate::render_error::Failure;
use crate::sink::{Frame, Sink};
use crate::stream;

/// Narrower terminals get lines that are too long rather than one word each.
const NARROWEST: u16 = 40;
/// Wider than this, lines are hard to read.
const WIDEST: u16 = 100;

/// How often a spinner turns.
const TICK: Duration = Duration::from_millis(120);
/// How often bars are drawn at most, in a second.
const DRAWN: u8 = 20;

/// Bytes that wait for whoever reads standard error: some thousand lines. Older ones are left out.
const WAITING: usize = 256 << 10;
/// At the end, a reader that takes nothing for this long is not waited for any more…
const STILL: Duration = Duration::from_secs(3);
/// …and one that takes little gets so long in all.
const LAST_WORDS: Duration = Duration::from_secs(10);
/// When the program has to end at once: so long, for the terminal to look as it did.
const AT_ONCE: Duration = Duration::from_millis(100);

/// Standard error. Clones are the same screen. Nothing that happens to it holds up or ends the work: not that it is
/// closed or full, nor that its reader stands still, nor that the terminal is gone.
#[derive(Debug, Clone)]
pub(crate) struct Screen(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    terminal: bool,
    colour: bool,
    sink: Sink,
    bars: Mutex<Option<MultiProgress>>,
    /// The bars whose spinners turn, and whether a thread turns them.
    turning: Mutex<(Vec<ProgressBar>, bool)>,
}

impl Screen {
    /// The screen of this process. Colour is used on a terminal unless `NO_COLOR` is set to something
    /// (<https://no-color.org>) or `TERM` is `dumb`; a dumb terminal counts as none.
    pub(crate) fn of_stderr() -> Self {
        let dumb = std::env::var_os("TERM").is_some_and(|term| term == "dumb");
        let no_color = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
        let terminal = io::stderr().is_terminal() && !dumb;
        let colour = terminal && !no_color;
        // Made now, so that nobody waits for it in a panic.
        ink::mark();
        // For the parts of `indicatif` and `dialoguer` that choose colours themselves.
        console::set_colors_enabled_stderr(colour);
        console::set_colors_enabled(io::stdout().is_terminal() && !dumb && !no_color);
        Self(Arc::new(Inner {
            terminal,
            colour,
            sink: Sink::new(Some(WAITING), stream::stderr(), stream::output_is_unwanted),
            bars: Mutex::default(),
            turning: Mutex::default(),
        }))
    }

    /// From now on nobody waits for who reads: a thread of its own writes. Before, whoever prints waits, which is what
    /// a program without work to be ended in order should do.
    ///
    /// # Errors
    /// The operating system refuses the thread.
    pub(crate) fn detach(&self) -> Result<(), Failure> {
        self.0
            .sink
            .start()
            .map_err(|e| Failure::machine("a thread cannot be started").caused_by(&e))
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
            ink::paint(style, text)
        } else {
            text.to_owned()
        }
    }

    /// Writes lines above the bars. What others put into them cannot steer the terminal.
    pub(crate) fn print(&self, text: &str) {
        self.0.sink.print(bytes(text));
    }

    /// As [`Screen::print`], without waiting for anything, not even for a lock: in a panic, or when the program has to
    /// end. It may not be printed.
    pub(crate) fn print_at_once(&self, text: &str) {
        self.0.sink.print_at_once(bytes(text));
    }

    /// Waits, for some seconds at most, until everything that was printed is written. Before a question is asked, and
    /// at the end.
    pub(crate) fn finish(&self) {
        self.0.sink.drain(STILL, Instant::now() + LAST_WORDS);
    }

    /// Adds a bar below the others. Its spinner turns until [`Screen::remove`]; where there is no terminal, it is hidden.
    pub(crate) fn add(&self, bar: ProgressBar) -> ProgressBar {
        if !self.0.terminal {
            return ProgressBar::hidden();
        }
        let bar = self.bars().add(bar);
        let mut turning = self.turning();
        turning.0.push(bar.clone());
        if !turning.1 {
            let screen = self.clone();
            let thread = thread::Builder::new().name("spinners".into());
            // Without this thread bars move when something is told of them.
            turning.1 = thread.spawn(move || screen.turn()).is_ok();
        }
        bar
    }

    /// Takes a bar away.
    pub(crate) fn remove(&self, bar: &ProgressBar) {
        bar.finish_and_clear();
        self.turning().0.retain(|bar| !bar.is_finished());
        if self.0.terminal {
            self.bars().remove(bar);
        }
    }

    fn turn(&self) {
        loop {
            thread::sleep(TICK);
            let bars = {
                let mut turning = self.turning();
                if turning.0.is_empty() {
                    turning.1 = false;
                    return;
                }
                turning.0.clone()
            };
            for bar in bars {
                bar.tick();
            }
        }
    }

    fn turning(&self) -> MutexGuard<'_, (Vec<ProgressBar>, bool)> {
        self.0
            .turning
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    /// The place of progress bars, made on first use.
    fn bars(&self) -> MultiProgress {
        let mut bars = self.0.bars.lock().unwrap_or_else(PoisonError::into_inner);
        bars.get_or_insert_with(|| {
            // A terminal of which nothing is known shows lines, but no movement.
            MultiProgress::with_draw_target(if console::is_dumb() {
                ProgressDrawTarget::hidden()
            } else {
                let canvas = Box::new(Canvas::new(self.0.sink.clone()));
                ProgressDrawTarget::term_like_with_hz(canvas, DRAWN)
            })
        })
        .clone()
    }

    /// Shows that something goes on, until the bar is dropped or taken away. Nothing where there is no terminal.
    pub(crate) fn busy(&self, what: &'static str) -> Busy {
        let bar = self.add(ProgressBar::new_spinner());
        bar.set_message(what);
        Busy(self.clone(), bar)
    }

    /// Takes all bars away.
    pub(crate) fn restore(&self) {
        self.turning().0.clear();
        self.0.sink.show(Frame::default());
    }

    /// Leaves the terminal as it was found, in a tenth of a second and without waiting for any lock: the program ends
    /// now, whatever else it is doing.
    pub(crate) fn abandon(&self) {
        if self.0.terminal {
            self.0.sink.show_at_once(Frame::default());
            // A question may have hidden it.
            self.0.sink.print_at_once(b"\x1b[?25h".to_vec());
            stream::restore_modes();
        }
        self.0.sink.drain_at_once(Instant::now() + AT_ONCE);
    }
}

fn bytes(text: &str) -> Vec<u8> {
    // One piece for each line or block, so that lines of others do not end up in the middle.
    format!("{}\n", ink::rendered(text)).into_bytes()
}

/// A spinner that is there as long as the value.
#[derive(Debug)]
pub(crate) struct Busy(Screen, ProgressBar);

impl Drop for Busy {
    fn drop(&mut self) {
        self.0.remove(&self.1);
    }
}
