#![doc = include_str!("../README.md")]
#![deny(missing_docs)]

pub mod audio;
mod blocking;
pub mod captions;
mod cards;
pub mod clip;
mod codec;
mod compose;
pub mod encode;
mod error;
pub mod ffmpeg;
mod files;
pub mod fonts;
mod footage;
mod interest;
mod jpeg;
mod lettering;
pub mod motion;
pub mod overlay;
pub mod pacing;
pub mod picture;
pub mod probe;
pub mod render;
mod resample;
mod shrink;
pub mod timeline;
pub mod verify;
mod wide;
mod yuv;

pub use cards::{CardRequest, Cards, TITLE_SECONDS};
pub use error::Error;
pub use ffmpeg::Ffmpeg;
pub use footage::{Footage, SceneTolerance};
pub use lettering::Lettering;
pub use videogen_types::{FrameRate, FrameSize};

/// A boxed future, as returned by [`render::Renderer`].
pub type BoxFuture<'a, T> = std::pin::Pin<Box<dyn Future<Output = T> + Send + 'a>>;
