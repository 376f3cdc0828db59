//! The seam that other crates know: something that has assets, wherever it takes them from.

use std::fmt;
use std::future::Future;
use std::pin::Pin;

use camino::Utf8PathBuf;
use tokio_util::sync::CancellationToken;
use videogen_types::{Observer, Unobserved};

use crate::registry::{Asset, AssetId, AssetKind};

/// A future on the heap, so that traits with asynchronous methods can be used behind a pointer.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// An asset that is here, whole and verified.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Installed {
    /// The asset.
    pub asset: Asset,
    /// Its files, in the asset's order.
    pub files: Vec<Utf8PathBuf>,
}

/// Is told while an asset is fetched: the progress of [`Observer`] is over all of its bytes.
pub trait FetchObserver: Observer {
    /// Hears the bytes that are here, of how many, and how fast they come, in bytes a second.
    fn bytes(&self, here: u64, of: Option<u64>, per_second: f64) {
        let _ = (here, of, per_second);
    }
}

impl FetchObserver for Unobserved {}

/// Why an asset could not be had.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SourceError {
    /// Nothing has that name.
    #[error("there is no asset {id}")]
    Unknown {
        /// The name.
        id: String,
        /// Names most like it, best first.
        nearest: Vec<String>,
    },
    /// It was cancelled.
    #[error("cancelled")]
    Cancelled,
}

/// Has assets, or fetches them.
pub trait AssetSource: fmt::Debug + Send + Sync {
    /// Returns the assets of a kind that can be had, in the order of their ids.
    fn assets(&self, kind: AssetKind) -> Vec<Asset>;

    /// Returns the asset if it is here already, whole and verified; asks no network.
    fn installed(&self, id: &AssetId) -> Option<Installed>;

    /// Returns the asset, fetched if it is not here.
    ///
    /// # Errors
    /// [`SourceError`], with everything that was tried. What has come stays, and the next call goes on from there. Dropping
    /// the future does the same as cancelling.
    fn fetch<'a>(
        &'a self,
        id: &'a AssetId,
        observer: &'a dyn FetchObserver,
        cancel: &'a CancellationToken,
    ) -> BoxFuture<'a, Result<Installed, SourceError>>;
}
