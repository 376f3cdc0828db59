//! Checks that a finished video is what was asked for before anybody sees it.

mod log;

use std::time::Duration;

use camino::Utf8Path;
use tokio_util::sync::CancellationToken;
use videogen_process::Stdout;

use crate::codec::Codec;
use crate::ffmpeg::ffmpeg_input_args;
use crate::probe::{MediaInfo, Mp4Layout, VideoStream, mp4_layout, probe_media};
use crate::{Error, Ffmpeg, FrameRate, FrameSize, VerifyFinding};

use log::{Decoded, Span};
pub(crate) use log::{frames as decoded_frames, parse as read_log};

/// How far lengths may be off, in seconds. AAC comes in blocks of 21 ms and has a lead-in of one or two.
const LENGTH_TOLERANCE: f64 = 0.1;
/// How much of the video may be black before it counts as a failure of the renderer. Scenes that are dark by themselves do
/// not count.
const MOST_BLACK: f64 = 0.30;
/// How much of one scene may be black: a crossfade with a dark neighbour takes less.
const MOST_BLACK_SCENE: f64 = 0.50;
/// Shorter blackness is a cut and not counted, in seconds.
const SHORTEST_BLACK: f64 = 0.1;
/// A picture is black when this part of it …
const BLACK_AREA: f64 = 0.98;
/// … is darker than this part of full luma: 16 to 22 of 255. A night scene is brighter; nothing painted is not.
const BLACK_LUMA: f64 = 0.03;
/// How long one picture may stand still, as a part of the video. Motion never stops in a video made here.
const LONGEST_FREEZE: f64 = 0.40;
/// Frames that differ by less than this on average are the same picture.
const FREEZE_NOISE: &str = "-60dB";
/// A shorter stop is not one in a whole video, in seconds.
const SHORTEST_FREEZE: f64 = 2.0;
/// A shorter stop is not one in a scene, in seconds.
const SHORTEST_SCENE_FREEZE: f64 = 1.0;
/// How much of one scene may pass with one picture that should move. A frame of one colour, as a failing encoder makes
/// them, stands still, too.
const LONGEST_SCENE_FREEZE: f64 = 0.80;
/// Sound below this is silence where somebody should speak; words are some 40 dB above it.
const SILENCE: &str = "-60dB";
/// Shorter silences are pauses, in seconds.
const SHORTEST_SILENCE: f64 = 0.3;
/// How much of the words of one scene may be silence.
const MOST_SILENCE: f64 = 0.80;
/// Black and standstill are looked for in a picture of this width: a quarter of the work, and grain does not count.
const ANALYSIS_WIDTH: u32 = 320;
/// Sound below this integrated loudness is none, in LUFS.
const SILENCE_LUFS: f64 = -50.0;
/// What the loudness should be, and by how much it may differ without a remark, in LUFS and LU.
const LOUDNESS: (f64, f64) = (-14.0, 1.0);
/// The highest true peak that is promised, in dBTP; above it a remark is made.
pub(crate) const MOST_DBTP: f64 = -1.0;
/// The part of the frames that must come out of the decoder; the last ones of a cut file do not.
const FEWEST_FRAMES: f64 = 0.99;
/// Decoding takes a tenth to a half of the video's length on two cores; this is for a loaded machine.
const SECONDS_PER_SECOND: f64 = 20.0;
/// What the deadline is at least, in seconds.
const LEAST_DEADLINE: f64 = 120.0;
/// Log kept of a decoding run: findings are one line each.
const LOG_LIMIT: usize = 1024 * 1024;
/// A progress report of some 200 bytes comes twice a second.
pub(crate) const PROGRESS_LIMIT: usize = 16 * 1024 * 1024;

