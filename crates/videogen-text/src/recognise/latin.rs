//! Texts in Latin letters, of which there are dozens of languages: told by words first, by the model of letters second.
//!
//! English is what topics and scripts are in unless they show otherwise, and its texts are full of foreign names. So a short
//! text needs several words of one language and none of English; a name is known by its capitals.

use std::collections::BTreeSet;

use super::words::{ALL, ENGLISH, ENGLISH_TOPICS, TAKEN_OVER, Tongue, has};
use super::{ENGLISH as EN, Recognised, is_same, model};

/// From so many words on a text is no topic, and its words are counted instead of weighed.
const LONG: usize = 14;
/// Fewer words than these tell nothing.
const FEWEST: usize = 3;
/// Fewer words than these are never certain.
const CERTAIN: usize = 4;
/// From so many words on, none of them English, the model of letters is heard as well.
const MODELLED: usize = 7;

/// A word as it is looked up.
struct Token {
    /// In lower case, without marks around it, with straight apostrophes.
    text: String,
    is_capital: bool,
    is_first: bool,
}

pub(super) fn recognise(text: &str) -> Recognised {
    let tokens = tokens(text);
    let is_long = tokens.len() >= LONG;
    if tokens.len() < FEWEST || !is_long && is_taken_over(&tokens) {
        Recognised::Nothing
    } else if is_long {
        by_counting(text, &tokens)
    } else {
        by_weighing(text, &tokens)
    }
}

fn tokens(text: &str) -> Vec<Token> {
    let words = text.split(|c: char| c.is_whitespace() || "/–—".contains(c));
    let bare = words.map(|word| word.trim_matches(|c: char| !c.is_alphanumeric()));
    let bare = bare.filter(|word| word.chars().any(char::is_alphabetic));
    let token = |(n, word): (usize, &str)| Token {
        text: word.to_lowercase().replace(['’', 'ʼ'], "'"),
        is_capital: word.chars().next().is_some_and(char::is_uppercase),
        is_first: n == 0,
    };
    bare.enumerate().map(token).collect()
}

fn is_taken_over(tokens: &[Token]) -> bool {
    let words: Vec<&str> = tokens.iter().map(|token| &*token.text).collect();
    let words = words.join(" ");
    TAKEN_OVER.iter().any(|saying| words.contains(saying))
}

/// The words in a token: itself, and the two that an apostrophe joins.
fn parts(token: &str) -> Vec<&str> {
    match token.find('\'') {
        Some(at) => vec![token, &token[..=at], &token[at + 1..]],
        None => vec![token],
    }
}

fn is_in(list: &str, token: &Token) -> bool {
    parts(&token.text).iter().any(|part| has(list, part))
}

/// Whether a word is English: by itself, or by its ending.
fn is_english(token: &Token) -> bool {
    const ENDINGS: [&str; 7] = ["'s", "ing", "ness", "ship", "less", "ful", "ology"];
    let word = token.text.as_str();
    let ends = ENDINGS
        .iter()
        .any(|ending| word.len() > ending.len() + 2 && word.ends_with(ending));
    has(ENGLISH_TOPICS, word) || ends
}

/// What a short text has of a language.
#[derive(Default, PartialEq, Eq, PartialOrd, Ord, Clone, Copy)]
struct Weight {
    strong: usize,
    weak: usize,
    /// Words that are in English, too.
    shared: usize,
}

impl Weight {
    fn score(self) -> usize {
        2 * self.strong + self.weak
    }

    fn all(self) -> usize {
        self.strong + self.weak + self.shared
    }
}

/// Particles of names.
const PARTICLES: &str = "von van der den de da di du del della dos das do la le y e";

/// For each word whether it stands between two words of a name, as `von der` in "Ursula von der Leyen".
fn within_names(tokens: &[Token]) -> Vec<bool> {
    let is_particle = |n: usize| !tokens[n].is_capital && has(PARTICLES, &tokens[n].text);
    (0..tokens.len())
        .map(|n| {
            if !is_particle(n) {
                return false;
            }
            let before = (0..n).rev().find(|n| !is_particle(*n));
            let after = (n + 1..tokens.len()).find(|n| !is_particle(*n));
            let is_name = |n: Option<usize>| n.is_some_and(|n| tokens[n].is_capital);
            is_name(before) && is_name(after)
        })
        .collect()
}

fn weigh(tokens: &[Token], tongue: &Tongue) -> Weight {
    let mut weight = Weight::default();
    let mut seen: Vec<&str> = Vec::new();
    // German writes its nouns with capitals; elsewhere what has one is a name, or the title of something.
    let has_nouns = tongue.language == "de";
    let particles = within_names(tokens);
    for (token, is_particle) in tokens.iter().zip(particles) {
        if seen.contains(&&*token.text) {
            continue;
        }
        seen.push(&token.text);
        if !has_nouns && (is_particle || token.is_capital && !token.is_first) {
            continue;
        }
        // "die Rolle von Frauen" is no name, but "Hildegard von Bingen" is one.
        if has_nouns && is_particle && !has("der das des", &token.text) {
            continue;
        }
        if is_in(tongue.strong, token) {
            weight.strong += 1;
        } else if is_in(tongue.weak, token) {
            weight.weak += 1;
        } else if is_in(tongue.shared, token) {
            weight.shared += 1;
        }
    }
    weight
}

/// Whether a text has the marks with which Spanish, and no other language, begins questions and shouts.
fn has_marks_of(tongue: &Tongue, text: &str) -> bool {
    tongue.language == "es" && text.contains(['¿', '¡'])
}

