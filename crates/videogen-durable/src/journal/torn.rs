//! What interrupted writes left, kept beside the journal for whoever looks into it.

use std::io::{self, Read};

use camino::Utf8Path;

use super::{JournalError, TORN};
use crate::atomic;
use crate::effects::Effects;

/// The most that is kept, in bytes; the oldest goes first.
pub(super) const MOST: usize = 64 * 1024;

/// Adds `fragment` and a line feed.
///
/// # Errors
/// [`JournalError::Io`].
pub(super) fn keep(
    effects: &dyn Effects,
    dir: &Utf8Path,
    fragment: &[u8],
) -> Result<(), JournalError> {
    let path = dir.join(TORN);
    let reading = |e| JournalError::io("reading", &path, e);
    let mut kept = Vec::new();
    match crate::open_own(&path) {
        Ok(file) => {
            file.take(MOST as u64)
                .read_to_end(&mut kept)
                .map_err(reading)?;
        }
        Err(e) if e.kind() == io::ErrorKind::NotFound => {}
        Err(e) => return Err(reading(e)),
    }
    let mut added = fragment[..fragment.len().min(MOST - 1)].to_vec();
    added.push(b'\n');
    // It may have been kept by a process that ended before it could cut the journal.
    if kept.ends_with(&added) {
        return Ok(());
    }
    kept.extend_from_slice(&added);
    let from = kept.len().saturating_sub(MOST);
    atomic::write_atomically(effects, &path, &kept[from..])?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::effects::RealEffects;

    #[test]
    fn fragments_are_kept_once_and_bounded() {
        let dir = camino_tempfile::tempdir().expect("a temporary directory");
        let kept = || std::fs::read(dir.path().join(TORN)).expect("there");
        for fragment in ["one", "one", "two"] {
            keep(&RealEffects, dir.path(), fragment.as_bytes()).expect("kept");
        }
        assert_eq!(kept(), b"one\ntwo\n");
        keep(&RealEffects, dir.path(), &vec![b'x'; MOST - 10]).expect("kept");
        assert_eq!(kept().len(), MOST - 1);
        keep(&RealEffects, dir.path(), b"three").expect("kept");
        assert_eq!(kept().len(), MOST);
        assert!(kept().ends_with(b"x\nthree\n"));
        keep(&RealEffects, dir.path(), &vec![b'y'; 1 << 20]).expect("kept");
        assert_eq!(kept().len(), MOST);
        assert!(kept().starts_with(b"yyy"));
    }
}
