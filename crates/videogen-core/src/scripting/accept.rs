//! An answer becomes a script, or complaints that a model can act on.

use std::collections::HashMap;

use unicode_normalization::char::is_combining_mark;
use videogen_llm::Complaint;

use super::opening::words;
use super::shape::Answer;
use super::{Opening, ScriptWish, language, length, paintable, speakable};
use crate::script::{Scene, Script};
use crate::{text, writer};

/// The most hashtags.
const HASHTAGS: usize = 8;
/// The most characters of a hashtag.
const HASHTAG: usize = 30;
/// Sentences of so many words and more are not said twice; shorter ones may be a refrain.
const REPEATED: usize = 5;

/// A script that is as it should be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Draft {
    pub(super) script: Script,
    pub(super) description: Option<String>,
}

/// Takes an answer.
///
/// # Errors
/// All that is wrong with it.
pub(super) fn draft(wish: &ScriptWish, answer: Answer) -> Result<Draft, Vec<Complaint>> {
    let mut complaints = Vec::new();
    let mut complain = |path: String, words: &str| complaints.push(Complaint::other(path, words));
    let title = speakable::speakable(&answer.title).unwrap_or_else(|words| {
        complain("title".to_owned(), words);
        String::new()
    });
    let mut narrations = Vec::new();
    let mut pictures = Vec::new();
    for (at, scene) in answer.scenes.iter().enumerate() {
        narrations.push(
            speakable::speakable(&scene.narration).unwrap_or_else(|words| {
                complain(format!("scenes[{at}].narration"), words);
                // Counted with the others, so that only what is wrong is complained of.
                speakable::plain(&scene.narration)
            }),
        );
        pictures.push(paintable::picture(&scene.picture).unwrap_or_else(|words| {
            complain(format!("scenes[{at}].picture"), words);
            String::new()
        }));
    }
    for (at, problem) in repeated(&narrations) {
        complain(format!("scenes[{at}].narration"), &problem);
    }
    for (at, (narration, picture)) in narrations.iter().zip(&pictures).enumerate() {
        if words(narration) == words(picture) {
            complain(
                format!("scenes[{at}].picture"),
                "repeats the narration: describe what is seen while it is spoken",
            );
        }
    }
    let spoken = narrations.join(" ");
    if let Err(words) = language::plausible(&format!("{title} {spoken}"), &wish.language) {
        complain(
            "scenes".to_owned(),
            &format!("{words}: title and narrations, not look and pictures"),
        );
    }
    length::shorten(&mut narrations, &length::accepted(wish));
    let total = narrations.iter().map(|said| text::word_count(said)).sum();
    if let Some(words) = length::complaint(total, wish) {
        complain("scenes".to_owned(), &words);
    }
    let look = answer.look.as_deref().and_then(paintable::look);
    let look = look.unwrap_or_else(|| writer::look(wish.genre, wish.seed).to_owned());
    let scenes = narrations.into_iter().zip(pictures).zip(answer.scenes);
    let script = Script {
        title,
        language: wish.language.clone(),
        scenes: scenes
            .map(|((narration, picture), scene)| Scene {
                narration,
                picture: paintable::with_look(&picture, &look),
                negative: scene.negative.as_deref().and_then(paintable::negative),
            })
            .collect(),
        hashtags: hashtags(&answer.hashtags),
    };
    let opening = Opening::of(&script);
    if wish.avoid.iter().any(|other| opening.is_like(other)) {
        complaints.push(Complaint::other(
            "scenes[0].narration",
            "or the title begins like another video of the series: begin with another thought and other words",
        ));
    }
    if complaints.is_empty() {
        let description = answer.description.as_deref();
        Ok(Draft {
            description: description.and_then(|words| described(words, wish)),
            script,
        })
    } else {
        Err(complaints)
    }
}

/// Where a narration, or a sentence in one, was said before.
fn repeated(narrations: &[String]) -> Vec<(usize, String)> {
    let mut said: HashMap<Vec<String>, usize> = HashMap::new();
    let mut found = Vec::new();
    for (at, narration) in narrations.iter().enumerate() {
        let whole = std::iter::once(narration.as_str());
        let sentences = text::sentences(narration)
            .into_iter()
            .filter(|sentence| text::word_count(sentence) >= REPEATED && sentence != narration);
        for text in whole.chain(sentences) {
            // The first of the two is as it should be.
            if let Some(before) = said.insert(words(text), at) {
                found.push((
                    at,
                    format!("says again what scenes[{before}].narration says"),
                ));
                break;
            }
        }
    }
    found
}

/// Letters, digits and `_`, each once.
fn hashtags(raw: &[String]) -> Vec<String> {
    let mut tags: Vec<String> = Vec::new();
    for tag in raw {
        let tag: String = text::clean(tag)
            .chars()
            .filter(|c| c.is_alphanumeric() || *c == '_' || is_combining_mark(*c))
            .collect();
        let known = tags
            .iter()
            .any(|other| other.to_lowercase() == tag.to_lowercase());
        let fits = tag.chars().any(char::is_alphabetic) && tag.chars().count() <= HASHTAG;
        if fits && !known && tags.len() < HASHTAGS {
            tags.push(tag);
        }
    }
    tags
}

/// What stands below the video, if it is in its language and leads nowhere.
fn described(raw: &str, wish: &ScriptWish) -> Option<String> {
    let text = speakable::speakable(raw).ok()?;
    language::plausible(&text, &wish.language).ok()?;
    Some(text)
}
