//! What the tests of videogen share. It depends on no videogen crate: it sees the program from
//! outside, as its users do.
//!
//! - [`Run`] starts a program in a home and a directory of its own, with nothing else in its
//!   environment, and never outlives its time limit.
//! - [`media`] measures what was made with FFmpeg's own tools.
//! - [`processes`] looks at what runs on this machine (Linux).
//! - [`comfy`] is a ComfyUI that is not one, faithful to recordings, with faults on demand.
//! - [`llm`] is an Ollama, llama.cpp, LM Studio or vLLM that is not one, on the same simulated card.
//! - [`speech`] is a server that speaks, with OpenAI's speech API or Piper's, with any answer on demand.
//! - [`mirror`] is a mirror that serves files with ranges, as slow and as wrong as it is told to be.
//! - [`fake_ffmpeg`] puts an FFmpeg with something missing into a directory.
//! - [`Chance`] chooses moments and faults, the same ones in every run.
//!
//! Helpers panic with a sentence when the machine or the build is not as they need it: in a test
//! that is the message one wants.

#![deny(missing_docs)]

mod chance;
pub mod comfy;
mod command;
pub mod events;
mod fake;
pub mod llama;
pub mod llm;
pub mod media;
pub mod mirror;
#[cfg(target_os = "linux")]
pub mod processes;
mod programs;
mod run;
pub mod speech;

pub use chance::Chance;
pub use fake::{FAKE_FFMPEG_CONF, fake_ffmpeg};
pub use programs::{built_program, find_program, videogen_bin};
pub use run::{Finished, Run, Running};
