//! Puts a topic into a line.

use super::topic::{Shape, Topic, capitalised};

/// How much of the topic a line may name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    /// The first mention.
    Full,
    /// Every later mention.
    Name,
    /// A mention where hardly any words are left.
    Tag,
}

/// Whether `line` names the topic.
pub(super) fn names(line: &str) -> bool {
    [
        "{T}", "{Q}", "{q}", "{C}", "{a}", "{how}", "{to}", "{do}", "{Act}",
    ]
    .iter()
    .any(|slot| line.contains(slot))
}

/// `line` with its slots filled; a sentence with a capital at its start. The topic's own text is never read for slots.
pub(super) fn say(line: &str, topic: &Topic, form: Form, detour: &str) -> String {
    let mut said = String::with_capacity(line.len() + topic.name.len());
    let mut rest = line;
    while let Some(at) = rest.find(['{', '[']) {
        said.push_str(&rest[..at]);
        let opened = &rest[at..];
        let close = if opened.starts_with('{') { '}' } else { ']' };
        let Some(end) = opened.find(close) else { break };
        let inner = &opened[1..end];
        let text = if close == ']' {
            let (singular, plural) = inner.split_once('|').unwrap_or((inner, inner));
            if topic.plural {
                plural.to_owned()
            } else {
                singular.to_owned()
            }
        } else {
            slot(inner, topic, form, detour)
        };
        if said.is_empty() {
            said.push_str(&capitalised(&text));
        } else {
            said.push_str(&text);
        }
        rest = &opened[end + 1..];
    }
    said.push_str(rest);
    // "Have you heard of the U.S.." and "why?." end once.
    if said.ends_with("..") && !said.ends_with("...") {
        said.pop();
    }
    capitalised(&said)
}

fn slot(name: &str, topic: &Topic, form: Form, detour: &str) -> String {
    let noun = || {
        match form {
            Form::Full => &topic.full,
            Form::Name => &topic.name,
            Form::Tag => &topic.tag,
        }
        .clone()
    };
    match (name, &topic.shape) {
        ("it", _) => pronoun(topic, "it", "they", ""),
        ("them", _) => pronoun(topic, "it", "them", ""),
        ("its", _) => pronoun(topic, "its", "their", "'s"),
        ("D", _) => detour.to_owned(),
        ("to", Shape::Act(act)) => act.clone(),
        ("do", Shape::Act(act)) => act.replacen("to ", "", 1),
        ("Act", Shape::Act(_)) => capitalised(&topic.subject),
        ("how", Shape::HowTo(skill)) => format!("how to {skill}"),
        ("Q", Shape::Question(sentence)) | ("C", Shape::Claim(sentence)) => sentence.clone(),
        ("q", Shape::Question(_)) => topic.subject.clone(),
        ("a", Shape::Versus(a, _)) => a.clone(),
        ("b", Shape::Versus(_, b)) => b.clone(),
        _ => noun(),
    }
}

fn pronoun(topic: &Topic, singular: &str, plural: &str, ending: &str) -> String {
    match (topic.pronoun, topic.plural) {
        (false, _) => format!("{}{ending}", topic.name),
        (true, true) => plural.to_owned(),
        (true, false) => singular.to_owned(),
    }
}
