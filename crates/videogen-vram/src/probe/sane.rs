//! Corrects what a driver says when it cannot be true.

use super::{GpuReadings, ProbeNoteKind};
use crate::GpuReading;
use crate::units::{Bytes, FreeBytes, TotalBytes};

/// Longest names that are kept, in characters.
const LONGEST: usize = 120;
/// More memory than any card has: 64 TiB. Drivers give −1 for "unknown".
const ABSURD: Bytes = Bytes::from_gib(64 << 10);
/// Temperatures a sensor that works can show, in degrees Celsius.
const TEMPERATURES: std::ops::RangeInclusive<i32> = -40..=150;

/// What of a card's memory was told. All amounts as the driver gave them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Memory {
    pub(super) total: Option<Bytes>,
    pub(super) used: Option<Bytes>,
    pub(super) free: Option<Bytes>,
}

impl Memory {
    /// Amounts that do not contradict each other, always on the side of less free memory, and what was wrong.
    pub(super) fn sane(self) -> (TotalBytes, Bytes, FreeBytes, Vec<String>) {
        let mut wrong = Vec::new();
        let mut known = |what: &str, bytes: Option<Bytes>| {
            bytes.filter(|bytes| {
                let absurd = *bytes > ABSURD;
                if absurd {
                    wrong.push(format!("it says that {what} memory is {bytes}"));
                }
                !absurd
            })
        };
        let total = known("total", self.total);
        let used = known("used", self.used);
        let free = known("free", self.free);
        let Some(total) = total.filter(|total| *total > Bytes::ZERO) else {
            wrong.push("it does not say how much memory it has, so none is planned with".into());
            let used = used.unwrap_or_default();
            return (TotalBytes::default(), used, FreeBytes::default(), wrong);
        };
        let capped = |what: &str, bytes: Bytes, wrong: &mut Vec<String>| {
            if bytes > total {
                wrong.push(format!("it says that {bytes} of {total} are {what}"));
            }
            bytes.min(total)
        };
        let (used, free) = match (used, free) {
            (Some(used), Some(free)) => {
                let used = capped("used", used, &mut wrong);
                let free = capped("free", free, &mut wrong);
                // Less than the total is normal: the driver reserves some.
                if used + free > total {
                    wrong.push(format!(
                        "{used} used and {free} free are more than its {total}"
                    ));
                }
                (used, free.min(total.minus(used)))
            }
            (Some(used), None) => {
                let used = capped("used", used, &mut wrong);
                (used, total.minus(used))
            }
            (None, Some(free)) => {
                let free = capped("free", free, &mut wrong);
                (total.minus(free), free)
            }
            (None, None) => {
                wrong.push("it does not say how much of its memory is free".into());
                (total, Bytes::ZERO)
            }
        };
        (TotalBytes::new(total), used, FreeBytes::new(free), wrong)
    }
}

/// Adds a card whose other values are set, with its memory and names put right.
pub(super) fn push(readings: &mut GpuReadings, memory: Memory, mut card: GpuReading) {
    let (total, used, free, mut wrong) = memory.sane();
    card.total = total;
    card.used = used;
    card.free = free;
    card.name = clean(&card.name);
    if let Some(celsius) = card.temperature_c.filter(|t| !TEMPERATURES.contains(t)) {
        wrong.push(format!("it says that it is at {celsius} °C"));
        card.temperature_c = None;
    }
    for process in &mut card.processes {
        process.name = clean(&process.name);
        // A process cannot have more than the card; drivers give −1 for "unknown".
        process.used = process.used.filter(|used| *used <= total.bytes());
    }
    for wrong in wrong {
        let text = format!("card {} ({}): {wrong}", card.index, card.name);
        readings.note(&card.source, ProbeNoteKind::Doubtful, text);
    }
    readings.cards.push(card);
}

/// A name that can be shown in a terminal.
pub(super) fn clean(name: &str) -> String {
    name.chars()
        .filter(|c| !c.is_control())
        .take(LONGEST)
        .collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn memory(total: Option<u64>, used: Option<u64>, free: Option<u64>) -> Memory {
        let gib = |gib: Option<u64>| gib.map(Bytes::from_gib);
        Memory {
            total: gib(total),
            used: gib(used),
            free: gib(free),
        }
    }

    fn shown(memory: Memory) -> (u64, u64, u64, usize) {
        let (total, used, free, wrong) = memory.sane();
        let gib = |bytes: Bytes| bytes.get() >> 30;
        (
            gib(total.bytes()),
            gib(used),
            gib(free.bytes()),
            wrong.len(),
        )
    }

    #[test]
    fn what_can_be_true_is_believed() {
        assert_eq!(shown(memory(Some(12), Some(6), Some(5))), (12, 6, 5, 0));
        assert_eq!(shown(memory(Some(12), Some(6), None)), (12, 6, 6, 0));
        assert_eq!(shown(memory(Some(12), None, Some(5))), (12, 7, 5, 0));
        assert_eq!(shown(memory(Some(12), Some(0), Some(12))), (12, 0, 12, 0));
    }

    #[test]
    fn what_cannot_be_true_becomes_less_free_memory_and_a_note() {
        assert_eq!(shown(memory(Some(4), Some(0), Some(9))), (4, 0, 4, 1));
        assert_eq!(shown(memory(Some(4), Some(9), Some(1))), (4, 4, 0, 2));
        assert_eq!(shown(memory(Some(4), Some(3), Some(3))), (4, 3, 1, 1));
        assert_eq!(shown(memory(Some(0), Some(3), Some(3))), (0, 3, 0, 1));
        assert_eq!(shown(memory(None, None, None)), (0, 0, 0, 1));
        assert_eq!(shown(memory(Some(4), None, None)), (4, 4, 0, 1));
        let unknown = Memory {
            total: Some(Bytes::MAX),
            used: Some(Bytes::MAX),
            free: Some(Bytes::MAX),
        };
        assert_eq!(shown(unknown), (0, 0, 0, 4));
    }

    proptest! {
        #[test]
        fn amounts_never_contradict_each_other(
            total in prop::option::of(any::<u64>()),
            used in prop::option::of(any::<u64>()),
            free in prop::option::of(any::<u64>()),
        ) {
            let bytes = |b: Option<u64>| b.map(Bytes::new);
            let memory = Memory { total: bytes(total), used: bytes(used), free: bytes(free) };
            let (total, used, free, wrong) = memory.sane();
            if total.bytes() > Bytes::ZERO {
                prop_assert!(used + free.bytes() <= total.bytes());
            } else {
                prop_assert_eq!(free, FreeBytes::default());
            }
            if let Some(told) = memory.free {
                prop_assert!(free.bytes() <= told);
            }
            let again = Memory {
                total: Some(total.bytes()),
                used: Some(used),
                free: Some(free.bytes()),
            };
            if wrong.is_empty() {
                let (.., wrong) = again.sane();
                prop_assert!(wrong.is_empty());
            }
        }
    }
}
