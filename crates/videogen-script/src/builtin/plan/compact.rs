//! Short scripts and scripts of many scenes: a fixed number of sentences.

use videogen_text::word_count;

use super::{Planner, interleave};
use crate::builtin::pace::{Choice, Place};
use crate::builtin::say::Form;
use crate::builtin::topic::Shape;
use crate::builtin::voice::{FRAGMENTS, TINY_BODY, TINY_CLOSES};

/// So many sentences of a word or two there are that are whole; a script of more needs single words as well.
const MOST_SENTENCES: usize = 12;

/// The room of a compact script.
#[derive(Debug, Clone, Copy)]
struct Frame {
    /// Words of all sentences.
    target: usize,
    /// Sentences, the opening among them.
    count: usize,
    scenes: usize,
    /// Words for each of the sentences after the opening.
    average: f32,
}

impl Frame {
    /// After an opening of `said` words.
    fn new(target: usize, count: usize, scenes: usize, said: usize) -> Self {
        // What is left for each of the others.
        let rest = count.saturating_sub(1).max(1);
        Self {
            target,
            count,
            scenes,
            average: (target.saturating_sub(said) as f32 / rest as f32).max(1.0),
        }
    }

    /// Sentences between the opening and the ending.
    fn middle(self) -> usize {
        self.count.saturating_sub(2)
    }

    /// Whether the sentences after the opening are short.
    fn is_tiny(self) -> bool {
        self.average < 7.5
    }

    /// Whether they are only a few words each: no passage would fit.
    fn is_bare(self) -> bool {
        self.average < 2.4
    }

    /// Whether scenes have no room for a sentence each: then single words will do.
    fn is_tight(self) -> bool {
        self.target < self.scenes * 4
    }

    /// How the topic is named after the opening.
    fn later(self) -> Form {
        if self.is_tiny() {
            Form::Tag
        } else {
            Form::Name
        }
    }
}

