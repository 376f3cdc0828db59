//! Who has a card, as a note for people.

use std::fmt;
use std::time::{Duration, SystemTime};

use serde::{Deserialize, Serialize};

/// Longest names that are kept, in characters: a note is one line.
const LONGEST: usize = 120;

/// Who has the lease of a card.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LeaseHolder {
    /// Its process.
    pub pid: u32,
    /// Its program, for example `videogen`.
    pub program: String,
    /// What for, for example `painting 6 pictures`. Empty when it does not say.
    #[serde(default)]
    pub purpose: String,
    /// When it took the lease, in seconds since 1970 by the clock of then.
    pub since: u64,
}

impl LeaseHolder {
    /// This process, from now on. Names are cut at 120 characters, and control characters are left out.
    pub fn this_process(program: &str, purpose: &str) -> Self {
        let since = SystemTime::now()
            .duration_since(SystemTime::UNIX_EPOCH)
            .map_or(0, |since| since.as_secs());
        Self {
            pid: std::process::id(),
            program: clean(program),
            purpose: clean(purpose),
            since,
        }
    }

    /// For how long it has had the lease; zero when the clock says it has not begun.
    pub fn held_for(&self, now: SystemTime) -> Duration {
        SystemTime::UNIX_EPOCH
            .checked_add(Duration::from_secs(self.since))
            .and_then(|since| now.duration_since(since).ok())
            .unwrap_or_default()
    }

    /// Reads a note. Notes are written by other programs and other versions: what is no note is `None`.
    pub(crate) fn parse(note: &[u8]) -> Option<Self> {
        let mut holder: Self = serde_json::from_slice(note).ok()?;
        holder.program = clean(&holder.program);
        holder.purpose = clean(&holder.purpose);
        Some(holder)
    }
}

/// `videogen (process 4711, painting 6 pictures)`.
impl fmt::Display for LeaseHolder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { pid, program, .. } = self;
        write!(f, "{program} (process {pid}")?;
        if !self.purpose.is_empty() {
            write!(f, ", {}", self.purpose)?;
        }
        f.write_str(")")
    }
}

/// A name that can be shown in a terminal.
fn clean(text: &str) -> String {
    text.chars()
        .filter(|c| !c.is_control())
        .take(LONGEST)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_note_is_read_back_and_anything_else_is_no_note() {
        let holder = LeaseHolder::this_process("videogen\u{1b}[31m", "painting");
        assert_eq!(holder.program, "videogen[31m");
        let note = serde_json::to_vec(&holder).unwrap();
        assert_eq!(LeaseHolder::parse(&note), Some(holder.clone()));
        for bad in [
            &b""[..],
            b"{}",
            b"4711",
            b"{\"pid\":-1}",
            b"\xff\xfe",
            &note[..9],
        ] {
            assert_eq!(LeaseHolder::parse(bad), None);
        }
        let text = holder.to_string();
        assert!(text.contains(&holder.pid.to_string()) && text.contains("painting"));
    }

    #[test]
    fn a_clock_that_jumps_gives_no_absurd_time() {
        let mut holder = LeaseHolder::this_process("p", "");
        holder.since = u64::MAX;
        assert_eq!(holder.held_for(SystemTime::now()), Duration::ZERO);
        holder.since = 0;
        assert_eq!(holder.held_for(SystemTime::UNIX_EPOCH), Duration::ZERO);
    }
}
