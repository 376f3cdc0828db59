//! What a workflow puts out: which of its nodes save still pictures, and which of those is the one that is taken.

use super::{Node, Workflow, as_link};
use crate::text::shortened;
use crate::wire::history::{Folder, OutputImage};
use crate::wire::object_info::{InputKind, NodeClass, ObjectInfo};

/// The title of the node whose picture is wanted, where several put one out.
const CHOSEN: &str = "videogen";

/// A node that puts something out.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Output {
    /// Its id.
    pub node: String,
    /// Its class.
    pub class: String,
    /// What a person called it.
    pub title: Option<String>,
    /// What comes out of it.
    pub kind: OutputKind,
}

/// What comes out of a node.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum OutputKind {
    /// A still picture in a file.
    Picture,
    /// Pictures that move: a video, an animated WebP, PNG or GIF.
    Clip,
    /// Sound.
    Sound,
    /// A body in three dimensions.
    Model3d,
    /// A picture that is sent over the socket and is in no file.
    Socket,
    /// Anything else that is no picture: texts, latents, weights.
    Data,
    /// What cannot be told from the server's description, and may be a picture.
    Unknown,
}

impl OutputKind {
    /// What a node of this kind does, in words.
    pub(crate) const fn does(self) -> &'static str {
        match self {
            Self::Picture => "saves a picture",
            Self::Clip => "makes a clip",
            Self::Sound => "makes sound",
            Self::Model3d => "makes a 3D model",
            Self::Socket => "sends its picture over a socket and saves none",
            Self::Data => "saves no picture",
            Self::Unknown => "puts something out",
        }
    }

    const fn may_be_a_picture(self) -> bool {
        matches!(self, Self::Picture | Self::Unknown)
    }
}

/// Which of several pictures comes first: a node that was called so, a node that saves before one that only shows, the lower
/// id. Ids are compared as numbers: 9 comes before 10.
type Rank = (bool, u8, Vec<Option<u64>>, String);

impl Workflow {
    /// The nodes that put something out, that of the picture which is taken first: one with the title `videogen`; else
    /// `SaveImage`, other nodes that save, nodes that only show; of equals the lowest id. Those that put out no picture are
    /// last. `info` has to describe the classes of the workflow; what it does not describe is left out.
    pub fn outputs(&self, info: &ObjectInfo) -> Vec<Output> {
        let nodes = self.nodes.iter().filter_map(|(id, node)| {
            let class = info.class(&node.class)?;
            class.output_node.then(|| Output {
                node: id.clone(),
                class: node.class.clone(),
                title: node.title.clone(),
                kind: kind(node, class),
            })
        });
        let mut outputs: Vec<Output> = nodes.collect();
        outputs.sort_by_cached_key(|output| {
            (
                !output.kind.may_be_a_picture(),
                output.kind != OutputKind::Picture,
                self.rank(&output.node, Folder::Output),
            )
        });
        outputs
    }

    /// The pictures of a history, the one that is taken first, as in [`Workflow::outputs`].
    pub(crate) fn best_first(&self, mut images: Vec<OutputImage>) -> Vec<OutputImage> {
        // The pictures of one node keep their order.
        images.sort_by_cached_key(|image| self.rank(&image.node, image.folder));
        images
    }

    fn rank(&self, id: &str, folder: Folder) -> Rank {
        let node = self.nodes.get(id);
        let is_chosen = node
            .and_then(|node| node.title.as_deref())
            .is_some_and(|title| title.trim().eq_ignore_ascii_case(CHOSEN));
        let class = node.map_or("", |node| node.class.as_str());
        let saves = match class {
            _ if folder != Folder::Output || class.contains("Preview") => 2,
            "SaveImage" => 0,
            _ => 1,
        };
        // A node of a subgraph is called `12:3`.
        let numbers = id.split(':').map(|part| part.parse().ok()).collect();
        (!is_chosen, saves, numbers, id.to_owned())
    }

    /// What there is in the place of a still picture, in words; `None` where one may come.
    pub(crate) fn puts_out_no_picture(&self, info: &ObjectInfo) -> Option<String> {
        let outputs = self.outputs(info);
        if outputs.is_empty() || outputs.iter().any(|output| output.kind.may_be_a_picture()) {
            return None;
        }
        let told = outputs.iter().take(MOST_TOLD).map(|output| {
            let (class, node) = (shortened(&output.class), shortened(&output.node));
            format!("{class} (node {node}) {}", output.kind.does())
        });
        Some(told.collect::<Vec<_>>().join(", "))
    }
}

