//! Batches that are ended at every moment and resumed: nothing is lost, nothing is made twice, nothing is left behind.
//!
//! The subject is `fake-batch`: the real orchestrator, journal and store with fakes for everything that is slow.
#![cfg(target_os = "linux")]
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "all of this is a test, and tells its figures"
)]

mod faults;
mod figures;
mod journal;
mod kills;
mod place;
mod poisoned;
mod sweep;
