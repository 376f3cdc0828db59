//! What plays under a narration: a bed composed from a seed, or one of the user's own files.
//!
//! | module | what it does | effects |
//! |---|---|---|
//! | `composer` | [`Composer`]: who composes, a trait; the built-in one | none |
//! | `builtin` | composes and synthesises a seamless loop in the mood of a genre | none |
//! | `library` | chooses a file of the user's directory by genre and seed | lists a directory |
//! | `track` | chooses among pieces of which the licence is known | none |
//!
//! Reading a file and mixing it with a voice is `videogen-media`'s.

#![deny(missing_docs)]

/// Compiles the example of the README.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;

mod builtin;
mod composer;
#[cfg(any(test, feature = "test-util"))]
mod fake;
mod library;
mod track;

pub use builtin::{Bed, compose, describe};
pub use composer::{BoxFuture, BuiltinComposer, Composer, MusicError, MusicRequest};
#[cfg(any(test, feature = "test-util"))]
pub use fake::FakeComposer;
pub use library::{EXTENSIONS, LibraryError, MOST_ENTRIES, choose};
pub use track::{Track, choose_track, track_from};
