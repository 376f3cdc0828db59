//! Reading the machine.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use camino::{Utf8Path, Utf8PathBuf};

use super::{Descriptors, Disk, FileSystem, Free, Gpu, Ram, Readings, Total, Used};

/// Takes readings. [`Probe::read`] may block for as long as a file system takes to answer; [`super::admit`] and
/// [`super::watch`] call it on a thread for blocking work.
pub trait Probe: std::fmt::Debug + Send + Sync {
    /// What there is now. What cannot be read is left out; this never fails.
    fn read(&self) -> Readings;
}

/// Counts the child processes that are alive.
pub type ChildCount = Arc<dyn Fn() -> u64 + Send + Sync>;
/// Reads the graphics card, or says that there is none.
pub type GpuReader = Arc<dyn Fn() -> Option<Gpu> + Send + Sync>;

/// Reads this machine.
#[derive(Clone, Default)]
pub struct SystemProbe {
    directories: Vec<Utf8PathBuf>,
    children: Option<ChildCount>,
    gpu: Option<GpuReader>,
}

impl fmt::Debug for SystemProbe {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SystemProbe")
            .field("directories", &self.directories)
            .field("counts_children", &self.children.is_some())
            .field("reads_gpu", &self.gpu.is_some())
            .finish()
    }
}

impl SystemProbe {
    /// Reads memory, descriptors and the room of `directories`, which need not exist yet.
    pub fn new(directories: impl IntoIterator<Item = Utf8PathBuf>) -> Self {
        Self {
            directories: directories.into_iter().collect(),
            children: None,
            gpu: None,
        }
    }

    /// Asks `children` how many child processes are alive.
    #[must_use]
    pub fn with_children(mut self, children: ChildCount) -> Self {
        self.children = Some(children);
        self
    }

    /// Asks `gpu` about the graphics card.
    #[must_use]
    pub fn with_gpu(mut self, gpu: GpuReader) -> Self {
        self.gpu = Some(gpu);
        self
    }
}

impl Probe for SystemProbe {
    fn read(&self) -> Readings {
        Readings {
            ram: ram(),
            rss: rss(),
            disks: self.directories.iter().filter_map(|d| disk(d)).collect(),
            descriptors: descriptors(),
            children: self.children.as_ref().map(|count| count()),
            gpu: self.gpu.as_ref().and_then(|read| read()),
        }
    }
}

fn ram() -> Option<Ram> {
    let memory = sysinfo::MemoryRefreshKind::nothing().with_ram();
    let system =
        sysinfo::System::new_with_specifics(sysinfo::RefreshKind::nothing().with_memory(memory))
            .ok()?;
    let (mut free, mut total) = (system.available_memory(), system.total_memory());
    if total == 0 {
        return None;
    }
    if let Some(group) = system.cgroup_limits()
        && group.total_memory < total
    {
        // What the group has cached counts as used in its own figure, but goes as soon as somebody needs the room.
        free = free.min(group.total_memory.saturating_sub(group.rss));
        total = group.total_memory;
    }
    Some(Ram {
        free: Free(free),
        total: Total(total),
    })
}

/// `VmRSS` of a Linux `status` file.
#[cfg(target_os = "linux")]
fn rss() -> Option<Used> {
    parse_rss(&std::fs::read_to_string("/proc/self/status").ok()?)
}

#[cfg(not(target_os = "linux"))]
fn rss() -> Option<Used> {
    None
}

#[cfg_attr(not(target_os = "linux"), allow(dead_code))]
fn parse_rss(status: &str) -> Option<Used> {
    crate::memory::field(status, "VmRSS:").map(Used)
}

/// The nearest to `directory` that is there: itself, or the one it would be made in. A link that leads nowhere is there.
pub(crate) fn existing(directory: &Utf8Path) -> Option<&Utf8Path> {
    let named = |path: &'_ Utf8Path| !path.as_str().is_empty();
    directory
        .ancestors()
        // The last ancestor of a relative path is empty and means the working directory.
        .map(|path| {
            if named(path) {
                path
            } else {
                Utf8Path::new(".")
            }
        })
        .find(|path| path.symlink_metadata().is_ok())
}

/// The room where `directory` is or would be made.
fn disk(directory: &Utf8Path) -> Option<Disk> {
    let existing = existing(directory)?;
    let stats = fs4::statvfs(existing.as_std_path()).ok()?;
    Some(Disk {
        directory: directory.to_owned(),
        file_system: file_system(existing),
        free: Free(stats.available_space()),
        total: Total(stats.total_space()),
    })
}

#[cfg(unix)]
fn file_system(existing: &Utf8Path) -> Option<FileSystem> {
    use std::os::unix::fs::MetadataExt;
    let metadata = existing.metadata().ok()?;
    Some(FileSystem::new(metadata.dev().to_string()))
}

