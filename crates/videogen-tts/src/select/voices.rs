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
    has_voice(speaker, key).then(|| key.to_owned())
}

pub(super) fn has_voice(speaker: &dyn Synthesizer, key: &str) -> bool {
    let is_it = |voice: &Voice| voice.key.eq_ignore_ascii_case(key);
    speaker.voices().iter().any(is_it)
}

/// Whether one of its voices is of the language.
pub(super) fn has_language(speaker: &dyn Synthesizer, language: &str) -> bool {
    let mut voices = speaker.voices().iter();
    voices.any(|voice| primary(&voice.language) == primary(language))
}

/// The language alone: `pt` of `pt-BR`. Chinese goes by several names.
fn primary(tag: &str) -> String {
    match videogen_text::primary_subtag(tag).as_str() {
        "cmn" | "yue" => "zh".to_owned(),
        other => other.to_owned(),
    }
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

    #[test]
    fn languages_are_compared_without_their_region() {
        assert_eq!(primary("pt-BR"), primary("pt"));
        assert_eq!(primary("cmn"), "zh");
    }
}
