//! A client for ComfyUI: pictures from values, watched while they are painted, and there in the end.
//!
//! - [`PaintJob`] says what to paint: models, sizes, passes, tiles, all checked types. [`Workflow::build`] makes the node
//!   graph of it, from nodes that every ComfyUI has. [`Template`] does it with a user's own workflow instead.
//! - [`Workflow::check`] compares a workflow with the server's nodes and model files before anything is sent.
//! - [`ComfyClient`] has the server's calls; [`ComfyClient::run`] and [`ImageGenerator::paint`] make one [`Run`] of them:
//!   a stream of typed events that ends with the pictures or with an [`Error`] that names the cause.
//!
//! Design decisions worth knowing:
//! - **The prompt's id is the caller's** ([`PromptId`]). Written down before the post, it finds the prompt again after a
//!   crash of either side; with [`Submission::resume`] the same submission twice paints once.
//! - **The socket is for watching, the history for results.** ComfyUI tells success before its history is written, loses
//!   what it has to say to a socket that broke, and says nothing at all when its worker died. So whatever a socket says, a
//!   result is read from the history, and a prompt is looked for by asking at all times; without a socket only the
//!   progress is missing. The mock in `tests/testkit/src/comfy` is held to recordings of two versions of the real server.
//! - **Out of memory is a type of its own**, told apart for the card and the machine: the next thing to try is another way
//!   of painting, which is the caller's decision.
//! - **The server is not trusted**: every answer is bounded, its names are only ever sent back to it, and a picture is
//!   judged by its bytes before it gets a name here.
//! - **What passes is asked again where it happened** (`client`, `run/posting.rs`). The client repeats, within seconds, a call
//!   that may be made twice; a prompt is posted again only after the server was asked whether it has it. What takes longer is
//!   a matter for callers who could ask another server.
//! - **Each prompt has files of its own** (`run/driver.rs`): its id stands behind the prefix. Two servers that write into one
//!   folder number the files of a prefix independently, and would overwrite each other's pictures.
//! - **Nothing is decoded**: what comes is PNG, JPEG or WebP by its head, whole by its structure, within a number of pixels.
//!
//! The library reads no environment, holds no globals and prints nothing. It needs a tokio runtime.
#![doc = include_str!("../README.md")]
#![deny(missing_docs)]

mod client;
mod error;
#[cfg(any(test, feature = "test-util"))]
mod fake;
mod generator;
mod job;
mod picture;
mod prompt_id;
#[cfg(test)]
mod recorded;
mod run;
mod text;
mod value;
mod wire;
mod workflow;

pub use client::{ComfyClient, FetchLimits, Free, Picture, Uploaded};
pub use error::Error;
#[cfg(any(test, feature = "test-util"))]
pub use fake::FakeGenerator;
pub use generator::{BoxFuture, ImageGenerator, PaintRequest, ServerState};
pub use job::{
    AllInOne, Enlarge, Family, LatentMethod, LatentPass, Lora, Models, PaintJob, PixelMethod,
    PixelRefine, Refine, Sampling, TextEncoders, VaeWay, WeightType,
};
pub use picture::Format;
pub use prompt_id::PromptId;
pub use run::{Again, Done, Limits, Run, RunEvent, Submission};
pub use value::{
    Cfg, Denoise, EncoderType, Guidance, ImageSize, ModelFile, OutputPrefix, PaintSize, PromptText,
    Sampler, Scheduler, Seed, Shift, Steps, Strength, Tile,
};
pub use wire::frame::Frame;
pub use wire::history::{Ended, Failure, Folder, HistoryEntry, OutputImage};
pub use wire::jobs::{Job, JobPage, JobStatus};
pub use wire::memory::{Memory, MemoryFigures};
pub use wire::object_info::{NodeClass, ObjectInfo};
pub use wire::queue::{Queue, QueueEntry, QueuePosition};
pub use wire::refusal::Accepted;
pub use wire::socket::{NodeProgress, SocketMessage};
pub use wire::stats::{Device, DeviceKind, SystemStats};
pub use workflow::{
    Node, Output, OutputKind, Placeholder, Problem, ProblemKind, Template, TemplateValues, Workflow,
};
