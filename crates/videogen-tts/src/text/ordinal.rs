//! Ordinals: "3. Oktober", "XIX", "2e", "3.º".

use super::date::is_month;
use super::place::{Place, bare};
use super::tables::{OrdinalStop, Roman, Table};

/// What is said for a number that stands for an ordinal, or for a Roman number.
pub(super) fn said(place: Place<'_>) -> Option<String> {
    with_stop(place)
        .or_else(|| with_letters(place))
        .or_else(|| roman_said(place))
}

/// "3." before what it counts.
fn with_stop(place: Place<'_>) -> Option<String> {
    let table = place.table;
    let core = place.core();
    let number = day(core)?;
    let has_stop = bare(place.word()).ends_with('.');
    let goes_on = place.goes_on() || has_stop;
    let is_before_month = goes_on
        && place
            .after()
            .is_some_and(|after| is_month(after.core(), table));
    match table.ordinal_stop {
        OrdinalStop::BeforeMonth if is_before_month => ordinal(number, table),
        OrdinalStop::Never | OrdinalStop::BeforeMonth => None,
        OrdinalStop::Always => {
            // "1. Beginnen" is the number of a list.
            let is_list = place.begins_sentence() && !is_before_month;
            if !has_stop || place.ends_sentence() || is_list || place.after().is_none() {
                return None;
            }
            match table.language {
                "de" => german(place, number, is_before_month),
                _ => ordinal(number, table),
            }
        }
    }
}

/// One or two digits.
fn day(core: &str) -> Option<usize> {
    let is_number = (1..=2).contains(&core.len()) && core.chars().all(|c| c.is_ascii_digit());
    core.parse().ok().filter(|number| is_number && *number > 0)
}

fn ordinal(number: usize, table: &Table) -> Option<String> {
    let word = table.ordinals.get(number.checked_sub(1)?)?;
    Some((*word).to_owned())
}

/// "2e", "1er", "XIXe" of French; "3.º", "2ª" of Spanish, Italian and Portuguese.
fn with_letters(place: Place<'_>) -> Option<String> {
    let table = place.table;
    let word = place
        .word()
        .trim_matches(|c: char| !c.is_alphanumeric() && c != 'º' && c != 'ª');
    let end = word.find(|c: char| !(c.is_ascii_digit() || "IVX".contains(c)))?;
    let number = match word[..end].parse().ok() {
        Some(number) => number,
        None => roman(&word[..end])?,
    };
    match (table.language, &word[end..]) {
        ("fr", "re") => Some("première".to_owned()),
        ("fr", "er" | "e" | "ème" | "eme" | "nd") | ("es" | "it" | "pt", "º" | ".º" | "°") => {
            ordinal(number, table)
        }
        ("es" | "it" | "pt", "ª" | ".ª") => {
            let word = ordinal(number, table)?;
            Some(format!("{}a", word.strip_suffix('o')?))
        }
        _ => None,
    }
}

/// Rulers whose numbers are ordinals in English.
const RULERS: &str = "Henry Louis George Edward Charles Elizabeth Richard William James Philip Catherine Nicholas Alexander Peter Pius \
    Paul Benedict Napoleon Frederick Francis Wilhelm Ramses Ramesses Ivan Mary Gregory Leo Innocent Clement Urban Ptolemy Darius Xerxes \
    Constantine Otto Mehmed Selim Murad Suleiman Victoria Leopold Albert Harald Harold Cleopatra Ferdinand Alfonso Carlos Felipe Kamehameha";

