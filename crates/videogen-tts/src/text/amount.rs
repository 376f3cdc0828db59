//! Numbers with what they count: money, percent, units, ranges, fractions; and signs that stand apart from their number.

use videogen_text::WritingSystem;

use super::number::Number;
use super::place::{Place, core};
use super::tables::{Forms, Table};

/// A number with a sign before it and something behind it, as it is written in one word.
#[derive(Debug, Clone)]
struct Amount<'a> {
    /// What the sign before it is called.
    sign: Option<&'static str>,
    money: Option<Money>,
    is_percent: bool,
    number: Number,
    /// What stands right behind it.
    suffix: &'a str,
}

/// A currency: its forms, and those of its hundredths.
type Money = (Forms, Forms);

/// What is said for a word that is a number with a sign or a unit, or a sign or a unit behind a number. `Some("")` where all of
/// it is said with a neighbour.
pub(super) fn said(place: Place<'_>) -> Option<String> {
    let table = place.table;
    let core = place.core();
    if core.is_empty() || !core.chars().any(|c| c.is_ascii_digit()) {
        return apart(place);
    }
    if WritingSystem::of(core.chars().next()?).is_unspaced() {
        return behind_letters(core, table);
    }
    if let Some(range) = range(core, table) {
        return Some(range);
    }
    if let Some(fraction) = fraction(core, table) {
        return Some(fraction);
    }
    if table.language == "en"
        && let Some(time) = time(place)
    {
        return Some(time);
    }
    let amount = read(core, table)?;
    let wanted = amount.suffix.is_empty() && amount.money.is_none() && !amount.is_percent;
    if !wanted {
        return with_magnitude(place, &amount).or_else(|| say(&amount, table));
    }
    // What it counts stands in another word.
    let next = place
        .after()
        .filter(|_| place.goes_on())
        .map(Place::core_or_word);
    if next == Some("%") && table.percent.1 {
        return Some(percent(&signed(&amount, table), table));
    }
    if next.and_then(|next| money(next, table)).is_some() && has_cents(&amount.number, table) {
        return Some(signed(
            &Amount {
                number: whole(&amount.number),
                ..amount
            },
            table,
        ));
    }
    let before = place.before(1);
    if let Some(before) = before
        && let Some(money) = money(before.core_or_word(), table)
        && !before.before(1).is_some_and(Place::is_number)
    {
        let amount = Amount {
            money: Some(money),
            ..amount
        };
        return with_magnitude(place, &amount).or_else(|| say(&amount, table));
    }
    amount.sign.is_some().then(|| signed(&amount, table))
}

/// An amount right behind the letters of a script that is written without spaces.
fn behind_letters(core: &str, table: &Table) -> Option<String> {
    let at = core.find(|c: char| !WritingSystem::of(c).is_unspaced())?;
    let (letters, rest) = core.split_at(at);
    let amount = read(rest, table)?;
    Some(format!("{letters} {}", say(&amount, table)?))
}

impl<'a> Place<'a> {
    /// The word without what is around it, or all of it where it is nothing else.
    fn core_or_word(self) -> &'a str {
        match self.core() {
            "" => self.word(),
            core => core,
        }
    }

    /// Whether it ends with a digit, as numbers and ranges do.
    fn is_number(self) -> bool {
        self.core().ends_with(|c: char| c.is_ascii_digit())
    }
}

/// A currency by its sign.
fn money(sign: &str, table: &Table) -> Option<Money> {
    let mut known = table.money.iter();
    let known = known.find(|(written, ..)| *written == sign);
    known.map(|(_, forms, cents)| (*forms, *cents))
}

fn unit(written: &str, table: &Table) -> Option<Forms> {
    let mut known = table.units.iter();
    known
        .find(|(unit, _)| *unit == written)
        .map(|(_, forms)| *forms)
}

