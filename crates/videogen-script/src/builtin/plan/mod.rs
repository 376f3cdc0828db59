//! Lays a script out: which thoughts, in which order.

mod compact;
mod knowledge;
mod thoughts;

use std::collections::HashSet;

use videogen_types::{Genre, Rng};

use super::lexicon::{self, Field};
use super::pace::{Choice, Line, Place};
use super::say::{Form, names, say};
use super::series::{Hook, later};
use super::topic::{Shape, Topic};
use super::voice::{self, BACKS, DETOURS, FIRST_LEADS, Kind, LEADS, Passage, Voice};

/// Words of an average fact; the tests of the lexicon hold it to that.
const FACT: f32 = 11.0;
/// From this length on, a script may leave its topic for a neighbouring field and come back.
const DETOUR_FROM: usize = 420;

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

    /// Blocks of places for about `words` words.
    fn body(&mut self, words: f32, target: usize) -> Vec<Vec<Place>> {
        let share = match self.topic.shape {
            Shape::Thing | Shape::Versus(..) | Shape::Claim(_) => self.voice.facts,
            Shape::Question(_) | Shape::Opaque => self.voice.facts * 0.8,
            Shape::HowTo(_) | Shape::Act(_) => 0.25,
        };
        let fields = self.topic.fields.clone();
        let mut units: Vec<(Vec<&'static str>, &'static Field)> = Vec::new();
        for field in &fields {
            // Somebody who wants to do something needs no facts from its neighbourhood.
            let open = match self.topic.shape {
                Shape::HowTo(_) => false,
                Shape::Act(_) => matches!(field.genre, Genre::Motivational | Genre::Emotional),
                _ => true,
            };
            let close = self
                .units(field)
                .into_iter()
                .filter(|unit| open || self.is_about(&unit.join(" ")));
            units.extend(close.map(|unit| (unit, *field)));
        }
        let wanted =
            ((words * share / FACT / 1.25).round() as usize).min((units.len() * 3).div_ceil(5));
        // Some of the facts stay unused, so that another seed can tell something else.
        // A secondary field gets room only when the first one cannot fill it, or the topic names two things.
        let first = fields.first().map_or(0, |field| {
            units
                .iter()
                .filter(|(_, f)| std::ptr::eq(*f, *field))
                .count()
        });
        if first >= wanted && !matches!(self.topic.shape, Shape::Versus(..)) {
            units.truncate(first);
        }
        // Each seed tells a different part, still in order; what answers the topic most closely is never dropped.
        let spare = units
            .len()
            .saturating_sub((wanted * 3).div_ceil(2))
            .min(units.len() / 3);
        for _ in 0..spare {
            let at = self.rng.below(units.len());
            if !self.is_to_the_point(&units[at].0.join(" "), units[at].1) {
                units.remove(at);
            }
        }
        let mut groups = Vec::new();
        let mut placed = 0;
        let mut filled = 0.0;
        let mut leads = self.shuffled(LEADS).into_iter();
        let mut first_leads = self.shuffled(FIRST_LEADS).into_iter();
        // "First, the facts" is no way to speak of grief, or to somebody who needs a push.
        let guided = !matches!(self.topic.shape, Shape::HowTo(_) | Shape::Act(_))
            && !matches!(self.genre, Genre::Emotional | Genre::Motivational);
        while placed < wanted {
            let left = wanted - placed;
            let size = if left <= 4 {
                left
            } else {
                3 + usize::from(left != 6 && self.rng.below(2) == 1)
            };
            let span = placed * units.len() / wanted..(placed + size) * units.len() / wanted;
            let mut block = Vec::new();
            let lead = if placed == 0 {
                first_leads.next()
            } else {
                leads.next()
            };
            if guided
                && let Some(place) = lead.and_then(|lead| self.place(lead, Form::Name, true, true))
            {
                block.push(place);
            }
            let led = block.len();
            self.facts(&units[span], size, &mut block);
            if let Some(place) = block.get_mut(led).filter(|_| led > 0) {
                // A lead without what it leads to would end a scene on a promise.
                place
                    .iter_mut()
                    .filter_map(|choice| choice.lines.first_mut())
                    .for_each(|line| line.begins = false);
            }
            filled += expected(&block);
            groups.push(block);
            placed += size;
        }
        let mut thoughts = Vec::new();
        let mut pool = self.thoughts(target).into_iter();
        let mut detours = if target >= DETOUR_FROM {
            self.neighbours()
        } else {
            Vec::new()
        }
        .into_iter();
        let mut ways = self.shuffled(DETOURS).into_iter();
        let mut returns = self.shuffled(BACKS).into_iter();
        let mut since = 0;
        while filled < words {
            let mut block = Vec::new();
            if since >= 4
                && let (Some(field), Some(way)) = (detours.next(), ways.next())
            {
                since = 0;
                self.detour(field, way, returns.next(), &mut block);
            } else if let Some(passage) = pool.next() {
                since += 1;
                self.passage(passage, Form::Name, false, &mut block);
            } else if let (Some(field), Some(way)) = (detours.next(), ways.next()) {
                self.detour(field, way, returns.next(), &mut block);
            } else {
                break;
            }
            filled += expected(&block);
            if !block.is_empty() {
                thoughts.push(block);
            }
        }
        interleave(groups, thoughts)
    }

    fn neighbours(&mut self) -> Vec<&'static Field> {
        let mut near: Vec<&'static Field> = Vec::new();
        let mut far: Vec<&'static Field> = Vec::new();
        for field in lexicon::fields().filter(|f| {
            !self
                .topic
                .fields
                .iter()
                .any(|known| std::ptr::eq(*known, *f))
        }) {
            if field.genre == self.genre {
                near.push(field);
            } else {
                far.push(field);
            }
        }
        self.rng.shuffle(&mut near);
        self.rng.shuffle(&mut far);
        near.append(&mut far);
        near
    }

    fn detour(
        &mut self,
        field: &'static Field,
        way: &str,
        back: Option<Passage>,
        places: &mut Vec<Place>,
    ) {
        let Some(line) = self.line(way, Form::Name, true, field.name) else {
            return;
        };
        places.push(vec![Choice {
            lines: vec![line],
            cost: 0.0,
        }]);
        let units: Vec<(Vec<&'static str>, &'static Field)> = self
            .units(field)
            .into_iter()
            .map(|unit| (unit, field))
            .collect();
        let count = units.len().min(5);
        self.facts(&units, count, places);
        if let Some(back) = back {
            self.passage(back, Form::Name, false, places);
        }
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
