//! What the built-in writer knows: true, timeless statements by field, and what a picture of the field shows.

mod animals;
mod culture;
mod daily;
mod earth;
mod inner;
mod past;
mod sky;
mod tech;

use videogen_types::Genre;

/// One field of knowledge.
#[derive(Debug)]
pub(super) struct Field {
    /// The field's name as a noun phrase that fits in the middle of a sentence: "the deep sea".
    pub(super) name: &'static str,
    /// Words and phrases, lower case and singular, that put a topic into this field. A trailing `*` matches any
    /// ending.
    pub(super) keys: &'static [&'static str],
    /// The genre a topic of this field gets when none was asked for.
    pub(super) genre: Genre,
    /// Statements that stand alone and read well in this order.
    pub(super) facts: &'static [&'static str],
    /// What can be seen: subjects for pictures.
    pub(super) images: &'static [&'static str],
}

/// Every field, grouped by area.
pub(super) const AREAS: [&[Field]; 8] = [
    animals::FIELDS,
    earth::FIELDS,
    sky::FIELDS,
    daily::FIELDS,
    culture::FIELDS,
    inner::FIELDS,
    tech::FIELDS,
    past::FIELDS,
];

/// Every field in a fixed order.
pub(super) fn fields() -> impl Iterator<Item = &'static Field> {
    AREAS.into_iter().flatten()
}
