//! Why a file could not be fetched.

use std::fmt;
use std::io;
use std::time::Duration;

use camino::{Utf8Path, Utf8PathBuf};
use videogen_durable::Shortage;
use videogen_net::{Blame, Blamed};
use videogen_types::{FailureKind, Hint};

use crate::registry::Sha256Digest;

/// Every failure of a download. Messages read after "failed to …:"; [`DownloadError::help`] has the next action. No message
/// holds a password or a key of a URL. What has come stays for the next call, unless it was wrong.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DownloadError {
    /// Nobody has the file.
    #[error("{name} has no mirror")]
    NoMirrors {
        /// The file.
        name: String,
    },
    /// Every mirror failed, as often as they may.
    #[error("no mirror of {name} delivered it: {}", listed(tried))]
    Exhausted {
        /// The file.
        name: String,
        /// What was tried, in the order of the mirrors.
        tried: Vec<MirrorFailure>,
        /// How many bytes the next call goes on from.
        here: u64,
    },
    /// Nothing came for too long.
    #[error("nothing more of {name} came for {} s{}{}", after.as_secs_f64(), if tried.is_empty() { "" } else { ": " }, listed(tried))]
    NoProgress {
        /// The file.
        name: String,
        /// For how long.
        after: Duration,
        /// How many bytes the next call goes on from.
        here: u64,
        /// What went wrong until then, in the order of the mirrors.
        tried: Vec<MirrorFailure>,
    },
    /// What came is not what could have been wanted: of a file of which nothing is known.
    #[error("{found} came instead of {name}")]
    NotTheFile {
        /// The file.
        name: String,
        /// What it is, as "a page for people".
        found: &'static str,
    },
    /// The disk has too little room.
    #[error("{name} needs {} MB in {dir}, with what stays free beside it, and {} MB are free", needed.div_ceil(1_000_000), free / 1_000_000)]
    NoSpace {
        /// The file.
        name: String,
        /// The directory it was to go to.
        dir: Utf8PathBuf,
        /// What it takes with the margin, in bytes.
        needed: u64,
        /// What is free, in bytes.
        free: u64,
    },
    /// What came is not the file that was wanted. Nothing of it was kept.
    #[error("{name} has the SHA-256 {found}, not {wanted}{}{}", from(culprits), if *all_agree { ", and its mirrors agree on that" } else { "" })]
    WrongDigest {
        /// The file.
        name: String,
        /// What it should have, by its registry.
        wanted: String,
        /// What it has.
        found: Sha256Digest,
        /// Addresses that delivered wrong bytes, as they may be shown.
        culprits: Vec<String>,
        /// Whether several mirrors delivered the same: then it is the registry that is wrong, most likely.
        all_agree: bool,
    },
    /// The weaker digest of the publisher is not that of the file, whose SHA-256 is right.
    #[error("{name} has the {kind} {found}, not {wanted}, though its SHA-256 is right")]
    CrossCheck {
        /// The file.
        name: String,
        /// "MD5" or "SHA-1".
        kind: &'static str,
        /// What the registry says.
        wanted: String,
        /// What it has.
        found: String,
    },
    /// A file of a size that nobody knows is larger than may be.
    #[error("{name} has more than {limit} bytes, and no mirror said how many")]
    TooLarge {
        /// The file.
        name: String,
        /// The most that is taken, in bytes.
        limit: u64,
    },
    /// Another process fetches the same file and gets no further.
    #[error("another process{} holds {lock}, and fetches nothing", holder.map(|pid| format!(" ({pid})")).unwrap_or_default())]
    Held {
        /// The file of the lock.
        lock: Utf8PathBuf,
        /// The process, where it left its number.
        holder: Option<u32>,
        /// How long it was waited for.
        waited: Duration,
    },
    /// A file could not be used.
    #[error("{action} {path} failed")]
    File {
        /// "writing", "reading" …
        action: &'static str,
        /// The file or directory.
        path: Utf8PathBuf,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// The caller's token fired.
    #[error("cancelled")]
    Cancelled,
}

/// What became of one mirror.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct MirrorFailure {
    /// Its address, as it may be shown. A message has the host alone where that could not be reached.
    pub url: String,
    /// What was wrong with it the last time.
    pub problem: String,
    /// Whose fault that was.
    pub blame: Blame,
    /// How often it was tried.
    pub tries: u32,
}

impl MirrorFailure {
    /// Returns what failed: the host where it could not be reached, otherwise the address.
    pub(super) fn place(&self) -> &str {
        if self.blame != Blame::Down {
            return &self.url;
        }
        let (_, rest) = self.url.split_once("://").unwrap_or_default();
        let host = rest.split('/').next().unwrap_or_default();
        if host.is_empty() { &self.url } else { host }
    }
}

impl fmt::Display for MirrorFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.place(), self.problem)?;
        match self.tries {
            0 | 1 => Ok(()),
            n => write!(f, " (tried {n} times)"),
        }
    }
}

/// Whether the next try has something to go on with.
fn goes_on(here: u64) -> &'static str {
    if here > 0 {
        "; what has come stays, and the next try goes on from there"
    } else {
        ""
    }
}

/// Where wrong bytes came from.
fn from(culprits: &[String]) -> String {
    match culprits {
        [] => String::new(),
        culprits => format!(", from {}", culprits.join(", ")),
    }
}

/// Places of the same failure that are named.
const NAMED: usize = 3;

