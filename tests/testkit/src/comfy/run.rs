//! One prompt from `execution_start` to its end: the order of nodes and of messages.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Map, Value, json};

use super::counters::Counters;
use super::fault::{Fault, OomText, Phase};
use super::graph::{Node, link};
use super::oom;
use super::queue::Entry;
use super::shared::{Command, Shared, now_ms};
use super::values::Out;
use super::worker::Cache;

/// How a prompt ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum End {
    Done,
    Failed { out_of_memory: bool },
    Interrupted,
    WorkerDies,
}

/// Why a node did not finish.
#[derive(Debug)]
pub(crate) enum Stop {
    Interrupted,
    Failed(Failure),
    WorkerDies,
}

/// A Python exception in a node.
#[derive(Debug, Clone)]
pub(crate) struct Failure {
    pub(crate) kind: String,
    pub(crate) message: String,
    /// ComfyUI knows it as out of memory: it unloads everything, and tries the VAE in tiles.
    pub(crate) out_of_memory: bool,
}

impl Failure {
    pub(crate) fn new(kind: &str, message: &str) -> Self {
        Self {
            kind: kind.to_owned(),
            message: format!("{message}\n"),
            out_of_memory: false,
        }
    }
}

/// What a node gives.
#[derive(Debug, Default)]
pub(crate) struct Made {
    pub(crate) outputs: Vec<Out>,
    /// The `output` of the `executed` message.
    pub(crate) ui: Option<Value>,
}

#[derive(Debug)]
struct Progress {
    value: Value,
    max: Value,
    state: &'static str,
}

#[derive(Debug)]
pub(crate) struct Run<'a> {
    pub(crate) shared: &'a Arc<Shared>,
    pub(crate) entry: &'a Entry,
    pub(crate) signatures: &'a BTreeMap<String, u64>,
    /// Which prompt of this server's life it is, from 1.
    pub(crate) number: u64,
    pub(crate) made: BTreeMap<String, Vec<Out>>,
    pub(crate) ui: Map<String, Value>,
    pub(crate) messages: Vec<Value>,
    client: Option<String>,
    progress: BTreeMap<String, Progress>,
    executed: Vec<String>,
}

impl<'a> Run<'a> {
    pub(crate) fn new(
        shared: &'a Arc<Shared>,
        entry: &'a Entry,
        signatures: &'a BTreeMap<String, u64>,
        number: u64,
    ) -> Self {
        Self {
            shared,
            entry,
            signatures,
            number,
            made: BTreeMap::new(),
            ui: Map::new(),
            messages: Vec::new(),
            client: entry.client(),
            progress: BTreeMap::new(),
            executed: Vec::new(),
        }
    }

    pub(crate) async fn all(&mut self, cache: &mut Cache) -> End {
        let prompt = &self.entry.prompt;
        self.message("execution_start", json!({}), false);
        let cached: Vec<&str> = prompt
            .iter()
            .map(|(id, _)| id)
            .filter(|id| cache.get(self.signature(id)).is_some())
            .collect();
        self.message("execution_cached", json!({"nodes": cached}), false);
        let is_cached = |id: &str| {
            let signature = self.signatures.get(id).copied().unwrap_or(0);
            cache.get(signature).is_some()
        };
        let mut left = prompt.pending(&self.entry.outputs, &is_cached);
        for id in cached {
            let known = cache
                .get(self.signature(id))
                .expect("it was found just now");
            self.made.insert(id.to_owned(), known.outputs.clone());
        }
        let shared = self.shared;
        let is_output = |id: &str| {
            prompt
                .get(id)
                .is_some_and(|node| shared.catalogue.is_output(node.class()))
        };
        while let Some(id) = prompt.next(&left, &is_output) {
            left.retain(|other| *other != id);
            let Some(node) = prompt.get(&id) else {
                continue;
            };
            if let Some(known) = cache.get(self.signature(&id)) {
                let ui = known.ui.clone();
                self.again(&id, ui);
                continue;
            }
            match self.one(&id, node).await {
                Ok(made) => {
                    cache.put(self.signature(&id), made.outputs.clone(), made.ui.clone());
                    self.made.insert(id.clone(), made.outputs);
                    self.executed.push(id);
                }
                Err(stop) => return self.stopped(&id, node, stop),
            }
        }
        self.message("execution_success", json!({}), false);
        End::Done
    }

