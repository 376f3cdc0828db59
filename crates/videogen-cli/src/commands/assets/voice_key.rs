//! What the key of a Piper voice says: `en_US-bryce-medium` is bryce, of American English, in medium quality.

use videogen_cdn::Asset;
use videogen_text::primary_subtag;

/// What the built-in voice of English is, where nobody names another: in the public domain, and of the owner's choice.
pub(crate) const USUAL_VOICE: &str = "en_US-bryce-medium";

/// The qualities of Piper, the one that is taken first at the front: two sentences take 2.2 s with `medium` and 4.8 s with
/// `high`, which is twice as large (measured with the program `piper` on two cores).
const QUALITIES: [&str; 4] = ["medium", "high", "low", "x_low"];

/// The quality that a key ends with, if it does.
pub(crate) fn quality(key: &str) -> Option<&str> {
    let (_, last) = key.rsplit_once('-')?;
    QUALITIES.contains(&last).then_some(last)
}

/// The place of a voice's quality among all, 0 the best.
fn rank(key: &str) -> usize {
    let found = quality(key).and_then(|is| QUALITIES.iter().position(|quality| *quality == is));
    found.unwrap_or(QUALITIES.len())
}

/// The languages of a voice, as `en-US`.
pub(crate) fn languages(voice: &Asset) -> Vec<String> {
    let mut tags: Vec<String> = voice.tags.iter().map(|tag| tag.replace('_', "-")).collect();
    if tags.is_empty() {
        // A registry that gives no tags; the key begins with one.
        let first = voice.id.as_str().split('-').next();
        tags.extend(first.map(|tag| tag.replace('_', "-")));
    }
    tags
}

/// Whether a voice speaks the language of this tag, whatever its region.
pub(crate) fn speaks(voice: &Asset, language: &str) -> bool {
    let wanted = primary_subtag(language);
    languages(voice)
        .iter()
        .any(|tag| primary_subtag(tag) == wanted)
}

/// The best of `voices` for a language: the one that is usual, one of the same region, one whose licence does not ask, then
/// by quality; the first by name among equals.
pub(crate) fn best<'a>(
    voices: impl IntoIterator<Item = &'a Asset>,
    language: &str,
) -> Option<&'a Asset> {
    let of_region = |voice: &Asset| {
        languages(voice)
            .iter()
            .any(|tag| tag.eq_ignore_ascii_case(language))
    };
    let speaking = voices.into_iter().filter(|voice| speaks(voice, language));
    speaking.min_by_key(|voice| {
        let duties = voice.licence.duties();
        (
            duties.no_derivatives,
            voice.id.as_str() != USUAL_VOICE || (language.contains('-') && !of_region(voice)),
            duties.asks(),
            !of_region(voice),
            rank(voice.id.as_str()),
            voice.id.clone(),
        )
    })
}

