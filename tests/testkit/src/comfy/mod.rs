//! A ComfyUI that is not one: HTTP and WebSocket as recorded of 0.33.0 and 0.3.64, graphs of core
//! nodes that end in real PNG files, memory by ComfyUI's own formulas on a card of any size, and
//! faults on demand.
//!
//! ```no_run
//! use testkit::comfy::{Family, Fault, GIB, MockComfy, OomText, Phase, SimulatedCard, Version};
//!
//! let card = SimulatedCard::new(12 * GIB).held_by_others(5 * GIB + GIB / 2);
//! let comfy = MockComfy::builder()
//!     .version(Version::V0_33)
//!     .card(card)
//!     .checkpoint("sdxl.safetensors", Family::SDXL)
//!     .fault(Fault::OutOfMemory(Phase::Sample, OomText::Native).once().from_pixels(1 << 20))
//!     .start();
//! assert!(comfy.url().starts_with("http://127.0.0.1:"));
//! assert_eq!(comfy.counters().prompts_done, 0);
//! ```
//!
//! What it was checked against lies in `tests/fixtures/comfyui`; `tests/comfy` of this crate
//! replays it.

mod answer;
mod card;
mod catalogue;
mod counters;
mod family;
mod fault;
mod files;
mod gpu;
mod graph;
mod history;
mod hub;
mod loaders;
mod nodes;
mod oom;
mod options;
mod picture;
mod queue;
mod routes;
mod run;
mod savers;
mod schedule;
mod server;
mod shared;
mod socket;
mod validate;
mod values;
mod version;
mod vram;
mod worker;

pub use card::{GIB, GpuProcess, MIB, OutOfMemory, SimulatedCard, Unload};
pub use counters::Counters;
pub use family::{Family, VaeKind};
pub use fault::{Fault, OomText, Phase, Rule};
pub use options::Builder;
pub use schedule::FaultSchedule;
pub use server::MockComfy;
pub use version::Version;
