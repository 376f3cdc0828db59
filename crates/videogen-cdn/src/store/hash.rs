//! Digests of what is read, and of what is copied.

use std::io::{self, Read, Write};

use sha2::{Digest, Sha256};
use tokio_util::sync::CancellationToken;

use crate::registry::Sha256Digest;

/// What is read at once: large enough that calls cost nothing beside the digest.
const CHUNK: usize = 256 * 1024;

/// Returns the digest and size of everything that is left in `reader`, or an error of kind
/// [`io::ErrorKind::Interrupted`] when the token fires.
pub(super) fn digest_of(
    reader: &mut impl Read,
    cancel: Option<&CancellationToken>,
) -> io::Result<(Sha256Digest, u64)> {
    copy(reader, &mut io::sink(), cancel)
}

/// Copies everything that is left in `reader`, and returns its digest and size.
pub(super) fn copy(
    reader: &mut impl Read,
    writer: &mut impl Write,
    cancel: Option<&CancellationToken>,
) -> io::Result<(Sha256Digest, u64)> {
    let mut hash = Sha256::new();
    let mut buffer = vec![0; CHUNK];
    let mut size = 0;
    loop {
        if cancel.is_some_and(CancellationToken::is_cancelled) {
            return Err(io::ErrorKind::Interrupted.into());
        }
        match reader.read(&mut buffer) {
            Ok(0) => return Ok((Sha256Digest::new(hash.finalize().into()), size)),
            Ok(n) => {
                hash.update(&buffer[..n]);
                writer.write_all(&buffer[..n])?;
                size += n as u64;
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}
