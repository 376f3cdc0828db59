//! A child's stdin for a thread that may block: bulk data, without a wake-up of the runtime for every pipe-full.

use std::io::{self, Write};

use crate::child::ChildStdin;

/// Writes to a child's stdin and blocks while the pipe is full. Dropping it closes the pipe.
///
/// Killing the child ends a blocked write with [`io::ErrorKind::BrokenPipe`].
#[derive(Debug)]
pub struct PipeWriter(Inner);

#[cfg(unix)]
type Inner = std::fs::File;

#[cfg(not(unix))]
#[derive(Debug)]
struct Inner {
    stdin: ChildStdin,
    runtime: tokio::runtime::Handle,
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
            let pipe = self.0.into_owned_fd()?;
            #[cfg(target_os = "linux")]
            if let Err(error) = rustix::pipe::fcntl_setpipe_size(&pipe, capacity) {
                // Only slower: the user has many large pipes already, or the system allows none.
                tracing::debug!(%error, capacity, "the pipe keeps its size");
            }
            #[cfg(not(target_os = "linux"))]
            let _ = capacity;
            Ok(PipeWriter(pipe.into()))
        }
        #[cfg(not(unix))]
        {
            // A Windows pipe is made with its buffer size, and for overlapped writes that only the runtime makes.
            let _ = capacity;
            let runtime = tokio::runtime::Handle::try_current().map_err(io::Error::other)?;
            Ok(PipeWriter(Inner {
                stdin: self,
                runtime,
            }))
        }
    }
}

impl Write for PipeWriter {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        #[cfg(unix)]
        {
            self.0.write(bytes)
        }
        #[cfg(not(unix))]
        {
            use tokio::io::AsyncWriteExt;
            let Inner { stdin, runtime } = &mut self.0;
            runtime.block_on(stdin.write(bytes))
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
