//! Script to speech: every scene spoken by one voice, at a rate that meets the wished length.

use std::sync::Arc;

use tokio::task::JoinSet;
use videogen_media::{AudioStats, SAMPLE_RATE, cut_at_pauses, decode_narration, speaking_rate_for};
use videogen_script::SPEAKING_RATES;
use videogen_text::chain;
use videogen_tts::{Rate, Request, SILENT, Speech, Synthesizer, own_voice, speak_or_show};
use videogen_types::{Degradation, FailureKind, Part, Script, Stage, Unobserved};

use super::context::StageContext;
use crate::blocking::blocking;
use crate::keys;
use crate::outputs::CacheScope;
use crate::reporter::Reporter;
use crate::video_plan::{Recording, VoicePlan};
use crate::{Error, ErrorKind};

/// What was said.
#[derive(Debug)]
pub(crate) struct Narration {
    /// One for each scene.
    pub(crate) speeches: Vec<Speech>,
    /// Who spoke, with version.
    pub(crate) speaker: String,
    /// The speaking rate, 1.0 is natural.
    pub(crate) rate: f64,
    /// Whether there is no sound in it.
    pub(crate) silent: bool,
}

fn fail(kind: impl Into<ErrorKind>) -> Error {
    Error::new(Stage::Voice, kind)
}

/// Speaks the script of `plan`, or cuts the recording it names into scenes.
///
/// # Errors
/// When the last rung fails, or the speaker was asked for by name and fails, or the machine withholds what every speaker
/// needs; [`ErrorKind::Cancelled`].
pub(crate) async fn narrate(
    plan: &VoicePlan,
    script: &Script,
    cx: StageContext<'_>,
) -> Result<Narration, Error> {
    if let Some(recording) = &plan.recording {
        return recorded(recording, &plan.language, script, cx).await;
    }
    let reporter = cx.reporter;
    let place = cx.toolkit.clone();
    blocking(Stage::Voice, move || place.ensure_scratch()).await?;
    let mut failures: Vec<(String, String)> = Vec::new();
    for (index, speaker) in plan.speakers.iter().enumerate() {
        match speak_to_length(plan, script, speaker, cx).await {
            Ok(narration) => {
                if let Err(error) = unspoken(plan, script, &narration, reporter) {
                    if index + 1 == plan.speakers.len() {
                        return Err(error);
                    }
                    reporter.attempt_failed(Stage::Voice, error.failure(), chain(&error));
                    failures.push((speaker.name(), chain(&error)));
                    continue;
                }
                if let Some((from, reason)) = failures.pop() {
                    let to = speaker.name();
                    reporter.degraded(Degradation {
                        stage: Stage::Voice,
                        from,
                        to,
                        reason: reason.into(),
                    });
                }
                return Ok(narration);
            }
            // What this machine withholds from one speaker it withholds from all but the silent one, which is no way to
            // make up for it.
            Err(error)
                if error.is_cancelled()
                    || is_of_the_machine(&error)
                    || index + 1 == plan.speakers.len() =>
            {
                return Err(error);
            }
            Err(error) => {
                reporter.attempt_failed(Stage::Voice, error.failure(), chain(&error));
                failures.push((speaker.name(), chain(&error)));
            }
        }
    }
    unreachable!("a plan has at least one speaker, and the last one returns")
}

/// Whether a file, a process or a descriptor could not be had: no fault of the speaker.
fn is_of_the_machine(error: &Error) -> bool {
    matches!(error.kind(), ErrorKind::Speech(speech) if speech.is_of_the_machine())
}

