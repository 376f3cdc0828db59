//! A directory for the files of one process, removed when it is dropped. What a `kill -9` leaves is swept by a later run,
//! and only when everything says that it is ours:
//!
//! 1. the name has exactly the form that we give: prefix, process number, `-`, twelve hexadecimal digits;
//! 2. it is a directory, no symbolic link, and belongs to the user the program runs as;
//! 3. there is a regular file in it, the marker, which names this very directory: by its random digits and by its number
//!    on the file system, so that a copy that a person made is none of ours;
//! 4. nobody holds the lock on the marker, which ends with the process that made the directory.
//!
//! A process can be killed between the making of the directory and the writing of the marker, and, as the marker is removed
//! after all else, between its removal and that of the directory. A directory of our name and owner with nothing in it, or
//! only a marker that says nothing yet, is therefore removed, too, with `rmdir`, which cannot remove a file of anybody.
//! Whether the process in its name is alive says nothing: the system gives the number to another one, or the process is
//! in another container. A process that finds its directory removed before it had marked it makes another one.

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
            match mark(&path) {
                Ok(Some(marker)) => {
                    return Ok(Self {
                        path,
                        marker: Mutex::new(marker),
                    });
                }
                Ok(None) => {}
                Err(error) => {
                    // Nothing of anybody is in it but the marker, if that.
                    let _ = fs::remove_file(path.join(MARKER));
                    let _ = fs::remove_dir(&path);
                    return Err(error);
                }
            }
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
        if is_in_place(&self.path, &marker) {
            return Ok(false);
        }
        for _ in 0..TRIES {
            match create_private_dir(&self.path) {
                Ok(()) => {}
                // The directory is there, only its marker was removed.
                Err(error)
                    if error.kind() == io::ErrorKind::AlreadyExists
                        && is_marked(&self.path) == Marked::Not
                        && is_own_dir(&self.path).is_ok() => {}
                Err(error) => return Err(error),
            }
            if let Some(made) = mark(&self.path)? {
                *marker = made;
                return Ok(true);
            }
        }
        Err(io::ErrorKind::NotFound.into())
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
        if !is_in_place(&self.path, &marker) {
            tracing::debug!(path = %self.path, "a scratch directory has vanished");
            return;
        }
        if let Err(error) = remove_scratch(&self.path) {
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

/// Removes the scratch directory at `path`, whoever made it, the marker after everything else: until the directory is
/// empty it can be recognised.
///
/// Only for what is marked as one.
pub(crate) fn remove_scratch(path: &Utf8Path) -> io::Result<()> {
    crate::tree::remove_marked_tree(path, MARKER)
}

/// What is known of a directory that may be abandoned.
enum Abandoned {
    /// It is not, or it is gone.
    InUse,
    /// Its marker, which is locked by us now.
    Marked(File),
    /// That nothing is in it, or only a marker that says nothing yet: this one, which is locked by us now.
    Bare(Option<File>),
}

fn judge(path: &Utf8Path, prefix: &str) -> Result<Abandoned, Left> {
    let (pid, _) = parts(path.file_name().unwrap_or_default(), prefix).ok_or(Left::Name)?;
    if let Err(error) = is_own_dir(path) {
        return match crate::NotAFile::in_error(&error) {
            Some(kind) => Err(Left::Kind(kind)),
            // Removed by its process just now.
            None if error.kind() == io::ErrorKind::NotFound => Ok(Abandoned::InUse),
            None => Err(Left::Io(error)),
        };
    }
    let marker = match open_own(&path.join(MARKER)) {
        Ok(marker) => marker,
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            return judge_unmarked(path, pid, None);
        }
        Err(_) => return Err(Left::Unmarked),
    };
    match marker.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => return Ok(Abandoned::InUse),
        // Without locks nothing can tell whether it is in use.
        Err(TryLockError::Error(error)) => return Err(Left::Io(error)),
    }
    // Who had the lock has removed the marker, or made another one, since it was opened here.
    if !is_in_place(path, &marker) {
        return Ok(Abandoned::InUse);
    }
    match is_marked(path) {
        Marked::Ours => Ok(Abandoned::Marked(marker)),
        Marked::Begun => judge_unmarked(path, pid, Some(marker)),
        Marked::Not => Err(Left::Unmarked),
    }
}

/// Judges a directory without a marker, or with one that says nothing yet.
fn judge_unmarked(path: &Utf8Path, pid: i32, marker: Option<File>) -> Result<Abandoned, Left> {
    match has_only_marker(path) {
        Ok(true) => Ok(Abandoned::Bare(marker)),
        // Somebody removed the marker of a directory that is in use: nothing that has to be reported.
        Ok(false) if is_alive(pid) => Ok(Abandoned::InUse),
        Ok(false) => Err(Left::Unmarked),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Abandoned::InUse),
        Err(error) => Err(Left::Io(error)),
    }
}

