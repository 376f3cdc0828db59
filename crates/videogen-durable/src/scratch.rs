//! A directory for the files of one process, removed when it is dropped. What a `kill -9` leaves is swept by a later run,
//! and only when everything says that it is ours:
//!
//! 1. the name has exactly the form that we give: prefix, process number, `-`, twelve hexadecimal digits;
//! 2. it is a directory, no symbolic link, and belongs to the user the program runs as;
//! 3. there is a regular file in it, the marker, which names this very directory: by its random digits and by its number
//!    on the file system, so that a copy that a person made is none of ours;
//! 4. nobody holds the lock on the marker, which ends with the process that made the directory.
//!
//! A process can be killed between the making of the directory and the writing of the marker. Such a directory is removed
//! with `rmdir`, which cannot remove a file of anybody.

use std::fs::{self, File, TryLockError};
use std::io::{self, Read, Write};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use camino::{Utf8Path, Utf8PathBuf};

use crate::open::{FileKind, is_own, not_a_file, open_own};
use crate::private::{create_private, create_private_dir};

/// What the marker is called.
const MARKER: &str = "scratch.lock";
/// What the marker begins with.
const TITLE: &str = "A scratch directory of videogen, removed when its process is gone.";
/// The most bytes of a marker that are read.
const LONGEST_MARKER: u64 = 512;
/// Hexadecimal digits after the process number.
const DIGITS: usize = 12;
/// How many names are tried.
const TRIES: usize = 16;
/// The most names that are reported of what was left: anybody can make as many as they like in a shared directory.
const MOST_NAMED: usize = 256;
/// The most directories that are opened and looked at.
const MOST_JUDGED: usize = 10_000;
/// How long another process may look at a new marker.
const LOOKED_AT: Duration = Duration::from_secs(2);

/// A directory of this process, for its owner only. Removed with all that is in it when it is dropped.
#[derive(Debug)]
pub struct ScratchDir {
    path: Utf8PathBuf,
    /// Locked as long as the directory is in use.
    marker: Mutex<File>,
}

impl ScratchDir {
    /// Makes a new one in `parent`, whose name begins with `prefix`.
    ///
    /// # Errors
    /// Those of the operating system.
    pub fn create(parent: &Utf8Path, prefix: &str) -> io::Result<Self> {
        for _ in 0..TRIES {
            let mut random = [0; 8];
            getrandom::fill(&mut random)?;
            let random = u64::from_le_bytes(random) & 0xffff_ffff_ffff;
            let name = format!("{prefix}{}-{random:0DIGITS$x}", std::process::id());
            let path = parent.join(name);
            match create_private_dir(&path) {
                Ok(()) => {}
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => continue,
                Err(error) => return Err(error),
            }
            return match mark(&path) {
                Ok(marker) => Ok(Self {
                    path,
                    marker: Mutex::new(marker),
                }),
                Err(error) => {
                    // Nothing of anybody is in it but the marker, if that.
                    let _ = fs::remove_file(path.join(MARKER));
                    let _ = fs::remove_dir(&path);
                    Err(error)
                }
            };
        }
        Err(io::ErrorKind::AlreadyExists.into())
    }

    /// Returns where it is.
    pub fn path(&self) -> &Utf8Path {
        &self.path
    }

    /// Makes it again where it has vanished, as when somebody tidies the temporary directory. `true` when it had: what was
    /// in it is gone.
    ///
    /// # Errors
    /// Those of the operating system; [`io::ErrorKind::AlreadyExists`] when something else has its name now.
    pub fn ensure(&self) -> io::Result<bool> {
        let mut marker = self.marker.lock().unwrap_or_else(PoisonError::into_inner);
        if self.is_in_place(&marker) {
            return Ok(false);
        }
        match create_private_dir(&self.path) {
            Ok(()) => {}
            // The directory is there, only its marker was removed.
            Err(error)
                if error.kind() == io::ErrorKind::AlreadyExists
                    && is_marked(&self.path) == Marked::Not
                    && is_own_dir(&self.path).is_ok() => {}
            Err(error) => return Err(error),
        }
        *marker = mark(&self.path)?;
        Ok(true)
    }

