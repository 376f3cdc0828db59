//! Everything that can go wrong in this crate, and what to do about it.

mod finding;

use std::io;

use camino::{Utf8Path, Utf8PathBuf};
use videogen_durable::Shortage;
use videogen_types::{Hint, Program};

pub use finding::{VerifyFinding, list_findings};

/// How a picture is called that has too few pixels.
pub(crate) const TOO_SMALL: &str = "is too small to show";
/// What is said of a recording in which nothing is to be heard.
pub(crate) const NOBODY_HEARD: &str = "it is silent: nobody is heard to speak in it";

/// The error of every function of this crate.
///
/// The message is lower-case and reads after "failed to …"; [`Error::help`] names the next action.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// `ffmpeg` or `ffprobe` is not where it was looked for.
    #[error("{program} was not found {searched}")]
    FfmpegMissing {
        /// `ffmpeg` or `ffprobe`.
        program: &'static str,
        /// Where it was looked for, as "in the folders of PATH" or "at /opt/ffmpeg".
        searched: String,
    },
    /// The installed FFmpeg is older than the oldest one supported.
    #[error("ffmpeg {found} at {path} is too old, {needed} or newer is needed")]
    FfmpegTooOld {
        /// Its version as it prints it.
        found: String,
        /// The oldest version supported.
        needed: &'static str,
        /// The binary that was asked.
        path: Utf8PathBuf,
    },
    /// The installed FFmpeg was built without parts that are needed; all of them are named.
    #[error("ffmpeg at {path} was built without {}", what.join(", "))]
    FfmpegLacks {
        /// The encoders, filters and libraries that are missing.
        what: Vec<&'static str>,
        /// The binary that was asked.
        path: Utf8PathBuf,
    },
    /// FFmpeg is needed for something, and the caller has none.
    #[error("{what} is not available: there is no FFmpeg")]
    NoFfmpeg {
        /// What it is needed for, as "reading clips".
        what: &'static str,
    },
    /// FFmpeg or ffprobe did not start, did not end in time or reported failure.
    #[error("{stage} failed")]
    Ffmpeg {
        /// What it was doing, as "decoding /home/a/voice.mp3".
        stage: String,
        /// What happened to the process, with the end of its log.
        source: videogen_process::Error,
    },
    /// FFmpeg or ffprobe got no more memory, from the machine or beyond what its kind of work is given.
    #[error("{stage} ran out of memory")]
    FfmpegOutOfMemory {
        /// What it was doing, as "decoding /home/a/voice.mp3".
        stage: String,
        /// What happened to the process, with the end of its log.
        source: videogen_process::Error,
    },
    /// FFmpeg or ffprobe ended well but what it printed cannot be understood.
    #[error("{stage} printed something unexpected: {reason}")]
    FfmpegOutput {
        /// What it was doing.
        stage: String,
        /// What is wrong with the output.
        reason: String,
    },
    /// FFmpeg stopped taking or giving frames, or ended well before the last one.
    #[error("{stage} stopped: {reason}")]
    FfmpegStopped {
        /// What it was doing, as "encoding the video".
        stage: String,
        /// How it was noticed, as "it took no frame for 120 s".
        reason: String,
    },
    /// A video encoder that was asked for does not work on this machine.
    #[error("{encoder} cannot be used: {reason}")]
    EncoderUnavailable {
        /// FFmpeg's name of it, as "h264_nvenc".
        encoder: String,
        /// Why not, in FFmpeg's words where it said something.
        reason: String,
    },
    /// An input file does not exist.
    #[error("{path} does not exist")]
    InputMissing {
        /// The file asked for.
        path: Utf8PathBuf,
    },
    /// An input file has no bytes.
    #[error("{path} is empty (0 bytes)")]
    InputEmpty {
        /// The file.
        path: Utf8PathBuf,
    },
    /// An input is a directory, a device, a socket or a pipe.
    #[error("{path} is {found}, not a regular file")]
    InputNotAFile {
        /// The path.
        path: Utf8PathBuf,
        /// What it is, as "a directory".
        found: &'static str,
    },
    /// An input file is larger than what is accepted.
    #[error("{path} is too large: {} MiB, at most {} MiB are accepted", bytes.div_ceil(MIB), limit / MIB)]
    InputTooLarge {
        /// The file.
        path: Utf8PathBuf,
        /// Its size in bytes.
        bytes: u64,
        /// The most bytes accepted.
        limit: u64,
    },
    /// A recording is longer than the video it would be heard in can be.
    #[error("{path} is {}, and a video lasts {limit:.0} s at most", length(*seconds, *limit))]
    InputTooLong {
        /// The file.
        path: Utf8PathBuf,
        /// Its length in seconds, where it is known.
        seconds: Option<f64>,
        /// The longest that is accepted, in seconds.
        limit: f64,
    },
    /// The first bytes of an input file are not those of a supported kind of file.
    #[error("{path} is {found}, expected {expected}")]
    InputWrongType {
        /// The file.
        path: Utf8PathBuf,
        /// The kinds that are accepted.
        expected: &'static str,
        /// What it looks like, as "an HTML page".
        found: String,
    },
    /// An input file is of a supported kind, but damaged, incomplete or without usable content.
    #[error("{path} cannot be used: {reason}")]
    InputBroken {
        /// The file.
        path: Utf8PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// A picture has more pixels than are decoded.
    #[error("{path} cannot be used: it has {found}, and at most {} million are decoded", most / 1_000_000)]
    PictureTooLarge {
        /// The file.
        path: Utf8PathBuf,
        /// How many it has, as "40000x30000 pixels".
        found: String,
        /// The most that are decoded.
        most: u64,
    },
    /// A picture is of a format that is left to FFmpeg, and FFmpeg does not decode it.
    #[error("{path} is {format}, which this FFmpeg cannot decode: {reason}")]
    PictureUndecodable {
        /// The file.
        path: Utf8PathBuf,
        /// Its format, as "an HEIC picture".
        format: &'static str,
        /// Why not, in FFmpeg's words where it said something.
        reason: String,
    },
    /// A file that a scene of the script names cannot be shown.
    #[error("scene {scene} of the script names a file that cannot be shown")]
    OfScene {
        /// The number of the scene, from 1.
        scene: usize,
        /// Why not, with the file.
        source: Box<Error>,
    },
    /// No font has letters of a text that has to be shown.
    #[error("no installed font can draw {characters}")]
    NoGlyphs {
        /// Some of the characters, in quotes.
        characters: String,
        /// The package that would help.
        package: Option<&'static str>,
    },
    /// A finished video is not what was asked for. Every finding is named.
    #[error("{path} did not pass its check: {}", list_findings(findings))]
    Verify {
        /// The video.
        path: Utf8PathBuf,
        /// What is wrong, at least one.
        findings: Vec<VerifyFinding>,
    },
    /// A file could not be read or written.
    #[error("{action} {path} failed")]
    Io {
        /// "reading" or "writing".
        action: &'static str,
        /// The file.
        path: Utf8PathBuf,
        /// What the operating system said.
        source: io::Error,
    },
    /// The system gives no more threads.
    #[error("a thread cannot be started")]
    Thread {
        /// What the operating system said.
        source: io::Error,
    },
    /// A value given by the caller is outside its range.
    #[error("{what} is {value}, allowed is {allowed}")]
    InvalidValue {
        /// The value's name.
        what: &'static str,
        /// The value as it was given.
        value: String,
        /// The range or the choices.
        allowed: String,
    },
    /// The caller cancelled.
    #[error("the operation was cancelled")]
    Cancelled,
}

