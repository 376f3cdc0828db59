//! What there is to tell of a script by a language model, beside the script.

use videogen_script::Written;
use videogen_types::Script;

/// What there is to tell of a script by a language model.
#[derive(Debug, Clone)]
pub(crate) struct ByModel {
    /// The model.
    pub(crate) model: String,
    /// Its server, without passwords.
    pub(crate) endpoint: String,
    /// What stands below the video.
    pub(crate) description: Option<String>,
    /// Whether the first answer could not be used.
    pub(crate) repaired: bool,
}

/// What is told of `written`, and the script.
pub(crate) fn of(written: Written) -> (ByModel, Script) {
    let by = ByModel {
        model: written.model,
        endpoint: written.endpoint,
        description: written.description,
        repaired: written.repaired,
    };
    (by, written.script)
}
