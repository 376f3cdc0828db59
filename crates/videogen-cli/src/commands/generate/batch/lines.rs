//! Lines as bytes, whatever ends them: LF, CRLF or CR.

use std::io::{self, BufRead};

/// Lines of `input`, one at a time.
pub(super) struct Lines<R> {
    input: R,
    /// The last line ended with CR: an LF that follows belongs to it.
    after_return: bool,
    taken: u64,
}

impl<R: BufRead> Lines<R> {
    /// The lines of `input`.
    pub(super) fn of(input: R) -> Self {
        Self {
            input,
            after_return: false,
            taken: 0,
        }
    }

    /// How many bytes of `input` were read, ends of lines included.
    pub(super) fn taken(&self) -> u64 {
        self.taken
    }

    fn consume(&mut self, count: usize) {
        self.input.consume(count);
        self.taken += count as u64;
    }

    /// Puts the next line without its end into `line`, and says whether there was one.
    ///
    /// # Errors
    /// `input` cannot be read.
    pub(super) fn next(&mut self, line: &mut Vec<u8>) -> io::Result<bool> {
        line.clear();
        let mut is_one = false;
        loop {
            let buffer = match self.input.fill_buf() {
                Ok(buffer) => buffer,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(error),
            };
            let Some(first) = buffer.first() else {
                return Ok(is_one);
            };
            if std::mem::take(&mut self.after_return) && *first == b'\n' {
                self.consume(1);
                continue;
            }
            is_one = true;
            let end = buffer.iter().position(|byte| matches!(byte, b'\n' | b'\r'));
            let length = end.unwrap_or(buffer.len());
            line.extend_from_slice(&buffer[..length]);
            self.after_return = buffer.get(length) == Some(&b'\r');
            self.consume(length + usize::from(end.is_some()));
            if end.is_some() {
                return Ok(true);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The lines of `text`, read so many bytes at a time.
    fn lines(text: &str, at_a_time: usize) -> Vec<String> {
        let input = io::BufReader::with_capacity(at_a_time, text.as_bytes());
        let (mut lines, mut line, mut all) = (Lines::of(input), Vec::new(), Vec::new());
        while lines.next(&mut line).unwrap() {
            all.push(String::from_utf8(line.clone()).unwrap());
        }
        all
    }

    #[test]
    fn a_line_ends_as_on_any_system() {
        for at_a_time in 1..20 {
            for end in ["\n", "\r\n", "\r"] {
                let text = ["one", "", "three"].join(end);
                assert_eq!(lines(&text, at_a_time), ["one", "", "three"], "{end:?}");
                assert_eq!(lines(&format!("one{end}"), at_a_time), ["one"], "{end:?}");
            }
            assert_eq!(lines("a\r\r\n\nb", at_a_time), ["a", "", "", "b"]);
            assert_eq!(lines("", at_a_time), [""; 0]);
        }
    }
}
