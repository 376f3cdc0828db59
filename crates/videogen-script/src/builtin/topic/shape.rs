//! Recognises what kind of topic a text is and derives its forms.

use super::forms::{described, gerund, lower_first, opaque, with_name};
use super::request::{is_english, unquoted, without_pictures, without_request};
use super::words::{AUXILIARY, EITHER_VERBS, FINITE, SUBJECTS, VERB_FOLLOWERS, VERBS};
use super::{Shape, Topic, WONDERED, capitalised, lower_words, noun};

/// The longest topic, in words, that is read as English grammar; a longer one is a description.
const LONGEST: usize = 16;

pub(super) fn read(text: &str) -> Topic {
    let asked = text.trim_end().ends_with('?');
    let bare = unquoted(text.trim_end_matches(['.', '!', '?', '…', ' ']));
    let spoken = without_pictures(bare.unwrap_or(text));
    let Some(spoken) = spoken.filter(|s| is_english(s)) else {
        return opaque(bare.unwrap_or(text));
    };
    if bare.is_some_and(|b| b.len() + 2 <= text.len() && text.starts_with(['"', '“', '«', '\'']))
    {
        return opaque(&spoken);
    }
    let subject = without_request(&spoken);
    let subject = if subject.is_empty() {
        spoken.as_str()
    } else {
        subject.as_str()
    };
    let words = lower_words(subject);
    if words.is_empty() {
        return opaque(text);
    }
    if words.len() > LONGEST {
        return described(subject);
    }
    versus(subject)
        .or_else(|| how_to(subject, &words))
        .or_else(|| what_is(subject, &words))
        .or_else(|| question(subject, &words, asked))
        .or_else(|| claim(subject, &words))
        .or_else(|| act(subject, &words))
        .unwrap_or_else(|| thing(subject))
}

fn versus(text: &str) -> Option<Topic> {
    let lower = text.to_lowercase();
    if lower.len() != text.len() {
        return None;
    }
    let (a, b) = [" vs. ", " vs ", " versus ", " or "]
        .iter()
        .find_map(|mark| {
            let at = lower.find(mark)?;
            Some((text.get(..at)?, text.get(at + mark.len()..)?))
        })?;
    let count = |s: &str| s.split_whitespace().count();
    if !(1..=4).contains(&count(a))
        || !(1..=4).contains(&count(b))
        || AUXILIARY.contains(&lower_words(a).first()?.as_str())
    {
        return None;
    }
    if VERBS.contains(&lower_words(a).first()?.as_str()) {
        return None;
    }
    let a = noun::read(a).text;
    let b = noun::read(b.trim_end_matches(['?', '.', '!'])).text;
    let both = format!("{a} and {b}");
    let subject = format!("{a} and {b}");
    Some(Topic {
        plural: true,
        subject,
        ..with_name(Shape::Versus(a, b), &both, true)
    })
}

fn how_to(text: &str, words: &[String]) -> Option<Topic> {
    let lead = [
        &["how", "to"][..],
        &["learn", "how", "to"],
        &["learning", "how", "to"],
        &["how", "do", "i"],
        &["how", "do", "you"],
        &["how", "can", "i"],
        &["how", "can", "you"],
        &["how", "can", "we"],
        &["how", "do", "we"],
        &["how", "you", "can"],
    ]
    .into_iter()
    .find(|lead| words.len() > lead.len() && words.iter().zip(*lead).all(|(w, l)| w == l))?;
    let tokens: Vec<&str> = text.split_whitespace().collect();
    let phrase = noun::cased(&lower_first(&tokens[lead.len()..].join(" ")));
    let phrase = phrase.trim_end_matches(['?', '.', '!']).to_owned();
    let known = VERBS.contains(&words[lead.len()].as_str())
        || EITHER_VERBS.contains(&words[lead.len()].as_str());
    let activity = if known {
        gerund(&phrase)
    } else {
        format!("learning how to {phrase}")
    };
    let subject = if known {
        activity.clone()
    } else {
        format!("how to {phrase}")
    };
    Some(Topic {
        subject,
        ..with_name(Shape::HowTo(phrase), &activity, false)
    })
}

/// "What is love" is about love.
fn what_is(text: &str, words: &[String]) -> Option<Topic> {
    let second = words.get(1)?.as_str();
    let asks = matches!(words[0].as_str(), "what" | "who")
        && matches!(second, "is" | "are" | "was" | "were");
    let short = matches!(words[0].as_str(), "what's" | "who's" | "whats");
    let skip = if asks { 2 } else { usize::from(short) };
    let rest = words.get(skip..)?;
    let simple = !rest.is_empty()
        && rest.len() <= 6
        && !rest[1..].iter().any(|w| {
            w.ends_with("ing")
                || matches!(
                    w.as_str(),
                    "for" | "like" | "about" | "doing" | "made" | "so" | "going"
                )
        })
        && !SUBJECTS.contains(&rest[0].as_str());
    if skip == 0 || !simple {
        return None;
    }
    Some(thing(
        &text
            .split_whitespace()
            .skip(skip)
            .collect::<Vec<_>>()
            .join(" "),
    ))
}

