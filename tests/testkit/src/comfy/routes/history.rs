//! What the server remembers of prompts that ended.

use hyper::StatusCode;
use serde_json::{Map, Value, json};

use super::Asked;
use crate::comfy::answer::{self, Answer};
use crate::comfy::history::Record;
use crate::comfy::shared::Shared;

pub(super) fn all(shared: &Shared, asked: &Asked) -> Answer {
    let number = |name: &str| {
        asked
            .query(name)
            .and_then(|text| text.parse::<usize>().ok())
    };
    let state = shared.state();
    let total = state.history.iter().count();
    let most = number("max_items").unwrap_or(total);
    let skip = number("offset").unwrap_or_else(|| total.saturating_sub(most));
    let records: Map<String, Value> = state
        .history
        .iter()
        .skip(skip)
        .take(most)
        .map(|record| (record.entry.id.clone(), record.show()))
        .collect();
    drop(state);
    answer::json(&Value::Object(records))
}

/// An empty object for ids that are unknown, pending or running.
pub(super) fn one(shared: &Shared, id: &str) -> Answer {
    let record = shared.state().history.get(id).map(Record::show);
    answer::json(&record.map_or_else(|| json!({}), |record| json!({ id: record })))
}

pub(super) fn change(shared: &Shared, body: &[u8]) -> Answer {
    let Ok(json) = serde_json::from_slice::<Value>(body) else {
        return answer::trouble();
    };
    let mut state = shared.state();
    if json["clear"] == true {
        state.history.clear();
    }
    for id in json["delete"].as_array().into_iter().flatten() {
        state.history.remove(id.as_str().unwrap_or_default());
    }
    drop(state);
    answer::empty(StatusCode::OK)
}
