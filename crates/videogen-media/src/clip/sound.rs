//! Where the sound of a clip lies beside its frames, by what its headers tell. Pure.

use super::kind::Container;
use super::{Clip, ClipInfo, Decoder};
use crate::Ffmpeg;
use crate::audio::{ClipTrack, stream_flaw};
use crate::probe::MediaInfo;

/// How far what was decoded may be from the length in the header, in seconds, for that to be the more exact one.
const NEAR: f64 = 0.1;
/// And in frames: some versions of FFmpeg do not count the last one.
const NEAR_FRAMES: f64 = 1.5;

/// The sound of a clip as its headers tell of it.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct ClipSound {
    /// Why it cannot be heard, where it cannot.
    flaw: Option<String>,
    /// When it begins, in seconds after the first frame; before it where that is negative.
    offset: f64,
    /// After how many seconds the frames begin again, where that is known.
    length: Option<f64>,
}

impl ClipSound {
    /// Reads it off the headers of a clip of which this is known and so many frames were decoded; `None` where there is no
    /// sound. One frame does not begin again.
    pub(super) fn of(
        container: Container,
        probe: &MediaInfo,
        info: &ClipInfo,
        frames: u64,
    ) -> Option<Self> {
        let (video, audio) = (probe.video.as_ref()?, probe.audio.as_ref()?);
        let offset = match (video.start, audio.start) {
            (Some(frames), Some(sound)) => sound - frames,
            _ => 0.0,
        };
        // Times count from the first of both, and so did they when the frames were decoded to their end.
        let late = if container.counts_from_what_is_decoded() {
            0.0
        } else {
            (-offset).max(0.0)
        };
        let decoded = info.seconds - late;
        let told = video.duration.filter(|told| *told > 0.0);
        let length = if info.known().is_finite() {
            told.or(probe.duration)
        } else {
            let frame = (video.frame_rate).map_or(0.0, |(count, seconds)| {
                f64::from(seconds) / f64::from(count.max(1))
            });
            let near = NEAR.max(NEAR_FRAMES * frame);
            let is_near = |seconds: &f64| (seconds - decoded).abs() < near;
            let counted = Some(frames as f64 * frame).filter(|counted| *counted > 0.0);
            let exact = told.filter(is_near).or(counted.filter(is_near));
            Some(exact.unwrap_or(decoded))
        };
        Some(Self {
            flaw: stream_flaw(audio.sample_rate, audio.channels),
            offset,
            length: length.filter(|length| *length > 0.0 && frames != 1),
        })
    }
}

impl Clip {
    /// Returns its sound, or why that cannot be heard; `None` where it has none.
    pub(crate) fn track(&self) -> Option<Result<ClipTrack, String>> {
        let Decoder::Ffmpeg {
            container,
            sound: Some(sound),
            ..
        } = &self.0.decoder
        else {
            return None;
        };
        Some(match &sound.flaw {
            Some(flaw) => Err(flaw.clone()),
            None => Ok(ClipTrack {
                path: self.path().to_owned(),
                demuxer: container.demuxer(),
                offset: sound.offset,
                length: sound.length,
            }),
        })
    }

