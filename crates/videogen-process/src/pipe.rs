//! A child's stdin for a thread that may block: bulk data, without a wake-up of the runtime for every pipe-full.

use std::io::{self, Write};

use crate::child::ChildStdin;
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
            #[cfg(target_os = "linux")]
            if let Err(error) = rustix::pipe::fcntl_setpipe_size(&pipe, capacity) {
                // Only slower: the user has many large pipes already, or the system allows none.
                tracing::debug!(%error, capacity, "the pipe keeps its size");
            }
            #[cfg(not(target_os = "linux"))]
            let _ = capacity;
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
