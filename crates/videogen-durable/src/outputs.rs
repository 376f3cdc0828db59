//! What was made for a batch, looked up before it is made again: in the batch's own store, then in the cache of its user.
//!
//! What an output is of is told by its key, what it is made by, by the step: a name such as "render" that stores count by.
//! Everything here reads and writes files, and so blocks.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use camino::{Utf8Path, Utf8PathBuf};

use crate::file_error::FileError;
use crate::{About, Effect, Effects, Key, RealEffects, Store, StoreError, StoreLimits};

/// Where outputs are kept. Clones share the stores.
#[derive(Debug, Clone)]
pub struct Outputs {
    /// Of the batch: all that its jobs are made of, until it is finished.
    own: Option<Arc<Store>>,
    /// Of the user: what other batches may need, too.
    cache: Option<Arc<Store>>,
    effects: Arc<dyn Effects>,
    found: Arc<AtomicU32>,
    missed: Arc<AtomicU32>,
    /// What no other run is called; the same when it goes on.
    run: Arc<str>,
    /// Keys of the job this is for.
    used: Arc<Mutex<Vec<Key>>>,
    /// Steps of that job that have found something.
    reused: Arc<Mutex<BTreeSet<&'static str>>>,
}

/// Which stores an output belongs into.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum CacheScope {
    /// The batch's: nobody else makes the same.
    Batch,
    /// The cache as well.
    Everywhere,
}

/// An output that is a file: what it is found by, and where it is to be.
#[derive(Debug, Clone, Copy)]
pub struct FileOutput<'a> {
    /// The hash of everything that influences it.
    pub key: Key,
    /// Keys of what was noted beside it, which goes when it proves bad.
    pub notes: &'a [Key],
    /// The step that makes it, as "render": stores count by it.
    pub step: &'static str,
    /// Who may have it.
    pub scope: CacheScope,
    /// Where it is to be. Whatever has the name is removed.
    pub path: &'a Utf8Path,
}

/// Bytes that one of the stores has under a key.
#[derive(Debug, Clone)]
pub struct FoundBytes {
    /// What they are.
    pub bytes: Arc<[u8]>,
    key: Key,
    store: Arc<Store>,
    /// How many stores were looked into.
    looked: usize,
}

impl Outputs {
    /// Returns the outputs of a run without a batch, which nothing can go on with: they are kept in `cache` alone.
    pub fn without_batch(cache: Option<Arc<Store>>) -> Self {
        Self::new(&nameless(), None, cache, Arc::new(RealEffects))
    }

    /// Opens the store of the batch called `run` in `dir`, see [`crate::Batch::work`], which is made if need be. One that cannot
    /// be used is logged, and done without.
    pub fn open(
        run: &str,
        dir: &Utf8Path,
        cache: Option<Arc<Store>>,
        effects: Arc<dyn Effects>,
    ) -> Self {
        let limits = StoreLimits {
            // A batch must not lose what it has: the disk is the limit, and looking after that is the program's business.
            bytes: u64::MAX,
            entries: u64::MAX,
            ..StoreLimits::default()
        };
        let own = match Store::open(dir, limits, Arc::clone(&effects)) {
            Ok(store) => Some(Arc::new(store)),
            Err(error) => {
                tracing::warn!(%error, "what is made cannot be kept for resuming");
                None
            }
        };
        Self::new(run, own, cache, effects)
    }

    fn new(
        run: &str,
        own: Option<Arc<Store>>,
        cache: Option<Arc<Store>>,
        effects: Arc<dyn Effects>,
    ) -> Self {
        Self {
            own,
            cache,
            effects,
            found: Arc::default(),
            missed: Arc::default(),
            run: run.into(),
            used: Arc::default(),
            reused: Arc::default(),
        }
    }

    /// Returns the same for one job.
    #[must_use]
    pub fn scoped(&self) -> Self {
        Self {
            used: Arc::default(),
            reused: Arc::default(),
            ..self.clone()
        }
    }

