//! What a video needs, and what is kept out of its reach.

use std::time::Duration;

use camino::Utf8PathBuf;

/// What the next video needs, as estimated from the job. The default needs nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Demand {
    /// Memory, in bytes.
    pub ram_bytes: u64,
    /// Room by directory. Directories on one file system are added up.
    pub disk: Vec<DiskDemand>,
    /// Files and pipes that will be opened on top of those that are open.
    pub descriptors: u64,
    /// Graphics memory in bytes, the least that will do; `None` when the graphics card is not used, and then it is not
    /// judged.
    pub vram_bytes: Option<u64>,
    /// Address space that the largest process of the video takes, in bytes: its resident memory is less.
    pub address_bytes: u64,
    /// Processes and threads that are started for it.
    pub tasks: u64,
    /// Videos that are still to be made, with this one. None is read as one.
    pub videos_left: u64,
    /// Other videos that this process is making now. What they hold comes back when they are done; without any, nobody
    /// gives back what this process alone has, and to wait for it would be in vain.
    pub in_the_making: u64,
}

/// What a video needs of a directory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DiskDemand {
    /// The directory.
    pub directory: Utf8PathBuf,
    /// Bytes there while the video is made, at most.
    pub bytes: u64,
    /// Bytes of these that stay when it is finished.
    pub kept_per_video: u64,
}

impl Demand {
    /// The demand of a video in the middle of the work: nothing more than the reserves of [`AdmissionLimits`] in `directories`.
    /// For [`super::watch`].
    pub fn running(directories: impl IntoIterator<Item = Utf8PathBuf>, uses_gpu: bool) -> Self {
        Self {
            disk: directories
                .into_iter()
                .map(|directory| DiskDemand {
                    directory,
                    bytes: 0,
                    kept_per_video: 0,
                })
                .collect(),
            vram_bytes: uses_gpu.then_some(0),
            // The one that is watched.
            in_the_making: 1,
            ..Self::default()
        }
    }
}

/// What is kept free, what counts as too much, how often a reading is taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AdmissionLimits {
    /// Memory left for everybody else, in bytes.
    pub ram_reserve: u64,
    /// Room left on each file system, in bytes: for journal and log, and because estimates are estimates.
    pub disk_reserve: u64,
    /// Descriptors left for what the standard library and other crates open for a moment.
    pub descriptor_reserve: u64,
    /// Processes and threads left for everybody else.
    pub task_reserve: u64,
    /// Children alive before a video is started. More are left from earlier videos and have to go first.
    pub children: u64,
    /// Degrees Celsius from which the graphics card is given time to cool down.
    pub hot_c: i32,
    /// Degrees below [`AdmissionLimits::hot_c`] at which it is cool again, so that work does not start and stop by the second.
    pub cool_by_c: i32,
    /// Time until the second reading while waiting; doubled with each further one.
    pub first_pause: Duration,
    /// The longest time between two readings while waiting.
    pub longest_pause: Duration,
    /// How long the graphics card is waited for. After that the video is begun all the same: its pictures are painted as
    /// the card allows, or by the built-in painter.
    pub card_patience: Duration,
}

impl Default for AdmissionLimits {
    fn default() -> Self {
        const MIB: u64 = 1 << 20;
        Self {
            ram_reserve: 256 * MIB,
            disk_reserve: 64 * MIB,
            descriptor_reserve: 32,
            task_reserve: 8,
            children: 64,
            // Consumer cards slow down by themselves between 83 and 93 °C, depending on the model.
            hot_c: 90,
            cool_by_c: 5,
            first_pause: Duration::from_millis(500),
            longest_pause: Duration::from_secs(15),
            card_patience: Duration::from_mins(2),
        }
    }
}

impl AdmissionLimits {
    /// These limits for a card that was too hot and is cooling down.
    pub(super) fn cooling(&self) -> Self {
        Self {
            hot_c: self.hot_c.saturating_sub(self.cool_by_c.max(0)),
            ..self.clone()
        }
    }
}
