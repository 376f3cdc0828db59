use proptest::prelude::*;
use serde_json::json;

use super::complaint::Problem;
use super::*;

fn shape() -> Shape {
    let scene = Shape::object()
        .field("narration", "what is said", Shape::text(5..=100))
        .or(&["text", "voiceover"])
        .field("picture", "what is seen", Shape::text(5..=200))
        .or(&["image_prompt"])
        .optional("negative", "what is not seen", Shape::text(0..=50));
    Shape::object()
        .field("title", "a headline", Shape::text(3..=40))
        .field("scenes", "", Shape::list(scene, 2..=3))
        .field(
            "hashtags",
            "without #",
            Shape::list(Shape::text(1..=20), 0..=3).dropping_surplus(),
        )
}

fn good() -> Value {
    let scene = json!({"narration": "The sea is deep.", "picture": "a dark sea at night"});
    json!({"title": "The deep sea", "scenes": [scene, scene], "hashtags": ["sea", "deep"]})
}

fn changed(pointer: &str, value: Value) -> Value {
    let mut all = good();
    *all.pointer_mut(pointer).unwrap() = value;
    all
}

#[test]
fn near_misses_are_put_right() {
    let scene = good()["scenes"][0].clone();
    let other_names = json!({"Text": "The sea is deep.", "imagePrompt": "a dark sea at night", "negative": null, "mood": 3});
    for near in [
        good(),
        changed("/title", json!("  **The deep sea**  ")),
        changed("/title", json!(["The deep", "sea"])),
        changed("/hashtags", json!("#sea #deep")),
        changed("/hashtags", json!("sea, deep")),
        changed("/hashtags", json!(["sea", "", "deep", null])),
        changed(
            "/hashtags",
            json!(["sea", "this one is much too long for a tag", "deep"]),
        ),
        changed("/scenes", json!([other_names, scene, {}, null])),
        changed("/scenes", json!({"scene_2": scene, "scene_1": other_names})),
    ] {
        assert_eq!(shape().accept(&near), Ok(good()), "{near}");
    }
    assert_eq!(
        shape().accept(&changed("/title", json!(1984))).unwrap()["title"],
        "1984"
    );
    assert_eq!(
        shape()
            .accept(&changed("/hashtags", json!(["a", "b", "c", "d"])))
            .unwrap()["hashtags"],
        json!(["a", "b", "c"])
    );
}

#[test]
fn the_rest_is_told_with_its_place() {
    let scene = good()["scenes"][0].clone();
    for (bad, words) in [
        (json!([1]), "the answer must be an object, not a list"),
        (changed("/title", json!("")), "title is missing"),
        (changed("/title", json!(null)), "title is missing"),
        (
            changed("/title", json!(true)),
            "title must be a text, not true or false",
        ),
        (
            changed("/title", json!("x".repeat(41))),
            "title must have 3 to 40 characters, not 41",
        ),
        (
            changed("/title", json!("<think>a</think>b")),
            "title holds thoughts, and must hold only what is asked for",
        ),
        (
            changed("/scenes", json!("none")),
            "scenes must be a list, not a text",
        ),
        (
            changed("/scenes", json!([scene])),
            "scenes must have 2 to 3 items, not 1",
        ),
        (
            changed("/scenes", json!(vec![scene.clone(); 4])),
            "scenes must have 2 to 3 items, not 4",
        ),
        (
            changed("/scenes/1", json!("The sea.")),
            "scenes[1] must be an object, not a text",
        ),
        (
            changed("/scenes/1/narration", json!("...")),
            "scenes[1].narration holds a placeholder in place of a real text",
        ),
        (
            changed("/scenes/0/picture", json!("{\"a\": 1}")),
            "scenes[0].picture holds JSON or code, and must be plain text",
        ),
        (
            changed("/scenes/0", json!({"narration": "The sea is deep."})),
            "scenes[0].picture is missing",
        ),
    ] {
        let complaints = shape().accept(&bad).unwrap_err();
        assert!(
            complaints.iter().any(|one| one.to_string() == words),
            "{words}: {complaints:?}"
        );
    }
}

#[test]
fn what_the_words_ask_for_is_not_an_answer() {
    let (example, _) = crate::text::lenient::read(&shape().words())
        .expect("the example is JSON but for its comments");
    let complaints = shape().accept(&example).unwrap_err();
    assert!(
        complaints
            .iter()
            .any(|one| one.problem == Problem::Placeholder),
        "{complaints:?}"
    );
}

#[test]
fn the_schema_keeps_the_order_of_the_fields() {
    let schema = shape().schema();
    let at = |name| schema.as_str().find(&format!("\"{name}\":")).unwrap();
    assert!(
        at("title") < at("scenes")
            && at("scenes") < at("hashtags")
            && at("narration") < at("picture")
    );
    let value: Value = serde_json::from_str(schema.as_str()).unwrap();
    assert_eq!(
        value["properties"]["scenes"]["items"]["required"],
        json!(["narration", "picture", "negative"])
    );
    assert_eq!(value["properties"]["scenes"]["maxItems"], 3);
    assert_eq!(JsonSchema::parse("[1]"), None);
    assert_eq!(JsonSchema::parse(schema.as_str()), Some(schema));
}

fn values() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i32>().prop_map(Value::from),
        "[a-z <>*{\"]{0,12}".prop_map(Value::from),
    ];
    let key = prop::sample::select(vec![
        "title",
        "scenes",
        "hashtags",
        "narration",
        "picture",
        "negative",
        "1",
        "x",
    ]);
    leaf.prop_recursive(5, 64, 6, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
            prop::collection::btree_map(key.clone().prop_map(str::to_owned), inner, 0..6)
                .prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}

proptest! {
    #[test]
    fn what_is_accepted_is_accepted_again_unchanged(value in values(), at in prop::sample::select(vec!["/title", "/scenes", "/hashtags", "/scenes/0", "/scenes/1/narration"])) {
        for value in [value.clone(), changed(at, value)] {
            match shape().accept(&value) {
                Ok(accepted) => prop_assert_eq!(shape().accept(&accepted), Ok(accepted.clone())),
                Err(complaints) => prop_assert!(!complaints.is_empty() && complaints.len() <= 20),
            }
        }
    }
}
