//! What may be printed of a URL, and values that are never printed.

use std::fmt;

use secrecy::{ExposeSecret, SecretString};
use url::Url;

/// The most bytes of a URL that a message shows.
const SHOWN: usize = 300;
/// The longest value of a query parameter that is shown. Signatures and tokens are longer than what one types.
const SHOWN_VALUE: usize = 40;
/// What stands in place of what is hidden.
const HIDDEN: &str = "***";
/// Parts of parameter names whose values are hidden.
const SECRET_NAMES: &[&str] = &[
    "key", "token", "secret", "passw", "pwd", "sig", "auth", "cred", "session", "jwt", "code",
    "cookie",
];

/// A key or token: it is sent, and never printed, logged or serialized. Its memory is wiped.
#[derive(Clone)]
pub struct Secret(SecretString);

impl Secret {
    /// Takes a value into custody.
    pub fn new(value: impl Into<String>) -> Self {
        Self(SecretString::from(value.into()))
    }

    /// The value, to be sent and for nothing else.
    pub fn expose(&self) -> &str {
        self.0.expose_secret()
    }

    /// Whether there is nothing in it.
    pub fn is_empty(&self) -> bool {
        self.expose().is_empty()
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(***)")
    }
}

impl From<String> for Secret {
    fn from(value: String) -> Self {
        Self::new(value)
    }
}

impl From<&str> for Secret {
    fn from(value: &str) -> Self {
        Self::new(value)
    }
}

impl<'de> serde::Deserialize<'de> for Secret {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(Self::new)
    }
}

/// A URL as it may be printed: without user and password, without the values of parameters that look like keys, tokens
/// or signatures, without fragment, without control characters, and cut at 300 bytes.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct RedactedUrl(Box<str>);

impl RedactedUrl {
    /// What may be printed of `url`.
    pub fn new(url: &Url) -> Self {
        if !url.has_host() {
            // `joe:password@host` is a URL with the scheme `joe`.
            return Self::without_parse(url.as_str());
        }
        let mut shown = String::new();
        shown.push_str(url.scheme());
        shown.push_str("://");
        if !url.username().is_empty() || url.password().is_some() {
            shown.push_str(HIDDEN);
            shown.push('@');
        }
        if let Some(host) = url.host_str() {
            shown.push_str(host);
        }
        if let Some(port) = url.port() {
            shown.push(':');
            shown.push_str(&port.to_string());
        }
        shown.push_str(url.path());
        let mut lead = '?';
        for pair in url.query().unwrap_or_default().split('&') {
            if pair.is_empty() {
                continue;
            }
            shown.push(lead);
            lead = '&';
            match pair.split_once('=') {
                Some((name, value)) if is_secret(name, value) => {
                    shown.push_str(name);
                    shown.push('=');
                    shown.push_str(HIDDEN);
                }
                // A parameter without a name may be a token as a whole.
                None if pair.len() > SHOWN_VALUE => shown.push_str(HIDDEN),
                Some(_) | None => shown.push_str(pair),
            }
        }
        Self(printable(&shown, SHOWN).into())
    }

    /// What may be printed of something that should have been a URL: nothing up to an `@`, and no parameters.
    pub fn of_text(text: &str) -> Self {
        match Url::parse(text) {
            Ok(url) => Self::new(&url),
            Err(_) => Self::without_parse(text),
        }
    }

    fn without_parse(text: &str) -> Self {
        let text = text.split(['?', '#']).next().unwrap_or_default();
        let shown = match text.rsplit_once('@') {
            Some((_, rest)) => format!("{HIDDEN}@{rest}"),
            None => text.to_owned(),
        };
        Self(printable(&shown, SHOWN).into())
    }

    /// As text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for RedactedUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for RedactedUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}

impl serde::Serialize for RedactedUrl {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

fn is_secret(name: &str, value: &str) -> bool {
    let name = name.to_ascii_lowercase();
    value.len() > SHOWN_VALUE || SECRET_NAMES.iter().any(|part| name.contains(part))
}

/// `text` on one line, at most `limit` bytes of it, with `…` where it was cut.
pub(crate) fn printable(text: &str, limit: usize) -> String {
    let mut shown = String::with_capacity(text.len().min(limit));
    for c in text.chars() {
        if shown.len() + c.len_utf8() > limit {
            shown.push('…');
            break;
        }
        // Controls forge log lines; bidirectional overrides reorder what is read.
        let hidden = c.is_control()
            || matches!(c, '\u{2028}' | '\u{2029}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
        shown.push(if hidden { ' ' } else { c });
    }
    shown
}

/// The beginning of an answer, on one line, without the secrets that were sent with the request: servers like to quote
/// the key they refuse.
pub(crate) fn excerpt(bytes: &[u8], limit: usize, secrets: &[Secret]) -> String {
    // A secret that lies across the limit must be found as well.
    let longest = secrets
        .iter()
        .map(|secret| secret.expose().len())
        .max()
        .unwrap_or(0);
    let mut text = String::from_utf8_lossy(&bytes[..bytes.len().min(limit + longest)]).into_owned();
    for secret in secrets.iter().filter(|secret| !secret.is_empty()) {
        text = text.replace(secret.expose(), HIDDEN);
    }
    printable(text.trim(), limit)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn shown(url: &str) -> String {
        RedactedUrl::new(&Url::parse(url).unwrap()).to_string()
    }

    #[test]
    fn what_is_needed_to_find_the_fault_stays() {
        assert_eq!(
            shown("http://127.0.0.1:8188/view?filename=a.png&type=output#x"),
            "http://127.0.0.1:8188/view?filename=a.png&type=output"
        );
        assert_eq!(shown("https://host/a/b"), "https://host/a/b");
    }

    #[test]
    fn users_passwords_keys_and_signatures_go() {
        let text = shown(
            "https://joe:hunter2@host/x?api_key=abc&X-Amz-Signature=12&n=3&t=aaaaaaaaaabbbbbbbbbbccccccccccddddddddddeeee",
        );
        assert_eq!(
            text,
            "https://***@host/x?api_key=***&X-Amz-Signature=***&n=3&t=***"
        );
        assert_eq!(
            RedactedUrl::of_text("joe:hunter2@ho st/x?k=1").as_str(),
            "***@ho st/x"
        );
    }

    #[test]
    fn a_secret_prints_nothing() {
        let secret = Secret::new("sk-123");
        assert_eq!(format!("{secret:?}"), "Secret(***)");
        assert_eq!(secret.expose(), "sk-123");
    }

    #[test]
    fn a_quoted_key_is_hidden_even_where_the_excerpt_ends() {
        let secrets = [Secret::new("sk-123456")];
        assert_eq!(
            excerpt(b"bad key sk-123456!", 100, &secrets),
            "bad key ***!"
        );
        assert!(!excerpt(b"bad key sk-123456!", 12, &secrets).contains("sk-"));
        assert_eq!(excerpt(b"a\r\nb\xff", 100, &[]), "a  b\u{fffd}");
    }

    proptest! {
        #[test]
        fn no_password_and_no_key_is_ever_shown(
            user in "[a-z]{1,8}",
            password in "[A-Z0-9]{6,20}",
            key in "[A-Z0-9]{6,60}",
            path in "[a-z/]{0,400}",
        ) {
            let url = format!("https://{user}:{password}@host/{path}?access_token={key}&a=1");
            let text = shown(&url);
            prop_assert!(!text.contains(&password) && !text.contains(&key));
            prop_assert!(text.len() <= SHOWN + '…'.len_utf8());
        }
    }
}
