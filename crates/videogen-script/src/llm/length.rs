//! How much is to be said: what is asked for, what is accepted, and what room an answer needs. Pure.

use std::ops::RangeInclusive;

use super::{ScriptRequest, language};
use crate::SPEAKING_RATES;
use crate::builtin;
use crate::file::MAX_SCENES;

/// The most words of a sentence that is easily said and heard.
const SENTENCE_WORDS: usize = 15;
/// The fewest words of a scene that say something.
const FEWEST: usize = 3;
/// So few words more or less are always accepted, as of the built-in writer.
const SLACK: usize = 3;

/// Words to aim for. Where each scene would get hardly a word, as few as can be.
pub(super) fn words(wish: &ScriptRequest) -> usize {
    let least = wish.scenes.map_or(0, |_| aim(wish) * FEWEST);
    wish.words.clamp(6, 2000).max(least)
}

/// Scenes to aim for.
pub(super) fn aim(wish: &ScriptRequest) -> usize {
    wish.scenes.map_or_else(
        || builtin::scene_count(wish.words.clamp(6, 2000)),
        |scenes| scenes.clamp(1, MAX_SCENES),
    )
}

/// Scenes that are as many as were asked for: by number, or about as many as the length suggests.
pub(super) fn scenes(wish: &ScriptRequest) -> RangeInclusive<usize> {
    let aim = aim(wish);
    match wish.scenes {
        Some(_) => aim..=aim,
        None => (aim - 1).max(1)..=(aim + 1).min(8),
    }
}

/// Words of each scene to aim for.
pub(super) fn each(wish: &ScriptRequest) -> RangeInclusive<usize> {
    around(words(wish) as f64 / aim(wish) as f64)
}

/// About so many words: what a model that does not count can keep to.
fn around(words: f64) -> RangeInclusive<usize> {
    let least = (words * 0.85).floor() as usize;
    let most = (words * 1.1).ceil() as usize;
    least.max(FEWEST - 1)..=most.max(FEWEST)
}

/// Words of a script that can be used, although it is not as long as was wished: the video's length follows its text.
pub(super) fn usable(wish: &ScriptRequest) -> RangeInclusive<usize> {
    let words = words(wish);
    (words / 4).max(FEWEST)..=words * 4 + 40
}

/// The longest narration of one scene, in characters: what is sent to the server, which ends a text there.
pub(super) fn longest_narration(wish: &ScriptRequest) -> usize {
    // A word has 4 to 12 characters with its space, and scenes need not be equally long.
    let words = *each(wish).end() * 2;
    let characters = match language::characters_a_word(&wish.language) {
        Some(characters) => words * (characters + 1),
        None => words * 9,
    };
    characters.clamp(120, 15_000)
}

/// Words that are accepted: what a voice brings to the wished length at a [rate](SPEAKING_RATES) that still sounds like a person.
pub(super) fn accepted(wish: &ScriptRequest) -> RangeInclusive<usize> {
    let words = words(wish);
    let least = (words as f64 * SPEAKING_RATES.0).ceil() as usize;
    let most = (words as f64 * SPEAKING_RATES.1).floor() as usize;
    least.min(words - SLACK)..=most.max(words + SLACK)
}

/// What is asked for, in words for the model: so much that it can keep to it sentence by sentence.
pub(super) fn wanted(wish: &ScriptRequest) -> String {
    let told = in_words(wish, aim(wish), &each(wish));
    format!("{told} About {} in all.", counted(words(wish), wish))
}

/// So many scenes with so many words each, in words.
pub(super) fn in_words(
    wish: &ScriptRequest,
    scenes: usize,
    each: &RangeInclusive<usize>,
) -> String {
    let middle = (each.start() + each.end()) / 2;
    let count = middle.div_ceil(SENTENCE_WORDS).max(1);
    let sentence = RangeInclusive::new((each.start() / count).max(2), each.end().div_ceil(count));
    let what = match count {
        1 => format!("one sentence of {}", ranged(&sentence, wish)),
        2..=4 => {
            let number = ["two", "three", "four"][count - 2];
            format!("{number} sentences of {} each", ranged(&sentence, wish))
        }
        _ => format!(
            "sentences of {}, {} in all",
            ranged(&sentence, wish),
            ranged(each, wish)
        ),
    };
    match scenes {
        1 => format!("one scene. Its narration is {what}."),
        several => format!("{several} scenes. The narration of each scene is {what}."),
    }
}

fn ranged(words: &RangeInclusive<usize>, wish: &ScriptRequest) -> String {
    format!(
        "{} to {}",
        counted_alone(*words.start(), wish),
        counted(*words.end(), wish)
    )
}

/// What is wrong with so many words in all, for the model to act on; `None` if nothing is.
pub(super) fn complaint(found: usize, wish: &ScriptRequest) -> Option<String> {
    let range = accepted(wish);
    if range.contains(&found) {
        return None;
    }
    let words = words(wish);
    let remedy = if found < words {
        format!("say about {} more", counted(words - found, wish))
    } else {
        format!("leave about {} out", counted(found - words, wish))
    };
    Some(format!(
        "have {} in all narrations together and must have {} to {}: {remedy}",
        counted(found, wish),
        counted_alone(*range.start(), wish),
        counted_alone(*range.end(), wish)
    ))
}

