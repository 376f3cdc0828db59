//! Lists of models, loading and unloading.

use std::sync::Arc;

use serde_json::{Value, json};

use super::{Tongue, error, refuse};
use crate::llm::memory::Shared;
use crate::llm::options::Kind;
use crate::llm::stream::{self, Answer};

/// What `/v1/models` gives.
pub(super) fn openai(shared: &Shared) -> Answer {
    let data: Vec<Value> = shared
        .options
        .models
        .iter()
        .map(|model| json!({"id": model.name, "object": "model", "owned_by": "library"}))
        .collect();
    stream::json(200, &json!({"object": "list", "data": data}))
}

pub(super) fn tags(shared: &Shared) -> Answer {
    let models: Vec<Value> = shared
        .options
        .models
        .iter()
        .map(|model| json!({"name": model.name, "model": model.name, "size": model.bytes, "details": {"family": "qwen3"}}))
        .collect();
    stream::json(200, &json!({"models": models}))
}

pub(super) fn ps(shared: &Shared) -> Answer {
    let state = shared.state();
    let models: Vec<Value> = state
        .loaded
        .iter()
        .map(|(name, loaded)| {
            json!({
                "name": name, "model": name, "size": loaded.bytes, "size_vram": loaded.vram(),
                "context_length": loaded.context, "expires_at": "2026-11-25T12:00:00Z",
            })
        })
        .collect();
    stream::json(200, &json!({"models": models}))
}

/// Ollama's way to load and to unload: a question without a prompt.
pub(super) async fn generate(shared: &Arc<Shared>, body: &Value) -> Answer {
    let name = body["model"].as_str().unwrap_or_default();
    let Some(model) = shared.find(name) else {
        return stream::json(404, &json!({"error": format!("model '{name}' not found")}));
    };
    let stay = &body["keep_alive"];
    let leaves =
        stay.as_f64() == Some(0.0) || stay.as_str().is_some_and(|text| matches!(text, "0" | "0s"));
    let reason = if leaves {
        // It only notes that the model is to go: the answer comes before the deed.
        let (shared, name) = (Arc::clone(shared), model.name.clone());
        tokio::spawn(async move { shared.leave(&name).await });
        "unload"
    } else {
        let context = body["options"]["num_ctx"].as_u64().unwrap_or(4096);
        if shared.bring(model, context).await.is_err() {
            return no_memory(Tongue::Ollama);
        }
        "load"
    };
    stream::json(
        200,
        &json!({"model": name, "response": "", "done": true, "done_reason": reason}),
    )
}

pub(super) fn no_memory(tongue: Tongue) -> Answer {
    refuse(
        tongue,
        500,
        "llama runner process has terminated: cudaMalloc failed: out of memory",
    )
}

pub(super) fn router(shared: &Shared) -> Answer {
    let state = shared.state();
    let status = |name: &str| {
        if state.loaded.contains_key(name) {
            "loaded"
        } else {
            "unloaded"
        }
    };
    let data: Vec<Value> = shared.options.models.iter().map(|model| json!({"id": model.name, "object": "model", "status": {"value": status(&model.name)}})).collect();
    stream::json(200, &json!({"object": "list", "data": data}))
}

pub(super) fn studio(shared: &Shared) -> Answer {
    let state = shared.state();
    let models: Vec<Value> = shared
        .options
        .models
        .iter()
        .map(|model| {
            let instances: Vec<Value> = state
                .loaded
                .get(&model.name)
                .map(|loaded| json!({"id": instance(&model.name), "config": {"context_length": loaded.context}}))
                .into_iter()
                .collect();
            json!({"type": "llm", "key": model.name, "size_bytes": model.bytes, "max_context_length": 32768, "loaded_instances": instances})
        })
        .collect();
    stream::json(200, &json!({"models": models}))
}

/// LM Studio's name for a copy in memory.
fn instance(model: &str) -> String {
    format!("{model}:1")
}

pub(super) async fn load(shared: &Arc<Shared>, body: &Value, field: &str) -> Answer {
    let name = body[field].as_str().unwrap_or_default();
    match shared.find(name) {
        None => error(404, "model not found", "not_found_error"),
        Some(model) => match shared
            .bring(model, body["context_length"].as_u64().unwrap_or(4096))
            .await
        {
            Ok(_) => stream::json(200, &json!({"success": true})),
            Err(_) => no_memory(Tongue::OpenAi),
        },
    }
}

pub(super) fn unload(shared: &Arc<Shared>, body: &Value, field: &str) -> Answer {
    let name = body[field].as_str().unwrap_or_default();
    let name = if shared.options.kind == Kind::LmStudio {
        name.strip_suffix(":1").unwrap_or_default()
    } else {
        name
    };
    if !shared.state().loaded.contains_key(name) {
        return error(400, "model is not loaded", "invalid_request_error");
    }
    let (leaving, gone) = (Arc::clone(shared), name.to_owned());
    tokio::spawn(async move { leaving.leave(&gone).await });
    stream::json(200, &json!({"success": true}))
}

pub(super) fn sleep(shared: &Shared) -> Answer {
    let mut state = shared.state();
    if !state.asleep {
        state.asleep = true;
        state.counters.unloads += 1;
        for loaded in state.loaded.values_mut() {
            loaded.drop_weights();
        }
    }
    stream::whole(200, "application/json", "")
}

pub(super) fn wake(shared: &Shared) -> Answer {
    let mut state = shared.state();
    if state.asleep {
        for loaded in state.loaded.values() {
            if loaded.take_weights().is_err() {
                state.counters.out_of_memory += 1;
                return error(500, "CUDA out of memory", "internal_error");
            }
        }
        state.asleep = false;
        state.counters.loads += 1;
    }
    stream::whole(200, "application/json", "")
}
