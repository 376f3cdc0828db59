//! The tables, the figures they are held against, and `docs/benchmarks.md`.

use std::fmt::Write as _;

use crate::machine::Machine;
use crate::memory::Peaks;
use crate::peers::{Peers, Settings};
use crate::pictures;
use crate::render::{Made, Measured};
use crate::stats::Spread;

/// Whole job to bare encode, at most (issue 3).
const TO_BARE: &[(&str, f64)] = &[
    ("720x1280@30", 1.08),
    ("1080x1920@30", 1.08),
    ("1080x1920@60", 1.10),
    ("1440x2560@60", 1.10),
];
/// Whole job to the bare encode at `veryfast`, at most.
const TO_FAST: f64 = 0.85;
/// How far the SSIM may lie below `medium`'s.
const SSIM_SLACK: f64 = 0.002;
/// Wall time to half of the CPU time, at most.
const WALL: f64 = 1.15;
/// Peak memory of our process at 1440x2560, at most, in MiB.
const PEAK: f64 = 150.0;
/// What “the same” means for two lengths: the difference between two runs of one length is about this, in MiB.
const SAME: f64 = 8.0;
/// MoviePy's CPU seconds to ours, at least, at its own and at equal settings.
const MOVIEPY: [f64; 2] = [10.0, 3.0];
/// Memory of our whole tree to MoviePy's, at most.
const MOVIEPY_MEMORY: f64 = 0.6;

/// All that one run measured.
#[derive(Debug)]
pub(crate) struct Report {
    pub(crate) machine: Machine,
    pub(crate) cases: Vec<Measured>,
    /// Seconds and peaks at 1440x2560; empty if it was not asked for.
    pub(crate) long: Vec<(f64, Peaks)>,
    /// Peers; nothing if they were not asked for.
    pub(crate) peers: Option<Peers>,
    /// What is said about how it was measured, as arguments.
    pub(crate) arguments: String,
}

/// One promise and what became of it.
struct Figure {
    what: String,
    measured: String,
    holds: bool,
}

impl Report {
    /// The tables and the figures, in lines of 100 columns at most.
    pub(crate) fn text(&self) -> String {
        let mut text = String::new();
        for line in &self.machine.lines {
            let _ = writeln!(text, "{line}");
        }
        self.cost(&mut text);
        self.look(&mut text);
        self.memory(&mut text);
        self.others(&mut text);
        let figures = self.figures();
        let _ = writeln!(text, "\nFigures");
        for Figure {
            what,
            measured,
            holds,
        } in &figures
        {
            let _ = writeln!(
                text,
                "{} {what:<62} {measured}",
                if *holds { "pass" } else { "FAIL" }
            );
        }
        text
    }

    fn cost(&self, text: &mut String) {
        let _ = writeln!(
            text,
            "\nCPU seconds: median; ratios: median of the pairs (least to most)"
        );
        let _ = writeln!(
            text,
            "{:<13} {:>5} {:>7} {:>7} {:>7}  {:<20} {:<20} {:>5}",
            "size@rate", "s", "ours", "bare", "vf18", "ours/bare", "ours/vf18", "wall"
        );
        for m in &self.cases {
            let median = |usages: &[crate::usage::Usage]| {
                Spread::of(usages.iter().map(|usage| usage.cpu)).map_or(0.0, |spread| spread.median)
            };
            let _ = writeln!(
                text,
                "{:<13} {:>5} {:>7.2} {:>7.2} {:>7.2}  {:<20} {:<20} {:>5.2}",
                m.case.to_string(),
                m.seconds,
                median(&m.ours),
                median(&m.bare),
                median(&m.fast),
                ratio(m.to_bare()),
                ratio(m.to_fast()),
                m.wall().median
            );
        }
        let discovery = Spread::of(self.cases.iter().flat_map(|m| m.discovery.iter().copied()));
        let _ = writeln!(
            text,
            "bare: the same FFmpeg command on ready frames and sound. vf18: that with plain veryfast, CRF 18.\n\
             wall: wall time to half of the CPU seconds. Apart: finding FFmpeg, {:.2} CPU s once a program; verifying.",
            discovery.map_or(0.0, |spread| spread.median)
        );
    }

    fn look(&self, text: &mut String) {
        let names: Vec<&str> = pictures::SET.iter().map(|(name, _)| *name).collect();
        let _ = writeln!(
            text,
            "\nSSIM of the luma against the raw frames, captions on; p5: what 95 % of the frames reach"
        );
        let _ = write!(
            text,
            "{:<13} {:<11} {:>7} {:>6} {:>6}",
            "size@rate", "settings", "MB", "SSIM", "p5"
        );
        for name in &names {
            let _ = write!(text, " {name:>9}");
        }
        text.push('\n');
        for m in &self.cases {
            for (name, made) in [
                ("ours", &m.made),
                ("veryfast 18", &m.made_fast),
                ("medium 20", &m.made_medium),
            ] {
                let _ = write!(
                    text,
                    "{:<13} {:<11} {:>7.3} {:>6.4} {:>6.4}",
                    m.case.to_string(),
                    name,
                    made.bytes as f64 / 1e6,
                    made.quality.mean(),
                    made.quality.low()
                );
                for scene in by_picture(m, made, names.len()) {
                    let _ = write!(text, " {scene:>9.4}");
                }
                text.push('\n');
            }
        }
    }

