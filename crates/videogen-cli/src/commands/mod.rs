//! What each command does.

pub(crate) mod assets;
pub(crate) mod batches;
pub(crate) mod cache;
pub(crate) mod completions;
pub(crate) mod config;
pub(crate) mod doctor;
pub(crate) mod generate;
pub(crate) mod improve;
pub(crate) mod make;
pub(crate) mod places;
pub(crate) mod plan;
pub(crate) mod resume;
pub(crate) mod setup;
pub(crate) mod status;
pub(crate) mod voices;
pub(crate) mod write;

use std::time::Instant;

use camino::Utf8PathBuf;
use console::Style;

use crate::render_error::Failure;
use crate::screen::Screen;
use crate::settings::{Environment, Layer, Settings};
use crate::wrap::wrap;

/// What every command works with.
#[derive(Debug)]
pub(crate) struct Context {
    /// Standard error.
    pub(crate) screen: Screen,
    /// Environment and directories.
    pub(crate) around: Environment,
    /// The file named with `--config`.
    pub(crate) config: Option<String>,
    /// How often `-v` was given.
    pub(crate) verbose: u8,
    /// When the program started.
    pub(crate) started: Instant,
}

impl Context {
    /// The settings, with those of the command line on top.
    ///
    /// # Errors
    /// See [`Settings::load`].
    pub(crate) fn settings(&self, flags: Layer) -> Result<Settings, Failure> {
        Settings::load(&self.around, self.config.as_deref(), flags)
    }

    /// The absolute path that was given with `flag`.
    ///
    /// # Errors
    /// It is no path of a file of this machine.
    pub(crate) fn path(&self, flag: &str, text: &str) -> Result<Utf8PathBuf, Failure> {
        let resolved = self.around.paths().resolve(text);
        resolved.map_err(|wrong| wrong.of(flag))
    }

    /// Tells people what they should know.
    pub(crate) fn warn(&self, warning: &str) {
        let label = self.screen.paint(&Style::new().yellow(), "warning:");
        let text = wrap(warning, self.screen.width(), 9, 9);
        self.screen.print(&format!("{label} {text}"));
    }

    /// The layer of flags: setting, flag, value.
    ///
    /// # Errors
    /// A value is not allowed.
    pub(crate) fn flags(
        &self,
        given: impl IntoIterator<Item = (&'static str, &'static str, String)>,
    ) -> Result<Layer, Failure> {
        use crate::settings::{Origin, Value, key::Key, layer_value};
        let mut layer = Layer::new();
        for (name, flag, text) in given {
            let key = Key::find(name).expect("flags name settings of the table, as a test shows");
            let value = layer_value(
                key,
                Value::One(text),
                self.around.paths(),
                Origin::Flag(flag),
            )
            .map_err(|wrong| wrong.of(flag))?;
            layer.insert(key.name, value);
        }
        Ok(layer)
    }
}

/// The directory for files that live only as long as the work.
///
/// # Errors
/// Its path is not UTF-8.
pub(crate) fn temp_dir() -> Result<Utf8PathBuf, Failure> {
    Utf8PathBuf::from_path_buf(std::env::temp_dir()).map_err(|path| {
        Failure::config(format!(
            "the path of the temporary directory is not valid UTF-8: {}",
            path.display()
        ))
        .hint("set TMPDIR to another directory")
    })
}

/// The runtime, for the commands that need one. When it is dropped, nothing is waited for: what still runs on its threads
/// belongs to nobody any more.
#[derive(Debug)]
pub(crate) struct Runtime(Option<tokio::runtime::Runtime>);

impl Runtime {
    /// Waits for `work`.
    pub(crate) fn block_on<F: Future>(&self, work: F) -> F::Output {
        let runtime = self.0.as_ref();
        runtime
            .expect("it is there until it is dropped")
            .block_on(work)
    }
}

impl Drop for Runtime {
    fn drop(&mut self) {
        if let Some(runtime) = self.0.take() {
            runtime.shutdown_background();
        }
    }
}

/// Starts the runtime and the threads that compute.
///
/// # Errors
/// The operating system refuses threads or descriptors.
pub(crate) fn runtime() -> Result<Runtime, Failure> {
    crate::limits::threads()
        .map(|runtime| Runtime(Some(runtime)))
        .map_err(|e| {
            Failure::machine("the work cannot be started")
                .caused_by(&e)
                .hint("end other programs, or raise the limits of processes, files and address space (`ulimit -u`, `ulimit -n`, `ulimit -v`)")
        })
}
