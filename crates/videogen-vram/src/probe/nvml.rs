//! Asks NVML, the library of the NVIDIA driver. It is loaded when it is there; nothing is linked.

use std::ffi::{OsStr, OsString};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use nvml_wrapper::enum_wrappers::device::TemperatureSensor;
use nvml_wrapper::enums::device::UsedGpuMemory;
use nvml_wrapper::error::NvmlError;
use nvml_wrapper::struct_wrappers::device::ProcessInfo;
use nvml_wrapper::{Device, Nvml};
use tokio_util::sync::CancellationToken;

use super::detached::Detached;
use super::sane::{self, Memory};
use super::{BoxFuture, GpuProbe, GpuReadings, ProbeNoteKind, identify, throttle};
use crate::units::{Bytes, FreeBytes, TotalBytes};
use crate::{ComputeCapability, Error, GpuProcess, GpuReading, ProcessKind};

const NAME: &str = "nvml";
/// A driver that is not kept loaded takes seconds to start, more with many cards.
const DEADLINE: Duration = Duration::from_secs(10);
/// The most cards, and the most partitions of a card, that are read.
const MOST_CARDS: u32 = 64;
/// For the name of a process, in bytes.
const NAME_LENGTH: usize = 256;

/// Reads NVIDIA cards through the library of the driver. Without it, or with no driver under it, there is no card.
///
/// The library is opened by the first reading and kept open, so later readings take a millisecond or two. Cards that are
/// partitioned (MIG) are given as their partitions.
#[derive(Debug, Clone)]
pub struct NvmlProbe {
    library: Option<OsString>,
    deadline: Duration,
    open: Arc<Mutex<Option<Nvml>>>,
    calls: Detached,
}

impl Default for NvmlProbe {
    fn default() -> Self {
        Self {
            library: None,
            deadline: DEADLINE,
            open: Arc::default(),
            calls: Detached::default(),
        }
    }
}

impl NvmlProbe {
    /// Asks the library the system finds under its usual name, for at most ten seconds.
    pub fn new() -> Self {
        Self::default()
    }

    /// The same with the library in this file.
    #[must_use]
    pub fn library(mut self, library: impl Into<OsString>) -> Self {
        self.library = Some(library.into());
        self
    }

    /// The same with another bound.
    #[must_use]
    pub fn deadline(mut self, deadline: Duration) -> Self {
        self.deadline = deadline;
        self
    }
}

impl GpuProbe for NvmlProbe {
    fn name(&self) -> &'static str {
        NAME
    }

    fn read<'a>(
        &'a self,
        cancel: &'a CancellationToken,
    ) -> BoxFuture<'a, Result<GpuReadings, Error>> {
        let open = Arc::clone(&self.open);
        let library = self.library.clone();
        let call = move || {
            // One at a time: a call that hangs keeps the later ones here, and those are counted.
            let mut open = open.lock().unwrap_or_else(PoisonError::into_inner);
            let answer = read(&mut open, library.as_deref());
            if answer.is_err() {
                // The driver may have been replaced or the card lost: start afresh the next time.
                *open = None;
            }
            answer
        };
        Box::pin(async move {
            self.calls
                .run(NAME, self.deadline, cancel, call)
                .await?
                .map_err(|error| Error::Probe {
                    probe: NAME,
                    problem: error.to_string(),
                })
        })
    }
}

fn read(open: &mut Option<Nvml>, library: Option<&OsStr>) -> Result<GpuReadings, NvmlError> {
    let nvml = match open {
        Some(nvml) => nvml,
        None => {
            let mut builder = Nvml::builder();
            if let Some(library) = library {
                builder.lib_path(library);
            }
            match builder.init() {
                Ok(nvml) => open.insert(nvml),
                Err(error) => return absent(error),
            }
        }
    };
    let driver = nvml.sys_driver_version().ok();
    let mut readings = GpuReadings::default();
    let mut lost = None;
    let count = nvml.device_count()?;
    for index in 0..count.min(MOST_CARDS) {
        if let Err(error) = card(nvml, index, driver.as_deref(), &mut readings) {
            readings.note(
                NAME,
                ProbeNoteKind::Failed,
                format!("card {index}: {error}"),
            );
            lost = Some(error);
        }
    }
    match lost {
        Some(error) if readings.cards.is_empty() => Err(error),
        _ => {
            if readings.cards.is_empty() {
                readings.note(NAME, ProbeNoteKind::Absent, "the driver finds no card");
            }
            Ok(readings)
        }
    }
}

/// No library and no driver are no card; a driver that is broken is an error.
fn absent(error: NvmlError) -> Result<GpuReadings, NvmlError> {
    match error {
        NvmlError::LibloadingError(_) | NvmlError::LibraryNotFound => {
            Ok(GpuReadings::absent(NAME, "there is no NVIDIA driver here"))
        }
        NvmlError::DriverNotLoaded => {
            Ok(GpuReadings::absent(NAME, "the NVIDIA driver is not loaded"))
        }
        error => Err(error),
    }
}

