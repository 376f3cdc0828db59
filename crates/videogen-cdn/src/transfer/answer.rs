//! What an answer is, before its body is read: what was asked for, all of it, or a reason to ask somebody else.

use std::time::Duration;

use videogen_net::{Blame, Error, RangeAnswer, Response};

use super::roster::Failed;
use crate::health::MirrorLease;

/// A try that brought so much was not in vain.
const PROGRESS: u64 = 64 << 10;

/// What a mirror is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ask {
    /// These bytes; to the end without `to`.
    Range {
        /// The first one.
        from: u64,
        /// The one after the last.
        to: Option<u64>,
    },
    /// Everything.
    Whole,
}

/// An answer that can be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Answer {
    /// Whether it has everything from the beginning, though a range was asked for: the server does no ranges.
    pub(super) is_whole: bool,
    /// The size of the whole, where the server says it.
    pub(super) total: Option<u64>,
}

/// Why a mirror is left.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Failure {
    /// In words, without the address.
    pub(super) problem: String,
    pub(super) blame: Blame,
    pub(super) retry_after: Option<Duration>,
    pub(super) kind: FailureKind,
}

/// What a failure means for the mirror.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum FailureKind {
    /// There is nothing under its address.
    Gone,
    /// What is there is not what is wanted, or not for us.
    Unfit,
    /// Everybody else is better.
    Slow,
    /// It may be better the next time.
    Passing,
    /// The range lies behind the end of what is there, which has this size if that is known.
    BehindEnd(Option<u64>),
}

impl Failure {
    pub(super) fn new(kind: FailureKind, blame: Blame, problem: impl Into<String>) -> Self {
        Self {
            problem: problem.into(),
            blame,
            retry_after: None,
            kind,
        }
    }

    /// What is there is not what is wanted.
    pub(super) fn unfit(problem: impl Into<String>) -> Self {
        Self::new(FailureKind::Unfit, Blame::Wrong, problem)
    }

    /// The server failed this time.
    pub(super) fn passing(problem: impl Into<String>) -> Self {
        Self::new(FailureKind::Passing, Blame::Fault, problem)
    }

    /// What the HTTP client says.
    pub(super) fn of(error: &Error, shown: &str) -> Self {
        let blame = error.blame();
        let kind = if blame.is_retryable() {
            FailureKind::Passing
        } else {
            FailureKind::Unfit
        };
        // The address stands before it already.
        let text = error.to_string();
        let text = text
            .strip_prefix(shown)
            .and_then(|rest| rest.strip_prefix(": "))
            .unwrap_or(&text);
        let source = std::error::Error::source(error).map(|source| format!(": {source}"));
        Self {
            problem: format!("{text}{}", source.unwrap_or_default()),
            blame,
            retry_after: error.retry_after(),
            kind,
        }
    }

    /// Tells what is known of the mirror.
    pub(super) fn tell(&self, lease: MirrorLease) {
        match (self.kind, self.blame) {
            (FailureKind::Gone, _) => lease.gone(),
            // What it refuses, another one gives.
            (_, Blame::Request) => lease.fail(Blame::Wrong, self.retry_after),
            (_, blame) => lease.fail(blame, self.retry_after),
        }
    }

    /// What it means for the order of the mirrors, after `brought` bytes.
    pub(super) fn for_roster(&self, brought: u64) -> Failed {
        match self.kind {
            FailureKind::Gone | FailureKind::Unfit | FailureKind::BehindEnd(_) => Failed::ForGood,
            FailureKind::Slow => Failed::TooSlow,
            FailureKind::Passing if brought >= PROGRESS => Failed::Later,
            FailureKind::Passing => Failed::InVain {
                retry_after: self.retry_after,
            },
        }
    }
}