/// How many nodes are named that put out no picture.
const MOST_TOLD: usize = 4;

/// What comes out of a node, by its class where that is ComfyUI's own, else by what goes in.
fn kind(node: &Node, class: &NodeClass) -> OutputKind {
    match node.class.as_str() {
        "SaveImage" | "PreviewImage" | "MaskPreview" => return OutputKind::Picture,
        "SaveAnimatedWEBP" | "SaveAnimatedPNG" | "SaveWEBM" | "SaveVideo" | "VHS_VideoCombine" => {
            return OutputKind::Clip;
        }
        "SaveImageWebsocket" => return OutputKind::Socket,
        "SaveGLB" | "Preview3D" | "Preview3DAnimation" => return OutputKind::Model3d,
        _ => {}
    }
    let (mut types, mut has_text) = (Vec::new(), false);
    for input in class.inputs.values() {
        match &input.kind {
            InputKind::Link(kind) => types.extend(kind.split(',').map(str::trim)),
            InputKind::Text => has_text = true,
            _ => {}
        }
    }
    let has = |wanted: &[&str]| types.iter().any(|kind| wanted.contains(kind));
    let at_a_rate = ["fps", "frame_rate", "framerate"];
    if has(&["IMAGE", "MASK"]) {
        return if at_a_rate.into_iter().any(|name| class.has_input(name)) {
            OutputKind::Clip
        } else {
            OutputKind::Picture
        };
    }
    if has(&["VIDEO", "VHS_VIDEOINFO"]) {
        return OutputKind::Clip;
    }
    if has(&["AUDIO", "VHS_AUDIO"]) {
        return OutputKind::Sound;
    }
    if has(&[
        "MESH",
        "TRIMESH",
        "VOXEL",
        "GLB",
        "SPLAT",
        "LOAD_3D",
        "LOAD3D_CAMERA",
    ]) || types.iter().any(|kind| kind.starts_with("FILE_3D"))
    {
        return OutputKind::Model3d;
    }
    // One that is linked to nothing that is known may still be given a picture.
    let is_linked = node.inputs.values().any(|value| as_link(value).is_some());
    let is_known = |kind: &&str| DATA.contains(kind);
    if (!types.is_empty() && types.iter().all(is_known))
        || (types.is_empty() && has_text && is_linked)
    {
        return OutputKind::Data;
    }
    OutputKind::Unknown
}

/// Types of links that are no pictures, nor become some in a node that saves.
const DATA: [&str; 12] = [
    "LATENT",
    "MODEL",
    "CLIP",
    "VAE",
    "CONDITIONING",
    "CLIP_VISION",
    "CONTROL_NET",
    "UPSCALE_MODEL",
    "LORA_MODEL",
    "HOOKS",
    "SIGMAS",
    "GUIDER",
];

#[cfg(test)]
mod tests {
    use serde_json::{Map, Value, json};

    use super::*;

    /// The classes of outputs that people have, with what goes into them.
    fn info() -> ObjectInfo {
        let output = |inputs: Value| json!({ "input": { "required": inputs }, "output": [], "output_node": true });
        let image = || json!({ "images": ["IMAGE"], "filename_prefix": ["STRING", {}] });
        let classes = json!({
            "Make": { "input": {}, "output": ["IMAGE", "VIDEO", "AUDIO", "MESH", "LATENT", "STRING"], "output_node": false },
            "SaveImage": output(image()),
            "PreviewImage": output(json!({ "images": ["IMAGE"] })),
            "Image Save": output(image()),
            "SaveImageWebsocket": output(json!({ "images": ["IMAGE"] })),
            "SaveAnimatedWEBP": output(json!({ "images": ["IMAGE"], "fps": ["FLOAT", {}] })),
            "MyCombine": output(json!({ "images": ["IMAGE"], "frame_rate": ["FLOAT", {}] })),
            "SaveVideo": output(json!({ "video": ["VIDEO"] })),
            "MyVideo": output(json!({ "video": ["VIDEO"] })),
            "SaveAudioMP3": output(json!({ "audio": ["AUDIO"] })),
            "MySolid": output(json!({ "mesh": ["MESH"] })),
            "SaveLatent": output(json!({ "samples": ["LATENT"], "filename_prefix": ["STRING", {}] })),
            "ShowText": output(json!({ "text": ["STRING", { "forceInput": true }] })),
            "ShowAny": output(json!({ "any": ["*", {}] })),
        });
        let Value::Object(classes) = classes else {
            unreachable!("it is written so")
        };
        ObjectInfo::read(classes)
    }

