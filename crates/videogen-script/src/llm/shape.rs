//! The form of an answer. More is asked for than is insisted on: what can do without the model is no reason to ask again.

use serde::Deserialize;
use serde_json::Value;
use videogen_llm::{AnswerLimits, Complaint, Example, Expected, JsonSchema, Judged, Shape};

use super::accept::{self, Draft};
use super::example::Shown;
use super::paintable::{LOOK, PICTURE};
use super::templates::Templates;
use super::{ScriptRequest, length};
use crate::file::MAX_SCENES;

/// An answer of the right form.
#[derive(Debug, Deserialize)]
pub(super) struct Answer {
    pub(super) subject: Option<String>,
    pub(super) title: Option<String>,
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
    pub(super) picture: Option<String>,
    pub(super) negative: Option<String>,
}

/// A script of `wish`.
pub(super) struct Form<'a> {
    wish: &'a ScriptRequest,
    templates: &'a Templates,
    asked: Shape,
    taken: Shape,
    /// What an answer must not be a copy of.
    copied: accept::Copied,
}

impl<'a> Form<'a> {
    pub(super) fn new(wish: &'a ScriptRequest, templates: &'a Templates) -> Self {
        let asked = asked(wish);
        Self {
            wish,
            templates,
            taken: taken(),
            copied: accept::Copied::new(templates, wish, &asked.words()),
            asked,
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
        self.judge(value).map(|judged| judged.value)
    }

    fn judge(&self, value: &Value) -> Result<Judged<Draft>, Vec<Complaint>> {
        let value = self.taken.accept(value)?;
        let answer = serde_json::from_value(value).expect("the shape has these fields");
        accept::draft(self.wish, answer, &self.copied)
    }

    fn example(&self) -> Option<Example> {
        Shown::of(self.templates, self.wish)
    }

    fn limits(&self) -> Option<AnswerLimits> {
        let asked = self.asked.limits()?;
        Some(AnswerLimits {
            // A server that does not hold the model to the lengths gets answers that can be used all the same: a long
            // description, or all that is said in one scene.
            text: asked
                .text
                .max(LONG_TEXT)
                .max(length::longest_narration(self.wish) * length::aim(self.wish)),
            answer: asked.answer + LONG_TEXT,
        })
    }
}

/// The longest text, in characters, that is no sign of an answer without end.
const LONG_TEXT: usize = 1200;

/// What is asked for. What must not be seen in a picture is not asked: small models write there what must be seen.
fn asked(wish: &ScriptRequest) -> Shape {
    let aim = length::aim(wish);
    let scene = Shape::object()
        .field(
            "narration",
            "what the voice says, one or more whole sentences",
            Shape::text(2..=length::longest_narration(wish)),
        )
        .field(
            "picture",
            "what is seen, in English, for a painter who does not know the script",
            Shape::text(10..=PICTURE),
        );
    Shape::object()
        .field(
            "subject",
            "what the video is about, one to four words",
            Shape::text(2..=60),
        )
        .field("title", "a headline", Shape::text(2..=90))
        .field(
            "look",
            "style and recurring subject of all pictures, one sentence in English",
            Shape::text(10..=LOOK),
        )
        .field("scenes", "", Shape::list(scene, aim..=aim))
        .field(
            "hashtags",
            "one word, without #",
            Shape::list(Shape::text(1..=30), 3..=6),
        )
        .field(
            "description",
            "one or two sentences that stand below the video",
            Shape::text(10..=300),
        )
}

/// What is taken: only what a script cannot do without must be there, and lengths are judged by what is said.
fn taken() -> Shape {
    let scene = Shape::object()
        .field("narration", "", Shape::text(1..=20_000))
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
        .optional("picture", "", Shape::text(1..=4000))
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
        .optional("negative", "", Shape::text(0..=300))
        .or(&["negative_prompt"]);
    Shape::object()
        .optional("subject", "", Shape::text(1..=200))
        .or(&["topic", "about"])
        .optional("title", "", Shape::text(1..=500))
        .or(&["headline", "video_title"])
        .optional("look", "", Shape::text(10..=1000))
        .or(&["style", "visual_style", "art_style"])
        .field("scenes", "", Shape::list(scene, 1..=MAX_SCENES))
        .or(&["scene", "script", "shots", "segments"])
        .optional(
            "hashtags",
            "",
            Shape::list(Shape::text(1..=40), 0..=8).dropping_surplus(),
        )
        .or(&["tags", "keywords"])
        .optional("description", "", Shape::text(10..=600))
        .or(&["summary", "caption"])
}
