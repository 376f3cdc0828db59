//! Short scripts and scripts of many scenes: a fixed number of sentences.

use super::{Planner, interleave};
use crate::builtin::pace::{Choice, Place};
use crate::builtin::say::Form;
use crate::builtin::topic::Shape;
use crate::builtin::voice::{FRAGMENTS, TINY_BODY, TINY_CLOSES};

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
        // What is left for each of the others.
        let rest = count.saturating_sub(1).max(1);
        let average = (target.saturating_sub(said) as f32 / rest as f32).max(1.0);
        let tiny = average < 7.5;
        let later = if tiny { Form::Tag } else { Form::Name };
        let mut places: Vec<Place> = Vec::with_capacity(count);
        let mut closes: Vec<&str> = Vec::new();
        for close in self.closes() {
            // Only endings of one sentence stand without the one before.
            if close.len() == 1 {
                closes.push(close[0]);
            }
        }
        if tiny {
            closes.extend(TINY_CLOSES);
        }
        // Where scenes have no room for a sentence each, single words will do.
        let tight = target < scenes * 4;
        if tight {
            closes.extend(["Wonder.", "Onwards."]);
        }
        let mut close = self.options(&closes, later, average);
        places.push(opening);
        let middle = count.saturating_sub(2);
        let of_anything = !matches!(self.topic.shape, Shape::HowTo(_) | Shape::Act(_));
        let share = if of_anything { 0.75 } else { 0.3 };
        let mut units = Vec::new();
        for field in self.topic.fields.clone() {
            for unit in self.units(field) {
                units.push((vec![unit[0]], field));
            }
            if units.len() >= middle {
                break;
            }
        }
        let facts = if average < 2.4 {
            0
        } else {
            ((middle as f32 * share).ceil() as usize).min(units.len())
        };
        let mut of_facts = Vec::new();
        if facts > 0 {
            self.facts(&units, facts, &mut of_facts);
        }
        let need = middle.saturating_sub(of_facts.len());
        let mut others: Vec<Place> = Vec::new();
        if average < 2.4 {
            // Only a few words each: no passage would fit.
        } else if need <= 8 {
            let mut firsts: Vec<&str> = self
                .thoughts(target)
                .into_iter()
                .take(need * 3 + 2)
                .map(|passage| passage[0])
                .collect();
            if !matches!(self.topic.shape, Shape::HowTo(_)) {
                self.rng.shuffle(&mut firsts);
            }
            for at in 0..need {
                let chunk =
                    firsts[at * firsts.len() / need..(at + 1) * firsts.len() / need].to_vec();
                others.push(self.options(&chunk, later, average));
            }
        } else {
            'filled: for passage in self.thoughts(target) {
                for (at, template) in passage.iter().enumerate() {
                    if others.len() == need {
                        break 'filled;
                    }
                    if let Some(place) = self.place(template, later, at == 0, false) {
                        others.push(place);
                    }
                }
            }
        }
        let body: Vec<Place> = interleave(
            of_facts.into_iter().map(|p| vec![p]).collect(),
            others.into_iter().map(|p| vec![p]).collect(),
        )
        .into_iter()
        .flatten()
        .collect();
        places.extend(body);
        places.resize_with((count - usize::from(count > 1)).max(1), Place::new);
        if average < 13.0 {
            // In longer scripts these only make the sum come out right.
            let reluctance = if tiny { 0.0 } else { 1.5 };
            let mut lines = self.shuffled(TINY_BODY);
            if tight {
                lines.extend(self.shuffled(FRAGMENTS));
                self.rng.shuffle(&mut lines);
            }
            let each = (lines.len() / middle.max(1)).clamp(1, 8);
            let mut lines = lines.into_iter();
            for place in places.iter_mut().skip(1) {
                for template in lines.by_ref().take(each).collect::<Vec<_>>() {
                    if let Some(line) = self.line(template, later, true, "") {
                        // A scene of one word is a stumble where the others have a whole sentence.
                        let stump = if !tiny && line.words as f32 * 2.0 < average {
                            4.0
                        } else {
                            0.0
                        };
                        let cost = reluctance
                            + stump
                            + 0.5 * self.jitter()
                            + 0.15 * (average - line.words as f32).max(0.0);
                        place.push(Choice {
                            lines: vec![line],
                            cost,
                        });
                    }
                }
            }
        }
        if count == 2 && of_anything {
            // With one sentence after the opening, something to know is worth more than a farewell.
            for field in self.topic.fields.clone() {
                let facts: Vec<&str> = self.units(field).into_iter().map(|unit| unit[0]).collect();
                for mut choice in self.options(&facts, Form::Name, average) {
                    choice.cost -= 1.0;
                    for line in &mut choice.lines {
                        line.field = Some(field);
                    }
                    close.push(choice);
                }
            }
        }
        if count == 2 && scenes == 1 {
            // An opening that is long enough needs no second sentence of two words.
            close.push(Choice::skip(0.6));
        }
        if count > 1 {
            places.push(close);
        }
        places.retain(|place| !place.is_empty());
        places
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
