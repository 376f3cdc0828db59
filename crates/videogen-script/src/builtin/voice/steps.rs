//! Lines that lead from one part to the next.

use super::Passage;

/// Before the first run of facts.
#[rustfmt::skip] // one line each
pub(in super::super) const FIRST_LEADS: &[&str] = &[
    "Start with what can be checked.", "Here is what we know.", "First, the facts.", "Begin with something concrete.",
    "A few things are certain.", "Let the details speak.", "Some of it is solid ground.",
];

/// Before a later run of facts.
#[rustfmt::skip] // one line each
pub(in super::super) const LEADS: &[&str] = &[
    "Now it gets stranger.", "There is more.", "And that is not all.", "Back to solid ground.", "Look a little closer.", "Take a second look.", "The details are better still.",
    "Keep going; it gets better.", "Here comes the surprising part.", "One layer deeper, then.",
];

/// Into a neighbouring field; `{D}` is its name.
#[rustfmt::skip] // one line each
pub(in super::super) const DETOURS: &[&str] = &[
    "For perspective, take a short detour: {D}.", "It helps to compare, so consider {D} for a moment.",
    "Leave the main road briefly and look at {D}.", "Something similar can be learned from {D}.",
    "The mind works by comparison, so here is one: {D}.", "A side door opens here, and behind it wait facts about {D}.",
    "Change the scene for a moment to {D}.", "Put {D} next to it and see what happens.",
    "Far away, and yet not so far: {D}.", "Let your thoughts wander to {D} and back.",
    "Another window, another view: {D}.", "Curiosity has a habit of changing the subject, this time to {D}.",
];

/// Back to the topic.
#[rustfmt::skip] // one line each
pub(in super::super) const BACKS: &[Passage] = &[
    &["Back to {T}, with fresh eyes."], &["Now return to {T}."], &["With that in mind, look at {T} once more."],
    &["And so we come back to {T}."], &["Hold that thought next to {T}."], &["What does that do to your picture of {T}?"],
    &["Carry that over to {T} and see what fits."], &["Seen from there, {T} [looks|look] a little different."],
    &["The detour ends where it began, with {T}."], &["So much for the comparison; {T} [is|are] waiting."],
    &["Bring one thing back from there to {T}."], &["Now let {T} answer."],
];
