//! The models of a mock server: which are in memory, who uses them, what has happened.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use serde_json::Value;
use tokio::sync::Notify;

use super::Say;
use super::options::{Builder, Kind, Model};
use crate::comfy::{GpuProcess, OutOfMemory, Unload};

/// What has happened so far.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Counters {
    /// How often a model was loaded.
    pub loads: u64,
    /// How often a model was loaded again because it was asked for with another context.
    pub reloads: u64,
    /// How often a model went out of memory.
    pub unloads: u64,
    /// How many questions were answered, or begun to be.
    pub chats: u64,
    /// How many questions ended because the client went away.
    pub abandoned: u64,
    /// How many loads did not fit on the card.
    pub out_of_memory: u64,
    /// All requests, by method and path.
    pub requests: BTreeMap<String, u64>,
}

#[derive(Debug)]
pub(crate) struct Loaded {
    pub(crate) bytes: u64,
    pub(crate) context: u64,
    users: usize,
    leaving: bool,
    used: Instant,
    process: Option<GpuProcess>,
}

#[derive(Debug, Default)]
pub(crate) struct State {
    pub(crate) loaded: BTreeMap<String, Loaded>,
    pub(crate) counters: Counters,
    pub(crate) questions: VecDeque<Value>,
    pub(crate) answers: VecDeque<Say>,
    pub(crate) pending: usize,
    pub(crate) asleep: bool,
}

/// Everything the parts of one mock server share.
#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) options: Builder,
    pub(crate) born: Instant,
    pub(crate) state: Mutex<State>,
    changed: Notify,
    /// One model is loaded at a time.
    loading: tokio::sync::Mutex<()>,
}

/// A model in use; dropping it ends the use.
pub(crate) struct InUse {
    shared: Arc<Shared>,
    model: String,
}

impl Drop for InUse {
    fn drop(&mut self) {
        if let Some(loaded) = self.shared.state().loaded.get_mut(&self.model) {
            loaded.users -= 1;
            loaded.used = Instant::now();
        }
        self.shared.changed.notify_waiters();
    }
}

impl Shared {
    pub(crate) fn new(options: Builder) -> Self {
        let state = State {
            answers: options.answers.iter().cloned().collect(),
            ..State::default()
        };
        let shared = Self {
            born: Instant::now(),
            state: Mutex::new(state),
            changed: Notify::new(),
            loading: tokio::sync::Mutex::new(()),
            options,
        };
        let from_the_start = matches!(shared.options.kind, Kind::LlamaCpp | Kind::Vllm);
        for model in shared
            .options
            .models
            .iter()
            .filter(|model| model.loaded || from_the_start)
        {
            let process = shared
                .place(model)
                .expect("what is there from the start fits on the card");
            shared
                .state()
                .loaded
                .insert(model.name.clone(), Loaded::new(model.bytes, 4096, process));
        }
        shared
    }

    pub(crate) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The model of this name; `x` is `x:latest`. llama.cpp and vLLM have one; llama.cpp does not look at the name.
    pub(crate) fn find(&self, name: &str) -> Option<&Model> {
        let bare = |name: &str| name.strip_suffix(":latest").unwrap_or(name).to_lowercase();
        let named = self
            .options
            .models
            .iter()
            .find(|model| bare(&model.name) == bare(name));
        named.or_else(|| {
            self.options
                .models
                .first()
                .filter(|_| self.options.kind == Kind::LlamaCpp)
        })
    }

    pub(crate) fn next_answer(&self) -> Say {
        self.state()
            .answers
            .pop_front()
            .unwrap_or_else(|| self.options.usual.clone())
    }

    fn place(&self, model: &Model) -> Result<Option<GpuProcess>, OutOfMemory> {
        let Some(card) = self
            .options
            .card
            .as_ref()
            .filter(|_| self.options.kind != Kind::OpenAi)
        else {
            return Ok(None);
        };
        let process = card.process(&format!("llm {}", model.name), Unload::OnRequest);
        process.allocate(model.bytes)?;
        Ok(Some(process))
    }

