//! Reads AMD cards from the files of the Linux kernel's driver.

use std::fs::{self, File};
use std::io::Read;
use std::time::Duration;

use camino::{Utf8Path, Utf8PathBuf};
use tokio_util::sync::CancellationToken;

use super::detached::Detached;
use super::sane::{self, Memory};
use super::{BoxFuture, GpuProbe, GpuReadings, ProbeNoteKind};
use crate::units::{Bytes, FreeBytes, TotalBytes};
use crate::{Error, GpuReading, Vendor};

const NAME: &str = "sysfs";
/// The kernel answers at once, unless the card is in trouble.
const DEADLINE: Duration = Duration::from_secs(5);
/// The PCI number of AMD.
const AMD: &str = "0x1002";
/// The most bytes of a file that are read: each holds a number or a name.
const LONGEST: u64 = 256;

/// Reads AMD cards from `/sys`. Elsewhere than on Linux there are none.
///
/// The number of a card is its rank among the AMD cards, in the kernel's order. Of a processor with graphics, only the
/// memory set apart for it counts.
#[derive(Debug, Clone)]
pub struct SysfsProbe {
    root: Utf8PathBuf,
    calls: Detached,
}

impl Default for SysfsProbe {
    fn default() -> Self {
        Self::new("/sys")
    }
}

impl SysfsProbe {
    /// Reads below `root` as if it were `/sys`.
    pub fn new(root: impl Into<Utf8PathBuf>) -> Self {
        Self {
            root: root.into(),
            calls: Detached::default(),
        }
    }
}

impl GpuProbe for SysfsProbe {
    fn name(&self) -> &'static str {
        NAME
    }

    fn read<'a>(
        &'a self,
        cancel: &'a CancellationToken,
    ) -> BoxFuture<'a, Result<GpuReadings, Error>> {
        let root = self.root.clone();
        Box::pin(async move {
            let call = move || read(&root);
            self.calls.run(NAME, DEADLINE, cancel, call).await
        })
    }
}

fn read(root: &Utf8Path) -> GpuReadings {
    let mut readings = GpuReadings::default();
    let driver = text(&root.join("module/amdgpu/version"));
    for (index, dir) in (0u32..).zip(cards(&root.join("class/drm"))) {
        let name = text(&dir.join("product_name")).unwrap_or_else(|| {
            let device = text(&dir.join("device")).unwrap_or_default();
            format!("AMD {device}").trim_end().to_owned()
        });
        let mut card = GpuReading::fixed(name, TotalBytes::default(), FreeBytes::default());
        card.source = NAME.into();
        card.index = index;
        card.vendor = Vendor::Amd;
        card.uuid = text(&dir.join("unique_id")).map(|id| format!("AMD-{id}"));
        card.driver.clone_from(&driver);
        card.temperature_c = temperature(&dir.join("hwmon"));
        let memory = Memory {
            total: bytes(&dir.join("mem_info_vram_total")),
            used: bytes(&dir.join("mem_info_vram_used")),
            free: None,
        };
        sane::push(&mut readings, memory, card);
    }
    if readings.cards.is_empty() {
        readings.note(NAME, ProbeNoteKind::Absent, "the kernel knows no AMD card");
    }
    readings
}

/// The device directories of the AMD cards, by number. Connectors (`card0-HDMI-A-1`) lie beside them.
fn cards(drm: &Utf8Path) -> Vec<Utf8PathBuf> {
    let mut found: Vec<(u32, Utf8PathBuf)> = drm
        .read_dir_utf8()
        .into_iter()
        .flatten()
        .flatten()
        .filter_map(|entry| {
            let number = entry.file_name().strip_prefix("card")?.parse().ok()?;
            let dir = entry.path().join("device");
            (text(&dir.join("vendor")).as_deref() == Some(AMD)).then_some((number, dir))
        })
        .collect();
    found.sort();
    found.into_iter().map(|(_, dir)| dir).collect()
}

/// The first sensor, in degrees Celsius; the file has thousandths.
fn temperature(hwmon: &Utf8Path) -> Option<i32> {
    let mut sensors: Vec<_> = hwmon.read_dir_utf8().ok()?.flatten().collect();
    sensors.sort_by(|a, b| a.path().cmp(b.path()));
    sensors.iter().find_map(|sensor| {
        let thousandths: i32 = text(&sensor.path().join("temp1_input"))?.parse().ok()?;
        Some(thousandths / 1000)
    })
}

