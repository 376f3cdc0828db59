//! Removes what is left of batches: by the names that the program gives, never a directory with whatever is in it.

use std::fs;
use std::io;

use camino::{Utf8Path, Utf8PathBuf};

use super::Batches;
use super::claim::CLAIM;
use super::job::{BatchJob, BatchProgram};
use crate::{Effect, Effects};

/// The most of what was left that is named.
const MOST_NAMED: usize = 8;

impl<J: BatchJob> Batches<J> {
    /// Removes the journal of a batch and what is reported about it. What cannot be removed, or is not ours, is only
    /// logged.
    pub(super) fn remove_journal(&self, dir: &Utf8Path) {
        let removed = remove_files(&*self.effects, dir, self.program.reports);
        log_removal(dir, &self.program, removed);
    }

    /// Removes what the stages of a batch have made, in the same way.
    pub(super) fn remove_work(&self, dir: &Utf8Path) {
        remove_work(&*self.effects, &self.program, dir);
    }
}

/// Removes what the stages of a batch have made. What cannot be removed, or is not ours, is only logged.
pub(super) fn remove_work(effects: &dyn Effects, program: &BatchProgram, dir: &Utf8Path) {
    log_removal(dir, program, crate::demolish(effects, dir));
}

fn log_removal(dir: &Utf8Path, program: &BatchProgram, removed: io::Result<Vec<Utf8PathBuf>>) {
    match removed {
        Ok(left) if left.is_empty() => tracing::debug!(%dir, "removed"),
        Ok(left) => tracing::warn!(
            ?dir,
            ?left,
            "left alone, because {} did not make it; the rest of the batch is removed",
            program.name
        ),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        Err(error) => tracing::warn!(%dir, %error, "cannot be removed"),
    }
}

/// Removes our files from the directory of a batch, and the directory when nothing else is in it; returns a few of those
/// that were left.
fn remove_files(
    effects: &dyn Effects,
    dir: &Utf8Path,
    reports: &[&str],
) -> io::Result<Vec<Utf8PathBuf>> {
    let mut left = Vec::new();
    let mut last = Vec::new();
    if !dir.symlink_metadata()?.is_dir() {
        return Ok(vec![dir.to_owned()]);
    }
    for entry in dir.read_dir_utf8()? {
        let entry = entry?;
        let path = entry.path().to_owned();
        if entry.file_type()?.is_dir() || !is_ours(entry.file_name(), reports) {
            if left.len() < MOST_NAMED {
                left.push(path);
            }
        } else if entry.file_name() == crate::JOURNAL_FILE {
            // Without a journal it is no batch any more, so it goes last.
            last.push(path);
        } else {
            remove(effects, &path)?;
        }
    }
    for path in last {
        remove(effects, &path)?;
    }
    effects.before(Effect::Remove(dir))?;
    match fs::remove_dir(dir) {
        Err(error) if error.kind() != io::ErrorKind::DirectoryNotEmpty => Err(error),
        _ => Ok(left),
    }
}

fn remove(effects: &dyn Effects, path: &Utf8Path) -> io::Result<()> {
    effects.before(Effect::Remove(path))?;
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

/// Says whether a batch has a file of this name: one of ours, one of the `reports` of its program, or a temporary one on its way to such a name.
pub(super) fn is_ours(name: &str, reports: &[&str]) -> bool {
    let ours = crate::JOURNAL_FILES.iter().chain(reports);
    let mut ours = ours.copied().chain([CLAIM]);
    ours.any(|ours| name == ours || crate::is_temporary_of(name, ours))
}

/// Says whether batches are named like this: `20261125-193000`, with a number behind it where that was taken.
pub(super) fn is_batch_name(name: &str) -> bool {
    let digits =
        |text: &str, count: usize| text.len() == count && text.bytes().all(|b| b.is_ascii_digit());
    let mut parts = name.split('-');
    let day = parts.next().is_some_and(|day| digits(day, 8));
    let time = parts.next().is_some_and(|time| digits(time, 6));
    let number = parts
        .next()
        .is_none_or(|n| !n.is_empty() && digits(n, n.len()));
    day && time && number && parts.next().is_none()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::RealEffects;

    const REPORTS: [&str; 1] = ["status.json"];

    #[test]
    fn only_files_of_a_batch_go() {
        let parent = camino_tempfile::tempdir().expect("a temporary directory");
        let dir = parent.path().join("batch");
        let make = |name: &str| {
            fs::create_dir_all(&dir).expect("made");
            fs::write(dir.join(name), "x").expect("written");
        };
        let ours = [
            "journal.jsonl",
            "journal.torn",
            "lock",
            "holder",
            "status.json",
            ".status.json.a1B2c3.tmp",
        ];
        ours.iter().copied().for_each(make);
        assert!(
            remove_files(&RealEffects, &dir, &REPORTS)
                .expect("removed")
                .is_empty()
        );
        assert!(!dir.exists());
        ours.iter().copied().for_each(make);
        let theirs = [
            "journal.of-my-travels",
            "holder.txt",
            ".lock.tmp",
            ".journal",
        ];
        theirs.iter().copied().for_each(make);
        let left = remove_files(&RealEffects, &dir, &REPORTS);
        assert_eq!(left.expect("removed").len(), 4);
        let mut left: Vec<_> = dir
            .read_dir_utf8()
            .expect("there")
            .map(|entry| entry.expect("read").file_name().to_owned())
            .collect();
        left.sort();
        let mut expected = theirs;
        expected.sort_unstable();
        assert_eq!(left, expected);
    }

    #[test]
    fn names_of_batches_are_told_from_others() {
        for (name, is) in [
            ("20261125-193000", true),
            ("20261125-193000-2", true),
            ("20261125-193000-", false),
            ("20261125-193000-2-3", false),
            ("20261125", false),
            ("holiday", false),
            ("20261125-19300x", false),
        ] {
            assert_eq!(is_batch_name(name), is, "{name}");
        }
    }
}
