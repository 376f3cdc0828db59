//! Lists of voices, which every server writes in a form of its own, and the languages of the voices.

use serde_json::Value;

use super::super::ANY_LANGUAGE;
use crate::Voice;

/// The most voices of a server that are kept.
const VOICES: usize = 2_000;
/// The longest name of a voice, in characters.
const NAME: usize = 200;
/// What is spoken with unless something else is wished, where a server has it: Kokoro's best.
const PREFERRED: &str = "af_heart";

/// Reads a list of voices: texts, or objects with a name, in an array, under `voices` or `data`, or as an object whose keys are
/// the names. Each voice is in it once, the preferred first.
pub(super) fn read(list: &Value) -> Vec<Voice> {
    let inner = ["voices", "data", "items"]
        .iter()
        .find_map(|name| list.get(*name))
        .unwrap_or(list);
    let mut voices: Vec<Voice> = Vec::new();
    let mut take = |key: Option<&str>, about: &Value| {
        let Some(voice) = key.and_then(|key| voice(key, about)) else {
            return;
        };
        if voices.len() < VOICES && !voices.iter().any(|known| known.key == voice.key) {
            voices.push(voice);
        }
    };
    match inner {
        Value::Array(entries) => {
            for entry in entries.iter().take(VOICES) {
                let named = ["id", "voice_id", "key", "name", "voice"]
                    .iter()
                    .find_map(|name| entry[*name].as_str());
                take(entry.as_str().or(named), entry);
            }
        }
        // An object that is about something else has texts and numbers.
        Value::Object(entries) => {
            for (key, about) in entries.iter().take(VOICES).filter(|(_, it)| it.is_object()) {
                take(Some(key), about);
            }
        }
        _ => {}
    }
    if let Some(at) = voices.iter().position(|voice| voice.key == PREFERRED) {
        voices[..=at].rotate_right(1);
    }
    voices
}

fn voice(key: &str, about: &Value) -> Option<Voice> {
    let is_name =
        !key.trim().is_empty() && key.chars().count() <= NAME && !key.chars().any(char::is_control);
    if !is_name {
        return None;
    }
    let told = ["language", "lang", "locale", "language_code"]
        .iter()
        .find_map(|name| about[*name].as_str())
        .and_then(tag);
    let language = told
        .or_else(|| by_kokoro(key).map(str::to_owned))
        .or_else(|| leading(key));
    let description = ["description", "gender", "name"]
        .iter()
        .find_map(|name| about[*name].as_str())
        .filter(|words| *words != key && !words.chars().any(char::is_control))
        .map(|words| words.chars().take(NAME).collect());
    Some(Voice {
        key: key.to_owned(),
        language: language.unwrap_or_else(|| ANY_LANGUAGE.to_owned()),
        description: description.unwrap_or_default(),
    })
}

/// A tag of a language such as `en`, `en-US` or `pt_BR`, with hyphens; `None` for other words.
fn tag(text: &str) -> Option<String> {
    let mut parts = text.trim().split(['-', '_']);
    let first = parts.next()?;
    let is_letters = |part: &str| part.chars().all(|c| c.is_ascii_alphabetic());
    let is_part = |part: &str| {
        (2..=8).contains(&part.len()) && part.chars().all(|c| c.is_ascii_alphanumeric())
    };
    let is_tag = (2..=3).contains(&first.len()) && is_letters(first) && parts.all(is_part);
    is_tag.then(|| text.trim().replace('_', "-"))
}

/// The language of a voice of Kokoro: `af_heart` is American and female.
fn by_kokoro(key: &str) -> Option<&'static str> {
    let (kind, name) = key.split_once('_')?;
    let mut letters = kind.chars();
    let (language, sex) = (letters.next()?, letters.next()?);
    let is_one = letters.next().is_none() && matches!(sex, 'f' | 'm') && !name.is_empty();
    let language = match language {
        'a' => "en-US",
        'b' => "en-GB",
        'e' => "es",
        'f' => "fr",
        'h' => "hi",
        'i' => "it",
        'j' => "ja",
        'p' => "pt-BR",
        'z' => "zh",
        _ => return None,
    };
    is_one.then_some(language)
}

/// The language in front of a name such as `en_US-ryan-high` or `de-DE-KatjaNeural`.
fn leading(key: &str) -> Option<String> {
    let (language, rest) = key.split_once(['-', '_'])?;
    let (region, _) = rest.split_once(['-', '_'])?;
    let is_language =
        (2..=3).contains(&language.len()) && language.chars().all(|c| c.is_ascii_lowercase());
    let is_region = region.len() == 2 && region.chars().all(|c| c.is_ascii_uppercase());
    (is_language && is_region).then(|| format!("{language}-{region}"))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn keys(list: &Value) -> String {
        let keys: Vec<String> = read(list).into_iter().map(|voice| voice.key).collect();
        keys.join(" ")
    }

    #[test]
    fn lists_of_all_forms_are_read() {
        for list in [
            json!(["a", "b"]),
            json!({"voices": ["a", "b", "a"]}),
            json!({"voices": [{"id": "a", "name": "Anna"}, {"voice_id": "b"}]}),
            json!({"data": [{"name": "a"}, {"key": "b"}], "object": "list"}),
            json!({"voices": {"a": {"language": "en"}, "b": {}}}),
            json!([{"voice": "a"}, {"name": "b"}, 3, null, {"id": ""}, "\u{7}"]),
        ] {
            assert_eq!(keys(&list), "a b", "{list}");
        }
        for none in [
            json!(null),
            json!({"detail": "Not Found"}),
            json!("x"),
            json!({"voices": 3}),
        ] {
            assert_eq!(keys(&none), "", "{none}");
        }
        assert_eq!(
            keys(&json!({"voices": ["af_bella", "af_heart", "am_adam"]})),
            "af_heart af_bella am_adam"
        );
    }

    #[test]
    fn the_language_of_a_voice_is_known_by_what_is_told_or_by_its_name() {
        let language = |entry: Value| read(&json!([entry])).remove(0).language;
        for (entry, wanted) in [
            (json!("af_heart"), "en-US"),
            (json!("bm_george"), "en-GB"),
            (json!("jf_alpha"), "ja"),
            (json!("en_US-ryan-high"), "en-US"),
            (json!("de-DE-KatjaNeural"), "de-DE"),
            (json!("alloy"), "und"),
            (json!("my_voice"), "und"),
            (json!("xf_heart"), "und"),
            (json!({"id": "x", "language": "pt_BR"}), "pt-BR"),
            (json!({"id": "x", "language": "English"}), "und"),
        ] {
            assert_eq!(language(entry.clone()), wanted, "{entry}");
        }
    }

    proptest! {
        #[test]
        fn names_of_voices_are_kept_as_they_are(names in prop::collection::btree_set("[a-zA-Z0-9_+. -]{1,20}", 0..20)) {
            let names: Vec<String> = names.into_iter().filter(|name| !name.trim().is_empty()).collect();
            let read: std::collections::BTreeSet<String> =
                read(&json!({"voices": names})).into_iter().map(|voice| voice.key).collect();
            prop_assert_eq!(read, names.into_iter().collect());
        }
    }
}
