//! What is wrong with a workflow, by what a server says it has.

use std::fmt;

use serde_json::Value;

use super::{Node, Workflow, as_link};
use crate::text::{nearest, one_line, shortened};
use crate::wire::object_info::{InputKind, NodeClass, ObjectInfo};

/// How many names of what is there are listed.
const NAMES: usize = 8;

/// Something wrong with one node, found before sending or told by the server.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Problem {
    /// The node's id; empty where the whole workflow is meant.
    pub node: String,
    /// Its class.
    pub class: String,
    /// The input, where one is to blame.
    pub input: Option<String>,
    /// What is wrong.
    pub kind: ProblemKind,
}

/// Kinds of [`Problem`].
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum ProblemKind {
    /// The server has no node of that class.
    MissingNode,
    /// The server does not have that model file.
    MissingModel {
        /// What was asked for.
        wanted: String,
        /// What is there, the most similar first, at most 8; empty when nothing is, or the server did not say.
        there: Vec<String>,
    },
    /// Not one of the choices.
    NotAChoice {
        /// What was given.
        given: String,
        /// The choices, the most similar first, at most 8.
        choices: Vec<String>,
    },
    /// A number outside its bounds.
    OutOfRange {
        /// What was given.
        given: String,
        /// What is possible, such as `1..=10000`.
        range: String,
    },
    /// A value of another type.
    WrongType {
        /// What was given.
        given: String,
        /// What is needed.
        needed: String,
    },
    /// An input that must be given is not.
    MissingInput,
    /// A link that leads nowhere.
    BrokenLink {
        /// Where it should lead.
        to: String,
    },
    /// A link to an output of another type.
    WrongLink {
        /// What comes out there.
        given: String,
        /// What is needed here.
        needed: String,
    },
    /// No node of the workflow puts anything out.
    NoOutput,
    /// What is put out is no still picture.
    NoStillPicture {
        /// What is put out instead, in words.
        instead: String,
    },
    /// Anything else the server said.
    Other(String),
}

impl Problem {
    pub(crate) fn new(node: &str, class: &str, input: Option<&str>, kind: ProblemKind) -> Self {
        Self {
            node: shortened(node),
            class: shortened(class),
            input: input.map(shortened),
            kind,
        }
    }

    /// A value that is not in a list: a model file that is missing, or a choice that does not exist.
    pub(crate) fn not_in_list(
        node: &str,
        class: &str,
        input: &str,
        given: &str,
        list: &[Value],
    ) -> Self {
        let names = nearest(given, list.iter().filter_map(Value::as_str), NAMES);
        let given = shortened(given);
        let kind = if names_a_model(input) {
            ProblemKind::MissingModel {
                wanted: given,
                there: names,
            }
        } else {
            ProblemKind::NotAChoice {
                given,
                choices: names,
            }
        };
        Self::new(node, class, Some(input), kind)
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.node.as_str(), &self.input) {
            ("", _) => {}
            (node, None) => write!(f, "node {node} ({}) ", self.class)?,
            (node, Some(input)) => write!(f, "{input} of node {node} ({}) ", self.class)?,
        }
        match &self.kind {
            ProblemKind::MissingNode => f.write_str("is a node that the server does not have"),
            ProblemKind::MissingModel { wanted, .. } => {
                write!(f, "is {wanted:?}, which the server does not have")
            }
            ProblemKind::NotAChoice { given, .. } => {
                write!(f, "is {given:?}, which is none of the choices")
            }
            ProblemKind::OutOfRange { given, range } => write!(f, "is {given} and can be {range}"),
            ProblemKind::WrongType { given, needed } => {
                write!(f, "is {given} and should be {needed}")
            }
            ProblemKind::MissingInput => f.write_str("is missing"),
            ProblemKind::BrokenLink { to } => write!(f, "leads to {to}, which is not there"),
            ProblemKind::WrongLink { given, needed } => {
                write!(f, "gets {given} and needs {needed}")
            }
            ProblemKind::NoOutput => {
                f.write_str("the workflow has no node that puts something out")
            }
            ProblemKind::NoStillPicture { instead } => write!(
                f,
                "the workflow puts out no still picture, which is what can be used: {instead}; let a SaveImage node save one"
            ),
            ProblemKind::Other(said) => f.write_str(said),
        }
    }
}

/// Whether an input names a file in one of the server's model folders.
pub(crate) fn names_a_model(input: &str) -> bool {
    let input = input.trim_end_matches(|character: char| character.is_ascii_digit());
    input.ends_with("_name") && !matches!(input, "sampler_name" | "scheduler_name")
}

impl Workflow {
    /// What the server would refuse, by its own description of its nodes: missing nodes and model files, values outside
    /// their range, links that do not fit, and that no still picture comes out. Empty when nothing is wrong. Nodes that `info` does not describe count as
    /// missing, so it has to describe every class in [`Workflow::classes`].
    pub fn check(&self, info: &ObjectInfo) -> Vec<Problem> {
        let mut problems = Vec::new();
        let mut puts_out = false;
        for (id, node) in &self.nodes {
            let Some(class) = info.class(&node.class) else {
                problems.push(Problem::new(
                    id,
                    &node.class,
                    None,
                    ProblemKind::MissingNode,
                ));
                continue;
            };
            puts_out |= class.output_node;
            self.check_node(id, node, class, info, &mut problems);
        }
        if !puts_out && problems.is_empty() {
            problems.push(Problem::new("", "", None, ProblemKind::NoOutput));
        }
        if let Some(instead) = self.puts_out_no_picture(info) {
            let kind = ProblemKind::NoStillPicture { instead };
            problems.push(Problem::new("", "", None, kind));
        }
        problems
    }

