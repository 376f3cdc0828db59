//! Voice, music and the sound of clips added up, block by block, as often as they are needed.

use std::io;
use std::ops::Range;

use super::bed::{Filling, MusicBed, fade};
use super::clip_layer::ClipLayer;
use super::duck::Ducking;
use super::loudness::LoudnessMeter;
use super::spool::Spool;
use super::walk::Walk;
use super::{MixSettings, SAMPLE_RATE, StereoAudio, from_db};
use crate::Error;

/// No mix and no music is raised by more than this, in dB: beyond it, noise is all there is to be heard.
pub(super) const MOST_GAIN_DB: f64 = 40.0;

/// Music under a voice: as long as the mix, faded, at its level and lowered under speech.
#[derive(Debug)]
pub(super) struct Music<'a> {
    filling: Filling<'a>,
    length: usize,
    /// How loud it is as it was brought, in LUFS; nothing for silence.
    own_lufs: Option<f64>,
    gain: f32,
    /// Nothing without speech.
    ducking: Option<Ducking>,
    /// The block that is being added and the gain of each of its samples; kept to be used again.
    block: StereoAudio,
    gains: Vec<f32>,
}

impl<'a> Music<'a> {
    /// `music_db` below the voice while that is silent and `duck_db` lower while it speaks; as it is without a voice.
    pub(super) fn under(
        voice_lufs: Option<f64>,
        speech: Vec<Range<usize>>,
        bed: &'a MusicBed,
        settings: &MixSettings,
        walk: &Walk,
    ) -> Result<Self, Error> {
        let filling = bed.filling(walk.length);
        let mut music = Self {
            filling,
            length: walk.length,
            own_lufs: None,
            gain: 1.0,
            ducking: None,
            block: StereoAudio::default(),
            gains: Vec::new(),
        };
        let voice_lufs = voice_lufs.filter(|_| !speech.is_empty());
        music.own_lufs = music.lufs(bed.samples.len(), walk)?;
        if let (Some(voice), Some(own)) = (voice_lufs, music.own_lufs) {
            music.gain = from_db((voice + settings.music_db - own).min(MOST_GAIN_DB)) as f32;
            music.ducking = Some(Ducking::new(speech, settings.duck_db));
        }
        Ok(music)
    }

    /// The loudness of the music as it was brought, in LUFS.
    pub(super) fn own_lufs(&self) -> Option<f64> {
        self.own_lufs
    }

    /// The loudness of the music in LUFS, once through: its repetitions are as loud.
    fn lufs(&mut self, available: usize, walk: &Walk) -> Result<Option<f64>, Error> {
        let mut meter = LoudnessMeter::stereo();
        let once = Walk {
            // A loop may be shorter than the 400 ms the meter needs.
            length: available.max(SAMPLE_RATE as usize).min(walk.length),
            ..walk.clone()
        };
        for part in once.blocks() {
            let part = part?;
            self.block.resize(part.len());
            self.filling.read(part.start, &mut self.block);
            meter.push(&self.block);
        }
        Ok(meter.lufs())
    }

    /// Adds the samples from number `start` on.
    fn add_to(&mut self, mixed: &mut StereoAudio, start: usize) {
        self.block.resize(mixed.len());
        self.filling.read(start, &mut self.block);
        self.gains.resize(mixed.len(), 1.0);
        match &self.ducking {
            Some(ducking) => ducking.read(start, &mut self.gains),
            None => self.gains.fill(1.0),
        }
        fade(self.length, start, &mut self.gains);
        for (mixed, music) in [
            (&mut mixed.left, &self.block.left),
            (&mut mixed.right, &self.block.right),
        ] {
            for ((mixed, music), gain) in mixed.iter_mut().zip(music).zip(&self.gains) {
                *mixed += music * (gain * self.gain);
            }
        }
    }
}

/// Everything there is to be heard.
#[derive(Debug)]
pub(super) struct Blend<'a> {
    /// The voice, whole.
    pub(super) voice: Spool,
    /// The music, if any.
    pub(super) music: Option<Music<'a>>,
    /// The sound of clips, if any.
    pub(super) clips: Option<ClipLayer>,
}

impl Blend<'_> {
    /// Whether both channels are the same.
    pub(super) fn is_mono(&self) -> bool {
        self.music.is_none() && self.clips.is_none()
    }

    /// Puts a part of the mix into `block`, at a gain.
    pub(super) fn read(
        &mut self,
        part: Range<usize>,
        gain: f32,
        block: &mut StereoAudio,
    ) -> io::Result<()> {
        block.resize(part.len());
        self.voice.read(part.start, &mut block.left)?;
        block.right.copy_from_slice(&block.left);
        if let Some(music) = &mut self.music {
            music.add_to(block, part.start);
        }
        if let Some(clips) = &mut self.clips {
            clips.add_to(block, part.start)?;
        }
        for channel in [&mut block.left, &mut block.right] {
            for sample in channel {
                *sample *= gain;
            }
        }
        Ok(())
    }
}
