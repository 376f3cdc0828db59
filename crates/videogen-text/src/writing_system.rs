//! Which writing system a text is in, and whether a language's voice can read it.

use crate::language::primary_subtag;

/// Writing systems that decide which voice can read a text: scripts of the Unicode chart, Hiragana and Katakana as one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum WritingSystem {
    /// Latin letters.
    Latin,
    /// Chinese characters.
    Han,
    /// Hiragana and Katakana.
    Kana,
    /// Korean letters.
    Hangul,
    /// Russian, Ukrainian, Bulgarian …
    Cyrillic,
    /// Greek letters.
    Greek,
    /// Arabic, Persian, Urdu …
    Arabic,
    /// Hebrew letters.
    Hebrew,
    /// Hindi, Marathi, Nepali …
    Devanagari,
    /// Bengali letters.
    Bengali,
    /// Tamil letters.
    Tamil,
    /// Thai letters.
    Thai,
    /// Lao letters.
    Lao,
    /// Khmer letters.
    Khmer,
    /// Burmese letters.
    Myanmar,
    /// Anything else, of which nothing is known here.
    Other,
}

/// Main blocks of the Unicode chart (Blocks.txt); rare extensions fall under `Other`, which only means "no advice".
const BLOCKS: &[(u32, u32, WritingSystem)] = &[
    (0x0041, 0x024F, WritingSystem::Latin),
    (0x0370, 0x03FF, WritingSystem::Greek),
    (0x0400, 0x052F, WritingSystem::Cyrillic),
    (0x0590, 0x05FF, WritingSystem::Hebrew),
    (0x0600, 0x06FF, WritingSystem::Arabic),
    (0x0750, 0x077F, WritingSystem::Arabic),
    (0x08A0, 0x08FF, WritingSystem::Arabic),
    (0x0900, 0x097F, WritingSystem::Devanagari),
    (0x0980, 0x09FF, WritingSystem::Bengali),
    (0x0B80, 0x0BFF, WritingSystem::Tamil),
    (0x0E00, 0x0E7F, WritingSystem::Thai),
    (0x0E80, 0x0EFF, WritingSystem::Lao),
    (0x1000, 0x109F, WritingSystem::Myanmar),
    (0x1100, 0x11FF, WritingSystem::Hangul),
    (0x1780, 0x17FF, WritingSystem::Khmer),
    (0x1E00, 0x1EFF, WritingSystem::Latin),
    (0x1F00, 0x1FFF, WritingSystem::Greek),
    (0x3005, 0x3007, WritingSystem::Han),
    (0x3040, 0x30FF, WritingSystem::Kana),
    (0x3130, 0x318F, WritingSystem::Hangul),
    (0x31F0, 0x31FF, WritingSystem::Kana),
    (0x3400, 0x4DBF, WritingSystem::Han),
    (0x4E00, 0x9FFF, WritingSystem::Han),
    (0xAC00, 0xD7AF, WritingSystem::Hangul),
    (0xF900, 0xFAFF, WritingSystem::Han),
    (0xFB1D, 0xFB4F, WritingSystem::Hebrew),
    (0xFB50, 0xFDFF, WritingSystem::Arabic),
    (0xFE70, 0xFEFC, WritingSystem::Arabic),
    (0xFF21, 0xFF5A, WritingSystem::Latin),
    (0xFF66, 0xFF9F, WritingSystem::Kana),
    (0x20000, 0x323AF, WritingSystem::Han),
];

impl WritingSystem {
    /// The script of a character's block.
    pub fn of(c: char) -> Self {
        let code = u32::from(c);
        BLOCKS
            .iter()
            .find(|(first, last, _)| (*first..=*last).contains(&code))
            .map_or(Self::Other, |(_, _, script)| *script)
    }

    /// Whether words are written without spaces between them.
    pub fn is_unspaced(self) -> bool {
        matches!(
            self,
            Self::Han | Self::Kana | Self::Thai | Self::Lao | Self::Khmer | Self::Myanmar
        )
    }

