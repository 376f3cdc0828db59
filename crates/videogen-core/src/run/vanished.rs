//! Which file an error of a video misses that should be there: somebody tidied the directory it was in.

use std::io;

use camino::{Utf8Path, Utf8PathBuf};
use videogen_durable::ScratchWatch;

use crate::{Error, ErrorKind};

/// Returns what of `kept` has vanished, if that is why an attempt ended in `error`, or what the error itself misses in one of
/// `places`. Blocks for a few looks at the disk.
pub(super) fn lost(
    kept: &ScratchWatch,
    error: &Error,
    places: &[&Utf8Path],
) -> Option<Utf8PathBuf> {
    kept.vanished(missed(error), places)
}

/// Returns the file that an error says is not there.
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

    #[test]
    fn an_error_misses_what_is_not_there_and_nothing_else() {
        let error = |kind: io::ErrorKind| {
            let kind = ErrorKind::Io {
                action: "reading",
                path: "a.wav".into(),
                source: kind.into(),
            };
            Error::new(Stage::Render, kind)
        };
        assert_eq!(
            missed(&error(io::ErrorKind::NotFound)),
            Some(Utf8Path::new("a.wav"))
        );
        assert_eq!(missed(&error(io::ErrorKind::PermissionDenied)), None);
        let of_a_painter = videogen_picture::Error::Io {
            action: "writing",
            path: "picture-000.png".into(),
            source: io::ErrorKind::NotFound.into(),
        };
        assert_eq!(
            missed(&Error::new(Stage::Picture, of_a_painter)),
            Some(Utf8Path::new("picture-000.png"))
        );
        let cancelled = Error::new(Stage::Render, ErrorKind::Cancelled);
        assert_eq!(missed(&cancelled), None);
    }
}
