//! The decision: may the next video be started with what the machine has now?

use std::collections::BTreeMap;

use camino::Utf8Path;
use videogen_types::{Hint, Setting};

use super::{AddressSpace, AdmissionLimits, Demand, Gpu, Readings, Tasks};

/// What to do about the next video. From [`AdmissionVerdict::Go`] to [`AdmissionVerdict::Refuse`] each is worse than the one before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AdmissionVerdict {
    /// Start it.
    Go {
        /// What a person should know, one sentence each.
        warnings: Vec<String>,
    },
    /// Something is short at the moment; look again later.
    Wait {
        /// What is short; the first of several.
        cause: WaitCause,
        /// Why, in words.
        reason: String,
    },
    /// It cannot be made on this machine as it is.
    Refuse {
        /// Why, in words.
        reason: String,
        /// What to do about it.
        hint: Hint,
    },
}

/// What is waited for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum WaitCause {
    /// Free memory.
    Ram,
    /// Processes and threads that end.
    Tasks,
    /// Descriptors that are closed.
    Descriptors,
    /// Children that end.
    Children,
    /// Graphics memory that is given back.
    Vram,
    /// A cooler graphics card.
    Heat,
    /// A graphics card that runs at full speed.
    Throttle,
}

impl WaitCause {
    /// Whether it is the graphics card's: what it does not paint is painted in another way.
    pub const fn is_of_the_card(self) -> bool {
        matches!(self, Self::Vram | Self::Heat | Self::Throttle)
    }
}

impl AdmissionVerdict {
    /// 0 for the best, 2 for the worst.
    pub const fn severity(&self) -> u8 {
        match self {
            Self::Go { .. } => 0,
            Self::Wait { .. } => 1,
            Self::Refuse { .. } => 2,
        }
    }
}

/// Videos for which `free` bytes are enough when each needs `bytes` while it is made and leaves `kept` of them behind,
/// and `reserve` bytes stay free; `u64::MAX` when nothing stays behind.
pub fn videos_that_fit(free: u64, bytes: u64, kept: u64, reserve: u64) -> u64 {
    let Some(spare) = free
        .checked_sub(reserve)
        .and_then(|free| free.checked_sub(bytes))
    else {
        return 0;
    };
    spare.checked_div(kept).map_or(u64::MAX, |more| {
        // `spare` holds what the videos after the first leave behind.
        more.saturating_add(1)
    })
}

/// Judges `readings` by what the next video needs.
///
/// What was not read is not judged; only a directory whose room is unknown earns a warning. More of anything that is free
/// never makes the verdict worse.
pub fn judge(readings: &Readings, demand: &Demand, limits: &AdmissionLimits) -> AdmissionVerdict {
    let mut found = Found::default();
    judge_disks(readings, demand, limits, &mut found);
    judge_ram(readings, demand, limits, &mut found);
    judge_address_space(readings, demand, &mut found);
    judge_descriptors(readings, demand, limits, &mut found);
    judge_tasks(readings, demand, limits, &mut found);
    judge_children(readings, limits, &mut found);
    if let (Some(gpu), Some(vram_bytes)) = (&readings.gpu, demand.vram_bytes) {
        judge_gpu(gpu, vram_bytes, limits, &mut found);
    }
    found.verdict()
}

/// What the parts of the judgement found.
#[derive(Debug, Default)]
struct Found {
    warnings: Vec<String>,
    waits: Vec<(WaitCause, String)>,
    refusals: Vec<(String, Hint)>,
}

impl Found {
    fn refuse(&mut self, reason: String, hint: impl Into<Hint>) {
        self.refusals.push((reason, hint.into()));
    }

    fn verdict(self) -> AdmissionVerdict {
        fn join<'a>(reasons: impl Iterator<Item = &'a str>) -> String {
            reasons.collect::<Vec<_>>().join("; ")
        }
        if let Some((_, hint)) = self.refusals.first() {
            return AdmissionVerdict::Refuse {
                reason: join(self.refusals.iter().map(|(reason, _)| reason.as_str())),
                hint: hint.clone(),
            };
        }
        if let Some(&(cause, _)) = self.waits.first() {
            return AdmissionVerdict::Wait {
                cause,
                reason: join(self.waits.iter().map(|(_, reason)| reason.as_str())),
            };
        }
        AdmissionVerdict::Go {
            warnings: self.warnings,
        }
    }
}

