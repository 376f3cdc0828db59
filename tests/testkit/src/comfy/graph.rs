//! A prompt as a graph: its nodes in the order they were sent, links, and what makes two nodes the
//! same for the cache.

use std::collections::BTreeMap;
use std::fmt;
use std::hash::{Hash, Hasher};

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::Value;

/// A JSON object that keeps the order of its keys, which decides the order of execution.
#[derive(Debug, Clone)]
struct Ordered<T>(Vec<(String, T)>);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Ordered<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Object<T>(std::marker::PhantomData<T>);
        impl<'de, T: Deserialize<'de>> Visitor<'de> for Object<T> {
            type Value = Ordered<T>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut entries: Vec<(String, T)> = Vec::new();
                while let Some((key, value)) = map.next_entry::<String, T>()? {
                    // The last of equal keys wins, in the place of the first.
                    match entries.iter_mut().find(|(known, _)| *known == key) {
                        Some(entry) => entry.1 = value,
                        None => entries.push((key, value)),
                    }
                }
                Ok(Ordered(entries))
            }
        }
        deserializer.deserialize_map(Object(std::marker::PhantomData))
    }
}

#[derive(serde::Deserialize)]
struct RawBody {
    prompt: Ordered<RawNode>,
}

#[derive(serde::Deserialize)]
struct RawNode {
    class_type: Option<Value>,
    inputs: Option<Ordered<Value>>,
    #[serde(rename = "_meta")]
    meta: Option<Value>,
}

/// One node of a prompt.
#[derive(Debug, Clone)]
pub(crate) struct Node {
    /// `None` when the client left it out.
    pub(crate) class: Option<String>,
    /// `None` when the client left `inputs` out.
    pub(crate) inputs: Option<Vec<(String, Value)>>,
    /// The title of `_meta`, if any.
    pub(crate) title: Option<String>,
}

impl Node {
    pub(crate) fn input(&self, name: &str) -> Option<&Value> {
        self.inputs()
            .iter()
            .find(|(known, _)| known == name)
            .map(|(_, value)| value)
    }

    pub(crate) fn inputs(&self) -> &[(String, Value)] {
        self.inputs.as_deref().unwrap_or(&[])
    }

    pub(crate) fn class(&self) -> &str {
        self.class.as_deref().unwrap_or("")
    }
}

/// The nodes of a prompt in the order they were sent.
#[derive(Debug, Clone, Default)]
pub(crate) struct Prompt(Vec<(String, Node)>);

