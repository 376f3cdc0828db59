//! A user's own workflow with marked places, filled in for each picture.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::placeholder::{Placeholder, TemplateValues};
use super::{Node, Workflow};
use crate::Error;
use crate::text::{nearest, shortened};

/// A user's workflow in API format. A place is marked either by its value (`"seed": "%seed%"`,
/// `"text": "photo of %prompt%, 35 mm"`) or by a node's title (`%prompt%`, `%width% %height%`), which is easier in
/// ComfyUI's editor, where a number cannot be replaced by a word.
#[derive(Debug, Clone, PartialEq)]
pub struct Template {
    workflow: Workflow,
    places: BTreeSet<Placeholder>,
}

impl Template {
    /// The longest file in bytes.
    pub const MAX_BYTES: usize = 8 * 1024 * 1024;

    /// Reads a workflow in API format; a body of `POST /prompt`, which wraps it in `prompt`, is understood as well.
    ///
    /// # Errors
    /// [`Error::UiFormat`] for the editor's own format, which the server does not run. [`Error::Template`] for anything
    /// else that is no workflow, has no `%prompt%`, or has a placeholder of which the name is not known.
    pub fn parse(json: &str) -> Result<Self, Error> {
        let problem = |problem: String| Error::Template { problem };
        if json.len() > Self::MAX_BYTES {
            return Err(problem(format!(
                "it has {} bytes; 8 MiB are possible",
                json.len()
            )));
        }
        let json: Value = serde_json::from_str(json.trim_start_matches('\u{feff}'))
            .map_err(|error| problem(format!("it is not JSON: {error}")))?;
        let Value::Object(mut top) = json else {
            return Err(problem("it is no JSON object".into()));
        };
        if is_ui_format(&top) {
            return Err(Error::UiFormat);
        }
        if let Some(Value::Object(inner)) = top.get_mut("prompt")
            && !inner.contains_key("class_type")
        {
            top = std::mem::take(inner);
        }
        if is_ui_format(&top) {
            return Err(Error::UiFormat);
        }
        let mut nodes = std::collections::BTreeMap::new();
        for (id, node) in top {
            let node = read_node(node)
                .map_err(|what| problem(format!("node {:?} {what}", shortened(&id))))?;
            nodes.insert(id, node);
        }
        if nodes.is_empty() {
            return Err(problem("it has no nodes".into()));
        }
        let mut places = BTreeSet::new();
        for (id, node) in &nodes {
            find_places(id, node, &mut places)?;
        }
        if !places.contains(&Placeholder::Prompt) {
            return Err(problem(
                "no node has %prompt% in its title or its text, so every picture would be the same"
                    .into(),
            ));
        }
        Ok(Self {
            workflow: Workflow { nodes },
            places,
        })
    }

    /// The places that are filled in. Without [`Placeholder::Seed`] the server answers the same prompt from its cache.
    pub fn places(&self) -> &BTreeSet<Placeholder> {
        &self.places
    }

    /// The workflow of one picture.
    ///
    /// # Errors
    /// [`Error::Template`] when it asks for something that `values` does not have, or marks a node by title that has no
    /// input of that kind.
    pub fn fill(&self, values: &TemplateValues) -> Result<Workflow, Error> {
        let mut workflow = self.workflow.clone();
        for (id, node) in &mut workflow.nodes {
            let mut marked = BTreeSet::new();
            node.inputs
                .values()
                .for_each(|value| in_value(value, &mut marked));
            for value in node.inputs.values_mut() {
                fill_value(value, values)?;
            }
            let Some(title) = node.title.clone() else {
                continue;
            };
            // Where an input has the placeholder itself, its place is exact and a text around it is kept.
            for placeholder in in_text(&title)
                .into_iter()
                .filter(|each| !marked.contains(each))
            {
                let filled = values.value(placeholder)?;
                fill_titled(id, &title, &mut node.inputs, placeholder, &filled)?;
            }
        }
        Ok(match &values.prefix {
            Some(prefix) => workflow.with_prefix(prefix),
            None => workflow,
        })
    }
}

fn is_ui_format(top: &Map<String, Value>) -> bool {
    top.get("nodes").is_some_and(Value::is_array)
        && (top.contains_key("links")
            || top.contains_key("last_node_id")
            || top.contains_key("version"))
}

fn read_node(node: Value) -> Result<Node, &'static str> {
    let Value::Object(mut node) = node else {
        return Err("is no object");
    };
    let Some(Value::String(class)) = node.remove("class_type") else {
        return Err("has no class_type");
    };
    let inputs = match node.remove("inputs") {
        Some(Value::Object(inputs)) => inputs,
        None => return Err("has no inputs"),
        Some(_) => return Err("has inputs that are no object"),
    };
    let title = node
        .get("_meta")
        .and_then(|meta| meta.get("title"))
        .and_then(Value::as_str);
    Ok(Node {
        class,
        inputs,
        title: title.map(str::to_owned),
    })
}

