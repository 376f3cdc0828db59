//! The own sound of the user's clips: which of them are heard, in which scenes, and from when to when.

use camino::{Utf8Path, Utf8PathBuf};
use tokio_util::sync::CancellationToken;

use super::{File, Footage};
use crate::audio::{ClipSounds, ClipSpan, ClipTrack};
use crate::clip::{CLIP_CHECKED_SECONDS, Clip};
use crate::pacing::Pacing;
use crate::timeline::{Shot, Timeline};
use crate::{Error, Footprint, FrameRate};

/// The shortest time in which the sound of a clip comes in and goes out, in seconds: no click is heard. Where pictures are
/// crossfaded, the sound is crossfaded with them.
const EDGE: f64 = 0.2;
/// Bytes of a second of it while it is mixed: two channels of 32 bits.
const BYTES_PER_SECOND: f64 = 48_000.0 * 8.0;

/// What is heard of a file.
#[derive(Debug, Clone, Default)]
pub(super) struct HeardSound {
    /// Its sound, if that is heard.
    track: Option<ClipTrack>,
    /// What is remarkable about it, in words for a person.
    remark: Option<String>,
}

impl HeardSound {
    /// Listens to the beginning of a clip, as much of it as is looked at.
    ///
    /// # Errors
    /// [`Error::Ffmpeg`], [`Error::Cancelled`]; sound that cannot be decoded is only not heard.
    pub(super) async fn of(clip: &Clip, cancel: &CancellationToken) -> Result<Self, Error> {
        let path = clip.path();
        let unheard = |why: String| Self {
            track: None,
            remark: Some(format!("{path} {why}")),
        };
        let track = match clip.track() {
            None => return Ok(unheard("has no sound of its own to be heard".to_owned())),
            Some(Err(flaw)) => {
                return Ok(unheard(format!("is shown without its sound: {flaw}")));
            }
            Some(Ok(track)) => track,
        };
        let listening = track.listen(clip.ffmpeg(), CLIP_CHECKED_SECONDS, cancel);
        let heard = match listening.await {
            Ok(heard) => heard,
            Err(Error::InputBroken { reason, .. }) => {
                let why = format!("is shown without its sound, which cannot be decoded: {reason}");
                return Ok(unheard(why));
            }
            Err(error) => return Err(error),
        };
        if let Some(flaw) = heard.flaw() {
            return Ok(unheard(format!("is shown without its sound: {flaw}")));
        }
        let seconds = heard.seconds;
        let remark = heard.is_silent().then(|| {
            format!("the sound of {path} is silent in the {seconds:.1} s that were listened to")
        });
        Ok(Self {
            track: Some(track),
            remark,
        })
    }
}

impl File {
    /// Whether something is heard with it.
    fn is_heard(&self) -> bool {
        self.heard.track.is_some()
    }
}

impl Footage {
    /// How loud the sound of clips is, where any of them is heard.
    pub(super) fn heard_volume(&self) -> Option<f64> {
        let is_heard = self.shown().any(File::is_heard);
        is_heard.then(|| self.volume.get())
    }

    /// Returns how loud the own sound of clips is in scene `index` of `count`, 1 as it was recorded; `None` where none is
    /// heard.
    pub fn clip_sound(&self, index: usize, count: usize) -> Option<f64> {
        let is_heard = self.of_scene(index, count).into_iter().any(File::is_heard);
        is_heard.then(|| self.volume.get())
    }

    /// Returns the bytes that a video of them needs on disk while it is being made of so many `pictures`: as
    /// [`Footprint::needed_bytes`], and the sound of clips while it is mixed.
    pub fn needed_bytes(&self, footprint: &Footprint, pictures: usize) -> u64 {
        let is_heard = self.heard_volume().is_some();
        let sound = is_heard.then_some(BYTES_PER_SECOND * footprint.seconds);
        footprint.needed_bytes(pictures) + sound.unwrap_or(0.0) as u64
    }

