//! Text messages of the WebSocket.

use serde_json::{Map, Value};

use super::history::{Failure, OutputImage, failure, images_of};
use super::text;
use crate::text::{bounded, one_line};

/// A text message. The prompt is none where the server does not say whose it is.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum SocketMessage {
    /// How many prompts run and wait.
    Status {
        /// Their number.
        remaining: u64,
    },
    /// Execution begins.
    Start {
        /// The prompt.
        prompt: Option<String>,
    },
    /// Nodes of which the result is still there.
    Cached {
        /// The prompt.
        prompt: Option<String>,
        /// Their ids.
        nodes: Vec<String>,
    },
    /// A node runs; none means that the prompt is over, and its history is written.
    Executing {
        /// The prompt.
        prompt: Option<String>,
        /// The node.
        node: Option<String>,
    },
    /// A node is some way through.
    Progress {
        /// The prompt.
        prompt: Option<String>,
        /// The node.
        node: String,
        /// How far.
        value: f64,
        /// Of how much.
        max: f64,
    },
    /// The state of all nodes so far.
    Nodes {
        /// The prompt.
        prompt: Option<String>,
        /// The nodes.
        nodes: Vec<NodeProgress>,
    },
    /// A node put something out.
    Executed {
        /// The prompt.
        prompt: Option<String>,
        /// The node.
        node: String,
        /// The pictures among it.
        images: Vec<OutputImage>,
    },
    /// Everything ran. The history is written after this message, not before.
    Success {
        /// The prompt.
        prompt: Option<String>,
    },
    /// A node failed.
    Failed {
        /// The prompt.
        prompt: Option<String>,
        /// Why.
        failure: Failure,
    },
    /// It was stopped.
    Interrupted {
        /// The prompt.
        prompt: Option<String>,
        /// The node that ran.
        node: Option<String>,
    },
    /// Something else, by its type.
    Other(String),
}

/// How far one node is.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct NodeProgress {
    /// The node's id.
    pub node: String,
    /// How far.
    pub value: f64,
    /// Of how much.
    pub max: f64,
    /// Whether it is done.
    pub finished: bool,
}

impl SocketMessage {
    /// Reads one message.
    ///
    /// # Errors
    /// [`crate::Error::BadAnswer`] when it is no JSON object with a `type`.
    pub fn read(message: &str) -> Result<Self, crate::Error> {
        let mut message: Map<String, Value> = super::json("socket", message.as_bytes())?;
        let Some(Value::String(kind)) = message.remove("type") else {
            return Err(crate::Error::bad_answer(
                "socket",
                "a message has no type".into(),
            ));
        };
        let data = match message.remove("data") {
            Some(Value::Object(data)) => data,
            _ => Map::new(),
        };
        Ok(Self::from_parts(&kind, &data))
    }

    fn from_parts(kind: &str, data: &Map<String, Value>) -> Self {
        let id = |key: &str| text(data, key).map(|id| bounded(id, 120));
        let number = |key: &str| data.get(key).and_then(Value::as_f64).unwrap_or(0.0);
        let prompt = id("prompt_id");
        match kind {
            "status" => {
                let remaining = data
                    .get("status")
                    .and_then(|status| status.pointer("/exec_info/queue_remaining"));
                Self::Status {
                    remaining: remaining.and_then(Value::as_u64).unwrap_or(0),
                }
            }
            "execution_start" => Self::Start { prompt },
            "execution_cached" => {
                let nodes = data.get("nodes").and_then(Value::as_array);
                let nodes = nodes.into_iter().flatten().filter_map(Value::as_str);
                Self::Cached {
                    prompt,
                    nodes: nodes.map(|node| bounded(node, 120)).collect(),
                }
            }
            "executing" => Self::Executing {
                prompt,
                node: id("node"),
            },
            "progress" => Self::Progress {
                prompt,
                node: id("node").unwrap_or_default(),
                value: number("value"),
                max: number("max"),
            },
            "progress_state" => Self::Nodes {
                prompt,
                nodes: nodes(data),
            },
            "executed" => {
                let node = id("node").unwrap_or_default();
                let images = data
                    .get("output")
                    .map(|output| images_of(&node, output))
                    .unwrap_or_default();
                Self::Executed {
                    prompt,
                    node,
                    images,
                }
            }
            "execution_success" => Self::Success { prompt },
            "execution_interrupted" => Self::Interrupted {
                prompt,
                node: id("node_id"),
            },
            "execution_error" => match failure(data) {
                Some(failure) => Self::Failed { prompt, failure },
                None => Self::Other("execution_error: ExecutionBlocked".to_owned()),
            },
            other => Self::Other(one_line(other)),
        }
    }

    /// The prompt it is about, where the server says.
    pub fn prompt(&self) -> Option<&str> {
        match self {
            Self::Status { .. } | Self::Other(_) => None,
            Self::Start { prompt }
            | Self::Cached { prompt, .. }
            | Self::Executing { prompt, .. }
            | Self::Progress { prompt, .. }
            | Self::Nodes { prompt, .. }
            | Self::Executed { prompt, .. }
            | Self::Success { prompt }
            | Self::Failed { prompt, .. }
            | Self::Interrupted { prompt, .. } => prompt.as_deref(),
        }
    }
}

fn nodes(data: &Map<String, Value>) -> Vec<NodeProgress> {
    let nodes = data.get("nodes").and_then(Value::as_object);
    let node = |(id, state): (&String, &Value)| {
        let number = |key: &str| state.get(key).and_then(Value::as_f64).unwrap_or(0.0);
        NodeProgress {
            node: bounded(id, 120),
            value: number("value"),
            max: number("max"),
            finished: state.get("state").and_then(Value::as_str) == Some("finished"),
        }
    };
    nodes.into_iter().flatten().map(node).collect()
}
