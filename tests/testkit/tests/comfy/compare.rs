//! What counts as the same.

use serde_json::Value;

/// Keys whose values differ from run to run; only their type is compared.
const VOLATILE: [&str; 12] = [
    "prompt_id",
    "id",
    "number",
    "timestamp",
    "traceback",
    "client_id",
    "create_time",
    "execution_start_time",
    "execution_end_time",
    "priority",
    "current_inputs",
    "current_outputs",
];

/// Panics at the first difference of keys or types.
pub(crate) fn same_shape(place: &str, recorded: &Value, ours: &Value) {
    walk(place, recorded, ours, false);
}

/// Panics at the first difference of keys, types or values that do not change from run to run.
pub(crate) fn same_values(place: &str, recorded: &Value, ours: &Value) {
    walk(place, recorded, ours, true);
}

fn walk(place: &str, recorded: &Value, ours: &Value, values: bool) {
    match (recorded, ours) {
        (Value::Object(theirs), Value::Object(own)) => {
            let keys = |map: &serde_json::Map<String, Value>| -> Vec<String> {
                map.keys().map(|key| name(key)).collect()
            };
            let (mut wanted, mut given) = (keys(theirs), keys(own));
            // Ids are keys too, and differ; sorted they stand in for each other.
            wanted.sort();
            given.sort();
            assert_eq!(wanted, given, "keys at {place}");
            for (key, theirs) in theirs {
                let own = own.get(key).or_else(|| own.values().next()).unwrap();
                let volatile = VOLATILE.contains(&key.as_str());
                if key == "current_inputs" {
                    assert!(own.is_object(), "{place}/{key}");
                    continue;
                }
                walk(&format!("{place}/{key}"), theirs, own, values && !volatile);
            }
        }
        (Value::Array(theirs), Value::Array(own)) => {
            if values || theirs.is_empty() == own.is_empty() && theirs.len() == own.len() {
                assert_eq!(
                    theirs.len(),
                    own.len(),
                    "length of {place}: {theirs:?} {own:?}"
                );
                for (at, (theirs, own)) in theirs.iter().zip(own).enumerate() {
                    // The first of a prompt's five parts is its number.
                    let number = at == 0 && own.is_number();
                    walk(&format!("{place}/{at}"), theirs, own, values && !number);
                }
            } else if let (Some(theirs), Some(own)) = (theirs.first(), own.first()) {
                walk(&format!("{place}/0"), theirs, own, values);
            }
        }
        _ => {
            assert_eq!(
                kind(recorded),
                kind(ours),
                "type of {place}: {recorded} {ours}"
            );
            let same = match (recorded, ours) {
                (Value::String(theirs), Value::String(own)) => name(theirs) == name(own),
                _ => recorded == ours,
            };
            assert!(!values || same, "{place}: recorded {recorded}, ours {ours}");
        }
    }
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "bool",
        Value::Number(number) if number.is_f64() => "float",
        Value::Number(_) => "integer",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}

/// A name without what changes: UUIDs, the counter of a file, the letters of a temporary one.
fn name(text: &str) -> String {
    let is_uuid = text.len() == 36 && text.bytes().filter(|byte| *byte == b'-').count() == 4;
    if is_uuid {
        return "UUID".to_owned();
    }
    if let Some(rest) = text.strip_prefix("ComfyUI_temp_") {
        return format!("ComfyUI_temp_xxxxx{}", name(&rest[5..]));
    }
    let mut out = String::new();
    let mut parts = text.split('_').peekable();
    while let Some(part) = parts.next() {
        let counter = part.len() == 5 && part.bytes().all(|byte| byte.is_ascii_digit());
        out.push_str(if counter { "00000" } else { part });
        if parts.peek().is_some() {
            out.push('_');
        }
    }
    out
}

/// Messages of a socket in one line each, without what changes from run to run.
pub(crate) fn told(messages: &[Value]) -> Vec<String> {
    messages.iter().map(tell).collect()
}

fn tell(message: &Value) -> String {
    if let Some(binary) = message.get("binary") {
        // Recorded with its header read, ours with its bytes.
        let kind = binary.get("event_type_be_u32").unwrap_or(binary);
        return format!("binary {kind}");
    }
    if let Some(code) = message.get("closed") {
        return format!("closed {code}");
    }
    let message = message.get("text").unwrap_or(message);
    let kind = message["type"].as_str().unwrap_or("?");
    let data = &message["data"];
    match kind {
        "status" => format!(
            "status {} {}",
            data["status"]["exec_info"]["queue_remaining"],
            data.get("sid").is_some()
        ),
        "progress_state" => {
            let nodes: Vec<String> = data["nodes"]
                .as_object()
                .unwrap()
                .values()
                .map(|node| {
                    let id = node["node_id"].as_str().unwrap();
                    format!("{id}:{}/{}{}", node["value"], node["max"], node["state"])
                })
                .collect();
            format!("progress_state {}", nodes.join(" "))
        }
        _ => {
            let mut data = data.clone();
            for key in VOLATILE {
                if let Some(value) = data.get_mut(key) {
                    *value = Value::String(key.to_owned());
                }
            }
            format!("{kind} {}", named(&data))
        }
    }
}

fn named(value: &Value) -> Value {
    match value {
        Value::String(text) => Value::String(name(text)),
        Value::Array(items) => Value::Array(items.iter().map(named).collect()),
        Value::Object(map) => map
            .iter()
            .map(|(key, value)| (key.clone(), named(value)))
            .collect(),
        other => other.clone(),
    }
}

/// Compares two streams and shows both where they part.
pub(crate) fn same_stream(what: &str, recorded: &[Value], ours: &[Value]) {
    let (recorded, ours) = (told(recorded), told(ours));
    for at in 0..recorded.len().max(ours.len()) {
        assert_eq!(
            recorded.get(at),
            ours.get(at),
            "{what}: message {at}\nrecorded {recorded:#?}\nours {ours:#?}"
        );
    }
}
