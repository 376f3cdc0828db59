//! Which file is where, and what a directory listing says of it.
//!
//! ```text
//! hmac.key                    signs the sidecars, mode 0600
//! lock                        held for the moment of a change
//! tmp/session-<random>/       what an open store is writing
//! ab/<key>.<extension>        a content; `ab` is how its key begins
//! ab/<key>.entry.json         its sidecar
//! ```

use std::collections::BTreeMap;
use std::io;

use camino::{Utf8Path, Utf8PathBuf};

use super::StoreError;
use super::disk;
use super::entry::is_extension;
use super::key::Key;
use super::room::Amount;

/// Extensions have no dots, so no content can be taken for a sidecar.
const SIDECAR: &str = "entry.json";

/// The directory of `key`'s files.
pub(super) fn shard(dir: &Utf8Path, key: &Key) -> Utf8PathBuf {
    dir.join(format!("{:02x}", key.as_bytes()[0]))
}

pub(super) fn sidecar(dir: &Utf8Path, key: &Key) -> Utf8PathBuf {
    content(dir, key, SIDECAR)
}

pub(super) fn content(dir: &Utf8Path, key: &Key, extension: &str) -> Utf8PathBuf {
    shard(dir, key).join(format!("{key}.{extension}"))
}

/// What is there of an entry, by names alone.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Found {
    /// When it was last used; `None` without a sidecar.
    pub(super) used: Option<u64>,
    /// Contents: one, unless a crash or somebody else left another.
    pub(super) contents: Amount,
}

/// Everything in the store. Files that are not the store's are not seen, and never touched.
pub(super) fn walk(dir: &Utf8Path) -> Result<BTreeMap<Key, Found>, StoreError> {
    let mut found = BTreeMap::new();
    for entry in read(dir)? {
        let entry = entry.map_err(|e| StoreError::io("reading", dir, e))?;
        let name = entry.file_name();
        if name.len() == 2 && entry.file_type().is_ok_and(|t| t.is_dir()) {
            walk_shard(entry.path(), &mut found)?;
        }
    }
    Ok(found)
}

fn walk_shard(shard: &Utf8Path, found: &mut BTreeMap<Key, Found>) -> Result<(), StoreError> {
    for entry in read(shard)? {
        let entry = entry.map_err(|e| StoreError::io("reading", shard, e))?;
        let Some((key, rest)) = parse(entry.file_name()) else {
            continue;
        };
        if !shard.ends_with(format!("{:02x}", key.as_bytes()[0])) {
            continue;
        }
        // Removed by another process since it was listed.
        let Ok(metadata) = entry.metadata() else {
            continue;
        };
        if metadata.is_dir() {
            continue;
        }
        let found: &mut Found = found.entry(key).or_default();
        if rest == SIDECAR {
            found.used = metadata.is_file().then(|| disk::modified(&metadata));
        } else {
            found.contents = found.contents.plus(Amount::one(metadata.len()));
        }
    }
    Ok(())
}

/// The contents of `key`: those in its directory that have its name.
pub(super) fn contents(dir: &Utf8Path, key: &Key) -> Result<Vec<(Utf8PathBuf, u64)>, StoreError> {
    let shard = shard(dir, key);
    let mut contents = Vec::new();
    for entry in read(&shard)? {
        let entry = entry.map_err(|e| StoreError::io("reading", &shard, e))?;
        if let Some((found, rest)) = parse(entry.file_name())
            && found == *key
            && rest != SIDECAR
            && !entry.file_type().is_ok_and(|t| t.is_dir())
        {
            let size = entry.metadata().map_or(0, |m| m.len());
            contents.push((entry.into_path(), size));
        }
    }
    Ok(contents)
}

/// The entries of a directory; none when it is not there.
fn read(
    dir: &Utf8Path,
) -> Result<impl Iterator<Item = io::Result<camino::Utf8DirEntry>> + use<>, StoreError> {
    match dir.read_dir_utf8() {
        Ok(entries) => Ok(Some(entries).into_iter().flatten()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None.into_iter().flatten()),
        Err(error) => Err(StoreError::io("reading", dir, error)),
    }
}

pub(super) fn parse(name: &str) -> Option<(Key, &str)> {
    let (key, rest) = name.split_once('.')?;
    (rest == SIDECAR || is_extension(rest)).then_some(())?;
    Some((key.parse().ok()?, rest))
}
