//! The driver's bits for why a card runs slower than it could.

use crate::Throttle;

/// From `nvml.h`, `nvmlClocksThrottleReason…`; `nvidia-smi` prints the same bits.
const IDLE: u64 = 0x1;
const POWER_CAP: u64 = 0x4;
const HARDWARE: u64 = 0x8;
const SOFTWARE_THERMAL: u64 = 0x20;
const HARDWARE_THERMAL: u64 = 0x40;
const POWER_BRAKE: u64 = 0x80;
const THERMAL: u64 = SOFTWARE_THERMAL | HARDWARE_THERMAL;
/// The user's own clock settings, sync boost, the display's clocks: slower on purpose.
const KNOWN_OTHER: u64 = 0x2 | 0x10 | 0x100;

/// The reasons, each once. Having nothing to do is no reason.
pub(super) fn from_bits(bits: u64) -> Vec<Throttle> {
    let known = IDLE | POWER_CAP | HARDWARE | THERMAL | POWER_BRAKE | KNOWN_OTHER;
    [
        (THERMAL, Throttle::Thermal),
        (POWER_CAP, Throttle::PowerCap),
        (HARDWARE | POWER_BRAKE, Throttle::Hardware),
        (KNOWN_OTHER | !known, Throttle::Other),
    ]
    .into_iter()
    .filter(|(mask, _)| bits & mask != 0)
    .map(|(_, reason)| reason)
    .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bits_are_named() {
        assert_eq!(from_bits(0), []);
        assert_eq!(from_bits(IDLE), []);
        assert_eq!(from_bits(0x4), [Throttle::PowerCap]);
        assert_eq!(from_bits(0x60), [Throttle::Thermal]);
        assert_eq!(from_bits(0x88), [Throttle::Hardware]);
        assert_eq!(from_bits(1 << 40), [Throttle::Other]);
        assert_eq!(from_bits(u64::MAX).len(), 4);
    }
}
