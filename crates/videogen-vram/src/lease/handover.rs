//! The protocol for making room on a card, as a state machine without clock or effects.

use std::time::Duration;

use crate::units::{Bytes, FreeBytes};

/// Somebody in the card's memory who may be asked to leave.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HandOverOccupant {
    /// For people, for example `qwen2.5:7b`.
    pub name: String,
    /// What it holds, where that is known.
    pub bytes: Option<Bytes>,
}

/// How long the steps may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HandOverTimeouts {
    /// For the answer of a tenant that was asked.
    pub answer: Duration,
    /// For the memory of a tenant that answered to become free.
    pub settle: Duration,
    /// Between two measurements; at least 10 ms are taken.
    pub pause: Duration,
}

impl Default for HandOverTimeouts {
    /// 10 s for an answer, 6 s for the memory, measured every 100 ms: a driver frees memory within 0.5 to 1.5 s of an
    /// unload, and model servers answer when the memory is theirs to give, which takes seconds under load.
    fn default() -> Self {
        Self {
            answer: Duration::from_secs(10),
            settle: Duration::from_secs(6),
            pause: Duration::from_millis(100),
        }
    }
}

/// What the caller has to do next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HandOverStep {
    /// Measure the free memory; answer with [`HandOverEvent::Free`] or [`HandOverEvent::Blind`].
    Measure,
    /// Ask the tenant of this number to unload; answer with [`HandOverEvent::Answered`], or with [`HandOverEvent::Woke`]
    /// when it did not answer within [`HandOverTimeouts::answer`].
    Ask(usize),
    /// Wait that long; answer with [`HandOverEvent::Woke`].
    Pause(Duration),
    /// Nothing: this is the end. Every further event gives the same.
    Done(HandOverEnd),
}

/// What happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HandOverEvent {
    /// So much is free.
    Free(FreeBytes),
    /// The free memory cannot be measured now.
    Blind,
    /// The tenant that was asked has answered: it unloads, or it does not.
    Answered(bool),
    /// The time to wait is over.
    Woke,
    /// The caller does not want the card any more.
    Cancelled,
}

/// How it ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HandOverEnd {
    /// What is needed is free. When nobody had to be asked, both fit.
    Fits {
        /// As measured last.
        free: FreeBytes,
    },
    /// Everybody was asked, the time is over, and what is needed is not free: plan with what is.
    Short {
        /// As measured last; `None` when it never could be.
        free: Option<FreeBytes>,
    },
    /// The caller gave up.
    Cancelled,
}

/// A tenant that was asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HandOverAsked {
    /// Its number.
    pub tenant: usize,
    /// Its answer; `None` when there was none in time.
    pub answer: Option<bool>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// Finding out whether anything has to be done.
    Looking,
    /// `tenant` was asked.
    Asking {
        tenant: usize,
        since: Duration,
    },
    /// `tenant` has said that it unloads.
    Settling {
        tenant: usize,
        since: Duration,
        /// How often there was nothing to do but pause. Bounds the state even when the clock stands still.
        pauses: u32,
    },
    Done(HandOverEnd),
}

/// A hand-over. Tenants are asked in the order given, one at a time, each at most once, and only while what is needed is
/// not free: who could stay, stays.
///
/// ```
/// use std::time::Duration;
/// use videogen_vram::{
///     Bytes, FreeBytes, HandOver, HandOverEnd, HandOverEvent, HandOverStep, HandOverOccupant,
///     HandOverTimeouts,
/// };
///
/// let free = |gib| HandOverEvent::Free(FreeBytes::new(Bytes::from_gib(gib)));
/// let llm = HandOverOccupant { name: "qwen2.5:7b".into(), bytes: Some(Bytes::from_gib(5)) };
/// let need = Bytes::from_gib(8);
/// let (mut hand_over, first) = HandOver::new(need, vec![llm], HandOverTimeouts::default());
/// assert_eq!(first, HandOverStep::Measure);
/// let at = Duration::from_millis;
/// assert_eq!(hand_over.on(at(1), free(6)), HandOverStep::Ask(0));
/// assert_eq!(hand_over.on(at(400), HandOverEvent::Answered(true)), HandOverStep::Measure);
/// assert_eq!(hand_over.on(at(401), free(6)), HandOverStep::Pause(at(100)));
/// assert_eq!(hand_over.on(at(501), HandOverEvent::Woke), HandOverStep::Measure);
/// let last = hand_over.on(at(502), free(11));
/// assert!(matches!(last, HandOverStep::Done(HandOverEnd::Fits { .. })));
/// ```
#[derive(Debug, Clone)]
pub struct HandOver {
    need: Bytes,
    tenants: Vec<HandOverOccupant>,
    timeouts: HandOverTimeouts,
    state: State,
    /// The latest time that was told: time does not run backwards here.
    now: Duration,
    /// As measured last.
    free: Option<FreeBytes>,
    /// As measured last before the tenant now asked was asked.
    before: Option<FreeBytes>,
    asked: Vec<HandOverAsked>,
}

