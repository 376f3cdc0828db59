//! The part of a file that is here: its bytes beside the target, and a note that says which they are and who supplied them.
//!
//! The note claims nothing that is not there. Its `spans` are with the system, so they survive the end of the process; they
//! are believed as long as the machine was not started anew since. Its `synced` are on the disk, and believed always.

use std::fs::{self, File};
use std::io;
use std::sync::{Mutex, PoisonError};

use camino::Utf8Path;
use serde::{Deserialize, Serialize};
use videogen_durable::{
    RealEffects, create_missing_dirs, open_own_to_write, read_own, replace_private,
    sweep_temporaries, sync_dir, write_atomically, write_unsynced,
};

use super::error::DownloadError;
use super::paths::PartPaths;
use super::spans::{Span, Spans};
use crate::registry::{CrossCheck, Sha256Digest};

/// The version of the note; another one is not read.
const VERSION: u32 = 1;
/// The most bytes of a note that are read: spans of more than a hundred thousand hand-overs.
const LARGEST_NOTE: u64 = 8 << 20;
/// What stays free on the disk beside the file (research/net.md 1.2, 9).
const MARGIN: u64 = 64 << 20;

/// What a file has to be, which does not change between runs that go on with each other.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Want {
    pub(super) size: Option<u64>,
    pub(super) sha256: Option<Sha256Digest>,
    pub(super) cross_check: Option<CrossCheck>,
}

impl Want {
    /// Whether parts of several mirrors can be proved to belong together.
    pub(super) fn has_digest(&self) -> bool {
        self.sha256.is_some() || self.cross_check.is_some()
    }
}

/// What a server says identifies the bytes, and which of the sources that was.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Validator {
    pub(super) source: u16,
    /// A strong entity tag or a date, as `If-Range` takes it.
    pub(super) text: String,
}

/// What is known of a part.
#[derive(Debug, Clone, Default)]
pub(super) struct Kept {
    /// The size of the whole, once that is known.
    pub(super) size: Option<u64>,
    /// What is here.
    pub(super) spans: Spans,
    /// The addresses that the spans name by index, as they may be shown.
    pub(super) sources: Vec<String>,
    pub(super) validator: Option<Validator>,
}

#[derive(Debug, Serialize, Deserialize)]
struct Note {
    version: u32,
    want: Want,
    size: u64,
    boot: Option<String>,
    sources: Vec<String>,
    spans: Vec<Span>,
    synced: Vec<Span>,
    validator: Option<Validator>,
}

impl Note {
    /// Returns what of it can be gone on with.
    fn kept(self, want: &Want, boot: Option<&str>, len: u64) -> Option<Kept> {
        if self.version != VERSION || self.want != *want {
            return None;
        }
        if !want.has_digest() && self.validator.is_none() {
            return None;
        }
        let is_same_boot = boot.is_some() && self.boot.as_deref() == boot;
        let spans = if is_same_boot {
            self.spans
        } else {
            self.synced
        };
        let spans = Spans::of_list(spans, self.size.min(len), self.sources.len())?;
        Some(Kept {
            size: Some(self.size),
            spans,
            sources: self.sources,
            validator: self.validator,
        })
    }
}

/// What was saved last.
#[derive(Debug, Default)]
struct Saved {
    /// Bytes that the last note claims.
    bytes: u64,
    synced: Vec<Span>,
}

/// The open part of one file. Its methods block on the disk.
#[derive(Debug)]
pub(super) struct Part {
    pub(super) paths: PartPaths,
    file: File,
    want: Want,
    boot: Option<String>,
    saved: Mutex<Saved>,
}

impl Part {
    /// Opens the part that is there, or makes one. The caller has its lock.
    pub(super) fn open(paths: PartPaths, want: Want) -> Result<(Self, Kept), DownloadError> {
        sweep_temporaries(&RealEffects, &paths.note);
        let boot = boot();
        let found = Self::find(&paths, &want, boot.as_deref());
        let (file, kept) = match found {
            Some(found) => found,
            None => {
                remove(&paths.note).map_err(DownloadError::file("removing", &paths.note))?;
                let file = replace_private(&paths.part)
                    .map_err(DownloadError::file("making", &paths.part))?;
                (file, Kept::default())
            }
        };
        let saved = Saved {
            bytes: 0,
            synced: kept.spans.list().to_vec(),
        };
        let part = Self {
            paths,
            file,
            want,
            boot,
            saved: Mutex::new(saved),
        };
        Ok((part, kept))
    }

