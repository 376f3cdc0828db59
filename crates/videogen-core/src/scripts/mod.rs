//! Who writes scripts: which language models there are, and the phase of a run in which they write.
//!
//! | module | what it does | effects |
//! |---|---|---|
//! | `alone` | one script without a video | asks servers |
//! | `phase` | the scripts of a run, one after the other, before anything is painted | asks servers |
//!
//! What a model is asked, and what is accepted of its answer, is in [`videogen_script`].

mod alone;
mod phase;
#[cfg(test)]
mod tests;

pub use alone::{OrderedScript, ScriptOrder};
pub(crate) use phase::{Phase, Scripted, Scripts};
