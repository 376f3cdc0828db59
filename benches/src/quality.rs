//! How close a video is to the raw frames it was made from: SSIM and PSNR of the luma, frame by frame, by FFmpeg.

use std::time::Duration;

use camino::Utf8Path;
use videogen_media::{Ffmpeg, ffmpeg_file_url, ffmpeg_input_args};

use crate::case::Case;
use crate::{stats, usage};

/// Comparing takes a fraction of encoding; this is for a loaded machine.
const DEADLINE: Duration = Duration::from_mins(20);
/// Files FFmpeg writes its figures to, in the working directory: a name without a path needs no quoting in a graph.
const LOGS: [&str; 2] = ["ssim.log", "psnr.log"];

/// Luma against the raw frames.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Quality {
    /// SSIM of every frame.
    pub(crate) ssim: Vec<f64>,
    /// Mean of the frames' PSNR in dB.
    pub(crate) psnr: f64,
}

impl Quality {
    /// The mean SSIM.
    pub(crate) fn mean(&self) -> f64 {
        stats::mean(&self.ssim).unwrap_or_default()
    }

    /// What 95 % of the frames reach.
    pub(crate) fn low(&self) -> f64 {
        stats::quantile(&self.ssim, 0.05).unwrap_or_default()
    }

    /// The mean SSIM of the frames of each scene; scenes are `lengths` long, in seconds.
    pub(crate) fn by_scene(&self, case: &Case, lengths: &[f64]) -> Vec<f64> {
        let mut end = 0.0;
        lengths
            .iter()
            .map(|length| {
                let first = case.frames(end) as usize;
                end += length;
                let last = (case.frames(end) as usize).min(self.ssim.len());
                stats::mean(&self.ssim[first.min(last)..last]).unwrap_or_default()
            })
            .collect()
    }
}

/// The arguments that read raw frames of `case`.
pub(crate) fn raw_input(case: &Case, frames: &Utf8Path) -> Vec<std::ffi::OsString> {
    let (size, rate) = (case.size.to_string(), case.rate.per_second().to_string());
    let format = [
        "-f", "rawvideo", "-pix_fmt", "yuv420p", "-s", &size, "-r", &rate, "-i",
    ];
    format
        .into_iter()
        .map(Into::into)
        .chain([ffmpeg_file_url(frames)])
        .collect()
}

/// Compares `video` with the raw `frames` it was made from. `dir` is for files that are removed again.
///
/// # Errors
/// What FFmpeg says, or that the numbers of frames differ.
pub(crate) async fn compare(
    ffmpeg: &Ffmpeg,
    case: &Case,
    frames: &Utf8Path,
    video: &Utf8Path,
    dir: &Utf8Path,
) -> Result<Quality, String> {
    let graph = format!(
        "[1:v][0:v]ssim=stats_file={}[a];[1:v][0:v]psnr=stats_file={}[b]",
        LOGS[0], LOGS[1]
    );
    let command = ffmpeg
        .command(DEADLINE)
        .current_dir(dir)
        .args(raw_input(case, frames))
        .args(ffmpeg_input_args("mp4", video))
        .args([
            "-lavfi", &graph, "-map", "[a]", "-map", "[b]", "-f", "null", "-",
        ]);
    usage::measure(command).await?;
    let [ssim, psnr] = LOGS.map(|name| {
        let path = dir.join(name);
        let text =
            std::fs::read_to_string(&path).map_err(|error| format!("reading {path}: {error}"))?;
        std::fs::remove_file(&path).map_err(|error| format!("removing {path}: {error}"))?;
        Ok::<_, String>(text)
    });
    let ssim = column(&ssim?, "Y:");
    // Equal frames have an infinite one; 100 dB is beyond all that an encoder does.
    let psnr: Vec<f64> = column(&psnr?, "psnr_y:")
        .into_iter()
        .map(|value| value.min(100.0))
        .collect();
    let expected = std::fs::metadata(frames)
        .map_err(|error| format!("reading {frames}: {error}"))?
        .len()
        / case.size.frame_bytes() as u64;
    if ssim.len() as u64 != expected {
        return Err(format!(
            "{video} has {} frames that can be compared, not {expected}",
            ssim.len()
        ));
    }
    Ok(Quality {
        psnr: stats::mean(&psnr).unwrap_or_default(),
        ssim,
    })
}

/// The numbers behind `key` in each line of `n:1 Y:0.98 U:…`.
fn column(text: &str, key: &str) -> Vec<f64> {
    text.lines()
        .filter_map(|line| {
            line.split_ascii_whitespace()
                .find_map(|field| field.strip_prefix(key))
        })
        .filter_map(|value| value.parse().ok())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_figures_of_each_frame_are_read_from_the_logs() {
        let ssim =
            "n:1 Y:0.981 U:0.99 V:0.99 All:0.985 (18.2)\nn:2 Y:0.979 U:1 V:1 All:0.986 (18.5)\n";
        assert_eq!(column(ssim, "Y:"), [0.981, 0.979]);
        let psnr = "n:1 mse_avg:1.1 mse_y:1.2 psnr_avg:47.1 psnr_y:43.2 \nn:2 mse_avg:0 psnr_avg:inf psnr_y:inf \n";
        assert_eq!(column(psnr, "psnr_y:"), [43.2, f64::INFINITY]);
    }

    #[test]
    fn scenes_share_the_frames_without_gap_or_overlap() {
        let case: Case = "720x1280@30".parse().unwrap();
        let quality = Quality {
            ssim: (0..60).map(|i| if i < 30 { 0.9 } else { 0.8 }).collect(),
            psnr: 40.0,
        };
        let scenes = quality.by_scene(&case, &[1.0, 1.0]);
        assert!(
            (scenes[0] - 0.9).abs() < 1e-9 && (scenes[1] - 0.8).abs() < 1e-9,
            "{scenes:?}"
        );
    }
}
