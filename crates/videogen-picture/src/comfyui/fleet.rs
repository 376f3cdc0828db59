//! The servers of a run: which of them can be asked, who of them paints the next picture, and what is told of them.

use std::fmt;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use futures_util::future::join_all;
use tokio::sync::watch;
use tokio::task::AbortHandle;
use videogen_comfy::ImageGenerator;
use videogen_net::{BreakerPolicy, ServerUrl};

use super::launch::Running;
use super::server::{self, Server, Trouble};
use super::server_health::{HealthChange, ServerHealth};
use super::spread::{self, Load};
use super::submit::{Faltering, PICTURE_WITHIN};
use crate::painter::BoxFuture;

/// Pictures that each server is given at a time: one is painted and one waits there, so that the card does not wait
/// while a picture is fetched and kept.
const EACH: usize = 2;
/// A server that wants to be left alone for longer is not waited for; as long as the retries of `videogen-net` wait.
const WAITED_FOR: Duration = Duration::from_mins(1);
/// For asking a server whether it has a picture of an earlier run.
const RECALL_WITHIN: Duration = Duration::from_secs(5);

/// What is known of a server that pictures are spread over.
pub(super) trait Member: fmt::Debug + Send + Sync + 'static {
    /// What is asked to paint.
    fn generator(&self) -> &Arc<dyn ImageGenerator>;

    /// Whether it paints on a card.
    fn has_card(&self) -> bool;
}

impl Member for Server {
    fn generator(&self) -> &Arc<dyn ImageGenerator> {
        &self.generator
    }

    fn has_card(&self) -> bool {
        self.has_card
    }
}

/// How long servers are waited for and left alone.
#[derive(Debug, Clone, Copy)]
pub(super) struct FleetPolicy {
    /// When a server is left alone, and for how long.
    pub(super) breaker: BreakerPolicy,
    /// For how long a server may be unreachable in the middle of a picture when another one could paint it. A restart
    /// takes 10 to 26 s.
    pub(super) unreachable: Duration,
    /// How long one picture may take on servers, all attempts together.
    pub(super) picture: Duration,
    /// The first pause after an answer that is an error, where no other server could paint.
    pub(super) pause: Duration,
}

impl Default for FleetPolicy {
    fn default() -> Self {
        Self {
            breaker: BreakerPolicy::default(),
            unreachable: Duration::from_secs(30),
            picture: PICTURE_WITHIN,
            pause: Duration::from_secs(2),
        }
    }
}

/// All servers that were named and may paint, now or later.
#[derive(Debug)]
pub(super) struct Fleet<S: Member = Server> {
    urls: Vec<ServerUrl>,
    /// What they are called in messages and manifests.
    names: Vec<String>,
    state: Mutex<State<S>>,
    /// How many pictures are still looked for on every server: those that an earlier run may have left there.
    recalls: AtomicUsize,
    /// What times are counted from.
    epoch: Instant,
    policy: FleetPolicy,
    changed: watch::Sender<()>,
    /// The one that this program keeps running.
    process: Option<(usize, Arc<Running>)>,
}

#[derive(Debug)]
struct State<S> {
    servers: Vec<ServerHealth<S>>,
    notices: Vec<String>,
}

impl<S> State<S> {
    /// Those that can be asked.
    fn there(&self, now: Duration) -> Vec<(usize, Arc<S>)> {
        let servers = self.servers.iter().enumerate();
        servers
            .filter_map(|(at, standing)| Some((at, Arc::clone(standing.server(now)?))))
            .collect()
    }
}

/// A picture that a server was given, until it is dropped.
#[derive(Debug)]
pub(super) struct Slot<S: Member = Server> {
    fleet: Arc<Fleet<S>>,
    server: usize,
}

impl<S: Member> Drop for Slot<S> {
    fn drop(&mut self) {
        let given = &mut self.fleet.lock().servers[self.server].given;
        *given = given.saturating_sub(1);
    }
}

impl<S: Member> Fleet<S> {
    /// Servers that answered, and those that may later; `None` when none has. `process` is the one that this program
    /// keeps running.
    pub(super) fn new(
        asked: Vec<(ServerUrl, Result<S, Trouble>)>,
        policy: FleetPolicy,
        process: Option<(&ServerUrl, &Arc<Running>)>,
    ) -> Option<Arc<Self>> {
        if asked.iter().all(|(_, answer)| answer.is_err()) {
            return None;
        }
        let (mut urls, mut names, mut servers) = (Vec::new(), Vec::new(), Vec::new());
        for (url, answer) in asked {
            let (name, standing) = match answer {
                Ok(server) => (server.generator().id(), ServerHealth::there(server)),
                Err(trouble) if trouble.may_pass() => (
                    url.to_string(),
                    ServerHealth::absent(trouble, &policy.breaker),
                ),
                Err(_) => continue,
            };
            urls.push(url);
            names.push(name);
            servers.push(standing);
        }
        let notices = Vec::new();
        let process = process.and_then(|(url, running)| {
            let at = urls.iter().position(|other| other == url)?;
            Some((at, Arc::clone(running)))
        });
        let all = servers.len();
        Some(Arc::new(Self {
            process,
            // Of one server nothing has to be asked: it finds its own.
            recalls: AtomicUsize::new(if all > 1 { 2 * all } else { 0 }),
            urls,
            names,
            state: Mutex::new(State { servers, notices }),
            epoch: Instant::now(),
            policy,
            changed: watch::Sender::new(()),
        }))
    }

