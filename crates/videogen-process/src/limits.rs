//! What a child may take of the system, and how one that took more is told.

use crate::outcome::FileLimit;

/// The most a child, and each process that it starts, may take. Nothing is bounded that is not set.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Limits {
    /// Bytes of addresses (`RLIMIT_AS`).
    pub(crate) address_space: Option<u64>,
    /// Bytes of memory of its own (`RLIMIT_DATA`).
    pub(crate) memory: Option<u64>,
    /// Bytes of a file that it writes (`RLIMIT_FSIZE`).
    pub(crate) file_size: Option<u64>,
    /// Whether the files that it makes are its user's only.
    pub(crate) private_files: bool,
}

/// The limit of file sizes for a child with `most`, as this process is limited now.
pub(crate) fn file(most: Option<u64>) -> Option<FileLimit> {
    #[cfg(unix)]
    let there = {
        let there = rustix::process::getrlimit(rustix::process::Resource::Fsize);
        [there.current, there.maximum].into_iter().flatten().min()
    };
    #[cfg(not(unix))]
    let there = None;
    let bytes = [most, there].into_iter().flatten().min()?;
    Some(FileLimit {
        bytes,
        inherited: most != Some(bytes),
    })
}

/// A limit as it is set: never above what there is already, so that a limit of the user stands.
#[cfg(unix)]
pub(crate) fn lowered(
    now: rustix::process::Rlimit,
    most: Option<u64>,
) -> Option<rustix::process::Rlimit> {
    let mut value = most?;
    for there in [now.current, now.maximum].into_iter().flatten() {
        value = value.min(there);
    }
    Some(rustix::process::Rlimit {
        current: Some(value),
        maximum: Some(value),
    })
}

#[cfg(all(test, unix))]
mod tests {
    use proptest::prelude::*;
    use rustix::process::Rlimit;

    use super::*;

    #[test]
    fn what_is_not_set_is_left_as_it_is() {
        let now = Rlimit {
            current: Some(7),
            maximum: None,
        };
        assert_eq!(lowered(now, None), None);
    }

    proptest! {
        #[test]
        fn a_limit_is_never_raised(current: Option<u64>, maximum: Option<u64>, most: u64) {
            let set = lowered(Rlimit { current, maximum }, Some(most)).unwrap();
            prop_assert_eq!(set.current, set.maximum);
            let value = set.current.unwrap();
            prop_assert!(value <= most);
            prop_assert!(current.is_none_or(|current| value <= current));
            prop_assert!(maximum.is_none_or(|maximum| value <= maximum));
            prop_assert!([Some(most), current, maximum].contains(&Some(value)));
        }
    }
}
