//! The shape an answer must have: one description from which the schema for the server, the words for the model and the
//! check of the answer are made, so that they cannot disagree.

mod check;
pub(crate) mod complaint;
mod schema;

use std::ops::RangeInclusive;

use serde_json::Value;

use self::complaint::Complaint;
pub use self::schema::JsonSchema;
use crate::model::AnswerLimits;

/// The shape of a JSON value. Only what a text model is good at: texts, lists and objects.
///
/// ```
/// use videogen_llm::{Expected, Shape};
///
/// let shape = Shape::object()
///     .field("title", "a headline", Shape::text(3..=80))
///     .field("tags", "without #", Shape::list(Shape::text(1..=30), 0..=5).dropping_surplus());
/// // Near misses are put right …
/// let value = shape.accept(&serde_json::json!({"Title": "**Why stars shine**", "tags": "sun, light"})).unwrap();
/// assert_eq!(value, serde_json::json!({"title": "Why stars shine", "tags": ["sun", "light"]}));
/// // … and what cannot be is told.
/// let complaints = shape.accept(&serde_json::json!({"title": "string"})).unwrap_err();
/// assert_eq!(complaints[0].to_string(), "title holds a placeholder in place of a real text");
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shape(Kind);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Kind {
    Text {
        min: usize,
        max: usize,
    },
    List {
        of: Box<Shape>,
        min: usize,
        max: usize,
        drop_surplus: bool,
    },
    Object {
        fields: Vec<Field>,
    },
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Field {
    name: String,
    help: String,
    shape: Shape,
    required: bool,
    aliases: Vec<String>,
}

impl Shape {
    /// A text of so many characters, cleaned with [`clean_text`](crate::clean_text) before it is measured.
    pub fn text(characters: RangeInclusive<usize>) -> Self {
        let (min, max) = characters.into_inner();
        Self(Kind::Text { min, max })
    }

    /// A list of so many items.
    pub fn list(of: Shape, items: RangeInclusive<usize>) -> Self {
        let (min, max) = items.into_inner();
        Self(Kind::List {
            of: Box::new(of),
            min,
            max,
            drop_surplus: false,
        })
    }

    /// An object, so far without fields.
    pub fn object() -> Self {
        Self(Kind::Object { fields: Vec::new() })
    }

    /// Adds a field that must be there. `help` tells the model what belongs into it. The order of the fields is the order in
    /// which the model is asked to write them.
    #[must_use]
    pub fn field(self, name: &str, help: &str, shape: Shape) -> Self {
        self.with(name, help, shape, true)
    }

    /// Adds a field that may be left out. One that is not as it should be is left out as well, without a complaint.
    #[must_use]
    pub fn optional(self, name: &str, help: &str, shape: Shape) -> Self {
        self.with(name, help, shape, false)
    }

    fn with(mut self, name: &str, help: &str, shape: Shape, required: bool) -> Self {
        if let Kind::Object { fields } = &mut self.0 {
            fields.push(Field {
                name: name.to_owned(),
                help: help.to_owned(),
                shape,
                required,
                aliases: Vec::new(),
            });
        }
        self
    }

    /// Other names under which the field added last is accepted. Case, spaces, `_` and `-` never matter.
    #[must_use]
    pub fn or(mut self, names: &[&str]) -> Self {
        if let Kind::Object { fields } = &mut self.0
            && let Some(field) = fields.last_mut()
        {
            field
                .aliases
                .extend(names.iter().map(|name| (*name).to_owned()));
        }
        self
    }

    /// Makes a list drop items above its greatest number, and items that are not as they should be, instead of complaining.
    #[must_use]
    pub fn dropping_surplus(mut self) -> Self {
        if let Kind::List { drop_surplus, .. } = &mut self.0 {
            *drop_surplus = true;
        }
        self
    }

    /// A further check, and the type the answer becomes.
    pub fn then<T, F>(self, name: &str, check: F) -> Then<F>
    where
        F: Fn(Value) -> Result<T, Vec<Complaint>> + Send + Sync,
    {
        Then {
            shape: self,
            name: name.to_owned(),
            check,
        }
    }
}

/// An answer that can be used, and what is to be said against it.
#[derive(Debug, Clone, PartialEq)]
pub struct Judged<T> {
    /// What it becomes.
    pub value: T,
    /// What is less than was asked for: reasons to ask once more, and what is told of the answer if that is of no avail.
    pub warnings: Vec<Complaint>,
    /// How much that weighs: of several answers the one with the smallest is taken. 0 without warnings.
    pub penalty: u32,
}

impl<T> Judged<T> {
    /// One against which there is nothing to be said.
    pub fn good(value: T) -> Self {
        Self {
            value,
            warnings: Vec::new(),
            penalty: 0,
        }
    }
}

/// A question with its answer, which shows a model what is wanted better than a description does: small ones write the
/// description down.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Example {
    /// A question of the same form about something else.
    pub question: String,
    /// A good answer to it.
    pub answer: String,
}

/// What an answer is judged by.
pub trait Expected: Send + Sync {
    /// What the answer becomes.
    type Value: Send;

    /// A name for the schema: letters, digits and `_`.
    fn name(&self) -> &str;

    /// The schema, for servers that can hold a model to it.
    fn schema(&self) -> JsonSchema;

    /// The same in words and by example, for the model itself.
    fn words(&self) -> String;

    /// Takes a value, or tells what is wrong with it.
    ///
    /// # Errors
    /// At least one complaint.
    fn accept(&self, value: &Value) -> Result<Self::Value, Vec<Complaint>>;

    /// Takes a value with what is to be said against it, or tells why it cannot be used. Without an implementation of
    /// one's own everything is good or cannot be used.
    ///
    /// # Errors
    /// At least one complaint.
    fn judge(&self, value: &Value) -> Result<Judged<Self::Value>, Vec<Complaint>> {
        self.accept(value).map(Judged::good)
    }

    /// An example that is shown in place of the words.
    fn example(&self) -> Option<Example> {
        None
    }

    /// How long an answer can be; one that is longer is ended while it comes. `None` for no limit.
    fn limits(&self) -> Option<AnswerLimits> {
        None
    }
}

impl Expected for Shape {
    type Value = Value;

    fn name(&self) -> &'static str {
        "answer"
    }

    fn schema(&self) -> JsonSchema {
        schema::schema(self)
    }

    fn words(&self) -> String {
        schema::words(self)
    }

    fn accept(&self, value: &Value) -> Result<Value, Vec<Complaint>> {
        check::accept(self, value)
    }

    fn limits(&self) -> Option<AnswerLimits> {
        Some(schema::limits(self))
    }
}

/// A [`Shape`] with a further check, from [`Shape::then`].
#[derive(Debug, Clone)]
pub struct Then<F> {
    shape: Shape,
    name: String,
    check: F,
}

impl<T, F> Expected for Then<F>
where
    T: Send,
    F: Fn(Value) -> Result<T, Vec<Complaint>> + Send + Sync,
{
    type Value = T;

    fn name(&self) -> &str {
        &self.name
    }

    fn schema(&self) -> JsonSchema {
        self.shape.schema()
    }

    fn words(&self) -> String {
        self.shape.words()
    }

    fn accept(&self, value: &Value) -> Result<T, Vec<Complaint>> {
        (self.check)(self.shape.accept(value)?)
    }

    fn limits(&self) -> Option<AnswerLimits> {
        self.shape.limits()
    }
}

#[cfg(test)]
mod tests;
