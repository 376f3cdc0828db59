//! A picture of the server becomes a file here: streamed, bounded, checked, and there as a whole or not at all.

use std::time::Duration;

use camino::{Utf8Path, Utf8PathBuf};
use camino_tempfile::NamedUtf8TempFile;
use tokio::fs::File;
use tokio_util::sync::CancellationToken;
use videogen_net::{Blame, Budget, RangeAnswer, Response, RetryPolicy};

use super::sink::Sink;
use super::{ComfyClient, Failed, refusal};
use crate::picture::{Format, Found, inspect};
use crate::workflow::Proof;
use crate::{Error, ImageSize, OutputImage};

/// What is accepted as a picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FetchLimits {
    /// The most bytes. Usually 128 MiB.
    pub max_bytes: u64,
    /// The most pixels, as whoever decodes it will need memory for them. Usually 64 million.
    pub max_pixels: u64,
    /// The size it must have, where one was promised.
    pub size: Option<ImageSize>,
}

impl Default for FetchLimits {
    fn default() -> Self {
        Self {
            max_bytes: 128 * 1024 * 1024,
            max_pixels: 64_000_000,
            size: None,
        }
    }
}

/// A picture that was fetched. Its head, its end and its structure were looked at, of a PNG with the checksums of all that is
/// between; it was not decoded.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Picture {
    /// Where it lies.
    pub path: Utf8PathBuf,
    /// What it is.
    pub format: Format,
    /// Pixels from left to right.
    pub width: u32,
    /// Pixels from top to bottom.
    pub height: u32,
    /// The length of the file.
    pub bytes: u64,
}

/// How often the server is asked, with pauses that outlast a short restart.
const TRIES: u32 = 8;
const FIRST_PAUSE: Duration = Duration::from_millis(250);
const LONGEST_PAUSE: Duration = Duration::from_secs(5);

impl ComfyClient {
    /// Fetches `image` to `path`, which appears when all of it is there, in place of what was there before. The server's
    /// names are only sent back to it. A connection that breaks is taken up where it broke.
    ///
    /// # Errors
    /// [`Error::PictureGone`] when the server does not have it, [`Error::BadPicture`] when it is not PNG, JPEG or WebP, is
    /// cut off or damaged, has too many pixels or another size than promised; [`Error::Net`], [`Error::Io`] or
    /// [`Error::Cancelled`].
    pub async fn fetch(
        &self,
        image: &OutputImage,
        path: &Utf8Path,
        limits: FetchLimits,
        cancel: &CancellationToken,
    ) -> Result<Picture, Error> {
        self.fetch_proven(image, path, limits, None, cancel).await
    }

    /// As [`ComfyClient::fetch`], and what `proof` says is no picture of its prompt gets no name either.
    pub(crate) async fn fetch_proven(
        &self,
        image: &OutputImage,
        path: &Utf8Path,
        limits: FetchLimits,
        proof: Option<Proof>,
        cancel: &CancellationToken,
    ) -> Result<Picture, Error> {
        let directory = path
            .parent()
            .filter(|parent| !parent.as_str().is_empty())
            .unwrap_or(Utf8Path::new("."));
        let directory = directory.to_owned();
        let (part, file) = blocking(move || {
            let mut builder = camino_tempfile::Builder::new();
            let part = builder.prefix(".").suffix(".part").tempfile_in(&directory);
            let part = part.map_err(Error::io("creating a file in", &directory))?;
            let file = part.reopen().map_err(Error::io("opening", part.path()))?;
            Ok((part, file))
        })
        .await?;
        let mut sink = Sink::new(File::from_std(file), part.path().to_owned(), limits);
        let (format, width, height) = self.receive(image, &mut sink, cancel).await?;
        let bytes = sink.written;
        drop(sink);
        let target = path.to_owned();
        blocking(move || {
            let file = part.reopen().map_err(Error::io("opening", part.path()))?;
            let found = inspect(format, std::io::BufReader::new(file));
            let prompt = match found.map_err(Error::io("reading", part.path()))? {
                Found::Whole { prompt } => prompt,
                Found::Damaged(problem) => return Err(Error::BadPicture { problem }),
            };
            if let Some(problem) = proof.and_then(|proof| proof.refutes(prompt.as_deref())) {
                return Err(Error::BadPicture { problem });
            }
            publish(part, &target)
        })
        .await?;
        Ok(Picture {
            path: path.to_owned(),
            format,
            width,
            height,
            bytes,
        })
    }

