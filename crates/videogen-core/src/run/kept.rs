//! What of a video's own files is gone that should be there: somebody tidied the directory they are in.

use std::io;
use std::sync::{Arc, Mutex, PoisonError};

use camino::{Utf8Path, Utf8PathBuf};

use crate::scratch::Scratch;
use crate::{Error, ErrorKind};

/// The scratch directory of one attempt at a video, and what its stages have put there. Kept until it is known how the
/// attempt ended, so that what is missing then was removed by somebody else.
#[derive(Debug, Default)]
pub(super) struct Kept(Mutex<Inside>);

#[derive(Debug, Default)]
struct Inside {
    scratch: Option<Arc<Scratch>>,
    made: Vec<Utf8PathBuf>,
    for_now: Option<Utf8PathBuf>,
}

impl Kept {
    fn inside(&self) -> std::sync::MutexGuard<'_, Inside> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes the directory.
    pub(super) fn in_scratch(&self, scratch: &Arc<Scratch>) {
        self.inside().scratch = Some(Arc::clone(scratch));
    }

    /// Notes what is there from now on. Files of the user are not ours to miss.
    pub(super) fn has<'a>(&self, paths: impl IntoIterator<Item = &'a Utf8PathBuf>) {
        let mut inside = self.inside();
        let Some(scratch) = inside.scratch.clone() else {
            return;
        };
        let ours = paths
            .into_iter()
            .filter(|path| path.starts_with(scratch.dir()));
        inside.made.extend(ours.cloned());
    }

    /// Notes what is there until this is called again: the directory of a long video's parts, which goes with the last of
    /// them, or a video that is made again when it does not pass its check.
    pub(super) fn has_for_now(&self, path: Option<Utf8PathBuf>) {
        self.inside().for_now = path;
    }

    /// Returns what has vanished, if that is why an attempt ended in `error`: the directory, something in it, or what the
    /// error itself misses in one of `places`. Blocks for a few looks at the disk.
    pub(super) fn lost(&self, error: &Error, places: &[&Utf8Path]) -> Option<Utf8PathBuf> {
        let inside = self.inside();
        let scratch = inside.scratch.as_ref()?.dir();
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
        let missed = missed(error)?;
        let is_ours = |place: &Utf8Path| missed.starts_with(place);
        let ours = is_ours(scratch) || places.iter().any(|place| is_ours(place));
        (ours && is_gone(missed)).then(|| missed.to_owned())
    }
}

/// The file that an error says is not there.
fn missed(error: &Error) -> Option<&Utf8Path> {
    let (ErrorKind::Io { path, source, .. }
    | ErrorKind::Media(videogen_media::Error::Io { path, source, .. })) = error.kind()
    else {
        return None;
    };
    (source.kind() == io::ErrorKind::NotFound).then_some(path)
}

#[cfg(test)]
mod tests {
    use super::*;
    use videogen_types::Stage;

    fn missing(path: &Utf8Path) -> Error {
        let kind = ErrorKind::Io {
            action: "reading",
            path: path.to_owned(),
            source: io::ErrorKind::NotFound.into(),
        };
        Error::new(Stage::Render, kind)
    }

    #[test]
    fn what_others_removed_is_found_and_what_was_never_ours_is_not() {
        let parent = camino_tempfile::tempdir().expect("a temporary directory");
        let scratch = Arc::new(Scratch::new(parent.path()).expect("made"));
        let kept = Kept::default();
        let cancelled = Error::new(Stage::Render, ErrorKind::Cancelled);
        assert_eq!(kept.lost(&cancelled, &[]), None, "nothing was begun");
        kept.in_scratch(&scratch);
        let (picture, foreign) = (scratch.path("a.png"), parent.path().join("mine.png"));
        std::fs::write(&picture, "x").expect("written");
        kept.has([&picture, &foreign]);
        assert_eq!(kept.lost(&cancelled, &[]), None);

        // What an error misses counts only in places of ours.
        let sound = scratch.path("sound.wav");
        assert_eq!(kept.lost(&missing(&sound), &[]), Some(sound));
        assert_eq!(kept.lost(&missing(&foreign), &[]), None);
        assert_eq!(
            kept.lost(&missing(&foreign), &[parent.path()]),
            Some(foreign)
        );

        std::fs::remove_file(&picture).expect("removed");
        assert_eq!(kept.lost(&cancelled, &[]), Some(picture));
        videogen_durable::remove_tree(scratch.dir()).expect("removed");
        assert_eq!(
            kept.lost(&cancelled, &[]).as_deref(),
            Some(scratch.dir()),
            "the directory says more"
        );
    }
}