/// What a magnitude is said as.
fn magnitude(word: &str, table: &Table) -> Option<&'static str> {
    let word = word.to_lowercase();
    let bare = word.trim_end_matches('.');
    let mut known = table.magnitudes.iter();
    known
        .find(|(short, _)| *short == word || short.trim_end_matches('.') == bare)
        .map(|(_, full)| *full)
}

/// A magnitude that stands apart: "k" alone is a letter.
fn full_magnitude(word: &str, table: &Table) -> Option<&'static str> {
    magnitude(word, table).filter(|_| word.chars().filter(|c| c.is_alphabetic()).count() > 2)
}

/// Reads `core` as a number with signs around it.
fn read<'a>(text: &'a str, table: &Table) -> Option<Amount<'a>> {
    let mut rest = text;
    let mut sign = None;
    let mut money = None;
    let mut is_percent = false;
    for _ in 0..2 {
        let first = rest.chars().next()?;
        if sign.is_none()
            && let Some(name) = sign_before(first, table)
        {
            sign = Some(name);
            rest = &rest[first.len_utf8()..];
        }
        let mut signs: Vec<_> = table
            .money
            .iter()
            .filter(|(sign, ..)| rest.starts_with(sign))
            .collect();
        signs.sort_by_key(|(sign, ..)| std::cmp::Reverse(sign.len()));
        if money.is_none()
            && let Some((written, forms, cents)) = signs.first()
        {
            money = Some((*forms, *cents));
            rest = &rest[written.len()..];
        }
    }
    if let Some(after) = rest.strip_prefix('%') {
        (is_percent, rest) = (true, after);
    }
    let mut end = 0;
    for (at, c) in rest.char_indices() {
        let next = rest[at + c.len_utf8()..].chars().next();
        let is_inner =
            matches!(c, '.' | ',' | '\'' | '’') && next.is_some_and(|next| next.is_ascii_digit());
        if !(c.is_ascii_digit() || is_inner) {
            break;
        }
        end = at + c.len_utf8();
    }
    Some(Amount {
        sign,
        money,
        is_percent,
        number: Number::read(&rest[..end], table)?,
        suffix: &rest[end..],
    })
}

/// What a sign before a number is called.
fn sign_before(c: char, table: &Table) -> Option<&'static str> {
    match c {
        '-' | '−' | '–' => Some(table.minus).filter(|minus| !minus.is_empty()),
        '+' | '±' | '≈' | '~' | '≤' | '≥' | '§' => table.sign(c),
        '#' | '№' => Some(table.number).filter(|number| !number.is_empty()),
        _ => None,
    }
}

fn signed(amount: &Amount<'_>, table: &Table) -> String {
    let number = amount.number.say(table);
    match amount.sign {
        Some(sign) => format!("{sign} {number}"),
        None => number,
    }
}

fn percent(number: &str, table: &Table) -> String {
    let (name, is_before) = table.percent;
    if is_before {
        format!("{name} {number}")
    } else {
        format!("{number} {name}")
    }
}

/// Whether a sum of money has hundredths that are said behind its name.
fn has_cents(number: &Number, table: &Table) -> bool {
    let is_two = number
        .fraction
        .as_ref()
        .is_some_and(|fraction| fraction.len() == 2);
    // Languages of which little is known read it as a decimal number.
    is_two && !table.abbreviations.is_empty()
}

fn whole(number: &Number) -> Number {
    Number {
        whole: number.whole.clone(),
        fraction: None,
    }
}

/// The name of a currency behind a number, with the hundredths.
fn money_behind(number: &Number, (forms, cents): Money, table: &Table) -> String {
    let fraction = number.fraction.as_deref();
    if !has_cents(number, table) {
        return table.form(forms, &number.whole, fraction).to_owned();
    }
    let name = table.form(forms, &number.whole, None);
    let hundredths = fraction.unwrap_or_default().trim_start_matches('0');
    if hundredths.is_empty() {
        return name.to_owned();
    }
    let cents = if cents.is_empty() {
        ""
    } else {
        table.form(cents, hundredths, None)
    };
    let parts = [name, table.and, hundredths, cents];
    let parts = parts.into_iter().filter(|part| !part.is_empty());
    parts.collect::<Vec<_>>().join(" ")
}

