//! What languages write short and say long, as data: signs, currencies, units, ranges, dates, abbreviations.
//!
//! What is not here is left to the voice's own front end, which reads plain numbers, times and acronyms of its language. Measured
//! with espeak-ng 1.51 (`-q -x`), which Piper voices have inside as well: it names `%`, `€` and `+` right behind a number in some
//! languages and drops them elsewhere; it knows hardly any abbreviation; a full stop before a capital ends its sentence.

mod eastern;
mod germanic;
mod romance;
mod slavic;

/// Forms of a word, parted by `|`: for one; for several. Three: for one, for two to four, for more. Four: and for fractions.
pub(super) type Forms = &'static str;

/// A short form and what it stands for. A short form in lower case, with its stops; of several words, the parts of both are parted
/// by a space and by `|`.
pub(super) type Short = (&'static str, &'static str);

/// How Roman numbers are said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Roman {
    /// As they stand.
    Letters,
    /// As numbers.
    Cardinal,
    /// "Henry the Eighth" behind the name of a ruler, else as numbers.
    English,
    /// "Wilhelm der Zweite", with a full stop behind.
    German,
    /// As ordinals.
    Ordinal,
}

/// What is known of a language.
#[derive(Debug)]
pub(super) struct Table {
    /// Its primary subtag.
    pub(super) language: &'static str,
    /// What stands before the decimals.
    pub(super) decimal: char,
    /// What signs are called between words and beside them.
    pub(super) signs: &'static [(char, &'static str)],
    /// What `%` is called, and whether that is said before the number.
    pub(super) percent: (&'static str, bool),
    pub(super) minus: &'static str,
    /// What a dash between two numbers is called.
    pub(super) range: &'static str,
    /// What a slash between two numbers is called that are no fraction.
    pub(super) over: &'static str,
    /// What stands between a sum and its hundredths.
    pub(super) and: &'static str,
    /// Signs of money, what they are called, and their hundredths where those are named.
    pub(super) money: &'static [(&'static str, Forms, Forms)],
    /// Units behind a number.
    pub(super) units: &'static [(&'static str, Forms)],
    /// Words for powers of ten that a sum of money may have behind it, and what they are said as.
    pub(super) magnitudes: &'static [Short],
    pub(super) fractions: &'static [Short],
    /// `#` before a number, and inside an address `.` and `@`.
    pub(super) number: &'static str,
    pub(super) dot: &'static str,
    pub(super) at: &'static str,
    /// Always short.
    pub(super) abbreviations: &'static [Short],
    /// Short before a number only.
    pub(super) before_number: &'static [Short],
    /// Short form behind a number, the word before the number or nothing for any, and what is said then.
    pub(super) after_word: &'static [(&'static str, &'static str, &'static str)],
    /// Names of months, as they stand in dates.
    pub(super) months: &'static [&'static str],
    /// A date, with `{d}`, `{m}` and `{y}`; empty where dates are left as they are. `{o}` is the day as an ordinal.
    pub(super) date: &'static str,
    /// Ordinals from 1, as they stand in dates.
    pub(super) ordinals: &'static [&'static str],
    /// Whether "3." is an ordinal: always, or before the name of a month.
    pub(super) ordinal_stop: OrdinalStop,
    pub(super) roman: Roman,
}

/// Where a number with a full stop is an ordinal of the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum OrdinalStop {
    Never,
    BeforeMonth,
    Always,
}

impl Table {
    /// A language of which nothing is known but its tag.
    const fn new(language: &'static str) -> Self {
        Self {
            language,
            decimal: ',',
            signs: &[],
            percent: ("", false),
            minus: "",
            range: "",
            over: "",
            and: "",
            money: &[],
            units: &[],
            magnitudes: &[],
            fractions: &[],
            number: "",
            dot: "",
            at: "",
            abbreviations: &[],
            before_number: &[],
            after_word: &[],
            months: &[],
            date: "",
            ordinals: &[],
            ordinal_stop: OrdinalStop::Never,
            roman: Roman::Letters,
        }
    }

