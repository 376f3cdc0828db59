//! Which values of a voice's graph are what: the durations, the noise, and the frames that the decoder makes sound of.

use std::collections::{HashMap, HashSet};

use super::outline::{Node, Outline};

/// What Piper's export calls the weights of the first layer of its decoder.
const DECODER_WEIGHTS: &str = "dec.conv_pre.weight";
/// The most samples a frame can have; voices have 256.
const MOST_HOP: usize = 4096;

/// What the values of a voice's graph are called that are asked for, or given, by name.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Roles {
    /// How many frames each phoneme lasts.
    pub(super) durations: String,
    /// What is drawn at random.
    pub(super) noise: Vec<Noise>,
    /// The samples.
    pub(super) output: String,
    /// Whether it takes the number of a speaker.
    pub(super) has_speakers: bool,
    /// Where the decoder begins; `None` where it cannot be told that it may work piece by piece.
    pub(super) decoder: Option<Decoder>,
}

/// A value of normally distributed numbers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Noise {
    pub(super) value: String,
    /// The value of which it has the shape.
    pub(super) like: String,
}

/// The last part of the network, which knows of no other time than that around each frame.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Decoder {
    /// The value that goes in: frames along its last axis.
    pub(super) frames: String,
    /// Samples a frame.
    pub(super) hop: usize,
    /// How many frames at either side a frame's samples can depend on.
    pub(super) context: usize,
}

/// Finds them in a voice's graph.
///
/// The error reads after "it ": why it is no network of Piper's kind.
pub(super) fn find(outline: &Outline) -> Result<Roles, String> {
    if outline.has_external_data {
        return Err("has its weights in another file, which voices of Piper have not".into());
    }
    for expected in ["input", "input_lengths", "scales"] {
        if !outline.inputs.iter().any(|input| input == expected) {
            return Err(format!("is another network: it has no input {expected:?}"));
        }
    }
    let known = ["input", "input_lengths", "scales", "sid"];
    let mut foreign = outline.inputs.iter();
    if let Some(foreign) = foreign.find(|input| !known.contains(&input.as_str())) {
        return Err(format!("is another network: it takes {foreign:?}"));
    }
    let Some(output) = outline.outputs.first().filter(|name| *name == "output") else {
        return Err("is another network: its first output is not \"output\"".into());
    };
    let needed = ancestors(outline, output);
    let needed = || outline.nodes.iter().filter(|node| is_made(node, &needed));
    let mut ceilings = needed().filter(|node| node.op == "Ceil");
    let (Some(ceiling), None) = (ceilings.next(), ceilings.next()) else {
        return Err("is another network: its durations cannot be found".into());
    };
    let [durations] = &ceiling.outputs[..] else {
        return Err("is another network: its durations cannot be found".into());
    };
    Ok(Roles {
        durations: durations.clone(),
        noise: needed().filter_map(noise).collect::<Result<_, _>>()?,
        output: output.clone(),
        has_speakers: outline.inputs.iter().any(|input| input == "sid"),
        decoder: decoder(outline, durations, output),
    })
}

/// The noise a node draws, where it draws any.
fn noise(node: &Node) -> Option<Result<Noise, String>> {
    match (&*node.op, &node.inputs[..], &node.outputs[..]) {
        ("RandomNormalLike", [like], [value]) => Some(Ok(Noise {
            value: value.clone(),
            like: like.clone(),
        })),
        (
            "RandomNormalLike" | "RandomNormal" | "RandomUniform" | "RandomUniformLike"
            | "Multinomial" | "Bernoulli",
            ..,
        ) => Some(Err(format!(
            "is another network: it draws random numbers with {}",
            node.op
        ))),
        _ => None,
    }
}

fn is_made(node: &Node, values: &HashSet<&str>) -> bool {
    node.outputs.iter().any(|out| values.contains(out.as_str()))
}

/// The names of all values that `value` is made of, with its own.
fn ancestors<'a>(outline: &'a Outline, value: &'a str) -> HashSet<&'a str> {
    let mut found = HashSet::from([value]);
    for node in outline.nodes.iter().rev() {
        if is_made(node, &found) {
            found.extend(node.inputs.iter().map(String::as_str));
        }
    }
    found
}

/// The names of all values that are made of `value`, with its own.
fn descendants<'a>(outline: &'a Outline, value: &'a str) -> HashSet<&'a str> {
    let mut found = HashSet::from([value]);
    for node in &outline.nodes {
        if node.inputs.iter().any(|name| found.contains(name.as_str())) {
            found.extend(node.outputs.iter().map(String::as_str));
        }
    }
    found
}