/// What a video is meant to be.
#[derive(Debug, Clone, PartialEq)]
pub struct ExpectedVideo {
    /// Width and height.
    pub size: FrameSize,
    /// Frames per second.
    pub rate: FrameRate,
    /// What the picture is compressed as.
    pub codec: Codec,
    /// Length of the video in seconds.
    pub duration: f64,
    /// Length of the sound in seconds.
    pub audio_duration: f64,
    /// Whether the sound is meant to be silence.
    pub silent: bool,
    /// Whether a picture may stand still: motion was switched off, or what is shown has no structure that could move.
    pub still: bool,
    /// Its scenes, which are judged one by one beside the whole; none where that is not wanted.
    pub scenes: Vec<ExpectedScene>,
}

/// What a scene of a video is meant to be.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ExpectedScene {
    /// When it begins, in seconds.
    pub start: f64,
    /// When it ends, in seconds.
    pub end: f64,
    /// Whether it may be black, because what it shows is.
    pub dark: bool,
    /// Whether it may stand still, because nothing in it could be seen to move.
    pub still: bool,
    /// From when to when something is to be heard in it, in seconds of the video.
    pub speech: Option<(f64, f64)>,
}

impl ExpectedScene {
    fn seconds(&self) -> f64 {
        self.end - self.start
    }
}

/// What a video that passed turned out to be.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct VerifiedVideo {
    /// What its headers say.
    pub probe: MediaInfo,
    /// Frames that came out of the decoder.
    pub frames: u64,
    /// Integrated loudness in LUFS; nothing for silence.
    pub loudness_lufs: Option<f64>,
    /// True peak in dBTP; nothing for silence.
    pub true_peak_dbtp: Option<f64>,
    /// What is not as it should be, but no reason to throw the video away: loudness and true peak.
    pub remarks: Vec<VerifyFinding>,
}

/// Checks a finished MP4: streams, codecs, colour tags, size, frame rate, lengths within 0.1 s, index in front, complete,
/// decodes without an error, not black, not standing still, not silent, as a whole and by scene. Decodes everything once.
///
/// # Errors
/// [`Error::Verify`] with everything that is wrong; the `Input…` variants if the file cannot be read at all;
/// [`Error::Ffmpeg`], [`Error::Cancelled`].
pub async fn verify_video(
    ffmpeg: &Ffmpeg,
    path: &Utf8Path,
    expected: &ExpectedVideo,
    cancel: &CancellationToken,
) -> Result<VerifiedVideo, Error> {
    let layout = mp4_layout(path).await?;
    let probe = match probe_media(ffmpeg, "mov", path, cancel).await {
        // Without a readable header there is nothing to compare; say so in the same words as every other finding.
        Err(Error::InputBroken { reason, .. }) => {
            let findings = vec![VerifyFinding::Unreadable { reason }];
            return Err(Error::Verify {
                path: path.to_owned(),
                findings,
            });
        }
        other => other?,
    };
    let mut findings = of_headers(&probe, layout, expected);
    let decoded = decode(ffmpeg, path, &probe, expected, cancel).await?;
    findings.extend(of_content(&probe, &decoded, expected));
    if !findings.is_empty() {
        return Err(Error::Verify {
            path: path.to_owned(),
            findings,
        });
    }
    let remarks = remarks(&decoded, expected);
    for remark in &remarks {
        tracing::warn!(%path, %remark, "the video passed with a remark");
    }
    Ok(VerifiedVideo {
        frames: decoded.frames,
        loudness_lufs: decoded.lufs,
        true_peak_dbtp: decoded.dbtp,
        remarks,
        probe,
    })
}

/// The filters that find black frames. Area averaging: grain vanishes, and every source pixel counts.
pub(crate) fn black_filter() -> String {
    format!(
        "scale={ANALYSIS_WIDTH}:-2:flags=area,blackdetect=d={SHORTEST_BLACK}:pic_th={BLACK_AREA}:pix_th={BLACK_LUMA}"
    )
}

/// Every how many frames the detectors are shown one: ten a second, as what they find is judged by tenths of a second at
/// least. It is a tenth of the time of the whole check.
fn frame_step(rate: FrameRate) -> u64 {
    (rate.per_second() * SHORTEST_BLACK).floor().max(1.0) as u64
}

