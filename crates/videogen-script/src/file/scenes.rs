//! A text in scenes: a paragraph each, or as many as are wished for.

use videogen_types::{Scene, Script};

use super::limits::MAX_SCENES;
use super::outline::Reading;

/// Words of a scene when the text has no paragraphs: about eight seconds.
const WORDS_PER_SCENE: usize = 22;

/// The script of `reading`, whose sentences are those of `language`: a paragraph is a scene, and a single one is divided.
pub(super) fn script_of(reading: Reading, language: &str) -> Script {
    let scene = |narration: String| Scene {
        picture: describe(&narration, language),
        narration,
        negative: None,
        media: Vec::new(),
    };
    let scenes: Vec<Scene> = reading.paragraphs.into_iter().map(scene).collect();
    let is_single = scenes.len() == 1;
    let mut script = Script {
        title: reading.title,
        language: reading.language,
        scenes,
        hashtags: reading.tags,
    };
    if is_single {
        let words = videogen_text::word_count(&script.scenes[0].narration);
        let wanted = words.div_ceil(WORDS_PER_SCENE).clamp(1, MAX_SCENES);
        regroup(&mut script, wanted, language);
    }
    script
}

/// What a picture for `narration` shows when nobody said: what is being talked about.
pub(super) fn describe(narration: &str, language: &str) -> String {
    videogen_text::cut_at_sentence(narration, 240, language).0
}

/// Spreads all sentences over `wanted` scenes of about as many words each, in order, at least one sentence each.
pub(super) fn regroup(script: &mut Script, wanted: usize, language: &str) {
    let all: Vec<String> = script
        .scenes
        .iter()
        .flat_map(|scene| {
            videogen_text::sentences(&scene.narration, language)
                .into_iter()
                .map(str::to_owned)
                .collect::<Vec<_>>()
        })
        .collect();
    let wanted = wanted.clamp(1, all.len().max(1));
    let total: usize = all.iter().map(|s| videogen_text::word_count(s)).sum();
    let mut groups: Vec<Vec<String>> = vec![Vec::new()];
    let mut spoken = 0;
    for (index, sentence) in all.iter().enumerate() {
        let left = all.len() - index;
        let open = wanted - groups.len();
        let full = spoken * wanted >= total * groups.len();
        let current_is_empty = groups.last().is_none_or(Vec::is_empty);
        if !current_is_empty && open > 0 && (full || left <= open) {
            groups.push(Vec::new());
        }
        spoken += videogen_text::word_count(sentence);
        if let Some(group) = groups.last_mut() {
            group.push(sentence.clone());
        }
    }
    script.scenes = groups
        .into_iter()
        .map(|sentences| sentences.join(" "))
        .map(|narration| Scene {
            picture: describe(&narration, language),
            narration,
            negative: None,
            media: Vec::new(),
        })
        .collect();
}
