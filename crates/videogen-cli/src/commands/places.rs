//! Where batches and what they are made of are kept between runs.

use std::sync::Arc;

use camino::Utf8PathBuf;
use videogen_core::{Batches, batches};
use videogen_durable::{RealEffects, Store, StoreLimits};
use videogen_types::ByteSize;

use super::{Context, temp_dir};
use crate::render_error::Failure;
use crate::screen::Screen;
use crate::settings::Settings;

/// The directories of a user; without a home, directories of the temporary one.
#[derive(Debug, Clone)]
pub(crate) struct Places {
    state: Utf8PathBuf,
    cache: Utf8PathBuf,
}

impl Places {
    /// # Errors
    /// There is no home, and the path of the temporary directory is not UTF-8.
    pub(crate) fn of(context: &Context) -> Result<Self, Failure> {
        let around = &context.around;
        let place = |home: &Option<Utf8PathBuf>, name: &str| -> Result<_, Failure> {
            match home {
                Some(home) => Ok(home.join("videogen")),
                None => Ok(temp_dir()?.join(name)),
            }
        };
        Ok(Self {
            state: place(&around.state_home, "videogen-state")?,
            cache: place(&around.cache_home, "videogen-cache")?,
        })
    }

    /// The batches.
    pub(crate) fn batches(&self) -> Batches {
        batches(
            self.state.join("batches"),
            // Beside the journals: who has one has the other.
            self.state.join("work"),
            Arc::new(RealEffects),
        )
    }

    /// How long stages take on this machine.
    pub(crate) fn history_file(&self) -> Utf8PathBuf {
        self.state.join("history.json")
    }

    /// What earlier pictures taught about graphics cards.
    pub(crate) fn gpu_history_file(&self) -> Utf8PathBuf {
        self.state.join("gpu.json")
    }

    /// The locks of this machine's graphics cards.
    pub(crate) fn leases_dir(&self) -> Utf8PathBuf {
        self.state.join("cards")
    }

    /// What programs write that are started for a run.
    pub(crate) fn log_dir(&self) -> Utf8PathBuf {
        self.state.join("log")
    }

    /// Where the cache is.
    pub(crate) fn store_dir(&self) -> Utf8PathBuf {
        self.cache.join("store")
    }

    /// The cache, as large as the settings allow; without one videos are made all the same, which is told.
    pub(crate) fn store(&self, settings: &Settings, screen: &Screen) -> Option<Arc<Store>> {
        let limits = cache_limits(settings);
        if limits.bytes == 0 {
            return None;
        }
        match Store::open(&self.store_dir(), limits, Arc::new(RealEffects)) {
            Ok(store) => Some(Arc::new(store)),
            Err(error) => {
                let failure = Failure::from(&error);
                let told = Failure {
                    message: format!("there is no cache: {}", failure.message),
                    ..failure
                };
                screen.print(&told.warning(screen));
                None
            }
        }
    }
}

/// How much the cache may hold.
pub(crate) fn cache_limits(settings: &Settings) -> StoreLimits {
    StoreLimits {
        bytes: settings.required::<ByteSize>("cache_limit").get(),
        ..StoreLimits::default()
    }
}