    fn name(self) -> &'static str {
        match self {
            Self::Latin => "Latin",
            Self::Han => "Han",
            Self::Kana => "kana",
            Self::Hangul => "Hangul",
            Self::Cyrillic => "Cyrillic",
            Self::Greek => "Greek",
            Self::Arabic => "Arabic",
            Self::Hebrew => "Hebrew",
            Self::Devanagari => "Devanagari",
            Self::Bengali => "Bengali",
            Self::Tamil => "Tamil",
            Self::Thai => "Thai",
            Self::Lao => "Lao",
            Self::Khmer => "Khmer",
            Self::Myanmar => "Myanmar",
            Self::Other => "other",
        }
    }

    /// The language that most text in this script is in, as espeak-ng calls it; `None` for Latin and the unknown.
    fn usual_language(self) -> Option<&'static str> {
        Some(match self {
            Self::Han => "cmn",
            Self::Kana => "ja",
            Self::Hangul => "ko",
            Self::Cyrillic => "ru",
            Self::Greek => "el",
            Self::Arabic => "ar",
            Self::Hebrew => "he",
            Self::Devanagari => "hi",
            Self::Bengali => "bn",
            Self::Tamil => "ta",
            Self::Thai => "th",
            Self::Myanmar => "my",
            Self::Latin | Self::Lao | Self::Khmer | Self::Other => return None,
        })
    }

    /// Whether text in `language` (primary tag) may contain such letters: Latin ones always may, those of scripts the
    /// table does not know only in languages that are not written in Latin.
    pub fn is_letter_of(self, language: &str) -> bool {
        match self {
            Self::Latin => true,
            Self::Other => OTHER_SCRIPT_LANGUAGES.contains(&language),
            _ => self.is_read_by(language),
        }
    }

    /// Whether a voice of `language` (primary tag) reads this script.
    fn is_read_by(self, language: &str) -> bool {
        match self {
            Self::Han => matches!(
                language,
                "zh" | "cmn" | "yue" | "wuu" | "hak" | "nan" | "ja" | "ko"
            ),
            Self::Kana => language == "ja",
            Self::Hangul => language == "ko",
            Self::Cyrillic => {
                matches!(
                    language,
                    "ru" | "uk"
                        | "be"
                        | "bg"
                        | "sr"
                        | "mk"
                        | "kk"
                        | "ky"
                        | "mn"
                        | "tg"
                        | "tt"
                        | "ba"
                        | "cv"
                        | "nog"
                )
            }
            Self::Greek => matches!(language, "el" | "grc"),
            Self::Arabic => matches!(
                language,
                "ar" | "fa" | "ur" | "sd" | "ug" | "ps" | "ckb" | "ku"
            ),
            Self::Hebrew => matches!(language, "he" | "iw" | "yi"),
            Self::Devanagari => matches!(language, "hi" | "mr" | "ne" | "kok" | "sa" | "bho"),
            Self::Bengali => matches!(language, "bn" | "as" | "bpy"),
            Self::Tamil => language == "ta",
            Self::Thai => language == "th",
            Self::Lao => language == "lo",
            Self::Khmer => language == "km",
            Self::Myanmar => matches!(language, "my" | "shn"),
            Self::Latin => !OTHER_SCRIPT_LANGUAGES.contains(&language),
            // No advice about scripts the table does not know.
            Self::Other => true,
        }
    }
}

/// Languages that are usually not written in Latin letters.
const OTHER_SCRIPT_LANGUAGES: &[&str] = &[
    "zh", "cmn", "yue", "ja", "ko", "ru", "uk", "be", "bg", "mk", "kk", "ky", "el", "grc", "ar",
    "fa", "ur", "sd", "ug", "he", "hi", "mr", "ne", "kok", "bn", "as", "bpy", "ta", "th", "my",
    "shn", "ka", "hy", "am", "gu", "kn", "ml", "or", "pa", "si", "te",
];

