//! A voice's network, run by rten: phoneme ids become samples, with the length of each.
//!
//! The graph draws its noise at random. The values that it would draw are given to it instead, so that the same words sound the
//! same; their shapes are only known half-way, so it is run in parts, each up to the noise that is missing.

use std::ops::Range;

use camino::{Utf8Path, Utf8PathBuf};
use rten::{Model, NodeId, Value, ValueOrView};
use rten_tensor::prelude::*;
use rten_tensor::{NdTensor, Tensor};
use videogen_types::Rng;

use super::noise;
use super::roles::{Decoder, Roles};
use crate::Error;

/// How many frames the decoder works on at a time: 6 s of sound at 22,050 Hz, for which voices of medium quality take some
/// 70 MB. What it works on twice, at either side, is a twentieth.
const WINDOW: usize = 512;

/// How a voice is to speak.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Manner {
    /// Variation of the sound, 0 or more.
    pub(super) noise_scale: f32,
    /// How long sounds last, above 0.
    pub(super) length_scale: f32,
    /// Variation of the rhythm, 0 or more.
    pub(super) noise_w: f32,
    /// The number of the speaker.
    pub(super) speaker: u32,
}

/// What a network made of phonemes.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Said {
    pub(super) samples: Vec<f32>,
    /// The samples of each phoneme id; together they are all.
    pub(super) lengths: Vec<usize>,
}

/// A network in memory.
#[derive(Debug)]
pub(super) struct Network {
    path: Utf8PathBuf,
    model: Model,
    roles: Roles,
}

impl Network {
    /// Loads the voice at `path`, which has these roles. Blocks for a tenth of a second and longer.
    ///
    /// # Errors
    /// [`Error::Inference`]: rten does not know an operation of it, or the file has changed since it was checked.
    pub(super) fn load(path: &Utf8Path, roles: Roles) -> Result<Self, Error> {
        let loaded = Model::load_file(path.as_std_path());
        Ok(Self {
            model: loaded.map_err(|error| failed(path, &error))?,
            path: path.to_owned(),
            roles,
        })
    }

    /// Speaks `ids`. `is_cancelled` is asked every few seconds of speech.
    ///
    /// # Errors
    /// [`Error::Inference`], and [`Error::Cancelled`].
    pub(super) fn say(
        &self,
        ids: &[i32],
        manner: Manner,
        is_cancelled: &dyn Fn() -> bool,
    ) -> Result<Said, Error> {
        let until = match &self.roles.decoder {
            Some(decoder) => &decoder.frames,
            None => &self.roles.output,
        };
        let (durations, last) = self.run_to(until, ids, manner, is_cancelled)?;
        let frames = self.whole_numbers(&durations)?;
        if frames.len() != ids.len() {
            let problem = format!("{} durations for {} phonemes", frames.len(), ids.len());
            return Err(self.odd(&problem));
        }
        let count: usize = frames.iter().sum();
        let samples = match &self.roles.decoder {
            Some(decoder) => self.decode(decoder, &last, manner, is_cancelled)?,
            None => last.to_vec(),
        };
        // Every voice has a whole number of samples a frame.
        let hop = samples.len() / count.max(1);
        if hop == 0 || hop * count != samples.len() {
            let problem = format!("{} samples for {count} frames", samples.len());
            return Err(self.odd(&problem));
        }
        if samples.iter().any(|sample| !sample.is_finite()) {
            return Err(self.odd("samples that are no numbers"));
        }
        let lengths = frames.into_iter().map(|frames| frames * hop).collect();
        Ok(Said { samples, lengths })
    }

    /// The durations, and the value `until`, of `ids`.
    fn run_to(
        &self,
        until: &str,
        ids: &[i32],
        manner: Manner,
        is_cancelled: &dyn Fn() -> bool,
    ) -> Result<(Tensor<f32>, Tensor<f32>), Error> {
        let until = self.node(until)?;
        let wanted = self.node(&self.roles.durations)?;
        let mut rng = noise::source(ids);
        let mut known = self.inputs(ids, manner)?;
        let mut missing: Vec<(NodeId, NodeId)> = Vec::new();
        for noise in &self.roles.noise {
            missing.push((self.node(&noise.value)?, self.node(&noise.like)?));
        }
        let mut durations = None;
        // Each round gives noise, but for the last.
        for _ in 0..=self.roles.noise.len() {
            if is_cancelled() {
                return Err(Error::Cancelled);
            }
            let outputs = match durations {
                None => vec![wanted, until],
                Some(_) => vec![until],
            };
            let given = known.into_iter().map(|(id, value)| (id, value.into()));
            let leaves = self.model.partial_run(given.collect(), &outputs, None);
            let mut leaves = leaves.map_err(|error| failed(&self.path, &error))?;
            let find = |wanted: NodeId, leaves: &[(NodeId, Value)]| -> Result<_, Error> {
                let found = leaves.iter().find(|(id, _)| *id == wanted);
                found.map(|(_, value)| self.floats(value)).transpose()
            };
            if durations.is_none() {
                durations = find(wanted, &leaves)?;
            }
            if let Some(last) = find(until, &leaves)? {
                let durations = durations.ok_or_else(|| self.odd("no durations"))?;
                return Ok((durations, last));
            }
            let mut drawn = Vec::new();
            for (value, like) in &missing {
                if let Some(like) = leaves.iter().find(|(id, _)| id == like) {
                    drawn.push((*value, self.noise_like(&like.1, &mut rng)?));
                }
            }
            if drawn.is_empty() {
                break;
            }
            missing.retain(|(value, _)| drawn.iter().all(|(id, _)| id != value));
            leaves.extend(drawn);
            known = leaves;
        }
        Err(self.odd("no sound, because it cannot be run in parts"))
    }

