//! Where a prompt is, from what the socket says and what is seen when looking: no clock, no network.

use std::time::Duration;

use crate::run::{Limits, RunEvent};
use crate::wire::history::{Ended, HistoryEntry};
use crate::wire::queue::{Queue, QueuePosition};
use crate::wire::socket::SocketMessage;
use crate::wire::stats::{DeviceKind, SystemStats};
use crate::workflow::{Share, Workflow};
use crate::{Error, PromptId};

/// What to do next.
#[derive(Debug)]
pub(crate) enum Step {
    /// Wait for the next message or the next look.
    Wait,
    /// Look into queue and history now.
    Look,
    /// The history has it.
    Done(HistoryEntry),
    /// The server does not know the prompt.
    Lost,
    /// It is over without a result.
    Failed(Error),
}

/// What was seen when looking. The history is looked at after the queue: what has left the queue is in the history, as
/// the server moves it under one lock.
#[derive(Debug, Clone)]
pub(crate) enum Look {
    /// The prompt is in the queue.
    Queued {
        place: QueuePosition,
        /// The prompts that run, to see whether anything moves.
        running: Vec<String>,
    },
    /// It is not in the queue, and this is its history.
    Gone(Option<HistoryEntry>),
}

impl Look {
    pub(crate) fn queue(queue: &Queue, id: &PromptId) -> Option<Self> {
        match queue.position_of(id) {
            QueuePosition::Absent => None,
            place => Some(Self::Queued {
                place,
                running: queue
                    .running
                    .iter()
                    .map(|entry| entry.prompt_id.clone())
                    .collect(),
            }),
        }
    }
}

/// How often a prompt has to be missing before it counts as lost: the first time may be a server that is starting.
const LOST_AFTER: u32 = 2;
/// Without a socket a long node looks like a dead one; it gets so many times as long.
const BLIND: u32 = 3;
/// What others run tells nobody else how far it is, so it gets so many times as long without a change in memory.
const FOREIGN: u32 = 2;
/// Part of the longest silence for which nothing moves before the server's memory is looked at.
const STILL: u32 = 30;

/// What the server's own memory was like at one moment, in bytes. A worker that works asks for some and gives some back
/// all the time; a dead one does not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct MemoryFigures {
    pub(crate) held: u64,
    pub(crate) unused: u64,
}

impl MemoryFigures {
    /// Those of a device; none of a processor, whose memory everybody on the machine changes.
    pub(crate) fn of(stats: &SystemStats) -> Option<Self> {
        let device = stats.device()?;
        (device.kind != DeviceKind::Cpu).then_some(Self {
            held: device.torch_total,
            unused: device.torch_free,
        })
    }
}

/// The state of one prompt. Times are counted from the start of the run.
#[derive(Debug)]
pub(crate) struct Track {
    id: PromptId,
    limits: Limits,
    classes: Vec<(String, String)>,
    share: Share,
    running: bool,
    place: Option<QueuePosition>,
    ahead: Vec<String>,
    node: Option<String>,
    /// When something last moved.
    sign: Duration,
    /// How long it has waited in the queue.
    waited: Duration,
    /// Since when it waits there.
    waits_since: Option<Duration>,
    /// What the server's memory was like when it was last looked at.
    memory: Option<MemoryFigures>,
    ended: Option<(Duration, Option<Error>)>,
    missing: u32,
    tiles_told: bool,
}

impl Track {
    pub(crate) fn new(id: PromptId, workflow: &Workflow, limits: Limits, now: Duration) -> Self {
        let classes = workflow
            .nodes()
            .iter()
            .map(|(id, node)| (id.clone(), node.class.clone()))
            .collect();
        Self {
            id,
            limits,
            classes,
            share: Share::of(workflow),
            running: false,
            place: None,
            ahead: Vec::new(),
            node: None,
            sign: now,
            waited: Duration::ZERO,
            waits_since: None,
            memory: None,
            ended: None,
            missing: 0,
            tiles_told: false,
        }
    }

    /// The prompt was posted, or posted again.
    pub(crate) fn posted(&mut self, now: Duration) {
        self.waits(now);
        self.place = None;
        self.node = None;
        self.sign = now;
        self.memory = None;
        self.ended = None;
        self.missing = 0;
        self.share.restart();
    }

    /// Whether the prompt is known to run.
    pub(crate) fn is_running(&self) -> bool {
        self.running
    }

    /// Whether the socket said that it is over, so that the history is about to have it.
    pub(crate) fn has_ended(&self) -> bool {
        self.ended.is_some()
    }

