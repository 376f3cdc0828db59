//! Whether a picture is the one of a prompt. Two servers that write into one folder, or a server that answers from its cache
//! with a name that was written over since, give pictures of other prompts under names that look right.

use serde_json::{Map, Value};

use super::Workflow;
use crate::PromptId;
use crate::text::shortened;
use crate::wire::history::OutputImage;

/// What a picture of a prompt has to agree with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Proof {
    /// What the names of its files have, which is in no other prompt.
    own: String,
    /// What the server calls the picture.
    filename: String,
    /// The node that saved it.
    node: String,
    /// Whether that node's prefix has `own`.
    is_prefixed: bool,
    /// Whether the name is surely made of the prefix.
    is_named: bool,
    /// The node, the input and the value of each seed that no server changes.
    seeds: Vec<(String, String, u64)>,
}

/// ComfyUI's own nodes that take a seed and leave it as it is.
const SAMPLERS: [&str; 4] = [
    "KSampler",
    "KSamplerAdvanced",
    "RandomNoise",
    "SamplerCustom",
];
const PREFIX: &str = "filename_prefix";

impl Workflow {
    /// What proves that `image` is what this workflow put out when it ran as `id`. The id stands in the prefixes.
    pub(crate) fn proof(&self, id: &PromptId, image: &OutputImage) -> Proof {
        let saver = self.nodes.get(&image.node);
        let prefix = saver.and_then(|node| node.inputs.get(PREFIX)?.as_str());
        let is_prefixed = prefix.is_some_and(|prefix| prefix.contains(id.as_str()));
        let samplers = self
            .nodes
            .iter()
            .filter(|(_, node)| SAMPLERS.contains(&node.class.as_str()));
        let seeds = samplers.flat_map(|(id, node)| {
            let seeds = ["seed", "noise_seed"].into_iter();
            seeds.filter_map(move |input| {
                Some((
                    id.clone(),
                    input.to_owned(),
                    node.inputs.get(input)?.as_u64()?,
                ))
            })
        });
        Proof {
            own: id.to_string(),
            filename: image.filename.clone(),
            node: image.node.clone(),
            is_prefixed,
            is_named: is_prefixed && saver.is_some_and(|node| node.class == "SaveImage"),
            seeds: seeds.collect(),
        }
    }
}

impl Proof {
    /// Why a picture is of another prompt, where that shows. `embedded` is the workflow that the server wrote into it: without
    /// one, as with `--disable-metadata`, its name has to do.
    pub(crate) fn refutes(&self, embedded: Option<&str>) -> Option<String> {
        let nodes = embedded.and_then(|text| serde_json::from_str::<Map<String, Value>>(text).ok());
        let Some(nodes) = nodes.filter(|nodes| !nodes.is_empty()) else {
            return (self.is_named && !self.filename.contains(&self.own)).then(|| {
                format!(
                    "it is the picture of another prompt by its name, {:?}",
                    shortened(&self.filename)
                )
            });
        };
        let input = |node: &str, name: &str| nodes.get(node)?.get("inputs")?.get(name);
        if self.is_prefixed {
            let prefix = input(&self.node, PREFIX)
                .and_then(Value::as_str)
                .unwrap_or_default();
            if !prefix.contains(&self.own) {
                return Some(format!(
                    "it is the picture of another prompt, saved as {:?}",
                    shortened(prefix)
                ));
            }
        }
        // What a server's own nodes make of a number, such as a float, is not compared.
        let other = self.seeds.iter().find_map(|(node, name, ours)| {
            let theirs = input(node, name)?.as_u64()?;
            (theirs != *ours).then_some((theirs, *ours))
        });
        other.map(|(theirs, ours)| {
            format!("it is the picture of another prompt, with the seed {theirs} and not {ours}")
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::history::Folder;
    use crate::{ModelFile, Models, PaintJob, PaintSize, PromptText, Seed};

    fn workflow(seed: u64, id: &PromptId) -> Workflow {
        let file = ModelFile::new("a").unwrap();
        let models = Models::Checkpoint { file, vae: None };
        let size = PaintSize::new(64, 64).unwrap();
        let mut job = PaintJob::new(models, PromptText::default(), size);
        job.seed = Seed::new(seed);
        Workflow::build(&job).with_prefix_suffix(id.as_str())
    }

    #[test]
    fn only_the_picture_of_its_own_prompt_is_taken() {
        let (id, other) = (PromptId::random(), PromptId::random());
        let ours = workflow(u64::MAX, &id);
        let saver = ours
            .nodes()
            .iter()
            .find(|(_, node)| node.class == "SaveImage");
        let image = |filename: String| OutputImage {
            node: saver.unwrap().0.clone(),
            filename,
            subfolder: String::new(),
            folder: Folder::Output,
        };
        let proof = ours.proof(&id, &image(format!("videogen-{id}_00001_.png")));
        let refutes = |workflow: &Workflow| proof.refutes(Some(&workflow.to_json().to_string()));
        assert_eq!(refutes(&ours), None);
        // As it is saved anew where somebody deleted it.
        assert_eq!(refutes(&ours.clone().with_prefix_suffix("1a2b3c4d")), None);
        let told = refutes(&workflow(u64::MAX, &other)).unwrap();
        assert!(told.contains(other.as_str()), "{told}");
        let told = refutes(&workflow(7, &id)).unwrap();
        assert!(told.contains("the seed 7"), "{told}");

        // Without metadata, or with what is none.
        for none in [None, Some("{}"), Some("[1]"), Some("steps: 20")] {
            assert_eq!(proof.refutes(none), None);
            let named = ours.proof(&id, &image(format!("videogen-{other}_00001_.png")));
            assert!(named.refutes(none).unwrap().contains(other.as_str()));
        }
        // A server that the name says nothing of is proven by what it wrote.
        let renamed = ours.proof(&id, &image("x.png".to_owned()));
        assert_eq!(renamed.refutes(Some(&ours.to_json().to_string())), None);
        // A node that only shows has no prefix: its seed is what there is.
        let shown = OutputImage {
            node: "none".into(),
            ..image("ComfyUI_temp_abcde_00001_.png".into())
        };
        let shown = ours.proof(&id, &shown);
        assert_eq!(shown.refutes(None), None);
        assert!(
            shown
                .refutes(Some(&workflow(7, &id).to_json().to_string()))
                .is_some()
        );
    }
}