/// All of an amount that stands in one word; `None` where what is behind the number is not known.
fn say(amount: &Amount<'_>, table: &Table) -> Option<String> {
    let number = &amount.number;
    let suffix = core(amount.suffix);
    if let Some(money) = amount.money.or_else(|| money(suffix, table)) {
        if amount.money.is_some() && !suffix.is_empty() {
            let magnitude = magnitude(suffix, table)?;
            let name = table.form(money.0, "5", None);
            return Some(format!("{} {magnitude} {name}", signed(amount, table)));
        }
        let number = if has_cents(number, table) {
            whole(number)
        } else {
            number.clone()
        };
        let behind = money_behind(&amount.number, money, table);
        return Some(format!(
            "{} {behind}",
            signed(
                &Amount {
                    number,
                    ..amount.clone()
                },
                table
            )
        ));
    }
    if amount.is_percent && suffix.is_empty() || suffix == "%" {
        if table.percent.0.is_empty() {
            return None;
        }
        if let Some(forms) = unit("%", table) {
            let name = table.form(forms, &number.whole, number.fraction.as_deref());
            return Some(format!("{} {name}", signed(amount, table)));
        }
        return Some(percent(&signed(amount, table), table));
    }
    if suffix.is_empty() {
        return Some(signed(amount, table));
    }
    // "1990s" are years, and "5k" and "10k" are runs.
    let is_run = suffix == "k" && matches!(number.whole.as_str(), "5" | "10");
    let is_name = table.language == "en" && (suffix == "s" || is_run);
    let forms = unit(amount.suffix, table).or_else(|| unit(suffix, table));
    if let Some(forms) = forms.filter(|_| !is_name) {
        let name = table.form(forms, &number.whole, number.fraction.as_deref());
        return Some(format!("{} {name}", signed(amount, table)));
    }
    // "18h30".
    if let Some((hours, minutes)) = suffix.split_once('h')
        && hours.is_empty()
        && (1..=2).contains(&minutes.len())
        && minutes.chars().all(|c| c.is_ascii_digit())
        && let Some(forms) = unit("h", table)
    {
        let name = table.form(forms, &number.whole, None);
        return Some(format!("{} {name} {minutes}", signed(amount, table)));
    }
    let mut chars = suffix.chars();
    let sign = chars.next().and_then(|c| table.sign(c));
    match (sign, chars.next()) {
        (Some(name), None) => Some(format!("{} {name}", signed(amount, table))),
        _ => None,
    }
}

/// "$5" before "million": the number alone.
fn with_magnitude(place: Place<'_>, amount: &Amount<'_>) -> Option<String> {
    let awaits = amount.money.is_some() && amount.suffix.is_empty() && place.goes_on();
    let next = place.after()?;
    let is_magnitude = full_magnitude(next.core(), place.table).is_some();
    (awaits && is_magnitude).then(|| signed(amount, place.table))
}

