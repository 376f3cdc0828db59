//! How each genre speaks, and what can be said about any topic.
//!
//! A line is one sentence. In it, `{T}` is the topic as a noun phrase, `[is|are]` agrees with it, `{it}`, `{its}` and
//! `{them}` are its pronouns. Lines for one shape of topic also use `{to}` (an act as an infinitive), `{how}` (how to do
//! something), `{Q}` (the question), `{q}` (the same as a clause, where it is one), `{C}` (the claim), `{a}` and `{b}` (rivals), `{D}` (the field of a detour).

mod angles;
mod general;
mod history_mystery;
mod inner;
mod kinds;
mod nature_tech;
mod steps;
mod tiny;

use videogen_types::Genre;

use super::topic::Shape;

/// Lines that belong together, in order. The first can stand alone.
pub(super) type Passage = &'static [&'static str];

/// What a genre says and shows.
#[derive(Debug)]
pub(super) struct Voice {
    /// Openings; the first line names the topic.
    pub(super) hooks: &'static [Passage],
    /// The middle: thoughts in the genre's tone.
    pub(super) passages: &'static [Passage],
    /// Where the view changes.
    pub(super) turns: &'static [Passage],
    /// Endings; the last line is the last of the video.
    pub(super) closes: &'static [Passage],
    /// Titles with `{T}` in title case.
    pub(super) titles: &'static [&'static str],
    /// Light and style, one for a whole video.
    pub(super) looks: &'static [&'static str],
    /// Subjects for pictures when the topic's field is unknown.
    pub(super) images: &'static [&'static str],
    /// Hashtags.
    pub(super) tags: &'static [&'static str],
    /// Which part of the body facts may fill when there are some, 0 to 1.
    pub(super) facts: f32,
}

pub(super) use angles::{ANGLES, THING_ANGLES};
pub(super) use steps::{BACKS, DETOURS, FIRST_LEADS, LEADS};
pub(super) use tiny::{FRAGMENTS, TINY_BODY, TINY_CLOSES, TINY_HOOKS};

/// The voice of `genre`.
pub(super) const fn of(genre: Genre) -> &'static Voice {
    match genre {
        Genre::Motivational => &inner::MOTIVATIONAL,
        Genre::Emotional => &inner::EMOTIONAL,
        Genre::Tech => &nature_tech::TECH,
        Genre::Nature => &nature_tech::NATURE,
        Genre::History => &history_mystery::HISTORY,
        Genre::Mystery => &history_mystery::MYSTERY,
        Genre::General => &general::GENERAL,
    }
}

/// What only topics of one shape can be given.
#[derive(Debug, Default)]
pub(super) struct Kind {
    pub(super) hooks: &'static [Passage],
    /// In order: for a skill they are steps.
    pub(super) passages: &'static [Passage],
    pub(super) turns: &'static [Passage],
    pub(super) closes: &'static [Passage],
    pub(super) titles: &'static [&'static str],
    /// Hooks of a few words.
    pub(super) tiny: &'static [&'static str],
}

/// The lines for `shape`; empty for a plain thing.
pub(super) fn kind(shape: &Shape) -> Kind {
    match shape {
        Shape::Thing => Kind::default(),
        Shape::HowTo(_) => kinds::HOW_TO,
        Shape::Act(_) => kinds::ACT,
        Shape::Question(_) => kinds::QUESTION,
        Shape::Claim(_) => kinds::CLAIM,
        Shape::Versus(..) => kinds::VERSUS,
        Shape::Opaque => kinds::OPAQUE,
    }
}
