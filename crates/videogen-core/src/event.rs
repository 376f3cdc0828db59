//! What is told while a video is made. The stream is the published interface of `--json`; its version is
//! [`SCHEMA_VERSION`] and changes when a field changes its meaning or goes away.

use camino::Utf8PathBuf;
use serde::{Deserialize, Serialize};

use crate::failure::FailureKind;
use crate::guard::Peaks;
use crate::painting::{Enlarged, PaintedSize};

/// Version of the event stream.
pub const SCHEMA_VERSION: u32 = 1;

/// A part of making a video.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Stage {
    /// Looking at inputs, programs and space before anything is made.
    Preflight,
    /// Writing or reading the script.
    Script,
    /// Speaking it.
    Voice,
    /// Making the pictures.
    Picture,
    /// Composing or reading the music, and mixing.
    Music,
    /// Encoding the video.
    Render,
    /// Checking what was encoded.
    Verify,
    /// Giving the files their names.
    Publish,
}

impl Stage {
    /// Its name in events and messages.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Preflight => "preflight",
            Self::Script => "script",
            Self::Voice => "voice",
            Self::Picture => "picture",
            Self::Music => "music",
            Self::Render => "render",
            Self::Verify => "verify",
            Self::Publish => "publish",
        }
    }
}

/// One step down a ladder.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Degradation {
    /// Where it happened.
    pub stage: Stage,
    /// What would have been better.
    pub from: String,
    /// What is used instead.
    pub to: String,
    /// Why, in words that tell what to do about it.
    pub reason: String,
}

/// What was used of the machine while a video was made, by all programs together; `None` is "not known".
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Usage {
    /// Bytes of memory in use when it was begun.
    pub ram_used_before: Option<u64>,
    /// … and when it ended.
    pub ram_used_after: Option<u64>,
    /// Bytes of the graphics card's memory in use when it was begun; only where pictures are painted on one here.
    pub vram_used_before: Option<u64>,
    /// … and when it ended.
    pub vram_used_after: Option<u64>,
    /// The highest readings.
    pub peaks: Peaks,
}

/// Something that happened. Serialises to one line of `--json`: `{"event": "…", …}`; the time is added by whoever prints it.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "event", rename_all = "snake_case")]
#[non_exhaustive]
pub enum Event {
    /// The first event.
    BatchStarted {
        /// [`SCHEMA_VERSION`].
        schema: u32,
        /// Version of videogen.
        version: &'static str,
        /// Videos to make.
        videos: u32,
        /// Name of the batch, for `videogen resume`, where there is one.
        #[serde(skip_serializing_if = "Option::is_none")]
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
        #[serde(skip_serializing_if = "Option::is_none")]
        eta_s: Option<f64>,
        /// What is being done, in a few words, where there is more to say than how far it is.
        #[serde(skip_serializing_if = "Option::is_none")]
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
        /// The kind of failure, see [`crate::ErrorKind`], where it tells of one that is tried again.
        #[serde(skip_serializing_if = "Option::is_none")]
        kind: Option<&'static str>,
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
        #[serde(skip_serializing_if = "Option::is_none")]
        painted: Option<PaintedSize>,
        /// What was kept of that, where it has another shape than the video.
        #[serde(skip_serializing_if = "Option::is_none")]
        cropped: Option<PaintedSize>,
        /// How that became larger, if it did.
        #[serde(skip_serializing_if = "Option::is_none")]
        enlarged: Option<Enlarged>,
        /// How sharp it is: the variance of the Laplacian of its green channel.
        #[serde(skip_serializing_if = "Option::is_none")]
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
        /// The kind of failure, see [`crate::ErrorKind`].
        kind: &'static str,
        /// What kind of failure that is, among those that are counted.
        cause: FailureKind,
        /// What happened, with its causes.
        message: String,
        /// What to do.
        #[serde(skip_serializing_if = "Option::is_none")]
        hint: Option<String>,
    },
    /// The last event.
    BatchFinished {
        /// The outcome.
        summary: crate::summary::Summary,
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