/// A length in words; `None` is one that is above `limit`.
fn length(seconds: Option<f64>, limit: f64) -> String {
    seconds.map_or_else(
        || format!("longer than {limit:.0} s"),
        |seconds| format!("{seconds:.1} s long"),
    )
}

/// Bytes in a mebibyte.
const MIB: u64 = 1024 * 1024;

impl Error {
    /// Returns the next action for the person in front of the machine, where there is one.
    pub fn help(&self) -> Option<Hint> {
        Some(Hint::from(match self {
            Self::FfmpegMissing { .. } | Self::FfmpegTooOld { .. } => {
                return Some(Hint::of(Program::Ffmpeg));
            }
            Self::FfmpegLacks { .. } => {
                let needed = "videogen needs a complete FFmpeg build (libx264 for the video, libass for styled subtitles); ";
                return Some(Hint::from(needed).term(Program::Ffmpeg));
            }
            Self::NoFfmpeg { .. } => "install FFmpeg".to_owned(),
            Self::Ffmpeg { source, .. } => return source.help().map(Hint::from),
            Self::FfmpegOutOfMemory { .. } => {
                "end other programs, or choose a smaller video; where a file that was given made it take so much, convert that file"
                    .to_owned()
            }
            Self::EncoderUnavailable { .. } => {
                "install its driver or a complete FFmpeg build, or choose H.264 made by the processor".to_owned()
            }
            Self::InputMissing { .. } => "check the path".to_owned(),
            Self::InputEmpty { .. } => "the download or export probably stopped early; make the file again".to_owned(),
            Self::InputNotAFile { .. } => "give the path of one file".to_owned(),
            Self::InputTooLarge { .. } => "convert it to a compressed format such as MP3, M4A or JPEG, or cut it".to_owned(),
            Self::InputTooLong { .. } => {
                "cut it, or make a video of each of its parts".to_owned()
            }
            Self::InputWrongType { expected, .. } => {
                format!("the content decides, not the name; convert the file to {expected}")
            }
            Self::InputBroken { reason, .. } if reason.contains(TOO_SMALL) => {
                "give a larger picture: one as large as the video looks best".to_owned()
            }
            Self::InputBroken { reason, .. } if reason == NOBODY_HEARD => {
                "listen to it: record it again, or export the track on which somebody speaks".to_owned()
            }
            Self::InputBroken { .. } => {
                "see whether another program opens it; if not, export or download it again".to_owned()
            }
            Self::PictureTooLarge { .. } => {
                "save it smaller: 4000 pixels a side are more than any video shows".to_owned()
            }
            Self::PictureUndecodable { format, .. } if format.contains("HEIC") => {
                "save it as JPEG: with Preview or Photos on a Mac (Export), with Photos on Windows (Save as), or with `heif-convert IN.heic OUT.jpg`; an iPhone takes JPEG at once with Settings > Camera > Formats > Most Compatible"
                    .to_owned()
            }
            Self::PictureUndecodable { .. } => {
                "save it as PNG or JPEG with a program that opens it; if none does, it is damaged: export or download it again; a complete FFmpeg build reads more formats"
                    .to_owned()
            }
            Self::OfScene { source, .. } => match &**source {
                Self::InputMissing { .. } => {
                    "check the path in the script: it starts beside the script, of standard input in the current directory, and with / or ~/ it is whole"
                        .to_owned()
                }
                other => return other.help(),
            },
            Self::NoGlyphs { package, .. } => match package {
                Some(package) => format!("install a font that has them, such as {package}"),
                None => "install a font that has them".to_owned(),
            },
            Self::Verify { .. } => "nothing of it was kept, so it is made anew when you run again; if it comes back, try another FFmpeg build or another encoder"
                    .to_owned(),
            Self::Io { source, .. } => return io_help(source).map(Hint::from),
            Self::Thread { .. } => {
                "end other programs, or raise the limit of processes (`ulimit -u`)".to_owned()
            }
            Self::InvalidValue { what, allowed, .. } => format!("set {what} to {allowed}"),
            Self::FfmpegOutput { .. } => {
                "this FFmpeg build behaves unlike those videogen was tested with; try a release build".to_owned()
            }
            Self::FfmpegStopped { .. } => {
                "see that the machine has memory and time left, and run again; try another FFmpeg build if it comes back"
                    .to_owned()
            }
            Self::Cancelled => return None,
        }))
    }

