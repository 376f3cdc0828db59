//! Cuts a stream into lines of bounded length.

use bytes::{Buf, Bytes, BytesMut};

use crate::error::Error;
use crate::response::Response;

/// The lines of an answer, from [`Response::lines`].
#[derive(Debug)]
pub struct Lines {
    response: Response,
    buffer: LineBuffer,
    ended: bool,
}

impl Lines {
    pub(crate) fn new(response: Response, longest: usize) -> Self {
        Self {
            response,
            buffer: LineBuffer::new(longest),
            ended: false,
        }
    }

    /// The answer they are read from.
    pub fn response(&self) -> &Response {
        &self.response
    }

    /// The next line without its line break (`\n` or `\r\n`); `None` after the last one. What follows the last line
    /// break counts as a line if it is not empty.
    ///
    /// # Errors
    /// As [`Response::chunk`]; [`Error::TooLarge`] for a line that is too long, [`Error::InvalidText`] for one that is
    /// not UTF-8 (the next call goes on behind it).
    ///
    /// # Cancellation
    /// Nothing is lost when the future is dropped before it is ready.
    pub async fn next(&mut self) -> Result<Option<String>, Error> {
        loop {
            match self.buffer.line() {
                Ok(Some(line)) => return self.text(line).map(Some),
                Ok(None) => {}
                Err(TooLong) => {
                    return Err(Error::TooLarge {
                        url: self.response.shown_url().clone(),
                        what: "line",
                        limit: self.buffer.longest as u64,
                    });
                }
            }
            if self.ended {
                return self.buffer.rest().map(|line| self.text(line)).transpose();
            }
            match self.response.chunk().await? {
                Some(piece) => self.buffer.push(&piece),
                None => self.ended = true,
            }
        }
    }

    fn text(&self, line: Bytes) -> Result<String, Error> {
        String::from_utf8(line.into()).map_err(|_| Error::InvalidText {
            url: self.response.shown_url().clone(),
        })
    }
}

#[derive(Debug, PartialEq, Eq)]
struct TooLong;

/// Bytes on their way to becoming lines; pure.
#[derive(Debug)]
struct LineBuffer {
    bytes: BytesMut,
    /// So much of it is known to hold no line break.
    searched: usize,
    longest: usize,
}

impl LineBuffer {
    fn new(longest: usize) -> Self {
        Self {
            bytes: BytesMut::new(),
            searched: 0,
            longest,
        }
    }

    fn push(&mut self, piece: &[u8]) {
        self.bytes.extend_from_slice(piece);
    }

    fn line(&mut self) -> Result<Option<Bytes>, TooLong> {
        let found = self.bytes[self.searched..]
            .iter()
            .position(|byte| *byte == b'\n');
        let Some(end) = found.map(|at| self.searched + at) else {
            self.searched = self.bytes.len();
            // One more, because a `\r` before the break does not count.
            return if self.searched > self.longest + 1 {
                Err(TooLong)
            } else {
                Ok(None)
            };
        };
        let mut line = self.bytes.split_to(end);
        self.bytes.advance(1);
        self.searched = 0;
        if line.last() == Some(&b'\r') {
            line.truncate(line.len() - 1);
        }
        if line.len() > self.longest {
            Err(TooLong)
        } else {
            Ok(Some(line.freeze()))
        }
    }

    /// What is left when nothing more comes.
    fn rest(&mut self) -> Option<Bytes> {
        self.searched = 0;
        let mut line = self.bytes.split();
        if line.last() == Some(&b'\r') {
            line.truncate(line.len() - 1);
        }
        (!line.is_empty()).then(|| line.freeze())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn lines_do_not_depend_on_how_they_are_cut(
            text in "([a-c\r\n]{0,12}\n){0,6}[a-c]{0,5}",
            cuts in prop::collection::vec(1_usize..8, 0..40),
        ) {
            let expected: Vec<&str> = text.lines().collect();
            let mut buffer = LineBuffer::new(64);
            let mut found = Vec::new();
            let mut rest = text.as_bytes();
            for cut in cuts.into_iter().chain(std::iter::once(usize::MAX)) {
                let (piece, after) = rest.split_at(cut.min(rest.len()));
                rest = after;
                buffer.push(piece);
                while let Some(line) = buffer.line().unwrap() {
                    found.push(line);
                }
            }
            found.extend(buffer.rest());
            let found: Vec<&str> = found.iter().map(|line| std::str::from_utf8(line).unwrap()).collect();
            prop_assert_eq!(found, expected);
        }

        #[test]
        fn no_line_is_longer_than_agreed(pieces in prop::collection::vec(prop::collection::vec(prop::sample::select(b"ab\n".to_vec()), 0..30), 0..20)) {
            let mut buffer = LineBuffer::new(10);
            'all: for piece in pieces {
                buffer.push(&piece);
                loop {
                    match buffer.line() {
                        Ok(Some(line)) => prop_assert!(line.len() <= 10),
                        Ok(None) => break,
                        Err(TooLong) => break 'all,
                    }
                }
                prop_assert!(buffer.bytes.len() <= 11);
            }
        }
    }
}
