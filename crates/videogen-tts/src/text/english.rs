//! What English writes short and says long: titles, months, currency, symbols.

/// When the full stop of an abbreviation also ends the sentence.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ending {
    /// Something always follows ("Dr."): only at the end of the text.
    Never,
    /// It may ("etc."): when the next word begins with a capital.
    BeforeCapital,
}

/// Abbreviations, in lower case with their stops, what is said, and whether they can end a sentence.
const ABBREVIATIONS: &[(&str, &str, Ending)] = &[
    ("dr.", "Doctor", Ending::Never),
    ("mr.", "Mister", Ending::Never),
    ("mrs.", "Missus", Ending::Never),
    ("ms.", "Miz", Ending::Never),
    ("prof.", "Professor", Ending::Never),
    ("rev.", "Reverend", Ending::Never),
    ("gen.", "General", Ending::Never),
    ("sen.", "Senator", Ending::Never),
    ("gov.", "Governor", Ending::Never),
    ("capt.", "Captain", Ending::Never),
    ("lt.", "Lieutenant", Ending::Never),
    ("sgt.", "Sergeant", Ending::Never),
    ("mt.", "Mount", Ending::Never),
    ("vs.", "versus", Ending::Never),
    ("e.g.", "for example", Ending::Never),
    ("i.e.", "that is", Ending::Never),
    ("approx.", "approximately", Ending::Never),
    ("dept.", "department", Ending::Never),
    ("etc.", "et cetera", Ending::BeforeCapital),
    ("inc.", "Incorporated", Ending::BeforeCapital),
    ("ltd.", "Limited", Ending::BeforeCapital),
    ("corp.", "Corporation", Ending::BeforeCapital),
    ("co.", "Company", Ending::BeforeCapital),
    ("jr.", "Junior", Ending::BeforeCapital),
    ("sr.", "Senior", Ending::BeforeCapital),
    ("a.m.", "a m", Ending::BeforeCapital),
    ("p.m.", "p m", Ending::BeforeCapital),
    ("ave.", "Avenue", Ending::BeforeCapital),
    ("blvd.", "Boulevard", Ending::BeforeCapital),
];

/// Abbreviations of words that are words themselves: only before a digit.
const BEFORE_DIGIT: &[(&str, &str)] = &[
    ("no.", "Number"),
    ("jan.", "January"),
    ("feb.", "February"),
    ("mar.", "March"),
    ("apr.", "April"),
    ("jun.", "June"),
    ("jul.", "July"),
    ("aug.", "August"),
    ("sep.", "September"),
    ("sept.", "September"),
    ("oct.", "October"),
    ("nov.", "November"),
    ("dec.", "December"),
    ("fig.", "Figure"),
    ("vol.", "Volume"),
    ("pp.", "pages"),
];

/// What `word` (with its stop, without quotes) stands for, between its neighbours.
pub(super) fn abbreviation(
    word: &str,
    before: Option<&str>,
    after: Option<&str>,
) -> Option<(&'static str, Ending)> {
    if !word.ends_with('.') {
        return None;
    }
    let lower = word.to_lowercase();
    let starts = |word: Option<&str>, test: fn(char) -> bool| {
        word.and_then(|word| word.chars().find(|c| c.is_alphanumeric()))
            .is_some_and(test)
    };
    if lower == "st." {
        // "St. Louis" but "Main St. is" and "on Main St."
        let saint = starts(after, char::is_uppercase) && !starts(before, char::is_uppercase);
        return Some(if saint {
            ("Saint", Ending::Never)
        } else {
            ("Street", Ending::BeforeCapital)
        });
    }
    if let Some((_, full)) = BEFORE_DIGIT.iter().find(|(short, _)| *short == lower) {
        return starts(after, char::is_numeric).then_some((*full, Ending::Never));
    }
    ABBREVIATIONS
        .iter()
        .find(|(short, ..)| *short == lower)
        .map(|(_, full, ending)| (*full, *ending))
}

