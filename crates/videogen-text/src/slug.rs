//! A topic as a file name.

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;
use unicode_segmentation::UnicodeSegmentation;

const FALLBACK: &str = "video";

/// A file name (without extension) for `topic`, at most `max_bytes` bytes of UTF-8 (5 when less is asked for).
///
/// Letters and digits of any script stay, in lower case and compatibility-composed; everything else becomes a single
/// `-` between them. The result is never empty, never begins or ends with `-` or `.`, and is never a device name of
/// Windows ("Naming Files, Paths, and Namespaces", Microsoft Learn).
#[must_use]
pub fn slug(topic: &str, max_bytes: usize) -> String {
    let limit = max_bytes.max(FALLBACK.len());
    let folded: String = topic.nfkc().flat_map(char::to_lowercase).nfkc().collect();
    let mut name = String::with_capacity(folded.len().min(limit));
    for grapheme in folded.graphemes(true) {
        for c in grapheme.chars() {
            let after_letter = name.chars().next_back().is_some_and(|last| last != '-');
            if c.is_alphanumeric() || (is_combining_mark(c) && after_letter && !is_selector(c)) {
                name.push(c);
            } else if after_letter && !is_selector(c) {
                name.push('-');
            }
        }
        if name.trim_end_matches('-').len() > limit {
            break;
        }
    }
    cut(&mut name, limit);
    if name.is_empty() || !name.starts_with(char::is_alphanumeric) {
        return FALLBACK.to_owned();
    }
    if is_device(&name) {
        name.push_str("-video");
        if name.len() > limit {
            return FALLBACK.to_owned();
        }
    }
    name
}

fn cut(name: &mut String, limit: usize) {
    if name.len() > limit {
        let end = name
            .grapheme_indices(true)
            .map(|(at, g)| at + g.len())
            .take_while(|&end| end <= limit)
            .last();
        name.truncate(end.unwrap_or(0));
    }
    name.truncate(name.trim_end_matches('-').len());
}

/// Marks that only select a picture (U+FE00–FE0F and their supplement) or make a keycap.
fn is_selector(c: char) -> bool {
    matches!(c, '\u{FE00}'..='\u{FE0F}' | '\u{E0100}'..='\u{E01EF}' | '\u{20E3}')
}

fn is_device(name: &str) -> bool {
    matches!(name, "con" | "prn" | "aux" | "nul")
        || (name.len() == 4
            && (name.starts_with("com") || name.starts_with("lpt"))
            && name.ends_with(|c: char| c.is_ascii_digit()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn topics_become_names() {
        for (topic, name) in [
            ("The Deep Sea!", "the-deep-sea"),
            ("  5 facts -- about cats? ", "5-facts-about-cats"),
            ("海の生き物", "海の生き物"),
            ("हिन्दी भाषा", "हिन्दी-भाषा"),
            ("Çay & Café", "çay-café"),
            ("🚀🔥", "video"),
            ("", "video"),
            ("CON", "con-video"),
            ("com1", "com1-video"),
            ("COM¹", "com1-video"),
            ("../../etc/passwd", "etc-passwd"),
            (".hidden", "hidden"),
            ("1️⃣ thing", "1-thing"),
        ] {
            assert_eq!(slug(topic, 80), name, "{topic}");
        }
        assert_eq!(slug("nul", 5), "video");
        assert_eq!(slug("abcdefgh ijk", 9), "abcdefgh");
        assert_eq!(slug("ééééé", 5), "éé");
    }

    proptest! {
        #[test]
        fn a_slug_is_a_safe_file_name(topic in any::<String>(), max in 0_usize..90) {
            let name = slug(&topic, max);
            prop_assert!(!name.is_empty() && name.len() <= max.max(5));
            prop_assert!(!name.starts_with(['-', '.']) && !name.ends_with(['-', '.']) && !name.contains("--"));
            prop_assert!(name.chars().all(|c| c == '-' || c.is_alphanumeric() || is_combining_mark(c)));
            prop_assert!(!is_device(&name));
        }
    }
}
