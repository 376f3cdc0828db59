//! From a topic to a finished short video.
#![deny(missing_docs)]

pub mod brief;
pub mod doctor;
mod equipment;
mod error;
pub mod event;
pub mod genre;
mod ladder;
mod library;
mod manifest;
mod memory;
pub mod music;
mod pacing;
pub mod paint;
mod plan;
mod publish;
pub mod quality;
mod record;
mod reporter;
mod scratch;
pub mod script;
mod script_file;
mod seam;
pub mod seed;
mod stage;
mod studio;
pub mod summary;
pub mod text;
pub mod value;
pub mod writer;

pub use equipment::{Equipment, Piper, ToolPaths};
pub use error::{Error, ErrorKind};
pub use plan::{Overview, Plan, SceneOverview};
pub use seam::{BoxFuture, BuiltinPainter, Painter, PictureRequest};
pub use studio::{Delivered, Studio};
