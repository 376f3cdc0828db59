//! What each scene shows: a description for a painter or an image model.

use videogen_text::cut_at_sentence;
use videogen_types::{Genre, Rng};

use super::lexicon::Field;
use super::pace::Line;
use super::topic::{Topic, capitalised, lower_words};
use super::voice;

const LONGEST: usize = 300;

const SHOTS: [&str; 6] = [
    "wide establishing view",
    "intimate close view",
    "medium view at eye level",
    "low angle",
    "view from above",
    "calm side view with open space",
];

/// Describes the scenes of one video, in order, with one look for all of them.
pub(super) struct Painter<'a> {
    topic: &'a Topic,
    genre: Genre,
    look: &'static str,
    rng: Rng,
    used: Vec<(&'static str, usize)>,
}

impl<'a> Painter<'a> {
    pub(super) fn new(topic: &'a Topic, genre: Genre, mut rng: Rng) -> Self {
        let look = rng.pick(voice::of(genre).looks);
        Self {
            topic,
            genre,
            look,
            rng,
            used: Vec::new(),
        }
    }

    /// What is seen while `lines` are said.
    pub(super) fn describe(&mut self, lines: &[Line]) -> String {
        let fields: Vec<&'static Field> = lines
            .iter()
            .filter_map(|line| line.field)
            .chain(self.topic.fields.iter().copied())
            .collect();
        let own = fields.first().map_or(&[][..], |field| field.images);
        let general = voice::of(self.genre).images;
        let said: Vec<String> = lines
            .iter()
            .flat_map(|line| lower_words(&line.text))
            .filter(|word| word.len() > 3)
            .collect();
        let pool: Vec<&'static str> = if own.is_empty() {
            general.to_vec()
        } else {
            own.to_vec()
        };
        let mut best: Option<(f32, &'static str, usize)> = None;
        for &image in &pool {
            let times = self.used.iter().filter(|(used, _)| *used == image).count();
            let overlap = lower_words(image)
                .iter()
                .filter(|word| said.iter().any(|s| alike(s, word)))
                .count();
            let shot = (self.used.len() + times) % SHOTS.len();
            let score = overlap as f32 - 3.0 * times as f32 + self.rng.unit();
            if best.is_none_or(|(least, _, _)| score > least) {
                best = Some((score, image, shot));
            }
        }
        let (_, image, mut shot) = best.unwrap_or((0.0, "a quiet landscape", 0));
        while self.used.contains(&(image, shot)) && self.used.len() < pool.len() * SHOTS.len() {
            shot = (shot + 1) % SHOTS.len();
        }
        self.used.push((image, shot));
        let subject = cut_at_sentence(&self.topic.subject, 60, "en").0;
        let text = format!(
            "{}, from a story about {subject}, {}, {}",
            capitalised(image),
            SHOTS[shot],
            self.look
        );
        cut_at_sentence(&text, LONGEST, "en").0
    }
}

/// Whether two words are forms of one word, roughly: the same first four letters.
fn alike(a: &str, b: &str) -> bool {
    b.len() > 3
        && a.chars().zip(b.chars()).take_while(|(x, y)| x == y).count()
            >= a.chars().count().min(b.chars().count()).clamp(4, 6)
}
