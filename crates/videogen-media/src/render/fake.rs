//! A renderer that makes no video, for tests of what stands around it.

use std::sync::atomic::{AtomicUsize, Ordering};

use camino::Utf8Path;
use tokio_util::sync::CancellationToken;
use videogen_types::Observer;

use super::{CheckedVideo, RenderJob, RenderedVideo, Renderer};
use crate::verify::ExpectedVideo;
use crate::{BoxFuture, Error};

/// Writes a few bytes instead of a video and counts its calls.
#[derive(Debug, Default)]
pub struct FakeRenderer {
    calls: AtomicUsize,
    failure: Option<FakeFailure>,
}

/// How a [`FakeRenderer`] fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FakeFailure {
    /// With [`Error::InvalidValue`], at once.
    Error,
    /// Never returns until it is cancelled.
    Hang,
}

impl FakeRenderer {
    /// One that always fails in this way.
    pub fn failing(failure: FakeFailure) -> Self {
        Self {
            failure: Some(failure),
            ..Self::default()
        }
    }

    /// How often it was asked.
    pub fn calls(&self) -> usize {
        self.calls.load(Ordering::Relaxed)
    }
}

impl Renderer for FakeRenderer {
    fn render<'a>(
        &'a self,
        job: &'a RenderJob,
        observer: &'a dyn Observer,
        cancel: &'a CancellationToken,
    ) -> BoxFuture<'a, Result<RenderedVideo, Error>> {
        Box::pin(async move {
            self.calls.fetch_add(1, Ordering::Relaxed);
            match self.failure {
                Some(FakeFailure::Hang) => {
                    cancel.cancelled().await;
                    return Err(Error::Cancelled);
                }
                Some(FakeFailure::Error) => {
                    return Err(Error::InvalidValue {
                        what: "fake",
                        value: "fake".into(),
                        allowed: "none".into(),
                    });
                }
                None => {}
            }
            observer.progress(1.0);
            std::fs::write(
                &job.output,
                format!("{} frames of {}", job.timeline.frames(), job.size),
            )
            .map_err(|source| Error::Io {
                action: "writing",
                path: job.output.clone(),
                source,
            })?;
            Ok(RenderedVideo {
                frames: job.timeline.frames(),
                encoder: "fake".into(),
                replaced: None,
            })
        })
    }

    fn verify<'a>(
        &'a self,
        _: &'a Utf8Path,
        _: &'a ExpectedVideo,
        _: &'a CancellationToken,
    ) -> BoxFuture<'a, Result<CheckedVideo, Error>> {
        Box::pin(std::future::ready(Ok(CheckedVideo::default())))
    }
}
