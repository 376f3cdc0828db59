//! The languages of one script, told apart by letters that only one of them has.

use crate::writing_system::WritingSystem;

/// Letters that tell a language, in the order they are looked for; `needs` of them in a text are enough.
struct Sign {
    script: WritingSystem,
    language: &'static str,
    letters: &'static str,
    needs: usize,
}

const fn sign(
    script: WritingSystem,
    language: &'static str,
    letters: &'static str,
    needs: usize,
) -> Sign {
    Sign {
        script,
        language,
        letters,
        needs,
    }
}

/// Letters are in lower case. A letter that two languages have stands with the one that is written more, unless that comes first
/// by another.
static SIGNS: &[Sign] = &[
    sign(WritingSystem::Cyrillic, "kk", "әғқңөұүһ", 2),
    sign(WritingSystem::Cyrillic, "sr", "ђћ", 1),
    sign(WritingSystem::Cyrillic, "mk", "ѓќѕ", 1),
    sign(WritingSystem::Cyrillic, "sr", "јљњџ", 1),
    sign(WritingSystem::Cyrillic, "be", "ў", 1),
    sign(WritingSystem::Cyrillic, "uk", "їєґ", 1),
    sign(WritingSystem::Cyrillic, "ru", "ыэё", 1),
    sign(WritingSystem::Cyrillic, "uk", "і", 1),
    sign(WritingSystem::Arabic, "ug", "ۇۆۈۋ", 2),
    sign(WritingSystem::Arabic, "sd", "ٻڀٿڄڃڇڏڌڊڍڙڦڪڳڱڻ", 2),
    sign(WritingSystem::Arabic, "ps", "ټډړږښڼېۍ", 2),
    sign(WritingSystem::Arabic, "ckb", "ێڵڕۆ", 1),
    sign(WritingSystem::Arabic, "ur", "ٹڈڑںےہھ", 1),
    // Arabic writes ك and ي.
    sign(WritingSystem::Arabic, "fa", "پچژگکی", 1),
    sign(WritingSystem::Devanagari, "mr", "ळ", 1),
    sign(WritingSystem::Bengali, "as", "ৰৱ", 1),
    sign(WritingSystem::Myanmar, "shn", "ႁၵၶၸ", 2),
];

/// Words that tell a language where no letter does, in lower case; one of them is enough.
#[rustfmt::skip] // a table
static WORDS: &[(WritingSystem, &str, &[&str])] = &[
    (WritingSystem::Cyrillic, "mk", &["зошто", "што", "овој", "оваа"]),
    (WritingSystem::Cyrillic, "bg", &["защо", "със", "във", "е", "са", "ще", "това", "което", "които", "който", "най"]),
    (WritingSystem::Cyrillic, "sr", &["зашто", "је", "су", "шта", "како"]),
    (WritingSystem::Cyrillic, "uk", &["чому", "та", "про", "як", "це", "що"]),
    (WritingSystem::Devanagari, "mr", &["आहे", "आहेत", "आणि", "का", "कसे", "च्या", "होते", "होता"]),
    (WritingSystem::Devanagari, "ne", &["छ", "छन्", "छैन", "हो", "थियो", "कसरी", "किन", "गर्छ", "रहेको"]),
];

/// Words that are Hindi wherever they stand; they outweigh those above, some of which it has, too.
const HINDI: &[&str] = &[
    "है",
    "हैं",
    "का",
    "की",
    "के",
    "में",
    "और",
    "नहीं",
    "क्या",
    "यह",
    "था",
    "थी",
    "ने",
    "को",
    "से",
];

/// The language of a text in `script`, which is not Latin.
pub(super) fn language(script: WritingSystem, text: &str) -> Option<&'static str> {
    let lower = text.to_lowercase();
    let count = |letters: &str| lower.chars().filter(|c| letters.contains(*c)).count();
    let by_letters = SIGNS
        .iter()
        .filter(|sign| sign.script == script)
        .find(|sign| count(sign.letters) >= sign.needs);
    if let Some(sign) = by_letters {
        return Some(sign.language);
    }
    if script == WritingSystem::Cyrillic && has_bulgarian_yer(&lower) {
        return Some("bg");
    }
    let words = || {
        lower
            .split(|c: char| {
                c.is_whitespace() || c.is_ascii_punctuation() || "।॥،؟«»„“”—–".contains(c)
            })
            .filter(|word| !word.is_empty())
    };
    let usual = script.usual_language();
    if script == WritingSystem::Devanagari {
        let hindi = words().filter(|word| HINDI.contains(word)).count();
        let best = WORDS.iter().filter(|(of, ..)| *of == script);
        let best = best.map(|(_, language, own)| {
            (words().filter(|word| own.contains(word)).count(), *language)
        });
        return match best.max_by_key(|(count, _)| *count) {
            Some((count, language)) if count > hindi => Some(language),
            _ => usual,
        };
    }
    let by_words = WORDS.iter().filter(|(of, ..)| *of == script);
    let mut by_words = by_words.filter(|(.., own)| words().any(|word| own.contains(&word)));
    by_words.next().map(|(_, language, _)| *language).or(usual)
}

/// Bulgarian has ъ as a vowel between consonants and at the beginning; Russian has it before е, ё, ю and я only.
fn has_bulgarian_yer(lower: &str) -> bool {
    let mut after_yer = lower
        .split('ъ')
        .skip(1)
        .filter_map(|rest| rest.chars().next());
    after_yer.any(|next| next.is_alphabetic() && !"еёюя".contains(next))
}
