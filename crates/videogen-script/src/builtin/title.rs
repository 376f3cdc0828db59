//! Titles and hashtags.

use videogen_text::cut_at_sentence;
use videogen_types::Genre;

use super::series::{self, Series};
use super::topic::{Shape, Topic, capitalised, lower_words};
use super::voice;

/// The longest title, in characters; video sites cut longer ones.
const LONGEST: usize = 70;

/// A title with the topic in it; another one for each video of a series, as far as they go.
pub(super) fn title(topic: &Topic, genre: Genre, series: Series) -> String {
    let kind = voice::kind(&topic.shape);
    let templates = if kind.titles.is_empty() {
        voice::of(genre).titles
    } else {
        kind.titles
    };
    let (fitting, long): (Vec<String>, Vec<String>) = templates
        .iter()
        .map(|template| fill(template, topic))
        .partition(|title| title.chars().count() <= LONGEST);
    // Of a long topic the end can be left out where the title ends with it.
    let ends = templates.iter().filter(|template| template.ends_with('}'));
    let cut: Vec<String> = ends
        .map(|template| fill(template, topic))
        .filter(|title| long.contains(title))
        .map(|title| format!("{}…", cut_at_word(&title)))
        .collect();
    if let Some(title) = series.own(&series::titles(series, &fitting, &cut)) {
        return title;
    }
    let plain = match &topic.shape {
        Shape::Question(sentence) | Shape::Claim(sentence) => {
            sentence.trim_end_matches('.').to_owned()
        }
        Shape::HowTo(skill) => format!("how to {skill}"),
        _ => topic.subject.clone(),
    };
    let plain = title_case(&plain, true);
    if plain.chars().count() <= LONGEST {
        return plain;
    }
    format!("{}…", cut_at_word(&plain))
}

/// As much of a title as can stand before an ellipsis.
fn cut_at_word(title: &str) -> String {
    let cut = cut_at_sentence(title, LONGEST - 1, "en").0;
    cut.trim_end_matches(['.', '?', '!', ':', ',']).to_owned()
}

fn fill(template: &str, topic: &Topic) -> String {
    let opens = |slot: &str| template.starts_with(slot) || template.contains(&format!(": {slot}"));
    let mut title = template.to_owned();
    // One slot per pass and the rest of the template last: the topic's text is never searched for slots.
    for slot in ["{T}", "{V}", "{To}", "{Q}", "{C}"] {
        let Some(at) = title.find(slot) else { continue };
        let text = match (slot, &topic.shape) {
            ("{V}", Shape::HowTo(skill)) => title_case(skill, true),
            ("{To}", Shape::Act(act)) => title_case(act, false),
            ("{Q}" | "{C}", Shape::Question(sentence) | Shape::Claim(sentence)) => {
                let wondered = sentence
                    .strip_prefix("Have you ever wondered ")
                    .map(|clause| clause.trim_end_matches('?'));
                title_case(
                    wondered.unwrap_or_else(|| sentence.trim_end_matches('.')),
                    true,
                )
            }
            _ => title_case(&topic.subject, opens(slot)),
        };
        title.replace_range(at..at + slot.len(), &text);
        return rivals(title, topic);
    }
    rivals(title, topic)
}

fn rivals(title: String, topic: &Topic) -> String {
    let Shape::Versus(a, b) = &topic.shape else {
        return title;
    };
    let Some((before, after)) = title.split_once("{A}") else {
        return title;
    };
    let Some((middle, after)) = after.split_once("{B}") else {
        return title;
    };
    format!(
        "{before}{}{middle}{}{after}",
        title_case(a, true),
        title_case(b, false)
    )
}

/// `text` with the capitals of an English title. Words that carry capitals of their own keep them.
fn title_case(text: &str, opens: bool) -> String {
    let count = text.split(' ').count();
    text.split(' ')
        .enumerate()
        .map(|(at, word)| {
            let small = matches!(
                word,
                "a" | "an"
                    | "the"
                    | "and"
                    | "or"
                    | "but"
                    | "nor"
                    | "of"
                    | "in"
                    | "on"
                    | "at"
                    | "to"
                    | "for"
                    | "from"
                    | "by"
                    | "with"
                    | "as"
                    | "vs"
            );
            let edge = (at == 0 && opens) || (at + 1 == count && count > 1);
            if small && !edge {
                word.to_owned()
            } else {
                capitalised(word)
            }
        })
        .collect::<Vec<_>>()
        .join(" ")
}

/// Three to six hashtags, letters only, without `#`.
pub(super) fn hashtags(topic: &Topic, genre: Genre) -> Vec<String> {
    let mut tags: Vec<String> = Vec::new();
    let mut add = |tag: String| {
        let fits = (3..=24).contains(&tag.len()) && tag.chars().all(|c| c.is_ascii_lowercase());
        if fits && tags.len() < 6 && !tags.contains(&tag) {
            tags.push(tag);
        }
    };
    let words: Vec<String> = lower_words(&topic.subject)
        .into_iter()
        .map(|word| word.replace('\'', ""))
        .filter(|word| !is_small(word))
        .collect();
    if words.len() <= 3 {
        add(words.concat());
    }
    for word in words.iter().filter(|word| word.len() > 3).take(2) {
        add(word.clone());
    }
    if let Some(field) = topic.fields.first() {
        add(lower_words(field.name)
            .into_iter()
            .filter(|word| !is_small(word))
            .collect());
    }
    for tag in voice::of(genre).tags {
        add((*tag).to_owned());
    }
    tags
}

fn is_small(word: &str) -> bool {
    matches!(
        word,
        "a" | "an"
            | "the"
            | "and"
            | "or"
            | "of"
            | "in"
            | "on"
            | "at"
            | "to"
            | "for"
            | "from"
            | "by"
            | "with"
            | "my"
            | "your"
            | "our"
            | "is"
            | "are"
            | "was"
            | "were"
            | "how"
            | "why"
            | "what"
            | "this"
            | "that"
            | "it"
            | "do"
            | "does"
            | "not"
            | "never"
            | "don't"
            | "you"
            | "we"
            | "over"
            | "into"
            | "again"
            | "who"
            | "which"
            | "their"
            | "his"
            | "her"
            | "about"
            | "when"
            | "where"
            | "have"
            | "has"
            | "will"
    )
}
