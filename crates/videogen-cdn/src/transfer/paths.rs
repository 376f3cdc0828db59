//! Where a download has its things while it is under way.

use std::time::SystemTime;

use camino::{Utf8Path, Utf8PathBuf};

/// Where a download has its things, all in the directory of its target.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct PartPaths {
    pub(super) target: Utf8PathBuf,
    pub(crate) part: Utf8PathBuf,
    pub(crate) note: Utf8PathBuf,
    pub(super) lock: Utf8PathBuf,
}

impl PartPaths {
    pub(crate) fn of(target: &Utf8Path) -> Self {
        Self::named(
            target,
            &format!(".{}", target.file_name().unwrap_or_default()),
        )
    }

    /// Paths that no other process uses, for a file system without locks.
    pub(super) fn of_this_process(target: &Utf8Path) -> Self {
        let name = target.file_name().unwrap_or_default();
        Self::named(target, &format!(".{name}.{}", std::process::id()))
    }

    fn named(target: &Utf8Path, name: &str) -> Self {
        let at = |end: &str| target.with_file_name(format!("{name}.{end}"));
        Self {
            target: target.to_owned(),
            part: at("part"),
            note: at("part.json"),
            lock: at("lock"),
        }
    }

    pub(super) fn dir(&self) -> &Utf8Path {
        match self.target.parent() {
            Some(dir) if dir != "" => dir,
            _ => Utf8Path::new("."),
        }
    }

    /// When something was last done to the part, for who waits.
    pub(super) fn touched(&self) -> [Option<SystemTime>; 2] {
        [&self.part, &self.note].map(|path| path.symlink_metadata().ok()?.modified().ok())
    }
}

/// Returns whether a name is that of something that a download keeps beside its target while it is under way: its part, the
/// note on that, its lock. What lies there for weeks was given up, and may be removed when nobody has the lock.
pub fn is_part_name(name: &str) -> bool {
    let is_ours = |end| name.strip_suffix(end).is_some_and(|rest| rest.len() > 1);
    let is_torn_note = name.contains(".part.json.") && is_ours(".tmp");
    name.starts_with('.')
        && ([".part", ".part.json", ".lock"].into_iter().any(is_ours) || is_torn_note)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_parts_are_recognised_and_others_are_not() {
        let paths = PartPaths::of(Utf8Path::new("/x/voice.onnx"));
        for path in [&paths.part, &paths.note, &paths.lock] {
            assert!(is_part_name(path.file_name().expect("a name")), "{path}");
        }
        for other in ["voice.onnx", "x.part", ".part", ".lock", "notes.part.json"] {
            assert!(!is_part_name(other), "{other}");
        }
    }
}