/// How far the samples of a value are apart, and what they depend on.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Reach {
    /// Samples a frame.
    rate: f64,
    /// Frames at either side.
    context: f64,
}

/// The decoder, if each of its operations is known to look no further than a bounded way around it.
fn decoder(outline: &Outline, durations: &str, output: &str) -> Option<Decoder> {
    let first = outline.nodes.iter().find(|node| {
        node.op == "Conv" && node.inputs.get(1).is_some_and(|it| it == DECODER_WEIGHTS)
    });
    let enlarges = |node: &&Node| node.op == "ConvTranspose";
    let first = first.or_else(|| outline.nodes.iter().find(enlarges))?;
    let frames = first.inputs.first()?;
    let timed = descendants(outline, durations);
    let wanted = ancestors(outline, output);
    let mut reaches: HashMap<&str, Reach> = HashMap::new();
    let start = Reach {
        rate: 1.0,
        context: 0.0,
    };
    reaches.insert(frames, start);
    for node in outline.nodes.iter().filter(|node| is_made(node, &wanted)) {
        let from: Vec<Reach> = node
            .inputs
            .iter()
            .filter_map(|input| reaches.get(input.as_str()).copied())
            .collect();
        let Some(&one) = from.first() else { continue };
        // Anything else along the time would have to be cut alike.
        let is_other = |input: &&String| {
            timed.contains(input.as_str()) && !reaches.contains_key(input.as_str())
        };
        if node.inputs.iter().any(|input| is_other(&input)) {
            return None;
        }
        let is_alike = |reach: &Reach| (reach.rate - one.rate).abs() < f64::EPSILON;
        if !from.iter().all(is_alike) {
            return None;
        }
        let widest = from.iter().map(|reach| reach.context);
        let widest = Reach {
            rate: one.rate,
            context: widest.fold(0.0, f64::max),
        };
        let reach = after(node, widest)?;
        reaches.insert(node.outputs.first()?, reach);
    }
    let end = reaches.get(output)?;
    let hop = end.rate as usize;
    (1..=MOST_HOP).contains(&hop).then(|| Decoder {
        frames: frames.clone(),
        hop,
        // One more for the halves that strides round away.
        context: end.context.ceil() as usize + 1,
    })
}

/// What the samples depend on that `node` makes of others; `None` where it is not known or the length changes.
fn after(node: &Node, reach: Reach) -> Option<Reach> {
    match node.op.as_str() {
        "Add" | "Sub" | "Mul" | "Div" | "LeakyRelu" | "Relu" | "Tanh" | "Sigmoid" | "Identity"
        | "Cast" | "Unsqueeze" => Some(reach),
        "Conv" => {
            let kernel = single(node, "kernel_shape")?;
            let dilation = single(node, "dilations").unwrap_or(1);
            if single(node, "strides").unwrap_or(1) != 1 {
                return None;
            }
            let width = dilation.checked_mul(kernel - 1)?;
            let (before, behind) = pads(node)?;
            let furthest = before.max(behind) as f64;
            (before + behind == width).then_some(Reach {
                rate: reach.rate,
                context: reach.context + furthest / reach.rate,
            })
        }
        "ConvTranspose" => {
            let kernel = single(node, "kernel_shape")?;
            let stride = single(node, "strides").unwrap_or(1);
            if single(node, "dilations").unwrap_or(1) != 1 || node.list("output_shape").is_some() {
                return None;
            }
            let more = single(node, "output_padding").unwrap_or(0);
            let (before, behind) = pads(node)?;
            let furthest = kernel.checked_add(stride)? as f64 / stride as f64;
            (before + behind == kernel - stride + more).then_some(Reach {
                rate: reach.rate * stride as f64,
                context: reach.context + furthest.ceil() / reach.rate,
            })
        }
        _ => None,
    }
}

/// The only number of a list, which is 0 or more and small.
fn single(node: &Node, name: &str) -> Option<i64> {
    match node.list(name)? {
        [number] if (0..=MOST_HOP as i64).contains(number) => Some(*number),
        _ => None,
    }
}