/// Adds a card, or its partitions.
fn card(
    nvml: &Nvml,
    index: u32,
    driver: Option<&str>,
    readings: &mut GpuReadings,
) -> Result<(), NvmlError> {
    let device = nvml.device_by_index(index)?;
    let whole = describe(nvml, &device, index, driver);
    // Cards that cannot be partitioned do not support the question.
    if device.mig_mode().is_ok_and(|mode| mode.current == 1) {
        let count = device.mig_device_count().unwrap_or(0).min(MOST_CARDS);
        let before = readings.cards.len();
        for partition in (0..count).filter_map(|i| device.mig_device_by_index(i).ok()) {
            let Ok(memory) = memory(&partition) else {
                continue;
            };
            // A partition has no sensors of its own; those of the card are kept.
            let mut reading = whole.clone();
            reading.processes = processes(nvml, &partition);
            reading.uuid = partition.uuid().ok().or(reading.uuid);
            reading.name = partition.name().unwrap_or(reading.name);
            sane::push(readings, memory, reading);
        }
        if readings.cards.len() > before {
            return Ok(());
        }
        let text = format!("card {index} is partitioned (MIG), but its partitions cannot be read");
        readings.note(NAME, ProbeNoteKind::Doubtful, text);
    }
    sane::push(readings, memory(&device)?, whole);
    Ok(())
}

fn memory(device: &Device<'_>) -> Result<Memory, NvmlError> {
    let info = device.memory_info()?;
    Ok(Memory {
        total: Some(Bytes::new(info.total)),
        used: Some(Bytes::new(info.used)),
        free: Some(Bytes::new(info.free)),
    })
}

/// All but the memory. What a card does not tell is not known.
fn describe(nvml: &Nvml, device: &Device<'_>, index: u32, driver: Option<&str>) -> GpuReading {
    let name = device.name().unwrap_or_else(|_| "NVIDIA".into());
    let mut card = GpuReading::fixed(name, TotalBytes::default(), FreeBytes::default());
    card.source = NAME.into();
    card.index = index;
    card.uuid = device.uuid().ok();
    card.driver = driver.map(sane::clean);
    card.compute = device.cuda_compute_capability().ok().and_then(|version| {
        let part = |n: i32| u8::try_from(n).ok();
        Some(ComputeCapability::new(
            part(version.major)?,
            part(version.minor)?,
        ))
    });
    card.temperature_c = device
        .temperature(TemperatureSensor::Gpu)
        .ok()
        .and_then(|celsius| i32::try_from(celsius).ok());
    card.throttle = device
        .current_throttle_reasons()
        .map(|reasons| throttle::from_bits(reasons.bits()))
        .unwrap_or_default();
    card.processes = processes(nvml, device);
    card
}

/// Who computes and who draws, each process once with the most it was said to have.
fn processes(nvml: &Nvml, device: &Device<'_>) -> Vec<GpuProcess> {
    let mut found: Vec<GpuProcess> = Vec::new();
    let compute = device.running_compute_processes().unwrap_or_default();
    let graphics = device.running_graphics_processes().unwrap_or_default();
    for ProcessInfo {
        pid,
        used_gpu_memory,
        ..
    } in compute.into_iter().chain(graphics)
    {
        let used = match used_gpu_memory {
            UsedGpuMemory::Used(bytes) => Some(Bytes::new(bytes)),
            UsedGpuMemory::Unavailable => None,
        };
        match found.iter_mut().find(|process| process.pid == pid) {
            Some(process) => process.used = process.used.max(used),
            None => {
                let (name, kind) = identify(nvml, pid);
                found.push(GpuProcess {
                    pid,
                    name,
                    used,
                    kind,
                });
            }
        }
    }
    found
}

fn identify(nvml: &Nvml, pid: u32) -> (String, ProcessKind) {
    identify::from_proc("/proc".into(), pid).unwrap_or_else(|| {
        let path = nvml.sys_process_name(pid, NAME_LENGTH).unwrap_or_default();
        let kind = identify::guess_process_kind(&path, []);
        let name = path.rsplit(['/', '\\']).next().unwrap_or_default();
        (name.to_owned(), kind)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn without_a_library_there_is_no_card() {
        let never = CancellationToken::new();
        let probe = NvmlProbe::new().library("/nowhere/libnvidia-ml.so.1");
        let readings = probe.read(&never).await.unwrap();
        assert_eq!(readings.cards, []);
        assert_eq!(readings.notes[0].kind, ProbeNoteKind::Absent);
    }

    #[test]
    fn no_driver_is_no_card_and_a_broken_one_is_an_error() {
        assert!(absent(NvmlError::DriverNotLoaded).unwrap().cards.is_empty());
        assert!(absent(NvmlError::LibRmVersionMismatch).is_err());
        assert!(absent(NvmlError::NoPermission).is_err());
    }
}
