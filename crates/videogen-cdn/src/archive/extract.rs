//! Unpacks all of an archive, or one file of it.

use std::fs;
use std::io::{self, Write};

use camino::{Utf8Path, Utf8PathBuf};
use tokio_util::sync::CancellationToken;
use videogen_durable::{RealEffects, ScratchDir};

use super::bounds::ArchiveLimits;
use super::error::ArchiveError;
use super::member::{Stands, plain_path};
use super::walk::{Member, unreadable, walk};

/// What the directories begin with in which archives are unpacked.
const STAGING: &str = ".unpack-";
/// What is written at once.
const CHUNK: usize = 64 * 1024;

/// What was unpacked.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Extracted {
    /// The files, as paths below the directory, in the archive's order.
    pub files: Vec<Utf8PathBuf>,
    /// Their bytes.
    pub bytes: u64,
}

/// Unpacks a `.tar` or `.tar.gz` into the directory `into`, which must not exist and whose parent must. It appears as a whole,
/// on disk, or not at all. Blocks on the disk; whoever has the digest of the archive checks it before.
///
/// # Errors
/// [`ArchiveError`], with nothing left of it; [`ArchiveError::Cancelled`] soon after the token fires.
pub fn extract_archive(
    archive: &Utf8Path,
    into: &Utf8Path,
    limits: ArchiveLimits,
    cancel: &CancellationToken,
) -> Result<Extracted, ArchiveError> {
    let scratch = stage_beside(into)?;
    let stage = scratch.path().join("files");
    make_dir(&stage)?;
    let mut extracted = Extracted::default();
    walk(archive, limits, cancel, &mut |mut member| {
        let path = stage.join(&member.path);
        match member.stands {
            Stands::Directory => make_dirs(&path),
            Stands::File => {
                if let Some(parent) = path.parent() {
                    make_dirs(parent)?;
                }
                extracted.files.push(member.path.clone());
                extracted.bytes += member.size;
                write(archive, &mut member, &path)
            }
        }
    })?;
    for dir in directories(&extracted, &stage) {
        sync_dir(&dir)?;
    }
    // A rename replaces an empty directory.
    if into.symlink_metadata().is_ok() {
        return Err(taken(into));
    }
    fs::rename(&stage, into).map_err(ArchiveError::io("naming", into))?;
    sync_dir(parent(into))?;
    Ok(extracted)
}

/// Unpacks one file of a `.tar` or `.tar.gz` to `to`, which must not exist. The whole archive is checked as
/// [`extract_archive`] checks it. Returns the size of the file.
///
/// # Errors
/// As [`extract_archive`], and [`ArchiveError::NoMember`].
pub fn extract_member(
    archive: &Utf8Path,
    member: &str,
    to: &Utf8Path,
    limits: ArchiveLimits,
    cancel: &CancellationToken,
) -> Result<u64, ArchiveError> {
    let absent = || ArchiveError::NoMember {
        path: archive.to_owned(),
        member: member.to_owned(),
    };
    let wanted = plain_path(member.as_bytes(), Stands::File).map_err(|_| absent())?;
    let scratch = stage_beside(to)?;
    let stage = scratch.path().join("file");
    let mut found = None;
    walk(archive, limits, cancel, &mut |mut member| {
        if member.path != wanted || member.stands != Stands::File {
            return Ok(());
        }
        found = Some(member.size);
        write(archive, &mut member, &stage)
    })?;
    let size = found.ok_or_else(absent)?;
    match crate::name_new::name_new(&RealEffects, &stage, to) {
        Ok(()) => {}
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => return Err(taken(to)),
        Err(error) => return Err(ArchiveError::io("naming", to)(error)),
    }
    sync_dir(parent(to))?;
    Ok(size)
}

/// Makes a directory beside `target` that nobody else has, after removing those of killed processes.
fn stage_beside(target: &Utf8Path) -> Result<ScratchDir, ArchiveError> {
    if target.symlink_metadata().is_ok() {
        return Err(taken(target));
    }
    let parent = parent(target);
    for path in videogen_durable::sweep(parent, STAGING).removed {
        tracing::info!(%path, "removed what an interrupted run had left");
    }
    ScratchDir::create(parent, STAGING).map_err(ArchiveError::io("making a directory in", parent))
}

/// Writes a member to a new file, flushed.
fn write(archive: &Utf8Path, member: &mut Member<'_>, to: &Utf8Path) -> Result<(), ArchiveError> {
    let writing = || ArchiveError::io("writing", to);
    let mut file = videogen_durable::create_private(to).map_err(writing())?;
    let mut buffer = vec![0; CHUNK];
    let mut left = member.size;
    while left > 0 {
        let most = buffer.len().min(usize::try_from(left).unwrap_or(CHUNK));
        match member.content.read(&mut buffer[..most]) {
            Ok(0) => {
                return Err(ArchiveError::Damaged {
                    path: archive.to_owned(),
                    detail: "it is cut off".to_owned(),
                });
            }
            Ok(n) => {
                file.write_all(&buffer[..n]).map_err(writing())?;
                left -= n as u64;
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(unreadable(archive, error)),
        }
    }
    file.sync_all().map_err(ArchiveError::io("flushing", to))
}

fn make_dir(path: &Utf8Path) -> Result<(), ArchiveError> {
    videogen_durable::create_private_dir(path).map_err(ArchiveError::io("making", path))
}

fn make_dirs(path: &Utf8Path) -> Result<(), ArchiveError> {
    videogen_durable::create_missing_dirs(path).map_err(ArchiveError::io("making", path))
}

/// The directories that have files, and those above them up to `stage`.
fn directories(extracted: &Extracted, stage: &Utf8Path) -> Vec<Utf8PathBuf> {
    let mut directories: Vec<Utf8PathBuf> = extracted
        .files
        .iter()
        .flat_map(|file| file.ancestors().skip(1))
        .map(|below| stage.join(below))
        .collect();
    directories.sort();
    directories.dedup();
    directories
}

fn sync_dir(path: &Utf8Path) -> Result<(), ArchiveError> {
    videogen_durable::sync_dir(&RealEffects, path)
        .map_err(|error| ArchiveError::io(error.step.action(), path)(error.source))
}

fn taken(path: &Utf8Path) -> ArchiveError {
    ArchiveError::Taken {
        path: path.to_owned(),
    }
}

fn parent(path: &Utf8Path) -> &Utf8Path {
    match path.parent() {
        Some(parent) if parent != "" => parent,
        _ => Utf8Path::new("."),
    }
}
