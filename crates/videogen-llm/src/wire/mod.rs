//! What is said to servers and what they say; pure.

pub(crate) mod fold;
pub(crate) mod lists;
pub(crate) mod ollama;
pub(crate) mod openai;
pub(crate) mod refusal;
pub(crate) mod runaway;
pub(crate) mod sampling;
