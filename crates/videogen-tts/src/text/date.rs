//! Dates in digits, as they are said.

use super::ordinal;
use super::place::Place;
use super::tables::Table;

/// A day of a year.
struct Date<'a> {
    year: &'a str,
    month: usize,
    day: usize,
}

/// What is said for a date: "2024-03-05" as "March fifth 2024".
pub(super) fn said(place: Place<'_>) -> Option<String> {
    let table = place.table;
    let date = read(place.core(), is_month_first(place))?;
    let month = if table.months.is_empty() {
        date.month.to_string()
    } else {
        table.months[date.month - 1].to_owned()
    };
    let day = date.day.to_string();
    if table.date.is_empty() {
        return None;
    }
    let ordinal = match table.language {
        "de" => ordinal::german(place, date.day, true),
        _ => table
            .ordinals
            .get(date.day - 1)
            .map(|word| (*word).to_owned()),
    };
    // The first of a month is an ordinal where the other days are none.
    let day = match (table.language, date.day) {
        ("fr" | "it", 1) => table.ordinals[0].to_owned(),
        _ => day,
    };
    let said = table.date.replace("{d}", &day).replace("{m}", &month);
    let said = said
        .replace("{o}", &ordinal.unwrap_or(day))
        .replace("{y}", date.year);
    Some(said)
}

/// Whether the month stands before the day where both are parted by slashes: in the English of America.
fn is_month_first(place: Place<'_>) -> bool {
    matches!(place.tag, "en" | "en-us")
}

fn read(text: &str, month_first: bool) -> Option<Date<'_>> {
    let mark = ['-', '/', '.']
        .into_iter()
        .find(|mark| text.matches(*mark).count() == 2)?;
    let parts: Vec<&str> = text.split(mark).collect();
    let is_number = |part: &&str| {
        !part.is_empty() && part.len() <= 4 && part.chars().all(|c| c.is_ascii_digit())
    };
    if !parts.iter().all(is_number) {
        return None;
    }
    let number = |n: usize| parts[n].parse::<usize>().unwrap_or(0);
    let (year, month, day) = match (parts[0].len(), parts[2].len()) {
        (4, 1..=2) => (0, number(1), number(2)),
        (1..=2, 4) if mark == '/' && (month_first || number(1) > 12) && number(0) <= 12 => {
            (2, number(0), number(1))
        }
        (1..=2, 4) => (2, number(1), number(0)),
        _ => return None,
    };
    let is_date = (1..=12).contains(&month) && (1..=31).contains(&day);
    is_date.then(|| Date {
        year: parts[year],
        month,
        day,
    })
}

/// Whether a word is the name of a month.
pub(super) fn is_month(word: &str, table: &Table) -> bool {
    let word = word.to_lowercase();
    table
        .months
        .iter()
        .any(|month| month.to_lowercase() == word)
}
