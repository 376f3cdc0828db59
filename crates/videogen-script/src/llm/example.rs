//! A question with its answer, which shows a model what is wanted, and by which an answer that only copies it is known. Pure.

use serde::Deserialize;
use videogen_llm::Example;
use videogen_types::Seed;

use super::templates::{SCRIPT, Templates};
use super::{ScriptRequest, hook, language, length, question, subject};
use crate::opening::{mostly_the_same, words};

/// Sentences of so many words and more are compared; shorter ones may be alike by chance.
const COMPARED: usize = 5;

/// The file of an example: a topic, and the answer to the question about it.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Shown {
    pub(super) topic: String,
    #[serde(default = "english")]
    pub(super) language: String,
    pub(super) answer: serde_json::Value,
}

fn english() -> String {
    "en".to_owned()
}

impl Shown {
    /// Reads the text of the file.
    ///
    /// # Errors
    /// What is wrong with it.
    pub(super) fn read(text: &str) -> Result<Self, String> {
        let shown: Self = serde_json::from_str(text).map_err(|error| error.to_string())?;
        if shown.topic.trim().is_empty() {
            return Err("topic is empty".to_owned());
        }
        if shown.narrations().is_empty() {
            return Err(
                "answer.scenes must be a list of objects with narration and picture".to_owned(),
            );
        }
        Ok(shown)
    }

    /// What its answer says, scene by scene.
    pub(super) fn narrations(&self) -> Vec<&str> {
        let scenes = self.answer["scenes"].as_array().map(Vec::as_slice);
        let scenes = scenes.unwrap_or_default().iter();
        scenes
            .filter_map(|scene| scene["narration"].as_str())
            .filter(|said| !said.trim().is_empty())
            .collect()
    }

    /// The example for a wish; `None` where the wish is about the same, so that it would be copied.
    pub(super) fn of(templates: &Templates, wish: &ScriptRequest) -> Option<Example> {
        let shown = templates.example();
        if subject::is_alike(&wish.topic, &shown.topic) {
            return None;
        }
        let said = shown.narrations();
        let counts = || said.iter().map(|said| videogen_text::word_count(said));
        let each = counts().min().unwrap_or(1)..=counts().max().unwrap_or(1);
        // What the question about it asks for is what its answer has.
        let own = ScriptRequest {
            topic: shown.topic.clone(),
            language: shown.language.clone(),
            seed: Seed(0),
            avoid: Vec::new(),
            ..wish.clone()
        };
        let question = templates.render(
            SCRIPT,
            &[
                ("topic", &question::fenced(&own.topic)),
                ("genre", own.genre.name()),
                ("tone", question::tone(own.genre)),
                ("hook", hook::pattern(&own)),
                ("language", &language::name(&own.language)),
                ("length", &length::in_words(&own, said.len(), &each)),
            ],
        );
        Some(Example {
            question: format!("{question}\n\n{}", language::reminder(&own.language)),
            answer: serde_json::to_string_pretty(&shown.answer).expect("all keys are text"),
        })
    }

    /// Whether a description is one of the example's pictures, word for word or nearly so.
    pub(super) fn has_picture(&self, painted: &str) -> bool {
        let painted = words(painted);
        let scenes = self.answer["scenes"].as_array().map(Vec::as_slice);
        let mut shown = scenes
            .unwrap_or_default()
            .iter()
            .filter_map(|scene| scene["picture"].as_str());
        painted.len() >= COMPARED && shown.any(|picture| mostly_the_same(&painted, &words(picture)))
    }

    /// Whether a text is one of the example, word for word or nearly so.
    pub(super) fn has(&self, said: &str) -> bool {
        let said = words(said);
        let titled = self.answer["title"].as_str().into_iter();
        said.len() >= COMPARED
            && self.narrations().into_iter().chain(titled).any(|shown| {
                let shown = words(shown);
                said == shown || mostly_the_same(&said, &shown)
            })
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::wish;
    use super::*;

    #[test]
    fn the_example_is_shown_and_known_again() {
        let templates = Templates::builtin();
        let example = Shown::of(&templates, &wish()).unwrap();
        assert!(
            example.question.contains("why bread rises"),
            "{}",
            example.question
        );
        assert!(
            example
                .question
                .contains("3 scenes. The narration of each scene is one sentence of"),
            "{}",
            example.question
        );
        let shown = templates.example();
        for said in shown.narrations() {
            assert!(shown.has(said), "{said}");
        }
        assert!(!shown.has("Far below the waves the water is full of small lights."));
        let bread = ScriptRequest {
            topic: "how to bake bread".into(),
            ..wish()
        };
        assert_eq!(Shown::of(&templates, &bread), None);
    }

    #[test]
    fn what_is_no_example_is_told() {
        for text in [
            "",
            "{}",
            "{\"topic\": \"x\", \"answer\": {}}",
            "{\"topic\": \"\", \"answer\": {\"scenes\": [{\"narration\": \"x\"}]}}",
        ] {
            assert!(Shown::read(text).is_err(), "{text}");
        }
    }
}