/// Threads of the decoder. Each waits for the one before it, so every further thread gives less time and costs more work:
/// on two processors the second costs a quarter more work for a tenth less time. In a batch the other half of the machine
/// has the next video to make.
fn decoding_threads() -> usize {
    let processors = std::thread::available_parallelism().map_or(1, usize::from);
    (processors / 2).clamp(1, 8)
}

/// Decodes all of both streams through the detectors.
async fn decode(
    ffmpeg: &Ffmpeg,
    path: &Utf8Path,
    probe: &MediaInfo,
    expected: &ExpectedVideo,
    cancel: &CancellationToken,
) -> Result<Decoded, Error> {
    let deadline = Duration::from_secs_f64(
        (expected.duration.clamp(0.0, 86_400.0) * SECONDS_PER_SECOND).max(LEAST_DEADLINE),
    );
    let mut command = ffmpeg
        .command(deadline)
        // Every line with its level in front; nothing between the lines.
        .args(["-loglevel", "level+info", "-nostats", "-progress", "pipe:1"])
        // What smooths the edges of blocks takes nothing from the stream: it cannot fail, and neither black nor standstill
        // is changed by it. It is a sixth of the time of decoding.
        .args(["-skip_loop_filter", "all"])
        .args(["-threads", &decoding_threads().to_string()])
        .args(ffmpeg_input_args("mov", path))
        .stdout(Stdout::Capture {
            limit: PROGRESS_LIMIT,
        })
        .tail_limit(LOG_LIMIT);
    if probe.video.is_some() {
        // All frames are decoded, and counted by the first output; the detectors of the second are shown some of them.
        command = command.args(["-map", "0:v:0", "-f", "null", "-"]);
        let (every, black) = (frame_step(expected.rate), black_filter());
        let freeze = format!("freezedetect=n={FREEZE_NOISE}:d={SHORTEST_SCENE_FREEZE}");
        let filter = format!("framestep={every},{black},{freeze}");
        command = command.args(["-map", "0:v:0", "-vf", &filter, "-f", "null", "-"]);
    }
    if probe.audio.is_some() {
        let filter = format!(
            "silencedetect=n={SILENCE}:d={SHORTEST_SILENCE},ebur128=peak=true:framelog=verbose"
        );
        command = command.args(["-map", "0:a:0", "-af", &filter, "-f", "null", "-"]);
    }
    if probe.video.is_none() && probe.audio.is_none() {
        return Ok(Decoded::default());
    }
    let stage = format!("decoding {path} for its check");
    let outcome = ffmpeg
        .supervisor()
        .run(command, cancel)
        .await
        .map_err(|source| Error::process(&*stage, source))?;
    let outcome = Error::unless_out_of_memory(&stage, outcome)?;
    let mut decoded = log::parse(outcome.stderr.as_str());
    decoded.frames = log::frames(&outcome.stdout_text());
    if !outcome.success() && decoded.errors == 0 {
        decoded.errors = 1;
        decoded.first_error = crate::probe::last_line(outcome.stderr.as_str());
    }
    Ok(decoded)
}

/// Notes a property that has another value than it should.
fn differs(findings: &mut Vec<VerifyFinding>, what: &'static str, expected: String, found: String) {
    if expected != found {
        findings.push(VerifyFinding::Differs {
            what,
            expected,
            found,
        });
    }
}

