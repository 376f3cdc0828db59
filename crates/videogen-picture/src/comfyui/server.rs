//! One ComfyUI server: how it is reached, what it has, how it is now.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use videogen_comfy::{
    ComfyClient, Device, DeviceKind, ImageGenerator, Lora, Models, ServerState, SystemStats,
};
use videogen_net::{Blame, Blamed, ServerUrl};
use videogen_text::chain;
use videogen_types::FailureKind;
use videogen_vram::{
    Bytes, DeviceStats, GpuReading, ModelFacts, ServerFacts, ServerFlags, ServerGeneration,
    TorchVersion, UpscaleModel, readings_from_devices,
};

use super::family;
use super::held::held;
use super::ladder::Seen;
use super::lora;
use super::memory_history::MemoryHistory;
use super::models::{self, Choice, Ground, Lists};
use super::options::ComfyOptions;

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
    /// Whether it paints on a card.
    pub(super) has_card: bool,
    /// What its model is changed by.
    pub(super) loras: Vec<Lora>,
    /// What is not sure of its model, for people.
    pub(super) doubt: Option<String>,
    /// What it is, in a few words.
    pub(super) about: String,
    /// How it came to its model.
    pub(super) chosen: Chosen,
}

/// Why a server paints with the model it does, and with no other.
#[derive(Debug, Clone)]
pub(super) struct Chosen {
    /// As the end of "MODEL …".
    pub(super) why: String,
    /// Files, and why each was not chosen, as the end of "FILE …".
    pub(super) left_out: Vec<(String, String)>,
}

/// Why a server did not do what it was asked.
#[derive(Debug, Clone)]
pub(super) struct Trouble {
    /// For people.
    pub(super) reason: String,
    /// Whose fault it was.
    pub(super) blame: Blame,
    /// When it wants to be asked again.
    pub(super) retry_after: Option<Duration>,
    /// Whether it answers and paints nothing: its worker is dead, and all that it is given waits for ever.
    pub(super) is_stuck: bool,
    /// What kind of failure it is.
    pub(super) kind: FailureKind,
}

impl Trouble {
    /// What `error` says of the server. It has painted before, so a request is not what is wrong.
    pub(super) fn of(error: &videogen_comfy::Error) -> Self {
        // One that others keep busy for hours is of no more use until its queue is empty.
        let is_stuck = matches!(
            error,
            videogen_comfy::Error::Stalled { .. } | videogen_comfy::Error::StillQueued { .. }
        );
        let blame = match error.blame() {
            _ if is_stuck => Blame::Down,
            Blame::Request => Blame::Wrong,
            blame => blame,
        };
        Self {
            reason: chain(error),
            blame,
            retry_after: error.retry_after(),
            is_stuck,
            kind: super::failure::failure_kind(error),
        }
    }

    /// It did not answer in time.
    pub(super) fn silent(within: Duration) -> Self {
        Self {
            reason: format!("it has not answered within {} s", within.as_secs()),
            blame: Blame::Fault,
            retry_after: None,
            is_stuck: false,
            kind: FailureKind::Timeout,
        }
    }

    /// It was started by this program, and has died.
    pub(super) fn died(why: String) -> Self {
        Self {
            reason: why,
            blame: Blame::Down,
            retry_after: None,
            is_stuck: false,
            kind: FailureKind::Program,
        }
    }

    /// It answers, and has not what is needed.
    pub(super) fn lacking(url: &ServerUrl, why: &str) -> Self {
        Self {
            reason: format!("{url} {why}"),
            blame: Blame::Request,
            retry_after: None,
            is_stuck: false,
            kind: FailureKind::MissingModel,
        }
    }

    /// It answered with a picture that is none.
    pub(super) fn no_good(reason: String) -> Self {
        Self {
            reason,
            blame: Blame::Wrong,
            retry_after: None,
            is_stuck: false,
            kind: FailureKind::BadOutput,
        }
    }

    /// Whether asking again may bring another answer. A server without a model stays out.
    pub(super) fn may_pass(&self) -> bool {
        self.blame != Blame::Request
    }

    /// The same of the server at `url`, which was asked what it is.
    pub(super) fn at(self, url: &ServerUrl) -> Self {
        let reason = format!("{url} does not answer as ComfyUI: {}", self.reason);
        Self { reason, ..self }
    }
}

impl Server {
    /// Asks the server at `url` what it is and has.
    ///
    /// # Errors
    /// Why it cannot paint, with its address.
    pub(super) async fn ask(url: &ServerUrl, options: &ComfyOptions) -> Result<Self, Trouble> {
        let wanted = options.model.as_deref();
        let client = connect(url, options)?;
        let asking = async {
            let stats = client.system_stats().await?;
            let lists = Lists {
                checkpoints: list(&client, "checkpoints").await?,
                diffusion: list(&client, "diffusion_models").await?,
                text: list(&client, "text_encoders").await?,
                vae: list(&client, "vae").await?,
            };
            let upscale = list(&client, "upscale_models").await?;
            let upscale: Vec<UpscaleModel> =
                upscale.into_iter().map(UpscaleModel::from_name).collect();
            // Only where some are wanted.
            let loras = match options.loras.as_slice() {
                [] => Vec::new(),
                _ => list(&client, "loras").await?,
            };
            let (facts, card) = state(&stats, &upscale);
            let ground = Ground { facts, card };
            let choice = chosen(&client, &lists, wanted, &ground, options).await;
            Ok((stats, choice, upscale, loras))
        };
        let (stats, choice, upscale, loras) = answered(url, asking).await?;
        let choice = choice.map_err(|why| Trouble::lacking(url, &why))?;
        let loras = lora::loras(&loras, &options.loras);
        let loras = loras.map_err(|why| Trouble::lacking(url, &why))?;
        let (facts, card) = state(&stats, &[]);
        let has_card = card.is_some() && !facts.flags.cpu;
        let doubt = choice.is_unknown.then(|| {
            let model = &choice.facts.name;
            format!(
                "{url}: what kind of model {model} is cannot be told, so it is planned for with care; \
                 set comfyui_family (sdxl, sd15, …)"
            )
        });
        let on = card.map_or_else(|| "its processor".to_owned(), |card| card.name);
        Ok(Self {
            about: format!(
                "{url}, ComfyUI {} on {on}, {}",
                stats.version, choice.facts.name
            ),
            generator: Arc::new(client),
            has_card,
            chosen: Chosen {
                why: choice.why,
                left_out: choice.left_out,
            },
            model: choice.facts,
            files: choice.files,
            upscale,
            loras,
            doubt,
        })
    }

