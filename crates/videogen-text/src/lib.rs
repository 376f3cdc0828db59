//! Text as people and models write it, made fit for programs, and for people to read.
//!
//! | module | what it does |
//! |---|---|
//! | `byte_size` | tells the size of a file |
//! | `chain` | tells an error with everything that caused it |
//! | `clean` | takes out what must not be in a text: control characters, invisible ones, tags |
//! | `direction` | tells from which side a text is read |
//! | `hyphenation` | finds where a long word may be parted |
//! | `iso639` | names languages by their three letters |
//! | `language` | reads tags of languages, and names them |
//! | `line_ends` | makes every line end a line feed |
//! | `mismatch` | tells that a text is in letters which the voices of a language do not read |
//! | `nearest` | finds the names that a mistyped one may have meant |
//! | `one_line` | puts lines together, with spaces where their writing system has them |
//! | `path` | reads paths as people write them: `~`, `file:` and addresses |
//! | `recognise` | recognises the language of a text, and chooses one |
//! | `segment` | finds words where no spaces part them |
//! | `sentence` | finds where sentences end, in many languages, and cuts at one |
//! | `shown` | makes foreign text safe to print: nothing in it moves a cursor or turns a line around |
//! | `slug` | makes a file name of a topic |
//! | `subtitle` | reads a line of subtitles without its marks, and tells what is shown again |
//! | `to_read` | tells which writing systems a voice has to read |
//! | `writing_system` | tells writing systems apart |
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
mod direction;
mod hyphenation;
mod iso639;
mod language;
mod line_ends;
mod mismatch;
mod nearest;
mod one_line;
mod path;
mod recognise;
mod segment;
mod sentence;
mod shown;
mod slug;
mod subtitle;
mod to_read;
mod words;
mod writing_system;

pub use byte_size::byte_size;
pub use chain::chain;
pub use clean::clean;
pub use direction::Direction;
pub use hyphenation::hyphenation_points;
pub use iso639::iso_639_2;
pub use language::{language_name, primary_subtag};
pub use line_ends::with_line_feeds;
pub use mismatch::{ScriptMismatch, script_mismatch};
pub use nearest::nearest;
pub use one_line::{append, is_spaced, one_line};
pub use path::{PathProblem, is_address, read_path};
pub use recognise::{ChosenLanguage, choose_language, detect_language};
pub use segment::word_starts;
pub use sentence::{cut_at_sentence, sentence_ends, sentences};
pub use shown::{shown, steers};
pub use slug::slug;
pub use subtitle::{SubtitleNews, SubtitleRepeats, subtitle_words};
pub use to_read::scripts_to_read;
pub use words::word_count;
pub use writing_system::WritingSystem;
