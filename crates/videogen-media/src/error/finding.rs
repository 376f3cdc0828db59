//! What can be wrong with a finished video, one by one.

use std::fmt;

/// One thing that is not as it should be. Displayed as a short sentence without a full stop.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum VerifyFinding {
    /// The file's headers cannot be read.
    Unreadable {
        /// What ffprobe said.
        reason: String,
    },
    /// There is no such stream.
    NoStream {
        /// "video" or "audio".
        kind: &'static str,
    },
    /// A property has another value than it should.
    Differs {
        /// The property.
        what: &'static str,
        /// What it should be.
        expected: String,
        /// What it is.
        found: String,
    },
    /// A part of the file is missing.
    Truncated,
    /// The index lies behind the media data: playing cannot begin before all of the file has arrived.
    IndexAtEnd,
    /// The decoder complained.
    DecodeErrors {
        /// How often.
        count: usize,
        /// What it said first.
        first: String,
    },
    /// Fewer frames than there should be came out of the decoder.
    FramesMissing {
        /// How many there should be.
        expected: u64,
        /// How many there are.
        found: u64,
    },
    /// Too much of the video is black.
    Black {
        /// How much, in seconds.
        seconds: f64,
        /// Length of the video in seconds.
        of: f64,
    },
    /// A scene is black that should not be.
    BlackScene {
        /// Its number, counted from 1.
        scene: usize,
        /// How much of it, in seconds.
        seconds: f64,
        /// Its length in seconds.
        of: f64,
    },
    /// The picture of a scene stands still, or is of one colour.
    FrozenScene {
        /// Its number, counted from 1.
        scene: usize,
        /// For how long, in seconds.
        seconds: f64,
        /// Its length in seconds.
        of: f64,
    },
    /// Nothing is heard in a scene where somebody should speak.
    SilentScene {
        /// Its number, counted from 1.
        scene: usize,
        /// For how long, in seconds.
        seconds: f64,
        /// How long there should be something, in seconds.
        of: f64,
    },
    /// One picture stands still for too long.
    Frozen {
        /// From when on, in seconds.
        start: f64,
        /// For how long, in seconds.
        seconds: f64,
        /// Length of the video in seconds.
        of: f64,
    },
    /// There is nothing to be heard.
    Silent {
        /// Integrated loudness in LUFS, if there is one.
        lufs: Option<f64>,
    },
    /// The loudness is not what it should be.
    Loudness {
        /// Integrated loudness in LUFS.
        lufs: f64,
        /// What it should be.
        target: f64,
    },
    /// The true peak is higher than it should be.
    TruePeak {
        /// True peak in dBTP.
        dbtp: f64,
        /// The most it should be.
        ceiling: f64,
    },
}

impl VerifyFinding {
    /// The scene it is about, counted from 1; `None` when it is about the whole.
    pub fn scene(&self) -> Option<usize> {
        match self {
            Self::BlackScene { scene, .. }
            | Self::FrozenScene { scene, .. }
            | Self::SilentScene { scene, .. } => Some(*scene),
            _ => None,
        }
    }
}

impl fmt::Display for VerifyFinding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unreadable { reason } => write!(f, "its headers cannot be read ({reason})"),
            Self::NoStream { kind } => write!(f, "it has no {kind} stream"),
            Self::Differs {
                what,
                expected,
                found,
            } => {
                let found = if found.is_empty() { "not told" } else { found };
                write!(f, "{what} is {found}, expected {expected}")
            }
            Self::Truncated => write!(f, "a part of the file is missing"),
            Self::IndexAtEnd => write!(f, "its index is not in front (faststart)"),
            Self::DecodeErrors { count: 1, first } => {
                write!(f, "it does not decode cleanly ({first})")
            }
            Self::DecodeErrors { count, first } => write!(
                f,
                "it does not decode cleanly ({count} errors, first: {first})"
            ),
            Self::FramesMissing { expected, found } => {
                write!(f, "{found} of {expected} frames came out of the decoder")
            }
            Self::Black { seconds, of } => write!(f, "it is black for {seconds:.1} s of {of:.1} s"),
            Self::BlackScene { scene, seconds, of } => {
                write!(f, "scene {scene} is black for {seconds:.1} s of {of:.1} s")
            }
            Self::FrozenScene { scene, seconds, of } => write!(
                f,
                "the picture of scene {scene} stands still for {seconds:.1} s of {of:.1} s"
            ),
            Self::SilentScene { scene, seconds, of } => write!(
                f,
                "the words of scene {scene} are silent for {seconds:.1} s of {of:.1} s"
            ),
            Self::Frozen { start, seconds, of } => {
                write!(
                    f,
                    "its picture stands still for {seconds:.1} s of {of:.1} s from {start:.1} s on"
                )
            }
            Self::Silent { lufs: None } => write!(f, "it is silent"),
            Self::Silent { lufs: Some(lufs) } => {
                write!(f, "it is as good as silent ({lufs:.1} LUFS)")
            }
            Self::Loudness { lufs, target } => {
                write!(f, "its loudness is {lufs:.1} LUFS, expected {target} LUFS")
            }
            Self::TruePeak { dbtp, ceiling } => write!(
                f,
                "its true peak is {dbtp:.1} dBTP, expected at most {ceiling} dBTP"
            ),
        }
    }
}
/// Lists `findings` in one sentence without a full stop.
pub fn list_findings(findings: &[VerifyFinding]) -> String {
    let all: Vec<String> = findings.iter().map(ToString::to_string).collect();
    all.join("; ")
}