    fn lock(&self) -> MutexGuard<'_, State<S>> {
        // No code that could panic runs in the middle of a change.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn now(&self) -> Duration {
        self.epoch.elapsed()
    }

    /// Changes how `server` stands, and keeps what is to be told of it.
    fn change(
        &self,
        server: usize,
        change: impl FnOnce(&mut ServerHealth<S>, Duration, &BreakerPolicy) -> HealthChange,
    ) {
        let (mut state, now) = (self.lock(), self.now());
        let State { servers, notices } = &mut *state;
        let standing = &mut servers[server];
        let name = &self.names[server];
        match change(standing, now, &self.policy.breaker) {
            HealthChange::None => {}
            HealthChange::Gone => notices.push(format!(
                "ComfyUI at {name} is left alone until it is well again: {}",
                standing.why()
            )),
            HealthChange::Back => notices.push(format!("ComfyUI at {name} paints again")),
        }
        drop(state);
        self.changed.send_replace(());
    }

    /// How long one picture may take on servers, all attempts together.
    pub(super) fn within(&self) -> Duration {
        self.policy.picture
    }

    /// The program of `server`, where this one keeps it running and it is worth waiting for: no other could paint.
    pub(super) fn kept(&self, server: usize) -> Option<&Running> {
        let of = self.process.as_ref().filter(|(at, _)| *at == server);
        let of = of.filter(|_| self.unreachable(server).is_none());
        of.map(|(_, running)| &**running)
    }

    /// What is done where `server` answers with errors: it is waited for only where no other could paint.
    pub(super) fn faltering(&self, server: usize) -> Faltering {
        let is_alone = self.unreachable(server).is_none();
        Faltering::new(is_alone.then_some(self.policy.pause))
    }

    /// The names of all, by number.
    pub(super) fn names(&self) -> &[String] {
        &self.names
    }

    /// Those that can be asked now, in their order.
    pub(super) fn there(&self) -> Vec<(usize, Arc<S>)> {
        let (state, now) = (self.lock(), self.now());
        state.there(now)
    }

    /// How many pictures they take at a time, 1 at least: then the built-in painter paints. Those without a card count
    /// where none has one, as they paint what the others cannot.
    pub(super) fn parallel(&self) -> usize {
        let there = self.there();
        let cards = there.iter().filter(|(_, server)| server.has_card()).count();
        let painting = if cards > 0 { cards } else { there.len() };
        (EACH * painting).max(1)
    }

    /// The server of which `knows` says that it has a picture from a run that was killed, which was painting as many as the
    /// servers take.
    pub(super) async fn recall<F>(&self, knows: impl Fn(usize, Arc<S>) -> F) -> Option<usize>
    where
        F: Future<Output = Option<bool>>,
    {
        let one_less = |left: usize| left.checked_sub(1);
        self.recalls
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, one_less)
            .ok()?;
        let ask = |(at, server): (usize, Arc<S>)| {
            let asking = tokio::time::timeout(RECALL_WITHIN, knows(at, server));
            async move { asking.await.ok()??.then_some(at) }
        };
        let answers = join_all(self.there().into_iter().map(ask)).await;
        answers.into_iter().flatten().next()
    }

    /// Has `choose` decide among those that can be asked, best first: for a server, at which a place is held, and what else
    /// it says. `place` is the one that was held before.
    pub(super) fn decide<T>(
        self: &Arc<Self>,
        place: &mut Option<Slot<S>>,
        choose: impl FnOnce(&[(usize, Arc<S>)]) -> (Option<usize>, T),
    ) -> T {
        let held = place.as_ref().map(|place| place.server);
        let (mut state, now) = (self.lock(), self.now());
        let there = state.there(now);
        let load =
            |&(at, _): &(usize, _)| state.servers[at].load(at, usize::from(held == Some(at)), now);
        let loads: Vec<Load> = there.iter().map(load).collect();
        let rank: Vec<usize> = spread::order(&loads, now);
        let mut best = there;
        best.sort_by_key(|(at, _)| rank.iter().position(|other| other == at));
        let (taken, next) = choose(&best);
        if taken != held {
            if let Some(server) = taken {
                state.servers[server].given += 1;
            }
            // The one that is given up takes the lock itself.
            drop(state);
            *place = taken.map(|server| Slot {
                fleet: Arc::clone(self),
                server,
            });
        }
        next
    }

    /// A server said how many prompts run and wait there.
    pub(super) fn seen(&self, server: usize, remaining: u64) {
        let (mut state, now) = (self.lock(), self.now());
        state.servers[server].seen(remaining, now);
    }

    /// A picture came of a server: so much work, begun at `since` or later, where that is known.
    pub(super) fn painted(&self, server: usize, work: f64, since: Option<Instant>) {
        let ended = Instant::now();
        self.change(server, |standing, now, policy| {
            standing.painted(work, since, ended, now);
            standing.well(now, policy)
        });
    }

    /// A server did what it can.
    pub(super) fn well(&self, server: usize) {
        self.change(server, ServerHealth::well);
    }

    /// A server did not do what it was asked.
    pub(super) fn failed(&self, server: usize, trouble: Trouble) {
        self.change(server, |standing, now, policy| {
            standing.failed(trouble, now, policy)
        });
    }

    /// What was not told yet.
    pub(super) fn notices(&self) -> Vec<String> {
        std::mem::take(&mut self.lock().notices)
    }

    /// For how long `server` may be unreachable in the middle of a picture; `None` when there is no other.
    pub(super) fn unreachable(&self, server: usize) -> Option<Duration> {
        let others = self.there().into_iter().any(|(at, _)| at != server);
        others.then_some(self.policy.unreachable)
    }

    /// Why none can be asked; `None` when one can.
    pub(super) fn why_none(&self) -> Option<String> {
        let (state, now) = (self.lock(), self.now());
        if !state.there(now).is_empty() {
            return None;
        }
        let each = self.names.iter().zip(&state.servers);
        let each = each.map(|(name, standing)| format!("{name} is left alone: {}", standing.why()));
        Some(each.collect::<Vec<_>>().join("; "))
    }

    /// Waits for those that `may` paint and want no more than a short pause, until one of them can be asked again. `false`
    /// when there is none.
    pub(super) async fn pause_is_over(&self, may: impl Fn(usize) -> bool) -> bool {
        let until = tokio::time::Instant::now() + WAITED_FOR;
        let mut changed = self.changed.subscribe();
        let pauses = |at: &usize, state: &State<S>, now: Duration| {
            let standing = &state.servers[*at];
            let left = standing.blocked(now).unwrap_or_default();
            standing.server(now).is_none() && standing.wants_a_pause() && left <= WAITED_FOR
        };
        // One that can be asked now was found to be of no use.
        let mut waited_for: Vec<usize> = {
            let (state, now) = (self.lock(), self.now());
            let all = 0..state.servers.len();
            all.filter(|at| may(*at) && pauses(at, &state, now))
                .collect()
        };
        loop {
            {
                let (state, now) = (self.lock(), self.now());
                let is_there = |at: &usize| state.servers[*at].server(now).is_some();
                if waited_for.iter().any(is_there) {
                    return true;
                }
                waited_for.retain(|at| pauses(at, &state, now));
            }
            if waited_for.is_empty() {
                return false;
            }
            tokio::select! {
                // The sender is ours.
                _ = changed.changed() => {}
                () = tokio::time::sleep_until(until) => return false,
            }
        }
    }

    /// Servers whose block is over, which the caller is to ask, whether each was stuck, and how long it is until the next
    /// one's.
    fn due(&self) -> (Vec<(usize, ServerUrl, bool)>, Option<Duration>) {
        let (mut state, now) = (self.lock(), self.now());
        let mut due = Vec::new();
        for ((at, standing), url) in state.servers.iter_mut().enumerate().zip(&self.urls) {
            if standing.is_due(now) {
                due.push((at, url.clone(), standing.is_stuck));
            }
        }
        let servers = state.servers.iter();
        let blocked = servers.filter_map(|standing| standing.blocked(now));
        (due, blocked.min())
    }
}