    /// Returns what no other run is called; the same when it goes on.
    pub fn run(&self) -> &str {
        &self.run
    }

    /// Returns how many outputs were there already, and how many were made.
    pub fn counts(&self) -> (u32, u32) {
        (
            self.found.load(Ordering::Relaxed),
            self.missed.load(Ordering::Relaxed),
        )
    }

    /// Says whether any output of `step` of this job was found.
    pub fn has_reused(&self, step: &str) -> bool {
        self.reused().contains(step)
    }

    /// Returns the directory for the parts of an output until it is complete: in the batch's own store, which goes with it.
    /// `None` without a batch.
    pub fn parts(&self, key: &Key) -> Option<Utf8PathBuf> {
        let own = self.own.as_ref()?;
        Some(own.dir().join("parts").join(key.to_string()))
    }

    /// Drops what the job was made of from the batch's store: it is done, and needs it for resuming no more.
    pub fn release(&self) {
        let used = std::mem::take(&mut *self.used.lock().unwrap_or_else(PoisonError::into_inner));
        let Some(own) = &self.own else { return };
        for key in &used {
            log_failure(own.remove(key));
        }
    }

    /// Drops what later proved bad from every store, so that it is made again by whoever asks next.
    pub fn forget(&self, step: &'static str, keys: &[Key]) {
        for store in self.stores(CacheScope::Everywhere) {
            for key in keys {
                log_failure(store.remove(key));
            }
        }
        self.reused().remove(step);
    }

    /// Counts an output that is made because it was not found, and announces the work, which is outside this process.
    ///
    /// # Errors
    /// When that is not to be.
    pub fn begin(&self, what: &str) -> Result<(), FileError> {
        self.missed.fetch_add(1, Ordering::Relaxed);
        self.effects
            .before(Effect::Work(what))
            .map_err(|source| FileError::new("beginning", what.into(), source))
    }

    /// Places a file if a store has one that `proof` takes, by a hard link where that is possible, and returns what `proof`
    /// says of it. One that it refuses is dropped from that store with its notes.
    ///
    /// # Errors
    /// What lies at the path cannot be removed.
    pub fn find_file<T>(
        &self,
        output: &FileOutput<'_>,
        proof: impl Fn(&Utf8Path) -> Result<T, String>,
    ) -> Result<Option<T>, FileError> {
        let FileOutput { key, path, .. } = *output;
        self.use_of(key);
        remove_existing(path)?;
        for store in self.stores(output.scope) {
            match store.take_to(&key, path) {
                Ok(None) => {}
                Ok(Some(_)) => match proof(path) {
                    Ok(proven) => {
                        self.count_found(output.step);
                        self.keep_file(output, CacheScope::Batch);
                        return Ok(Some(proven));
                    }
                    Err(reason) => {
                        tracing::warn!(%key, reason, "what was kept is no good: dropped");
                        for key in output.notes.iter().chain([&key]) {
                            log_failure(store.remove(key));
                        }
                        remove_existing(path)?;
                    }
                },
                Err(error) => tracing::warn!(%error, %key, "made again"),
            }
        }
        Ok(None)
    }

    /// Puts a file that is made and proven into the stores that have it not yet: those of the lesser one of its scope and
    /// `made`. What cannot be kept is logged.
    pub fn keep_file(&self, output: &FileOutput<'_>, made: CacheScope) {
        let extension = output.path.extension().unwrap_or("bin");
        let extension = extension.to_ascii_lowercase();
        for store in self.stores(output.scope.min(made)) {
            let about = About::new(&extension, output.step);
            log_failure(store.put_file(&output.key, &about, output.path));
        }
    }

    /// Has a file: found and taken by `proof`, or made by `make`, which writes it at the path, has proven it and says who may
    /// have it, never more than its scope. Returns what either says of it, and `true` if it was found.
    ///
    /// # Errors
    /// As [`Outputs::find_file`] and [`Outputs::begin`], and those of `make`, of which nothing is kept.
    pub fn file<T, E: From<FileError>>(
        &self,
        output: &FileOutput<'_>,
        proof: impl Fn(&Utf8Path) -> Result<T, String>,
        make: impl FnOnce() -> Result<(CacheScope, T), E>,
    ) -> Result<(T, bool), E> {
        if let Some(proven) = self.find_file(output, proof)? {
            return Ok((proven, true));
        }
        self.begin(output.path.file_name().unwrap_or_default())?;
        let (made, proven) = make()?;
        self.keep_file(output, made);
        Ok((proven, false))
    }

