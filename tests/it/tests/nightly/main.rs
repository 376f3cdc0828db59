//! Faults in number, thrown at the real program: signals, errors of system calls, full disks, damaged files. Each kind has
//! a short test, which runs with all others, and a long one, which `cargo xtask nightly` runs.
//!
//! The verdict is the same for all of them (`subject.rs`): it ends, with an exit code that is documented; it does not
//! panic; no name stands for half a video; nothing is left behind; and when the fault is gone, `resume` or a new run
//! delivers.
#![cfg(target_os = "linux")]
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "all of this is a test, which tells its figures and removes what it made"
)]

mod disks;
mod mutations;
mod signals;
mod subject;
mod syscalls;
