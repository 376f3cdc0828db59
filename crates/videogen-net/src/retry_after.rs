//! Reads `Retry-After`; pure.

use std::time::{Duration, SystemTime};

/// The longest wait that is believed: a day.
const LONGEST: Duration = Duration::from_hours(24);

/// How long to wait, from seconds or a date; at most a day, nothing for what is neither.
pub(crate) fn parse(value: &str, now: SystemTime) -> Option<Duration> {
    let value = value.trim();
    if !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit()) {
        // More digits than a number has room for are a long time as well.
        return Some(
            value
                .parse()
                .map_or(LONGEST, Duration::from_secs)
                .min(LONGEST),
        );
    }
    let date = httpdate::parse_http_date(value).ok()?;
    Some(date.duration_since(now).unwrap_or_default().min(LONGEST))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn seconds_dates_and_nonsense() {
        let now = httpdate::parse_http_date("Wed, 21 Oct 2026 07:28:00 GMT").unwrap();
        assert_eq!(parse(" 120 ", now), Some(Duration::from_mins(2)));
        assert_eq!(
            parse("Wed, 21 Oct 2026 07:30:00 GMT", now),
            Some(Duration::from_mins(2))
        );
        assert_eq!(
            parse("Wed, 21 Oct 2020 07:30:00 GMT", now),
            Some(Duration::ZERO)
        );
        assert_eq!(parse("1000000000", now), Some(LONGEST));
        assert_eq!(parse("99999999999999999999999", now), Some(LONGEST));
        for nonsense in ["", "-1", "soon", "1.5"] {
            assert_eq!(parse(nonsense, now), None, "{nonsense}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_bounded(text in "\\PC{0,40}") {
            if let Some(wait) = parse(&text, SystemTime::UNIX_EPOCH) {
                prop_assert!(wait <= LONGEST);
            }
        }
    }
}
