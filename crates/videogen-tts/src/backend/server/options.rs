//! Which servers speak: values.

use videogen_net::{Secret, ServerUrl};

/// What can be set of servers that speak.
#[derive(Debug, Clone, Default)]
pub struct SpeechServerOptions {
    /// The servers, the preferred first. Without any no server is used.
    pub servers: Vec<ServerUrl>,
    /// A key that is sent to each of them as a bearer token.
    pub key: Option<Secret>,
    /// The model that speaks, by its name on the servers; `None` takes one of theirs. Piper's servers have none.
    pub model: Option<String>,
}
