//! What is said: whose script it is, in which language, by which voices, and for how long.

use std::sync::Arc;

use tokio_util::sync::CancellationToken;
use videogen_media::{pace_scenes, target_without_outro};
use videogen_script::{
    LlmServers, LoadedScript, NO_MODEL_CONFIGURED, ScriptError, ScriptRequest, ScriptWriter,
    Written, WrittenBy,
};
use videogen_text::choose_language;
use videogen_tts::{SpeakerRequest, Synthesizer, words_per_second};
use videogen_types::{
    Degradation, Duration, Genre, Hint, Language, Part, SceneCount, Script, Setting, SpeechChoice,
    Stage, Strict, Unobserved, WriterChoice,
};

use super::{fail, plan_fonts};
use crate::brief::{Brief, ScriptSource};
use crate::improve::MadeScript;
use crate::outputs::Outputs;
use crate::toolkit::Toolkit;
use crate::video_plan::{VideoPlan, Wanted, outro};
use crate::{Error, ErrorKind};
use crate::{keys, script_outputs};

/// Who writes a script that nobody has given.
#[derive(Debug, Clone)]
pub(crate) enum Writing<'a> {
    /// Who the brief says. A script of an earlier run is looked for in these stores.
    Choose(Option<&'a Outputs>),
    /// The built-in writer, because no language model was of avail, for this reason.
    Builtin(Hint),
}

/// A script that there is.
#[derive(Debug)]
pub(super) enum Given {
    /// The user's.
    Loaded(LoadedScript),
    /// Of a video that was made.
    Made(MadeScript),
}

impl Given {
    pub(super) fn script(&self) -> &Script {
        match self {
            Self::Loaded(loaded) => &loaded.script,
            Self::Made(made) => &made.script,
        }
    }
}

/// What the words are about.
#[derive(Debug, Clone, Copy)]
pub(super) struct Subject<'a> {
    pub(super) brief: &'a Brief,
    pub(super) toolkit: &'a Toolkit,
    pub(super) genre: Genre,
    pub(super) topic: &'a str,
    /// Length of a recorded narration.
    pub(super) recorded: Option<f64>,
}

/// What was decided of them.
pub(super) struct Words {
    pub(super) script: Script,
    /// `llm`, `builtin`, or where the script was read.
    pub(super) source: String,
    pub(super) by_model: Option<WrittenBy>,
    pub(super) wanted: Option<Wanted>,
    pub(super) language: String,
    pub(super) speakers: Vec<Arc<dyn Synthesizer>>,
    pub(super) target: Option<f64>,
    pub(super) degradations: Vec<Degradation>,
    pub(super) warnings: Vec<String>,
}

/// What stands there of a language model.
const LLM: &str = "llm";

