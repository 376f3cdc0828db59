//! ComfyUI's own folder, where it looks for models.

use std::io;

use camino::{Utf8Path, Utf8PathBuf};
use videogen_cdn::Asset;

use crate::render_error::Failure;

/// The folder of ComfyUI for the models of one kind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ModelFolder(Utf8PathBuf);

impl ModelFolder {
    /// The folder that `model` belongs in, by its tag, below the directory of a ComfyUI; `None` where no directory is known or
    /// it has no `models`.
    pub(crate) fn of(comfyui: Option<&Utf8Path>, model: &Asset) -> Option<Self> {
        let models = comfyui?.join("models");
        let tag = model.tags.first()?;
        let is_name = !tag.is_empty() && tag.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
        (is_name && models.is_dir()).then(|| Self(models.join(tag)))
    }

    /// Gives the files names in it: by a link, so that they take no more room, or as copies where that cannot be. One that has
    /// the name already stays as it is. Returns their paths, and whether each is new. Blocks on the disk.
    ///
    /// # Errors
    /// The folder cannot be written to.
    pub(crate) fn take(&self, files: &[Utf8PathBuf]) -> Result<Vec<(Utf8PathBuf, bool)>, Failure> {
        let failed = |path: &Utf8Path| {
            let path = path.to_owned();
            move |error: io::Error| {
                Failure {
                    kind: "output",
                    code: crate::exit_code::PREFLIGHT,
                    ..Failure::usage(format!("placing {path} failed"))
                }
                .caused_by(&error)
                .hint("make ComfyUI's folder writable, or copy the file there by hand")
            }
        };
        if !self.0.is_dir() {
            std::fs::create_dir(&self.0).map_err(failed(&self.0))?;
        }
        let place = |file: &Utf8PathBuf| {
            let to = self.0.join(file.file_name().unwrap_or("model"));
            if to.symlink_metadata().is_ok() {
                return Ok((to, false));
            }
            if std::fs::hard_link(file, &to).is_err() {
                copy(file, &to).map_err(failed(&to))?;
            }
            Ok((to, true))
        };
        files.iter().map(place).collect()
    }
}

/// Copies a file, which gets its name when all of it is there.
fn copy(from: &Utf8Path, to: &Utf8Path) -> io::Result<()> {
    let unfinished = Utf8PathBuf::from(format!("{to}.part"));
    let copied = std::fs::copy(from, &unfinished)
        .and_then(|_| std::fs::File::open(&unfinished)?.sync_all())
        .and_then(|()| std::fs::rename(&unfinished, to));
    if copied.is_err() {
        let _ = std::fs::remove_file(&unfinished);
    }
    copied
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::commands::assets::wanted::tests::Known;

    #[test]
    fn a_model_is_placed_once_and_never_over_another_file() {
        let dir = camino_tempfile::tempdir().expect("a temporary directory");
        let known = Known::new(&[
            ("up", "model", "MIT", "upscale_models"),
            ("odd", "model", "MIT", "../../x"),
        ]);
        let model = known.registry.get("up").expect("there");
        assert_eq!(ModelFolder::of(Some(dir.path()), model), None, "it is no ComfyUI");
        std::fs::create_dir(dir.path().join("models")).expect("made");
        let odd = known.registry.get("odd").expect("there");
        assert_eq!(ModelFolder::of(Some(dir.path()), odd), None, "no folder's name");
        assert_eq!(ModelFolder::of(None, model), None);
        let folder = ModelFolder::of(Some(dir.path()), model).expect("a folder");
        let file = dir.path().join("up.pth");
        std::fs::write(&file, "weights").expect("written");
        let first = folder.take(std::slice::from_ref(&file)).expect("placed");
        assert!(first[0].1 && first[0].0.ends_with("models/upscale_models/up.pth"), "{first:?}");
        assert_eq!(std::fs::read(&first[0].0).expect("there"), b"weights");
        std::fs::write(dir.path().join("models/upscale_models/mine.pth"), "mine").expect("written");
        let again = folder.take(&[file, dir.path().join("mine.pth")]).expect("nothing to do");
        assert!(again.iter().all(|(_, is_new)| !is_new));
        assert_eq!(std::fs::read(&again[1].0).expect("there"), b"mine");
    }
}