fn bytes(path: &Utf8Path) -> Option<Bytes> {
    text(path)?.parse().ok().map(Bytes::new)
}

/// What a file says, if it says anything.
fn text(path: &Utf8Path) -> Option<String> {
    // In a test's directory there may be anything; a pipe would block.
    fs::metadata(path).ok().filter(fs::Metadata::is_file)?;
    let mut bytes = Vec::new();
    File::open(path)
        .ok()?
        .take(LONGEST)
        .read_to_end(&mut bytes)
        .ok()?;
    let text = sane::clean(String::from_utf8_lossy(&bytes).trim());
    (!text.is_empty()).then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn write(root: &Utf8Path, files: &[(&str, &str)]) {
        for (path, content) in files {
            let path = root.join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, content).unwrap();
        }
    }

    #[tokio::test]
    async fn amd_cards_are_read_in_order_and_others_passed_over() {
        let root = camino_tempfile::tempdir().unwrap();
        write(
            root.path(),
            &[
                ("module/amdgpu/version", "6.10.5\n"),
                ("class/drm/card10/device/vendor", "0x1002\n"),
                ("class/drm/card10/device/device", "0x15bf\n"),
                ("class/drm/card10/device/mem_info_vram_total", "536870912\n"),
                ("class/drm/card10/device/mem_info_vram_used", "436870912\n"),
                ("class/drm/card2/device/vendor", "0x1002\n"),
                (
                    "class/drm/card2/device/product_name",
                    "AMD Radeon RX 7900 XTX\n",
                ),
                ("class/drm/card2/device/unique_id", "8a1f\n"),
                (
                    "class/drm/card2/device/mem_info_vram_total",
                    "25753026560\n",
                ),
                ("class/drm/card2/device/mem_info_vram_used", "1073741824\n"),
                ("class/drm/card2/device/hwmon/hwmon3/temp1_input", "54000\n"),
                ("class/drm/card2-HDMI-A-1/device/vendor", "0x1002\n"),
                ("class/drm/card0/device/vendor", "0x8086\n"),
                ("class/drm/card1/device/vendor", "0x10de\n"),
                ("class/drm/renderD128/device/vendor", "0x1002\n"),
                ("class/drm/version", "drm 1.1.0\n"),
            ],
        );
        let probe = SysfsProbe::new(root.path());
        let readings = probe.read(&CancellationToken::new()).await.unwrap();
        assert_eq!(readings.notes, []);
        let [first, second] = &readings.cards[..] else {
            panic!("{readings:?}");
        };
        assert_eq!((first.index, second.index), (0, 1));
        assert_eq!(first.name, "AMD Radeon RX 7900 XTX");
        assert_eq!(first.vendor, Vendor::Amd);
        assert_eq!(first.uuid.as_deref(), Some("AMD-8a1f"));
        assert_eq!(first.free.bytes(), Bytes::new(25753026560 - 1073741824));
        assert_eq!(first.temperature_c, Some(54));
        assert_eq!(first.driver.as_deref(), Some("6.10.5"));
        assert_eq!(second.name, "AMD 0x15bf");
        assert_eq!(second.free.bytes(), Bytes::new(100000000));
    }

    #[test]
    fn absurd_files_are_a_card_without_memory() {
        for (total, used) in [
            ("", ""),
            ("-1", "0"),
            ("18446744073709551615", "18446744073709551615"),
            ("many", "few"),
            ("0", "5"),
        ] {
            let root = camino_tempfile::tempdir().unwrap();
            write(
                root.path(),
                &[
                    ("class/drm/card0/device/vendor", "0x1002"),
                    ("class/drm/card0/device/mem_info_vram_total", total),
                    ("class/drm/card0/device/mem_info_vram_used", used),
                    ("class/drm/card0/device/hwmon/hwmon0/temp1_input", "hot"),
                ],
            );
            let readings = read(root.path());
            assert_eq!(readings.cards[0].free, FreeBytes::default());
            assert_eq!(readings.cards[0].temperature_c, None);
            assert!(!readings.notes.is_empty());
        }
    }

    #[test]
    fn without_such_a_directory_there_is_no_card() {
        let readings = read("/nowhere".into());
        assert_eq!(readings.cards, []);
        assert_eq!(readings.notes[0].kind, ProbeNoteKind::Absent);
    }
}
