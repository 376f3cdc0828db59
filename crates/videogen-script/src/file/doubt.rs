//! Whether the words of a script are in the language that it says.

use videogen_text::{detect_language, language_name, primary_subtag, script_mismatch};
use videogen_types::Script;

/// Languages of which one is easily taken for another, or is written as one.
const ALIKE: &[&[&str]] = &[
    &["zh", "cmn", "yue", "wuu", "hak", "nan"],
    &["no", "nb", "nn", "da"],
    &["sr", "hr", "bs", "sh", "me"],
    &["id", "ms", "jv", "su"],
    &["cs", "sk"],
    &["es", "ca", "gl", "ast", "an"],
    &["pt", "gl"],
    &["nl", "af", "fy", "nds", "li"],
    &["de", "lb", "nds", "gsw", "bar"],
    &["fr", "oc", "ht", "wa"],
    &["it", "co", "sc", "vec", "scn", "la"],
    &["hi", "mr", "ne", "kok", "bho", "sa"],
    &["ru", "uk", "be", "bg", "mk", "sr"],
    &["ar", "fa", "ur", "ps", "ckb", "ku", "sd", "ug"],
    &["tr", "az", "tk", "crh"],
    &["he", "iw", "yi"],
    &["tl", "fil", "ceb"],
    &["bn", "as", "bpy"],
];

/// Words of a text in Chinese characters alone, with fewer of which it may be in Japanese or Korean as well.
const ENOUGH: usize = 12;

/// What a person should know where the words of `script` are in another language than it says: a sentence without a period.
pub(super) fn other_language(script: &Script) -> Option<String> {
    let mut said = String::new();
    for scene in &script.scenes {
        videogen_text::append(&mut said, &scene.narration);
    }
    let stated = script.language.as_str();
    let found = detect_language(&said);
    let mismatch = script_mismatch(&said, stated);
    let looks = match (mismatch, found) {
        (_, Some(found)) if !is_like(found, stated) && !may_be_han(found, stated, &said) => {
            language_name(found).unwrap_or(found).to_owned()
        }
        (Some(mismatch), _) => format!("{} letters", mismatch.script),
        _ => return None,
    };
    let name = language_name(stated).unwrap_or(stated);
    Some(format!(
        "the script says that it is in {name}, but its words look like {looks}; say which language they are in if it is another"
    ))
}

/// Whether a text that was found to be in Chinese may be in a language that has its characters, too.
fn may_be_han(found: &str, stated: &str, said: &str) -> bool {
    found == "cmn"
        && matches!(primary_subtag(stated).as_str(), "ja" | "ko")
        && videogen_text::word_count(said) < ENOUGH
}

/// Whether two languages are the same, or too near to be told apart here.
fn is_like(one: &str, other: &str) -> bool {
    let (one, other) = (primary_subtag(one), primary_subtag(other));
    let (one, other) = (one.as_str(), other.as_str());
    one == other
        || ALIKE
            .iter()
            .any(|alike| alike.contains(&one) && alike.contains(&other))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(words: &str, language: &str) -> Option<String> {
        other_language(&Script {
            title: String::new(),
            language: language.to_owned(),
            scenes: vec![videogen_types::Scene {
                narration: words.to_owned(),
                picture: String::new(),
                negative: None,
                media: Vec::new(),
            }],
            hashtags: Vec::new(),
        })
    }

    #[test]
    fn words_of_another_language_are_told() {
        let german = "Das Meer ist tief und kalt.";
        for (words, language, looks) in [
            (german, "ru", "German"),
            (german, "fr-CA", "German"),
            ("The sea is deep and cold.", "ru", "Latin letters"),
            ("Море широкое и глубокое.", "de", "Russian"),
            ("海很深，里面很冷。", "en", "Chinese"),
            ("海は深い。", "zh", "Japanese"),
        ] {
            let warning = told(words, language).expect(words);
            assert!(warning.contains(looks), "{warning}");
        }
        for (words, language) in [
            (german, "de-AT"),
            ("The sea is deep and cold.", "en-GB"),
            ("海很深，里面很冷。", "zh-TW"),
            ("海很深，里面很冷。", "yue"),
            ("1990!", "ru"),
            ("深海探検", "ja"),
            ("Море је дубоко и хладно.", "sr"),
        ] {
            assert_eq!(told(words, language), None, "{words}");
        }
    }
}