    /// Whether the marker in the directory of this name is the one that is locked here.
    fn is_in_place(&self, marker: &File) -> bool {
        #[cfg(unix)]
        {
            use std::os::unix::fs::MetadataExt;
            // Not by the owner: there are file systems on which everything belongs to somebody else.
            let there = self.path.join(MARKER).symlink_metadata();
            match (marker.metadata(), there) {
                (Ok(ours), Ok(there)) => ours.dev() == there.dev() && ours.ino() == there.ino(),
                _ => false,
            }
        }
        #[cfg(not(unix))]
        {
            let _ = marker;
            is_marked(&self.path) == Marked::Ours
        }
    }

    /// Leaves it where it is, unlocked, as the end of the process would: a later [`sweep`] removes it.
    pub fn leave(self) {
        let left = std::mem::ManuallyDrop::new(self);
        let marker = left.marker.lock().unwrap_or_else(PoisonError::into_inner);
        if let Err(error) = marker.unlock() {
            tracing::debug!(path = %left.path, %error, "cannot unlock a scratch directory");
        }
    }
}

impl Drop for ScratchDir {
    fn drop(&mut self) {
        let marker = self.marker.lock().unwrap_or_else(PoisonError::into_inner);
        // Somebody may have put something else in its place.
        if !self.is_in_place(&marker) {
            tracing::debug!(path = %self.path, "a scratch directory has vanished");
            return;
        }
        if let Err(error) = crate::remove_tree(&self.path) {
            tracing::warn!(path = %self.path, %error, "cannot remove a scratch directory");
        }
    }
}

/// What [`sweep`] did.
#[derive(Debug, Default)]
#[non_exhaustive]
pub struct Swept {
    /// The directories that were removed.
    pub removed: Vec<Utf8PathBuf>,
    /// What has the prefix and is not provably ours, or could not be removed, and why. The directories of processes that
    /// are alive are not among them.
    pub left: Vec<(Utf8PathBuf, Left)>,
    /// How many more were left than are named.
    pub unnamed: usize,
}

/// Why something with the prefix of scratch directories was left.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Left {
    /// Its name has not the form that scratch directories have.
    #[error("its name is not one of a scratch directory")]
    Name,
    /// It is no directory, or it belongs to another user.
    #[error("it is {0}")]
    Kind(FileKind),
    /// There is no marker in it, or that of another directory.
    #[error("it is not marked as a scratch directory")]
    Unmarked,
    /// It is ours and cannot be removed.
    #[error("it cannot be removed")]
    Io(#[source] io::Error),
}

/// Removes the scratch directories in `parent` whose names begin with `prefix`, which are provably ours and whose process
/// is gone. Whatever else has that prefix is left and reported. A `parent` that cannot be read has nothing to sweep.
pub fn sweep(parent: &Utf8Path, prefix: &str) -> Swept {
    let mut swept = Swept::default();
    let mut judged = 0;
    for entry in parent.read_dir_utf8().into_iter().flatten().flatten() {
        let name = entry.file_name();
        if !name.starts_with(prefix) {
            continue;
        }
        judged += 1;
        if judged > MOST_JUDGED {
            break;
        }
        let path = entry.path().to_owned();
        match judge(&path, prefix).and_then(|marker| remove(&path, marker)) {
            Ok(true) => swept.removed.push(path),
            Ok(false) => {}
            Err(left) if swept.left.len() < MOST_NAMED => swept.left.push((path, left)),
            Err(_) => swept.unnamed += 1,
        }
    }
    swept
}

/// Whether the directory at `path` is marked as a scratch directory, of whatever process: what is put into it goes with
/// it.
pub fn is_scratch(path: &Utf8Path) -> bool {
    is_marked(path) == Marked::Ours
}

/// What is known of an abandoned directory: its marker, locked by us now, or that it has none yet.
enum Abandoned {
    InUse,
    Marked(File),
    Empty,
}