    /// Whether the same call may succeed when it is made again without changing anything.
    pub fn is_retryable(&self) -> bool {
        match self {
            Self::Ffmpeg { source, .. } => source.is_retryable(),
            Self::OfScene { source, .. } => source.is_retryable(),
            // Of the memory others may have had it.
            Self::FfmpegOutOfMemory { .. } | Self::FfmpegStopped { .. } | Self::Thread { .. } => {
                true
            }
            Self::Io { source, .. } => {
                matches!(
                    source.kind(),
                    io::ErrorKind::Interrupted
                        | io::ErrorKind::WouldBlock
                        | io::ErrorKind::TimedOut
                )
            }
            _ => false,
        }
    }

    /// Whether the caller's own cancellation is the reason.
    pub fn is_cancelled(&self) -> bool {
        matches!(self, Self::Cancelled)
    }

    /// The error of a file that a scene of this number names; a cancellation stays one.
    pub(crate) fn of_scene(self, scene: usize) -> Self {
        if self.is_cancelled() || matches!(self, Self::NoFfmpeg { .. }) {
            return self;
        }
        Self::OfScene {
            scene,
            source: Box::new(self),
        }
    }

    /// As [`Error::process`], for an FFmpeg that writes `output`: a full disk is told from its log.
    pub(crate) fn writing(stage: &str, output: &Utf8Path, source: videogen_process::Error) -> Self {
        match &source {
            // The text of ENOSPC in the C locale, which FFmpeg runs in.
            videogen_process::Error::Failed { stderr, .. }
                if stderr.as_str().contains("No space left on device") =>
            {
                Self::Io {
                    action: "writing",
                    path: output.to_owned(),
                    source: io::ErrorKind::StorageFull.into(),
                }
            }
            // Of EFBIG likewise, and what becomes of who does not look at errors.
            videogen_process::Error::Failed { stderr, .. }
                if stderr.as_str().contains("File too large") =>
            {
                Self::too_large(output)
            }
            videogen_process::Error::FileTooLarge { limit, .. } if limit.inherited => {
                Self::too_large(output)
            }
            _ => Self::process(stage, source),
        }
    }

