//! The time of day, whatever the clock says: years that dates cannot express are the last or the first they can.

use std::time::{SystemTime, UNIX_EPOCH};

use jiff::Timestamp;

/// Now, as people and manifests name it.
pub(crate) fn timestamp() -> Timestamp {
    within(SystemTime::now())
}

/// The nearest time that can be expressed.
fn within(time: SystemTime) -> Timestamp {
    Timestamp::try_from(time).unwrap_or_else(|_| {
        if time < UNIX_EPOCH {
            Timestamp::MIN
        } else {
            Timestamp::MAX
        }
    })
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use jiff::tz::TimeZone;

    use super::*;

    #[test]
    fn every_clock_has_a_date() {
        let year = Duration::from_hours(24 * 365);
        for years in [0, 1, 68, 292, 584, 5000, 7970, 8029, 8030, 9000, 200_000] {
            let Some(time) = UNIX_EPOCH.checked_add(year * years) else {
                continue;
            };
            let zoned = within(time).to_zoned(TimeZone::system());
            let name = zoned.strftime("%Y%m%d-%H%M%S").to_string();
            assert_eq!(name.len(), "20261125-193000".len(), "{years}: {name}");
            if let Some(before) = UNIX_EPOCH.checked_sub(year * years) {
                assert!(
                    !within(before)
                        .to_zoned(TimeZone::UTC)
                        .to_string()
                        .is_empty()
                );
            }
        }
        assert_eq!(within(UNIX_EPOCH).to_string(), "1970-01-01T00:00:00Z");
    }
}
