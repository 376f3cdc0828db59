//! The protocol for making room on a card, as a state machine without clock or effects.

use std::time::Duration;

use crate::units::{Bytes, FreeBytes};

/// Somebody in the card's memory who may be asked to leave.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tenant {
    /// For people, for example `qwen2.5:7b`.
    pub name: String,
    /// What it holds, where that is known.
    pub bytes: Option<Bytes>,
}

/// How long the steps may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Patience {
    /// For the answer of a tenant that was asked.
    pub answer: Duration,
    /// For the memory of a tenant that answered to become free.
    pub settle: Duration,
    /// Between two measurements; at least 10 ms are taken.
    pub pause: Duration,
}

impl Default for Patience {
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
pub enum Step {
    /// Measure the free memory; answer with [`Event::Free`] or [`Event::Blind`].
    Measure,
    /// Ask the tenant of this number to unload; answer with [`Event::Answered`], or with [`Event::Woke`] when it did not
    /// answer within [`Patience::answer`].
    Ask(usize),
    /// Wait that long; answer with [`Event::Woke`].
    Pause(Duration),
    /// Nothing: this is the end. Every further event gives the same.
    Done(End),
}

/// What happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Event {
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
pub enum End {
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
pub struct Asked {
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
    Done(End),
}

/// A hand-over. Tenants are asked in the order given, one at a time, each at most once, and only while what is needed is
/// not free: who could stay, stays.
///
/// ```
/// use std::time::Duration;
/// use videogen_vram::lease::{End, Event, HandOver, Patience, Step, Tenant};
/// use videogen_vram::{Bytes, FreeBytes};
///
/// let free = |gib| Event::Free(FreeBytes::new(Bytes::from_gib(gib)));
/// let llm = Tenant { name: "qwen2.5:7b".into(), bytes: Some(Bytes::from_gib(5)) };
/// let (mut hand_over, first) = HandOver::new(Bytes::from_gib(8), vec![llm], Patience::default());
/// assert_eq!(first, Step::Measure);
/// let at = Duration::from_millis;
/// assert_eq!(hand_over.on(at(1), free(6)), Step::Ask(0));
/// assert_eq!(hand_over.on(at(400), Event::Answered(true)), Step::Measure);
/// assert_eq!(hand_over.on(at(401), free(6)), Step::Pause(at(100)));
/// assert_eq!(hand_over.on(at(501), Event::Woke), Step::Measure);
/// assert!(matches!(hand_over.on(at(502), free(11)), Step::Done(End::Fits { .. })));
/// ```
#[derive(Debug, Clone)]
pub struct HandOver {
    need: Bytes,
    tenants: Vec<Tenant>,
    patience: Patience,
    state: State,
    /// The latest time that was told: time does not run backwards here.
    now: Duration,
    /// As measured last.
    free: Option<FreeBytes>,
    /// As measured last before the tenant now asked was asked.
    before: Option<FreeBytes>,
    asked: Vec<Asked>,
}

impl HandOver {
    /// Makes room for `need` (with the caller's margin in it) by asking `tenants`, in this order. Gives the machine and
    /// its first step.
    pub fn new(need: Bytes, tenants: Vec<Tenant>, patience: Patience) -> (Self, Step) {
        let patience = Patience {
            pause: patience.pause.max(Duration::from_millis(10)),
            ..patience
        };
        let new = Self {
            need,
            tenants,
            patience,
            state: State::Looking,
            now: Duration::ZERO,
            free: None,
            before: None,
            asked: Vec::new(),
        };
        (new, Step::Measure)
    }

    /// What to do next, now that `event` has happened. `now` is the time since the start; a clock that runs backwards is
    /// taken to stand still. An event that answers no question of the machine changes nothing but the time.
    pub fn on(&mut self, now: Duration, event: Event) -> Step {
        self.now = self.now.max(now);
        if let State::Done(end) = self.state {
            return Step::Done(end);
        }
        match event {
            Event::Cancelled => return self.done(End::Cancelled),
            Event::Free(free) => {
                self.free = Some(free);
                if free.bytes() >= self.need {
                    // Also while an answer is out: what is needed is there, whoever gave it.
                    return self.done(End::Fits { free });
                }
            }
            Event::Blind | Event::Answered(_) | Event::Woke => {}
        }
        match self.state {
            State::Looking => match event {
                Event::Free(_) | Event::Blind => self.ask(0),
                _ => Step::Measure,
            },
            State::Asking { tenant, since } => self.while_asking(tenant, since, event),
            State::Settling {
                tenant,
                since,
                pauses,
            } => match event {
                Event::Free(_) | Event::Blind => self.while_settling(tenant, since, pauses),
                _ => Step::Measure,
            },
            State::Done(end) => Step::Done(end),
        }
    }

    /// Who was asked so far, in order.
    pub fn asked(&self) -> &[Asked] {
        &self.asked
    }

    /// Who may be asked, in order.
    pub fn tenants(&self) -> &[Tenant] {
        &self.tenants
    }

    /// How long the steps may take.
    pub fn patience(&self) -> Patience {
        self.patience
    }

    fn while_asking(&mut self, tenant: usize, since: Duration, event: Event) -> Step {
        let answer = match event {
            Event::Answered(answer) => Some(answer),
            _ if self.now.saturating_sub(since) >= self.patience.answer => None,
            // An event that is no answer, before the time is over: the question stands. Asking twice would be asking two.
            _ => {
                let left = self
                    .patience
                    .answer
                    .saturating_sub(self.now.saturating_sub(since));
                return Step::Pause(left);
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
        Step::Measure
    }

    fn while_settling(&mut self, tenant: usize, since: Duration, pauses: u32) -> Step {
        let Patience { settle, pause, .. } = self.patience;
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
        Step::Pause(pause)
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

    fn ask(&mut self, tenant: usize) -> Step {
        if tenant >= self.tenants.len() {
            return self.done(End::Short { free: self.free });
        }
        self.before = self.free;
        self.asked.push(Asked {
            tenant,
            answer: None,
        });
        self.state = State::Asking {
            tenant,
            since: self.now,
        };
        Step::Ask(tenant)
    }

    fn done(&mut self, end: End) -> Step {
        self.state = State::Done(end);
        Step::Done(end)
    }
}

#[cfg(test)]
mod tests;
