//! What can be wrong with a registry, with the place and with what would be right.

use std::fmt;
use std::io;

use camino::Utf8PathBuf;
use videogen_types::Hint;

use super::limits;

/// A registry that cannot be used. Its messages tell the file, the line and the asset.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RegistryError {
    /// The file cannot be read.
    #[error("reading {path} failed")]
    Read {
        /// The file.
        path: Utf8PathBuf,
        /// What the operating system said.
        source: io::Error,
    },
    /// Something in it is wrong.
    #[error("{file}, line {line}{}: {problem}", of(.asset.as_deref()))]
    Content {
        /// The file, as it was named.
        file: String,
        /// The line, from 1.
        line: usize,
        /// The asset, where its id is known already.
        asset: Option<String>,
        /// What is wrong.
        problem: RegistryProblem,
    },
}

fn of(asset: Option<&str>) -> String {
    asset.map_or_else(String::new, |asset| format!(", asset {asset}"))
}

impl RegistryError {
    /// Returns the next action for a person, when there is one.
    pub fn help(&self) -> Option<Hint> {
        match self {
            Self::Read { source, .. } if source.kind() == io::ErrorKind::NotFound => {
                Some("check the name of the file".into())
            }
            Self::Read { .. } => None,
            Self::Content { problem, .. } => problem.help(),
        }
    }

    /// Returns what is wrong with the content, where it is the content.
    pub fn problem(&self) -> Option<&RegistryProblem> {
        match self {
            Self::Read { .. } => None,
            Self::Content { problem, .. } => Some(problem),
        }
    }
}

/// What is wrong with the content of a registry.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RegistryProblem {
    /// It has more bytes than a registry may have.
    #[error("the file is larger than {} MiB", limits::MOST_REGISTRY_BYTES >> 20)]
    TooLarge,
    /// It is not TOML.
    #[error("it is not valid TOML: {message}")]
    NotToml {
        /// What the parser said.
        message: String,
    },
    /// It is of a version that this program does not know.
    #[error("it is a registry of version {version}")]
    Version {
        /// The version it says.
        version: String,
    },
    /// A key is not known.
    #[error("unknown key `{key}`")]
    UnknownKey {
        /// The key.
        key: String,
        /// Keys most like it, best first.
        nearest: Vec<String>,
        /// The keys that can stand there.
        known: &'static [&'static str],
    },
    /// A key is missing.
    #[error("the key `{key}` is missing")]
    MissingKey {
        /// The key.
        key: &'static str,
    },
    /// A value is of another type.
    #[error("`{key}` has to be {expected}, and is of the type {found}")]
    WrongType {
        /// The key.
        key: String,
        /// What it has to be, with an article.
        expected: &'static str,
        /// The type that it has, by TOML's name.
        found: &'static str,
    },
    /// A value cannot be that.
    #[error("`{key}`: {reason}")]
    BadValue {
        /// The key.
        key: &'static str,
        /// What is wrong with the value, and what would be right.
        reason: String,
    },
    /// Two assets have the same id.
    #[error("there is another asset of this id in line {first}")]
    DuplicateAsset {
        /// The line of the first one.
        first: usize,
    },
    /// Two files of an asset have the same name, if large and small letters are the same.
    #[error("two files are called {name:?}")]
    DuplicateFile {
        /// The name.
        name: String,
    },
    /// A file has the same mirror twice.
    #[error("{url} is there twice")]
    DuplicateMirror {
        /// The address.
        url: String,
    },
    /// An address cannot be used.
    #[error("{shown}: {problem}")]
    Url {
        /// The address, shortened, without user and password.
        shown: String,
        /// What is wrong with it.
        problem: UrlProblem,
    },
    /// A file lies nowhere.
    #[error("the file {name:?} has no mirror")]
    NoMirrors {
        /// The file.
        name: String,
    },
    /// A file lies in too many places.
    #[error("{count} mirrors of one file")]
    TooManyMirrors {
        /// How many.
        count: usize,
    },
    /// There are too many files, or their addresses take too much memory.
    #[error("too many files, or too many addresses")]
    TooMuch,
    /// The licence asks for credits, and nobody is named.
    #[error("the licence {licence} asks for credits, and there is no `attribution`")]
    NoAttribution {
        /// The licence.
        licence: String,
    },
    /// A `base` that is not defined.
    #[error("there is no base {name:?}")]
    UnknownBase {
        /// The name.
        name: String,
        /// Names most like it, best first.
        nearest: Vec<String>,
    },
}

