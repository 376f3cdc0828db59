//! Where a long word may be parted with a hyphen.

use hypher::Lang;

/// Returns where `word` may be parted with a hyphen, as byte offsets in order, by the patterns of TeX for the language (a
/// BCP 47 tag). Empty where there are none for it, and for what is no single word of letters.
///
/// Patterns are there for Czech, Danish, Dutch, English, Finnish, French, German, Greek, Italian, Polish, Portuguese,
/// Russian, Spanish, Swedish, Turkish and Ukrainian.
#[must_use]
pub fn hyphenation_points(word: &str, language: &str) -> Vec<usize> {
    let tag = crate::primary_subtag(language);
    let Some(language) = tag.as_bytes().try_into().ok().and_then(Lang::from_iso) else {
        return Vec::new();
    };
    // Punctuation at the ends is no part of what the patterns know.
    let start = word.find(char::is_alphabetic).unwrap_or(word.len());
    let inner = word[start..].trim_end_matches(|c: char| !c.is_alphabetic());
    if !inner.chars().all(char::is_alphabetic) {
        return Vec::new();
    }
    let mut at = start;
    let mut points: Vec<usize> = hypher::hyphenate(inner, language)
        .map(|syllable| {
            at += syllable.len();
            at
        })
        .collect();
    points.pop();
    points
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parted(word: &str, language: &str) -> String {
        let mut parted = word.to_owned();
        for point in hyphenation_points(word, language).into_iter().rev() {
            parted.insert(point, '-');
        }
        parted
    }

    #[test]
    fn words_are_parted_as_their_language_does() {
        assert_eq!(parted("“extensive”.", "en-GB"), "“ex-ten-sive”.");
        assert_eq!(parted("Donaudampfschiff", "de"), "Do-nau-dampf-schiff");
        assert_eq!(
            parted("достопримечательность", "ru"),
            "до-сто-при-ме-ча-тель-ность"
        );
        assert_eq!(parted("extensive", "xx"), "extensive");
        assert_eq!(parted("www.example.com", "en"), "www.example.com");
        assert_eq!(parted("", "en"), "");
        assert_eq!(parted("…", "en"), "…");
    }
}
