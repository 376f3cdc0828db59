//! Is the mock ComfyUI what the real ones were when they were recorded?

#![allow(
    clippy::unwrap_used,
    reason = "a panic is how a test fails, in its helpers too"
)]

mod client;
mod clients;
mod compare;
mod control;
mod errors;
mod faults;
mod files;
mod http;
mod memory;
mod recordings;
mod run;
