//! The seam that other crates know: something that has assets, wherever it takes them from.

use std::fmt;
use std::future::Future;
use std::pin::Pin;

use camino::Utf8PathBuf;
use tokio_util::sync::CancellationToken;

use crate::observer::FetchObserver;
use crate::registry::{Asset, AssetId, AssetKind};
use crate::source_error::SourceError;

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

    /// Removes an asset that turned out to be of no use, and what is noted of its files: what comes the next time may be
    /// another one. Nothing happens where it is not here.
    ///
    /// # Errors
    /// It is in use elsewhere, or cannot be removed.
    fn forget<'a>(&'a self, id: &'a AssetId) -> BoxFuture<'a, Result<(), SourceError>>;
}
