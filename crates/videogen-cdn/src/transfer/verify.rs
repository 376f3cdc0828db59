//! The digests of a file, computed while it arrives: from its beginning as far as there is no gap, the rest at the end.

use std::fmt::Write;
use std::fs::File;
use std::io;
use std::sync::Arc;

use md5::Md5;
use sha1::Sha1;
use sha2::{Digest, Sha256};

use super::part::{Want, read_at};
use super::shared::Shared;
use crate::registry::{CrossCheck, Sha256Digest};

/// What is read at once.
const BUFFER: usize = 256 << 10;
/// What is digested without looking whether somebody lost interest.
const STEP: u64 = 32 << 20;

/// Digests of the first bytes of a file.
#[derive(Clone)]
pub(super) struct Digests {
    sha256: Sha256,
    weak: Weak,
    at: u64,
}

#[derive(Clone)]
enum Weak {
    None,
    Md5(Md5),
    Sha1(Sha1),
}

/// The digests of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Found {
    pub(super) sha256: Sha256Digest,
    /// That of the cross-check, as hexadecimal digits.
    pub(super) weak: Option<String>,
}

impl Found {
    /// Whether it is the file that is wanted.
    pub(super) fn is(&self, want: &Want) -> bool {
        match want.sha256 {
            Some(wanted) => self.sha256 == wanted,
            None => self.agrees_with(want.cross_check.as_ref()),
        }
    }

    /// Whether the weaker digest is that of the file.
    pub(super) fn agrees_with(&self, check: Option<&CrossCheck>) -> bool {
        let wanted = match check {
            None => return true,
            Some(CrossCheck::Md5(text) | CrossCheck::Sha1(text)) => text,
        };
        self.weak.as_ref().is_some_and(|found| found.eq_ignore_ascii_case(wanted))
    }
}

impl Digests {
    pub(super) fn new(check: Option<&CrossCheck>) -> Self {
        let weak = match check {
            None => Weak::None,
            Some(CrossCheck::Md5(_)) => Weak::Md5(Md5::new()),
            Some(CrossCheck::Sha1(_)) => Weak::Sha1(Sha1::new()),
        };
        Self {
            sha256: Sha256::new(),
            weak,
            at: 0,
        }
    }

    /// Goes on to the byte `to`. Blocks on the disk.
    fn read(&mut self, file: &File, to: u64) -> io::Result<()> {
        let mut buffer = vec![0; BUFFER];
        while self.at < to {
            let most = (to - self.at).min(BUFFER as u64) as usize;
            let n = read_at(file, &mut buffer[..most], self.at)?;
            if n == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            self.sha256.update(&buffer[..n]);
            match &mut self.weak {
                Weak::None => {}
                Weak::Md5(digest) => digest.update(&buffer[..n]),
                Weak::Sha1(digest) => digest.update(&buffer[..n]),
            }
            self.at += n as u64;
        }
        Ok(())
    }

    fn finish(self) -> Found {
        Found {
            sha256: Sha256Digest::new(self.sha256.finalize().into()),
            weak: match self.weak {
                Weak::None => None,
                Weak::Md5(digest) => Some(hex(&digest.finalize())),
                Weak::Sha1(digest) => Some(hex(&digest.finalize())),
            },
        }
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        write!(text, "{byte:02x}").expect("a text takes everything");
        text
    })
}

/// Digests a file that nobody changes. Blocks on the disk.
pub(super) fn digest(file: &File, check: Option<&CrossCheck>) -> io::Result<(Found, u64)> {
    let size = file.metadata()?.len();
    let mut digests = Digests::new(check);
    digests.read(file, size)?;
    Ok((digests.finish(), size))
}

/// Digests a part while it arrives, and ends when it is complete and digested. What is digested must not change: after a
/// part was begun anew, this is, too.
pub(super) async fn follow(shared: Arc<Shared>) -> io::Result<Found> {
    let anew = || Digests::new(shared.want.cross_check.as_ref());
    let (mut digests, mut beginning) = (anew(), 0);
    loop {
        // Before looking, so that nothing that comes meanwhile is missed.
        let grown = shared.grown.notified();
        let (begun, prefix, is_complete) = shared.prefix();
        if begun != beginning {
            (digests, beginning) = (anew(), begun);
        }
        if is_complete && digests.at == prefix {
            return Ok(digests.finish());
        }
        // Small steps cost more than they gain.
        if prefix >= digests.at + (1 << 20) || is_complete {
            let part = Arc::clone(&shared);
            let to = prefix.min(digests.at + STEP);
            let read = tokio::task::spawn_blocking(move || {
                digests.read(part.part.file(), to).map(|()| digests)
            });
            digests = read.await.map_err(io::Error::other)??;
            continue;
        }
        grown.await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_digests_are_those_that_everybody_knows() {
        let dir = camino_tempfile::tempdir().expect("a temporary directory");
        let path = dir.path().join("x");
        std::fs::write(&path, "abc").expect("written");
        let file = File::open(&path).expect("there");
        let sha256 = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        for (check, weak) in [
            (CrossCheck::Md5("900150983CD24FB0D6963F7D28E17F72".to_owned()), "900150983cd24fb0d6963f7d28e17f72"),
            (CrossCheck::Sha1("A9993E364706816ABA3E25717850C26C9CD0D89D".to_owned()), "a9993e364706816aba3e25717850c26c9cd0d89d"),
        ] {
            let (found, size) = digest(&file, Some(&check)).expect("read");
            assert_eq!(size, 3);
            assert_eq!(found.sha256.to_string(), sha256);
            assert_eq!(found.weak.as_deref(), Some(weak));
            assert!(found.agrees_with(Some(&check)));
            assert!(!found.agrees_with(Some(&CrossCheck::Md5("0".repeat(32)))));
        }
        assert_eq!(digest(&file, None).expect("read").0.weak, None);
    }
}
