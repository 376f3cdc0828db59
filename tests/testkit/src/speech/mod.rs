//! A server that speaks and is none: Kokoro-FastAPI, a plain one with OpenAI's speech API, and the three generations of
//! Piper's own, each with the answers that are known of it, and with any other answer on demand.
//!
//! ```no_run
//! use testkit::speech::{Kind, MockSpeech, Reply};
//!
//! let server = MockSpeech::builder(Kind::Kokoro).key("sk-0123").start();
//! println!("{}", server.url());
//! assert!(server.spoken().is_empty());
//! let away = MockSpeech::builder(Kind::OpenAi).replies(Reply::page()).start();
//! # drop(away);
//! ```
//!
//! Where it comes from: the README of Kokoro-FastAPI and reports in its issue tracker, Piper's `http_server.py` of 2023 and
//! of `piper-tts` 1.3 to 1.8.

mod routes;
mod server;
mod tone;

pub use server::{Builder, Kind, MockSpeech, Reply};
pub use tone::wav;
