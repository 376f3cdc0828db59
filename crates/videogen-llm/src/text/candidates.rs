//! Finds what may be the JSON that was asked for in an answer, best guess first.

use serde_json::Value;

use super::{lenient, thought};

/// The longest answer that is looked through, in bytes.
pub(crate) const LONGEST: usize = 256 * 1024;
/// The most values that are offered.
const MOST: usize = 64;
/// How many beginnings that lead to nothing are tried. Each may cost a walk through the whole answer.
const TRIES: usize = 200;
/// How deep the value may be packed into others: `[{"response": "{\"script\": …}"}]`.
const WRAPPERS: u32 = 3;

/// Values found in an answer: first those outside of thoughts as they stand, then those that are packed into them, then
/// those in a thought that does not end. A string in a value may hold a tag of thought; so that this does not tear the value
/// apart, an answer that has no other value is also read as it is.
pub(crate) fn candidates(answer: &str) -> Vec<Value> {
    let mut end = answer.len().min(LONGEST);
    while !answer.is_char_boundary(end) {
        end -= 1;
    }
    let answer = &answer[..end];
    let split = thought::split(answer);
    let mut found = Vec::new();
    for part in &split.outside {
        scan(part, &mut found);
    }
    if found.is_empty()
        && let Some(part) = split.unclosed
    {
        scan(part, &mut found);
    }
    if found.is_empty() && thought::has_tag(answer) && answer.trim_start().starts_with(['{', '[']) {
        scan(answer, &mut found);
    }
    let mut packed = Vec::new();
    for value in &found {
        unpack(value, WRAPPERS, &mut packed);
    }
    found.extend(packed);
    found.truncate(MOST);
    found
}

/// Adds the objects and lists that stand in a text.
fn scan(text: &str, found: &mut Vec<Value>) {
    let quoted = text.trim_start();
    if quoted.starts_with('"')
        && let Some((Value::String(inside), _)) = lenient::read(quoted)
        && let Some(value) = parse_packed(&inside)
    {
        found.push(value);
        return;
    }
    let mut at = 0;
    let mut failed = 0;
    while found.len() < MOST && failed < TRIES {
        let Some(next) = text[at..].find(['{', '[']) else {
            return;
        };
        at += next;
        match lenient::read(&text[at..]) {
            Some((value, used)) if value.is_object() || value.is_array() => {
                at += used;
                // `{}` and `[]` are never an answer, but are found in prose.
                if !matches!(&value, Value::Object(fields) if fields.is_empty())
                    && value != Value::Array(Vec::new())
                {
                    found.push(value);
                }
            }
            _ => {
                failed += 1;
                at += 1;
            }
        }
    }
}

/// Adds what is packed into a value.
fn unpack(value: &Value, depth: u32, found: &mut Vec<Value>) {
    let inside: Vec<&Value> = match value {
        Value::Object(fields) => fields.values().collect(),
        Value::Array(items) => items.iter().collect(),
        _ => Vec::new(),
    };
    for value in inside {
        if found.len() >= MOST || depth == 0 {
            return;
        }
        match value {
            Value::Object(_) | Value::Array(_) => {
                found.push(value.clone());
                unpack(value, depth - 1, found);
            }
            Value::String(text) => {
                if let Some(value) = parse_packed(text) {
                    unpack(&value, depth - 1, found);
                    found.push(value);
                }
            }
            _ => {}
        }
    }
}

/// A value that a string holds.
fn parse_packed(text: &str) -> Option<Value> {
    let text = text.trim();
    if !text.starts_with(['{', '[']) && !text.starts_with("```") {
        return None;
    }
    let start = text.find(['{', '['])?;
    let (value, _) = lenient::read(&text[start..])?;
    (value.is_object() || value.is_array()).then_some(value)
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    #[test]
    fn the_value_is_found_wherever_it_is() {
        let wanted = json!({"a": 1});
        for text in [
            "{\"a\": 1}",
            "\u{feff}Sure! Here it is:\n```json\n{\"a\": 1}\n```\nDo you like it?",
            "~~~\n{\"a\": 1}\n~~~",
            "<think>{\"a\": 2}</think>{\"a\": 1}",
            "{\"a\": 2}</think>\n{\"a\": 1}",
            "<think>so I answer {\"a\": 1}",
            "A set {x} and a list [see below]: {\"a\": 1}",
            "\"{\\\"a\\\": 1}\"",
            "{\"a\": 1}<|im_end|>",
        ] {
            assert_eq!(candidates(text).first(), Some(&wanted), "{text}");
        }
        for text in [
            "[{\"a\": 1}]",
            "{\"script\": {\"a\": 1}}",
            "{\"response\": \"{\\\"a\\\": 1}\"}",
            "{\"x\": [{\"y\": \"```json\\n{\\\"a\\\": 1}\\n```\"}]}",
        ] {
            assert!(candidates(text).contains(&wanted), "{text}");
        }
        assert_eq!(
            candidates("{\"a\": \"<think>x</think>\"}"),
            [json!({"a": "<think>x</think>"})]
        );
        for text in ["", "no", "{}", "[]", "{\"a\": 1", "Here: {a", "\0\0\u{1}"] {
            assert_eq!(candidates(text), Vec::<Value>::new(), "{text}");
        }
    }

    #[test]
    fn the_worst_answers_take_no_time() {
        let start = Instant::now();
        for pattern in [
            "{",
            "[",
            "{\"a\":",
            "[\"",
            "{\"a\":\"//\"",
            "\"",
            "{'a':\"x\",",
            "<think>",
            "</think>",
            "{\"a\":[1,",
            "\",",
            "[\"a\"\n\"",
            "\\",
        ] {
            candidates(&pattern.repeat(10_000_000 / pattern.len()));
        }
        assert!(start.elapsed().as_secs() < 60, "{:?}", start.elapsed());
    }

    proptest! {
        #[test]
        fn any_answer_gives_a_bounded_number(text in "(?s).{0,200}", parts in prop::collection::vec(prop::sample::select(vec!["{\"a\":1}", "[1]", "{", "<think>", "</think>", "```"]), 0..100)) {
            let found = candidates(&(text + &parts.concat()));
            prop_assert!(found.len() <= MOST);
            prop_assert!(found.iter().all(|value| value.is_object() || value.is_array()));
        }
    }
}
