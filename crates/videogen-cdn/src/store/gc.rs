//! Keeps a store within its limit.

use std::collections::HashMap;
use std::time::{Duration, SystemTime};

use camino::Utf8PathBuf;
use videogen_durable::{FileLock, LockError};

use super::asset_store::AssetStore;
use super::content::{Content, entries};
use super::error::AssetStoreError;
use super::evict::{self, Goes, Piece, Plan, Unit};
use super::install::copied_bytes;
use super::layout::{KINDS, RECORD, claim_of};
use super::lease::Unused;
use super::record::{Record, last_used};
use super::survey::Half;
use super::verify::is_one_of;
use crate::registry::{AssetId, Sha256Digest};

/// How long a content may wait for the rest of its asset. The longest download that is allowed by default, of the largest
/// asset in the registry on a line of 1 MB/s, takes two hours.
const YOUNG: Duration = Duration::from_hours(24);
/// How long half a file waits to be gone on with, if there is room: a week, as people come back to a machine.
const FORGOTTEN: Duration = Duration::from_hours(7 * 24);

/// What was removed from a store to make room, or would be.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AssetsFreed {
    /// The assets, the longest unused first.
    pub assets: Vec<AssetId>,
    /// How many files, each content counted once.
    pub files: u64,
    /// Their bytes.
    pub bytes: u64,
}

impl AssetsFreed {
    fn add_asset(&mut self, record: &Record) {
        self.assets.push(record.id.clone());
        self.bytes += copied_bytes(record);
        self.files += record.files.iter().filter(|file| file.copied).count() as u64;
    }

    const fn add_file(&mut self, bytes: u64) {
        self.bytes += bytes;
        self.files += 1;
    }
}

/// An installed asset that may go.
struct Installed {
    dir: Utf8PathBuf,
    record: Record,
    /// Locked, so that nobody begins to use it.
    unused: Option<Unused>,
}

/// What is in a store, and what of it has to go.
struct Choice {
    installed: Vec<Installed>,
    contents: Vec<Content>,
    halves: Vec<Half>,
    plan: Plan,
}

impl Choice {
    /// The assets that go, the longest unused first.
    fn assets(&self) -> impl Iterator<Item = &Record> {
        let units = self.plan.units.iter();
        units.map(|&index| &self.installed[index].record)
    }

    /// The contents that go.
    fn contents(&self) -> impl Iterator<Item = &Content> {
        let pieces = self.plan.contents.iter();
        pieces.filter_map(|&index| self.contents.get(index))
    }

    /// What was not fetched to its end and goes.
    fn halves(&self) -> impl Iterator<Item = &Half> {
        let pieces = self.plan.contents.iter();
        let first = self.contents.len();
        pieces.filter_map(move |&index| self.halves.get(index.checked_sub(first)?))
    }
}

/// What was damaged and set aside: nobody reads it any more.
#[derive(Debug, Default)]
struct SetAside {
    /// Files with the bytes that their removal frees.
    files: Vec<(Utf8PathBuf, u64)>,
    /// Directories of assets, which go where nothing else is in them.
    dirs: Vec<Utf8PathBuf>,
}

impl AssetStore {
    /// Removes what is left over, and the longest unused assets while more is there than the limit allows.
    ///
    /// # Errors
    /// When the store cannot be locked or listed, or something not be removed; the rest is removed by the next call.
    pub fn gc(&self) -> Result<AssetsFreed, AssetStoreError> {
        self.sweep();
        let _held = self.hold()?;
        let choice = self.choose(0)?;
        let aside = self.find_set_aside(&choice.contents)?;
        let mut freed = self.remove_chosen(&choice)?;
        for (path, bytes) in &aside.files {
            self.disk.remove(path)?;
            freed.add_file(*bytes);
        }
        for dir in &aside.dirs {
            if let Err(error) = self.disk.remove_empty_dir(dir) {
                tracing::debug!(%dir, %error, "something else is in it");
            }
        }
        Ok(freed)
    }

