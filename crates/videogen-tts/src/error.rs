//! What can go wrong when text becomes speech, and what to do about it.

use std::time::Duration;

use camino::Utf8PathBuf;
use videogen_net::{Blame, Blamed};
use videogen_types::{Hint, Program, Setting};

/// Every failure of this crate. Messages read after "failed to …:"; [`Error::help`] has the next action.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The text has no letter or digit that the backend can speak.
    #[error("the text has nothing that {backend} can speak")]
    NothingToSay {
        /// The backend that was asked.
        backend: &'static str,
    },
    /// The times of a recording's words cannot be used.
    #[error("the captions of the narration cannot be used: {reason}")]
    Captions {
        /// Why not, as "there is no text with a time in it".
        reason: String,
        /// Whether they are of another text than the script.
        is_of_another: bool,
    },
    /// A speaking rate outside 0.5..=2.0.
    #[error("{value} is not a speaking rate")]
    InvalidRate {
        /// What was given.
        value: f64,
    },
    /// A setting of a voice that is out of range.
    #[error("{value} is not usable as {name}")]
    InvalidOption {
        /// The setting.
        name: &'static str,
        /// What was given.
        value: f64,
        /// The least that is possible.
        least: f64,
    },
    /// The backend has no voice of that name.
    #[error("{backend} has no voice {name:?}")]
    UnknownVoice {
        /// The backend that was asked.
        backend: &'static str,
        /// The name that was asked for.
        name: String,
        /// The names most like it, best first.
        nearest: Vec<String>,
    },
    /// The backend has no voice for that language.
    #[error("{backend} has no voice for the language {language:?}")]
    UnsupportedLanguage {
        /// The backend that was asked.
        backend: &'static str,
        /// The language that was asked for.
        language: String,
    },
    /// A speaker that was asked for by name is not there.
    #[error("{speaker} is not available: {reason}")]
    SpeakerAbsent {
        /// Its name, as `piper`.
        speaker: &'static str,
        /// Why not, as "flite is not installed".
        reason: String,
    },
    /// A speaker or a voice that was asked for by name cannot read the text.
    #[error("{speaker} {reason}")]
    CannotRead {
        /// What was asked for.
        speaker: String,
        /// What it cannot, as "cannot read the Chinese characters of a text in ja".
        reason: String,
    },
    /// Nobody has the voice that was asked for.
    #[error(transparent)]
    VoiceAbsent(videogen_types::InvalidValue),
    /// The voice has fewer speakers.
    #[error("the voice has {count} speaker(s), numbered from 0, and no speaker {speaker}")]
    UnknownSpeaker {
        /// The speaker that was asked for.
        speaker: u32,
        /// How many there are.
        count: u32,
    },
    /// The program that was named does not exist or cannot be executed.
    #[error("{program} is not an executable file")]
    ProgramMissing {
        /// The program as it was named.
        program: Utf8PathBuf,
        /// Which program it was to be.
        install: Program,
    },
    /// A program of that name exists, but it is another program.
    #[error("{program} is not {expected}: it says {saw:?}")]
    NotTheProgram {
        /// The program that was run.
        program: Utf8PathBuf,
        /// What it should have been.
        expected: &'static str,
        /// The first line it printed; empty when it printed nothing.
        saw: String,
        /// What to do about it.
        advice: Hint,
    },
    /// The voice file is no usable Piper voice.
    #[error("{path} is not a Piper voice: {problem}")]
    Model {
        /// The `.onnx` file.
        path: Utf8PathBuf,
        /// What is wrong with it.
        problem: String,
    },
    /// The description beside the voice file is unusable.
    #[error("{path} does not describe a Piper voice: {problem}")]
    Config {
        /// The `.onnx.json` file.
        path: Utf8PathBuf,
        /// What is wrong with it.
        problem: String,
    },
    /// The network of a voice cannot be run without Piper's program.
    #[error("the network of {path} cannot be run: {problem}")]
    Inference {
        /// The `.onnx` file.
        path: Utf8PathBuf,
        /// What went wrong in it.
        problem: String,
    },
    /// The program ran and reported a failure.
    #[error("{backend} reported: {detail}")]
    Backend {
        /// The backend that failed.
        backend: &'static str,
        /// The line of its output that names the cause.
        detail: String,
    },
    /// What the program wrote is not usable audio.
    #[error("{backend} wrote no usable audio: {problem}")]
    BadAudio {
        /// The backend that failed.
        backend: &'static str,
        /// What is wrong with the file.
        problem: String,
    },
    /// The program wrote audio, but all of it is silent.
    #[error("{backend} wrote only silence")]
    AllSilent {
        /// The backend that failed.
        backend: &'static str,
    },
    /// The program could not be started, ran past its deadline or died.
    #[error("running {backend} failed")]
    Process {
        /// The backend that failed.
        backend: &'static str,
        /// What happened to the child.
        #[source]
        source: Box<videogen_process::Error>,
    },
    /// A request to a server that speaks failed.
    #[error("the speech server cannot be asked")]
    Net {
        /// How.
        #[from]
        source: videogen_net::Error,
    },
    /// A server that speaks wants a key, or another one.
    #[error("{server} wants a key, or another one")]
    ServerKey {
        /// Its address.
        server: String,
    },
    /// What answers is no server that speaks.
    #[error("{server} does not answer like a speech server (status {status})")]
    NotASpeechServer {
        /// Its address.
        server: String,
        /// What it answered where speech is asked for, 100..=999.
        status: u16,
    },
    /// A server answered with something else than sound that can be used.
    #[error("{server} answered with {found}, not with a WAV file")]
    NotSound {
        /// Its address.
        server: String,
        /// What came, as "an MP3 file".
        found: String,
    },
    /// The caller's token fired.
    #[error("speaking was cancelled")]
    Cancelled,
    /// What this crate had written was removed by somebody else while it was in use.
    #[error("{path} was removed while it was in use")]
    Vanished {
        /// The file or directory.
        path: Utf8PathBuf,
    },
    /// A file of ours could not be written or read.
    #[error("{action} {path} failed")]
    Io {
        /// "writing", "reading" …
        action: &'static str,
        /// The file or directory.
        path: Utf8PathBuf,
        /// What the system said.
        #[source]
        source: std::io::Error,
    },
}

