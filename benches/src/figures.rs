//! What the issue promises, and whether a run keeps it.

use crate::memory::Peaks;
use crate::peers::Settings;
use crate::report::Report;

/// Whole job to bare encode, at most (issue 3).
const TO_BARE: &[(&str, f64)] = &[
    ("720x1280@30", 1.08),
    ("1080x1920@30", 1.08),
    ("1080x1920@60", 1.10),
    ("1440x2560@60", 1.10),
];
/// Pairs a figure's median is of, at least.
pub(crate) const PAIRS: usize = 7;
/// Whole job to the bare encode at `veryfast`, at most.
const TO_FAST: f64 = 0.85;
/// How far the SSIM may lie below `medium`'s.
const SSIM_SLACK: f64 = 0.002;
/// Wall time to half of the CPU time, at most.
const WALL: f64 = 1.15;
/// Peak memory of our process at 1440x2560, at most, in MiB.
const PEAK: f64 = 150.0;
/// What “the same” means for two lengths, in MiB: three frames of that size, more or fewer of which are in flight at the
/// peak. Sound kept in memory would be 220 MiB for ten minutes.
const SAME: f64 = 16.0;
/// MoviePy's CPU seconds to ours, at least, at its own and at equal settings.
const MOVIEPY: [f64; 2] = [10.0, 3.0];
/// Memory of our whole tree to MoviePy's, at most.
const MOVIEPY_MEMORY: f64 = 0.6;

/// One promise and what became of it.
pub(crate) struct Figure {
    pub(crate) what: String,
    pub(crate) measured: String,
    pub(crate) holds: bool,
}

