//! A renderer that makes no video, for tests of what stands around it.

use std::sync::atomic::{AtomicUsize, Ordering};

use camino::Utf8Path;
use tokio_util::sync::CancellationToken;
use videogen_types::Observer;

use super::{Checked, Job, Rendered, Renderer};
use crate::verify::Expected;
use crate::{BoxFuture, Error};

/// Writes a few bytes instead of a video and counts its calls.
#[derive(Debug, Default)]
pub struct FakeRenderer {
    calls: AtomicUsize,
    failure: Option<Failure>,
}

/// How a [`FakeRenderer`] fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Failure {
    /// With [`Error::InvalidValue`], at once.
    Error,
    /// Never returns until it is cancelled.
    Hang,
}

impl FakeRenderer {
    /// One that always fails in this way.
    pub fn failing(failure: Failure) -> Self {
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
        job: &'a Job,
        observer: &'a dyn Observer,
        cancel: &'a CancellationToken,
    ) -> BoxFuture<'a, Result<Rendered, Error>> {
        Box::pin(async move {
            self.calls.fetch_add(1, Ordering::Relaxed);
            match self.failure {
                Some(Failure::Hang) => {
                    cancel.cancelled().await;
                    return Err(Error::Cancelled);
                }
                Some(Failure::Error) => {
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
            Ok(Rendered {
                frames: job.timeline.frames(),
                encoder: "fake".into(),
                replaced: None,
            })
        })
    }

    fn verify<'a>(
        &'a self,
        _: &'a Utf8Path,
        _: &'a Expected,
        _: &'a CancellationToken,
    ) -> BoxFuture<'a, Result<Checked, Error>> {
        Box::pin(std::future::ready(Ok(Checked::default())))
    }
}
