//! `videogen` as its users run it: the real program, the real FFmpeg, the real voices.

mod bad_input;
mod batch;
mod clips;
mod commands;
mod encoders;
mod improve;
mod interrupt;
mod limits;
mod machine;
mod named;
mod nearby;
mod orphans;
mod paint;
mod plan;
mod poisoned;
mod resume;
mod same_again;
mod strangers;
mod terminal;
mod text;
mod video;
mod write;

use testkit::Run;

/// `videogen generate` with settings that make a small, short video.
fn generate() -> Run {
    Run::videogen().args(["generate", "--quality", "draft", "--seed", "11"])
}
