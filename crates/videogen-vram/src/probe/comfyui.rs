//! Makes a reading of what a ComfyUI server says of its devices. The card that paints is the one that counts, and it may
//! be in another machine.

use serde_json::Value;

use super::sane::{self, Memory};
use super::{GpuReadings, ProbeNoteKind};
use crate::units::{Bytes, FreeBytes, TotalBytes};
use crate::{Error, GpuReading, Vendor};

const NAME: &str = "comfyui";

/// The cards in an answer to `GET /system_stats`.
///
/// - The free memory is the server's own count: what is free on the card and what its allocator holds in reserve. Weights
///   of loaded models count as used, except those a server with dynamic memory may evict.
/// - A server that paints on its processor has no card; it gives its main memory as video memory, which is left out with
///   a note. On Apple's machines the two are one, so there the main memory is given.
/// - DirectML does not tell its memory; the server says 1 GiB, which is given with a note.
///
/// # Errors
/// [`Error::Probe`] when this is no such answer, or it lists devices of which none can be read.
pub fn readings_from_system_stats(stats: &Value) -> Result<GpuReadings, Error> {
    let problem = |problem: String| Error::Probe {
        probe: NAME,
        problem,
    };
    let devices = stats
        .get("devices")
        .and_then(Value::as_array)
        .ok_or_else(|| problem("it is no answer to /system_stats: it lists no devices".into()))?;
    let mut readings = GpuReadings::default();
    let mut wrong = None;
    for (rank, device) in (0u32..).zip(devices.iter().take(64)) {
        if let Err(why) = card(rank, device, &mut readings) {
            readings.note(
                NAME,
                ProbeNoteKind::Doubtful,
                format!("device {rank} left out: {why}"),
            );
            wrong.get_or_insert(why);
        }
    }
    match wrong {
        Some(why) if readings.cards.is_empty() => Err(problem(why)),
        _ => Ok(readings),
    }
}

/// A device as a server tells of it, for callers that have read its answer themselves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeviceStats {
    /// Its name, such as `cuda:0 NVIDIA GeForce RTX 3060 : cudaMallocAsync`.
    pub name: String,
    /// What PyTorch calls its kind: `cuda`, `xpu`, `mps`, `cpu` …
    pub kind: String,
    /// Its number among those of its kind; `None` where there is only one.
    pub index: Option<u32>,
    /// All of its memory.
    pub total: Bytes,
    /// What is free of it by the server's own count.
    pub free: Bytes,
}

/// The cards among `devices`, as [`readings_from_system_stats`] has them; at most 64.
pub fn readings_from_devices(devices: &[DeviceStats]) -> GpuReadings {
    let mut readings = GpuReadings::default();
    for (rank, device) in (0u32..).zip(devices.iter().take(64)) {
        push(rank, device, &mut readings);
    }
    readings
}

fn card(rank: u32, device: &Value, readings: &mut GpuReadings) -> Result<(), String> {
    let kind = device
        .get("type")
        .and_then(Value::as_str)
        .ok_or("it has no type")?;
    let name = device.get("name").and_then(Value::as_str).unwrap_or(kind);
    let amount = |field| match kind {
        // Of main memory nothing is used, so it need not be right.
        "cpu" => Ok(Bytes::default()),
        _ => bytes(device, field),
    };
    let device = DeviceStats {
        name: name.to_owned(),
        kind: kind.to_owned(),
        index: device
            .get("index")
            .and_then(Value::as_u64)
            .and_then(|index| index.try_into().ok()),
        total: amount("vram_total")?,
        free: amount("vram_free")?,
    };
    push(rank, &device, readings);
    Ok(())
}

