//! Pictures by ComfyUI: what is tried in which order, and what becomes of it.
//!
//! | module | what it does | effects |
//! |---|---|---|
//! | `options` | what can be set | none |
//! | `server` | what one server is, has and paints with | asks it |
//! | `models` | which model files a server paints with | none |
//! | `spread` | which server is the next one's | none |
//! | `standing` | how one server stands | none |
//! | `fleet` | all servers: who can be asked, who paints the next picture | asks those that are left alone |
//! | `sharing` | looks at a server when its card is ours | asks servers |
//! | `command_line` | a program with its arguments, from text | none |
//! | `launch` | starts a ComfyUI and ends it | a child process |
//! | `ladder` | what is tried next for one picture, and how that is told | none |
//! | `workflow` | a plan of memory becomes a workflow | none |
//! | `lessons` | what runs out of memory is remembered | one file |
//! | `submit` | one prompt from its name to its picture | asks a server, writes the picture |
//! | `painter` | goes down the ladder | asks servers |
//! | `choose` | who paints a video | asks servers |

mod choose;
mod command_line;
mod fleet;
mod ladder;
mod launch;
mod lessons;
mod models;
mod options;
mod painted;
mod painter;
mod server;
mod sharing;
mod spread;
mod standing;
mod submit;
#[cfg(test)]
mod tests;
mod workflow;

pub use choose::ComfyServers;
pub(crate) use choose::painter;
pub use command_line::CommandLine;
pub use launch::{Launch, Told};
pub use options::{CardLimits, ComfyOptions, ServerUrl, ServerUrls};
pub use painted::Painted;
pub use painter::ComfyPainter;

/// What a picture should not have, for models that listen to it: what its scene says, and what none should.
fn negative(request: &crate::seam::PictureRequest) -> String {
    match &request.negative {
        Some(own) => format!("{own}, {NEGATIVE}"),
        None => NEGATIVE.to_owned(),
    }
}

/// What no picture of a video should have.
const NEGATIVE: &str = "blurry, low quality, jpeg artifacts, deformed, disfigured, extra limbs, extra fingers, \
                        text, watermark, signature, logo, frame, border, collage";
