//! `videogen` as its users run it: the real program, the real FFmpeg, the real voices.

mod assets;
mod bad_input;
mod batch;
mod brought;
mod clip_sound;
mod clips;
mod commands;
mod encoders;
mod improve;
mod interrupt;
mod languages;
mod library;
mod limits;
mod machine;
mod music_url;
mod named;
mod nearby;
mod offline;
mod orphans;
mod outcome;
mod paint;
mod pictures;
mod plan;
mod poisoned;
mod resume;
mod same_again;
mod scene_media;
mod scripts;
mod speech_server;
mod strangers;
mod terminal;
mod text;
mod tongues;
mod video;
mod write;

use testkit::Run;
use testkit::comfy::{Family, GIB, MockComfy, SimulatedCard};

/// `videogen generate` with settings that make a small, short video.
fn generate() -> Run {
    Run::videogen().args(["generate", "--quality", "draft", "--seed", "11"])
}

/// A ComfyUI with a card of 12 GiB and SD 1.5.
fn comfyui() -> testkit::comfy::Builder {
    MockComfy::builder()
        .card(SimulatedCard::new(12 * GIB))
        .checkpoint("v1-5-pruned-emaonly.safetensors", Family::SD15)
}

/// An address where nobody listens.
fn nobody() -> String {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    format!("http://{}", listener.local_addr().expect("an address"))
}
