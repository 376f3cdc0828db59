//! Standard output, where data goes. A reader that went away (`| head`) ends the output, not the program.

use std::io::{self, IsTerminal};
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use camino::Utf8Path;
use serde::Serialize;

use crate::ink;
use crate::sink::Sink;
use crate::stream;

/// After the work, a reader that takes nothing for this long is not waited for any more.
const STILL: Duration = Duration::from_secs(5);
/// One that takes something now and then gets so long in all.
const LAST_WORDS: Duration = Duration::from_mins(1);

fn sink() -> &'static Sink {
    static SINK: OnceLock<Sink> = OnceLock::new();
    // Nothing is ever left out: this is what was asked for.
    SINK.get_or_init(|| Sink::new(None, stream::stdout(), || false))
}

/// Standard output for a run that must not wait for its reader: from now on a thread writes.
///
/// # Errors
/// The operating system refuses the thread.
pub(crate) fn detached() -> io::Result<Sink> {
    sink().start()?;
    Ok(sink().clone())
}

/// Waits, for a bounded time, until a run's output is read. Returns whether it was.
pub(crate) fn finish() -> bool {
    sink().drain(STILL, Instant::now() + LAST_WORDS)
}

/// Why something could not be written, when that was not asked for yet. A reader that went away is not among it: it has
/// what it wanted.
pub(crate) fn take_error() -> Option<io::Error> {
    let error = sink().take_error();
    let error = error.filter(|kind| *kind != io::ErrorKind::BrokenPipe);
    error.map(io::Error::from)
}

/// Writes one line for people. What others put into it cannot steer a terminal.
pub(crate) fn line(text: &str) {
    own(&ink::rendered(&text.replace('\n', " ")));
}

/// Writes text of this program itself, as it is.
pub(crate) fn own(text: &str) {
    sink().print(format!("{text}\n").into_bytes());
}

/// Writes a path: exactly, for a program that reads it, or as it can be shown on a terminal.
pub(crate) fn path(path: &Utf8Path) {
    if io::stdout().is_terminal() {
        line(path.as_str());
    } else {
        own(path.as_str());
    }
}

/// Takes lines back from a terminal.
pub(crate) fn take_back(lines: usize) {
    sink().print(format!("\x1b[{lines}A\r\x1b[J").into_bytes());
}

/// Columns that text for people is wrapped at; `None` where it is not a terminal.
pub(crate) fn width() -> Option<usize> {
    console::Term::stdout()
        .size_checked()
        .map(|(_, columns)| usize::from(columns.clamp(40, 100)))
}

/// Writes a value as one line of JSON.
pub(crate) fn json_line(value: &impl Serialize) {
    let json = serde_json::to_string(value);
    own(&ink::json(json.expect(
        "values of this program have text keys and finite numbers",
    )));
}

/// Writes a value as indented JSON.
pub(crate) fn json(value: &impl Serialize) {
    let json = serde_json::to_string_pretty(value);
    own(&ink::json(json.expect(
        "values of this program have text keys and finite numbers",
    )));
}
