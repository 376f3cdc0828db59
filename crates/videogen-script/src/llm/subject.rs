//! Whether a script is about its topic: its words, or their stems, occur in it. Pure.

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

use super::language;
use crate::opening::words;

/// Words of topics that say nothing of what they are about. Frequent words of languages are in [`language`].
#[rustfmt::skip] // a table
const EMPTY: &[&str] = &[
    "about", "all", "and", "are", "best", "can", "do", "does", "everything", "explain", "fact", "facts", "for", "from", "has", "have",
    "how", "into", "its", "know", "make", "makes", "more", "most", "need", "new", "not", "of", "our", "people", "reasons", "should", "story",
    "that", "the", "their", "them", "there", "these", "they", "thing", "things", "this", "three", "tips", "to", "top", "video", "was",
    "ways", "were", "what", "when", "where", "which", "who", "why", "will", "with", "without", "work", "works", "world", "you", "your",
    "warum", "wieso", "wer", "wann", "welche", "ihre", "dass", "pourquoi", "comment", "quand", "porque", "cuando", "como", "qué",
    "cómo", "perché", "come", "quando", "por", "que", "почему", "как", "что", "когда", "зачем",
];
/// Shorter words are no stems of anything.
const SHORTEST: usize = 3;
/// So many letters are looked for within other words as well: of a compound, behind an article that is written together.
const WITHIN: usize = 4;

/// Whether a script that says `said` is about `topic`. `subject` is what the model calls that in the language of the script:
/// it counts where the topic is not in that language. A topic without words that say something is met by anything.
pub(super) fn is_met(topic: &str, subject: Option<&str>, said: &str, tag: &str) -> bool {
    let asked = stems(topic);
    if asked.is_empty() {
        return true;
    }
    let said = folded(said);
    if asked.iter().any(|stem| occurs(stem, &said)) {
        return true;
    }
    if language::may_be(topic, tag) {
        return false;
    }
    // Without its name in the language of the script there is nothing to be looked for.
    subject.is_none_or(|subject| stems(subject).iter().any(|stem| occurs(stem, &said)))
}

/// Whether two topics have a word in common.
pub(super) fn is_alike(topic: &str, other: &str) -> bool {
    let other = folded(other);
    stems(topic).iter().any(|stem| occurs(stem, &other))
}

/// The words of a text without their accents, by which forms of a word differ, and taken apart at apostrophes.
fn folded(text: &str) -> Vec<String> {
    let words = words(text).into_iter();
    words
        .flat_map(|word| {
            let bare: String = if word.chars().any(is_foldable) {
                word.nfd().filter(|c| !is_accent(*c)).collect()
            } else {
                word
            };
            let parts = bare.split(['\'', '’', 'ʼ']).filter(|part| !part.is_empty());
            parts.map(str::to_owned).collect::<Vec<_>>()
        })
        .collect()
}

/// Letters whose accents say little of which word it is: Latin, Greek and Cyrillic ones.
fn is_foldable(c: char) -> bool {
    ('\u{c0}'..'\u{530}').contains(&c) || ('\u{1e00}'..'\u{2000}').contains(&c)
}

fn is_accent(c: char) -> bool {
    ('\u{300}'..'\u{370}').contains(&c)
}

/// Beginnings of the words that say something. Where no spaces are written each character is a word, and two are looked
/// for together.
fn stems(text: &str) -> Vec<Vec<String>> {
    let whole = words(text);
    let words = folded(text);
    let mut stems: Vec<Vec<String>> = words
        .windows(2)
        .filter(|pair| pair.iter().all(|word| is_sign(word)))
        .map(<[String]>::to_vec)
        .collect();
    let says_nothing = |word: &str| EMPTY.contains(&word) || language::is_frequent(word);
    for word in &words {
        let letters = word.chars().filter(|c| !is_combining_mark(*c)).count();
        // The lists have their accents.
        let with_accents = whole.iter().find(|other| folded(other) == [word.as_str()]);
        let empty = says_nothing(word) || with_accents.is_some_and(|other| says_nothing(other));
        let shortest = if word.chars().all(is_hangul) {
            2
        } else {
            SHORTEST
        };
        if is_sign(word) || letters < shortest || empty {
            continue;
        }
        stems.push(vec![stem(word)]);
    }
    // A topic of one character that means something.
    if stems.is_empty() && words.len() == 1 && is_sign(&words[0]) {
        stems.push(words);
    }
    stems
}