/// Whether words are too many and too plain for a title: half of them have no capital.
fn is_sentence(tokens: &[Token]) -> bool {
    let small = tokens.iter().filter(|token| !token.is_capital).count();
    tokens.len() >= MODELLED && small * 2 >= tokens.len()
}

/// A topic, or a sentence.
fn by_weighing(text: &str, tokens: &[Token]) -> Recognised {
    let mut weighed: Vec<(Weight, &'static str)> = ALL
        .iter()
        .map(|tongue| {
            let mut weight = weigh(tokens, tongue);
            weight.strong += usize::from(has_marks_of(tongue, text));
            (weight, tongue.language)
        })
        .collect();
    weighed.sort_by_key(|(weight, _)| std::cmp::Reverse((weight.score(), weight.all())));
    let (best, language) = weighed[0];
    let (second, _) = weighed[1];
    let english = tokens.iter().filter(|token| is_in(ENGLISH, token)).count();
    let is_sentence = is_sentence(tokens);
    // "war" in a sentence of German is none of the words that topics have.
    let own = ALL.iter().find(|tongue| tongue.language == language);
    let is_own = |token: &Token| is_sentence && own.is_some_and(|own| is_in(own.shared, token));
    let topics = tokens
        .iter()
        .filter(|token| is_english(token) && !is_own(token))
        .count();
    let modelled = model::latin(text);
    let is_foreign = english + topics == 0 && is_sentence;
    if best.strong == 0 && best.weak < 2 {
        return match modelled {
            Some((modelled, true)) if is_foreign && modelled != EN => {
                let is_known =
                    |(weight, one): &(Weight, &str)| is_same(one, modelled) && weight.score() > 0;
                if weighed.iter().any(is_known) {
                    Recognised::Sure(modelled)
                } else {
                    // A language without a list, or with none of its words here.
                    Recognised::Unsure(modelled)
                }
            }
            _ => Recognised::Nothing,
        };
    }
    if english + topics > 0 {
        // Half German, half English: nobody knows.
        let outweighs = english == 0 && topics == 1 && best.strong >= 3;
        return if outweighs {
            Recognised::Unsure(language)
        } else {
            Recognised::Nothing
        };
    }
    let agrees = |language: &str| modelled.is_some_and(|(modelled, _)| is_same(modelled, language));
    // Relatives share words: the model decides between those that have as many.
    let tied = weighed
        .iter()
        .take_while(|(weight, _)| weight.score() == best.score());
    let language = tied
        .map(|(_, tied)| *tied)
        .find(|tied| agrees(tied))
        .unwrap_or(language);
    let is_apart = best.score() > second.score() || agrees(language);
    let is_dense = best.all() * 3 >= tokens.len();
    let is_enough = match best.strong {
        0 => best.weak >= 2 && tokens.len() > CERTAIN && agrees(language),
        1 => best.weak >= 1 && tokens.len() >= CERTAIN,
        _ => tokens.len() >= CERTAIN || best.strong >= 3,
    };
    let is_certain = modelled.is_some_and(|(_, is_certain)| is_certain);
    let is_confirmed = is_foreign && agrees(language) && (best.strong >= 1 || is_certain);
    if is_confirmed || is_apart && is_dense && is_enough {
        Recognised::Sure(language)
    } else {
        Recognised::Unsure(language)
    }
}

/// A script: how many of its words belong to the grammar of a language.
fn by_counting(text: &str, tokens: &[Token]) -> Recognised {
    let count = |lists: &[&str]| {
        let is_one = |token: &&Token| lists.iter().any(|list| is_in(list, token));
        tokens.iter().filter(is_one).count()
    };
    let english = count(&[ENGLISH]);
    let modelled = model::latin(text);
    let agrees = |language: &str| modelled.is_some_and(|(modelled, _)| is_same(modelled, language));
    let distinct = |tongue: &Tongue| {
        let own = tokens.iter().filter(|token| is_in(tongue.strong, token));
        let own: BTreeSet<&str> = own.map(|token| &*token.text).collect();
        own.len() + usize::from(has_marks_of(tongue, text))
    };
    let mut counted: Vec<(usize, usize, &'static str)> = ALL
        .iter()
        .map(|tongue| {
            let all = count(&[tongue.strong, tongue.weak, tongue.shared]);
            (all, distinct(tongue), tongue.language)
        })
        .collect();
    // What is equal is decided by words of its own, then by the model.
    counted.sort_by_key(|(all, strong, language)| {
        std::cmp::Reverse((all + 2 * strong, agrees(language)))
    });
    let (all, strong, language) = counted[0];
    let many = |count: usize, of: usize| count * of >= tokens.len();
    if english > all / 2 || many(english, 8) {
        // A text in another language quotes English less than this.
        return if strong >= 4 && all > english && !many(english, 5) {
            Recognised::Unsure(language)
        } else {
            Recognised::Nothing
        };
    }
    match modelled {
        Some((modelled, _)) if is_same(modelled, language) && strong >= 2 && many(all, 8) => {
            Recognised::Sure(language)
        }
        _ if strong >= 4 && many(all, 5) => Recognised::Sure(language),
        // A language without a list.
        Some((modelled, true))
            if modelled != EN
                && english == 0
                && tokens.len() >= 2 * LONG
                && !ALL.iter().any(|one| one.language == modelled) =>
        {
            Recognised::Sure(modelled)
        }
        Some((modelled, true)) if modelled != EN && !many(english, 20) => {
            Recognised::Unsure(modelled)
        }
        _ if strong >= 2 => Recognised::Unsure(language),
        _ => Recognised::Nothing,
    }
}
