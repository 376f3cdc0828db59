//! What of a process's own files is gone that should be there: somebody tidied the directory they are in.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use camino::{Utf8Path, Utf8PathBuf};

use crate::ScratchDir;

/// A scratch directory and what was put there for one attempt at something. Kept until it is known how the attempt ended, so
/// that what is missing then was removed by somebody else.
#[derive(Debug, Default)]
pub struct ScratchWatch(Mutex<Inside>);

#[derive(Debug, Default)]
struct Inside {
    scratch: Option<Arc<ScratchDir>>,
    made: Vec<Utf8PathBuf>,
    for_now: Option<Utf8PathBuf>,
}

impl ScratchWatch {
    fn inside(&self) -> MutexGuard<'_, Inside> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes the directory.
    pub fn in_scratch(&self, scratch: Arc<ScratchDir>) {
        self.inside().scratch = Some(scratch);
    }

    /// Notes what is in it from now on. Files elsewhere are not ours to miss, and are left out.
    pub fn has<'a>(&self, paths: impl IntoIterator<Item = &'a Utf8PathBuf>) {
        let mut inside = self.inside();
        let Some(scratch) = inside.scratch.clone() else {
            return;
        };
        let ours = paths
            .into_iter()
            .filter(|path| path.starts_with(scratch.path()));
        inside.made.extend(ours.cloned());
    }

    /// Notes what is there until this is called again: something that is removed or made again on the way.
    pub fn has_for_now(&self, path: Option<Utf8PathBuf>) {
        self.inside().for_now = path;
    }

    /// Returns what has vanished, if that is why an attempt failed: the directory, something in it, or what the failure itself
    /// `missed`, if that was in the directory or one of `places`. Blocks for a few looks at the disk.
    pub fn vanished(&self, missed: Option<&Utf8Path>, places: &[&Utf8Path]) -> Option<Utf8PathBuf> {
        let inside = self.inside();
        let scratch = inside.scratch.as_ref()?.path();
        let is_gone = |path: &Utf8Path| matches!(path.try_exists(), Ok(false));
        if is_gone(scratch) {
            return Some(scratch.to_owned());
        }
        if let Some(gone) = inside
            .made
            .iter()
            .chain(&inside.for_now)
            .find(|path| is_gone(path))
        {
            return Some(gone.clone());
        }
        let missed = missed?;
        let is_ours = |place: &Utf8Path| missed.starts_with(place);
        let ours = is_ours(scratch) || places.iter().any(|place| is_ours(place));
        (ours && is_gone(missed)).then(|| missed.to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_others_removed_is_found_and_what_was_never_ours_is_not() {
        let parent = camino_tempfile::tempdir().expect("a temporary directory");
        let scratch = ScratchDir::create(parent.path(), ".example-").expect("made");
        let (scratch, watch) = (Arc::new(scratch), ScratchWatch::default());
        assert_eq!(watch.vanished(None, &[]), None, "nothing was begun");
        watch.in_scratch(Arc::clone(&scratch));
        let picture = scratch.path().join("a.png");
        let foreign = parent.path().join("mine.png");
        std::fs::write(&picture, "x").expect("written");
        watch.has([&picture, &foreign]);
        assert_eq!(watch.vanished(None, &[]), None);

        // What a failure misses counts only in places of ours.
        let sound = scratch.path().join("sound.wav");
        assert_eq!(watch.vanished(Some(&sound), &[]), Some(sound));
        assert_eq!(watch.vanished(Some(&foreign), &[]), None);
        assert_eq!(
            watch.vanished(Some(&foreign), &[parent.path()]),
            Some(foreign)
        );

        std::fs::remove_file(&picture).expect("removed");
        assert_eq!(watch.vanished(None, &[]), Some(picture));
        crate::remove_tree(scratch.path()).expect("removed");
        assert_eq!(
            watch.vanished(None, &[]).as_deref(),
            Some(scratch.path()),
            "the directory says more"
        );
    }
}
