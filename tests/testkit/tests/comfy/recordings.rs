//! The recordings, and servers set up like the recorded ones.

use std::path::Path;

use serde_json::Value;
use testkit::comfy::{Builder, Family, MockComfy, Version};

/// A recorded theme of one version: all recordings by name.
pub(crate) struct Theme {
    all: Value,
    text: String,
}

impl Theme {
    pub(crate) fn read(version: Version, theme: &str) -> Self {
        let path = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("../fixtures/comfyui")
            .join(format!("v{version}"))
            .join(format!("{theme}.json"));
        let text = std::fs::read_to_string(path).unwrap();
        Self {
            all: serde_json::from_str(&text).unwrap(),
            text,
        }
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (&str, &Value)> {
        self.all
            .as_object()
            .unwrap()
            .iter()
            .map(|(name, recording)| (name.as_str(), recording))
    }

    pub(crate) fn get(&self, name: &str) -> &Value {
        assert!(self.has(name), "no recording {name}");
        &self.all[name]
    }

    pub(crate) fn has(&self, name: &str) -> bool {
        self.all.get(name).is_some()
    }

    pub(crate) fn messages(&self, name: &str) -> &[Value] {
        self.get(name)["messages"].as_array().unwrap()
    }

    /// The words of a recorded prompt, in their order: a request's body, or the graph of a history.
    pub(crate) fn prompt(&self, name: &str) -> String {
        let line = self
            .text
            .lines()
            .find(|line| line.starts_with(&format!("{name:?}: ")))
            .unwrap();
        let at = line.find("\"prompt\":").unwrap();
        let start = at + line[at..].find('{').unwrap();
        object(&line[start..]).to_owned()
    }

    /// The words of a request's body, in their order.
    pub(crate) fn body(&self, name: &str) -> String {
        if let Some(raw) = self.get(name)["request"]["raw"].as_str() {
            return raw.to_owned();
        }
        let line = self
            .text
            .lines()
            .find(|line| line.starts_with(&format!("{name:?}: ")))
            .unwrap();
        let request = &line[line.find("\"request\":").unwrap()..];
        match request.find("\"json\":{") {
            Some(at) if self.get(name)["request"].get("json").is_some() => {
                object(&request[at + 7..]).to_owned()
            }
            _ => String::new(),
        }
    }
}

/// The JSON object at the start of the text.
fn object(text: &str) -> &str {
    let (mut depth, mut quoted, mut escaped) = (0, false, false);
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if quoted => escaped = true,
            b'"' => quoted = !quoted,
            b'{' if !quoted => depth += 1,
            b'}' if !quoted => {
                depth -= 1;
                if depth == 0 {
                    return &text[..=at];
                }
            }
            _ => {}
        }
    }
    panic!("no whole object in {text}");
}

/// A server with the files and the extra nodes of the recorded one, on a CPU.
pub(crate) fn recorded(version: Version) -> Builder {
    MockComfy::builder()
        .version(version)
        .checkpoint("random_sd15_fp16.safetensors", Family::SD15)
        .broken_checkpoint("broken.safetensors")
        .probe_nodes()
}

/// A text-to-image graph like the recorded ones.
pub(crate) fn graph(seed: u64, width: u32, height: u32, steps: u32) -> String {
    format!(
        r#"{{"1":{{"class_type":"CheckpointLoaderSimple","inputs":{{"ckpt_name":"random_sd15_fp16.safetensors"}}}},
        "2":{{"class_type":"CLIPTextEncode","inputs":{{"clip":["1",1],"text":"a red boat on a lake"}},"_meta":{{"title":"Positive"}}}},
        "3":{{"class_type":"CLIPTextEncode","inputs":{{"clip":["1",1],"text":"text, watermark"}}}},
        "4":{{"class_type":"EmptyLatentImage","inputs":{{"width":{width},"height":{height},"batch_size":1}}}},
        "5":{{"class_type":"KSampler","inputs":{{"model":["1",0],"positive":["2",0],"negative":["3",0],"latent_image":["4",0],"seed":{seed},"steps":{steps},"cfg":7.0,"sampler_name":"euler","scheduler":"normal","denoise":1.0}}}},
        "6":{{"class_type":"VAEDecode","inputs":{{"samples":["5",0],"vae":["1",2]}}}},
        "7":{{"class_type":"SaveImage","inputs":{{"images":["6",0],"filename_prefix":"rec"}}}}}}"#
    )
}
