//! What `nvidia-smi` prints, as values. Comma and space between fields, no quotes; so the name, which may contain
//! anything, comes last.

use crate::probe::sane::{self, Memory};
use crate::probe::{GpuReadings, ProbeNoteKind, identify, throttle};
use crate::units::{Bytes, FreeBytes, TotalBytes};
use crate::{ComputeCapability, GpuProcess, GpuReading, ProcessKind};

use super::NAME;

/// The most cards that are read; a machine has sixteen.
const MOST_CARDS: usize = 64;
/// The most processes that are read for each card.
const MOST_PROCESSES: usize = 256;

/// A column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Field {
    Index,
    Uuid,
    Total,
    Used,
    Free,
    Temperature,
    Driver,
    Compute,
    Throttle,
    Mig,
    Name,
    AppCard,
    AppPid,
    AppUsed,
    AppName,
}

/// What drivers of the last years know.
pub(super) const FULL: &[Field] = &[
    Field::Index,
    Field::Uuid,
    Field::Total,
    Field::Used,
    Field::Free,
    Field::Temperature,
    Field::Driver,
    Field::Compute,
    Field::Throttle,
    Field::Mig,
    Field::Name,
];
/// What all drivers know.
pub(super) const BASIC: &[Field] = &[
    Field::Index,
    Field::Uuid,
    Field::Total,
    Field::Used,
    Field::Free,
    Field::Temperature,
    Field::Driver,
    Field::Name,
];
/// Of a process.
pub(super) const APPS: &[Field] = &[
    Field::AppCard,
    Field::AppPid,
    Field::AppUsed,
    Field::AppName,
];

impl Field {
    /// As the program calls it.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Index => "index",
            Self::Uuid => "uuid",
            Self::Total => "memory.total",
            Self::Used => "memory.used",
            Self::Free => "memory.free",
            Self::Temperature => "temperature.gpu",
            Self::Driver => "driver_version",
            Self::Compute => "compute_cap",
            Self::Throttle => "clocks_throttle_reasons.active",
            Self::Mig => "mig.mode.current",
            Self::Name => "name",
            Self::AppCard => "gpu_uuid",
            Self::AppPid => "pid",
            Self::AppUsed => "used_memory",
            Self::AppName => "process_name",
        }
    }
}

/// Whether it complains about a field it does not know.
pub(super) fn unknown_field(text: &str) -> bool {
    text.contains("is not a valid field")
}

/// Why there is no card to be asked, if that is what it says.
pub(super) fn nothing_to_ask(text: &str) -> Option<&'static str> {
    if text.contains("No devices were found") || text.contains("No devices found") {
        Some("the driver finds no card")
    } else if text.contains("couldn't communicate with the NVIDIA driver") {
        Some("the NVIDIA driver is not loaded")
    } else {
        None
    }
}

/// The cards of an answer to `fields`, the name last.
///
/// # Errors
/// What is wrong, when there are lines but not one of a card.
pub(super) fn cards(text: &str, fields: &[Field]) -> Result<GpuReadings, String> {
    let mut readings = GpuReadings::default();
    let mut wrong = None;
    for line in lines(text) {
        if readings.cards.len() == MOST_CARDS {
            break;
        }
        if let Err(why) = card(line, fields, &mut readings) {
            readings.note(
                NAME,
                ProbeNoteKind::Doubtful,
                format!("a line left out: {why}"),
            );
            wrong.get_or_insert(why);
        }
    }
    match wrong {
        Some(why) if readings.cards.is_empty() => Err(why),
        None if readings.cards.is_empty() => Err("it said nothing".into()),
        _ => Ok(readings),
    }
}

/// Adds the processes of an answer to [`APPS`] to their cards. Lines that are none are passed over: who holds the memory
/// is good to know, not needed.
pub(super) fn apps(text: &str, cards: &mut [GpuReading]) {
    for line in lines(text) {
        let Some(values) = split(line, APPS.len()) else {
            continue;
        };
        let (Ok(pid), Ok(used)) = (values[1].parse(), mebibytes(values[2])) else {
            continue;
        };
        let Some(card) = cards
            .iter_mut()
            .find(|card| card.uuid.as_deref() == Some(values[0]))
        else {
            continue;
        };
        if card.processes.len() == MOST_PROCESSES {
            continue;
        }
        // `[Not Found]`: of another container.
        let path = known(values[3]).unwrap_or_default();
        let (name, kind) = identified(pid, path);
        card.processes.push(GpuProcess {
            pid,
            name: sane::clean(&name),
            used: used.filter(|used| *used <= card.total.bytes()),
            kind,
        });
    }
}

