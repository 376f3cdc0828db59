//! Digests as registries write them.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// SHA-256 of a whole file. Written as 64 hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Sha256Digest([u8; 32]);

impl Sha256Digest {
    /// The digest with these bytes.
    pub const fn new(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// Its bytes.
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl FromStr for Sha256Digest {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let wrong = || {
            format!(
                "{:?} is not a SHA-256: 64 hexadecimal digits",
                videogen_text::shown(text, 80)
            )
        };
        let digits = text.as_bytes();
        if digits.len() != 64 {
            return Err(wrong());
        }
        let mut bytes = [0; 32];
        for (byte, pair) in bytes.iter_mut().zip(digits.chunks_exact(2)) {
            let digit = |d: u8| char::from(d).to_digit(16);
            let (high, low) = (
                digit(pair[0]).ok_or_else(wrong)?,
                digit(pair[1]).ok_or_else(wrong)?,
            );
            *byte = (high * 16 + low) as u8;
        }
        Ok(Self(bytes))
    }
}

impl TryFrom<String> for Sha256Digest {
    type Error = String;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<Sha256Digest> for String {
    fn from(digest: Sha256Digest) -> Self {
        digest.to_string()
    }
}

impl fmt::Display for Sha256Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for Sha256Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// A weaker digest that a publisher gives where it gives no SHA-256. It is checked beside, never instead of, the
/// [`Sha256Digest`].
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum CrossCheck {
    /// 32 hexadecimal digits.
    Md5(String),
    /// 40 hexadecimal digits.
    Sha1(String),
}

impl CrossCheck {
    /// Returns an MD5, in small letters.
    ///
    /// # Errors
    /// A sentence that says what is wrong with it.
    pub fn md5(digits: &str) -> Result<Self, String> {
        hexadecimal(digits, 32, "an MD5").map(Self::Md5)
    }

    /// Returns an SHA-1, in small letters.
    ///
    /// # Errors
    /// A sentence that says what is wrong with it.
    pub fn sha1(digits: &str) -> Result<Self, String> {
        hexadecimal(digits, 40, "a SHA-1").map(Self::Sha1)
    }
}

fn hexadecimal(digits: &str, count: usize, what: &str) -> Result<String, String> {
    if digits.len() == count && digits.bytes().all(|digit| digit.is_ascii_hexdigit()) {
        Ok(digits.to_ascii_lowercase())
    } else {
        let shown = videogen_text::shown(digits, 80);
        Err(format!(
            "{shown:?} is not {what}: {count} hexadecimal digits"
        ))
    }
}
