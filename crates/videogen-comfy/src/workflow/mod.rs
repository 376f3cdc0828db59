//! A workflow in API format: numbered nodes, each with a class and inputs that are values or links to other nodes.

mod build;
mod check;
mod outputs;
mod placeholder;
mod progress;
mod proof;
mod template;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

pub use check::{Problem, ProblemKind};
pub use outputs::{Output, OutputKind};
pub use placeholder::{Placeholder, TemplateValues};
pub(crate) use progress::Share;
pub(crate) use proof::Proof;
pub use template::Template;

use crate::value::OutputPrefix;

/// One node.
#[derive(Debug, Clone, PartialEq)]
pub struct Node {
    /// Which kind of node: `KSampler`, `SaveImage` …
    pub class: String,
    /// Its inputs by name. A link is `["node", slot]`.
    pub inputs: Map<String, Value>,
    /// What a person called it; for messages and placeholders.
    pub title: Option<String>,
}

/// A workflow as it is sent: built from a [`crate::PaintJob`], or filled in from a user's [`Template`].
#[derive(Debug, Clone, PartialEq)]
pub struct Workflow {
    nodes: BTreeMap<String, Node>,
}

impl Workflow {
    /// The nodes by id.
    pub fn nodes(&self) -> &BTreeMap<String, Node> {
        &self.nodes
    }

    /// Every class that occurs, once, in alphabetical order.
    pub fn classes(&self) -> Vec<&str> {
        let mut classes: Vec<&str> = self
            .nodes
            .values()
            .map(|node| node.class.as_str())
            .collect();
        classes.sort_unstable();
        classes.dedup();
        classes
    }

    /// The class of a node, if there is such a node.
    pub fn class_of(&self, node: &str) -> Option<&str> {
        self.nodes.get(node).map(|node| node.class.as_str())
    }

    /// The ids and classes in the order in which [`Workflow::build`] added them: by number, those without one last.
    pub fn in_order(&self) -> Vec<(&str, &str)> {
        let mut nodes: Vec<(&str, &str)> = self
            .nodes
            .iter()
            .map(|(id, node)| (id.as_str(), node.class.as_str()))
            .collect();
        nodes.sort_by_key(|(id, _)| id.parse::<u64>().unwrap_or(u64::MAX));
        nodes
    }

    /// The JSON that `POST /prompt` takes as `prompt`. The same workflow gives the same bytes.
    pub fn to_json(&self) -> Value {
        let node = |node: &Node| {
            let mut json = json!({ "class_type": node.class, "inputs": node.inputs });
            if let Some(title) = &node.title {
                json["_meta"] = json!({ "title": title });
            }
            json
        };
        Value::Object(
            self.nodes
                .iter()
                .map(|(id, each)| (id.clone(), node(each)))
                .collect(),
        )
    }

    /// A workflow without nodes, to put in the place of one that is taken.
    pub(crate) fn empty() -> Self {
        Self {
            nodes: BTreeMap::new(),
        }
    }

    /// The same workflow with another prefix for the files it saves. The server then works anew even where it would
    /// have answered from its cache, since the prefix is an input like any other.
    #[must_use]
    pub fn with_prefix(mut self, prefix: &OutputPrefix) -> Self {
        self.prefixes(|text| prefix.as_str().clone_into(text));
        self
    }

    /// As [`Workflow::with_prefix`], with `suffix` behind the prefixes that are there.
    pub(crate) fn with_prefix_suffix(mut self, suffix: &str) -> Self {
        self.prefixes(|text| {
            text.push('-');
            text.push_str(suffix);
        });
        self
    }

    fn prefixes(&mut self, change: impl Fn(&mut String)) {
        for node in self.nodes.values_mut() {
            if let Some(Value::String(text)) = node.inputs.get_mut("filename_prefix") {
                change(text);
            }
        }
    }
}

/// The node and slot of a link, when `value` is one.
fn as_link(value: &Value) -> Option<(&str, u64)> {
    match value.as_array()?.as_slice() {
        [Value::String(node), slot] => Some((node, slot.as_u64()?)),
        _ => None,
    }
}