/// Tells of scenes that a speaking voice had to leave silent although they hold words, a foreign script for instance.
///
/// # Errors
/// The voice was asked for by name, and silence is not accepted.
fn unspoken(
    plan: &VoicePlan,
    script: &Script,
    narration: &Narration,
    reporter: &Reporter,
) -> Result<(), Error> {
    let speeches = narration.speeches.iter().zip(&script.scenes);
    let scenes: Vec<String> = (1..)
        .zip(speeches)
        .filter(|(_, (speech, scene))| speech.leaves_unsaid(&scene.narration))
        .map(|(number, _)| number.to_string())
        .collect();
    if narration.silent || scenes.is_empty() {
        return Ok(());
    }
    let scenes = scenes.join(", ");
    if !plan.may_be_silent {
        return Err(fail(ErrorKind::NotDelivered {
            what: format!("the speech of scene {scenes}"),
            part: Part::Voice,
            by: narration.speaker.clone(),
            fallback: SILENT.into(),
            reason: "it cannot say these words".into(),
            cause: FailureKind::MissingModel,
        }));
    }
    reporter.degraded(Degradation {
        stage: Stage::Voice,
        from: narration.speaker.clone(),
        to: SILENT.into(),
        reason: format!("it cannot say scene {scenes}; its words are only shown").into(),
    });
    Ok(())
}

/// Speaks all scenes; once more at another rate when the first reading shows that pauses alone cannot meet the length.
async fn speak_to_length(
    plan: &VoicePlan,
    script: &Script,
    speaker: &Arc<dyn Synthesizer>,
    cx: StageContext<'_>,
) -> Result<Narration, Error> {
    let silent = speaker.id() == SILENT;
    let first = speak(plan, script, speaker, Rate::NATURAL, cx).await?;
    let mut narration = Narration {
        speeches: first,
        speaker: speaker.version().to_owned(),
        rate: 1.0,
        silent,
    };
    if let Some(target) = plan.target {
        let spoken = narration.speeches.iter().map(Speech::duration).sum();
        let rate = speaking_rate_for(spoken, narration.speeches.len(), target, SPEAKING_RATES);
        // Below 3 % nobody hears the difference; the pauses take it.
        if (rate - 1.0).abs() > 0.03 {
            let rate = Rate::new(rate).map_err(fail)?;
            narration.speeches = speak(plan, script, speaker, rate, cx).await?;
            narration.rate = rate.factor();
        }
    }
    Ok(narration)
}

async fn speak(
    plan: &VoicePlan,
    script: &Script,
    speaker: &Arc<dyn Synthesizer>,
    rate: Rate,
    cx: StageContext<'_>,
) -> Result<Vec<Speech>, Error> {
    // Programs that speak take a core each and start slowly: two at a time hide the start.
    const AT_ONCE: usize = 2;
    let total = script.scenes.len();
    let mut waiting = script.scenes.iter().enumerate();
    let mut running: JoinSet<(usize, Result<Speech, Error>)> = JoinSet::new();
    let mut speeches: Vec<Option<Speech>> = (0..total).map(|_| None).collect();
    let mut done = 0;
    loop {
        while running.len() < AT_ONCE
            && let Some((index, scene)) = waiting.next()
        {
            let request = Request {
                voice: own_voice(plan.voice.as_deref(), &**speaker),
                rate,
                ..Request::new(scene.narration.clone(), plan.language.clone())
            };
            let (speaker, work, cancel) = (Arc::clone(speaker), cx.work.clone(), cx.cancel.clone());
            running.spawn(async move {
                let key = keys::speech(&*speaker, &request);
                let what = format!("speech {}", index + 1);
                let proof = |bytes: &[u8]| prove(bytes, &request.text);
                let saying = async {
                    let said = async || {
                        speak_or_show(&*speaker, &request, &Unobserved, &cancel)
                            .await
                            .map_err(fail)
                    };
                    let mut speech = said().await?;
                    if let Err(reason) = sound(&speech, &request.text) {
                        // A program that was short of something may do better a moment later; the next voice is a step
                        // down.
                        tracing::info!(what, reason, "spoken once more");
                        speech = said().await?;
                    }
                    Ok(speech.to_bytes())
                };
                // Read back even when it was just made: what a later run finds is this, to the bit.
                let said = work.bytes(
                    key,
                    Stage::Voice,
                    CacheScope::Everywhere,
                    &what,
                    proof,
                    saying,
                );
                (index, said.await.map(|(speech, _)| speech))
            });
        }
        // Dropping the set on an error stops the others, and their programs with them.
        match running.join_next().await {
            None => break,
            Some(Ok((index, spoken))) => {
                speeches[index] = Some(spoken?);
                done += 1;
                cx.reporter
                    .progress(Stage::Voice, done as f32 / total as f32);
            }
            Some(Err(failed)) if failed.is_panic() => {
                std::panic::resume_unwind(failed.into_panic())
            }
            Some(Err(_)) => return Err(fail(ErrorKind::Cancelled)),
        }
    }
    Ok(speeches
        .into_iter()
        .map(|speech| speech.expect("every scene was spoken or an error returned"))
        .collect())
}

