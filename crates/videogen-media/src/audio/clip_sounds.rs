//! The sound of clips, decoded to the disk before it is mixed: minutes of it are never held in memory.

use std::io;
use std::ops::ControlFlow;

use camino::{Utf8Path, Utf8PathBuf};
use tokio_util::sync::CancellationToken;

use super::decode::{SoundInput, convert};
use super::sink::{Listening, SampleSink};
use super::spool::Spool;
use super::wav::writing;
use super::{AudioStats, SAMPLE_RATE, samples_in};
use crate::blocking::blocking;
use crate::{Error, Ffmpeg};

/// The most that a sample may be beyond full scale (24 dB): floating samples of recorders are below it, and what is beyond
/// it is damage.
const LOUDEST: f32 = 16.0;
/// The shortest time after which a clip of unknown length begins again, in samples: 0.1 s.
const SHORTEST: usize = SAMPLE_RATE as usize / 10;

/// The sound of a clip: where it is read, and where it lies beside the frames.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct ClipTrack {
    pub(crate) path: Utf8PathBuf,
    /// FFmpeg's name of the demuxer to force.
    pub(crate) demuxer: &'static str,
    /// When it begins, in seconds after the first frame; before it where that is negative.
    pub(crate) offset: f64,
    /// After how many seconds the clip begins again, where that is known. Where it is not, it is at the end of the sound.
    pub(crate) length: Option<f64>,
}

/// A recorder that lost sound, or was told to pause, leaves a gap: silence, and no reason for the rest to come early.
const KEEPS_GAPS: [&str; 2] = ["-af", "aresample=async=1"];

impl ClipTrack {
    fn input(&self) -> SoundInput<'_> {
        SoundInput {
            path: &self.path,
            demuxer: self.demuxer,
            options: &KEEPS_GAPS,
        }
    }

    /// Listens to its first `seconds`. Nothing of it is held in memory.
    ///
    /// # Errors
    /// [`Error::InputBroken`] if it cannot be decoded; [`Error::Ffmpeg`], [`Error::Cancelled`].
    pub(crate) async fn listen(
        &self,
        ffmpeg: &Ffmpeg,
        seconds: f64,
        cancel: &CancellationToken,
    ) -> Result<AudioStats, Error> {
        let sink = Listening::new(samples_in(seconds, SAMPLE_RATE));
        let listening = convert(ffmpeg, self.input(), sink, cancel).await?;
        let (_, heard) = listening.heard();
        Ok(heard)
    }
}

/// A stretch of a video in which a clip is heard, from its first frame on.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct ClipSpan {
    pub(crate) track: ClipTrack,
    /// From when to when, in seconds of the video.
    pub(crate) start: f64,
    pub(crate) end: f64,
    /// How long it takes to come in and to go out, in seconds; at most half of the stretch each.
    pub(crate) fades: (f64, f64),
}

impl ClipSpan {
    /// How many samples of its clip are heard in it before that begins again.
    fn wanted(&self) -> usize {
        let length = samples_in(self.end - self.start, SAMPLE_RATE);
        length.min(period(&self.track).unwrap_or(length))
    }
}

/// After how many samples a clip begins again, where that is known.
fn period(track: &ClipTrack) -> Option<usize> {
    let length = track.length?;
    Some(samples_in(length, SAMPLE_RATE).max(1))
}

/// The sound of the clips of a video as it is shown, decoded and waiting on the disk for
/// [`mix_with_clips`](crate::mix_with_clips), 0.4 MB per second.
///
/// It lies in files without a name, which are gone with this value, however the process ends.
#[derive(Debug)]
pub struct ClipSounds {
    /// One clip after the other, each once.
    pub(super) left: Spool,
    pub(super) right: Spool,
    pub(super) sources: Vec<Source>,
    /// Where they are heard, in the order of the video.
    pub(super) parts: Vec<Part>,
    /// How loud they are, 1 as they were recorded.
    pub(super) volume: f64,
}

/// One clip of those on the disk, in samples.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Source {
    /// Where its sound begins on the disk, and how long it is.
    pub(super) at: usize,
    pub(super) length: usize,
    /// How much silence comes before its sound.
    pub(super) delay: usize,
    /// After how many samples it begins again, above 0.
    pub(super) period: usize,
}

