//! What addresses, paths, names and texts of a registry may be.

use std::collections::BTreeSet;

use url::Url;
use videogen_durable::safe_name;
use videogen_net::RedactedUrl;
use videogen_text::{shown, steers};

use super::error::{RegistryProblem, UrlProblem};
use super::limits::{MOST_PATH, MOST_TEXT, MOST_URL_BYTES, SHOWN};

/// What a registry may have beside the usual.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RegistryRules {
    plain_http: BTreeSet<String>,
}

impl RegistryRules {
    /// Allows `http` for this host, at any port: a mirror in one's own network, or of a test.
    #[must_use]
    pub fn allow_plain_http(mut self, host: &str) -> Self {
        self.plain_http.insert(host.to_ascii_lowercase());
        self
    }
}

/// What an address is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum UrlUse {
    /// A file is fetched from it.
    File,
    /// Paths are appended to it.
    Root,
    /// People read it, and nothing is fetched from it.
    Link,
}

/// Returns the address, if it may be used for that.
pub(super) fn url(
    text: &str,
    purpose: UrlUse,
    rules: &RegistryRules,
) -> Result<Url, RegistryProblem> {
    checked(text, purpose, rules).map_err(|problem| RegistryProblem::Url {
        shown: redacted(text),
        problem,
    })
}

/// As [`url`], where nothing around the address is told.
///
/// # Errors
/// What is wrong with it.
pub(super) fn checked(
    text: &str,
    purpose: UrlUse,
    rules: &RegistryRules,
) -> Result<Url, UrlProblem> {
    if text.len() > MOST_URL_BYTES {
        return Err(UrlProblem::TooLong { bytes: text.len() });
    }
    let invalid = |reason: String| UrlProblem::Invalid { reason };
    // The parser of URLs leaves out line ends and tabs, and makes slashes of backslashes: what is read would not be what is
    // fetched.
    if text.chars().any(|c| steers(c) || c == '\\' || c == ' ') {
        return Err(invalid(
            "it has a space, a backslash or a control character".into(),
        ));
    }
    let url = Url::parse(text).map_err(|error| invalid(error.to_string()))?;
    if url.as_str().len() > MOST_URL_BYTES {
        let bytes = url.as_str().len();
        return Err(UrlProblem::TooLong { bytes });
    }
    let host = url.host_str().unwrap_or_default();
    match url.scheme() {
        "https" => {}
        "http" if purpose == UrlUse::Link || rules.plain_http.contains(host) => {}
        "http" => {
            let host = host.to_owned();
            return Err(UrlProblem::PlainHttp { host });
        }
        scheme => {
            let scheme = scheme.to_owned();
            return Err(UrlProblem::Scheme { scheme });
        }
    }
    if !url.username().is_empty() || url.password().is_some() || authority(text).contains('@') {
        return Err(UrlProblem::Credentials);
    }
    let has_tail = match purpose {
        UrlUse::File => url.fragment().is_some(),
        UrlUse::Root => url.fragment().is_some() || url.query().is_some(),
        UrlUse::Link => false,
    };
    if has_tail {
        return Err(UrlProblem::Tail);
    }
    Ok(url)
}

/// What stands between `//` and the path.
fn authority(text: &str) -> &str {
    let rest = text.split_once("//").map_or(text, |(_, rest)| rest);
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    &rest[..end]
}

/// An address as it can be shown: what stands before an `@` may be a password.
fn redacted(text: &str) -> String {
    shown(RedactedUrl::of_text(text).as_str(), SHOWN).into_owned()
}

/// Returns `root` with a path appended, percent-encoded where that is needed.
pub(super) fn joined(root: &Url, path: &str) -> Result<Url, RegistryProblem> {
    let mut url = root.clone();
    // A URL of http or https always has a path that can be extended.
    if let Ok(mut segments) = url.path_segments_mut() {
        segments.pop_if_empty().extend(path.split('/'));
    }
    let bytes = url.as_str().len();
    if bytes > MOST_URL_BYTES {
        return Err(RegistryProblem::Url {
            shown: redacted(url.as_str()),
            problem: UrlProblem::TooLong { bytes },
        });
    }
    Ok(url)
}

