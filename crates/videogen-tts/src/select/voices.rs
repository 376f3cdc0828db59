//! The voices of a speaker: which it has, and for which languages.

use videogen_types::InvalidValue;

use crate::{Error, Synthesizer, Voice};

/// The most installed voices that are all listed where none of them is the one that was asked for.
const LISTED: usize = 12;

/// How many are named as examples where there are more.
const EXAMPLES: usize = 8;

/// Returns the wished voice, where `speaker` has it: who stands in for another takes a voice of its own.
pub fn own_voice(wished: Option<&str>, speaker: &dyn Synthesizer) -> Option<String> {
    let key = wished?;
    speaker.has_voice(key).then(|| key.to_owned())
}

/// Whether one of the voices that it lists is called `key`: of one that lists none and takes any name nothing is known.
pub(super) fn lists_voice(speaker: &dyn Synthesizer, key: &str) -> bool {
    let is_it = |voice: &Voice| {
        let name = key.get(..voice.key.len());
        let rest = key.get(voice.key.len()..).unwrap_or_default();
        // A speaker of the voice may follow.
        name.is_some_and(|name| name.eq_ignore_ascii_case(&voice.key))
            && (rest.is_empty() || rest.starts_with(':'))
    };
    speaker.has_voice(key) && speaker.voices().iter().any(is_it)
}

/// Why none of `voices` can be taken for the voice `wished`.
pub(super) fn unknown_voice(wished: &str, voices: &[Voice]) -> Error {
    let keys: Vec<&str> = voices.iter().map(|voice| voice.key.as_str()).collect();
    let mut error = InvalidValue::unknown("voice", wished, &keys);
    if keys.len() > LISTED {
        error.allowed = format!(
            "one of {} installed voices, e.g. {}",
            keys.len(),
            keys[..EXAMPLES].join(", ")
        );
    }
    Error::VoiceAbsent(error)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::backend::fake::FakeSynthesizer;

    #[test]
    fn a_voice_goes_with_its_speaker() {
        let fake = FakeSynthesizer::new();
        assert_eq!(own_voice(Some("Tone"), &fake).as_deref(), Some("Tone"));
        assert_eq!(own_voice(Some("slt"), &fake), None);
        assert_eq!(own_voice(None, &fake), None);
    }
}