/// A stretch of a mix in which a clip is heard, in samples.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Part {
    /// The place of the clip among the sources.
    pub(super) source: usize,
    pub(super) start: usize,
    pub(super) end: usize,
    /// How long it takes to come in and to go out.
    pub(super) fades: (usize, usize),
}

impl Part {
    fn of(span: &ClipSpan, source: usize) -> Self {
        let [start, end] = [span.start, span.end].map(|time| samples_in(time, SAMPLE_RATE));
        let half = end.saturating_sub(start) / 2;
        let fade = |seconds: f64| samples_in(seconds, SAMPLE_RATE).min(half);
        Self {
            source,
            start,
            end,
            fades: (fade(span.fades.0), fade(span.fades.1)),
        }
    }
}

impl ClipSounds {
    /// Decodes what is heard in `spans`, of each clip once and no more than is heard, to the disk that `output` is
    /// written to. Each is read from its beginning to the last sample that is heard.
    ///
    /// # Errors
    /// [`Error::InputBroken`] if a clip cannot be decoded; [`Error::Ffmpeg`], [`Error::Io`], [`Error::Cancelled`].
    pub(crate) async fn decode(
        ffmpeg: &Ffmpeg,
        spans: &[ClipSpan],
        volume: f64,
        output: &Utf8Path,
        cancel: &CancellationToken,
    ) -> Result<Self, Error> {
        let place = output.to_owned();
        let mut sink = blocking(move || {
            let spool = || Spool::beside(&place).map_err(|source| writing(&place, source));
            Ok(ToSpools::new(spool()?, spool()?))
        })
        .await?;
        let mut tracks: Vec<&ClipTrack> = Vec::new();
        let (mut sources, mut parts) = (Vec::new(), Vec::new());
        for span in spans {
            let known = tracks.iter().position(|track| **track == span.track);
            let source = match known {
                Some(source) => source,
                None => {
                    let track = &span.track;
                    let same = spans.iter().filter(|other| other.track == *track);
                    let wanted = same.map(ClipSpan::wanted).max().unwrap_or(0);
                    let (filled, decoded) = sink.decode(ffmpeg, track, wanted, cancel).await?;
                    sink = filled;
                    if let Some(error) = sink.failed.take() {
                        return Err(writing(output, error));
                    }
                    tracks.push(track);
                    sources.push(decoded);
                    sources.len() - 1
                }
            };
            parts.push(Part::of(span, source));
        }
        Ok(Self {
            left: sink.left,
            right: sink.right,
            sources,
            parts,
            volume,
        })
    }
}

/// Takes the sound of one clip after another to the disk.
#[derive(Debug)]
struct ToSpools {
    left: Spool,
    right: Spool,
    /// Samples of all clips so far.
    written: usize,
    /// How many samples are left out before the first one that is taken, and how many are taken yet.
    skipped: usize,
    wanted: usize,
    /// Why the disk took no more.
    failed: Option<io::Error>,
    /// The samples that are written, without damage; kept to be used again.
    clean: Vec<f32>,
}

impl ToSpools {
    fn new(left: Spool, right: Spool) -> Self {
        Self {
            left,
            right,
            written: 0,
            skipped: 0,
            wanted: 0,
            failed: None,
            clean: Vec::new(),
        }
    }

    /// Appends the sound of a clip as far as `wanted` samples from its first frame on reach, and says where it lies.
    async fn decode(
        mut self,
        ffmpeg: &Ffmpeg,
        track: &ClipTrack,
        wanted: usize,
        cancel: &CancellationToken,
    ) -> Result<(Self, Source), Error> {
        let delay = samples_in(track.offset.max(0.0), SAMPLE_RATE).min(wanted);
        self.skipped = samples_in((-track.offset).max(0.0), SAMPLE_RATE);
        self.wanted = wanted - delay;
        let at = self.written;
        if self.wanted > 0 {
            self = convert(ffmpeg, track.input(), self, cancel).await?;
        }
        let length = self.written - at;
        let source = Source {
            at,
            length,
            delay,
            period: period(track).unwrap_or((delay + length).max(SHORTEST)),
        };
        Ok((self, source))
    }

    fn append(&mut self, left: &[f32], right: &[f32]) -> io::Result<()> {
        for (channel, spool) in [(left, &mut self.left), (right, &mut self.right)] {
            self.clean.clear();
            self.clean.extend(channel.iter().map(|sample| {
                if sample.is_finite() {
                    sample.clamp(-LOUDEST, LOUDEST)
                } else {
                    0.0
                }
            }));
            spool.append(&self.clean)?;
        }
        self.written += left.len();
        Ok(())
    }
}

