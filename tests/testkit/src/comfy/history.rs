//! What `/history` remembers, in the order the prompts ended.

use std::collections::{BTreeMap, HashMap};

use serde_json::{Map, Value, json};

use super::queue::Entry;

/// One prompt that ended.
#[derive(Debug, Clone)]
pub(crate) struct Record {
    pub(crate) entry: Entry,
    pub(crate) outputs: Map<String, Value>,
    pub(crate) messages: Vec<Value>,
    pub(crate) success: bool,
}

impl Record {
    /// As `/history/{id}` shows it.
    pub(crate) fn show(&self) -> Value {
        let meta: Map<String, Value> = self
            .outputs
            .keys()
            .map(|id| {
                let meta = json!({
                    "node_id": id, "display_node": id, "parent_node": null, "real_node_id": id,
                });
                (id.clone(), meta)
            })
            .collect();
        json!({
            "prompt": self.entry.tuple(),
            "outputs": self.outputs,
            "status": self.status(),
            "meta": meta,
        })
    }

    pub(crate) fn status(&self) -> Value {
        json!({
            "status_str": if self.success { "success" } else { "error" },
            "completed": self.success,
            "messages": self.messages,
        })
    }

    /// The data of the last message of this kind.
    pub(crate) fn message(&self, kind: &str) -> Option<&Value> {
        self.messages
            .iter()
            .rev()
            .find(|message| message[0] == kind)
            .map(|message| &message[1])
    }
}

/// The newest `limit` records.
#[derive(Debug)]
pub(crate) struct History {
    limit: usize,
    next: u64,
    places: HashMap<String, u64>,
    records: BTreeMap<u64, Record>,
}

impl History {
    pub(crate) fn new(limit: usize) -> Self {
        Self {
            limit,
            next: 0,
            places: HashMap::new(),
            records: BTreeMap::new(),
        }
    }

    /// The same id again overwrites its record in its old place.
    pub(crate) fn put(&mut self, record: Record) {
        let place = *self
            .places
            .entry(record.entry.id.clone())
            .or_insert_with(|| {
                self.next += 1;
                self.next
            });
        self.records.insert(place, record);
        while self.records.len() > self.limit {
            if let Some((_, old)) = self.records.pop_first() {
                self.places.remove(&old.entry.id);
            }
        }
    }

    pub(crate) fn get(&self, id: &str) -> Option<&Record> {
        self.records.get(self.places.get(id)?)
    }

    pub(crate) fn remove(&mut self, id: &str) {
        if let Some(place) = self.places.remove(id) {
            self.records.remove(&place);
        }
    }

    pub(crate) fn clear(&mut self) {
        self.places.clear();
        self.records.clear();
    }

    pub(crate) fn iter(&self) -> impl DoubleEndedIterator<Item = &Record> {
        self.records.values()
    }
}
