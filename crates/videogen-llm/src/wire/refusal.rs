//! What a status that is no success means, and what to leave out of a question that was refused.

use crate::model::JsonMode;

/// What a refusal means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// Something in the question is not understood: see [`Learned::refused`].
    Question,
    ModelMissing,
    Key,
    Busy,
    /// The model is on its way into memory.
    Loading,
    OutOfMemory,
    TooLong,
    /// The path is not there: it is another server than it was.
    Path,
    /// Anything else.
    Other,
}

/// Reads a refusal.
pub(crate) fn read(status: u16, said: &str) -> Refusal {
    let said = said.to_lowercase();
    let has = |words: &[&str]| words.iter().any(|word| said.contains(word));
    let memory = has(&[
        "out of memory",
        "requires more system memory",
        "insufficient memory",
        "not enough memory",
        "cudamalloc",
        "insufficient system resources",
        "failed to allocate",
    ]);
    let missing = said.contains("model")
        && has(&[
            "not found",
            "does not exist",
            "no such",
            "unknown model",
            "invalid model",
            "not available",
            "model_not_found",
            "not a valid model",
        ]);
    match status {
        401 => Refusal::Key,
        // Ollama's word for models in the cloud that are switched off.
        403 if !said.contains("cloud") => Refusal::Key,
        _ if memory => Refusal::OutOfMemory,
        404 if missing => Refusal::ModelMissing,
        404 | 405 | 501 => Refusal::Path,
        503 if said.contains("loading") => Refusal::Loading,
        429 | 502..=504 => Refusal::Busy,
        400 | 413 | 422
            if has(&[
                "context length",
                "context size",
                "context window",
                "context_length",
                "too many tokens",
                "prompt is too long",
                "exceeds the available context",
                "`max_tokens` must be less than or equal to",
            ]) =>
        {
            Refusal::TooLong
        }
        400 if missing && !has(&["format", "schema", "grammar"]) => Refusal::ModelMissing,
        400 | 415 | 422 => Refusal::Question,
        500 if has(&["grammar", "json schema", "json_schema"]) => Refusal::Question,
        _ => Refusal::Other,
    }
}

/// What an endpoint was found to understand. It begins with everything.
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is something a server may or may not understand"
)]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Learned {
    pub(crate) json: JsonMode,
    /// The lengths of texts in a schema.
    pub(crate) lengths: bool,
    /// `think`, of Ollama.
    pub(crate) think: bool,
    pub(crate) template_arguments: bool,
    pub(crate) thinking_budget: bool,
    /// Whether the model was seen to think although it was not told to.
    pub(crate) thinks_anyway: bool,
    /// Whether there is a system role.
    pub(crate) system: bool,
    pub(crate) penalty: bool,
    pub(crate) sampling: bool,
    pub(crate) seed: bool,
    pub(crate) completion_tokens: bool,
}

impl Default for Learned {
    fn default() -> Self {
        Self {
            json: JsonMode::Schema,
            lengths: true,
            think: true,
            template_arguments: true,
            thinking_budget: true,
            thinks_anyway: false,
            system: true,
            penalty: true,
            sampling: true,
            seed: true,
            completion_tokens: false,
        }
    }
}

