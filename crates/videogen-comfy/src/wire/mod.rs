//! What ComfyUI says, read without trust: bounded, tolerant of what is new, and never a panic.

pub(crate) mod frame;
pub(crate) mod history;
pub(crate) mod jobs;
pub(crate) mod memory;
pub(crate) mod object_info;
pub(crate) mod queue;
pub(crate) mod refusal;
pub(crate) mod socket;
pub(crate) mod stats;
#[cfg(test)]
mod tests;

use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use crate::Error;
use crate::text::one_line;

/// Reads JSON from the body of an answer. Depth is bounded to 128 by serde_json, size by whoever read the body.
pub(crate) fn json<T: DeserializeOwned>(call: &'static str, body: &[u8]) -> Result<T, Error> {
    serde_json::from_slice(body).map_err(|error| Error::bad_answer(call, describe(body, &error)))
}

/// A problem with a body that is no such JSON: for a page of HTML that matters more than the column.
fn describe(body: &[u8], error: &serde_json::Error) -> String {
    let head = String::from_utf8_lossy(&body[..body.len().min(300)]);
    let head = head.trim_start();
    if head.is_empty() {
        "it is empty".to_owned()
    } else if head.starts_with('<') {
        format!("it is a web page: {}", one_line(head))
    } else if error.is_data() || head.starts_with(['{', '[']) {
        one_line(&error.to_string())
    } else {
        format!("it is not JSON: {}", one_line(head))
    }
}

/// A text of an object, or nothing.
pub(crate) fn text<'a>(object: &'a Map<String, Value>, key: &str) -> Option<&'a str> {
    object.get(key).and_then(Value::as_str)
}

/// A text of an object, owned and bounded.
fn owned(object: &Map<String, Value>, key: &str, most: usize) -> String {
    crate::text::bounded(text(object, key).unwrap_or_default(), most)
}
