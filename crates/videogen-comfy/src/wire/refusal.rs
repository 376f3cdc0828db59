//! What `POST /prompt` answers: accepted, or refused with reasons by node and input.

use serde_json::{Map, Value};

use super::{owned, text};
use crate::text::{one_line, shortened};
use crate::wire::object_info::{InputKind, read_input};
use crate::workflow::{Problem, ProblemKind};

/// The answer to an accepted prompt.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Accepted {
    /// The id the server gave or took over.
    pub prompt_id: String,
    /// Its number in the queue.
    pub number: f64,
    /// Problems of outputs that were dropped while the others run.
    pub problems: Vec<Problem>,
}

pub(crate) fn read_accepted(body: &[u8]) -> Result<Accepted, crate::Error> {
    let answer: Map<String, Value> = super::json("prompt", body)?;
    let Some(prompt_id) = text(&answer, "prompt_id") else {
        return Err(crate::Error::bad_answer(
            "prompt",
            "it has no prompt_id".into(),
        ));
    };
    Ok(Accepted {
        prompt_id: crate::text::bounded(prompt_id, 120),
        number: answer.get("number").and_then(Value::as_f64).unwrap_or(0.0),
        problems: node_problems(&answer),
    })
}

/// The problems in an answer with status 400, never none. The server's own summary is usually empty, so the nodes'
/// errors come first.
pub(crate) fn read_refusal(body: &[u8]) -> Result<Vec<Problem>, crate::Error> {
    let answer: Map<String, Value> = super::json("prompt", body)?;
    let mut problems = node_problems(&answer);
    if problems.is_empty() {
        problems.push(summary(answer.get("error")));
    }
    Ok(problems)
}

fn summary(error: Option<&Value>) -> Problem {
    let Some(error) = error.and_then(Value::as_object) else {
        let said = error
            .and_then(Value::as_str)
            .map(one_line)
            .unwrap_or_default();
        let said = if said.is_empty() {
            "the server refused it and does not say why".to_owned()
        } else {
            said
        };
        return Problem::new("", "", None, ProblemKind::Other(said));
    };
    let kind = text(error, "type").unwrap_or_default();
    let said = in_one_line(error);
    let extra = error.get("extra_info").and_then(Value::as_object);
    let detail = |key: &str| {
        extra
            .map(|extra| owned(extra, key, 120))
            .unwrap_or_default()
    };
    match kind {
        "prompt_no_outputs" => Problem::new("", "", None, ProblemKind::NoOutput),
        "missing_node_type" => {
            let (node, class) = (detail("node_id"), detail("class_type"));
            if class.is_empty() {
                Problem::new(&node, "", None, ProblemKind::Other(said))
            } else {
                Problem::new(&node, &class, None, ProblemKind::MissingNode)
            }
        }
        "invalid_prompt" => match old_missing_node(error) {
            Some((node, class)) => Problem::new(node, class, None, ProblemKind::MissingNode),
            None => Problem::new("", "", None, ProblemKind::Other(said)),
        },
        _ => Problem::new("", "", None, ProblemKind::Other(said)),
    }
}

/// Node and class of a missing node in the words of ComfyUI before 0.3.70 or so, which has them nowhere else.
fn old_missing_node(error: &Map<String, Value>) -> Option<(&str, &str)> {
    let message = text(error, "message")?;
    let class = message
        .strip_prefix("Cannot execute because node ")?
        .strip_suffix(" does not exist.")?;
    let node = text(error, "details").unwrap_or_default();
    let node = node
        .strip_prefix("Node ID '#")
        .and_then(|node| node.strip_suffix('\''));
    Some((node.unwrap_or_default(), class))
}

/// `message` and `details` in one line.
fn in_one_line(error: &Map<String, Value>) -> String {
    let (message, details) = (
        text(error, "message").unwrap_or_default(),
        text(error, "details").unwrap_or_default(),
    );
    match (message.trim(), details.trim()) {
        ("", "") => "the server refused it and does not say why".to_owned(),
        (message, "") => one_line(message),
        ("", details) => one_line(details),
        (message, details) if message == details => one_line(message),
        (message, details) => format!("{}: {}", one_line(message), one_line(details)),
    }
}

/// At most so many problems are kept; a broken workflow repeats itself.
const MAX_PROBLEMS: usize = 100;

fn node_problems(answer: &Map<String, Value>) -> Vec<Problem> {
    let nodes = answer.get("node_errors").and_then(Value::as_object);
    let mut problems = Vec::new();
    for (node, errors) in nodes.into_iter().flatten() {
        let class = errors
            .get("class_type")
            .and_then(Value::as_str)
            .unwrap_or_default();
        let list = errors.get("errors").and_then(Value::as_array);
        for error in list.into_iter().flatten().filter_map(Value::as_object) {
            problems.push(node_problem(node, class, error));
        }
    }
    problems.truncate(MAX_PROBLEMS);
    problems
}

fn node_problem(node: &str, class: &str, error: &Map<String, Value>) -> Problem {
    let extra = error.get("extra_info").and_then(Value::as_object);
    let field = |key: &str| extra.and_then(|extra| extra.get(key));
    let input = field("input_name").and_then(Value::as_str);
    let given = || match field("received_value") {
        Some(Value::String(text)) => text.clone(),
        Some(other) => other.to_string(),
        None => String::new(),
    };
    let config = field("input_config").and_then(read_input);
    let kind = match (text(error, "type").unwrap_or_default(), &config) {
        ("value_not_in_list", _) => {
            let choices = match &config {
                Some(InputKind::Choice(choices)) => choices.as_slice(),
                // Longer lists than 20 are not repeated by the server.
                _ => &[],
            };
            return Problem::not_in_list(node, class, input.unwrap_or_default(), &given(), choices);
        }
        (
            "value_smaller_than_min" | "value_bigger_than_max",
            Some(InputKind::Int { least, most }),
        ) => out_of_range(
            &given(),
            least.map(|n| n.to_string()),
            most.map(|n| n.to_string()),
        ),
        (
            "value_smaller_than_min" | "value_bigger_than_max",
            Some(InputKind::Float { least, most }),
        ) => out_of_range(
            &given(),
            least.map(|n| n.to_string()),
            most.map(|n| n.to_string()),
        ),
        ("invalid_input_type", _) => ProblemKind::WrongType {
            given: shortened(&given()),
            needed: match config {
                Some(InputKind::Int { .. }) => "a whole number".to_owned(),
                Some(InputKind::Float { .. }) => "a number".to_owned(),
                _ => "another type".to_owned(),
            },
        },
        ("required_input_missing", _) => ProblemKind::MissingInput,
        ("return_type_mismatch", Some(InputKind::Link(needed))) => ProblemKind::WrongLink {
            given: field("received_type")
                .and_then(Value::as_str)
                .map_or_else(|| "another type".into(), shortened),
            needed: shortened(needed),
        },
        _ => ProblemKind::Other(in_one_line(error)),
    };
    Problem::new(node, class, input, kind)
}

fn out_of_range(given: &str, least: Option<String>, most: Option<String>) -> ProblemKind {
    let range = match (least, most) {
        (Some(least), Some(most)) => format!("{least}..={most}"),
        (Some(least), None) => format!("{least} or more"),
        (None, Some(most)) => format!("{most} or less"),
        (None, None) => "within the server's bounds".to_owned(),
    };
    ProblemKind::OutOfRange {
        given: shortened(given),
        range,
    }
}
