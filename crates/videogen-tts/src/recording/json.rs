//! The words that speech recognisers write as JSON.

use serde_json::{Map, Value};

use super::{Cue, subtitles};
use crate::Error;

/// What a text is called: by Whisper, Deepgram (which has the bare word beside the one with punctuation), aligners.
const TEXTS: &[&str] = &["punctuated_word", "word", "text", "value", "lines"];

/// Names of a start and an end, and how many of the unit are in a second.
const TIMES: &[(&str, &str)] = &[
    ("start", "end"),
    ("begin", "end"),
    ("from", "to"),
    ("start_time", "end_time"),
];

/// Lists of everything that is said, word by word, beside which the rest of a document says it again.
const WORDS: &[&str] = &["words", "word_segments"];

/// Less than this is no time for a word, in seconds.
const LEAST: f64 = 0.05;

/// Everything with a text and times in a JSON document, in its order.
///
/// # Errors
/// [`Error::Captions`] when it is no JSON.
pub(super) fn cues(text: &str) -> Result<Vec<Cue>, Error> {
    let value: Value =
        serde_json::from_str(text).map_err(|error| Error::captions(error.to_string()))?;
    Ok(of_value(&value, None))
}

/// What a value says that is in something with these times.
fn of_value(value: &Value, around: Option<(f64, f64)>) -> Vec<Cue> {
    match value {
        Value::Array(values) => of_list(values, around),
        Value::Object(object) => of_object(object),
        _ => Vec::new(),
    }
}

/// The finest parts count, if they say all of it: a segment whose words are timed is told by them.
fn of_object(object: &Map<String, Value>) -> Vec<Cue> {
    let own = cue(object);
    let around = own.as_ref().map(|own| (own.start, own.end));
    let words = WORDS
        .iter()
        .filter_map(|name| object.get(*name)?.as_array());
    let mut words = words.map(|words| of_list(words, around));
    let parts = words.find(|cues| !cues.is_empty()).unwrap_or_else(|| {
        // The pieces of words that a recogniser works with are no words.
        let others = object
            .iter()
            .filter(|(name, _)| own.is_none() || *name != "tokens");
        said_once(others.map(|(name, value)| match value {
            // What else it may have been.
            Value::Array(values) if name == "alternatives" => {
                let mut each = values.iter().map(|value| of_value(value, around));
                each.find(|cues| !cues.is_empty()).unwrap_or_default()
            }
            _ => of_value(value, around),
        }))
    });
    match own {
        Some(own) if letters(std::slice::from_ref(&own)) != letters(&parts) => vec![own],
        Some(own) if parts.is_empty() => vec![own],
        _ => parts,
    }
}

/// The letters and digits, whatever their case.
fn letters(cues: &[Cue]) -> String {
    let letters = cues.iter().flat_map(|cue| cue.text.chars());
    let letters = letters.filter(|c| c.is_alphanumeric());
    letters.flat_map(char::to_lowercase).collect()
}

/// The parts of a document, without those that say at the same time what others say: the finest of them are kept.
fn said_once(parts: impl Iterator<Item = Vec<Cue>>) -> Vec<Cue> {
    let mut kept: Vec<Vec<Cue>> = Vec::new();
    for part in parts {
        let again = kept.iter_mut().find(|kept| {
            let ((Some(a), Some(b)), (Some(c), Some(d))) =
                ((kept.first(), kept.last()), (part.first(), part.last()))
            else {
                return false;
            };
            a.start <= d.end && c.start <= b.end && letters(kept) == letters(&part)
        });
        match again {
            Some(kept) if kept.len() < part.len() => *kept = part,
            Some(_) => {}
            None => kept.push(part),
        }
    }
    kept.concat()
}