    /// Returns the part of an earlier run, if it is one of the same file.
    fn find(paths: &PartPaths, want: &Want, boot: Option<&str>) -> Option<(File, Kept)> {
        let note = read_own(&paths.note, LARGEST_NOTE).ok()?;
        let file = open_own_to_write(&paths.part).ok()?;
        let len = file.metadata().ok()?.len();
        let note = serde_json::from_slice::<Note>(&note)
            .inspect_err(|error| tracing::debug!(path = %paths.note, %error, "the note is not one"))
            .ok()?;
        Some((file, note.kept(want, boot, len)?))
    }

    pub(super) fn file(&self) -> &File {
        &self.file
    }

    /// What the file has to be.
    pub(super) fn want(&self) -> &Want {
        &self.want
    }

    /// Cuts off what lies behind the end of the file: it may have been thought larger.
    pub(super) fn fit(&self, size: u64) -> Result<(), DownloadError> {
        let failed = |e| DownloadError::file("writing", &self.paths.part)(e);
        if self.file.metadata().map_err(failed)?.len() == size {
            return Ok(());
        }
        self.file.set_len(size).map_err(failed)
    }

    /// Sees that the disk has room for `size` bytes, and takes it where the file system can.
    pub(super) fn reserve(&self, name: &str, size: u64) -> Result<(), DownloadError> {
        let path = &self.paths.part;
        let failed = |e| DownloadError::file("making room for", path)(e);
        let there = allocated(&self.file.metadata().map_err(failed)?);
        let needed = size.saturating_sub(there).saturating_add(MARGIN);
        let dir = self.paths.dir();
        let free = fs4::available_space(dir.as_std_path())
            .map_err(DownloadError::file("asking the free space of", dir))?;
        let no_space = || DownloadError::NoSpace {
            name: name.to_owned(),
            dir: dir.to_owned(),
            needed,
            free,
        };
        if free < needed {
            return Err(no_space());
        }
        match fs4::FileExt::allocate(&self.file, size) {
            Err(e) if e.kind() == io::ErrorKind::StorageFull => return Err(no_space()),
            // Not every file system can; writing finds out then.
            Err(error) => tracing::debug!(%path, %error, "nothing was reserved"),
            Ok(()) => {}
        }
        self.file.set_len(size).map_err(failed)
    }

    /// Writes bytes at their place.
    pub(super) fn write_at(&self, bytes: &[u8], at: u64) -> io::Result<()> {
        #[cfg(unix)]
        {
            std::os::unix::fs::FileExt::write_all_at(&self.file, bytes, at)
        }
        #[cfg(windows)]
        {
            use std::os::windows::fs::FileExt;
            let (mut bytes, mut at) = (bytes, at);
            while !bytes.is_empty() {
                let n = self.file.seek_write(bytes, at)?;
                if n == 0 {
                    return Err(io::ErrorKind::WriteZero.into());
                }
                (bytes, at) = (&bytes[n..], at + n as u64);
            }
            Ok(())
        }
    }

    /// Reads bytes from their place until `buffer` is full or the file ends, and returns how many there were.
    pub(super) fn read_at(&self, buffer: &mut [u8], at: u64) -> io::Result<usize> {
        read_at(&self.file, buffer, at)
    }

    /// Notes what is here, unless a note has it already that claims `at_least` bytes. `kept` is asked for it in turn, so
    /// that a later note never claims less.
    pub(super) fn save(
        &self,
        at_least: u64,
        kept: impl FnOnce() -> Kept,
    ) -> Result<(), DownloadError> {
        if self.boot.is_none() {
            // Nobody could tell later whether the machine was started anew.
            return self.sync(kept);
        }
        let mut saved = self.lock();
        if saved.bytes >= at_least && at_least > 0 {
            return Ok(());
        }
        let kept = kept();
        let Some(note) = self.note(&kept, &saved) else {
            return Ok(());
        };
        let failed = DownloadError::file("writing", &self.paths.note);
        write_unsynced(&RealEffects, &self.paths.note, &note).map_err(|e| failed(e.source))?;
        saved.bytes = kept.spans.bytes();
        Ok(())
    }

    /// Brings what is here to the disk, and notes that.
    pub(super) fn sync(&self, kept: impl FnOnce() -> Kept) -> Result<(), DownloadError> {
        let kept = kept();
        // Before the note: it must not claim what the disk has not.
        self.file
            .sync_data()
            .map_err(DownloadError::file("flushing", &self.paths.part))?;
        let mut saved = self.lock();
        if saved.bytes > kept.spans.bytes() {
            // Somebody noted more meanwhile; the next time.
            saved.synced = kept.spans.list().to_vec();
            return Ok(());
        }
        saved.synced = kept.spans.list().to_vec();
        let Some(note) = self.note(&kept, &saved) else {
            return Ok(());
        };
        let failed = DownloadError::file("writing", &self.paths.note);
        write_atomically(&RealEffects, &self.paths.note, &note).map_err(|e| failed(e.source))?;
        saved.bytes = kept.spans.bytes();
        Ok(())
    }

