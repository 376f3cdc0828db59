//! How words are chosen, by what the authors of a family of models recommend. Pure.

use crate::model::{ChatRequest, Sampling, THINKING_TOKENS};

/// What is taken of a family, without and with thinking: temperature and `top_p`.
struct Family {
    /// What its names have in them.
    name: &'static str,
    plain: (f32, f32),
    thinking: (f32, f32),
}

/// From the model cards of their authors. The first name that is found counts.
#[rustfmt::skip] // a table
const FAMILIES: &[Family] = &[
    Family { name: "gpt-oss", plain: (1.0, 1.0), thinking: (1.0, 1.0) },
    Family { name: "qwen3.5", plain: (0.7, 0.8), thinking: (1.0, 0.95) },
    Family { name: "qwen", plain: (0.7, 0.8), thinking: (0.6, 0.95) },
    Family { name: "qwq", plain: (0.6, 0.95), thinking: (0.6, 0.95) },
    Family { name: "deepseek-r1", plain: (0.6, 0.95), thinking: (0.6, 0.95) },
    Family { name: "gemma", plain: (1.0, 0.95), thinking: (1.0, 0.95) },
    Family { name: "magistral", plain: (0.7, 0.95), thinking: (0.7, 0.95) },
    Family { name: "smollm3", plain: (0.6, 0.95), thinking: (0.6, 0.95) },
    Family { name: "llama", plain: (0.6, 0.9), thinking: (0.6, 0.9) },
];

/// What is taken for a model, by its name.
pub(crate) fn of(model: &str, thinking: bool) -> Sampling {
    let name = model.to_ascii_lowercase();
    let usual = Sampling::default();
    let known = FAMILIES.iter().find(|family| name.contains(family.name));
    let (temperature, top_p) = match known {
        Some(family) if thinking => family.thinking,
        Some(family) => family.plain,
        None if thinking => (0.6, 0.95),
        None => (usual.temperature(), usual.top_p()),
    };
    Sampling::new(temperature, top_p)
        .expect("the table has values that are allowed")
        .with_presence_penalty(usual.presence_penalty())
}

/// Whether it is one of the models that take `/no_think` at the end of a question: Qwen's third generation as it came
/// out in 2025, not its later releases, which either always think or never do.
pub(crate) fn has_no_think(model: &str) -> bool {
    let name = model.to_ascii_lowercase();
    let Some(at) = name.find("qwen3") else {
        return false;
    };
    let after = &name[at + "qwen3".len()..];
    let other = [
        "instruct", "coder", "thinking", "2507", "next", "vl", "omni", "embed",
    ];
    // `qwen3.5` and `qwen35` are later ones.
    !after.starts_with('.')
        && !after.starts_with(|c: char| c.is_ascii_digit())
        && !other.iter().any(|word| name.contains(word))
}

/// Whether it always thinks, and can only be told how much.
pub(crate) fn has_levels(model: &str) -> bool {
    model.to_ascii_lowercase().contains("gpt-oss")
}

/// Whether it thinks whatever it is told.
fn always_thinks(model: &str) -> bool {
    let name = model.to_ascii_lowercase();
    let thinkers = [
        "qwq",
        "deepseek-r1",
        "r1-distill",
        "magistral",
        "-thinking",
        "reasoning",
    ];
    has_levels(model) || thinkers.iter().any(|word| name.contains(word))
}

/// The tokens that an answer needs for thoughts. `anyway` says that the model was seen to think untold.
pub(crate) fn thought_tokens(request: &ChatRequest, model: &str, anyway: bool) -> u32 {
    if request.thinking || anyway || always_thinks(model) {
        THINKING_TOKENS
    } else {
        0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn families_have_their_own_values() {
        for (model, thinking, temperature, top_p) in [
            ("qwen3:8b", false, 0.7, 0.8),
            ("Qwen3-8B-Q4_K_M", true, 0.6, 0.95),
            ("qwen3.5:9b", true, 1.0, 0.95),
            ("gpt-oss:20b", false, 1.0, 1.0),
            ("anything", false, 0.7, 0.8),
            ("anything", true, 0.6, 0.95),
        ] {
            let sampling = of(model, thinking);
            assert_eq!(
                (sampling.temperature(), sampling.top_p()),
                (temperature, top_p),
                "{model}"
            );
            assert!(sampling.presence_penalty() > 0.0);
        }
        for family in FAMILIES {
            of(family.name, true);
            of(family.name, false);
        }
    }

    #[test]
    fn the_switch_is_for_those_that_have_it() {
        for (model, has) in [
            ("qwen3:8b", true),
            ("Qwen3-4B-Q4_K_M.gguf", true),
            ("qwen3", true),
            ("qwen3.5:9b", false),
            ("qwen3-coder:30b", false),
            ("qwen3-4b-instruct-2507", false),
            ("qwen3-vl:8b", false),
            ("qwen2.5:7b", false),
            ("llama3.2", false),
        ] {
            assert_eq!(has_no_think(model), has, "{model}");
        }
    }
}
