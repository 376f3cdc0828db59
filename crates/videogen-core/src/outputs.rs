//! What the stages of a video make, looked up before it is made again, by tasks that must not block: how it is kept is the
//! business of [`videogen_durable::Outputs`].

use std::sync::Arc;

use camino::{Utf8Path, Utf8PathBuf};
pub(crate) use videogen_durable::CacheScope;
use videogen_durable::{FileOutput, Key, Store};
use videogen_types::Stage;

use crate::batch::Batch;
use crate::blocking::blocking;
use crate::{Error, ErrorKind};

/// Where outputs are kept. Clones share the stores.
#[derive(Debug, Clone)]
pub(crate) struct Outputs(videogen_durable::Outputs);

impl Outputs {
    /// Opens the stores of `batch` and `cache`. One that cannot be used is logged, and done without.
    pub(crate) async fn open(batch: Option<&Batch>, cache: Option<Arc<Store>>) -> Self {
        let without = videogen_durable::Outputs::without_batch(cache.clone());
        let Some(batch) = batch else {
            return Self(without);
        };
        let (run, dir) = (batch.name().to_owned(), batch.work().to_owned());
        let effects = Arc::clone(batch.effects());
        let opened = blocking(Stage::Preflight, move || {
            Ok(videogen_durable::Outputs::open(&run, &dir, cache, effects))
        });
        // Only a runtime that shuts down can be in the way.
        Self(opened.await.unwrap_or(without))
    }

    /// Returns the same for one video.
    pub(crate) fn scoped(&self) -> Self {
        Self(self.0.scoped())
    }

    /// Returns what no other run is called; the same when it goes on.
    pub(crate) fn run(&self) -> &str {
        self.0.run()
    }

