//! Keeps a store within its limit.

use std::collections::HashMap;
use std::time::{Duration, SystemTime};

use camino::Utf8PathBuf;
use videogen_durable::{FileLock, LockError};

use super::asset_store::AssetStore;
use super::content::{Content, entries};
use super::error::AssetStoreError;
use super::evict::{self, Goes, Piece, Unit};
use super::install::copied_bytes;
use super::layout::{CLAIM, KINDS, RECORD};
use super::lease::Unused;
use super::record::{Record, last_used};
use super::survey::Half;
use super::verify::same_file;
use crate::registry::{AssetId, Sha256Digest};

/// How long a content may wait for the rest of its asset. The longest download that is allowed by default, of the largest
/// asset in the registry on a line of 1 MB/s, takes two hours.
const YOUNG: Duration = Duration::from_hours(24);
/// How long half a file waits to be gone on with, if there is room: a week, as people come back to a machine.
const FORGOTTEN: Duration = Duration::from_hours(7 * 24);

/// What was removed from a store to make room.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AssetsFreed {
    /// The assets, the longest unused first.
    pub assets: Vec<AssetId>,
    /// How many files, each content counted once.
    pub files: u64,
    /// Their bytes.
    pub bytes: u64,
}

/// An installed asset that may go.
struct Installed {
    dir: Utf8PathBuf,
    record: Record,
    /// Locked, so that nobody begins to use it.
    unused: Option<Unused>,
}

impl AssetStore {
    /// Removes what is left over, and the longest unused assets while more is there than the limit allows.
    ///
    /// # Errors
    /// When the store cannot be locked or listed, or something not be removed; the rest is removed by the next call.
    pub fn gc(&self) -> Result<AssetsFreed, AssetStoreError> {
        self.sweep();
        let mut aside = AssetsFreed::default();
        self.remove_set_aside(&mut aside)?;
        let (mut freed, _) = self.collect(0)?;
        freed.files += aside.files;
        freed.bytes += aside.bytes;
        Ok(freed)
    }

    /// Removes contents that were damaged and set aside, and the files of assets that were: nobody reads them any more.
    /// What a person put beside them stays.
    fn remove_set_aside(&self, freed: &mut AssetsFreed) -> Result<(), AssetStoreError> {
        let _held = self.hold()?;
        let contents = self.contents()?;
        for kind in KINDS {
            for dir in entries(&self.layout.kind(kind))? {
                let is_aside = videogen_durable::name_before_aside(dir.file_name()).is_some();
                if !is_aside || !dir.file_type().is_ok_and(|kind| kind.is_dir()) {
                    continue;
                }
                for entry in entries(dir.path())? {
                    let (path, is_record) = (entry.path(), entry.file_name() == RECORD);
                    let is_file = path.symlink_metadata().is_ok_and(|found| found.is_file());
                    let is_ours = is_record || contents.iter().any(|c| same_file(path, &c.path));
                    if is_file && is_ours {
                        self.disk.remove(path)?;
                        freed.files += 1;
                    }
                }
                if let Err(error) = self.disk.remove_empty_dir(dir.path()) {
                    tracing::debug!(dir = %dir.path(), %error, "something else is in it");
                }
            }
        }
        for shard in entries(&self.layout.contents())? {
            if !shard.file_type().is_ok_and(|kind| kind.is_dir()) {
                continue;
            }
            for entry in entries(shard.path())? {
                let before = videogen_durable::name_before_aside(entry.file_name());
                let is_content = before.is_some_and(|name| name.parse::<Sha256Digest>().is_ok());
                let Ok(found) = entry.path().symlink_metadata() else {
                    continue;
                };
                if is_content && found.is_file() {
                    self.disk.remove(entry.path())?;
                    freed.files += 1;
                    freed.bytes += found.len();
                }
            }
        }
        Ok(())
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
        let (freed, left) = self.collect(bytes)?;
        if left.saturating_add(bytes) > self.limits.bytes {
            return Err(AssetStoreError::NoRoom {
                bytes,
                limit: self.limits.bytes,
                held: left,
            });
        }
        Ok(freed)
    }

    /// Removes what has to go for `incoming` bytes. Returns what went, and the bytes that are left.
    fn collect(&self, incoming: u64) -> Result<(AssetsFreed, u64), AssetStoreError> {
        let _held = self.hold()?;
        let now = SystemTime::now();
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
        let contents = self.contents()?;
        let halves = self.halves()?;
        let plan = evict::plan(
            &units(&installed, &contents),
            &pieces(&contents, &halves, now),
            incoming,
            self.limits.bytes,
        );
        let mut freed = AssetsFreed::default();
        for index in plan.units {
            let Installed { record, .. } = &installed[index];
            self.take_down(record.kind, &record.id)?;
            freed.assets.push(record.id.clone());
            freed.bytes += copied_bytes(record);
            freed.files += record.files.iter().filter(|file| file.copied).count() as u64;
        }
        for index in plan.contents {
            if let Some(content) = contents.get(index) {
                self.disk.remove(&content.path)?;
                freed.bytes += content.bytes;
                freed.files += 1;
            } else if self.remove_half(&halves[index - contents.len()])? {
                freed.bytes += halves[index - contents.len()].bytes;
                freed.files += 1;
            }
        }
        if freed != AssetsFreed::default() {
            let (files, bytes) = (freed.files, freed.bytes);
            tracing::info!(files, bytes, assets = ?freed.assets, "made room in the store of assets");
        }
        Ok((freed, plan.left))
    }

    /// Removes what was not fetched to its end, unless somebody works on it. Whether it was removed.
    fn remove_half(&self, half: &Half) -> Result<bool, AssetStoreError> {
        let claim = Utf8PathBuf::from(format!("{}{CLAIM}", half.path));
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
