//! Checks of a prompt before it is queued, with ComfyUI's own verdicts and words.

mod value;

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::Version;
use super::catalogue::{Catalogue, Input};
use super::graph::{Node, Prompt};
use value::{config, fits, kind, plain};

/// A prompt that may be queued: the outputs that are valid, and the errors of the others.
#[derive(Debug)]
pub(crate) struct Accepted {
    pub(crate) outputs: Vec<String>,
    pub(crate) node_errors: Value,
}

/// The body of the 400.
pub(crate) type Refused = Value;

/// Links deeper than this are a circle; Python gives up at 1,000 calls.
const RECURSION: usize = 300;

/// Checks all nodes. `has_image` tells whether a file can be loaded.
pub(crate) fn validate(
    prompt: &Prompt,
    catalogue: &Catalogue,
    version: Version,
    has_image: &dyn Fn(&str) -> bool,
) -> Result<Accepted, Refused> {
    let mut outputs = Vec::new();
    for (id, node) in prompt.iter() {
        match &node.class {
            Some(class) if catalogue.class(class).is_some() => {
                if catalogue.is_output(class) {
                    outputs.push(id.to_owned());
                }
            }
            _ => return Err(unknown_class(version, id, node)),
        }
    }
    if outputs.is_empty() {
        return Err(refusal(
            "prompt_no_outputs",
            "Prompt has no outputs",
            "",
            &json!({}),
        ));
    }

    let mut check = Check {
        prompt,
        catalogue,
        has_image,
        seen: BTreeMap::new(),
        order: Vec::new(),
    };
    let mut good = Vec::new();
    let mut node_errors = Map::new();
    for output in &outputs {
        let valid = match check.node(output, 0) {
            Ok(valid) => valid,
            Err(raised) => {
                check.note(
                    output,
                    vec![raised.reason(
                        "exception_during_validation",
                        "Exception when validating node",
                        json!({}),
                    )],
                );
                false
            }
        };
        if valid {
            good.push(output.clone());
            continue;
        }
        // Every node that has errors so far gets this output, also where they are unrelated: that is
        // what the recordings show.
        for id in &check.order {
            let reasons = &check.seen[id].1;
            if reasons.is_empty() {
                continue;
            }
            let class = prompt.get(id).map_or("", Node::class);
            let entry = node_errors.entry(id.clone()).or_insert_with(
                || json!({"errors": reasons, "dependent_outputs": [], "class_type": class}),
            );
            if let Some(list) = entry["dependent_outputs"].as_array_mut() {
                list.push(json!(output));
            }
        }
    }
    let node_errors = Value::Object(node_errors);
    if good.is_empty() {
        let mut body = refusal(
            "prompt_outputs_failed_validation",
            "Prompt outputs failed validation",
            "",
            &json!({}),
        );
        body["node_errors"] = node_errors;
        return Err(body);
    }
    Ok(Accepted {
        outputs: good,
        node_errors,
    })
}

/// The body of a 400 without errors of nodes.
pub(crate) fn refusal(kind: &str, message: &str, details: &str, extra: &Value) -> Value {
    json!({
        "error": {"type": kind, "message": message, "details": details, "extra_info": extra},
        "node_errors": {},
    })
}

fn unknown_class(version: Version, id: &str, node: &Node) -> Value {
    let details = format!("Node ID '#{id}'");
    let (new, old) = match &node.class {
        Some(class) => (
            format!("Node '{class}' not found. The custom node may not be installed."),
            format!("Cannot execute because node {class} does not exist."),
        ),
        None => (
            format!(
                "Node 'ID #{id}' has no class_type. The workflow may be corrupted or a custom node is missing."
            ),
            "Cannot execute because a node is missing the class_type property.".to_owned(),
        ),
    };
    if version.is_new() {
        let title = node.title.clone().or_else(|| node.class.clone());
        let extra = json!({"node_id": id, "class_type": node.class, "node_title": title});
        refusal("missing_node_type", &new, &details, &extra)
    } else {
        refusal("invalid_prompt", &old, &details, &json!({}))
    }
}

/// A Python exception inside a check.
struct Raised {
    kind: &'static str,
    message: String,
}

impl Raised {
    fn reason(&self, kind: &str, message: &str, extra: Value) -> Value {
        let mut extra = extra;
        extra["exception_message"] = json!(self.message);
        extra["exception_type"] = json!(self.kind);
        extra["traceback"] = json!(["  File \"execution.py\", line 1\n"]);
        json!({"type": kind, "message": message, "details": self.message, "extra_info": extra})
    }
}

