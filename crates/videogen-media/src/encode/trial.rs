//! Whether an encoder works on this machine: it encodes a few frames, and what it made is looked at.

use std::time::Duration;

use camino::Utf8Path;
use tokio_util::sync::CancellationToken;

use super::settings::{MP4, device, video};
use super::{EncodeSettings, Encoder, EncoderBackend, bounded_encode};
use crate::ffmpeg::ffmpeg_file_url;
use crate::probe::{mp4_layout, probe_media};
use crate::verify::of_picture;
use crate::{Error, Ffmpeg, FrameRate, FrameSize};

/// How long a trial may take. Opening a device takes up to 2 s when a card was asleep, the frames a fraction of one.
const DEADLINE: Duration = Duration::from_secs(10);
/// More than the B-frames and the lookahead that hardware has by default, so that all of it is started.
const FRAMES: u64 = 12;
/// The longest reason that is kept, in characters.
const LONGEST_REASON: usize = 200;

/// Whether an encoder works here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EncoderTrial {
    /// The encoder.
    pub encoder: Encoder,
    /// Why it does not work, in FFmpeg's words where it said something; nothing if it does.
    pub failure: Option<String>,
}

impl EncoderTrial {
    /// Whether it works.
    pub fn proven(&self) -> bool {
        self.failure.is_none()
    }
}

/// Tells the outcome of `trials` in one sentence without a period: what works, and for what does not, each reason once.
pub fn describe_trials(trials: &[EncoderTrial]) -> String {
    let mut groups: Vec<(&str, Vec<&str>)> = Vec::new();
    for trial in trials {
        let reason = trial.failure.as_deref().unwrap_or("works");
        match groups.iter_mut().find(|(known, _)| *known == reason) {
            Some((_, names)) => names.push(trial.encoder.name()),
            None => groups.push((reason, vec![trial.encoder.name()])),
        }
    }
    // What works first.
    groups.sort_by_key(|(reason, _)| *reason != "works");
    let parts: Vec<String> = groups
        .iter()
        .map(|(reason, names)| format!("{}: {reason}", names.join(", ")))
        .collect();
    parts.join("; ")
}

/// Encodes a few frames of a test picture with exactly the settings a render would use, and checks that the MP4 says
/// what a finished video has to say. The file is made in `scratch` and removed. At most 10 s are given to the encoder.
///
/// # Errors
/// [`Error::Cancelled`], and [`Error::Io`] if `scratch` cannot be written. That the encoder does not work is no error.
pub(super) async fn prove(
    ffmpeg: &Ffmpeg,
    encode: &EncodeSettings,
    size: FrameSize,
    rate: FrameRate,
    scratch: &Utf8Path,
    cancel: &CancellationToken,
) -> Result<EncoderTrial, Error> {
    let encoder = encode.encoder;
    let outcome = if ffmpeg.has_encoder(encoder.name()) {
        encodes(ffmpeg, encode, size, rate, scratch, cancel).await
    } else {
        Err(Fault::Encoder(NOT_BUILT.to_owned()))
    };
    let failure = match outcome {
        Ok(()) => None,
        Err(Fault::Encoder(reason)) => Some(reason),
        Err(Fault::Other(error)) => return Err(error),
    };
    match &failure {
        None => tracing::debug!(%encoder, "it works"),
        Some(reason) => tracing::debug!(%encoder, %reason, "it does not work"),
    }
    Ok(EncoderTrial { encoder, failure })
}

/// Why a trial did not succeed.
enum Fault {
    /// The encoder does not work.
    Encoder(String),
    /// It cannot be said.
    Other(Error),
}

impl From<Error> for Fault {
    fn from(error: Error) -> Self {
        match error {
            Error::Cancelled | Error::Io { .. } => Self::Other(error),
            error => Self::Encoder(said(&error)),
        }
    }
}

async fn encodes(
    ffmpeg: &Ffmpeg,
    encode: &EncodeSettings,
    size: FrameSize,
    rate: FrameRate,
    scratch: &Utf8Path,
    cancel: &CancellationToken,
) -> Result<(), Fault> {
    let file = camino_tempfile::Builder::new()
        .suffix(".mp4")
        .tempfile_in(scratch)
        .map_err(|source| Error::Io {
            action: "writing",
            path: scratch.to_owned(),
            source,
        })?;
    let command = ffmpeg
        .command(DEADLINE)
        // Warnings of a driver would hide the reason.
        .args(["-loglevel", "error"])
        .args(device(encode.encoder))
        .args(["-f", "lavfi", "-i"])
        .arg(format!("testsrc2=size={size}:rate={rate},format=yuv420p"))
        .args(["-frames:v", &FRAMES.to_string()])
        .args(video(encode, rate))
        .args(["-map_metadata", "-1"])
        .args(MP4)
        .arg(ffmpeg_file_url(file.path()));
    let command = bounded_encode(command, encode, size, FRAMES, rate);
    ffmpeg.run(command, "trying the encoder", cancel).await?;
    let layout = mp4_layout(file.path()).await?;
    let probe = probe_media(ffmpeg, "mov", file.path(), cancel).await?;
    let Some(video) = &probe.video else {
        return Err(Fault::Encoder("it made no video".to_owned()));
    };
    let wrong = of_picture(video, encode.encoder.codec(), size, rate);
    if video.frames != Some(FRAMES) || !layout.complete {
        let found = video.frames.unwrap_or(0);
        return Err(Fault::Encoder(format!(
            "it made {found} of {FRAMES} frames"
        )));
    }
    match wrong.into_iter().next() {
        None => Ok(()),
        Some(finding) => Err(Fault::Encoder(format!("of what it made, {finding}"))),
    }
}

