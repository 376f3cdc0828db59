//! Writes a shape down, for servers and for models.

use std::fmt::Write as _;

use serde_json::value::RawValue;
use serde_json::{Value, json};

use super::{Kind, Shape};
use crate::model::AnswerLimits;

/// A JSON Schema. It is kept as text because the order of its properties matters: models that are held to a schema write
/// the fields in that order.
#[derive(Debug, Clone)]
pub struct JsonSchema(Box<RawValue>);

impl JsonSchema {
    /// Takes the text of a schema; `None` if it is no JSON object.
    pub fn parse(text: &str) -> Option<Self> {
        let value: Value = serde_json::from_str(text).ok()?;
        value
            .is_object()
            .then(|| RawValue::from_string(text.to_owned()).ok().map(Self))?
    }

    /// Its text.
    pub fn as_str(&self) -> &str {
        self.0.get()
    }

    pub(crate) fn raw(&self) -> &RawValue {
        &self.0
    }

    /// The same without the lengths of texts, for servers that do not take them.
    #[must_use]
    pub(crate) fn without_lengths(&self) -> Self {
        let mut text = self.as_str().to_owned();
        for name in [",\"minLength\":", ",\"maxLength\":"] {
            // Within a text of the schema the quotation marks would have a backslash before them.
            while let Some(at) = text.find(name) {
                let number = at + name.len();
                let digits = text[number..].bytes().take_while(u8::is_ascii_digit);
                let end = number + digits.count();
                text.replace_range(at..end, "");
            }
        }
        Self::parse(&text).unwrap_or_else(|| self.clone())
    }
}

impl PartialEq for JsonSchema {
    fn eq(&self, other: &Self) -> bool {
        self.as_str() == other.as_str()
    }
}

/// The most characters of a text that are written into a schema. llama.cpp takes 15,000 without complaint; what is larger
/// is as good as no length.
const LONGEST: usize = 15_000;

/// With the lengths of texts, without which small models write on without end.
pub(super) fn schema(shape: &Shape) -> JsonSchema {
    let mut text = String::new();
    write_schema(shape, "", &mut text);
    JsonSchema(RawValue::from_string(text).expect("what is written is JSON"))
}

fn write_schema(shape: &Shape, help: &str, out: &mut String) {
    let help = if help.is_empty() {
        String::new()
    } else {
        format!(",\"description\":{}", json!(help))
    };
    match &shape.0 {
        Kind::Text { min, max } => {
            let _ = write!(out, "{{\"type\":\"string\"{help}");
            if *min > 0 {
                let _ = write!(out, ",\"minLength\":{min}");
            }
            if *max <= LONGEST {
                let _ = write!(out, ",\"maxLength\":{max}");
            }
            out.push('}');
        }
        Kind::List { of, min, max, .. } => {
            let _ = write!(
                out,
                "{{\"type\":\"array\"{help},\"minItems\":{min},\"maxItems\":{max},\"items\":"
            );
            write_schema(of, "", out);
            out.push('}');
        }
        Kind::Object { fields } => {
            let _ = write!(out, "{{\"type\":\"object\"{help},\"properties\":{{");
            for (at, field) in fields.iter().enumerate() {
                if at > 0 {
                    out.push(',');
                }
                let _ = write!(out, "{}:", json!(field.name));
                write_schema(&field.shape, &field.help, out);
            }
            // Some servers demand that all are required; what may be left out may be empty.
            let names: Vec<&str> = fields.iter().map(|field| field.name.as_str()).collect();
            let _ = write!(
                out,
                "}},\"required\":{},\"additionalProperties\":false}}",
                json!(names)
            );
        }
    }
}

/// What a text with the names, marks and spaces around it adds to an answer, in characters.
const FRAME: usize = 24;

/// How long an answer of this shape can be, in characters.
pub(super) fn limits(shape: &Shape) -> AnswerLimits {
    match &shape.0 {
        Kind::Text { max, .. } => AnswerLimits {
            text: *max,
            answer: max + FRAME,
        },
        Kind::List { of, max, .. } => {
            let one = limits(of);
            AnswerLimits {
                text: one.text,
                answer: one.answer.saturating_mul(*max).saturating_add(FRAME),
            }
        }
        Kind::Object { fields } => {
            let none = AnswerLimits {
                text: 0,
                answer: FRAME,
            };
            fields.iter().fold(none, |all, field| {
                let one = limits(&field.shape);
                AnswerLimits {
                    text: all.text.max(one.text),
                    answer: all
                        .answer
                        .saturating_add(one.answer)
                        .saturating_add(field.name.len()),
                }
            })
        }
    }
}

/// An example with the meaning of each field in its place.
pub(super) fn words(shape: &Shape) -> String {
    let mut text = String::new();
    write_words(shape, "", true, 0, &mut text);
    text
}

fn write_words(shape: &Shape, help: &str, required: bool, depth: usize, out: &mut String) {
    let indent = "  ".repeat(depth + 1);
    let optional = if required { "" } else { ", may be empty" };
    match &shape.0 {
        Kind::Text { min, max } => {
            let size = if *min <= 1 {
                format!("at most {max} characters")
            } else {
                format!("{min} to {max} characters")
            };
            let help = if help.is_empty() { "text" } else { help };
            let _ = write!(out, "{}", json!(format!("<{help}; {size}{optional}>")));
        }
        Kind::List { of, min, max, .. } => {
            out.push_str("[\n");
            out.push_str(&"  ".repeat(depth + 2));
            write_words(of, help, required, depth + 1, out);
            let count = if min == max {
                format!("exactly {min}")
            } else {
                format!("{min} to {max}")
            };
            let _ = write!(out, "\n{indent}  // {count} of these\n{indent}]");
        }
        Kind::Object { fields } => {
            out.push_str("{\n");
            for (at, field) in fields.iter().enumerate() {
                let _ = write!(out, "{indent}{}: ", json!(field.name));
                write_words(&field.shape, &field.help, field.required, depth, out);
                out.push_str(if at + 1 < fields.len() { ",\n" } else { "\n" });
            }
            out.push_str(&"  ".repeat(depth));
            out.push('}');
        }
    }
}
