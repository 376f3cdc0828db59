//! Which files of a server are meant by the names of LoRAs.

use videogen_comfy::{Lora, ModelFile, Strength};
use videogen_text::nearest;

use super::models::{NAMED, same};
use crate::lora::LoraChoice;

/// The files of a server that are meant by `wanted`.
///
/// # Errors
/// Why there are none, as the end of "the server …".
pub(super) fn loras(there: &[String], wanted: &[LoraChoice]) -> Result<Vec<Lora>, String> {
    let found: Vec<Result<Lora, &str>> = wanted.iter().map(|lora| find(there, lora)).collect();
    let missing: Vec<&str> = found
        .iter()
        .filter_map(|each| each.as_ref().err().copied())
        .collect();
    let Some(first) = missing.first() else {
        return Ok(found.into_iter().flatten().collect());
    };
    let names: Vec<&str> = there.iter().map(String::as_str).collect();
    let mut near = nearest(first, &names, NAMED);
    // Where nothing is near, what is there at all.
    if near.is_empty() {
        near = names.into_iter().take(NAMED).collect();
    }
    let missing = missing.join(", ");
    Err(if near.is_empty() {
        format!("has no LoRA {missing}, nor any other")
    } else {
        format!("has no LoRA {missing}; it has {}", near.join(", "))
    })
}

/// The file of a LoRA, or its name.
fn find<'a>(there: &[String], lora: &'a LoraChoice) -> Result<Lora, &'a str> {
    let file = there.iter().find(|file| same(file, lora.name()));
    let file = file.and_then(|file| ModelFile::new(file.as_str()).ok());
    let strength = Strength::new(lora.strength()).expect("both have the range of -100 to 100");
    file.map(|file| Lora { file, strength }).ok_or(lora.name())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn choices(texts: &[&str]) -> Vec<LoraChoice> {
        texts.iter().map(|text| text.parse().unwrap()).collect()
    }

    #[test]
    fn loras_are_found_as_models_are_and_what_is_missing_is_named_with_what_is_there() {
        let there = ["styles/Ink.safetensors", "detail.safetensors"].map(str::to_owned);
        let found = loras(&there, &choices(&["detail:0.5", "ink"])).unwrap();
        let files: Vec<&str> = found.iter().map(|lora| lora.file.as_str()).collect();
        assert_eq!(files, ["detail.safetensors", "styles/Ink.safetensors"]);
        let missing = loras(&there, &choices(&["detail", "oil"])).unwrap_err();
        assert!(
            missing.contains("no LoRA oil; it has styles/Ink"),
            "{missing}"
        );
        assert!(
            loras(&[], &choices(&["oil"]))
                .unwrap_err()
                .ends_with("nor any other")
        );
    }
}
