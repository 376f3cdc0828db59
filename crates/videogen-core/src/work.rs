//! What the stages of a video make, looked up before it is made again: in the batch's own store, then in the cache.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use camino::{Utf8Path, Utf8PathBuf};

use crate::batch::Batch;
use crate::effects::{Effect, Effects, RealEffects};
use crate::event::Stage;
use crate::store::{About, Key, Limits, Store, StoreError};
use crate::{Error, ErrorKind, seam};

/// Where outputs are kept. Clones share the stores.
#[derive(Debug, Clone)]
pub(crate) struct Work {
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
pub(crate) enum Reach {
    /// The batch's: nobody else makes the same.
    Batch,
    /// The cache as well.
    Everywhere,
}

impl Work {
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
                let opened = seam::blocking(Stage::Preflight, move || {
                    let limits = Limits {
                        // A batch must not lose what it has: the disk is the limit, and it is checked before each video.
                        bytes: u64::MAX,
                        entries: u64::MAX,
                        ..Limits::default()
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
    pub(crate) fn for_a_video(&self) -> Self {
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
    pub(crate) async fn let_go(&self) {
        let used = std::mem::take(&mut *self.used.lock().unwrap_or_else(PoisonError::into_inner));
        let Some(own) = self.own.clone() else { return };
        let removed = seam::blocking(Stage::Publish, move || {
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

    fn stores(&self, reach: Reach) -> impl Iterator<Item = Arc<Store>> {
        let cache = self.cache.as_ref().filter(|_| reach == Reach::Everywhere);
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
        self.effects
            .before(Effect::Work(what))
            .map_err(|source| failed(stage, "beginning", what.into(), source))
    }

    /// Has the file of `key` at `to`: found, or made by `make`, which writes it there and says who may have it, never more
    /// than `reach`. `Ok(true)` if it was found.
    pub(crate) async fn file(
        &self,
        key: Key,
        stage: Stage,
        reach: Reach,
        to: &Utf8Path,
        make: impl Future<Output = Result<Reach, Error>>,
    ) -> Result<bool, Error> {
        self.use_of(key);
        // What an earlier try left may be shared with a store by a hard link: it is not written over, but replaced.
        if let Err(error) = std::fs::remove_file(to)
            && error.kind() != std::io::ErrorKind::NotFound
        {
            return Err(failed(stage, "removing", to.to_owned(), error));
        }
        for store in self.stores(reach) {
            let path = to.to_owned();
            let taken = seam::blocking(stage, move || Ok(store.take_to(&key, &path))).await?;
            match taken {
                Ok(Some(_)) => {
                    self.count_found(stage);
                    self.put_file(key, stage, Reach::Batch, to).await?;
                    return Ok(true);
                }
                Ok(None) => {}
                Err(error) => tracing::warn!(%error, %key, "made again"),
            }
        }
        self.count_missed();
        self.begin(stage, to.file_name().unwrap_or_default())?;
        let made = make.await?;
        let reach = if reach == Reach::Everywhere {
            made
        } else {
            reach
        };
        self.put_file(key, stage, reach, to).await?;
        Ok(false)
    }

    /// Puts a file into the stores that have it not yet.
    async fn put_file(
        &self,
        key: Key,
        stage: Stage,
        reach: Reach,
        to: &Utf8Path,
    ) -> Result<(), Error> {
        let extension = to.extension().unwrap_or("bin").to_ascii_lowercase();
        for store in self.stores(reach) {
            let (path, extension) = (to.to_owned(), extension.clone());
            let put = move || {
                let about = About::new(&extension, stage.name());
                Ok(store.put_file(&key, &about, &path))
            };
            told(seam::blocking(stage, put).await?);
        }
        Ok(())
    }

    /// The bytes of `key`, which the batch's own store has from now on.
    async fn found(
        &self,
        key: Key,
        stage: Stage,
        reach: Reach,
    ) -> Result<Option<Arc<[u8]>>, Error> {
        for store in self.stores(reach) {
            if let Some(bytes) = seam::blocking(stage, move || Ok(store.get_bytes(&key))).await? {
                if let Some(own) = &self.own {
                    told(put_bytes(Arc::clone(own), key, stage, Arc::clone(&bytes)).await?);
                }
                return Ok(Some(bytes));
            }
        }
        Ok(None)
    }

    /// Puts bytes into the stores.
    async fn put(
        &self,
        key: Key,
        stage: Stage,
        reach: Reach,
        bytes: &Arc<[u8]>,
    ) -> Result<(), Error> {
        for store in self.stores(reach) {
            told(put_bytes(store, key, stage, Arc::clone(bytes)).await?);
        }
        Ok(())
    }

    /// What was noted beside another output. Notes are not counted.
    pub(crate) async fn note(
        &self,
        key: Key,
        stage: Stage,
        reach: Reach,
    ) -> Result<Option<Arc<[u8]>>, Error> {
        self.use_of(key);
        self.found(key, stage, reach).await
    }

    /// Notes something beside another output.
    pub(crate) async fn keep_note(
        &self,
        key: Key,
        stage: Stage,
        reach: Reach,
        bytes: Vec<u8>,
    ) -> Result<(), Error> {
        self.use_of(key);
        self.put(key, stage, reach, &bytes.into()).await
    }

    /// Gives the bytes of `key`: found, or made by `make`. `true` if they were found.
    pub(crate) async fn bytes(
        &self,
        key: Key,
        stage: Stage,
        reach: Reach,
        what: &str,
        make: impl Future<Output = Result<Vec<u8>, Error>>,
    ) -> Result<(Arc<[u8]>, bool), Error> {
        self.use_of(key);
        if let Some(bytes) = self.found(key, stage, reach).await? {
            self.count_found(stage);
            return Ok((bytes, true));
        }
        self.count_missed();
        self.begin(stage, what)?;
        let bytes: Arc<[u8]> = make.await?.into();
        self.put(key, stage, reach, &bytes).await?;
        Ok((bytes, false))
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
        tracing::warn!(error = %videogen_process::chain(&error), "an output is not kept");
    }
}

async fn put_bytes(
    store: Arc<Store>,
    key: Key,
    stage: Stage,
    bytes: Arc<[u8]>,
) -> Result<Result<(), StoreError>, Error> {
    seam::blocking(stage, move || {
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