    /// Takes back what the note claims: bytes of it turned out to be wrong.
    pub(super) fn retract(&self, kept: &Kept) -> Result<(), DownloadError> {
        let mut saved = self.lock();
        saved.synced.clear();
        saved.bytes = kept.spans.bytes();
        let Some(note) = self.note(kept, &saved) else {
            return remove(&self.paths.note)
                .map_err(DownloadError::file("removing", &self.paths.note));
        };
        let failed = DownloadError::file("writing", &self.paths.note);
        write_atomically(&RealEffects, &self.paths.note, &note).map_err(|e| failed(e.source))
    }

    /// A note is of use once the size is known.
    fn note(&self, kept: &Kept, saved: &Saved) -> Option<Vec<u8>> {
        let note = Note {
            version: VERSION,
            want: self.want.clone(),
            size: kept.size?,
            boot: self.boot.clone(),
            sources: kept.sources.clone(),
            spans: kept.spans.list().to_vec(),
            synced: saved.synced.clone(),
            validator: kept.validator.clone(),
        };
        Some(serde_json::to_vec(&note).expect("a note has nothing that JSON has not"))
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Saved> {
        self.saved.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Gives the file its name, lasting, in the place of what has it.
    pub(super) fn publish(&self) -> Result<(), DownloadError> {
        let PartPaths {
            target, part, note, ..
        } = &self.paths;
        self.file
            .sync_all()
            .map_err(DownloadError::file("flushing", part))?;
        fs::rename(part, target).map_err(DownloadError::file("naming", target))?;
        let dir = self.paths.dir();
        sync_dir(&RealEffects, dir).map_err(|e| DownloadError::file("flushing", dir)(e.source))?;
        if let Err(error) = remove(note) {
            tracing::warn!(path = %note, %error, "cannot remove the note of a part");
        }
        Ok(())
    }

    /// Removes everything that is here.
    pub(super) fn discard(&self) {
        for path in [&self.paths.note, &self.paths.part] {
            if let Err(error) = remove(path) {
                tracing::warn!(%path, %error, "cannot remove a part");
            }
        }
    }
}

/// Makes the directory of a target where it is missing.
pub(super) fn make_dir(paths: &PartPaths) -> Result<(), DownloadError> {
    let dir = paths.dir();
    create_missing_dirs(dir).map_err(DownloadError::file("making", dir))
}

/// Reads bytes from their place until `buffer` is full or the file ends, and returns how many there were.
pub(super) fn read_at(file: &File, buffer: &mut [u8], at: u64) -> io::Result<usize> {
    let mut filled = 0;
    while filled < buffer.len() {
        #[cfg(unix)]
        let n =
            std::os::unix::fs::FileExt::read_at(file, &mut buffer[filled..], at + filled as u64);
        #[cfg(windows)]
        let n = std::os::windows::fs::FileExt::seek_read(
            file,
            &mut buffer[filled..],
            at + filled as u64,
        );
        match n {
            Ok(0) => break,
            Ok(n) => filled += n,
            Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
            Err(e) => return Err(e),
        }
    }
    Ok(filled)
}

fn remove(path: &Utf8Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(e) if e.kind() != io::ErrorKind::NotFound => Err(e),
        _ => Ok(()),
    }
}

fn allocated(metadata: &fs::Metadata) -> u64 {
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt;
        metadata.blocks() * 512
    }
    #[cfg(not(unix))]
    metadata.len()
}