/// The voice that people call `name`, as `bryce` or `en_US-ryan`: of those that differ only in quality or region the one that
/// is best. `None` where the key is needed, because languages are different.
pub(crate) fn called<'a>(
    voices: impl IntoIterator<Item = &'a Asset>,
    name: &str,
) -> Option<&'a Asset> {
    let is_called = |voice: &&Asset| {
        let id = voice.id.as_str();
        quality(id)
            .and_then(|quality| id.strip_suffix(quality)?.strip_suffix('-'))
            .is_some_and(|speaker| {
                let of_all = speaker.split_once('-').map(|(_, of_all)| of_all);
                [Some(speaker), of_all]
                    .iter()
                    .flatten()
                    .any(|known| known.eq_ignore_ascii_case(name))
            })
    };
    let called: Vec<&Asset> = voices.into_iter().filter(is_called).collect();
    let language = languages(called.first()?).into_iter().next()?;
    if called.iter().all(|voice| speaks(voice, &language)) {
        best(called, &language)
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use videogen_cdn::{AssetKind, Registry, RegistryRules};

    use super::*;

    fn registry(voices: &[(&str, &str, &str)]) -> Registry {
        let text: Vec<String> = voices
            .iter()
            .map(|(id, tag, licence)| {
                format!(
                    "[[asset]]\nid = \"{id}\"\nkind = \"voice\"\ntitle = \"x\"\nlicence = \"{licence}\"\ntags = [\"{tag}\"]\nattribution = {{ title = \"x\", author = \"y\" }}\n\
                     file = [{{ name = \"{id}.onnx\", mirrors = [\"https://example.org/{id}.onnx\"] }}]\n"
                )
            })
            .collect();
        Registry::parse(&text.concat(), "test.toml", &RegistryRules::default()).expect("a registry")
    }

    fn best_of(voices: &[(&str, &str, &str)], language: &str) -> Option<String> {
        let registry = registry(voices);
        let best = best(registry.of_kind(AssetKind::Voice), language);
        best.map(|voice| voice.id.to_string())
    }

    #[test]
    fn the_best_voice_is_usual_or_free_or_good() {
        let voices = [
            ("de_DE-a-high", "de_DE", "unknown"),
            ("de_DE-b-low", "de_DE", "CC0-1.0"),
            ("en_US-amy-medium", "en_US", "unknown"),
            ("en_US-bryce-medium", "en_US", "PDM-1.0"),
            ("en_GB-alan-medium", "en_GB", "CC-BY-4.0"),
            ("pt_BR-x-medium", "pt_BR", "unknown"),
            ("pt_PT-y-x_low", "pt_PT", "unknown"),
            ("pt_PT-z-high", "pt_PT", "unknown"),
            ("xx_XX-n-medium", "xx_XX", "CC-BY-ND-4.0"),
            ("xx_XX-u-low", "xx_XX", "unknown"),
        ];
        for (language, expected) in [
            ("en", "en_US-bryce-medium"),
            ("en-US", "en_US-bryce-medium"),
            // The region that was asked for comes before the usual one.
            ("en-GB", "en_GB-alan-medium"),
            // One that may be used without a question comes before a better one.
            ("de", "de_DE-b-low"),
            ("pt-PT", "pt_PT-z-high"),
            ("pt-BR", "pt_BR-x-medium"),
            ("pt", "pt_BR-x-medium"),
            ("xx", "xx_XX-u-low"),
        ] {
            assert_eq!(
                best_of(&voices, language).as_deref(),
                Some(expected),
                "{language}"
            );
        }
        assert_eq!(best_of(&voices, "ja"), None);
    }

    #[test]
    fn the_built_in_registry_has_the_usual_voice_and_one_for_every_language_it_knows() {
        let built_in = Registry::built_in();
        let voices = || built_in.of_kind(AssetKind::Voice);
        let english = best(voices(), "en").expect("there is one");
        assert_eq!(english.id.as_str(), USUAL_VOICE);
        assert!(!english.licence.duties().asks());
        for voice in voices() {
            for language in languages(voice) {
                assert!(best(voices(), &language).is_some(), "{language}");
            }
        }
    }

    #[test]
    fn a_key_says_the_quality() {
        assert_eq!(quality("en_US-bryce-medium"), Some("medium"));
        assert_eq!(quality("nl_BE-rdh-x_low"), Some("x_low"));
        assert_eq!(quality("mine"), None);
    }

    #[test]
    fn a_voice_is_known_by_its_speaker() {
        let registry = Registry::built_in();
        let called = |name: &str| {
            let voices = registry.of_kind(AssetKind::Voice);
            called(voices, name).map(|voice| voice.id.as_str())
        };
        assert_eq!(called("bryce"), Some("en_US-bryce-medium"));
        assert_eq!(called("Ryan"), Some("en_US-ryan-medium"));
        assert_eq!(called("en_US-amy"), Some("en_US-amy-medium"));
        assert_eq!(called("nobody"), None);
        // mls speaks several languages.
        assert_eq!(called("mls"), None);
    }
}