/// The speech that these bytes are, if it is one of `text`.
fn prove(bytes: &[u8], text: &str) -> Result<Speech, String> {
    let speech = Speech::from_bytes(bytes).ok_or("it is not a whole speech")?;
    sound(&speech, text).map(|()| speech)
}

/// Whether somebody can be heard to say `text`; why not.
fn sound(speech: &Speech, text: &str) -> Result<(), String> {
    if !(8_000..=192_000).contains(&speech.sample_rate) {
        return Err(format!("it has {} samples a second", speech.sample_rate));
    }
    let heard = AudioStats::of(&speech.samples, speech.sample_rate);
    if let Some(flaw) = heard.flaw() {
        return Err(flaw);
    }
    // Silence by its own name is meant.
    if speech.voice == SILENT {
        return Ok(());
    }
    let letters = text.chars().filter(|c| c.is_alphanumeric()).count();
    heard.flaw_as_speech(letters).map_or(Ok(()), Err)
}

/// Cuts a recording into scenes: each takes the share of its words, moved to the quietest place near by.
async fn recorded(
    recording: &Recording,
    language: &str,
    script: &Script,
    cx: StageContext<'_>,
) -> Result<Narration, Error> {
    let StageContext {
        toolkit, cancel, ..
    } = cx;
    let decoding = decode_narration(toolkit.ffmpeg.as_ref(), &recording.file, cancel);
    let samples = decoding.await.map_err(fail)?;
    let scenes: Vec<&str> = script
        .scenes
        .iter()
        .map(|scene| scene.narration.as_str())
        .collect();
    let decoded = videogen_tts::Recording {
        samples: &samples,
        sample_rate: SAMPLE_RATE,
        language,
    };
    let speeches = decoded
        .speeches(&scenes, &recording.text, cut_at_pauses)
        .map_err(fail)?;
    Ok(Narration {
        speeches,
        speaker: "recording".into(),
        rate: 1.0,
        silent: false,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use videogen_tts::Timing;

    #[test]
    fn what_is_no_speech_of_a_text_is_refused_in_words() {
        let text = "The sea covers most of our planet.";
        let speech = |samples: Vec<f32>| Speech {
            sample_rate: 16_000,
            samples,
            words: Vec::new(),
            sentences: Vec::new(),
            timing: Timing::Estimated,
            voice: "a voice".into(),
        };
        let tone = |seconds: f64| -> Vec<f32> {
            let length = (16_000.0 * seconds) as usize;
            (0..length).map(|i| 0.3 * (i as f32 * 0.1).sin()).collect()
        };
        assert_eq!(sound(&speech(tone(2.0)), text), Ok(()));
        let refused = |samples| sound(&speech(samples), text).expect_err("refused");
        assert_eq!(refused(vec![0.0; 32_000]), "it is silent");
        assert_eq!(refused(Vec::new()), "it has no samples");
        assert!(refused(tone(0.2)).contains("too short"));
        let mut bad = tone(2.0);
        bad[7] = f32::NAN;
        assert!(refused(bad).contains("not numbers"));
        let silence = Speech {
            voice: SILENT.into(),
            ..speech(vec![0.0; 32_000])
        };
        assert_eq!(sound(&silence, text), Ok(()));
        let bytes = silence.to_bytes();
        assert!(prove(&bytes, text).is_ok() && prove(&bytes[..9], text).is_err());
    }
}
