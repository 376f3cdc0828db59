//! What servers say about the models they have.

use serde_json::Value;

use super::fold::printable;
use crate::resident::Resident;

/// The most models that are looked at.
const MOST: usize = 1000;

fn items<'a>(value: &'a Value, name: &str) -> impl Iterator<Item = &'a Value> {
    value[name]
        .as_array()
        .map(Vec::as_slice)
        .unwrap_or_default()
        .iter()
        .take(MOST)
}

fn tokens(value: &Value) -> Option<u32> {
    value
        .as_u64()
        .and_then(|count| u32::try_from(count).ok())
        .filter(|count| *count > 0)
}

/// A model that a server has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Listed {
    /// What the server takes it by.
    pub(crate) name: String,
    /// Of its weights, in bytes, where the server says so.
    pub(crate) bytes: Option<u64>,
    /// Whether it answers on somebody else's machine: what is asked leaves this one.
    pub(crate) is_remote: bool,
}

impl Listed {
    fn new(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            bytes: None,
            is_remote: false,
        }
    }
}

/// Ollama's `/api/tags`.
pub(crate) fn ollama_tags(value: &Value) -> Option<Vec<Listed>> {
    value["models"].as_array()?;
    let listed = |model: &Value| {
        let name = model["name"].as_str().or(model["model"].as_str())?;
        let says_remote = ["remote_host", "remote_model"]
            .iter()
            .any(|field| model[*field].as_str().is_some_and(|text| !text.is_empty()));
        Some(Listed {
            bytes: model["size"].as_u64().filter(|bytes| *bytes > 0),
            is_remote: says_remote || name.ends_with("-cloud") || name.ends_with(":cloud"),
            ..Listed::new(name)
        })
    };
    Some(items(value, "models").filter_map(listed).collect())
}

/// Ollama's `/api/ps`.
pub(crate) fn ollama_ps(value: &Value) -> Option<Vec<Resident>> {
    value["models"].as_array()?;
    let resident = |model: &Value| {
        let name = model["name"].as_str().or(model["model"].as_str())?;
        Some(Resident {
            vram: model["size_vram"].as_u64(),
            size: model["size"].as_u64(),
            context: tokens(&model["context_length"]),
            ..Resident::new(name)
        })
    };
    Some(items(value, "models").filter_map(resident).collect())
}

/// Whether Ollama's list is one of a server that only has its API beside another one: KoboldCpp.
pub(crate) fn is_imitation(value: &Value) -> bool {
    items(value, "models").any(|model| model["details"]["family"] == "koboldcpp")
}

/// Whether the models of a server that tells its version may be those of vLLM: it says whose they are, which others with
/// such a version (LocalAI, KoboldCpp) do not, or otherwise.
pub(crate) fn may_be_vllm(value: &Value) -> bool {
    let mut owners = items(value, "data").map(|model| model["owned_by"].as_str());
    owners.all(|owner| owner.is_some_and(|owner| !owner.is_empty() && owner != "koboldcpp"))
}

/// `/v1/models`, as most have it.
pub(crate) fn openai_models(value: &Value) -> Option<Vec<Listed>> {
    // Some give the list itself.
    let list = value["data"].as_array().or(value.as_array())?;
    let listed = |model: &Value| {
        Some(Listed {
            // llama.cpp says it.
            bytes: model["meta"]["size"].as_u64(),
            ..Listed::new(model["id"].as_str()?)
        })
    };
    Some(list.iter().take(MOST).filter_map(listed).collect())
}

/// A name as it is shown: of a path to a file only the file, without its ending, and nothing that steers a terminal.
pub(crate) fn shown(name: &str) -> String {
    let name = printable(name);
    let name = name.as_str();
    if !name.to_ascii_lowercase().ends_with(".gguf") {
        return name.to_owned();
    }
    let file = name.rsplit(['/', '\\']).next().unwrap_or(name);
    file[..file.len() - ".gguf".len()].to_owned()
}

/// The `/models` of llama.cpp as a router: what is in memory.
pub(crate) fn router_loaded(value: &Value) -> Option<Vec<Resident>> {
    value["data"].as_array()?;
    let loaded = |model: &&Value| {
        matches!(
            model["status"]["value"].as_str(),
            Some("loaded" | "loading")
        )
    };
    Some(
        items(value, "data")
            .filter(loaded)
            .filter_map(|model| model["id"].as_str().map(Resident::new))
            .collect(),
    )
}