fn roman_said(place: Place<'_>) -> Option<String> {
    let table = place.table;
    let core = place.core();
    let number = roman(core)?;
    let before = place.before(1).map(Place::core).unwrap_or_default();
    let is_ruler = before
        .split(' ')
        .all(|name| RULERS.split(' ').any(|ruler| ruler == name))
        && !before.is_empty();
    // "I" is a word, and "V" a letter.
    if core.len() == 1 && !(is_ruler && table.roman == Roman::English && core != "X") {
        return None;
    }
    match table.roman {
        Roman::Letters => None,
        Roman::Ordinal => ordinal(number, table).or_else(|| Some(number.to_string())),
        Roman::English if is_ruler => Some(format!("the {}", ordinal(number, table)?)),
        // "an IV" is no four.
        Roman::English if matches!(before, "a" | "an" | "the" | "A" | "An" | "The") => None,
        Roman::English | Roman::Cardinal => Some(number.to_string()),
        Roman::German => {
            let has_stop = bare(place.word()).ends_with('.');
            let is_name =
                before.chars().next().is_some_and(char::is_uppercase) && !place.begins_sentence();
            match (has_stop, is_name) {
                (true, true) => Some(format!("der {}e", capital(stem(number)?.as_str()))),
                (true, false) => german(place, number, false),
                (false, _) => Some(number.to_string()),
            }
        }
    }
}

fn capital(word: &str) -> String {
    let mut chars = word.chars();
    let first = chars.next().map(|c| c.to_uppercase().to_string());
    first.unwrap_or_default() + chars.as_str()
}

/// The value of a Roman number up to 39, written as it should be.
pub(super) fn roman(text: &str) -> Option<usize> {
    const ONES: [&str; 10] = ["", "I", "II", "III", "IV", "V", "VI", "VII", "VIII", "IX"];
    let tens = text.chars().take_while(|c| *c == 'X').count();
    let ones = ONES.iter().position(|ones| *ones == &text[tens..])?;
    let number = tens * 10 + ones;
    (1..40).contains(&number).then_some(number)
}

/// "dritt", of "dritte" and "dritten", from 1 to 99.
fn stem(number: usize) -> Option<String> {
    const ONES: [&str; 10] = [
        "", "ein", "zwei", "drei", "vier", "fünf", "sechs", "sieben", "acht", "neun",
    ];
    const TENS: [&str; 10] = [
        "", "", "", "dreißig", "vierzig", "fünfzig", "sechzig", "siebzig", "achtzig", "neunzig",
    ];
    let table = Table::of("de")?;
    if let Some(stem) = table.ordinals.get(number.checked_sub(1)?) {
        return Some((*stem).to_owned());
    }
    let tens = TENS.get(number / 10)?;
    Some(match number % 10 {
        0 => format!("{tens}st"),
        ones => format!("{}und{tens}st", ONES[ones]),
    })
}

/// A German ordinal with the ending that its place in the sentence asks for.
pub(super) fn german(place: Place<'_>, number: usize, is_date: bool) -> Option<String> {
    const DATIVE: &str = "in an auf aus bei mit nach seit von zu unter über vor hinter neben zwischen ab während wegen trotz statt";
    let lower = |steps| {
        let before = place.before(steps)?;
        let is_within = before.goes_on() && !before.ends_sentence();
        is_within.then(|| before.core().to_lowercase())
    };
    let has = |list: &str, word: &str| list.split(' ').any(|known| known == word);
    let before = if place.begins_sentence() {
        None
    } else {
        lower(1)
    };
    let ending = match before.as_deref() {
        Some("der") if lower(2).is_some_and(|two| has(DATIVE, &two)) => "en",
        Some(
            "der" | "die" | "das" | "jede" | "diese" | "eine" | "keine" | "meine" | "seine"
            | "ihre" | "unsere",
        ) => "e",
        Some("ein" | "kein" | "mein" | "sein" | "ihr" | "unser" | "jeder" | "dieser") | None => {
            "er"
        }
        Some(word) if is_date && !is_preposition(word) => "er",
        Some(_) => "en",
    };
    Some(format!("{}{ending}", stem(number)?))
}

/// Whether a word has a dative or an accusative behind it.
fn is_preposition(word: &str) -> bool {
    const ALL: &str = "am im vom zum zur beim ins ans dem den des einem einen einer eines diesem diesen dieser dieses jedem jeden jedes \
        bis ab seit nach vor in an auf aus mit von zu für gegen um durch ohne und oder";
    ALL.split_ascii_whitespace().any(|known| known == word)
}
