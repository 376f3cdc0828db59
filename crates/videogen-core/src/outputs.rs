//! What the stages of a video make, looked up before it is made again: in the batch's own store, then in the cache.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use camino::{Utf8Path, Utf8PathBuf};
use videogen_durable::{About, Effect, Effects, Key, RealEffects, Store, StoreError, StoreLimits};
use videogen_types::Stage;

use crate::batch::Batch;
use crate::blocking::blocking;
use crate::{Error, ErrorKind};

/// Where outputs are kept. Clones share the stores.
#[derive(Debug, Clone)]
pub(crate) struct Outputs {
    /// Of the batch: all that its videos are made of, until it is finished.
    own: Option<Arc<Store>>,
    /// Of the user: what other batches may need, too.
    cache: Option<Arc<Store>>,
    effects: Arc<dyn Effects>,
    found: Arc<AtomicU32>,
    missed: Arc<AtomicU32>,
    /// What no other run is called; the same when it goes on.
    run: Arc<str>,
    /// Keys of the video this is for.
    used: Arc<Mutex<Vec<Key>>>,
    /// Stages of that video that have found something.
    reused: Arc<Mutex<BTreeSet<Stage>>>,
}

/// Which stores an output belongs into.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum CacheScope {
    /// The batch's: nobody else makes the same.
    Batch,
    /// The cache as well.
    Everywhere,
}

impl Outputs {
    /// The stores of `batch` and `cache`. One that cannot be used is logged, and done without.
    pub(crate) async fn open(batch: Option<&Batch>, cache: Option<Arc<Store>>) -> Self {
        let effects: Arc<dyn Effects> = batch.map_or_else(
            || Arc::new(RealEffects) as _,
            |batch| Arc::clone(batch.effects()),
        );
        let own = match batch {
            None => None,
            Some(batch) => {
                let (dir, effects) = (batch.work().to_owned(), Arc::clone(&effects));
                let opened = blocking(Stage::Preflight, move || {
                    let limits = StoreLimits {
                        // A batch must not lose what it has: the disk is the limit, and it is checked before each video.
                        bytes: u64::MAX,
                        entries: u64::MAX,
                        ..StoreLimits::default()
                    };
                    Ok(Store::open(&dir, limits, effects))
                })
                .await;
                match opened {
                    Ok(Ok(store)) => Some(Arc::new(store)),
                    Ok(Err(error)) => {
                        tracing::warn!(%error, "what is made cannot be kept for resuming");
                        None
                    }
                    Err(_) => None,
                }
            }
        };
        Self {
            own,
            cache,
            effects,
            found: Arc::default(),
            missed: Arc::default(),
            run: match batch {
                Some(batch) => batch.name().into(),
                None => nameless().into(),
            },
            used: Arc::default(),
            reused: Arc::default(),
        }
    }

    /// The same for one video.
    pub(crate) fn scoped(&self) -> Self {
        Self {
            used: Arc::default(),
            reused: Arc::default(),
            ..self.clone()
        }
    }

    /// What no other run is called; the same when it goes on.
    pub(crate) fn run(&self) -> &str {
        &self.run
    }

    fn use_of(&self, key: Key) {
        self.used
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(key);
    }

    /// The video is delivered: what it was made of is needed for resuming no more.
    pub(crate) async fn release(&self) {
        let used = std::mem::take(&mut *self.used.lock().unwrap_or_else(PoisonError::into_inner));
        let Some(own) = self.own.clone() else { return };
        let removed = blocking(Stage::Publish, move || {
            for key in &used {
                told(own.remove(key));
            }
            Ok(())
        });
        // Only a runtime that shuts down can be in the way; the batch's end removes all of it.
        let _ = removed.await;
    }

    /// How many outputs were there already, and how many were made.
    pub(crate) fn counts(&self) -> (u32, u32) {
        (
            self.found.load(Ordering::Relaxed),
            self.missed.load(Ordering::Relaxed),
        )
    }

    fn stores(&self, reach: CacheScope) -> impl Iterator<Item = Arc<Store>> {
        let cache = self
            .cache
            .as_ref()
            .filter(|_| reach == CacheScope::Everywhere);
        self.own.iter().chain(cache).cloned()
    }

    fn count_found(&self, stage: Stage) {
        self.found.fetch_add(1, Ordering::Relaxed);
        self.reused
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(stage);
    }

    fn count_missed(&self) {
        self.missed.fetch_add(1, Ordering::Relaxed);
    }

