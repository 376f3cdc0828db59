//! Whether an espeak-ng voice can read a script, by what it answers when it is asked for the phonemes of a sample.
//!
//! A voice that has no rules for a letter names it: "Chinese letter", "Cyrillic em", "Thai letter E two zero", mostly in English,
//! which the answer marks with `(en)`. The Mandarin voice of 1.51 reads characters by their pinyin, and says that in English.

use videogen_text::WritingSystem;

/// A word (Han: three words of a character each) of common letters that are all different.
const SAMPLES: &[(WritingSystem, &str)] = &[
    (WritingSystem::Han, "山水人"),
    (WritingSystem::Kana, "さくら"),
    (WritingSystem::Hangul, "산과바다"),
    (WritingSystem::Cyrillic, "Москва"),
    (WritingSystem::Greek, "Αθήνα"),
    (WritingSystem::Arabic, "سلام"),
    (WritingSystem::Hebrew, "שלום"),
    (WritingSystem::Devanagari, "भारत"),
    (WritingSystem::Bengali, "বাংলা"),
    (WritingSystem::Gurmukhi, "ਪੰਜਾਬ"),
    (WritingSystem::Gujarati, "ગુજરાત"),
    (WritingSystem::Odia, "ଓଡ଼ିଆ"),
    (WritingSystem::Tamil, "தமிழ்"),
    (WritingSystem::Telugu, "తెలుగు"),
    (WritingSystem::Kannada, "ಕನ್ನಡ"),
    (WritingSystem::Malayalam, "മലയാളം"),
    (WritingSystem::Sinhala, "සිංහල"),
    (WritingSystem::Thai, "ภาษา"),
    (WritingSystem::Lao, "ພາສາ"),
    (WritingSystem::Khmer, "ភាសា"),
    (WritingSystem::Myanmar, "မြန်မာ"),
    (WritingSystem::Armenian, "Հայաստան"),
    (WritingSystem::Georgian, "საქართველო"),
    (WritingSystem::Ethiopic, "ኢትዮጵያ"),
];

/// From so many words on, what was said for a sample of one word are the names of its letters.
const SPELLED: usize = 3;

/// Returns a short text in a script; `None` where none is needed, because every voice reads it, or nothing is known of it.
pub(super) fn sample(system: WritingSystem) -> Option<&'static str> {
    let mut samples = SAMPLES.iter();
    let own = samples.find(|(known, _)| *known == system);
    own.map(|(_, text)| *text)
}

/// Whether `answer`, the phonemes that a voice of `language` gives for the sample of `system`, are those of somebody who can
/// read it.
pub(super) fn can_read(answer: &str, system: WritingSystem, language: &str) -> bool {
    let words: Vec<&str> = answer.split_whitespace().collect();
    let is_said = |word: &&str| word.chars().any(char::is_alphabetic);
    let said: Vec<&str> = words.iter().copied().filter(is_said).collect();
    if said.is_empty() {
        return false;
    }
    // Another voice than the English one takes over what it has rules for: English voices have Hindi read by the Hindi voice.
    let is_english = videogen_text::primary_subtag(language) == "en";
    if !is_english && answer.contains("(en") {
        return false;
    }
    let repeats = said.iter().enumerate();
    let mut repeats = repeats.filter(|(n, word)| said[..*n].contains(word));
    if repeats.next().is_some() {
        return false;
    }
    system == WritingSystem::Han || said.len() < SPELLED
}

#[cfg(test)]
mod tests {
    use super::*;
    use WritingSystem::{
        Arabic, Cyrillic, Devanagari, Ethiopic, Georgian, Greek, Han, Hangul, Hebrew, Kana,
        Myanmar, Thai,
    };

