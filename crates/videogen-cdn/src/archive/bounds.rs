//! Bounds on what comes out of an archive, kept where it comes out.

use std::cell::Cell;
use std::io::{self, Read};
use std::rc::Rc;

use tokio_util::sync::CancellationToken;

/// What an archive may hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ArchiveLimits {
    /// Files and directories. Default 10,000.
    pub members: u64,
    /// Bytes of all files together. Default 4 GiB.
    pub bytes: u64,
    /// Bytes that one byte of the archive may become, after the first MiB. Default 200: texts stay below 20, and the format
    /// allows 1,032.
    pub ratio: u64,
}

impl Default for ArchiveLimits {
    fn default() -> Self {
        Self {
            members: 10_000,
            bytes: 4 << 30,
            ratio: 200,
        }
    }
}

/// Below this many bytes no ratio is judged: a small file of spaces is no attack.
const JUDGED_FROM: u64 = 1 << 20;

/// What headers, padding and extensions may take beside the files: 4 KiB for each member, and the padding at the end.
const OVERHEAD: u64 = 4 * 1024;
/// The padding at the end: GNU tar fills blocks of 10 KiB, others of 1 MiB at most.
const PADDING: u64 = 1 << 20;

/// Counts what is read.
#[derive(Debug)]
pub(super) struct Counted<R> {
    inner: R,
    count: Rc<Cell<u64>>,
}

impl<R> Counted<R> {
    pub(super) fn new(inner: R) -> (Self, Rc<Cell<u64>>) {
        let count = Rc::new(Cell::new(0));
        let counted = Self {
            inner,
            count: Rc::clone(&count),
        };
        (counted, count)
    }
}

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let n = self.inner.read(buffer)?;
        self.count.set(self.count.get() + n as u64);
        Ok(n)
    }
}

/// Which bound was met: the reason inside an [`io::Error`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum Bound {
    #[error("it holds more than {0} bytes")]
    Bytes(u64),
    #[error("it becomes more than {0} times as large")]
    Ratio(u64),
    #[error("cancelled")]
    Cancelled,
}

/// Reads what an archive becomes, up to the limits.
pub(super) struct Bounded<'a, R> {
    inner: R,
    packed: Rc<Cell<u64>>,
    unpacked: u64,
    /// How many zeros were read last, in a row.
    zeros: u64,
    limits: ArchiveLimits,
    cancel: &'a CancellationToken,
}

impl<'a, R: Read> Bounded<'a, R> {
    pub(super) fn new(
        inner: R,
        packed: Rc<Cell<u64>>,
        limits: ArchiveLimits,
        cancel: &'a CancellationToken,
    ) -> Self {
        Self {
            inner,
            packed,
            unpacked: 0,
            zeros: 0,
            limits,
            cancel,
        }
    }

    /// Reads the rest, which has to be nothing but zeros.
    pub(super) fn finish(mut self) -> io::Result<Result<End, NotZero>> {
        let mut buffer = [0; 8 * 1024];
        loop {
            match self.read(&mut buffer) {
                Ok(0) => {
                    return Ok(Ok(End {
                        zeros: self.zeros,
                        bytes: self.unpacked,
                    }));
                }
                Ok(n) if buffer[..n].iter().any(|byte| *byte != 0) => return Ok(Err(NotZero)),
                Ok(_) => {}
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
    }

    fn judge(&self) -> Result<(), Bound> {
        let overhead = self
            .limits
            .members
            .saturating_mul(OVERHEAD)
            .saturating_add(PADDING);
        if self.unpacked > self.limits.bytes.saturating_add(overhead) {
            return Err(Bound::Bytes(self.limits.bytes));
        }
        let allowed = self.packed.get().saturating_mul(self.limits.ratio);
        if self.unpacked > allowed.max(JUDGED_FROM) {
            return Err(Bound::Ratio(self.limits.ratio));
        }
        if self.cancel.is_cancelled() {
            return Err(Bound::Cancelled);
        }
        Ok(())
    }
}

/// How the whole ended.
pub(super) struct End {
    /// How many zeros it ended with.
    pub(super) zeros: u64,
    /// How many bytes it had.
    pub(super) bytes: u64,
}

/// There is something behind the end.
pub(super) struct NotZero;

impl<R: Read> Read for Bounded<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let n = self.inner.read(buffer)?;
        self.unpacked += n as u64;
        self.judge().map_err(io::Error::other)?;
        match buffer[..n].iter().rposition(|byte| *byte != 0) {
            Some(last) => self.zeros = (n - 1 - last) as u64,
            None => self.zeros += n as u64,
        }
        Ok(n)
    }
}
