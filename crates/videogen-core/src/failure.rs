//! What kind of failure each error is, for those who count.

use std::io;

use videogen_durable::Shortage;
use videogen_llm::Error as LlmError;
use videogen_media::Error as MediaError;
use videogen_process::Error as ProcessError;
use videogen_script::ScriptError;
use videogen_tts::Error as SpeechError;
use videogen_types::FailureKind;

use crate::{Error, ErrorKind};

fn of_model(error: &LlmError) -> FailureKind {
    match error {
        LlmError::Net { source } => source.failure_kind(),
        LlmError::ModelMissing { .. } | LlmError::NoModel { .. } => FailureKind::MissingModel,
        LlmError::OutOfMemory { .. } => FailureKind::OutOfMemory,
        LlmError::Stalled { .. } => FailureKind::Timeout,
        LlmError::TooLongQuestion { .. } | LlmError::Key { .. } => FailureKind::BadInput,
        LlmError::CutOff { .. }
        | LlmError::Empty { .. }
        | LlmError::TooLongAnswer { .. }
        | LlmError::Refused { .. }
        | LlmError::BadAnswer { .. } => FailureKind::BadOutput,
        LlmError::Cancelled => FailureKind::Cancelled,
        // Busy, and what is no server of models.
        _ => FailureKind::Network,
    }
}

fn of_process(error: &ProcessError) -> FailureKind {
    match error {
        ProcessError::Deadline { .. } => FailureKind::Timeout,
        ProcessError::Cancelled { .. } => FailureKind::Cancelled,
        ProcessError::FileTooLarge { .. } => FailureKind::Disk,
        ProcessError::Spawn { source, .. } if is_of_the_machine(source) => FailureKind::Resources,
        _ => FailureKind::Program,
    }
}

fn of_speech(error: &SpeechError) -> FailureKind {
    match error {
        SpeechError::UnknownVoice { .. }
        | SpeechError::UnknownSpeaker { .. }
        | SpeechError::UnsupportedLanguage { .. }
        | SpeechError::CannotRead { .. }
        | SpeechError::Model { .. }
        | SpeechError::Config { .. } => FailureKind::MissingModel,
        SpeechError::NothingToSay { .. }
        | SpeechError::Captions { .. }
        | SpeechError::InvalidRate { .. }
        | SpeechError::InvalidOption { .. } => FailureKind::BadInput,
        SpeechError::BadAudio { .. }
        | SpeechError::NotSound { .. }
        | SpeechError::AllSilent { .. } => FailureKind::BadOutput,
        SpeechError::Net { source } => source.failure_kind(),
        SpeechError::Process { source, .. } => of_process(source),
        SpeechError::Cancelled => FailureKind::Cancelled,
        SpeechError::Vanished { .. } | SpeechError::Io { .. } => FailureKind::Disk,
        _ => FailureKind::Program,
    }
}

fn of_media(error: &MediaError) -> FailureKind {
    match error {
        MediaError::FfmpegOutOfMemory { .. } => FailureKind::OutOfMemory,
        MediaError::Ffmpeg { source, .. } => of_process(source),
        MediaError::OfScene { source, .. } => of_media(source),
        MediaError::InputMissing { .. }
        | MediaError::InputEmpty { .. }
        | MediaError::InputNotAFile { .. }
        | MediaError::InputTooLarge { .. }
        | MediaError::InputTooLong { .. }
        | MediaError::InputWrongType { .. }
        | MediaError::InputBroken { .. }
        | MediaError::PictureTooLarge { .. }
        | MediaError::PictureUndecodable { .. }
        | MediaError::InvalidValue { .. } => FailureKind::BadInput,
        MediaError::Verify { .. } | MediaError::FfmpegOutput { .. } => FailureKind::BadOutput,
        MediaError::Io { .. } => FailureKind::Disk,
        MediaError::Thread { .. } => FailureKind::Resources,
        MediaError::Cancelled => FailureKind::Cancelled,
        _ => FailureKind::Program,
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
            ErrorKind::Media(error) => of_media(error),
            ErrorKind::Speech(error) => of_speech(error),
            ErrorKind::Scripting(ScriptError::Model { source }) => of_model(source),
            ErrorKind::Scripting(ScriptError::Cancelled) | ErrorKind::Cancelled => {
                FailureKind::Cancelled
            }
            ErrorKind::Value(_)
            | ErrorKind::Library(_)
            | ErrorKind::Script(_)
            | ErrorKind::Prompts(_)
            | ErrorKind::Manifest { .. }
            | ErrorKind::NoTopic => FailureKind::BadInput,
            ErrorKind::Picture(error) => error.failure_kind(),
            ErrorKind::Music(error) if error.is_cancelled() => FailureKind::Cancelled,
            ErrorKind::NotDelivered { cause, .. } => *cause,
            // What else scripts fail of is told as what is not available.
            ErrorKind::Music(_) | ErrorKind::Scripting(_) | ErrorKind::Unavailable { .. } => {
                FailureKind::Program
            }
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
    use videogen_types::Stage;

    use super::*;

    #[test]
    fn a_missing_model_is_told_apart() {
        let missing = LlmError::NoModel {
            server: "http://localhost".into(),
            can_pull: true,
        };
        let error = Error::new(Stage::Script, ScriptError::from(missing));
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