/// Judges the head of an answer. `size` is that of the whole, where it is known; `is_html` says whether a page for people
/// is what is wanted.
pub(super) fn judge(
    response: &Response,
    ask: Ask,
    size: Option<u64>,
    is_html: bool,
) -> Result<Answer, Failure> {
    refused(response)?;
    if !is_html
        && let Some(kind) = response.content_type()
        && ["text/html", "application/xhtml+xml"].contains(&&kind[..])
    {
        return Err(Failure::unfit("a page for people came instead of the file"));
    }
    let shown = response.shown_url().as_str();
    match ask {
        Ask::Range { from, to } => {
            let answer = response
                .range(from, to, size)
                .map_err(|e| Failure::of(&e, shown))?;
            let (is_whole, total) = match answer {
                RangeAnswer::Partial { total } => (false, total),
                _ => (true, response.content_length()),
            };
            Ok(Answer { is_whole, total })
        }
        Ask::Whole if response.status() != 200 => Err(Failure::unfit(
            "a part came, though everything was asked for",
        )),
        Ask::Whole => {
            let total = response.content_length();
            match (size, total) {
                (Some(size), Some(total)) if size != total => Err(Failure::unfit(format!(
                    "the server has {total} bytes where there should be {size}"
                ))),
                _ => Ok(Answer {
                    is_whole: true,
                    total,
                }),
            }
        }
    }
}

/// What an answer that is none says.
fn refused(response: &Response) -> Result<(), Failure> {
    let status = response.status();
    let problem = format!("the server answered {status}{}", meaning(status));
    let failure = |kind, blame| {
        Err(Failure {
            retry_after: response.retry_after(),
            ..Failure::new(kind, blame, &problem)
        })
    };
    match status {
        200 | 206 => Ok(()),
        404 | 410 | 451 => failure(FailureKind::Gone, Blame::Request),
        416 => {
            let total = response.header("content-range").and_then(end_of);
            failure(FailureKind::BehindEnd(total), Blame::Wrong)
        }
        429 => failure(FailureKind::Passing, Blame::Busy),
        503 if response.retry_after().is_some() => failure(FailureKind::Passing, Blame::Busy),
        408 | 500..=599 => failure(FailureKind::Passing, Blame::Fault),
        400..=499 => failure(FailureKind::Unfit, Blame::Request),
        _ => failure(FailureKind::Unfit, Blame::Wrong),
    }
}

fn meaning(status: u16) -> &'static str {
    match status {
        401 => " (not authorized)",
        403 => " (forbidden)",
        404 => " (not found)",
        408 => " (request timeout)",
        410 => " (gone)",
        416 => " (it has no such bytes)",
        429 => " (too many requests)",
        451 => " (withheld for legal reasons)",
        500 => " (internal error)",
        502 => " (bad gateway)",
        503 => " (unavailable)",
        504 => " (gateway timeout)",
        _ => "",
    }
}

/// Reads the size in `bytes */1000`.
fn end_of(content_range: &str) -> Option<u64> {
    let total = content_range
        .trim()
        .strip_prefix("bytes")?
        .trim()
        .strip_prefix("*/")?;
    let is_number = !total.is_empty() && total.bytes().all(|byte| byte.is_ascii_digit());
    is_number.then(|| total.parse().ok())?
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_size_of_what_is_too_short_is_read() {
        for (text, size) in [
            ("bytes */1000", Some(1000)),
            (" bytes */0 ", Some(0)),
            ("bytes 0-9/10", None),
            ("bytes */*", None),
            ("bytes */+5", None),
            ("bytes */", None),
            ("bytes */99999999999999999999", None),
        ] {
            assert_eq!(end_of(text), size, "{text}");
        }
    }

    #[test]
    fn what_a_failure_means_for_the_order() {
        let passing = Failure::passing("x");
        assert_eq!(passing.for_roster(PROGRESS), Failed::Later);
        let in_vain = Failed::InVain { retry_after: None };
        assert_eq!(passing.for_roster(PROGRESS - 1), in_vain);
        assert_eq!(Failure::unfit("x").for_roster(1 << 30), Failed::ForGood);
    }
}
