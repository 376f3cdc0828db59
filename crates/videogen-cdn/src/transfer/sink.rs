//! Brings what a worker receives to the disk: in larger batches, one of which is written while the next one comes.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use tokio::task::JoinHandle;
use tokio::time::Instant;

use super::error::DownloadError;
use super::pieces::Worker;
use super::shared::Shared;

/// What is written at once. Twice that is what one worker holds in memory.
const BATCH: usize = 512 << 10;
/// What has come is written after this time, so that slow mirrors show progress and lose little.
pub(super) const BATCH_AFTER: Duration = Duration::from_secs(1);

/// Where one worker's bytes go.
#[derive(Debug)]
pub(super) struct Sink {
    shared: Arc<Shared>,
    worker: Worker,
    source: u16,
    batch: Vec<(u64, Bytes)>,
    bytes: usize,
    since: Option<Instant>,
    writing: Option<JoinHandle<Result<(), DownloadError>>>,
}

impl Sink {
    pub(super) fn new(shared: Arc<Shared>, worker: Worker, source: u16) -> Self {
        Self {
            shared,
            worker,
            source,
            batch: Vec::new(),
            bytes: 0,
            since: None,
            writing: None,
        }
    }

    /// Takes bytes that the worker has claimed.
    pub(super) fn push(&mut self, at: u64, bytes: Bytes) {
        self.bytes += bytes.len();
        self.since.get_or_insert_with(Instant::now);
        self.batch.push((at, bytes));
    }

    /// Whether something waits to be written.
    pub(super) fn is_holding(&self) -> bool {
        self.bytes > 0
    }

    /// Begins to write when there is enough, or has been for long.
    pub(super) async fn pass_on(&mut self) -> Result<(), DownloadError> {
        let is_due =
            self.bytes >= BATCH || self.since.is_some_and(|at| at.elapsed() >= BATCH_AFTER);
        if is_due { self.write().await } else { Ok(()) }
    }

    async fn write(&mut self) -> Result<(), DownloadError> {
        self.settle().await?;
        let batch = std::mem::take(&mut self.batch);
        (self.bytes, self.since) = (0, None);
        let (shared, worker, source) = (Arc::clone(&self.shared), self.worker, self.source);
        self.writing = Some(tokio::task::spawn_blocking(move || {
            shared.write(worker, source, &batch)
        }));
        Ok(())
    }

    async fn settle(&mut self) -> Result<(), DownloadError> {
        match self.writing.as_mut() {
            None => Ok(()),
            Some(writing) => {
                let written = writing.await;
                self.writing = None;
                // A runtime that ends takes its work along.
                written.unwrap_or(Err(DownloadError::Cancelled))
            }
        }
    }

    /// Writes everything and waits for it.
    pub(super) async fn finish(mut self) -> Result<(), DownloadError> {
        if self.is_holding() {
            self.write().await?;
        }
        self.settle().await
    }
}
