//! What can go wrong between a job and its picture, and what to do about it.

use std::fmt;
use std::time::Duration;

use camino::{Utf8Path, Utf8PathBuf};
use videogen_net::{Blame, Blamed};
use videogen_types::Hint;

use crate::text::shortened;
use crate::wire::history::Failure;
use crate::wire::memory::{Memory, MemoryFigures, figures, out_of_memory};
use crate::workflow::{Problem, ProblemKind};

/// Every failure of this crate. Messages read after "failed to …:"; [`Error::help`] has the next action.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A number or name that cannot be one.
    #[error("{given} is not usable as {what}")]
    Invalid {
        /// What it should have been.
        what: &'static str,
        /// What was given.
        given: String,
        /// What is possible.
        allowed: &'static str,
    },
    /// A user's workflow in the format of ComfyUI's editor, which the server does not run.
    #[error("the workflow is in the format of ComfyUI's editor, not in API format")]
    UiFormat,
    /// A user's workflow that cannot be used.
    #[error("the workflow cannot be used: {problem}")]
    Template {
        /// What is wrong with it.
        problem: String,
    },
    /// The server does not have a model file.
    #[error("the server has no {wanted:?} for {input} of {class}")]
    MissingModel {
        /// The file that was asked for.
        wanted: String,
        /// The input that names it, such as `ckpt_name`.
        input: String,
        /// The node that loads it.
        class: String,
        /// What is there, the most similar first; empty when nothing is, or the server did not say.
        there: Vec<String>,
    },
    /// The workflow does not fit the server: missing nodes, values out of range, links that lead nowhere.
    #[error("the workflow does not fit the server: {}", first(problems))]
    Workflow {
        /// Everything that is wrong, never empty.
        problems: Vec<Problem>,
    },
    /// Memory ran out while a node worked.
    #[error("{class} (node {node}) ran out of {}: {message}", match memory { Memory::Gpu => "GPU memory", Memory::Host => "main memory" })]
    OutOfMemory {
        /// Which memory.
        memory: Memory,
        /// The node's id.
        node: String,
        /// Its class.
        class: String,
        /// The first line of what the server said.
        message: String,
        /// The numbers in it.
        figures: MemoryFigures,
    },
    /// A node failed for another reason.
    #[error("{} (node {}) failed: {}: {}", failure.class, failure.node, failure.exception, crate::text::one_line(&failure.message))]
    Execution {
        /// What the server said.
        failure: Box<Failure>,
    },
    /// Someone else asked the server to stop the prompt.
    #[error("the server was told to stop the prompt")]
    Interrupted {
        /// The node that was running, where the server says.
        node: Option<String>,
    },
    /// The caller's token fired.
    #[error("painting was cancelled")]
    Cancelled,
    /// The time for the picture is over.
    #[error("the picture was not there after {} s", after.as_secs())]
    TimedOut {
        /// How much time it had.
        after: Duration,
    },
    /// Others' prompts kept the server busy for longer than the prompt may wait.
    #[error("it still waits in the server's queue after {} s", after.as_secs())]
    StillQueued {
        /// How long it waited.
        after: Duration,
    },
    /// The server says that something runs and nothing has happened for too long: its worker has probably died.
    #[error("the server has made no progress for {} s{}", silent.as_secs(), node.as_ref().map(|node| format!(" at node {node}")).unwrap_or_default())]
    Stalled {
        /// For how long.
        silent: Duration,
        /// The node it was at, where known.
        node: Option<String>,
    },
    /// The server forgot the prompt twice: it was restarted, or someone deleted the prompt.
    #[error("the server no longer knows the prompt")]
    Lost,
    /// Everything ran and no picture came out.
    #[error("the workflow put out no picture")]
    NoPicture,
    /// The picture that the history names is not on the server.
    #[error("the server does not have the picture that it made")]
    PictureGone,
    /// What came is no usable picture.
    #[error("what the server sent is no usable picture: {problem}")]
    BadPicture {
        /// What is wrong with it.
        problem: String,
    },
    /// An answer that is not what the call answers.
    #[error("the answer to {call} cannot be read: {problem}")]
    BadAnswer {
        /// The call.
        call: &'static str,
        /// What is wrong with it.
        problem: String,
    },
    /// The server does not have the call: it is too old.
    #[error("the server has no {call}")]
    Unsupported {
        /// The call.
        call: &'static str,
    },
    /// The request could not be made or was refused.
    #[error("asking ComfyUI for {call} failed")]
    Net {
        /// The call.
        call: &'static str,
        /// What happened.
        #[source]
        source: Box<videogen_net::Error>,
    },
    /// A file of ours could not be written.
    #[error("{action} {path} failed")]
    Io {
        /// "writing", "renaming" …
        action: &'static str,
        /// The file or directory.
        path: Utf8PathBuf,
        /// What the system said.
        #[source]
        source: std::io::Error,
    },
}

