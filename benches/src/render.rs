//! `render`: the whole job beside the bare encode of the same frames, in turns.

use camino::{Utf8Path, Utf8PathBuf};
use videogen_media::{EncodeSettings, FfmpegRenderer, X264Settings};

use crate::case::Case;
use crate::memory::{self, Peaks};
use crate::quality::{self, Quality};
use crate::stats::Spread;
use crate::studio::{Footage, Studio};
use crate::usage::{self, Usage};
use crate::worker::{self, Material, Split};

/// Plain `veryfast`: what the tuned settings are to be cheaper than.
const FAST: EncodeSettings = EncodeSettings {
    crf: 18.0,
    x264: X264Settings {
        preset: "veryfast",
        params: "",
    },
    ..EncodeSettings::FINE
};
/// Plain `medium`: what they are to look like.
const MEDIUM: EncodeSettings = EncodeSettings {
    crf: 20.0,
    x264: X264Settings {
        preset: "medium",
        params: "",
    },
    ..EncodeSettings::FINE
};

/// Size, rate and lengths of the two videos whose memory is compared. Ten frames a second: the loop is the same, and
/// ten minutes are made in a few.
pub(crate) const LONG: (&str, [f64; 2]) = ("1440x2560@10", [10.0, 600.0]);

/// A file and how good it is.
#[derive(Debug, Clone)]
pub(crate) struct Made {
    pub(crate) bytes: u64,
    pub(crate) quality: Quality,
}

/// Everything measured of one case.
#[derive(Debug)]
pub(crate) struct Measured {
    pub(crate) case: Case,
    pub(crate) seconds: f64,
    /// The whole job, without finding FFmpeg.
    pub(crate) ours: Vec<Usage>,
    /// CPU seconds of finding FFmpeg, and of our own process without FFmpeg.
    pub(crate) splits: Vec<Split>,
    /// The same FFmpeg command with ready frames.
    pub(crate) bare: Vec<Usage>,
    /// The same with [`FAST`].
    pub(crate) fast: Vec<Usage>,
    pub(crate) made: Made,
    pub(crate) made_fast: Made,
    pub(crate) made_medium: Made,
    pub(crate) peaks: Peaks,
}

impl Measured {
    /// CPU seconds of the whole job to those of the bare encode, pair by pair.
    pub(crate) fn to_bare(&self) -> Spread {
        ratios(&self.ours, &self.bare)
    }

    /// CPU seconds of our own process to those of FFmpeg in the same run: what we add to the encode. Both are of the same
    /// seconds, so this does not suffer from a machine whose speed wanders between the two runs of a pair.
    pub(crate) fn added(&self) -> Spread {
        let ratios = std::iter::zip(&self.ours, &self.splits)
            .map(|(usage, split)| split.ours / (usage.cpu - split.ours));
        Spread::of(ratios).expect("there is at least one pair")
    }

    /// CPU seconds of the whole job to those of the bare encode with [`FAST`], pair by pair.
    pub(crate) fn to_fast(&self) -> Spread {
        ratios(&self.ours, &self.fast)
    }

    /// Wall time of the whole job to half of its CPU seconds: 1 if both CPUs were never idle.
    pub(crate) fn wall(&self) -> Spread {
        let ratios = self.ours.iter().map(|usage| usage.wall / (usage.cpu / 2.0));
        Spread::of(ratios).expect("there is at least one pair")
    }
}

fn ratios(a: &[Usage], b: &[Usage]) -> Spread {
    let cpu = |usages: &[Usage]| usages.iter().map(|usage| usage.cpu).collect::<Vec<_>>();
    Spread::of_ratios(&cpu(a), &cpu(b)).expect("there is at least one pair")
}

