//! The body of a flowing script: blocks of facts and thoughts by turns.

use videogen_types::Genre;

use super::{Planner, expected, interleave};
use crate::builtin::lexicon::{self, Field};
use crate::builtin::pace::{Choice, Place};
use crate::builtin::say::Form;
use crate::builtin::topic::Shape;
use crate::builtin::voice::{BACKS, DETOURS, FIRST_LEADS, LEADS, Passage};

/// Words of an average fact; the tests of the lexicon hold it to that.
const FACT: f32 = 11.0;
/// From this length on, a script may leave its topic for a neighbouring field and come back.
const DETOUR_FROM: usize = 420;

/// Statements that must stay together, and the field they are from.
type Unit = (Vec<&'static str>, &'static Field);

impl Planner<'_> {
    /// Blocks of places for about `words` words.
    pub(super) fn body(&mut self, words: f32, target: usize) -> Vec<Vec<Place>> {
        let mut units = self.all_units();
        let wanted = ((words * self.share_of_facts() / FACT / 1.25).round() as usize)
            .min((units.len() * 3).div_ceil(5));
        self.thin_out(&mut units, wanted);
        let facts = self.fact_blocks(&units, wanted);
        let filled: f32 = facts.iter().map(|block| expected(block)).sum();
        let thoughts = self.thought_blocks(words, filled, target);
        interleave(facts, thoughts)
    }

    /// How much of the body facts are.
    fn share_of_facts(&self) -> f32 {
        match self.topic.shape {
            Shape::Thing | Shape::Versus(..) | Shape::Claim(_) => self.voice.facts,
            Shape::Question(_) | Shape::Opaque => self.voice.facts * 0.8,
            Shape::HowTo(_) | Shape::Act(_) => 0.25,
        }
    }

    /// What is known of all fields of the topic.
    fn all_units(&self) -> Vec<Unit> {
        let mut units = Vec::new();
        for field in &self.topic.fields {
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
        units
    }

    /// Leaves some of the facts unused where `wanted` are said, so that another seed can tell something else.
    fn thin_out(&mut self, units: &mut Vec<Unit>, wanted: usize) {
        // A secondary field gets room only when the first one cannot fill it, or the topic names two things.
        let first = self.topic.fields.first().map_or(0, |field| {
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
    }

    /// Blocks of up to four facts, `wanted` in all, each after a lead where that suits.
    fn fact_blocks(&mut self, units: &[Unit], wanted: usize) -> Vec<Vec<Place>> {
        let mut blocks = Vec::new();
        let mut placed = 0;
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
            let lead = if placed == 0 {
                first_leads.next()
            } else {
                leads.next()
            };
            let lead = lead.filter(|_| guided);
            blocks.push(self.fact_block(&units[span], size, lead));
            placed += size;
        }
        blocks
    }

    /// A block of `count` facts, after `lead` if it was not said before.
    fn fact_block(&mut self, units: &[Unit], count: usize, lead: Option<&str>) -> Vec<Place> {
        let mut block = Vec::new();
        block.extend(lead.and_then(|lead| self.place(lead, Form::Name, true, true)));
        let led = block.len();
        self.facts(units, count, &mut block);
        if let Some(place) = block.get_mut(led).filter(|_| led > 0) {
            // A lead without what it leads to would end a scene on a promise.
            place
                .iter_mut()
                .filter_map(|choice| choice.lines.first_mut())
                .for_each(|line| line.begins = false);
        }
        block
    }

    /// Blocks of a thought each, until `words` words are filled, of which `filled` are; long scripts make detours.
    fn thought_blocks(&mut self, words: f32, mut filled: f32, target: usize) -> Vec<Vec<Place>> {
        let mut blocks = Vec::new();
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
                blocks.push(block);
            }
        }
        blocks
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
        let units: Vec<Unit> = self
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