/// A sign or a unit without a number of its own.
fn apart(place: Place<'_>) -> Option<String> {
    let table = place.table;
    let written = place.core_or_word();
    let before = place.before(1).filter(|before| before.goes_on());
    let is_counted = before.is_some_and(Place::is_number);
    let count = before.filter(|_| is_counted).and_then(last_number);
    if let Some(before) = before
        && let Some(magnitude) = full_magnitude(written, table)
        && let Some(money) = awaiting(before)
    {
        return Some(format!("{magnitude} {}", table.form(money.0, "5", None)));
    }
    if matches!(written, "-" | "–" | "—" | "−") {
        return between_numbers(place);
    }
    if let Some(money) = money(written, table) {
        return Some(money_apart(place, count, money));
    }
    let after_is_number = || {
        place
            .after()
            .is_some_and(|after| after.core().starts_with(|c: char| c.is_ascii_digit()))
    };
    if written == "%" && !table.percent.0.is_empty() {
        return Some(
            match (table.percent.1 && is_counted, unit("%", table), count) {
                (true, ..) => String::new(),
                (_, Some(forms), Some(number)) => table
                    .form(forms, &number.whole, number.fraction.as_deref())
                    .to_owned(),
                _ => table.percent.0.to_owned(),
            },
        );
    }
    if is_counted && !is_year(place, count.as_ref()) {
        let forms = unit(written, table).or_else(|| unit(place.word(), table));
        // "k" apart is a letter.
        if let Some(forms) = forms.filter(|_| written != "k") {
            let (whole, fraction) = match &count {
                Some(number) => (number.whole.as_str(), number.fraction.as_deref()),
                None => ("5", None),
            };
            return Some(table.form(forms, whole, fraction).to_owned());
        }
    }
    if matches!(written, "#" | "№") && after_is_number() && !table.number.is_empty() {
        return Some(table.number.to_owned());
    }
    let mut chars = written.chars();
    let first = chars.next()?;
    let is_one_sign = chars.all(|c| c == first) && !first.is_alphanumeric();
    // A dash, an asterisk, a tilde apart are marks of the text.
    let name = table.sign(first).filter(|_| is_one_sign && first != '~')?;
    Some(name.to_owned())
}

/// Whether "г." and "в." behind a number of this size are a year and a century.
fn is_year(place: Place<'_>, count: Option<&Number>) -> bool {
    let is_listed = place
        .table
        .after_word
        .iter()
        .any(|(short, ..)| *short == place.word().to_lowercase());
    is_listed && count.is_some_and(|number| number.whole.len() >= 3)
}

/// The number that a word ends with: that of "5", "1,50" or "10–15".
fn last_number(place: Place<'_>) -> Option<Number> {
    let core = place.core();
    let from = core.rfind(['-', '–', '—', '−', '/']).map_or(0, |at| {
        at + core[at..].chars().next().map_or(1, char::len_utf8)
    });
    read(&core[from..], place.table).map(|amount| amount.number)
}

/// The currency of a sum whose magnitude is the next word: "$5" or "$" and "5".
fn awaiting(place: Place<'_>) -> Option<Money> {
    let amount = read(place.core(), place.table).filter(|amount| amount.suffix.is_empty())?;
    let apart = || {
        let before = place.before(1)?;
        money(before.core_or_word(), place.table)
    };
    amount.money.or_else(apart)
}

/// A currency that stands apart: behind its number, or before it, which then says it.
fn money_apart(place: Place<'_>, count: Option<Number>, money: Money) -> String {
    let table = place.table;
    if let Some(number) = count {
        return money_behind(&number, money, table);
    }
    let is_before = place.after().is_some_and(|after| {
        after.core().starts_with(|c: char| c.is_ascii_digit())
            && read(after.core(), table).is_some()
    });
    if is_before && place.goes_on() {
        return String::new();
    }
    table.form(money.0, "5", None).to_owned()
}

/// A dash apart between two numbers: a range, or a subtraction where a result follows.
fn between_numbers(place: Place<'_>) -> Option<String> {
    let table = place.table;
    let before = place
        .before(1)
        .filter(|before| before.is_number() && before.goes_on())?;
    let after = place.after()?;
    let is_number = after.core().starts_with(|c: char| c.is_ascii_digit());
    let equals = |place: Option<Place<'_>>| place.is_some_and(|place| place.word() == "=");
    if !is_number || table.range.is_empty() {
        return None;
    }
    let is_difference = equals(after.after()) || equals(before.before(1));
    Some(
        if is_difference {
            table.minus
        } else {
            table.range
        }
        .to_owned(),
    )
}

