//! What the server is and has: statistics, node classes, models.

use hyper::StatusCode;
use serde_json::{Map, Value, json};

use super::Asked;
use crate::comfy::answer::{self, Answer};
use crate::comfy::shared::Shared;

/// What the recorded machine had.
const RAM: u64 = 25_276_510_208;

pub(crate) fn features(shared: &Shared) -> Value {
    let mut features = json!({
        "supports_preview_metadata": true,
        "max_upload_size": shared.options.max_upload,
    });
    if shared.version().is_new() {
        features["supports_model_type_tags"] = json!(true);
        features["extension"] = json!({"manager": {"supports_v4": true}});
        features["node_replacements"] = json!(true);
        features["assets"] = json!(false);
    }
    features
}

pub(super) fn system_stats(shared: &Shared) -> Answer {
    let options = &shared.options;
    let version = options.version;
    let mut argv = vec!["main.py"];
    match options.card {
        None => argv.push("--cpu"),
        Some(_) if version.is_new() && !options.dynamic_vram => {
            argv.push("--disable-dynamic-vram");
        }
        Some(_) => {}
    }
    if options.split_attention {
        argv.push("--use-split-cross-attention");
    }
    if options.vae_element == 4 {
        argv.push("--fp32-vae");
    }
    let reserve = format!("{}", options.reserve as f64 / f64::from(1 << 30));
    if options.reserve != 400 << 20 {
        argv.extend(["--reserve-vram", &reserve]);
    }
    argv.extend(["--listen", "127.0.0.1", "--disable-auto-launch"]);
    let mut system = json!({
        "os": if version.is_new() { "linux" } else { "posix" },
        "ram_total": RAM,
        "ram_free": RAM / 5 * 4,
        "comfyui_version": version.number(),
        "required_frontend_version": if version.is_new() { "1.49.6" } else { "1.27.10" },
        "installed_templates_version": null,
        "required_templates_version": if version.is_new() { "0.11.44" } else { "0.1.95" },
        "python_version": "3.11.7 (main, May  9 2026, 07:35:25) [GCC 12.2.0]",
        "pytorch_version": "2.8.0+cu128",
        "embedded_python": false,
        "argv": argv,
    });
    if version.is_new() {
        system["deploy_environment"] = json!("local-git");
        system["comfy_package_versions"] = json!([
            {"name": "comfyui-frontend-package", "installed": "1.49.6", "required": "1.49.6"},
        ]);
    }
    let device = match shared.vram() {
        None => json!({
            "name": "cpu", "type": "cpu", "index": null, "vram_total": RAM,
            "vram_free": RAM / 5 * 4, "torch_vram_total": RAM, "torch_vram_free": RAM / 5 * 4,
        }),
        Some(vram) => json!({
            "name": "cuda:0 NVIDIA Simulated : native", "type": "cuda", "index": 0,
            "vram_total": vram.total(), "vram_free": vram.free(),
            "torch_vram_total": vram.weights(), "torch_vram_free": 0,
        }),
    };
    answer::json(&json!({"system": system, "devices": [device]}))
}

pub(super) fn object_info(shared: &Shared, class: Option<&str>) -> Answer {
    let inputs = shared.files().inputs();
    answer::json(&match class {
        None => shared.catalogue.object_info(&inputs),
        Some(class) => shared.catalogue.one(class, &inputs),
    })
}

pub(super) fn models(shared: &Shared, rest: &[&str]) -> Answer {
    match rest {
        [] => answer::json(&json!(shared.version().model_folders())),
        [folder] => match shared.catalogue.files(folder) {
            Some(files) => answer::json(&json!(files)),
            None => answer::empty(StatusCode::NOT_FOUND),
        },
        _ => answer::empty(StatusCode::NOT_FOUND),
    }
}

pub(super) fn metadata(shared: &Shared, folder: &str, asked: &Asked) -> Answer {
    let file = asked.query("filename").unwrap_or_default();
    let known = shared
        .catalogue
        .files(folder)
        .is_some_and(|files| files.iter().any(|known| known == file));
    if known && shared.catalogue.checkpoint(file).is_some() {
        answer::json(&json!({"format": "pt", "videogen.note": "simulated"}))
    } else {
        answer::empty(StatusCode::NOT_FOUND)
    }
}

pub(super) fn experiment_models(shared: &Shared) -> Answer {
    let extensions = json!([".ckpt", ".pt", ".safetensors"]);
    let folders: Vec<Value> = shared
        .version()
        .model_folders()
        .iter()
        .filter(|name| !matches!(**name, "configs" | "custom_nodes"))
        .map(|name| {
            let mut folder = Map::new();
            folder.insert("name".to_owned(), json!(name));
            folder.insert("folders".to_owned(), json!(["/srv/comfyui"]));
            if shared.version().is_new() {
                folder.insert("extensions".to_owned(), extensions.clone());
            }
            Value::Object(folder)
        })
        .collect();
    answer::json(&json!(folders))
}
