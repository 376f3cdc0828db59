//! Random faults that come again with the same seed.

use std::fmt;
use std::time::Duration;

use super::fault::{Fault, OomText, Phase, Rule};
use crate::Chance;

/// Faults of a whole run, drawn from a seed. `Display` names the seed and every rule: put it into
/// the message of the assertion.
#[derive(Debug, Clone, PartialEq)]
pub struct FaultSchedule {
    /// Where it came from.
    pub seed: u64,
    /// The faults, in no order.
    pub rules: Vec<Rule>,
}

const ROUTES: [&str; 7] = [
    "GET /system_stats",
    "GET /object_info",
    "POST /prompt",
    "GET /queue",
    "GET /history",
    "GET /view",
    "POST /free",
];

impl FaultSchedule {
    /// One to six faults. No answer is larger than 8 MiB, no wait longer than 200 ms and most
    /// faults end by themselves, so that a patient client gets its picture in the end or a reason.
    pub fn random(seed: u64) -> Self {
        let mut random = Chance::new(seed ^ 0x5eed_c0de);
        let count = 1 + random.below(6);
        let rules = (0..count).map(|_| rule(&mut random)).collect();
        Self { seed, rules }
    }
}

impl fmt::Display for FaultSchedule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "fault schedule of seed {}:", self.seed)?;
        for rule in &self.rules {
            write!(f, " [{rule}]")?;
        }
        Ok(())
    }
}

fn rule(random: &mut Chance) -> Rule {
    let phase = *random.one_of(&[
        Phase::Load,
        Phase::Text,
        Phase::Sample,
        Phase::Decode,
        Phase::DecodeTiled,
        Phase::Save,
    ]);
    let wait = Duration::from_millis(random.below(200));
    let route = *random.one_of(&ROUTES);
    let text = *random.one_of(&[
        OomText::Native,
        OomText::CudaMallocAsync,
        OomText::Accelerator,
        OomText::HostAllocator,
        OomText::HostPython,
    ]);
    let status = *random.one_of(&[500, 502, 503, 404, 400]);
    let (answer, fault) = match random.below(27) {
        0 => (true, Fault::Slow(wait)),
        1 => (true, Fault::Status(status)),
        2 => (true, Fault::RetryAfter(*random.one_of(&[429, 503]), 1)),
        3 => (true, Fault::Reset),
        4 => (true, Fault::HtmlPage),
        5 => (
            true,
            Fault::Redirect("http://198.51.100.7/elsewhere".to_owned()),
        ),
        6 => (true, Fault::ContentType("application/x-unknown".to_owned())),
        7 => (true, Fault::HugeBody(1 + random.below(8 << 20))),
        8 => (true, Fault::HugeHeader(1 + random.below(1 << 20) as usize)),
        9 => (true, Fault::InvalidUtf8),
        10 => (true, Fault::DeepJson(10_000)),
        11 => (true, Fault::CutBody(random.below(4000) as usize)),
        12 => (false, Fault::TruncatedPng),
        13 => (false, Fault::PngBomb(65_535, 65_535)),
        14 => (false, Fault::FileName("../../x.png".to_owned())),
        15 | 16 => (false, Fault::OutOfMemory(phase, text)),
        17 => (
            false,
            Fault::NodeError(phase, "a node of this server is broken".to_owned()),
        ),
        18 => (false, Fault::Stall(phase)),
        19 => (false, Fault::WorkerDies(phase)),
        20 => (false, Fault::Restart(phase, wait)),
        21 => (false, Fault::SocketRefused),
        22 => (false, Fault::SocketDropped(random.below(20) as usize)),
        23 => (false, Fault::SocketDuplicates),
        24 => (false, Fault::SocketLoses(1 + random.below(5) as usize)),
        25 => (false, random.one_of(&SILENT).fault()),
        _ => (
            false,
            Fault::SocketHugeFrame(1 + random.below(8 << 20) as usize),
        ),
    };
    let times = 1 + random.below(3);
    let skip = random.below(3);
    let rule = fault.rule().times(times).skip(skip);
    if answer { rule.on(route) } else { rule }
}

#[derive(Clone, Copy)]
enum Odd {
    Silent,
    Garbage,
    InvalidUtf8,
}

const SILENT: [Odd; 3] = [Odd::Silent, Odd::Garbage, Odd::InvalidUtf8];

impl Odd {
    fn fault(self) -> Fault {
        match self {
            Self::Silent => Fault::SocketSilent,
            Self::Garbage => Fault::SocketGarbage,
            Self::InvalidUtf8 => Fault::SocketInvalidUtf8,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_fixes_the_schedule() {
        for seed in 0..200 {
            let schedule = FaultSchedule::random(seed);
            assert_eq!(schedule, FaultSchedule::random(seed));
            assert!((1..=6).contains(&schedule.rules.len()), "{schedule}");
            assert!(schedule.to_string().contains(&format!("seed {seed}:")));
        }
        assert_ne!(
            FaultSchedule::random(1).rules,
            FaultSchedule::random(2).rules
        );
    }
}
