//! Which pictures are visible in which frame: the pure part of rendering.

use std::ops::Range;

use camino::{Utf8Path, Utf8PathBuf};
use videogen_types::FrameRate;

use crate::Error;
use crate::clip::Clip;
use crate::motion::Motion;
use crate::own_picture::OwnPicture;

/// Seconds in which one picture of a video becomes the next.
pub const CROSSFADE_SECONDS: f64 = 0.6;

/// What is seen in a shot.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum ShotSource {
    /// A PNG, JPEG or WebP file, over which the camera moves.
    Picture(Utf8PathBuf),
    /// A picture of the user that needs more than that to be read or shown.
    Own(OwnPicture),
    /// A clip, which moves by itself. It begins with the shot.
    Clip(Clip),
}

impl ShotSource {
    /// The file.
    pub fn path(&self) -> &Utf8Path {
        match self {
            Self::Picture(path) => path,
            Self::Own(picture) => picture.path(),
            Self::Clip(clip) => clip.path(),
        }
    }
}

impl From<Utf8PathBuf> for ShotSource {
    fn from(picture: Utf8PathBuf) -> Self {
        Self::Picture(picture)
    }
}

impl From<&str> for ShotSource {
    fn from(picture: &str) -> Self {
        Self::Picture(picture.into())
    }
}

impl From<OwnPicture> for ShotSource {
    fn from(picture: OwnPicture) -> Self {
        if picture.is_plain() {
            Self::Picture(picture.path().to_owned())
        } else {
            Self::Own(picture)
        }
    }
}

impl From<Clip> for ShotSource {
    fn from(clip: Clip) -> Self {
        Self::Clip(clip)
    }
}

/// One picture or clip and how long it is on screen.
#[derive(Debug, Clone, PartialEq)]
pub struct Shot {
    /// What is seen.
    pub source: ShotSource,
    /// The camera move over it, if it is a picture.
    pub motion: Motion,
    /// Whether the move is turned to what stands out in the picture: one that comes nearer ends there, one that goes away
    /// starts there, and one that passes by ends on its side.
    pub guided: bool,
    /// Seconds from its start to the start of the next shot (or to the end).
    pub duration: f64,
}

/// Shots one after another. Each one's picture stays, and keeps moving, until the crossfade into the next has ended.
#[derive(Debug, Clone, PartialEq)]
pub struct Timeline {
    shots: Vec<Shot>,
    /// First frame of each shot, and the number of frames in all at the end.
    starts: Vec<u64>,
    crossfade: u64,
}

/// What is visible in one frame.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Visible {
    /// Index of the shot, and the fraction of its move.
    pub(crate) front: (usize, f64),
    /// The shot that is fading out under it: index, fraction of its move, fraction of the crossfade.
    pub(crate) leaving: Option<(usize, f64, f64)>,
}

impl Timeline {
    /// Lays `shots` out at `rate`, with crossfades of `crossfade` seconds into every shot but the first. A crossfade is
    /// never longer than half of the shot it leads into.
    ///
    /// # Errors
    /// [`Error::InvalidValue`] when there is no shot, a duration is not a positive finite number, the whole is longer
    /// than four hours or shorter than a frame.
    pub fn new(shots: Vec<Shot>, rate: FrameRate, crossfade: f64) -> Result<Self, Error> {
        let invalid = |what, value: String, allowed: &str| Error::InvalidValue {
            what,
            value,
            allowed: allowed.into(),
        };
        if shots.is_empty() {
            return Err(invalid("number of shots", "0".into(), "at least 1"));
        }
        if !(0.0..=5.0).contains(&crossfade) {
            return Err(invalid(
                "crossfade",
                crossfade.to_string(),
                "0 to 5 seconds",
            ));
        }
        let mut starts = Vec::with_capacity(shots.len() + 1);
        let mut time = 0.0;
        for shot in &shots {
            if !(shot.duration.is_finite() && shot.duration > 0.0) {
                return Err(invalid(
                    "duration of a shot",
                    shot.duration.to_string(),
                    "a positive number of seconds",
                ));
            }
            starts.push(rate.frames_in(time));
            time += shot.duration;
        }
        let total = rate.frames_in(time);
        if total == 0 || time > 4.0 * 3600.0 {
            return Err(invalid(
                "duration of the video",
                format!("{time} s"),
                "one frame to four hours",
            ));
        }
        starts.push(total);
        let crossfade = rate.frames_in(crossfade);
        Ok(Self {
            shots,
            starts,
            crossfade,
        })
    }

