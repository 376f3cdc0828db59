//! A card of this machine, for who has to know whether there is room on it.

use std::fmt;

use videogen_guard::GpuReader;

/// A card of this machine that pictures are painted on.
#[derive(Clone)]
pub struct LocalCard {
    /// The least free memory, in bytes, with which it paints at all.
    pub least: u64,
    /// Whether language models could be asked to leave it: then what is free now says little.
    pub is_shared: bool,
    /// Reads it. Never blocks longer than some seconds; works on threads of a Tokio runtime that may block.
    pub reader: GpuReader,
}

impl fmt::Debug for LocalCard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LocalCard")
            .field("least", &self.least)
            .field("is_shared", &self.is_shared)
            .finish_non_exhaustive()
    }
}
