//! A speech as bytes, for the store: a line of JSON, then the samples.

use serde::{Deserialize, Serialize};

use crate::{Sentence, Speech, Timing, Word};

/// All but the samples.
#[derive(Serialize, Deserialize)]
struct Head {
    sample_rate: u32,
    samples: usize,
    words: Vec<Word>,
    sentences: Vec<Sentence>,
    timing: Timing,
    voice: String,
}

impl Speech {
    /// Writes it as bytes that [`Speech::from_bytes`] reads, to the bit.
    pub fn to_bytes(&self) -> Vec<u8> {
        let head = Head {
            sample_rate: self.sample_rate,
            samples: self.samples.len(),
            words: self.words.clone(),
            sentences: self.sentences.clone(),
            timing: self.timing,
            voice: self.voice.clone(),
        };
        let mut bytes = serde_json::to_vec(&head).expect("all keys are text");
        bytes.push(b'\n');
        bytes.extend(self.samples.iter().flat_map(|s| s.to_le_bytes()));
        bytes
    }

    /// Reads what [`Speech::to_bytes`] wrote; `None` if these are not the bytes of a whole speech.
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let end = bytes.iter().position(|byte| *byte == b'\n')?;
        let head: Head = serde_json::from_slice(&bytes[..end]).ok()?;
        let (samples, rest) = bytes[end + 1..].as_chunks::<4>();
        if samples.len() != head.samples || !rest.is_empty() {
            return None;
        }
        Some(Self {
            sample_rate: head.sample_rate,
            samples: samples.iter().map(|s| f32::from_le_bytes(*s)).collect(),
            words: head.words,
            sentences: head.sentences,
            timing: head.timing,
            voice: head.voice,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_speech_comes_back_as_it_was(samples in prop::collection::vec(-1.0f32..1.0, 0..200), text in "\\PC{0,20}", cut in 0usize..64) {
            let speech = Speech {
                sample_rate: 24_000,
                samples,
                words: vec![Word { text: text.clone(), start: 0.1, end: 0.30000000000000004, space_before: true }],
                sentences: vec![Sentence { words: 0..1, start: 0.1, end: 0.3 }],
                timing: Timing::Phones,
                voice: text,
            };
            let bytes = speech.to_bytes();
            prop_assert_eq!(Speech::from_bytes(&bytes), Some(speech));
            if cut > 0 && cut <= bytes.len() {
                prop_assert!(Speech::from_bytes(&bytes[..bytes.len() - cut]).is_none());
            }
        }
    }
}
