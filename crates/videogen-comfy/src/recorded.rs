//! Recordings of real servers, for tests.

use serde_json::Value;

pub(crate) const VERSIONS: [&str; 2] = ["v0.33.0", "v0.3.64"];

fn file(version: &str, theme: &str) -> Value {
    let path = format!(
        "{}/../../tests/fixtures/comfyui/{version}/{theme}.json",
        env!("CARGO_MANIFEST_DIR")
    );
    serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap()
}

/// One recording, where that version has it.
pub(crate) fn try_recording(version: &str, theme: &str, name: &str) -> Option<Value> {
    file(version, theme).get(name).cloned()
}

/// One recording.
pub(crate) fn recording(version: &str, theme: &str, name: &str) -> Value {
    try_recording(version, theme, name)
        .unwrap_or_else(|| panic!("no recording {version}/{theme}/{name}"))
}

/// The body of a recorded answer.
pub(crate) fn body(version: &str, theme: &str, name: &str) -> Vec<u8> {
    recording(version, theme, name)["json"]
        .to_string()
        .into_bytes()
}

/// All recordings of a theme, by name.
pub(crate) fn theme(version: &str, theme: &str) -> Vec<(String, Value)> {
    match file(version, theme) {
        Value::Object(all) => all.into_iter().collect(),
        _ => panic!("{theme} is no object"),
    }
}

/// All nodes of a version that were recorded.
pub(crate) fn object_info(version: &str) -> crate::ObjectInfo {
    match file(version, "object_info") {
        Value::Object(info) => crate::ObjectInfo::read(info),
        _ => panic!("object_info is no object"),
    }
}

/// The text messages of a recorded socket.
pub(crate) fn messages(version: &str, theme: &str, name: &str) -> Vec<String> {
    let recording = recording(version, theme, name);
    let messages = recording["messages"].as_array().unwrap();
    messages
        .iter()
        .filter(|message| message.get("text").is_some())
        .map(|message| message["text"].to_string())
        .collect()
}

/// The prompt id of a recorded history or of the messages of a socket.
pub(crate) fn prompt_id(messages: &[String]) -> crate::PromptId {
    let id = messages.iter().find_map(|message| {
        let message: Value = serde_json::from_str(message).unwrap();
        message["data"]["prompt_id"].as_str().map(str::to_owned)
    });
    id.unwrap().parse().unwrap()
}
