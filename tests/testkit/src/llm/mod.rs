//! A server of language models that is not one: Ollama, llama.cpp (alone and as a router), LM Studio, vLLM, and a server
//! in the cloud, each with the answers, slips and delays that are known of it, on a card that others use as well.
//!
//! ```no_run
//! use std::time::Duration;
//! use testkit::comfy::{GIB, SimulatedCard};
//! use testkit::llm::{Kind, MockLlm, Say};
//!
//! let card = SimulatedCard::new(12 * GIB);
//! let llm = MockLlm::builder(Kind::Ollama)
//!     .card(card.clone())
//!     .model("qwen3:8b", 6 * GIB)
//!     .load_time(Duration::from_millis(50))
//!     .answers([Say::text("<think>hm</think>{\"title\": \"x\"}")])
//!     .start();
//! println!("{}", llm.url());
//! assert_eq!(llm.counters().loads, 0);
//! ```
//!
//! Where it comes from: Ollama's source at fb307609 (August 2026), the documentation of the others, and the reports in
//! their issue trackers.

mod memory;
mod options;
mod routes;
mod say;
mod server;
mod stream;

pub use memory::Counters;
pub use options::{Builder, JsonSupport, Kind};
pub use say::Say;
pub use server::MockLlm;
