//! Reading the machine.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use camino::{Utf8Path, Utf8PathBuf};

use super::{
    AddressSpace, Descriptors, Disk, FileSystem, Free, Gpu, Ram, Readings, Tasks, Total, Used,
};

/// Takes readings. [`Probe::read`] may block for as long as a file system takes to answer; [`super::admit`] and
/// [`super::watch`] call it on a thread for blocking work.
pub trait Probe: std::fmt::Debug + Send + Sync {
    /// What there is now. What cannot be read is left out; this never fails.
    fn read(&self) -> Readings;
}

/// Reads the graphics card, or says that there is none.
pub type GpuReader = Arc<dyn Fn() -> Option<Gpu> + Send + Sync>;

/// Reads this machine.
#[derive(Clone, Default)]
pub struct SystemProbe {
    directories: Vec<Utf8PathBuf>,
    gpu: Option<GpuReader>,
}

impl fmt::Debug for SystemProbe {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SystemProbe")
            .field("directories", &self.directories)
            .field("reads_gpu", &self.gpu.is_some())
            .finish()
    }
}

impl SystemProbe {
    /// Reads memory, descriptors, child processes and the room of `directories`, which need not exist yet.
    pub fn new(directories: impl IntoIterator<Item = Utf8PathBuf>) -> Self {
        Self {
            directories: directories.into_iter().collect(),
            gpu: None,
        }
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
            address_space: address_space(),
            tasks: tasks(),
            // Before the card: reading that one may start a child.
            children: Some(videogen_process::live_children() as u64),
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
    // The group that this process is in, and the one that the whole container is in: where the first cannot be found, or
    // is limited by one above it, the second tells.
    for group in [own_group(), system.cgroup_limits()].into_iter().flatten() {
        if group.total_memory < total {
            // What the group has cached counts as used in its own figure, but goes as soon as somebody needs the room.
            free = free.min(group.total_memory.saturating_sub(group.rss));
            total = group.total_memory;
        }
    }
    Some(Ram {
        free: Free(free),
        total: Total(total),
    })
}

/// The memory limits of this process's control group.
fn own_group() -> Option<sysinfo::CGroupLimits> {
    let id = sysinfo::get_current_pid().ok()?;
    let mut system = sysinfo::System::new().ok()?;
    let what = sysinfo::ProcessRefreshKind::nothing().without_tasks();
    system.refresh_processes_specifics(sysinfo::ProcessesToUpdate::Some(&[id]), false, what);
    system.process(id)?.cgroup_limits()
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
pub fn existing(directory: &Utf8Path) -> Option<&Utf8Path> {
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

#[cfg(target_os = "linux")]
fn address_space() -> Option<AddressSpace> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    Some(AddressSpace {
        used: Used(crate::memory::field(&status, "VmSize:")?),
        limit: rustix::process::getrlimit(rustix::process::Resource::As).current,
    })
}

#[cfg(not(target_os = "linux"))]
fn address_space() -> Option<AddressSpace> {
    None
}

/// The stricter of two limits: that of the control group, and that of the user where it is so low that counting what the
/// user runs is worth the while.
#[cfg(target_os = "linux")]
fn tasks() -> Option<Tasks> {
    /// Distributions allow ten thousands.
    const WORTH_COUNTING: u64 = 4096;

    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let own = parse_number(&status, "Threads:")?;
    let group = group_tasks().map(|(running, limit)| Tasks {
        running,
        own,
        limit: Some(limit),
    });
    let limit = rustix::process::getrlimit(rustix::process::Resource::Nproc).current;
    // The administrator is not held to it.
    let is_held = !rustix::process::geteuid().is_root();
    let user = limit
        .filter(|limit| is_held && *limit < WORTH_COUNTING)
        .map(|limit| Tasks {
            running: tasks_of_user().unwrap_or(own),
            own,
            limit: Some(limit),
        });
    let left = |tasks: &Tasks| {
        tasks
            .limit
            .unwrap_or(u64::MAX)
            .saturating_sub(tasks.running)
    };
    group.into_iter().chain(user).min_by_key(left)
}

#[cfg(not(target_os = "linux"))]
fn tasks() -> Option<Tasks> {
    None
}

/// Running tasks and the limit of the nearest control group above this process that has one.
#[cfg(target_os = "linux")]
fn group_tasks() -> Option<(u64, u64)> {
    let groups = std::fs::read_to_string("/proc/self/cgroup").ok()?;
    let number = |path: Utf8PathBuf| -> Option<u64> {
        std::fs::read_to_string(path).ok()?.trim().parse().ok()
    };
    pids_groups(&groups).into_iter().find_map(|(base, group)| {
        group
            .ancestors()
            .map(|group| base.join(group))
            .filter_map(|dir| {
                Some((
                    number(dir.join("pids.current"))?,
                    number(dir.join("pids.max"))?,
                ))
            })
            .min_by_key(|(running, limit)| limit.saturating_sub(*running))
    })
}

/// Where the numbers of tasks are in a Linux `cgroup` file: where the hierarchy is mounted, and the group in it.
#[cfg_attr(not(target_os = "linux"), allow(dead_code))]
fn pids_groups(groups: &str) -> Vec<(&'static Utf8Path, Utf8PathBuf)> {
    let place = |line: &str| {
        let mut fields = line.splitn(3, ':').skip(1);
        let (controllers, group) = (fields.next()?, fields.next()?);
        let base = match controllers {
            "" => "/sys/fs/cgroup",
            _ if controllers.split(',').any(|name| name == "pids") => "/sys/fs/cgroup/pids",
            _ => return None,
        };
        let group = Utf8PathBuf::from(group.trim_start_matches('/'));
        Some((Utf8Path::new(base), group))
    };
    groups.lines().filter_map(place).collect()
}

/// Processes and threads of the user this process runs as.
#[cfg(target_os = "linux")]
fn tasks_of_user() -> Option<u64> {
    let user = rustix::process::getuid().as_raw();
    let entries = std::fs::read_dir("/proc").ok()?.flatten();
    let of = |entry: std::fs::DirEntry| {
        entry.file_name().to_str()?.parse::<u32>().ok()?;
        // It may have ended since it was listed.
        let status = std::fs::read_to_string(entry.path().join("status")).ok()?;
        (parse_number(&status, "Uid:")? == u64::from(user))
            .then(|| parse_number(&status, "Threads:"))?
    };
    Some(entries.filter_map(of).sum())
}

/// The first number of a field of a Linux `status` file.
#[cfg_attr(not(target_os = "linux"), allow(dead_code))]
fn parse_number(status: &str, name: &str) -> Option<u64> {
    let line = status.lines().find_map(|line| line.strip_prefix(name))?;
    line.split_whitespace().next()?.parse().ok()
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
            .with_gpu(Arc::new(|| Some(Gpu::default())));
        let readings = probe.read();
        let ram = readings.ram.expect("memory can be read");
        assert!(ram.total.0 > 0 && ram.free.0 <= ram.total.0, "{ram:?}");
        assert_eq!(readings.disks.len(), 3);
        let (here, below) = (readings.disk(dir.path()), readings.disk(&deeper));
        let (here, below) = (here.expect("read"), below.expect("read"));
        assert_eq!(here.file_system, below.file_system);
        assert!(here.total.0 > 0 && here.free.0 <= here.total.0);
        assert!(readings.children.is_some());
        assert!(readings.gpu.is_some());
        assert!(!deeper.exists(), "reading makes nothing");
    }

    #[test]
    fn without_questions_there_are_no_answers() {
        let readings = SystemProbe::default().read();
        assert!(readings.disks.is_empty());
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

    /// Children are real ones: whoever starts them, they are in the readings until they are reaped, and while there are
    /// more than one video may need, no video is begun.
    #[cfg(unix)]
    #[tokio::test]
    async fn children_that_are_left_are_counted_and_have_to_end_before_a_video_is_begun() {
        use std::time::Duration;
        use tokio::time::{Instant, timeout};
        use tokio_util::sync::CancellationToken;
        use videogen_process::{Command, Supervisor};

        const LONG: Duration = Duration::from_mins(2);
        let limits = crate::AdmissionLimits {
            first_pause: Duration::from_millis(5),
            longest_pause: Duration::from_millis(20),
            ..crate::AdmissionLimits::default()
        };
        // Those of more than one part of the program: each has a supervisor of its own.
        let supervisors = [Supervisor::new(), Supervisor::new()];
        let left: Vec<_> = (0..=limits.children as usize)
            .map(|number| {
                let sleep = Command::new("sleep", LONG).arg("100");
                supervisors[number % 2].spawn(sleep).expect("it starts")
            })
            .collect();
        let read = SystemProbe::default().read().children;
        assert!(read >= Some(left.len() as u64), "{read:?}");

        let (heard, mut hearing) = tokio::sync::mpsc::unbounded_channel();
        let (never, demand) = (CancellationToken::new(), crate::Demand::default());
        let told = move |reason: &str| drop(heard.send(reason.to_owned()));
        let admission = crate::admit(
            Arc::new(SystemProbe::default()),
            &demand,
            &limits,
            Instant::now() + LONG,
            &never,
            &|| 0,
            &told,
        );
        let ending = async {
            let reason = hearing.recv().await.expect("it is told why it waits");
            assert!(reason.contains("child processes"), "{reason}");
            drop(left);
        };
        let (admission, ()) = timeout(LONG, async { tokio::join!(admission, ending) })
            .await
            .expect("they end");
        let read = admission.expect("they are gone").readings.children;
        assert!(read <= Some(limits.children), "{read:?}");
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn address_space_and_threads_of_this_process_are_counted() {
        let space = address_space().expect("Linux tells");
        assert!(space.used >= rss().expect("Linux tells"), "{space:?}");
        assert!(tasks_of_user().expect("Linux tells") >= 1);
        let tasks = tasks();
        assert!(tasks.is_none_or(|tasks| tasks.own >= 1), "{tasks:?}");
    }

    #[test]
    fn the_groups_that_count_tasks_are_found() {
        let mixed = "8:pids:/\n4:memory:/a/b\n1:cpu,pids:/x\n0::/user.slice/me\nbroken\n";
        let found = pids_groups(mixed);
        let texts: Vec<_> = found.iter().map(|(base, group)| base.join(group)).collect();
        assert_eq!(
            texts,
            [
                "/sys/fs/cgroup/pids/",
                "/sys/fs/cgroup/pids/x",
                "/sys/fs/cgroup/user.slice/me"
            ]
        );
        assert_eq!(
            parse_number("Uid:\t1000\t7\nThreads:\t12\n", "Uid:"),
            Some(1000)
        );
        assert_eq!(parse_number("Threads:\t12\n", "Threads:"), Some(12));
        assert_eq!(parse_number("Threads:\n", "Threads:"), None);
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