fn judge(path: &Utf8Path, prefix: &str) -> Result<Abandoned, Left> {
    let (pid, _) = parts(path.file_name().unwrap_or_default(), prefix).ok_or(Left::Name)?;
    is_own_dir(path).map_err(|error| match crate::NotAFile::in_error(&error) {
        Some(kind) => Left::Kind(kind),
        None => Left::Io(error),
    })?;
    let marker = match open_own(&path.join(MARKER)) {
        Ok(marker) => marker,
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            // In the making, or in the unmaking, by a process that is alive; or killed between.
            return if is_alive(pid) {
                Ok(Abandoned::InUse)
            } else {
                Ok(Abandoned::Empty)
            };
        }
        Err(_) => return Err(Left::Unmarked),
    };
    match marker.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => return Ok(Abandoned::InUse),
        // Without locks nothing can tell whether it is in use.
        Err(TryLockError::Error(error)) => return Err(Left::Io(error)),
    }
    match is_marked(path) {
        Marked::Ours => Ok(Abandoned::Marked(marker)),
        // Killed while the marker was written. Its maker may be about to lock it, too.
        Marked::Begun if is_alive(pid) => Ok(Abandoned::InUse),
        Marked::Begun => Ok(Abandoned::Empty),
        Marked::Not => Err(Left::Unmarked),
    }
}

/// Removes it. `Ok(false)` for what is in use.
fn remove(path: &Utf8Path, abandoned: Abandoned) -> Result<bool, Left> {
    match abandoned {
        Abandoned::InUse => Ok(false),
        Abandoned::Empty => {
            // An empty marker is ours to remove only if nothing else is there.
            let mut names = path.read_dir_utf8().map_err(Left::Io)?.flatten();
            if names.any(|entry| entry.file_name() != MARKER) {
                return Err(Left::Unmarked);
            }
            match fs::remove_file(path.join(MARKER)) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => {
                    return Err(Left::Io(error));
                }
                _ => {}
            }
            match fs::remove_dir(path) {
                Ok(()) => Ok(true),
                Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
                Err(error) if error.kind() == io::ErrorKind::DirectoryNotEmpty => {
                    Err(Left::Unmarked)
                }
                Err(error) => Err(Left::Io(error)),
            }
        }
        Abandoned::Marked(marker) => {
            #[cfg(unix)]
            let removed = crate::tree::handle::open(path).and_then(|dir| {
                // The directory that is emptied is the one whose marker was read.
                let number = number_of(&dir.metadata()?);
                if read_marker(&marker)? == marker_text(path, &number) {
                    crate::tree::handle::remove(&dir, path)
                } else {
                    Err(io::ErrorKind::StaleNetworkFileHandle.into())
                }
            });
            #[cfg(not(unix))]
            let removed = {
                // Windows removes no file that is open.
                drop(marker);
                crate::remove_tree(path)
            };
            removed.map(|()| true).map_err(Left::Io)
        }
    }
}

/// The process and the random digits in a name of exactly our form.
fn parts<'a>(name: &'a str, prefix: &str) -> Option<(i32, &'a str)> {
    let (pid, digits) = name.strip_prefix(prefix)?.split_once('-')?;
    let is_number = !pid.starts_with('0') && pid.bytes().all(|b| b.is_ascii_digit());
    let is_hex = |b: u8| b.is_ascii_digit() || (b'a'..=b'f').contains(&b);
    let is_random = digits.len() == DIGITS && digits.bytes().all(is_hex);
    if is_number && is_random {
        Some((pid.parse().ok()?, digits))
    } else {
        None
    }
}

/// Whether there is a process of this number; it may be another one by now.
fn is_alive(pid: i32) -> bool {
    #[cfg(unix)]
    {
        rustix::process::Pid::from_raw(pid).is_some_and(|pid| {
            rustix::process::test_kill_process(pid) != Err(rustix::io::Errno::SRCH)
        })
    }
    #[cfg(not(unix))]
    {
        let _ = pid;
        true
    }
}

/// Writes the marker of a new directory and locks it.
fn mark(path: &Utf8Path) -> io::Result<File> {
    let number = number_of(&path.symlink_metadata()?);
    let mut marker = create_private(&path.join(MARKER))?;
    // Before there is anything to read: who finds it complete and unlocked knows that its process is gone. Another
    // process that sweeps may look at it just now.
    let begin = Instant::now();
    while let Err(error) = marker.try_lock() {
        if begin.elapsed() > LOOKED_AT {
            return Err(error.into());
        }
        std::thread::sleep(Duration::from_millis(1));
    }
    marker.write_all(marker_text(path, &number).as_bytes())?;
    Ok(marker)
}

