//! ComfyUI's own folder, where it looks for models.

use camino::{Utf8Path, Utf8PathBuf};
use videogen_cdn::{Asset, PlacedAs};

use super::depot::{Depot, store_failure};
use crate::render_error::Failure;

impl Depot {
    /// Gives a model that is here its name in ComfyUI's folder, as a link where that can be: then it takes no more room. Returns
    /// the paths that are new; `None` where no ComfyUI is known. Blocks on the disk.
    ///
    /// # Errors
    /// The folder cannot be written to, or another file has the name.
    pub(crate) fn place_model(&self, model: &Asset) -> Result<Option<Vec<Utf8PathBuf>>, Failure> {
        let Some(folder) = folder_of(self.comfyui(), model) else {
            return Ok(None);
        };
        if !folder.is_dir() {
            let failed = |error: std::io::Error| {
                Failure::config(format!("making {folder} failed"))
                    .caused_by(&error)
                    .hint("make ComfyUI's folder writable")
            };
            videogen_durable::create_missing_dirs(&folder).map_err(failed)?;
        }
        let placed = self.store().place(&model.id, &folder);
        let placed = placed.map_err(|error| store_failure(&error))?;
        let new = placed
            .into_iter()
            .filter(|file| file.how != PlacedAs::Before);
        Ok(Some(new.map(|file| file.path).collect()))
    }

    /// Where the files of an asset are.
    pub(crate) fn dir_of(&self, asset: &Asset) -> Utf8PathBuf {
        let dir = self.store().dir().join(asset.kind.name());
        dir.join(asset.id.as_str())
    }
}

/// The folder that `model` belongs in, by its tag, below the directory of a ComfyUI; `None` where no directory is known or it
/// has no `models`.
fn folder_of(comfyui: Option<&Utf8Path>, model: &Asset) -> Option<Utf8PathBuf> {
    let models = comfyui?.join("models");
    let tag = model.tags.first()?;
    let is_name = !tag.is_empty() && tag.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    (is_name && models.is_dir()).then(|| models.join(tag))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::commands::assets::wanted::tests::Known;

    #[test]
    fn a_model_belongs_in_the_folder_of_its_tag() {
        let dir = camino_tempfile::tempdir().expect("a temporary directory");
        let known = Known::new(&[
            ("up", "model", "MIT", "upscale_models"),
            ("odd", "model", "MIT", "../../x"),
        ]);
        let model = known.registry.get("up").expect("there");
        assert_eq!(folder_of(Some(dir.path()), model), None, "it is no ComfyUI");
        std::fs::create_dir(dir.path().join("models")).expect("made");
        let folder = folder_of(Some(dir.path()), model).expect("a folder");
        assert!(folder.ends_with("models/upscale_models"), "{folder}");
        let odd = known.registry.get("odd").expect("there");
        assert_eq!(folder_of(Some(dir.path()), odd), None, "no folder's name");
        assert_eq!(folder_of(None, model), None);
    }
}
