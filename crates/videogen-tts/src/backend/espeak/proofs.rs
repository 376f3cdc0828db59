//! What espeak-ng voices have proved to read, remembered in memory and, where there is a place for it, on disk.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use camino::Utf8Path;
use serde::{Deserialize, Serialize};
use videogen_durable::{CacheFile, FileIdentity};
use videogen_text::WritingSystem;

/// Changes when the fields, their meaning, the samples or the judgement change.
const FORMAT: u32 = 1;
/// The name of the file.
const NAME: &str = "espeak-ng.json";

/// What tells one program from another, and from itself after an update.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Identity {
    version: String,
    #[serde(flatten)]
    file: FileIdentity,
}

/// Voices with the scripts they were asked for, and whether they can read them.
type Verdicts = BTreeMap<String, bool>;

/// What the file keeps.
#[derive(Serialize, Deserialize)]
struct Kept {
    can_read: Verdicts,
}

/// The verdicts about the voices of one program. Clones share them.
#[derive(Debug, Clone, Default)]
pub(super) struct Proofs {
    verdicts: Arc<Mutex<Verdicts>>,
    /// Where they are kept between runs.
    file: Option<Arc<CacheFile<Identity>>>,
}

/// What a verdict stands under.
fn about(voice: &str, system: WritingSystem) -> String {
    format!("{voice}/{system:?}")
}

impl Proofs {
    /// Returns those that are kept in `directory` about this program, and keeps new ones there.
    pub(super) fn kept_in(directory: &Utf8Path, program: &Utf8Path, version: &str) -> Self {
        let Some(file) = FileIdentity::of(program) else {
            return Self::default();
        };
        let version = version.to_owned();
        let file = CacheFile::new(directory.join(NAME), FORMAT, Identity { version, file });
        let kept = file.read::<Kept>();
        Self {
            verdicts: Arc::new(Mutex::new(kept.map(|k| k.can_read).unwrap_or_default())),
            file: Some(Arc::new(file)),
        }
    }

    /// Returns whether a voice can read a script, if it was asked.
    pub(super) fn verdict(&self, voice: &str, system: WritingSystem) -> Option<bool> {
        let verdicts = self.verdicts.lock().unwrap_or_else(PoisonError::into_inner);
        verdicts.get(&about(voice, system)).copied()
    }

    /// Remembers it. A file that cannot be written is not written.
    pub(super) fn remember(&self, voice: &str, system: WritingSystem, can_read: bool) {
        let all = {
            let mut verdicts = self.verdicts.lock().unwrap_or_else(PoisonError::into_inner);
            verdicts.insert(about(voice, system), can_read);
            verdicts.clone()
        };
        if let Some(file) = &self.file
            && let Err(error) = file.replace(&Kept { can_read: all })
        {
            tracing::debug!(path = %file.path(), %error, "what voices can read is not kept");
        }
    }
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
