//! Kinds of failures, as they are counted: one short list for whatever made the video.

use std::fmt;
use std::io;

use serde::{Deserialize, Serialize};
use videogen_comfy::Error as ComfyError;
use videogen_durable::Shortage;
use videogen_llm::Error as LlmError;
use videogen_media::Error as MediaError;
use videogen_net::Error as NetError;
use videogen_process::Error as ProcessError;
use videogen_tts::Error as SpeechError;

use crate::scripting::ScriptingError;
use crate::{Error, ErrorKind};

/// What kind of failure something is, whoever failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum FailureKind {
    /// Memory of a graphics card or of a machine ran out.
    OutOfMemory,
    /// It took longer than it may.
    Timeout,
    /// A server cannot be reached, broke off, or says that it is at fault or busy.
    Network,
    /// A server or a machine lacks the model, the voice or the font that is needed.
    MissingModel,
    /// What was given cannot be used: a value, a file, a workflow.
    BadInput,
    /// What was made, or answered, is no good.
    BadOutput,
    /// A program is missing, or failed.
    Program,
    /// A disk is full, or a file cannot be written or read.
    Disk,
    /// The machine lacks something else: descriptors, processes, a free card.
    Resources,
    /// Somebody else stopped it.
    Interrupted,
    /// A lesser way was not accepted.
    Refused,
    /// The user ended it.
    Cancelled,
    /// Anything else.
    Other,
}

impl FailureKind {
    /// Its name in events, summaries and metrics.
    pub const fn name(self) -> &'static str {
        match self {
            Self::OutOfMemory => "out_of_memory",
            Self::Timeout => "timeout",
            Self::Network => "network",
            Self::MissingModel => "missing_model",
            Self::BadInput => "bad_input",
            Self::BadOutput => "bad_output",
            Self::Program => "program",
            Self::Disk => "disk",
            Self::Resources => "resources",
            Self::Interrupted => "interrupted",
            Self::Refused => "refused",
            Self::Cancelled => "cancelled",
            Self::Other => "other",
        }
    }

    pub(crate) fn of_comfyui(error: &ComfyError) -> Self {
        match error {
            ComfyError::OutOfMemory { .. } => Self::OutOfMemory,
            ComfyError::TimedOut { .. }
            | ComfyError::Stalled { .. }
            | ComfyError::StillQueued { .. } => Self::Timeout,
            ComfyError::MissingModel { .. } => Self::MissingModel,
            ComfyError::Invalid { .. }
            | ComfyError::UiFormat
            | ComfyError::Template { .. }
            | ComfyError::Workflow { .. } => Self::BadInput,
            ComfyError::NoPicture
            | ComfyError::PictureGone
            | ComfyError::BadPicture { .. }
            | ComfyError::BadAnswer { .. } => Self::BadOutput,
            ComfyError::Execution { .. } | ComfyError::Unsupported { .. } => Self::Program,
            ComfyError::Interrupted { .. } => Self::Interrupted,
            ComfyError::Cancelled => Self::Cancelled,
            ComfyError::Lost => Self::Network,
            ComfyError::Net { source, .. } => Self::of_net(source),
            ComfyError::Io { .. } => Self::Disk,
            _ => Self::Other,
        }
    }

    fn of_net(error: &NetError) -> Self {
        match error {
            NetError::Timeout { .. } => Self::Timeout,
            NetError::Write { .. } => Self::Disk,
            NetError::Cancelled { .. } => Self::Cancelled,
            NetError::InvalidUrl { .. } | NetError::InvalidRequest { .. } => Self::BadInput,
            NetError::UnexpectedContent { .. }
            | NetError::Json { .. }
            | NetError::InvalidText { .. }
            | NetError::TooLarge { .. } => Self::BadOutput,
            _ => Self::Network,
        }
    }

    fn of_model(error: &LlmError) -> Self {
        match error {
            LlmError::Net { source } => Self::of_net(source),
            LlmError::ModelMissing { .. } | LlmError::NoModel { .. } => Self::MissingModel,
            LlmError::OutOfMemory { .. } => Self::OutOfMemory,
            LlmError::Stalled { .. } => Self::Timeout,
            LlmError::TooLongQuestion { .. } | LlmError::Key { .. } => Self::BadInput,
            LlmError::CutOff { .. }
            | LlmError::Empty { .. }
            | LlmError::TooLongAnswer { .. }
            | LlmError::Refused { .. }
            | LlmError::BadAnswer { .. } => Self::BadOutput,
            LlmError::Cancelled => Self::Cancelled,
            // Busy, and what is no server of models.
            _ => Self::Network,
        }
    }

    fn of_process(error: &ProcessError) -> Self {
        match error {
            ProcessError::Deadline { .. } => Self::Timeout,
            ProcessError::Cancelled { .. } => Self::Cancelled,
            ProcessError::FileTooLarge { .. } => Self::Disk,
            ProcessError::Spawn { source, .. } if is_of_the_machine(source) => Self::Resources,
            _ => Self::Program,
        }
    }

    fn of_speech(error: &SpeechError) -> Self {
        match error {
            SpeechError::UnknownVoice { .. }
            | SpeechError::UnknownSpeaker { .. }
            | SpeechError::UnsupportedLanguage { .. }
            | SpeechError::Model { .. }
            | SpeechError::Config { .. } => Self::MissingModel,
            SpeechError::NothingToSay { .. }
            | SpeechError::InvalidRate { .. }
            | SpeechError::InvalidOption { .. } => Self::BadInput,
            SpeechError::BadAudio { .. } | SpeechError::AllSilent { .. } => Self::BadOutput,
            SpeechError::Process { source, .. } => Self::of_process(source),
            SpeechError::Cancelled => Self::Cancelled,
            SpeechError::Vanished { .. } | SpeechError::Io { .. } => Self::Disk,
            _ => Self::Program,
        }
    }

    fn of_media(error: &MediaError) -> Self {
        match error {
            MediaError::FfmpegOutOfMemory { .. } => Self::OutOfMemory,
            MediaError::Ffmpeg { source, .. } => Self::of_process(source),
            MediaError::InputMissing { .. }
            | MediaError::InputEmpty { .. }
            | MediaError::InputNotAFile { .. }
            | MediaError::InputTooLarge { .. }
            | MediaError::InputWrongType { .. }
            | MediaError::InputBroken { .. }
            | MediaError::InvalidValue { .. } => Self::BadInput,
            MediaError::Verify { .. } | MediaError::FfmpegOutput { .. } => Self::BadOutput,
            MediaError::Io { .. } => Self::Disk,
            MediaError::Thread { .. } => Self::Resources,
            MediaError::Cancelled => Self::Cancelled,
            _ => Self::Program,
        }
    }
}

