//! From a topic to a finished short video: script, narration, pictures, music, captions, MP4.
//!
//! A [`Studio`] takes [`brief::Brief`]s, checks everything that can be checked ([`Studio::plan`], which writes nothing) and
//! makes the videos ([`Studio::run`]), telling an [`EventSink`](videogen_types::EventSink) what
//! happens. It is composed of a [`Toolkit`]: who speaks, who paints, who renders. Each is a trait, and each ladder ends in a rung that needs no service: the built-in
//! writer, painter and composer.
//!
//! Decisions are pure functions of values; the effects are in a few thin modules. The whole pipeline is on one page, in
//! `run.rs`. For the command line, use the binary `videogen`; for captions, motion and encoding alone, use
//! `videogen-media`; for voices alone, `videogen-tts`.
#![deny(missing_docs)]

pub mod batch;
mod batch_error;
mod blocking;
pub mod brief;
mod by_model;
pub mod card;
mod clock;
pub mod codec;
mod deadlines;
mod delivery;
pub mod doctor;
pub mod encoder;
mod error;
mod failure;
pub mod files;
mod footage;
pub mod forecast;
pub mod improve;
mod keys;
mod ladder;
mod llm_servers;
mod manifest;
pub mod nearby;
mod outputs;
pub mod overlay;
mod pacing;
mod paint_queue;
mod paint_with;
mod painter;
pub mod painting;
mod plan;
mod publish;
mod record;
mod reporter;
mod run;
mod scratch;
mod script_outputs;
pub mod scripts;
mod stage;
mod studio;
mod summary;
mod toolkit;

pub use batch::Delivered;
pub use error::{Error, ErrorKind};
pub use paint_with::Painted;
pub use painter::{BoxFuture, BuiltinPainter, Painter, PictureOrder, PictureRequest};
pub use plan::Plan;
pub use studio::Studio;
pub use toolkit::{Piper, Toolkit, ToolkitConfig};
pub use videogen_process::{exit_now, share_heaps};

/// Compiles the example of the README.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
