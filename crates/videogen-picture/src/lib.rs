//! Pictures for a video.
//!
//! | module | what it does | effects |
//! |---|---|---|
//! | `builtin` | paints generative scenes on the CPU: a motif for the words, a palette for the genre, light by the hour | none |
//!
//! A scene is a pure function from position to light: the same [`Subject`] gives the same composition in any size, and the
//! same bytes for any number of threads.

#![deny(missing_docs)]

/// Compiles the example of the README.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;

mod builtin;

pub use builtin::{Canvas, Neighbours, Picture, Subject, motif_beside, paint, paint_beside};