/// Returns what is wrong with a path below a root.
pub(super) fn check_path(path: &str) -> Result<(), String> {
    let is_plain = |segment: &str| !matches!(segment, "" | "." | "..");
    if path.len() > MOST_PATH
        || path.chars().any(|c| steers(c) || c == '\\')
        || !path.split('/').all(is_plain)
    {
        return Err(format!(
            "{:?} is not a path below a root: names with single slashes between them, without . and ..",
            shown(path, SHOWN)
        ));
    }
    Ok(())
}

/// Returns what is wrong with the name that a file is to get.
pub(super) fn check_name(name: &str) -> Result<(), String> {
    // The rule by which names that people choose are made harmless: what it would change is refused.
    if is_plainly_safe(name) {
        return Ok(());
    }
    if name.is_empty() || safe_name(name, "file") != name {
        return Err(format!(
            "{:?} is not the name of a file: letters, digits, single spaces and - _ . only, no dot or - at either end, no name \
             that Windows keeps for a device, 200 bytes at most",
            shown(name, SHOWN)
        ));
    }
    Ok(())
}

/// Whether a name is so plain that nothing need be looked at: the catalogue has hundreds of such names, and bringing each into
/// NFC takes as long as parsing it.
fn is_plainly_safe(name: &str) -> bool {
    let stem = name.split('.').next().unwrap_or_default();
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
    let has_plain_ends = |name: &str| {
        let ends = [name.bytes().next(), name.bytes().next_back()];
        ends.iter()
            .all(|end| end.is_some_and(|byte| byte.is_ascii_alphanumeric()))
    };
    // Names of devices have three or four letters.
    (5..=200).contains(&name.len())
        && stem.len() > 4
        && name.bytes().all(is_plain)
        && has_plain_ends(name)
}

