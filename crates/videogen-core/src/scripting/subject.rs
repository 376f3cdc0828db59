//! Whether a script is about its topic: its words, or their stems, occur in it. Pure.

use unicode_normalization::char::is_combining_mark;

use super::language;
use super::opening::words;

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

/// Whether a script that says `said` is about `topic`. `subject` is what the model calls that in the language of the script:
/// it counts where the topic is not in that language. A topic without words that say something is met by anything.
pub(super) fn is_met(topic: &str, subject: Option<&str>, said: &str, tag: &str) -> bool {
    let asked = stems(topic);
    if asked.is_empty() {
        return true;
    }
    let said = words(said);
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
    let other = words(other);
    stems(topic).iter().any(|stem| occurs(stem, &other))
}

/// Beginnings of the words that say something. Where no spaces are written each character is a word, and two are looked
/// for together.
fn stems(text: &str) -> Vec<Vec<String>> {
    let words = words(text);
    let mut stems: Vec<Vec<String>> = words
        .windows(2)
        .filter(|pair| pair.iter().all(|word| is_sign(word)))
        .map(<[String]>::to_vec)
        .collect();
    for word in &words {
        let letters = word.chars().filter(|c| !is_combining_mark(*c)).count();
        if is_sign(word)
            || letters < SHORTEST
            || EMPTY.contains(&word.as_str())
            || language::is_frequent(word)
        {
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
    letters
        .next()
        .is_some_and(|c| c >= '\u{2e80}' || ('\u{0e00}'..'\u{1000}').contains(&c))
        && letters.all(is_combining_mark)
}

/// What inflection leaves of a word: three of five letters, and no fewer than four where there are as many.
fn stem(word: &str) -> String {
    let count = word.chars().count();
    let kept = (count * 3).div_ceil(5).max(4);
    word.chars().take(kept).collect()
}

fn occurs(stem: &[String], said: &[String]) -> bool {
    match stem {
        [one] => said.iter().any(|word| word.starts_with(one.as_str())),
        several => said.windows(several.len()).any(|window| window == several),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_script_is_about_its_topic_or_not() {
        let octopus = "An octopus has three hearts, and two of them beat for its gills.";
        let tiefsee = "Tief unten im Meer, wo kein Licht hinkommt, leuchten kleine Tiere.";
        for (topic, subject, said, tag, met) in [
            ("why octopuses have three hearts", None, octopus, "en", true),
            ("the octopus", None, octopus, "en", true),
            ("how volcanoes erupt", Some("octopus"), octopus, "en", false),
            (
                "life in the deep sea",
                Some("das Leben im Meer"),
                tiefsee,
                "de",
                true,
            ),
            (
                "life in the deep sea",
                Some("Vulkane"),
                tiefsee,
                "de",
                false,
            ),
            ("life in the deep sea", None, tiefsee, "de", true),
            ("Leuchtende Tiere der Tiefsee", None, tiefsee, "de", true),
            (
                "Vulkane und ihre Ausbrüche",
                Some("Meer"),
                "Die Lava ist heiß.",
                "de",
                false,
            ),
            (
                "深海の生き物",
                None,
                "光の届かない深海には、不思議な生き物がいます。",
                "ja",
                true,
            ),
            (
                "火山",
                Some("海"),
                "光の届かない深海には、不思議な生き物がいます。",
                "ja",
                false,
            ),
            (
                "जंगल के हाथी",
                None,
                "हाथी जंगल का सबसे बड़ा जानवर है।",
                "hi",
                true,
            ),
            ("🌋🌋", None, octopus, "en", true),
            ("how to do it", None, octopus, "en", true),
        ] {
            assert_eq!(is_met(topic, subject, said, tag), met, "{topic} in {tag}");
        }
        assert!(is_alike("why bread rises", "Baking bread at home"));
        assert!(!is_alike("why bread rises", "the moon"));
    }
}
