//! The graphics cards of the machine, and whether their driver answers.

use tokio_util::sync::CancellationToken;
use videogen_vram::{ChainProbe, GpuProbe, GpuReading, GpuReadings, ProbeNoteKind};

use super::{CheckState, Finding, finding};

const NAME: &str = "graphics card";

/// One finding for each card; one that says why there is none.
pub(super) async fn cards(cancel: &CancellationToken) -> Vec<Finding> {
    // Only a cancellation is an error.
    let readings = ChainProbe::system().read(cancel).await;
    findings(&readings.unwrap_or_default())
}

fn findings(readings: &GpuReadings) -> Vec<Finding> {
    if !readings.cards.is_empty() {
        return readings.cards.iter().map(card).collect();
    }
    let failed = readings.notes.iter();
    let failed: Vec<String> = failed
        .filter(|note| note.kind != ProbeNoteKind::Absent)
        .map(ToString::to_string)
        .collect();
    if failed.is_empty() {
        let detail = "none was found; a ComfyUI on this machine paints on the processor, which takes minutes to hours";
        return vec![finding(NAME, CheckState::Ok, detail, None)];
    }
    let fix = "see whether nvidia-smi works; after an update of the driver the machine has to be started again";
    vec![finding(
        NAME,
        CheckState::Note,
        failed.join("; "),
        Some(fix.into()),
    )]
}

fn card(card: &GpuReading) -> Finding {
    let driver = card.driver.as_ref();
    let driver = driver.map_or_else(String::new, |driver| format!(", driver {driver}"));
    let heat = card.temperature_c;
    let heat = heat.map_or_else(String::new, |degrees| format!(", {degrees} °C"));
    let (free, total) = (card.sane_free().bytes(), card.total.bytes());
    let detail = format!("{}, {free} free of {total}{driver}{heat}", card.name);
    if card.throttle.is_empty() {
        return finding(NAME, CheckState::Ok, detail, None);
    }
    let slowed: Vec<String> = card.throttle.iter().map(|why| format!("{why:?}")).collect();
    let detail = format!("{detail}, slowed down ({})", slowed.join(", "));
    let fix = "let it cool down, and see to its power supply and clock settings";
    finding(NAME, CheckState::Note, detail, Some(fix.into()))
}

#[cfg(test)]
mod tests {
    use videogen_vram::{Bytes, FreeBytes, ProbeNote, Throttle, TotalBytes};

    use super::*;

    #[test]
    fn a_card_a_broken_driver_and_none_are_told_apart() {
        let gib = Bytes::from_gib;
        let mut reading =
            GpuReading::fixed("RTX", TotalBytes::new(gib(12)), FreeBytes::new(gib(6)));
        reading.driver = Some("555.1".to_owned());
        let of = |cards: Vec<GpuReading>, notes: Vec<ProbeNote>| {
            findings(&GpuReadings { cards, notes }).remove(0)
        };
        let here = of(vec![reading.clone()], Vec::new());
        assert_eq!(here.state, CheckState::Ok);
        assert!(
            here.detail.contains("6 GiB") && here.detail.contains("driver 555.1"),
            "{here:?}"
        );
        reading.throttle = vec![Throttle::Thermal];
        assert_eq!(of(vec![reading], Vec::new()).state, CheckState::Note);
        let note = |kind| ProbeNote {
            probe: "nvml".to_owned(),
            kind,
            text: "driver/library version mismatch".to_owned(),
        };
        let broken = of(Vec::new(), vec![note(ProbeNoteKind::Failed)]);
        assert!(broken.state == CheckState::Note && broken.detail.contains("mismatch"));
        let none = of(Vec::new(), vec![note(ProbeNoteKind::Absent)]);
        assert!(none.state == CheckState::Ok && none.detail.contains("processor"));
    }
}
