//! Diagnostics for developers, on standard error.

use std::io::{self, Write};

use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::MakeWriter;

use crate::render_error::Failure;
use crate::screen::Screen;

/// Starts logging: warnings; with `-v` what the crates of videogen do, with `-vv` in detail; or what `filter`
/// (`VIDEOGEN_LOG`) says.
///
/// # Errors
/// The filter is not one.
pub(crate) fn start(screen: &Screen, verbose: u8, filter: Option<&str>) -> Result<(), Failure> {
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
    let subscriber = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_ansi(screen.is_terminal() && console::colors_enabled_stderr())
        .with_target(true)
        .without_time()
        .log_internal_errors(false)
        .with_writer(Log(screen.clone()))
        .finish();
    // Only a second call could fail; there is one.
    let _ = tracing::subscriber::set_global_default(subscriber);
    Ok(())
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
        self.0.suspended(|| io::stderr().write_all(bytes))?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