struct Currency {
    one: &'static str,
    many: &'static str,
    cents: &'static str,
}

fn currency(symbol: char) -> Option<Currency> {
    let (one, many, cents) = match symbol {
        '$' => ("dollar", "dollars", "cents"),
        '€' => ("euro", "euros", "cents"),
        '£' => ("pound", "pounds", "pence"),
        '¥' => ("yen", "yen", ""),
        '₹' => ("rupee", "rupees", "paise"),
        _ => return None,
    };
    Some(Currency { one, many, cents })
}

fn magnitude(word: &str) -> Option<&'static str> {
    Some(
        match word
            .trim_matches(|c: char| !c.is_alphanumeric())
            .to_lowercase()
            .as_str()
        {
            "k" | "thousand" => "thousand",
            "m" | "mn" | "million" => "million",
            "b" | "bn" | "billion" => "billion",
            "t" | "tn" | "trillion" => "trillion",
            _ => return None,
        },
    )
}

/// The number in `$1,250.50` or `€2.5bn`, its currency and the letters after it.
fn amount(word: &str) -> Option<(Currency, String, &str)> {
    let word = word.trim_start_matches(['(', '"', '“', '‘', '\'', '~', '*', '[', '-', '–']);
    let mut chars = word.chars();
    let currency = currency(chars.next()?)?;
    let rest = chars.as_str();
    let end = rest
        .find(|c: char| !(c.is_ascii_digit() || c == '.' || c == ','))
        .unwrap_or(rest.len());
    let digits = rest[..end].trim_end_matches(['.', ',']).replace(',', "");
    digits
        .starts_with(|c: char| c.is_ascii_digit())
        .then_some((currency, digits, &rest[end..]))
}

/// Whether the word is an amount of money that the next word ("million") belongs to.
fn awaits_magnitude(word: &str) -> Option<Currency> {
    let (currency, _, rest) = amount(word)?;
    rest.is_empty().then_some(currency)
}

/// "$3.50" as "3 dollars and 50 cents"; "$5" and "million" as "5" and "million dollars".
pub(super) fn money(word: &str, before: Option<&str>, after: Option<&str>) -> Option<String> {
    if let Some(currency) = before.and_then(awaits_magnitude)
        && let Some(magnitude) = full_magnitude(word)
    {
        return Some(format!("{magnitude} {}", currency.many));
    }
    let (currency, digits, rest) = amount(word)?;
    if let Some(magnitude) = magnitude(rest) {
        return Some(format!("{digits} {magnitude} {}", currency.many));
    }
    if rest.chars().any(char::is_alphanumeric) {
        return None;
    }
    if after.and_then(full_magnitude).is_some() && rest.is_empty() && !word.ends_with(['.', ',']) {
        return Some(digits);
    }
    let unit = |n: &str| {
        if n == "1" {
            currency.one
        } else {
            currency.many
        }
    };
    match digits.split_once('.') {
        Some((whole, cents))
            if cents.len() == 2
                && !currency.cents.is_empty()
                && cents.chars().all(|c| c.is_ascii_digit()) =>
        {
            if cents == "00" {
                Some(format!("{whole} {}", unit(whole)))
            } else {
                Some(format!(
                    "{whole} {} and {cents} {}",
                    unit(whole),
                    currency.cents
                ))
            }
        }
        _ => Some(format!("{digits} {}", unit(&digits))),
    }
}

/// A magnitude written out: "k" alone is a letter.
fn full_magnitude(word: &str) -> Option<&'static str> {
    magnitude(word).filter(|_| word.chars().filter(|c| c.is_alphabetic()).count() > 2)
}

/// What a symbol inside or beside a word is called.
pub(super) fn symbol(c: char) -> Option<&'static str> {
    Some(match c {
        '%' => "percent",
        '&' => "and",
        '@' => "at",
        '+' => "plus",
        '=' => "equals",
        '°' => "degrees",
        '×' => "times",
        '÷' => "divided by",
        _ => return None,
    })
}