impl Error {
    /// Returns the next action for a person, when there is one.
    pub fn help(&self) -> Option<Hint> {
        match self {
            Self::NothingToSay { backend: "flite" } => {
                Some("flite speaks English in Latin letters only; use espeak-ng or a Piper voice for other scripts".into())
            }
            Self::NothingToSay { .. } => Some("write at least one word; emoji and punctuation alone are not spoken".into()),
            Self::Captions { is_of_another: true, .. } => {
                let hint = Hint::from("give the captions of what the script says, or leave the ").term(Setting::Script);
                Some(hint.words(" out: the captions have the words, too"))
            }
            Self::Captions { .. } => Some("give SubRip (.srt), WebVTT (.vtt), or JSON with a text, a start and an end for each word, of this recording".into()),
            Self::InvalidRate { .. } => Some("give a number from 0.5 (half as fast) to 2.0 (twice as fast)".into()),
            Self::InvalidOption { name, least, .. } => Some(format!("give {name} a number from {least} to 10").into()),
            Self::UnknownVoice { nearest, .. } if nearest.is_empty() => Some("list the voices and pick one of them".into()),
            Self::UnknownVoice { nearest, .. } => Some(format!("did you mean {}?", nearest.join(", ")).into()),
            Self::UnsupportedLanguage { .. } => {
                Some("name a voice explicitly, or use espeak-ng, which speaks more than 100 languages".into())
            }
            Self::SpeakerAbsent { speaker, .. } => Some(format!("set {speaker} up, or ask for another speaker").into()),
            Self::CannotRead { .. } => {
                Some("ask for another voice, such as a Piper voice of the language, or for none: what nobody can read is shown without a voice".into())
            }
            Self::VoiceAbsent(value) => value.help(),
            Self::UnknownSpeaker { count, .. } => Some(format!("choose a speaker from 0 to {}", count.saturating_sub(1)).into()),
            Self::ProgramMissing { install, .. } => Some(Hint::of(*install)),
            Self::NotTheProgram { advice, .. } => Some(advice.clone()),
            Self::Model { .. } => Some("download the .onnx file again, as a file and not as a web page".into()),
            Self::Config { path, .. } => Some(format!("put the voice's own .onnx.json at {path}; both files belong together").into()),
            Self::Inference { .. } => {
                Some("take another voice, or have Piper's own program speak with this one".into())
            }
            Self::Backend { .. } | Self::BadAudio { .. } => {
                Some("run the program by hand with the same voice; if it fails there too, reinstall it".into())
            }
            Self::AllSilent { .. } => Some("choose a voice that speaks the language of the text".into()),
            Self::Process { source, .. } => source.help().map(Hint::from),
            Self::Net { source } => source.help(),
            Self::ServerKey { .. } => Some("configure the server's key, or check it".into()),
            Self::NotASpeechServer { .. } => {
                Some("check that the URL leads to Piper's HTTP server, or to one that speaks as OpenAI's speech API does, such as Kokoro-FastAPI".into())
            }
            Self::NotSound { .. } => {
                Some("look at the server's log; have it send WAV, or use another server".into())
            }
            Self::Vanished { .. } => Some("find out what tidies the directory for temporary files, or use another one".into()),
            Self::Io { .. } => Some("check the free space and the permissions of the directory for temporary files".into()),
            Self::Cancelled => None,
        }
    }

