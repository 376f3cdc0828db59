//! What became of jobs whose files were getting their names when the process ended.

use std::fs;
use std::io;

use camino::Utf8Path;

use super::job::{AnnouncedFile, BatchJob};
use super::record::Unsettled;
use super::{Batch, BatchError};
use crate::{Digest, Effect};

impl<J: BatchJob> Batch<J> {
    /// Looks at jobs whose files were getting their names when the process ended.
    pub(super) fn settle(&self) -> Result<(), BatchError> {
        let unsettled: Vec<(u32, J, Unsettled)> = {
            let inside = self.inside();
            let jobs = (1..).zip(&inside.state.jobs);
            jobs.zip(&inside.state.unsettled)
                .filter_map(|((number, job), unsettled)| {
                    Some((number, job.clone(), unsettled.clone()?))
                })
                .collect()
        };
        for (number, job, Unsettled { directory, files }) in unsettled {
            let found: Vec<Found> = files
                .iter()
                .map(|file| Found::at(&directory.join(&file.name), file))
                .collect();
            // What has the place of an earlier one already is ours, too.
            let moved = |file: &AnnouncedFile| {
                let there = job.moved_to(file);
                there.is_some_and(|there| Found::at(&there, file) == Found::Ours)
            };
            let whole = found
                .iter()
                .zip(&files)
                .all(|(found, file)| *found == Found::Ours || moved(file));
            if whole && let Some(outcome) = job.settle(&directory, &files) {
                self.delivered(number, &outcome)?;
                continue;
            }
            // The first of them, in the order they get their names, and nothing behind: then they are ours, and the job is
            // done again from what was kept for it. Anything else is somebody's who had the names after us.
            let ours = found.iter().take_while(|f| **f == Found::Ours).count();
            if found[ours..].iter().any(|f| *f != Found::Nothing) {
                continue;
            }
            for file in &files[..ours] {
                let path = directory.join(&file.name);
                let removed = self
                    .effects
                    .before(Effect::Remove(&path))
                    .and_then(|()| fs::remove_file(&path));
                removed.map_err(|source| BatchError::Io {
                    action: "removing",
                    path,
                    source,
                })?;
            }
        }
        Ok(())
    }
}

/// What stands under a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Found {
    Ours,
    Nothing,
    /// Another content, or one that cannot be read.
    Other,
}

impl Found {
    fn at(path: &Utf8Path, file: &AnnouncedFile) -> Self {
        let is_file = path.symlink_metadata().is_ok_and(|m| m.is_file());
        let digest = is_file.then(|| Digest::of_file(path).ok()).flatten();
        match digest {
            Some(found) if found.size() == file.bytes && found.to_string() == file.sha256 => {
                Self::Ours
            }
            Some(_) => Self::Other,
            None => match path.symlink_metadata() {
                Err(error) if error.kind() == io::ErrorKind::NotFound => Self::Nothing,
                _ => Self::Other,
            },
        }
    }
}
