//! The seam every lasting change goes through, so that tests can fail or end the process at each of them.

use std::fmt;
use std::io;

use camino::Utf8Path;

/// A change that outlives the process, or that other programs see.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Effect<'a> {
    /// A file is created or written to.
    Write(&'a Utf8Path),
    /// A file or directory is flushed to disk.
    Sync(&'a Utf8Path),
    /// A file gets its final name.
    Rename(&'a Utf8Path),
    /// A file or directory is removed.
    Remove(&'a Utf8Path),
    /// A stage begins its outside work: a process, a request.
    Work(&'a str),
}

/// Told of each [`Effect`] before it happens.
pub trait Effects: fmt::Debug + Send + Sync {
    /// Lets `effect` happen, or refuses it with the error that it would have had.
    ///
    /// # Errors
    /// Whatever a test wants to happen; never in the real one.
    fn before(&self, effect: Effect<'_>) -> io::Result<()>;
}

/// Lets everything happen.
#[derive(Debug, Clone, Copy, Default)]
pub struct RealEffects;

impl Effects for RealEffects {
    fn before(&self, _: Effect<'_>) -> io::Result<()> {
        Ok(())
    }
}
