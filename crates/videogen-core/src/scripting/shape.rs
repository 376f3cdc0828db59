//! The form of an answer. More is asked for than is insisted on: what can do without the model is no reason to ask again.

use serde::Deserialize;
use serde_json::Value;
use videogen_llm::{Complaint, Expected, JsonSchema, Shape};

use super::accept::{self, Draft};
use super::{ScriptWish, length};

/// An answer of the right form.
#[derive(Debug, Deserialize)]
pub(super) struct Answer {
    pub(super) title: String,
    pub(super) look: Option<String>,
    pub(super) scenes: Vec<AnsweredScene>,
    #[serde(default)]
    pub(super) hashtags: Vec<String>,
    pub(super) description: Option<String>,
}

/// A scene of it.
#[derive(Debug, Deserialize)]
pub(super) struct AnsweredScene {
    pub(super) narration: String,
    pub(super) picture: String,
    pub(super) negative: Option<String>,
}

/// A script of `wish`.
pub(super) struct Form<'a> {
    wish: &'a ScriptWish,
    asked: Shape,
    taken: Shape,
}

impl<'a> Form<'a> {
    pub(super) fn new(wish: &'a ScriptWish) -> Self {
        Self {
            wish,
            asked: shape(wish, Shape::field),
            taken: shape(wish, Shape::optional),
        }
    }
}

impl Expected for Form<'_> {
    type Value = Draft;

    fn name(&self) -> &'static str {
        "script"
    }

    fn schema(&self) -> JsonSchema {
        self.asked.schema()
    }

    fn words(&self) -> String {
        self.asked.words()
    }

    fn accept(&self, value: &Value) -> Result<Draft, Vec<Complaint>> {
        let value = self.taken.accept(value)?;
        let answer = serde_json::from_value(value).expect("the shape has these fields");
        accept::draft(self.wish, answer)
    }
}

/// The shape; `dispensable` adds the fields that have a replacement.
fn shape(wish: &ScriptWish, dispensable: fn(Shape, &str, &str, Shape) -> Shape) -> Shape {
    // A word has 4 to 12 characters; what matters is how many words all scenes have, which is counted.
    let longest = (length::accepted(wish).end() * 12).clamp(200, 15_000);
    let scene = Shape::object()
        .field(
            "narration",
            "what the voice says, one or more whole sentences",
            Shape::text(2..=longest),
        )
        .or(&[
            "narrations",
            "text",
            "voiceover",
            "voice_over",
            "voice",
            "speech",
            "spoken",
            "script",
            "dialogue",
            "narrator",
        ])
        .field(
            "picture",
            "what is seen, in English, for a painter who does not know the script",
            Shape::text(10..=800),
        )
        .or(&[
            "picture_prompt",
            "image_prompt",
            "visual",
            "visuals",
            "prompt",
            "image",
            "picture_description",
            "image_description",
        ])
        .optional("negative", "what must not be seen", Shape::text(0..=300))
        .or(&["negative_prompt"]);
    let script = Shape::object()
        .field("title", "a headline", Shape::text(2..=100))
        .or(&["headline", "video_title"]);
    let script = dispensable(
        script,
        "look",
        "style and recurring subject of all pictures, one sentence in English",
        Shape::text(10..=500),
    )
    .or(&["style", "visual_style", "art_style"])
    .field("scenes", "", Shape::list(scene, length::scenes(wish)))
    .or(&["scene", "script", "shots", "segments"]);
    let script = dispensable(
        script,
        "hashtags",
        "one word, without #",
        Shape::list(Shape::text(1..=40), 0..=8).dropping_surplus(),
    )
    .or(&["tags", "keywords"]);
    dispensable(
        script,
        "description",
        "one or two sentences that stand below the video",
        Shape::text(10..=600),
    )
    .or(&["summary", "caption"])
}