    /// Waits until the model is in memory with this context, loading it if need be, and takes it into use.
    pub(crate) async fn bring(
        self: &Arc<Self>,
        model: &Model,
        context: u64,
    ) -> Result<InUse, OutOfMemory> {
        let _one_at_a_time = self.loading.lock().await;
        loop {
            let again = {
                let mut state = self.state();
                match state.loaded.get_mut(&model.name) {
                    Some(loaded)
                        if !loaded.leaving
                            && (loaded.context == context || self.options.kind != Kind::Ollama) =>
                    {
                        loaded.users += 1;
                        loaded.used = Instant::now();
                        return Ok(self.in_use(model));
                    }
                    Some(loaded) => Some(loaded.leaving),
                    None => None,
                }
            };
            match again {
                None => break,
                Some(true) => self.wait_gone(&model.name).await,
                // Other options: another runner.
                Some(false) => {
                    self.state().counters.reloads += 1;
                    self.leave(&model.name).await;
                }
            }
        }
        tokio::time::sleep(self.options.load_time).await;
        let process = loop {
            match self.place(model) {
                Ok(process) => break process,
                Err(error) => {
                    // Its own models make room for each other, as far as nobody uses them.
                    let idle = {
                        let state = self.state();
                        let idle = state.loaded.iter().filter(|(_, loaded)| loaded.users == 0);
                        idle.min_by_key(|(_, loaded)| loaded.used)
                            .map(|(name, _)| name.clone())
                    };
                    let Some(idle) = idle else {
                        self.state().counters.out_of_memory += 1;
                        return Err(error);
                    };
                    self.leave(&idle).await;
                }
            }
        };
        let mut state = self.state();
        state.counters.loads += 1;
        let mut loaded = Loaded::new(model.bytes, context, process);
        loaded.users = 1;
        state.loaded.insert(model.name.clone(), loaded);
        drop(state);
        Ok(self.in_use(model))
    }

    fn in_use(self: &Arc<Self>, model: &Model) -> InUse {
        InUse {
            shared: Arc::clone(self),
            model: model.name.clone(),
        }
    }

    async fn wait_gone(&self, name: &str) {
        loop {
            let changed = self.changed.notified();
            if !self.state().loaded.contains_key(name) {
                return;
            }
            // Somebody may have changed it in between.
            tokio::time::timeout(Duration::from_millis(5), changed)
                .await
                .ok();
        }
    }

    /// Unloads a model when nobody uses it any more; its memory comes back a little later.
    pub(crate) async fn leave(&self, name: &str) {
        loop {
            let changed = self.changed.notified();
            {
                let mut state = self.state();
                let Some(loaded) = state.loaded.get_mut(name) else {
                    return;
                };
                loaded.leaving = true;
                if loaded.users == 0 {
                    break;
                }
            }
            tokio::time::timeout(Duration::from_millis(5), changed)
                .await
                .ok();
        }
        tokio::time::sleep(self.options.unload_time).await;
        let gone = {
            let mut state = self.state();
            state.counters.unloads += 1;
            state.loaded.remove(name)
        };
        self.changed.notify_waiters();
        tokio::time::sleep(self.options.memory_lag).await;
        drop(gone);
    }
}

impl Loaded {
    fn new(bytes: u64, context: u64, process: Option<GpuProcess>) -> Self {
        Self {
            bytes,
            context,
            users: 0,
            leaving: false,
            used: Instant::now(),
            process,
        }
    }

    /// What it takes on the card, in bytes.
    pub(crate) fn vram(&self) -> u64 {
        self.process.as_ref().map_or(0, GpuProcess::used)
    }

    /// Gives its memory to vLLM's sleep.
    pub(crate) fn drop_weights(&mut self) {
        if let Some(process) = &self.process {
            process.release(self.bytes);
        }
    }

    /// Takes it back.
    pub(crate) fn take_weights(&self) -> Result<(), OutOfMemory> {
        self.process
            .as_ref()
            .map_or(Ok(()), |process| process.allocate(self.bytes))
    }
}