/// Returns what is another one after each start of the machine, where the system has such a thing.
fn boot() -> Option<String> {
    let id = read_own(Utf8Path::new("/proc/sys/kernel/random/boot_id"), 64).ok()?;
    let id = String::from_utf8(id).ok()?.trim().to_owned();
    (!id.is_empty()).then_some(id)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn want(size: u64) -> Want {
        Want {
            size: Some(size),
            sha256: Some(Sha256Digest::new([7; 32])),
            cross_check: None,
        }
    }

    fn kept(size: u64, spans: &[(u64, u64, u16)]) -> Kept {
        let list = spans.iter().map(|&span| span.into()).collect();
        Kept {
            size: Some(size),
            spans: Spans::of_list(list, size, 2).expect("sound"),
            sources: vec!["https://a/x".to_owned(), "https://b/x".to_owned()],
            validator: None,
        }
    }

    fn paths() -> (camino_tempfile::Utf8TempDir, PartPaths) {
        let dir = camino_tempfile::tempdir().expect("a temporary directory");
        let paths = PartPaths::of(&dir.path().join("voice.onnx"));
        (dir, paths)
    }

    #[test]
    fn a_part_is_gone_on_with_when_it_is_one_of_the_same_file() {
        let (_dir, paths) = paths();
        let (part, none) = Part::open(paths.clone(), want(1000)).expect("opened");
        assert_eq!(none.spans.bytes(), 0);
        part.reserve("voice", 1000).expect("room");
        part.write_at(&[5; 300], 100).expect("written");
        let here = kept(1000, &[(100, 200, 0), (200, 400, 1)]);
        part.save(300, || here.clone()).expect("saved");
        drop(part);
        let (part, again) = Part::open(paths.clone(), want(1000)).expect("opened");
        assert_eq!(again.spans, here.spans);
        assert_eq!(again.sources, here.sources);
        let mut byte = [0];
        part.read_at(&mut byte, 399).expect("read");
        assert_eq!(byte, [5]);
        drop(part);
        // Another size, and then another digest: from the beginning.
        let (_, other) = Part::open(paths, want(1001)).expect("opened");
        assert_eq!(other.spans.bytes(), 0);
    }

    #[test]
    fn what_was_not_on_the_disk_is_not_believed_after_a_start_of_the_machine() {
        let (_dir, paths) = paths();
        let (part, _) = Part::open(paths.clone(), want(1000)).expect("opened");
        part.reserve("voice", 1000).expect("room");
        part.sync(|| kept(1000, &[(0, 100, 0)])).expect("synced");
        part.save(400, || kept(1000, &[(0, 400, 0)]))
            .expect("saved");
        drop(part);
        let note = fs::read_to_string(&paths.note).expect("a note");
        let mut note: serde_json::Value = serde_json::from_str(&note).expect("JSON");
        note["boot"] = "another".into();
        fs::write(&paths.note, note.to_string()).expect("written");
        let (_, again) = Part::open(paths, want(1000)).expect("opened");
        assert_eq!(again.spans.bytes(), 100);
    }

    #[test]
    fn a_note_that_is_none_begins_anew() {
        for nonsense in ["", "{}", "[1,2", "\u{0}\u{0}", r#"{"version":2}"#] {
            let (_dir, paths) = paths();
            fs::write(&paths.part, "old").expect("written");
            fs::write(&paths.note, nonsense).expect("written");
            let (part, kept) = Part::open(paths, want(10)).expect("opened");
            assert_eq!(kept.spans.bytes(), 0, "{nonsense}");
            assert_eq!(part.file().metadata().expect("there").len(), 0);
        }
    }

    #[test]
    fn a_note_that_claims_more_than_the_part_has_is_not_believed() {
        let (_dir, paths) = paths();
        let (part, _) = Part::open(paths.clone(), want(1000)).expect("opened");
        part.reserve("voice", 1000).expect("room");
        part.save(400, || kept(1000, &[(0, 400, 0)]))
            .expect("saved");
        part.file().set_len(399).expect("cut");
        drop(part);
        let (_, again) = Part::open(paths, want(1000)).expect("opened");
        assert_eq!(again.spans.bytes(), 0);
    }

    #[test]
    fn without_a_digest_only_what_a_server_identified_is_gone_on_with() {
        let unknown = Want {
            sha256: None,
            ..want(1000)
        };
        for validator in [
            None,
            Some(Validator {
                source: 0,
                text: "\"1\"".to_owned(),
            }),
        ] {
            let (_dir, paths) = paths();
            let (part, _) = Part::open(paths.clone(), unknown.clone()).expect("opened");
            part.reserve("voice", 1000).expect("room");
            let here = Kept {
                validator: validator.clone(),
                ..kept(1000, &[(0, 400, 0)])
            };
            part.save(400, || here).expect("saved");
            drop(part);
            let (_, again) = Part::open(paths, unknown.clone()).expect("opened");
            assert_eq!(
                again.spans.bytes(),
                if validator.is_some() { 400 } else { 0 }
            );
        }
    }

    #[test]
    fn a_disk_without_room_is_told_with_both_numbers() {
        let (_dir, paths) = paths();
        let (part, _) = Part::open(paths, want(1 << 60)).expect("opened");
        match part.reserve("voice", 1 << 60) {
            Err(DownloadError::NoSpace { needed, free, .. }) => {
                assert_eq!(needed, (1 << 60) + MARGIN);
                assert!(free < needed && free > 0);
            }
            other => panic!("{other:?}"),
        }
    }
}
