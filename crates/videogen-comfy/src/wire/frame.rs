//! Binary frames of the WebSocket: previews and texts.

use bytes::Bytes;
use serde_json::{Map, Value};

use super::text;
use crate::picture::Format;
use crate::text::bounded;

/// A binary frame.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Frame {
    /// A preview of the picture that is being painted, as a file.
    Preview {
        /// The prompt, where the server says.
        prompt: Option<String>,
        /// The node, where the server says.
        node: Option<String>,
        /// What the bytes are by their magic, not by what the server calls them.
        format: Format,
        /// The file.
        image: Bytes,
    },
    /// A text of a node.
    Text {
        /// The node.
        node: String,
        /// The text.
        text: String,
    },
    /// A kind of frame that is not known.
    Other(u32),
}

impl Frame {
    /// Reads one frame; none when it is cut off or not what it says. A broken preview is no reason to stop a picture.
    pub fn read(frame: &Bytes) -> Option<Self> {
        let (kind, rest) = number(frame)?;
        match kind {
            1 => {
                let (_format, image) = number(&rest)?;
                Some(Self::Preview {
                    prompt: None,
                    node: None,
                    format: Format::of(&image)?,
                    image,
                })
            }
            3 => {
                let (node, rest) = counted(&rest)?;
                Some(Self::Text {
                    node: bounded(&String::from_utf8_lossy(&node), 120),
                    text: bounded(&String::from_utf8_lossy(&rest), 4000),
                })
            }
            4 => {
                let (about, image) = counted(&rest)?;
                let about: Map<String, Value> = serde_json::from_slice(&about).ok()?;
                let id = |key: &str| text(&about, key).map(|id| bounded(id, 120));
                Some(Self::Preview {
                    prompt: id("prompt_id"),
                    node: id("node_id"),
                    format: Format::of(&image)?,
                    image,
                })
            }
            other => Some(Self::Other(other)),
        }
    }
}

/// A big-endian number and what follows it.
fn number(bytes: &Bytes) -> Option<(u32, Bytes)> {
    let head = bytes.first_chunk::<4>()?;
    Some((u32::from_be_bytes(*head), bytes.slice(4..)))
}

/// As many bytes as the number before them says, and what follows them.
fn counted(bytes: &Bytes) -> Option<(Bytes, Bytes)> {
    let (length, rest) = number(bytes)?;
    let length = usize::try_from(length)
        .ok()
        .filter(|length| *length <= rest.len())?;
    Some((rest.slice(..length), rest.slice(length..)))
}
