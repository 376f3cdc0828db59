use proptest::prelude::*;
use serde_json::json;

use super::*;

#[track_caller]
fn reads(text: &str, expected: &Value) {
    assert_eq!(
        read(text).map(|found| found.0).as_ref(),
        Some(expected),
        "{text}"
    );
}

#[test]
fn slips_are_read_as_they_were_meant() {
    let plain = json!({"a": "b", "c": [1, 2]});
    for text in [
        r#"{"a": "b", "c": [1, 2]}"#,
        r#"{"a": "b", "c": [1, 2,],}"#,
        "{\"a\": \"b\"\n \"c\": [1\n 2]}",
        "{a: 'b', c: [1, 2]}",
        "{“a”: “b”, “c”: [1, 2]}",
        "{\"a\": \"b\", // the first\n /* the second */ \"c\": [1, 2]}",
        r#"{"a": "b", "c": [1, 2], "a": "again",}"#,
        "{\"a\": \"b\",, \"c\": [+1, 2.]} and more",
        "{“a\": „b“, “c”: [1, 2]}",
    ] {
        reads(text, &plain);
    }
    reads("{\"a\": \"one\ntwo\"}", &json!({"a": "one\ntwo"}));
    reads(
        "{'a': 'it's here', 'b': 'x'}",
        &json!({"a": "it's here", "b": "x"}),
    );
    reads(
        r#"{"a": "He said "no", and left.", "b": 1,}"#,
        &json!({"a": "He said \"no\", and left.", "b": 1}),
    );
    reads(
        r#"{"a": True, "b": None, "c": NaN, "d": 1.5e3,}"#,
        &json!({"a": true, "b": null, "c": null, "d": 1500.0}),
    );
    reads(
        r#"{"a": "\ud83d\ude00 \' \ud83d",}"#,
        &json!({"a": "\u{1f600} ' \u{fffd}"}),
    );
}

#[test]
fn what_is_cut_off_is_nothing() {
    for text in [
        "{",
        "{\"a",
        "{\"a\": \"b",
        "{\"a\": \"b\"",
        "{\"a\": [1, 2",
        "{\"a\": [1, 2]",
        "[",
        "[tru",
        "{\"a\": 12",
        "{\"a\":",
        "",
        "{a",
        "/*",
    ] {
        assert_eq!(read(text), None, "{text}");
    }
    assert_eq!(read(&"[".repeat(100_000)), None);
    assert_eq!(read(&format!("{}{}", "[".repeat(65), "]".repeat(65))), None);
    assert!(read(&format!("{}{}", "[".repeat(60), "]".repeat(60))).is_some());
}

fn values() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        "[^\\\\]{0,12}".prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 24, 5, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
            prop::collection::btree_map("[a-z]{1,6}", inner, 0..5)
                .prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}

proptest! {
    #[test]
    fn good_json_is_read_as_it_is(value in values()) {
        prop_assert_eq!(read(&value.to_string()).map(|found| found.0), Some(value));
    }

    #[test]
    fn the_lenient_reader_agrees_with_the_strict_one(value in values()) {
        let text = value.to_string();
        let mut reader = Reader { text: &text, at: 0 };
        if matches!(value, Value::Object(_) | Value::Array(_)) {
            prop_assert_eq!(reader.value(DEPTH), Some(value));
        }
    }

    #[test]
    fn no_beginning_of_an_object_is_an_object(value in values(), cut in 0.0_f64..1.0) {
        let text = json!({"a": value}).to_string();
        let mut end = (text.len() as f64 * cut) as usize;
        while !text.is_char_boundary(end) {
            end -= 1;
        }
        prop_assert_eq!(read(&text[..end]), None);
    }

    #[test]
    fn any_text_is_read_or_not(text in "[\\[\\]{}\"',:a-c0-9\\\\\n“” .tn-]{0,60}") {
        if let Some((_, used)) = read(&text) {
            prop_assert!(text.is_char_boundary(used));
        }
    }
}