struct Check<'a> {
    prompt: &'a Prompt,
    catalogue: &'a Catalogue,
    has_image: &'a dyn Fn(&str) -> bool,
    seen: BTreeMap<String, (bool, Vec<Value>)>,
    order: Vec<String>,
}

impl Check<'_> {
    fn note(&mut self, id: &str, reasons: Vec<Value>) {
        self.order.push(id.to_owned());
        self.seen.insert(id.to_owned(), (false, reasons));
    }

    fn node(&mut self, id: &str, depth: usize) -> Result<bool, Raised> {
        if let Some((valid, _)) = self.seen.get(id) {
            return Ok(*valid);
        }
        if depth > RECURSION {
            return Err(Raised {
                kind: "RecursionError",
                message: "maximum recursion depth exceeded".to_owned(),
            });
        }
        let prompt = self.prompt;
        let node = prompt
            .get(id)
            .ok_or_else(|| key_error(&format!("'{id}'")))?;
        if node.inputs.is_none() {
            return Err(key_error("'inputs'"));
        }
        let class = self
            .catalogue
            .class(node.class())
            .ok_or_else(|| key_error(&format!("'{}'", node.class())))?;
        let mut errors = Vec::new();
        let mut valid = true;
        for input in &class.inputs {
            let Some(value) = node.input(&input.name) else {
                if input.required {
                    errors.push(json!({
                        "type": "required_input_missing",
                        "message": "Required input is missing",
                        "details": input.name,
                        "extra_info": {"input_name": input.name},
                    }));
                }
                continue;
            };
            if let Value::Array(items) = value {
                match self.linked(input, items, depth)? {
                    Link::Good => {}
                    Link::BadBehind => valid = false,
                    Link::Bad(error) => errors.push(error),
                }
            } else if node.class() == "LoadImage" && input.name == "image" {
                let file = value.as_str().unwrap_or_default();
                if !(self.has_image)(file) {
                    errors.push(json!({
                        "type": "custom_validation_failed",
                        "message": "Custom validation failed for node",
                        "details": format!("image - Invalid image file: {file}"),
                        "extra_info": {"input_name": "image"},
                    }));
                }
            } else if let Some(error) = plain(input, value) {
                errors.push(error);
            }
        }
        valid &= errors.is_empty();
        self.order.push(id.to_owned());
        self.seen.insert(id.to_owned(), (valid, errors));
        Ok(valid)
    }

    fn linked(&mut self, input: &Input, items: &[Value], depth: usize) -> Result<Link, Raised> {
        let name = &input.name;
        let [from, slot] = items else {
            return Ok(Link::Bad(json!({
                "type": "bad_linked_input",
                "message": "Bad linked input, must be a length-2 list of [node_id, slot_index]",
                "details": name,
                "extra_info": {"input_name": name, "input_config": config(input), "received_value": items},
            })));
        };
        let prompt = self.prompt;
        // A number as node id is no key of the prompt, as in Python.
        let shown = match from {
            Value::String(id) => format!("'{id}'"),
            other => other.to_string(),
        };
        let from_id = from.as_str().unwrap_or_default();
        let source = from
            .as_str()
            .and_then(|id| prompt.get(id))
            .ok_or_else(|| key_error(&shown))?;
        let outputs = self
            .catalogue
            .class(source.class())
            .map(|class| class.outputs)
            .unwrap_or_default();
        let received = slot
            .as_u64()
            .and_then(|slot| outputs.get(usize::try_from(slot).ok()?))
            .ok_or_else(|| Raised {
                kind: "IndexError",
                message: "tuple index out of range".to_owned(),
            })?;
        let wanted = kind(input);
        if !fits(received, &wanted) {
            return Ok(Link::Bad(json!({
                "type": "return_type_mismatch",
                "message": "Return type mismatch between linked nodes",
                "details": format!("{name}, received_type({received}) mismatch input_type({wanted})"),
                "extra_info": {
                    "input_name": name, "input_config": config(input),
                    "received_type": received, "linked_node": items,
                },
            })));
        }
        match self.node(from_id, depth + 1) {
            Ok(true) => Ok(Link::Good),
            Ok(false) => Ok(Link::BadBehind),
            Err(raised) => {
                let reason = raised.reason(
                    "exception_during_inner_validation",
                    "Exception when validating inner node",
                    json!({"input_name": name, "input_config": config(input), "linked_node": items}),
                );
                self.note(from_id, vec![reason]);
                Ok(Link::BadBehind)
            }
        }
    }
}

enum Link {
    Good,
    /// What it links to has errors of its own.
    BadBehind,
    Bad(Value),
}

fn key_error(shown: &str) -> Raised {
    Raised {
        kind: "KeyError",
        message: shown.to_owned(),
    }
}