/// What is wrong with an address.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum UrlProblem {
    /// It has more bytes than addresses may have.
    TooLong {
        /// How many it has.
        bytes: usize,
    },
    /// It is no address.
    Invalid {
        /// What the parser said.
        reason: String,
    },
    /// It is of a scheme that is not used.
    Scheme {
        /// The scheme, as `ftp`.
        scheme: String,
    },
    /// It is not encrypted, and its host is not one of those where that is allowed.
    PlainHttp {
        /// The host.
        host: String,
    },
    /// It has a user or a password in it.
    Credentials,
    /// It has a query or a fragment where paths are appended, or a fragment where a file is to be fetched.
    Tail,
}

impl fmt::Display for UrlProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooLong { bytes } => write!(
                f,
                "an address of {bytes} bytes; the most is {}",
                limits::MOST_URL_BYTES
            ),
            Self::Invalid { reason } => write!(f, "not an address: {reason}"),
            Self::Scheme { scheme } => write!(f, "{scheme} is not used, only https"),
            Self::PlainHttp { host } => {
                write!(f, "http is not encrypted, and is not allowed for {host}")
            }
            Self::Credentials => f.write_str("an address must not have a user or a password"),
            Self::Tail => f.write_str("this address must end with its path"),
        }
    }
}

impl RegistryProblem {
    fn help(&self) -> Option<Hint> {
        let did_you_mean = |nearest: &[String]| {
            let names: Vec<String> = nearest.iter().map(|name| format!("`{name}`")).collect();
            Hint::from(format!("did you mean {}?", names.join(" or ")))
        };
        Some(match self {
            Self::UnknownKey { nearest, known, .. } if nearest.is_empty() => {
                format!("known here are {}", known.join(", ")).into()
            }
            Self::UnknownBase { nearest, .. } if nearest.is_empty() => {
                "define it: [base.NAME] with mirrors = [\"https://…/\"]".into()
            }
            Self::UnknownKey { nearest, .. } | Self::UnknownBase { nearest, .. } => did_you_mean(nearest),
            Self::NotToml { .. } => {
                "a registry is TOML in UTF-8, in which text has quotes: id = \"my-song\"".into()
            }
            Self::Version { .. } => "write version = 1, or use a newer version of this program".into(),
            Self::MissingKey { key: "mirrors" } | Self::NoMirrors { .. } => {
                "give at least one address: mirrors = [\"https://…\"]".into()
            }
            Self::MissingKey { key: "licence" } => {
                "give its SPDX identifier, such as \"CC-BY-4.0\"; \"unknown\" asks before it is used".into()
            }
            Self::MissingKey { key } => format!("add a line with `{key} = …`").into(),
            Self::DuplicateAsset { .. } => "give one of them another id".into(),
            Self::DuplicateFile { .. } => "give one of them another `name`".into(),
            Self::Url { problem, .. } => match problem {
                UrlProblem::PlainHttp { .. } => "use an https address, or allow the host explicitly".into(),
                UrlProblem::Scheme { .. } => "give an address that begins with https://".into(),
                UrlProblem::Credentials => "take the part before the @ out of it".into(),
                _ => return None,
            },
            Self::TooManyMirrors { .. } => {
                format!("keep the best ones, {} at most", limits::MOST_MIRRORS).into()
            }
            Self::TooLarge | Self::TooMuch => "divide it into several registries".into(),
            Self::NoAttribution { .. } => {
                "add attribution = { title = \"…\", author = \"…\", source = \"https://…\" }".into()
            }
            Self::WrongType { .. } | Self::BadValue { .. } | Self::DuplicateMirror { .. } => return None,
        })
    }
}
