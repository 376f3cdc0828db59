//! Tags of languages (BCP 47).

/// The primary subtag of a language tag, in lower case: `pt` of `pt-BR`, of `pt_BR` too. Empty for an empty tag.
#[must_use]
pub fn primary_subtag(tag: &str) -> String {
    tag.split(['-', '_'])
        .next()
        .unwrap_or_default()
        .to_ascii_lowercase()
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
}
