//! What the videos of one series must not share: the title and the opening.
//!
//! The videos of a series have one topic and one genre, and seeds that follow each other. Where each seed drew its own
//! title, two of five would often draw the same. So the order of the alternatives depends on topic and genre only, and
//! a seed is a place in that order.

use videogen_text::word_count;
use videogen_types::Seed;

use super::Assignment;
use super::say::{Form, names, say};
use super::topic::Topic;
use super::voice::{self, Passage, TINY_HOOKS};
use crate::opening::Opening;

/// So many different ones there should be, where that is possible.
const ENOUGH: usize = 8;
/// How many words longer than the shortest opening others may be where none has room.
const LONGER: usize = 2;

/// The place of a video in its series.
#[derive(Debug, Clone, Copy)]
pub(super) struct Series {
    order: Seed,
    place: u64,
}

impl Series {
    pub(super) fn of(assignment: &Assignment) -> Self {
        let order = Seed(0)
            .derive(&assignment.topic, 0)
            .derive(assignment.genre.name(), 0);
        Self {
            order,
            place: assignment.seed.0,
        }
    }

    /// `items` in the order of this series.
    pub(super) fn shuffled<T: Clone>(self, what: &str, items: &[T]) -> Vec<T> {
        let mut items = items.to_vec();
        self.order.derive(what, 0).rng().shuffle(&mut items);
        items
    }

    /// The one for this video.
    pub(super) fn own<T: Clone>(self, items: &[T]) -> Option<T> {
        let at = self.place.checked_rem(items.len() as u64)?;
        items.get(at as usize).cloned()
    }
}

/// An opening: sentences, of which the first so many must be said, since the topic is in the last of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Hook {
    pub(super) lines: Vec<&'static str>,
    pub(super) least: usize,
}

impl Hook {
    fn of(passage: &[&'static str]) -> Self {
        let least = passage.iter().position(|line| names(line)).unwrap_or(0) + 1;
        Self {
            lines: passage.to_vec(),
            least: least.min(passage.len()),
        }
    }

    fn names(&self) -> bool {
        self.lines.iter().any(|line| names(line))
    }

    /// What must be said of it, as it will be said.
    pub(super) fn said(&self, topic: &Topic, form: Form) -> String {
        let form = |at| if at == 0 { form } else { later(form) };
        self.lines[..self.least]
            .iter()
            .enumerate()
            .map(|(at, line)| say(line, topic, form(at), ""))
            .collect::<Vec<_>>()
            .join(" ")
    }
}

/// How the topic is named after a sentence in which it was named in `form`.
pub(super) const fn later(form: Form) -> Form {
    match form {
        Form::Tag => Form::Tag,
        Form::Full | Form::Name => Form::Name,
    }
}

/// Room for an opening.
#[derive(Debug, Clone, Copy)]
pub(super) struct Room {
    /// How the topic is named.
    pub(super) form: Form,
    /// Whether openings of a few words will do.
    pub(super) tiny: bool,
    /// Whether the video is over in much less than the minute that some openings speak of.
    pub(super) brief: bool,
    /// The most words.
    pub(super) words: usize,
}

/// The openings of a series for such a room; each names the topic, and no two begin alike. The same for each video of the
/// series.
pub(super) fn hooks(
    series: Series,
    topic: &Topic,
    genre: videogen_types::Genre,
    room: Room,
) -> Vec<Hook> {
    let kind = voice::kind(&topic.shape);
    let long: &[Passage] = if kind.hooks.is_empty() {
        voice::of(genre).hooks
    } else {
        kind.hooks
    };
    let mut all: Vec<Hook> = long.iter().map(|passage| Hook::of(passage)).collect();
    let has_clause = topic.is_clause();
    if room.tiny {
        let tiny = if kind.tiny.is_empty() {
            TINY_HOOKS
        } else {
            kind.tiny
        };
        let tiny = tiny
            .iter()
            .filter(|line| has_clause || !line.contains("{q}"));
        all.extend(tiny.map(|line| Hook::of(&[line])));
    }
    let all = series.shuffled("hook", &all);
    let said: Vec<(Hook, String)> = all
        .into_iter()
        .map(|hook| {
            let said = hook.said(topic, room.form);
            (hook, said)
        })
        .collect();
    let fits = |(_, said): &&(Hook, String)| word_count(said) <= room.words;
    let naming = || said.iter().filter(|(hook, _)| hook.names());
    let mut chosen = Vec::new();
    if room.brief {
        chosen = unlike(
            naming()
                .filter(fits)
                .filter(|(_, said)| !said.contains(" minute")),
        );
    }
    if chosen.len() < ENOUGH {
        chosen = unlike(naming().filter(fits));
    }
    if chosen.is_empty() {
        // A topic too long for the script is named all the same: sense goes before length.
        let shortest = naming().map(|(_, said)| word_count(said)).min();
        let most = shortest.unwrap_or_default() + LONGER;
        chosen = unlike(naming().filter(|(_, said)| word_count(said) <= most));
    }
    chosen
}

/// Those that do not begin like one before them.
fn unlike<'a>(hooks: impl Iterator<Item = &'a (Hook, String)>) -> Vec<Hook> {
    let mut kept: Vec<Opening> = Vec::new();
    let mut chosen = Vec::new();
    for (hook, said) in hooks {
        let opening = Opening {
            title: String::new(),
            first: videogen_text::sentences(said, "en")
                .first()
                .map_or("", |first| *first)
                .to_owned(),
        };
        if !kept.iter().any(|known| known.is_like(&opening)) {
            kept.push(opening);
            chosen.push(hook.clone());
        }
    }
    chosen
}

/// The titles of a series out of `fitting` ones and, where those are too few, `others`; no two are the same.
pub(super) fn titles(series: Series, fitting: &[String], others: &[String]) -> Vec<String> {
    let mut known = std::collections::HashSet::new();
    let mut chosen = Vec::new();
    let fitting = series.shuffled("title", fitting);
    let others = series.shuffled("other title", others);
    for (at, title) in fitting.iter().chain(&others).enumerate() {
        if at >= fitting.len() && chosen.len() >= ENOUGH {
            break;
        }
        if known.insert(super::topic::lower_words(title)) {
            chosen.push(title.clone());
        }
    }
    chosen
}