    /// Where the parts of an encoded video are kept until it is complete: in the batch's own store, which goes with it.
    pub(crate) fn parts(&self, key: &Key) -> Option<Utf8PathBuf> {
        let own = self.own.as_ref()?;
        Some(own.dir().join("parts").join(key.to_string()))
    }

    /// Whether any output of `stage` of this video was found.
    pub(crate) fn has_reused(&self, stage: Stage) -> bool {
        self.reused
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .contains(&stage)
    }

    /// Announces work outside this process.
    fn begin(&self, stage: Stage, what: &str) -> Result<(), Error> {
        self.count_missed();
        self.effects
            .before(Effect::Work(what))
            .map_err(|source| failed(stage, "beginning", what.into(), source))
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
        reach: CacheScope,
        to: &Utf8Path,
        proof: impl Fn(&Utf8Path) -> Result<T, String> + Clone + Send + 'static,
    ) -> Result<Option<T>, Error> {
        self.use_of(key);
        make_way(stage, to)?;
        for store in self.stores(reach) {
            let (path, proof, notes) = (to.to_owned(), proof.clone(), notes.to_vec());
            let taken = blocking(stage, move || {
                Ok(match store.take_to(&key, &path) {
                    Ok(None) => None,
                    Ok(Some(_)) => match proof(&path) {
                        Ok(proven) => Some(proven),
                        Err(reason) => {
                            tracing::warn!(%key, reason, "what was kept is no good: dropped");
                            for key in notes.iter().chain([&key]) {
                                told(store.remove(key));
                            }
                            make_way(stage, &path)?;
                            None
                        }
                    },
                    Err(error) => {
                        tracing::warn!(%error, %key, "made again");
                        None
                    }
                })
            });
            if let Some(proven) = taken.await? {
                self.count_found(stage);
                self.keep_file(key, stage, CacheScope::Batch, to).await?;
                return Ok(Some(proven));
            }
        }
        Ok(None)
    }

    /// Has the file of `key` at `to`: found and taken by `proof`, or made by `make`, which writes it there, has proven it
    /// and says who may have it, never more than `reach`. What either says of it, and `true` if it was found.
    ///
    /// # Errors
    /// As [`Work::find_file`], and those of `make`, of which nothing is kept.
    #[expect(
        clippy::too_many_arguments,
        reason = "each is said once, where the file is asked for"
    )]
    pub(crate) async fn file<T: Send + 'static>(
        &self,
        key: Key,
        notes: &[Key],
        stage: Stage,
        reach: CacheScope,
        to: &Utf8Path,
        proof: impl Fn(&Utf8Path) -> Result<T, String> + Clone + Send + 'static,
        make: impl Future<Output = Result<(CacheScope, T), Error>>,
    ) -> Result<(T, bool), Error> {
        let found = self.find_file(key, notes, stage, reach, to, proof).await?;
        if let Some(proven) = found {
            return Ok((proven, true));
        }
        self.begin_file(stage, to)?;
        let (made, proven) = make.await?;
        let reach = if reach == CacheScope::Everywhere {
            made
        } else {
            reach
        };
        self.keep_file(key, stage, reach, to).await?;
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
        reach: CacheScope,
        to: &Utf8Path,
    ) -> Result<(), Error> {
        let extension = to.extension().unwrap_or("bin").to_ascii_lowercase();
        for store in self.stores(reach) {
            let (path, extension) = (to.to_owned(), extension.clone());
            let put = move || {
                let about = About::new(&extension, stage.name());
                Ok(store.put_file(&key, &about, &path))
            };
            told(blocking(stage, put).await?);
        }
        Ok(())
    }

    /// Drops what later proved bad from every store, so that it is made again by whoever asks next.
    ///
    /// # Errors
    /// [`ErrorKind::Cancelled`] when the runtime shuts down.
    pub(crate) async fn forget(&self, stage: Stage, keys: &[Key]) -> Result<(), Error> {
        for store in self.stores(CacheScope::Everywhere) {
            let keys = keys.to_vec();
            blocking(stage, move || {
                for key in &keys {
                    told(store.remove(key));
                }
                Ok(())
            })
            .await?;
        }
        self.reused
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .remove(&stage);
        Ok(())
    }

    /// The bytes of `key` that `proof` takes, which the batch's own store has from now on. Those that it refuses are
    /// dropped.
    async fn found<T>(
        &self,
        key: Key,
        stage: Stage,
        reach: CacheScope,
        proof: impl Fn(&[u8]) -> Result<T, String>,
    ) -> Result<Option<T>, Error> {
        for store in self.stores(reach) {
            let from = Arc::clone(&store);
            let bytes = blocking(stage, move || Ok(from.get_bytes(&key))).await?;
            let Some(bytes) = bytes else { continue };
            match proof(&bytes) {
                Ok(proven) => {
                    if let Some(own) = &self.own {
                        told(put_bytes(Arc::clone(own), key, stage, bytes).await?);
                    }
                    return Ok(Some(proven));
                }
                Err(reason) => {
                    tracing::warn!(%key, reason, "what was kept is no good: dropped");
                    told(blocking(stage, move || Ok(store.remove(&key))).await?);
                }
            }
        }
        Ok(None)
    }

    /// Puts bytes into the stores.
    async fn put(
        &self,
        key: Key,
        stage: Stage,
        reach: CacheScope,
        bytes: &Arc<[u8]>,
    ) -> Result<(), Error> {
        for store in self.stores(reach) {
            told(put_bytes(store, key, stage, Arc::clone(bytes)).await?);
        }
        Ok(())
    }

    /// What was noted beside another output, as `read` reads it; a note that it cannot read is dropped. Notes are not
    /// counted.
    pub(crate) async fn note<T>(
        &self,
        key: Key,
        stage: Stage,
        reach: CacheScope,
        read: impl Fn(&[u8]) -> Result<T, String>,
    ) -> Result<Option<T>, Error> {
        self.use_of(key);
        self.found(key, stage, reach, read).await
    }

    /// Notes something beside another output.
    pub(crate) async fn keep_note(
        &self,
        key: Key,
        stage: Stage,
        reach: CacheScope,
        bytes: Vec<u8>,
    ) -> Result<(), Error> {
        self.use_of(key);
        self.put(key, stage, reach, &bytes.into()).await
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
        reach: CacheScope,
        what: &str,
        proof: impl Fn(&[u8]) -> Result<T, String>,
        make: impl Future<Output = Result<Vec<u8>, Error>>,
    ) -> Result<(T, bool), Error> {
        self.use_of(key);
        if let Some(proven) = self.found(key, stage, reach, &proof).await? {
            self.count_found(stage);
            return Ok((proven, true));
        }
        self.begin(stage, what)?;
        let bytes: Arc<[u8]> = make.await?.into();
        let proven = proof(&bytes).map_err(|reason| {
            let what = what.to_owned();
            Error::new(stage, ErrorKind::Unfit { what, reason })
        })?;
        self.put(key, stage, reach, &bytes).await?;
        Ok((proven, false))
    }
}