/// Measures one case: `pairs` rounds of the whole job, the bare encode and the bare encode with [`FAST`].
///
/// # Errors
/// What failed, in words.
pub(crate) async fn case(
    studio: &Studio,
    case: Case,
    seconds: f64,
    pairs: usize,
) -> Result<Measured, String> {
    eprintln!("{case}: making {seconds} s of frames");
    let footage = studio.footage(case, seconds).await?;
    let seconds = footage.seconds;
    let [ours, bare, fast, medium] = ["ours", "bare", "fast", "medium"]
        .map(|name| studio.work.path().join(format!("{name}.mp4")));

    let mut measured_ours = Vec::new();
    let (mut splits, mut measured_bare, mut measured_fast) = (Vec::new(), Vec::new(), Vec::new());
    for pair in 1..=pairs {
        // In turns forwards and backwards: on a machine that becomes slower, or faster, none is always the last.
        let order = match pair % 2 {
            1 => [0, 1, 2],
            _ => [2, 1, 0],
        };
        for which in order {
            match which {
                0 => {
                    let (usage, split) = whole(studio, &case, seconds, &ours).await?;
                    splits.push(split);
                    measured_ours.push(usage);
                }
                1 => measured_bare
                    .push(encode(studio, &footage, EncodeSettings::fine(case.rate), &bare).await?),
                _ => measured_fast.push(encode(studio, &footage, FAST, &fast).await?),
            }
        }
        let last = |usages: &[Usage]| usages.last().map_or(0.0, |usage| usage.cpu);
        eprintln!(
            "{case}: {pair}/{pairs}: ours {:.2}, bare {:.2}, veryfast {:.2} CPU s",
            last(&measured_ours),
            last(&measured_bare),
            last(&measured_fast)
        );
    }
    encode(studio, &footage, MEDIUM, &medium).await?;
    let (peaks, _) = memory::measure(studio.worker("job", &case, seconds, &ours)?).await?;
    Ok(Measured {
        case,
        seconds,
        ours: measured_ours,
        splits,
        bare: measured_bare,
        fast: measured_fast,
        made: judge(studio, &footage, &ours).await?,
        made_fast: judge(studio, &footage, &fast).await?,
        made_medium: judge(studio, &footage, &medium).await?,
        peaks,
    })
}

/// One whole job: its usage without finding FFmpeg, and what it says of its parts.
///
/// # Errors
/// What failed, in words.
pub(crate) async fn whole(
    studio: &Studio,
    case: &Case,
    seconds: f64,
    output: &Utf8Path,
) -> Result<(Usage, Split), String> {
    let (usage, outcome) = usage::measure(studio.worker("job", case, seconds, output)?).await?;
    let split: Split = outcome.stdout_text().parse()?;
    Ok((
        Usage {
            cpu: usage.cpu - split.discovery.cpu,
            wall: usage.wall - split.discovery.wall,
        },
        split,
    ))
}

/// The bare encode, as `encode` says.
pub(crate) async fn encode(
    studio: &Studio,
    footage: &Footage,
    encode: EncodeSettings,
    output: &Utf8PathBuf,
) -> Result<Usage, String> {
    let mut job = worker::describe(
        &studio.dir,
        &footage.case,
        footage.seconds,
        &footage.sound,
        output,
    )?;
    job.encode = encode;
    let command = FfmpegRenderer::new(studio.ffmpeg.clone()).bare_command(&job, &footage.frames);
    usage::measure(command).await.map(|(usage, _)| usage)
}

async fn judge(studio: &Studio, footage: &Footage, video: &Utf8Path) -> Result<Made, String> {
    let bytes = std::fs::metadata(video)
        .map_err(|error| format!("reading {video}: {error}"))?
        .len();
    let quality = quality::compare(
        &studio.ffmpeg,
        &footage.case,
        &footage.frames,
        video,
        studio.work.path(),
    )
    .await?;
    Ok(Made { bytes, quality })
}

/// Peak memory of our process for a short and a long video, in bytes, with their lengths in seconds.
///
/// # Errors
/// What failed, in words.
pub(crate) async fn long(studio: &Studio) -> Result<Vec<(f64, Peaks)>, String> {
    let case: Case = LONG.0.parse()?;
    let output = studio.work.path().join("long.mp4");
    let mut all = Vec::new();
    for seconds in LONG.1 {
        eprintln!("{case}: memory of {seconds} s");
        Material::of(&studio.dir, &case, seconds).write(&case, seconds)?;
        let (peaks, _) = memory::measure(studio.worker("job", &case, seconds, &output)?).await?;
        all.push((seconds, peaks));
    }
    Ok(all)
}
