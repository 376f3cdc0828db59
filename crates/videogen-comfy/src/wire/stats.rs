//! `/system_stats`: what runs there, on what, with how much memory.

use serde::Deserialize;
use serde_json::{Map, Value};

use super::{owned, text};

/// The state of a server's machine.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct SystemStats {
    /// For example `0.33.0`; empty when the server does not say.
    pub version: String,
    /// For example `2.8.0+cu128`.
    pub pytorch: String,
    /// How it was started; tells `--cpu`, `--lowvram`, `--disable-dynamic-vram` …
    pub arguments: Vec<String>,
    /// Bytes of main memory.
    pub ram_total: u64,
    /// Bytes of main memory that are free.
    pub ram_free: u64,
    /// The devices; the one that paints is the first.
    pub devices: Vec<Device>,
}

/// A device that paints.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Device {
    /// As the driver calls it, with ComfyUI's additions.
    pub name: String,
    /// What it is.
    pub kind: DeviceKind,
    /// Its number; none for a CPU.
    pub index: Option<u32>,
    /// Bytes of its memory.
    pub vram_total: u64,
    /// Bytes that are free, those PyTorch keeps for later included.
    pub vram_free: u64,
    /// Bytes that PyTorch holds.
    pub torch_total: u64,
    /// Bytes of those that nothing uses.
    pub torch_free: u64,
}

/// Kinds of devices.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum DeviceKind {
    /// NVIDIA, or AMD through ROCm.
    Cuda,
    /// No GPU: the memory is the machine's.
    Cpu,
    /// Apple.
    Mps,
    /// Intel.
    Xpu,
    /// Another, by its name.
    Other(String),
}

impl SystemStats {
    /// The device that paints.
    pub fn device(&self) -> Option<&Device> {
        self.devices.first()
    }

    /// Whether an argument was given when the server was started, such as `--lowvram`.
    pub fn started_with(&self, argument: &str) -> bool {
        self.arguments.iter().any(|each| each == argument)
    }
}

#[derive(Deserialize)]
struct Raw {
    system: Map<String, Value>,
    #[serde(default)]
    devices: Vec<Map<String, Value>>,
}

pub(crate) fn read(body: &[u8]) -> Result<SystemStats, crate::Error> {
    let raw: Raw = super::json("system_stats", body)?;
    let number =
        |object: &Map<String, Value>, key: &str| object.get(key).and_then(bytes).unwrap_or(0);
    let arguments = raw.system.get("argv").and_then(Value::as_array);
    Ok(SystemStats {
        version: owned(&raw.system, "comfyui_version", 64),
        pytorch: owned(&raw.system, "pytorch_version", 64),
        arguments: arguments
            .into_iter()
            .flatten()
            .filter_map(Value::as_str)
            .take(256)
            .map(|argument| crate::text::bounded(argument, 512))
            .collect(),
        ram_total: number(&raw.system, "ram_total"),
        ram_free: number(&raw.system, "ram_free"),
        devices: raw
            .devices
            .iter()
            .take(64)
            .map(|device| Device {
                name: owned(device, "name", 200),
                kind: match text(device, "type").unwrap_or_default() {
                    "cuda" => DeviceKind::Cuda,
                    "cpu" => DeviceKind::Cpu,
                    "mps" => DeviceKind::Mps,
                    "xpu" => DeviceKind::Xpu,
                    other => DeviceKind::Other(crate::text::bounded(other, 64)),
                },
                index: device
                    .get("index")
                    .and_then(Value::as_u64)
                    .and_then(|index| u32::try_from(index).ok()),
                vram_total: number(device, "vram_total"),
                vram_free: number(device, "vram_free"),
                torch_total: number(device, "torch_vram_total"),
                torch_free: number(device, "torch_vram_free"),
            })
            .collect(),
    })
}

/// Bytes, also where they were written as a float.
fn bytes(value: &Value) -> Option<u64> {
    value.as_u64().or_else(|| {
        value
            .as_f64()
            .filter(|float| *float >= 0.0)
            .map(|float| float as u64)
    })
}
