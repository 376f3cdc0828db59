//! Asks the machine for its graphics cards. What a card says is a plain [`GpuReading`], however it was found out.
//!
//! A machine without a card is a value, [`GpuReadings::cards`] empty, not an error. Every probe is bounded in time: drivers
//! and their programs hang when a card is in trouble.
//!
//! | probe | asks | for |
//! |---|---|---|
//! | [`NvmlProbe`] | the driver's library, loaded when it is there | NVIDIA |
//! | [`SmiProbe`] | the driver's program `nvidia-smi` | NVIDIA, when the library is not to be had |
//! | [`SysfsProbe`] | files of the kernel | AMD on Linux |
//! | [`readings_from_system_stats`], [`readings_from_devices`] | values a ComfyUI server gave | the card that paints, when it is elsewhere |
//! | [`FixedProbe`] | nobody | tests, and plans for cards one does not have |
//! | [`ChainProbe`] | the above in order | what a program wants |

mod chain;
mod comfyui;
mod detached;
mod fixed;
mod identify;
mod nvml;
mod sane;
mod smi;
mod sysfs;
mod throttle;

use std::fmt;
use std::pin::Pin;

use serde::{Deserialize, Serialize};
use tokio_util::sync::CancellationToken;

use crate::{Error, GpuReading};

pub use chain::ChainProbe;
pub use comfyui::{DeviceStats, readings_from_devices, readings_from_system_stats};
pub use fixed::FixedProbe;
#[cfg(any(test, feature = "test-util"))]
pub use fixed::ScriptedProbe;
pub use identify::guess_process_kind;
pub use nvml::NvmlProbe;
pub use smi::SmiProbe;
pub use sysfs::SysfsProbe;

/// Held by tests that write a program and by those that start one. While another thread starts a child, that child has a
/// copy of every open file, and Linux runs no program that is open for writing.
#[cfg(test)]
static PROGRAMS: tokio::sync::Mutex<()> = tokio::sync::Mutex::const_new(());

/// A future in a box, so that the traits here can be used as `dyn`.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// Finds out about the graphics cards of a machine.
pub trait GpuProbe: fmt::Debug + Send + Sync {
    /// A short name for messages, for example `nvml`.
    fn name(&self) -> &'static str;

    /// Reads all cards it can see. Bounded in time without the caller's help; needs a Tokio runtime with I/O and time.
    /// Dropping the future gives up: a program that runs is ended, a call into a driver is left behind.
    ///
    /// # Errors
    /// [`Error::Cancelled`]; [`Error::TimedOut`], [`Error::Probe`] and [`Error::Process`] when there is something to ask
    /// but it does not answer. That there is nothing to ask is no error.
    fn read<'a>(
        &'a self,
        cancel: &'a CancellationToken,
    ) -> BoxFuture<'a, Result<GpuReadings, Error>>;
}

/// The cards of a machine at one moment.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct GpuReadings {
    /// In the order of the driver. Empty when there is no card. Amounts do not contradict each other.
    pub cards: Vec<GpuReading>,
    /// What a person should know of how they were found out.
    pub notes: Vec<ProbeNote>,
}

/// Something about a reading, for people.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProbeNote {
    /// The probe it is of.
    pub probe: String,
    /// How serious it is.
    pub kind: ProbeNoteKind,
    /// One line.
    pub text: String,
}

/// How serious a [`ProbeNote`] is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum ProbeNoteKind {
    /// There is nothing to ask: no driver, no card. Normal on many machines.
    Absent,
    /// There is something to ask, but it did not answer.
    Failed,
    /// An answer was corrected or left out, because it cannot be true.
    Doubtful,
}

impl GpuReadings {
    fn note(&mut self, probe: &str, kind: ProbeNoteKind, text: impl Into<String>) {
        self.notes.push(ProbeNote {
            probe: probe.to_owned(),
            kind,
            text: text.into(),
        });
    }

    /// No card, because there is nothing to ask.
    fn absent(probe: &str, text: impl Into<String>) -> Self {
        let mut readings = Self::default();
        readings.note(probe, ProbeNoteKind::Absent, text);
        readings
    }
}

/// `nvidia-smi: took longer than 10 s`.
impl fmt::Display for ProbeNote {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.probe, self.text)
    }
}