/// What the things in a list say. A word that has no time, as recognisers leave numbers and names, stands between its
/// neighbours; `around` are the times of what the list is in.
fn of_list(values: &[Value], around: Option<(f64, f64)>) -> Vec<Cue> {
    let texts = || {
        values
            .iter()
            .filter_map(|value| text_of(value.as_object()?))
    };
    let is_timed = values
        .iter()
        .filter_map(Value::as_object)
        .any(|object| cue(object).is_some());
    // Where words have their spaces with them, what has none goes on with a word.
    let is_spaced = texts().filter(|text| text.starts_with(' ')).count() * 2 > texts().count();
    let mut cues: Vec<Cue> = Vec::new();
    let mut waiting: Vec<String> = Vec::new();
    for value in values {
        let mut found = of_value(value, around);
        let Some(first) = found.first() else {
            let text = value.as_object().filter(|_| is_timed).and_then(text_of);
            waiting.extend(text.filter(|text| text.contains(char::is_alphanumeric)));
            continue;
        };
        let until = first.start;
        if let Some(last) = cues.last_mut()
            && is_spaced
            && waiting.is_empty()
            && found.len() == 1
            && goes_on(&last.text, &first.text)
        {
            last.text.push_str(&first.text);
            last.end = last.end.max(first.end);
            continue;
        }
        let from = cues
            .last()
            .map(|last| last.end)
            .or(around.map(|times| times.0));
        let between = from.map(|from| (from, until));
        place(
            &mut cues,
            std::mem::take(&mut waiting),
            between,
            Some(&mut found),
        );
        cues.append(&mut found);
    }
    if let Some(last) = cues.last() {
        let between = around.map(|times| (last.end, times.1));
        place(&mut cues, waiting, between, None);
    }
    cues
}

/// Whether a piece goes on with a word.
fn goes_on(before: &str, piece: &str) -> bool {
    before.ends_with(char::is_alphanumeric)
        && !piece.is_empty()
        && !piece.contains(char::is_whitespace)
}

/// Gives texts the time `between`, if that is long enough for them, and else a part of that of a neighbour.
fn place(
    cues: &mut Vec<Cue>,
    texts: Vec<String>,
    between: Option<(f64, f64)>,
    next: Option<&mut Vec<Cue>>,
) {
    if texts.is_empty() {
        return;
    }
    let least = LEAST * texts.len() as f64;
    if let Some((from, until)) = between.filter(|(from, until)| until - from >= least) {
        cues.extend(shared(texts, from, until));
    } else if let Some(last) = cues.pop() {
        let texts = std::iter::once(last.text).chain(texts).collect();
        cues.extend(shared(texts, last.start, last.end));
    } else if let Some(next) = next {
        let first = next.remove(0);
        let texts = texts.into_iter().chain([first.text]).collect();
        next.splice(..0, shared(texts, first.start, first.end));
    }
}

/// Texts that share a time by their length.
fn shared(texts: Vec<String>, from: f64, until: f64) -> Vec<Cue> {
    let length = |text: &String| text.chars().count() as f64;
    let total: f64 = texts.iter().map(length).sum();
    let mut done = 0.0;
    let each = texts.into_iter().map(|text| {
        let start = from + (until - from) * done / total.max(1.0);
        done += length(&text);
        let end = from + (until - from) * done / total.max(1.0);
        Cue { start, end, text }
    });
    each.collect()
}

/// What an object says, without the signs by which a recogniser steers itself: `[_TT_100]`, `<|0.00|>`.
fn text_of(object: &Map<String, Value>) -> Option<String> {
    let text = TEXTS.iter().find_map(|name| match object.get(*name)? {
        Value::String(text) => Some(text.clone()),
        Value::Array(lines) => {
            let lines: Option<Vec<&str>> = lines.iter().map(Value::as_str).collect();
            Some(lines?.join(" "))
        }
        _ => None,
    })?;
    Some(without(&without(&text, "[_", "]"), "<|", "|>"))
}

/// A text without what stands between two signs and has no white space in it.
fn without(text: &str, open: &str, close: &str) -> String {
    let mut kept = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, behind)) = rest.split_once(open) {
        kept.push_str(before);
        match behind.split_once(close) {
            Some((inside, after)) if !inside.contains(char::is_whitespace) => rest = after,
            _ => {
                kept.push_str(open);
                rest = behind;
            }
        }
    }
    kept.push_str(rest);
    kept
}

