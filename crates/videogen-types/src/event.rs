//! What is told while a video is made. The stream is the published interface of `--json`; its version is
//! [`SCHEMA_VERSION`] and changes when a field changes its meaning or goes away.

use std::borrow::Cow;

use camino::Utf8PathBuf;
use serde::{Deserialize, Serialize};

use crate::failure::FailureKind;
use crate::hint::Hint;
use crate::painted::{Enlarged, PaintedSize};
use crate::resources::Usage;
use crate::stage::{Degradation, Stage};
use crate::summary::Summary;

/// Version of the event stream.
pub const SCHEMA_VERSION: u32 = 1;

/// Something that happened. Serialises to one line of `--json`: `{"event": "…", …}`; the time is added by whoever prints it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
#[non_exhaustive]
pub enum Event {
    /// The first event.
    BatchStarted {
        /// [`SCHEMA_VERSION`].
        schema: u32,
        /// Version of videogen.
        version: Cow<'static, str>,
        /// Videos to make.
        videos: u32,
        /// Name of the batch, for `videogen resume`, where there is one.
        #[serde(skip_serializing_if = "Option::is_none", default)]
        batch: Option<String>,
    },
    /// A stage of video `video` (counted from 1) begins.
    StageStarted {
        /// Number of the video.
        video: u32,
        /// The stage.
        stage: Stage,
    },
    /// How far a stage is. At most ten a second for a stage; never falls.
    Progress {
        /// Number of the video.
        video: u32,
        /// The stage.
        stage: Stage,
        /// `0.0..=1.0`.
        fraction: f32,
        /// Seconds left in this stage, when that can be said; never negative.
        #[serde(skip_serializing_if = "Option::is_none", default)]
        eta_s: Option<f64>,
        /// What is being done, in a few words, where there is more to say than how far it is.
        #[serde(skip_serializing_if = "Option::is_none", default)]
        detail: Option<String>,
    },
    /// A step down a ladder was taken.
    Degraded {
        /// Number of the video.
        video: u32,
        /// What happened.
        #[serde(flatten)]
        degradation: Degradation,
    },
    /// Something a person should know that changes nothing about the rungs used.
    Warning {
        /// Number of the video.
        video: u32,
        /// The stage.
        stage: Stage,
        /// One sentence.
        message: String,
        /// The kind of failure, where it tells of one that is tried again.
        #[serde(skip_serializing_if = "Option::is_none", default)]
        kind: Option<Cow<'static, str>>,
    },
    /// Something was tried in vain; it is tried otherwise, or again, or its video fails.
    AttemptFailed {
        /// Number of the video.
        video: u32,
        /// The stage.
        stage: Stage,
        /// What kind of failure it is.
        cause: FailureKind,
        /// What went wrong.
        message: String,
    },
    /// The picture of a scene is painted, or found; not told of pictures of the user.
    PictureFinished {
        /// Number of the video.
        video: u32,
        /// Number of the scene, counted from 1.
        scene: u32,
        /// Who painted it.
        painter: String,
        /// The size that was painted, where that is known.
        #[serde(skip_serializing_if = "Option::is_none", default)]
        painted: Option<PaintedSize>,
        /// What was kept of that, where it has another shape than the video.
        #[serde(skip_serializing_if = "Option::is_none", default)]
        cropped: Option<PaintedSize>,
        /// How that became larger, if it did.
        #[serde(skip_serializing_if = "Option::is_none", default)]
        enlarged: Option<Enlarged>,
        /// How sharp it is: the variance of the Laplacian of its green channel.
        #[serde(skip_serializing_if = "Option::is_none", default)]
        sharpness: Option<f64>,
    },
    /// A stage ended well.
    StageFinished {
        /// Number of the video.
        video: u32,
        /// The stage.
        stage: Stage,
        /// What was done, in a few words.
        detail: String,
        /// How long it took.
        seconds: f64,
        /// Whether a part of it or all was found, from an earlier run, and not made: then the time says little.
        reused: bool,
    },
    /// What was used of the machine while a video was made; comes before its end. Only where the machine is looked at.
    Resources {
        /// Number of the video.
        video: u32,
        /// What was used.
        #[serde(flatten)]
        usage: Usage,
    },
    /// A video and its companions are in place.
    VideoFinished {
        /// Number of the video.
        video: u32,
        /// The MP4.
        path: Utf8PathBuf,
        /// Its manifest.
        manifest: Utf8PathBuf,
        /// Length of the video.
        duration_s: f64,
    },
    /// A video was not made.
    VideoFailed {
        /// Number of the video.
        video: u32,
        /// Where it failed.
        stage: Stage,
        /// The kind of failure: the name of what went wrong.
        kind: Cow<'static, str>,
        /// What kind of failure that is, among those that are counted.
        cause: FailureKind,
        /// What happened, with its causes.
        message: String,
        /// What to do.
        #[serde(skip_serializing_if = "Option::is_none", default)]
        hint: Option<Hint>,
    },
    /// The last event.
    BatchFinished {
        /// The outcome.
        summary: Summary,
    },
}

/// Takes events. [`EventSink::emit`] is called from the middle of the work: it must return at once, and what it does
/// with the event, or whether it fails to, never changes the video.
pub trait EventSink: Send + Sync {
    /// Takes one event.
    fn emit(&self, event: Event);
}

/// Takes events and forgets them.
#[derive(Debug, Clone, Copy, Default)]
pub struct Silent;

impl EventSink for Silent {
    fn emit(&self, _: Event) {}
}