/// Reads a note of JSON.
///
/// # Errors
/// Why it is none.
pub(crate) fn json<T: serde::de::DeserializeOwned>(bytes: &[u8]) -> Result<T, String> {
    serde_json::from_slice(bytes).map_err(|error| error.to_string())
}

/// Removes what an earlier try left at `path`. It may be shared with a store by a hard link: it is not written over, but
/// replaced.
///
/// # Errors
/// When it is there and cannot be removed.
pub(crate) fn make_way(stage: Stage, path: &Utf8Path) -> Result<(), Error> {
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(failed(stage, "removing", path.to_owned(), error))
        }
        _ => Ok(()),
    }
}

/// A name for a run without a batch, which nothing can go on with.
fn nameless() -> String {
    let mut bytes = [0; 16];
    // Without random numbers the clock and the process have to do.
    if getrandom::fill(&mut bytes).is_err() {
        let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
        bytes = now.map_or(0, |now| now.as_nanos()).to_le_bytes();
    }
    format!("{:032x}-{}", u128::from_le_bytes(bytes), std::process::id())
}

/// An output that could not be kept is made again when it is needed; that is no reason to stop. If the disk is full,
/// whoever writes there next says so.
fn told<T>(put: Result<T, StoreError>) {
    if let Err(error) = put {
        tracing::warn!(error = %videogen_text::chain(&error), "an output is not kept");
    }
}

async fn put_bytes(
    store: Arc<Store>,
    key: Key,
    stage: Stage,
    bytes: Arc<[u8]>,
) -> Result<Result<(), StoreError>, Error> {
    blocking(stage, move || {
        let about = About::new("bin", stage.name());
        Ok(store.put_bytes(&key, &about, &bytes).map(drop))
    })
    .await
}

fn failed(stage: Stage, action: &'static str, path: Utf8PathBuf, source: std::io::Error) -> Error {
    Error::new(
        stage,
        ErrorKind::Io {
            action,
            path,
            source,
        },
    )
}
