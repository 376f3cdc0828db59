//! Which language models write, and with which prompts: values, checked once.

use std::num::NonZeroU32;
use std::time::Duration;

use camino::Utf8PathBuf;
use videogen_net::{Secret, ServerUrl, TrafficMeter};

/// What can be set of scripts by language models.
#[derive(Debug, Clone, Default)]
pub struct LlmOptions {
    /// The servers, the preferred first. Without any no language model is used.
    pub servers: Vec<ServerUrl>,
    /// The model; `None` takes one that a server has in memory, else one that was taught to answer, of a good size.
    pub model: Option<String>,
    /// A key that is sent to each of them as a bearer token.
    pub key: Option<Secret>,
    /// How many questions each of them is asked in a minute; `None` sets no limit.
    pub per_minute: Option<NonZeroU32>,
    /// How long a server that is away, restarting or busy is waited for in the middle of a batch where a language model was
    /// asked for by name; `None` for 3 minutes. Where none was, it is a sixth of that, at most half a minute.
    pub wait: Option<Duration>,
    /// A directory with prompts; what it lacks is built in.
    pub prompts: Option<Utf8PathBuf>,
    /// Counts what is exchanged with the servers. Clones count together.
    pub traffic: TrafficMeter,
}