    /// Does `work` with the outputs on a thread that may block.
    async fn on_thread<T: Send + 'static>(
        &self,
        stage: Stage,
        work: impl FnOnce(&videogen_durable::Outputs) -> T + Send + 'static,
    ) -> Result<T, Error> {
        let outputs = self.0.clone();
        blocking(stage, move || Ok(work(&outputs))).await
    }

    /// Drops what the video was made of: it is delivered, and needs it for resuming no more.
    pub(crate) async fn release(&self) {
        // Only a runtime that shuts down can be in the way; the batch's end removes all of it.
        let _ = self
            .on_thread(Stage::Publish, videogen_durable::Outputs::release)
            .await;
    }

    /// Returns how many outputs were there already, and how many were made.
    pub(crate) fn counts(&self) -> (u32, u32) {
        self.0.counts()
    }

    /// Returns where the parts of an encoded video are kept until it is complete.
    pub(crate) fn parts(&self, key: &Key) -> Option<Utf8PathBuf> {
        self.0.parts(key)
    }

    /// Says whether any output of `stage` of this video was found.
    pub(crate) fn has_reused(&self, stage: Stage) -> bool {
        self.0.has_reused(stage.name())
    }

    /// Announces work outside this process.
    fn begin(&self, stage: Stage, what: &str) -> Result<(), Error> {
        self.0.begin(what).map_err(|error| Error::new(stage, error))
    }

    /// Announces that the file at `to` is made, because it was not found.
    ///
    /// # Errors
    /// When that is not to be.
    pub(crate) fn begin_file(&self, stage: Stage, to: &Utf8Path) -> Result<(), Error> {
        self.begin(stage, to.file_name().unwrap_or_default())
    }

    /// Has the file of `key` at `to` if a store has one that `proof` takes; what it says of it. One that it refuses is
    /// dropped from that store, and so are the `notes` beside it.
    ///
    /// # Errors
    /// What lies at `to` cannot be removed; [`ErrorKind::Cancelled`].
    pub(crate) async fn find_file<T: Send + 'static>(
        &self,
        key: Key,
        notes: &[Key],
        stage: Stage,
        scope: CacheScope,
        to: &Utf8Path,
        proof: impl Fn(&Utf8Path) -> Result<T, String> + Send + 'static,
    ) -> Result<Option<T>, Error> {
        let (path, notes) = (to.to_owned(), notes.to_vec());
        let found = self.on_thread(stage, move |outputs| {
            let output = FileOutput {
                notes: &notes,
                ..file(key, stage, scope, &path)
            };
            outputs.find_file(&output, proof)
        });
        found.await?.map_err(|error| Error::new(stage, error))
    }

    /// Has the file of `key` at `to`: found and taken by `proof`, or made by `make`, which writes it there, has proven it
    /// and says who may have it, never more than `scope`. What either says of it, and `true` if it was found.
    ///
    /// # Errors
    /// As [`Outputs::find_file`], and those of `make`, of which nothing is kept.
    #[expect(
        clippy::too_many_arguments,
        reason = "each is said once, where the file is asked for"
    )]
    pub(crate) async fn file<T: Send + 'static>(
        &self,
        key: Key,
        notes: &[Key],
        stage: Stage,
        scope: CacheScope,
        to: &Utf8Path,
        proof: impl Fn(&Utf8Path) -> Result<T, String> + Send + 'static,
        make: impl Future<Output = Result<(CacheScope, T), Error>>,
    ) -> Result<(T, bool), Error> {
        let found = self.find_file(key, notes, stage, scope, to, proof).await?;
        if let Some(proven) = found {
            return Ok((proven, true));
        }
        self.begin_file(stage, to)?;
        let (made, proven) = make.await?;
        self.keep_file(key, stage, scope.min(made), to).await?;
        Ok((proven, false))
    }

    /// Puts a proven file into the stores that have it not yet.
    ///
    /// # Errors
    /// [`ErrorKind::Cancelled`] when the runtime shuts down.
    pub(crate) async fn keep_file(
        &self,
        key: Key,
        stage: Stage,
        scope: CacheScope,
        to: &Utf8Path,
    ) -> Result<(), Error> {
        let path = to.to_owned();
        let keeping = self.on_thread(stage, move |outputs| {
            outputs.keep_file(&file(key, stage, scope, &path), scope);
        });
        keeping.await
    }

    /// Drops what later proved bad from every store, so that it is made again by whoever asks next.
    ///
    /// # Errors
    /// [`ErrorKind::Cancelled`] when the runtime shuts down.
    pub(crate) async fn forget(&self, stage: Stage, keys: &[Key]) -> Result<(), Error> {
        let keys = keys.to_vec();
        let forgetting = self.on_thread(stage, move |outputs| outputs.forget(stage.name(), &keys));
        forgetting.await
    }

    /// The bytes of `key` that `proof` takes, which the batch's own store has from now on. Those that it refuses are
    /// dropped.
    async fn found<T>(
        &self,
        key: Key,
        stage: Stage,
        scope: CacheScope,
        proof: impl Fn(&[u8]) -> Result<T, String>,
    ) -> Result<Option<T>, Error> {
        let mut refused = None;
        loop {
            let looking = move |outputs: &videogen_durable::Outputs| {
                outputs.find_bytes(key, scope, refused.as_ref())
            };
            let Some(found) = self.on_thread(stage, looking).await? else {
                return Ok(None);
            };
            match proof(&found.bytes) {
                Ok(proven) => {
                    let taking = self.on_thread(stage, move |outputs| {
                        outputs.take_bytes(&found, stage.name());
                    });
                    taking.await?;
                    return Ok(Some(proven));
                }
                Err(reason) => {
                    tracing::warn!(%key, reason, "what was kept is no good: dropped");
                    refused = Some(found);
                }
            }
        }
    }

    /// Returns what was noted beside another output, as `read` reads it; a note that it cannot read is dropped. Notes are not
    /// counted.
    ///
    /// # Errors
    /// [`ErrorKind::Cancelled`] when the runtime shuts down.
    pub(crate) async fn note<T>(
        &self,
        key: Key,
        stage: Stage,
        scope: CacheScope,
        read: impl Fn(&[u8]) -> Result<T, String>,
    ) -> Result<Option<T>, Error> {
        self.found(key, stage, scope, read).await
    }

    /// Notes something beside another output.
    ///
    /// # Errors
    /// [`ErrorKind::Cancelled`] when the runtime shuts down.
    pub(crate) async fn keep_note(
        &self,
        key: Key,
        stage: Stage,
        scope: CacheScope,
        bytes: Vec<u8>,
    ) -> Result<(), Error> {
        let keeping = self.on_thread(stage, move |outputs| {
            outputs.keep_bytes(key, stage.name(), scope, &bytes);
        });
        keeping.await
    }

    /// Gives what the bytes of `key` stand for: found and taken by `proof`, or made by `make` and taken by it. `true` if
    /// they were found.
    ///
    /// # Errors
    /// Those of `make`; [`ErrorKind::Unfit`] when `proof` refuses what it made. Nothing is kept then.
    pub(crate) async fn bytes<T>(
        &self,
        key: Key,
        stage: Stage,
        scope: CacheScope,
        what: &str,
        proof: impl Fn(&[u8]) -> Result<T, String>,
        make: impl Future<Output = Result<Vec<u8>, Error>>,
    ) -> Result<(T, bool), Error> {
        if let Some(proven) = self.found(key, stage, scope, &proof).await? {
            self.0.count_found(stage.name());
            return Ok((proven, true));
        }
        self.begin(stage, what)?;
        let bytes = make.await?;
        let proven = proof(&bytes).map_err(|reason| {
            let what = what.to_owned();
            Error::new(stage, ErrorKind::Unfit { what, reason })
        })?;
        self.keep_note(key, stage, scope, bytes).await?;
        Ok((proven, false))
    }
}

/// The file of `key` at `path`.
fn file(key: Key, stage: Stage, scope: CacheScope, path: &Utf8Path) -> FileOutput<'_> {
    FileOutput {
        key,
        notes: &[],
        step: stage.name(),
        scope,
        path,
    }
}

/// Reads a note of JSON.
///
/// # Errors
/// Why it is none.
pub(crate) fn json<T: serde::de::DeserializeOwned>(bytes: &[u8]) -> Result<T, String> {
    serde_json::from_slice(bytes).map_err(|error| error.to_string())
}

/// Removes what an earlier try left at `path`, see [`videogen_durable::remove_existing`].
///
/// # Errors
/// When it is there and cannot be removed.
pub(crate) fn make_way(stage: Stage, path: &Utf8Path) -> Result<(), Error> {
    videogen_durable::remove_existing(path).map_err(|error| Error::new(stage, error))
}