impl Prompt {
    /// Reads the `prompt` of a request's body. `None` when it is no object of nodes, which makes the
    /// real server stumble.
    pub(crate) fn read(body: &[u8]) -> Option<Self> {
        let raw: RawBody = serde_json::from_slice(body).ok()?;
        let node = |raw: RawNode| Node {
            class: raw
                .class_type
                .as_ref()
                .and_then(Value::as_str)
                .map(str::to_owned),
            inputs: raw.inputs.map(|inputs| inputs.0),
            title: raw
                .meta
                .as_ref()
                .and_then(|meta| meta.get("title"))
                .and_then(Value::as_str)
                .map(str::to_owned),
        };
        Some(Self(
            raw.prompt
                .0
                .into_iter()
                .map(|(id, raw)| (id, node(raw)))
                .collect(),
        ))
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (&str, &Node)> {
        self.0.iter().map(|(id, node)| (id.as_str(), node))
    }

    pub(crate) fn get(&self, id: &str) -> Option<&Node> {
        self.0
            .iter()
            .find(|(known, _)| known == id)
            .map(|(_, node)| node)
    }

    /// A number for every node that two nodes share exactly when they would compute the same: class,
    /// plain inputs and, through the links, everything before them. Node ids do not count.
    pub(crate) fn signatures(&self) -> BTreeMap<String, u64> {
        let mut done = BTreeMap::new();
        for (id, _) in &self.0 {
            self.signature(id, &mut done, 0);
        }
        done
    }

    fn signature(&self, id: &str, done: &mut BTreeMap<String, u64>, depth: usize) -> u64 {
        if let Some(known) = done.get(id) {
            return *known;
        }
        let Some(node) = self.get(id) else { return 0 };
        if depth > 2000 {
            return 0;
        }
        let mut inputs: Vec<&(String, Value)> = node.inputs().iter().collect();
        inputs.sort_by(|a, b| a.0.cmp(&b.0));
        // SipHash with the keys it has by default: the same in every run.
        let mut hasher = std::hash::DefaultHasher::new();
        node.class().hash(&mut hasher);
        for (name, value) in inputs {
            name.hash(&mut hasher);
            match link(value) {
                Some((from, slot)) => {
                    (self.signature(from, done, depth + 1), slot).hash(&mut hasher);
                }
                None => value.to_string().hash(&mut hasher),
            }
        }
        let signature = hasher.finish();
        done.insert(id.to_owned(), signature);
        signature
    }

    /// The nodes that must run for `outputs`, in the order ComfyUI first meets them: depth first, the
    /// last input first. Cached nodes and what lies behind them are left out.
    pub(crate) fn pending(&self, outputs: &[String], cached: &dyn Fn(&str) -> bool) -> Vec<String> {
        let mut pending: Vec<String> = Vec::new();
        for output in outputs {
            let mut stack = vec![output.clone()];
            while let Some(id) = stack.pop() {
                if pending.contains(&id) {
                    continue;
                }
                let Some(node) = self.get(&id) else { continue };
                pending.push(id);
                for (_, value) in node.inputs() {
                    if let Some((from, _)) = link(value)
                        && !cached(from)
                    {
                        stack.push(from.to_owned());
                    }
                }
            }
        }
        pending
    }

    /// The next node to run of those `left`: an output, or what an output waits for directly or at
    /// one remove, before the others, so that previews come early.
    pub(crate) fn next(&self, left: &[String], is_output: &dyn Fn(&str) -> bool) -> Option<String> {
        let ready: Vec<&String> = left
            .iter()
            .filter(|id| {
                self.needs(id)
                    .iter()
                    .all(|need| !left.iter().any(|waiting| waiting == need))
            })
            .collect();
        let blocks = |id: &str| -> Vec<&String> {
            left.iter()
                .filter(|other| self.needs(other).contains(&id))
                .collect()
        };
        ready
            .iter()
            .find(|id| is_output(id))
            .or_else(|| {
                ready
                    .iter()
                    .find(|id| blocks(id).iter().any(|next| is_output(next)))
            })
            .or_else(|| {
                ready.iter().find(|id| {
                    blocks(id)
                        .iter()
                        .any(|next| blocks(next).iter().any(|last| is_output(last)))
                })
            })
            .or_else(|| ready.first())
            .map(|id| (*id).clone())
    }

    fn needs(&self, id: &str) -> Vec<&str> {
        self.get(id).map_or_else(Vec::new, |node| {
            node.inputs()
                .iter()
                .filter_map(|(_, value)| link(value))
                .map(|(from, _)| from)
                .collect()
        })
    }
}

/// A link is `["id", slot]`.
pub(crate) fn link(value: &Value) -> Option<(&str, usize)> {
    match value.as_array().map(Vec::as_slice) {
        Some([Value::String(id), Value::Number(slot)]) => {
            Some((id, usize::try_from(slot.as_u64()?).ok()?))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TXT2IMG: &str = r#"{"prompt":{"1":{"class_type":"A","inputs":{}},
        "2":{"class_type":"B","inputs":{"clip":["1",1]}},"3":{"class_type":"B","inputs":{"clip":["1",1],"t":1}},
        "4":{"class_type":"C","inputs":{}},
        "5":{"class_type":"D","inputs":{"model":["1",0],"positive":["2",0],"negative":["3",0],"latent":["4",0]}},
        "6":{"class_type":"E","inputs":{"samples":["5",0],"vae":["1",2]}},
        "7":{"class_type":"Save","inputs":{"images":["6",0]}}}}"#;

    #[test]
    fn nodes_run_in_the_recorded_order() {
        let prompt = Prompt::read(TXT2IMG.as_bytes()).unwrap();
        let mut left = prompt.pending(&["7".to_owned()], &|_| false);
        let mut order = Vec::new();
        while let Some(id) = prompt.next(&left, &|id| id == "7") {
            left.retain(|other| *other != id);
            order.push(id);
        }
        assert_eq!(order, ["1", "4", "3", "2", "5", "6", "7"]);
    }

    #[test]
    fn a_signature_covers_everything_before_it_but_not_the_ids() {
        let one = Prompt::read(TXT2IMG.as_bytes()).unwrap().signatures();
        let two = Prompt::read(TXT2IMG.replace("\"t\":1", "\"t\":2").as_bytes())
            .unwrap()
            .signatures();
        assert_eq!(one["2"], two["2"]);
        assert_ne!(one["3"], two["3"]);
        assert_ne!(one["7"], two["7"]);
    }
}