    /// Whether the same request may succeed when it is simply made again.
    pub fn is_retryable(&self) -> bool {
        match self {
            Self::Process { source, .. } => source.is_retryable(),
            Self::Net { .. } => self.blame().is_retryable(),
            Self::Vanished { .. } => true,
            Self::Io { source, .. } => {
                matches!(
                    source.kind(),
                    std::io::ErrorKind::Interrupted
                        | std::io::ErrorKind::TimedOut
                        | std::io::ErrorKind::WouldBlock
                )
            }
            _ => false,
        }
    }

    /// Whether the machine is the reason and not the backend: a file of ours that cannot be written or has vanished, a
    /// program that cannot be started for want of memory, processes or descriptors. Another backend would fail alike.
    pub fn is_of_the_machine(&self) -> bool {
        match self {
            Self::Vanished { .. } | Self::Io { .. } => true,
            Self::Process { source, .. } => match &**source {
                videogen_process::Error::Spawn { source: io, .. } => {
                    source.is_retryable() || lacks_descriptors(io)
                }
                videogen_process::Error::Io { .. } => true,
                _ => false,
            },
            _ => false,
        }
    }

    /// Whether this is the answer to the caller's own cancellation.
    pub fn is_cancelled(&self) -> bool {
        matches!(self, Self::Cancelled)
    }

    /// The times of a recording's words cannot be used, for this reason.
    pub(crate) fn captions(reason: impl Into<String>) -> Self {
        Self::Captions {
            reason: reason.into(),
            is_of_another: false,
        }
    }

    /// Wraps what happened to a child; a cancelled child is a cancelled request.
    pub(crate) fn process(backend: &'static str, source: videogen_process::Error) -> Self {
        if source.is_cancelled() {
            Self::Cancelled
        } else {
            Self::Process {
                backend,
                source: Box::new(source),
            }
        }
    }

    /// What it means that `path` is not there any more.
    pub(crate) fn vanished(path: &camino::Utf8Path) -> Self {
        Self::Vanished {
            path: path.to_owned(),
        }
    }

    /// For `map_err` on file operations.
    pub(crate) fn io(
        action: &'static str,
        path: &camino::Utf8Path,
    ) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::Io {
            action,
            path,
            source,
        }
    }
}

impl Blamed for Error {
    /// Of servers; whatever else goes wrong is no fault of one.
    fn blame(&self) -> Blame {
        match self {
            Self::Net { source } => source.blame(),
            Self::ServerKey { .. } | Self::NotASpeechServer { .. } => Blame::Wrong,
            Self::NotSound { .. } => Blame::Answer,
            Self::Cancelled => Blame::Cancelled,
            _ => Blame::Request,
        }
    }

    fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Net { source } => Blamed::retry_after(source),
            _ => None,
        }
    }
}

/// Whether this process or the machine has no descriptor left; the standard library has no stable name for it.
fn lacks_descriptors(error: &std::io::Error) -> bool {
    const ENFILE: i32 = 23;
    const EMFILE: i32 = 24;
    cfg!(unix) && matches!(error.raw_os_error(), Some(ENFILE | EMFILE))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_another_backend_would_suffer_too_is_told_from_what_it_would_not() {
        let spawn = |code: i32| {
            let source = std::io::Error::from_raw_os_error(code);
            let program = "p".to_owned();
            Error::process("p", videogen_process::Error::Spawn { program, source })
        };
        let io = std::io::Error::from(std::io::ErrorKind::StorageFull);
        let path = camino::Utf8Path::new("/x");
        assert!(Error::io("writing", path)(io).is_of_the_machine());
        let gone = Error::vanished(path);
        assert!(gone.is_of_the_machine() && gone.is_retryable() && gone.help().is_some());
        #[cfg(unix)]
        {
            // EAGAIN, ENOMEM, ENFILE, EMFILE; and EACCES, ENOEXEC, which are the program's own.
            #[cfg(target_os = "linux")]
            assert!(spawn(11).is_of_the_machine());
            for code in [12, 23, 24] {
                assert!(spawn(code).is_of_the_machine(), "{code}");
            }
            for code in [13, 8] {
                assert!(!spawn(code).is_of_the_machine(), "{code}");
            }
        }
        let backend = Error::AllSilent { backend: "flite" };
        assert!(!backend.is_of_the_machine());
    }
}