    #[cfg(test)]
    pub(crate) fn set_class(&mut self, node: &str, class: &str) {
        self.classes.insert(0, (node.to_owned(), class.to_owned()));
    }

    fn class(&self, node: &str) -> String {
        let class = self
            .classes
            .iter()
            .find(|(id, _)| id == node)
            .map(|(_, class)| class.clone());
        class.unwrap_or_default()
    }

    fn waits(&mut self, now: Duration) {
        self.running = false;
        self.waits_since.get_or_insert(now);
    }

    /// How long it has waited in the queue by `now`.
    pub(crate) fn waited(&self, now: Duration) -> Duration {
        let since = self.waits_since.unwrap_or(now);
        self.waited + now.saturating_sub(since)
    }

    /// When its time is over, as things are: it has all of it from when it begins to run.
    pub(crate) fn deadline(&self, now: Duration) -> Duration {
        let waits = if self.waits_since.is_some() {
            self.limits.queue
        } else {
            self.waited(now)
        };
        self.limits.total.saturating_add(waits)
    }

    /// Whether nothing else tells that the server works, so that its memory is to be looked at. `blind` is set while no
    /// socket tells what happens.
    pub(crate) fn is_still(&self, now: Duration, blind: bool) -> bool {
        let silent = now.saturating_sub(self.sign);
        (!self.running || blind) && !self.has_ended() && silent >= self.limits.silence / STILL
    }

    /// Takes in what the server's memory is like; `None` where that says nothing.
    pub(crate) fn memory(&mut self, memory: Option<MemoryFigures>, now: Duration) {
        if memory.is_some() && self.memory.is_some() && memory != self.memory {
            self.sign = self.sign.max(now);
        }
        self.memory = memory;
    }

    /// The prompts that ran when it was last looked at, while this one waits.
    pub(crate) fn waits_behind(&self) -> &[String] {
        if self.running { &[] } else { &self.ahead }
    }

    fn started(&mut self, now: Duration, events: &mut Vec<RunEvent>) {
        if !self.running {
            self.running = true;
            self.waited = self.waited(now);
            self.waits_since = None;
            self.place = Some(QueuePosition::Running);
            events.push(RunEvent::Started);
        }
    }

    /// Takes in a message of the socket. Those of other prompts, which are broadcast when they were posted without a
    /// client, count for nothing.
    pub(crate) fn message(
        &mut self,
        message: SocketMessage,
        now: Duration,
        events: &mut Vec<RunEvent>,
    ) -> Step {
        let ours = match (&message, message.prompt()) {
            (_, Some(prompt)) => prompt == self.id.as_str(),
            // After reconnecting the server tells the node that runs, of the client's own prompt, without its id.
            (SocketMessage::Executing { node: Some(_), .. }, None) => true,
            _ => false,
        };
        if !ours {
            return Step::Wait;
        }
        if self.has_ended() {
            // This one is sent once the history is written; the word of success came before.
            let over = matches!(message, SocketMessage::Executing { node: None, .. });
            return if over { Step::Look } else { Step::Wait };
        }
        self.sign = now;
        match message {
            SocketMessage::Start { .. } => self.started(now, events),
            SocketMessage::Cached { nodes, .. } => {
                self.started(now, events);
                for node in &nodes {
                    self.share.finished(node);
                }
                if !nodes.is_empty() {
                    events.push(RunEvent::Cached { nodes: nodes.len() });
                }
            }
            SocketMessage::Executing {
                node: Some(node), ..
            } => {
                self.started(now, events);
                self.at(node, events);
            }
            SocketMessage::Progress {
                node, value, max, ..
            } => {
                self.started(now, events);
                self.progress(&node, value, max, events);
            }
            SocketMessage::Nodes { nodes, .. } => {
                self.started(now, events);
                for each in nodes {
                    if each.finished {
                        self.share.finished(&each.node);
                    } else {
                        self.share.node(&each.node, each.value, each.max);
                    }
                }
            }
            SocketMessage::Executed { node, .. } => self.share.finished(&node),
            SocketMessage::Executing { node: None, .. } | SocketMessage::Success { .. } => {
                self.ended = Some((now, None));
                return Step::Look;
            }
            SocketMessage::Failed { failure, .. } => {
                self.ended = Some((now, Some(Error::from_failure(failure))));
                return Step::Look;
            }
            SocketMessage::Interrupted { node, .. } => {
                self.ended = Some((now, Some(Error::Interrupted { node })));
                return Step::Look;
            }
            SocketMessage::Status { .. } | SocketMessage::Other(_) => {}
        }
        Step::Wait
    }