    /// What goes in.
    fn inputs(&self, ids: &[i32], manner: Manner) -> Result<Vec<(NodeId, Value)>, Error> {
        let count = i32::try_from(ids.len()).expect("a text is cut long before");
        let scales = [manner.noise_scale, manner.length_scale, manner.noise_w];
        let mut inputs = vec![
            (
                self.node("input")?,
                NdTensor::from_data([1, ids.len()], ids.to_vec()).into(),
            ),
            (
                self.node("input_lengths")?,
                NdTensor::from_data([1], vec![count]).into(),
            ),
            (
                self.node("scales")?,
                NdTensor::from_data([3], scales.to_vec()).into(),
            ),
        ];
        inputs.extend(self.speaker(manner)?);
        Ok(inputs)
    }

    /// The number of the speaker, for a network that takes one.
    fn speaker(&self, manner: Manner) -> Result<Option<(NodeId, Value)>, Error> {
        if !self.roles.has_speakers {
            return Ok(None);
        }
        let speaker = vec![manner.speaker as i32];
        let value = NdTensor::from_data([1], speaker).into();
        Ok(Some((self.node("sid")?, value)))
    }

    /// Noise of the shape of `like`.
    fn noise_like(&self, like: &Value, rng: &mut Rng) -> Result<Value, Error> {
        let shape = self.floats(like)?.shape().to_vec();
        let count = shape.iter().product();
        Ok(Tensor::from_data(&shape, noise::normal(rng, count)).into())
    }

    /// Makes sound of `frames`, in windows: with what a frame's samples depend on around each window, the result is that of the
    /// whole, and the memory that it takes does not grow with the text.
    fn decode(
        &self,
        decoder: &Decoder,
        frames: &Tensor<f32>,
        manner: Manner,
        is_cancelled: &dyn Fn() -> bool,
    ) -> Result<Vec<f32>, Error> {
        let (input, output) = (self.node(&decoder.frames)?, self.node(&self.roles.output)?);
        let &[batch, channels, count] = frames.shape() else {
            return Err(self.odd(&format!("frames of the shape {:?}", frames.shape())));
        };
        let all = frames.to_vec();
        let mut samples = Vec::with_capacity(count * decoder.hop);
        for window in windows(count, WINDOW, decoder.context) {
            if is_cancelled() {
                return Err(Error::Cancelled);
            }
            let width = window.seen.len();
            let mut part = Vec::with_capacity(batch * channels * width);
            for channel in all.chunks_exact(count) {
                part.extend_from_slice(&channel[window.seen.clone()]);
            }
            let part = NdTensor::from_data([batch, channels, width], part);
            let mut given: Vec<(NodeId, ValueOrView<'_>)> = vec![(input, Value::from(part).into())];
            given.extend(self.speaker(manner)?.map(|(id, value)| (id, value.into())));
            let made = self.model.run_n(given, [output], None);
            let [made] = made.map_err(|error| failed(&self.path, &error))?;
            let made = self.floats(&made)?.to_vec();
            if made.len() != width * decoder.hop {
                return Err(self.odd(&format!("{} samples for {width} frames", made.len())));
            }
            let first = (window.kept.start - window.seen.start) * decoder.hop;
            samples.extend_from_slice(&made[first..][..window.kept.len() * decoder.hop]);
        }
        Ok(samples)
    }

    fn floats(&self, value: &Value) -> Result<Tensor<f32>, Error> {
        let view = value.as_tensor_view::<f32>();
        let owned = view.map(|view| view.to_tensor());
        owned.ok_or_else(|| self.odd("numbers of another kind"))
    }

    fn whole_numbers(&self, durations: &Tensor<f32>) -> Result<Vec<usize>, Error> {
        /// More frames than any text makes.
        const MOST: f32 = 1e6;
        let frames = durations.iter().map(|frames| {
            let is_one = (0.0..MOST).contains(frames) && frames.fract() == 0.0;
            is_one.then_some(*frames as usize)
        });
        let frames: Option<Vec<usize>> = frames.collect();
        frames.ok_or_else(|| self.odd("durations that are none"))
    }

    fn node(&self, name: &str) -> Result<NodeId, Error> {
        self.model
            .node_id(name)
            .map_err(|error| failed(&self.path, &error))
    }

    /// It gives what no voice gives.
    fn odd(&self, gives: &str) -> Error {
        Error::Inference {
            path: self.path.clone(),
            problem: format!("it gives {gives}"),
        }
    }
}

fn failed(path: &Utf8Path, error: &dyn std::error::Error) -> Error {
    Error::Inference {
        path: path.to_owned(),
        problem: videogen_text::chain(error),
    }
}

/// Frames that are looked at to make the sound of some of them.
#[derive(Debug, PartialEq)]
struct Window {
    seen: Range<usize>,
    kept: Range<usize>,
}

/// Windows that together keep all of `count` frames, at most `most` each, and see `context` more at either side.
fn windows(count: usize, most: usize, context: usize) -> impl Iterator<Item = Window> {
    let pieces = count.div_ceil(most);
    (0..pieces).map(move |n| {
        let kept = count * n / pieces..count * (n + 1) / pieces;
        Window {
            seen: kept.start.saturating_sub(context)..(kept.end + context).min(count),
            kept,
        }
    })
}

#[cfg(test)]
mod tests;
