//! `/queue`: what runs and what waits, without the workflows that the answer repeats.

use std::fmt;

use serde::Deserialize;
use serde::de::{IgnoredAny, SeqAccess, Visitor};

use crate::PromptId;

/// A server's queue.
#[derive(Debug, Clone, PartialEq, Default)]
#[non_exhaustive]
pub struct Queue {
    /// What runs; usually one.
    pub running: Vec<QueueEntry>,
    /// What waits, first that which runs next.
    pub pending: Vec<QueueEntry>,
}

/// A prompt in a queue.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct QueueEntry {
    /// The lowest runs first; negative for prompts that were put in front.
    pub number: f64,
    /// Its id, of whatever form.
    pub prompt_id: String,
}

/// Where a prompt is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum QueuePosition {
    /// It runs.
    Running,
    /// It waits.
    Pending {
        /// How many come first, running ones included.
        ahead: usize,
    },
    /// It is not in the queue: done, deleted, or never posted.
    Absent,
}

impl Queue {
    /// How many prompts run and wait.
    pub fn len(&self) -> usize {
        self.running.len() + self.pending.len()
    }

    /// Whether nothing runs or waits.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Where `id` is.
    pub fn position_of(&self, id: &PromptId) -> QueuePosition {
        if self
            .running
            .iter()
            .any(|entry| entry.prompt_id == id.as_str())
        {
            return QueuePosition::Running;
        }
        let position = self
            .pending
            .iter()
            .position(|entry| entry.prompt_id == id.as_str());
        position.map_or(QueuePosition::Absent, |position| QueuePosition::Pending {
            ahead: self.running.len() + position,
        })
    }
}

#[derive(Deserialize)]
struct Raw {
    #[serde(default)]
    queue_running: Vec<Entry>,
    #[serde(default)]
    queue_pending: Vec<Entry>,
}

/// `[number, prompt id, workflow, …]`, of which the rest is passed over without being kept.
struct Entry(QueueEntry);

impl<'de> Deserialize<'de> for Entry {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Seq;

        impl<'de> Visitor<'de> for Seq {
            type Value = Entry;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a list that begins with a number and a prompt id")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Entry, A::Error> {
                let number = seq
                    .next_element()?
                    .ok_or_else(|| serde::de::Error::invalid_length(0, &self))?;
                let prompt_id = seq
                    .next_element()?
                    .ok_or_else(|| serde::de::Error::invalid_length(1, &self))?;
                while seq.next_element::<IgnoredAny>()?.is_some() {}
                Ok(Entry(QueueEntry { number, prompt_id }))
            }
        }

        deserializer.deserialize_seq(Seq)
    }
}

pub(crate) fn read(body: &[u8]) -> Result<Queue, crate::Error> {
    let raw: Raw = super::json("queue", body)?;
    let entries = |list: Vec<Entry>| list.into_iter().map(|entry| entry.0).collect::<Vec<_>>();
    let mut pending = entries(raw.queue_pending);
    // The server sends them as its heap lies in memory.
    pending.sort_by(|a, b| a.number.total_cmp(&b.number));
    Ok(Queue {
        running: entries(raw.queue_running),
        pending,
    })
}
