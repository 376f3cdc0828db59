//! What a batch is told of its jobs, and of the program that does them.

use std::fmt;

use camino::{Utf8Path, Utf8PathBuf};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

/// One thing that a batch is to make. It is written into the journal as it is and read by later versions of the program, so
/// its JSON is a format that lasts.
pub trait BatchJob: Clone + fmt::Debug + PartialEq + Serialize + DeserializeOwned {
    /// What is recorded of a job that is done: where its files are, for instance.
    type Outcome: Clone + fmt::Debug + PartialEq + Serialize + DeserializeOwned;

    /// What a job is called in messages, as "picture". With an `s` behind it where there are several.
    const NOUN: &'static str;

    /// Returns the directory that the files of the job go into. A batch that is gone on with sweeps the scratch directories
    /// of dead processes there, and a list shows that of the first job.
    fn output_dir(&self) -> &Utf8Path;

    /// Returns the path that a file of the job gets after its announced name, if it gets one: where it takes the place of an
    /// earlier one. It counts as in place there, too.
    fn moved_to(&self, _file: &AnnouncedFile) -> Option<Utf8PathBuf> {
        None
    }

    /// Returns the outcome of a job whose process ended between the announcement of its files and the record that it is
    /// done. All `files` were found in place: in `directory` under their names, or at [`BatchJob::moved_to`]. May finish
    /// what was left over; blocks for as long.
    ///
    /// `None` says that these files are no outcome. Then those in `directory` lose their names, and the job is done again.
    fn settle(&self, directory: &Utf8Path, files: &[AnnouncedFile]) -> Option<Self::Outcome>;
}

/// The program that works on batches, and the machine it runs on.
#[derive(Debug, Clone)]
pub struct BatchProgram {
    /// What it is called in the log.
    pub name: &'static str,
    /// Its version, which the journal records.
    pub version: &'static str,
    /// The version of the keys that outputs of its jobs are kept under, which the journal records. An open batch of another
    /// version goes on, and what is not found under the new keys is made again.
    pub output_keys: u32,
    /// The name of this machine, for people. Machines are told apart by more, where the system has more.
    pub host: String,
    /// Returns the time of day where the machine is, as `20261125-193000`: batches are named by it.
    pub local_time: fn() -> String,
    /// Files that it writes beside the journal while it works on a batch, and that go with it. Whether they change tells
    /// other machines that it is alive.
    pub reports: &'static [&'static str],
    /// What its scratch directories in output directories begin with, see [`crate::sweep`].
    pub scratch_prefix: &'static str,
}

/// A file by the name that it is about to get, and what is in it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AnnouncedFile {
    /// Its name in the directory.
    pub name: String,
    /// Its size in bytes.
    pub bytes: u64,
    /// Its SHA-256, in 64 lower-case hexadecimal digits.
    pub sha256: String,
}

/// How far a job is.
#[derive(Debug, Clone, PartialEq, Default)]
#[non_exhaustive]
pub enum JobProgress<O> {
    /// Not finished; what was made for it is kept.
    #[default]
    Open,
    /// Not done, and why. A later run tries again.
    Failed {
        /// The step in which it happened.
        stage: String,
        /// A stable name of the kind of failure.
        kind: String,
        /// What happened, with its causes.
        message: String,
    },
    /// Done, with its files in place.
    Delivered(O),
}
