//! Asks for JSON until it is what was asked for: once, once more with what is wrong with it, once afresh.

use serde_json::Value;
use tokio_util::sync::CancellationToken;

use crate::error::Error;
use crate::model::{AnswerFormat, ChatModel, ChatRequest, Message, OnProgress, Reply, Role};
use crate::shape::Expected;
use crate::shape::complaint::{Complaint, Problem, in_one_line};
use crate::text::candidates::candidates;

/// The longest answer that is quoted in the question for its repair, in bytes. A longer one is asked for afresh: it would not
/// fit into the context together with the repaired one.
const LONGEST_QUOTE: usize = 12 * 1024;
/// How many complaints are quoted.
const QUOTED: usize = 10;

/// Why a question was asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Turn {
    /// For the first time.
    First,
    /// With the last answer and what is wrong with it.
    Repair,
    /// Anew, with another seed, and with thinking if it was without.
    Fresh,
}

/// A question whose answer could not be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failed {
    /// Why it was asked.
    pub turn: Turn,
    /// What was wrong with the answer, in one line.
    pub problem: String,
}

/// An answer of the right shape.
#[derive(Debug, Clone, PartialEq)]
pub struct Answered<T> {
    /// The answer.
    pub value: T,
    /// As it came.
    pub reply: Reply,
    /// Why the question was asked that led to it.
    pub turn: Turn,
    /// What came before it.
    pub failed: Vec<Failed>,
}

/// Reads an answer. Of several values in it the first that is right counts; of several that are wrong, the complaints are
/// about the longest.
///
/// # Errors
/// What is wrong with it.
pub fn read_answer<E: Expected>(text: &str, expected: &E) -> Result<E::Value, Vec<Complaint>> {
    let mut worst: Option<(usize, Vec<Complaint>)> = None;
    for value in candidates(text) {
        match expected.accept(&value) {
            Ok(accepted) => return Ok(accepted),
            Err(complaints) => {
                let size = weight(&value);
                if worst.as_ref().is_none_or(|(most, _)| size > *most) {
                    worst = Some((size, complaints));
                }
            }
        }
    }
    Err(worst.map_or_else(
        || vec![Complaint::new("", Problem::NoJson)],
        |(_, complaints)| complaints,
    ))
}

/// How much there is in a value.
fn weight(value: &Value) -> usize {
    match value {
        Value::Object(fields) => {
            1 + fields
                .iter()
                .map(|(key, value)| key.len() + weight(value))
                .sum::<usize>()
        }
        Value::Array(items) => 1 + items.iter().map(weight).sum::<usize>(),
        Value::String(text) => text.len(),
        _ => 1,
    }
}

/// Asks `model` for an answer that `expected` accepts. The words that describe the form of the answer are added to the
/// question, and the schema where the server can use one.
///
/// At most three questions are asked: the question; with a wrong answer in hand, a repair that quotes what is wrong with it;
/// and the question afresh, with another seed and with thinking if it was without, since some models keep to no form without.
///
/// # Errors
/// [`Error::BadAnswer`] when the last answer is still wrong, or the error of the last question when that had none. What
/// is wrong with the server, and not with an answer, is returned at once: another server may do better.
///
/// # Cancellation
/// As [`ChatModel::chat`].
pub async fn ask<E: Expected>(
    model: &dyn ChatModel,
    request: &ChatRequest,
    expected: &E,
    progress: OnProgress<'_>,
    cancel: &CancellationToken,
) -> Result<Answered<E::Value>, Error> {
    let first = with_form(request, expected);
    let mut failed = Vec::new();
    let mut turn = Turn::First;
    let mut question = first.clone();
    let mut asked = 0;
    loop {
        asked += 1;
        let (problem, error, next) = match model.chat(&question, progress, cancel).await {
            Ok(reply) => match read_answer(&reply.text, expected) {
                Ok(value) => {
                    return Ok(Answered {
                        value,
                        reply,
                        turn,
                        failed,
                    });
                }
                Err(complaints) => {
                    let problem = in_one_line(&complaints, QUOTED);
                    let repair = (turn == Turn::First && reply.text.len() <= LONGEST_QUOTE)
                        .then(|| repair(&first, &reply.text, &complaints));
                    let error = Error::BadAnswer {
                        model: reply.model,
                        asked,
                        complaints,
                    };
                    (problem, error, repair)
                }
            },
            Err(error) if error.is_answer() => (error.to_string(), error, None),
            Err(error) => return Err(error),
        };
        tracing::debug!(
            model = model.id(),
            ?turn,
            problem,
            "an answer cannot be used"
        );
        failed.push(Failed { turn, problem });
        (turn, question) = match (turn, next) {
            (Turn::Fresh, _) => return Err(error),
            (_, Some(repair)) => (Turn::Repair, repair),
            (_, None) => (Turn::Fresh, afresh(&first)),
        };
    }
}

fn with_form<E: Expected>(request: &ChatRequest, expected: &E) -> ChatRequest {
    let form = format!(
        "Answer with one JSON object and nothing else: no Markdown, no code fence, no text before or after it. It has this \
         form; write your own text in place of each <…>, and leave the lines with // out:\n{}",
        expected.words()
    );
    let mut request = request.clone();
    match request
        .messages
        .iter_mut()
        .find(|message| message.role == Role::System)
    {
        Some(system) => {
            system.text.push_str("\n\n");
            system.text.push_str(&form);
        }
        None => request.messages.insert(0, Message::system(form)),
    }
    request.format = AnswerFormat::Json {
        name: expected.name().to_owned(),
        schema: expected.schema(),
    };
    request
}

fn repair(first: &ChatRequest, answer: &str, complaints: &[Complaint]) -> ChatRequest {
    let mut request = first.clone();
    let list: Vec<String> = complaints
        .iter()
        .take(QUOTED)
        .map(|one| format!("- {one}"))
        .collect();
    request.messages.push(Message::assistant(answer));
    request.messages.push(Message::user(format!(
        "Your answer cannot be used:\n{}\nWrite the whole JSON object again with this put right, and nothing else.",
        list.join("\n")
    )));
    request
}

fn afresh(first: &ChatRequest) -> ChatRequest {
    let mut request = first.clone();
    // Any other seed does; this way it is the same one every time.
    request.seed = Some(
        first
            .seed
            .unwrap_or_default()
            .wrapping_mul(0x9E37_79B1)
            .wrapping_add(0x7F4A_7C15)
            & 0x7FFF_FFFF,
    );
    if !request.thinking {
        request.thinking = true;
        // The thoughts count towards the length of the answer.
        request.max_tokens = request.max_tokens.saturating_add(2048);
    }
    request
}