/// What the marker of the directory at `path` says.
fn marker_text(path: &Utf8Path, number: &str) -> String {
    let name = path.file_name().unwrap_or_default();
    format!("{TITLE}\n{name}\n{number}\n")
}

/// The number of a directory on its file system; a copy has another one.
fn number_of(metadata: &fs::Metadata) -> String {
    #[cfg(unix)]
    {
        std::os::unix::fs::MetadataExt::ino(metadata).to_string()
    }
    #[cfg(not(unix))]
    {
        let _ = metadata;
        String::new()
    }
}

/// What the marker in a directory says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Marked {
    /// That it is this very scratch directory.
    Ours,
    /// Nothing yet.
    Begun,
    /// There is none, or it is another directory's.
    Not,
}

fn is_marked(path: &Utf8Path) -> Marked {
    let read = open_own(&path.join(MARKER)).and_then(|marker| read_marker(&marker));
    let metadata = path.symlink_metadata();
    let (Ok(text), Ok(metadata)) = (read, metadata) else {
        return Marked::Not;
    };
    let expected = marker_text(path, &number_of(&metadata));
    if text == expected {
        Marked::Ours
    } else if text.is_empty() {
        Marked::Begun
    } else {
        Marked::Not
    }
}

fn read_marker(marker: &File) -> io::Result<String> {
    let mut text = String::new();
    let mut marker = marker;
    io::Seek::rewind(&mut marker)?;
    marker.take(LONGEST_MARKER).read_to_string(&mut text)?;
    Ok(text)
}

