//! Pictures for a video.
//!
//! | module | what it does | effects |
//! |---|---|---|
//! | `painter` | [`Painter`]: who paints, and what is asked of them | none |
//! | `painted`, `tuning`, `lora` | how a picture came about, and what is wanted otherwise than a quality has it | none |
//! | `builtin` | paints generative scenes on the CPU: a motif for the words, a palette for the genre, light by the hour | writes the picture |
//! | `comfyui` | paints on ComfyUI servers, in what is free of their cards, with a user's own workflow too | asks servers, starts one |
//! | `paint_queue` | whose picture is painted next | none |
//! | `prove`, `proven` | what proves a picture, and a picture that is proven | reads the file |
//!
//! A scene is a pure function from position to light: the same [`Subject`] gives the same composition in any size, and the
//! same bytes for any number of threads.
//!
//! The feature `comfyui` brings `ComfyServers`; without it the built-in painter and the trait need no network and no driver
//! of a card. The feature `test-util` brings a fake of [`Painter`].

#![deny(missing_docs)]

/// Compiles the example of the README.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;

mod blocking;
mod builtin;
#[cfg(feature = "comfyui")]
mod comfyui;
mod error;
#[cfg(any(test, feature = "test-util"))]
mod fake;
#[cfg(feature = "comfyui")]
mod local_card;
mod lora;
mod paint_queue;
mod painted;
mod painter;
#[cfg(feature = "comfyui")]
mod prove;
#[cfg(feature = "comfyui")]
mod proven;
mod tuning;

pub use builtin::{
    BuiltinPainter, Canvas, Neighbours, Picture, Subject, motif_beside, paint, paint_beside,
};
#[cfg(feature = "comfyui")]
pub use comfyui::{
    CardLimits, ComfyCard, ComfyOptions, ComfyPainter, ComfyServers, CommandLine, FoundPainter,
    Launch, LaunchMessage, ModelFamily, PaintWith, ServerReport, ToBeStarted, failure_kind,
    is_stretched, not_delivered, prospect,
};
pub use error::Error;
#[cfg(any(test, feature = "test-util"))]
pub use fake::FakePainter;
#[cfg(feature = "comfyui")]
pub use local_card::LocalCard;
pub use lora::LoraChoice;
pub use paint_queue::{PaintQueue, PaintTurn, QueuePosition};
pub use painted::Painted;
pub use painter::{BoxFuture, PaintSession, Painter, PictureOrder, PictureRequest, SharedPainter};
#[cfg(feature = "comfyui")]
pub use prove::{Unusable, prove};
#[cfg(feature = "comfyui")]
pub use proven::paint_proven;
pub use tuning::{CfgScale, NegativePrompt, PictureSize, SamplerName, StepCount, Tuning};
/// What a picture is kept under, for [`Painter::add_to_key`] and [`PictureOrder::name`].
pub use videogen_durable::{Key, KeyBuilder};
