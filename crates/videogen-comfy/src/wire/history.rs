//! `/history/{id}`: how a prompt ended and what it put out.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Map, Value};

use super::{owned, text};
use crate::PromptId;
use crate::text::{bounded, one_line};

/// How a prompt ended.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct HistoryEntry {
    /// How it ended.
    pub outcome: Ended,
    /// The still pictures it put out, by node.
    pub images: Vec<OutputImage>,
}

/// Ways to end.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Ended {
    /// Everything ran.
    Success,
    /// A node failed.
    Failed(Failure),
    /// Someone asked the server to stop it.
    Interrupted {
        /// The node that was running, where the server says.
        node: Option<String>,
    },
}

/// Why a node failed.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct Failure {
    /// The node's id.
    pub node: String,
    /// Its class.
    pub class: String,
    /// Python's name of the exception, such as `torch.OutOfMemoryError`.
    pub exception: String,
    /// Its text, at most 4000 characters.
    pub message: String,
}

/// A picture on the server.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct OutputImage {
    /// The node that put it out.
    pub node: String,
    /// The server's name for it. It is sent back to ask for the picture, and never becomes a path here.
    pub filename: String,
    /// The server's folder.
    pub subfolder: String,
    /// Which of the server's directories.
    pub folder: Folder,
}

/// The server's directories for pictures.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Folder {
    /// What `SaveImage` writes.
    Output,
    /// What `PreviewImage` writes; gone after the server's next start.
    Temp,
    /// What was uploaded.
    Input,
}

impl Folder {
    /// The name by which the server knows it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Output => "output",
            Self::Temp => "temp",
            Self::Input => "input",
        }
    }

    pub(crate) fn named(name: &str) -> Option<Self> {
        [Self::Output, Self::Temp, Self::Input]
            .into_iter()
            .find(|folder| folder.name() == name)
    }
}

#[derive(Deserialize)]
struct Raw {
    #[serde(default)]
    outputs: Value,
    #[serde(default)]
    status: Value,
}

/// The entry of `id`; none while the server does not have it, which it also says of a prompt that runs.
pub(crate) fn read(body: &[u8], id: &PromptId) -> Result<Option<HistoryEntry>, crate::Error> {
    // The workflow in it is passed over by serde; entries of other prompts are not asked for and not kept.
    let mut all: BTreeMap<String, Raw> = super::json("history", body)?;
    let Some(raw) = all.remove(id.as_str()) else {
        return Ok(None);
    };
    let entry = HistoryEntry {
        outcome: ended(&raw.status),
        images: images(&raw.outputs),
    };
    Ok(Some(entry))
}

/// How it ended, by the messages first: `status_str` says `error` of an interrupted prompt, too, and `completed` has
/// been true of failed ones.
pub(crate) fn ended(status: &Value) -> Ended {
    let messages = status.get("messages").and_then(Value::as_array);
    for message in messages.into_iter().flatten().rev() {
        let Some([Value::String(kind), Value::Object(data)]) =
            message.as_array().map(Vec::as_slice)
        else {
            continue;
        };
        match kind.as_str() {
            "execution_success" => return Ended::Success,
            "execution_interrupted" => {
                return Ended::Interrupted {
                    node: text(data, "node_id").map(|node| bounded(node, 120)),
                };
            }
            "execution_error" => {
                if let Some(failure) = failure(data) {
                    return Ended::Failed(failure);
                }
            }
            _ => {}
        }
    }
    let said = status.get("status_str").and_then(Value::as_str);
    match said {
        // Without a status, which old versions left out, what was put out decides.
        Some("success") | None => Ended::Success,
        Some(said) => Ended::Failed(Failure {
            message: format!("the server says {:?} and not why", one_line(said)),
            ..Failure::default()
        }),
    }
}

/// What `execution_error` tells; none for a blocked node, after which the others go on.
pub(crate) fn failure(data: &Map<String, Value>) -> Option<Failure> {
    let exception = owned(data, "exception_type", 200);
    if exception.rsplit('.').next() == Some("ExecutionBlocked") {
        return None;
    }
    Some(Failure {
        node: owned(data, "node_id", 120),
        class: owned(data, "node_type", 120),
        exception,
        message: bounded(
            text(data, "exception_message").unwrap_or_default().trim(),
            4000,
        ),
    })
}

/// The still pictures in `outputs`, whatever else the nodes put there.
pub(crate) fn images(outputs: &Value) -> Vec<OutputImage> {
    let mut images = Vec::new();
    for (node, output) in outputs.as_object().into_iter().flatten() {
        images.extend(images_of(node, output));
    }
    images.truncate(MAX_IMAGES);
    images
}

/// More pictures of one prompt than anyone wants.
const MAX_IMAGES: usize = 4096;
/// No file system has longer names.
const MAX_NAME: usize = 1024;

pub(crate) fn images_of(node: &str, output: &Value) -> Vec<OutputImage> {
    // Clips stand in the same place, with this beside them.
    let animated = output.get("animated").and_then(Value::as_array);
    if animated.is_some_and(|each| each.contains(&Value::Bool(true))) {
        return Vec::new();
    }
    let list = output.get("images").and_then(Value::as_array);
    let image = |image: &Value| {
        let image = image.as_object()?;
        let filename =
            text(image, "filename").filter(|name| !name.is_empty() && name.len() <= MAX_NAME)?;
        let subfolder = text(image, "subfolder").unwrap_or_default();
        Some(OutputImage {
            node: bounded(node, 120),
            filename: filename.to_owned(),
            subfolder: (subfolder.len() <= MAX_NAME).then(|| subfolder.to_owned())?,
            folder: Folder::named(text(image, "type").unwrap_or("output"))?,
        })
    };
    list.into_iter()
        .flatten()
        .filter_map(image)
        .take(MAX_IMAGES)
        .collect()
}
