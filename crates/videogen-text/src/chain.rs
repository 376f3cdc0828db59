//! An error with its causes, in one line.

/// Any error with everything that caused it, in one line, for a log or a person.
pub fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text.push_str(": ");
        text.push_str(&error.to_string());
        cause = error.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use std::io;

    use super::*;

    #[derive(Debug, thiserror::Error)]
    #[error("reading the map failed")]
    struct Outer(#[source] io::Error);

    #[test]
    fn causes_follow_what_they_caused() {
        let error = Outer(io::Error::other("the cable is out"));
        assert_eq!(chain(&error), "reading the map failed: the cable is out");
    }
}