    /// Returns what [`AssetStore::gc`] would remove now.
    ///
    /// # Errors
    /// When the store cannot be locked or listed.
    pub fn would_free(&self) -> Result<AssetsFreed, AssetStoreError> {
        let _held = self.hold()?;
        let choice = self.choose(0)?;
        let mut freed = AssetsFreed::default();
        choice.assets().for_each(|record| freed.add_asset(record));
        let contents = choice.contents().map(|content| content.bytes);
        let unclaimed = choice.halves().filter(|half| !half.is_worked_on());
        let halves = unclaimed.map(|half| half.bytes);
        let aside = self.find_set_aside(&choice.contents)?.files.into_iter();
        contents
            .chain(halves)
            .chain(aside.map(|(_, bytes)| bytes))
            .for_each(|bytes| freed.add_file(bytes));
        Ok(freed)
    }

    /// Finds contents that were damaged and set aside, and the files of assets that were. What a person put beside them is
    /// not among them.
    fn find_set_aside(&self, contents: &[Content]) -> Result<SetAside, AssetStoreError> {
        let mut aside = SetAside::default();
        for kind in KINDS {
            for dir in entries(&self.layout.kind(kind))? {
                let is_aside = videogen_durable::name_before_aside(dir.file_name()).is_some();
                if !is_aside || !dir.file_type().is_ok_and(|kind| kind.is_dir()) {
                    continue;
                }
                for entry in entries(dir.path())? {
                    let (path, is_record) = (entry.path(), entry.file_name() == RECORD);
                    let is_file = path.symlink_metadata().is_ok_and(|found| found.is_file());
                    let is_ours = is_record || is_one_of(path, contents);
                    if is_file && is_ours {
                        aside.files.push((path.to_owned(), 0));
                    }
                }
                aside.dirs.push(dir.into_path());
            }
        }
        for entry in self.shard_entries()? {
            let entry = entry?;
            let before = videogen_durable::name_before_aside(entry.file_name());
            let is_content = before.is_some_and(|name| name.parse::<Sha256Digest>().is_ok());
            let Ok(found) = entry.path().symlink_metadata() else {
                continue;
            };
            if is_content && found.is_file() {
                aside.files.push((entry.into_path(), found.len()));
            }
        }
        Ok(aside)
    }

    /// Removes as [`AssetStore::gc`] does until `bytes` more fit.
    ///
    /// # Errors
    /// As [`AssetStore::gc`]; [`AssetStoreError::NoRoom`] when they cannot fit, and then no asset was removed.
    pub fn make_room(&self, bytes: u64) -> Result<AssetsFreed, AssetStoreError> {
        let usage = self.usage()?;
        if usage.bytes().saturating_add(bytes) <= self.limits.bytes {
            return Ok(AssetsFreed::default());
        }
        let _held = self.hold()?;
        let choice = self.choose(bytes)?;
        let freed = self.remove_chosen(&choice)?;
        self.judge(&choice, bytes)?;
        Ok(freed)
    }

    /// Finds out whether [`AssetStore::make_room`] could make room for `bytes` more.
    ///
    /// # Errors
    /// As [`AssetStore::make_room`].
    pub fn check_room(&self, bytes: u64) -> Result<(), AssetStoreError> {
        let usage = self.usage()?;
        if usage.bytes().saturating_add(bytes) <= self.limits.bytes {
            return Ok(());
        }
        let _held = self.hold()?;
        self.judge(&self.choose(bytes)?, bytes)
    }

    /// Whether `bytes` more fit after what was chosen has gone.
    fn judge(&self, choice: &Choice, bytes: u64) -> Result<(), AssetStoreError> {
        let (held, limit) = (choice.plan.left, self.limits.bytes);
        if held.saturating_add(bytes) > limit {
            return Err(AssetStoreError::NoRoom { bytes, limit, held });
        }
        Ok(())
    }

