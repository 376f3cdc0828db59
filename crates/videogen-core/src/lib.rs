//! From a topic to a finished short video: script, narration, pictures, music, captions, MP4.
//!
//! A [`Studio`] takes [`brief::Brief`]s, checks everything that can be checked ([`Studio::plan`], which writes nothing) and
//! makes the videos ([`Studio::run`]), telling an [`event::EventSink`] what happens. It is composed of an [`Equipment`]:
//! who speaks, who paints, who renders. Each is a trait, and each ladder ends in a rung that needs no service: the built-in
//! [`writer`], [`paint`]er and composer of [`music`].
//!
//! Decisions are pure functions of values; the effects are in a few thin modules. The whole pipeline is on one page, in
//! `run.rs`. For the command line, use the binary `videogen`; for captions, motion and encoding alone, use
//! `videogen-media`; for voices alone, `videogen-tts`.
#![deny(missing_docs)]

pub mod batch;
pub mod brief;
pub mod card;
mod clock;
mod delivery;
pub mod doctor;
pub mod durable;
pub mod effects;
pub mod encoder;
mod equipment;
mod error;
pub mod event;
mod failure;
pub mod fallback;
pub mod files;
mod footage;
pub mod genre;
pub mod guard;
pub mod improve;
pub mod journal;
mod ladder;
mod library;
mod manifest;
mod memory;
pub mod music;
pub mod nearby;
pub mod outlook;
pub mod overlay;
mod pacing;
pub mod paint;
mod paint_queue;
pub mod painting;
mod plan;
mod publish;
pub mod quality;
mod record;
mod reporter;
mod run;
mod scratch;
pub mod script;
mod script_file;
pub mod scripting;
pub mod scripts;
mod seam;
pub mod seed;
mod stage;
pub mod store;
mod studio;
pub mod summary;
pub mod telemetry;
pub mod text;
pub mod value;
mod watched;
mod work;
pub mod writer;

pub use batch::Delivered;
pub use equipment::{Equipment, Piper, ToolPaths};
pub use error::{Error, ErrorKind};
pub use failure::FailureKind;
pub use painting::Painted;
pub use plan::{Overview, Plan, SceneOverview};
pub use seam::{BoxFuture, BuiltinPainter, Painter, PictureOrder, PictureRequest};
pub use studio::Studio;
pub use videogen_media::{FrameRate, FrameSize};
pub use videogen_process::{chain, exit_now, share_heaps};

/// Compiles the example of the README.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
