//! A workflow of the user: read and checked once, compared with a server, filled in for each picture. Paints nothing.

pub(super) mod painter;

use std::collections::BTreeSet;
use std::fmt::Write;

use camino::{Utf8Path, Utf8PathBuf};
use videogen_comfy::{
    Cfg, Error as ComfyError, ImageSize, ModelFile, Placeholder, Problem, ProblemKind, PromptText,
    Sampler, Scheduler, Seed, Steps, Template, TemplateValues, Workflow,
};
use videogen_durable::Digest;
use videogen_types::{Aspect, Hint, Quality};
use videogen_vram::{default_cfg, default_steps, promised_size};

use super::models::NAMED;
use super::tuned::{for_planner, planned};
use super::workflow::LONGEST;
use super::{NEGATIVE, negative};
use crate::error::Error;
use crate::painter::PictureRequest;
use crate::tuning::Tuning;

/// A workflow that can be filled in.
#[derive(Debug, Clone)]
pub(super) struct UserWorkflow {
    /// What the file is called, without its directory.
    pub(super) name: String,
    /// Of the file.
    pub(super) digest: Digest,
    template: Template,
}

impl UserWorkflow {
    /// Reads the file. Blocks.
    ///
    /// # Errors
    /// [`Error::Workflow`].
    pub(super) fn read(path: &Utf8Path) -> Result<Self, Error> {
        let bytes = bytes(path).map_err(|reason| unusable(path, reason, None))?;
        let text = std::str::from_utf8(&bytes)
            .map_err(|_| unusable(path, "it is not UTF-8 text".to_owned(), None))?;
        let template = Template::parse(text).map_err(|error| {
            let hint = error.help();
            let reason = match error {
                ComfyError::Template { problem } => problem,
                ComfyError::UiFormat => {
                    "it is in the format of ComfyUI's editor, not in API format".to_owned()
                }
                other => other.to_string(),
            };
            unusable(path, reason, hint)
        })?;
        Ok(Self {
            name: path.file_name().unwrap_or(path.as_str()).to_owned(),
            digest: Digest::of(&bytes),
            template,
        })
    }

    /// Whether a place for the model file is in it.
    pub(super) fn wants_model(&self) -> bool {
        self.template.places().contains(&Placeholder::Model)
    }

    /// Whether a place for the seed is in it.
    pub(super) fn wants_seed(&self) -> bool {
        self.template.places().contains(&Placeholder::Seed)
    }

    /// The workflow of the picture of `request`.
    ///
    /// # Errors
    /// [`ComfyError::Template`] when it asks for a model and there is none, or marks a node that has no such input.
    pub(super) fn fill(
        &self,
        request: &PictureRequest,
        model: Option<&ModelFile>,
    ) -> Result<Workflow, ComfyError> {
        let short = |text: &str| text.chars().take(LONGEST).collect::<String>();
        let (prompt, negative) = (short(&request.prompt), short(&negative(request)));
        self.filled(
            (&prompt, &negative),
            request.seed.0,
            (request.quality, request.aspect),
            &request.tuning,
            model,
        )
    }

    /// The workflow of some picture, to compare with what a server has.
    ///
    /// # Errors
    /// As [`UserWorkflow::fill`].
    pub(super) fn sample(
        &self,
        quality: (Quality, Aspect),
        tuning: &Tuning,
        model: Option<&ModelFile>,
    ) -> Result<Workflow, ComfyError> {
        self.filled(("a picture", NEGATIVE), 0, quality, tuning, model)
    }

    fn filled(
        &self,
        (prompt, negative): (&str, &str),
        seed: u64,
        (quality, aspect): (Quality, Aspect),
        tuning: &Tuning,
        model: Option<&ModelFile>,
    ) -> Result<Workflow, ComfyError> {
        let frame = tuning
            .size
            .map_or_else(|| promised_size(quality, aspect), planned);
        // Latents are eighths of pixels and rounded down by the server: a frame that is no multiple would be missed.
        let side = |side: u32| side.next_multiple_of(8);
        let size = ImageSize::new(side(frame.width), side(frame.height))?;
        let mut values = TemplateValues::new(PromptText::literal(prompt)?, Seed::new(seed), size);
        values.negative = PromptText::literal(negative)?;
        let wanted = for_planner(tuning);
        values.steps = Some(Steps::new(wanted.steps.unwrap_or(default_steps(quality)))?);
        values.cfg = Some(Cfg::new(wanted.cfg.unwrap_or(default_cfg(quality)))?);
        values.sampler = Some(match wanted.sampler {
            Some(name) => Sampler::new(name)?,
            None => Sampler::euler(),
        });
        values.scheduler = Some(Scheduler::normal());
        values.model = model.cloned();
        self.template.fill(&values)
    }
}

fn bytes(path: &Utf8Path) -> Result<Vec<u8>, String> {
    use std::io::ErrorKind::{FileTooLarge, NotADirectory, NotFound};
    let most = Template::MAX_BYTES as u64;
    videogen_durable::read_regular(path, most).map_err(|error| match error.kind() {
        NotFound | NotADirectory => "it does not exist".to_owned(),
        FileTooLarge => format!("it is larger than {} MiB", most >> 20),
        _ if videogen_durable::NotAFile::in_error(&error).is_some() => "it is not a file".into(),
        _ => error.to_string(),
    })
}

fn unusable(path: &Utf8Path, reason: String, hint: Option<Hint>) -> Error {
    let path: Utf8PathBuf = path.to_owned();
    Error::Workflow { path, reason, hint }
}

/// What of a workflow a server lacks, in words: all nodes, all files, then the first of whatever else is wrong.
pub(super) fn lacking(problems: &[Problem]) -> String {
    let nodes: BTreeSet<&str> = problems
        .iter()
        .filter(|problem| matches!(problem.kind, ProblemKind::MissingNode))
        .map(|problem| problem.class.as_str())
        .collect();
    let mut parts = Vec::new();
    if !nodes.is_empty() {
        let nodes: Vec<&str> = nodes.into_iter().collect();
        parts.push(format!("it has no node {}", nodes.join(", ")));
    }
    let mut others = 0;
    for problem in problems {
        match &problem.kind {
            ProblemKind::MissingNode => {}
            ProblemKind::MissingModel { wanted, there } => {
                let mut part = format!("it has no {wanted} for {}", problem.class);
                if !there.is_empty() {
                    let there: Vec<&str> = there.iter().map(String::as_str).take(NAMED).collect();
                    let _ = write!(part, " (there is {})", there.join(", "));
                }
                if !parts.contains(&part) {
                    parts.push(part);
                }
            }
            _ if others == 0 => {
                parts.push(problem.to_string());
                others = 1;
            }
            _ => others += 1,
        }
    }
    if others > 1 {
        parts.push(format!("and {} more", others - 1));
    }
    parts.join("; ")
}