    /// Decides what has to go for `incoming` bytes. Under the lock of the store.
    fn choose(&self, incoming: u64) -> Result<Choice, AssetStoreError> {
        let installed: Vec<Installed> = self
            .records()?
            .into_iter()
            .map(|(dir, record)| Installed {
                unused: (!self.is_pinned(&record.id))
                    .then(|| Self::unused(&dir))
                    .flatten(),
                dir,
                record,
            })
            .collect();
        let (contents, halves) = (self.contents()?, self.halves()?);
        let plan = evict::plan(
            &units(&installed, &contents),
            &pieces(&contents, &halves, SystemTime::now()),
            incoming,
            self.limits.bytes,
        );
        Ok(Choice {
            installed,
            contents,
            halves,
            plan,
        })
    }

    /// Removes what was chosen. Under the same lock.
    fn remove_chosen(&self, choice: &Choice) -> Result<AssetsFreed, AssetStoreError> {
        let mut freed = AssetsFreed::default();
        for record in choice.assets() {
            self.take_down(record.kind, &record.id)?;
            freed.add_asset(record);
        }
        for content in choice.contents() {
            self.disk.remove(&content.path)?;
            freed.add_file(content.bytes);
        }
        for half in choice.halves() {
            if self.remove_half(half)? {
                freed.add_file(half.bytes);
            }
        }
        if freed != AssetsFreed::default() {
            let (files, bytes) = (freed.files, freed.bytes);
            tracing::info!(files, bytes, assets = ?freed.assets, "made room in the store of assets");
        }
        Ok(freed)
    }

    /// Removes what was not fetched to its end, unless somebody works on it. Whether it was removed.
    fn remove_half(&self, half: &Half) -> Result<bool, AssetStoreError> {
        let claim = claim_of(&half.path);
        let lock = FileLock::open(&claim).map_err(AssetStoreError::lock)?;
        match lock.try_lock() {
            Ok(()) if lock.is_in_place() => {}
            Ok(()) | Err(LockError::Held { .. }) => return Ok(false),
            Err(error) => return Err(AssetStoreError::lock(error)),
        }
        for file in half.files.iter().filter(|file| **file != claim) {
            self.disk.remove(file)?;
        }
        // The last, while it is locked.
        self.disk.remove(&claim)?;
        Ok(true)
    }
}

fn units(installed: &[Installed], contents: &[Content]) -> Vec<Unit> {
    let index: HashMap<_, usize> = contents
        .iter()
        .enumerate()
        .map(|(index, content)| (content.digest, index))
        .collect();
    let unit = |asset: &Installed| {
        let files = asset.record.files.iter();
        let mut contents: Vec<usize> = files
            .filter_map(|file| index.get(&file.sha256).copied())
            .collect();
        // Two files of an asset may be the same.
        contents.sort_unstable();
        contents.dedup();
        Unit {
            used: last_used(&asset.dir),
            stays: asset.unused.is_none(),
            contents,
            own: copied_bytes(&asset.record),
        }
    };
    installed.iter().map(unit).collect()
}

/// The contents, and behind them what is half there.
fn pieces(contents: &[Content], halves: &[Half], now: SystemTime) -> Vec<Piece> {
    // What is dated in the future is of another clock: old, so that it goes one day.
    let is_within = |time: SystemTime, age: Duration| match now.duration_since(time) {
        Ok(passed) => passed < age,
        Err(ahead) => ahead.duration() < age,
    };
    let content = |content: &Content| Piece {
        bytes: content.bytes,
        goes: if is_within(content.came, YOUNG) {
            Goes::Never
        } else {
            Goes::Always
        },
    };
    let half = |half: &Half| Piece {
        bytes: half.bytes,
        goes: if half.is_left_over {
            Goes::Always
        } else if is_within(half.written, YOUNG) {
            Goes::Never
        } else if is_within(half.written, FORGOTTEN) {
            Goes::WhenNeeded
        } else {
            Goes::Always
        },
    };
    contents
        .iter()
        .map(content)
        .chain(halves.iter().map(half))
        .collect()
}
