//! The queue in ComfyUI's order: a binary heap whose array is what `/queue` shows.

use serde_json::{Value, json};

use super::graph::Prompt;

/// A prompt that waits or runs.
#[derive(Debug, Clone)]
pub(crate) struct Entry {
    /// As it was answered: an integer, or a float when the client chose it.
    pub(crate) number: Value,
    pub(crate) id: String,
    pub(crate) echo: Value,
    pub(crate) prompt: Prompt,
    pub(crate) extra: Value,
    pub(crate) outputs: Vec<String>,
}

impl Entry {
    /// As `/queue` and the history show it.
    pub(crate) fn tuple(&self) -> Value {
        json!([self.number, self.id, self.echo, self.extra, self.outputs])
    }

    pub(crate) fn client(&self) -> Option<String> {
        self.extra
            .get("client_id")
            .and_then(Value::as_str)
            .map(str::to_owned)
    }

    pub(crate) fn created(&self) -> Value {
        self.extra
            .get("create_time")
            .cloned()
            .unwrap_or(Value::Null)
    }

    fn before(&self, other: &Self) -> bool {
        let key = |entry: &Self| entry.number.as_f64().unwrap_or(0.0);
        key(self)
            .total_cmp(&key(other))
            .then_with(|| self.id.cmp(&other.id))
            .is_lt()
    }
}

/// The heap, laid out as Python's `heapq` lays it out.
#[derive(Debug, Default)]
pub(crate) struct Heap(Vec<Entry>);

impl Heap {
    pub(crate) fn push(&mut self, entry: Entry) {
        self.0.push(entry);
        self.towards_root(0, self.0.len() - 1);
    }

    /// The entry with the lowest number.
    pub(crate) fn pop(&mut self) -> Option<Entry> {
        let last = self.0.pop()?;
        if self.0.is_empty() {
            return Some(last);
        }
        let first = std::mem::replace(&mut self.0[0], last);
        self.towards_leaves(0);
        Some(first)
    }

    /// Takes an entry out; true when it was there.
    pub(crate) fn remove(&mut self, id: &str) -> bool {
        let Some(at) = self.0.iter().position(|entry| entry.id == id) else {
            return false;
        };
        self.0.remove(at);
        for start in (0..self.0.len() / 2).rev() {
            self.towards_leaves(start);
        }
        true
    }

    pub(crate) fn clear(&mut self) {
        self.0.clear();
    }

    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &Entry> {
        self.0.iter()
    }

    fn towards_root(&mut self, start: usize, mut at: usize) {
        while at > start {
            let parent = (at - 1) / 2;
            if !self.0[at].before(&self.0[parent]) {
                break;
            }
            self.0.swap(at, parent);
            at = parent;
        }
    }

    // heapq first follows the smaller children down to a leaf and then lets the entry rise from
    // there; the plain way down would order equal heaps differently.
    fn towards_leaves(&mut self, start: usize) {
        let end = self.0.len();
        let mut at = start;
        let mut child = 2 * at + 1;
        while child < end {
            let right = child + 1;
            if right < end && !self.0[child].before(&self.0[right]) {
                child = right;
            }
            self.0.swap(at, child);
            at = child;
            child = 2 * at + 1;
        }
        self.towards_root(start, at);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(number: Value, id: &str) -> Entry {
        Entry {
            number,
            id: id.to_owned(),
            echo: Value::Null,
            prompt: Prompt::default(),
            extra: Value::Null,
            outputs: Vec::new(),
        }
    }

    fn numbers(heap: &Heap) -> Vec<f64> {
        heap.iter().map(|e| e.number.as_f64().unwrap()).collect()
    }

    #[test]
    fn it_is_laid_out_as_recorded() {
        let mut heap = Heap::default();
        heap.push(entry(json!(59), "a"));
        heap.push(entry(json!(-60), "b"));
        heap.push(entry(json!(-50.0), "c"));
        assert_eq!(numbers(&heap), [-60.0, 59.0, -50.0]);
        assert!(heap.remove("b"));
        assert!(!heap.remove("b"));
        assert_eq!(numbers(&heap), [-50.0, 59.0]);
    }

    #[test]
    fn it_gives_the_lowest_first() {
        let mut heap = Heap::default();
        for n in [5, 3, 9, -1, 4, 4, 7] {
            heap.push(entry(json!(n), &format!("{}", heap.len())));
        }
        let mut out = Vec::new();
        while let Some(e) = heap.pop() {
            out.push(e.number.as_i64().unwrap());
        }
        assert_eq!(out, [-1, 3, 4, 4, 5, 7, 9]);
    }
}
