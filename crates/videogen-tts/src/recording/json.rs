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

/// Everything with a text and times in a JSON document, in its order.
///
/// # Errors
/// [`Error::Captions`] when it is no JSON.
pub(super) fn cues(text: &str) -> Result<Vec<Cue>, Error> {
    let value: Value = serde_json::from_str(text).map_err(|error| Error::Captions {
        reason: error.to_string(),
    })?;
    let mut cues = Vec::new();
    collect(&value, &mut cues);
    Ok(cues)
}

/// The finest parts count: a segment whose words are timed is told by them.
fn collect(value: &Value, cues: &mut Vec<Cue>) {
    match value {
        Value::Array(values) => values.iter().for_each(|value| collect(value, cues)),
        Value::Object(object) => {
            let before = cues.len();
            // A document with words and segments says everything twice.
            let words = object.get("words").filter(|words| words.is_array());
            for inner in words.map_or_else(|| object.values().collect(), |words| vec![words]) {
                collect(inner, cues);
            }
            if cues.len() == before {
                cues.extend(cue(object));
            }
        }
        _ => {}
    }
}

/// What an object says itself.
fn cue(object: &Map<String, Value>) -> Option<Cue> {
    let text = TEXTS.iter().find_map(|name| match object.get(*name)? {
        Value::String(text) => Some(text.clone()),
        Value::Array(lines) => {
            let lines: Option<Vec<&str>> = lines.iter().map(Value::as_str).collect();
            Some(lines?.join(" "))
        }
        _ => None,
    })?;
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
}
