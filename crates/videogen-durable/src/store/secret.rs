//! The key that signs sidecars: 32 random bytes that only their owner can read.

use std::fmt;
use std::fs::File;
use std::io::{self, Read};

use camino::Utf8Path;

use super::StoreError;
use super::disk::{self, Disk};
use super::session::Session;

const NAME: &str = "hmac.key";

/// The bytes; never printed.
pub(super) struct Secret([u8; 32]);

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

impl Secret {
    pub(super) fn bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// The one of the store in `dir`, made if it is not there. One that cannot be a key (it is damaged, was readable by
    /// others, belongs to another user, or is no file) is set aside and another one made: nothing that it signed is
    /// believed any more, so that what is in the store is made again. The store is locked meanwhile.
    pub(super) fn load_or_make(
        dir: &Utf8Path,
        disk: &Disk,
        session: &Session,
    ) -> Result<Self, StoreError> {
        let path = dir.join(NAME);
        match load(&path) {
            Ok(Some(secret)) => return Ok(secret),
            Ok(None) => disk.clear_way(&path, "it is damaged, or was readable by others")?,
            Err(error) => match error.kind() {
                io::ErrorKind::NotFound => {}
                io::ErrorKind::InvalidInput => disk.clear_way(&path, "it is no file of its own")?,
                io::ErrorKind::PermissionDenied => disk.clear_way(&path, "it cannot be read")?,
                _ => return Err(StoreError::io("reading", &path, error)),
            },
        }
        let mut bytes = [0; 32];
        getrandom::fill(&mut bytes)
            .map_err(|e| StoreError::io("finding random numbers for", &path, e.into()))?;
        session.write(&bytes)?.name(&path)?;
        disk.sync_dir(dir)?;
        Ok(Self(bytes))
    }
}

/// `None` when it cannot be used.
fn load(path: &Utf8Path) -> io::Result<Option<Secret>> {
    let mut file = disk::open_regular(path)?;
    let private = is_ours(&file)? && is_private(&file, path)?;
    let mut bytes = Vec::with_capacity(33);
    Read::by_ref(&mut file).take(33).read_to_end(&mut bytes)?;
    Ok(bytes.try_into().ok().filter(|_| private).map(Secret))
}

/// Whether nobody else can have written it: who did knows what it signs.
#[cfg(unix)]
fn is_ours(file: &File) -> io::Result<bool> {
    use std::os::unix::fs::MetadataExt;
    Ok(file.metadata()?.uid() == rustix::process::geteuid().as_raw())
}

#[cfg(not(unix))]
fn is_ours(_: &File) -> io::Result<bool> {
    // The directory is in the user's profile, where others cannot write.
    Ok(true)
}

#[cfg(unix)]
fn is_private(file: &File, path: &Utf8Path) -> io::Result<bool> {
    use std::fs::Permissions;
    use std::os::unix::fs::PermissionsExt;
    const OTHERS: u32 = 0o077;
    let is_narrow = || Ok::<_, io::Error>(file.metadata()?.permissions().mode() & OTHERS == 0);
    if is_narrow()? {
        return Ok(true);
    }
    // Where the file system keeps modes, somebody widened this one. Where it does not (FAT, some network mounts), each
    // new key would look the same, and refusing them all would leave no cache.
    if file.set_permissions(Permissions::from_mode(0o600)).is_ok() && is_narrow()? {
        return Ok(false);
    }
    tracing::warn!(%path, "the file system cannot hide the key of the cache from other users");
    Ok(true)
}

#[cfg(not(unix))]
fn is_private(_: &File, _: &Utf8Path) -> io::Result<bool> {
    // The directory is in the user's profile, which others cannot read.
    Ok(true)
}
