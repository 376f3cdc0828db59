//! The configuration file as JSON Schema, for editors.

use serde_json::{Map, Value, json};

use super::key::{GENRE_KEYS, KEYS, Key, Kind};
use super::template::describe;

/// The schema, draft 2020-12.
pub(crate) fn schema() -> Value {
    let mut root = Map::new();
    let mut tables: Map<String, Value> = Map::new();
    for key in KEYS {
        match key.name.split_once('.') {
            None => {
                root.insert(key.name.to_owned(), property(key));
            }
            Some((table, name)) => {
                let table = tables.entry(table).or_insert_with(
                    || json!({"type": "object", "additionalProperties": false, "properties": {}}),
                );
                table["properties"][name] = property(key);
            }
        }
    }
    root.extend(tables);
    let mut genres: Map<String, Value> = Map::new();
    for key in GENRE_KEYS {
        let (table, name) = key.name.rsplit_once('.').unwrap_or(("", key.name));
        let genre = table.rsplit('.').next().unwrap_or(table);
        let table = genres.entry(genre).or_insert_with(
            || json!({"type": "object", "additionalProperties": false, "properties": {}}),
        );
        table["properties"][name] = property(key);
    }
    // It is the genre of all videos, or a table for each.
    if let Some(one) = root.remove("genre") {
        let each = json!({
            "type": "object", "additionalProperties": false, "properties": genres,
            "description": "What videos of one genre have of their own",
        });
        root.insert("genre".to_owned(), json!({"anyOf": [one, each]}));
    }
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "videogen configuration",
        "type": "object",
        "additionalProperties": false,
        "properties": root,
    })
}

fn property(key: &Key) -> Value {
    let mut schema = match key.kind {
        Kind::Name(names) => json!({"type": "string", "enum": names()}),
        Kind::Number => json!({"type": "number"}),
        Kind::Integer => json!({"type": "integer", "minimum": 0, "maximum": u32::MAX}),
        Kind::Rate => json!({"type": ["number", "string"]}),
        Kind::Flag => json!({"type": "boolean"}),
        Kind::FlagOrList => json!({
            "type": ["boolean", "array", "string"], "items": {"type": "string", "minLength": 1}
        }),
        Kind::Text | Kind::Path | Kind::Program | Kind::Music => {
            json!({"type": "string", "minLength": 1})
        }
        Kind::List => json!({
            "type": ["array", "string"], "items": {"type": "string", "minLength": 1}
        }),
        Kind::Directories => json!({"type": "array", "items": {"type": "string", "minLength": 1}}),
        Kind::Command => json!({"type": "array", "minItems": 1, "items": {"type": "string"}}),
    };
    schema["description"] = describe(key).into();
    match (key.kind, key.default) {
        (Kind::Flag | Kind::FlagOrList, Some(default)) => {
            schema["default"] = (default == "true").into();
        }
        (Kind::Number, Some(default)) => {
            let number: f64 = default
                .parse()
                .expect("defaults are valid, as a test shows");
            schema["default"] = number.into();
        }
        (_, Some(default)) => schema["default"] = default.into(),
        (_, None) => {}
    }
    schema
}
