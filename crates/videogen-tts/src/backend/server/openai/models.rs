//! Which model of a server speaks, where nobody has named one.

use serde_json::Value;

/// What servers take for their model that have one, or for their best.
const ANY: &str = "tts-1";
/// The most models of a list that are looked at.
const MODELS: usize = 2_000;

/// Words in names of models that speak, the preferred first.
const SPEAKING: [&str; 10] = [
    "kokoro",
    "chatterbox",
    "qwen3-tts",
    "tts",
    "piper",
    "orpheus",
    "speech",
    "voice",
    "parler",
    "bark",
];

/// Words in names of models that write down what they hear.
const LISTENING: [&str; 4] = ["whisper", "stt", "transcri", "asr"];

/// Chooses among the models a server lists: one whose name says that it speaks, the only one, or the one that OpenAI's
/// clients ask for.
pub(super) fn choose(list: Option<&Value>) -> String {
    let names: Vec<&str> = list
        .and_then(|list| list["data"].as_array().or(list.as_array()))
        .into_iter()
        .flatten()
        .take(MODELS)
        .filter_map(|model| model["id"].as_str().or(model.as_str()))
        .filter(|name| !name.trim().is_empty())
        .collect();
    if names.contains(&"kokoro") {
        return "kokoro".to_owned();
    }
    if names.contains(&ANY) {
        return ANY.to_owned();
    }
    // One that listens has names like one that speaks.
    let listens = |name: &str| LISTENING.iter().any(|word| name.contains(word));
    let named = SPEAKING.iter().find_map(|word| {
        names.iter().find(|name| {
            let name = name.to_ascii_lowercase();
            name.contains(word) && !listens(&name)
        })
    });
    match (named, &names[..]) {
        (Some(name), _) | (None, [name]) => (*name).to_owned(),
        _ => ANY.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_model_that_speaks_is_chosen() {
        let list = |names: &[&str]| {
            let models: Vec<Value> = names.iter().map(|name| json!({"id": name})).collect();
            json!({"object": "list", "data": models})
        };
        for (names, model) in [
            (&["tts-1", "tts-1-hd", "kokoro"][..], "kokoro"),
            (&["tts-1-hd", "tts-1"], "tts-1"),
            (
                &["Systran/faster-whisper-small", "speaches-ai/Kokoro-82M"],
                "speaches-ai/Kokoro-82M",
            ),
            (
                &["whisper-tts-eval", "Qwen/Qwen3-TTS-12Hz-0.6B"],
                "Qwen/Qwen3-TTS-12Hz-0.6B",
            ),
            (&["my-model"], "my-model"),
            (&["a", "b"], "tts-1"),
            (&[], "tts-1"),
        ] {
            assert_eq!(choose(Some(&list(names))), model);
        }
        assert_eq!(choose(Some(&json!(["chatterbox"]))), "chatterbox");
        for odd in [json!(null), json!("x"), json!({"data": 3})] {
            assert_eq!(choose(Some(&odd)), "tts-1");
        }
        assert_eq!(choose(None), "tts-1");
    }
}