/// What was tried: each problem once, with where it was.
fn listed(tried: &[MirrorFailure]) -> String {
    let mut problems: Vec<(&str, Vec<&MirrorFailure>)> = Vec::new();
    for failure in tried {
        match problems
            .iter_mut()
            .find(|(problem, _)| *problem == failure.problem)
        {
            Some((_, all)) => all.push(failure),
            None => problems.push((&failure.problem, vec![failure])),
        }
    }
    let lines = problems.iter().map(|(problem, all)| {
        let mut places: Vec<&str> = Vec::new();
        for failure in all {
            if !places.contains(&failure.place()) {
                places.push(failure.place());
            }
        }
        let others = match places.len().saturating_sub(NAMED) {
            // One more is as short as its number.
            0 | 1 => String::new(),
            others => {
                places.truncate(NAMED);
                format!(" and {others} others")
            }
        };
        let tries: u32 = all.iter().map(|failure| failure.tries).sum();
        let tries = match (tries, places.len()) {
            (0 | 1, _) => String::new(),
            (n, 1) => format!(" (tried {n} times)"),
            (n, _) if n as usize == all.len() => String::new(),
            (n, _) => format!(" (tried {n} times in all)"),
        };
        format!("{}{others}: {problem}{tries}", places.join(", "))
    });
    lines.collect::<Vec<_>>().join("; ")
}

impl DownloadError {
    /// Returns the next action for a person, when there is one.
    pub fn help(&self) -> Option<Hint> {
        Some(match self {
            Self::NoMirrors { .. } => "give the address of a mirror in the registry".into(),
            Self::Exhausted { tried, here, .. } if tried.iter().all(|f| f.blame == Blame::Down) => {
                format!("check the network connection{}", goes_on(*here)).into()
            }
            Self::Exhausted { tried, .. } if !tried.iter().any(|f| f.blame.is_retryable()) => {
                "give another mirror of it in the registry".into()
            }
            Self::Exhausted { here, .. } | Self::NoProgress { here, .. } => {
                format!("try again later{}", goes_on(*here)).into()
            }
            Self::NotTheFile { .. } => "give the address of the file itself".into(),
            Self::NoSpace { .. } => Shortage::Disk.help().into(),
            Self::WrongDigest {
                all_agree: true, ..
            } => {
                "the file was probably changed where it is published: bring the registry up to date"
                    .into()
            }
            Self::WrongDigest { .. } => {
                "try again later, or give another mirror in the registry".into()
            }
            Self::CrossCheck { .. } => "correct the weaker digest in the registry".into(),
            Self::TooLarge { .. } => "give the size in the registry".into(),
            Self::Held { .. } => "end the other process, or wait for it".into(),
            Self::File { source, .. } => match Shortage::of(source) {
                Some(shortage) => shortage.help().into(),
                None => "check the permissions of that directory".into(),
            },
            Self::Cancelled => return None,
        })
    }

    /// Whether the same request may succeed when it is simply made again.
    pub fn is_retryable(&self) -> bool {
        match self {
            Self::Exhausted { tried, .. } => tried.iter().any(|f| f.blame.is_retryable()),
            Self::NoProgress { .. } | Self::Held { .. } => true,
            _ => false,
        }
    }

    /// Whether this is the answer to the caller's own cancellation.
    pub fn is_cancelled(&self) -> bool {
        matches!(self, Self::Cancelled)
    }

    /// Returns what kind of failure it is.
    pub fn failure_kind(&self) -> FailureKind {
        match self {
            Self::NoMirrors { .. } => FailureKind::BadInput,
            Self::Exhausted { .. } => FailureKind::Network,
            Self::NoProgress { .. } => FailureKind::Timeout,
            Self::NoSpace { .. } | Self::File { .. } => FailureKind::Disk,
            Self::WrongDigest { .. }
            | Self::NotTheFile { .. }
            | Self::CrossCheck { .. }
            | Self::TooLarge { .. } => FailureKind::BadOutput,
            Self::Held { .. } => FailureKind::Resources,
            Self::Cancelled => FailureKind::Cancelled,
        }
    }

    /// For `map_err` on file operations.
    pub(crate) fn file(action: &'static str, path: &Utf8Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::File {
            action,
            path,
            source,
        }
    }
}

impl Blamed for DownloadError {
    fn blame(&self) -> Blame {
        match self {
            Self::NoMirrors { .. }
            | Self::NoSpace { .. }
            | Self::CrossCheck { .. }
            | Self::TooLarge { .. }
            | Self::File { .. } => Blame::Request,
            Self::Exhausted { tried, .. } => tried
                .iter()
                .map(|failure| failure.blame)
                .find(|blame| blame.is_retryable())
                .unwrap_or(Blame::Wrong),
            Self::NoProgress { .. } => Blame::Fault,
            Self::WrongDigest { .. } | Self::NotTheFile { .. } => Blame::Wrong,
            Self::Held { .. } => Blame::Busy,
            Self::Cancelled => Blame::Cancelled,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn failure(host: &str, problem: &str, tries: u32) -> MirrorFailure {
        MirrorFailure {
            url: format!("https://{host}/a/file"),
            problem: problem.to_owned(),
            blame: if problem == "refused" {
                Blame::Down
            } else {
                Blame::Wrong
            },
            tries,
        }
    }

    #[test]
    fn each_problem_is_told_once_however_many_have_it() {
        let mut tried = vec![failure("a", "refused", 2), failure("a", "refused", 1)];
        assert_eq!(listed(&tried), "a: refused (tried 3 times)");
        tried.push(failure("b", "refused", 1));
        assert_eq!(listed(&tried), "a, b: refused (tried 4 times in all)");
        let gone: Vec<_> = (0..64)
            .map(|n| failure(&format!("m{n}"), "404", 1))
            .collect();
        assert_eq!(
            listed(&gone),
            "https://m0/a/file, https://m1/a/file, https://m2/a/file and 61 others: 404"
        );
        assert_eq!(listed(&gone[..4]).matches("https").count(), 4);
        tried.extend(gone);
        assert_eq!(listed(&tried).matches("; ").count(), 1);
    }
}
