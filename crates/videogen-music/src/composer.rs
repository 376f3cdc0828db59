//! Who composes: a trait, and the built-in composer.

use std::fmt;
use std::pin::Pin;

use tokio_util::sync::CancellationToken;
use videogen_types::{Genre, Observer, Seed};

use crate::builtin::{Bed, compose, describe};

/// A boxed future.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// What is to be played.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MusicRequest {
    /// The mood.
    pub genre: Genre,
    /// Which of the many possible beds.
    pub seed: Seed,
}

/// Why nothing was composed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum MusicError {
    /// A composer failed in a way of its own.
    #[error("{by} did not compose: {reason}")]
    Failed {
        /// The id of the composer.
        by: String,
        /// What went wrong, in a few words.
        reason: String,
    },
    /// The caller's token fired.
    #[error("cancelled")]
    Cancelled,
}

impl MusicError {
    /// Returns whether it is only that somebody cancelled.
    pub fn is_cancelled(&self) -> bool {
        matches!(self, Self::Cancelled)
    }
}

/// Composes what plays under a narration.
pub trait Composer: fmt::Debug + Send + Sync {
    /// Returns a stable name for manifests, such as `builtin`.
    fn id(&self) -> &str;

    /// Returns under which terms its music may be published, for manifests.
    #[expect(
        clippy::unnecessary_literal_bound,
        reason = "that of a composer may be a text of its own"
    )]
    fn licence(&self) -> &str {
        "unknown: of a composer of yours"
    }

    /// Returns in a few words what it would play.
    fn describe(&self, request: &MusicRequest) -> String;

    /// Composes a bed that can be looped without a seam. `observer` hears how far it is.
    ///
    /// # Errors
    /// Whatever the composer meets; [`MusicError::Cancelled`] after `cancel` fired.
    fn compose<'a>(
        &'a self,
        request: &'a MusicRequest,
        observer: &'a dyn Observer,
        cancel: &'a CancellationToken,
    ) -> BoxFuture<'a, Result<Bed, MusicError>>;
}

/// Composes and synthesises a bed from a seed, see [`compose`]: the composer that needs neither files nor a service.
#[derive(Debug, Clone, Copy, Default)]
pub struct BuiltinComposer;

impl Composer for BuiltinComposer {
    fn id(&self) -> &'static str {
        "builtin"
    }

    fn licence(&self) -> &'static str {
        "CC0-1.0: synthesised by videogen"
    }

    fn describe(&self, request: &MusicRequest) -> String {
        describe(request.genre, request.seed)
    }

    fn compose<'a>(
        &'a self,
        request: &'a MusicRequest,
        observer: &'a dyn Observer,
        cancel: &'a CancellationToken,
    ) -> BoxFuture<'a, Result<Bed, MusicError>> {
        let (MusicRequest { genre, seed }, stop) = (*request, cancel.clone());
        Box::pin(async move {
            let composing = move || compose(genre, seed, &|| stop.is_cancelled());
            match tokio::task::spawn_blocking(composing).await {
                Ok(Some(bed)) => {
                    observer.progress(1.0);
                    Ok(bed)
                }
                Err(failed) if failed.is_panic() => std::panic::resume_unwind(failed.into_panic()),
                // Stopped, or the runtime shuts down.
                Ok(None) | Err(_) => Err(MusicError::Cancelled),
            }
        })
    }
}