    /// Receives until all of it is there. What came stays, and only the rest is asked for again.
    async fn receive(
        &self,
        image: &OutputImage,
        sink: &mut Sink,
        cancel: &CancellationToken,
    ) -> Result<(Format, u32, u32), Error> {
        let policy = RetryPolicy::default()
            .tries(TRIES)
            .pauses(FIRST_PAUSE, LONGEST_PAUSE);
        let budget = Budget::new(self.deadlines.total.saturating_mul(TRIES), TRIES);
        let late = |after| Failed {
            error: Error::TimedOut { after },
            blame: Blame::Fault,
        };
        // One try at a time; the lock lets each of them have what the one before has written.
        let state = tokio::sync::Mutex::new((sink, None));
        let received = policy.run(&budget, cancel, late, |_| async {
            let mut state = state.lock().await;
            let (sink, etag) = &mut *state;
            self.try_once(image, sink, etag, cancel).await
        });
        received.await.map_err(|failed| failed.error)
    }

    async fn try_once(
        &self,
        image: &OutputImage,
        sink: &mut Sink,
        etag: &mut Option<String>,
        cancel: &CancellationToken,
    ) -> Result<(Format, u32, u32), Failed> {
        let error = match self.receive_once(image, sink, etag, cancel).await {
            Ok(()) => match sink.finish().await {
                Ok(picture) => return Ok(picture),
                Err(error) => {
                    // The server says that was all: it may have been caught while writing, but not twice.
                    sink.cuts += 1;
                    let blame = if sink.cuts == 1 {
                        Blame::Fault
                    } else {
                        Blame::Wrong
                    };
                    sink.restart().await?;
                    *etag = None;
                    return Err(Failed { error, blame });
                }
            },
            Err(error) => error,
        };
        if let Error::Net { source, .. } = &error
            && matches!(**source, videogen_net::Error::Range { .. })
        {
            // What is there and what the server has no longer fit together.
            sink.restart().await?;
            *etag = None;
            return Err(Failed {
                error,
                blame: Blame::Fault,
            });
        }
        Err(error.into())
    }

    async fn receive_once(
        &self,
        image: &OutputImage,
        sink: &mut Sink,
        etag: &mut Option<String>,
        cancel: &CancellationToken,
    ) -> Result<(), Error> {
        let mut request = self
            .get(&["view"])
            .query("filename", &image.filename)
            .query("subfolder", &image.subfolder)
            .query("type", image.folder.name())
            .identity()
            .max_body(sink.limits.max_bytes)
            .cancel(cancel);
        let from = sink.written;
        if from > 0 {
            request = request.range(from, None);
            if let Some(etag) = &etag {
                request = request.header("if-range", etag);
            }
        }
        let mut response = match self.http.send(request).await.map_err(Error::net("view")) {
            Ok(response) => response,
            Err(error) => {
                return Err(if matches!(refusal(&error), Some((404, _))) {
                    Error::PictureGone
                } else {
                    error
                });
            }
        };
        if from > 0
            && matches!(
                response
                    .range(from, None, None)
                    .map_err(Error::net("view"))?,
                RangeAnswer::Whole
            )
        {
            // It changed, or the server cannot do parts.
            sink.restart().await?;
        }
        *etag = response.strong_etag().map(str::to_owned);
        copy(&mut response, sink).await
    }
}

async fn copy(response: &mut Response, sink: &mut Sink) -> Result<(), Error> {
    while let Some(piece) = response.chunk().await.map_err(Error::net("view"))? {
        sink.write(&piece).await?;
    }
    Ok(())
}

/// The file gets its name once its bytes are on the disk, and the name is on the disk when this returns.
fn publish(part: NamedUtf8TempFile, target: &Utf8Path) -> Result<(), Error> {
    part.as_file()
        .sync_all()
        .map_err(Error::io("writing", target))?;
    part.persist(target)
        .map_err(|error| Error::io("renaming a file to", target)(error.error))?;
    #[cfg(unix)]
    {
        let directory = target
            .parent()
            .filter(|parent| !parent.as_str().is_empty())
            .unwrap_or(Utf8Path::new("."));
        let synced = std::fs::File::open(directory).and_then(|directory| directory.sync_all());
        synced.map_err(Error::io("writing", directory))?;
    }
    Ok(())
}

/// Runs `work`, which waits for the disk, off the threads that run everything else.
async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, Error> + Send + 'static,
) -> Result<T, Error> {
    // The task can only be lost with the runtime.
    tokio::task::spawn_blocking(work)
        .await
        .unwrap_or(Err(Error::Cancelled))
}
