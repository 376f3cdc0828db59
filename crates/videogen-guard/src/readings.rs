//! What a machine has at one moment, as plain values.

use std::fmt;

use camino::{Utf8Path, Utf8PathBuf};
use serde::Serialize;
use videogen_types::Peaks;

/// Bytes that are free now. Another type than [`Total`], so that nobody plans with the size of an empty machine.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct Free(pub u64);

/// Bytes that something has when nobody uses it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct Total(pub u64);

/// Bytes that are in use now.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct Used(pub u64);

/// Everything that was read at one moment. What could not be read is `None` and is not judged.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Readings {
    /// Main memory; inside a container with a limit, the container's.
    pub ram: Option<Ram>,
    /// Resident bytes of this process.
    pub rss: Option<Used>,
    /// The file systems of the directories that were asked for.
    pub disks: Vec<Disk>,
    /// Open files of this process.
    pub descriptors: Option<Descriptors>,
    /// Address space of a process.
    pub address_space: Option<AddressSpace>,
    /// Processes and threads of whoever shares this process's limit of them.
    pub tasks: Option<Tasks>,
    /// Child processes that are alive.
    pub children: Option<u64>,
    /// The graphics card that paints; `None` also where there is none.
    pub gpu: Option<Gpu>,
}

/// Main memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Ram {
    /// What a program can get without anything being swapped out, caches included.
    pub free: Free,
    /// All of it.
    pub total: Total,
}

/// The room that a directory has.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Disk {
    /// The directory as it was asked for; it need not exist yet.
    pub directory: Utf8PathBuf,
    /// Which file system it is on; `None` where that is not known.
    pub file_system: Option<FileSystem>,
    /// What this user may still write.
    pub free: Free,
    /// The size of the file system.
    pub total: Total,
}

/// Names a file system on this machine. Directories with equal names share their room.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct FileSystem(String);

impl FileSystem {
    /// The file system called `name`: a device number on Unix, a drive on Windows, anything in a test.
    pub fn new(name: impl Into<String>) -> Self {
        Self(name.into())
    }

    /// Its name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for FileSystem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Open files of this process.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Descriptors {
    /// How many are open.
    pub open: u64,
    /// How many may be open (the soft limit); `None` is no limit.
    pub limit: Option<u64>,
}

/// Address space of this process, whose limit its children inherit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct AddressSpace {
    /// What this process takes of it.
    pub used: Used,
    /// What a process may take (the soft limit); `None` is no limit.
    pub limit: Option<u64>,
}

/// Processes and threads that count against one limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Tasks {
    /// How many there are, of everybody.
    pub running: u64,
    /// Those of them that are threads of this process.
    pub own: u64,
    /// How many there may be; `None` is no limit.
    pub limit: Option<u64>,
}

/// A graphics card.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Gpu {
    /// Memory in use, by anybody.
    pub used: Used,
    /// Memory that is free.
    pub free: Free,
    /// All of its memory.
    pub total: Total,
    /// Degrees Celsius, where the driver tells.
    pub temperature_c: Option<i32>,
    /// Why it runs slower than it could; empty when it does not, or when that is not known.
    pub throttle: Vec<Throttle>,
}

/// Why a graphics card runs slower than it could.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Throttle {
    /// It keeps to its power limit: usual under full load, and no reason to wait.
    PowerCap,
    /// It, or its memory, is too hot.
    Heat,
    /// The power supply asked it to brake.
    PowerBrake,
    /// The hardware protects itself and does not say from what.
    Hardware,
}

impl Throttle {
    /// Whether it is worth waiting until it is over.
    pub const fn is_trouble(self) -> bool {
        !matches!(self, Self::PowerCap)
    }

    /// What it is, in words.
    pub const fn words(self) -> &'static str {
        match self {
            Self::PowerCap => "at its power limit",
            Self::Heat => "too hot",
            Self::PowerBrake => "short of power",
            Self::Hardware => "protecting itself",
        }
    }
}

impl Readings {
    /// The room of `directory`, if it was read.
    pub fn disk(&self, directory: &Utf8Path) -> Option<&Disk> {
        self.disks.iter().find(|disk| disk.directory == directory)
    }
}

impl Readings {
    /// Raises `peaks` to what was read here, where that is higher.
    pub fn raise(&self, peaks: &mut Peaks) {
        let gpu = self.gpu.as_ref();
        // `None` is less than any value.
        let ram = self.ram.map(|ram| ram.total.0.saturating_sub(ram.free.0));
        peaks.ram_used = peaks.ram_used.max(ram);
        peaks.rss = peaks.rss.max(self.rss.map(|rss| rss.0));
        peaks.descriptors = peaks.descriptors.max(self.descriptors.map(|d| d.open));
        peaks.children = peaks.children.max(self.children);
        peaks.vram_used = peaks.vram_used.max(gpu.map(|gpu| gpu.used.0));
        peaks.temperature_c = peaks
            .temperature_c
            .max(gpu.and_then(|gpu| gpu.temperature_c));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn peaks_keep_the_highest_and_forget_nothing() {
        let reading = |free, temperature_c| Readings {
            ram: Some(Ram {
                free: Free(free),
                total: Total(100),
            }),
            gpu: Some(Gpu {
                temperature_c,
                ..Gpu::default()
            }),
            ..Readings::default()
        };
        let mut peaks = Peaks::default();
        reading(70, Some(-3)).raise(&mut peaks);
        reading(20, None).raise(&mut peaks);
        reading(101, Some(-8)).raise(&mut peaks);
        Readings::default().raise(&mut peaks);
        assert_eq!(peaks.ram_used, Some(80));
        assert_eq!(peaks.temperature_c, Some(-3));
        assert_eq!(peaks.children, None);
    }

    #[test]
    fn readings_are_plain_json() {
        let readings = Readings {
            rss: Some(Used(5)),
            disks: vec![Disk {
                directory: "/out".into(),
                file_system: Some(FileSystem::new("8:1")),
                free: Free(1),
                total: Total(2),
            }],
            ..Readings::default()
        };
        let json = serde_json::to_string(&readings).expect("plain values");
        assert!(
            json.contains(
                r#""disks":[{"directory":"/out","file_system":"8:1","free":1,"total":2}]"#
            ),
            "{json}"
        );
        assert!(json.contains(r#""rss":5"#), "{json}");
    }
}