impl Planner<'_> {
    /// A script of `count` sentences with about `target` words, as far as the opening leaves room: for short scripts and
    /// many scenes.
    pub(in crate::builtin) fn compact(
        &mut self,
        count: usize,
        target: usize,
        scenes: usize,
    ) -> Vec<Place> {
        let opening = self.opening();
        let said = opening.first().map_or(0, Choice::words);
        let count = count.saturating_sub(self.hook.least - 1).max(1);
        let frame = Frame::new(target, count, scenes, said);
        let mut ending = self.ending(frame);
        let facts = self.fact_places(frame);
        let wanted = frame.middle().saturating_sub(facts.len());
        let thoughts = self.thought_places(frame, wanted);
        let mut places: Vec<Place> = Vec::with_capacity(count);
        places.push(opening);
        places.extend(interleave(facts, thoughts));
        places.resize_with((count - usize::from(count > 1)).max(1), Place::new);
        if frame.average < 13.0 {
            self.add_tiny_lines(frame, &mut places);
        }
        if count == 2 && self.is_of_anything() {
            self.add_last_facts(frame, &mut ending);
        }
        if count == 2 && scenes == 1 {
            // An opening that is long enough needs no second sentence of two words.
            ending.push(Choice::skip(0.6));
        }
        if count > 1 {
            places.push(ending);
        }
        places.retain(|place| !place.is_empty());
        places
    }

    /// Whether the topic is something to know of, and nothing to do.
    fn is_of_anything(&self) -> bool {
        !matches!(self.topic.shape, Shape::HowTo(_) | Shape::Act(_))
    }

    /// The place for the last sentence.
    fn ending(&mut self, frame: Frame) -> Place {
        let mut closes: Vec<&str> = Vec::new();
        for close in self.closes() {
            // Only endings of one sentence stand without the one before.
            if close.len() == 1 {
                closes.push(close[0]);
            }
        }
        if frame.is_tiny() {
            closes.extend(TINY_CLOSES);
        }
        if frame.is_tight() {
            closes.extend(["Wonder.", "Go and look."]);
        }
        self.options(&closes, frame.later(), frame.average)
    }

    /// Places for what is known of the topic's fields: as many as the middle has room for beside thoughts.
    fn fact_places(&mut self, frame: Frame) -> Vec<Place> {
        let middle = frame.middle();
        let mut units = Vec::new();
        for field in self.topic.fields.clone() {
            for unit in self.units(field) {
                units.push((vec![unit[0]], field));
            }
            if units.len() >= middle {
                break;
            }
        }
        let share = if self.is_of_anything() { 0.75 } else { 0.3 };
        let count = if frame.is_bare() {
            0
        } else {
            ((middle as f32 * share).ceil() as usize).min(units.len())
        };
        let mut places = Vec::new();
        if count > 0 {
            self.facts(&units, count, &mut places);
        }
        places
    }

    /// At most `wanted` places for thoughts.
    fn thought_places(&mut self, frame: Frame, wanted: usize) -> Vec<Place> {
        if frame.is_bare() {
            Vec::new()
        } else if wanted <= 8 {
            self.single_thoughts(frame, wanted)
        } else {
            self.whole_thoughts(frame, wanted)
        }
    }

    /// `wanted` places, each with the first sentences of some passages to choose from.
    fn single_thoughts(&mut self, frame: Frame, wanted: usize) -> Vec<Place> {
        let mut firsts: Vec<&str> = self
            .thoughts(frame.target)
            .into_iter()
            .take(wanted * 3 + 2)
            .map(|passage| passage[0])
            .collect();
        if !matches!(self.topic.shape, Shape::HowTo(_)) {
            self.rng.shuffle(&mut firsts);
        }
        (0..wanted)
            .map(|at| {
                let chunk = at * firsts.len() / wanted..(at + 1) * firsts.len() / wanted;
                self.options(&firsts[chunk], frame.later(), frame.average)
            })
            .collect()
    }

    /// A place for each sentence of as many passages as fill `wanted` places.
    fn whole_thoughts(&mut self, frame: Frame, wanted: usize) -> Vec<Place> {
        let mut places = Vec::new();
        for passage in self.thoughts(frame.target) {
            for (at, template) in passage.iter().enumerate() {
                if places.len() == wanted {
                    return places;
                }
                places.extend(self.place(template, frame.later(), at == 0, false));
            }
        }
        places
    }

    /// Adds tiny sentences to the choices of every place but the opening.
    fn add_tiny_lines(&mut self, frame: Frame, places: &mut [Place]) {
        // In longer scripts these only make the sum come out right.
        let reluctance = if frame.is_tiny() { 0.0 } else { 1.5 };
        let mut lines = self.shuffled(TINY_BODY);
        if frame.is_tight() && frame.count > MOST_SENTENCES {
            lines.extend(self.shuffled(FRAGMENTS));
            self.rng.shuffle(&mut lines);
        }
        let middle = frame.middle().max(1);
        let each = (lines.len() / middle).clamp(1, 8);
        let (mut first, mut step) = (each, 1);
        if frame.is_tight() {
            // Dealt out from the shortest on, so that each place has one.
            lines.sort_by_key(|line| word_count(line));
            (first, step) = (1, middle);
        }
        for (at, place) in places.iter_mut().skip(1).enumerate() {
            for template in lines.iter().skip(at * first).step_by(step).take(each) {
                let Some(line) = self.line(template, frame.later(), true, "") else {
                    continue;
                };
                // A scene of one word is a stumble where the others have a whole sentence.
                let stump = if !frame.is_tiny() && line.words as f32 * 2.0 < frame.average {
                    4.0
                } else {
                    0.0
                };
                let cost = reluctance
                    + stump
                    + 0.5 * self.jitter()
                    + 0.15 * (frame.average - line.words as f32).max(0.0);
                place.push(Choice {
                    lines: vec![line],
                    cost,
                });
            }
        }
    }

    /// Adds facts to the ending: with one sentence after the opening, something to know is worth more than a farewell.
    fn add_last_facts(&mut self, frame: Frame, ending: &mut Place) {
        for field in self.topic.fields.clone() {
            let facts: Vec<&str> = self.units(field).into_iter().map(|unit| unit[0]).collect();
            for mut choice in self.options(&facts, Form::Name, frame.average) {
                choice.cost -= 1.0;
                for line in &mut choice.lines {
                    line.field = Some(field);
                }
                ending.push(choice);
            }
        }
    }

    fn options(&mut self, templates: &[&str], form: Form, average: f32) -> Place {
        let mut place = Place::new();
        for template in templates {
            if let Some(line) = self.line(template, form, true, "") {
                let away = (line.words as f32 - average).abs() / average;
                let cost = self.jitter() + 0.3 * away;
                place.push(Choice {
                    lines: vec![line],
                    cost,
                });
            }
        }
        place
    }
}
