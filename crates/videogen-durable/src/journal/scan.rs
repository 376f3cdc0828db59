//! A journal's bytes as records: which are good, where the good part ends, and whether what follows is a torn end or
//! damage. Decides only; changes nothing.

use std::io::{BufRead, BufReader, Read};

use camino::Utf8Path;
use serde::de::DeserializeOwned;

use super::line::{self, LONGEST, Tag};
use super::{Entry, JournalError};

const BUFFER: usize = 64 * 1024;
const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// What a journal holds.
#[derive(Debug)]
pub(super) struct Scan<R> {
    pub(super) entries: Vec<Entry<R>>,
    /// Bytes up to the end of the last good line.
    pub(super) good: u64,
    /// Of the last good line.
    pub(super) tag: Tag,
    /// What follows it, from a write that was interrupted.
    pub(super) torn: Option<Vec<u8>>,
}

/// What is wrong with a line.
enum Flaw {
    /// It may be the rest of an interrupted write, if it is the last.
    Incomplete(&'static str),
    /// No interrupted write leaves this.
    Wrong(String),
}

/// Reads all of `input`; `path` is for the errors.
///
/// # Errors
/// [`JournalError::Empty`], [`JournalError::Damaged`], [`JournalError::Newer`], [`JournalError::Io`].
pub(super) fn scan<R: DeserializeOwned>(
    path: &Utf8Path,
    input: impl Read,
) -> Result<Scan<R>, JournalError> {
    let mut reader = BufReader::with_capacity(BUFFER, input);
    let mut scan = Scan {
        entries: Vec::new(),
        good: 0,
        tag: Tag::NONE,
        torn: None,
    };
    let reading = |e| JournalError::io("reading", path, e);
    let mut bytes = Vec::new();
    loop {
        bytes.clear();
        let length = reader
            .by_ref()
            .take(LONGEST as u64)
            .read_until(b'\n', &mut bytes)
            .map_err(reading)?;
        if length == 0 {
            break;
        }
        let number = scan.entries.len() as u64 + 1;
        match check(&bytes, number, scan.tag) {
            Ok((entry, tag)) => {
                scan.entries.push(entry);
                scan.tag = tag;
                scan.good += length as u64;
            }
            Err(flaw) => {
                let damaged = |reason: &str| JournalError::Damaged {
                    path: path.to_owned(),
                    line: number,
                    reason: reason.to_owned(),
                };
                if let Some(version) = line::newer_version(&bytes) {
                    return Err(JournalError::Newer {
                        path: path.to_owned(),
                        version,
                    });
                }
                let reason = match flaw {
                    Flaw::Wrong(reason) => return Err(damaged(&reason)),
                    Flaw::Incomplete(reason) => reason,
                };
                // Without a line feed it was the end when it was read, whatever another process has added since.
                let last =
                    !bytes.ends_with(b"\n") || reader.fill_buf().map_err(reading)?.is_empty();
                if !last {
                    return Err(damaged(reason));
                }
                if line::is_two(&bytes) {
                    return Err(damaged("the end of the line is gone"));
                }
                scan.torn = Some(bytes);
                break;
            }
        }
    }
    if scan.entries.is_empty() {
        return Err(JournalError::Empty {
            path: path.to_owned(),
        });
    }
    Ok(scan)
}

/// The record in a line, which has to be number `number` and to follow the line with `tag`.
fn check<R: DeserializeOwned>(
    bytes: &[u8],
    number: u64,
    tag: Tag,
) -> Result<(Entry<R>, Tag), Flaw> {
    let wrong = |reason: &str| Err(Flaw::Wrong(reason.to_owned()));
    let Some(bytes) = bytes.strip_suffix(b"\n") else {
        if bytes.len() >= LONGEST {
            return wrong("it is longer than any record");
        }
        return Err(Flaw::Incomplete("it is incomplete"));
    };
    let line = match line::decode(bytes) {
        Ok(line) => line,
        Err(_) if bytes.starts_with(BYTE_ORDER_MARK) => {
            return wrong("it begins with a byte order mark, which an editor has put there");
        }
        Err(_) if bytes.ends_with(b"\r") => {
            return wrong("it ends with a carriage return, which an editor has put there");
        }
        Err(reason) => return Err(Flaw::Incomplete(reason)),
    };
    // From here on it is a line that was written as it stands, so no torn one, wherever it is.
    if line.seq != number {
        return Err(Flaw::Wrong(format!("it is record {}", line.seq)));
    }
    if line.prev != tag {
        return wrong("it does not follow the line before it");
    }
    match serde_json::from_slice(line.body) {
        Ok(body) => Ok((
            Entry {
                seq: line.seq,
                at: line.at,
                body,
            },
            line.tag,
        )),
        Err(error) => Err(Flaw::Wrong(format!(
            "its body is of no known kind: {error}"
        ))),
    }
}