    /// Frames in all.
    pub fn frames(&self) -> u64 {
        self.starts[self.shots.len()]
    }

    /// The shots, in order.
    pub fn shots(&self) -> &[Shot] {
        &self.shots
    }

    /// Frames of the crossfade at the start of shot `index`.
    fn fade_in(&self, index: usize) -> u64 {
        if index == 0 {
            0
        } else {
            self.crossfade
                .min((self.starts[index + 1] - self.starts[index]) / 2)
        }
    }

    /// The fraction of shot `index`'s move at `frame`. The move goes on while the next shot fades in.
    fn fraction(&self, index: usize, frame: u64) -> f64 {
        let start = self.starts[index];
        let mut end = self.starts[index + 1];
        if index + 1 < self.shots.len() {
            end += self.fade_in(index + 1);
        }
        (frame - start) as f64 / (end - start).max(1) as f64
    }

    /// The frame shot `index` begins with.
    pub(crate) fn start_of(&self, index: usize) -> u64 {
        self.starts[index]
    }

    /// The frames in which shot `index` is seen, with those in which it leaves, and how many of them are a crossfade at
    /// either end.
    pub(crate) fn seen(&self, index: usize) -> (Range<u64>, (u64, u64)) {
        let next = index + 1;
        let leaving = if next < self.shots.len() {
            self.fade_in(next)
        } else {
            0
        };
        let frames = self.starts[index]..self.starts[next] + leaving;
        (frames, (self.fade_in(index), leaving))
    }

    /// What is visible in `frame`, which is below [`Timeline::frames`].
    pub(crate) fn visible(&self, frame: u64) -> Visible {
        let index = self.starts[..self.shots.len()].partition_point(|&start| start <= frame) - 1;
        let into = frame - self.starts[index];
        let fade = self.fade_in(index);
        let leaving = (into < fade).then(|| {
            // The middle of the frame's step: a fade of n frames takes n visible steps.
            let progress = (into as f64 + 0.5) / fade as f64;
            (index - 1, self.fraction(index - 1, frame), progress)
        });
        Visible {
            front: (index, self.fraction(index, frame)),
            leaving,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn shot(duration: f64) -> Shot {
        Shot {
            source: "x.png".into(),
            motion: Motion::numbered(0),
            guided: false,
            duration,
        }
    }

    proptest! {
        #[test]
        fn shots_follow_one_another_and_nothing_jumps(
            durations in prop::collection::vec(0.05f64..20.0, 1..9), crossfade in 0.0f64..2.0, fps in 1u32..121,
        ) {
            let rate = FrameRate::new(fps, 1).expect("in range");
            let shots = durations.iter().map(|&d| shot(d)).collect();
            let Ok(timeline) = Timeline::new(shots, rate, crossfade) else { return Ok(()) };
            let total: f64 = durations.iter().sum();
            prop_assert_eq!(timeline.frames(), rate.frames_in(total));
            let mut last = 0;
            for frame in 0..timeline.frames() {
                let visible = timeline.visible(frame);
                for index in 0..timeline.shots().len() {
                    let is_seen = visible.front.0 == index || visible.leaving.is_some_and(|leaving| leaving.0 == index);
                    prop_assert_eq!(timeline.seen(index).0.contains(&frame), is_seen);
                }
                prop_assert!(visible.front.0 >= last);
                last = visible.front.0;
                prop_assert!((0.0..=1.0).contains(&visible.front.1));
                if let Some((index, fraction, progress)) = visible.leaving {
                    prop_assert_eq!(index + 1, visible.front.0);
                    prop_assert!((0.0..=1.0).contains(&fraction) && (0.0..=1.0).contains(&progress));
                }
            }
        }
    }

    #[test]
    fn impossible_durations_are_refused() {
        let rate = FrameRate::new(30, 1).expect("in range");
        for bad in [0.0, -1.0, f64::NAN, f64::INFINITY, 1e9] {
            assert!(Timeline::new(vec![shot(bad)], rate, 0.5).is_err(), "{bad}");
        }
        assert!(Timeline::new(vec![], rate, 0.5).is_err());
        assert!(Timeline::new(vec![shot(1.0)], rate, f64::NAN).is_err());
    }
}