/// What an object says itself.
fn cue(object: &Map<String, Value>) -> Option<Cue> {
    let text = text_of(object)?;
    // whisper.cpp: {"offsets": {"from": 0, "to": 1200}}, in milliseconds.
    let (times, unit) = match object.get("offsets") {
        Some(Value::Object(offsets)) => (offsets, 1000.0),
        _ => (object, 1.0),
    };
    TIMES.iter().find_map(|(start, end)| {
        Some(Cue {
            start: seconds(times.get(*start)?)? / unit,
            end: seconds(times.get(*end)?)? / unit,
            text: text.clone(),
        })
    })
}

/// A number, or one written as text.
fn seconds(value: &Value) -> Option<f64> {
    value
        .as_f64()
        .or_else(|| subtitles::seconds(value.as_str()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_recognisers_write_is_understood() {
        for (who, text) in [
            (
                "a list",
                r#"[{"word": "Fish", "start": 1, "end": 1.5}, {"word": "swim", "start": 1.5, "end": 2}]"#,
            ),
            (
                "Whisper",
                r#"{"text": " Fish swim", "segments": [{"id": 0, "start": 1.0, "end": 2.0, "text": " Fish swim", "words":
                   [{"word": " Fish", "start": 1.0, "end": 1.5}, {"word": " swim", "start": 1.5, "end": 2.0}]}]}"#,
            ),
            (
                "OpenAI",
                r#"{"words": [{"word": "Fish", "start": 1.0, "end": 1.5}, {"word": "swim", "start": 1.5, "end": 2.0}],
                   "segments": [{"start": 1.0, "end": 2.0, "text": "Fish swim"}]}"#,
            ),
            (
                "whisper.cpp",
                r#"{"transcription": [{"timestamps": {"from": "00:00:01,000", "to": "00:00:01,500"}, "offsets": {"from": 1000,
                   "to": 1500}, "text": " Fish"}, {"offsets": {"from": 1500, "to": 2000}, "text": " swim"}]}"#,
            ),
            (
                "Vosk",
                r#"{"result": [{"conf": 1.0, "end": 1.5, "start": 1.0, "word": "Fish"}, {"conf": 1.0, "end": 2.0, "start": 1.5,
                   "word": "swim"}], "text": "Fish swim"}"#,
            ),
            (
                "aeneas",
                r#"{"fragments": [{"begin": "1.000", "children": [], "end": "1.500", "lines": ["Fish"]}, {"begin": "1.500", "end":
                   "2.000", "lines": ["swim"]}]}"#,
            ),
        ] {
            let found = cues(text).unwrap();
            let found: Vec<(f64, f64, &str)> = found
                .iter()
                .map(|cue| (cue.start, cue.end, cue.text.trim()))
                .collect();
            assert_eq!(found, [(1.0, 1.5, "Fish"), (1.5, 2.0, "swim")], "{who}");
        }
    }

    /// The times, rounded to a hundredth, and the texts.
    fn found(text: &str) -> Vec<(f64, f64, String)> {
        let round = |seconds: f64| (seconds * 100.0).round() / 100.0;
        let cue = |cue: Cue| (round(cue.start), round(cue.end), cue.text.trim().to_owned());
        cues(text).expect("JSON").into_iter().map(cue).collect()
    }

    fn expected(cues: &[(f64, f64, &str)]) -> Vec<(f64, f64, String)> {
        cues.iter()
            .map(|cue| (cue.0, cue.1, cue.2.to_owned()))
            .collect()
    }

    #[test]
    fn a_word_without_times_stands_between_its_neighbours() {
        let whisper_x = r#"{"segments": [{"start": 0.1, "end": 2.0, "text": " In 2014 the sea was deep.", "words": [
            {"word": "In", "start": 0.1, "end": 0.3, "score": 0.9}, {"word": "2014"}, {"word": "the", "start": 0.8, "end": 1.0},
            {"word": "sea", "start": 1.0, "end": 1.3}, {"word": "was", "start": 1.3, "end": 1.5},
            {"word": "deep.", "start": 1.5, "end": 2.0}]}]}"#;
        let words = found(whisper_x);
        assert_eq!(
            words[..3],
            expected(&[(0.1, 0.3, "In"), (0.3, 0.8, "2014"), (0.8, 1.0, "the")])[..]
        );
        assert_eq!(words.len(), 6);
        // The first, the last, two at once, and one between words without a gap.
        let edges = r#"{"start": 0, "end": 3, "text": "7 fish in 20 14 or 15", "words": [{"word": "7"},
            {"word": "fish", "start": 0.5, "end": 1}, {"word": "in", "start": 1, "end": 1.2}, {"word": "20", "start": null},
            {"word": "14"}, {"word": "or", "start": 1.2, "end": 2}, {"word": "15"}]}"#;
        assert_eq!(
            found(edges),
            expected(&[
                (0.0, 0.5, "7"),
                (0.5, 1.0, "fish"),
                (1.0, 1.07, "in"),
                (1.07, 1.13, "20"),
                (1.13, 1.2, "14"),
                (1.2, 2.0, "or"),
                (2.0, 3.0, "15")
            ])
        );
        // Gentle; nothing is around it.
        let gentle = r#"{"transcript": "7 fish", "words": [{"case": "not-found-in-audio", "word": "7"},
            {"case": "success", "word": "fish", "start": 1, "end": 2}]}"#;
        assert_eq!(
            found(gentle),
            expected(&[(1.0, 1.2, "7"), (1.2, 2.0, "fish")])
        );
    }

    #[test]
    fn pieces_of_words_and_signs_of_control_are_no_words() {
        let whisper_cpp = r#"{"transcription": [{"offsets": {"from": 100, "to": 2000}, "text": " The sea is deep.", "tokens": [
            {"text": " The", "offsets": {"from": 100, "to": 500}}, {"text": " se", "offsets": {"from": 500, "to": 700}},
            {"text": "a", "offsets": {"from": 700, "to": 900}}, {"text": "[_TT_100]", "offsets": {"from": 2000, "to": 2000}}]}]}"#;
        assert_eq!(
            found(whisper_cpp),
            expected(&[(0.1, 2.0, "The sea is deep.")])
        );
        let pieces = r#"[{"text": " The", "start": 0, "end": 1}, {"text": " se", "start": 1, "end": 1.5},
            {"text": "a", "start": 1.5, "end": 2}, {"text": ".", "start": 2, "end": 2}, {"text": " It", "start": 2, "end": 3}]"#;
        assert_eq!(
            found(pieces),
            expected(&[(0.0, 1.0, "The"), (1.0, 2.0, "sea."), (2.0, 3.0, "It")])
        );
        let steered = r#"[{"text": "<|0.00|> Hello [_BEG_]there<|2.00|>, a [_ and <| b", "start": 0, "end": 2}]"#;
        assert_eq!(
            found(steered),
            expected(&[(0.0, 2.0, "Hello there, a [_ and <| b")])
        );
        // Words that are not all that is said.
        let some = r#"[{"text": "It is 2014.", "start": 0, "end": 2, "parts": [{"word": "It", "start": 0, "end": 1}]}]"#;
        assert_eq!(found(some), expected(&[(0.0, 2.0, "It is 2014.")]));
    }

    #[test]
    fn what_a_document_says_twice_is_said_once() {
        let word =
            r#"{"word": "Fish", "start": 1, "end": 2}, {"word": "swim.", "start": 2, "end": 3}"#;
        let once = expected(&[(1.0, 2.0, "Fish"), (2.0, 3.0, "swim.")]);
        for twice in [
            format!(
                r#"{{"segments": [{{"start": 1, "end": 3, "text": "Fish swim.", "words": [{word}]}}], "word_segments": [{word}]}}"#
            ),
            format!(
                r#"{{"channels": [{{"alternatives": [{{"words": [{word}]}}, {{"words": [{word}]}}]}}], "utterances": [{{"words": [{word}]}}]}}"#
            ),
            format!(
                r#"{{"segments": [{{"start": 1, "end": 3, "text": "Fish swim."}}], "words": [], "items": [{word}]}}"#
            ),
        ] {
            assert_eq!(found(&twice), once, "{twice}");
        }
        let refrain = r#"{"1": {"text": "No.", "start": 0, "end": 1}, "2": {"text": "No.", "start": 2, "end": 3}}"#;
        assert_eq!(found(refrain).len(), 2);
    }
}
