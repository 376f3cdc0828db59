//! The events of `videogen --json`, read without knowing their schema.

use serde_json::Value;

/// One line: an object with at least `event`.
pub type Event = Value;

/// Reads lines of JSON objects, each with a string `event`.
///
/// # Panics
/// When a line is something else, with the line.
#[track_caller]
pub fn parse(lines: &[u8]) -> Vec<Event> {
    String::from_utf8_lossy(lines)
        .lines()
        .map(|line| {
            let event: Event = serde_json::from_str(line)
                .unwrap_or_else(|error| panic!("not JSON ({error}): {line}"));
            assert!(event["event"].is_string(), "no event: {line}");
            event
        })
        .collect()
}

/// The events of one name, in their order.
pub fn named<'a>(events: &'a [Event], name: &str) -> Vec<&'a Event> {
    events
        .iter()
        .filter(|event| event["event"] == name)
        .collect()
}

/// The one event of a name.
///
/// # Panics
/// When there is none, or more than one.
#[track_caller]
pub fn only<'a>(events: &'a [Event], name: &str) -> &'a Event {
    let [event] = named(events, name)[..] else {
        panic!("not exactly one {name} in {events:#?}");
    };
    event
}

#[cfg(test)]
mod tests {
    use super::*;

    const LINES: &[u8] =
        b"{\"event\":\"a\",\"t\":1}\n{\"event\":\"b\"}\n{\"event\":\"a\",\"t\":2}\n";

    #[test]
    fn events_are_found_by_name() {
        let events = parse(LINES);
        assert_eq!(events.len(), 3);
        assert_eq!(named(&events, "a")[1]["t"], 2);
        assert_eq!(only(&events, "b")["event"], "b");
        assert!(named(&events, "c").is_empty());
    }

    #[test]
    #[should_panic(expected = "not JSON")]
    fn a_line_of_prose_is_refused() {
        parse(b"{\"event\":\"a\"}\nwriting the script\n");
    }

    #[test]
    #[should_panic(expected = "not exactly one a")]
    fn two_are_not_one() {
        only(&parse(LINES), "a");
    }
}