/// What is wrong with the picture by its headers.
pub(crate) fn of_picture(
    video: &VideoStream,
    codec: Codec,
    size: FrameSize,
    rate: FrameRate,
) -> Vec<VerifyFinding> {
    let bt709 = || "bt709".to_owned();
    let mut findings = Vec::new();
    let mut differs = |what, expected, found| differs(&mut findings, what, expected, found);
    differs("video codec", codec.to_string(), video.codec.clone());
    // The profiles have relatives ("High 10", "High 4:4:4 Predictive", "Main 10") that many players do not accept.
    differs(
        "video profile",
        codec.profile().into(),
        video.profile.clone(),
    );
    differs("pixel format", "yuv420p".into(), video.pix_fmt.clone());
    differs("colour matrix", bt709(), video.color_space.clone());
    differs("colour primaries", bt709(), video.primaries.clone());
    differs("transfer characteristic", bt709(), video.transfer.clone());
    differs("colour range", "tv".into(), video.range.clone());
    differs(
        "size",
        size.to_string(),
        format!("{}x{}", video.width, video.height),
    );
    let (numerator, denominator) = video.frame_rate.unwrap_or((0, 1));
    let (wanted, found) = (
        rate.per_second(),
        f64::from(numerator) / f64::from(denominator),
    );
    if (wanted - found).abs() > wanted * 0.001 {
        differs("frame rate", format!("{wanted:.3}"), format!("{found:.3}"));
    }
    findings
}

/// What is wrong by the headers.
fn of_headers(
    probe: &MediaInfo,
    layout: Mp4Layout,
    expected: &ExpectedVideo,
) -> Vec<VerifyFinding> {
    let mut findings = probe.video.as_ref().map_or_else(Vec::new, |video| {
        of_picture(video, expected.codec, expected.size, expected.rate)
    });
    let mut differs = |what, expected, found| differs(&mut findings, what, expected, found);
    if let Some(audio) = &probe.audio {
        differs("audio codec", "aac".into(), audio.codec.clone());
        differs("channels", "2".into(), audio.channels.to_string());
        differs("sample rate", "48000".into(), audio.sample_rate.to_string());
    }
    let video = probe.video.as_ref().map(|video| {
        (
            "video length",
            video.duration.or(probe.duration),
            expected.duration,
        )
    });
    let audio = probe.audio.as_ref().map(|audio| {
        (
            "audio length",
            audio.duration.or(probe.duration),
            expected.audio_duration,
        )
    });
    for (what, found, wanted) in video.into_iter().chain(audio) {
        if found.is_none_or(|found| (found - wanted).abs() > LENGTH_TOLERANCE) {
            let found = found.map_or("unknown".to_owned(), |found| format!("{found:.3} s"));
            findings.push(VerifyFinding::Differs {
                what,
                expected: format!("{wanted:.3} s"),
                found,
            });
        }
    }
    for (kind, missing) in [
        ("video", probe.video.is_none()),
        ("audio", probe.audio.is_none()),
    ] {
        if missing {
            findings.push(VerifyFinding::NoStream { kind });
        }
    }
    if !layout.complete {
        findings.push(VerifyFinding::Truncated);
    }
    if !layout.faststart {
        findings.push(VerifyFinding::IndexAtEnd);
    }
    findings
}

/// What is wrong with the pictures and the sound.
fn of_content(
    probe: &MediaInfo,
    decoded: &Decoded,
    expected: &ExpectedVideo,
) -> Vec<VerifyFinding> {
    let mut findings = Vec::new();
    if decoded.errors > 0 {
        findings.push(VerifyFinding::DecodeErrors {
            count: decoded.errors,
            first: decoded.first_error.clone(),
        });
    }
    if probe.video.is_some() {
        let wanted = expected.duration * expected.rate.per_second();
        if (decoded.frames as f64)
            < (wanted - LENGTH_TOLERANCE * expected.rate.per_second()) * FEWEST_FRAMES
        {
            findings.push(VerifyFinding::FramesMissing {
                expected: wanted.round() as u64,
                found: decoded.frames,
            });
        }
        findings.extend(of_darkness(decoded, expected));
        findings.extend(of_stillness(decoded, expected));
    }
    if probe.audio.is_some()
        && !expected.silent
        && decoded.lufs.is_none_or(|lufs| lufs < SILENCE_LUFS)
    {
        findings.push(VerifyFinding::Silent { lufs: decoded.lufs });
    } else if probe.audio.is_some() {
        findings.extend(of_speech(decoded, expected));
    }
    findings
}