impl Subject<'_> {
    /// Decides all of it.
    ///
    /// # Errors
    /// A speaker or a writer that was asked for by name is not there; [`ErrorKind::Cancelled`].
    pub(super) async fn words(
        &self,
        given: Option<Given>,
        writing: &Writing<'_>,
        cancel: &CancellationToken,
    ) -> Result<Words, Error> {
        match given {
            None => {}
            Some(Given::Loaded(loaded)) => return self.given(loaded).await,
            Some(Given::Made(made)) => return self.made(made).await,
        }
        let by_name = !self
            .brief
            .may_fall_back(Part::Script, self.toolkit.writer.id());
        let reason = match (self.brief.writer, writing, &self.toolkit.llm) {
            (WriterChoice::Builtin, ..) => None,
            (_, Writing::Builtin(reason), _) => Some(reason.clone()),
            (_, Writing::Choose(_), None) => {
                let reason = NO_MODEL_CONFIGURED.to_owned();
                if by_name {
                    return Err(no_model(reason, None));
                }
                Some(reason.into())
            }
            (_, Writing::Choose(kept), Some(servers)) => {
                match self.by_model(servers, *kept, cancel).await? {
                    Ok(words) => return Ok(words),
                    Err((reason, hint)) if by_name => return Err(no_model(reason, hint)),
                    Err((reason, _)) => Some(reason.into()),
                }
            }
        };
        self.builtin(reason, cancel).await
    }

    /// The script of the user.
    async fn given(&self, loaded: LoadedScript) -> Result<Words, Error> {
        let (mut degradations, mut warnings) = (Vec::new(), loaded.warnings);
        let mut script = loaded.script;
        let said = script.said();
        let language = self.language(&script.language, &said, &mut warnings);
        if script.language.is_empty() {
            script.language.clone_from(&language);
        }
        let speakers = self.speakers(&language, &said, &mut degradations).await?;
        Ok(Words {
            script,
            source: match &self.brief.script {
                Some(ScriptSource::File(path)) => path.to_string(),
                Some(_) => "standard input".to_owned(),
                None => (self.brief.narration_captions.as_ref())
                    .map_or_else(String::new, ToString::to_string),
            },
            by_model: None,
            wanted: None,
            language,
            speakers,
            target: self.target(true),
            degradations,
            warnings,
        })
    }

    /// The script of a video that was made: the same, for as long as then.
    async fn made(&self, made: MadeScript) -> Result<Words, Error> {
        let (mut degradations, mut warnings) = (made.degradations, Vec::new());
        let said = made.script.said();
        let language = self.language(&made.script.language, &said, &mut warnings);
        let speakers = self.speakers(&language, &said, &mut degradations).await?;
        Ok(Words {
            script: made.script,
            source: made.source,
            by_model: made.by_model,
            wanted: None,
            language,
            speakers,
            target: self.target(false),
            degradations,
            warnings,
        })
    }

    /// The script of who writes without a language model. With a reason it is a step down.
    async fn builtin(
        &self,
        reason: Option<Hint>,
        cancel: &CancellationToken,
    ) -> Result<Words, Error> {
        let writer = &self.toolkit.writer;
        let (mut degradations, mut warnings) = (Vec::new(), Vec::new());
        // The built-in writer knows English only: speaking it in another language's voice would be no service.
        let mut language = self.language("", self.topic, &mut warnings);
        if !writer.writes(&language) {
            degradations.push(Degradation {
                stage: Stage::Script,
                from: language.clone(),
                to: "en".into(),
                reason: Hint::from("the built-in writer writes English only; give a ")
                    .term(Setting::Script)
                    .words(" in your language"),
            });
            "en".clone_into(&mut language);
        }
        let speakers = self.speakers(&language, "", &mut degradations).await?;
        if let Some(reason) = reason {
            degradations.push(Degradation {
                stage: Stage::Script,
                from: LLM.into(),
                to: writer.id().to_owned(),
                reason,
            });
        }
        let drafting = self.drafted(writer.id(), language, speakers, degradations, cancel);
        let words = drafting.await?;
        Ok(Words { warnings, ..words })
    }

    /// A language model's script: one that is kept, or one that is to be written. Otherwise why there is none, and what to
    /// do about it.
    async fn by_model(
        &self,
        servers: &Arc<LlmServers>,
        kept: Option<&Outputs>,
        cancel: &CancellationToken,
    ) -> Result<Result<Words, (String, Option<Hint>)>, Error> {
        let (mut degradations, mut warnings) = (Vec::new(), Vec::new());
        let language = self.language("", self.topic, &mut warnings);
        let speakers = self.speakers(&language, "", &mut degradations).await?;
        let wish = ScriptRequest {
            language: language.clone(),
            ..self.request(&*speakers[0])
        };
        let key = keys::script(&servers.fingerprint(&wish));
        let kept = match kept {
            Some(work) => script_outputs::kept(work, key).await?,
            None => None,
        };
        let drafting = self.drafted(LLM, language, speakers, degradations, cancel);
        let mut words = drafting.await?;
        words.warnings = warnings;
        if let Some(written) = kept {
            words.warnings.extend(written.warnings.iter().cloned());
            let (by, script) = written.into_parts();
            (words.by_model, words.script) = (Some(by), script);
            return Ok(Ok(words));
        }
        let asked = tokio::select! {
            asked = servers.asked() => asked,
            () = cancel.cancelled() => return Err(fail(ErrorKind::Cancelled)),
        };
        let Some(by) = asked.usable.first() else {
            return Ok(Err((asked.reasons(), asked.hint())));
        };
        words.warnings.extend(asked.notes.iter().cloned());
        let told = asked.refused.iter();
        words.warnings.extend(told.map(|refused| {
            format!(
                "a language model server cannot be used now: {}",
                refused.reason
            )
        }));
        words.script.language.clone_from(&words.language);
        words.wanted = Some(Wanted {
            servers: Arc::clone(servers),
            wish,
            key,
            by: by.clone(),
        });
        Ok(Ok(words))
    }

    /// With the built-in writer's script: for good, or until another takes its place.
    async fn drafted(
        &self,
        source: &str,
        language: String,
        speakers: Vec<Arc<dyn Synthesizer>>,
        degradations: Vec<Degradation>,
        cancel: &CancellationToken,
    ) -> Result<Words, Error> {
        let request = ScriptRequest {
            language: language.clone(),
            ..self.request(&*speakers[0])
        };
        let writing = self.toolkit.writer.write(&request, &Unobserved, cancel);
        let written = writing.await.map_err(|e| Error::new(Stage::Script, e))?;
        Ok(Words {
            script: written.script,
            source: source.to_owned(),
            by_model: None,
            wanted: None,
            language,
            speakers,
            target: self.target(false),
            degradations,
            warnings: Vec::new(),
        })
    }

    async fn speakers(
        &self,
        language: &str,
        text: &str,
        degradations: &mut Vec<Degradation>,
    ) -> Result<Vec<Arc<dyn Synthesizer>>, Error> {
        let brief = self.brief;
        // A recording replaces them all, but its words still need times.
        let speech = match brief.narration {
            Some(_) => SpeechChoice::Silent,
            None => brief.speech,
        };
        let request = SpeakerRequest {
            available: &self.toolkit.speakers,
            absent: &self.toolkit.absent_speakers,
            speech,
            voice: brief.voice.as_deref(),
            language,
            text,
            may_fall_back: &|id| brief.may_fall_back(Part::Voice, id),
        };
        let chosen = request.choose().await.map_err(fail)?;
        degradations.extend(chosen.degradations);
        Ok(chosen.speakers)
    }

    /// The language of `text`: what was asked for, what its script says, what it looks like, English.
    fn language(&self, stated: &str, text: &str, warnings: &mut Vec<String>) -> String {
        let asked = self.brief.language.as_ref();
        let asked = asked.map_or(stated, Language::as_str);
        let chosen = choose_language(asked, text);
        warnings.extend(chosen.warning);
        chosen.language
    }

    /// The length to aim for, without the end card. A length that is wished for includes that card; a recording goes on to
    /// its own end.
    fn target(&self, given: bool) -> Option<f64> {
        let wished = |seconds| target_without_outro(seconds, outro(self.brief.end_card.as_ref()));
        let asked = self.brief.duration.map(Duration::get);
        asked
            .map(wished)
            .or(self.recorded)
            .or_else(|| (!given).then(|| wished(Duration::DEFAULT_SECONDS)))
    }

    /// The words that a script for `speaker` has.
    fn length(&self, speaker: &dyn Synthesizer) -> usize {
        let seconds = self.target(false).unwrap_or(Duration::DEFAULT_SECONDS);
        let scenes = self.brief.scenes.map(SceneCount::get);
        videogen_script::words_for(seconds, scenes, words_per_second(speaker.id()))
    }

    /// What is asked of a writer, in no language yet.
    fn request(&self, speaker: &dyn Synthesizer) -> ScriptRequest {
        ScriptRequest {
            topic: self.topic.to_owned(),
            genre: self.genre,
            language: String::new(),
            words: self.length(speaker),
            scenes: self.brief.scenes.map(SceneCount::get),
            // Not a part's own seed: the videos of a series differ by what place their seeds have in it.
            seed: self.brief.seed,
            avoid: Vec::new(),
        }
    }
}