/// Returns what is wrong with a text that people read.
pub(super) fn check_text(text: &str) -> Result<(), String> {
    if text.trim().is_empty() {
        return Err("it is empty".into());
    }
    if text.chars().count() > MOST_TEXT {
        return Err(format!("it has more than {MOST_TEXT} characters"));
    }
    if text.chars().any(steers) {
        return Err(
            "it has a line end, a control character or a mark that turns text around".into(),
        );
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn problem(text: &str) -> UrlProblem {
        match url(text, UrlUse::File, &RegistryRules::default()) {
            Err(RegistryProblem::Url { problem, .. }) => problem,
            other => panic!("{text}: {other:?}"),
        }
    }

    #[test]
    fn addresses_that_are_refused() {
        let scheme = |scheme: &str| UrlProblem::Scheme {
            scheme: scheme.into(),
        };
        assert_eq!(problem("file:///etc/passwd"), scheme("file"));
        assert_eq!(problem("ftp://example.org/x"), scheme("ftp"));
        assert_eq!(problem("data:text/plain,x"), scheme("data"));
        assert_eq!(problem("javascript:alert(1)"), scheme("javascript"));
        let plain = UrlProblem::PlainHttp {
            host: "example.org".into(),
        };
        assert_eq!(problem("http://example.org/x"), plain);
        for credentials in [
            "https://a@b/x",
            "https://:p@b/x",
            "https://a:p@b/x",
            "https://@b/x",
        ] {
            assert_eq!(
                problem(credentials),
                UrlProblem::Credentials,
                "{credentials}"
            );
        }
        assert_eq!(problem("https://example.org/x#y"), UrlProblem::Tail);
        for invalid in [
            "",
            "example.org/x",
            "https://",
            "https://exa mple.org/",
            "https://example.org/a b",
            "https://example.org/a\nb",
            "https:\\\\example.org\\x",
            "https://[::1/x",
            "https://example.org:99999/x",
        ] {
            let problem = problem(invalid);
            assert!(
                matches!(problem, UrlProblem::Invalid { .. }),
                "{invalid}: {problem}"
            );
        }
        let long = format!("https://example.org/{}", "a".repeat(8 << 10));
        assert_eq!(problem(&long), UrlProblem::TooLong { bytes: long.len() });
        // Percent-encoding makes it three times as long.
        let grows = format!("https://example.org/{}", "ã".repeat(500));
        assert!(matches!(problem(&grows), UrlProblem::TooLong { .. }));
    }

    #[test]
    fn a_password_is_not_shown() {
        let error = url(
            "https://me:secret@b/x",
            UrlUse::File,
            &RegistryRules::default(),
        );
        let message = error.unwrap_err().to_string();
        assert!(
            !message.contains("secret") && message.contains("b/x"),
            "{message}"
        );
    }

    #[test]
    fn plain_http_is_for_the_hosts_that_were_allowed() {
        let rules = RegistryRules::default().allow_plain_http("Mirror.LAN");
        assert!(url("http://mirror.lan:8080/x", UrlUse::File, &rules).is_ok());
        assert!(url("http://mirror.lan.example.org/x", UrlUse::File, &rules).is_err());
        assert!(url("ftp://mirror.lan/x", UrlUse::File, &rules).is_err());
        assert!(url("http://example.org/terms#a", UrlUse::Link, &rules).is_ok());
    }

    #[test]
    fn paths_are_encoded_once() {
        let root = Url::parse("https://example.org/a/").unwrap();
        let of = |path: &str| joined(&root, path).unwrap().to_string();
        assert_eq!(
            of("b/tugão.onnx"),
            "https://example.org/a/b/tug%C3%A3o.onnx"
        );
        assert_eq!(
            of("Piano Loop.wav"),
            "https://example.org/a/Piano%20Loop.wav"
        );
        assert_eq!(of("100%?#.x"), "https://example.org/a/100%25%3F%23.x");
        let bare = Url::parse("https://example.org/a").unwrap();
        assert_eq!(
            joined(&bare, "b").unwrap().as_str(),
            "https://example.org/a/b"
        );
        for bad in ["", "/a", "a//b", "a/", "../a", "a/./b", "a\\b", "a\nb"] {
            assert!(check_path(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn names_that_are_refused() {
        for bad in [
            "",
            ".",
            "..",
            ".bashrc",
            "a/b",
            "a\\b",
            "C:x",
            "CON",
            "aux.mp3",
            "com1.txt",
            "-i",
            "a.",
            "a ",
            " a",
            "a%03d.png",
            "*",
            "a\nb",
            "a\u{202e}b",
            "concat:a|b",
        ] {
            assert!(check_name(bad).is_err(), "{bad:?}");
        }
        assert!(check_name(&"a".repeat(255)).is_err());
        for good in [
            "en_US-bryce-medium.onnx.json",
            "pt_PT-tugão-medium.onnx",
            "sd_xl_base_1.0.safetensors",
        ] {
            assert_eq!(check_name(good), Ok(()));
        }
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic_and_what_passes_is_safe(text in ".{0,60}") {
            if let Ok(url) = url(&text, UrlUse::File, &RegistryRules::default()) {
                prop_assert_eq!(url.scheme(), "https");
                prop_assert!(url.has_host() && url.username().is_empty() && url.password().is_none());
            }
            if check_name(&text).is_ok() {
                prop_assert!(!text.contains(['/', '\\', ':', '\0']) && !text.starts_with(['.', '-']));
            }
        }

        #[test]
        fn the_short_way_to_judge_a_name_allows_no_more_than_the_long_one(name in "[a-zA-Z0-9._-]{0,12}|(con|aux|com1|lpt9)[.a-z]{0,6}") {
            prop_assert!(!is_plainly_safe(&name) || safe_name(&name, "file") == name);
        }

        #[test]
        fn a_joined_path_stays_below_its_root(path in "[a-zA-Zã%?#. ]{1,20}(/[a-z%. ]{1,8}){0,3}") {
            let root = Url::parse("https://example.org/root/").unwrap();
            prop_assume!(check_path(&path).is_ok());
            let url = joined(&root, &path).unwrap();
            prop_assert!(url.as_str().starts_with(root.as_str()));
            prop_assert!(url.query().is_none() && url.fragment().is_none());
            let count = url.path_segments().unwrap().count();
            prop_assert_eq!(count, 1 + path.split('/').count());
        }
    }
}
