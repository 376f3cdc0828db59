//! What abbreviations stand for.

use super::place::{Place, bare};

/// What is said for an abbreviation; empty for the part of one whose words are all said with its first.
pub(super) fn abbreviation(place: Place<'_>) -> Option<String> {
    let word = bare(place.word()).to_lowercase();
    if word.is_empty() {
        return None;
    }
    let table = place.table;
    if table.language == "en" && word == "st." {
        return Some(saint_or_street(place).to_owned());
    }
    let is_number =
        |place: Option<Place<'_>>| place.is_some_and(|place| begins(place, char::is_numeric));
    if let Some((_, full)) = table.before_number.iter().find(|(short, _)| *short == word)
        && (is_number(place.after()) || place.after().is_some_and(is_roman))
    {
        return Some((*full).to_owned());
    }
    if place
        .before(1)
        .is_some_and(|before| begins(before, |c| c.is_numeric() || "IVX".contains(c)))
    {
        let said_after = |preposition: &str| {
            let is_it = |two: Place<'_>| bare(two.word()).to_lowercase() == preposition;
            preposition.is_empty() || place.before(2).is_some_and(is_it)
        };
        let mut known = table.after_word.iter();
        let known = known.find(|(short, before, _)| *short == word && said_after(before));
        if let Some((_, _, full)) = known {
            return Some((*full).to_owned());
        }
    }
    table
        .abbreviations
        .iter()
        .find_map(|(short, full)| part(place, &word, short, full))
}

/// What the word is of a known abbreviation: all of it, or one of its parts.
fn part(place: Place<'_>, word: &str, short: &str, full: &str) -> Option<String> {
    if !short.contains(' ') {
        // In lower case it may be a word.
        let is_written = !is_title(short) || place.word().chars().any(char::is_uppercase);
        return (short == word && is_written).then(|| full.to_owned());
    }
    let parts: Vec<&str> = short.split(' ').collect();
    if word.len() + parts.len() - 1 == short.len() && parts.concat() == word {
        return Some(full.replace('|', " "));
    }
    let index = (0..parts.len()).find(|&index| {
        parts.iter().enumerate().all(|(n, part)| {
            let there = if n <= index {
                place.before(index - n)
            } else {
                let at = place.n + n - index;
                (at < place.words.len()).then_some(Place { n: at, ..place })
            };
            there.is_some_and(|there| bare(there.word()).to_lowercase() == *part)
        })
    })?;
    full.split('|').nth(index).map(str::to_owned)
}

/// Titles and parts of names, which have a capital: "rep." in lower case is the end of a sentence.
fn is_title(short: &str) -> bool {
    const TITLES: &str = "mr mrs ms dr st ste pr mme mlle gen sen gov rep hon pres rev capt lt sgt col maj cmdr mt ft m d s";
    TITLES
        .split(' ')
        .any(|title| title == short.trim_end_matches('.'))
}

/// "St. Louis" but "Main St. is" and "on Main St."
fn saint_or_street(place: Place<'_>) -> &'static str {
    let is_saint = place
        .after()
        .is_some_and(|after| begins(after, char::is_uppercase))
        && !place
            .before(1)
            .is_some_and(|before| begins(before, char::is_uppercase) && before.goes_on());
    if is_saint && !place.ends_sentence() {
        "Saint"
    } else {
        "Street"
    }
}

/// Whether the first letter or digit of a word is such a one.
fn begins(place: Place<'_>, test: impl Fn(char) -> bool) -> bool {
    let mut chars = place.word().chars();
    chars.find(|c| c.is_alphanumeric()).is_some_and(test)
}

fn is_roman(place: Place<'_>) -> bool {
    super::ordinal::roman(place.core()).is_some()
}
