//! Prompts in and out of the queue.

use hyper::StatusCode;
use serde_json::{Value, json};

use crate::comfy::answer::{self, Answer};
use crate::comfy::files::Kind;
use crate::comfy::graph::Prompt;
use crate::comfy::queue::Entry;
use crate::comfy::shared::{Free, Shared, now_ms};
use crate::comfy::validate::{refusal, validate};

pub(super) fn remaining(shared: &Shared) -> Answer {
    let remaining = shared.state().remaining();
    answer::json(&json!({"exec_info": {"queue_remaining": remaining}}))
}

pub(super) fn post(shared: &Shared, body: &[u8]) -> Answer {
    let Ok(json) = serde_json::from_slice::<Value>(body) else {
        return answer::trouble();
    };
    let number = number(shared, &json);
    let bad = |value: Value| answer::json_status(StatusCode::BAD_REQUEST, &value);
    if json.get("prompt").is_none() {
        let told = "No prompt provided";
        return bad(refusal("no_prompt", told, told, &json!({})));
    }
    let Some(prompt) = Prompt::read(body) else {
        return answer::trouble();
    };
    let id = match json.get("prompt_id") {
        None | Some(Value::Null) => shared.uuid(),
        Some(Value::String(id)) if !shared.version().is_new() || is_uuid(id) => id.clone(),
        Some(other) if !shared.version().is_new() => other.to_string(),
        Some(_) => {
            let details = "prompt_id must be a UUID string in canonical lowercase hyphenated form; omit it to let the server generate one";
            let message = "prompt_id must be a valid UUID";
            return bad(refusal("invalid_prompt_id", message, details, &json!({})));
        }
    };
    let files = shared.files();
    let has_image = |name: &str| {
        files
            .path(Kind::Input, "", name)
            .is_some_and(|path| path.is_file())
    };
    let accepted = validate(&prompt, &shared.catalogue, shared.version(), &has_image);
    drop(files);
    let accepted = match accepted {
        Ok(accepted) => accepted,
        Err(refused) => return bad(refused),
    };
    let mut extra = match json.get("extra_data") {
        Some(Value::Object(extra)) => extra.clone(),
        _ => serde_json::Map::new(),
    };
    if let Some(client) = json.get("client_id") {
        extra.insert("client_id".to_owned(), client.clone());
    }
    if shared.version().is_new() {
        extra.insert("create_time".to_owned(), json!(now_ms()));
    }
    let entry = Entry {
        number: number.clone(),
        id: id.clone(),
        echo: json["prompt"].clone(),
        prompt,
        extra: Value::Object(extra),
        outputs: accepted.outputs,
    };
    shared.state().heap.push(entry);
    shared.counters().prompts_accepted += 1;
    shared.remember_prompt(json);
    shared.send_status();
    shared.wake.notify_one();
    answer::json(&json!({
        "prompt_id": id, "number": number, "node_errors": accepted.node_errors,
    }))
}

/// Counts refused prompts too, and leaves the count alone when the client names a number.
fn number(shared: &Shared, json: &Value) -> Value {
    if let Some(number) = json.get("number").and_then(Value::as_f64) {
        return json!(number);
    }
    let mut state = shared.state();
    let number = state.counter;
    state.counter += 1;
    let front = json.get("front").and_then(Value::as_bool).unwrap_or(false);
    json!(if front { -number } else { number })
}

fn is_uuid(id: &str) -> bool {
    id.len() == 36
        && id.bytes().enumerate().all(|(at, byte)| match at {
            8 | 13 | 18 | 23 => byte == b'-',
            _ => matches!(byte, b'0'..=b'9' | b'a'..=b'f'),
        })
}

pub(super) fn queue(shared: &Shared) -> Answer {
    let state = shared.state();
    let running: Vec<Value> = state.running.iter().map(Entry::tuple).collect();
    let pending: Vec<Value> = state.heap.iter().map(Entry::tuple).collect();
    drop(state);
    answer::json(&json!({"queue_running": running, "queue_pending": pending}))
}

pub(super) fn change_queue(shared: &Shared, body: &[u8]) -> Answer {
    let Ok(json) = serde_json::from_slice::<Value>(body) else {
        return answer::trouble();
    };
    if json["clear"] == true {
        shared.state().heap.clear();
        shared.send_status();
    }
    for id in json["delete"].as_array().into_iter().flatten() {
        delete(shared, id.as_str().unwrap_or_default());
    }
    answer::empty(StatusCode::OK)
}

/// Takes a pending prompt out; true when there was one. The last one to go is told twice.
pub(super) fn delete(shared: &Shared, id: &str) -> bool {
    let (removed, left) = {
        let mut state = shared.state();
        (state.heap.remove(id), state.heap.len())
    };
    if removed {
        shared.send_status();
        if left == 0 {
            shared.send_status();
        }
    }
    removed
}

pub(super) fn interrupt(shared: &Shared, body: &[u8]) -> Answer {
    let json = serde_json::from_slice::<Value>(body).unwrap_or(Value::Null);
    stop_running(shared, json["prompt_id"].as_str());
    answer::empty(StatusCode::OK)
}

/// Interrupts what runs, if it is the one that is meant; true when it was.
pub(super) fn stop_running(shared: &Shared, id: Option<&str>) -> bool {
    let mut state = shared.state();
    let meant = match (&state.running, id) {
        (Some(running), Some(id)) => running.id == id,
        (Some(_), None) => true,
        (None, _) => false,
    };
    if meant {
        state.interrupted = true;
    }
    meant
}

pub(super) fn free(shared: &Shared, body: &[u8]) -> Answer {
    let Ok(Value::Object(json)) = serde_json::from_slice(body) else {
        return answer::trouble();
    };
    let asked = |name: &str| json.get(name).and_then(Value::as_bool).unwrap_or(false);
    let forget = asked("free_memory");
    let unload = asked("unload_models") || forget;
    if unload {
        let mut state = shared.state();
        let before = state.free.unwrap_or_default();
        state.free = Some(Free {
            unload: true,
            forget: forget || before.forget,
        });
        drop(state);
        shared.wake.notify_one();
    }
    answer::empty(StatusCode::OK)
}