/// A text whose letters the voice of the language would read badly or not at all.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ScriptMismatch {
    /// The script most of the foreign letters are in, for example `Han`.
    pub script: &'static str,
    /// The share of the text's letters the language does not use, 0..=1.
    pub share: f64,
    /// The language to use instead, when the script alone says it.
    pub suggestion: Option<&'static str>,
}

/// How many letters of each script, most first.
fn census(text: &str) -> Vec<(WritingSystem, usize)> {
    let mut counts: Vec<(WritingSystem, usize)> = Vec::new();
    for script in text
        .chars()
        .filter(|c| c.is_alphabetic())
        .map(WritingSystem::of)
    {
        match counts.iter_mut().find(|(known, _)| *known == script) {
            Some((_, count)) => *count += 1,
            None => counts.push((script, 1)),
        }
    }
    counts.sort_by(|a, b| b.1.cmp(&a.1).then(a.0.cmp(&b.0)));
    counts
}

/// The language of a text by its script alone, as a tag espeak-ng has a voice for (`he` and `th` only in newer versions).
///
/// `None` for Latin letters, in which dozens of languages are written, and when there are no letters. Han with any kana
/// is Japanese; Han alone is taken for Mandarin.
pub fn detect_language(text: &str) -> Option<&'static str> {
    let counts = census(text);
    let (script, _) = *counts.first()?;
    let has_kana = counts
        .iter()
        .any(|(script, _)| *script == WritingSystem::Kana);
    if script == WritingSystem::Han && has_kana {
        Some("ja")
    } else {
        script.usual_language()
    }
}

/// Whether more than 30 % of the letters are in a script that voices of `language` do not read.
///
/// Fewer are names and quotations, which every voice survives: espeak-ng announces the letters, flite passes over them.
pub fn script_mismatch(text: &str, language: &str) -> Option<ScriptMismatch> {
    const TOLERATED: f64 = 0.3;
    let language = primary_subtag(language);
    let counts = census(text);
    let all: usize = counts.iter().map(|(_, count)| count).sum();
    let foreign: Vec<&(WritingSystem, usize)> = counts
        .iter()
        .filter(|(script, _)| !script.is_read_by(&language))
        .collect();
    let share = foreign.iter().map(|(_, count)| count).sum::<usize>() as f64 / all.max(1) as f64;
    let (script, _) = **foreign.first()?;
    (share > TOLERATED).then(|| ScriptMismatch {
        script: script.name(),
        share,
        suggestion: detect_language(text),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scripts_name_their_usual_language() {
        for (text, language) in [
            ("你好，世界", Some("cmn")),
            ("日本語を話します", Some("ja")),
            ("コンピューター", Some("ja")),
            ("안녕하세요", Some("ko")),
            ("Привет, мир", Some("ru")),
            ("مرحبا بالعالم", Some("ar")),
            ("नमस्ते दुनिया", Some("hi")),
            ("Καλημέρα κόσμε", Some("el")),
            ("שלום עולם", Some("he")),
            ("สวัสดีชาวโลก", Some("th")),
            ("Hello, world", None),
            ("Hello 世界 and good morning", None),
            ("12345 🎉", None),
            ("", None),
        ] {
            assert_eq!(detect_language(text), language, "{text}");
        }
    }

    #[test]
    fn a_mismatch_is_reported_with_what_to_use() {
        let mismatch = script_mismatch("你好，世界", "en-US").unwrap();
        assert_eq!((mismatch.script, mismatch.suggestion), ("Han", Some("cmn")));
        assert!((mismatch.share - 1.0).abs() < 1e-9);
        assert_eq!(
            script_mismatch("Hello there", "zh").unwrap().suggestion,
            None
        );
        assert!(script_mismatch("你好", "zh").is_none());
        assert!(script_mismatch("私は学生です", "ja").is_none());
        assert!(script_mismatch("He said 你好 and left the room without a word", "en").is_none());
        assert!(script_mismatch("🎉 123", "en").is_none());
        assert!(script_mismatch("Straße und Brücke", "de").is_none());
    }
}
