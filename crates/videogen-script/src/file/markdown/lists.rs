//! Which numbers before lines are those of a list, and which belong to what is said: `1. Begin` and `1990. A year.`

use std::collections::HashSet;

/// The largest number of a list.
const LARGEST: u32 = 200;

/// Languages that write ordinals with a full stop, so that one number alone is no list: `3. Oktober`.
#[rustfmt::skip] // a table
const WITH_ORDINALS: &[&str] = &["de", "pl", "tr", "cs", "sk", "da", "nb", "nn", "no", "fi", "hu", "sl", "hr", "sr", "bs", "et", "lv", "is"];

/// The lines of a text that begin with a number of a list.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct ListNumbers(HashSet<usize>);

/// A number at the beginning of a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Number<'a> {
    value: u32,
    sign: char,
    /// What stands before it: white space, signs of a quotation.
    pub(super) before: &'a str,
    /// The digits.
    pub(super) digits: &'a str,
    /// What stands behind the sign.
    pub(super) rest: &'a str,
}

impl Number<'_> {
    /// The sign behind the digits.
    pub(super) fn sign(&self) -> char {
        self.sign
    }
}

/// The number with which `line` begins, if something follows it.
pub(super) fn number(line: &str) -> Option<Number<'_>> {
    let body = line.trim_start_matches([' ', '\t', '>']);
    let before = &line[..line.len() - body.len()];
    let end = body.bytes().take_while(u8::is_ascii_digit).count();
    let digits = &body[..end];
    let value = digits.parse().ok().filter(|_| end <= 9)?;
    let sign = body[end..]
        .chars()
        .next()
        .filter(|c| matches!(c, '.' | ')'))?;
    let rest = &body[end + 1..];
    let is_apart = rest.starts_with([' ', '\t']) && !rest.trim().is_empty();
    is_apart.then_some(Number {
        value,
        sign,
        before,
        digits,
        rest: rest.trim_start(),
    })
}

impl ListNumbers {
    /// Looks for them in `text`, which is in `language` (a BCP 47 tag).
    pub(super) fn of(text: &str, language: &str) -> Self {
        let numbers: Vec<(usize, Number<'_>)> = text
            .lines()
            .enumerate()
            .filter_map(|(n, line)| Some((n, number(line)?)))
            .collect();
        let follows = |one: Option<&(usize, Number<'_>)>, next: Option<&(usize, Number<'_>)>| match (
            one, next,
        ) {
            (Some((_, one)), Some((_, next))) => {
                // Some write `1.` before each item.
                one.sign == next.sign
                    && (one.value + 1 == next.value || one.value == 1 && next.value == 1)
            }
            _ => false,
        };
        let primary = videogen_text::primary_subtag(language);
        let has_ordinals = WITH_ORDINALS.contains(&primary.as_ref());
        let listed = (0..numbers.len()).filter(|&n| {
            let (_, number) = numbers[n];
            let before = n.checked_sub(1).and_then(|before| numbers.get(before));
            let is_one_of_many =
                follows(before, numbers.get(n)) || follows(numbers.get(n), numbers.get(n + 1));
            let is_first = number.value == 1 && (number.sign == ')' || !has_ordinals);
            number.value <= LARGEST && (is_one_of_many || is_first)
        });
        Self(listed.map(|n| numbers[n].0).collect())
    }

    /// Whether the line of this index begins with one.
    pub(super) fn has(&self, line: usize) -> bool {
        self.0.contains(&line)
    }

    /// Whether no line does.
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_of_lists_are_told_from_those_that_are_said() {
        let listed = |text: &str, language: &str| {
            let numbers = ListNumbers::of(text, language);
            (0..text.lines().count())
                .filter(|n| numbers.has(*n))
                .collect::<Vec<_>>()
        };
        assert_eq!(listed("1. Begin.\n2. End.", "de"), [0, 1]);
        assert_eq!(listed("1) Begin.\n\nText.\n\n2) End.", "de"), [0, 4]);
        assert_eq!(listed("1. One.\n1. Two.", "en"), [0, 1]);
        assert_eq!(listed("1. Begin.", "en"), [0]);
        assert_eq!(listed("1. Mai ist ein Feiertag.", "de"), [] as [usize; 0]);
        assert_eq!(listed("3. Oktober 1990.", "en"), [] as [usize; 0]);
        assert_eq!(
            listed("1990. A year.\n1991. Another.", "en"),
            [] as [usize; 0]
        );
        assert_eq!(listed("1.5 metres\n2.", "en"), [] as [usize; 0]);
    }
}
