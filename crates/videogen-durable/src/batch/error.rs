//! Why a batch cannot be begun, listed or continued.

use camino::Utf8PathBuf;
use videogen_types::{Command, Hint};

/// Says what went wrong with a batch itself. What goes wrong with its jobs is for whoever does them to tell.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BatchError {
    /// There is no batch of this name.
    #[error("there is no batch `{name}`")]
    Unknown {
        /// What was asked for.
        name: String,
        /// The names there are, nearest first, some of them.
        near: Vec<String>,
    },
    /// There is nothing to continue.
    #[error("there is no batch that could be resumed")]
    None,
    /// All its jobs are done.
    #[error("the batch {name} is finished: all its {jobs} {noun}s were delivered")]
    Finished {
        /// Its name.
        name: String,
        /// How many.
        jobs: usize,
        /// What one of them is called: [`crate::BatchJob::NOUN`].
        noun: &'static str,
    },
    /// Another process is making it.
    #[error("the batch {name} is being made by {}", holder(*pid))]
    Running {
        /// Its name.
        name: String,
        /// The process, if it left a note.
        pid: Option<u32>,
    },
    /// It was begun on another machine, whose files are not here.
    #[error("the batch {name} was begun on the machine {host}, this is {here}")]
    Elsewhere {
        /// Its name.
        name: String,
        /// The other machine.
        host: String,
        /// This one.
        here: String,
    },
    /// A process of another machine that uses the same disk is making it.
    #[error("the batch {name} is being made on the machine {host}, by process {pid} there")]
    Alive {
        /// Its name.
        name: String,
        /// The other machine.
        host: String,
        /// The process there.
        pid: u32,
    },
    /// Its journal cannot be used.
    #[error("the journal of the batch {name} cannot be used")]
    Journal {
        /// Its name.
        name: String,
        /// Why.
        #[source]
        source: crate::JournalError,
    },
    /// Its journal is whole and says what cannot be.
    #[error("the journal of the batch {name} contradicts itself: {reason}")]
    Contradiction {
        /// Its name.
        name: String,
        /// How.
        reason: String,
    },
    /// A file could not be written.
    #[error(transparent)]
    Durable(#[from] crate::WriteError),
    /// A file or directory could not be used.
    #[error("{action} {path} failed")]
    Io {
        /// "creating", "reading" …
        action: &'static str,
        /// Which.
        path: Utf8PathBuf,
        /// What the operating system said.
        #[source]
        source: std::io::Error,
    },
}

fn holder(pid: Option<u32>) -> String {
    pid.map_or_else(|| "another process".into(), |pid| format!("process {pid}"))
}

impl BatchError {
    /// Returns the stable name of the kind, for programs.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Unknown { .. } => "unknown_batch",
            Self::None => "no_batch",
            Self::Finished { .. } => "batch_finished",
            Self::Running { .. } | Self::Alive { .. } => "batch_running",
            Self::Elsewhere { .. } => "batch_elsewhere",
            Self::Journal { .. } | Self::Contradiction { .. } => "batch_journal",
            Self::Durable(_) | Self::Io { .. } => "io",
        }
    }

    /// Returns the next action.
    pub fn help(&self) -> Option<Hint> {
        match self {
            Self::Unknown { near, .. } if near.is_empty() => {
                Some(Hint::of(Command::Batches).words(" lists what there is"))
            }
            Self::Unknown { near, .. } => Some(format!("there are: {}", near.join(", ")).into()),
            Self::None => Some(Hint::of(Command::Generate).words(" begins one")),
            Self::Finished { .. } => {
                Some(Hint::from("make it again").with(Command::Generate))
            }
            Self::Running { .. } => Some("wait for it, or end that process and resume".into()),
            Self::Elsewhere { .. } => Some("resume it there, or begin it anew here".into()),
            Self::Alive { .. } => Some("wait for it, or end that process, and try again".into()),
            Self::Journal { source, .. } => source.help(),
            Self::Contradiction { .. } => Some(
                Hint::from("nothing was changed; begin the batch anew")
                    .with(Command::Generate),
            ),
            Self::Io { path, source, .. } if is_in_the_way(source) => Some(
                format!("move {path} away: something else has the name of a file or directory of this program").into(),
            ),
            Self::Durable(_) | Self::Io { .. } => None,
        }
    }
}

/// Whether something of another kind has the name.
fn is_in_the_way(error: &std::io::Error) -> bool {
    use std::io::ErrorKind;
    matches!(
        error.kind(),
        ErrorKind::AlreadyExists
            | ErrorKind::IsADirectory
            | ErrorKind::NotADirectory
            | ErrorKind::InvalidInput
            | ErrorKind::InvalidData
    )
}