/// What is asked of one file system.
struct Share<'a> {
    directory: &'a Utf8Path,
    free: u64,
    bytes: u64,
    kept: u64,
}

fn judge_disks(readings: &Readings, demand: &Demand, limits: &AdmissionLimits, found: &mut Found) {
    // Scratch and output are often on one disk, and then each believes that all of it is its own.
    let mut shares: BTreeMap<(bool, &str), Share<'_>> = BTreeMap::new();
    for wanted in &demand.disk {
        let Some(disk) = readings.disk(&wanted.directory) else {
            found.warnings.push(format!(
                "how much room {} has is not known",
                wanted.directory
            ));
            continue;
        };
        let key = match &disk.file_system {
            Some(name) => (true, name.as_str()),
            None => (false, disk.directory.as_str()),
        };
        let share = shares.entry(key).or_insert(Share {
            directory: &wanted.directory,
            free: u64::MAX,
            bytes: 0,
            kept: 0,
        });
        share.free = share.free.min(disk.free.0);
        share.bytes = share.bytes.saturating_add(wanted.bytes);
        share.kept = share.kept.saturating_add(wanted.kept_per_video);
    }
    let left = demand.videos_left.max(1);
    for share in shares.into_values() {
        let Share {
            directory,
            free,
            bytes,
            kept,
        } = share;
        let fit = videos_that_fit(free, bytes, kept, limits.disk_reserve);
        if fit == 0 {
            found.refuse(
                format!(
                    "{directory} has {} free and the next video needs about {}",
                    size(free),
                    size_up(bytes.saturating_add(limits.disk_reserve))
                ),
                Hint::from("free some space, or choose another directory").with(Setting::OutputDir),
            );
        } else if fit < left {
            found.warnings.push(format!(
                "the disk with {directory} is full after {fit} more of {left} videos: each leaves about {} there",
                size_up(kept)
            ));
        }
    }
}

fn judge_ram(readings: &Readings, demand: &Demand, limits: &AdmissionLimits, found: &mut Found) {
    let Some(ram) = readings.ram else { return };
    let needed = demand.ram_bytes.saturating_add(limits.ram_reserve);
    if needed <= ram.free.0 {
        return;
    }
    // A total below what is free is a wrong reading; the larger of the two is the one that forbids less.
    let total = ram.total.0.max(ram.free.0);
    // All that can ever be free for the video: what this process itself has comes back only with another video's end.
    let own = readings.rss.map_or(0, |rss| rss.0);
    let attainable = if demand.in_the_making == 0 {
        total.saturating_sub(own).max(ram.free.0)
    } else {
        total
    };
    let (free, needed_words) = (size(ram.free.0), size_up(needed));
    if needed <= attainable {
        found.waits.push((
            WaitCause::Ram,
            format!("memory is short for now: {free} free, {needed_words} needed"),
        ));
    } else {
        found.refuse(
            format!(
                "this machine has {} of memory and the next video needs about {needed_words}",
                size(attainable)
            ),
            Hint::from("choose a lower ")
                .term(Setting::Quality)
                .words(", or raise the memory limit of the container"),
        );
    }
}

fn judge_descriptors(
    readings: &Readings,
    demand: &Demand,
    limits: &AdmissionLimits,
    found: &mut Found,
) {
    let Some(descriptors) = readings.descriptors else {
        return;
    };
    let Some(limit) = descriptors.limit else {
        return;
    };
    let open = descriptors.open;
    let needed = demand.descriptors.saturating_add(limits.descriptor_reserve);
    let then = open.saturating_add(needed);
    if needed > limit {
        found.refuse(
            format!("a process may open {limit} files and the next video needs about {needed}"),
            "raise the limit: ulimit -n 1024",
        );
    } else if then > limit {
        let reason =
            format!("{open} of {limit} files are open and the next video needs about {needed}");
        if demand.in_the_making > 0 {
            found.waits.push((WaitCause::Descriptors, reason));
        } else {
            // They are counted for each process: nobody else can close one.
            found.refuse(reason, "raise the limit: ulimit -n 1024");
        }
    } else if open > limit - limit / 4 {
        found
            .warnings
            .push(format!("{open} of {limit} files are open"));
    }
}