    fn memory(&self, text: &mut String) {
        let _ = writeln!(
            text,
            "\nPeak memory in MiB: our process, and the whole tree with FFmpeg"
        );
        let _ = writeln!(
            text,
            "{:<13} {:>5} {:>7} {:>7}",
            "size@rate", "s", "process", "tree"
        );
        let rows = self
            .cases
            .iter()
            .map(|m| (m.case.to_string(), m.seconds, m.peaks));
        let long = self
            .long
            .iter()
            .map(|&(seconds, peaks)| (crate::render::LONG.0.to_owned(), seconds, peaks));
        for (case, seconds, peaks) in rows.chain(long) {
            let [own, tree] = [peaks.own, peaks.tree].map(Peaks::mebibytes);
            let _ = writeln!(text, "{case:<13} {seconds:>5} {own:>7.0} {tree:>7.0}");
        }
    }

    fn others(&self, text: &mut String) {
        let Some(peers) = &self.peers else {
            return;
        };
        let _ = writeln!(
            text,
            "\nThe same job by others, each run beside one of ours ({})",
            crate::peers::CASE
        );
        let _ = writeln!(
            text,
            "{:<38} {:<9} {:>7} {:>7} {:>6} {:>6} {:>9}",
            "program", "settings", "CPU s", "ours", "ratio", "wall", "tree MiB"
        );
        for c in &peers.compared {
            let _ = writeln!(
                text,
                "{:<38} {:<9} {:>7.1} {:>7.2} {:>6.1} {:>6.1} {:>9.0}",
                c.name,
                settings(c.settings),
                c.theirs.cpu,
                c.ours.cpu,
                c.ratio(),
                c.theirs.wall,
                Peaks::mebibytes(c.their_peaks.tree)
            );
        }
        for missing in &peers.missing {
            let _ = writeln!(text, "{missing}");
        }
    }

    /// Every promise of the issue that this run can judge.
    fn figures(&self) -> Vec<Figure> {
        let mut figures = Vec::new();
        let mut add = |what: String, measured: String, holds| {
            figures.push(Figure {
                what,
                measured,
                holds,
            });
        };
        let at_most = |value: f64, limit: f64| (format!("{value:.3}"), value <= limit);
        for m in &self.cases {
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
        if let [(short, a), (long, b)] = self.long.as_slice() {
            let [a, b] = [a, b].map(|peaks| Peaks::mebibytes(peaks.own));
            add(
                format!("our process the same for {short} s and {long} s (within {SAME} MiB)"),
                format!("{a:.0} and {b:.0}"),
                (a - b).abs() <= SAME,
            );
        }
        let ours = self
            .cases
            .iter()
            .find(|m| m.case.to_string() == crate::peers::CASE);
        for c in self
            .peers
            .iter()
            .flat_map(|peers| &peers.compared)
            .filter(|c| c.name.starts_with("MoviePy"))
        {
            let least = MOVIEPY[usize::from(c.settings == Settings::Equal)];
            add(
                format!(
                    "MoviePy, {} settings: ≥ {least} × ours",
                    settings(c.settings)
                ),
                format!("{:.1}", c.ratio()),
                c.ratio() >= least,
            );
            if let Some(m) = ours {
                let (measured, holds) = at_most(
                    m.peaks.tree as f64 / c.their_peaks.tree as f64,
                    MOVIEPY_MEMORY,
                );
                add(
                    format!(
                        "our tree's memory ≤ {MOVIEPY_MEMORY} × MoviePy's, {} settings",
                        settings(c.settings)
                    ),
                    measured,
                    holds,
                );
            }
        }
        figures
    }

    /// The whole of `docs/benchmarks.md`.
    pub(crate) fn document(&self) -> String {
        format!(
            "# Benchmarks\n\n\
             What a render costs, beside the bare encode of the same frames and beside other programs. All of this page is\n\
             written by `{}`; change it in `benches/src/report.rs`.\n\n\
             ```text\n{}```\n\n{NOTES}",
            self.arguments,
            self.text()
        )
    }
}

/// How the numbers come about. Belongs to every page, whatever the numbers are.
const NOTES: &str = include_str!("notes.md");

/// The SSIM of each picture: the mean of the scenes that show it.
fn by_picture(m: &Measured, made: &Made, pictures: usize) -> Vec<f64> {
    let scenes = made
        .quality
        .by_scene(&m.case, &crate::worker::scenes(m.seconds));
    (0..pictures)
        .filter_map(|picture| {
            crate::stats::mean(
                &scenes
                    .iter()
                    .copied()
                    .skip(picture)
                    .step_by(pictures)
                    .collect::<Vec<_>>(),
            )
        })
        .collect()
}

fn ratio(spread: Spread) -> String {
    format!("{:.3} ({:.3}–{:.3})", spread.median, spread.min, spread.max)
}

fn settings(settings: Settings) -> &'static str {
    match settings {
        Settings::Own => "its own",
        Settings::Equal => "ours",
    }
}
