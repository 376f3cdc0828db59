//! What a video of a few seconds has room for: one whole sentence about its topic.

use videogen_text::word_count;
use videogen_types::Genre;

use super::lexicon::Field;
use super::pace::{self, Line};
use super::series::{Room, Series, hooks};
use super::topic::{Shape, Topic, telling};

/// The sentence for a video of one scene and about `target` words: something true that names all of the topic, or else an
/// opening that needs nothing behind it. `None` where neither has such a length.
pub(super) fn one_sentence(
    topic: &Topic,
    genre: Genre,
    series: Series,
    target: usize,
) -> Option<Line> {
    let slack = pace::slack(target);
    let fits = |text: &str| word_count(text).abs_diff(target) <= slack;
    let facts: Vec<(&'static str, &'static Field)> = facts(topic)
        .into_iter()
        .filter(|(fact, _)| fits(fact))
        .collect();
    if let Some((fact, field)) = series.own(&series.shuffled("fact", &facts)) {
        let mut line = Line::new(fact.to_owned(), true, true);
        line.field = Some(field);
        return Some(line);
    }
    let room = Room {
        form: pace::first_form(topic, target, 1),
        tiny: true,
        brief: true,
        words: target + slack,
    };
    let said: Vec<String> = hooks(series, topic, genre, room)
        .iter()
        .filter(|hook| hook.least == 1)
        .map(|hook| hook.said(topic, room.form))
        .filter(|said| fits(said))
        .collect();
    let own = series.own(&said)?;
    Some(Line::new(own, true, true))
}

/// What is known that names every telling word of the topic, and so is about it and not only about its field.
fn facts(topic: &Topic) -> Vec<(&'static str, &'static Field)> {
    let named = match &topic.shape {
        Shape::Thing => &topic.full,
        Shape::Question(_) => &topic.subject,
        // A skill, an act, a thought and a choice are not answered by a fact.
        _ => return Vec::new(),
    };
    let named = telling(named);
    let whole = |fact: &&str| !fact.starts_with('+') && named.is_subset(&telling(fact));
    let fields = topic.fields.iter().filter(|_| !named.is_empty());
    let of_field = |field: &&'static Field| {
        let field: &'static Field = field;
        let facts = field.facts.iter().copied().filter(whole);
        facts.map(move |fact| (fact, field))
    };
    fields.flat_map(of_field).collect()
}
