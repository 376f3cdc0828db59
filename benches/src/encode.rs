//! `encode`: which x264 settings give the most for a CPU second, on frames of ours.

use std::fmt::Write as _;

use camino::Utf8PathBuf;

use crate::candidate::Candidate;
use crate::case::Case;
use crate::memory::{self, Peaks};
use crate::quality::{self, Quality};
use crate::stats::{Spread, interpolate};
use crate::studio::{Footage, Studio};
use crate::usage;
use crate::worker::scenes;

/// What others are judged against: the CPU time of the first, the quality of the second.
const REFERENCES: [(&str, f32); 2] = [("veryfast", 18.0), ("medium", 20.0)];

/// One setting at one CRF.
#[derive(Debug)]
struct Point {
    candidate: usize,
    crf: f32,
    cpu: Vec<f64>,
    bytes: u64,
    quality: Quality,
    memory: u64,
}

impl Point {
    /// Its CPU seconds to those of another, round by round.
    fn ratio(&self, other: &Self) -> f64 {
        Spread::of_ratios(&self.cpu, &other.cpu).map_or(0.0, |spread| spread.median)
    }
}

/// Measures `candidates`, our own settings and the references on each of `cases`, `rounds` times in turns. Prints one table a case.
///
/// # Errors
/// What failed, in words.
pub(crate) async fn run(
    studio: &Studio,
    cases: &[Case],
    candidates: Vec<Candidate>,
    seconds: f64,
    rounds: usize,
) -> Result<String, String> {
    let mut all: Vec<Candidate> = REFERENCES
        .iter()
        .map(|&(preset, crf)| Candidate::plain(preset, crf))
        .collect();
    all.push(Candidate::ours());
    all.extend(candidates);
    let mut text = String::new();
    for case in cases {
        let footage = studio.footage(*case, seconds).await?;
        let points = measure(studio, &footage, &all, rounds).await?;
        let table = table(&footage, &all, &points);
        eprintln!("{table}");
        text.push_str(&table);
    }
    Ok(text)
}

async fn measure(
    studio: &Studio,
    footage: &Footage,
    candidates: &[Candidate],
    rounds: usize,
) -> Result<Vec<Point>, String> {
    let video: Utf8PathBuf = studio.work.path().join("encode.mp4");
    let settings = candidates
        .iter()
        .enumerate()
        .flat_map(|(index, c)| c.crfs.iter().map(move |crf| (index, *crf)));
    let mut points = Vec::new();
    for (candidate, crf) in settings {
        let (peaks, first) =
            memory::measure(studio.encode(footage, &candidates[candidate], crf, &video)).await?;
        let quality = quality::compare(
            &studio.ffmpeg,
            &footage.case,
            &footage.frames,
            &video,
            studio.work.path(),
        )
        .await?;
        let bytes = std::fs::metadata(&video)
            .map_err(|error| format!("reading {video}: {error}"))?
            .len();
        eprintln!(
            "{} at {crf}: {bytes} bytes, SSIM {:.4}",
            candidates[candidate].name,
            quality.mean()
        );
        points.push(Point {
            candidate,
            crf,
            cpu: vec![first.cpu],
            bytes,
            quality,
            memory: peaks.own,
        });
    }
    for _ in 1..rounds {
        for point in &mut points {
            let (usage, _) = usage::measure(studio.encode(
                footage,
                &candidates[point.candidate],
                point.crf,
                &video,
            ))
            .await?;
            point.cpu.push(usage.cpu);
        }
    }
    Ok(points)
}

fn table(footage: &Footage, candidates: &[Candidate], points: &[Point]) -> String {
    let mut text = String::new();
    let lengths = scenes(footage.seconds);
    let (fast, fine) = (&points[0], &points[1]);
    let [fast_name, fine_name] = [fast, fine].map(|point| &candidates[point.candidate].name);
    let _ = writeln!(text, "\n{} of {} s", footage.case, footage.seconds);
    for candidate in candidates {
        let _ = writeln!(text, "{candidate}");
    }
    let _ = writeln!(
        text,
        "CPU s: median. ratio: median of the paired ratios to {fast_name}. bytes: to those of {fine_name}.\n\
         scenes: difference of the mean SSIM of each scene to that of {fine_name}, in 0.0001."
    );
    let _ = writeln!(
        text,
        "{:<14} {:>5} {:>6} {:>6} {:>6} {:>6} {:>6} {:>6} {:>5} {:>4}  scenes",
        "settings", "crf", "CPU s", "ratio", "MB", "bytes", "SSIM", "p5", "PSNR", "MiB"
    );
    let reference = fine.quality.by_scene(&footage.case, &lengths);
    for point in points {
        let scenes = point.quality.by_scene(&footage.case, &lengths);
        let scenes: Vec<String> = scenes
            .iter()
            .zip(&reference)
            .map(|(a, b)| format!("{:>4.0}", (a - b) * 1e4))
            .collect();
        let _ = writeln!(
            text,
            "{:<14} {:>5} {:>6.2} {:>6.3} {:>6.3} {:>6.3} {:>6.4} {:>6.4} {:>5.2} {:>4.0}  {}",
            candidates[point.candidate].name,
            point.crf,
            Spread::of(point.cpu.iter().copied()).map_or(0.0, |s| s.median),
            point.ratio(fast),
            point.bytes as f64 / 1e6,
            point.bytes as f64 / fine.bytes as f64,
            point.quality.mean(),
            point.quality.low(),
            point.quality.psnr,
            Peaks::mebibytes(point.memory),
            scenes.join(" ")
        );
    }
    for reference in [fine, fast] {
        let target = reference.quality.mean();
        let name = &candidates[reference.candidate].name;
        let _ = writeln!(
            text,
            "At the SSIM of {name} ({target:.4}), on the line between CRFs; * outside of them:"
        );
        for (index, candidate) in candidates.iter().enumerate() {
            let at = |value: &dyn Fn(&Point) -> f64| {
                let own = points.iter().filter(|point| point.candidate == index);
                let line: Vec<(f64, f64)> = own
                    .map(|point| (point.quality.mean(), value(point)))
                    .collect();
                interpolate(&line, target)
            };
            // Bytes fall by about the same factor for each step of the CRF.
            let bytes = at(&|point| (point.bytes as f64 / fine.bytes as f64).ln());
            let crf = at(&|point| f64::from(point.crf));
            let cpu = at(&|point| point.ratio(fast));
            if let (Some((bytes, outside)), Some((crf, _)), Some((cpu, _))) = (bytes, crf, cpu) {
                let mark = if outside { "*" } else { " " };
                let _ = writeln!(
                    text,
                    "{:<16} crf {crf:>5.2} bytes {:>6.3}{mark} CPU {cpu:>6.3}",
                    candidate.name,
                    bytes.exp()
                );
            }
        }
    }
    text
}