/// LM Studio's `/api/v1/models`: the models that can answer.
pub(crate) fn lm_studio_models(value: &Value) -> Option<Vec<Listed>> {
    value["models"].as_array()?;
    let chats = |model: &&Value| model["type"].as_str() != Some("embedding");
    Some(
        items(value, "models")
            .filter(chats)
            .filter_map(|model| {
                Some(Listed {
                    bytes: model["size_bytes"].as_u64(),
                    ..Listed::new(model["key"].as_str()?)
                })
            })
            .collect(),
    )
}

/// LM Studio's `/api/v1/models`: what is in memory.
pub(crate) fn lm_studio_loaded(value: &Value) -> Option<Vec<Resident>> {
    value["models"].as_array()?;
    let mut loaded = Vec::new();
    for model in items(value, "models") {
        let Some(key) = model["key"].as_str() else {
            continue;
        };
        for instance in items(model, "loaded_instances") {
            loaded.push(Resident {
                instance: instance["id"].as_str().map(str::to_owned),
                size: model["size_bytes"].as_u64(),
                context: tokens(&instance["config"]["context_length"]),
                ..Resident::new(key)
            });
        }
    }
    Some(loaded)
}

/// Whether two names are of the same model: `qwen3` is `qwen3:latest`.
pub(crate) fn is_same(one: &str, other: &str) -> bool {
    let bare = |name: &str| name.strip_suffix(":latest").unwrap_or(name).to_lowercase();
    bare(one) == bare(other)
}

/// Words in the names of models that do not answer questions.
const NO_CHAT: &[&str] = &[
    "embed", "bge-", "minilm", "rerank", "whisper", "ocr", "guard", "reward", "tts",
];
/// Words in the names of models that answer, but write worse than others of their size.
const FOR_OTHER_WORK: &[&str] = &[
    "coder", "code", "math", "vision", "-vl", "llava", "function",
];
/// Words in the names of models that were not taught to answer: they go on with the question.
const UNTAUGHT: &[&str] = &["-base", ":base", "-text", ":text", "-pt", "_base"];
/// The weights of a model that writes well and leaves a card of 12 GB room for its context, in bytes. Larger ones are
/// taken where there is none smaller.
const ROOMY: u64 = 10 << 30;
/// Fewer weights write badly.
const SMALL: u64 = 2 << 30;

/// How good a choice a model is, by its name and size: smaller is better.
fn rank(model: &Listed, is_loaded: bool) -> (bool, bool, bool, u8, bool, std::cmp::Reverse<u64>) {
    let name = shown(&model.name).to_lowercase();
    let has = |words: &[&str]| words.iter().any(|word| name.contains(word));
    let bytes = model.bytes.unwrap_or(SMALL);
    let size = match bytes {
        _ if bytes > ROOMY => 1,
        _ if bytes < SMALL => 2,
        _ => 0,
    };
    (
        !is_loaded,
        has(UNTAUGHT),
        has(FOR_OTHER_WORK),
        size,
        !name.contains("qwen"),
        // Of two that fit the larger one; of two that hardly fit the smaller one.
        std::cmp::Reverse(if size == 1 { u64::MAX - bytes } else { bytes }),
    )
}

