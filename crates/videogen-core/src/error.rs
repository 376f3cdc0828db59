//! Why a video was not made.

use std::fmt;

use camino::Utf8PathBuf;
use videogen_durable::{BatchError, FileError, StoreError};
use videogen_guard::Refused;
use videogen_music::LibraryError;
use videogen_picture::Error as PictureError;
use videogen_script::{ScriptError, ScriptFileError, TemplateError};
use videogen_types::{
    Command, Degradation, FailureKind, Hint, InvalidValue, Package, Part, Setting, Stage,
};

/// The error of this crate: where it happened and what it was. Its message is its kind's, after where the video was asked
/// for if that is known; the stage stands apart.
#[derive(Debug)]
pub struct Error {
    stage: Stage,
    kind: Box<ErrorKind>,
    /// Where the video was asked for.
    origin: Option<Box<str>>,
}

/// A record of the batch was not written.
pub(crate) fn journal(error: BatchError) -> Error {
    Error::new(Stage::Publish, error)
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(origin) = &self.origin {
            write!(f, "{origin}: ")?;
        }
        self.kind.fmt(f)
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.kind.source()
    }
}

/// What went wrong.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ErrorKind {
    /// A value from outside is not allowed.
    #[error(transparent)]
    Value(#[from] InvalidValue),
    /// FFmpeg, a picture, a sound or a font.
    #[error(transparent)]
    Media(videogen_media::Error),
    /// A voice.
    #[error(transparent)]
    Speech(videogen_tts::Error),
    /// A script file that cannot be used.
    #[error(transparent)]
    Script(#[from] ScriptFileError),
    /// Music.
    #[error(transparent)]
    Music(#[from] videogen_music::MusicError),
    /// Music of the user.
    #[error(transparent)]
    Library(#[from] LibraryError),
    /// A picture, or a workflow of the user that paints.
    #[error(transparent)]
    Picture(PictureError),
    /// The manifest of a video that cannot be used.
    #[error("the manifest {path} cannot be used: {reason}")]
    Manifest {
        /// The file.
        path: Utf8PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// Neither topic, genre nor script was given.
    #[error("there is nothing to make a video about")]
    NoTopic,
    /// A program that was asked for by name is not there.
    #[error("{what} is not available: {reason}")]
    Unavailable {
        /// The speaker, painter or writer.
        what: String,
        /// Why not.
        reason: String,
        /// How to get it.
        hint: Hint,
    },
    /// What was asked for by name could not be made so, and nothing else was accepted in its place.
    #[error("{by}, which was asked for by name, did not make {what}: {reason}")]
    NotDelivered {
        /// What is missing, as "the picture of scene 2".
        what: String,
        /// The part it belongs to.
        part: Part,
        /// Who was to make it.
        by: String,
        /// What would have taken its place.
        fallback: String,
        /// Why it did not come about.
        reason: String,
        /// What kind of failure the last one was.
        cause: FailureKind,
    },
    /// The output directory cannot be used.
    #[error("the output directory {path} cannot be used: {reason}")]
    Output {
        /// The directory.
        path: Utf8PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// There is not enough room.
    #[error("{path} has {free_mib} MiB free and this video needs about {needed_mib} MiB")]
    DiskFull {
        /// The output directory.
        path: Utf8PathBuf,
        /// What it has.
        free_mib: u64,
        /// What is estimated from the job.
        needed_mib: u64,
    },
    /// No font can draw a part of the captions.
    #[error("no installed font can draw {characters}")]
    Font {
        /// Some of the characters, in quotes.
        characters: String,
        /// The package that would help.
        package: Option<&'static str>,
    },
    /// `--strict`, and something would have to be degraded.
    #[error("strict: {}", list(degradations))]
    Strict {
        /// What would have been degraded.
        degradations: Vec<Degradation>,
    },
    /// No language model wrote the script.
    #[error(transparent)]
    Scripting(ScriptError),
    /// The prompts of the user for language models.
    #[error(transparent)]
    Prompts(#[from] TemplateError),
    /// What a program, a server or a model made is no good.
    #[error("{what} cannot be used: {reason}")]
    Unfit {
        /// What was made, as "the speech of scene 2".
        what: String,
        /// What is wrong with it, as "it is silent".
        reason: String,
    },
    /// A file could not be read or written.
    #[error("{action} {path} failed")]
    Io {
        /// "reading", "writing" …
        action: &'static str,
        /// The file.
        path: Utf8PathBuf,
        /// What the operating system said.
        #[source]
        source: std::io::Error,
    },
    /// The journal of the batch.
    #[error(transparent)]
    Batch(#[from] BatchError),
    /// The store of what stages have made.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// This machine does not have what the video needs.
    #[error(transparent)]
    Refused(#[from] Refused),
    /// The video took longer than it may.
    #[error("it was not finished within {} minutes", within.as_secs() / 60)]
    Deadline {
        /// The longest it may take.
        within: std::time::Duration,
    },
    /// It was cancelled.
    #[error("cancelled")]
    Cancelled,
}

impl From<videogen_media::Error> for ErrorKind {
    fn from(error: videogen_media::Error) -> Self {
        match error {
            videogen_media::Error::NoFfmpeg { what } => Self::Unavailable {
                what: what.to_owned(),
                reason: "there is no FFmpeg".to_owned(),
                hint: "install FFmpeg".into(),
            },
            videogen_media::Error::NoGlyphs {
                characters,
                package,
            } => Self::Font {
                characters,
                package,
            },
            other => Self::Media(other),
        }
    }
}

impl From<PictureError> for ErrorKind {
    fn from(error: PictureError) -> Self {
        match error {
            PictureError::Cancelled => Self::Cancelled,
            PictureError::Media(error) => error.into(),
            PictureError::Unfit { what, reason } => Self::Unfit { what, reason },
            PictureError::Io {
                action,
                path,
                source,
            } => Self::Io {
                action,
                path,
                source,
            },
            other => Self::Picture(other),
        }
    }
}

impl From<videogen_tts::Error> for ErrorKind {
    fn from(error: videogen_tts::Error) -> Self {
        match error {
            videogen_tts::Error::SpeakerAbsent { speaker, reason } => Self::Unavailable {
                what: speaker.to_owned(),
                reason,
                hint: how_to_get(speaker),
            },
            videogen_tts::Error::VoiceAbsent(value) => Self::Value(value),
            other => Self::Speech(other),
        }
    }
}

/// How to get a speaker.
fn how_to_get(speaker: &'static str) -> Hint {
    match speaker {
        "native" | "piper" => configure("set `model` under [piper] in the configuration"),
        "piper-http" | "openai" => configure("set `speech_url` to a server that speaks"),
        program => Hint::of(Package::System(program)),
    }
}

/// How to get a language model.
fn with_model() -> Hint {
    configure("set llm_url to a running Ollama")
}

/// A setting of the configuration, which can be begun with a command.
pub(crate) fn configure(set: &'static str) -> Hint {
    Hint::from(set).aside(" (", Command::ConfigInit, ")")
}

impl From<ScriptError> for ErrorKind {
    fn from(error: ScriptError) -> Self {
        let unavailable = |what: &str, reason: String, hint: Hint| Self::Unavailable {
            what: what.to_owned(),
            reason,
            hint,
        };
        match error {
            ScriptError::NoModel { reason, hint } => {
                let auto = Setting::Writer.to("auto");
                let hint = match hint {
                    Some(hint) => hint,
                    None => with_model().words(", or use ").term(auto),
                };
                unavailable("a language model", reason, hint)
            }
            ScriptError::EnglishOnly { reason } => {
                let hint = with_model().words(", or leave the language out");
                unavailable("a language model", reason, hint)
            }
            ScriptError::Setup { reason } => {
                let hint = Hint::from("use ").term(Setting::Writer.to("builtin"));
                unavailable("llm", reason, hint)
            }
            ScriptError::Prompts(error) => Self::Prompts(error),
            other => Self::Scripting(other),
        }
    }
}

impl From<FileError> for ErrorKind {
    fn from(error: FileError) -> Self {
        let FileError {
            action,
            path,
            source,
            ..
        } = error;
        Self::Io {
            action,
            path,
            source,
        }
    }
}

fn list(degradations: &[Degradation]) -> String {
    let parts: Vec<String> = degradations
        .iter()
        .map(|d| {
            format!(
                "{} would be {} instead of {} ({})",
                d.stage.name(),
                d.to,
                d.from,
                d.reason
            )
        })
        .collect();
    parts.join("; ")
}

impl Error {
    /// An error of `stage`.
    pub fn new(stage: Stage, kind: impl Into<ErrorKind>) -> Self {
        Self {
            stage,
            kind: Box::new(kind.into()),
            origin: None,
        }
    }

    /// The same of a video that was asked for at `origin`, see [`Brief::origin`](crate::brief::Brief::origin).
    #[must_use]
    pub(crate) fn of_video(self, origin: Option<&str>) -> Self {
        Self {
            origin: origin.map(Into::into),
            ..self
        }
    }

    /// Where it happened.
    pub fn stage(&self) -> Stage {
        self.stage
    }

    /// What it was.
    pub fn kind(&self) -> &ErrorKind {
        &self.kind
    }

    /// Whether it is only that somebody cancelled.
    pub fn is_cancelled(&self) -> bool {
        match &*self.kind {
            ErrorKind::Cancelled => true,
            ErrorKind::Media(e) => e.is_cancelled(),
            ErrorKind::Music(e) => e.is_cancelled(),
            ErrorKind::Speech(e) => e.is_cancelled(),
            ErrorKind::Scripting(e) => e.is_cancelled(),
            _ => false,
        }
    }

    /// Whether the same request may work a moment later.
    pub fn is_retryable(&self) -> bool {
        match &*self.kind {
            ErrorKind::Media(e) => e.is_retryable(),
            ErrorKind::Speech(e) => e.is_retryable(),
            ErrorKind::Scripting(e) => e.is_retryable(),
            ErrorKind::Refused(e) => e.is_retryable(),
            _ => false,
        }
    }

    /// Returns the next action.
    pub fn help(&self) -> Option<Hint> {
        let elsewhere = |words: &'static str| Some(Hint::from(words).with(Setting::OutputDir));
        let none = Setting::Captions.to("none");
        match &*self.kind {
            ErrorKind::Value(e) => e.help(),
            ErrorKind::Media(e) => e.help(),
            ErrorKind::Speech(e) => e.help(),
            ErrorKind::Scripting(e) => e.help(),
            ErrorKind::Prompts(e) => e.help(),
            ErrorKind::Script(e) => Some(e.help()),
            ErrorKind::Unfit { .. } => Some("nothing of it was kept, so it is made anew when you run again; if it comes back, use another voice, painter or model".into()),
            ErrorKind::Picture(e) => e.help(),
            ErrorKind::Manifest { .. } => Some("a manifest lies beside its video: NAME.json beside NAME.mp4".into()),
            ErrorKind::NoTopic => Some(
                Hint::from("give a topic")
                    .aside(": ", Command::GenerateAbout("the deep sea"), "")
                    .words(", or a ")
                    .term(Setting::Genre)
                    .words(", or a ")
                    .term(Setting::Script),
            ),
            ErrorKind::Library(e) => Some(e.help()),
            ErrorKind::Unavailable { hint, .. } => Some(hint.clone()),
            ErrorKind::NotDelivered { part, fallback, .. } => Some(part.remedy(fallback)),
            ErrorKind::Output { .. } => elsewhere("choose another directory"),
            ErrorKind::DiskFull { .. } => elsewhere("free some space, or choose another directory"),
            ErrorKind::Font { package: Some(package), .. } => Some(
                Hint::of(Package::System(package))
                    .words(", or make the video with ")
                    .term(none),
            ),
            ErrorKind::Font { package: None, .. } => Some(Hint::from("install a font for this script, or use ").term(none)),
            ErrorKind::Strict { .. } => Some(
                Hint::from("leave ")
                    .term(Setting::Strict)
                    .words(" out, or ask for what is there by name (")
                    .term(Setting::Writer.to("builtin"))
                    .words(" …)"),
            ),
            ErrorKind::Batch(e) => e.help(),
            ErrorKind::Store(e) => e.help(),
            ErrorKind::Refused(e) => e.help(),
            ErrorKind::Deadline { .. } => Some(
                Hint::from("use a lower ")
                    .term(Setting::Quality)
                    .words(", or give the machine less else to do")
                    .aside("; ", Command::Resume, " goes on with what is made"),
            ),
            ErrorKind::Io { .. } | ErrorKind::Music(_) | ErrorKind::Cancelled => None,
        }
    }
}

impl ErrorKind {
    /// A stable name for events.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Value(_) => "invalid_value",
            Self::Media(_) => "media",
            Self::Speech(_) => "speech",
            Self::Script(_) => "bad_script",
            Self::Picture(e) => e.name(),
            Self::Music(e) if e.is_cancelled() => "cancelled",
            Self::Music(_) => "music",
            Self::Manifest { .. } => "bad_manifest",
            Self::NoTopic => "no_topic",
            Self::Library(_) | Self::Unavailable { .. } => "unavailable",
            Self::NotDelivered { .. } => "not_delivered",
            Self::Output { .. } => "output",
            Self::DiskFull { .. } => "disk_full",
            Self::Font { .. } => "font",
            Self::Strict { .. } => "strict",
            Self::Scripting(_) => "language_model",
            Self::Prompts(_) => "prompts",
            Self::Unfit { .. } => "unfit",
            Self::Io { .. } => "io",
            Self::Batch(e) => e.name(),
            Self::Store(_) => "store",
            Self::Refused(_) => "resources",
            Self::Deadline { .. } => "deadline",
            Self::Cancelled => "cancelled",
        }
    }
}