    /// Who decodes it.
    pub(crate) fn ffmpeg(&self) -> &Ffmpeg {
        &self.0.ffmpeg
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::probe::AudioStream;
    use crate::probe::tests::video_stream;

    /// A clip whose frames and whose sound begin at these times.
    fn probed(frames: Option<f64>, sound: Option<f64>, told: Option<f64>) -> MediaInfo {
        let mut video = video_stream();
        (video.start, video.duration) = (frames, told);
        MediaInfo {
            duration: Some(47.0),
            video: Some(video),
            audio: Some(AudioStream {
                codec: "aac".to_owned(),
                channels: 2,
                sample_rate: 48_000,
                duration: None,
                bit_rate: None,
                start: sound,
                tagged_end: None,
            }),
            format: String::new(),
        }
    }

    fn known(seconds: f64) -> ClipInfo {
        ClipInfo {
            codec: "h264".to_owned(),
            width: 64,
            height: 64,
            seconds,
            sound: true,
            black: 0.0,
            dark: 0.0,
            remark: None,
        }
    }

    fn sound(container: Container, probe: &MediaInfo, seconds: f64) -> (f64, Option<f64>) {
        let frames = (seconds * 25.0).round() as u64;
        let sound = ClipSound::of(container, probe, &known(seconds), frames);
        let sound = sound.expect("it has sound");
        assert_eq!(sound.flaw, None);
        (sound.offset, sound.length)
    }

    fn near(found: f64, expected: f64) -> bool {
        (found - expected).abs() < 1e-9
    }

    #[test]
    fn sound_lies_beside_the_first_frame_and_not_beside_the_file() {
        for (frames, audio, offset) in [
            (Some(0.0), Some(0.0), 0.0),
            (Some(0.0), Some(0.5), 0.5),
            (Some(0.5), Some(0.0), -0.5),
            (Some(1.48), Some(1.4), -0.08),
            (None, Some(3.0), 0.0),
            (Some(3.0), None, 0.0),
        ] {
            let probe = probed(frames, audio, None);
            let (found, _) = sound(Container::Mov, &probe, 4.0);
            assert!(near(found, offset), "{frames:?} {audio:?}: {found}");
        }
    }

    #[test]
    fn a_clip_begins_again_after_its_frames() {
        let length = |container, frames, told, seconds| {
            let probe = probed(Some(frames), Some(0.0), told);
            sound(container, &probe, seconds).1.expect("known")
        };
        // The header is exact, where it is right.
        assert!(near(length(Container::Mov, 0.0, Some(4.0), 3.96), 4.0));
        assert!(near(length(Container::Mov, 0.0, Some(9.0), 3.96), 3.96));
        assert!(near(length(Container::Matroska, 0.0, None, 4.0), 4.0));
        // Half a second of sound before the first frame is no part of them.
        assert!(near(length(Container::Matroska, 0.5, None, 4.5), 4.0));
        assert!(near(length(Container::MpegTs, 0.5, None, 4.0), 4.0));
        // A version of FFmpeg that leaves out the last frame, of which there are ten a second.
        let mut slow = probed(Some(0.0), Some(0.0), None);
        if let Some(video) = &mut slow.video {
            video.frame_rate = Some((10, 1));
        }
        let counted = |container, probe: &MediaInfo| {
            ClipSound::of(container, probe, &known(3.9), 40).and_then(|sound| sound.length)
        };
        assert!(near(
            counted(Container::Matroska, &slow).expect("known"),
            4.0
        ));
        if let Some(video) = &mut slow.video {
            video.duration = Some(4.0);
        }
        assert!(near(counted(Container::Mov, &slow).expect("known"), 4.0));
        // Of a long clip the header tells, or the container.
        assert!(near(length(Container::Mov, 0.0, Some(45.0), 30.0), 45.0));
        assert!(near(length(Container::Matroska, 0.0, None, 30.0), 47.0));
    }

    #[test]
    fn a_still_with_sound_does_not_begin_again_with_each_frame() {
        let probe = probed(Some(0.0), Some(0.0), Some(0.04));
        let sound = ClipSound::of(Container::Mov, &probe, &known(0.04), 1);
        assert_eq!(sound.expect("it has sound").length, None);
    }

    #[test]
    fn what_cannot_be_decoded_is_named_and_silence_is_none() {
        let mut probe = probed(Some(0.0), Some(0.0), None);
        if let Some(audio) = &mut probe.audio {
            audio.channels = 9;
        }
        let sound = ClipSound::of(Container::Mov, &probe, &known(4.0), 100);
        let flaw = sound.and_then(|sound| sound.flaw).expect("nine channels");
        assert!(flaw.contains("9 channels"), "{flaw}");
        probe.audio = None;
        assert_eq!(
            ClipSound::of(Container::Mov, &probe, &known(4.0), 100),
            None
        );
    }
}
