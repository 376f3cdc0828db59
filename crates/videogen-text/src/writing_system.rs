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
    /// Punjabi letters.
    Gurmukhi,
    /// Gujarati letters.
    Gujarati,
    /// Odia letters.
    Odia,
    /// Tamil letters.
    Tamil,
    /// Telugu letters.
    Telugu,
    /// Kannada letters.
    Kannada,
    /// Malayalam letters.
    Malayalam,
    /// Sinhala letters.
    Sinhala,
    /// Thai letters.
    Thai,
    /// Lao letters.
    Lao,
    /// Khmer letters.
    Khmer,
    /// Burmese letters.
    Myanmar,
    /// Armenian letters.
    Armenian,
    /// Georgian letters.
    Georgian,
    /// Amharic, Tigrinya …
    Ethiopic,
    /// Anything else, of which nothing is known here.
    Other,
}

/// Main blocks of the Unicode chart (Blocks.txt); rare extensions fall under `Other`, which only means "no advice".
const BLOCKS: &[(u32, u32, WritingSystem)] = &[
    (0x0041, 0x024F, WritingSystem::Latin),
    (0x0370, 0x03FF, WritingSystem::Greek),
    (0x0400, 0x052F, WritingSystem::Cyrillic),
    (0x0530, 0x058F, WritingSystem::Armenian),
    (0x0590, 0x05FF, WritingSystem::Hebrew),
    (0x0600, 0x06FF, WritingSystem::Arabic),
    (0x0750, 0x077F, WritingSystem::Arabic),
    (0x08A0, 0x08FF, WritingSystem::Arabic),
    (0x0900, 0x097F, WritingSystem::Devanagari),
    (0x0980, 0x09FF, WritingSystem::Bengali),
    (0x0A00, 0x0A7F, WritingSystem::Gurmukhi),
    (0x0A80, 0x0AFF, WritingSystem::Gujarati),
    (0x0B00, 0x0B7F, WritingSystem::Odia),
    (0x0B80, 0x0BFF, WritingSystem::Tamil),
    (0x0C00, 0x0C7F, WritingSystem::Telugu),
    (0x0C80, 0x0CFF, WritingSystem::Kannada),
    (0x0D00, 0x0D7F, WritingSystem::Malayalam),
    (0x0D80, 0x0DFF, WritingSystem::Sinhala),
    (0x0E00, 0x0E7F, WritingSystem::Thai),
    (0x0E80, 0x0EFF, WritingSystem::Lao),
    (0x1000, 0x109F, WritingSystem::Myanmar),
    (0x10A0, 0x10FF, WritingSystem::Georgian),
    (0x1100, 0x11FF, WritingSystem::Hangul),
    (0x1200, 0x139F, WritingSystem::Ethiopic),
    (0x1780, 0x17FF, WritingSystem::Khmer),
    (0x1C90, 0x1CBF, WritingSystem::Georgian),
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

    /// What is known of it; nothing of what the table does not have.
    fn entry(self) -> Option<&'static Entry> {
        TABLE.iter().find(|entry| entry.system == self)
    }

    pub(crate) fn name(self) -> &'static str {
        self.entry().map_or("other", |entry| entry.name)
    }

    /// Its letters, for people: `Chinese characters`, `Thai letters`.
    #[must_use]
    pub fn letters(self) -> String {
        match self {
            Self::Han => "Chinese characters".to_owned(),
            Self::Kana => "kana".to_owned(),
            other => format!("{} letters", other.name()),
        }
    }

    /// The language that most text in this script is in, as espeak-ng calls it; `None` for Latin and the unknown.
    pub(crate) fn usual_language(self) -> Option<&'static str> {
        self.entry().and_then(|entry| entry.usual)
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

    /// Whether texts in `language` (primary tag) are written in this script.
    pub(crate) fn is_read_by(self, language: &str) -> bool {
        match self {
            Self::Latin => !OTHER_SCRIPT_LANGUAGES.contains(&language),
            // No advice about scripts the table does not know.
            Self::Other => true,
            _ => self
                .entry()
                .is_some_and(|entry| entry.languages.contains(&language)),
        }
    }

    /// The scripts that texts in a language (BCP 47 tag) always have. None for languages that are written in Latin letters, be
    /// it beside others.
    #[must_use]
    pub fn usual_of(language: &str) -> Vec<Self> {
        let language = primary_subtag(language);
        if !OTHER_SCRIPT_LANGUAGES.contains(&&*language) {
            return Vec::new();
        }
        let all = TABLE.iter().map(|entry| entry.system);
        // Korean has Chinese characters in brackets, if at all.
        all.filter(|system| system.is_read_by(&language) && *system != Self::Latin)
            .filter(|system| !(language == "ko" && *system == Self::Han))
            .collect()
    }
}

