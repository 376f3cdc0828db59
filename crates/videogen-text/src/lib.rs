//! Text as people and models write it, made fit for programs, and for people to read.
//!
//! | module | what it does |
//! |---|---|
//! | `byte_size` | tells the size of a file |
//! | `chain` | tells an error with everything that caused it |
//! | `clean` | takes out what must not be in a text: control characters, invisible ones, tags |
//! | `cut` | finds sentences, and cuts at one |
//! | `language` | reads tags of languages |
//! | `line_ends` | makes every line end a line feed |
//! | `nearest` | finds the names that a mistyped one may have meant |
//! | `shown` | makes foreign text safe to print: nothing in it moves a cursor or turns a line around |
//! | `slug` | makes a file name of a topic |
//! | `writing_system` | tells writing systems apart, and what language they suggest |
//! | `words` | counts spoken words in any script |
//!
//! All are pure functions of their arguments.

#![deny(missing_docs)]

/// Compiles the example of the README.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;

mod byte_size;
mod chain;
mod clean;
mod cut;
mod language;
mod line_ends;
mod nearest;
mod shown;
mod slug;
mod words;
mod writing_system;

pub use byte_size::byte_size;
pub use chain::chain;
pub use clean::clean;
pub use cut::{cut_at_sentence, sentences};
pub use language::primary_subtag;
pub use line_ends::with_line_feeds;
pub use nearest::nearest;
pub use shown::{shown, steers};
pub use slug::slug;
pub use words::word_count;
pub use writing_system::{ScriptMismatch, WritingSystem, detect_language, script_mismatch};
