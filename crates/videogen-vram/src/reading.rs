//! What is known of a graphics card at one moment: a plain value, however it was found out.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::units::{Bytes, FreeBytes, TotalBytes};

/// Who made the card, as far as memory arithmetic differs.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Vendor {
    /// NVIDIA, through CUDA.
    #[default]
    Nvidia,
    /// AMD, through ROCm.
    Amd,
    /// Intel, through XPU.
    Intel,
    /// Apple, through MPS; the memory is the machine's own.
    Apple,
    /// Anything else.
    Other,
}

/// CUDA compute capability: 6.x Pascal, 7.0 Volta, 7.5 Turing, 8.x Ampere and Ada, 9.0 Hopper, 10 and above Blackwell.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct ComputeCapability {
    /// The generation.
    pub major: u8,
    /// The variant within it.
    pub minor: u8,
}

impl ComputeCapability {
    /// `major.minor`.
    pub const fn new(major: u8, minor: u8) -> Self {
        Self { major, minor }
    }
}

impl fmt::Display for ComputeCapability {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.major, self.minor)
    }
}

/// A process that holds memory of the card.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct GpuProcess {
    /// Its number in the system.
    pub pid: u32,
    /// Its name, without its arguments; empty when the system does not tell.
    pub name: String,
    /// What it holds; `None` where the driver does not tell (Windows, containers).
    pub used: Option<Bytes>,
    /// What it probably is.
    #[serde(default)]
    pub kind: ProcessKind,
}

/// What a process on a card probably is, as far as it matters for asking it to make room.
#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum ProcessKind {
    /// A model server of Ollama.
    Ollama,
    /// A ComfyUI server.
    ComfyUi,
    /// Another server of language models: llama.cpp, LM Studio, vLLM.
    LanguageModel,
    /// A desktop, a browser, a player: what shows pictures on the screen.
    Display,
    /// Anything else.
    #[default]
    Other,
}

impl ProcessKind {
    /// The name for people.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Ollama => "Ollama",
            Self::ComfyUi => "ComfyUI",
            Self::LanguageModel => "a language model",
            Self::Display => "the display",
            Self::Other => "another program",
        }
    }
}

impl fmt::Display for ProcessKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// Why a card runs slower than it could.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Throttle {
    /// It is too hot.
    Thermal,
    /// It may not draw more power.
    PowerCap,
    /// The board slows it down to protect itself, for example when a power plug is missing.
    Hardware,
    /// Something else the driver names.
    Other,
}

/// A card at one moment. The numbers are as they were read and may contradict each other; [`GpuReading::sane_free`]
/// is what to plan with.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct GpuReading {
    /// The driver's number of the card; 0 for the first.
    pub index: u32,
    /// Marketing name, for example `NVIDIA RTX A2000 12GB`.
    pub name: String,
    /// An identity that survives reboots (`GPU-…`), where the driver gives one.
    pub uuid: Option<String>,
    /// Who made it.
    pub vendor: Vendor,
    /// Memory it has.
    pub total: TotalBytes,
    /// Memory nobody uses now.
    pub free: FreeBytes,
    /// Memory in use, by the driver's own count.
    pub used: Bytes,
    /// CUDA compute capability; `None` on other cards and where it is not known.
    pub compute: Option<ComputeCapability>,
    /// Degrees Celsius.
    pub temperature_c: Option<i32>,
    /// Why it runs slower than it could; empty when it does not.
    pub throttle: Vec<Throttle>,
    /// Version of the driver.
    pub driver: Option<String>,
    /// Who holds memory of it, as far as is known.
    pub processes: Vec<GpuProcess>,
    /// Which probe made the reading: `nvml`, `nvidia-smi`, `comfyui`, `sysfs`, `fixed`.
    pub source: String,
}

impl GpuReading {
    /// A reading of a card that is not here: `free` of `total`, nothing else known.
    pub fn fixed(name: impl Into<String>, total: TotalBytes, free: FreeBytes) -> Self {
        Self {
            index: 0,
            name: name.into(),
            uuid: None,
            vendor: Vendor::Nvidia,
            total,
            free,
            used: total.bytes().minus(free.bytes()),
            compute: None,
            temperature_c: None,
            throttle: Vec::new(),
            driver: None,
            processes: Vec::new(),
            source: "fixed".to_owned(),
        }
    }

    /// The free memory to plan with: never more than the card has. A card that reports a total of 0 does not know its
    /// size, so its free memory is not believed either.
    pub fn sane_free(&self) -> FreeBytes {
        self.free.min(FreeBytes::new(self.total.bytes()))
    }

    /// The name under which measurements of this card are kept: name and size, so that a card that is replaced by one
    /// of its kind keeps what was learnt.
    pub fn key(&self) -> String {
        format!("{}/{}", self.name, self.total.bytes().get() >> 20)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn free_is_never_more_than_total() {
        let gib = Bytes::from_gib;
        let reading = GpuReading::fixed("x", TotalBytes::new(gib(4)), FreeBytes::new(gib(9)));
        assert_eq!(reading.sane_free(), FreeBytes::new(gib(4)));
        let unknown = GpuReading::fixed("x", TotalBytes::default(), FreeBytes::new(gib(9)));
        assert_eq!(unknown.sane_free(), FreeBytes::default());
    }
}