impl Blamed for Error {
    fn blame(&self) -> Blame {
        match self {
            Self::Net { source, .. } => source.blame(),
            Self::Cancelled => Blame::Cancelled,
            Self::Lost | Self::Stalled { .. } | Self::PictureGone => Blame::Fault,
            Self::StillQueued { .. } => Blame::Busy,
            Self::BadPicture { .. }
            | Self::BadAnswer { .. }
            | Self::Unsupported { .. }
            | Self::MissingModel { .. } => Blame::Wrong,
            _ => Blame::Request,
        }
    }

    fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Net { source, .. } => source.retry_after(),
            _ => None,
        }
    }
}

fn first(problems: &[Problem]) -> String {
    match problems {
        [] => String::new(),
        [only] => only.to_string(),
        [first, rest @ ..] => format!("{first} (and {} more)", rest.len()),
    }
}

impl Error {
    /// The next action for a person, when there is one.
    pub fn help(&self) -> Option<Hint> {
        let help = match self {
            Self::Invalid { allowed, .. } => format!("give {allowed}"),
            Self::UiFormat => "in ComfyUI open the workflow and choose Workflow → Export (API); in older versions switch on \
                               “Enable Dev mode Options” in the settings and press “Save (API Format)”"
                .into(),
            Self::Template { .. } => "export it from ComfyUI in API format, and call the node with the prompt %prompt%".into(),
            Self::MissingModel { there, input, .. } if there.is_empty() => {
                format!("put the file into the server's folder for {input}, or choose another model")
            }
            Self::MissingModel { there, .. } => format!("the server has {}", there.join(", ")),
            Self::Workflow { problems } => problems.iter().find_map(problem_help)?,
            Self::OutOfMemory { memory: Memory::Gpu, .. } => {
                "decode in tiles, paint smaller and enlarge, or stop other programs that use the card".into()
            }
            Self::OutOfMemory { memory: Memory::Host, .. } => {
                "close programs on the server's machine, add swap space, or choose a smaller model".into()
            }
            Self::Execution { failure } if failure.exception.ends_with("SafetensorError") => {
                "the model file on the server is broken or incomplete; download it again".into()
            }
            Self::Execution { .. } => "the server's log has the whole traceback".into(),
            Self::Stalled { .. } => "restart ComfyUI; its log tells why the worker stopped".into(),
            Self::StillQueued { .. } => "wait until the server has done what others gave it, or name another server".into(),
            Self::TimedOut { .. } => "allow more time, paint smaller, or use a faster server".into(),
            Self::Lost => "look into the server's log: it may have been killed for want of memory".into(),
            Self::NoPicture => "the workflow needs a SaveImage node".into(),
            Self::PictureGone => "someone deleted the server's output; paint again".into(),
            Self::BadPicture { .. } | Self::BadAnswer { .. } => {
                "check that the URL is that of a ComfyUI server and not of something in front of it".into()
            }
            Self::Unsupported { .. } => "update ComfyUI; 0.3.64 is the oldest that is supported".into(),
            Self::Net { source, .. } => return source.help(),
            Self::Io { .. } => "check the free space and the permissions of the directory".into(),
            Self::Interrupted { .. } | Self::Cancelled => return None,
        };
        Some(help.into())
    }

