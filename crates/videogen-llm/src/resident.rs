//! What a server has in memory, and whose it is.

use std::time::Duration;

use crate::wire::lists;

/// A model in memory.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Resident {
    /// Its name.
    pub model: String,
    /// What the server calls this copy of it, where that is something else.
    pub instance: Option<String>,
    /// What it takes on the graphics card, in bytes, where the server says so.
    pub vram: Option<u64>,
    /// What it takes in all, in bytes, where the server says so.
    pub size: Option<u64>,
    /// How many tokens it was loaded for, where the server says so.
    pub context: Option<u32>,
    /// Whether this client had it loaded. What was there before is somebody else's.
    pub ours: bool,
}

impl Resident {
    /// A model of which no more than its name is known.
    pub fn new(model: impl Into<String>) -> Self {
        Self {
            model: model.into(),
            instance: None,
            vram: None,
            size: None,
            context: None,
            ours: false,
        }
    }

    /// Whether it is the model of this name, in any case and with or without the tag `latest`.
    pub fn is(&self, model: &str) -> bool {
        lists::is_same(&self.model, model)
    }
}

/// What a server has in memory.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Residents {
    /// These, which may be none.
    Known(Vec<Resident>),
    /// It does not tell.
    Unknown,
}

/// Which models are to go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Whose {
    /// The one this client had loaded.
    Ours,
    /// All, whoever uses them.
    Everyones,
}

/// What became of an unloading.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Unloading {
    /// These are gone.
    Gone {
        /// The models.
        models: Vec<Resident>,
        /// How long it took.
        took: Duration,
    },
    /// There was nothing in memory.
    NothingLoaded,
    /// What is in memory is somebody else's, and stays.
    NotOurs {
        /// The models.
        models: Vec<Resident>,
    },
    /// The server was asked, but these are still there.
    StillThere {
        /// The models.
        models: Vec<Resident>,
    },
    /// This server has no way to unload.
    Impossible {
        /// Why, as a sentence without a period.
        why: &'static str,
    },
}

impl Unloading {
    /// What will come back to the graphics card, in bytes, as far as it is known.
    pub fn freed_vram(&self) -> u64 {
        match self {
            Self::Gone { models, .. } => models.iter().filter_map(|model| model.vram).sum(),
            _ => 0,
        }
    }
}
