//! The ladder of voices: who speaks, and who stands by.

use std::sync::Arc;

use videogen_text::chain;
use videogen_tts::{Silent, Synthesizer, Voice};
use videogen_types::{Degradation, Part, SpeechChoice, Stage};

use crate::brief::Brief;
use crate::toolkit::Toolkit;
use crate::{Error, ErrorKind};

/// Words a second at the natural rate, to write a script of the right length before anything is spoken. Measured over
/// the built-in writer's English with flite 2.2 `slt`, espeak-ng 1.51 `en-us`, a medium Piper voice.
pub(crate) fn words_per_second(speaker: &str) -> f64 {
    match speaker {
        "flite" => 2.75,
        "espeak-ng" => 2.7,
        _ => 2.6,
    }
}

/// The rungs in order, with what a person gets to install a missing one.
const RUNGS: [(SpeechChoice, &str, &str); 3] = [
    (
        SpeechChoice::Piper,
        "piper",
        "set `model` under [piper] in the configuration (videogen config init)",
    ),
    (
        SpeechChoice::Flite,
        "flite",
        "install it: sudo apt-get install flite",
    ),
    (
        SpeechChoice::EspeakNg,
        "espeak-ng",
        "install it: sudo apt-get install espeak-ng",
    ),
];

/// What silence is called.
pub(crate) const SILENT: &str = "silent";

fn fail(kind: impl Into<ErrorKind>) -> Error {
    Error::new(Stage::Preflight, kind)
}

/// Chooses who speaks `language`: the first of the result, the others stand by. Silence is always the last, unless a
/// speaker was asked for by name: then only who is accepted stands by.
pub(crate) fn speakers(
    brief: &Brief,
    toolkit: &Toolkit,
    language: &str,
    degradations: &mut Vec<Degradation>,
) -> Result<Vec<Arc<dyn Synthesizer>>, Error> {
    let silent = || Arc::new(Silent::new()) as Arc<dyn Synthesizer>;
    // A recording replaces them all, but its words still need times.
    if brief.speech == SpeechChoice::Silent || brief.narration.is_some() {
        return Ok(vec![silent()]);
    }
    if let Some(&(_, id, hint)) = RUNGS.iter().find(|(choice, ..)| *choice == brief.speech) {
        let found = toolkit.speakers.iter().find(|speaker| speaker.id() == id);
        let Some(speaker) = found else {
            let absent = toolkit.absent_speakers.iter().find(|(name, _)| name == id);
            let reason = absent.map_or("it is not there", |(_, reason)| reason);
            let accepted = accepted(brief, toolkit, id);
            if let Some(first) = accepted.first() {
                degradations.push(Degradation {
                    stage: Stage::Voice,
                    from: id.into(),
                    to: first.id().to_owned(),
                    reason: reason.to_owned(),
                });
                return Ok(accepted);
            }
            return Err(fail(ErrorKind::Unavailable {
                what: id.into(),
                reason: reason.into(),
                hint: hint.into(),
            }));
        };
        if let Some(voice) = &brief.voice
            && let Err(error) = known_voice(voice, speaker.voices())
        {
            return instead(brief, toolkit, voice, error, degradations);
        }
        return Ok(and_accepted(brief, toolkit, speaker));
    }
    if let Some(voice) = &brief.voice {
        let has = |speaker: &&Arc<dyn Synthesizer>| {
            speaker
                .voices()
                .iter()
                .any(|v| v.key.eq_ignore_ascii_case(voice))
        };
        if let Some(speaker) = toolkit.speakers.iter().find(has) {
            return Ok(and_accepted(brief, toolkit, speaker));
        }
        let all: Vec<Voice> = toolkit
            .speakers
            .iter()
            .flat_map(|speaker| speaker.voices().to_vec())
            .collect();
        if let Err(error) = known_voice(voice, &all) {
            return instead(brief, toolkit, voice, error, degradations);
        }
    }
    let speaks = |speaker: &&Arc<dyn Synthesizer>| {
        speaker
            .voices()
            .iter()
            .any(|voice| primary(&voice.language) == primary(language))
    };
    let mut chosen: Vec<Arc<dyn Synthesizer>> =
        toolkit.speakers.iter().filter(speaks).cloned().collect();
    chosen.push(silent());
    // A voice that a program brings itself is what it wants.
    let first = chosen[0].id();
    if first == SILENT || RUNGS[1..].iter().any(|(_, id, _)| *id == first) {
        let missing: Vec<String> = RUNGS
            .iter()
            .map(|(_, id, _)| *id)
            .take_while(|id| *id != chosen[0].id())
            .map(
                |id| match toolkit.absent_speakers.iter().find(|(name, _)| name == id) {
                    Some((_, reason)) => reason.clone(),
                    None => format!("{id} has no voice for {language}"),
                },
            )
            .collect();
        degradations.push(Degradation {
            stage: Stage::Voice,
            from: "piper".into(),
            to: chosen[0].id().to_owned(),
            reason: missing.join("; "),
        });
    }
    Ok(chosen)
}

/// `speaker`, and who may stand in where it fails.
fn and_accepted(
    brief: &Brief,
    toolkit: &Toolkit,
    speaker: &Arc<dyn Synthesizer>,
) -> Vec<Arc<dyn Synthesizer>> {
    let mut all = accepted(brief, toolkit, speaker.id());
    all.insert(0, Arc::clone(speaker));
    all
}

/// Who speaks where nobody has the wished voice: who is accepted in its place.
///
/// # Errors
/// `error`, where nobody is.
fn instead(
    brief: &Brief,
    toolkit: &Toolkit,
    voice: &str,
    error: Error,
    degradations: &mut Vec<Degradation>,
) -> Result<Vec<Arc<dyn Synthesizer>>, Error> {
    let accepted = accepted(brief, toolkit, "");
    let Some(first) = accepted.first() else {
        return Err(error);
    };
    degradations.push(Degradation {
        stage: Stage::Voice,
        from: voice.to_owned(),
        to: first.id().to_owned(),
        reason: chain(&error),
    });
    Ok(accepted)
}

/// Who may stand in for the speaker `named`: nobody, unless that is accepted.
fn accepted(brief: &Brief, toolkit: &Toolkit, named: &str) -> Vec<Arc<dyn Synthesizer>> {
    let is_accepted = |id: &str| id != named && brief.may_fall_back(Part::Voice, id);
    let silent = Arc::new(Silent::new()) as Arc<dyn Synthesizer>;
    let all = toolkit.speakers.iter().chain(std::iter::once(&silent));
    all.filter(|speaker| is_accepted(speaker.id()))
        .cloned()
        .collect()
}

/// The language alone: `pt` of `pt-BR`. Chinese goes by several names.
fn primary(tag: &str) -> String {
    match videogen_text::primary_subtag(tag).as_str() {
        "cmn" | "yue" => "zh".to_owned(),
        other => other.to_owned(),
    }
}

fn known_voice(wanted: &str, voices: &[Voice]) -> Result<(), Error> {
    if voices
        .iter()
        .any(|voice| voice.key.eq_ignore_ascii_case(wanted))
    {
        return Ok(());
    }
    let keys: Vec<&str> = voices.iter().map(|voice| voice.key.as_str()).collect();
    let mut error = videogen_types::InvalidValue::unknown("voice", wanted, &keys);
    if keys.len() > 12 {
        error.allowed = format!(
            "one of {} installed voices, e.g. {}",
            keys.len(),
            keys[..8].join(", ")
        );
    }
    Err(fail(error))
}
