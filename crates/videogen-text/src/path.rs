//! Paths as people write them: what a shell or a browser would have made of them is made here, or said.

use std::borrow::Cow;
use std::fmt;

/// The most characters of a path that a message shows.
const LONGEST: usize = 100;

/// Why a text is no path of a file here. Displayed as one sentence, without a full stop.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum PathProblem {
    /// It is an address, and nothing is fetched for it. Shown without user, password and parameters.
    Address(String),
    /// It begins with the home of somebody by name.
    NamedHome(String),
    /// It begins with `~`, and there is no home directory.
    NoHome(String),
    /// It is a `file:` address that names another machine, or has bytes in it that are no text.
    FileAddress(String),
}

impl PathProblem {
    /// Returns the next step, without a full stop.
    pub fn help(&self) -> String {
        match self {
            Self::Address(_) => {
                "download it first, with a browser or curl, and name the file that you then have".into()
            }
            Self::NamedHome(text) => format!(
                "write that directory in full, ~/… for your own, or ./{text} for a file of that name"
            ),
            Self::NoHome(_) => "write the directory in full, or set HOME".into(),
            Self::FileAddress(_) => {
                "write the path alone, or file:///… with nothing between the second slash and the third".into()
            }
        }
    }
}

impl fmt::Display for PathProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Address(text) => {
                write!(
                    f,
                    "{text} is an address, and nothing is fetched from there: a file is needed"
                )
            }
            Self::NamedHome(text) => write!(
                f,
                "{text} begins with the home directory of somebody by name"
            ),
            Self::NoHome(text) => write!(f, "{text} begins with ~, and there is no home directory"),
            Self::FileAddress(text) => write!(f, "{text} names no file of this machine"),
        }
    }
}

impl std::error::Error for PathProblem {}

/// Returns the path that a person means by `text`: `~` and what begins with `~/` is in `home`, and `file:///a%20b` is
/// `/a b`. All else is a path as it stands, relative or not.
///
/// # Errors
/// [`PathProblem`] for an address of another kind, for `~somebody`, for `~` where there is no `home`.
pub fn read_path<'a>(text: &'a str, home: Option<&str>) -> Result<Cow<'a, str>, PathProblem> {
    let quoted = || crate::shown(text, LONGEST).into_owned();
    if let Some(rest) = strip_scheme(text, "file") {
        return local(rest)
            .map(Cow::Owned)
            .ok_or_else(|| PathProblem::FileAddress(quoted()));
    }
    if is_address(text) {
        return Err(PathProblem::Address(without_secrets(text)));
    }
    let Some(rest) = text.strip_prefix('~') else {
        return Ok(text.into());
    };
    if !(rest.is_empty() || rest.starts_with(['/', std::path::MAIN_SEPARATOR])) {
        return Err(PathProblem::NamedHome(quoted()));
    }
    match home {
        Some(home) if rest.is_empty() => Ok(home.to_owned().into()),
        Some(home) => Ok(format!("{}{rest}", home.trim_end_matches('/')).into()),
        None => Err(PathProblem::NoHome(quoted())),
    }
}

/// Says whether a text is an address (`https://…`, `ftp://…`, `data:…,…`) rather than a path. One of a file is not: its
/// path is what is meant.
#[must_use]
pub fn is_address(text: &str) -> bool {
    let Some((scheme, rest)) = text.trim_start().split_once(':') else {
        return false;
    };
    // RFC 3986, 3.1. One letter is a drive of Windows.
    let is_scheme = scheme.len() > 1
        && scheme.starts_with(|c: char| c.is_ascii_alphabetic())
        && scheme
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b"+-.".contains(&b));
    let is_data = scheme.eq_ignore_ascii_case("data") && rest.contains(',');
    is_scheme && !scheme.eq_ignore_ascii_case("file") && (rest.starts_with("//") || is_data)
}

/// What follows `scheme:`, in letters of either case.
fn strip_scheme<'a>(text: &'a str, scheme: &str) -> Option<&'a str> {
    let (found, rest) = text.trim_start().split_once(':')?;
    // Otherwise a file that is called so.
    (found.eq_ignore_ascii_case(scheme) && rest.starts_with('/')).then_some(rest)
}

/// The path of a `file:` address (RFC 8089), of which `rest` follows the colon.
fn local(rest: &str) -> Option<String> {
    let path = match rest.strip_prefix("//") {
        Some(rest) => {
            let at = rest.find('/')?;
            let host = &rest[..at];
            if !(host.is_empty() || host.eq_ignore_ascii_case("localhost")) {
                return None;
            }
            &rest[at..]
        }
        None => rest,
    };
    let path = decoded(path)?;
    // `/C:/a` is a drive of Windows.
    let drive = path
        .strip_prefix('/')
        .filter(|rest| cfg!(windows) && rest.as_bytes().get(1) == Some(&b':'));
    Some(drive.map_or(path.clone(), str::to_owned))
}