    fn at(&mut self, node: String, events: &mut Vec<RunEvent>) {
        if self.node.as_ref() != Some(&node) {
            events.push(RunEvent::Node {
                class: self.class(&node),
                node: node.clone(),
                fraction: self.share.fraction(),
            });
            self.node = Some(node);
        }
    }

    fn progress(&mut self, node: &str, value: f64, max: f64, events: &mut Vec<RunEvent>) {
        self.share.node(node, value, max);
        let class = self.class(node);
        // A decode of the whole picture never tells how far it is: this one ran out of memory and goes on in tiles.
        if class == "VAEDecode" && !self.tiles_told {
            self.tiles_told = true;
            events.push(RunEvent::DecodeFellBack {
                node: node.to_owned(),
            });
        }
        let count = |number: f64| {
            if number.is_finite() {
                number.clamp(0.0, 1e9) as u32
            } else {
                0
            }
        };
        events.push(RunEvent::Progress {
            node: node.to_owned(),
            class,
            value: count(value),
            max: count(max),
            fraction: self.share.fraction(),
        });
    }

    /// Takes in what was seen when looking.
    pub(crate) fn looked(&mut self, look: Look, now: Duration, events: &mut Vec<RunEvent>) -> Step {
        match look {
            Look::Queued { place, running } => {
                self.missing = 0;
                // The message was of an earlier run under the same id, or the socket's end and the queue crossed.
                if self
                    .ended
                    .as_ref()
                    .is_some_and(|(at, _)| now > *at + self.limits.history_lag)
                {
                    self.ended = None;
                }
                if self.place != Some(place) || self.ahead != running {
                    self.sign = self.sign.max(now);
                }
                self.ahead = running;
                match place {
                    QueuePosition::Pending { ahead } if self.place != Some(place) => {
                        self.waits(now);
                        events.push(RunEvent::Queued { ahead });
                    }
                    QueuePosition::Running => self.started(now, events),
                    _ => {}
                }
                self.place = Some(place);
                Step::Wait
            }
            Look::Gone(Some(entry)) => Step::Done(entry),
            Look::Gone(None) => self.missing(now),
        }
    }

    fn missing(&mut self, now: Duration) -> Step {
        if let Some((at, told)) = &mut self.ended {
            if now < *at + self.limits.history_lag {
                return Step::Wait;
            }
            // The server ended it, told why, and was gone before its history could be read.
            if let Some(error) = told.take() {
                return Step::Failed(error);
            }
            return Step::Lost;
        }
        self.missing += 1;
        if self.missing >= LOST_AFTER {
            Step::Lost
        } else {
            Step::Wait
        }
    }

    /// Looks at the clock. `blind` is set while no socket tells what happens.
    pub(crate) fn tick(&self, now: Duration, blind: bool) -> Step {
        let silence = self.limits.silence;
        let patience = match (self.running, blind) {
            (true, false) => Some(silence),
            (true, true) => Some(silence.saturating_mul(BLIND)),
            // What others run may take hours; it shows in memory alone.
            (false, _) if self.memory.is_some() => Some(silence.saturating_mul(FOREIGN)),
            (false, _) => None,
        };
        let silent = now.saturating_sub(self.sign);
        if !self.has_ended() && patience.is_some_and(|patience| silent >= patience) {
            return Step::Failed(self.stalled(now));
        }
        let waited = self.waited(now);
        if self.waits_since.is_some() && waited >= self.limits.queue {
            return Step::Failed(Error::StillQueued { after: waited });
        }
        if now.saturating_sub(waited) >= self.limits.total {
            return Step::Failed(Error::TimedOut {
                after: self.limits.total,
            });
        }
        Step::Wait
    }

    /// That the server's worker is dead.
    pub(crate) fn stalled(&self, now: Duration) -> Error {
        Error::Stalled {
            silent: now.saturating_sub(self.sign),
            node: self.node.clone(),
        }
    }
}

/// What an entry of the history is: pictures, or why there are none.
pub(crate) fn result_of(entry: HistoryEntry) -> Result<Vec<crate::OutputImage>, Error> {
    match entry.outcome {
        Ended::Success if entry.images.is_empty() => Err(Error::NoPicture),
        Ended::Success => Ok(entry.images),
        Ended::Failed(failure) => Err(Error::from_failure(failure)),
        Ended::Interrupted { node } => Err(Error::Interrupted { node }),
    }
}