fn push(rank: u32, device: &DeviceStats, readings: &mut GpuReadings) {
    let kind = device.kind.as_str();
    if kind == "cpu" {
        let text = "the server paints on its processor";
        readings.note(NAME, ProbeNoteKind::Absent, text);
        return;
    }
    let name = model(&device.name);
    let mut card = GpuReading::fixed(name, TotalBytes::default(), FreeBytes::default());
    card.source = NAME.into();
    card.vendor = vendor(kind, name);
    card.index = device.index.unwrap_or(rank);
    if kind == "privateuseone" {
        let text = format!("{name}: DirectML does not tell the memory; it may be more or less");
        readings.note(NAME, ProbeNoteKind::Doubtful, text);
    }
    let memory = Memory {
        total: Some(device.total),
        used: None,
        free: Some(device.free),
    };
    sane::push(readings, memory, card);
}

/// A number of bytes. Not every server writes it as a whole number.
fn bytes(device: &Value, field: &str) -> Result<Bytes, String> {
    let value = device
        .get(field)
        .ok_or_else(|| format!("it has no {field}"))?;
    if let Some(whole) = value.as_u64() {
        return Ok(Bytes::new(whole));
    }
    value
        .as_f64()
        .filter(|bytes| bytes.is_finite() && *bytes >= 0.0)
        // Rounded down: less free memory is the safe side.
        .map(|bytes| Bytes::new(bytes as u64))
        .ok_or_else(|| format!("its {field} is {}", sane::clean(&value.to_string())))
}

/// The name in `cuda:0 NVIDIA GeForce RTX 3060 : cudaMallocAsync`: without the device before it and the allocator after.
fn model(said: &str) -> &str {
    let without_device = match said.split_once(' ') {
        Some((device, rest)) if is_device(device) => rest,
        _ => said,
    };
    match without_device.rsplit_once(" : ") {
        Some((name, _allocator)) => name.trim(),
        None => without_device.trim(),
    }
}

/// Whether this is `cuda:0`, `xpu:1`, `npu:0` …
fn is_device(word: &str) -> bool {
    let Some((kind, number)) = word.split_once(':') else {
        return false;
    };
    !kind.is_empty()
        && kind.bytes().all(|b| b.is_ascii_lowercase())
        && !number.is_empty()
        && number.bytes().all(|b| b.is_ascii_digit())
}