/// `text` with each `%XX` as the byte it stands for; a `%` without two digits is itself. `None` where that is no text, or
/// has a NUL in it, which no path has.
fn decoded(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, after @ ..] = rest {
        let digits = after.get(..2).and_then(|two| std::str::from_utf8(two).ok());
        let byte = digits
            .filter(|two| *first == b'%' && two.bytes().all(|b| b.is_ascii_hexdigit()))
            .and_then(|two| u8::from_str_radix(two, 16).ok());
        match byte {
            Some(byte) => {
                bytes.push(byte);
                rest = &after[2..];
            }
            None => {
                bytes.push(*first);
                rest = after;
            }
        }
    }
    String::from_utf8(bytes)
        .ok()
        .filter(|path| !path.contains('\0'))
}

/// An address without what may be secret in it: a user with a password before the host, and parameters.
fn without_secrets(text: &str) -> String {
    let plain = text
        .trim()
        .split(['?', '#', ','])
        .next()
        .unwrap_or_default();
    let plain = match plain.split_once("://") {
        Some((scheme, rest)) => {
            let (host, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
            let host = host.rsplit('@').next().unwrap_or_default();
            format!("{scheme}://{host}{path}")
        }
        None => plain.to_owned(),
    };
    crate::shown(&plain, LONGEST).into_owned()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(text: &str) -> Result<String, PathProblem> {
        read_path(text, Some("/home/ada")).map(Cow::into_owned)
    }

    #[test]
    fn paths_are_what_people_mean_by_them() {
        for (text, path) in [
            ("a.png", "a.png"),
            ("/a b/ü.png", "/a b/ü.png"),
            ("./~ada", "./~ada"),
            ("a~", "a~"),
            ("a/~/b", "a/~/b"),
            ("~", "/home/ada"),
            ("~/x", "/home/ada/x"),
            ("~/", "/home/ada/"),
            ("~/~", "/home/ada/~"),
            ("C:\\songs", "C:\\songs"),
            ("a:b", "a:b"),
            ("https:", "https:"),
            ("data:", "data:"),
            ("1://x", "1://x"),
            ("file:x", "file:x"),
            ("file:///a/b.png", "/a/b.png"),
            ("FILE:///a/b.png", "/a/b.png"),
            ("file:/a/b.png", "/a/b.png"),
            ("file://localhost/a/b.png", "/a/b.png"),
            ("file:///a%20b%C3%BC%25.png", "/a bü%.png"),
            ("file:///100%.png", "/100%.png"),
        ] {
            assert_eq!(read(text).as_deref(), Ok(path), "{text}");
        }
        for (text, path) in [("~", "/"), ("~/x", "/x")] {
            assert_eq!(read_path(text, Some("/")).as_deref(), Ok(path));
        }
    }

    #[test]
    fn what_is_no_path_is_told_with_what_to_do() {
        type Kind = fn(String) -> PathProblem;
        for (text, kind, shown) in [
            (
                "https://example.org/a.png",
                PathProblem::Address as Kind,
                "https://example.org/a.png",
            ),
            (
                "HTTP://example.org",
                PathProblem::Address,
                "HTTP://example.org",
            ),
            ("  ftp://x/y", PathProblem::Address, "ftp://x/y"),
            ("s3://bucket/key", PathProblem::Address, "s3://bucket/key"),
            (
                "https://me:s3cret@example.org/a.png?key=s3cret#x",
                PathProblem::Address,
                "https://example.org/a.png",
            ),
            (
                "data:image/png;base64,AAAA",
                PathProblem::Address,
                "data:image/png;base64",
            ),
            ("~bob", PathProblem::NamedHome, "~bob"),
            ("~bob/x", PathProblem::NamedHome, "~bob/x"),
            (
                "file://server/share/a.png",
                PathProblem::FileAddress,
                "file://server/share/a.png",
            ),
            ("file://~/a.png", PathProblem::FileAddress, "file://~/a.png"),
            ("file:///%FF", PathProblem::FileAddress, "file:///%FF"),
            ("file:///%00", PathProblem::FileAddress, "file:///%00"),
        ] {
            let problem = read(text).expect_err(text);
            assert_eq!(problem, kind(shown.to_owned()), "{text}");
            assert!(problem.to_string().starts_with(shown) && !problem.help().is_empty());
        }
        let homeless = read_path("~/x", None).expect_err("there is no home");
        assert_eq!(homeless, PathProblem::NoHome("~/x".into()));
        let help = read("https://example.org/a.png")
            .expect_err("an address")
            .help();
        assert!(help.contains("download"), "{help}");
    }

    proptest! {
        #[test]
        fn any_text_is_read_without_a_panic(text in "(~|file:|https?:)?/{0,3}\\PC{0,40}") {
            if let Ok(path) = read(&text) {
                prop_assert!(!path.starts_with('~'), "{}", path);
                prop_assert!(!is_address(&text));
            }
        }
    }
}