    /// What espeak-ng 1.51 answers.
    #[rustfmt::skip] // a table
    const ANSWERS: &[(&str, WritingSystem, &str, bool)] = &[
        ("cmn", Han, "(en)Sa55nw'055n(cmn)_| s.w'ei21_| (en)rE44ntu:11(cmn)_|", false),
        ("cmn", Han, "s.'a55n_| s.w'ei21_| z.'@35n_|", true),
        ("yue", Han, "s'aa1n_| s'eoi2_| j'a4n_|", true),
        ("hak", Han, "_:(en)tS'aI1ni:1z(hak)l'e1t@1 _:(en)tS'aI1ni:1z(hak)l'e1t@1 _:(en)tS'aI1ni:1z(hak)l'e1t@1", false),
        ("ja", Han, "_:(en)tS'aIni:z(ja)l'et@ _:(en)tS'aIni:z(ja)l'et@ _:(en)tS'aIni:z(ja)l'et@", false),
        ("de", Han, "Ci:n'e:zISb'u:xStA:b@ Ci:n'e:zISb'u:xStA:b@ Ci:n'e:zISb'u:xStA:b@", false),
        ("en-us", Han, "tS'aIni:zl,Et#3 tS'aIni:zl,Et#3 tS'aIni:zl,Et#3", false),
        ("ja", Kana, "sak'ur`a", true),
        ("en-us", Kana, "dZ'ap@ni:zl,Et#3 dZ'ap@ni:zl,Et#3 dZ'ap@ni:zl,Et#3", false),
        ("cmn", Kana, "_:(en)dZ'a55p@55ni:55z(cmn)@:22_| _:(en)dZa11p@11ni:11z(cmn)@:11_|", false),
        ("ko", Hangul, "s'anqwab,ada", true),
        ("en-us", Hangul, "(ko)s'anqwab,ada(en-us)", true),
        ("th", Thai, "ph'a5ssas", true),
        ("de", Thai, "_:(en)t'aI(de)b'u:xStA:b@_|'e:_|tsv'aI_|n'Ul_:", false),
        ("en-us", Thai, "t'aIl,Et#3_|'i:_|t'u:_|z'i@roU_: t'aIl,Et#3_|'i:_|Tr'i:_|t'u:_: t'aIl,Et#3_|'i:_|t'u:_|n'aIn_:", false),
        ("he", Hebrew, "Sal'om", true),
        ("ar", Arabic, "sal'Am", true),
        ("en-us", Arabic, "'ar@bIkm'i:m 'ar@bIkR2'A:? 'ar@bIkh'E? 'ar@bIkb'a 'ar@bIkal'if", false),
        ("ku", Arabic, "_:(en)'ar@bIk_:s'i:n _:'ar@bIk_:l'am _:'ar@bIk_:al'if _:'ar@bIk_:m'i:m(ku)", false),
        ("en-us", Devanagari, "(hi)b#'a:*@t(en-us)", true),
        ("ru", Cyrillic, "mVskv'A", true),
        ("es", Cyrillic, "Ti*'iliko__:(en)'Em(es) Ti*'iliko__:(en)'o:(es)", false),
        ("be", Cyrillic, "m'oskva#", true),
        ("el", Greek, "aT'ina", true),
        ("my", Myanmar, "mrn _| mts", true),
        ("ka", Georgian, "s'ak#art#v,elo", true),
        ("am", Ethiopic, "?'ityjop`yja", true),
        ("x", Han, "", false),
        ("x", Thai, "_| _:", false),
    ];

    #[test]
    fn voices_that_name_letters_cannot_read_them() {
        for (language, system, answer, want) in ANSWERS {
            assert_eq!(
                can_read(answer, *system, language),
                *want,
                "{language}, {system:?}: {answer}"
            );
        }
    }

    #[test]
    fn samples_are_in_their_script() {
        for (system, text) in SAMPLES {
            let letters = || text.chars().filter(|c| c.is_alphabetic());
            assert!(letters().all(|c| WritingSystem::of(c) == *system), "{text}");
            assert!(letters().count() >= 3, "{text}");
        }
        assert_eq!(sample(WritingSystem::Latin), None);
    }
}
