//! Servers that speak: Piper's own, and those that speak as OpenAI's speech API does.
//!
//! | module | what it does | effects |
//! |---|---|---|
//! | `options` | which servers there are | none |
//! | `recognise` | which API each of them speaks | asks servers |
//! | `speaker` | one server as a [`Synthesizer`](crate::Synthesizer) | asks a server |
//! | `exchange` | a question and its answer, bounded | asks a server |
//! | `piper_http` | the generations of Piper's server | asks a server |
//! | `openai` | speech with and without times, voices, models | asks a server |
//! | `sound` | what the bytes of an answer are | none |
//! | `base64` | sound inside JSON | none |

mod base64;
mod exchange;
mod openai;
mod options;
mod piper_http;
mod recognise;
mod sound;
mod speaker;

pub use options::SpeechServerOptions;
pub use recognise::{AskedSpeechServers, ask_speech_servers};
pub use speaker::SpeechServer;

/// What servers are called that are Piper's.
pub(crate) const PIPER_HTTP: &str = "piper-http";
/// What servers are called that speak as OpenAI's do.
pub(crate) const OPENAI: &str = "openai";
/// The language of a voice that does not say which it speaks: any that its model does.
const ANY_LANGUAGE: &str = "und";