    /// Returns the bytes that a store of `scope` has under `key`: the first one, or the next one after those that were
    /// `refused`, which are dropped. They are to be looked at before they are relied on, and then taken with
    /// [`Outputs::take_bytes`].
    pub fn find_bytes(
        &self,
        key: Key,
        scope: CacheScope,
        refused: Option<&FoundBytes>,
    ) -> Option<FoundBytes> {
        self.use_of(key);
        if let Some(refused) = refused {
            log_failure(refused.store.remove(&refused.key));
        }
        let skip = refused.map_or(0, |refused| refused.looked);
        let mut rest = self.stores(scope).enumerate().skip(skip);
        rest.find_map(|(index, store)| {
            Some(FoundBytes {
                bytes: store.get_bytes(&key)?,
                key,
                store,
                looked: index + 1,
            })
        })
    }

    /// Takes bytes that were found and are good: the batch's own store has them from now on.
    pub fn take_bytes(&self, found: &FoundBytes, step: &'static str) {
        if let Some(own) = &self.own {
            log_failure(put_bytes(own, found.key, step, &found.bytes));
        }
    }

    /// Counts an output of `step` that was found as bytes. Notes beside another output are not counted.
    pub fn count_found(&self, step: &'static str) {
        self.found.fetch_add(1, Ordering::Relaxed);
        self.reused().insert(step);
    }

    /// Puts bytes that are good into the stores of `scope`. Those that cannot be kept are logged.
    pub fn keep_bytes(&self, key: Key, step: &'static str, scope: CacheScope, bytes: &[u8]) {
        self.use_of(key);
        for store in self.stores(scope) {
            log_failure(put_bytes(&store, key, step, bytes));
        }
    }

    fn reused(&self) -> std::sync::MutexGuard<'_, BTreeSet<&'static str>> {
        self.reused.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn use_of(&self, key: Key) {
        let mut used = self.used.lock().unwrap_or_else(PoisonError::into_inner);
        if !used.contains(&key) {
            used.push(key);
        }
    }

    fn stores(&self, scope: CacheScope) -> impl Iterator<Item = Arc<Store>> {
        let cache = self
            .cache
            .as_ref()
            .filter(|_| scope == CacheScope::Everywhere);
        self.own.iter().chain(cache).cloned()
    }
}

/// Removes what an earlier try left at `path`. It may be shared with a store by a hard link: it is not written over, but
/// replaced.
///
/// # Errors
/// When it is there and cannot be removed.
pub fn remove_existing(path: &Utf8Path) -> Result<(), FileError> {
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(FileError::new("removing", path, error))
        }
        _ => Ok(()),
    }
}

/// Returns a name for a run without a batch.
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
fn log_failure<T>(put: Result<T, StoreError>) {
    if let Err(error) = put {
        tracing::warn!(error = %videogen_text::chain(&error), "an output is not kept");
    }
}

