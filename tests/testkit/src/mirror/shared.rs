//! What the mirror's thread and its handle both see.

use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use std::collections::BTreeMap;

use tokio::sync::watch;

use super::content::Content;
use super::fault::{FaultRule, MirrorFault};
use super::options::Builder;
use super::plan::Plan;
use super::request::MirrorRequest;

/// What the handle wants of the thread.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Orders {
    pub(crate) stop: bool,
    /// Connections break and none is taken.
    pub(crate) down: bool,
    /// Grows when rules change, so that who waits looks again.
    pub(crate) changes: u64,
}

#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) options: Builder,
    pub(crate) orders: watch::Sender<Orders>,
    state: Mutex<State>,
    /// Bytes of bodies, in all.
    sent: AtomicU64,
    pub(crate) open: AtomicUsize,
    pub(crate) peak: AtomicUsize,
    pub(crate) accepted: AtomicU64,
}

#[derive(Debug)]
struct State {
    files: BTreeMap<String, Content>,
    rules: Vec<FaultRule>,
    requests: Vec<MirrorRequest>,
    /// Connections that were there when the rules were set.
    accepted_before: u64,
}

impl Shared {
    pub(crate) fn new(options: Builder) -> Self {
        Self {
            orders: watch::Sender::new(Orders::default()),
            state: Mutex::new(State {
                files: options.files.clone(),
                rules: options.rules.clone(),
                requests: Vec::new(),
                accepted_before: 0,
            }),
            options,
            sent: AtomicU64::new(0),
            open: AtomicUsize::new(0),
            peak: AtomicUsize::new(0),
            accepted: AtomicU64::new(0),
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn requests(&self) -> Vec<MirrorRequest> {
        self.state().requests.clone()
    }

    pub(crate) fn forget_requests(&self) {
        self.state().requests.clear();
    }

    pub(crate) fn replace(&self, name: &str, content: Content) {
        self.state().files.insert(name.to_owned(), content);
    }

    pub(crate) fn set_rules(&self, rules: Vec<FaultRule>) {
        {
            let mut state = self.state();
            state.rules = rules;
            state.accepted_before = self.accepted.load(Ordering::SeqCst);
        }
        self.orders.send_modify(|orders| orders.changes += 1);
    }

    pub(crate) fn add_rule(&self, rule: FaultRule) {
        let mut rules = self.state().rules.clone();
        rules.push(rule);
        self.set_rules(rules);
    }

    /// Notes a request and decides what it is answered.
    pub(crate) fn answer(&self, request: MirrorRequest) -> Plan {
        let mut state = self.state();
        let name = request.name().to_owned();
        let faults: Vec<MirrorFault> = state
            .rules
            .iter_mut()
            .filter_map(|rule| rule.strikes(&name).then(|| rule.fault.clone()))
            .collect();
        let answers = state.requests.len() as u64;
        let plan = Plan::new(&request, &state.files, &self.options, &faults, answers);
        state.requests.push(request);
        plan
    }

    /// Whether another connection is refused.
    pub(crate) fn refuses(&self) -> bool {
        if self.orders.borrow().down {
            return true;
        }
        let state = self.state();
        let since = self.accepted.load(Ordering::SeqCst) - state.accepted_before;
        state
            .rules
            .iter()
            .any(|rule| matches!(rule.fault, MirrorFault::RefuseAfter(n) if since >= n))
    }

    pub(crate) fn sent(&self) -> u64 {
        self.sent.load(Ordering::SeqCst)
    }

    /// Takes so many bytes of what may be sent in all before `limit`; returns how many there were.
    pub(crate) fn claim(&self, bytes: u64, limit: Option<u64>) -> u64 {
        let mut claimed = 0;
        self.sent
            .fetch_update(Ordering::SeqCst, Ordering::SeqCst, |sent| {
                claimed = limit.map_or(bytes, |limit| limit.saturating_sub(sent).min(bytes));
                Some(sent + claimed)
            })
            .ok();
        claimed
    }

    /// What was claimed and could not be sent.
    pub(crate) fn give_back(&self, bytes: u64) {
        self.sent.fetch_sub(bytes, Ordering::SeqCst);
    }
}