    fn workflow(outputs: &[(&str, &str, Option<&str>)]) -> Workflow {
        let node = |class: &str, title: Option<&str>| Node {
            class: class.into(),
            inputs: Map::from_iter([("in".to_owned(), json!(["1", 0]))]),
            title: title.map(str::to_owned),
        };
        let outputs = outputs
            .iter()
            .map(|(id, class, title)| ((*id).to_owned(), node(class, *title)));
        Workflow {
            nodes: [("1".to_owned(), node("Make", None))]
                .into_iter()
                .chain(outputs)
                .collect(),
        }
    }

    fn image(node: &str, folder: Folder) -> OutputImage {
        OutputImage {
            node: node.into(),
            filename: format!("{node}.png"),
            subfolder: String::new(),
            folder,
        }
    }

    #[test]
    fn what_is_no_still_picture_is_told_before_anything_runs() {
        let info = info();
        for (class, kind) in [
            ("SaveImage", OutputKind::Picture),
            ("PreviewImage", OutputKind::Picture),
            ("Image Save", OutputKind::Picture),
            ("SaveImageWebsocket", OutputKind::Socket),
            ("SaveAnimatedWEBP", OutputKind::Clip),
            ("MyCombine", OutputKind::Clip),
            ("SaveVideo", OutputKind::Clip),
            ("MyVideo", OutputKind::Clip),
            ("SaveAudioMP3", OutputKind::Sound),
            ("MySolid", OutputKind::Model3d),
            ("SaveLatent", OutputKind::Data),
            ("ShowText", OutputKind::Data),
            ("ShowAny", OutputKind::Unknown),
        ] {
            let alone = workflow(&[("2", class, None)]);
            assert_eq!(alone.outputs(&info)[0].kind, kind, "{class}");
            let told = alone.puts_out_no_picture(&info);
            assert_eq!(told.is_none(), kind.may_be_a_picture(), "{class}: {told:?}");
            if let Some(told) = told {
                assert!(told.contains(&format!("{class} (node 2)")), "{told}");
            }
            // Beside one that saves a picture anything may be put out.
            let both = workflow(&[("2", class, None), ("3", "SaveImage", None)]);
            assert_eq!(both.puts_out_no_picture(&info), None, "{class}");
        }
        assert_eq!(
            workflow(&[]).puts_out_no_picture(&info),
            None,
            "told as having no output"
        );
    }

    #[test]
    fn of_several_the_same_is_taken_whoever_asks() {
        let info = info();
        let many = workflow(&[
            ("9", "PreviewImage", None),
            ("10", "SaveImage", None),
            ("8", "Image Save", None),
            ("11", "SaveImage", None),
            ("100:2", "SaveImage", None),
            ("7", "SaveAnimatedWEBP", None),
        ]);
        let order = ["10", "11", "100:2", "8", "9"];
        let told: Vec<String> = many
            .outputs(&info)
            .into_iter()
            .map(|output| output.node)
            .collect();
        assert_eq!(told[..5], order);
        assert_eq!(told[5], "7");
        let images = ["100:2", "11", "10", "8"].map(|node| image(node, Folder::Output));
        let images = images
            .into_iter()
            .chain([image("9", Folder::Temp)])
            .rev()
            .collect();
        let taken: Vec<String> = many
            .best_first(images)
            .into_iter()
            .map(|image| image.node)
            .collect();
        assert_eq!(taken, order);

        let chosen = workflow(&[
            ("3", "SaveImage", None),
            ("20", "PreviewImage", Some(" Videogen ")),
        ]);
        assert_eq!(chosen.outputs(&info)[0].node, "20");
        let images = vec![image("3", Folder::Output), image("20", Folder::Temp)];
        assert_eq!(chosen.best_first(images)[0].node, "20");
    }
}
