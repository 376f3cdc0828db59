//! Memory whose pages are in a pipe: kept until the other side has read them.

use std::collections::VecDeque;
use std::fs::File;
use std::io;
use std::sync::Arc;

use rustix::io::Errno;

use crate::life::Life;

/// Buffers that are in a pipe, oldest first.
#[derive(Debug)]
pub(crate) struct Lent {
    /// Each with the number of bytes that had gone into the pipe when all of it had.
    buffers: VecDeque<(u64, Vec<u8>)>,
    /// Bytes that have gone into the pipe.
    sent: u64,
    possible: bool,
    /// Of the child that reads: what it has not read when the pipe is closed is kept until it has ended.
    life: Arc<Life>,
}

impl Lent {
    pub(crate) fn until_the_end_of(life: Arc<Life>) -> Self {
        Self {
            buffers: VecDeque::new(),
            sent: 0,
            possible: true,
            life,
        }
    }

    /// Whether the system allows it, as far as is known.
    pub(crate) fn is_possible(&self) -> bool {
        self.possible
    }

    /// Counts bytes that were written into the pipe.
    pub(crate) fn count(&mut self, written: usize) {
        self.sent += written as u64;
    }

    /// Puts the pages of `buffer` into the pipe; blocks until all are in it. Gives the buffer back, with none of it in the
    /// pipe, where the system does not allow that.
    pub(crate) fn lend(&mut self, pipe: &File, buffer: Vec<u8>) -> io::Result<Option<Vec<u8>>> {
        let mut done = 0;
        while done < buffer.len() {
            match splice(pipe, &buffer[done..]) {
                Ok(count) => {
                    done += count;
                    self.count(count);
                }
                Err(Errno::INTR) => {}
                // No such call in this kernel, or a filter of calls that does not let it pass.
                Err(Errno::NOSYS | Errno::INVAL | Errno::PERM) if done == 0 => {
                    self.possible = false;
                    return Ok(Some(buffer));
                }
                Err(error) => {
                    // Part of it may be in the pipe.
                    self.buffers.push_back((self.sent, buffer));
                    return Err(error.into());
                }
            }
        }
        self.buffers.push_back((self.sent, buffer));
        Ok(None)
    }

    /// The oldest buffer, if the other side has read all of it.
    pub(crate) fn give_back(&mut self, pipe: &File) -> Option<Vec<u8>> {
        let (end, _) = self.buffers.front()?;
        // The kernel counts under the lock that reading holds: what is not counted has been copied.
        let unread = rustix::io::ioctl_fionread(pipe).ok()?;
        if *end + unread > self.sent {
            return None;
        }
        self.buffers.pop_front().map(|(_, buffer)| buffer)
    }
}

impl Drop for Lent {
    fn drop(&mut self) {
        let buffers = std::mem::take(&mut self.buffers);
        self.life
            .keep(buffers.into_iter().map(|(_, buffer)| buffer).collect());
    }
}

/// One call of `vmsplice`; gives the number of bytes that went into the pipe.
#[expect(unsafe_code, reason = "the pipe reads memory of this process later on")]
fn splice(pipe: &File, bytes: &[u8]) -> rustix::io::Result<usize> {
    let slice = rustix::pipe::IoSliceRaw::from_slice(bytes);
    // SAFETY: `pipe` is the writing end, so the memory is only read; it is not a gift. The caller keeps it, unchanged,
    // until it has been read or the reader has ended.
    unsafe { rustix::pipe::vmsplice(pipe, &[slice], rustix::pipe::SpliceFlags::empty()) }
}
