//! Lays a script out: which thoughts, in which order.

mod body;
mod compact;
mod knowledge;
mod thoughts;

use std::collections::HashSet;

use videogen_types::{Genre, Rng};

use super::pace::{Choice, Line, Place};
use super::say::{Form, names, say};
use super::series::{Hook, later};
use super::topic::{Shape, Topic};
use super::voice::{self, Kind, Passage, Voice};

/// Everything a plan draws from. Whatever has been placed is not placed again.
pub(super) struct Planner<'a> {
    topic: &'a Topic,
    genre: Genre,
    voice: &'static Voice,
    kind: Kind,
    rng: Rng,
    seen: HashSet<String>,
    first: Form,
    hook: &'a Hook,
}

impl<'a> Planner<'a> {
    pub(super) fn new(
        topic: &'a Topic,
        genre: Genre,
        rng: Rng,
        first: Form,
        hook: &'a Hook,
    ) -> Self {
        Self {
            topic,
            genre,
            voice: voice::of(genre),
            kind: voice::kind(&topic.shape),
            rng,
            seen: HashSet::new(),
            first,
            hook,
        }
    }

    /// The place for the opening: what must be said of it or, where there is room, all of it.
    fn opening(&mut self) -> Place {
        let mut lines: Vec<Line> = Vec::new();
        for (at, template) in self.hook.lines.iter().enumerate() {
            let form = if at == 0 {
                self.first
            } else {
                later(self.first)
            };
            lines.extend(self.line(template, form, at == 0, ""));
        }
        let mut place = Place::new();
        if lines.len() > self.hook.least {
            place.push(Choice {
                lines: lines[..self.hook.least].to_vec(),
                cost: 0.5 + 0.5 * self.jitter(),
            });
        }
        place.push(Choice {
            lines,
            cost: 0.5 * self.jitter(),
        });
        place
    }

    /// A line said as it will be, unless it has been placed before.
    fn line(&mut self, template: &str, form: Form, begins: bool, detour: &str) -> Option<Line> {
        let text = say(template, self.topic, form, detour);
        self.seen
            .insert(text.to_lowercase())
            .then(|| Line::new(text, names(template), begins))
    }

    fn jitter(&mut self) -> f32 {
        self.rng.unit()
    }

    fn shuffled<T: Copy>(&mut self, items: &[T]) -> Vec<T> {
        let mut items = items.to_vec();
        self.rng.shuffle(&mut items);
        items
    }

    /// A place for one line, with the choice to leave it out when `optional`.
    fn place(&mut self, template: &str, form: Form, begins: bool, optional: bool) -> Option<Place> {
        let line = self.line(template, form, begins, "")?;
        let cost = self.jitter() * 0.5;
        let mut place = vec![Choice {
            lines: vec![line],
            cost,
        }];
        if optional {
            place.push(Choice::skip(0.25 + 0.5 * self.jitter()));
        }
        Some(place)
    }

    /// A place for a passage: all of it or, unless `whole`, its first line alone. A passage that lost a line in the
    /// middle would not make sense.
    fn passage(&mut self, passage: Passage, form: Form, whole: bool, places: &mut Vec<Place>) {
        let mut lines = Vec::with_capacity(passage.len());
        for (at, template) in passage.iter().enumerate() {
            let Some(line) = self.line(
                template,
                if at == 0 { form } else { Form::Name },
                at == 0,
                "",
            ) else {
                return;
            };
            lines.push(line);
        }
        // A long name in quotation marks is tiring; other passages do as well.
        let tired = if self.topic.shape == Shape::Opaque && lines.iter().any(|line| line.names) {
            0.3
        } else {
            0.0
        };
        let mut place = Place::new();
        if !whole && lines.len() > 1 {
            place.push(Choice {
                lines: lines[..1].to_vec(),
                cost: tired + 0.5 + 0.5 * self.jitter(),
            });
        }
        place.push(Choice {
            lines,
            cost: tired + 0.5 * self.jitter(),
        });
        places.push(place);
    }

    /// A script of flowing passages for about `target` words.
    pub(super) fn flowing(&mut self, target: usize, lean: f32) -> Vec<Place> {
        let mut places = vec![self.opening()];
        let mut ending = Vec::new();
        for close in self.closes() {
            self.passage(close, Form::Name, true, &mut ending);
            if !ending.is_empty() {
                break;
            }
        }
        let mut turn = Vec::new();
        if target >= 85 {
            let turns = if self.kind.turns.is_empty() || self.jitter() < 0.4 {
                self.voice.turns
            } else {
                self.kind.turns
            };
            let chosen = *self.rng.pick(turns);
            self.passage(chosen, Form::Name, true, &mut turn);
        }
        let frame = expected(&places) + expected(&ending) + expected(&turn);
        let body_words = (target as f32 * lean - frame).max(0.0);
        let body = self.body(body_words, target);
        places.extend(body.into_iter().flatten());
        places.append(&mut turn);
        places.append(&mut ending);
        places
    }
}

/// The words `places` will have when nothing else decides: optional lines count by half.
fn expected(places: &[Place]) -> f32 {
    places
        .iter()
        .map(|place| {
            place
                .iter()
                .map(|choice| choice.words() as f32)
                .sum::<f32>()
                / place.len().max(1) as f32
        })
        .sum()
}

/// Both lists in their own order, evenly mixed, facts first.
fn interleave<T>(facts: Vec<T>, thoughts: Vec<T>) -> Vec<T> {
    let (m, n) = (facts.len(), thoughts.len());
    let mut mixed = Vec::with_capacity(m + n);
    let (mut facts, mut thoughts) = (facts.into_iter(), thoughts.into_iter());
    let (mut i, mut j) = (0, 0);
    while i < m || j < n {
        if i < m && (j >= n || i * (n + 1) <= j * m.max(1)) {
            mixed.extend(facts.next());
            i += 1;
        } else {
            mixed.extend(thoughts.next());
            j += 1;
        }
    }
    mixed
}
