//! Pictures by ComfyUI: what is tried in which order, and what becomes of it.
//!
//! | module | what it does | effects |
//! |---|---|---|
//! | `options`, `paint_with`, `tuned` | what can be set, what a user brings, and how the planner takes it | none |
//! | `server` | what one server is, has and paints with | asks it |
//! | `family`, `models`, `model_set`, `lora` | which files a server paints with, and what kind of model they are | none |
//! | `spread` | which server is the next one's | none |
//! | `server_health` | how one server stands | none |
//! | `fleet` | all servers: who can be asked, who paints the next picture | asks those that are left alone |
//! | `comfy_card`, `held` | a server's card, as those see it who share it | asks it |
//! | `sharing` | looks at a server when its card is ours | asks servers |
//! | `card_reading` | the card as the guard sees it | asks the server that paints, and the driver |
//! | `command_line` | a program with its arguments, from text | none |
//! | `launch` | starts a ComfyUI and ends it | a child process |
//! | `ladder` | what is tried next for one picture, and how that is told | none |
//! | `workflow` | a plan of memory becomes a workflow | none |
//! | `enlarged` | how what was painted became as large as what was asked for | none |
//! | `words` | what a run does now, for people | none |
//! | `memory_history` | what runs out of memory is remembered | one file |
//! | `submit` | one prompt on one server, to its picture | asks it, writes the picture |
//! | `painter` | goes down the ladder | asks servers |
//! | `user_workflow` | a user's workflow: read, compared with a server, filled in, painted with | reads the file, asks servers |
//! | `undelivered`, `failure` | the error of a picture that was not painted, and what kind of failure it is | none |
//! | `choose`, `prospect` | who paints a video, and who would paint next | asks servers |

mod card_reading;
mod choose;
mod comfy_card;
mod command_line;
mod enlarged;
mod failure;
mod family;
mod fleet;
mod held;
mod ladder;
mod launch;
mod lora;
mod memory_history;
mod model_set;
mod models;
mod options;
mod paint_with;
mod painter;
mod prospect;
mod server;
mod server_health;
mod sharing;
mod spread;
mod submit;
#[cfg(test)]
mod tests;
mod tuned;
mod undelivered;
mod user_workflow;
mod words;
mod workflow;

use crate::tuning::NegativePrompt;
pub use choose::{ComfyServers, FoundPainter, ServerReport, ToBeStarted};
pub use comfy_card::ComfyCard;
pub use command_line::CommandLine;
pub use enlarged::is_stretched;
pub use failure::failure_kind;
pub use family::ModelFamily;
pub use launch::{Launch, LaunchMessage};
pub use options::{CardLimits, ComfyOptions};
pub use paint_with::PaintWith;
pub use painter::ComfyPainter;
pub use prospect::prospect;
pub use undelivered::not_delivered;
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
