//! Says why the system took no more bytes: three limits, one kind of failure.

use std::io;

use crate::open::TooLarge;

/// What there is not enough of to write on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Shortage {
    /// Space on the disk (`ENOSPC`).
    Disk,
    /// What this user may have on the disk (`EDQUOT`).
    Quota,
    /// What a file may have by the limit of this process (`EFBIG`), or by its file system.
    FileSize,
}

impl Shortage {
    /// The shortage that `error` tells of. A file that was too large to be *read* ([`TooLarge`]) is none.
    pub fn of(error: &io::Error) -> Option<Self> {
        match error.kind() {
            io::ErrorKind::StorageFull => Some(Self::Disk),
            io::ErrorKind::QuotaExceeded => Some(Self::Quota),
            io::ErrorKind::FileTooLarge => {
                let read = error
                    .get_ref()
                    .is_some_and(<dyn std::error::Error + Send + Sync>::is::<TooLarge>);
                (!read).then_some(Self::FileSize)
            }
            _ => None,
        }
    }

    /// What a person can do about it: the beginning of a sentence.
    pub const fn help(self) -> &'static str {
        match self {
            Self::Disk => "free some space on that disk",
            Self::Quota => "free some of the space that you may have on that disk",
            Self::FileSize => "raise the limit on the size of files (`ulimit -f`)",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn three_errors_are_shortages_and_a_file_too_large_to_read_is_none() {
        let of = |kind: io::ErrorKind| Shortage::of(&kind.into());
        assert_eq!(of(io::ErrorKind::StorageFull), Some(Shortage::Disk));
        assert_eq!(of(io::ErrorKind::QuotaExceeded), Some(Shortage::Quota));
        assert_eq!(of(io::ErrorKind::FileTooLarge), Some(Shortage::FileSize));
        assert_eq!(of(io::ErrorKind::PermissionDenied), None);
        let read = io::Error::new(io::ErrorKind::FileTooLarge, TooLarge { limit: 1 });
        assert_eq!(Shortage::of(&read), None);
    }

    #[cfg(unix)]
    #[test]
    fn the_numbers_of_the_system_are_understood() {
        use rustix::io::Errno;
        for (errno, shortage) in [
            (Errno::NOSPC, Shortage::Disk),
            (Errno::DQUOT, Shortage::Quota),
            (Errno::FBIG, Shortage::FileSize),
        ] {
            assert_eq!(Shortage::of(&errno.into()), Some(shortage));
        }
    }
}
