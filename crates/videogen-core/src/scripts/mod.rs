//! The phase of a run in which language models write its scripts.
//!
//! | module | what it does | effects |
//! |---|---|---|
//! | `phase` | the scripts of a run, one after the other, before anything is painted | asks servers |
//!
//! What a model is asked, and what is accepted of its answer, is in [`videogen_script`].

mod phase;
#[cfg(test)]
mod tests;

pub(crate) use phase::{Phase, Scripts};