/// PyTorch calls AMD cards `cuda` too.
fn vendor(kind: &str, name: &str) -> Vendor {
    let name = name.to_ascii_lowercase();
    match kind {
        "cuda" if name.contains("amd") || name.contains("radeon") || name.starts_with("gfx") => {
            Vendor::Amd
        }
        "cuda" => Vendor::Nvidia,
        "xpu" => Vendor::Intel,
        "mps" => Vendor::Apple,
        _ => Vendor::Other,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn stats(device: &Value) -> Value {
        json!({ "system": { "ram_total": 25276510208_u64 }, "devices": [device] })
    }

    fn cuda() -> Value {
        json!({
            "name": "cuda:0 NVIDIA RTX A2000 12GB : cudaMallocAsync", "type": "cuda", "index": 0,
            "vram_total": 12625707008_u64, "vram_free": 6287261696_u64,
            "torch_vram_total": 4294967296_u64, "torch_vram_free": 12058624,
        })
    }

    #[test]
    fn a_card_is_read() {
        let readings = readings_from_system_stats(&stats(&cuda())).unwrap();
        let typed = DeviceStats {
            name: "cuda:0 NVIDIA RTX A2000 12GB : cudaMallocAsync".into(),
            kind: "cuda".into(),
            index: Some(0),
            total: Bytes::new(12625707008),
            free: Bytes::new(6287261696),
        };
        assert_eq!(readings_from_devices(&[typed]), readings);
        assert_eq!(readings.notes, []);
        let card = &readings.cards[0];
        assert_eq!(card.name, "NVIDIA RTX A2000 12GB");
        assert_eq!(card.vendor, Vendor::Nvidia);
        assert_eq!(card.total.bytes(), Bytes::new(12625707008));
        assert_eq!(card.free.bytes(), Bytes::new(6287261696));
        assert_eq!(card.used, Bytes::new(12625707008 - 6287261696));
        assert_eq!(card.source, "comfyui");
    }

    #[test]
    fn names_and_makers_are_told_apart() {
        for (kind, said, name, vendor) in [
            (
                "cuda",
                "cuda:1 AMD Radeon RX 7900 XTX : native",
                "AMD Radeon RX 7900 XTX",
                Vendor::Amd,
            ),
            (
                "xpu",
                "xpu:0 Intel(R) Arc(TM) A770 Graphics",
                "Intel(R) Arc(TM) A770 Graphics",
                Vendor::Intel,
            ),
            ("mps", "mps", "mps", Vendor::Apple),
            ("npu", "npu:0 Ascend910B", "Ascend910B", Vendor::Other),
            ("cuda", "NVIDIA: X : Y", "NVIDIA: X", Vendor::Nvidia),
            ("cuda", "", "", Vendor::Nvidia),
        ] {
            let mut device = cuda();
            device["type"] = kind.into();
            device["name"] = said.into();
            device["index"] = Value::Null;
            let readings = readings_from_system_stats(&stats(&device)).unwrap();
            assert_eq!(readings.cards[0].name, name);
            assert_eq!(readings.cards[0].vendor, vendor);
            assert_eq!(readings.cards[0].index, 0);
        }
    }

    #[test]
    fn main_memory_is_no_card() {
        // As servers 0.3.64 and 0.33.0 say it when they run with --cpu.
        let cpu = json!({
            "name": "cpu", "type": "cpu", "index": null,
            "vram_total": 25276510208_u64, "vram_free": 13143846912_u64,
            "torch_vram_total": 25276510208_u64, "torch_vram_free": 13143846912_u64,
        });
        let readings = readings_from_system_stats(&stats(&cpu)).unwrap();
        assert_eq!(readings.cards, []);
        assert_eq!(readings.notes[0].kind, ProbeNoteKind::Absent);
        let directml = json!({
            "name": "privateuseone", "type": "privateuseone", "index": 0,
            "vram_total": 1073741824, "vram_free": 1073741824,
        });
        let readings = readings_from_system_stats(&stats(&directml)).unwrap();
        assert!(readings.notes[0].text.contains("DirectML"));
    }

    #[test]
    fn what_is_no_answer_is_an_error() {
        for bad in [
            json!(null),
            json!([]),
            json!({}),
            json!({ "devices": {} }),
            json!({ "devices": [7] }),
            json!({ "devices": [{ "type": "cuda" }] }),
            json!({ "error": "x" }),
        ] {
            assert!(readings_from_system_stats(&bad).is_err(), "{bad}");
        }
        for (field, value) in [
            ("vram_total", json!(-1)),
            ("vram_free", json!("6 GiB")),
            ("vram_free", json!(null)),
            ("type", json!(3)),
        ] {
            let mut device = cuda();
            device[field] = value;
            assert!(
                readings_from_system_stats(&stats(&device)).is_err(),
                "{device}"
            );
        }
        let none = readings_from_system_stats(&json!({ "devices": [] })).unwrap();
        assert_eq!(none.cards, []);
    }

    #[test]
    fn a_device_that_cannot_be_read_costs_no_other() {
        let answer = json!({ "devices": [cuda(), { "type": "cuda", "vram_total": [] }, cuda()] });
        let readings = readings_from_system_stats(&answer).unwrap();
        assert_eq!((readings.cards.len(), readings.notes.len()), (2, 1));
        let mut absurd = cuda();
        absurd["vram_free"] = json!(u64::MAX);
        let readings = readings_from_system_stats(&stats(&absurd)).unwrap();
        assert!(readings.cards[0].free.bytes() <= readings.cards[0].total.bytes());
        assert!(!readings.notes.is_empty());
    }

    proptest! {
        #[test]
        fn any_amounts_give_a_sane_card_or_an_error(total in any::<f64>(), free in any::<f64>(), said in ".{0,40}") {
            let mut device = cuda();
            device["vram_total"] = json!(total);
            device["vram_free"] = json!(free);
            device["name"] = said.into();
            if let Ok(readings) = readings_from_system_stats(&stats(&device)) {
                let card = &readings.cards[0];
                prop_assert!(card.free.bytes() <= card.total.bytes());
            }
        }
    }
}