/// Seconds of these spans between two times, in a video of `duration` seconds.
fn within(spans: &[Span], (start, end): (f64, f64), duration: f64) -> f64 {
    let part = |span: &Span| {
        let last = span.end.unwrap_or(duration).min(end);
        (last - span.start.max(start)).max(0.0)
    };
    spans.iter().map(part).sum()
}

/// What is black that should not be: scenes, or too much of the whole.
fn of_darkness(decoded: &Decoded, expected: &ExpectedVideo) -> Vec<VerifyFinding> {
    let black = |range| within(&decoded.black, range, expected.duration);
    let allowed: f64 = expected
        .scenes
        .iter()
        .filter(|scene| scene.dark)
        .map(|scene| black((scene.start, scene.end)))
        .sum();
    let all = black((0.0, expected.duration)) - allowed;
    let mut findings = Vec::new();
    if all > MOST_BLACK * expected.duration {
        findings.push(VerifyFinding::Black {
            seconds: all,
            of: expected.duration,
        });
    }
    for (scene, number) in expected.scenes.iter().zip(1..) {
        let (seconds, of) = (black((scene.start, scene.end)), scene.seconds());
        if !scene.dark && seconds > MOST_BLACK_SCENE * of {
            let scene = number;
            findings.push(VerifyFinding::BlackScene { scene, seconds, of });
        }
    }
    findings
}

/// What stands still that should move: scenes, or too much of the whole.
fn of_stillness(decoded: &Decoded, expected: &ExpectedVideo) -> Vec<VerifyFinding> {
    if expected.still {
        return Vec::new();
    }
    let mut findings = Vec::new();
    let length = |span: &Span| span.seconds(expected.duration);
    let longest = decoded
        .frozen
        .iter()
        .max_by(|a, b| length(a).total_cmp(&length(b)))
        .filter(|span| length(span) >= SHORTEST_FREEZE);
    if let Some(freeze) = longest {
        let seconds = length(freeze);
        if seconds > LONGEST_FREEZE * expected.duration {
            findings.push(VerifyFinding::Frozen {
                start: freeze.start,
                seconds,
                of: expected.duration,
            });
        }
    }
    for (scene, number) in expected.scenes.iter().zip(1..) {
        let range = (scene.start, scene.end);
        let one = |span: &Span| within(&[*span], range, expected.duration);
        let seconds = decoded.frozen.iter().map(one).fold(0.0, f64::max);
        let of = scene.seconds();
        if !scene.still && seconds >= SHORTEST_SCENE_FREEZE && seconds > LONGEST_SCENE_FREEZE * of {
            let scene = number;
            findings.push(VerifyFinding::FrozenScene { scene, seconds, of });
        }
    }
    findings
}

/// Scenes in which nothing is heard where somebody should speak.
fn of_speech(decoded: &Decoded, expected: &ExpectedVideo) -> Vec<VerifyFinding> {
    let silent = |(scene, number): (&ExpectedScene, usize)| {
        let (start, end) = scene.speech?;
        let seconds = within(&decoded.silent, (start, end), expected.audio_duration);
        let of = end - start;
        let scene = number;
        (of >= SHORTEST_SILENCE && seconds > MOST_SILENCE * of)
            .then_some(VerifyFinding::SilentScene { scene, seconds, of })
    };
    expected.scenes.iter().zip(1..).filter_map(silent).collect()
}

/// What is worth telling about a video that is good enough.
fn remarks(decoded: &Decoded, expected: &ExpectedVideo) -> Vec<VerifyFinding> {
    let loudness = decoded
        .lufs
        .filter(|lufs| !expected.silent && (lufs - LOUDNESS.0).abs() > LOUDNESS.1);
    let peak = decoded.dbtp.filter(|dbtp| *dbtp > MOST_DBTP);
    let loudness = loudness.map(|lufs| VerifyFinding::Loudness {
        lufs,
        target: LOUDNESS.0,
    });
    loudness
        .into_iter()
        .chain(peak.map(|dbtp| VerifyFinding::TruePeak {
            dbtp,
            ceiling: MOST_DBTP,
        }))
        .collect()
}

#[cfg(test)]
mod tests;
