//! From a topic to a finished short video: script, narration, pictures, music, captions, MP4.
//!
//! A [`Studio`] takes [`Brief`]s, checks everything that can be checked ([`Studio::plan`], which writes nothing) and
//! makes the videos ([`Studio::run`]), telling an [`EventSink`](videogen_types::EventSink) what happens. It is composed of a
//! [`Toolkit`]: who writes, speaks, paints, composes and renders. Each of them is a trait. The built-in writer, painter and
//! composer need no service, and silence takes the place of a voice.
//!
//! Decisions are pure functions of values; the effects are in a few thin modules. The whole pipeline is in `run.rs`,
//! and what each stage may read in `video_plan.rs`. For the command line, use the binary `videogen`; for captions,
//! motion and encoding alone, use `videogen-media`; for voices alone, `videogen-tts`.
#![deny(missing_docs)]

mod batch;
mod blocking;
mod brief;
mod card_occupant;
#[cfg(test)]
mod card_tests;
mod clock;
mod delivered;
mod doctor;
mod error;
mod failure;
mod improve;
mod keys;
mod nearby;
mod outputs;
mod plan;
mod reporter;
mod run;
mod scratch;
mod script_outputs;
mod scripts;
mod stage;
mod studio;
mod summary;
mod toolkit;
mod video_plan;

pub use batch::{Batch, Batches, Progress, batches};
pub use brief::{Brief, ScriptSource};
pub use delivered::Delivered;
pub use doctor::{CheckState, Finding, examine};
pub use error::{Error, ErrorKind};
pub use improve::{Better, Earlier, manifest_of};
pub use nearby::{LookFor, Nearby, nearby};
pub use studio::Studio;
pub use toolkit::{Toolkit, ToolkitConfig};
pub use video_plan::VideoPlan;
pub use videogen_media::{
    Codec, EncoderChoice, EndCard, EndCardSeconds, EndCardText, Watermark, WatermarkCorner,
    WatermarkOpacity, WatermarkWidth, audio_container,
};
pub use videogen_music::Track;
pub use videogen_process::{exit_now, share_heaps};
pub use videogen_tts::{Piper, SpeechServerOptions, check_piper_voice};

/// Compiles the example of the README.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