    /// Says what of the sound that is wished for will not be heard.
    pub(super) fn unheard(&self) -> Vec<String> {
        if self.volume.is_off() || (self.files.is_empty() && !self.is_scripted) {
            return Vec::new();
        }
        if self.clips().next().is_none() {
            return vec![
                "there is no clip among what is shown, so that no sound of clips is heard"
                    .to_owned(),
            ];
        }
        let remarks = self.files.iter().map(|file| file.heard.remark.clone());
        remarks.flatten().collect()
    }

    /// From when to when which clips are heard in a video of this timeline.
    fn heard_in(&self, timeline: &Timeline, rate: FrameRate) -> Vec<ClipSpan> {
        let track = |shot: &Shot| {
            let files = self.files.iter();
            let mut own = files.filter(|own| own.source.path() == shot.source.path());
            own.find_map(|own| own.heard.track.clone())
        };
        let span = |(index, shot): (usize, &Shot)| {
            let track = track(shot)?;
            let (seen, (before, behind)) = timeline.seen(index);
            let [start, end] = [seen.start, seen.end].map(|frame| rate.time_of(frame));
            let fade = |frames: u64| rate.time_of(frames).max(EDGE);
            // The frames of a clip begin again after whole frames of the video.
            let length = |seconds: f64| rate.time_of(rate.frames_in(seconds).max(1));
            Some(ClipSpan {
                track: ClipTrack {
                    length: track.length.map(length),
                    ..track
                },
                start,
                end,
                fades: (fade(before), fade(behind)),
            })
        };
        timeline
            .shots()
            .iter()
            .enumerate()
            .filter_map(span)
            .collect()
    }

    /// Decodes the own sound of clips as it is heard with `pictures`, which lie on the time axis as [`Footage::timeline`]
    /// lays them: each clip from its first frame on, again where its frames begin again, and in and out with the crossfades.
    /// It waits on the disk that `output` is written to. `None` where no clip is heard.
    ///
    /// # Errors
    /// As [`Timeline::new`]; [`Error::InputBroken`] if a clip cannot be decoded any more, [`Error::Ffmpeg`],
    /// [`Error::Io`], [`Error::Cancelled`].
    pub async fn sounds(
        &self,
        pictures: &[Utf8PathBuf],
        pacing: &Pacing,
        rate: FrameRate,
        output: &Utf8Path,
        cancel: &CancellationToken,
    ) -> Result<Option<ClipSounds>, Error> {
        let ffmpeg = self.clips().next().map(Clip::ffmpeg);
        let (Some(volume), Some(ffmpeg)) = (self.heard_volume(), ffmpeg) else {
            return Ok(None);
        };
        // Which picture an end card has for its ground is all the same: the last clip goes out with it.
        let ground = (pacing.outro > 0.0).then(Utf8PathBuf::new);
        let timeline = self.timeline(pictures, pacing, rate, 0, ground)?;
        let spans = self.heard_in(&timeline, rate);
        let sounds = ClipSounds::decode(ffmpeg, &spans, volume, output, cancel);
        sounds.await.map(Some)
    }
}

#[cfg(test)]
mod tests {
    use videogen_durable::KeyBuilder;
    use videogen_types::ClipVolume;

    use super::*;
    use crate::FrameSize;
    use crate::pacing::SceneSpan;
    use crate::picture::{Colours, Ground};

    /// Files, of which those that end in `.mp4` are heard; what they are seen as is all the same here.
    fn of(names: &[&str]) -> Footage {
        let track = |name: &str| ClipTrack {
            path: name.into(),
            demuxer: "mov",
            offset: 0.0,
            length: Some(2.01),
        };
        let file = |name: &&str| File {
            source: (*name).into(),
            look: None,
            colours: Colours::Stored,
            ground: Ground::Dark,
            memory: 0,
            heard: HeardSound {
                track: name.contains(".mp4").then(|| track(name)),
                remark: None,
            },
        };
        Footage {
            files: names.iter().map(file).collect(),
            volume: ClipVolume::new(0.5).expect("in range"),
            ..Footage::default()
        }
    }

    fn rate() -> FrameRate {
        FrameRate::new(30, 1).expect("in range")
    }

