//! Pictures by ComfyUI: what is tried in which order, and what becomes of it.
//!
//! | module | what it does | effects |
//! |---|---|---|
//! | `options` | what can be set | none |
//! | `paint_with` | what a user brings: a workflow, LoRAs | none |
//! | `server` | what one server is, has and paints with | asks it |
//! | `models` | which model files a server paints with | none |
//! | `spread` | which server is the next one's | none |
//! | `standing` | how one server stands | none |
//! | `fleet` | all servers: who can be asked, who paints the next picture | asks those that are left alone |
//! | `sharing` | looks at a server when its card is ours | asks servers |
//! | `command_line` | a program with its arguments, from text | none |
//! | `launch` | starts a ComfyUI and ends it | a child process |
//! | `family` | what kind of model a checkpoint is when its name does not say | none |
//! | `ladder` | what is tried next for one picture, and how that is told | none |
//! | `workflow` | a plan of memory becomes a workflow | none |
//! | `words` | what a run does now, for people | none |
//! | `lessons` | what runs out of memory is remembered | one file |
//! | `submit` | one prompt on one server, to its picture | asks it, writes the picture |
//! | `painter` | goes down the ladder | asks servers |
//! | `user_workflow` | a user's workflow: read, compared with a server, filled in | reads the file |
//! | `prove` | what proves a picture | reads the file |
//! | `user_workflow::painter` | paints with it | asks servers, enlarges pictures |
//! | `tuning` | what somebody wants otherwise than the qualities have it | none |
//! | `undelivered` | the error of a picture that its painter, asked for by name, did not paint | none |
//! | `choose` | who paints a video | asks servers |

mod choose;
mod command_line;
mod family;
mod fleet;
mod ladder;
mod launch;
mod lora;
mod memory_history;
mod model_set;
mod models;
mod options;
mod painter;
mod prospect;
mod prove;
mod quality;
mod server;
mod server_health;
mod sharing;
mod spread;
mod submit;
#[cfg(test)]
mod tests;
mod undelivered;
mod user_workflow;
mod words;
mod workflow;

use crate::paint_with::{NegativePrompt, Painted, PictureSize, Tuning};
pub use choose::ComfyServers;
pub(crate) use choose::ToBeStarted;
pub use command_line::CommandLine;
pub use family::ModelFamily;
pub use launch::{Launch, LaunchMessage};
pub use options::{CardLimits, ComfyOptions};
pub use painter::ComfyPainter;
pub use prospect::{Prospect, prospect};
pub(crate) use prove::{prove, proven};
pub(crate) use quality::{picture_quality, shape};
pub(crate) use undelivered::not_delivered;
use undelivered::not_delivered_after;

/// What a picture should not have, for models that listen to it: what its scene says, and what none should.
fn negative(request: &crate::painter::PictureRequest) -> String {
    let tuned = request.tuning.negative.as_ref();
    let own = [
        request.negative.as_deref(),
        tuned.map(NegativePrompt::as_str),
    ];
    let all: Vec<&str> = own.into_iter().flatten().chain([NEGATIVE]).collect();
    all.join(", ")
}

/// What no picture of a video should have.
const NEGATIVE: &str = "blurry, low quality, jpeg artifacts, deformed, disfigured, extra limbs, extra fingers, \
                        text, watermark, signature, logo, frame, border, collage";
