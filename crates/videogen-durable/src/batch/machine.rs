//! Which machine works on a batch: told by its boot, its identity and its name, of which only the name changes lightly.

use serde::{Deserialize, Serialize};

use crate::Digest;

/// Digits of an identity that are kept: enough to tell all machines apart.
const DIGITS: usize = 32;

/// A machine as a journal or a claim names it. Journals of earlier versions have its name only.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Machine {
    /// Its name, for people. It may be changed at any time, and two machines may have the same.
    pub(super) host: String,
    /// A digest of the identity that its system was given when it was installed. Machines that are copies of one disk
    /// have the same.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) id: Option<String>,
    /// A digest of the identity of this run of its kernel: no two machines have the same, and locks of files hold among
    /// all processes that do.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) boot: Option<String>,
}

/// What two namings say of whether it is the same machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kinship {
    /// It is.
    Same,
    /// One sign speaks for it and one against: it was renamed, or its system installed anew, or it is a copy.
    Likely,
    /// It is another one, as far as can be told.
    Other,
}

impl Machine {
    /// Returns this one, which people call `host`.
    pub(super) fn here(host: &str) -> Self {
        let read = |path: &str| std::fs::read_to_string(path).ok();
        let identity = ["/etc/machine-id", "/var/lib/dbus/machine-id"]
            .into_iter()
            .find_map(|path| identity(&read(path)?));
        let boot = read("/proc/sys/kernel/random/boot_id").and_then(|text| identity_of_boot(&text));
        Self {
            host: host.to_owned(),
            id: identity,
            boot,
        }
    }

    /// Says what speaks for it being `other`, too.
    pub(super) fn kinship(&self, other: &Self) -> Kinship {
        let both = |a: &Option<String>, b: &Option<String>| match (a, b) {
            (Some(a), Some(b)) => Some(a == b),
            _ => None,
        };
        if both(&self.boot, &other.boot) == Some(true) {
            return Kinship::Same;
        }
        match (self.host == other.host, both(&self.id, &other.id)) {
            (true, Some(true) | None) => Kinship::Same,
            (true, Some(false)) | (false, Some(true)) => Kinship::Likely,
            (false, Some(false) | None) => Kinship::Other,
        }
    }

    /// Whether locks of files are sure to hold between processes of the two.
    pub(super) fn shares_locks_with(&self, other: &Self) -> bool {
        self.boot.is_some() && self.boot == other.boot
    }
}

/// Returns a digest of a system's identity, which is not for others to know; nothing for what is none.
fn identity(text: &str) -> Option<String> {
    let text = text.trim();
    let is_one = text.len() == 32
        && text.bytes().all(|byte| byte.is_ascii_hexdigit())
        && text.bytes().any(|byte| byte != b'0');
    is_one.then(|| digest("machine", text))
}

fn identity_of_boot(text: &str) -> Option<String> {
    let text = text.trim();
    (!text.is_empty()).then(|| digest("boot", text))
}

fn digest(kind: &str, text: &str) -> String {
    let whole = Digest::of(format!("videogen {kind} {text}").as_bytes()).to_string();
    whole.chars().take(DIGITS).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn machine(host: &str, id: Option<&str>, boot: Option<&str>) -> Machine {
        Machine {
            host: host.to_owned(),
            id: id.map(str::to_owned),
            boot: boot.map(str::to_owned),
        }
    }

    #[test]
    fn a_renamed_machine_is_the_same_and_a_namesake_is_not_taken_for_it() {
        use Kinship::{Likely, Other, Same};
        let me = machine("a", Some("1"), Some("x"));
        for (other, expected) in [
            (machine("a", Some("1"), Some("x")), Same),
            // Renamed since, or another container of the same kernel.
            (machine("b", Some("1"), Some("x")), Same),
            (machine("b", None, Some("x")), Same),
            // Started anew.
            (machine("a", Some("1"), Some("y")), Same),
            // Renamed and started anew, or a copy of its disk.
            (machine("b", Some("1"), Some("y")), Likely),
            // Installed anew, or a namesake.
            (machine("a", Some("2"), Some("y")), Likely),
            (machine("b", Some("2"), Some("y")), Other),
            // What earlier versions wrote.
            (machine("a", None, None), Same),
            (machine("b", None, None), Other),
        ] {
            assert_eq!(me.kinship(&other), expected, "{other:?}");
            assert_eq!(other.kinship(&me), expected, "{other:?}");
        }
        assert!(me.shares_locks_with(&machine("b", None, Some("x"))));
        assert!(!me.shares_locks_with(&machine("a", Some("1"), None)));
        assert!(!machine("a", None, None).shares_locks_with(&machine("a", None, None)));
    }

    #[test]
    fn identities_are_digests_and_what_is_none_is_nothing() {
        let text = "0123456789abcdef0123456789abcdef\n";
        let known = identity(text).expect("it is one");
        assert_eq!(known.len(), DIGITS);
        assert!(!known.contains("0123456789abcdef"), "{known}");
        assert_ne!(identity_of_boot(text), Some(known));
        for none in ["", "uninitialized", &"0".repeat(32), "0123"] {
            assert_eq!(identity(none), None, "{none:?}");
        }
        assert_eq!(Machine::here("a"), Machine::here("a"));
    }
}
