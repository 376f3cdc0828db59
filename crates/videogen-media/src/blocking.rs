//! Work that computes for long, or waits for a disk, on threads that may.

use crate::Error;

/// Runs work that blocks off the async threads. A panic in it is passed on.
pub(crate) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, Error> + Send + 'static,
) -> Result<T, Error> {
    match tokio::task::spawn_blocking(work).await {
        Ok(result) => result,
        Err(failed) if failed.is_panic() => std::panic::resume_unwind(failed.into_panic()),
        // The runtime shuts down.
        Err(_) => Err(Error::Cancelled),
    }
}