/// Every promise of the issue that this run can judge.
pub(crate) fn figures(report: &Report) -> Vec<Figure> {
    let mut figures = Vec::new();
    let mut add = |what: String, measured: String, holds| {
        figures.push(Figure {
            what,
            measured,
            holds,
        });
    };
    let at_most = |value: f64, limit: f64| (format!("{value:.3}"), value <= limit);
    for m in &report.cases {
        let case = m.case.to_string();
        if let Some((_, limit)) = TO_BARE.iter().find(|(name, _)| *name == case) {
            let (measured, holds) = at_most(m.to_bare().median, *limit);
            add(
                format!("{case}: whole job ≤ {limit:.2} × bare encode"),
                measured,
                holds,
            );
        }
        let (measured, holds) = at_most(m.to_fast().median, TO_FAST);
        add(
            format!("{case}: whole job ≤ {TO_FAST} × bare veryfast crf 18"),
            measured,
            holds,
        );
        let (ours, fast, medium) = (
            m.made.quality.mean(),
            m.made_fast.quality.mean(),
            m.made_medium.quality.mean(),
        );
        add(
            format!("{case}: SSIM not below veryfast crf 18"),
            format!("{:+.4}", ours - fast),
            ours >= fast,
        );
        add(
            format!("{case}: SSIM ≥ medium crf 20 − {SSIM_SLACK}"),
            format!("{:+.4}", ours - medium),
            ours >= medium - SSIM_SLACK,
        );
        let (measured, holds) = at_most(m.made.bytes as f64 / m.made_medium.bytes as f64, 1.0);
        add(format!("{case}: bytes ≤ medium crf 20"), measured, holds);
        let (measured, holds) = at_most(m.wall().median, WALL);
        add(
            format!("{case}: wall time ≤ {WALL} × CPU time / 2"),
            measured,
            holds,
        );
        if m.case.size.height() >= 2560 {
            let peak = Peaks::mebibytes(m.peaks.own);
            add(
                format!("{case}: our process ≤ {PEAK} MiB"),
                format!("{peak:.0}"),
                peak <= PEAK,
            );
        }
    }
    if let [(short, a), (long, b)] = report.long.as_slice() {
        let [a, b] = [a, b].map(|peaks| Peaks::mebibytes(peaks.own));
        add(
            format!("our process the same for {short} s and {long} s (within {SAME} MiB)"),
            format!("{a:.0} and {b:.0}"),
            (a - b).abs() <= SAME,
        );
    }
    let ours = report
        .cases
        .iter()
        .find(|m| m.case.to_string() == crate::peers::CASE);
    for c in report
        .peers
        .iter()
        .flat_map(|peers| &peers.compared)
        .filter(|c| c.name.starts_with("MoviePy"))
    {
        let whose = match c.settings {
            Settings::Own => "its own",
            Settings::Equal => "our",
        };
        let least = MOVIEPY[usize::from(c.settings == Settings::Equal)];
        add(
            format!("MoviePy, {whose} settings: ≥ {least} × ours"),
            format!("{:.1}", c.ratio()),
            c.ratio() >= least,
        );
        if let Some(m) = ours {
            let (measured, holds) = at_most(
                m.peaks.tree as f64 / c.their_peaks.tree as f64,
                MOVIEPY_MEMORY,
            );
            add(
                format!("our tree's memory ≤ {MOVIEPY_MEMORY} × MoviePy's, {whose} settings"),
                measured,
                holds,
            );
        }
    }
    figures
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::machine::Machine;
    use crate::quality::Quality;
    use crate::render::{Made, Measured};
    use crate::usage::Usage;
    use crate::worker::Split;

    fn made(bytes: u64, ssim: f64) -> Made {
        let ssim = vec![ssim; 360];
        Made {
            bytes,
            quality: Quality { ssim, psnr: 42.0 },
        }
    }

    /// A run in which every promise is just kept.
    fn kept() -> Report {
        let usage = |cpu| {
            vec![
                Usage {
                    cpu,
                    wall: cpu / 2.0
                };
                PAIRS
            ]
        };
        Report {
            machine: Machine { lines: Vec::new() },
            cases: vec![Measured {
                case: "720x1280@30".parse().unwrap(),
                seconds: 12.0,
                ours: usage(1.07),
                splits: vec![
                    Split {
                        discovery: Usage {
                            cpu: 0.1,
                            wall: 0.1,
                        },
                        ours: 0.5
                    };
                    PAIRS
                ],
                bare: usage(1.0),
                fast: usage(1.3),
                made: made(100, 0.98),
                made_fast: made(120, 0.98),
                made_medium: made(100, 0.9819),
                peaks: Peaks {
                    own: 140 << 20,
                    tree: 300 << 20,
                },
            }],
            whole: Vec::new(),
            long: vec![
                (
                    10.0,
                    Peaks {
                        own: 100 << 20,
                        tree: 0,
                    },
                ),
                (
                    600.0,
                    Peaks {
                        own: 104 << 20,
                        tree: 0,
                    },
                ),
            ],
            peers: None,
            arguments: String::new(),
        }
    }

    /// The promises a report breaks.
    fn broken(report: &Report) -> Vec<String> {
        let broken = figures(report).into_iter().filter(|figure| !figure.holds);
        broken.map(|figure| figure.what).collect()
    }

    #[test]
    fn promises_that_are_kept_hold() {
        assert_eq!(broken(&kept()), Vec::<String>::new());
    }

    #[test]
    fn each_promise_fails_by_itself() {
        let broken_by = |change: fn(&mut Report)| {
            let mut report = kept();
            change(&mut report);
            broken(&report).join("; ")
        };
        let dear = broken_by(|r| r.cases[0].ours.iter_mut().for_each(|u| u.cpu = 1.09));
        assert!(
            dear.contains("bare encode") && !dear.contains("veryfast"),
            "{dear}"
        );
        let slow = broken_by(|r| r.cases[0].ours.iter_mut().for_each(|u| u.wall = 0.7));
        assert!(slow.contains("wall time"), "{slow}");
        let large = broken_by(|r| r.cases[0].made.bytes = 101);
        assert!(large.contains("bytes"), "{large}");
        let poor = broken_by(|r| r.cases[0].made = made(100, 0.979));
        assert!(
            poor.contains("not below veryfast") && poor.contains("medium"),
            "{poor}"
        );
        let growing = broken_by(|r| r.long[1].1.own = 140 << 20);
        assert!(growing.contains("the same for"), "{growing}");
    }
}
