//! What an FFmpeg process may take of the machine: addresses by the kind of its work, files by what the work can need.
//!
//! A limit is there for what is wrong (a header that makes FFmpeg ask for gigabytes, a build that never stops writing) and
//! far above what is right. Measured with FFmpeg 5.1 on two processors, in MiB of addresses: 3300 for a WAV file of one
//! sample a second and 290 for any other, 760 for H.264 of 1440x2560 by two threads and 1750 by sixteen, 2440 for
//! H.265 with a pool of 32, 1590 for AV1 by libaom with 33 threads, 3360 by SVT-AV1, which starts 143. Each thread has
//! 8 MiB for its stack and 64 MiB for what it allocates, and their number grows with that of the processors.

use videogen_process::Command;

const MIB: u64 = 1 << 20;
const GIB: u64 = 1 << 30;

/// Bytes of a file of a process that makes no video: a trial, a list, what a library keeps for itself.
const SMALL_FILE: u64 = 64 * MIB;

/// What a process does, for the addresses that it may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum FfmpegTask {
    /// Decodes sound.
    Sound,
    /// Decodes pictures, of 8192x8192 pixels at most, each of which is 100 MiB.
    Pictures,
    /// Encodes by the processor.
    Encode,
    /// Encodes by hardware.
    HardwareEncode,
}

impl FfmpegTask {
    /// The most addresses, in bytes, on a machine with this many processors.
    fn address_space(self, processors: u64) -> Option<u64> {
        let (base, each) = match self {
            Self::Sound => (2 * GIB, 128 * MIB),
            Self::Pictures => (6 * GIB, 256 * MIB),
            Self::Encode => (16 * GIB, 512 * MIB),
            // Their drivers map hundreds of gigabytes and more without using them: the card's memory, among others.
            Self::HardwareEncode => return None,
        };
        Some(base + each * processors.clamp(1, 4096))
    }
}

/// Bounds what `command` may take for `work`, and its files to what is small.
pub(crate) fn bounded(command: Command, work: FfmpegTask) -> Command {
    command
        .address_space_limit(work.address_space(processors()))
        .file_size_limit(SMALL_FILE)
}

/// How many processors FFmpeg's libraries see, which count threads by them: all that are online, as those that look no
/// closer do, and not what this process may use of them.
fn processors() -> u64 {
    std::fs::read_to_string("/sys/devices/system/cpu/online")
        .ok()
        .and_then(|text| count(&text))
        .or_else(|| {
            let here = std::thread::available_parallelism().ok()?;
            u64::try_from(here.get()).ok()
        })
        .unwrap_or(64)
}

/// The number of processors in a list as `0-3,6`.
fn count(list: &str) -> Option<u64> {
    list.trim().split(',').try_fold(0_u64, |sum, range| {
        let (first, last) = range.split_once('-').unwrap_or((range, range));
        let (first, last): (u64, u64) = (first.parse().ok()?, last.parse().ok()?);
        sum.checked_add(last.checked_sub(first)?.checked_add(1)?)
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn processors_are_counted_as_the_kernel_lists_them() {
        assert_eq!(count("0-1\n"), Some(2));
        assert_eq!(count("0-3,6,8-11"), Some(9));
        assert_eq!(count("0"), Some(1));
        for broken in ["", "a", "3-1", "0-", "0-18446744073709551615"] {
            assert_eq!(count(broken), None, "{broken}");
        }
        assert!(processors() >= 1);
    }

    #[test]
    fn cards_are_not_bounded_and_the_processor_is_well_above_what_was_measured() {
        assert_eq!(FfmpegTask::HardwareEncode.address_space(2), None);
        let software = FfmpegTask::Encode.address_space(2).unwrap();
        assert!(software > 4 * 3358 * MIB);
        let sound = FfmpegTask::Sound.address_space(2).unwrap();
        assert!((4 * 290 * MIB..3300 * MIB).contains(&sound), "{sound}");
    }

    proptest! {
        #[test]
        fn no_list_makes_it_panic(list in "[0-9,-]{0,24}") {
            let _ = count(&list);
        }
    }
}
