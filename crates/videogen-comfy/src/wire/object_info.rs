//! `/object_info`: which nodes a server has, with their inputs, in both spellings of a list of choices.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

/// The nodes of a server by class, or some of them.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ObjectInfo {
    classes: BTreeMap<String, NodeClass>,
}

/// What a node takes and gives.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct NodeClass {
    pub(crate) inputs: BTreeMap<String, Input>,
    pub(crate) outputs: Vec<String>,
    pub(crate) output_node: bool,
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Input {
    pub(crate) required: bool,
    pub(crate) kind: InputKind,
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) enum InputKind {
    Choice(Vec<Value>),
    Int {
        least: Option<i128>,
        most: Option<i128>,
    },
    Float {
        least: Option<f64>,
        most: Option<f64>,
    },
    Text,
    Boolean,
    /// A link to an output of that type, or a widget of a type that is not known.
    Link(String),
}

impl ObjectInfo {
    /// Reads an answer of `/object_info` or `/object_info/{class}`. What cannot be understood is left out: a custom node
    /// with an odd description must not hide the others.
    pub(crate) fn read(answer: Map<String, Value>) -> Self {
        let classes = answer
            .into_iter()
            .filter_map(|(name, class)| Some((name, read_class(class.as_object()?))))
            .collect();
        Self { classes }
    }

    #[cfg(test)]
    pub(crate) fn insert(&mut self, name: &str, class: NodeClass) {
        self.classes.insert(name.to_owned(), class);
    }

    /// The class of that name.
    pub fn class(&self, name: &str) -> Option<&NodeClass> {
        self.classes.get(name)
    }

    /// All classes, in alphabetical order.
    pub fn classes(&self) -> impl Iterator<Item = &str> {
        self.classes.keys().map(String::as_str)
    }

    /// The choices of an input, such as the checkpoints that are there: `choices("CheckpointLoaderSimple", "ckpt_name")`.
    /// Empty when there is no such class or input.
    pub fn choices(&self, class: &str, input: &str) -> Vec<&str> {
        self.classes
            .get(class)
            .map(|class| class.choices(input))
            .unwrap_or_default()
    }

    /// Adds what `other` knows.
    pub fn merge(&mut self, other: Self) {
        self.classes.extend(other.classes);
    }
}

impl NodeClass {
    /// The choices of an input; empty when it has none.
    pub fn choices(&self, input: &str) -> Vec<&str> {
        match self.inputs.get(input).map(|input| &input.kind) {
            Some(InputKind::Choice(choices)) => choices.iter().filter_map(Value::as_str).collect(),
            _ => Vec::new(),
        }
    }

    /// Whether the node has an input of that name.
    pub fn has_input(&self, input: &str) -> bool {
        self.inputs.contains_key(input)
    }
}

fn read_class(class: &Map<String, Value>) -> NodeClass {
    let mut inputs = BTreeMap::new();
    for (group, required) in [("optional", false), ("required", true)] {
        let group = class
            .get("input")
            .and_then(|input| input.get(group))
            .and_then(Value::as_object);
        for (name, input) in group.into_iter().flatten() {
            if let Some(kind) = read_input(input) {
                inputs.insert(name.clone(), Input { required, kind });
            }
        }
    }
    let outputs = class.get("output").and_then(Value::as_array);
    let outputs = outputs.into_iter().flatten().map(|output| match output {
        Value::String(kind) => kind.clone(),
        // A list of choices as an output fits wherever one is asked for.
        _ => "*".to_owned(),
    });
    NodeClass {
        inputs,
        outputs: outputs.collect(),
        output_node: class
            .get("output_node")
            .and_then(Value::as_bool)
            .unwrap_or(false),
    }
}

/// Reads `[kind, options]`, where `kind` is a name, or a list of choices in the old spelling.
pub(crate) fn read_input(input: &Value) -> Option<InputKind> {
    let input = input.as_array()?;
    let options = input.get(1).and_then(Value::as_object);
    let option = |name: &str| options.and_then(|options| options.get(name));
    let kind = match input.first()? {
        Value::Array(choices) => InputKind::Choice(choices.clone()),
        Value::String(kind) => match kind.as_str() {
            "COMBO" => match option("options").and_then(Value::as_array) {
                Some(choices) => InputKind::Choice(choices.clone()),
                // Filled in by the browser from elsewhere; there is nothing to compare with.
                None => InputKind::Link("COMBO".to_owned()),
            },
            "INT" => InputKind::Int {
                least: option("min").and_then(as_whole),
                most: option("max").and_then(as_whole),
            },
            "FLOAT" => InputKind::Float {
                least: option("min").and_then(Value::as_f64),
                most: option("max").and_then(Value::as_f64),
            },
            "STRING" => InputKind::Text,
            "BOOLEAN" => InputKind::Boolean,
            other => InputKind::Link(other.to_owned()),
        },
        _ => return None,
    };
    Some(kind)
}

fn as_whole(value: &Value) -> Option<i128> {
    let whole = value
        .as_u64()
        .map(i128::from)
        .or_else(|| value.as_i64().map(i128::from));
    whole.or_else(|| {
        value
            .as_f64()
            .filter(|float| float.is_finite())
            .map(|float| float as i128)
    })
}
