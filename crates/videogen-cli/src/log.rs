//! Diagnostics for developers, on standard error and in a file that is rotated.

use std::io::{self, Write};
use std::sync::Arc;

use camino::Utf8Path;
use console::Style;
use tracing_subscriber::fmt::{self, MakeWriter};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::{EnvFilter, Layer};
use videogen_durable::RealEffects;
use videogen_telemetry::RotatingLog;
use videogen_text::shown;

use crate::ink::LONGEST;
use crate::render_error::Failure;
use crate::screen::Screen;

/// Starts logging: warnings; with `-v` what the crates of videogen do, with `-vv` in detail; or what `filter`
/// (`VIDEOGEN_LOG`) says. What matters is also kept in `directory`, 20 MiB at most.
///
/// # Errors
/// The filter is not one.
pub(crate) fn start(
    screen: &Screen,
    verbose: u8,
    filter: Option<&str>,
    directory: Option<&Utf8Path>,
) -> Result<(), Failure> {
    let filter = filter.unwrap_or(match verbose {
        0 => "warn",
        1 => "warn,videogen=info",
        2 => "info,videogen=debug",
        _ => "debug,videogen=trace",
    });
    let filter = EnvFilter::try_new(filter).map_err(|e| {
        Failure::config(format!(
            "`{filter}` is not a log filter (environment variable VIDEOGEN_LOG)"
        ))
        .caused_by(&e)
        .hint("filters look like `info` or `videogen_core=debug,warn`")
    })?;
    let shown = fmt::layer()
        .with_ansi(false)
        .with_target(true)
        .without_time()
        .log_internal_errors(false)
        .with_writer(Log(screen.clone()))
        .with_filter(filter);
    // For whoever asks the next morning what happened in the night.
    let kept = directory.map(|directory| {
        let log = RotatingLog::new(directory, Arc::new(RealEffects));
        fmt::layer()
            .with_ansi(false)
            .log_internal_errors(false)
            .with_writer(move || Kept(log.clone()))
            .with_filter(EnvFilter::new("warn,videogen=info"))
    });
    let subscriber = tracing_subscriber::registry().with(kept).with(shown);
    // Only a second call could fail; there is one.
    let _ = tracing::subscriber::set_global_default(subscriber);
    Ok(())
}

/// A record as one line that steers no terminal: what is quoted in it comes from servers, programs and files.
fn record(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(bytes);
    shown(text.trim_end(), LONGEST).into_owned()
}

/// How a level looks on a terminal.
fn style(level: &str) -> Style {
    match level {
        "ERROR" => Style::new().red(),
        "WARN" => Style::new().yellow(),
        "INFO" => Style::new().green(),
        "DEBUG" => Style::new().blue(),
        _ => Style::new().magenta(),
    }
}

/// Keeps each record in the file.
struct Kept(RotatingLog);

impl Write for Kept {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0
            .write_all(format!("{}\n", record(bytes)).as_bytes())?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

/// Writes each record above the progress bars.
struct Log(Screen);

impl<'a> MakeWriter<'a> for Log {
    type Writer = &'a Self;
    fn make_writer(&'a self) -> &'a Self {
        self
    }
}

impl Write for &Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let text = record(bytes);
        // Without a time the level comes first.
        let level = text.split_whitespace().next().unwrap_or_default();
        let painted = self.0.paint(&style(level), level);
        self.0.print(&text.replacen(level, &painted, 1));
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
