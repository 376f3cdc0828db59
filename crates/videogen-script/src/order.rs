//! A script without a video: what `videogen write` shows, and what prompts are worked on with.

use tokio_util::sync::CancellationToken;
use videogen_llm::Message;
use videogen_text::{ChosenLanguage, chain, choose_language, language_name};
use videogen_types::{
    Duration, Genre, Language, Observer, SceneCount, Script, Seed, Topic, WORDS_PER_SECOND,
    WriterChoice,
};

use crate::builtin::{Assignment, guess_genre, write, writes};
use crate::llm::{LlmServers, NO_MODEL_CONFIGURED, ScriptError, ScriptRequest};
use crate::word_budget::words_for;
use crate::writer::ScriptWriter;

/// What a script is wanted of.
#[derive(Debug, Clone, PartialEq)]
pub struct ScriptOrder {
    /// The subject.
    pub topic: Topic,
    /// The tone; the topic decides where it is `None`.
    pub genre: Option<Genre>,
    /// The language; where it is `None` that of the topic, and English where that does not tell.
    pub language: Option<Language>,
    /// The length of the video; 30 seconds where it is `None`.
    pub duration: Option<Duration>,
    /// The number of scenes; by length where it is `None`.
    pub scenes: Option<SceneCount>,
    /// Which of the many possible scripts.
    pub seed: Seed,
    /// Who writes.
    pub writer: WriterChoice,
}

/// A script and who wrote it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrderedScript {
    /// The script.
    pub script: Script,
    /// The model and its server, or `None` for the built-in writer.
    pub by: Option<String>,
    /// What stands below the video, where the model wrote it.
    pub description: Option<String>,
    /// What is less than was wished for, and why nobody else wrote it; each a sentence without a period.
    pub warnings: Vec<String>,
}

impl ScriptOrder {
    fn chosen_language(&self) -> ChosenLanguage {
        let asked = self.language.as_ref().map_or("", Language::as_str);
        choose_language(asked, self.topic.as_str())
    }

    fn language(&self) -> String {
        self.chosen_language().language
    }

    fn genre(&self) -> Genre {
        let guess = || guess_genre(self.topic.as_str());
        self.genre.unwrap_or_else(guess)
    }

    fn words(&self) -> usize {
        let seconds = self
            .duration
            .map_or(Duration::DEFAULT_SECONDS, Duration::get);
        // A voice is not chosen here: the usual rate.
        words_for(seconds, self.scenes.map(SceneCount::get), WORDS_PER_SECOND)
    }

    fn wish(&self) -> ScriptRequest {
        ScriptRequest {
            topic: self.topic.as_str().to_owned(),
            genre: self.genre(),
            language: self.language(),
            words: self.words(),
            scenes: self.scenes.map(SceneCount::get),
            seed: self.seed,
            avoid: Vec::new(),
        }
    }

    /// What a language model is asked first, the example and the form of the answer included.
    #[must_use]
    pub fn question(&self, servers: &LlmServers) -> Vec<Message> {
        let wish = self.wish();
        servers.writer(wish.context()).question(&wish).messages
    }

    /// Has the script written; `observer` hears how far it is. A model that is loaded for it stays in memory
    /// as long as its server keeps it. Nothing is kept.
    ///
    /// # Errors
    /// [`ScriptError::NoModel`] when a language model was asked for by name and none can be used;
    /// [`ScriptError::Model`] when none wrote a script that can be used and the built-in writer may not, or cannot, because
    /// another language than English is wished; [`ScriptError::EnglishOnly`] when none can be used and another language is
    /// wished; [`ScriptError::Cancelled`].
    ///
    /// # Cancellation
    /// When `cancel` fires, or the future is dropped, the connection is closed, which ends the work on the server.
    pub async fn write(
        &self,
        servers: Option<&LlmServers>,
        observer: &dyn Observer,
        cancel: &CancellationToken,
    ) -> Result<OrderedScript, ScriptError> {
        let reason = match (self.writer, servers) {
            (WriterChoice::Builtin, _) => None,
            (choice, None) => {
                let reason = NO_MODEL_CONFIGURED.to_owned();
                if choice == WriterChoice::Llm {
                    return Err(ScriptError::NoModel { reason, hint: None });
                }
                Some(reason)
            }
            (choice, Some(servers)) => {
                match self.by_model(choice, servers, observer, cancel).await? {
                    Ok(ordered) => return Ok(ordered),
                    Err(reason) => Some(reason),
                }
            }
        };
        self.builtin(reason)
    }