    fn check_node(
        &self,
        id: &str,
        node: &Node,
        class: &NodeClass,
        info: &ObjectInfo,
        problems: &mut Vec<Problem>,
    ) {
        for (name, input) in &class.inputs {
            let Some(value) = node.inputs.get(name) else {
                if input.required {
                    problems.push(Problem::new(
                        id,
                        &node.class,
                        Some(name),
                        ProblemKind::MissingInput,
                    ));
                }
                continue;
            };
            let problem = match as_link(value) {
                Some((from, slot)) => self
                    .check_link(from, slot, &input.kind, info)
                    .map(|kind| Problem::new(id, &node.class, Some(name), kind)),
                None => check_value(id, &node.class, name, value, &input.kind),
            };
            problems.extend(problem);
        }
    }

    fn check_link(
        &self,
        from: &str,
        slot: u64,
        kind: &InputKind,
        info: &ObjectInfo,
    ) -> Option<ProblemKind> {
        let to = || format!("output {slot} of node {:?}", shortened(from));
        let Some(source) = self.nodes.get(from) else {
            return Some(ProblemKind::BrokenLink { to: to() });
        };
        // A class that is missing is a problem of that node, not of this link.
        let outputs = &info.class(&source.class)?.outputs;
        let Some(given) = usize::try_from(slot)
            .ok()
            .and_then(|slot| outputs.get(slot))
        else {
            return Some(ProblemKind::BrokenLink { to: to() });
        };
        let needed = match kind {
            InputKind::Link(needed) => needed.as_str(),
            InputKind::Int { .. } => "INT",
            InputKind::Float { .. } => "FLOAT",
            InputKind::Text => "STRING",
            InputKind::Boolean => "BOOLEAN",
            // What can be linked to a list of choices differs between versions.
            InputKind::Choice(_) => return None,
        };
        let fits = loose(given)
            || loose(needed)
            || needed
                .split(',')
                .any(|each| given.split(',').any(|g| g == each));
        (!fits).then(|| ProblemKind::WrongLink {
            given: shortened(given),
            needed: shortened(needed),
        })
    }
}

/// A type that takes any other, or of which the rules are the server's own.
fn loose(kind: &str) -> bool {
    kind == "*"
        || kind.contains("MATCHTYPE")
        || kind.contains("AUTOGROW")
        || kind.contains("DYNAMIC")
}

fn check_value(
    node: &str,
    class: &str,
    name: &str,
    value: &Value,
    kind: &InputKind,
) -> Option<Problem> {
    let problem = |kind| Some(Problem::new(node, class, Some(name), kind));
    let wrong = |needed: &str| {
        problem(ProblemKind::WrongType {
            given: one_line(&shortened(&value.to_string())),
            needed: needed.to_owned(),
        })
    };
    match kind {
        InputKind::Choice(choices) => {
            // The server compares after conversion to text in places; only what surely differs is a problem.
            let same = |choice: &Value| choice == value || plain(choice) == plain(value);
            if value.is_array() || value.is_object() || choices.iter().any(same) {
                return None;
            }
            Some(Problem::not_in_list(
                node,
                class,
                name,
                &plain(value),
                choices,
            ))
        }
        InputKind::Int { least, most } => {
            let Some(number) = whole(value) else {
                return wrong("a whole number");
            };
            if least.is_some_and(|least| number < least) || most.is_some_and(|most| number > most) {
                return problem(ProblemKind::OutOfRange {
                    given: number.to_string(),
                    range: range(*least, *most),
                });
            }
            None
        }
        InputKind::Float { least, most } => {
            let Some(number) = real(value) else {
                return wrong("a number");
            };
            if least.is_some_and(|least| number < least) || most.is_some_and(|most| number > most) {
                return problem(ProblemKind::OutOfRange {
                    given: number.to_string(),
                    range: range(*least, *most),
                });
            }
            None
        }
        InputKind::Link(needed)
            if !loose(needed) && needed.chars().all(|c| c.is_ascii_uppercase() || c == '_') =>
        {
            // Widgets of custom nodes have types of their own with plain values; only the models' parts cannot be one.
            let parts = [
                "MODEL",
                "CLIP",
                "VAE",
                "CONDITIONING",
                "LATENT",
                "IMAGE",
                "MASK",
                "UPSCALE_MODEL",
            ];
            if parts.contains(&needed.as_str()) {
                wrong(&format!("a link to {needed}"))
            } else {
                None
            }
        }
        InputKind::Link(_) | InputKind::Text | InputKind::Boolean => None,
    }
}

fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// What the server's `int(value)` gives.
fn whole(value: &Value) -> Option<i128> {
    match value {
        Value::Number(number) => number
            .as_u64()
            .map(i128::from)
            .or_else(|| number.as_i64().map(i128::from))
            .or_else(|| number.as_f64().map(|float| float as i128)),
        Value::String(text) => text.trim().parse().ok(),
        Value::Bool(truth) => Some(i128::from(*truth)),
        _ => None,
    }
}

/// What the server's `float(value)` gives.
fn real(value: &Value) -> Option<f64> {
    match value {
        Value::Number(number) => number.as_f64(),
        Value::String(text) => text.trim().parse().ok(),
        Value::Bool(truth) => Some(f64::from(u8::from(*truth))),
        _ => None,
    }
}

fn range<T: fmt::Display>(least: Option<T>, most: Option<T>) -> String {
    match (least, most) {
        (Some(least), Some(most)) => format!("{least}..={most}"),
        (Some(least), None) => format!("{least} or more"),
        (None, Some(most)) => format!("{most} or less"),
        (None, None) => "any number".to_owned(),
    }
}