/// The words between percent signs: the word, and where it begins and ends with its signs.
fn words(text: &str) -> impl Iterator<Item = (&str, usize, usize)> {
    let mut from = 0;
    std::iter::from_fn(move || {
        while let Some(begin) = text[from..].find('%').map(|at| at + from) {
            let rest = &text[begin + 1..];
            let length = rest
                .bytes()
                .take_while(|byte| byte.is_ascii_lowercase() || *byte == b'_')
                .count();
            if length > 0 && rest[length..].starts_with('%') {
                from = begin + length + 2;
                return Some((&rest[..length], begin, from));
            }
            from = begin + 1;
        }
        None
    })
}

fn in_text(text: &str) -> Vec<Placeholder> {
    words(text)
        .filter_map(|(word, _, _)| Placeholder::named(word))
        .collect()
}

fn in_value(value: &Value, places: &mut BTreeSet<Placeholder>) {
    match value {
        Value::String(text) => places.extend(in_text(text)),
        Value::Array(values) => values.iter().for_each(|each| in_value(each, places)),
        Value::Object(values) => values.values().for_each(|each| in_value(each, places)),
        _ => {}
    }
}

fn find_places(id: &str, node: &Node, places: &mut BTreeSet<Placeholder>) -> Result<(), Error> {
    let known = |text: &str| -> Result<Vec<Placeholder>, Error> {
        // Only a text that is nothing but a placeholder is surely meant as one: "100%cotton%" is not.
        if let Some((word, 0, end)) = words(text).next()
            && end == text.len()
            && Placeholder::named(word).is_none()
        {
            let names = nearest(word, Placeholder::ALL.iter().map(|each| each.name()), 10);
            let problem = format!(
                "node {:?} has %{word}%, which is not known; there are %{}%",
                shortened(id),
                names.join("%, %")
            );
            return Err(Error::Template { problem });
        }
        Ok(in_text(text))
    };
    if let Some(title) = &node.title {
        places.extend(known(title)?);
    }
    for value in node.inputs.values() {
        if let Value::String(text) = value {
            places.extend(known(text)?);
        }
        in_value(value, places);
    }
    Ok(())
}

fn fill_value(value: &mut Value, values: &TemplateValues) -> Result<(), Error> {
    match value {
        Value::String(text) => {
            if let Some(filled) = filled_text(text, values)? {
                *value = filled;
            }
            Ok(())
        }
        Value::Array(list) => list
            .iter_mut()
            .try_for_each(|each| fill_value(each, values)),
        Value::Object(map) => map
            .values_mut()
            .try_for_each(|each| fill_value(each, values)),
        _ => Ok(()),
    }
}

/// A text that is one placeholder becomes its value, number or text; within a text it is written out. One pass, so that
/// a prompt which mentions `%seed%` stays a prompt.
fn filled_text(text: &str, values: &TemplateValues) -> Result<Option<Value>, Error> {
    let mut filled = String::new();
    let mut copied = 0;
    for (word, begin, end) in words(text) {
        let Some(placeholder) = Placeholder::named(word) else {
            continue;
        };
        let value = values.value(placeholder)?;
        if begin == 0 && end == text.len() {
            return Ok(Some(value));
        }
        filled.push_str(&text[copied..begin]);
        match &value {
            Value::String(value) => filled.push_str(value),
            other => filled.push_str(&other.to_string()),
        }
        copied = end;
    }
    if copied == 0 {
        return Ok(None);
    }
    filled.push_str(&text[copied..]);
    Ok(Some(Value::String(filled)))
}

fn fill_titled(
    id: &str,
    title: &str,
    inputs: &mut Map<String, Value>,
    placeholder: Placeholder,
    filled: &Value,
) -> Result<(), Error> {
    let free = |inputs: &Map<String, Value>, name: &str| {
        inputs
            .get(name)
            .is_some_and(|value| !value.is_array() && !value.is_object())
    };
    for group in placeholder.inputs() {
        let there: Vec<&str> = group
            .iter()
            .copied()
            .filter(|name| free(inputs, name))
            .collect();
        if there.is_empty() {
            continue;
        }
        for name in there {
            inputs.insert(name.to_owned(), filled.clone());
        }
        return Ok(());
    }
    let names: Vec<&str> = placeholder
        .inputs()
        .iter()
        .flat_map(|group| group.iter().copied())
        .collect();
    Err(Error::Template {
        problem: format!(
            "node {:?} is called {:?}, and has none of the inputs {} as a value",
            shortened(id),
            shortened(title),
            names.join(", ")
        ),
    })
}
