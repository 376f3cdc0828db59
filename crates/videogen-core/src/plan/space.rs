//! Room in the output directory: whether there is enough, and whether anything can be written there at all.

use camino::{Utf8Path, Utf8PathBuf};
use videogen_durable::Shortage;
use videogen_guard::existing;

use super::fail;
use crate::{Error, ErrorKind};

const MIB: u64 = 1024 * 1024;

/// Proves that files can be made in `directory`, or in the nearest ancestor that exists, and that `needed` bytes are free;
/// or at least the `kept` ones, when one of `scratch` has room for all.
pub(super) fn check(
    directory: &Utf8Path,
    needed: u64,
    kept: u64,
    scratch: &[Utf8PathBuf],
) -> Result<(), Error> {
    let free = room(directory)?;
    let has_room = |directory: &Utf8PathBuf| room(directory).is_ok_and(|free| free >= needed);
    if free < needed && !(free >= kept && scratch.iter().any(has_room)) {
        let path = directory.to_owned();
        return Err(fail(ErrorKind::DiskFull {
            path,
            free_mib: free / MIB,
            needed_mib: needed.div_ceil(MIB),
        }));
    }
    Ok(())
}

/// Free bytes where `directory` is or would be made, after proving that a file can be made there.
pub(crate) fn room(directory: &Utf8Path) -> Result<u64, Error> {
    let unusable = |reason: String| {
        fail(ErrorKind::Output {
            path: directory.to_owned(),
            reason,
        })
    };
    let Some(existing) = existing(directory) else {
        return Err(unusable("there is no such place".into()));
    };
    let metadata = existing.metadata().map_err(|e| unusable(e.to_string()))?;
    if !metadata.is_dir() {
        let which = if existing == directory {
            "it".to_owned()
        } else {
            existing.to_string()
        };
        return Err(unusable(format!("{which} is a file")));
    }
    let free = fs4::available_space(existing.as_std_path()).map_err(|e| unusable(e.to_string()))?;
    // The file has no name where the platform can do that, and is gone when it is dropped.
    match camino_tempfile::tempfile_in(existing) {
        Ok(_) => Ok(free),
        // A disk without a single free block or inode: the message about space says more than this one.
        Err(error) if Shortage::of(&error).is_some() => Ok(0),
        Err(error) => Err(unusable(format!("no file can be made there: {error}"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_no_directory_and_a_new_directory_is_fine() {
        let dir = camino_tempfile::tempdir().expect("a temporary directory");
        let file = dir.path().join("file");
        std::fs::write(&file, "x").expect("written");
        let check = |directory: &Utf8Path, needed| super::check(directory, needed, 1, &[]);
        assert!(check(&file, 1).is_err());
        assert!(check(&file.join("below"), 1).is_err());
        check(&dir.path().join("new/deeper"), 1).expect("can be made");
        assert!(!dir.path().join("new").exists(), "nothing is written");
        let error = check(dir.path(), u64::MAX).expect_err("no disk is that large");
        assert!(matches!(error.kind(), ErrorKind::DiskFull { .. }));
    }

    /// Room is not enough: the kernel makes files in `/proc`, and nobody else, whoever they are.
    #[cfg(target_os = "linux")]
    #[test]
    fn a_directory_in_which_no_file_can_be_made_is_refused() {
        for directory in ["/proc", "/proc/self", "/proc/videos/deeper"] {
            let refused = check(directory.into(), 0, 0, &[]).expect_err(directory);
            let ErrorKind::Output { path, reason } = refused.kind() else {
                panic!("{directory}: {refused:?}");
            };
            assert_eq!(path, directory);
            assert!(reason.contains("no file can be made there"), "{reason}");
        }
    }

    #[test]
    fn what_stays_is_enough_where_the_rest_can_be_elsewhere() {
        let dir = camino_tempfile::tempdir().expect("a temporary directory");
        let free = room(dir.path()).expect("read");
        let elsewhere = [dir.path().join("elsewhere")];
        let check = |needed, kept| check(dir.path(), needed, kept, &elsewhere).is_ok();
        assert!(check(1, 1));
        assert!(!check(u64::MAX, 1), "there is no room there, either");
        assert!(!check(free.saturating_mul(2), free.saturating_mul(2)));
    }
}
