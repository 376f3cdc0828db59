//! One ComfyUI server: how it is reached, what it has, how it is now.

use std::sync::Arc;
use std::time::Duration;

use serde_json::json;
use videogen_comfy::{ComfyClient, DeviceKind, ImageGenerator, Models, SystemStats};
use videogen_vram::model::{
    Generation, ModelFacts, ServerFacts, ServerFlags, TorchVersion, UpscaleModel,
};
use videogen_vram::{Bytes, GpuReading, probe};

use super::ladder::Seen;
use super::lessons::Lessons;
use super::models::{self, Lists};
use super::options::ServerUrl;
use crate::equipment::chain;

/// For all that a server is asked at the beginning.
const ASKED_WITHIN: Duration = Duration::from_secs(10);
/// For one question about its state; a server that loads a model answers late.
const STATE_WITHIN: Duration = Duration::from_secs(20);

/// A server that can paint.
#[derive(Debug, Clone)]
pub(super) struct Server {
    pub(super) generator: Arc<dyn ImageGenerator>,
    pub(super) model: ModelFacts,
    pub(super) files: Models,
    pub(super) upscale: Vec<UpscaleModel>,
    /// Whether it has a card; otherwise it paints on its processor.
    pub(super) has_card: bool,
    /// What it is, in a few words.
    pub(super) about: String,
}

impl Server {
    /// Asks the server at `url` what it is and has.
    ///
    /// # Errors
    /// Why it cannot paint, with its address.
    pub(super) async fn ask(url: &ServerUrl, wanted: Option<&str>) -> Result<Self, String> {
        let failed = |error: videogen_comfy::Error| {
            format!("{url} does not answer as ComfyUI: {}", chain(&error))
        };
        let client = ComfyClient::connect(url.expose()).map_err(failed)?;
        let asking = async {
            let stats = client.system_stats().await?;
            let mut lists = Lists {
                checkpoints: list(&client, "checkpoints").await?,
                ..Lists::default()
            };
            // Only where no checkpoint will do.
            if models::choose(&lists, wanted).is_err() {
                lists.diffusion = list(&client, "diffusion_models").await?;
                lists.text = list(&client, "text_encoders").await?;
                lists.vae = list(&client, "vae").await?;
            }
            let upscale = list(&client, "upscale_models").await?;
            Ok((stats, lists, upscale))
        };
        let (stats, lists, upscale) = match tokio::time::timeout(ASKED_WITHIN, asking).await {
            Ok(answered) => answered.map_err(failed)?,
            Err(_) => {
                return Err(format!(
                    "{url} has not answered within {} s",
                    ASKED_WITHIN.as_secs()
                ));
            }
        };
        let choice = models::choose(&lists, wanted).map_err(|why| format!("{url} {why}"))?;
        let (_, card) = state(&stats, &[]);
        let has_card = card.is_some();
        let on = card.map_or_else(|| "its processor".to_owned(), |card| card.name);
        Ok(Self {
            about: format!(
                "{url}, ComfyUI {} on {on}, {}",
                stats.version, choice.facts.name
            ),
            generator: Arc::new(client),
            has_card,
            model: choice.facts,
            files: choice.files,
            upscale: upscale.into_iter().map(UpscaleModel::from_name).collect(),
        })
    }

    /// How it is now.
    ///
    /// # Errors
    /// Why that cannot be said.
    pub(super) async fn look(&self, lessons: &Lessons) -> Result<Seen, String> {
        let stats = self.stats().await?;
        let (facts, reading) = state(&stats, &self.upscale);
        let lessons = match &reading {
            Some(card) => lessons.of(card).await,
            None => videogen_vram::plan::Corrections::NONE,
        };
        Ok(Seen {
            facts,
            reading,
            lessons,
        })
    }

    /// Its answer to `/system_stats`.
    pub(super) async fn stats(&self) -> Result<SystemStats, String> {
        match tokio::time::timeout(STATE_WITHIN, self.generator.state()).await {
            Ok(Ok(state)) => Ok(state.stats),
            Ok(Err(error)) => Err(chain(&error)),
            Err(_) => Err(format!(
                "it has not answered within {} s",
                STATE_WITHIN.as_secs()
            )),
        }
    }
}

/// The files in a folder of models; none where there is no such folder.
async fn list(client: &ComfyClient, folder: &str) -> Result<Vec<String>, videogen_comfy::Error> {
    client.models(folder).await.map(Option::unwrap_or_default)
}

/// Bytes of the card that the server's own models hold, which it gives back.
pub(super) fn held(stats: &SystemStats) -> Bytes {
    let device = stats.device();
    Bytes::new(device.map_or(0, |device| {
        device.torch_total.saturating_sub(device.torch_free)
    }))
}

/// What the planner takes: facts of the server, and its card where it has one.
pub(super) fn state(
    stats: &SystemStats,
    upscale: &[UpscaleModel],
) -> (ServerFacts, Option<GpuReading>) {
    let devices: Vec<_> = stats
        .devices
        .iter()
        .map(|device| {
            json!({
                "name": device.name,
                "type": kind(&device.kind),
                "index": device.index,
                "vram_total": device.vram_total,
                "vram_free": device.vram_free,
            })
        })
        .collect();
    let readings = probe::from_system_stats(&json!({ "devices": devices }));
    let cards = readings.map(|readings| readings.cards).unwrap_or_default();
    let facts = ServerFacts {
        generation: Generation::from_version(&stats.version),
        torch: TorchVersion::parse(&stats.pytorch),
        flags: ServerFlags::parse(&stats.arguments),
        held: held(stats),
        context_counted: true,
        upscale_models: upscale.to_vec(),
        ..ServerFacts::default()
    };
    (facts, cards.into_iter().next())
}

fn kind(kind: &DeviceKind) -> &str {
    match kind {
        DeviceKind::Cuda => "cuda",
        DeviceKind::Cpu => "cpu",
        DeviceKind::Mps => "mps",
        DeviceKind::Xpu => "xpu",
        DeviceKind::Other(name) => name,
        _ => "",
    }
}