    pub(crate) fn signature(&self, id: &str) -> u64 {
        self.signatures.get(id).copied().unwrap_or(0)
    }

    /// An output node that is cached: its message comes again, its file does not.
    fn again(&mut self, id: &str, ui: Option<Value>) {
        self.executed_message(id, ui.as_ref());
        if let Some(ui) = ui {
            self.ui.insert(id.to_owned(), ui);
        }
        self.set(id, json!(1), json!(1), "finished");
    }

    async fn one(&mut self, id: &str, node: &Node) -> Result<Made, Stop> {
        self.set(id, json!(0.0), json!(1.0), "running");
        self.shared.state().node = Some(id.to_owned());
        if let Some(client) = self.client.as_deref() {
            let data = json!({"node": id, "display_node": id, "prompt_id": self.entry.id});
            let message = json!({"type": "executing", "data": data});
            self.shared.hub.text(Some(client), &message);
        }
        tokio::task::yield_now().await;
        self.check_interrupt()?;
        let made = self.execute(id, node).await?;
        Counters::add(&mut self.shared.counters().nodes, node.class());
        if let Some(ui) = &made.ui {
            self.executed_message(id, Some(ui));
            self.ui.insert(id.to_owned(), ui.clone());
        }
        let max = self.progress[id].max.clone();
        self.set(id, max.clone(), max, "finished");
        Ok(made)
    }

    fn stopped(&mut self, id: &str, node: &Node, stop: Stop) -> End {
        let mut data = json!({
            "node_id": id,
            "node_type": node.class(),
            "executed": self.executed,
        });
        match stop {
            Stop::Interrupted => {
                self.message("execution_interrupted", data, true);
                End::Interrupted
            }
            Stop::Failed(failure) => {
                let inputs: Map<String, Value> = node
                    .inputs()
                    .iter()
                    .filter(|(_, value)| link(value).is_none())
                    .map(|(name, value)| (name.clone(), json!([value])))
                    .collect();
                let ids: Vec<&str> = self.entry.prompt.iter().map(|(id, _)| id).collect();
                data["exception_message"] = json!(failure.message);
                data["exception_type"] = json!(failure.kind);
                data["traceback"] = json!(["  File \"/srv/comfyui/execution.py\", line 1\n"]);
                data["current_inputs"] = Value::Object(inputs);
                data["current_outputs"] = json!(ids);
                self.message("execution_error", data, false);
                End::Failed {
                    out_of_memory: failure.out_of_memory,
                }
            }
            Stop::WorkerDies => End::WorkerDies,
        }
    }

    /// A message of the prompt's life, which the history keeps. Without a client it goes to nobody,
    /// unless it is for all.
    fn message(&mut self, kind: &str, mut data: Value, to_all: bool) {
        data["prompt_id"] = json!(self.entry.id);
        data["timestamp"] = json!(now_ms());
        if self.client.is_some() || to_all {
            let message = json!({"type": kind, "data": data});
            self.shared.hub.text(self.client.as_deref(), &message);
        }
        self.messages.push(json!([kind, data]));
    }

    fn executed_message(&self, id: &str, ui: Option<&Value>) {
        if let Some(client) = self.client.as_deref() {
            let data = json!({
                "node": id, "display_node": id, "output": ui, "prompt_id": self.entry.id,
            });
            let message = json!({"type": "executed", "data": data});
            self.shared.hub.text(Some(client), &message);
        }
    }