    /// The file has reached the size that the system lets this program give it.
    fn too_large(path: &Utf8Path) -> Self {
        Self::Io {
            action: "writing",
            path: path.to_owned(),
            source: io::ErrorKind::FileTooLarge.into(),
        }
    }

    /// The outcome, unless it is that of a process that got no memory.
    pub(crate) fn unless_out_of_memory(
        stage: &str,
        outcome: videogen_process::Outcome,
    ) -> Result<videogen_process::Outcome, Self> {
        if outcome.success() || !ran_out_of_memory(outcome.stderr.as_str()) {
            return Ok(outcome);
        }
        let failed = outcome.into_success();
        failed.map_err(|source| Self::process(stage, source))
    }

    /// A failure of FFmpeg or ffprobe during `stage`; a cancelled process becomes [`Error::Cancelled`].
    pub(crate) fn process(stage: impl Into<String>, source: videogen_process::Error) -> Self {
        let stage = stage.into();
        match &source {
            source if source.is_cancelled() => Self::Cancelled,
            videogen_process::Error::Failed { stderr, .. }
                if ran_out_of_memory(stderr.as_str()) =>
            {
                Self::FfmpegOutOfMemory { stage, source }
            }
            _ => Self::Ffmpeg { stage, source },
        }
    }
}

/// What to do about a failed file operation.
fn io_help(source: &io::Error) -> Option<String> {
    if let Some(shortage) = Shortage::of(source) {
        let first = shortage.help();
        return Some(match shortage {
            Shortage::FileSize => format!("{first}, or make a shorter or smaller video"),
            _ => first.to_owned(),
        });
    }
    Some(
        match source.kind() {
            io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => {
                "check the permissions of the file and its folder"
            }
            io::ErrorKind::NotFound => "check the path",
            _ => return None,
        }
        .to_owned(),
    )
}

