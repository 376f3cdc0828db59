//! Puts files of an asset where another program looks for them: a model into ComfyUI's own folder.

use std::io;

use camino::{Utf8Path, Utf8PathBuf};
use videogen_durable::{default_mode, publish_mode};

use super::asset_store::AssetStore;
use super::error::AssetStoreError;
use super::hash;
use super::record::InstalledFile;
use super::verify::same_file;
use crate::registry::AssetId;

/// How a file came to be where it was to be placed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum PlacedAs {
    /// It was there, the same to the last bit.
    Before,
    /// Another name of the file in the store, at no cost in space.
    Link,
    /// A copy, because the folder is on another disk, or on one without links.
    Copy,
}

/// A file of an asset in another program's folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Placed {
    /// Where it is.
    pub path: Utf8PathBuf,
    /// How it came there.
    pub how: PlacedAs,
}

impl AssetStore {
    /// Puts the files of an installed asset into a directory of another program, which must be there, under their own names. A
    /// file that is there and the same stays; another file of that name is never replaced. They get the mode that new files
    /// in that directory have, without the right to write.
    ///
    /// # Errors
    /// [`AssetStoreError::NotInstalled`]; [`AssetStoreError::NameTaken`] with nothing placed after the one in the way; whatever
    /// the disk says.
    pub fn place(&self, id: &AssetId, into: &Utf8Path) -> Result<Vec<Placed>, AssetStoreError> {
        let asset = self
            .installed(id)
            .ok_or_else(|| AssetStoreError::NotInstalled { id: id.clone() })?;
        let placed = asset.files.iter().map(|file| self.place_file(file, into));
        placed.collect()
    }

    fn place_file(&self, file: &InstalledFile, into: &Utf8Path) -> Result<Placed, AssetStoreError> {
        let name = file.path.file_name().unwrap_or_default();
        let to = into.join(name);
        let how = match self.disk.link(&file.path, &to) {
            Ok(()) => {
                readable(&to, into);
                PlacedAs::Link
            }
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                return is_same(file, &to);
            }
            Err(error) => {
                tracing::debug!(path = %to, %error, "copied, because it cannot be linked");
                return self.place_copy(file, &to, into);
            }
        };
        self.disk.sync_dir(into)?;
        Ok(Placed { path: to, how })
    }

    /// Copies it under another name, and then names it unless something has the name.
    fn place_copy(
        &self,
        file: &InstalledFile,
        to: &Utf8Path,
        into: &Utf8Path,
    ) -> Result<Placed, AssetStoreError> {
        if to.symlink_metadata().is_ok() {
            return is_same(file, to);
        }
        let name = to.file_name().unwrap_or_default();
        let part = into.join(format!(".{name}.{}.part", std::process::id()));
        // Of a process that had our number and was killed.
        self.disk.remove(&part)?;
        self.disk.copy(&file.path, &part, &file.sha256)?;
        readable(&part, into);
        let named = crate::name_new::name_new(&*self.disk.0, &part, to);
        let removed = self.disk.remove(&part);
        match named {
            Ok(()) => removed?,
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                return is_same(file, to);
            }
            Err(error) => return Err(AssetStoreError::io("naming", to)(error)),
        }
        self.disk.sync_dir(into)?;
        Ok(Placed {
            path: to.to_owned(),
            how: PlacedAs::Copy,
        })
    }
}

/// What is there is the file, or in its way.
fn is_same(file: &InstalledFile, there: &Utf8Path) -> Result<Placed, AssetStoreError> {
    let taken = || AssetStoreError::NameTaken {
        path: there.to_owned(),
    };
    if same_file(&file.path, there) {
        return Ok(Placed {
            path: there.to_owned(),
            how: PlacedAs::Before,
        });
    }
    // A person may have linked it to where their models are.
    let mut found = videogen_durable::open_regular(there).map_err(|_| taken())?;
    let reading = || AssetStoreError::io("reading", there);
    let size = found.metadata().map_err(reading())?.len();
    if size != file.size {
        return Err(taken());
    }
    let (digest, _) = hash::digest_of(&mut found, None).map_err(reading())?;
    if digest != file.sha256 {
        return Err(taken());
    }
    Ok(Placed {
        path: there.to_owned(),
        how: PlacedAs::Before,
    })
}

/// Lets those read the file who can read new files in `into`: the other program may run as another user. The store's own
/// directory stays closed.
fn readable(path: &Utf8Path, into: &Utf8Path) {
    let opened = videogen_durable::open_own(path).and_then(|file| Ok((file, default_mode(into)?)));
    match opened {
        Ok((file, mode)) => publish_mode(&file, mode.map(|mode| mode & 0o444)),
        Err(error) => tracing::debug!(%path, %error, "its mode stays"),
    }
}
