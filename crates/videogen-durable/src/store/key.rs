//! What an entry is found by: the hash of everything that influenced it. Pure, but for [`Digest::of_file`].
//!
//! # Encoding
//! A key is the SHA-256 of these bytes; `length` is a `u64`, every number is little-endian:
//!
//! ```text
//! "videogen key 1\0"  length stage  u32 code_version
//! then for each field, in order:  u8 kind  length name  length value
//! ```
//!
//! Kinds: 0 text (UTF-8), 1 number (`u64`), 2 real (bits of an `f64`), 3 digest (SHA-256, then the size as `u64`), 4 key.
//! Every part says how long it is before it begins, so no two different lists of fields have the same bytes.
//!
//! The order of fields matters and a name may come again: a list is its elements under one name.

use std::fmt;
use std::io::{self, Read};
use std::str::FromStr;

use camino::Utf8Path;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use unicode_normalization::UnicodeNormalization;

use super::StoreError;
use super::hex::{Hex, NotHex};

const MAGIC: &[u8] = b"videogen key 1\0";
/// Read at a time: large enough that the system calls do not count, small enough for a stack of threads.
pub(super) const CHUNK: usize = 64 * 1024;

/// The address of an entry: 32 bytes, written as 64 lower-case hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Key(Hex);

impl Key {
    /// The bytes.
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0.0
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Key({})", self.0)
    }
}

impl FromStr for Key {
    type Err = NotHex;

    fn from_str(text: &str) -> Result<Self, NotHex> {
        text.parse().map(Self)
    }
}

/// SHA-256 and size of some bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Digest {
    sha256: Hex,
    size: u64,
}

impl Digest {
    /// Of bytes in memory.
    #[must_use]
    pub fn of(bytes: &[u8]) -> Self {
        Self {
            sha256: Hex(Sha256::digest(bytes).into()),
            size: bytes.len() as u64,
        }
    }

    /// Of a file, read as a stream in constant memory. Symbolic links are followed.
    ///
    /// # Errors
    /// [`StoreError::Io`] when the file cannot be opened or read.
    pub fn of_file(path: &Utf8Path) -> Result<Self, StoreError> {
        crate::open_regular(path)
            .and_then(|mut file| Self::of_reader(&mut file))
            .map_err(|e| StoreError::io("reading", path, e))
    }

    /// Of everything that is left in `reader`.
    pub(crate) fn of_reader(reader: &mut impl Read) -> io::Result<Self> {
        Self::of_copy(reader, &mut io::sink())
    }

    /// Of everything that is left in `reader`, which is written to `writer` on the way.
    pub(super) fn of_copy(reader: &mut impl Read, writer: &mut impl io::Write) -> io::Result<Self> {
        let mut hash = Sha256::new();
        let mut buffer = vec![0; CHUNK];
        let mut size = 0;
        loop {
            match reader.read(&mut buffer) {
                Ok(0) => break,
                Ok(n) => {
                    hash.update(&buffer[..n]);
                    writer.write_all(&buffer[..n])?;
                    size += n as u64;
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(Self {
            sha256: Hex(hash.finalize().into()),
            size,
        })
    }

    /// The SHA-256.
    pub const fn sha256(&self) -> &[u8; 32] {
        &self.sha256.0
    }

    /// The size in bytes.
    pub const fn size(&self) -> u64 {
        self.size
    }
}

/// The SHA-256 as 64 lower-case hexadecimal digits.
impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.sha256.fmt(f)
    }
}

/// Collects what influences an output. See the module for the encoding.
#[derive(Debug, Clone)]
#[must_use]
pub struct KeyBuilder {
    hash: Sha256,
}

impl KeyBuilder {
    /// Begins the key of an output of `stage`. `code_version` goes up when the stage's code starts to make something
    /// else from the same inputs.
    pub fn new(stage: &'static str, code_version: u32) -> Self {
        let mut hash = Sha256::new();
        hash.update(MAGIC);
        hash.update((stage.len() as u64).to_le_bytes());
        hash.update(stage);
        hash.update(code_version.to_le_bytes());
        Self { hash }
    }

    /// A text, byte for byte. What people type goes through [`normalised`] first.
    pub fn text(self, name: &str, value: &str) -> Self {
        self.field(0, name, value.as_bytes())
    }

    /// A whole number. Negative ones as text.
    pub fn number(self, name: &str, value: u64) -> Self {
        self.field(1, name, &value.to_le_bytes())
    }

    /// A real number, by its bits: -0.0 and 0.0 differ. Every NaN counts as the same one, because which it is depends
    /// on the processor.
    pub fn real(self, name: &str, value: f64) -> Self {
        let value = if value.is_nan() { f64::NAN } else { value };
        self.field(2, name, &value.to_bits().to_le_bytes())
    }

    /// The content of a file.
    pub fn digest(self, name: &str, value: &Digest) -> Self {
        let mut bytes = [0; 40];
        bytes[..32].copy_from_slice(value.sha256());
        bytes[32..].copy_from_slice(&value.size().to_le_bytes());
        self.field(3, name, &bytes)
    }

    /// The output of another stage, by its key.
    pub fn key(self, name: &str, value: &Key) -> Self {
        self.field(4, name, value.as_bytes())
    }

    /// The key of everything so far.
    #[must_use]
    pub fn finish(self) -> Key {
        Key(Hex(self.hash.finalize().into()))
    }

    fn field(mut self, kind: u8, name: &str, value: &[u8]) -> Self {
        self.hash.update([kind]);
        for part in [name.as_bytes(), value] {
            self.hash.update((part.len() as u64).to_le_bytes());
            self.hash.update(part);
        }
        self
    }
}

/// `text` with the differences taken out that a reader does not see: compatibility-composed (NFKC), lower case, runs of
/// white space as one space and none at the ends. For keys only, never for display.
#[must_use]
pub fn normalised(text: &str) -> String {
    // Lower case letter by letter, and the final sigma as any other, as in case folding: the same letter must not
    // depend on its neighbours. Lower case may decompose, so it is composed again.
    let folded: String = text
        .nfkc()
        .flat_map(char::to_lowercase)
        .map(|c| if c == 'ς' { 'σ' } else { c })
        .nfkc()
        .collect();
    let mut out = String::with_capacity(folded.len());
    for word in folded.split_whitespace() {
        if !out.is_empty() {
            out.push(' ');
        }
        out.push_str(word);
    }
    out
}