    /// Returns the table of a language, by its primary subtag.
    pub(super) fn of(language: &str) -> Option<&'static Self> {
        let language = match language {
            "cmn" | "yue" => "zh",
            other => other,
        };
        let all = [germanic::ALL, romance::ALL, slavic::ALL, eastern::ALL];
        let mut all = all.into_iter().flatten();
        all.find(|table| table.language == language)
    }

    /// Returns what a sign is called.
    pub(super) fn sign(&self, c: char) -> Option<&'static str> {
        if c == '%' && !self.percent.0.is_empty() {
            return Some(self.percent.0);
        }
        let mut signs = self.signs.iter();
        signs.find(|(sign, _)| *sign == c).map(|(_, name)| *name)
    }

    /// Returns the form of a word for a number, as its digits before and after the decimal sign.
    pub(super) fn form(&self, forms: Forms, whole: &str, fraction: Option<&str>) -> &'static str {
        let all: Vec<&'static str> = forms.split('|').collect();
        let last = |n: usize| whole.as_bytes().iter().rev().nth(n).map_or(0, |d| d - b'0');
        let is_one = whole.trim_start_matches('0') == "1";
        let (ones, tens) = (last(0), last(1));
        let index = match (all.len(), fraction) {
            (1, _) => 0,
            // "1,5 heure" is less than two.
            (2, Some(_)) => usize::from(!(self.language == "fr" && is_one)),
            (2, None) => usize::from(!(is_one || self.language == "fr" && whole == "0")),
            (3, Some(_)) => 1,
            (_, Some(_)) => 3,
            (_, None) if is_one || self.language == "ru" && ones == 1 && tens != 1 => 0,
            (_, None) if (2..=4).contains(&ones) && tens != 1 => 1,
            _ => 2,
        };
        all[index.min(all.len() - 1)]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_have_the_form_of_their_number() {
        let form = |language: &str, forms, whole: &str, fraction| {
            Table::of(language).unwrap().form(forms, whole, fraction)
        };
        let ruble = "рубль|рубля|рублей";
        for (number, want) in [
            ("1", "рубль"),
            ("21", "рубль"),
            ("11", "рублей"),
            ("2", "рубля"),
            ("104", "рубля"),
            ("112", "рублей"),
            ("5", "рублей"),
            ("0", "рублей"),
        ] {
            assert_eq!(form("ru", ruble, number, None), want, "{number}");
        }
        assert_eq!(form("ru", ruble, "2", Some("5")), "рубля");
        assert_eq!(
            form("pl", "kilometr|kilometry|kilometrów|kilometra", "21", None),
            "kilometrów"
        );
        assert_eq!(
            form(
                "pl",
                "kilometr|kilometry|kilometrów|kilometra",
                "2",
                Some("5")
            ),
            "kilometra"
        );
        assert_eq!(form("fr", "heure|heures", "1", Some("5")), "heure");
        assert_eq!(form("fr", "heure|heures", "0", None), "heure");
        assert_eq!(form("en", "mile|miles", "1", Some("5")), "miles");
        assert_eq!(form("en", "mile|miles", "1", None), "mile");
        assert_eq!(form("de", "Euro", "5", None), "Euro");
    }

    #[test]
    fn every_table_is_whole() {
        for language in ["en", "de", "fr", "es", "it", "pt", "nl", "pl", "ru", "tr"] {
            let table = Table::of(language).unwrap();
            assert!(
                !table.date.is_empty() && table.months.len() == 12,
                "{language}"
            );
            assert!(
                !table.abbreviations.is_empty() && !table.range.is_empty(),
                "{language}"
            );
            for (short, long) in table.abbreviations.iter().chain(table.before_number) {
                assert_eq!(short.to_lowercase(), **short, "{language}: {short}");
                let parts = short.split(' ').count();
                let said = long.split('|').count();
                assert!(said == 1 || said == parts, "{language}: {short}");
            }
            for unit in ["km", "kg", "°C", "km/h"] {
                assert!(
                    table.units.iter().any(|(known, _)| *known == unit) || language == "ru",
                    "{language}: {unit}"
                );
            }
        }
        for language in [
            "en", "de", "fr", "es", "it", "pt", "nl", "pl", "ru", "tr", "ar", "hi", "zh", "cmn",
            "ja", "ko",
        ] {
            let table = Table::of(language).unwrap();
            for sign in ['%', '+', '=', '±', '×', '÷', '&', '°', '§'] {
                assert!(table.sign(sign).is_some(), "{language}: {sign}");
            }
            for money in ["€", "$", "£"] {
                assert!(
                    table.money.iter().any(|(sign, ..)| *sign == money),
                    "{language}: {money}"
                );
            }
        }
        assert!(Table::of("sw").is_none());
    }
}