/// Asks servers that are left alone whether they are well again, until it is dropped.
#[derive(Debug)]
pub(super) struct Watch(AbortHandle);

impl Drop for Watch {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// Asks the server at an address what it is and has.
type Asking<S> = dyn Fn(ServerUrl) -> BoxFuture<'static, Result<S, Trouble>> + Send + Sync;

impl Watch {
    /// Begins; within a tokio runtime.
    pub(super) fn begin<S: Member>(
        fleet: Arc<Fleet<S>>,
        ask: impl Fn(ServerUrl) -> BoxFuture<'static, Result<S, Trouble>> + Send + Sync + 'static,
    ) -> Self {
        Self(tokio::spawn(watch(fleet, Box::new(ask))).abort_handle())
    }
}

async fn watch<S: Member>(fleet: Arc<Fleet<S>>, asking: Box<Asking<S>>) {
    let mut changed = fleet.changed.subscribe();
    loop {
        let (due, next) = fleet.due();
        if !due.is_empty() {
            let (fleet, asking) = (&fleet, &asking);
            let ask = |(at, url, is_stuck): (usize, ServerUrl, bool)| async move {
                let answer = match asking(url).await {
                    Ok(server) if is_stuck => {
                        let free = server::is_free(&**server.generator()).await;
                        free.map(|()| server)
                    }
                    answer => answer,
                };
                fleet.change(at, |standing, now, policy| {
                    standing.answered(answer, now, policy)
                });
            };
            join_all(due.into_iter().map(ask)).await;
            continue;
        }
        let timer = async {
            match next {
                Some(left) => tokio::time::sleep(left).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            _ = changed.changed() => {}
            () = timer => {}
        }
    }
}
