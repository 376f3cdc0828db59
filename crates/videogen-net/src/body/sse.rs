//! Server-sent events.

use crate::body::lines::Lines;
use crate::error::Error;
use crate::response::Response;

/// One event.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Event {
    /// Its kind; empty when the server names none.
    pub event: String,
    /// Its data; several lines are joined with `\n`.
    pub data: String,
    /// Its id; empty when the server gives none.
    pub id: String,
}

/// The events of an answer, from [`Response::events`].
#[derive(Debug)]
pub struct Events {
    lines: Lines,
    parser: Parser,
}

impl Events {
    pub(crate) fn new(lines: Lines, longest: usize) -> Self {
        Self {
            lines,
            parser: Parser::new(longest),
        }
    }

    /// The answer they are read from.
    pub fn response(&self) -> &Response {
        self.lines.response()
    }

    /// The next event that has data; `None` after the last one. An event that the end of the stream cuts short of its
    /// empty line counts: what it means that the stream ended there is for the caller to judge.
    ///
    /// # Errors
    /// As [`Lines::next`], and [`Error::TooLarge`] for an event with too much data.
    ///
    /// # Cancellation
    /// Nothing is lost when the future is dropped before it is ready.
    pub async fn next(&mut self) -> Result<Option<Event>, Error> {
        loop {
            let Some(line) = self.lines.next().await? else {
                return Ok(self.parser.finish());
            };
            match self.parser.line(&line) {
                Ok(Some(event)) => return Ok(Some(event)),
                Ok(None) => {}
                Err(TooMuch) => {
                    return Err(Error::TooLarge {
                        url: self.response().shown_url().clone(),
                        what: "event",
                        limit: self.parser.longest as u64,
                    });
                }
            }
        }
    }
}

#[derive(Debug, PartialEq, Eq)]
struct TooMuch;

/// Puts lines together to events; pure.
#[derive(Debug)]
struct Parser {
    event: Event,
    has_data: bool,
    first: bool,
    longest: usize,
}

impl Parser {
    fn new(longest: usize) -> Self {
        Self {
            event: Event::default(),
            has_data: false,
            first: true,
            longest,
        }
    }

    fn line(&mut self, line: &str) -> Result<Option<Event>, TooMuch> {
        let line = match line.strip_prefix('\u{feff}') {
            Some(rest) if self.first => rest,
            _ => line,
        };
        self.first = false;
        if line.is_empty() {
            return Ok(self.finish());
        }
        let (field, value) = line.split_once(':').unwrap_or((line, ""));
        let value = value.strip_prefix(' ').unwrap_or(value);
        match field {
            "data" => {
                if self.has_data {
                    self.event.data.push('\n');
                }
                self.event.data.push_str(value);
                self.has_data = true;
                if self.event.data.len() > self.longest {
                    return Err(TooMuch);
                }
            }
            "event" => value.clone_into(&mut self.event.event),
            "id" if !value.contains('\0') => value.clone_into(&mut self.event.id),
            // Comments have no field; `retry` is for clients that connect again by themselves.
            _ => {}
        }
        Ok(None)
    }

    fn finish(&mut self) -> Option<Event> {
        let event = std::mem::take(&mut self.event);
        std::mem::take(&mut self.has_data).then_some(event)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn parse(text: &str) -> Vec<(String, String)> {
        let mut parser = Parser::new(1000);
        let mut events: Vec<Event> = text
            .lines()
            .filter_map(|line| parser.line(line).unwrap())
            .collect();
        events.extend(parser.finish());
        events
            .into_iter()
            .map(|event| (event.event, event.data))
            .collect()
    }

    #[test]
    fn events_as_the_standard_has_them() {
        let text = "\u{feff}: hello\ndata: a\ndata:b\ndata\n\nevent: end\nid: 7\ndata:  x\n\nevent: none\n\ndata: [DONE]\n";
        assert_eq!(
            parse(text),
            [
                (String::new(), "a\nb\n".to_owned()),
                ("end".to_owned(), " x".to_owned()),
                (String::new(), "[DONE]".to_owned()),
            ]
        );
    }

    #[test]
    fn data_is_bounded() {
        let mut parser = Parser::new(5);
        assert_eq!(parser.line("data: abcd"), Ok(None));
        assert_eq!(parser.line("data: e"), Err(TooMuch));
    }

    proptest! {
        #[test]
        fn what_is_sent_is_what_is_received(datas in prop::collection::vec("[ -~]{0,20}", 0..10)) {
            let text = format!("data: {}\n\n", datas.join("\n\ndata: "));
            let datas = if datas.is_empty() { vec![String::new()] } else { datas };
            let found: Vec<String> = parse(&text).into_iter().map(|(_, data)| data).collect();
            prop_assert_eq!(found, datas);
        }
    }
}