/// What is padded at either end.
fn pads(node: &Node) -> Option<(i64, i64)> {
    match node.list("pads") {
        None => Some((0, 0)),
        Some([before, behind]) if *before >= 0 && *behind >= 0 => Some((*before, *behind)),
        Some(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn node(op: &str, inputs: &[&str], output: &str, lists: &[(&str, &[i64])]) -> Node {
        let list = |(name, list): &(&str, &[i64])| ((*name).to_owned(), list.to_vec());
        Node {
            op: op.to_owned(),
            inputs: inputs.iter().map(|name| (*name).to_owned()).collect(),
            outputs: vec![output.to_owned()],
            lists: lists.iter().map(list).collect(),
        }
    }

    /// A voice with the decoder of `nodes`, which begins at `z` and ends at `output`.
    fn voice(nodes: Vec<Node>) -> Outline {
        let before = [
            node("Gather", &["weights", "input"], "encoded", &[]),
            node("RandomNormalLike", &["encoded"], "rhythm", &[]),
            node("Add", &["encoded", "rhythm"], "w", &[]),
            node("Ceil", &["w"], "frames", &[]),
            node("Expand", &["encoded", "frames"], "prior", &[]),
            node("RandomNormalLike", &["prior"], "sound", &[]),
            node("Add", &["prior", "sound"], "z", &[]),
        ];
        let names = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
        Outline {
            inputs: names(&["input", "input_lengths", "scales"]),
            outputs: names(&["output"]),
            nodes: before.into_iter().chain(nodes).collect(),
            has_external_data: false,
        }
    }

    fn simple() -> Outline {
        voice(vec![
            node(
                "Conv",
                &["z", DECODER_WEIGHTS],
                "a",
                &[("kernel_shape", &[7]), ("pads", &[3, 3])],
            ),
            node(
                "ConvTranspose",
                &["a", "up"],
                "b",
                &[
                    ("kernel_shape", &[16]),
                    ("strides", &[8]),
                    ("pads", &[4, 4]),
                ],
            ),
            node(
                "Conv",
                &["b", "wide"],
                "c",
                &[
                    ("kernel_shape", &[7]),
                    ("dilations", &[12]),
                    ("pads", &[36, 36]),
                ],
            ),
            node("Add", &["b", "c"], "output", &[]),
        ])
    }

    #[test]
    fn durations_noise_and_decoder_are_found() {
        let roles = find(&simple()).unwrap();
        assert_eq!((&*roles.durations, &*roles.output), ("frames", "output"));
        let noise: Vec<(&str, &str)> = roles
            .noise
            .iter()
            .map(|noise| (&*noise.value, &*noise.like))
            .collect();
        assert_eq!(noise, [("rhythm", "encoded"), ("sound", "prior")]);
        assert!(!roles.has_speakers);
        let decoder = roles.decoder.unwrap();
        // 3 frames by the first, 3 by the second, 36 samples of 8 a frame by the third, one more.
        assert_eq!(
            (&*decoder.frames, decoder.hop, decoder.context),
            ("z", 8, 12)
        );
    }

    #[test]
    fn a_decoder_that_looks_further_is_not_cut() {
        let last = |op: &str, other: &str| {
            let mut outline = simple();
            outline.nodes.pop();
            outline.nodes.push(node(op, &["c", other], "output", &[]));
            find(&outline).unwrap().decoder
        };
        assert!(last("Add", "weight").is_some());
        // It mixes all times; and another value along the time.
        assert_eq!(last("MatMul", "weight"), None);
        assert_eq!(last("Mul", "prior"), None);
        // The other has another rate.
        assert_eq!(last("Add", "a"), None);
        let mut shrinks = simple();
        shrinks.nodes[9].lists.pop();
        assert_eq!(find(&shrinks).unwrap().decoder, None);
    }

    #[test]
    fn other_networks_are_refused_with_the_reason() {
        let told = |change: &dyn Fn(&mut Outline)| {
            let mut outline = simple();
            change(&mut outline);
            find(&outline).unwrap_err()
        };
        assert!(told(&|it| drop(it.inputs.remove(2))).contains("scales"));
        assert!(told(&|it| it.inputs.push("style".to_owned())).contains("style"));
        assert!(told(&|it| it.outputs[0] = "y".to_owned()).contains("output"));
        assert!(told(&|it| it.has_external_data = true).contains("another file"));
        assert!(told(&|it| it.nodes[3].op = "Round".to_owned()).contains("durations"));
        assert!(told(&|it| it.nodes[5].op = "RandomUniformLike".to_owned()).contains("random"));
        assert!(told(&|it| it.nodes.clear()).contains("durations"));
    }
}