/// What to do about a scene of so many words where all have too many, or too few; `None` if it is not its fault.
pub(super) fn scene_complaint(found: usize, total: usize, wish: &ScriptRequest) -> Option<String> {
    let each = each(wish);
    let is_at_fault = if total < words(wish) {
        found < *each.start()
    } else {
        found > *each.end()
    };
    is_at_fault.then(|| {
        format!(
            "has {}: write {}",
            counted(found, wish),
            ranged(&each, wish)
        )
    })
}

/// The same for people: what was asked for and what came.
pub(super) fn remark(found: usize, wish: &ScriptRequest) -> String {
    let range = accepted(wish);
    format!(
        "the script has {} where {} to {} were asked for; the video's length follows the script",
        counted(found, wish),
        counted_alone(*range.start(), wish),
        counted_alone(*range.end(), wish)
    )
}

/// How far so many words are from those that are accepted, as a weight: 0 within, 100 for half or twice as many.
pub(super) fn distance(found: usize, wish: &ScriptRequest) -> u32 {
    let range = accepted(wish);
    let nearest = found.clamp(*range.start(), *range.end());
    let octaves = (found.max(1) as f64 / nearest.max(1) as f64).log2().abs();
    (octaves * 100.0).round() as u32
}

/// Models count words where there are spaces, and characters where there are none.
fn counted(words: usize, wish: &ScriptRequest) -> String {
    let unit = match language::characters_a_word(&wish.language) {
        Some(_) => "characters",
        None if words == 1 => "word",
        None => "words",
    };
    format!("{} {unit}", counted_alone(words, wish))
}

fn counted_alone(words: usize, wish: &ScriptRequest) -> usize {
    words * language::characters_a_word(&wish.language).unwrap_or(1)
}

/// Tokens that hold a question, its answer, and the question for its repair, which has the answer in it.
pub(super) fn context(wish: &ScriptRequest) -> u32 {
    // The prompts, the form and the openings of other videos.
    let question: u32 = 3500;
    question
        .saturating_add(tokens(wish).saturating_mul(2))
        .max(8192)
        .div_ceil(1024)
        .saturating_mul(1024)
}

/// About how many bytes an answer has, to tell how far one is.
pub(super) fn bytes(wish: &ScriptRequest) -> usize {
    words(wish) * 7 + aim(wish) * 300 + 600
}

/// The longest answer, in tokens. Half as much again as one needs: what is cut off is lost, what is not used costs nothing.
pub(super) fn tokens(wish: &ScriptRequest) -> u32 {
    let said = accepted(wish).end() * language::tokens_a_word(&wish.language);
    // A picture is 30 to 60 words, with the names of the fields; subject, title, look, tags and description.
    let answer = said + scenes(wish).end() * 130 + 500;
    u32::try_from(answer * 3 / 2).unwrap_or(u32::MAX)
}

/// A narration that ends with a whole sentence: what a server ended in the middle of one loses that one. `None` where
/// there is no whole one.
pub(super) fn whole_sentences(narration: &str, language: &str) -> Option<String> {
    let ends = |text: &str| {
        let text = text.trim_end_matches(['"', '\'', '”', '’', '»', ')', '」', '』', '）']);
        text.ends_with([
            '.', '!', '?', '…', '。', '！', '？', '।', '؟', '۔', '։', '።', '။', '។', ':', ';',
        ])
    };
    let sentences = videogen_text::sentences(narration, language);
    let (last, before) = sentences.split_last()?;
    if ends(last) {
        return Some(narration.to_owned());
    }
    let whole: Vec<&str> = before.iter().map(|one| one.trim()).collect();
    let ends_well = whole.last().is_some_and(|last| ends(last));
    let whole = whole.join(" ");
    (ends_well && videogen_text::word_count(&whole) > 0).then_some(whole)
}