impl Learned {
    /// What to try after a question was refused; `None` when nothing is left to leave out. `wants_json` says whether the
    /// question asked for JSON at all.
    pub(crate) fn refused(self, said: &str, wants_json: bool) -> Option<Self> {
        let said = said.to_lowercase();
        let names = |words: &[&str]| words.iter().any(|word| said.contains(word));
        let less_json = match self.json {
            _ if !wants_json => None,
            JsonMode::Schema if said.contains("'json_schema' or 'text'") => Some(JsonMode::Text),
            JsonMode::Schema => Some(JsonMode::ObjectWithSchema),
            JsonMode::ObjectWithSchema => Some(JsonMode::Object),
            JsonMode::Object => Some(JsonMode::Text),
            JsonMode::Text => None,
        };
        let less_json = less_json.map(|json| Self { json, ..self });
        if self.thinking_budget && names(&["thinking_budget"]) {
            return Some(Self {
                thinking_budget: false,
                ..self
            });
        }
        // A grammar of lengths is a large one.
        if self.lengths
            && matches!(self.json, JsonMode::Schema | JsonMode::ObjectWithSchema)
            && wants_json
            && names(&["maxlength", "minlength", "grammar", "repetition"])
        {
            return Some(Self {
                lengths: false,
                ..self
            });
        }
        if self.template_arguments && names(&["chat_template_kwargs", "enable_thinking"]) {
            return Some(Self {
                template_arguments: false,
                ..self
            });
        }
        if names(&[
            "response_format",
            "json_schema",
            "json_object",
            "grammar",
            "schema",
            "structured",
        ]) && less_json.is_some()
        {
            return less_json;
        }
        if self.think && names(&["think"]) {
            return Some(Self {
                think: false,
                ..self
            });
        }
        if !self.completion_tokens && names(&["max_completion_tokens"]) {
            return Some(Self {
                completion_tokens: true,
                ..self
            });
        }
        if self.penalty && names(&["penalty"]) {
            return Some(Self {
                penalty: false,
                ..self
            });
        }
        if self.system && names(&["system role", "system message", "role 'system'"]) {
            return Some(Self {
                system: false,
                ..self
            });
        }
        if self.sampling && names(&["temperature", "top_p", "topp"]) {
            return Some(Self {
                sampling: false,
                ..self
            });
        }
        if self.seed && names(&["seed"]) {
            return Some(Self {
                seed: false,
                ..self
            });
        }
        // It does not say what it is about: first what an answer can do without, …
        if self.penalty {
            return Some(Self {
                penalty: false,
                thinking_budget: false,
                ..self
            });
        }
        // … then its form, …
        less_json.or_else(|| {
            self.template_arguments.then_some(Self {
                template_arguments: false,
                ..self
            })
        })
    }
}

/// What a server says of a question that is too long for it: how many tokens its context holds and how many the question
/// has, where it says so.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct TooLong {
    pub(crate) context: Option<u64>,
    pub(crate) question: Option<u64>,
    /// The longest answer that it gives, in tokens.
    pub(crate) most: Option<u64>,
}

/// Reads that. The words are those of vLLM, of llama.cpp, of llama-cpp-python and of Groq.
pub(crate) fn too_long(said: &str) -> TooLong {
    let said = said.to_lowercase();
    let first = |marks: &[&str]| marks.iter().find_map(|mark| number_after(&said, mark));
    let before = |marks: &[&str]| marks.iter().find_map(|mark| number_before(&said, mark));
    TooLong {
        most: first(&["`max_tokens` must be less than or equal to `"]),
        context: first(&[
            "\"n_ctx\":",
            "maximum context length is",
            "maximum context length of",
        ])
        .or_else(|| before(&[" tokens), try increasing it"])),
        question: first(&["\"n_prompt_tokens\":"]).or_else(|| {
            before(&[
                " input tokens",
                " in the messages",
                " in your prompt",
                " tokens in your prompt",
                " tokens from the input",
            ])
        }),
    }
}

fn number_after(text: &str, mark: &str) -> Option<u64> {
    let rest = text.split_once(mark)?.1.trim_start();
    let digits = rest.split(|c: char| !c.is_ascii_digit()).next()?;
    digits.parse().ok()
}

fn number_before(text: &str, mark: &str) -> Option<u64> {
    let rest = text.split_once(mark)?.0;
    let digits = rest.rsplit(|c: char| !c.is_ascii_digit()).next()?;
    digits.parse().ok()
}

