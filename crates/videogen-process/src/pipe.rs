//! A child's stdin and stdout for threads that may block: bulk data, without a wake-up of the runtime for every
//! pipe-full.

use std::io::{self, Read, Write};

use crate::child::{ChildStdin, ChildStdout};
#[cfg(target_os = "linux")]
use crate::lend::Lent;

/// Writes to a child's stdin and blocks while the pipe is full. Dropping it closes the pipe.
///
/// Killing the child ends a blocked write with [`io::ErrorKind::BrokenPipe`].
#[derive(Debug)]
pub struct PipeWriter {
    #[cfg(unix)]
    pipe: std::fs::File,
    #[cfg(not(unix))]
    pipe: ChildStdin,
    #[cfg(not(unix))]
    runtime: tokio::runtime::Handle,
    #[cfg(target_os = "linux")]
    lent: Lent,
}

impl ChildStdin {
    /// The pipe for a thread of the caller's own. On Linux it is made to hold `capacity` bytes, or as many as the system
    /// allows (1 MiB unless configured otherwise, `pipe(7)`); a pipe holds 64 KiB by default, and each time it is full
    /// or empty costs a change between the two processes.
    ///
    /// Call it on the runtime.
    ///
    /// # Errors
    /// Those of the system when the pipe cannot be made blocking.
    pub fn into_blocking(self, capacity: usize) -> io::Result<PipeWriter> {
        #[cfg(unix)]
        {
            let pipe = self.pipe.into_owned_fd()?;
            resize(&pipe, capacity);
            Ok(PipeWriter {
                pipe: pipe.into(),
                #[cfg(target_os = "linux")]
                lent: Lent::until_the_end_of(self.life),
            })
        }
        #[cfg(not(unix))]
        {
            // A Windows pipe is made with its buffer size, and for overlapped writes that only the runtime makes.
            let _ = capacity;
            let runtime = tokio::runtime::Handle::try_current().map_err(io::Error::other)?;
            Ok(PipeWriter {
                pipe: self,
                runtime,
            })
        }
    }
}

impl PipeWriter {
    /// Gives the child all of `buffer`, and gives back one it has read, to be filled again.
    ///
    /// On Linux no byte is copied on this side: the pages of the buffer go into the pipe (`vmsplice(2)`), and the buffer
    /// is kept until the child has read them or has ended. Elsewhere, and where the system does not allow it, the bytes
    /// are written and the buffer comes back at once.
    ///
    /// # Errors
    /// Those of [`Write::write`]; then it is unknown how much the child has got.
    pub fn lend(&mut self, buffer: Vec<u8>) -> io::Result<Option<Vec<u8>>> {
        #[cfg(target_os = "linux")]
        if self.lent.is_possible() {
            let Some(buffer) = self.lent.lend(&self.pipe, buffer)? else {
                return Ok(self.lent.give_back(&self.pipe));
            };
            self.write_all(&buffer)?;
            return Ok(Some(buffer));
        }
        self.write_all(&buffer)?;
        Ok(Some(buffer))
    }
}

impl Write for PipeWriter {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        #[cfg(unix)]
        {
            let written = self.pipe.write(bytes)?;
            #[cfg(target_os = "linux")]
            self.lent.count(written);
            Ok(written)
        }
        #[cfg(not(unix))]
        {
            use tokio::io::AsyncWriteExt;
            self.runtime.block_on(self.pipe.write(bytes))
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Reads a child's stdout and blocks while the pipe is empty. Dropping it closes the pipe, and a child that goes on
/// writing gets `SIGPIPE`.
///
/// Killing the child ends a blocked read: the rest of the pipe is read, then its end.
#[derive(Debug)]
pub struct PipeReader {
    #[cfg(unix)]
    pipe: std::fs::File,
    #[cfg(not(unix))]
    pipe: ChildStdout,
    #[cfg(not(unix))]
    runtime: tokio::runtime::Handle,
}

impl ChildStdout {
    /// The pipe for a thread of the caller's own, made to hold `capacity` bytes as by [`ChildStdin::into_blocking`].
    ///
    /// Call it on the runtime.
    ///
    /// # Errors
    /// Those of the system when the pipe cannot be made blocking.
    pub fn into_blocking(self, capacity: usize) -> io::Result<PipeReader> {
        #[cfg(unix)]
        {
            let pipe = self.0.into_owned_fd()?;
            resize(&pipe, capacity);
            Ok(PipeReader { pipe: pipe.into() })
        }
        #[cfg(not(unix))]
        {
            let _ = capacity;
            let runtime = tokio::runtime::Handle::try_current().map_err(io::Error::other)?;
            Ok(PipeReader {
                pipe: self,
                runtime,
            })
        }
    }
}

impl Read for PipeReader {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        #[cfg(unix)]
        {
            self.pipe.read(buffer)
        }
        #[cfg(not(unix))]
        {
            use tokio::io::AsyncReadExt;
            self.runtime.block_on(self.pipe.read(buffer))
        }
    }
}

/// Has a pipe hold `capacity` bytes where the system can do that.
#[cfg(unix)]
fn resize(pipe: &std::os::fd::OwnedFd, capacity: usize) {
    #[cfg(target_os = "linux")]
    if let Err(error) = rustix::pipe::fcntl_setpipe_size(pipe, capacity) {
        // Only slower: the user has many large pipes already, or the system allows none.
        tracing::debug!(%error, capacity, "the pipe keeps its size");
    }
    #[cfg(not(target_os = "linux"))]
    let _ = (pipe, capacity);
}