/// What is known of a script.
struct Entry {
    system: WritingSystem,
    name: &'static str,
    /// The language that most text in it is in, as espeak-ng calls it.
    usual: Option<&'static str>,
    /// Primary tags of the languages that are written in it.
    languages: &'static [&'static str],
}

const fn entry(
    system: WritingSystem,
    name: &'static str,
    usual: Option<&'static str>,
    languages: &'static [&'static str],
) -> Entry {
    Entry {
        system,
        name,
        usual,
        languages,
    }
}

#[rustfmt::skip] // a table
static TABLE: &[Entry] = &[
    entry(WritingSystem::Latin, "Latin", None, &[]),
    entry(WritingSystem::Han, "Han", Some("cmn"), &["zh", "cmn", "yue", "wuu", "hak", "nan", "ja", "ko"]),
    entry(WritingSystem::Kana, "kana", Some("ja"), &["ja"]),
    entry(WritingSystem::Hangul, "Hangul", Some("ko"), &["ko"]),
    entry(WritingSystem::Cyrillic, "Cyrillic", Some("ru"),
        &["ru", "uk", "be", "bg", "sr", "mk", "kk", "ky", "mn", "tg", "tt", "ba", "cv", "nog"]),
    entry(WritingSystem::Greek, "Greek", Some("el"), &["el", "grc"]),
    entry(WritingSystem::Arabic, "Arabic", Some("ar"), &["ar", "fa", "ur", "sd", "ug", "ps", "ckb", "ku"]),
    entry(WritingSystem::Hebrew, "Hebrew", Some("he"), &["he", "iw", "yi"]),
    entry(WritingSystem::Devanagari, "Devanagari", Some("hi"), &["hi", "mr", "ne", "kok", "sa", "bho"]),
    entry(WritingSystem::Bengali, "Bengali", Some("bn"), &["bn", "as", "bpy"]),
    entry(WritingSystem::Gurmukhi, "Gurmukhi", Some("pa"), &["pa"]),
    entry(WritingSystem::Gujarati, "Gujarati", Some("gu"), &["gu"]),
    entry(WritingSystem::Odia, "Odia", Some("or"), &["or"]),
    entry(WritingSystem::Tamil, "Tamil", Some("ta"), &["ta"]),
    entry(WritingSystem::Telugu, "Telugu", Some("te"), &["te"]),
    entry(WritingSystem::Kannada, "Kannada", Some("kn"), &["kn"]),
    entry(WritingSystem::Malayalam, "Malayalam", Some("ml"), &["ml"]),
    entry(WritingSystem::Sinhala, "Sinhala", Some("si"), &["si"]),
    entry(WritingSystem::Thai, "Thai", Some("th"), &["th"]),
    entry(WritingSystem::Lao, "Lao", Some("lo"), &["lo"]),
    entry(WritingSystem::Khmer, "Khmer", Some("km"), &["km"]),
    entry(WritingSystem::Myanmar, "Myanmar", Some("my"), &["my", "shn"]),
    entry(WritingSystem::Armenian, "Armenian", Some("hy"), &["hy"]),
    entry(WritingSystem::Georgian, "Georgian", Some("ka"), &["ka"]),
    entry(WritingSystem::Ethiopic, "Ethiopic", Some("am"), &["am", "ti"]),
];

/// Languages that are usually not written in Latin letters.
const OTHER_SCRIPT_LANGUAGES: &[&str] = &[
    "zh", "cmn", "yue", "wuu", "hak", "ja", "ko", "ru", "uk", "be", "bg", "mk", "kk", "ky", "el",
    "grc", "ar", "fa", "ur", "sd", "ug", "ps", "ckb", "he", "iw", "yi", "hi", "mr", "ne", "kok",
    "bn", "as", "bpy", "ta", "th", "lo", "km", "my", "shn", "ti", "ka", "hy", "am", "gu", "kn",
    "ml", "or", "pa", "si", "te",
];

/// How many letters of each script, most first.
pub(crate) fn census(text: &str) -> Vec<(WritingSystem, usize)> {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn languages_have_their_scripts() {
        for (language, systems) in [
            ("ja", vec![WritingSystem::Han, WritingSystem::Kana]),
            ("zh-TW", vec![WritingSystem::Han]),
            ("ko", vec![WritingSystem::Hangul]),
            ("fa", vec![WritingSystem::Arabic]),
            ("ka", vec![WritingSystem::Georgian]),
            // Written in two scripts, so that neither is certain.
            ("sr", vec![]),
            ("de", vec![]),
        ] {
            assert_eq!(WritingSystem::usual_of(language), systems, "{language}");
        }
        assert_eq!(WritingSystem::Han.letters(), "Chinese characters");
        assert_eq!(WritingSystem::Thai.letters(), "Thai letters");
    }
}
