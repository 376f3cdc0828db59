//! Pieces of narration on one time line.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use super::resample::Converter;
use super::{AudioClip, SAMPLE_RATE, samples_in};
use crate::Error;

/// Clips placed to the sample, ready to be read in parts.
#[derive(Debug)]
pub(super) struct Narration<'a> {
    clips: &'a [AudioClip],
    /// One for each rate there is: their tables are large.
    converters: BTreeMap<u32, Converter>,
    /// Samples of one clip; kept to be used again.
    converted: Vec<f32>,
}

impl<'a> Narration<'a> {
    /// # Errors
    /// [`Error::InvalidValue`] for a sample rate out of range.
    pub(super) fn new(clips: &'a [AudioClip]) -> Result<Self, Error> {
        let mut converters = BTreeMap::new();
        for clip in clips {
            if let Entry::Vacant(entry) = converters.entry(clip.sample_rate) {
                entry.insert(Converter::new(clip.sample_rate, SAMPLE_RATE)?);
            }
        }
        Ok(Self {
            clips,
            converters,
            converted: Vec::new(),
        })
    }

    /// Fills `output` with the samples from number `start` on. Clips that overlap are added.
    pub(super) fn read(&mut self, start: usize, output: &mut [f32]) {
        output.fill(0.0);
        for clip in self.clips {
            let converter = &self.converters[&clip.sample_rate];
            let begin = samples_in(clip.start, SAMPLE_RATE);
            let end = begin + converter.length(clip.samples.len());
            let (from, to) = (begin.max(start), end.min(start + output.len()));
            if from >= to {
                continue;
            }
            self.converted.resize(to - from, 0.0);
            converter.fill(&clip.samples, from - begin, &mut self.converted);
            for (mixed, sample) in output[from - start..to - start]
                .iter_mut()
                .zip(&self.converted)
            {
                *mixed += sample;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn clip(samples: &[f32], start: usize) -> AudioClip {
        AudioClip {
            samples: samples.to_vec(),
            sample_rate: SAMPLE_RATE,
            start: start as f64 / f64::from(SAMPLE_RATE),
        }
    }

    fn read(clips: &[AudioClip], start: usize, length: usize) -> Vec<f32> {
        let mut output = vec![9.0; length];
        Narration::new(clips).unwrap().read(start, &mut output);
        output
    }

    #[test]
    fn clips_lie_at_their_places_and_are_added() {
        let clips = [clip(&[1.0, 2.0, 3.0], 2), clip(&[10.0, 10.0], 4)];
        assert_eq!(read(&clips, 0, 7), [0.0, 0.0, 1.0, 2.0, 13.0, 10.0, 0.0]);
        assert_eq!(read(&clips, 3, 2), [2.0, 13.0]);
        assert_eq!(read(&[], 0, 2), [0.0, 0.0]);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(48))]
        #[test]
        fn parts_are_parts_of_the_whole(start in 0_usize..300, length in 0_usize..300, places in prop::collection::vec(0_usize..400, 0..4)) {
            let mut clips: Vec<AudioClip> = places.iter().map(|place| clip(&[0.5; 100], *place)).collect();
            if let Some(clip) = clips.first_mut() {
                clip.sample_rate = 22_050;
            }
            prop_assert_eq!(read(&clips, start, length), &read(&clips, 0, 600)[start..start + length]);
        }
    }
}
