//! Asks for JSON until it is what was asked for: once, once more with what is wrong with it, once afresh.

use serde_json::Value;
use tokio_util::sync::CancellationToken;

use crate::error::Error;
use crate::model::{AnswerFormat, ChatModel, ChatRequest, Message, OnProgress, Reply, Role};
use crate::shape::complaint::{Complaint, Problem, in_one_line};
use crate::shape::{Expected, Judged};
use crate::text::candidates::candidates;

/// The longest answer that is quoted in the question for its repair, in bytes. A longer one is asked for afresh: it would not
/// fit into the context together with the repaired one.
const LONGEST_QUOTE: usize = 12 * 1024;
/// How many complaints are quoted.
const QUOTED: usize = 10;
/// The penalty for repetition after an answer without end: the most that Qwen's authors advise.
const STRICT: f32 = 1.5;

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
    /// What is to be said against it: it can be used, but is less than was asked for.
    pub warnings: Vec<Complaint>,
    /// What came before it.
    pub failed: Vec<Failed>,
}

/// Reads an answer. Of several values in it the first against which nothing is to be said counts, else the best that can
/// be used; of several that are wrong, the complaints are about the longest.
///
/// # Errors
/// What is wrong with it.
pub fn read_answer<E: Expected>(
    text: &str,
    expected: &E,
) -> Result<Judged<E::Value>, Vec<Complaint>> {
    let mut worst: Option<(usize, Vec<Complaint>)> = None;
    let mut best: Option<Judged<E::Value>> = None;
    for value in candidates(text) {
        match expected.judge(&value) {
            Ok(judged) if judged.warnings.is_empty() => return Ok(judged),
            Ok(judged) => {
                if best
                    .as_ref()
                    .is_none_or(|best| judged.penalty < best.penalty)
                {
                    best = Some(judged);
                }
            }
            Err(complaints) => {
                let size = weight(&value);
                if worst.as_ref().is_none_or(|(most, _)| size > *most) {
                    worst = Some((size, complaints));
                }
            }
        }
    }
    best.ok_or_else(|| {
        worst.map_or_else(
            || vec![Complaint::new("", Problem::NoJson)],
            |(_, complaints)| complaints,
        )
    })
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

/// Asks `model` for an answer that `expected` accepts. The words that describe the form of the answer, or its example, are
/// added to the question, and the schema where the server can use one.
///
/// At most three questions are asked: the question; with a wrong answer in hand, a repair that quotes what is wrong with it;
/// and the question afresh, with another seed and with thinking if it was without, since some models keep to no form without.
/// An answer that can be used, but is less than was asked for, is kept: one repair is asked for, and the better of the two
/// is given with what is to be said against it, also when the server fails meanwhile.
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
    let first = question(request, expected);
    let mut failed = Vec::new();
    let mut turn = Turn::First;
    let mut asking = first.clone();
    let mut asked = 0;
    let mut kept: Option<Kept<E::Value>> = None;
    loop {
        asked += 1;
        let replied = match model.chat(&asking, progress, cancel).await {
            Err(error) => match whole_before_the_end(&error, expected) {
                Some(reply) => Ok(reply),
                None => Err(error),
            },
            replied => replied,
        };
        let (problem, error, next) = match replied {
            Ok(reply) => {
                let quotable = turn == Turn::First && reply.text.len() <= LONGEST_QUOTE;
                let repair = |complaints: &[Complaint]| {
                    quotable.then(|| repair(&first, &reply.text, complaints))
                };
                match read_answer(&reply.text, expected) {
                    Ok(judged) => {
                        let problem = in_one_line(&judged.warnings, QUOTED);
                        let next = if judged.warnings.is_empty() {
                            None
                        } else {
                            repair(&judged.warnings)
                        };
                        if kept
                            .as_ref()
                            .is_none_or(|kept| judged.penalty < kept.judged.penalty)
                        {
                            kept = Some(Kept {
                                judged,
                                reply,
                                turn,
                            });
                        }
                        if next.is_none() {
                            return Ok(answered(kept.expect("one was kept"), failed));
                        }
                        (problem, None, next)
                    }
                    Err(complaints) => {
                        let (problem, next) =
                            (in_one_line(&complaints, QUOTED), repair(&complaints));
                        let error = Error::BadAnswer {
                            model: reply.model,
                            asked,
                            complaints,
                        };
                        (problem, Some(error), next)
                    }
                }
            }
            Err(error) if error.is_answer() => (error.to_string(), Some(error), None),
            Err(error) => match kept {
                Some(kept) if !error.is_cancelled() => return Ok(answered(kept, failed)),
                _ => return Err(error),
            },
        };
        tracing::debug!(
            model = model.id(),
            ?turn,
            problem,
            "an answer is not as it should be"
        );
        failed.push(Failed { turn, problem });
        (turn, asking) = match (turn, next, error) {
            (_, Some(repair), _) => (Turn::Repair, repair),
            (turn, None, error) => match (kept.take(), error) {
                // It is no use to ask afresh for what is there.
                (Some(kept), _) => return Ok(answered(kept, failed)),
                (None, Some(error)) if turn == Turn::Fresh => return Err(error),
                (None, error) => {
                    let ran_away = error.as_ref().is_some_and(Error::is_runaway);
                    (Turn::Fresh, afresh(&first, ran_away))
                }
            },
        };
    }
}

