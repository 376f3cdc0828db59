//! Who is on a card, as those who share it see each other.

use std::fmt;
use std::time::Duration;

use tokio_util::sync::CancellationToken;
use videogen_types::Machine;

use crate::BoxFuture;
use crate::units::{Bytes, FreeBytes};

/// Whose models are asked to leave.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Whose {
    /// Those that this program had loaded.
    Ours,
    /// All of them.
    Everyones,
}

/// A model in memory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Holding {
    /// Its name, for people.
    pub name: String,
    /// What it holds of the card, where that is known. Zero for one that is in main memory alone.
    pub bytes: Option<Bytes>,
    /// Whether this program had it loaded.
    pub ours: bool,
}

/// A server that holds memory of a card and can be asked to give it back, such as one of language models.
///
/// Every question is bounded by whoever asks it: dropping its future gives it up.
pub trait Occupant: fmt::Debug + Send + Sync {
    /// Names the server in logs, as by its address without secrets.
    fn id(&self) -> String;

    /// The machine it is on; `None` where that cannot be told.
    fn machine(&self) -> Option<Machine>;

    /// The models that are in its memory; `None` where it does not tell.
    fn holdings<'a>(&'a self, cancel: &'a CancellationToken)
    -> BoxFuture<'a, Option<Vec<Holding>>>;

    /// The name of the model that its next work would load; `None` where it is loaded already, or nothing is known of it.
    fn to_be_loaded<'a>(&'a self, cancel: &'a CancellationToken) -> BoxFuture<'a, Option<String>>;

    /// Asks models to leave and waits up to `within` until they are gone. Whether they are, or there were none.
    fn release<'a>(
        &'a self,
        whose: Whose,
        within: Duration,
        cancel: &'a CancellationToken,
    ) -> BoxFuture<'a, bool>;
}

/// The card of a server that paints, as that server tells it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CardState {
    /// The number the server gives the card, where it gives one.
    pub index: Option<u32>,
    /// What is free on it.
    pub free: FreeBytes,
    /// What models of the server hold of it.
    pub held: Bytes,
    /// Whether somebody's work runs or waits there.
    pub is_busy: bool,
}

/// A server that paints on a card, and gives its memory back when it is asked to.
///
/// Every question is bounded by whoever asks it: dropping its future gives it up.
pub trait PaintServer: fmt::Debug + Send + Sync {
    /// Names the server, the same each time, as by its address without secrets.
    fn id(&self) -> String;

    /// The machine it is on; `None` where that cannot be told.
    fn machine(&self) -> Option<Machine>;

    /// Its card; `None` where it does not answer, or has none.
    fn card(&self) -> BoxFuture<'_, Option<CardState>>;

    /// Asks it to give all its memory back, which it does a moment later.
    ///
    /// # Errors
    /// Why it was not asked, for a log.
    fn release(&self) -> BoxFuture<'_, Result<(), String>>;
}