#[cfg(windows)]
fn file_system(existing: &Utf8Path) -> Option<FileSystem> {
    use camino::Utf8Component;
    let whole = existing.canonicalize_utf8().ok()?;
    match whole.components().next() {
        Some(Utf8Component::Prefix(drive)) => {
            Some(FileSystem::new(drive.as_str().to_ascii_uppercase()))
        }
        _ => None,
    }
}

#[cfg(not(any(unix, windows)))]
fn file_system(_: &Utf8Path) -> Option<FileSystem> {
    None
}

#[cfg(target_os = "linux")]
fn descriptors() -> Option<Descriptors> {
    let listed = std::fs::read_dir("/proc/self/fd").ok()?.count() as u64;
    Some(Descriptors {
        // One of them is the listing itself.
        open: listed.saturating_sub(1),
        limit: rustix::process::getrlimit(rustix::process::Resource::Nofile).current,
    })
}

#[cfg(not(target_os = "linux"))]
fn descriptors() -> Option<Descriptors> {
    None
}

/// Gives readings made up beforehand, one after the other and the last one for ever: for tests, and for planning as if.
#[derive(Debug, Default)]
pub struct FixedProbe {
    readings: Vec<Readings>,
    taken: AtomicUsize,
}

impl FixedProbe {
    /// Gives `readings`; none at all is read as a machine about which nothing is known.
    pub fn new(readings: impl IntoIterator<Item = Readings>) -> Self {
        Self {
            readings: readings.into_iter().collect(),
            taken: AtomicUsize::new(0),
        }
    }

    /// How many readings were taken.
    pub fn taken(&self) -> usize {
        self.taken.load(Ordering::Relaxed)
    }
}

impl Probe for FixedProbe {
    fn read(&self) -> Readings {
        let number = self.taken.fetch_add(1, Ordering::Relaxed);
        self.readings
            .get(number)
            .or(self.readings.last())
            .cloned()
            .unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_machine_has_memory_room_and_open_files() {
        let dir = camino_tempfile::tempdir().expect("a temporary directory");
        let deeper = dir.path().join("not/yet/there");
        let probe = SystemProbe::new([dir.path().to_owned(), deeper.clone(), "relative".into()])
            .with_children(Arc::new(|| 3))
            .with_gpu(Arc::new(|| Some(Gpu::default())));
        let readings = probe.read();
        let ram = readings.ram.expect("memory can be read");
        assert!(ram.total.0 > 0 && ram.free.0 <= ram.total.0, "{ram:?}");
        assert_eq!(readings.disks.len(), 3);
        let (here, below) = (readings.disk(dir.path()), readings.disk(&deeper));
        let (here, below) = (here.expect("read"), below.expect("read"));
        assert_eq!(here.file_system, below.file_system);
        assert!(here.total.0 > 0 && here.free.0 <= here.total.0);
        assert_eq!(readings.children, Some(3));
        assert!(readings.gpu.is_some());
        assert!(!deeper.exists(), "reading makes nothing");
    }

    #[test]
    fn without_questions_there_are_no_answers() {
        let readings = SystemProbe::default().read();
        assert!(readings.disks.is_empty() && readings.children.is_none());
        assert!(readings.gpu.is_none());
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn an_open_file_is_counted() {
        let limit = descriptors().expect("Linux tells").limit;
        assert!(limit.is_none_or(|limit| limit > 0));
        // Other tests open and close files meanwhile, so many are opened at once.
        let held: Vec<_> = (0..200)
            .map(|_| std::fs::File::open("/dev/null").expect("always there"))
            .collect();
        assert!(descriptors().expect("Linux tells").open >= held.len() as u64);
        assert!(rss().expect("Linux tells").0 > 0);
    }

    #[test]
    fn the_kernel_counts_in_kibibytes() {
        assert_eq!(
            parse_rss("VmHWM:\t 9 kB\nVmRSS:\t    2048 kB\n"),
            Some(Used(2 << 20))
        );
        for broken in ["", "VmRSS:\n", "VmRSS: x kB", "VmRSS: 5 MB"] {
            assert_eq!(parse_rss(broken), None, "{broken:?}");
        }
    }

    #[test]
    fn made_up_readings_come_in_order_and_the_last_one_stays() {
        let children = |n| Readings {
            children: Some(n),
            ..Readings::default()
        };
        let probe = FixedProbe::new([children(1), children(2)]);
        let seen: Vec<_> = (0..4).map(|_| probe.read().children).collect();
        assert_eq!(seen, [Some(1), Some(2), Some(2), Some(2)]);
        assert_eq!(probe.taken(), 4);
        assert_eq!(FixedProbe::default().read(), Readings::default());
    }
}
