//! What a server made of a `Range`; pure.

/// What an answer to a range holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum RangeAnswer {
    /// The bytes that were asked for, beginning at the place that was asked for.
    Partial {
        /// The size of the whole, if the server knows it.
        total: Option<u64>,
    },
    /// Everything from the beginning: the server does not do ranges. What is there already must be thrown away.
    Whole,
}

/// Judges status and `Content-Range` of an answer whose body has `length` bytes.
pub(crate) fn judge(
    status: u16,
    content_range: Option<&str>,
    length: Option<u64>,
    (from, to): (u64, Option<u64>),
    total: Option<u64>,
) -> Result<RangeAnswer, String> {
    match status {
        206 => {}
        200 => {
            return match (length, total) {
                (Some(length), Some(total)) if length != total => Err(format!(
                    "the server has {length} bytes where there should be {total}"
                )),
                _ => Ok(RangeAnswer::Whole),
            };
        }
        status => return Err(format!("the server answered {status} to a range")),
    }
    let text = content_range.ok_or("the server sent a part without saying which")?;
    let found = parse(text).ok_or_else(|| {
        let text = crate::redact::printable(text, 60);
        format!("the server sent a part it calls {text:?}")
    })?;
    if found.from != from
        || to.is_some_and(|to| found.last.checked_add(1).is_none_or(|end| end > to))
    {
        return Err(format!(
            "the server sent the bytes {}-{} instead of those from {from}",
            found.from, found.last
        ));
    }
    if let (Some(found), Some(total)) = (found.total, total)
        && found != total
    {
        return Err(format!(
            "the server has {found} bytes where there should be {total}"
        ));
    }
    if length.is_some_and(|length| Some(length) != (found.last - found.from).checked_add(1)) {
        return Err("the part is not as long as the server says".to_owned());
    }
    Ok(RangeAnswer::Partial { total: found.total })
}

struct Part {
    from: u64,
    last: u64,
    total: Option<u64>,
}

/// Reads `bytes 0-99/1000` or `bytes 0-99/*`.
fn parse(text: &str) -> Option<Part> {
    let (unit, rest) = text.trim().split_once(' ')?;
    let (range, total) = rest.trim().split_once('/')?;
    let (from, last) = range.split_once('-')?;
    let part = Part {
        from: number(from)?,
        last: number(last)?,
        total: if total.trim() == "*" {
            None
        } else {
            Some(number(total)?)
        },
    };
    let sound = unit.eq_ignore_ascii_case("bytes")
        && part.from <= part.last
        && part.total.is_none_or(|total| part.last < total);
    sound.then_some(part)
}

/// Digits only: `parse` would take a sign.
fn number(text: &str) -> Option<u64> {
    let text = text.trim();
    text.bytes()
        .all(|byte| byte.is_ascii_digit())
        .then(|| text.parse().ok())?
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_right_part_and_nothing_else() {
        let part = |range| judge(206, Some(range), None, (100, Some(200)), Some(1000));
        assert_eq!(
            part("bytes 100-199/1000"),
            Ok(RangeAnswer::Partial { total: Some(1000) })
        );
        assert_eq!(
            part("bytes 100-149/*"),
            Ok(RangeAnswer::Partial { total: None })
        );
        for wrong in [
            "bytes 0-99/1000",
            "bytes 101-199/1000",
            "bytes 100-200/1000",
            "bytes 100-199/999",
            "bytes 100-99/1000",
            "bytes 100-1999/1000",
            "items 100-199/1000",
            "bytes +100-199/1000",
            "bytes */1000",
            "bytes 100-18446744073709551615/*",
            "",
        ] {
            assert!(part(wrong).is_err(), "{wrong}");
        }
        assert!(judge(206, None, None, (0, None), None).is_err());
        assert!(judge(206, Some("bytes 5-9/10"), Some(6), (5, None), None).is_err());
        assert_eq!(
            judge(200, None, Some(10), (5, None), Some(10)),
            Ok(RangeAnswer::Whole)
        );
        assert!(judge(200, None, Some(11), (5, None), Some(10)).is_err());
        assert!(judge(416, None, None, (5, None), None).is_err());
    }

    proptest! {
        #[test]
        fn what_is_accepted_begins_where_asked(text in "bytes [0-9]{1,3}-[0-9]{1,3}/([0-9]{1,4}|\\*)", from in 0_u64..50) {
            if let Ok(RangeAnswer::Partial { .. }) = judge(206, Some(&text), None, (from, None), None) {
                let expected = format!("bytes {from}-");
                prop_assert!(text.trim_start_matches("bytes ").trim_start_matches('0').starts_with(
                    expected.trim_start_matches("bytes ").trim_start_matches('0')));
            }
        }

        #[test]
        fn no_text_panics(text in "\\PC{0,60}", from: u64, to: Option<u64>, length: Option<u64>) {
            let _ = judge(206, Some(&text), length, (from, to), None);
        }
    }
}