/// Checks that `path` is a directory, no link, and belongs to the user the program runs as.
fn is_own_dir(path: &Utf8Path) -> io::Result<()> {
    let kind = path.symlink_metadata()?.file_type();
    if !kind.is_dir() {
        return Err(not_a_file(FileKind::of(kind)));
    }
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt;
        let dir = crate::tree::handle::open(path)?;
        // Here the administrator is another user: what is removed must be ours.
        if dir.metadata()?.uid() != rustix::process::geteuid().as_raw() {
            return Err(not_a_file(FileKind::Foreign));
        }
        is_own(&dir)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const PREFIX: &str = ".videogen-";

    fn names(swept: &[Utf8PathBuf]) -> Vec<&str> {
        let mut names: Vec<_> = swept.iter().filter_map(|path| path.file_name()).collect();
        names.sort_unstable();
        names
    }

    /// A scratch directory whose process is gone, with a file in it.
    fn dead(parent: &Utf8Path) -> Utf8PathBuf {
        let scratch = ScratchDir::create(parent, PREFIX).expect("made");
        fs::write(scratch.path().join("half.mp4"), "x").expect("written");
        let path = scratch.path().to_owned();
        scratch
            .marker
            .lock()
            .expect("free")
            .unlock()
            .expect("unlocked");
        std::mem::forget(scratch);
        path
    }

    #[test]
    fn it_goes_with_its_owner() {
        let parent = camino_tempfile::tempdir().expect("a temporary directory");
        let scratch = ScratchDir::create(parent.path(), PREFIX).expect("made");
        fs::create_dir(scratch.path().join("below")).expect("made");
        fs::write(scratch.path().join("below/x"), "x").expect("written");
        assert!(is_scratch(scratch.path()));
        drop(scratch);
        assert_eq!(fs::read_dir(parent.path()).expect("there").count(), 0);
    }

    #[test]
    fn what_an_ended_process_left_is_removed_and_what_is_in_use_stays() {
        let parent = camino_tempfile::tempdir().expect("a temporary directory");
        let alive = ScratchDir::create(parent.path(), PREFIX).expect("made");
        let dead = dead(parent.path());
        // Killed before there was a marker, or while it was written.
        let bare = parent
            .path()
            .join(format!("{PREFIX}{}-0123456789ab", i32::MAX));
        fs::create_dir(&bare).expect("made");
        let begun = parent
            .path()
            .join(format!("{PREFIX}{}-0123456789ac", i32::MAX));
        fs::create_dir(&begun).expect("made");
        fs::write(begun.join(MARKER), "").expect("written");
        // In the making by this very process.
        let young = format!("{PREFIX}{}-0123456789ad", std::process::id());
        fs::create_dir(parent.path().join(young)).expect("made");
        let swept = sweep(parent.path(), PREFIX);
        assert_eq!(swept.removed.len(), 3, "{swept:?}");
        assert!(swept.left.is_empty(), "{swept:?}");
        assert!(alive.path().exists() && !dead.exists() && !bare.exists() && !begun.exists());
    }

    #[test]
    fn what_is_not_provably_ours_is_left_and_reported() {
        let parent = camino_tempfile::tempdir().expect("a temporary directory");
        let at = |name: &str| parent.path().join(name);
        let killed = format!("{PREFIX}{}-0123456789ab", i32::MAX);
        let theirs = [
            ".videogen-notes".to_owned(),
            ".videogen-mine".to_owned(),
            format!("{PREFIX}1-abcdef"),
            format!("{PREFIX}{}-0123456789AB", i32::MAX),
            format!("{PREFIX}{}-0123456789ab-old", i32::MAX),
            killed.clone(),
        ];
        for name in &theirs {
            fs::create_dir(at(name)).expect("made");
            fs::write(at(name).join("diary.txt"), "dear").expect("written");
        }
        // An empty marker beside somebody's file, and the marker of another directory.
        fs::write(at(&killed).join(MARKER), "").expect("written");
        let dead = dead(parent.path());
        let copy = format!("{PREFIX}{}-ba9876543210", i32::MAX);
        fs::create_dir(at(&copy)).expect("made");
        fs::copy(dead.join(MARKER), at(&copy).join(MARKER)).expect("copied");
        fs::write(at(".videogen-a-file"), "x").expect("written");
        let swept = sweep(parent.path(), PREFIX);
        assert_eq!(names(&swept.removed), [dead.file_name().expect("named")]);
        assert_eq!(swept.left.len(), theirs.len() + 2, "{swept:?}");
        for name in &theirs {
            let diary = fs::read_to_string(at(name).join("diary.txt"));
            assert_eq!(diary.expect("there"), "dear", "{name}");
        }
    }

    #[cfg(unix)]
    #[test]
    fn a_copy_with_the_same_name_is_not_ours_and_a_link_is_none() {
        let parent = camino_tempfile::tempdir().expect("a temporary directory");
        let made = dead(parent.path());
        let elsewhere = camino_tempfile::tempdir().expect("a temporary directory");
        let copy = elsewhere.path().join(made.file_name().expect("named"));
        fs::create_dir(&copy).expect("made");
        fs::copy(made.join(MARKER), copy.join(MARKER)).expect("copied");
        let link = elsewhere
            .path()
            .join(format!("{PREFIX}{}-0123456789ab", i32::MAX));
        std::os::unix::fs::symlink(&made, &link).expect("linked");
        let swept = sweep(elsewhere.path(), PREFIX);
        assert!(swept.removed.is_empty(), "{swept:?}");
        assert_eq!(swept.left.len(), 2);
        assert!(made.join("half.mp4").exists() && copy.exists());
    }

    #[test]
    fn one_that_vanished_is_made_again() {
        let parent = camino_tempfile::tempdir().expect("a temporary directory");
        let scratch = ScratchDir::create(parent.path(), PREFIX).expect("made");
        assert!(!scratch.ensure().expect("there"));
        crate::remove_tree(scratch.path()).expect("removed");
        assert!(scratch.ensure().expect("made"));
        // It is locked like the first one.
        assert!(sweep(parent.path(), PREFIX).removed.is_empty());
        fs::remove_file(scratch.path().join(MARKER)).expect("removed");
        assert!(scratch.ensure().expect("made"));
        drop(scratch);
        assert_eq!(fs::read_dir(parent.path()).expect("there").count(), 0);
    }

    proptest::proptest! {
        #[test]
        fn no_name_but_one_of_our_form_is_taken_for_ours(name in "\\.videogen-[0-9a-z-]{0,20}") {
            let ours = parts(&name, PREFIX).map(|(pid, digits)| format!("{PREFIX}{pid}-{digits}"));
            proptest::prop_assert!(ours.is_none_or(|again| again == name));
        }
    }
}
