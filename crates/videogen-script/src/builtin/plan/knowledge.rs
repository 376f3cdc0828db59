//! Which statements of a field serve a topic, and in which order.

use super::Planner;
use crate::builtin::lexicon::Field;
use crate::builtin::pace::{Choice, Line, Place};
use crate::builtin::say::Form;
use crate::builtin::topic::{is_common, lower_words, stem};

impl Planner<'_> {
    /// The stems of the topic's words.
    pub(super) fn asked(&self) -> Vec<String> {
        lower_words(&self.topic.subject)
            .iter()
            .chain(&lower_words(&self.topic.full))
            .map(|word| stem(word))
            .collect()
    }

    /// Whether `text` shares a telling word with the topic.
    pub(super) fn is_about(&self, text: &str) -> bool {
        let asked = self.asked();
        lower_words(text)
            .iter()
            .any(|word| word.len() > 2 && !is_common(word) && asked.contains(&stem(word)))
    }

    /// Whether `text` answers to a word of the topic that is not simply the field's name: purring, of cats.
    pub(super) fn is_to_the_point(&self, text: &str, field: &Field) -> bool {
        let asked = self.asked();
        let named: Vec<String> = lower_words(field.name)
            .iter()
            .map(|word| stem(word))
            .collect();
        lower_words(text).iter().any(|word| {
            let word = stem(word);
            word.len() > 2 && !is_common(&word) && asked.contains(&word) && !named.contains(&word)
        })
    }

    /// The statements of `field` as runs that must stay together, those about the topic's own words first when the
    /// field is wider than the topic.
    pub(super) fn units(&self, field: &'static Field) -> Vec<Vec<&'static str>> {
        let mut units: Vec<Vec<&'static str>> = Vec::new();
        for fact in field.facts {
            match (fact.strip_prefix('+'), units.last_mut()) {
                (Some(follows), Some(unit)) => unit.push(follows),
                (Some(alone), None) => units.push(vec![alone]),
                (None, _) => units.push(vec![fact]),
            }
        }
        let asked = self.asked();
        let about = |text: &str| self.is_about(text);
        let others = |text: &str| {
            lower_words(text).iter().any(|word| {
                let stemmed = stem(word);
                field.keys.iter().any(|key| stem(key) == stemmed) && !asked.contains(&stemmed)
            })
        };
        let wide = field.name.contains(" and ") || !about(field.name);
        if !wide {
            return units;
        }
        let rank = |unit: &Vec<&str>| {
            let text = unit.join(" ");
            if about(&text) {
                0
            } else {
                1 + usize::from(others(&text))
            }
        };
        let mut ranked: Vec<(usize, Vec<&'static str>)> =
            units.into_iter().map(|unit| (rank(&unit), unit)).collect();
        ranked.sort_by_key(|(rank, _)| *rank);
        let close = ranked.iter().filter(|(rank, _)| *rank < 2).count();
        // Statements about something else in the field only when there is hardly anything nearer.
        let collection = field.name.contains(" and ")
            || matches!(
                field.name,
                "music" | "art" | "books" | "inventions" | "sport"
            );
        let keep = if collection
            && self
                .topic
                .name
                .split(' ')
                .any(|word| word.starts_with(char::is_uppercase))
        {
            // A name out of a field that collects many: what is true of the others is beside the point.
            ranked.iter().filter(|(rank, _)| *rank == 0).count()
        } else if ranked.first().is_some_and(|(rank, _)| *rank == 0) {
            close.max(3)
        } else {
            ranked.len()
        };
        ranked
            .into_iter()
            .take(keep)
            .map(|(_, unit)| unit)
            .collect()
    }

    /// `count` places for facts from `units`, in their order.
    pub(super) fn facts(
        &mut self,
        units: &[(Vec<&'static str>, &'static Field)],
        count: usize,
        places: &mut Vec<Place>,
    ) {
        for at in 0..count {
            let chunk = &units[at * units.len() / count..(at + 1) * units.len() / count];
            let mut place = Place::new();
            for (unit, field) in chunk {
                let mut lines: Vec<Line> = Vec::new();
                let base = self.jitter()
                    - if self.is_to_the_point(&unit.join(" "), field) {
                        2.5
                    } else {
                        0.0
                    };
                for fact in unit.iter().take(3) {
                    let begins = lines.is_empty();
                    let Some(mut line) = self.line(fact, Form::Name, begins, "") else {
                        break;
                    };
                    line.field = Some(*field);
                    lines.push(line);
                    // A pair of sentences that belong together is worth having.
                    let cost = base - 0.15 * (lines.len() - 1) as f32;
                    place.push(Choice {
                        lines: lines.clone(),
                        cost,
                    });
                }
            }
            if !place.is_empty() {
                places.push(place);
            }
        }
    }
}
