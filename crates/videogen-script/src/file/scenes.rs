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
    let narrations = script.scenes.iter().map(|scene| scene.narration.as_str());
    let all: Vec<Sentence<'_>> = narrations
        .flat_map(|narration| Sentence::all(narration, language))
        .collect();
    let wanted = wanted.clamp(1, all.len().max(1));
    let total: usize = all.iter().map(Sentence::words).sum();
    let mut groups: Vec<String> = vec![String::new()];
    let mut spoken = 0;
    for (index, sentence) in all.iter().enumerate() {
        let left = all.len() - index;
        let open = wanted - groups.len();
        let full = spoken * wanted >= total * groups.len();
        let current_is_empty = groups.last().is_none_or(String::is_empty);
        if !current_is_empty && open > 0 && (full || left <= open) {
            groups.push(String::new());
        }
        spoken += sentence.words();
        if let Some(group) = groups.last_mut() {
            sentence.add_to(group);
        }
    }
    script.scenes = groups
        .into_iter()
        // A mark with which a scene began may belong to the letter before it now.
        .map(|narration| videogen_text::clean(&narration))
        .map(|narration| Scene {
            picture: describe(&narration, language),
            narration,
            negative: None,
            media: Vec::new(),
        })
        .collect();
}

/// A sentence of a scene.
struct Sentence<'a> {
    /// What stands between it and the one before it; `None` for the first one of a scene.
    gap: Option<&'a str>,
    text: &'a str,
}

impl<'a> Sentence<'a> {
    /// The sentences of a narration.
    fn all(narration: &'a str, language: &str) -> Vec<Self> {
        let mut rest = narration;
        let mut all: Vec<Self> = Vec::new();
        for text in videogen_text::sentences(narration, language) {
            let at = rest.find(text).unwrap_or_default();
            all.push(Self {
                gap: (!all.is_empty()).then_some(&rest[..at]),
                text,
            });
            rest = rest.get(at + text.len()..).unwrap_or_default();
        }
        all
    }

    fn words(&self) -> usize {
        videogen_text::word_count(self.text)
    }

    /// Goes on with a scene: as the script does, or, behind another scene of it, as its writing system parts sentences.
    fn add_to(&self, narration: &mut String) {
        match self.gap {
            Some(gap) if !narration.is_empty() => {
                narration.push_str(gap);
                narration.push_str(self.text);
            }
            _ => videogen_text::append(narration, self.text),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn regrouped(paragraphs: &[&str], wanted: usize, language: &str) -> Vec<String> {
        let mut script = script_of(
            Reading {
                paragraphs: paragraphs.iter().map(|text| (*text).to_owned()).collect(),
                ..Reading::default()
            },
            language,
        );
        regroup(&mut script, wanted, language);
        let scenes = script.scenes.into_iter();
        scenes.map(|scene| scene.narration).collect()
    }

    #[test]
    fn sentences_stand_as_far_apart_as_in_the_script() {
        for (paragraphs, language, want) in [
            (
                ["海很深。里面很冷。", "没人知道。为什么？"],
                "zh",
                "海很深。里面很冷。没人知道。为什么？",
            ),
            (
                ["海は深い。寒い。", "誰も知らない。"],
                "ja",
                "海は深い。寒い。誰も知らない。",
            ),
            (
                ["바다는 깊다. 춥다.", "아무도 모른다."],
                "ko",
                "바다는 깊다. 춥다. 아무도 모른다.",
            ),
            (
                ["It is deep. It is cold.", "Nobody knows."],
                "en",
                "It is deep. It is cold. Nobody knows.",
            ),
        ] {
            assert_eq!(regrouped(&paragraphs, 1, language), [want]);
        }
        assert_eq!(
            regrouped(&["海很深。里面很冷。没人知道。"], 3, "zh"),
            ["海很深。", "里面很冷。", "没人知道。"]
        );
    }
}
