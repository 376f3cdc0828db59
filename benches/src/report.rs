//! The tables, the figures they are held against, and `docs/benchmarks.md`.

use std::fmt::Write as _;

use crate::figures::{Figure, PAIRS, figures};
use crate::machine::Machine;
use crate::memory::Peaks;
use crate::peers::Peers;
use crate::pictures;
use crate::render::{Made, Measured};
use crate::stats::Spread;

/// All that one run measured.
#[derive(Debug)]
pub(crate) struct Report {
    pub(crate) machine: Machine,
    pub(crate) cases: Vec<Measured>,
    /// Seconds and peaks at 1440x2560; empty if it was not asked for.
    pub(crate) long: Vec<(f64, Peaks)>,
    /// Peers; nothing if they were not asked for.
    pub(crate) peers: Option<Peers>,
    /// What whole videos, their memory and the start cost, in words; empty if it was not asked for.
    pub(crate) whole: Vec<String>,
    /// What is said about how it was measured, as arguments.
    pub(crate) arguments: String,
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
        for section in &self.whole {
            let _ = write!(text, "\n{section}");
        }
        let figures = figures(self);
        let pairs = self.cases.iter().map(|m| m.ours.len()).min().unwrap_or(0);
        let few = if pairs < PAIRS {
            format!("; they ask for {PAIRS}")
        } else {
            String::new()
        };
        let _ = writeln!(text, "\nFigures of issue 3, with {pairs} pairs{few}");
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
            "{:<13} {:>5} {:>7} {:>7} {:>7}  {:<20} {:<20} {:>6} {:>5}",
            "size@rate", "s", "ours", "bare", "vf18", "ours/bare", "ours/vf18", "added", "wall"
        );
        for m in &self.cases {
            let median = |usages: &[crate::usage::Usage]| {
                Spread::of(usages.iter().map(|usage| usage.cpu)).map_or(0.0, |spread| spread.median)
            };
            let _ = writeln!(
                text,
                "{:<13} {:>5} {:>7.2} {:>7.2} {:>7.2}  {:<20} {:<20} {:>5.1}% {:>5.2}",
                m.case.to_string(),
                m.seconds,
                median(&m.ours),
                median(&m.bare),
                median(&m.fast),
                ratio(m.to_bare()),
                ratio(m.to_fast()),
                m.added().median * 100.0,
                m.wall().median
            );
        }
        let discovery = Spread::of(
            self.cases
                .iter()
                .flat_map(|m| m.splits.iter().map(|split| split.discovery.cpu)),
        );
        let _ = writeln!(
            text,
            "bare: the same FFmpeg command on ready frames and sound. vf18: that with plain veryfast, CRF 18.\n\
             added: our own process to FFmpeg, both of the same run, which a machine of wandering speed does not disturb.\n\
             wall: wall time to half of the CPU seconds. Apart: verifying; finding FFmpeg, {:.2} CPU s a program.",
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
                c.settings.words(),
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
