//! Files that survive the end of the process at any moment, on a machine that other programs and other users use, too.
//!
//! | module | what it does | effects |
//! |---|---|---|
//! | `batch` | keeps a batch of jobs and how far each is, to be gone on with after any end | writes, removes |
//! | `journal` | keeps records in order, in a file that a crash cannot damage | writes |
//! | `store` | keeps what was made under the hash of what influenced it | writes, removes |
//! | `outputs` | finds what was made before, in a batch's store or the user's cache, or has it made | writes, removes |
//! | `atomic` | writes a whole file or none, announcing every step | writes |
//! | `effects` | the seam of every lasting change: a test fails or ends the process at any of them | none |
//! | `open` | opens a file that others may have made: regular, without waiting, bounded | reads |
//! | `named` | opens what a person named, a pipe too, with a deadline | reads |
//! | `private` | makes files and directories that only their owner can read | writes |
//! | `publish` | gives the files of one thing their names: all or none, never over an existing file | writes, renames |
//! | `file_name` | makes names harmless, and numbers those that would be one file on some disk | reads |
//! | `cache_file` | keeps what is known about one thing, as a program, until that is another one | writes |
//! | `file_identity` | tells a file from itself after a change, without reading it | reads |
//! | `file_error` | the error of whatever does one thing with one file | none |
//! | `lock` | a lock between processes: bounded waits that name the holder | writes |
//! | `scratch` | a directory of one process, swept later when it is provably ours | writes, removes |
//! | `scratch_log` | tells the log what a sweep did; finds directories inside scratch directories | removes |
//! | `scratch_watch` | finds what of a process's own files somebody else has removed | reads |
//! | `shortage` | says why the system took no more bytes | none |
//! | `tree` | removes a directory through its handle, never through a path | removes |
//!
//! # What holds
//!
//! - **Nobody's pipe blocks us.** A named pipe, a device, a socket or a directory under the name of a file is an error
//!   ([`NotAFile`]) at once, whatever reads or writes its other end. What is read has a bound.
//! - **Nobody's link leads us.** What we made ourselves is opened without following symbolic links, and belongs to the
//!   user we run as. What a person named may be a link.
//! - **Nobody else reads along.** Directories are made with mode 0700 and files with 0600, before anything is written.
//! - **Nothing of others is removed.** A scratch directory is swept only when its name, its owner, the marker inside
//!   and the lock on that marker all say that this program made it and that its process is gone; one with nothing in it, by
//!   its name and owner alone. The marker is removed last, so that nothing else stays without it. Stores and batches are
//!   taken down by the names that they give (`store/demolish.rs`, `batch/remove.rs`). Everything else is left and reported
//!   ([`Swept::left`]). In videogen `clippy.toml` refuses `remove_dir_all` everywhere else.
//!
//! # Decisions
//!
//! - **A batch is its journal and its store** (`batch`, `journal`, `store`, `outputs`). The journal says what was asked for and
//!   what was delivered. It is append-only, and each line is checksummed and chained to the one before; a torn end is cut,
//!   and anything else that is wrong is refused. The store has what was made. Resuming needs no third thing: the batch is
//!   done again and finds what is there. The files of a job are recorded with their digests before they get their names, so
//!   that after a crash in the middle it is known whose they are.
//! - **Every lasting change is announced before it is made** (`effects`). Tests use that to end the process, or to fill the
//!   disk, at each of them in turn.
//! - **A batch names its machine by boot and identity** (`batch/machine.rs`), not by its host name alone. Its claim beats, so
//!   that another machine on the same disk sees that somebody works on it (`batch/claim.rs`).
//! - **A batch is begun under a lock** (`batch/begin.rs`). A batch that is not accepted when the next one is begun was begun by
//!   a process that is dead. One whose beginning fails is taken back.
//! - **Names are taken with hard links** (`publish`), which fail when the name exists: two runs never overwrite each other. On
//!   file systems without hard links a file is renamed if nothing has the name. The files of a job get their names in
//!   order, so where the last one is, its companions are.
//!
//! # Limits
//!
//! - A file on a network file system whose server is gone can block any call in the kernel. Nothing here can end that.
//! - On Windows there are no modes and no owners in this sense: files inherit the access rights of their directory.
//!   Windows support is untested.

#![deny(missing_docs)]

/// Compiles the example of the README.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;

mod atomic;
mod batch;
mod cache_file;
mod clock;
mod effects;
#[cfg(any(test, feature = "test-util"))]
mod failing;
mod file_error;
mod file_identity;
mod file_name;
mod journal;
mod lock;
mod named;
mod open;
mod outputs;
mod private;
mod publish;
mod scratch;
mod scratch_log;
mod scratch_watch;
mod shortage;
mod store;
mod tree;

pub use atomic::{
    WriteError, WriteStep, is_temporary_of, name_before_aside, set_aside, sweep_temporaries,
    sync_dir, truncate, write_atomically, write_new, write_unsynced,
};
pub use batch::{
    AnnouncedFile, Batch, BatchCondition, BatchError, BatchJob, BatchProgram, Batches, JobProgress,
    ListedBatch,
};
pub use cache_file::CacheFile;
pub use clock::unix_millis;
pub use effects::{Effect, Effects, RealEffects};
#[cfg(any(test, feature = "test-util"))]
pub use failing::FailingEffects;
pub use file_error::FileError;
pub use file_identity::FileIdentity;
pub use file_name::{FreeNames, folded_name, free_name, safe_name};
pub use journal::{
    Entry, JOURNAL_FILE, JOURNAL_FILES, Journal, JournalError, journal_holder, read_journal,
};
pub use lock::{FileLock, LockError};
pub use named::{NamedFile, ReadTimeouts, open_named};
pub use open::{
    FileKind, NotAFile, TooLarge, open_own, open_own_to_write, open_regular, read_own,
    read_own_to_string, read_regular,
};
pub use outputs::{CacheScope, FileOutput, FoundBytes, Outputs, remove_existing};
pub use private::{
    append_private, create_missing_dirs, create_private, create_private_dir,
    create_private_dir_all, default_mode, publish_mode, replace_private, rewrite_named,
    write_private,
};
pub use publish::{DigestedFile, publish_files};
pub use scratch::{Left, ScratchDir, Swept, is_scratch, sweep};
pub use scratch_log::{SweepNotice, is_inside_scratch, sweep_and_log};
pub use scratch_watch::ScratchWatch;
pub use shortage::Shortage;
pub use store::{
    About, Digest, Freed, Key, KeyBuilder, MOST_BYTES_IN_MEMORY, NotHex, Pin, Store, StoreError,
    StoreLimits, StoreStats, Stored, VerifyReport, demolish, normalised,
};
pub use tree::remove_tree;
