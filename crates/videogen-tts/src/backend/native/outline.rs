//! What an ONNX file consists of, read off its protobuf without loading its weights.
//!
//! The fields are those of `onnx.proto3` (ONNX 1.16). Tensors are stepped over, so that a voice of 100 MB is read in the time
//! that its list of nodes takes.

use std::io::{BufReader, Read, Seek};

/// The most nodes that are read; the largest voices of Piper have some 6,300.
const MOST_NODES: usize = 100_000;
/// The most names and numbers of all nodes together.
const MOST_ITEMS: usize = 1_000_000;
/// The longest name in bytes.
const MOST_NAME: u64 = 1024;

/// The graph of a network.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Outline {
    /// The names of what it takes; older exporters list weights among them, which are left out here.
    pub(super) inputs: Vec<String>,
    /// The names of what it gives.
    pub(super) outputs: Vec<String>,
    /// Its nodes, each after those that it depends on.
    pub(super) nodes: Vec<Node>,
    /// Whether weights lie in another file.
    pub(super) has_external_data: bool,
}

/// An operation.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Node {
    /// Its kind, as `Conv`.
    pub(super) op: String,
    /// The names of the values that go in; an empty name is one that was left out.
    pub(super) inputs: Vec<String>,
    /// The names of the values that come out.
    pub(super) outputs: Vec<String>,
    /// Attributes that are lists of whole numbers, as `strides`.
    pub(super) lists: Vec<(String, Vec<i64>)>,
}

impl Node {
    /// Returns a list of numbers among the attributes.
    pub(super) fn list(&self, name: &str) -> Option<&[i64]> {
        let mut lists = self.lists.iter();
        let found = lists.find(|(known, _)| known == name);
        found.map(|(_, list)| list.as_slice())
    }
}

/// Reads the outline of the network in `reader`, a file of `size` bytes.
///
/// The error reads after "it ": the file is cut off, damaged, or holds no network.
pub(super) fn read(reader: impl Read + Seek, size: u64) -> Result<Outline, &'static str> {
    let mut walker = Walker {
        reader: BufReader::new(reader),
        at: 0,
        items: 0,
    };
    let mut graph = None;
    while let Some(field) = walker.field(size)? {
        match (field.number, field.content) {
            (7, Content::Message(end)) => graph = Some(walker.graph(end)?),
            (_, content) => walker.skip(content)?,
        }
    }
    graph.ok_or("holds no network")
}

/// What is told of a file that does not hold what its lengths promise.
const DAMAGED: &str = "is cut off or damaged";

/// Where in the file the walk is.
struct Walker<R: Read + Seek> {
    reader: BufReader<R>,
    at: u64,
    /// Names and numbers that were kept.
    items: usize,
}

struct Field {
    number: u64,
    content: Content,
}

#[derive(Debug, Clone, Copy)]
enum Content {
    Number(u64),
    /// A fixed number of so many bytes.
    Fixed(u64),
    /// Ends there.
    Message(u64),
}