impl fmt::Display for FailureKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

fn is_of_the_machine(error: &io::Error) -> bool {
    let kinds = [io::ErrorKind::OutOfMemory, io::ErrorKind::WouldBlock];
    kinds.contains(&error.kind()) || Shortage::of(error).is_some()
}

impl Error {
    /// What kind of failure it is, for those who count.
    pub fn failure(&self) -> FailureKind {
        match self.kind() {
            ErrorKind::Media(error) => FailureKind::of_media(error),
            ErrorKind::Speech(error) => FailureKind::of_speech(error),
            ErrorKind::Scripting(ScriptingError::Model { source }) => FailureKind::of_model(source),
            ErrorKind::Scripting(ScriptingError::Cancelled) | ErrorKind::Cancelled => {
                FailureKind::Cancelled
            }
            ErrorKind::Value(_)
            | ErrorKind::Script { .. }
            | ErrorKind::Workflow { .. }
            | ErrorKind::Prompts(_)
            | ErrorKind::Manifest { .. }
            | ErrorKind::NoTopic => FailureKind::BadInput,
            ErrorKind::NotDelivered { cause, .. } => *cause,
            ErrorKind::Unavailable { .. } => FailureKind::Program,
            ErrorKind::Font { .. } => FailureKind::MissingModel,
            ErrorKind::Output { .. }
            | ErrorKind::DiskFull { .. }
            | ErrorKind::Io { .. }
            | ErrorKind::Batch(_)
            | ErrorKind::Store(_) => FailureKind::Disk,
            ErrorKind::Unfit { .. } => FailureKind::BadOutput,
            ErrorKind::Strict { .. } => FailureKind::Refused,
            ErrorKind::Refused(_) => FailureKind::Resources,
            ErrorKind::Deadline { .. } => FailureKind::Timeout,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::event::Stage;

    #[test]
    fn the_five_that_people_ask_for_are_told_apart() {
        let memory = ComfyError::OutOfMemory {
            memory: videogen_comfy::Memory::Gpu,
            node: "3".into(),
            class: "KSampler".into(),
            message: String::new(),
            figures: videogen_comfy::MemoryFigures::default(),
        };
        assert_eq!(FailureKind::of_comfyui(&memory), FailureKind::OutOfMemory);
        let late = ComfyError::TimedOut {
            after: Duration::from_secs(1),
        };
        assert_eq!(FailureKind::of_comfyui(&late), FailureKind::Timeout);
        assert_eq!(
            FailureKind::of_comfyui(&ComfyError::Lost),
            FailureKind::Network
        );
        assert_eq!(
            FailureKind::of_comfyui(&ComfyError::UiFormat),
            FailureKind::BadInput
        );
        let missing = LlmError::NoModel {
            server: "http://localhost".into(),
            can_pull: true,
        };
        let error = Error::new(Stage::Script, ScriptingError::from(missing));
        assert_eq!(error.failure().to_string(), "missing_model");
    }

    #[test]
    fn names_are_as_they_are_written() {
        for kind in [
            FailureKind::OutOfMemory,
            FailureKind::BadOutput,
            FailureKind::Other,
        ] {
            let json = serde_json::to_string(&kind).unwrap();
            assert_eq!(json, format!("\"{kind}\""));
        }
    }
}