/// No language model can be used, and one was asked for by name.
fn no_model(reason: String, hint: Option<Hint>) -> Error {
    fail(ScriptError::NoModel { reason, hint })
}

/// How long a script takes to say, in seconds.
pub(super) fn estimate(script: &Script, speaker: &str) -> f64 {
    let words = script.scenes.iter();
    let words = words.map(|scene| videogen_text::word_count(&scene.narration));
    let words: usize = words.sum();
    let speeches = vec![
        words as f64 / words_per_second(speaker) / script.scenes.len() as f64;
        script.scenes.len()
    ];
    pace_scenes(&speeches, None, |seconds| seconds).duration
}

impl VideoPlan {
    /// The same with the script that was wanted, and all that depends on it.
    ///
    /// # Errors
    /// [`ErrorKind::Font`] when no font has its letters.
    pub(crate) async fn with_script(
        mut self,
        written: Written,
        toolkit: &Toolkit,
    ) -> Result<Self, Error> {
        let (by, script) = written.into_parts();
        let (fonts, undrawable) = plan_fonts(
            &self.brief,
            toolkit,
            spoken_and_shown(&self.brief, &script),
            &mut self.warnings,
        )
        .await?;
        let lettering = &mut self.render.lettering;
        (lettering.fonts, lettering.undrawable) = (fonts, undrawable);
        let pictures = script.scenes.len() + usize::from(self.brief.end_card.is_some());
        self.needed_bytes = (self.pictures.footage).needed_bytes(&self.footprint(), pictures);
        self.script = script;
        (self.writing.by_model, self.writing.wanted) = (Some(by), None);
        Ok(self)
    }

    /// Whether `writer` may take the place of a model that was to write: it is not forbidden, and it writes in the language
    /// that was wished.
    pub(crate) fn may_be_written_by(&self, writer: &dyn ScriptWriter) -> bool {
        self.brief.may_fall_back(Part::Script, writer.id()) && writer.writes(&self.voice.language)
    }

    /// The same with a script by the built-in writer instead of the wanted one, for this reason: planned again, because
    /// voices and fonts may be others. Told as a step down, also where that is not wanted: it is too late to refuse it.
    ///
    /// # Errors
    /// As [`super::plan`].
    pub(crate) async fn without_model(
        &self,
        reason: Hint,
        toolkit: &Toolkit,
        cancel: &CancellationToken,
    ) -> Result<Self, Error> {
        let brief = Brief {
            strict: Strict::No,
            ..self.brief.clone()
        };
        let writing = Writing::Builtin(reason);
        let plan = Box::pin(super::plan(brief, toolkit, &[], &writing, cancel)).await?;
        Ok(Self {
            brief: self.brief.clone(),
            name: self.name.clone(),
            ..plan
        })
    }
}

/// All of a script that is written into the picture.
pub(super) fn spoken_and_shown(brief: &Brief, script: &Script) -> Vec<String> {
    let mut texts = vec![script.title.clone()];
    if brief.captions != videogen_types::CaptionChoice::None {
        texts.extend(script.scenes.iter().map(|scene| scene.narration.clone()));
    }
    texts
}
