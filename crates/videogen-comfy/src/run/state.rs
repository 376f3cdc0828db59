//! Where a prompt is, from what the socket says and what is seen when looking: no clock, no network.

use std::time::Duration;

use crate::run::{Limits, RunEvent};
use crate::wire::history::{Ended, HistoryEntry};
use crate::wire::queue::{Place, Queue};
use crate::wire::socket::SocketMessage;
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
        place: Place,
        /// The prompts that run, to see whether anything moves.
        running: Vec<String>,
    },
    /// It is not in the queue, and this is its history.
    Gone(Option<HistoryEntry>),
}

impl Look {
    pub(crate) fn queue(queue: &Queue, id: &PromptId) -> Option<Self> {
        match queue.place(id) {
            Place::Absent => None,
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

/// The state of one prompt. Times are counted from the start of the run.
#[derive(Debug)]
pub(crate) struct Track {
    id: PromptId,
    limits: Limits,
    classes: Vec<(String, String)>,
    share: Share,
    running: bool,
    place: Option<Place>,
    ahead: Vec<String>,
    node: Option<String>,
    /// When something last moved.
    sign: Duration,
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
            ended: None,
            missing: 0,
            tiles_told: false,
        }
    }

    /// The prompt was posted, or posted again.
    pub(crate) fn posted(&mut self, now: Duration) {
        self.running = false;
        self.place = None;
        self.node = None;
        self.sign = now;
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

    fn started(&mut self, events: &mut Vec<RunEvent>) {
        if !self.running {
            self.running = true;
            self.place = Some(Place::Running);
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
        if !ours || self.has_ended() {
            return Step::Wait;
        }
        self.sign = now;
        match message {
            SocketMessage::Start { .. } => self.started(events),
            SocketMessage::Cached { nodes, .. } => {
                self.started(events);
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
                self.started(events);
                self.at(node, events);
            }
            SocketMessage::Progress {
                node, value, max, ..
            } => {
                self.started(events);
                self.progress(&node, value, max, events);
            }
            SocketMessage::Nodes { nodes, .. } => {
                self.started(events);
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
                    Place::Pending { ahead } if self.place != Some(place) => {
                        self.running = false;
                        events.push(RunEvent::Queued { ahead });
                    }
                    Place::Running => self.started(events),
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
        let patience = if blind || !self.running {
            self.limits.silence.saturating_mul(BLIND)
        } else {
            self.limits.silence
        };
        let silent = now.saturating_sub(self.sign);
        if !self.has_ended() && silent >= patience {
            return Step::Failed(Error::Stalled {
                silent,
                node: self.node.clone(),
            });
        }
        if now >= self.limits.total {
            return Step::Failed(Error::TimedOut {
                after: self.limits.total,
            });
        }
        Step::Wait
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