impl HandOver {
    /// Makes room for `need` (with the caller's margin in it) by asking `tenants`, in this order. Gives the machine and
    /// its first step.
    pub fn new(
        need: Bytes,
        tenants: Vec<HandOverOccupant>,
        timeouts: HandOverTimeouts,
    ) -> (Self, HandOverStep) {
        let timeouts = HandOverTimeouts {
            pause: timeouts.pause.max(Duration::from_millis(10)),
            ..timeouts
        };
        let new = Self {
            need,
            tenants,
            timeouts,
            state: State::Looking,
            now: Duration::ZERO,
            free: None,
            before: None,
            asked: Vec::new(),
        };
        (new, HandOverStep::Measure)
    }

    /// What to do next, now that `event` has happened. `now` is the time since the start; a clock that runs backwards is
    /// taken to stand still. An event that answers no question of the machine changes nothing but the time.
    pub fn on(&mut self, now: Duration, event: HandOverEvent) -> HandOverStep {
        self.now = self.now.max(now);
        if let State::Done(end) = self.state {
            return HandOverStep::Done(end);
        }
        match event {
            HandOverEvent::Cancelled => return self.done(HandOverEnd::Cancelled),
            HandOverEvent::Free(free) => {
                self.free = Some(free);
                if free.bytes() >= self.need {
                    // Also while an answer is out: what is needed is there, whoever gave it.
                    return self.done(HandOverEnd::Fits { free });
                }
            }
            HandOverEvent::Blind | HandOverEvent::Answered(_) | HandOverEvent::Woke => {}
        }
        match self.state {
            State::Looking => match event {
                HandOverEvent::Free(_) | HandOverEvent::Blind => self.ask(0),
                _ => HandOverStep::Measure,
            },
            State::Asking { tenant, since } => self.while_asking(tenant, since, event),
            State::Settling {
                tenant,
                since,
                pauses,
            } => match event {
                HandOverEvent::Free(_) | HandOverEvent::Blind => {
                    self.while_settling(tenant, since, pauses)
                }
                _ => HandOverStep::Measure,
            },
            State::Done(end) => HandOverStep::Done(end),
        }
    }

    /// Who was asked so far, in order.
    pub fn asked(&self) -> &[HandOverAsked] {
        &self.asked
    }

    /// Who may be asked, in order.
    pub fn tenants(&self) -> &[HandOverOccupant] {
        &self.tenants
    }

    /// How long the steps may take.
    pub fn timeouts(&self) -> HandOverTimeouts {
        self.timeouts
    }

    fn while_asking(
        &mut self,
        tenant: usize,
        since: Duration,
        event: HandOverEvent,
    ) -> HandOverStep {
        let answer = match event {
            HandOverEvent::Answered(answer) => Some(answer),
            _ if self.now.saturating_sub(since) >= self.timeouts.answer => None,
            // An event that is no answer, before the time is over: the question stands. Asking twice would be asking two.
            _ => {
                let left = self
                    .timeouts
                    .answer
                    .saturating_sub(self.now.saturating_sub(since));
                return HandOverStep::Pause(left);
            }
        };
        if let Some(asked) = self.asked.last_mut() {
            asked.answer = answer;
        }
        if answer == Some(false) {
            return self.ask(tenant + 1);
        }
        // No answer is no refusal: it may be unloading.
        self.state = State::Settling {
            tenant,
            since: self.now,
            pauses: 0,
        };
        HandOverStep::Measure
    }

    fn while_settling(&mut self, tenant: usize, since: Duration, pauses: u32) -> HandOverStep {
        let HandOverTimeouts { settle, pause, .. } = self.timeouts;
        let most = settle.as_nanos() / pause.as_nanos() + 1;
        let over = self.now.saturating_sub(since) >= settle || u128::from(pauses) >= most;
        if over || self.will_not_suffice(tenant) {
            return self.ask(tenant + 1);
        }
        self.state = State::Settling {
            tenant,
            since,
            pauses: pauses + 1,
        };
        HandOverStep::Pause(pause)
    }

    /// Whether most of what `tenant` held has come back and the rest of it would not suffice either: then there is no use
    /// in waiting for it.
    fn will_not_suffice(&self, tenant: usize) -> bool {
        let (Some(free), Some(before)) = (self.free, self.before) else {
            return false;
        };
        let Some(held) = self.tenants.get(tenant).and_then(|tenant| tenant.bytes) else {
            return false;
        };
        // Three quarters: servers round, share libraries and keep a context, so all of it never comes back.
        let most_of_it = Bytes::new(held.get() / 4 * 3);
        let came_back = free.bytes().minus(before.bytes());
        came_back >= most_of_it && before.bytes().plus(held) < self.need
    }

    fn ask(&mut self, tenant: usize) -> HandOverStep {
        if tenant >= self.tenants.len() {
            return self.done(HandOverEnd::Short { free: self.free });
        }
        self.before = self.free;
        self.asked.push(HandOverAsked {
            tenant,
            answer: None,
        });
        self.state = State::Asking {
            tenant,
            since: self.now,
        };
        HandOverStep::Ask(tenant)
    }

    fn done(&mut self, end: HandOverEnd) -> HandOverStep {
        self.state = State::Done(end);
        HandOverStep::Done(end)
    }
}

#[cfg(test)]
mod tests;