/// What was said before a model went on without end, where all that was asked for is in it.
fn whole_before_the_end<E: Expected>(error: &Error, expected: &E) -> Option<Reply> {
    let (model, said) = error.said_before_the_end()?;
    let is_whole = read_answer(said, expected).is_ok();
    is_whole.then(|| Reply::new(model, said))
}

/// The best answer so far.
struct Kept<T> {
    judged: Judged<T>,
    reply: Reply,
    turn: Turn,
}

fn answered<T>(kept: Kept<T>, mut failed: Vec<Failed>) -> Answered<T> {
    // It has not failed itself.
    failed.retain(|one| one.turn != kept.turn);
    Answered {
        value: kept.judged.value,
        warnings: kept.judged.warnings,
        reply: kept.reply,
        turn: kept.turn,
        failed,
    }
}

/// What [`ask`] asks first: `request` with the words that describe the form of the answer, or with its example, the schema,
/// and how long the answer may be.
pub fn question<E: Expected>(request: &ChatRequest, expected: &E) -> ChatRequest {
    let alone = "Answer with one JSON object and nothing else: no Markdown, no code fence, no text before or after it.";
    let example = expected.example();
    let form = match &example {
        Some(_) => format!(
            "{alone} It has the fields of the answer that is shown, and a text of your own in each."
        ),
        None => format!(
            "{alone} It has this form; write your own text in place of each <…>, and leave the lines with // out:\n{}",
            expected.words()
        ),
    };
    let mut request = request.clone();
    let system = request
        .messages
        .iter()
        .position(|message| message.role == Role::System);
    let at = match system {
        Some(at) => {
            let text = &mut request.messages[at].text;
            text.push_str("\n\n");
            text.push_str(&form);
            at
        }
        None => {
            request.messages.insert(0, Message::system(form));
            0
        }
    };
    if let Some(example) = example {
        let turn = [
            Message::user(example.question),
            Message::assistant(example.answer),
        ];
        request.messages.splice((at + 1)..=at, turn);
    }
    request.format = AnswerFormat::Json {
        name: expected.name().to_owned(),
        schema: expected.schema(),
    };
    request.limits = request.limits.or(expected.limits());
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
        "This is wrong with your answer:\n{}\nWrite the whole JSON object again with this put right, and nothing else.",
        list.join("\n")
    )));
    request
}

/// The question for an answer that has nothing to do with the first. A model that went on without end gets no thoughts,
/// which it would not end either, and is kept from repeating itself.
fn afresh(first: &ChatRequest, ran_away: bool) -> ChatRequest {
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
    if ran_away {
        let usual = first.sampling.unwrap_or_default();
        request.sampling = Some(usual.with_presence_penalty(STRICT));
    } else {
        request.thinking = true;
    }
    request
}
