//! The one thread of ComfyUI that runs prompts: takes the next, runs it, remembers it.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::{Map, Value, json};

use super::history::Record;
use super::queue::Entry;
use super::run::{End, Run};
use super::shared::{Free, Shared};
use super::values::Out;

/// What a node left behind for the next prompts.
#[derive(Debug, Clone)]
pub(crate) struct Cached {
    pub(crate) outputs: Vec<Out>,
    pub(crate) ui: Option<Value>,
    used: u64,
}

/// Results of nodes by signature.
#[derive(Debug, Default)]
pub(crate) struct Cache {
    nodes: BTreeMap<u64, Cached>,
    clock: u64,
}

/// The new server keeps results of earlier prompts while memory lasts; here it lasts for this many.
const CACHED_NODES: usize = 500;

impl Cache {
    pub(crate) fn get(&self, signature: u64) -> Option<&Cached> {
        self.nodes.get(&signature)
    }

    pub(crate) fn put(&mut self, signature: u64, outputs: Vec<Out>, ui: Option<Value>) {
        let used = self.clock;
        self.nodes.insert(signature, Cached { outputs, ui, used });
    }

    /// At the start of a prompt: the old server drops what this prompt does not have, the new one
    /// what was not used for long.
    fn begin(&mut self, signatures: &BTreeMap<String, u64>, keeps: bool) {
        self.clock += 1;
        for signature in signatures.values() {
            if let Some(cached) = self.nodes.get_mut(signature) {
                cached.used = self.clock;
            }
        }
        let clock = self.clock;
        if !keeps || self.nodes.len() > CACHED_NODES {
            self.nodes.retain(|_, cached| cached.used == clock);
        }
    }
}

/// Runs prompts until the server goes down or the worker dies.
pub(crate) async fn work(shared: Arc<Shared>) {
    let mut cache = Cache::default();
    let mut started = 0;
    loop {
        let next = take(&shared);
        if let Some(entry) = next {
            // A client that knows of the new prompt before the worker does sees it pending.
            shared.send_status();
            started += 1;
            if !run(&shared, &mut cache, entry, started).await {
                return;
            }
            free(&shared, &mut cache);
            continue;
        }
        if free(&shared, &mut cache) {
            continue;
        }
        shared.wake.notified().await;
    }
}

fn take(shared: &Shared) -> Option<Entry> {
    let mut state = shared.state();
    let entry = state.heap.pop()?;
    state.running = Some(entry.clone());
    state.interrupted = false;
    state.client = entry.client();
    Some(entry)
}

fn free(shared: &Shared, cache: &mut Cache) -> bool {
    let Some(Free { unload, forget }) = shared.state().free.take() else {
        return false;
    };
    if unload && let Some(mut vram) = shared.vram() {
        vram.unload_all();
    }
    if forget {
        *cache = Cache::default();
    }
    shared.counters().frees += 1;
    true
}

/// False when the worker dies of it.
async fn run(shared: &Arc<Shared>, cache: &mut Cache, entry: Entry, number: u64) -> bool {
    let signatures = entry.prompt.signatures();
    cache.begin(&signatures, shared.version().is_new());
    let mut run = Run::new(shared, &entry, &signatures, number);
    let end = run.all(cache).await;
    let client = entry.client();
    let mut outputs = std::mem::take(&mut run.ui);
    let messages = std::mem::take(&mut run.messages);
    drop(run);
    let success = match end {
        End::Done => {
            // The success is told before the history has it.
            let lag = shared.options.speed.history_lag;
            if lag.is_zero() {
                tokio::task::yield_now().await;
            } else {
                tokio::time::sleep(lag).await;
            }
            shared.counters().prompts_done += 1;
            true
        }
        End::Failed { out_of_memory } => {
            if out_of_memory {
                if let Some(mut vram) = shared.vram() {
                    vram.unload_all();
                }
                shared.counters().out_of_memory += 1;
            }
            shared.counters().prompts_failed += 1;
            false
        }
        End::Interrupted => {
            shared.counters().prompts_interrupted += 1;
            false
        }
        End::WorkerDies => return false,
    };
    if !success {
        outputs = Map::new();
    }
    let id = entry.id.clone();
    {
        let mut state = shared.state();
        state.running = None;
        state.node = None;
        state.history.put(Record {
            entry,
            outputs,
            messages,
            success,
        });
    }
    shared.send_status();
    if client.is_some() {
        let message = json!({"type": "executing", "data": {"node": null, "prompt_id": id}});
        shared.hub.text(client.as_deref(), &message);
    }
    true
}
