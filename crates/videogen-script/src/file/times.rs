//! Times as people and programs write them: `0:05`, `00:01:02,500`, `[0:05 - 0:10]`.

/// A time at the beginning of `text` in milliseconds, and what follows: hours, if any, minutes and seconds, and a fraction.
pub(super) fn time(text: &str) -> Option<(u64, &str)> {
    let mut total = 0;
    let mut rest = text;
    for part in 0..3 {
        let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
        // Hours may have three digits; minutes and seconds have two, but for the first of them.
        let is_well_made = match part {
            0 => (1..=3).contains(&digits),
            _ => digits == 2,
        };
        if !is_well_made {
            return None;
        }
        let value: u64 = rest[..digits].parse().ok()?;
        if part > 0 && value > 59 {
            return None;
        }
        total = total * 60 + value;
        rest = &rest[digits..];
        match rest.strip_prefix(':') {
            Some(more) if part < 2 && more.starts_with(|c: char| c.is_ascii_digit()) => rest = more,
            _ if part > 0 => break,
            _ => return None,
        }
    }
    let fraction = rest.strip_prefix([',', '.']).unwrap_or_default();
    let digits = fraction.bytes().take_while(u8::is_ascii_digit).count();
    if !(1..=3).contains(&digits) {
        return ends(rest).then_some((total * 1000, rest));
    }
    let mut millis: u64 = fraction[..digits].parse().ok()?;
    for _ in digits..3 {
        millis *= 10;
    }
    let rest = &fraction[digits..];
    ends(rest).then_some((total * 1000 + millis, rest))
}

/// Whether a number ends before `rest`.
fn ends(rest: &str) -> bool {
    !rest.starts_with(|c: char| c.is_alphanumeric() || c == ':')
}

/// A time, or one to another, with or without brackets, at the beginning of a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct LineTime<'a> {
    /// When it begins, in milliseconds.
    pub(super) start: u64,
    /// Whether it cannot be a time of day that the line tells of: it has brackets or an end.
    pub(super) is_certain: bool,
    /// The rest of the line.
    pub(super) rest: &'a str,
}

/// What follows a time of day rather than a time code, in lower case.
const OF_DAY: &[&str] = &[
    "uhr",
    "h",
    "am",
    "pm",
    "a.m.",
    "p.m.",
    "a.m",
    "p.m",
    "o'clock",
    "o’clock",
    "heures",
    "horas",
    "ore",
];

/// The time with which `line` begins.
pub(super) fn line_time(line: &str) -> Option<LineTime<'_>> {
    let line = line.trim_start();
    let (inner, close) = match line.chars().next()? {
        '[' => (&line[1..], Some(']')),
        '(' => (&line[1..], Some(')')),
        _ => (line, None),
    };
    let (start, mut rest) = time(inner.trim_start())?;
    let mut is_range = false;
    let after = rest.trim_start();
    if let Some(after) = ["-->", "->", "→", "-", "–", "—", "to ", "bis "]
        .iter()
        .find_map(|sign| after.strip_prefix(sign))
        && let Some((_, after)) = time(after.trim_start())
    {
        (is_range, rest) = (true, after);
    }
    if let Some(close) = close {
        rest = rest.trim_start().strip_prefix(close)?;
    }
    let rest = rest.trim_start();
    let next = rest
        .split_whitespace()
        .next()
        .unwrap_or_default()
        .to_lowercase();
    let next = next.trim_end_matches(',');
    let is_of_day =
        OF_DAY.contains(&next) || close.is_none() && rest.starts_with(char::is_lowercase);
    let rest = [":", "-", "–", "—", "|"]
        .iter()
        .find_map(|sign| rest.strip_prefix(sign))
        .unwrap_or(rest)
        .trim_start();
    (!is_of_day).then_some(LineTime {
        start,
        is_certain: is_range || close.is_some(),
        rest,
    })
}

/// Whether `text`, which stood in brackets, is nothing but times: `0:05–0:10`, `0-3 sec`, `5s`.
pub(super) fn is_times(text: &str) -> bool {
    const UNITS: &[&str] = &[
        "s", "sec", "secs", "second", "seconds", "sek", "sekunden", "min", "mins", "segundos",
        "secondes",
    ];
    let lower = text.to_lowercase();
    let has_colon = lower
        .split(['-', '–', '—', ' '])
        .any(|part| time(part).is_some());
    let mut has_unit = false;
    let mut has_digit = false;
    let all = lower
        .split(|c: char| !c.is_alphanumeric())
        .filter(|part| !part.is_empty())
        .all(|part| {
            let unit = part.trim_start_matches(|c: char| c.is_ascii_digit());
            has_digit |= unit.len() < part.len();
            has_unit |= UNITS.contains(&unit);
            unit.is_empty() || UNITS.contains(&unit)
        });
    all && has_digit && (has_unit || has_colon)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_as_they_are_written() {
        for (text, want) in [
            ("0:05", Some((5_000, ""))),
            ("00:01:02,500 x", Some((62_500, " x"))),
            ("01:02.5", Some((62_500, ""))),
            ("1:00:00", Some((3_600_000, ""))),
            ("0:05.", Some((5_000, "."))),
            ("12", None),
            ("0:5", None),
            ("10:75", None),
            ("3:2:1", None),
            ("1:00pm", None),
            ("", None),
        ] {
            assert_eq!(time(text), want, "{text}");
        }
    }

    #[test]
    fn times_before_a_line_are_told_from_times_of_day() {
        for (line, want) in [
            (
                "0:05 - 0:10 The last part.",
                Some((5_000, true, "The last part.")),
            ),
            ("[00:05] Hello", Some((5_000, true, "Hello"))),
            ("(0:00–0:03): Hook", Some((0, true, "Hook"))),
            ("0:00 Intro", Some((0, false, "Intro"))),
            ("0:05", Some((5_000, false, ""))),
            ("9:00 - 17:00 Uhr ist offen.", None),
            ("10:30 the train leaves.", None),
            ("10:30 a.m. is late.", None),
            ("[1990] was a year.", None),
        ] {
            let found = line_time(line).map(|found| (found.start, found.is_certain, found.rest));
            assert_eq!(found, want, "{line}");
        }
        for text in ["0:05–0:10", "0-3 sec", "5s", "0:05"] {
            assert!(is_times(text), "{text}");
        }
        for text in ["1990", "1990-1995", "3 whales", "", "s"] {
            assert!(!is_times(text), "{text}");
        }
    }
}
