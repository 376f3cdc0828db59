//! Gives a file its name, but never that of an existing one.

use std::fs;
use std::io;

use camino::Utf8Path;
use videogen_durable::{Effect, Effects};

/// Gives the file at `from` the name `to`, if nothing has it. It may keep its first name as well: a hard link fails when the
/// name exists, and a rename does not.
///
/// # Errors
/// [`io::ErrorKind::AlreadyExists`], and what the operating system says.
pub(crate) fn name_new(effects: &dyn Effects, from: &Utf8Path, to: &Utf8Path) -> io::Result<()> {
    effects.before(Effect::Rename(to))?;
    match fs::hard_link(from, to) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Err(error),
        // FAT and some network file systems have no links.
        Err(_) if to.symlink_metadata().is_err() => fs::rename(from, to),
        Err(_) => Err(io::ErrorKind::AlreadyExists.into()),
        Ok(()) => Ok(()),
    }
}