impl SampleSink for ToSpools {
    fn take(&mut self, left: &[f32], right: &[f32]) -> ControlFlow<()> {
        let from = self.skipped.min(left.len());
        self.skipped -= from;
        let count = self.wanted.min(left.len() - from);
        self.wanted -= count;
        let heard = from..from + count;
        if let Err(error) = self.append(&left[heard.clone()], &right[heard]) {
            self.failed = Some(error);
            return ControlFlow::Break(());
        }
        if self.wanted == 0 {
            ControlFlow::Break(())
        } else {
            ControlFlow::Continue(())
        }
    }
}

#[cfg(test)]
impl ClipSounds {
    /// One clip of these samples, `delay` after its first frame, which begins again after `period`, in `parts`.
    pub(super) fn of_samples(
        sound: &super::StereoAudio,
        (delay, period): (usize, usize),
        parts: &[Part],
        volume: f64,
    ) -> Self {
        let dir = camino_tempfile::tempdir().unwrap();
        let spool = |samples: &[f32]| {
            let mut spool = Spool::new(dir.path()).unwrap();
            spool.append(samples).unwrap();
            spool
        };
        Self {
            left: spool(&sound.left),
            right: spool(&sound.right),
            sources: vec![Source {
                at: 0,
                length: sound.len(),
                delay,
                period,
            }],
            parts: parts.to_vec(),
            volume,
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::StereoAudio;
    use super::super::tests::{noise, pieces};
    use super::*;

    fn sink() -> ToSpools {
        let dir = camino_tempfile::tempdir().unwrap();
        let spool = || Spool::new(dir.path()).unwrap();
        ToSpools::new(spool(), spool())
    }

    /// What lies on the disk.
    fn kept(sink: &mut ToSpools) -> StereoAudio {
        let mut sound = StereoAudio::silent(sink.written);
        sink.left.read(0, &mut sound.left).unwrap();
        sink.right.read(0, &mut sound.right).unwrap();
        sound
    }

    #[test]
    fn damage_is_silence_and_no_more_than_is_wanted_is_kept() {
        let mut sink = sink();
        (sink.skipped, sink.wanted) = (2, 3);
        let left = [9.0, 9.0, f32::NAN, 0.5, 1e9, 7.0];
        let right = [9.0, 9.0, f32::NEG_INFINITY, -0.5, -1e9, 7.0];
        assert!(sink.take(&left, &right).is_break());
        let sound = kept(&mut sink);
        assert_eq!(sound.left, [0.0, 0.5, LOUDEST]);
        assert_eq!(sound.right, [0.0, -0.5, -LOUDEST]);
    }

    #[test]
    fn a_stretch_has_room_for_its_fades() {
        let track = ClipTrack {
            path: "a.mp4".into(),
            demuxer: "mov",
            offset: 0.0,
            length: Some(1.0),
        };
        let span = |start, end| ClipSpan {
            track: track.clone(),
            start,
            end,
            fades: (0.2, 0.6),
        };
        let part = Part::of(&span(1.0, 1.5), 3);
        assert_eq!((part.source, part.start, part.end), (3, 48_000, 72_000));
        assert_eq!(part.fades, (9_600, 12_000));
        // Of a clip that begins again, no more than is in it.
        assert_eq!(span(1.0, 1.5).wanted(), 24_000);
        assert_eq!(span(1.0, 9.0).wanted(), 48_000);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(48))]
        #[test]
        fn pieces_change_nothing_in_what_is_kept(length in 0_usize..5000, skipped in 0_usize..3000, wanted in 1_usize..6000, lengths in prop::collection::vec(1_usize..900, 0..9)) {
            let sound = noise(5, 0.3, length);
            let mut sink = sink();
            (sink.skipped, sink.wanted) = (skipped, wanted);
            for piece in pieces(&sound, &lengths) {
                if sink.take(&piece.left, &piece.right).is_break() {
                    break;
                }
            }
            let from = skipped.min(length);
            let to = (from + wanted).min(length);
            let found = kept(&mut sink);
            prop_assert_eq!(&found.left, &sound.left[from..to]);
            prop_assert_eq!(&found.right, &sound.right[from..to]);
        }
    }
}
