//! The places of a user's workflow, and what goes into them.

use serde_json::{Number, Value};

use crate::Error;
use crate::value::{
    Cfg, ImageSize, ModelFile, OutputPrefix, PromptText, Sampler, Scheduler, Seed, Steps,
};

/// A place in a workflow that differs from picture to picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Placeholder {
    /// `%prompt%`: what the picture shows.
    Prompt,
    /// `%negative%`: what it does not show.
    Negative,
    /// `%seed%`: where the random numbers start.
    Seed,
    /// `%width%` of the finished picture.
    Width,
    /// `%height%` of the finished picture.
    Height,
    /// `%steps%` of the sampler.
    Steps,
    /// `%cfg%`: how strictly the prompt is followed.
    Cfg,
    /// `%sampler%`.
    Sampler,
    /// `%scheduler%`.
    Scheduler,
    /// `%model%`: the checkpoint or diffusion model.
    Model,
}

impl Placeholder {
    pub(super) const ALL: [Self; 10] = [
        Self::Prompt,
        Self::Negative,
        Self::Seed,
        Self::Width,
        Self::Height,
        Self::Steps,
        Self::Cfg,
        Self::Sampler,
        Self::Scheduler,
        Self::Model,
    ];

    /// The name between the percent signs.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Prompt => "prompt",
            Self::Negative => "negative",
            Self::Seed => "seed",
            Self::Width => "width",
            Self::Height => "height",
            Self::Steps => "steps",
            Self::Cfg => "cfg",
            Self::Sampler => "sampler",
            Self::Scheduler => "scheduler",
            Self::Model => "model",
        }
    }

    /// The inputs that are meant when a node carries the placeholder in its title: the first group that the node has.
    pub(super) const fn inputs(self) -> &'static [&'static [&'static str]] {
        match self {
            Self::Prompt | Self::Negative => &[
                &["text"],
                &["text_g", "text_l"],
                &["clip_l", "clip_g", "t5xxl"],
                &["prompt"],
                &["string"],
                &["value"],
            ],
            Self::Seed => &[&["seed"], &["noise_seed"], &["value"]],
            Self::Width => &[&["width"], &["value"]],
            Self::Height => &[&["height"], &["value"]],
            Self::Steps => &[&["steps"], &["value"]],
            Self::Cfg => &[&["cfg"], &["guidance"], &["value"]],
            Self::Sampler => &[&["sampler_name"], &["value"]],
            Self::Scheduler => &[&["scheduler"], &["value"]],
            Self::Model => &[&["ckpt_name"], &["unet_name"], &["value"]],
        }
    }

    pub(super) fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|each| each.name() == name)
    }
}

/// What goes into the placeholders.
#[derive(Debug, Clone, PartialEq)]
pub struct TemplateValues {
    /// What the picture shows.
    pub prompt: PromptText,
    /// What it does not show.
    pub negative: PromptText,
    /// Where the random numbers start.
    pub seed: Seed,
    /// The size of the finished picture.
    pub size: ImageSize,
    /// Needed only where the workflow asks for it.
    pub steps: Option<Steps>,
    /// Needed only where the workflow asks for it.
    pub cfg: Option<Cfg>,
    /// Needed only where the workflow asks for it.
    pub sampler: Option<Sampler>,
    /// Needed only where the workflow asks for it.
    pub scheduler: Option<Scheduler>,
    /// Needed only where the workflow asks for it.
    pub model: Option<ModelFile>,
    /// What the server's files are named after.
    pub prefix: Option<OutputPrefix>,
}

impl TemplateValues {
    /// What every picture has; the rest can be set.
    pub fn new(prompt: PromptText, seed: Seed, size: ImageSize) -> Self {
        Self {
            prompt,
            negative: PromptText::default(),
            seed,
            size,
            steps: None,
            cfg: None,
            sampler: None,
            scheduler: None,
            model: None,
            prefix: None,
        }
    }

    pub(super) fn value(&self, placeholder: Placeholder) -> Result<Value, Error> {
        let text = |text: &str| Value::String(text.to_owned());
        let float = |number: f64| Number::from_f64(number).map(Value::Number);
        let value = match placeholder {
            Placeholder::Prompt => Some(text(self.prompt.as_str())),
            Placeholder::Negative => Some(text(self.negative.as_str())),
            Placeholder::Seed => Some(self.seed.get().into()),
            Placeholder::Width => Some(self.size.width().into()),
            Placeholder::Height => Some(self.size.height().into()),
            Placeholder::Steps => self.steps.map(|steps| steps.get().into()),
            Placeholder::Cfg => self.cfg.and_then(|cfg| float(cfg.get())),
            Placeholder::Sampler => self.sampler.as_ref().map(|name| text(name.as_str())),
            Placeholder::Scheduler => self.scheduler.as_ref().map(|name| text(name.as_str())),
            Placeholder::Model => self.model.as_ref().map(|name| text(name.as_str())),
        };
        value.ok_or_else(|| Error::Template {
            problem: format!(
                "it asks for %{}%, and no value was given",
                placeholder.name()
            ),
        })
    }
}
