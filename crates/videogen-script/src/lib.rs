//! The script of a narrated video: a title, and scenes with what is said and what is shown.
//!
//! | module | what it does | effects |
//! |---|---|---|
//! | `writer` | [`ScriptWriter`]: who writes, a trait | none |
//! | `llm` | has a language model write it, judges the answer, repairs it, warns of what is left | asks servers |
//! | `file` | reads one that somebody brought, whatever its form: text, Markdown, HTML, subtitles, JSON | reads a file |
//! | `opening` | tells whether two scripts begin alike | none |
//! | `order` | one script without a video: by a model, or by the built-in writer | asks servers |
//! | `word_budget` | how many words a video of a certain length has | none |
//! | `builtin` | writes one in English without any model | none |
//!
//! Who is asked first and what stands in for whom is not decided here: `videogen-core` joins the three.

#![deny(missing_docs)]

/// Compiles the example of the README.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;

mod builtin;
#[cfg(any(test, feature = "test-util"))]
mod fake;
mod file;
mod llm;
mod opening;
mod order;
mod word_budget;
mod writer;

pub use builtin::{Assignment, guess_genre, look, scene_count, topic_for, write, writes};
#[cfg(any(test, feature = "test-util"))]
pub use fake::FakeWriter;
pub use file::{
    DecodedScript, LoadedScript, MAX_SCENES, MAX_SCRIPT_BYTES, MAX_SCRIPT_CHARS, ScriptFileError,
    ScriptFlaw, ScriptPlace, decode_script, load_script, parse_script,
};
pub use llm::{
    AskedServers, LlmOptions, LlmServers, LlmWriter, NO_MODEL_CONFIGURED, PatientWriter,
    RefusedServer, ScriptError, ScriptRequest, TemplateError, Templates, Written, WrittenBy,
};
pub use opening::Opening;
pub use order::{OrderedScript, ScriptOrder};
pub use word_budget::words_for;
pub use writer::{BoxFuture, BuiltinWriter, ScriptWriter};

/// Speaking rates that still sound like a person, as factors of a voice's natural one. How many words a script may have
/// follows from it: the rest is made up by speaking a little slower or faster.
pub const SPEAKING_RATES: (f64, f64) = (0.85, 1.25);
