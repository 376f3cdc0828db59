//! Which servers paint, and what they may do: values, checked once.

use std::sync::Arc;

use camino::Utf8PathBuf;
use videogen_net::{RateLimits, ServerUrl, TrafficMeter};
use videogen_vram::CardShare;

use super::family::ModelFamily;
use super::launch::Launch;
use crate::lora::LoraChoice;

/// What can be set of painting by ComfyUI.
#[derive(Debug, Clone, Default)]
pub struct ComfyOptions {
    /// The servers, the preferred first. Without any ComfyUI is not used.
    pub servers: Vec<ServerUrl>,
    /// The model file; `None` takes the best that a server has.
    pub model: Option<String>,
    /// What kind of model the checkpoint is where neither its name nor its file tells.
    pub family: Option<ModelFamily>,
    /// What every model is changed by, in this order; those of a brief take their place.
    pub loras: Vec<LoraChoice>,
    /// Whether a picture may be painted smaller than promised before the built-in painter is taken.
    pub lower_quality: bool,
    /// Where is kept what pictures teach about graphics cards; `None` forgets it at the end.
    pub history: Option<Utf8PathBuf>,
    /// How many prompts each server is given in a minute; `None` sets no limit. Clones keep to it together.
    pub per_minute: Option<RateLimits>,
    /// How the first server is started when it is on this machine and does not answer.
    pub launch: Option<Launch>,
    /// How much of a card may be used.
    pub limits: CardLimits,
    /// Who shares the cards.
    pub card: Arc<CardShare>,
    /// Counts what is exchanged with the servers. Clones count together.
    pub traffic: TrafficMeter,
}

/// How much of a card pictures are planned with, in bytes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct CardLimits {
    /// Never more than this, however much is free.
    pub most: Option<u64>,
    /// As if this were free, whatever is. Then nobody is asked to make room.
    pub free: Option<u64>,
}
