//! A JSON object whose members keep their order and may come twice, and their values as the text that settings are.

use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::Value;

use crate::settings::Value as Setting;
use crate::settings::key::Kind;

/// The members as they stand in the line; a map would drop the first of two with one name.
#[derive(Debug)]
pub(super) struct Object(pub(super) Vec<(String, Value)>);

impl<'de> Deserialize<'de> for Object {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Members;

        impl<'de> Visitor<'de> for Members {
            type Value = Object;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Object, A::Error> {
                let mut members = Vec::new();
                while let Some(member) = map.next_entry()? {
                    members.push(member);
                }
                Ok(Object(members))
            }
        }

        deserializer.deserialize_map(Members)
    }
}

/// A value as text for the parser of its setting, which says what is allowed. Only what no parser would refuse is
/// refused here: a list, or a number where text of any kind may stand.
pub(super) fn text(value: &Value, kind: Kind) -> Result<String, String> {
    use Kind::{Flag, Integer, Name, Number, Rate, Text};
    let wanted = match (kind, value) {
        (_, Value::String(text)) => return Ok(text.clone()),
        (Name(_) | Number | Integer | Rate | Flag, Value::Bool(_) | Value::Number(_))
        | (Text, Value::Number(_)) => return Ok(value.to_string()),
        (Number | Integer | Rate, _) => "a number",
        (Flag, _) => "true or false",
        _ => "text",
    };
    Err(format!("has to be {wanted}, not {}", found(value)))
}

/// A value for its setting: a list where there may be one, text otherwise.
pub(super) fn given(value: &Value, kind: Kind) -> Result<Setting, String> {
    let (Kind::List, Value::Array(list)) = (kind, value) else {
        return text(value, kind).map(Setting::One);
    };
    let part = |item: &Value| match item {
        Value::String(text) => Ok(text.clone()),
        other => {
            let found = found(other);
            Err(format!(
                "has to be text or a list of text, not a list with {found}"
            ))
        }
    };
    let parts = list.iter().map(part);
    parts.collect::<Result<_, _>>().map(Setting::Many)
}

/// What kind of value it is, in words.
pub(super) fn found(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(true) => "true",
        Value::Bool(false) => "false",
        Value::Number(_) => "a number",
        Value::String(_) => "text",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}
