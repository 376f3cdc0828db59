//! Who is told while something is fetched.

use videogen_types::{Observer, Unobserved};

/// Is told while an asset is fetched: the progress of [`Observer`] is over all of its bytes.
pub trait FetchObserver: Observer {
    /// Hears the bytes that are here, of how many, and how fast they come, in bytes a second.
    fn bytes(&self, here: u64, of: Option<u64>, per_second: f64) {
        let _ = (here, of, per_second);
    }
}

impl FetchObserver for Unobserved {}
