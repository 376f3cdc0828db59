//! The genre a topic asks for, and topics for those who only name a genre.

use videogen_types::{Genre, Seed};

use super::suggestions;
use super::topic::{Shape, Topic, fields_of, lower_words};

/// Words that set the genre whatever the topic's field is.
#[rustfmt::skip] // a table
const STRONG: &[(&str, Genre)] = &[
    ("myster", Genre::Mystery), ("unsolved", Genre::Mystery), ("unexplained", Genre::Mystery), ("ghost", Genre::Mystery),
    ("haunt", Genre::Mystery), ("vanish", Genre::Mystery), ("disappear", Genre::Mystery), ("enigma", Genre::Mystery),
    ("riddle", Genre::Mystery), ("conspirac", Genre::Mystery), ("paranormal", Genre::Mystery), ("creepy", Genre::Mystery),
    ("histor", Genre::History), ("ancient", Genre::History), ("empire", Genre::History), ("medieval", Genre::History),
    ("centur", Genre::History), ("dynast", Genre::History), ("emperor", Genre::History), ("pharaoh", Genre::History),
    ("motivat", Genre::Motivational), ("inspir", Genre::Motivational), ("disciplin", Genre::Motivational), ("success", Genre::Motivational),
    ("persever", Genre::Motivational), ("resilien", Genre::Motivational), ("courage", Genre::Motivational), ("mindset", Genre::Motivational),
    ("heartbreak", Genre::Emotional), ("goodbye", Genre::Emotional), ("nostalg", Genre::Emotional), ("grief", Genre::Emotional),
    ("griev", Genre::Emotional), ("lonel", Genre::Emotional), ("sad", Genre::Emotional), ("tears", Genre::Emotional),
    ("technolog", Genre::Tech), ("software", Genre::Tech), ("engineer", Genre::Tech), ("gadget", Genre::Tech), ("algorithm", Genre::Tech),
    ("wildlife", Genre::Nature), ("nature", Genre::Nature), ("animal", Genre::Nature), ("ecosystem", Genre::Nature),
];

/// The genre that fits `topic`: a telling word first ("the mystery of …"), then the field it belongs to, then its shape
/// (a call to do something is motivational). [`Genre::General`] when nothing tells.
#[must_use]
pub fn guess_genre(topic: &str) -> Genre {
    let words = lower_words(topic);
    for word in &words {
        // "Sad" is a word of its own; the stems are longer.
        if let Some((_, genre)) = STRONG.iter().find(|(stem, _)| {
            if stem.len() > 3 {
                word.starts_with(stem)
            } else {
                word == stem
            }
        }) {
            return *genre;
        }
    }
    let read = Topic::read(topic);
    if let (Shape::Act(_), true) = (
        &read.shape,
        read.fields
            .first()
            .is_none_or(|f| matches!(f.genre, Genre::General | Genre::Emotional)),
    ) {
        return Genre::Motivational;
    }
    fields_of(topic)
        .first()
        .or(read.fields.first())
        .map_or(Genre::General, |field| field.genre)
}

/// A topic of `genre`, for a video that was asked for by genre alone. Seeds that follow each other give different ones.
#[must_use]
pub fn topic_for(genre: Genre, seed: Seed) -> &'static str {
    let topics = suggestions::of(genre);
    // A fixed shuffle per genre walked by the seed: n videos in a row repeat nothing before the list is through.
    let mut order: Vec<usize> = (0..topics.len()).collect();
    Seed(0).derive(genre.name(), 0).rng().shuffle(&mut order);
    topics[order[(seed.0 % topics.len() as u64) as usize]]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn genres_are_guessed() {
        for (topic, genre) in [
            ("octopuses", Genre::Nature),
            ("the Roman Empire", Genre::History),
            ("rust programming language", Genre::Tech),
            ("start again", Genre::Motivational),
            ("my grandmother's kitchen", Genre::Emotional),
            ("the mystery of the Mary Celeste", Genre::Mystery),
            ("black holes", Genre::Mystery),
            ("the deep sea", Genre::Nature),
            ("artificial intelligence", Genre::Tech),
            ("grief", Genre::Emotional),
            ("Zorblax", Genre::General),
            ("猫", Genre::Nature),
            ("", Genre::General),
        ] {
            assert_eq!(guess_genre(topic), genre, "{topic}");
        }
    }

    #[test]
    fn suggested_topics_are_many_and_of_their_genre() {
        for genre in Genre::ALL {
            let topics = suggestions::of(genre);
            assert!(topics.len() >= 24, "{genre}: {}", topics.len());
            let seen: std::collections::HashSet<&str> = (0..topics.len() as u64)
                .map(|n| topic_for(genre, Seed(n)))
                .collect();
            assert_eq!(seen.len(), topics.len());
        }
    }
}