/// Whether a word is one character of a script without spaces.
fn is_sign(word: &str) -> bool {
    let mut letters = word.chars();
    let first = letters.next();
    first.is_some_and(|c| {
        (c >= '\u{2e80}' && !is_hangul(c)) || ('\u{0e00}'..'\u{1000}').contains(&c)
    }) && letters.all(is_combining_mark)
}

fn is_hangul(c: char) -> bool {
    ('\u{ac00}'..'\u{d7a4}').contains(&c)
}

/// Arabic and Hebrew write articles and prepositions before a word, and together with it.
fn is_prefixing(c: char) -> bool {
    ('\u{590}'..'\u{700}').contains(&c)
}

/// What inflection leaves of a word: three of five letters, no fewer than four where there are more than four, and three
/// of four. Of a Korean word its first two syllables, which particles follow.
fn stem(word: &str) -> String {
    let count = word.chars().count();
    if word.chars().all(is_hangul) {
        return word.chars().take(2).collect();
    }
    let bare = word.strip_prefix("ال").unwrap_or(word);
    let bare = if bare.chars().all(is_prefixing) && count > 4 {
        bare.strip_prefix(['ה', 'ל', 'ב', 'ו', 'מ', 'כ', 'ש'])
            .unwrap_or(bare)
    } else {
        bare
    };
    let count = bare.chars().count();
    let kept = match count {
        ..=4 => 3,
        _ => (count * 3).div_ceil(5).max(4),
    };
    bare.chars().take(kept).collect()
}

fn occurs(stem: &[String], said: &[String]) -> bool {
    match stem {
        [one] => {
            let within = one.chars().count() >= WITHIN
                || one.chars().all(|c| is_hangul(c) || is_prefixing(c));
            said.iter().any(|word| {
                word.starts_with(one.as_str()) || (within && word.contains(one.as_str()))
            })
        }
        several => said.windows(several.len()).any(|window| window == several),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const OCTOPUS: &str = "An octopus has three hearts, and two of them beat for its gills.";
    const TIEFSEE: &str = "Tief unten im Meer, wo kein Licht hinkommt, leuchten kleine Tiere.";
    const SHINKAI: &str = "光の届かない深海には、不思議な生き物がいます。";

    /// Topic, subject in the language, what is said, the language, and whether that is about the topic.
    #[rustfmt::skip] // a table
    const SAID: &[(&str, Option<&str>, &str, &str, bool)] = &[
        ("why octopuses have three hearts", None, OCTOPUS, "en", true),
        ("the octopus", None, OCTOPUS, "en", true),
        ("how volcanoes erupt", Some("octopus"), OCTOPUS, "en", false),
        ("life in the deep sea", Some("das Leben im Meer"), TIEFSEE, "de", true),
        ("life in the deep sea", Some("Vulkane"), TIEFSEE, "de", false),
        ("life in the deep sea", None, TIEFSEE, "de", true),
        ("Leuchtende Tiere der Tiefsee", None, TIEFSEE, "de", true),
        ("Vulkane und ihre Ausbrüche", Some("Meer"), "Die Lava ist heiß.", "de", false),
        ("深海の生き物", None, SHINKAI, "ja", true),
        ("火山", Some("海"), SHINKAI, "ja", false),
        ("जंगल के हाथी", None, "हाथी जंगल का सबसे बड़ा जानवर है।", "hi", true),
        ("cats", None, "A cat sleeps most of the day.", "en", true),
        ("the fall of Rome", None, "Every Roman road led to one city.", "en", true),
        ("Bäume", None, "Ein Baum trinkt durch seine Wurzeln.", "de", true),
        ("Wale", None, "Der Blauwal ist das größte Tier.", "de", true),
        ("l'océan", None, "Un océan couvre la Terre.", "fr", true),
        ("문어의 심장", None, "문어는 심장이 세 개입니다.", "ko", true),
        ("화산의 분출", None, "문어는 심장이 세 개입니다.", "ko", false),
        ("المحيط", None, "في قلب محيط عميق يسكن نور.", "ar", true),
        ("пчёлы", None, "Одна пчела облетает тысячу цветков.", "ru", true),
        ("volcanoes 🌋", Some("Vulkane"), "Ein Vulkan spuckt Feuer.", "de", true),
        ("🌋🌋", None, OCTOPUS, "en", true),
        ("how to do it", None, OCTOPUS, "en", true),
    ];

    #[test]
    fn a_script_is_about_its_topic_or_not() {
        for (topic, subject, said, tag, met) in SAID {
            assert_eq!(is_met(topic, *subject, said, tag), *met, "{topic} in {tag}");
        }
        assert!(is_alike("why bread rises", "Baking bread at home"));
        assert!(!is_alike("why bread rises", "the moon"));
    }
}
