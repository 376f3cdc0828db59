//! Puts the pieces of an answer together, and judges whether it is whole.

use std::time::Duration;

use crate::error::{Cut, Error, Unfinished};
use crate::text::clean::is_unseen;

/// The longest answer that is accepted, in bytes. A script has a few thousand.
pub(crate) const LONGEST_ANSWER: usize = 256 * 1024;
/// The longest thought that is waited for, in bytes.
const LONGEST_THOUGHT: usize = 1024 * 1024;

/// A piece of an answer.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Chunk {
    pub(crate) content: String,
    pub(crate) thought: String,
    /// Why the model stopped.
    pub(crate) finish: Option<String>,
    /// Nothing follows.
    pub(crate) last: bool,
    /// The server failed.
    pub(crate) error: Option<String>,
    pub(crate) prompt_tokens: Option<u64>,
    pub(crate) answer_tokens: Option<u64>,
    pub(crate) load: Option<Duration>,
}

impl Chunk {
    pub(crate) fn failed(error: impl Into<String>) -> Self {
        Self {
            error: Some(error.into()),
            ..Self::default()
        }
    }
}

/// What has come so far.
#[derive(Debug, Default)]
pub(crate) struct Fold {
    pub(crate) content: String,
    pub(crate) thought: usize,
    pub(crate) prompt_tokens: Option<u64>,
    pub(crate) answer_tokens: Option<u64>,
    pub(crate) load: Option<Duration>,
    finish: Option<String>,
    pub(crate) ended: bool,
}

impl Fold {
    /// Adds a piece; tells whether it brought a word.
    pub(crate) fn push(&mut self, chunk: Chunk, model: &str) -> Result<bool, Error> {
        if let Some(said) = chunk.error {
            return Err(cut(model, Cut::Failed(said), &self.content));
        }
        self.content.push_str(&chunk.content);
        self.thought += chunk.thought.len();
        for (limit, size) in [
            (LONGEST_ANSWER, self.content.len()),
            (LONGEST_THOUGHT, self.thought),
        ] {
            if size > limit {
                return Err(Error::TooLongAnswer {
                    model: model.to_owned(),
                    limit,
                });
            }
        }
        self.finish = chunk.finish.or(self.finish.take());
        self.ended |= chunk.last;
        self.prompt_tokens = chunk.prompt_tokens.or(self.prompt_tokens);
        self.answer_tokens = chunk.answer_tokens.or(self.answer_tokens);
        self.load = chunk.load.or(self.load);
        Ok(!(chunk.content.is_empty() && chunk.thought.is_empty()))
    }

    /// Whether nothing has come at all: no word, no thought, no end.
    pub(crate) fn is_nothing(&self) -> bool {
        self.content.is_empty() && self.thought == 0 && self.finish.is_none() && !self.ended
    }

    /// Judges the whole, when nothing more comes.
    pub(crate) fn check(&self, model: &str) -> Result<(), Error> {
        let reason = match self.finish.as_deref() {
            Some("length" | "max_tokens" | "model_length") => Some(Cut::Length),
            Some("content_filter") => Some(Cut::Filter),
            Some("error" | "abort") => {
                Some(Cut::Failed("the answer was ended with an error".to_owned()))
            }
            Some(_) if self.ended => None,
            // Ollama's own errors after the first word vanish on its OpenAI side: the stream just ends.
            _ => Some(Cut::NoEnd),
        };
        match reason {
            Some(reason) => Err(cut(model, reason, &self.content)),
            None if self.content.trim().is_empty() => Err(Error::Empty {
                model: model.to_owned(),
                thought: self.thought > 0,
            }),
            None => Ok(()),
        }
    }
}

fn cut(model: &str, cut: Cut, said: &str) -> Error {
    Error::CutOff {
        model: model.to_owned(),
        cut,
        said: Unfinished::new(said),
    }
}

/// A server's words on one line, cut at 200 bytes, without what steers a terminal or turns the direction of a text.
pub(crate) fn printable(text: &str) -> String {
    let mut line = String::new();
    for c in text.chars() {
        let c = if c.is_control() || c.is_whitespace() || is_unseen(c) {
            ' '
        } else {
            c
        };
        if line.len() + c.len_utf8() > 200 {
            line.push('…');
            break;
        }
        if c != ' ' || !line.ends_with(' ') {
            line.push(c);
        }
    }
    line.trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fold(chunks: Vec<Chunk>) -> Result<String, Error> {
        let mut fold = Fold::default();
        for chunk in chunks {
            fold.push(chunk, "m")?;
        }
        fold.check("m")?;
        Ok(fold.content)
    }

    fn says(content: &str) -> Chunk {
        Chunk {
            content: content.to_owned(),
            ..Chunk::default()
        }
    }

    fn stops(finish: &str, last: bool) -> Chunk {
        Chunk {
            finish: Some(finish.to_owned()),
            last,
            ..Chunk::default()
        }
    }

    #[test]
    fn only_what_ends_well_is_an_answer() {
        assert_eq!(
            fold(vec![says("a"), says("b"), stops("stop", true)]).unwrap(),
            "ab"
        );
        let last = Chunk {
            last: true,
            ..Chunk::default()
        };
        assert_eq!(
            fold(vec![says("a"), stops("stop", false), last]).unwrap(),
            "a"
        );
        for (chunks, expected) in [
            (vec![says("a"), stops("length", true)], Cut::Length),
            (vec![says("a"), stops("content_filter", true)], Cut::Filter),
            (vec![says("a"), stops("stop", false)], Cut::NoEnd),
            (vec![says("a")], Cut::NoEnd),
            (
                vec![
                    says("a"),
                    Chunk {
                        last: true,
                        ..Chunk::default()
                    },
                ],
                Cut::NoEnd,
            ),
            (
                vec![says("a"), Chunk::failed("oom")],
                Cut::Failed("oom".to_owned()),
            ),
            (vec![], Cut::NoEnd),
        ] {
            assert!(
                matches!(fold(chunks), Err(Error::CutOff { cut, .. }) if cut == expected),
                "{expected:?}"
            );
        }
        let thinks = Chunk {
            thought: "hm".to_owned(),
            ..Chunk::default()
        };
        assert!(matches!(
            fold(vec![thinks, stops("stop", true)]),
            Err(Error::Empty { thought: true, .. })
        ));
        assert!(matches!(
            fold(vec![says(" \n"), stops("stop", true)]),
            Err(Error::Empty { thought: false, .. })
        ));
        assert!(matches!(
            fold(vec![says(&"x".repeat(LONGEST_ANSWER + 1))]),
            Err(Error::TooLongAnswer { .. })
        ));
    }

    #[test]
    fn words_of_servers_fit_on_a_line() {
        assert_eq!(printable(" a\n\u{1b}[2J  b "), "a [2J b");
        assert_eq!(printable("a\u{202e}b\u{2066}"), "a b");
        assert!(printable(&"é".repeat(300)).len() <= 203);
    }
}