    /// Notes where a node is and tells all nodes' states: to the client, or to all without one.
    fn set(&mut self, id: &str, value: Value, max: Value, state: &'static str) {
        self.progress
            .insert(id.to_owned(), Progress { value, max, state });
        let nodes: Map<String, Value> = self
            .progress
            .iter()
            .map(|(id, node)| {
                let shown = json!({
                    "value": node.value, "max": node.max, "state": node.state, "node_id": id,
                    "prompt_id": self.entry.id, "display_node_id": id, "parent_node_id": null,
                    "real_node_id": id,
                });
                (id.clone(), shown)
            })
            .collect();
        let data = json!({"prompt_id": self.entry.id, "nodes": nodes});
        let message = json!({"type": "progress_state", "data": data});
        self.shared.hub.text(self.client.as_deref(), &message);
    }

    /// A step of a node, with a picture if there is one to show.
    pub(crate) fn step(&mut self, id: &str, value: u32, max: u32, preview: Option<Preview<'_>>) {
        self.set(id, json!(value), json!(max), "running");
        let client = self.client.as_deref();
        let metadata = client.is_some_and(|client| self.shared.hub.has_metadata(client));
        if let Some(preview) = &preview
            && metadata
        {
            let about = json!({
                "node_id": id, "prompt_id": self.entry.id, "display_node_id": id,
                "parent_node_id": null, "real_node_id": id, "image_type": preview.media_type(),
            })
            .to_string();
            let mut frame = 4u32.to_be_bytes().to_vec();
            frame.extend_from_slice(&(about.len() as u32).to_be_bytes());
            frame.extend_from_slice(about.as_bytes());
            frame.extend_from_slice(preview.bytes());
            self.shared.hub.binary(client, frame);
        }
        let data = json!({
            "value": value, "max": max, "prompt_id": self.entry.id, "node": id,
        });
        let message = json!({"type": "progress", "data": data});
        self.shared.hub.text(client, &message);
        if let Some(preview) = &preview
            && !metadata
        {
            let mut frame = 1u32.to_be_bytes().to_vec();
            frame.extend_from_slice(&preview.format().to_be_bytes());
            frame.extend_from_slice(preview.bytes());
            self.shared.hub.binary(client, frame);
        }
    }

    pub(crate) fn check_interrupt(&self) -> Result<(), Stop> {
        let mut state = self.shared.state();
        if std::mem::take(&mut state.interrupted) {
            return Err(Stop::Interrupted);
        }
        Ok(())
    }

    pub(crate) async fn pause(&self, duration: Duration) {
        self.shared.pause(duration).await;
    }

    /// Lets a fault of this phase happen, if there is one.
    pub(crate) async fn phase(&self, phase: Phase, pixels: u64) -> Result<(), Stop> {
        match self.shared.fault_in(phase, pixels, self.number) {
            None => Ok(()),
            Some(Fault::OutOfMemory(_, text)) => Err(Stop::Failed(self.out_of_memory(text, None))),
            Some(Fault::NodeError(_, message)) => {
                Err(Stop::Failed(Failure::new("RuntimeError", &message)))
            }
            Some(Fault::WorkerDies(_)) => Err(Stop::WorkerDies),
            Some(Fault::Restart(_, down)) => {
                self.shared.commands.send(Command::Down(Some(down))).ok();
                std::future::pending().await
            }
            Some(_) => std::future::pending().await,
        }
    }

    pub(crate) fn out_of_memory(
        &self,
        text: OomText,
        refused: Option<super::card::OutOfMemory>,
    ) -> Failure {
        oom::failure(self.shared.version(), text, refused)
    }
}

/// A picture on the way to a socket.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Preview<'a> {
    Jpeg(&'a [u8]),
    Png(&'a [u8]),
}

impl Preview<'_> {
    fn bytes(&self) -> &[u8] {
        match self {
            Self::Jpeg(bytes) | Self::Png(bytes) => bytes,
        }
    }

    fn format(self) -> u32 {
        match self {
            Self::Jpeg(_) => 1,
            Self::Png(_) => 2,
        }
    }

    fn media_type(self) -> &'static str {
        match self {
            Self::Jpeg(_) => "image/jpeg",
            Self::Png(_) => "image/png",
        }
    }
}
