//! Holds a value against a shape, and puts near misses right.

use serde_json::{Map, Value};

use super::complaint::{Complaint, Problem};
use super::{Field, Kind, Shape};
use crate::text::clean::{self, Flaw};

/// The most complaints that are collected: a model cannot act on more.
const MOST: usize = 20;

pub(super) fn accept(shape: &Shape, value: &Value) -> Result<Value, Vec<Complaint>> {
    let mut checker = Checker::default();
    match checker.value(shape, value, "") {
        Some(value) if checker.complaints.is_empty() => Ok(value),
        _ => {
            checker.complaints.truncate(MOST);
            Err(checker.complaints)
        }
    }
}

/// Gives `None` exactly when it has complained.
#[derive(Default)]
struct Checker {
    complaints: Vec<Complaint>,
}

impl Checker {
    fn complain<T>(&mut self, path: &str, problem: Problem) -> Option<T> {
        if self.complaints.len() < MOST {
            self.complaints.push(Complaint::new(path, problem));
        }
        None
    }

    fn value(&mut self, shape: &Shape, value: &Value, path: &str) -> Option<Value> {
        match &shape.0 {
            Kind::Text { min, max } => self.text(value, *min, *max, path),
            Kind::List {
                of,
                min,
                max,
                drop_surplus,
            } => self.list(value, of, (*min, *max), *drop_surplus, path),
            Kind::Object { fields } => self.object(value, fields, path),
        }
    }

    fn text(&mut self, value: &Value, min: usize, max: usize, path: &str) -> Option<Value> {
        let raw = match value {
            Value::String(text) => text.clone(),
            // A year as a title, a text in several lines.
            Value::Number(number) => number.to_string(),
            Value::Array(lines) if !lines.is_empty() && lines.iter().all(Value::is_string) => lines
                .iter()
                .filter_map(Value::as_str)
                .collect::<Vec<_>>()
                .join(" "),
            other => {
                return self.complain(
                    path,
                    Problem::Kind {
                        expected: "a text",
                        found: kind(other),
                    },
                );
            }
        };
        let text = clean::clean_text(&raw);
        match clean::flaw(&raw, &text) {
            Some(Flaw::Thought) => return self.complain(path, Problem::Thought),
            Some(Flaw::Code) => return self.complain(path, Problem::Code),
            Some(Flaw::Placeholder) => return self.complain(path, Problem::Placeholder),
            None => {}
        }
        let found = text.chars().count();
        if found == 0 && min > 0 {
            return self.complain(path, Problem::Missing);
        }
        if !(min..=max).contains(&found) {
            return self.complain(path, Problem::Length { found, min, max });
        }
        Some(Value::String(text))
    }

    fn list(
        &mut self,
        value: &Value,
        of: &Shape,
        (min, max): (usize, usize),
        drop_surplus: bool,
        path: &str,
    ) -> Option<Value> {
        let items: Vec<Value> = match value {
            Value::Array(items) => items.clone(),
            // `"#one #two"`, `"one, two"`.
            Value::String(text) if matches!(of.0, Kind::Text { .. }) => split_words(text),
            // `{"1": {…}, "2": {…}}` and `{"scene_1": {…}}`.
            Value::Object(fields)
                if !fields.is_empty()
                    && fields
                        .iter()
                        .all(|(key, item)| number_in(key).is_some() && !item.is_null()) =>
            {
                let mut numbered: Vec<(u64, &Value)> = fields
                    .iter()
                    .map(|(key, item)| (number_in(key).unwrap_or(0), item))
                    .collect();
                numbered.sort_by_key(|(number, _)| *number);
                numbered.into_iter().map(|(_, item)| item.clone()).collect()
            }
            other => {
                return self.complain(
                    path,
                    Problem::Kind {
                        expected: "a list",
                        found: kind(other),
                    },
                );
            }
        };
        let before = self.complaints.len();
        let mut kept = Vec::new();
        let mut found = 0;
        for (at, item) in items.iter().enumerate() {
            if kept.len() == max && drop_surplus {
                break;
            }
            // An empty item at the end is a slip of the pen.
            if is_nothing(item) {
                continue;
            }
            found += 1;
            if drop_surplus {
                let mut alone = Self::default();
                kept.extend(alone.value(of, item, ""));
            } else if found <= max {
                kept.extend(self.value(of, item, &format!("{path}[{at}]")));
            }
        }
        let count = if drop_surplus { kept.len() } else { found };
        if !(min..=max).contains(&count) {
            return self.complain(
                path,
                Problem::Count {
                    found: count,
                    min,
                    max,
                },
            );
        }
        (self.complaints.len() == before).then_some(Value::Array(kept))
    }

    fn object(&mut self, value: &Value, fields: &[Field], path: &str) -> Option<Value> {
        let Value::Object(found) = value else {
            return self.complain(
                path,
                Problem::Kind {
                    expected: "an object",
                    found: kind(value),
                },
            );
        };
        let before = self.complaints.len();
        let mut kept = Map::new();
        for field in fields {
            let at = if path.is_empty() {
                field.name.clone()
            } else {
                format!("{path}.{}", field.name)
            };
            match find(found, field) {
                Some(value) if field.required => {
                    if let Some(value) = self.value(&field.shape, value, &at) {
                        kept.insert(field.name.clone(), value);
                    }
                }
                None if field.required => {
                    self.complain::<()>(&at, Problem::Missing);
                }
                Some(value) if !is_nothing(value) => {
                    let mut alone = Self::default();
                    if let Some(value) = alone.value(&field.shape, value, "") {
                        kept.insert(field.name.clone(), value);
                    }
                }
                _ => {}
            }
        }
        (self.complaints.len() == before).then_some(Value::Object(kept))
    }
}

/// The value of a field, under its name or one of its others. Null is nothing.
fn find<'a>(found: &'a Map<String, Value>, field: &Field) -> Option<&'a Value> {
    let exact = found.get(&field.name).filter(|value| !value.is_null());
    exact.or_else(|| {
        std::iter::once(&field.name)
            .chain(&field.aliases)
            .find_map(|name| {
                let wanted = plain(name);
                found
                    .iter()
                    .find(|(key, value)| !value.is_null() && plain(key) == wanted)
                    .map(|(_, value)| value)
            })
    })
}

/// A name without what does not matter in one.
fn plain(name: &str) -> String {
    name.chars()
        .filter(|c| c.is_alphanumeric())
        .flat_map(char::to_lowercase)
        .collect()
}

fn is_nothing(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.trim().is_empty(),
        Value::Object(fields) => fields.values().all(is_nothing),
        Value::Array(items) => items.is_empty(),
        _ => false,
    }
}

/// The number in names like `3`, `scene_3` and `Scene 3`.
fn number_in(key: &str) -> Option<u64> {
    let digits = key.trim_start_matches(|c: char| !c.is_ascii_digit());
    (key.len() <= 20).then(|| digits.parse().ok())?
}

fn split_words(text: &str) -> Vec<Value> {
    let parts: Vec<&str> = if text.contains('#') {
        text.split(|c: char| c == '#' || c == ',' || c.is_whitespace())
            .collect()
    } else {
        text.split([',', ';', '\n', '、', '،']).collect()
    };
    parts
        .into_iter()
        .map(str::trim)
        .filter(|part| !part.is_empty())
        .map(Value::from)
        .collect()
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "nothing",
        Value::Bool(_) => "true or false",
        Value::Number(_) => "a number",
        Value::String(_) => "a text",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}
