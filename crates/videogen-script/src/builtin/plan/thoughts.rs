//! The pools a script draws its openings, thoughts and endings from.

use videogen_types::Genre;

use super::Planner;
use crate::builtin::say::names;
use crate::builtin::topic::{Shape, lower_words};
use crate::builtin::voice::{self, ANGLES, Passage, THING_ANGLES};

impl Planner<'_> {
    pub(super) fn closes(&mut self) -> Vec<Passage> {
        let mut closes = self.shuffled(self.kind.closes);
        let mut of_genre = self.shuffled(self.voice.closes);
        let free =
            matches!(self.topic.shape, Shape::Act(_) | Shape::HowTo(_)) && self.jitter() < 0.3;
        if closes.is_empty() || free {
            of_genre.append(&mut closes);
            return of_genre;
        }
        closes.append(&mut of_genre);
        closes
    }

    /// Whether the topic is spoken of as a question or a thought rather than a thing.
    pub(super) fn is_thought(&self) -> bool {
        matches!(self.topic.shape, Shape::Question(_))
            || (matches!(self.topic.shape, Shape::Claim(_)) && self.topic.name.starts_with("this "))
    }

    /// Passages in the order in which they are used up: what fits the shape, then the genre's tone and general angles by
    /// turns, then what other genres can lend without naming the topic.
    pub(super) fn thoughts(&mut self, target: usize) -> Vec<Passage> {
        let of_kind: Vec<Passage> = match self.topic.shape {
            // Steps keep their order. A script without room for all of them takes some.
            Shape::HowTo(_) => {
                let room = target / 16;
                let mut steps = self.kind.passages.to_vec();
                while steps.len() > room.max(3) {
                    // The first step and the last one hold the others together.
                    steps.remove(1 + self.rng.below(steps.len() - 2));
                }
                steps
            }
            _ => self.shuffled(self.kind.passages),
        };
        let of_genre = self.shuffled(self.voice.passages);
        let mut general = self.shuffled(ANGLES);
        let activity = lower_words(&self.topic.name)
            .iter()
            .take(2)
            .any(|word| word.len() > 4 && word.ends_with("ing"));
        if !self.is_thought() && !activity {
            let mut things = self.shuffled(THING_ANGLES);
            general.append(&mut things);
            self.rng.shuffle(&mut general);
        }
        let mut order = of_kind;
        // A tender script and an encouraging one keep their tone as long as it lasts.
        if matches!(self.genre, Genre::Emotional | Genre::Motivational) {
            order.extend(of_genre.iter().copied());
        }
        let mut a = of_genre
            .into_iter()
            .filter(|passage| !order.contains(passage))
            .collect::<Vec<_>>()
            .into_iter();
        let mut b = general.into_iter();
        let angle_first = self.topic.fields.is_empty() && order.is_empty();
        loop {
            let pair = if angle_first {
                [b.next(), a.next()]
            } else {
                [a.next(), b.next()]
            };
            if pair == [None, None] {
                break;
            }
            order.extend(pair.into_iter().flatten());
        }
        let mut lent: Vec<Passage> = Genre::ALL
            .into_iter()
            .filter(|&genre| genre != self.genre)
            .flat_map(|genre| voice::of(genre).passages)
            .copied()
            .filter(|passage| !passage.iter().any(|line| names(line)))
            .collect();
        self.rng.shuffle(&mut lent);
        order.extend(lent);
        order
    }
}