/// Name and kind: by the command line, when the process of that number here is the one the driver means. In a container
/// the numbers are not the driver's.
fn identified(pid: u32, path: &str) -> (String, ProcessKind) {
    let program = path.rsplit(['/', '\\']).next().unwrap_or_default();
    match identify::from_proc("/proc".into(), pid) {
        Some((name, kind)) if name == program => (name, kind),
        _ => (program.to_owned(), identify::guess_process_kind(path, [])),
    }
}

fn lines(text: &str) -> impl Iterator<Item = &str> {
    text.trim_start_matches('\u{feff}')
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty())
}

/// `count` values of a line; the last one is all that is left of it.
fn split(line: &str, count: usize) -> Option<Vec<&str>> {
    let values: Vec<&str> = line.splitn(count, ", ").map(str::trim).collect();
    (values.len() == count).then_some(values)
}

/// One card.
fn card(line: &str, fields: &[Field], readings: &mut GpuReadings) -> Result<(), String> {
    let shown = sane::clean(line);
    let values =
        split(line, fields.len()).ok_or_else(|| format!("{shown:?} has too few fields"))?;
    let mut card = GpuReading::fixed("", TotalBytes::default(), FreeBytes::default());
    card.source = NAME.into();
    let mut memory = Memory::default();
    let mut troubles = Vec::new();
    for (field, text) in fields.iter().zip(values) {
        let bad = || format!("{} is {:?} in {shown:?}", field.name(), sane::clean(text));
        let value = known(text);
        if value.is_none() && !is_usual(text) {
            troubles.push(format!("{} is {}", field.name(), sane::clean(text)));
        }
        match field {
            Field::Index => {
                card.index = value.and_then(|v| v.parse().ok()).ok_or_else(bad)?;
            }
            Field::Uuid => card.uuid = value.map(sane::clean),
            Field::Total => memory.total = mebibytes(text).map_err(|()| bad())?,
            Field::Used => memory.used = mebibytes(text).map_err(|()| bad())?,
            Field::Free => memory.free = mebibytes(text).map_err(|()| bad())?,
            Field::Temperature => {
                card.temperature_c = value.map(str::parse).transpose().map_err(|_| bad())?;
            }
            Field::Driver => card.driver = value.map(sane::clean),
            Field::Compute => {
                card.compute = value.map(|v| capability(v).ok_or_else(bad)).transpose()?;
            }
            Field::Throttle => {
                let bits = value.map(|v| bits(v).ok_or_else(bad)).transpose()?;
                card.throttle = throttle::from_bits(bits.unwrap_or(0));
            }
            Field::Mig => {
                if value.is_some_and(|v| v.eq_ignore_ascii_case("enabled")) {
                    troubles.push("it is partitioned (MIG): a partition has less memory".into());
                }
            }
            Field::Name => {
                card.name = value.filter(|v| !v.is_empty()).ok_or_else(bad)?.into();
            }
            Field::AppCard | Field::AppPid | Field::AppUsed | Field::AppName => {}
        }
    }
    for trouble in troubles {
        let text = format!(
            "card {} ({}): {trouble}",
            card.index,
            sane::clean(&card.name)
        );
        readings.note(NAME, ProbeNoteKind::Doubtful, text);
    }
    sane::push(readings, memory, card);
    Ok(())
}

/// The value, if there is one: `[N/A]`, `N/A`, `[Not Supported]` and other words in brackets are none.
fn known(text: &str) -> Option<&str> {
    let none = text.starts_with('[') && text.ends_with(']') || text.eq_ignore_ascii_case("n/a");
    (!none).then_some(text)
}

/// Whether a missing value is normal for some cards, rather than a sign of trouble.
fn is_usual(text: &str) -> bool {
    let text = text.trim_matches(['[', ']']).to_ascii_lowercase();
    matches!(text.as_str(), "n/a" | "not supported" | "not found")
}

/// Whole MiB, with or without the unit. Anything else is an error: a number in another notation read wrongly would be a
/// plan for memory that is not there.
fn mebibytes(text: &str) -> Result<Option<Bytes>, ()> {
    let Some(text) = known(text) else {
        return Ok(None);
    };
    let digits = text.strip_suffix("MiB").unwrap_or(text).trim_end();
    if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return Err(());
    }
    digits
        .parse()
        .map(|mib| Some(Bytes::from_mib(mib)))
        .map_err(|_| ())
}

/// `8.6`.
fn capability(text: &str) -> Option<ComputeCapability> {
    let (major, minor) = text.split_once('.')?;
    Some(ComputeCapability::new(
        major.parse().ok()?,
        minor.parse().ok()?,
    ))
}

/// `0x0000000000000004`.
fn bits(text: &str) -> Option<u64> {
    let digits = text.strip_prefix("0x")?;
    u64::from_str_radix(digits, 16).ok()
}

#[cfg(test)]
mod tests;
