//! The values that every part of videogen speaks, parsed once into types that cannot be invalid. No I/O.
//!
//! | module | what it holds |
//! |---|---|
//! | `seed` | [`Seed`]: where every choice of a built-in part comes from |
//! | `genre` | [`Genre`]: the tone of a video |
//! | `script` | [`Script`] and [`Scene`]: what is said and shown |
//! | `frame` | [`FrameSize`] and [`FrameRate`] of a video |
//! | `tempo` | the usual silences of a video, and how many words a voice says in a second |
//! | `quality` | [`Quality`] and [`Aspect`]: what size and rate are asked for |
//! | `value` | settings as text: [`Choice`]s by name, numbers in their range, and [`InvalidValue`], which names what is allowed |
//! | `event` | [`Event`]: what is told while a video is made, the lines of `--json`; [`EventSink`] takes them |
//! | `line` | [`JsonLine`]: what a program reads of `--json` |
//! | `observer` | [`Observer`]: who is told while a part is made |
//! | `stage` | [`Stage`]s of a video, and a [`Degradation`] from a better way to a lesser one |
//! | `hint` | [`Hint`]: what to do, as a value that each interface words in its own way |
//! | `fallback` | which lesser ways are accepted: [`Part`], [`Accepted`], [`Strict`] |
//! | `failure` | [`FailureKind`]: what is counted |
//! | `overview` | [`Overview`]: what will be made |
//! | `manifest` | [`Manifest`]: what a video is made of, as it is written beside it |
//! | `summary` | [`Summary`]: what a run delivered |
//! | `resources` | [`Usage`] and [`Peaks`] of a machine |
//! | `painted` | in which size a picture was painted |
//! | `machine` | which machine something is on |
//!
//! Events, summaries and manifests are read as they are written: [`JsonLine`] is a line of `videogen --json`, [`Manifest`] the
//! JSON file beside a video.
//!
//! A value that is not allowed is an [`InvalidValue`]: it says which setting, what was given, what is allowed, and which
//! name was probably meant.

#![deny(missing_docs)]

/// Compiles the example of the README.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;

mod event;
mod failure;
mod fallback;
mod fetch_event;
mod frame;
mod genre;
mod hint;
mod line;
mod machine;
mod manifest;
mod observer;
mod overview;
mod painted;
mod quality;
mod resources;
mod script;
mod seed;
mod stage;
mod summary;
mod tempo;
mod value;

pub use event::{Event, EventSink, SCHEMA_VERSION, Silent};
pub use failure::FailureKind;
pub use fallback::{Accepted, Part, Strict};
pub use fetch_event::{FetchEvent, PlannedAsset, PlannedProgram, PlannedState};
pub use frame::{FrameRate, FrameSize};
pub use genre::Genre;
pub use hint::{Command, Hint, Package, Program, Setting, Term};
pub use line::{JsonLine, JsonMessage, ProgramEvent};
pub use machine::Machine;
pub use manifest::{
    MANIFEST_VERSION, Manifest, ManifestCard, ManifestFile, ManifestLoudness, ManifestMusic,
    ManifestResources, ManifestScene, ManifestScript, ManifestVideo, ManifestVoice, ManifestWord,
};
pub use observer::{Observer, Unobserved};
pub use overview::{Overview, SceneOverview};
pub use painted::{Enlarged, PaintedSize};
pub use quality::{ASPECT_TOLERANCE, Aspect, Quality};
pub use resources::{Peaks, Usage};
pub use script::{Scene, Script};
pub use seed::{Rng, Seed};
pub use stage::{Degradation, Stage};
pub use summary::{NetworkFigures, Summary};
pub use tempo::{GAP_SECONDS, LEAD_SECONDS, TAIL_SECONDS, WORDS_PER_SECOND};
pub use value::{
    ByteSize, CaptionChoice, Choice, ClipVolume, Duration, FitChoice, GenreDefaults, InvalidValue,
    Language, MusicChoice, MusicUrl, PainterChoice, PlatformChoice, SceneCount, SpeechChoice,
    Topic, VideoCount, WriterChoice, parse_seed,
};
