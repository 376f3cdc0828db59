//! What servers say about the models they have.

use serde_json::Value;

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

/// Ollama's `/api/tags`.
pub(crate) fn ollama_tags(value: &Value) -> Option<Vec<String>> {
    value["models"].as_array()?;
    Some(
        items(value, "models")
            .filter_map(|model| model["name"].as_str().or(model["model"].as_str()))
            .map(str::to_owned)
            .collect(),
    )
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

/// `/v1/models`, as most have it.
pub(crate) fn openai_models(value: &Value) -> Option<Vec<String>> {
    // Some give the list itself.
    let list = value["data"].as_array().or(value.as_array())?;
    let name = |model: &Value| model["id"].as_str().map(str::to_owned);
    Some(list.iter().take(MOST).filter_map(name).collect())
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
pub(crate) fn lm_studio_models(value: &Value) -> Option<Vec<String>> {
    value["models"].as_array()?;
    let chats = |model: &&Value| model["type"].as_str() != Some("embedding");
    Some(
        items(value, "models")
            .filter(chats)
            .filter_map(|model| model["key"].as_str().map(str::to_owned))
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

/// Chooses a model that can answer, when none is configured: one that is in memory, else a Qwen, else the first.
pub(crate) fn choose(present: &[String], loaded: &[Resident]) -> Option<String> {
    let chats = |name: &str| {
        let name = name.to_lowercase();
        ![
            "embed", "bge-", "minilm", "rerank", "whisper", "ocr", "guard",
        ]
        .iter()
        .any(|word| name.contains(word))
    };
    let usable: Vec<&String> = present.iter().filter(|name| chats(name)).collect();
    let is_qwen = |name: &str| name.to_lowercase().contains("qwen");
    let is_loaded = |name: &str| loaded.iter().any(|model| model.is(name));
    let rank = |name: &&&String| {
        (
            !is_loaded(name),
            !is_qwen(name),
            name.to_lowercase().contains("coder"),
        )
    };
    usable.iter().min_by_key(rank).map(|name| (**name).clone())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn lists_are_read() {
        let tags =
            json!({"models": [{"name": "qwen3:8b", "model": "qwen3:8b", "size": 5}, {"name": 3}]});
        assert_eq!(ollama_tags(&tags), Some(vec!["qwen3:8b".to_owned()]));
        let ps = json!({"models": [{"name": "qwen3:8b", "size": 6, "size_vram": 5, "context_length": 4096, "expires_at": "2026-01-01T00:00:00Z"}]});
        let model = &ollama_ps(&ps).unwrap()[0];
        assert_eq!(
            (model.vram, model.size, model.context, model.ours),
            (Some(5), Some(6), Some(4096), false)
        );
        assert_eq!(
            openai_models(&json!({"object": "list", "data": [{"id": "a"}, {"id": "b"}]})),
            Some(vec!["a".to_owned(), "b".to_owned()])
        );
        let router = json!({"data": [{"id": "a", "status": {"value": "loaded"}}, {"id": "b", "status": {"value": "unloaded"}}]});
        assert_eq!(router_loaded(&router), Some(vec![Resident::new("a")]));
        let studio = json!({"models": [
            {"type": "llm", "key": "q/a", "size_bytes": 7, "loaded_instances": [{"id": "q/a:2", "config": {"context_length": 4096}}]},
            {"type": "embedding", "key": "e", "loaded_instances": []},
        ]});
        assert_eq!(lm_studio_models(&studio), Some(vec!["q/a".to_owned()]));
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

    #[test]
    fn a_model_is_chosen() {
        let present: Vec<String> = [
            "nomic-embed-text",
            "llama3.2",
            "qwen2.5-coder:7b",
            "qwen3:8b",
        ]
        .map(str::to_owned)
        .to_vec();
        assert_eq!(choose(&present, &[]).as_deref(), Some("qwen3:8b"));
        assert_eq!(
            choose(&present, &[Resident::new("llama3.2:latest")]).as_deref(),
            Some("llama3.2")
        );
        assert_eq!(choose(&present[..1], &[]), None);
        assert!(is_same("Qwen3", "qwen3:latest") && !is_same("qwen3:8b", "qwen3"));
    }
}
