//! The digests of a file, computed while it arrives: from its beginning as far as there is no gap.

use std::fmt::Write;
use std::fs::File;
use std::io;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use md5::Md5;
use sha1::Sha1;
use sha2::{Digest, Sha256};

use super::part::{Want, read_at};
use super::shared::Shared;
use crate::registry::{CrossCheck, Sha256Digest};

/// What is read at once.
const BUFFER: usize = 256 << 10;
/// What is read again without looking whether somebody lost interest.
const STEP: u64 = 32 << 20;
/// What was written and not digested before it is read again: less is about to be digested by who wrote it.
const LAG: u64 = 8 << 20;

/// Digests of the first bytes of a file.
#[derive(Debug, Clone)]
pub(super) struct Digests {
    sha256: Sha256,
    weak: Weak,
    at: u64,
}

#[derive(Debug, Clone)]
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
        self.weak
            .as_ref()
            .is_some_and(|found| found.eq_ignore_ascii_case(wanted))
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
            self.update(&buffer[..n]);
        }
        Ok(())
    }

    fn update(&mut self, bytes: &[u8]) {
        self.sha256.update(bytes);
        match &mut self.weak {
            Weak::None => {}
            Weak::Md5(digest) => digest.update(bytes),
            Weak::Sha1(digest) => digest.update(bytes),
        }
        self.at += bytes.len() as u64;
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

/// The digests of a part while it arrives. What is written in order is digested from memory; what others had written
/// before, when the gap in front of it has closed, is read again.
#[derive(Debug)]
pub(super) struct Running {
    digests: Mutex<Digests>,
    /// How far they are, for who only wants to know that.
    at: AtomicU64,
}

impl Running {
    pub(super) fn new(check: Option<&CrossCheck>) -> Self {
        Self {
            digests: Mutex::new(Digests::new(check)),
            at: AtomicU64::new(0),
        }
    }

    /// Begins anew: what was digested has changed. Waits for who is digesting.
    pub(super) fn reset(&self, check: Option<&CrossCheck>) {
        let mut digests = self.lock();
        *digests = Digests::new(check);
        self.at.store(0, Ordering::Release);
    }

    /// Digests bytes that were written, if it is their turn and nobody else is at it.
    pub(super) fn absorb(&self, batch: &[(u64, Bytes)]) {
        let Ok(mut digests) = self.digests.try_lock() else {
            return;
        };
        for (at, bytes) in batch {
            if *at == digests.at {
                digests.update(bytes);
            }
        }
        self.at.store(digests.at, Ordering::Release);
    }

    /// Reads on to the byte `to`. Blocks on the disk.
    fn read(&self, file: &File, to: u64) -> io::Result<()> {
        let mut digests = self.lock();
        let read = digests.read(file, to);
        self.at.store(digests.at, Ordering::Release);
        read
    }

    fn at(&self) -> u64 {
        self.at.load(Ordering::Acquire)
    }

    fn lock(&self) -> MutexGuard<'_, Digests> {
        self.digests.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Reads again of a part what could not be digested when it came, and ends with its digests when it is complete.
pub(super) async fn follow(shared: Arc<Shared>) -> io::Result<Found> {
    loop {
        // Before looking, so that nothing that comes meanwhile is missed.
        let grown = shared.grown.notified();
        let (prefix, is_complete) = shared.prefix();
        let at = shared.digests.at();
        if is_complete && at == prefix {
            return Ok(shared.digests.lock().clone().finish());
        }
        if prefix >= at + LAG || is_complete {
            let own = Arc::clone(&shared);
            let to = prefix.min(at + STEP);
            let read = tokio::task::spawn_blocking(move || own.digests.read(own.part.file(), to));
            read.await.map_err(io::Error::other)??;
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
            (
                CrossCheck::Md5("900150983CD24FB0D6963F7D28E17F72".to_owned()),
                "900150983cd24fb0d6963f7d28e17f72",
            ),
            (
                CrossCheck::Sha1("A9993E364706816ABA3E25717850C26C9CD0D89D".to_owned()),
                "a9993e364706816aba3e25717850c26c9cd0d89d",
            ),
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