impl<R: Read + Seek> Walker<R> {
    /// The next field before `end`; `None` at the end. What is a message is to be read or skipped.
    fn field(&mut self, end: u64) -> Result<Option<Field>, &'static str> {
        if self.at == end {
            return Ok(None);
        }
        let key = self.varint(end)?;
        let content = match key & 7 {
            0 => Content::Number(self.varint(end)?),
            1 => Content::Fixed(8),
            2 => {
                let length = self.varint(end)?;
                let ends = self.at.checked_add(length);
                Content::Message(ends.filter(|at| *at <= end).ok_or(DAMAGED)?)
            }
            5 => Content::Fixed(4),
            _ => return Err(DAMAGED),
        };
        if let Content::Fixed(bytes) = content
            && end - self.at < bytes
        {
            return Err(DAMAGED);
        }
        let number = key >> 3;
        Ok(Some(Field { number, content }))
    }

    fn varint(&mut self, end: u64) -> Result<u64, &'static str> {
        let mut value = 0_u64;
        for shift in (0..64).step_by(7) {
            if self.at >= end {
                return Err(DAMAGED);
            }
            let mut byte = [0];
            self.reader.read_exact(&mut byte).map_err(|_| DAMAGED)?;
            self.at += 1;
            value |= u64::from(byte[0] & 0x7f) << shift;
            if byte[0] & 0x80 == 0 {
                return Ok(value);
            }
        }
        Err(DAMAGED)
    }

    fn skip(&mut self, content: Content) -> Result<(), &'static str> {
        let to = match content {
            Content::Number(_) => self.at,
            Content::Fixed(bytes) => self.at + bytes,
            Content::Message(end) => end,
        };
        let distance = i64::try_from(to - self.at).map_err(|_| DAMAGED)?;
        self.reader.seek_relative(distance).map_err(|_| DAMAGED)?;
        self.at = to;
        Ok(())
    }

    fn count(&mut self) -> Result<(), &'static str> {
        self.items += 1;
        if self.items > MOST_ITEMS {
            return Err("has more parts than any voice");
        }
        Ok(())
    }

    fn name(&mut self, end: u64) -> Result<String, &'static str> {
        self.count()?;
        let length = end - self.at;
        if length > MOST_NAME {
            return Err("has a name that is longer than any");
        }
        let mut bytes = vec![0; length as usize];
        self.reader.read_exact(&mut bytes).map_err(|_| DAMAGED)?;
        self.at = end;
        String::from_utf8(bytes).map_err(|_| DAMAGED)
    }

    fn graph(&mut self, end: u64) -> Result<Outline, &'static str> {
        let mut outline = Outline::default();
        let mut weights = std::collections::HashSet::new();
        while let Some(field) = self.field(end)? {
            match (field.number, field.content) {
                (1, Content::Message(end)) => {
                    if outline.nodes.len() == MOST_NODES {
                        return Err("has more nodes than any voice");
                    }
                    let node = self.node(end, &mut outline.has_external_data)?;
                    outline.nodes.push(node);
                }
                (5, Content::Message(end)) => {
                    let name = self.tensor(end, &mut outline.has_external_data)?;
                    weights.extend(name);
                }
                (11, Content::Message(end)) => outline.inputs.extend(self.named(1, end)?),
                (12, Content::Message(end)) => outline.outputs.extend(self.named(1, end)?),
                (_, content) => self.skip(content)?,
            }
        }
        outline.inputs.retain(|input| !weights.contains(input));
        Ok(outline)
    }

    fn node(&mut self, end: u64, has_external_data: &mut bool) -> Result<Node, &'static str> {
        let mut node = Node::default();
        while let Some(field) = self.field(end)? {
            match (field.number, field.content) {
                (1, Content::Message(end)) => node.inputs.push(self.name(end)?),
                (2, Content::Message(end)) => node.outputs.push(self.name(end)?),
                (4, Content::Message(end)) => node.op = self.name(end)?,
                (5, Content::Message(end)) => {
                    let (name, list) = self.attribute(end, has_external_data)?;
                    if !list.is_empty() {
                        node.lists.push((name, list));
                    }
                }
                (_, content) => self.skip(content)?,
            }
        }
        Ok(node)
    }

    /// The name of an attribute, and its whole numbers where it is a list of them.
    fn attribute(
        &mut self,
        end: u64,
        has_external_data: &mut bool,
    ) -> Result<(String, Vec<i64>), &'static str> {
        let (mut name, mut list) = (String::new(), Vec::new());
        while let Some(field) = self.field(end)? {
            match (field.number, field.content) {
                (1, Content::Message(end)) => name = self.name(end)?,
                (5, Content::Message(end)) => drop(self.tensor(end, has_external_data)?),
                (8, Content::Number(number)) => {
                    self.count()?;
                    list.push(number as i64);
                }
                // Packed.
                (8, Content::Message(end)) => {
                    while self.at < end {
                        self.count()?;
                        list.push(self.varint(end)? as i64);
                    }
                }
                (_, content) => self.skip(content)?,
            }
        }
        Ok((name, list))
    }

    /// The name of a tensor.
    fn tensor(
        &mut self,
        end: u64,
        has_external_data: &mut bool,
    ) -> Result<Option<String>, &'static str> {
        let mut name = None;
        while let Some(field) = self.field(end)? {
            match (field.number, field.content) {
                (8, Content::Message(end)) => name = Some(self.name(end)?),
                (13, content) => {
                    *has_external_data = true;
                    self.skip(content)?;
                }
                (14, Content::Number(location)) => *has_external_data |= location == 1,
                (_, content) => self.skip(content)?,
            }
        }
        Ok(name)
    }

    /// The texts in the fields `number` of a message.
    fn named(&mut self, number: u64, end: u64) -> Result<Vec<String>, &'static str> {
        let mut names = Vec::new();
        while let Some(field) = self.field(end)? {
            match field.content {
                Content::Message(end) if field.number == number => names.push(self.name(end)?),
                content => self.skip(content)?,
            }
        }
        Ok(names)
    }
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use proptest::prelude::*;

    use super::*;

    fn tiny(key: &str) -> Vec<u8> {
        let dir = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/fixtures/piper");
        std::fs::read(format!("{dir}/{key}.onnx")).unwrap()
    }

    fn outline(bytes: &[u8]) -> Result<Outline, &'static str> {
        read(Cursor::new(bytes), bytes.len() as u64)
    }

    /// A field with a message in it.
    fn message(number: u8, content: &[u8]) -> Vec<u8> {
        let length = u8::try_from(content.len()).unwrap();
        assert!(number < 16 && length < 128);
        let mut bytes = vec![number << 3 | 2, length];
        bytes.extend_from_slice(content);
        bytes
    }

    #[test]
    fn the_graph_of_a_voice_is_read() {
        let voice = outline(&tiny("en_US-tiny_multi-low")).unwrap();
        assert_eq!(voice.inputs, ["input", "input_lengths", "scales", "sid"]);
        assert_eq!(voice.outputs, ["output"]);
        assert!(!voice.has_external_data);
        let of_kind = |op: &str| voice.nodes.iter().filter(|n| n.op == op).count();
        assert_eq!((of_kind("Ceil"), of_kind("RandomNormalLike")), (1, 2));
        let first = voice.nodes.iter().find(|node| node.op == "ConvTranspose");
        let first = first.unwrap();
        assert_eq!(first.inputs, ["z_g", "dec.ups0.weight"]);
        assert_eq!(first.list("strides"), Some(&[8][..]));
        assert_eq!(first.list("pads"), Some(&[4, 4][..]));
        assert_eq!(first.list("dilations"), None);
    }

    #[test]
    fn weights_in_another_file_are_seen() {
        // data_location of a weight; and external_data of a constant's tensor.
        let located = message(7, &message(5, &[0x70, 1]));
        assert!(outline(&located).unwrap().has_external_data);
        let tensor = message(5, &message(13, b"x"));
        let constant = message(7, &message(1, &message(5, &tensor)));
        assert!(outline(&constant).unwrap().has_external_data);
        let here = message(7, &message(5, &[0x70, 0]));
        assert!(!outline(&here).unwrap().has_external_data);
    }

    #[test]
    fn lists_are_read_packed_or_not() {
        let list = |field: Vec<u8>| {
            let attribute = [message(1, b"pads"), field].concat();
            let bytes = message(7, &message(1, &message(5, &attribute)));
            outline(&bytes).unwrap().nodes[0]
                .list("pads")
                .unwrap()
                .to_vec()
        };
        assert_eq!(list(vec![0x40, 3, 0x40, 0x80, 1]), [3, 128]);
        assert_eq!(list(message(8, &[3, 0x80, 1])), [3, 128]);
    }

    #[test]
    fn a_file_that_is_cut_off_anywhere_is_no_network() {
        let whole = tiny("en_US-tiny-low");
        // The graph and the version of the operators come last, so what is left out is always missed but for its very end.
        for end in (0..whole.len() - 16).step_by(97) {
            assert!(outline(&whole[..end]).is_err(), "{end}");
        }
        assert_eq!(outline(b""), Err("holds no network"));
        assert_eq!(outline(&[0x08, 0x08]), Err("holds no network"));
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
            let _ = outline(&bytes);
            let _ = outline(&[&[0x3a, bytes.len() as u8 & 0x7f], &bytes[..]].concat());
        }

        #[test]
        fn no_damage_makes_it_panic(at in 0usize..40_000, byte: u8) {
            let mut bytes = tiny("en_US-tiny-low");
            let at = at % bytes.len();
            bytes[at] = byte;
            let _ = outline(&bytes);
        }
    }
}