/// "10–15" as "10 to 15", with what stands around both.
fn range(core: &str, table: &Table) -> Option<String> {
    if table.range.is_empty() {
        return None;
    }
    let is_dash = |c: char| matches!(c, '-' | '–' | '—' | '−');
    let (at, dash) = core.char_indices().skip(1).find(|(_, c)| is_dash(*c))?;
    let (left, right) = (&core[..at], &core[at + dash.len_utf8()..]);
    if right.contains(is_dash) {
        return None;
    }
    if is_time(left) && is_time(right) {
        return Some(format!("{left} {} {right}", table.range));
    }
    let (from, to) = (read(left, table)?, read(right, table)?);
    let digits = |number: &Number| number.whole.len();
    let is_count = digits(&from.number) == digits(&to.number)
        || digits(&from.number) <= 2 && digits(&to.number) <= 4;
    // With a hyphen it may be a number of a telephone or of a part.
    if dash == '-' && !is_count || to.sign.is_some() {
        return None;
    }
    let is_plain = |amount: &Amount<'_>| {
        amount.suffix.is_empty() && amount.money.is_none() && !amount.is_percent
    };
    let to = Amount {
        money: to.money.or(from.money),
        is_percent: to.is_percent || from.is_percent && is_plain(&to),
        ..to
    };
    // The currency before the first is that of both, and said once.
    let from = if from.suffix.is_empty() {
        Amount {
            money: None,
            is_percent: false,
            ..from
        }
    } else {
        from
    };
    if to.suffix == "%" || to.is_percent {
        let numbers = format!(
            "{} {} {}",
            say(&from, table)?,
            table.range,
            signed(&to, table)
        );
        return Some(percent(&numbers, table));
    }
    Some(format!(
        "{} {} {}",
        say(&from, table)?,
        table.range,
        say(&to, table)?
    ))
}

/// "8:30".
fn is_time(text: &str) -> bool {
    let Some((hours, minutes)) = text.split_once(':') else {
        return false;
    };
    let is_number =
        |text: &str| (1..=2).contains(&text.len()) && text.chars().all(|c| c.is_ascii_digit());
    is_number(hours) && is_number(minutes) && minutes.len() == 2
}

/// "1/2" as "one half", "16/9" as "16 over 9", "50/50" as it stands.
fn fraction(core: &str, table: &Table) -> Option<String> {
    let (above, below) = core.split_once('/')?;
    let is_number = |text: &str| {
        !text.is_empty() && text.len() <= 4 && text.chars().all(|c| c.is_ascii_digit())
    };
    if !is_number(above) || !is_number(below) {
        return None;
    }
    if let Some((_, said)) = table.fractions.iter().find(|(written, _)| *written == core) {
        return Some((*said).to_owned());
    }
    Some(if above == below || table.over.is_empty() {
        format!("{above} {below}")
    } else {
        format!("{above} {} {below}", table.over)
    })
}

/// "8:00" as "8 o'clock", "8:05 a.m." as "8 oh 5", "5pm" as "5 p m".
fn time(place: Place<'_>) -> Option<String> {
    let core = place.core();
    let lower = core.to_lowercase();
    let noon = ["am", "pm"].into_iter().find(|noon| lower.ends_with(noon));
    let digits = noon.map_or(core, |noon| {
        core[..core.len() - noon.len()].trim_end_matches('.')
    });
    let is_hour = |text: &str| text.parse().is_ok_and(|hour: u32| (1..=12).contains(&hour));
    let said_noon = noon.map_or("", |noon| if noon == "am" { " a m" } else { " p m" });
    if !is_time(digits) {
        return (noon.is_some() && is_hour(digits)).then(|| format!("{digits}{said_noon}"));
    }
    let (hours, minutes) = digits.split_once(':')?;
    let before_noon = place.after().is_some_and(|after| {
        let next = after.core().to_lowercase().replace('.', "");
        matches!(next.as_str(), "am" | "pm")
    });
    Some(match minutes {
        "00" if noon.is_some() || before_noon => format!("{hours}{said_noon}"),
        "00" if is_hour(hours) => format!("{hours} o'clock"),
        "00" => format!("{hours} hundred"),
        minutes if minutes.starts_with('0') => format!("{hours} oh {}{said_noon}", &minutes[1..]),
        minutes => format!("{hours} {minutes}{said_noon}"),
    })
}
