//! What espeak-ng voices have proved to read, remembered in memory and, where there is a place for it, on disk.
//!
//! The file is a convenience. One that is missing, damaged, of another format or about another program is as good as none, and
//! one that cannot be written is not written.

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::UNIX_EPOCH;

use camino::{Utf8Path, Utf8PathBuf};
use serde::{Deserialize, Serialize};
use videogen_text::WritingSystem;

/// Changes when the fields, their meaning, the samples or the judgement change.
const FORMAT: u32 = 1;
/// The name of the file.
const NAME: &str = "espeak-ng.json";
/// All voices and scripts take 60 KiB; more than this is not ours.
const LARGEST: u64 = 1024 * 1024;

/// What tells one program from another, and from itself after an update.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Identity {
    version: String,
    /// Behind all links.
    file: Utf8PathBuf,
    /// Its size in bytes.
    bytes: u64,
    /// When it was last changed, in nanoseconds since 1970.
    modified: u64,
}

impl Identity {
    fn of(program: &Utf8Path, version: &str) -> Option<Self> {
        let metadata = program.metadata().ok()?;
        let modified = metadata.modified().ok()?.duration_since(UNIX_EPOCH).ok()?;
        Some(Self {
            version: version.to_owned(),
            file: program.canonicalize_utf8().ok()?,
            bytes: metadata.len(),
            modified: u64::try_from(modified.as_nanos()).ok()?,
        })
    }
}

/// Voices with the scripts they were asked for, and whether they can read them.
type Verdicts = BTreeMap<String, bool>;

#[derive(Debug, Serialize, Deserialize)]
struct Entry {
    format: u32,
    identity: Identity,
    can_read: Verdicts,
}

/// The verdicts about the voices of one program. Clones share them.
#[derive(Debug, Clone, Default)]
pub(super) struct Proofs {
    verdicts: Arc<Mutex<Verdicts>>,
    /// The directory of the file, and whose verdicts are kept there.
    kept: Option<(Utf8PathBuf, Identity)>,
}

/// What a verdict stands under.
fn about(voice: &str, system: WritingSystem) -> String {
    format!("{voice}/{system:?}")
}

impl Proofs {
    /// Returns those that are kept in `directory` about this program, and keeps new ones there.
    pub(super) fn kept_in(directory: &Utf8Path, program: &Utf8Path, version: &str) -> Self {
        let Some(identity) = Identity::of(program, version) else {
            return Self::default();
        };
        let verdicts = read(directory, &identity).unwrap_or_default();
        Self {
            verdicts: Arc::new(Mutex::new(verdicts)),
            kept: Some((directory.to_owned(), identity)),
        }
    }

    /// Returns whether a voice can read a script, if it was asked.
    pub(super) fn verdict(&self, voice: &str, system: WritingSystem) -> Option<bool> {
        let verdicts = self.verdicts.lock().unwrap_or_else(PoisonError::into_inner);
        verdicts.get(&about(voice, system)).copied()
    }

    /// Remembers it.
    pub(super) fn remember(&self, voice: &str, system: WritingSystem, can_read: bool) {
        let all = {
            let mut verdicts = self.verdicts.lock().unwrap_or_else(PoisonError::into_inner);
            verdicts.insert(about(voice, system), can_read);
            verdicts.clone()
        };
        if let Some((directory, identity)) = &self.kept {
            let entry = Entry {
                format: FORMAT,
                identity: identity.clone(),
                can_read: all,
            };
            if let Err(error) = replace(directory, &entry) {
                tracing::debug!(%directory, %error, "what voices can read is not kept");
            }
        }
    }
}

fn read(directory: &Utf8Path, identity: &Identity) -> Option<Verdicts> {
    let json = videogen_durable::read_own(&directory.join(NAME), LARGEST).ok()?;
    let entry: Entry = serde_json::from_slice(&json).ok()?;
    (entry.format == FORMAT && entry.identity == *identity).then_some(entry.can_read)
}

/// A reader sees the old file or the new one, never a part.
fn replace(directory: &Utf8Path, entry: &Entry) -> io::Result<()> {
    videogen_durable::create_missing_dirs(directory)?;
    // For its owner only, as all that this library for temporary files makes.
    let mut file = camino_tempfile::NamedUtf8TempFile::new_in(directory)?;
    file.write_all(&serde_json::to_vec(entry)?)?;
    file.persist(directory.join(NAME))?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use WritingSystem::{Han, Kana};

    #[test]
    fn verdicts_are_kept_for_the_program_they_are_about() {
        let dir = camino_tempfile::tempdir().unwrap();
        let program = dir.path().join("espeak-ng");
        std::fs::write(&program, "a program").unwrap();
        let kept = dir.path().join("cache");
        let proofs = Proofs::kept_in(&kept, &program, "espeak-ng-1.51");
        assert_eq!(proofs.verdict("ja", Han), None);
        proofs.remember("ja", Han, false);
        proofs.clone().remember("ja", Kana, true);
        assert_eq!(proofs.verdict("ja", Kana), Some(true));
        let again = Proofs::kept_in(&kept, &program, "espeak-ng-1.51");
        assert_eq!(again.verdict("ja", Han), Some(false));
        assert_eq!(again.verdict("ja", Kana), Some(true));
        assert_eq!(again.verdict("cmn", Han), None);
        let newer = Proofs::kept_in(&kept, &program, "espeak-ng-1.52");
        assert_eq!(newer.verdict("ja", Han), None);
        std::fs::write(&program, "another program").unwrap();
        let changed = Proofs::kept_in(&kept, &program, "espeak-ng-1.51");
        assert_eq!(changed.verdict("ja", Han), None);
    }

    #[test]
    fn a_damaged_file_is_as_good_as_none_and_a_place_that_is_none_does_no_harm() {
        let dir = camino_tempfile::tempdir().unwrap();
        let program = dir.path().join("espeak-ng");
        std::fs::write(&program, "a program").unwrap();
        std::fs::write(dir.path().join(NAME), "{").unwrap();
        let proofs = Proofs::kept_in(dir.path(), &program, "1");
        assert_eq!(proofs.verdict("ja", Han), None);
        let nowhere = Proofs::kept_in(&program, &program, "1");
        nowhere.remember("ja", Han, false);
        assert_eq!(nowhere.verdict("ja", Han), Some(false));
        assert_eq!(Proofs::default().verdict("ja", Han), None);
    }
}