fn judge_address_space(readings: &Readings, demand: &Demand, found: &mut Found) {
    let Some(AddressSpace {
        used,
        limit: Some(limit),
    }) = readings.address_space
    else {
        return;
    };
    // Each process has one of its own: nobody can give any back.
    let needed = demand.address_bytes;
    if needed > limit || (needed > 0 && used.0 >= limit) {
        found.refuse(
            format!(
                "a process may take {} of address space and the next video needs about {}",
                size(limit),
                size_up(needed.max(used.0))
            ),
            "raise the limit: ulimit -v unlimited",
        );
    }
}

fn judge_tasks(readings: &Readings, demand: &Demand, limits: &AdmissionLimits, found: &mut Found) {
    let Some(Tasks {
        running,
        own,
        limit: Some(limit),
    }) = readings.tasks
    else {
        return;
    };
    let needed = demand.tasks.saturating_add(limits.task_reserve);
    // What is not this process's own may end; its own threads end with another video, if there is one.
    let lasting = if demand.in_the_making == 0 { own } else { 0 };
    let reason = format!(
        "{running} of {limit} processes and threads are running and the next video needs about {needed}"
    );
    if needed.saturating_add(lasting) > limit {
        found.refuse(
            reason,
            "raise the limit of processes: ulimit -u 4096, or that of the container",
        );
    } else if running.saturating_add(needed) > limit {
        found.waits.push((WaitCause::Tasks, reason));
    }
}

fn judge_children(readings: &Readings, limits: &AdmissionLimits, found: &mut Found) {
    if let Some(children) = readings.children
        && children > limits.children
    {
        found.waits.push((
            WaitCause::Children,
            format!("{children} child processes are still running"),
        ));
    }
}

fn judge_gpu(gpu: &Gpu, vram_bytes: u64, limits: &AdmissionLimits, found: &mut Found) {
    if gpu.free.0 < vram_bytes && gpu.total.0 > 0 && gpu.total.0 < vram_bytes {
        // Whoever leaves, it will not be enough.
        found.warnings.push(format!(
            "the graphics card has {} of memory and the smallest picture needs {}: pictures are painted as it allows",
            size(gpu.total.0),
            size_up(vram_bytes)
        ));
    } else if gpu.free.0 < vram_bytes {
        found.waits.push((
            WaitCause::Vram,
            format!(
                "graphics memory will not suffice for the next video: {} free of {}, {} needed for the smallest picture",
                size(gpu.free.0),
                size(gpu.total.0),
                size_up(vram_bytes)
            ),
        ));
    }
    if let Some(degrees) = gpu.temperature_c {
        if degrees >= limits.hot_c {
            found.waits.push((
                WaitCause::Heat,
                format!("the graphics card is at {degrees} °C and has to cool down"),
            ));
        } else if degrees >= limits.hot_c.saturating_sub(limits.cool_by_c.max(0)) {
            found
                .warnings
                .push(format!("the graphics card is at {degrees} °C"));
        }
    }
    let troubles: Vec<&str> = gpu
        .throttle
        .iter()
        .filter(|reason| reason.is_trouble())
        .map(|reason| reason.words())
        .collect();
    if !troubles.is_empty() {
        found.waits.push((
            WaitCause::Throttle,
            format!(
                "the graphics card has slowed itself down: it is {}",
                troubles.join(" and ")
            ),
        ));
    }
}

const MIB: u64 = 1 << 20;
const GIB: u64 = 1 << 30;

/// `bytes` that are needed, for a person: rounded up, so that "99 MiB free, 99 MiB needed" is never said.
fn size_up(bytes: u64) -> String {
    size(bytes.saturating_add(MIB - 1))
}

/// `bytes` for a person, in MiB or GiB.
fn size(bytes: u64) -> String {
    if bytes >= 10 * GIB {
        format!("{} GiB", bytes / GIB)
    } else if bytes >= GIB {
        format!("{:.1} GiB", bytes as f64 / GIB as f64)
    } else {
        format!("{} MiB", bytes / MIB)
    }
}

#[cfg(test)]
mod tests;
