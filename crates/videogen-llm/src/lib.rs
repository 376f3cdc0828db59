//! Questions to language models on one's own machine, and answers that are what was asked for.
//!
//! | server | spoken to by | held to a form by | unloads |
//! |---|---|---|---|
//! | Ollama | its own API | a schema | yes |
//! | llama.cpp as a router | OpenAI's API | a schema (grammar) | yes |
//! | llama.cpp with one model | OpenAI's API | a schema (grammar) | no |
//! | LM Studio | OpenAI's API | a schema | yes |
//! | vLLM | OpenAI's API | a schema | sleeps, if started so |
//! | others, also in the cloud | OpenAI's API | what they understand | no |
//!
//! Which one answers is found out by asking ([`LlmClient`]). Three layers, each usable alone:
//! - [`ChatModel`] is the seam: a question, an answer that is whole or an error, and what is in memory.
//! - [`ask`] makes an answer of a [`Shape`] out of it: one description gives the schema for the server, the words for the
//!   model, and the check of what comes back; a wrong answer is repaired once, and asked for afresh once.
//! - [`ModelPool`] does so on several servers, of which one that fails is left alone for a while.
//!
//! Design decisions worth knowing:
//! - **An answer that can be used is kept.** What is less than wished for is asked for once more; the better of the two is
//!   given with what is to be said against it.
//! - **An answer without end is ended** (`wire/runaway.rs`). The schema bounds texts, and since not every server can be
//!   trusted to follow it, the stream is ended at a repetition or past the longest text. Nothing is asked for again with
//!   more room.
//! - **Half an answer is none.** A stream that reached its greatest length, or ended without saying that it was the end, is
//!   an error, also when what came looks like JSON.
//! - **The shape is checked, not the syntax.** Servers that promise JSON of a schema break the promise: some answer
//!   `{"thought": …}`, some think aloud in the answer. So nothing that a server promises is believed.
//! - **Ollama is never asked through its OpenAI side**, which drops the size of the context, the switch for thinking and
//!   the time a model is kept, without a word; and a change between the two sides has the model loaded again.
//! - **A model that was in memory before is somebody else's**: it is used as it is and not unloaded unless that is asked for.
//! - **Silence is measured in words.** A connection that is kept alive by comments still stalls.
//! - **Text of a model is untrusted**: no URL in it is fetched, no path taken from it, and nothing of it gets into
//!   complaints or messages.
//!
//! The library reads no environment and prints nothing. Keys are [`Secret`](videogen_net::Secret)s of the
//! [`Endpoint`](videogen_net::Endpoint).
#![doc = include_str!("../README.md")]
#![deny(missing_docs)]

mod client;
mod error;
#[cfg(any(test, feature = "test-util"))]
mod fake;
mod model;
mod pool;
mod resident;
mod shape;
mod structured;
mod text;
mod wire;

pub use client::{ClientOptions, LlmClient, ServerKind};
pub use error::{Cut, Error, Unfinished, Wait};
#[cfg(any(test, feature = "test-util"))]
pub use fake::FakeModel;
pub use model::{
    AnswerFormat, AnswerLimits, BoxFuture, ChatModel, ChatProgress, ChatRequest, JsonMode, Message,
    OnProgress, Reply, Role, Sampling, THINKING_TOKENS,
};
pub use pool::ModelPool;
pub use resident::{Resident, Residents, Unloading, Whose};
pub use shape::complaint::{Complaint, Problem};
pub use shape::{Example, Expected, JsonSchema, Judged, Shape, Then};
pub use structured::{Answered, Failed, Turn, ask, question, read_answer};
pub use text::clean::clean_text;