/// What there is no need to say for each encoder apart.
pub(super) const NOT_BUILT: &str = "not in this FFmpeg build";

/// The reason in an error of FFmpeg.
fn said(error: &Error) -> String {
    use videogen_process::Error as Process;
    match error {
        Error::Ffmpeg { source, .. } => match source {
            Process::Failed { stderr, .. } => reason(stderr.as_str()),
            Process::Deadline { .. } => {
                format!("it did not finish within {} s", DEADLINE.as_secs())
            }
            other => other.to_string(),
        },
        Error::InputBroken { reason, .. } => format!("what it made cannot be read ({reason})"),
        other => other.to_string(),
    }
}

/// The line of a log that says why: the first one of the encoder or its device. What follows it says only that the
/// encoder could not be opened.
fn reason(log: &str) -> String {
    let lines = || log.lines().map(str::trim).filter(|line| !line.is_empty());
    let of_component = |line: &&str| line.starts_with('[') && line.contains(" @ ");
    let line = lines().find(of_component).or_else(|| lines().next());
    let line = line.unwrap_or("it gives no reason");
    let text = match line.split_once("] ") {
        Some((context, text)) if context.starts_with('[') => text,
        _ => line,
    };
    let text = text.trim_end_matches('.');
    text.chars()
        .filter(|c| !c.is_control())
        .take(LONGEST_REASON)
        .collect()
}

/// Which graphics devices the system has, as far as looking tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Devices {
    /// One of NVIDIA.
    nvidia: bool,
    /// One that renders without a screen.
    render: bool,
}

impl Devices {
    /// As if everything could be there.
    pub(super) const ANY: Self = Self {
        nvidia: true,
        render: true,
    };

    /// Those of this machine. Only Linux shows them as files; elsewhere the trial has to tell.
    pub(super) fn here() -> Self {
        if !cfg!(target_os = "linux") {
            return Self::ANY;
        }
        let has = |directory: &str, prefix: &str| {
            std::fs::read_dir(directory).is_ok_and(|entries| {
                let mut names = entries.flatten().map(|entry| entry.file_name());
                names.any(|name| name.as_encoded_bytes().starts_with(prefix.as_bytes()))
            })
        };
        Self {
            // Windows' subsystem for Linux passes every card through as /dev/dxg.
            nvidia: has("/dev", "nvidia") || has("/dev", "dxg"),
            render: has("/dev/dri", "render") || has("/dev", "dxg"),
        }
    }

    /// Why a trial on this backend could not succeed, if that can be said without one.
    pub(super) fn lack(self, backend: EncoderBackend) -> Option<&'static str> {
        match backend {
            EncoderBackend::Nvenc if !self.nvidia => Some("no NVIDIA device in /dev"),
            EncoderBackend::Qsv | EncoderBackend::Amf | EncoderBackend::Vaapi if !self.render => {
                Some("no graphics device in /dev/dri")
            }
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_reason_is_the_first_thing_the_encoder_said() {
        // Recorded from ffmpeg 5.1.9 on a machine without a graphics card.
        let log = "[h264_nvenc @ 0x55f165a2a240] Cannot load libcuda.so.1\n\
            Error initializing output stream 0:0 -- Error while opening encoder for output stream #0:0 - maybe incorrect \
            parameters such as bit_rate, rate, width or height\nConversion failed!\n";
        assert_eq!(reason(log), "Cannot load libcuda.so.1");
        let log = "Device creation failed: -542398533.\nFailed to set value 'vaapi=gpu' for option 'init_hw_device': \
            Generic error in an external library\n";
        assert_eq!(reason(log), "Device creation failed: -542398533");
        assert_eq!(
            reason("\nUnknown input format: 'lavfi'\n"),
            "Unknown input format: 'lavfi'"
        );
        assert_eq!(reason("\n\n"), "it gives no reason");
        assert_eq!(reason(&"x".repeat(5000)).len(), LONGEST_REASON);
    }

    #[test]
    fn each_reason_is_told_once_and_what_works_first() {
        let trial = |name: &str, failure: Option<&str>| EncoderTrial {
            encoder: name.parse().expect("an encoder"),
            failure: failure.map(str::to_owned),
        };
        let trials = [
            trial("h264_nvenc", Some("no NVIDIA device in /dev")),
            trial("h264_vaapi", None),
            trial("hevc_nvenc", Some("no NVIDIA device in /dev")),
        ];
        assert_eq!(
            describe_trials(&trials),
            "h264_vaapi: works; h264_nvenc, hevc_nvenc: no NVIDIA device in /dev"
        );
    }

    #[test]
    fn a_device_that_is_not_there_needs_no_trial() {
        let (nvidia, render) = (false, true);
        let intel = Devices { nvidia, render };
        assert_eq!(
            intel.lack(EncoderBackend::Nvenc),
            Some("no NVIDIA device in /dev")
        );
        assert_eq!(intel.lack(EncoderBackend::Vaapi), None);
        let (nvidia, render) = (true, false);
        let nvidia = Devices { nvidia, render };
        assert_eq!(nvidia.lack(EncoderBackend::Nvenc), None);
        for backend in [
            EncoderBackend::Qsv,
            EncoderBackend::Amf,
            EncoderBackend::Vaapi,
        ] {
            let lack = nvidia.lack(backend);
            assert_eq!(lack, Some("no graphics device in /dev/dri"), "{backend}");
        }
        let (nvidia, render) = (false, false);
        let none = Devices { nvidia, render };
        assert_eq!(none.lack(EncoderBackend::Software), None);
        assert_eq!(none.lack(EncoderBackend::VideoToolbox), None);
    }
}
