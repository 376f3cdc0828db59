//! Voices and finding one by name.

use serde::{Deserialize, Serialize};

use crate::Error;

/// A voice a synthesiser can speak with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Voice {
    /// What to put into [`crate::Request::voice`]; unique within a synthesiser.
    pub key: String,
    /// BCP 47 tag, such as `en-us`; `und` for a voice of no language.
    pub language: String,
    /// For people: name, sex, place.
    pub description: String,
}

/// At most three of `candidates` that are most like `name`, best first, compared without regard to case.
///
/// A candidate counts as alike when one contains the other or when few enough letters differ (at most a third of the
/// longer name, at least two); the order is by number of differing letters, then as given.
pub fn nearest<'a>(name: &str, candidates: impl IntoIterator<Item = &'a str>) -> Vec<&'a str> {
    let wanted = name.to_lowercase();
    let mut alike: Vec<(usize, &str)> = candidates
        .into_iter()
        .filter_map(|candidate| {
            let lower = candidate.to_lowercase();
            let distance = edit_distance(&wanted, &lower);
            let limit = (wanted.chars().count().max(lower.chars().count()) / 3).max(2);
            let contained =
                wanted.len() >= 2 && (lower.contains(&wanted) || wanted.contains(&lower));
            (distance <= limit || contained).then_some((distance, candidate))
        })
        .collect();
    alike.sort_by_key(|(distance, _)| *distance);
    alike.truncate(3);
    alike.into_iter().map(|(_, candidate)| candidate).collect()
}

/// Levenshtein distance in characters. Names are capped at 64 characters: no voice's name is longer.
fn edit_distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().take(64).collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.chars().take(64).enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, y) in b.iter().enumerate() {
            let substituted = diagonal + usize::from(x != *y);
            diagonal = row[j + 1];
            row[j + 1] = substituted.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[b.len()]
}

/// Whether two tags are of one language, whatever the region. Chinese goes by several names.
pub(crate) fn same_language(one: &str, other: &str) -> bool {
    primary(one) == primary(other)
}

/// The language alone: `pt` of `pt-BR`.
fn primary(tag: &str) -> String {
    match videogen_text::primary_subtag(tag).as_str() {
        "cmn" | "yue" => "zh".to_owned(),
        other => other.to_owned(),
    }
}

/// The voice called `name`: exact key first, then without regard to case.
pub(crate) fn find<'a>(
    backend: &'static str,
    voices: &'a [Voice],
    name: &str,
) -> Result<&'a Voice, Error> {
    voices
        .iter()
        .find(|voice| voice.key == name)
        .or_else(|| {
            voices
                .iter()
                .find(|voice| voice.key.eq_ignore_ascii_case(name))
        })
        .ok_or_else(|| Error::UnknownVoice {
            backend,
            name: name.to_owned(),
            nearest: nearest(name, voices.iter().map(|voice| voice.key.as_str()))
                .into_iter()
                .map(str::to_owned)
                .collect(),
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn voices(keys: &[&str]) -> Vec<Voice> {
        keys.iter()
            .map(|key| Voice {
                key: (*key).into(),
                language: "en".into(),
                description: String::new(),
            })
            .collect()
    }

    #[test]
    fn an_exact_key_wins_over_one_that_differs_in_case() {
        let list = voices(&["SLT", "slt"]);
        assert_eq!(find("flite", &list, "slt").unwrap().key, "slt");
        assert_eq!(find("flite", &list[..1], "slt").unwrap().key, "SLT");
    }

    #[test]
    fn an_unknown_voice_names_the_nearest() {
        let list = voices(&[
            "en_US-ryan-medium",
            "en_US-bryce-medium",
            "de_DE-thorsten-low",
        ]);
        let error = find("piper", &list, "bryce").unwrap_err();
        assert!(
            error
                .help()
                .unwrap()
                .to_string()
                .contains("en_US-bryce-medium"),
            "{error:?}"
        );
        assert_eq!(nearest("en-uss", ["en-us", "de", "en-gb"]), ["en-us"]);
        assert!(nearest("zzzzzzzz", ["slt", "rms"]).is_empty());
    }

    #[test]
    fn languages_are_compared_without_their_region() {
        assert!(same_language("pt-BR", "pt") && same_language("cmn", "zh-TW"));
        assert!(!same_language("pt", "es"));
    }

    #[test]
    fn distance_is_levenshtein() {
        assert_eq!(edit_distance("kitten", "sitting"), 3);
        assert_eq!(edit_distance("", "abc"), 3);
        assert_eq!(edit_distance("abc", ""), 3);
    }
}
