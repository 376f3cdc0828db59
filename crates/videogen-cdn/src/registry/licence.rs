//! What a licence asks for.

use serde::{Deserialize, Serialize};

/// A licence, by its SPDX identifier where it has one.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Licence(String);

impl Licence {
    /// The licence of this SPDX identifier.
    pub fn new(id: impl Into<String>) -> Self {
        Self(id.into())
    }

    /// Its identifier, for example `CC-BY-3.0`.
    pub fn id(&self) -> &str {
        &self.0
    }
}