    /// Whether the same request may succeed when it is simply made again, at this server or another.
    pub fn is_retryable(&self) -> bool {
        match self {
            Self::Net { source, .. } => source.is_retryable(),
            Self::Lost
            | Self::Stalled { .. }
            | Self::StillQueued { .. }
            | Self::PictureGone
            | Self::BadPicture { .. } => true,
            Self::Io { source, .. } => source.kind() == std::io::ErrorKind::Interrupted,
            _ => false,
        }
    }

    /// Whether this is the answer to the caller's own cancellation.
    pub fn is_cancelled(&self) -> bool {
        match self {
            Self::Cancelled => true,
            Self::Net { source, .. } => source.is_cancelled(),
            _ => false,
        }
    }

    /// Which memory ran out, when that is the failure: the cause to try a cheaper way rather than the same again.
    pub fn out_of_memory(&self) -> Option<Memory> {
        match self {
            Self::OutOfMemory { memory, .. } => Some(*memory),
            _ => None,
        }
    }

    pub(crate) fn invalid(
        what: &'static str,
        given: impl fmt::Display,
        allowed: &'static str,
    ) -> Self {
        Self::Invalid {
            what,
            given: shortened(&given.to_string()),
            allowed,
        }
    }

    pub(crate) fn bad_answer(call: &'static str, problem: String) -> Self {
        Self::BadAnswer { call, problem }
    }

    /// For `map_err` on requests; a cancelled request is a cancelled picture.
    pub(crate) fn net(call: &'static str) -> impl FnOnce(videogen_net::Error) -> Self {
        move |source| {
            if source.is_cancelled() {
                Self::Cancelled
            } else {
                Self::Net {
                    call,
                    source: Box::new(source),
                }
            }
        }
    }

    /// For `map_err` on file operations.
    pub(crate) fn io(action: &'static str, path: &Utf8Path) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::Io {
            action,
            path,
            source,
        }
    }

    /// Problems as an error: a missing model is one of its own, since another model is the remedy.
    pub(crate) fn from_problems(mut problems: Vec<Problem>) -> Self {
        let missing = problems
            .iter()
            .position(|problem| matches!(problem.kind, ProblemKind::MissingModel { .. }));
        let Some(missing) = missing else {
            return Self::Workflow { problems };
        };
        let problem = problems.swap_remove(missing);
        match problem.kind {
            ProblemKind::MissingModel { wanted, there } => Self::MissingModel {
                wanted,
                input: problem.input.unwrap_or_default(),
                class: problem.class,
                there,
            },
            _ => unreachable!("the problem at that position was just found to be a missing model"),
        }
    }

    /// What a node's failure is.
    pub(crate) fn from_failure(failure: Failure) -> Self {
        match out_of_memory(&failure.exception, &failure.message) {
            Some(memory) => Self::OutOfMemory {
                memory,
                figures: figures(&failure.message),
                message: crate::text::one_line(
                    failure.message.lines().next().unwrap_or(&failure.exception),
                ),
                node: failure.node,
                class: failure.class,
            },
            None => Self::Execution {
                failure: Box::new(failure),
            },
        }
    }
}

/// An error with everything under it, in one line.
pub(crate) fn chain(error: &Error) -> String {
    let mut text = error.to_string();
    let mut source = std::error::Error::source(error);
    while let Some(error) = source {
        text.push_str(": ");
        text.push_str(&error.to_string());
        source = error.source();
    }
    crate::text::one_line(&text)
}

fn problem_help(problem: &Problem) -> Option<String> {
    match &problem.kind {
        ProblemKind::MissingNode => Some(format!(
            "install the node {} on the server, or choose a workflow without it",
            problem.class
        )),
        ProblemKind::NotAChoice { choices, .. } if !choices.is_empty() => {
            Some(format!("choose one of {}", choices.join(", ")))
        }
        ProblemKind::OutOfRange { range, .. } => Some(format!(
            "give {} a value of {range}",
            problem.input.as_deref().unwrap_or("it")
        )),
        ProblemKind::NoOutput | ProblemKind::NoStillPicture { .. } => {
            Some("the workflow needs a SaveImage node".into())
        }
        _ => None,
    }
}