/// Chooses a model that can answer, when none is configured: one that is in memory, else one that was taught to answer, of
/// a good size, a Qwen before others. Never one on somebody else's machine: who wants that names it.
pub(crate) fn choose(present: &[Listed], loaded: &[Resident]) -> Option<String> {
    let usable = present.iter().filter(|model| {
        let name = shown(&model.name).to_lowercase();
        !model.is_remote && !NO_CHAT.iter().any(|word| name.contains(word))
    });
    let is_loaded = |name: &str| loaded.iter().any(|model| model.is(name));
    usable
        .min_by_key(|model| rank(model, is_loaded(&model.name)))
        .map(|model| model.name.clone())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn lists_are_read() {
        let tags =
            json!({"models": [{"name": "qwen3:8b", "model": "qwen3:8b", "size": 5}, {"name": 3}]});
        let names = |listed: Option<Vec<Listed>>| -> Option<Vec<String>> {
            Some(listed?.into_iter().map(|model| model.name).collect())
        };
        assert_eq!(names(ollama_tags(&tags)), Some(vec!["qwen3:8b".to_owned()]));
        let ps = json!({"models": [{"name": "qwen3:8b", "size": 6, "size_vram": 5, "context_length": 4096, "expires_at": "2026-01-01T00:00:00Z"}]});
        let model = &ollama_ps(&ps).unwrap()[0];
        assert_eq!(
            (model.vram, model.size, model.context, model.ours),
            (Some(5), Some(6), Some(4096), false)
        );
        assert_eq!(
            names(openai_models(
                &json!({"object": "list", "data": [{"id": "a"}, {"id": "b"}]})
            )),
            Some(vec!["a".to_owned(), "b".to_owned()])
        );
        let router = json!({"data": [{"id": "a", "status": {"value": "loaded"}}, {"id": "b", "status": {"value": "unloaded"}}]});
        assert_eq!(router_loaded(&router), Some(vec![Resident::new("a")]));
        let studio = json!({"models": [
            {"type": "llm", "key": "q/a", "size_bytes": 7, "loaded_instances": [{"id": "q/a:2", "config": {"context_length": 4096}}]},
            {"type": "embedding", "key": "e", "loaded_instances": []},
        ]});
        assert_eq!(
            names(lm_studio_models(&studio)),
            Some(vec!["q/a".to_owned()])
        );
        assert_eq!(
            lm_studio_loaded(&studio).unwrap()[0].instance.as_deref(),
            Some("q/a:2")
        );
        for list in [ollama_tags, openai_models, lm_studio_models] {
            assert_eq!(
                list(&json!({"error": "Unexpected endpoint or method."})),
                None
            );
        }
    }

    fn of(models: &[(&str, u64)]) -> Vec<Listed> {
        let listed = |(name, gib): &(&str, u64)| Listed {
            bytes: Some(gib << 30).filter(|bytes| *bytes > 0),
            ..Listed::new(name)
        };
        models.iter().map(listed).collect()
    }

    #[test]
    fn a_model_is_chosen() {
        for (models, chosen) in [
            (
                &[
                    ("nomic-embed-text", 0),
                    ("llama3.2", 2),
                    ("qwen2.5-coder:7b", 5),
                    ("qwen3:8b", 5),
                ][..],
                Some("qwen3:8b"),
            ),
            (&[("nomic-embed-text", 1)], None),
            // A good size counts for more than the family, …
            (
                &[("qwen3:0.6b", 1), ("llama3.1:8b", 5)],
                Some("llama3.1:8b"),
            ),
            (
                &[("qwen3:32b", 20), ("qwen3:4b", 3), ("qwen3:8b", 5)],
                Some("qwen3:8b"),
            ),
            (
                &[("qwen3:32b", 20), ("llama3.3:70b", 42)],
                Some("qwen3:32b"),
            ),
            // The directory of a file says nothing.
            (
                &[("/home/me/tts/Qwen3-8B.gguf", 5)],
                Some("/home/me/tts/Qwen3-8B.gguf"),
            ),
            // … and having been taught to answer for more than both.
            (
                &[("qwen3:8b-base", 5), ("gemma3:4b-it", 3)],
                Some("gemma3:4b-it"),
            ),
        ] {
            let present = of(models);
            assert_eq!(choose(&present, &[]).as_deref(), chosen, "{models:?}");
        }
        let present = of(&[("llama3.2", 2), ("qwen3:8b", 5)]);
        let loaded = [Resident::new("llama3.2:latest")];
        assert_eq!(choose(&present, &loaded).as_deref(), Some("llama3.2"));
        assert!(is_same("Qwen3", "qwen3:latest") && !is_same("qwen3:8b", "qwen3"));
    }

    #[test]
    fn what_is_elsewhere_is_never_chosen() {
        let tags = json!({"models": [
            {"name": "qwen3-coder:480b-cloud", "size": 384, "remote_host": "https://ollama.com:443", "remote_model": "qwen3-coder:480b"},
            {"name": "gpt-oss:120b-cloud", "size": 384},
            {"name": "llama3.2:1b", "size": 1 << 30},
        ]});
        let present = ollama_tags(&tags).unwrap();
        assert_eq!(choose(&present, &[]).as_deref(), Some("llama3.2:1b"));
        assert_eq!(choose(&present[..2], &[]), None);
    }

    #[test]
    fn files_are_shown_by_their_names() {
        for (name, seen) in [
            (
                "/models/SmolLM2-135M-Instruct.Q4_1.gguf",
                "SmolLM2-135M-Instruct.Q4_1",
            ),
            ("C:\\m\\qwen3-8b.GGUF", "qwen3-8b"),
            ("qwen3:8b", "qwen3:8b"),
            ("hf.co/Qwen/Qwen3-8B", "hf.co/Qwen/Qwen3-8B"),
        ] {
            assert_eq!(shown(name), seen);
        }
    }
}
