//! A scene of a JSON script as it is written: its members in their order, each by its name.

use std::fmt;

use serde::de::{Error as _, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::Value;

/// The member that is words which say what to paint, or a file.
pub(super) const PICTURE: &str = "picture";

/// All members of a scene.
pub(super) const MEMBERS: &[&str] = &[
    "narration",
    PICTURE,
    "negative",
    "pictures",
    "image",
    "images",
    "clip",
    "clips",
    "video",
    "videos",
    "media",
];

/// A scene as it is written.
#[derive(Debug)]
pub(super) struct JsonScene {
    /// What is said.
    pub(super) narration: String,
    /// What the picture must not show.
    pub(super) negative: Option<String>,
    /// What is seen, by the name of the member.
    pub(super) seen: Vec<(&'static str, Value)>,
}

impl<'de> Deserialize<'de> for JsonScene {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(SceneVisitor)
    }
}

/// Reads the members in their order, which is that of the files they name. What serde derives knows no order.
struct SceneVisitor;

impl<'de> Visitor<'de> for SceneVisitor {
    type Value = JsonScene;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a scene in braces")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<JsonScene, A::Error> {
        let (mut narration, mut negative, mut seen) = (None, None, Vec::new());
        let mut given: Vec<&str> = Vec::new();
        while let Some(name) = map.next_key::<String>()? {
            let Some(member) = MEMBERS.iter().find(|member| **member == name) else {
                return Err(A::Error::unknown_field(&name, MEMBERS));
            };
            if given.contains(member) {
                return Err(A::Error::duplicate_field(member));
            }
            given.push(member);
            match *member {
                "narration" => narration = Some(map.next_value()?),
                "negative" => negative = map.next_value()?,
                member => seen.push((member, map.next_value()?)),
            }
        }
        Ok(JsonScene {
            narration: narration.ok_or_else(|| A::Error::missing_field("narration"))?,
            negative,
            seen,
        })
    }
}