/// Whether the log of an FFmpeg that failed says that it got no memory: in the words of the C library and of the encoders.
pub(crate) fn ran_out_of_memory(log: &str) -> bool {
    const SAYINGS: [&str; 5] = [
        // ENOMEM in the C locale, which FFmpeg runs in.
        "Cannot allocate memory",
        // x264 and x265.
        "malloc of size",
        // Programs in Rust (rav1e), as "memory allocation of 5 bytes failed".
        "memory allocation of",
        // SVT-AV1.
        "allocate memory failed",
        // C++.
        "std::bad_alloc",
    ];
    SAYINGS.iter().any(|saying| log.contains(saying))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_missing_parts_are_named_in_one_message() {
        let error = Error::FfmpegLacks {
            what: vec!["libx264", "libass"],
            path: "/opt/ffmpeg".into(),
        };
        assert_eq!(
            error.to_string(),
            "ffmpeg at /opt/ffmpeg was built without libx264, libass"
        );
        assert!(
            error
                .help()
                .is_some_and(|help| help.to_string().contains("install FFmpeg 5.1"))
        );
    }

    #[tokio::test]
    async fn what_ffmpeg_says_of_memory_and_of_large_files_is_understood() {
        let failed = async |log: &str| {
            let ffmpeg = videogen_process::Command::new("sh", std::time::Duration::from_mins(1))
                .args(["-c", "printf %s \"$1\" >&2; exit 1", "ffmpeg", log]);
            let never = tokio_util::sync::CancellationToken::new();
            let outcome = videogen_process::Supervisor::new()
                .run(ffmpeg, &never)
                .await;
            outcome.unwrap().into_success().unwrap_err()
        };
        // Recorded from ffmpeg 5.1.9 under `ulimit -v` and `ulimit -f`.
        for log in [
            "Error while filtering: Cannot allocate memory\n",
            "x264 [error]: malloc of size 12533824 failed\nError initializing output stream 0:0\n",
        ] {
            let error = Error::process("decoding a.wav", failed(log).await);
            assert!(
                matches!(error, Error::FfmpegOutOfMemory { .. }),
                "{error:?}"
            );
            assert!(error.to_string().contains("out of memory"));
        }
        let full = failed("av_interleaved_write_frame(): File too large\n").await;
        let error = Error::writing("encoding the video", "a.mp4".into(), full);
        let Error::Io { source, .. } = &error else {
            panic!("{error:?}");
        };
        assert_eq!(source.kind(), io::ErrorKind::FileTooLarge);
        assert!(
            error
                .help()
                .is_some_and(|help| help.to_string().contains("ulimit -f"))
        );
    }

    #[test]
    fn sizes_are_told_in_mebibytes() {
        let error = Error::InputTooLarge {
            path: "a.wav".into(),
            bytes: 200 * MIB - 1,
            limit: 150 * MIB,
        };
        assert_eq!(
            error.to_string(),
            "a.wav is too large: 200 MiB, at most 150 MiB are accepted"
        );
    }

    #[test]
    fn what_to_do_about_a_file_that_cannot_be_used_is_of_its_kind() {
        let help = |reason: &str| {
            let error = Error::InputBroken {
                path: "a".into(),
                reason: reason.to_owned(),
            };
            error
                .help()
                .map(|help| help.to_string())
                .unwrap_or_default()
        };
        assert!(help(&format!("1x1 pixels {TOO_SMALL}")).contains("larger picture"));
        assert!(help(NOBODY_HEARD).contains("listen to it"));
        assert!(help("the picture ends too early").contains("download it again"));
    }

    #[test]
    fn what_is_too_long_is_told_with_the_limit() {
        let told = |seconds| {
            let path = "a.mp3".into();
            let limit = 600.0;
            let error = Error::InputTooLong {
                path,
                seconds,
                limit,
            };
            assert!(
                error
                    .help()
                    .is_some_and(|help| help.to_string().contains("cut it"))
            );
            error.to_string()
        };
        assert_eq!(
            told(Some(700.0)),
            "a.mp3 is 700.0 s long, and a video lasts 600 s at most"
        );
        assert!(told(None).contains("longer than 600 s"));
    }

    #[test]
    fn what_a_scene_names_is_told_with_its_number() {
        let missing = Error::InputMissing {
            path: "/x/a.png".into(),
        };
        let error = missing.of_scene(2);
        let told = videogen_text::chain(&error);
        assert!(told.contains("scene 2") && told.contains("/x/a.png does not exist"));
        let help = |error: &Error| {
            error
                .help()
                .map(|help| help.to_string())
                .unwrap_or_default()
        };
        assert!(help(&error).contains("beside the script"));
        let empty = Error::InputEmpty {
            path: "a.png".into(),
        };
        assert!(help(&empty.of_scene(1)).contains("make the file again"));
        assert!(Error::Cancelled.of_scene(1).is_cancelled());
    }

    #[test]
    fn cancellation_has_no_help_and_is_no_reason_to_try_again() {
        assert!(Error::Cancelled.is_cancelled());
        assert!(!Error::Cancelled.is_retryable());
        assert_eq!(Error::Cancelled.help(), None);
    }
}
