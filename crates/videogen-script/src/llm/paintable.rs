//! What is painted: a description in English without anything written in it, and with the look that all pictures share.

use std::collections::BTreeSet;

use videogen_text::script_mismatch;

use super::speakable::{plain, without_labels};
use crate::opening::words;

/// The longest description of one picture, in characters: text encoders of the older models read some 75 tokens, and the
/// look follows.
pub(super) const PICTURE: usize = 300;
/// The longest look.
pub(super) const LOOK: usize = 180;
/// The longest list of what must not be seen.
const NEGATIVE: usize = 160;
/// The shortest description that shows something.
const SHORTEST: usize = 10;

/// Phrases by which a model wants letters in a picture, which painters cannot write, or wants none.
#[rustfmt::skip] // a table
const WRITING: &[&str] = &[
    "text", "texts", "caption", "captions", "subtitle", "subtitles", "lettering", "typography", "watermark", "logo", "logos",
    "speech bubble", "the words", "the word", "words reading", "that reads", "that says", "which reads", "which says",
    "sign reading", "sign saying", "banner reading", "written on", "written in", "infographic", "hashtag",
    "no words", "no letters", "no writing", "without words", "without letters",
];
/// The description of one picture; `Err` with what a model has to put right about it.
pub(super) fn picture(raw: &str) -> Result<String, &'static str> {
    let text = english(raw)?;
    let kept = without_writing(&text);
    // Where the writing was the picture, none is left.
    if kept.chars().count() < SHORTEST {
        return Err(
            "asks for writing in the picture: describe what is seen, without letters, signs or logos",
        );
    }
    Ok(cut(&kept, PICTURE))
}

/// A description in place of one that cannot be painted: what is said, or the subject, where either is in English; empty
/// where neither is, and only the look is left.
pub(super) fn instead(narration: &str, subject: &str) -> String {
    [narration, subject]
        .into_iter()
        .find_map(|text| picture(text).ok())
        .unwrap_or_default()
}

/// The look; `None` where there is none that a painter can use.
pub(super) fn look(raw: &str) -> Option<String> {
    let kept = without_writing(&english(raw).ok()?);
    let look = cut(&kept, LOOK);
    (look.chars().count() >= SHORTEST).then_some(look)
}

/// What must not be seen; `None` where there is nothing.
pub(super) fn negative(raw: &str) -> Option<String> {
    let text = english(raw).ok()?;
    let nothing = matches!(
        words(&text).join(" ").as_str(),
        "" | "none" | "no" | "nothing" | "n a" | "empty"
    );
    (!nothing).then(|| cut(&text, NEGATIVE))
}

/// A description with the look, unless it has the look in it.
pub(super) fn with_look(picture: &str, look: &str) -> String {
    let (seen, style): (BTreeSet<_>, BTreeSet<_>) = (
        words(picture).into_iter().collect(),
        words(look).into_iter().collect(),
    );
    if picture.is_empty() {
        return look.to_owned();
    }
    // Told to leave it out, models write it again in slightly other words.
    if style.intersection(&seen).count() * 5 >= style.len() * 4 {
        return picture.to_owned();
    }
    format!("{picture}, {look}")
}

fn english(raw: &str) -> Result<String, &'static str> {
    let text = plain(raw);
    let text = without_labels(&text);
    if script_mismatch(text, "en").is_some() {
        return Err("must be in English, whatever the language of the narration");
    }
    Ok(text.to_owned())
}

/// The text without its parts about writing. "No text" is one as well: painters that do not understand "no" take it for a
/// wish.
fn without_writing(text: &str) -> String {
    let parts = parts(text).into_iter().filter(|part| {
        let said = format!(" {} ", words(part).join(" "));
        let has = |phrase: &&str| said.contains(&format!(" {phrase} "));
        !WRITING.iter().any(has) && !quotes(part)
    });
    parts.collect::<Vec<_>>().join(", ")
}

/// What stands between commas, semicolons and full stops.
fn parts(text: &str) -> Vec<&str> {
    videogen_text::sentences(text, "en")
        .into_iter()
        .flat_map(|sentence| sentence.split([',', ';']))
        .map(|part| part.trim().trim_end_matches('.').trim())
        .filter(|part| !part.is_empty())
        .collect()
}

/// Whether a part has words in quotation marks: what it wants to be written.
fn quotes(part: &str) -> bool {
    let marks = part
        .chars()
        .filter(|c| matches!(c, '"' | '“' | '”' | '„' | '«' | '»'));
    marks.count() >= 2
}

fn cut(text: &str, most: usize) -> String {
    let (text, _) = videogen_text::cut_at_sentence(text, most, "en");
    text.trim_end_matches(['.', ',', ';', ' ']).to_owned()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn nothing_written_is_painted() {
        for (raw, painted) in [
            ("a dark sea, wide shot", Ok("a dark sea, wide shot")),
            (
                "Picture: a dark sea. Wide shot, no text.",
                Ok("a dark sea, Wide shot"),
            ),
            (
                "a wide dark sea at night with stars above, text overlay \"Deep\"",
                Ok("a wide dark sea at night with stars above"),
            ),
            (
                "a page of a book, 3.5 metres tall",
                Ok("a page of a book, 3.5 metres tall"),
            ),
            ("a sign that says \"Welcome\", a forest", Err(())),
            ("the words DEEP SEA in large letters", Err(())),
            ("深海里的水母在发光，广角镜头", Err(())),
        ] {
            assert_eq!(picture(raw).as_deref().map_err(|_| ()), painted, "{raw}");
        }
        assert_eq!(negative("None."), None);
        assert_eq!(negative("people, boats."), Some("people, boats".to_owned()));
        assert_eq!(look("文字"), None);
    }

    #[test]
    fn the_look_comes_once() {
        let look = "soft blue light, a small yellow submarine";
        assert_eq!(
            with_look("a reef", look),
            "a reef, soft blue light, a small yellow submarine"
        );
        for has in [
            "a reef, soft blue light, a small yellow submarine",
            "Soft, blue light. A yellow, small submarine dives",
        ] {
            assert_eq!(with_look(has, look), has);
        }
    }

    proptest! {
        #[test]
        fn pictures_are_bounded_and_joined_once(raw in "[a-e ,.;]{0,900}", look in "[a-e ,.]{1,700}") {
            if let (Ok(picture), Some(look)) = (picture(&raw), super::look(&look)) {
                let joined = with_look(&picture, &look);
                prop_assert!(joined.chars().count() <= PICTURE + LOOK + 2);
                prop_assert_eq!(with_look(&joined, &look), joined);
            }
        }
    }
}