    /// How it is now, and how many prompts run and wait there.
    ///
    /// # Errors
    /// Why that cannot be said.
    pub(super) async fn look(&self, history: &MemoryHistory) -> Result<(Seen, u64), Trouble> {
        let ServerState {
            stats, remaining, ..
        } = now(&*self.generator).await?;
        let (facts, reading) = state(&stats, &self.upscale);
        let corrections = match &reading {
            Some(card) => history.of(card).await,
            None => videogen_vram::MemoryCorrections::NONE,
        };
        let seen = Seen {
            facts,
            reading,
            corrections,
        };
        Ok((seen, remaining))
    }
}

impl From<Trouble> for String {
    fn from(trouble: Trouble) -> Self {
        trouble.reason
    }
}

/// How often a file of which nothing is known is asked what it is: each is a request.
const ASKED_FILES: usize = 6;

/// The model of the server. Where nothing else is there than files of which nothing is known, those are asked.
async fn chosen(
    client: &ComfyClient,
    lists: &Lists,
    wanted: Option<&str>,
    ground: &Ground,
    options: &ComfyOptions,
) -> Result<Choice, String> {
    let mut told = BTreeMap::new();
    let mut asked = BTreeSet::new();
    loop {
        let choice = models::choose(lists, wanted, ground, &told)?;
        let name = choice.facts.name.clone();
        if !choice.is_unknown {
            return Ok(choice);
        }
        if asked.len() >= ASKED_FILES || !asked.insert(name.clone()) {
            return Ok(match options.family {
                Some(family) => choice.of_family(family.0),
                None => choice,
            });
        }
        // A file that cannot be read for it says nothing of itself.
        let said = client.model_metadata("checkpoints", &name).await;
        let said = said.unwrap_or_default();
        if let Some(what) = said.as_ref().and_then(family::of_metadata) {
            told.insert(name, what);
        }
    }
}

/// A client of the server at `url`.
///
/// # Errors
/// Why there is none, with its address.
pub(super) fn connect(url: &ServerUrl, options: &ComfyOptions) -> Result<ComfyClient, Trouble> {
    let client = ComfyClient::connect_counted(url.expose(), options.traffic.clone());
    let client = client.map_err(|error| Trouble::of(&error).at(url))?;
    Ok(match &options.per_minute {
        Some(limits) => client.with_rate_limit(limits.of(url.expose())),
        None => client,
    })
}

/// What the server at `url` answers to all that `asking` asks.
///
/// # Errors
/// That it does not, with its address.
pub(super) async fn answered<T>(
    url: &ServerUrl,
    asking: impl Future<Output = Result<T, videogen_comfy::Error>>,
) -> Result<T, Trouble> {
    match tokio::time::timeout(ASKED_WITHIN, asking).await {
        Ok(answer) => answer.map_err(|error| Trouble::of(&error).at(url)),
        Err(_) => Err(Trouble::silent(ASKED_WITHIN).at(url)),
    }
}

/// That a server whose worker was dead has nothing left of what it was given then, as after a restart.
///
/// # Errors
/// That it has.
pub(super) async fn is_free(generator: &dyn ImageGenerator) -> Result<(), Trouble> {
    match now(generator).await?.remaining {
        0 => Ok(()),
        remaining => Err(Trouble {
            reason: format!("its queue does not move: {remaining} prompts are in it"),
            blame: Blame::Down,
            retry_after: None,
            is_stuck: true,
            kind: FailureKind::Timeout,
        }),
    }
}

/// How a server is.
///
/// # Errors
/// Why that is not known.
pub(super) async fn now(generator: &dyn ImageGenerator) -> Result<ServerState, Trouble> {
    match tokio::time::timeout(STATE_WITHIN, generator.state()).await {
        Ok(state) => state.map_err(|error| Trouble::of(&error)),
        Err(_) => Err(Trouble::silent(STATE_WITHIN)),
    }
}

/// The files in a folder of models; none where there is no such folder.
async fn list(client: &ComfyClient, folder: &str) -> Result<Vec<String>, videogen_comfy::Error> {
    client.models(folder).await.map(Option::unwrap_or_default)
}

/// What the planner takes: facts of the server, and its card where it has one.
pub(super) fn state(
    stats: &SystemStats,
    upscale: &[UpscaleModel],
) -> (ServerFacts, Option<GpuReading>) {
    let device = |device: &Device| DeviceStats {
        name: device.name.clone(),
        kind: kind(&device.kind).to_owned(),
        index: device.index,
        total: Bytes::new(device.vram_total),
        free: Bytes::new(device.vram_free),
    };
    let devices: Vec<DeviceStats> = stats.devices.iter().map(device).collect();
    let cards = readings_from_devices(&devices).cards;
    let facts = ServerFacts {
        generation: ServerGeneration::from_version(&stats.version),
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
