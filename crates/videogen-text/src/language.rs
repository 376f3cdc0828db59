//! Tags of languages (BCP 47).

/// The primary subtag of a language tag, in lower case: `pt` of `pt-BR`, of `pt_BR` too. Empty for an empty tag.
#[must_use]
pub fn primary_subtag(tag: &str) -> String {
    tag.split(['-', '_'])
        .next()
        .unwrap_or_default()
        .to_ascii_lowercase()
}

/// Names of languages, as models know them, too.
#[rustfmt::skip] // a table
const NAMES: &[(&str, &str)] = &[
    ("af", "Afrikaans"), ("ar", "Arabic"), ("be", "Belarusian"), ("bg", "Bulgarian"), ("bn", "Bengali"), ("ca", "Catalan"),
    ("cmn", "Mandarin Chinese"), ("cs", "Czech"), ("cy", "Welsh"), ("da", "Danish"), ("de", "German"), ("el", "Greek"),
    ("en", "English"), ("eo", "Esperanto"), ("es", "Spanish"), ("et", "Estonian"), ("eu", "Basque"), ("fa", "Persian"),
    ("fi", "Finnish"), ("fr", "French"), ("ga", "Irish"), ("gl", "Galician"), ("gu", "Gujarati"), ("he", "Hebrew"), ("hi", "Hindi"),
    ("hr", "Croatian"), ("hu", "Hungarian"), ("hy", "Armenian"), ("id", "Indonesian"), ("is", "Icelandic"), ("it", "Italian"),
    ("ja", "Japanese"), ("ka", "Georgian"), ("kk", "Kazakh"), ("km", "Khmer"), ("kn", "Kannada"), ("ko", "Korean"), ("lo", "Lao"),
    ("lt", "Lithuanian"), ("lv", "Latvian"), ("mk", "Macedonian"), ("ml", "Malayalam"), ("mr", "Marathi"), ("ms", "Malay"),
    ("my", "Burmese"), ("nb", "Norwegian"), ("ne", "Nepali"), ("nl", "Dutch"), ("no", "Norwegian"), ("pa", "Punjabi"),
    ("pl", "Polish"), ("pt", "Portuguese"), ("ro", "Romanian"), ("ru", "Russian"), ("sk", "Slovak"), ("sl", "Slovenian"),
    ("sq", "Albanian"), ("sr", "Serbian"), ("sv", "Swedish"), ("sw", "Swahili"), ("ta", "Tamil"), ("te", "Telugu"), ("th", "Thai"),
    ("tl", "Tagalog"), ("tr", "Turkish"), ("uk", "Ukrainian"), ("ur", "Urdu"), ("uz", "Uzbek"), ("vi", "Vietnamese"),
    ("yue", "Cantonese"), ("zh", "Chinese"),
];

/// The English name of the language of a tag, without what the tag says of a region or a script; `None` for rare ones.
#[must_use]
pub fn language_name(tag: &str) -> Option<&'static str> {
    let language = primary_subtag(tag);
    let mut names = NAMES.iter();
    let own = names.find(|(known, _)| *known == language);
    own.map(|(_, name)| *name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_part_says_which_language() {
        for (tag, primary) in [
            ("pt-BR", "pt"),
            ("EN", "en"),
            ("zh_Hant_TW", "zh"),
            ("", ""),
        ] {
            assert_eq!(primary_subtag(tag), primary);
        }
    }

    #[test]
    fn languages_have_names() {
        assert_eq!(language_name("pt-BR"), Some("Portuguese"));
        assert_eq!(language_name("cmn"), Some("Mandarin Chinese"));
        assert_eq!(language_name("xx"), None);
    }
}