fn question(text: &str, words: &[String], asked: bool) -> Option<Topic> {
    let first = words[0].as_str();
    let second = words.get(1).map_or("", String::as_str);
    let opens = matches!(
        first,
        "why" | "when" | "where" | "what" | "who" | "which" | "whose" | "how"
    );
    let imperative = match first {
        "do" => {
            !asked
                && matches!(
                    second,
                    "it" | "the"
                        | "your"
                        | "not"
                        | "more"
                        | "less"
                        | "what"
                        | "something"
                        | "good"
                        | "one"
                )
        }
        "don't" => !asked,
        "have" => !asked && !matches!(second, "you" | "we" | "they" | "i" | "humans"),
        "will" | "can" | "may" | "might" | "must" => words.len() < 3,
        _ => false,
    };
    let inverted = AUXILIARY.contains(&first) && words.len() >= 3 && !imperative;
    let sentence = noun::cased(&lower_first(text));
    let spoken = if opens
        && (AUXILIARY.contains(&second) || matches!(first, "who" | "which") || asked)
        || inverted
    {
        format!("{}?", capitalised(&sentence))
    } else if opens && words.len() > 2 {
        format!("{WONDERED}{sentence}?")
    } else if asked && words.len() > 2 {
        format!("{}?", capitalised(&sentence))
    } else {
        return None;
    };
    let subject = sentence;
    Some(Topic {
        pronoun: true,
        subject,
        ..with_name(Shape::Question(spoken), "this question", false)
    })
}

fn claim(text: &str, words: &[String]) -> Option<Topic> {
    let subject_first =
        SUBJECTS.contains(&words[0].as_str()) && words.len() > 1 && words[1] != "and";
    let verb = words.iter().enumerate().skip(1).find(|&(at, word)| {
        let before = words[at - 1].as_str();
        FINITE.contains(&word.as_str())
            && at + 1 < words.len()
            && !matches!(
                before,
                "the"
                    | "a"
                    | "free"
                    | "my"
                    | "your"
                    | "strong"
                    | "tin"
                    | "in"
                    | "of"
                    | "to"
                    | "may"
                    | "last"
            )
            && !words[..at].iter().any(|w| {
                matches!(
                    w.as_str(),
                    "who"
                        | "that"
                        | "which"
                        | "what"
                        | "where"
                        | "when"
                        | "how"
                        | "why"
                        | "if"
                        | "than"
                )
            })
            && !(VERBS.contains(&words[0].as_str()) && words[0] != "living")
    });
    if !subject_first && verb.is_none() {
        return None;
    }
    let sentence = noun::cased(&lower_first(text));
    let subject = match verb {
        Some((at, _)) if !subject_first => noun::cased(&lower_first(
            &text
                .split_whitespace()
                .take(at)
                .collect::<Vec<_>>()
                .join(" "),
        )),
        _ => sentence.clone(),
    };
    let spoken = format!("{}.", capitalised(&sentence));
    Some(Topic {
        pronoun: true,
        subject,
        ..with_name(Shape::Claim(spoken), "this thought", false)
    })
}

fn act(text: &str, words: &[String]) -> Option<Topic> {
    let plain = |word: &str| VERBS.contains(&word);
    let first = words[0].as_str();
    let second = words.get(1).map_or("", String::as_str);
    let third = words.get(2).map_or("", String::as_str);
    let (skip, negation) = match first {
        "don't" | "dont" => (1, "not "),
        "do" if second == "not" => (2, "not "),
        "never" if plain(second) || EITHER_VERBS.contains(&second) => (1, "never "),
        "always" | "just" | "please" if plain(second) || EITHER_VERBS.contains(&second) => (1, ""),
        _ => (0, ""),
    };
    let verb = words.get(skip)?.as_str();
    let after = if skip == 0 { second } else { third };
    let opens = plain(verb)
        || (EITHER_VERBS.contains(&verb) && (skip > 0 || VERB_FOLLOWERS.contains(&after)));
    // "Forgive and forget", "break dancing", "living rooms": a verb alone, or with something that can follow one.
    let compound = plain(verb)
        && skip == 0
        && after.ends_with("ing")
        && words.len() == 2
        && verb != "stop"
        && verb != "keep";
    if (!opens && negation != "not ") || compound || words.len() > 11 {
        return None;
    }
    let phrase = text
        .split_whitespace()
        .skip(skip)
        .collect::<Vec<_>>()
        .join(" ");
    let phrase = noun::cased(&lower_first(&phrase));
    let activity = format!("{negation}{}", gerund(&phrase));
    let subject = format!(
        "{}{phrase}",
        if negation == "not " {
            "don't "
        } else {
            negation
        }
    );
    Some(Topic {
        subject,
        ..with_name(
            Shape::Act(format!("{negation}to {phrase}")),
            &activity,
            false,
        )
    })
}

fn thing(text: &str) -> Topic {
    let read = noun::read(text);
    if noun::is_activity(&lower_words(&read.text)) {
        let activity = lower_first(&read.text);
        return with_name(Shape::Thing, &activity, false);
    }
    Topic {
        pronoun: !read.named,
        ..with_name(Shape::Thing, &read.text, read.plural)
    }
}
