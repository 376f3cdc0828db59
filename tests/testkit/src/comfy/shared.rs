//! Everything the parts of one mock server share.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde_json::{Value, json};
use tokio::sync::{Notify, mpsc};

use super::Version;
use super::card::Unload;
use super::catalogue::Catalogue;
use super::counters::Counters;
use super::fault::{Fault, Phase, Rules};
use super::files::Files;
use super::history::History;
use super::hub::Hub;
use super::options::Builder;
use super::queue::{Entry, Heap};
use super::vram::Vram;
use crate::Chance;

/// What the handle and the faults tell the server's loop.
#[derive(Debug)]
pub(crate) enum Command {
    Stop,
    /// Down for this long; `None` until [`Command::Up`].
    Down(Option<Duration>),
    Up,
}

/// What `/free` asked for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Free {
    pub(crate) unload: bool,
    pub(crate) forget: bool,
}

/// What a restart loses.
#[derive(Debug)]
pub(crate) struct State {
    pub(crate) heap: Heap,
    pub(crate) running: Option<Entry>,
    pub(crate) counter: i64,
    pub(crate) history: History,
    pub(crate) free: Option<Free>,
    pub(crate) interrupted: bool,
    /// Whose prompt runs, for sockets that come back.
    pub(crate) client: Option<String>,
    pub(crate) node: Option<String>,
}

impl State {
    fn new(history_limit: usize) -> Self {
        Self {
            heap: Heap::default(),
            running: None,
            counter: 0,
            history: History::new(history_limit),
            free: None,
            interrupted: false,
            client: None,
            node: None,
        }
    }

    pub(crate) fn remaining(&self) -> usize {
        self.heap.len() + usize::from(self.running.is_some())
    }
}

#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) options: Builder,
    pub(crate) catalogue: Catalogue,
    pub(crate) hub: Hub,
    pub(crate) wake: Notify,
    pub(crate) commands: mpsc::UnboundedSender<Command>,
    state: Mutex<State>,
    files: Mutex<Files>,
    counters: Mutex<Counters>,
    rules: Mutex<Rules>,
    vram: Option<Mutex<Vram>>,
    random: Mutex<Chance>,
    gateway: Mutex<Chance>,
    prompts: Mutex<VecDeque<Value>>,
    /// Names that a fault made up, and the real files behind them.
    names: Mutex<BTreeMap<String, (String, String)>>,
}

/// How many bodies of prompts are kept for the tests to look at.
const KEPT_PROMPTS: usize = 1000;

impl Shared {
    pub(crate) fn new(options: Builder, commands: mpsc::UnboundedSender<Command>) -> Self {
        let files = Files::new(options.keep_outputs, options.output.clone())
            .expect("there is a temporary directory");
        let vram = options.card.as_ref().map(|card| {
            let process = card.process("comfyui", Unload::OnRequest);
            Mutex::new(Vram::new(process, options.reserve, options.dynamic_vram))
        });
        Self {
            catalogue: Catalogue::new(&options),
            hub: Hub::default(),
            wake: Notify::new(),
            commands,
            state: Mutex::new(State::new(options.history_limit)),
            files: Mutex::new(files),
            counters: Mutex::default(),
            rules: Mutex::new(Rules(options.rules.clone())),
            vram,
            random: Mutex::new(Chance::new(
                now_ms() ^ (u64::from(std::process::id()) << 32),
            )),
            gateway: Mutex::new(Chance::new(20)),
            prompts: Mutex::default(),
            names: Mutex::default(),
            options,
        }
    }

    /// Whether something in front of the server answers this request with an error, and then, whether the request reaches
    /// the server.
    pub(crate) fn gateway(&self) -> Option<bool> {
        let percent = self.options.gateway_errors;
        if percent == 0 {
            return None;
        }
        let mut chance = lock(&self.gateway);
        let fails = chance.below(100) < percent;
        let reaches = chance.below(2) == 0;
        fails.then_some(reaches)
    }

    pub(crate) fn version(&self) -> Version {
        self.options.version
    }

    pub(crate) fn state(&self) -> MutexGuard<'_, State> {
        lock(&self.state)
    }

    pub(crate) fn files(&self) -> MutexGuard<'_, Files> {
        lock(&self.files)
    }

    pub(crate) fn counters(&self) -> MutexGuard<'_, Counters> {
        lock(&self.counters)
    }

    pub(crate) fn rules(&self) -> MutexGuard<'_, Rules> {
        lock(&self.rules)
    }

    pub(crate) fn vram(&self) -> Option<MutexGuard<'_, Vram>> {
        self.vram.as_ref().map(lock)
    }

    /// Asks for the fault of this moment of a prompt and counts it.
    pub(crate) fn fault_in(&self, phase: Phase, pixels: u64, prompt: u64) -> Option<Fault> {
        let fault = self.rules().prompt(phase, pixels, prompt)?;
        self.note_fault(&fault);
        Some(fault)
    }

    pub(crate) fn note_fault(&self, fault: &Fault) {
        Counters::add(&mut self.counters().faults, &fault.name());
    }

    /// `status` to every socket.
    pub(crate) fn send_status(&self) {
        let status = self.status(None);
        self.hub.text(None, &status);
    }

    pub(crate) fn status(&self, sid: Option<&str>) -> Value {
        let remaining = self.state().remaining();
        let mut data = json!({"status": {"exec_info": {"queue_remaining": remaining}}});
        if let Some(sid) = sid {
            data["sid"] = json!(sid);
        }
        json!({"type": "status", "data": data})
    }

    /// All that a restart loses.
    pub(crate) fn forget(&self) {
        *self.state() = State::new(self.options.history_limit);
        self.hub.clear();
        if let Some(mut vram) = self.vram() {
            vram.unload_all();
        }
    }

    pub(crate) fn remember_prompt(&self, body: Value) {
        let mut prompts = lock(&self.prompts);
        prompts.push_back(body);
        if prompts.len() > KEPT_PROMPTS {
            prompts.pop_front();
        }
    }

    pub(crate) fn prompts(&self) -> Vec<Value> {
        lock(&self.prompts).iter().cloned().collect()
    }

    /// Lets a made-up name stand for a real output file.
    pub(crate) fn rename(&self, made_up: &str, subfolder: &str, name: &str) {
        lock(&self.names).insert(made_up.to_owned(), (subfolder.to_owned(), name.to_owned()));
    }

    pub(crate) fn real_name(&self, made_up: &str) -> Option<(String, String)> {
        lock(&self.names).get(made_up).cloned()
    }

    pub(crate) fn random(&self) -> u64 {
        lock(&self.random).next()
    }

    /// A random UUID of version 4, lower case with hyphens.
    pub(crate) fn uuid(&self) -> String {
        let hex = format!("{:016x}{:016x}", self.random(), self.random());
        format!(
            "{}-{}-4{}-8{}-{}",
            &hex[..8],
            &hex[8..12],
            &hex[13..16],
            &hex[17..20],
            &hex[20..]
        )
    }

    /// Waits as long as the work would take, at least for the others to have their turn.
    pub(crate) async fn pause(&self, duration: Duration) {
        let scaled = duration.mul_f64(self.options.speed.scale.max(0.0));
        if scaled.is_zero() {
            tokio::task::yield_now().await;
        } else {
            tokio::time::sleep(scaled).await;
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Milliseconds since 1970, as ComfyUI stamps its messages.
pub(crate) fn now_ms() -> u64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |since| since.as_millis() as u64)
}
