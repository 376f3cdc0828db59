//! How long a text takes to say, in words.

/// The number of spoken words in `text`. Additive: the count of two texts joined by a space is the sum of theirs.
///
/// A word is a run between spaces with a letter or a digit in it. Chinese and Japanese are written without spaces, and
/// their words average about two characters, so a run of those characters counts as half its length, rounded up. Thai,
/// Lao, Khmer and Burmese have no spaces either; there a word takes about four characters.
#[must_use]
pub fn word_count(text: &str) -> usize {
    text.split_whitespace()
        .map(|token| {
            let mut east_asian = 0_usize;
            let mut south_east_asian = 0_usize;
            let mut spaced = 0_usize;
            for c in token.chars().filter(|c| c.is_alphanumeric()) {
                if is_unspaced_east_asian(c) {
                    east_asian += 1;
                } else if matches!(c, '\u{0E00}'..='\u{0EFF}' | '\u{1000}'..='\u{109F}' | '\u{1780}'..='\u{17FF}') {
                    south_east_asian += 1;
                } else {
                    spaced = 1;
                }
            }
            spaced + east_asian.div_ceil(2) + south_east_asian.div_ceil(4)
        })
        .sum()
}

/// Han, kana and bopomofo: scripts that put no space between words.
fn is_unspaced_east_asian(c: char) -> bool {
    matches!(c,
        '\u{2E80}'..='\u{2FDF}' | '\u{3005}'..='\u{3007}' | '\u{3040}'..='\u{312F}' | '\u{31A0}'..='\u{31FF}'
        | '\u{3400}'..='\u{4DBF}' | '\u{4E00}'..='\u{9FFF}' | '\u{F900}'..='\u{FAFF}' | '\u{FF66}'..='\u{FF9D}'
        | '\u{20000}'..='\u{3FFFF}')
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn counts_what_is_spoken() {
        for (text, words) in [
            ("", 0),
            ("one", 1),
            ("It's a well-known fact — really: 3.14!", 6),
            ("🚀 🔥", 0),
            ("人工智能", 2),
            ("海", 1),
            ("東京タワー", 3),
            ("한국어 문장", 2),
            ("AI人工智能", 3),
            ("สวัสดีครับ", 3),
        ] {
            assert_eq!(word_count(text), words, "{text}");
        }
    }

    proptest! {
        #[test]
        fn joining_adds(a in "\\PC{0,40}", b in "\\PC{0,40}") {
            prop_assert_eq!(word_count(&format!("{a} {b}")), word_count(&a) + word_count(&b));
        }
    }
}