    /// By a model, or why not.
    async fn by_model(
        &self,
        choice: WriterChoice,
        servers: &LlmServers,
        observer: &dyn Observer,
        cancel: &CancellationToken,
    ) -> Result<Result<OrderedScript, String>, ScriptError> {
        let asked = tokio::select! {
            asked = servers.asked() => asked,
            () = cancel.cancelled() => return Err(ScriptError::Cancelled),
        };
        if asked.usable.is_empty() {
            if choice == WriterChoice::Llm {
                let (reason, hint) = (asked.reasons(), asked.hint());
                return Err(ScriptError::NoModel { reason, hint });
            }
            return Ok(Err(asked.reasons()));
        }
        let wish = self.wish();
        let writer = servers.writer(wish.context());
        match writer.write(&wish, observer, cancel).await {
            Ok(written) => {
                let doubt = self.chosen_language().warning;
                let notes = doubt.into_iter().chain(asked.notes.iter().cloned());
                Ok(Ok(OrderedScript {
                    script: written.script,
                    by: Some(format!("{} at {}", written.model, written.endpoint)),
                    description: written.description,
                    warnings: notes.chain(written.warnings).collect(),
                }))
            }
            Err(error)
                if choice == WriterChoice::Auto
                    && !error.is_cancelled()
                    && writes(&self.language()) =>
            {
                Ok(Err(chain(&error)))
            }
            Err(error) => Err(error),
        }
    }

    /// By the built-in writer; `reason` is why no model wrote it although one might.
    fn builtin(&self, reason: Option<String>) -> Result<OrderedScript, ScriptError> {
        const ONLY: &str = "the built-in writer writes English only";
        let chosen = self.chosen_language();
        let mut warnings: Vec<String> = chosen.warning.into_iter().collect();
        if !writes(&chosen.language) && self.language.is_none() {
            let name = language_name(&chosen.language).unwrap_or(&chosen.language);
            warnings.push(format!("the topic is in {name}, and {ONLY}"));
        } else if !writes(&chosen.language) {
            let reason = match reason {
                Some(reason) => format!("{ONLY}, and no language model can be used: {reason}"),
                None => ONLY.to_owned(),
            };
            return Err(ScriptError::EnglishOnly { reason });
        }
        let script = write(&Assignment {
            topic: self.topic.as_str().to_owned(),
            genre: self.genre(),
            seed: self.seed,
            words: self.words(),
            scenes: self.scenes.map(SceneCount::get),
        });
        warnings.extend(reason.map(|reason| format!("the built-in writer wrote it: {reason}")));
        Ok(OrderedScript {
            script,
            by: None,
            description: None,
            warnings,
        })
    }
}

#[cfg(test)]
mod tests {
    use testkit::llm::{Kind, MockLlm, Say};

    use super::*;
    use crate::llm::LlmOptions;

    fn order(language: &str, writer: WriterChoice) -> ScriptOrder {
        ScriptOrder {
            topic: Topic::new("light in the deep sea").unwrap().0,
            genre: None,
            language: Some(language.parse().unwrap()),
            duration: Some(Duration::new(18.0).unwrap()),
            scenes: None,
            seed: Seed(3),
            writer,
        }
    }

    async fn servers(llm: &MockLlm) -> LlmServers {
        let options = LlmOptions {
            servers: vec![llm.url().parse().unwrap()],
            ..LlmOptions::default()
        };
        LlmServers::open(&options).await.unwrap().unwrap()
    }

    #[tokio::test]
    async fn a_script_is_written_alone() {
        let never = CancellationToken::new();
        let llm = MockLlm::builder(Kind::Ollama)
            .model("qwen3:8b", 6 << 30)
            .start();
        let servers = servers(&llm).await;
        let order_en = order("en", WriterChoice::Auto);
        let asked = order_en.question(&servers);
        assert_eq!(asked.len(), 4, "with the example");
        assert_eq!(llm.counters().chats, 0);
        let written = order_en
            .write(Some(&servers), &|_| {}, &never)
            .await
            .unwrap();
        assert_eq!(written.script.title, "Why the deep sea glows");
        assert!(written.by.unwrap().starts_with("qwen3:8b at http://"));
        let sent = llm.questions()[0]["messages"].clone();
        assert_eq!(sent[3]["content"], asked[3].text);
        assert_eq!(sent[0]["content"], asked[0].text);

        let built_in = order("en", WriterChoice::Builtin);
        let built_in = built_in.write(None, &|_| {}, &never).await.unwrap();
        assert_eq!((built_in.by, built_in.warnings.len()), (None, 0));
        for language in ["de", "ja"] {
            let order = order(language, WriterChoice::Auto);
            let error = order.write(None, &|_| {}, &never).await.unwrap_err();
            assert!(error.to_string().contains("writes English only"), "{error}");
        }
    }

    #[tokio::test]
    async fn who_was_asked_for_by_name_is_not_replaced() {
        let never = CancellationToken::new();
        let llm = MockLlm::builder(Kind::Ollama)
            .model("qwen3:8b", 6 << 30)
            .usually(Say::text("no"))
            .start();
        let servers = servers(&llm).await;
        let by_name = order("en", WriterChoice::Llm);
        let error = by_name.write(Some(&servers), &|_| {}, &never).await;
        assert!(matches!(error.unwrap_err(), ScriptError::Model { .. }));
        let any = order("en", WriterChoice::Auto);
        let written = any.write(Some(&servers), &|_| {}, &never).await.unwrap();
        assert!(written.by.is_none() && written.warnings[0].contains("no complete JSON object"));
        let error = by_name.write(None, &|_| {}, &never).await.unwrap_err();
        assert!(matches!(error, ScriptError::NoModel { .. }));
    }
}