/// Whether nothing is in a directory, or nothing but a marker.
fn has_only_marker(path: &Utf8Path) -> io::Result<bool> {
    // Names that are no UTF-8 are somebody's, too.
    for entry in fs::read_dir(path)? {
        if entry?.file_name() != MARKER {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Removes it. `Ok(false)` for what is in use.
fn remove(path: &Utf8Path, abandoned: Abandoned) -> Result<bool, Left> {
    match abandoned {
        Abandoned::InUse => Ok(false),
        Abandoned::Bare(marker) => {
            // Only the marker that we have locked: another one is its maker's.
            if marker.is_some() {
                if_there(fs::remove_file(path.join(MARKER))).map_err(Left::Io)?;
            }
            match fs::remove_dir(path) {
                Ok(()) => Ok(true),
                // Another sweep was faster, or its maker has marked it since.
                Err(error)
                    if matches!(
                        error.kind(),
                        io::ErrorKind::NotFound | io::ErrorKind::DirectoryNotEmpty
                    ) =>
                {
                    Ok(false)
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
                    crate::tree::handle::remove(&dir, path, Some(MARKER))
                } else {
                    Err(io::ErrorKind::StaleNetworkFileHandle.into())
                }
            });
            #[cfg(not(unix))]
            let removed = {
                // Windows removes no file that is open.
                drop(marker);
                remove_scratch(path)
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

/// Writes the marker of a new directory and locks it. `None` when a sweep has removed the directory in the meantime, which
/// could not know it from one that was left.
fn mark(path: &Utf8Path) -> io::Result<Option<File>> {
    match if_there(create_private(&path.join(MARKER)))? {
        Some(marker) => claim(path, marker),
        None => Ok(None),
    }
}

/// Locks the new marker of a directory and writes it, as [`mark`] says.
fn claim(path: &Utf8Path, mut marker: File) -> io::Result<Option<File>> {
    // Before there is anything to read: who finds it complete and unlocked knows that its process is gone. Another
    // process that sweeps may look at it just now.
    let begin = Instant::now();
    while let Err(error) = marker.try_lock() {
        if begin.elapsed() > LOOKED_AT {
            return Err(error.into());
        }
        std::thread::sleep(Duration::from_millis(1));
    }
    // With the lock no sweep removes it any more; without it one may have done so.
    if !is_in_place(path, &marker) {
        return Ok(None);
    }
    let number = number_of(&path.symlink_metadata()?);
    marker.write_all(marker_text(path, &number).as_bytes())?;
    Ok(Some(marker))
}

/// Whether the marker in the directory at `path` is this very file.
fn is_in_place(path: &Utf8Path, marker: &File) -> bool {
    // Not by the owner: there are file systems on which everything belongs to somebody else.
    let there = path.join(MARKER).symlink_metadata();
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt;
        match (marker.metadata(), there) {
            (Ok(ours), Ok(there)) => ours.dev() == there.dev() && ours.ino() == there.ino(),
            _ => false,
        }
    }
    #[cfg(not(unix))]
    {
        // Files have no number there, and nobody reads one that is locked.
        let _ = marker;
        there.is_ok()
    }
}

/// Returns what was done with a file or directory; `None` when it was gone.
fn if_there<T>(done: io::Result<T>) -> io::Result<Option<T>> {
    match done {
        Ok(done) => Ok(Some(done)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
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
        let swept = sweep(parent.path(), PREFIX);
        assert_eq!(swept.removed, std::slice::from_ref(&dead), "{swept:?}");
        assert!(swept.left.is_empty(), "{swept:?}");
        assert!(alive.path().exists() && !dead.exists());
    }

    #[test]
    fn whatever_the_step_a_process_was_killed_at_its_directory_goes() {
        let parent = camino_tempfile::tempdir().expect("a temporary directory");
        // The number of the process is free, or another process has it by now.
        for pid in [i32::MAX.cast_unsigned(), std::process::id()] {
            let made = |n: u8| {
                let path = parent.path().join(format!("{PREFIX}{pid}-{n:0DIGITS$x}"));
                create_private_dir(&path).expect("made");
                path
            };
            let marked = |n: u8| {
                let path = made(n);
                let marker = mark(&path).expect("marked").expect("nobody sweeps");
                marker.unlock().expect("unlocked");
                path
            };
            // Made and not marked yet; or removed but for the directory itself.
            made(1);
            fs::write(made(2).join(MARKER), "").expect("the marker is made and not written");
            // Marked, with nothing in it yet; or removed but for the marker.
            marked(3);
            fs::write(marked(4).join("half.mp4"), "x").expect("in use");
        }
        let swept = sweep(parent.path(), PREFIX);
        assert_eq!(swept.removed.len(), 8, "{swept:?}");
        assert!(swept.left.is_empty(), "{swept:?}");
        assert_eq!(fs::read_dir(parent.path()).expect("there").count(), 0);
    }

    /// The path of a directory that this process is about to mark.
    fn unmarked(parent: &Utf8Path) -> Utf8PathBuf {
        let path = parent.join(format!("{PREFIX}{}-0123456789ab", std::process::id()));
        create_private_dir(&path).expect("made");
        path
    }

    #[test]
    fn a_maker_whose_directory_is_swept_before_it_is_marked_notices() {
        let parent = camino_tempfile::tempdir().expect("a temporary directory");
        let path = unmarked(parent.path());
        assert_eq!(
            sweep(parent.path(), PREFIX).removed,
            std::slice::from_ref(&path)
        );
        assert!(mark(&path).expect("no error").is_none());
        // Between the making of the marker and its locking.
        let path = unmarked(parent.path());
        let marker = create_private(&path.join(MARKER)).expect("made");
        assert_eq!(
            sweep(parent.path(), PREFIX).removed,
            std::slice::from_ref(&path)
        );
        assert!(claim(&path, marker).expect("no error").is_none());
        assert!(!path.exists());
    }

    #[test]
    fn what_is_marked_while_a_sweep_looks_at_it_stays() {
        let parent = camino_tempfile::tempdir().expect("a temporary directory");
        let path = unmarked(parent.path());
        let judged = judge(&path, PREFIX).expect("one of ours");
        assert!(matches!(judged, Abandoned::Bare(None)));
        let marker = mark(&path).expect("marked").expect("nothing was removed");
        assert!(!remove(&path, judged).expect("no error"));
        assert!(is_in_place(&path, &marker) && is_marked(&path) == Marked::Ours);
        assert!(sweep(parent.path(), PREFIX).removed.is_empty(), "in use");
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
