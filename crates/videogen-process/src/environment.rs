//! Decides which variables of this process a child inherits.

use std::ffi::{OsStr, OsString};

/// Variables copied to a child. Each is needed to find programs, the user's files or the user's language; none of them
/// changes which code a program loads or where it writes (`LD_PRELOAD`, `PYTHONPATH`, `FFREPORT`, `http_proxy` do).
const NAMES: &[&str] = &[
    "PATH",
    "HOME",
    "USER",
    "LANG",
    "TMPDIR",
    "TZ",
    // Windows: without SYSTEMROOT, sockets and the system's random numbers fail in the child.
    "SYSTEMROOT",
    "WINDIR",
    "TEMP",
    "TMP",
    "APPDATA",
    "LOCALAPPDATA",
    "USERPROFILE",
    "PATHEXT",
    "COMSPEC",
];

/// Families of variables copied to a child: locale categories, the XDG base directories, and the names of supervisors.
const PREFIXES: &[&str] = &[
    "LC_",
    "XDG_",
    // What this process is itself a descendant of.
    #[cfg(target_os = "linux")]
    crate::guard::PREFIX,
];

/// Whether a child inherits `name`. Names are case-insensitive on Windows only.
pub(crate) fn allowed(name: &OsStr) -> bool {
    let Some(name) = name.to_str() else {
        return false;
    };
    let name = if cfg!(windows) {
        name.to_ascii_uppercase()
    } else {
        name.to_owned()
    };
    NAMES.contains(&name.as_str()) || PREFIXES.iter().any(|prefix| name.starts_with(prefix))
}

/// The variables of `own` a child inherits.
pub(crate) fn inherited(
    own: impl Iterator<Item = (OsString, OsString)>,
) -> impl Iterator<Item = (OsString, OsString)> {
    own.filter(|(name, _)| allowed(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_finds_programs_and_language_is_inherited() {
        for name in ["PATH", "HOME", "LC_ALL", "LC_CTYPE", "XDG_CACHE_HOME", "TZ"] {
            assert!(allowed(OsStr::new(name)), "{name}");
        }
    }

    #[test]
    fn what_changes_code_or_output_is_not() {
        for name in [
            "LD_PRELOAD",
            "LD_LIBRARY_PATH",
            "DYLD_INSERT_LIBRARIES",
            "PYTHONPATH",
            "FFREPORT",
            "http_proxy",
            "HTTPS_PROXY",
            "BASH_ENV",
            "ENV",
            "LC",
            "PATH2",
            "",
        ] {
            assert!(!allowed(OsStr::new(name)), "{name}");
        }
    }

    #[cfg(unix)]
    #[test]
    fn names_are_case_sensitive_and_must_be_text() {
        use std::os::unix::ffi::OsStrExt;
        assert!(!allowed(OsStr::new("path")));
        assert!(!allowed(OsStr::from_bytes(b"LC_\xff")));
    }
}