    /// What is heard of these files in scenes of three seconds each.
    fn heard(footage: &Footage, scenes: usize, outro: f64) -> Vec<ClipSpan> {
        let span = |index: usize| SceneSpan {
            start: 3.0 * index as f64,
            duration: 3.0,
            speech: 3.0 * index as f64,
        };
        let pacing = Pacing {
            spans: (0..scenes).map(span).collect(),
            duration: 3.0 * scenes as f64 + outro,
            outro,
        };
        let (files, _) = footage.scenes(vec![Utf8PathBuf::new(); scenes], &[]);
        let ground = (outro > 0.0).then(Utf8PathBuf::new);
        let timeline = footage.timeline(&files, &pacing, rate(), 0, ground);
        footage.heard_in(&timeline.expect("a timeline"), rate())
    }

    #[track_caller]
    fn is_span(span: &ClipSpan, name: &str, times: [f64; 4]) {
        let found = [span.start, span.end, span.fades.0, span.fades.1];
        let near = found.iter().zip(times).all(|(a, b)| (a - b).abs() < 1e-9);
        assert!(span.track.path == name && near, "{span:?}, not {times:?}");
    }

    #[test]
    fn a_clip_is_heard_as_long_as_it_is_seen_and_crossfaded_as_it_is() {
        let footage = of(&["a.mp4", "b.png", "c.mp4", "d.mp4"]);
        let all = heard(&footage, 4, 0.0);
        assert_eq!(all.len(), 3);
        is_span(&all[0], "a.mp4", [0.0, 3.6, 0.2, 0.6]);
        is_span(&all[1], "c.mp4", [6.0, 9.6, 0.6, 0.6]);
        is_span(&all[2], "d.mp4", [9.0, 12.0, 0.6, 0.2]);
        // It begins again with its frames: after 60 of them.
        assert_eq!(all[0].track.length, Some(2.0));
        // An end card is another picture.
        is_span(&heard(&footage, 4, 2.0)[2], "d.mp4", [9.0, 12.6, 0.6, 0.6]);
    }

    #[test]
    fn a_clip_that_goes_on_through_several_scenes_is_heard_through_them() {
        let all = heard(&of(&["a.mp4"]), 3, 0.0);
        assert_eq!(all.len(), 1);
        is_span(&all[0], "a.mp4", [0.0, 9.0, 0.2, 0.2]);
    }

    #[test]
    fn scenes_know_whether_their_clips_are_heard() {
        let footage = of(&["a.mp4", "b.png"]);
        assert_eq!([0, 1].map(|n| footage.clip_sound(n, 2)), [Some(0.5), None]);
        let told = footage.describe(String::new());
        assert!(told.ends_with(", own sound at 0.5"), "{told}");
        let footprint = Footprint {
            size: FrameSize::new(720, 1280).expect("even"),
            rate: rate(),
            seconds: 2.0,
        };
        let more = |of: &Footage| of.needed_bytes(&footprint, 3) - footprint.needed_bytes(3);
        assert_eq!(more(&footage), 768_000);
        let silent = of(&["b.png"]);
        assert_eq!((silent.clip_sound(0, 1), more(&silent)), (None, 0));
        assert_eq!(silent.describe(String::new()), "1 picture of yours");
    }

    #[test]
    fn a_volume_is_in_the_key_of_a_video_in_which_something_is_heard() {
        let key = || KeyBuilder::new("render", 1);
        let of = |names: &[&str]| of(names).add_to_key(2, key()).finish();
        assert_eq!(of(&["b.png", "c.png"]), key().finish());
        let heard = key().real("clip sound", 0.5).finish();
        assert_eq!(of(&["a.mp4", "b.png"]), heard);
    }

    #[test]
    fn a_volume_without_a_clip_is_told_and_nothing_is_where_none_is_set() {
        let mut footage = of(&["b.png"]);
        assert!(
            footage
                .unheard()
                .join("\n")
                .contains("no clip among what is shown")
        );
        footage.volume = ClipVolume::OFF;
        assert!(footage.unheard().is_empty());
        footage.volume = ClipVolume::new(1.0).expect("in range");
        footage.files.clear();
        assert!(footage.unheard().is_empty(), "all is painted");
        footage.is_scripted = true;
        assert_eq!(footage.unheard().len(), 1, "a script that names no clip");
    }
}
