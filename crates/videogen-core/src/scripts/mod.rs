//! Who writes scripts: which language models there are, and the phase of a run in which they write.
//!
//! | module | what it does | effects |
//! |---|---|---|
//! | `options` | what can be set | none |
//! | `alone` | one script without a video | asks servers |
//! | `servers` | which servers answer and have the model | asks them |
//! | `phase` | the scripts of a run, one after the other, before anything is painted | asks servers |
//!
//! What a model is asked, and what is accepted of its answer, is in [`videogen_script`].

mod alone;
mod options;
mod phase;
mod servers;
#[cfg(test)]
mod tests;

pub use alone::{OrderedScript, ScriptOrder};
pub use options::LlmOptions;
pub(crate) use phase::{Phase, Scripted, Scripts};
pub use servers::LlmServers;
pub(crate) use servers::none_named;
pub use videogen_net::Secret;
