//! Numbers as people write them: 1,234.56 and 1.234,56, whatever the language around them.

use super::tables::Table;

/// A number that is not negative.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Number {
    /// Its digits without what groups them.
    pub(super) whole: String,
    /// The digits behind the decimal sign.
    pub(super) fraction: Option<String>,
}

/// What groups digits and is no decimal sign.
const GROUPS: [char; 2] = ['\'', '’'];

impl Number {
    /// Reads a whole text as a number. Of one point or comma alone the language tells what it is, unless the digits do.
    pub(super) fn read(text: &str, table: &Table) -> Option<Self> {
        let digit = |c: Option<char>| c.is_some_and(|c| c.is_ascii_digit());
        if !digit(text.chars().next()) || !digit(text.chars().last()) {
            return None;
        }
        let is_mark = |c: char| c == '.' || c == ',';
        if !text
            .chars()
            .all(|c| c.is_ascii_digit() || is_mark(c) || GROUPS.contains(&c))
        {
            return None;
        }
        let text = text.replace(GROUPS, "");
        let marks: Vec<(usize, char)> = text.char_indices().filter(|(_, c)| is_mark(*c)).collect();
        let Some(&(last_at, last)) = marks.last() else {
            return Some(Self {
                whole: text,
                fraction: None,
            });
        };
        let behind = text.len() - last_at - 1;
        let is_alone = marks.iter().filter(|(_, c)| *c == last).count() == 1;
        let is_mixed = marks.iter().any(|(_, c)| *c != last);
        let is_group = behind == 3 && (1..=3).contains(&last_at) && !text.starts_with('0');
        let is_decimal = is_alone && (is_mixed || last == table.decimal || !is_group);
        let (whole, fraction) = if is_decimal {
            (&text[..last_at], Some(text[last_at + 1..].to_owned()))
        } else {
            (&text[..], None)
        };
        // Versions and dates have marks, too.
        let groups: Vec<&str> = whole.split(is_mark).collect();
        let are_groups = groups[1..].iter().all(|group| group.len() == 3);
        let is_one_kind = whole
            .chars()
            .filter(|c| is_mark(*c))
            .all(|c| !is_decimal || c != last);
        (are_groups && is_one_kind && !groups[0].is_empty()).then(|| Self {
            whole: groups.concat(),
            fraction,
        })
    }

    /// Writes it as a voice of the language reads it.
    pub(super) fn say(&self, table: &Table) -> String {
        match &self.fraction {
            Some(fraction) => format!("{}{}{fraction}", self.whole, table.decimal),
            None => self.whole.clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_read_as_they_are_written_anywhere() {
        for (language, text, want) in [
            ("en", "1,234.56", Some("1234.56")),
            ("en", "1.234,56", Some("1234.56")),
            ("de", "1.234,56", Some("1234,56")),
            ("de", "1,234.56", Some("1234,56")),
            ("en", "1,250", Some("1250")),
            ("de", "1.250", Some("1250")),
            ("de", "1,250", Some("1,250")),
            ("en", "3.14159", Some("3.14159")),
            ("en", "1.500.000", Some("1500000")),
            ("en", "49.95", Some("49.95")),
            ("en", "0,500", Some("0.500")),
            ("de", "1'234.50", Some("1234,50")),
            ("en", "7", Some("7")),
            ("en", "2.0.1", None),
            ("de", "3.10.1990", None),
            ("en", "1,2,3", None),
            ("en", ".5", None),
            ("en", "5.", None),
            ("en", "x5", None),
            ("en", "", None),
        ] {
            let table = Table::of(language).unwrap();
            let said = Number::read(text, table).map(|number| number.say(table));
            assert_eq!(said.as_deref(), want, "{text} in {language}");
        }
    }
}