fn put_bytes(store: &Store, key: Key, step: &'static str, bytes: &[u8]) -> Result<(), StoreError> {
    store
        .put_bytes(&key, &About::new("bin", step), bytes)
        .map(drop)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::KeyBuilder;

    fn whole(path: &Utf8Path) -> Result<String, String> {
        let text = fs::read_to_string(path).map_err(|error| error.to_string())?;
        match text.as_str() {
            "bad" => Err("it is bad".to_owned()),
            _ => Ok(text),
        }
    }

    fn made(
        path: &Utf8Path,
        text: &str,
        scope: CacheScope,
    ) -> Result<(CacheScope, String), FileError> {
        fs::write(path, text).map_err(|error| FileError::new("writing", path, error))?;
        Ok((scope, text.to_owned()))
    }

    #[test]
    fn what_is_made_is_found_by_whoever_may_have_it() {
        let dir = camino_tempfile::tempdir().expect("a temporary directory");
        let at = |name: &str| dir.path().join(name);
        let store = Store::open(&at("cache"), StoreLimits::default(), Arc::new(RealEffects));
        let cache = Arc::new(store.expect("opened"));
        let batch = |name| {
            let cache = Some(Arc::clone(&cache));
            Outputs::open(name, &at(name), cache, Arc::new(RealEffects))
        };
        let (first, second) = (batch("first"), batch("second"));
        let path = at("a.txt");
        let key = |name| KeyBuilder::new("test", 1).text("name", name).finish();
        let output = |name| FileOutput {
            key: key(name),
            notes: &[],
            step: "write",
            scope: CacheScope::Everywhere,
            path: &path,
        };
        let never = || -> Result<(CacheScope, String), FileError> { panic!("it is there") };
        for (name, scope) in [("all", CacheScope::Everywhere), ("own", CacheScope::Batch)] {
            let made = first.file(&output(name), whole, || made(&path, name, scope));
            assert_eq!(made.expect("made"), (name.to_owned(), false));
            let found = first.file(&output(name), whole, never);
            assert_eq!(found.expect("found"), (name.to_owned(), true));
        }
        assert_eq!((first.counts(), first.has_reused("write")), ((2, 2), true));
        let found = second.file(&output("all"), whole, never);
        assert_eq!(found.expect("found"), ("all".to_owned(), true));
        assert_eq!(
            second.find_file(&output("own"), whole).expect("looked"),
            None
        );

        // What it needs for resuming goes when it is done; what others may have stays.
        first.release();
        assert!(
            first
                .find_file(&output("own"), whole)
                .expect("looked")
                .is_none()
        );
        assert!(
            first
                .find_file(&output("all"), whole)
                .expect("looked")
                .is_some()
        );
        first.forget("write", &[key("all")]);
        assert!(!first.has_reused("write"));
        assert!(
            first
                .find_file(&output("all"), whole)
                .expect("looked")
                .is_none()
        );
    }

    #[test]
    fn what_is_no_good_is_dropped_from_every_store() {
        let dir = camino_tempfile::tempdir().expect("a temporary directory");
        let at = |name: &str| dir.path().join(name);
        let store = Store::open(&at("cache"), StoreLimits::default(), Arc::new(RealEffects));
        let cache = Arc::new(store.expect("opened"));
        let outputs = Outputs::open(
            "b",
            &at("b"),
            Some(Arc::clone(&cache)),
            Arc::new(RealEffects),
        );
        let key = KeyBuilder::new("test", 1).finish();
        outputs.keep_bytes(key, "write", CacheScope::Everywhere, b"bad");
        let path = at("a.txt");
        let output = FileOutput {
            key,
            notes: &[],
            step: "write",
            scope: CacheScope::Everywhere,
            path: &path,
        };
        assert!(outputs.find_file(&output, whole).expect("looked").is_none());
        assert!(!path.exists() && cache.get_bytes(&key).is_none());

        outputs.keep_bytes(key, "write", CacheScope::Everywhere, b"bad");
        let mut found = None;
        for left in [true, true, false] {
            found = outputs.find_bytes(key, CacheScope::Everywhere, found.as_ref());
            assert_eq!(found.is_some(), left);
        }
        assert!(cache.get_bytes(&key).is_none());
        cache
            .put_bytes(&key, &About::new("bin", "write"), b"good")
            .expect("kept");
        let found = outputs
            .find_bytes(key, CacheScope::Everywhere, None)
            .expect("there");
        assert!(outputs.find_bytes(key, CacheScope::Batch, None).is_none());
        outputs.take_bytes(&found, "write");
        let own = outputs
            .find_bytes(key, CacheScope::Batch, None)
            .expect("taken");
        assert_eq!(&*own.bytes, b"good");
    }
}