/// About how many tokens a text has; rather too many than too few.
pub(crate) fn tokens(text: &str) -> u64 {
    let (mut narrow, mut wide) = (0_u64, 0_u64);
    for c in text.chars() {
        if c.is_ascii() { narrow += 1 } else { wide += 1 }
    }
    narrow.div_ceil(3) + wide
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn refusals_seen_in_the_wild() {
        for (status, said, expected) in [
            (
                404,
                r#"model "qwen3:8b" not found, try pulling it first"#,
                Refusal::ModelMissing,
            ),
            (404, "model 'x' not found", Refusal::ModelMissing),
            (404, "The model `x` does not exist.", Refusal::ModelMissing),
            (404, "404 page not found", Refusal::Path),
            (
                400,
                r#""llama3.2" does not support thinking"#,
                Refusal::Question,
            ),
            (
                400,
                "'response_format.type' must be 'json_schema' or 'text'",
                Refusal::Question,
            ),
            (
                400,
                "the request exceeds the available context size",
                Refusal::TooLong,
            ),
            (
                500,
                "model requires more system memory (9.0 GiB) than is available (6.1 GiB)",
                Refusal::OutOfMemory,
            ),
            (
                500,
                "llama runner process has terminated: cudaMalloc failed: out of memory",
                Refusal::OutOfMemory,
            ),
            (500, "failed to parse grammar", Refusal::Question),
            (500, "something", Refusal::Other),
            (
                503,
                "server busy, please try again.  maximum pending requests exceeded",
                Refusal::Busy,
            ),
            (503, "Loading model", Refusal::Loading),
            (429, "", Refusal::Busy),
            (401, "Incorrect API key provided", Refusal::Key),
        ] {
            assert_eq!(read(status, said), expected, "{status} {said}");
        }
    }

    #[test]
    fn what_is_too_long_is_read() {
        for (said, context, question) in [
            (
                r#"{"error":{"code":400,"message":"request (1200 tokens) exceeds the available context size (256 tokens), try increasing it","type":"exceed_context_size_error","n_prompt_tokens":1200,"n_ctx":256}}"#,
                Some(256),
                Some(1200),
            ),
            (
                "This model's maximum context length is 4096 tokens. However, you requested 5000 tokens (3000 in the messages, 2000 in the completion). Please reduce the length of the messages or completion.",
                Some(4096),
                Some(3000),
            ),
            (
                "'max_tokens' or 'max_completion_tokens' is too large: 5000. This model's maximum context length is 4096 tokens and your request has 100 input tokens (5000 > 4096 - 100).",
                Some(4096),
                Some(100),
            ),
            ("the prompt is too long", None, None),
        ] {
            let expected = TooLong {
                context,
                question,
                most: None,
            };
            assert_eq!(too_long(said), expected, "{said}");
        }
        let said = "`max_tokens` must be less than or equal to `1024`, the maximum value for `max_tokens` is less than the `context_window` for this model";
        assert_eq!(read(400, said), Refusal::TooLong);
        assert_eq!(too_long(said).most, Some(1024));
        for said in [
            "Penalty is not enabled for models/gemini-2.5-flash",
            "Argument not supported on this model: presencePenalty",
        ] {
            let less = Learned::default().refused(said, true).unwrap();
            assert!(
                !less.penalty && less.sampling && less.json == JsonMode::Schema,
                "{said}"
            );
        }
        assert!(
            !Learned::default()
                .refused("System role not supported", true)
                .unwrap()
                .system
        );
    }

    #[test]
    fn what_is_named_is_left_out() {
        let all = Learned::default();
        let after = |said: &str| all.refused(said, true).unwrap();
        assert_eq!(
            after("\"llama3.2\" does not support thinking"),
            Learned {
                think: false,
                ..all
            }
        );
        assert_eq!(
            after("'response_format.type' must be 'json_schema' or 'text'").json,
            JsonMode::Text
        );
        assert_eq!(
            after("response_format json_schema is not supported").json,
            JsonMode::ObjectWithSchema
        );
        assert_eq!(
            after("maxLength is not permitted in a schema"),
            Learned {
                lengths: false,
                ..all
            }
        );
        assert_eq!(
            after("Unrecognized request argument supplied: chat_template_kwargs"),
            Learned {
                template_arguments: false,
                ..all
            }
        );
        assert_eq!(
            after("Unsupported parameter: 'max_tokens'. Use 'max_completion_tokens' instead."),
            Learned {
                completion_tokens: true,
                ..all
            }
        );
        assert_eq!(
            after("Unsupported value: 'temperature' does not support 0.7"),
            Learned {
                sampling: false,
                ..all
            }
        );
        let first = after("bad request");
        assert!(!first.penalty && first.json == JsonMode::Schema);
        let second = first.refused("bad request", true).unwrap();
        assert_eq!(second.json, JsonMode::ObjectWithSchema);
        assert_eq!(
            first.refused("bad request", false),
            Some(Learned {
                template_arguments: false,
                ..first
            })
        );
    }

    proptest! {
        #[test]
        fn the_ladder_has_an_end(words in prop::collection::vec(prop::sample::select(vec!["think", "seed", "schema", "top_p", "max_completion_tokens", "enable_thinking", "grammar", "thinking_budget", "penalty", "system role", ""]), 0..6), json in any::<bool>()) {
            let said = words.join(" ");
            let mut state = Some(Learned::default());
            let mut steps = 0;
            while let Some(next) = state {
                steps += 1;
                prop_assert!(steps < 15);
                state = next.refused(&said, json);
                prop_assert_ne!(state, Some(next));
            }
        }
    }
}