/// Takes whole sentences out of narrations that are a little too long, as long as enough words are left. Not the first
/// sentence of a scene, nor the last of all: with it the script ends.
pub(super) fn shorten(narrations: &mut [String], accepted: &RangeInclusive<usize>, language: &str) {
    let total = |narrations: &[String]| -> usize {
        narrations
            .iter()
            .map(|said| videogen_text::word_count(said))
            .sum()
    };
    let mut words = total(narrations);
    // Of a script that is longer by half or more, what is left would not be one.
    if words >= accepted.end() * 3 / 2 {
        return;
    }
    while words > *accepted.end() {
        let last = narrations.len().saturating_sub(1);
        let removable = narrations.iter().enumerate().filter_map(|(at, said)| {
            let sentences = videogen_text::sentences(said, language);
            let kept_at_end = usize::from(at == last);
            let sentence = *sentences.get(1..)?.iter().rev().nth(kept_at_end)?;
            let left = words.checked_sub(videogen_text::word_count(sentence))?;
            let from = sentence.as_ptr() as usize - said.as_ptr() as usize;
            (left >= *accepted.start() && left < words).then(|| {
                (
                    videogen_text::word_count(said),
                    at,
                    from..from + sentence.len(),
                )
            })
        });
        // Of the longest scene: scenes stay about equally long.
        let Some((_, at, range)) = removable.max_by_key(|(words, at, _)| (*words, *at)) else {
            return;
        };
        narrations[at].replace_range(range, "");
        narrations[at] = videogen_text::clean(&narrations[at]);
        words = total(narrations);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::tests::wish;
    use super::*;

    #[test]
    fn words_and_characters_are_asked_for() {
        let english = ScriptRequest {
            words: 80,
            ..wish()
        };
        assert_eq!(
            wanted(&english),
            "4 scenes. The narration of each scene is two sentences of 8 to 11 words each. About 80 words in all."
        );
        let japanese = ScriptRequest {
            language: "ja".into(),
            scenes: Some(1),
            ..english.clone()
        };
        assert_eq!(
            wanted(&japanese),
            "one scene. Its narration is sentences of 22 to 30 characters, 136 to 176 characters in all. About 160 characters in all."
        );
        let short = ScriptRequest {
            words: 30,
            scenes: Some(3),
            ..english.clone()
        };
        assert_eq!(
            wanted(&short),
            "3 scenes. The narration of each scene is one sentence of 8 to 11 words. About 30 words in all."
        );
        assert_eq!(
            scene_complaint(20, 40, &short).unwrap(),
            "has 20 words: write 8 to 11 words"
        );
        assert_eq!(scene_complaint(10, 40, &short), None);
        assert_eq!(
            complaint(40, &english).unwrap(),
            "have 40 words in all narrations together and must have 68 to 100: say about 40 words more"
        );
    }

    #[test]
    fn what_was_ended_in_the_middle_ends_before_it() {
        for (said, whole) in [
            ("One two. Three four.", Some("One two. Three four.")),
            ("One two. Three fo", Some("One two.")),
            ("One two three", None),
            ("你好。今天天", Some("你好。")),
            // What is left has to have words.
            (". é", None),
        ] {
            assert_eq!(whole_sentences(said, "en").as_deref(), whole, "{said}");
        }
    }

    #[test]
    fn a_little_too_much_is_cut_at_sentences() {
        let mut narrations = [
            "One two three. Four five six. Seven eight.".to_owned(),
            "Nine ten. Eleven twelve.".to_owned(),
        ];
        shorten(&mut narrations, &(7..=10), "en");
        assert_eq!(
            narrations,
            ["One two three. Four five six.", "Nine ten. Eleven twelve."]
        );
        let mut unspaced = ["你好。今天天气很好。好吗？".to_owned(), "再见。".to_owned()];
        shorten(&mut unspaced, &(4..=5), "ja");
        assert_eq!(unspaced, ["你好。今天天气很好。", "再见。"]);
    }

    proptest! {
        #[test]
        fn what_is_asked_for_is_accepted(words in 0_usize..3000, scenes in prop::option::of(0_usize..60)) {
            let wish = ScriptRequest { words, scenes, ..wish() };
            prop_assert!(accepted(&wish).contains(&super::words(&wish)));
            prop_assert!(super::scenes(&wish).contains(&aim(&wish)));
            prop_assert!(*accepted(&wish).start() >= 1 && *super::scenes(&wish).start() >= 1);
            prop_assert_eq!(complaint(super::words(&wish), &wish), None);
            prop_assert_eq!(distance(super::words(&wish), &wish), 0);
            prop_assert!(usable(&wish).contains(accepted(&wish).start()) && usable(&wish).contains(accepted(&wish).end()));
            prop_assert!(!wanted(&wish).is_empty());
        }

        #[test]
        fn cutting_stays_above_the_least_and_keeps_both_ends(
            lengths in prop::collection::vec(prop::collection::vec(1_usize..9, 1..5), 1..6), least in 1_usize..60, room in 0_usize..20,
        ) {
            let sentence = |n: &usize| format!("{}.", vec!["word"; *n].join(" "));
            let mut narrations: Vec<String> = lengths
                .iter()
                .map(|scene| scene.iter().map(sentence).collect::<Vec<_>>().join(" "))
                .collect();
            let before = narrations.clone();
            let count = |all: &[String]| all.iter().map(|said| videogen_text::word_count(said)).sum::<usize>();
            shorten(&mut narrations, &(least..=least + room), "en");
            prop_assert!(count(&narrations) >= least.min(count(&before)));
            prop_assert!(narrations.iter().zip(&before).all(|(now, then)| videogen_text::sentences(now, "en")[0] == videogen_text::sentences(then, "en")[0]));
            let end = |all: &[String]| videogen_text::sentences(&all[all.len() - 1], "en").last().map(|last| (*last).to_owned());
            prop_assert_eq!(end(&narrations), end(&before));
        }
    }
}
