//! Which scripts a voice has to read before it is taken for a text.

use crate::language::primary_subtag;
use crate::writing_system::{WritingSystem, census};

/// A script of the language itself counts from this share of the letters: one kanji in twenty is a word of every sentence.
const OWN: f64 = 0.05;
/// Another script counts when little else is in the text. Less are names, quotations and scenes in another language, and the
/// rest can be read.
const FOREIGN: f64 = 0.75;

/// The scripts that a voice for `text` in `language` (BCP 47 tag) has to read, those with most letters first.
///
/// Of a text that is not there yet, or has no letters, they are what the language is always written in. Latin letters are not
/// among them: every voice reads those.
#[must_use]
pub fn scripts_to_read(text: &str, language: &str) -> Vec<WritingSystem> {
    let usual = WritingSystem::usual_of(language);
    let counts = census(text);
    let all: usize = counts.iter().map(|(_, count)| count).sum();
    if all == 0 {
        return usual;
    }
    let primary = primary_subtag(language);
    let is_own = |system: &WritingSystem| {
        // Languages of two scripts (Serbian, Kurdish) own both; Korean borrows Chinese characters.
        usual.contains(system) || usual.is_empty() && system.is_letter_of(&primary)
    };
    let least = |system: &WritingSystem| if is_own(system) { OWN } else { FOREIGN };
    counts
        .iter()
        .filter(|(system, _)| !matches!(system, WritingSystem::Latin | WritingSystem::Other))
        .filter(|(system, count)| *count as f64 >= least(system) * all as f64)
        .map(|(system, _)| *system)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use WritingSystem::{Arabic, Cyrillic, Han, Hangul, Kana};

    #[test]
    fn a_voice_reads_what_the_language_and_the_text_are_written_in() {
        for (text, language, want) in [
            ("", "ja", vec![Han, Kana]),
            ("12 🎉", "zh", vec![Han]),
            ("", "de", vec![]),
            (
                "深海には、人間がまだ見たことのない秘密がたくさんあります。",
                "ja",
                vec![Kana, Han],
            ),
            ("さくらはとてもきれいです。", "ja", vec![Kana]),
            ("我用iPhone手机", "zh", vec![Han]),
            // A name in brackets.
            ("한국(韓國)은 아름다운 나라입니다.", "ko", vec![Hangul]),
            ("He said 你好 and left without a word", "en", vec![]),
            ("你好，世界", "en", vec![Han]),
            ("The sea is wide. Море широкое и глубокое.", "en", vec![]),
            ("Москва је лепа", "sr", vec![Cyrillic]),
            ("Moskva je lepa", "sr", vec![]),
            ("سڵاو", "ku", vec![Arabic]),
        ] {
            assert_eq!(
                scripts_to_read(text, language),
                want,
                "{text} in {language}"
            );
        }
    }
}
