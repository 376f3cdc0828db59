//! How a mock server is set up.

use std::time::Duration;

use camino::{Utf8Path, Utf8PathBuf};
use serde_json::Value;

use super::fault::Rule;
use super::{Family, MockComfy, SimulatedCard, VaeKind, Version};

/// The files in the mock's model folders.
#[derive(Debug, Clone, Default)]
pub(crate) struct Models {
    pub(crate) checkpoints: Vec<(String, Family)>,
    pub(crate) broken: Vec<String>,
    pub(crate) diffusion: Vec<(String, Family)>,
    pub(crate) text: Vec<(String, u64)>,
    pub(crate) vae: Vec<(String, VaeKind, u64)>,
    pub(crate) upscale: Vec<(String, u32)>,
    pub(crate) loras: Vec<String>,
}

/// How long things take. Zero is at once.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Speed {
    pub(crate) step: Duration,
    pub(crate) load_bytes_per_second: u64,
    pub(crate) scale: f64,
    pub(crate) history_lag: Duration,
}

/// Sets a [`MockComfy`] up.
#[derive(Debug, Clone)]
#[must_use]
pub struct Builder {
    pub(crate) version: Version,
    pub(crate) card: Option<SimulatedCard>,
    pub(crate) models: Models,
    pub(crate) speed: Speed,
    pub(crate) dynamic_vram: bool,
    pub(crate) split_attention: bool,
    pub(crate) element: u32,
    pub(crate) vae_element: u32,
    pub(crate) reserve: u64,
    pub(crate) activation_scale: f64,
    pub(crate) probes: bool,
    pub(crate) keep_outputs: usize,
    pub(crate) output: Option<Utf8PathBuf>,
    pub(crate) outputs: Vec<(String, Value)>,
    pub(crate) history_limit: usize,
    pub(crate) max_upload: u64,
    pub(crate) rules: Vec<Rule>,
    pub(crate) missing_classes: Vec<String>,
    pub(crate) port: u16,
    pub(crate) gateway_errors: u64,
}

impl Default for Builder {
    fn default() -> Self {
        Self {
            version: Version::V0_33,
            card: None,
            models: Models::default(),
            speed: Speed {
                scale: 1.0,
                history_lag: Duration::from_millis(2),
                ..Speed::default()
            },
            dynamic_vram: false,
            split_attention: false,
            element: 2,
            vae_element: 2,
            reserve: 400 << 20,
            activation_scale: 1.0,
            probes: false,
            keep_outputs: usize::MAX,
            output: None,
            outputs: Vec::new(),
            history_limit: 10_000,
            max_upload: 104_857_600,
            rules: Vec::new(),
            missing_classes: Vec::new(),
            port: 0,
            gateway_errors: 0,
        }
    }
}

impl Builder {
    /// Which ComfyUI it is; 0.33.0 unless told.
    pub fn version(mut self, version: Version) -> Self {
        self.version = version;
        self
    }

    /// Gives it a graphics card, which others may use too. Without one it computes on a CPU, where
    /// nothing ever runs out.
    pub fn card(mut self, card: SimulatedCard) -> Self {
        self.card = Some(card);
        self
    }

    /// A checkpoint file: diffusion model, text encoders and VAE.
    pub fn checkpoint(mut self, file: &str, family: Family) -> Self {
        self.models.checkpoints.push((file.to_owned(), family));
        self
    }

    /// A checkpoint file that is in the list and cannot be read.
    pub fn broken_checkpoint(mut self, file: &str) -> Self {
        self.models.broken.push(file.to_owned());
        self
    }

    /// A diffusion model alone, for `UNETLoader`.
    pub fn diffusion_model(mut self, file: &str, family: Family) -> Self {
        self.models.diffusion.push((file.to_owned(), family));
        self
    }

    /// A text encoder alone with its size in bytes, for `CLIPLoader` and `DualCLIPLoader`.
    pub fn text_encoder(mut self, file: &str, bytes: u64) -> Self {
        self.models.text.push((file.to_owned(), bytes));
        self
    }

    /// A VAE alone, for `VAELoader`.
    pub fn vae(mut self, file: &str, kind: VaeKind) -> Self {
        self.models.vae.push((file.to_owned(), kind, 167_307_726));
        self
    }

    /// An upscale model that enlarges `scale` times.
    pub fn upscale_model(mut self, file: &str, scale: u32) -> Self {
        self.models.upscale.push((file.to_owned(), scale.max(1)));
        self
    }

    /// A LoRA.
    pub fn lora(mut self, file: &str) -> Self {
        self.models.loras.push(file.to_owned());
        self
    }

    /// Sampling speed at 512×512, in steps a second; larger pictures take longer in proportion.
    /// Without it every step is done at once.
    pub fn steps_per_second(mut self, steps: f64) -> Self {
        self.speed.step = Duration::from_secs_f64(1.0 / steps.max(1e-6));
        self
    }

    /// How fast weights get onto the card, in bytes a second. Without it at once.
    pub fn load_bytes_per_second(mut self, bytes: u64) -> Self {
        self.speed.load_bytes_per_second = bytes;
        self
    }

    /// Multiplies every duration of execution: 0.01 makes a minute 0.6 s.
    pub fn time_scale(mut self, scale: f64) -> Self {
        self.speed.scale = scale;
        self
    }

    /// Time between `execution_success` and the entry in the history, which real servers have too;
    /// 2 ms unless told (recorded: 2 to 770 ms).
    pub fn history_lag(mut self, lag: Duration) -> Self {
        self.speed.history_lag = lag;
        self
    }

    /// Weights are evicted while computing instead of by estimate, so that only activations can run
    /// out of memory. Off unless told: the estimate is the stricter of the two.
    pub fn dynamic_vram(mut self, on: bool) -> Self {
        self.dynamic_vram = on;
        self
    }

    /// The attention of old cards, which takes more memory.
    pub fn split_attention(mut self, on: bool) -> Self {
        self.split_attention = on;
        self
    }

    /// The VAE computes with four bytes a number, as on cards before Ampere.
    pub fn vae_fp32(mut self) -> Self {
        self.vae_element = 4;
        self
    }

    /// `--reserve-vram`, in bytes; 400 MiB unless told.
    pub fn reserve_vram(mut self, bytes: u64) -> Self {
        self.reserve = bytes;
        self
    }

    /// Real activations over the formula's; 1.3 makes every estimate 30 % too low.
    pub fn activation_scale(mut self, scale: f64) -> Self {
        self.activation_scale = scale;
        self
    }

    /// Adds the nodes of the recordings that sleep and fail: `VGSlow`, `VGRaiseLatent`,
    /// `VGVaeOomOnce`, and `SaveLatent`.
    pub fn probe_nodes(mut self) -> Self {
        self.probes = true;
        self
    }

    /// Leaves a node class out, as on an older or trimmed server.
    pub fn without_class(mut self, class: &str) -> Self {
        self.missing_classes.push(class.to_owned());
        self
    }

    /// Deletes all but the newest `n` output files, so that long runs do not fill the disk.
    pub fn keep_outputs(mut self, n: usize) -> Self {
        self.keep_outputs = n.max(1);
        self
    }

    /// Writes its pictures into this folder, as `--output-directory` does. Several servers may have one: each counts the
    /// files of a prefix for itself, and what two of them name alike is overwritten.
    pub fn output_directory(mut self, folder: &Utf8Path) -> Self {
        self.output = Some(folder.to_owned());
        self
    }

    /// A class of nodes that put something out, with its inputs as `/object_info` has them: `{"video": ["VIDEO"]}`. It does
    /// nothing when it runs.
    pub fn output_class(mut self, class: &str, inputs: Value) -> Self {
        self.outputs.push((class.to_owned(), inputs));
        self
    }

    /// Entries the history keeps; 10,000 unless told, as ComfyUI does.
    pub fn history_limit(mut self, n: usize) -> Self {
        self.history_limit = n.max(1);
        self
    }

    /// `--max-upload-size`, in bytes; 100 MiB unless told.
    pub fn max_upload(mut self, bytes: u64) -> Self {
        self.max_upload = bytes;
        self
    }

    /// A fault from the beginning; more can come later through [`MockComfy::add_fault`].
    pub fn fault(mut self, rule: impl Into<Rule>) -> Self {
        self.rules.push(rule.into());
        self
    }

    /// Many faults, such as those of a [`FaultSchedule`](super::FaultSchedule).
    pub fn faults(mut self, rules: impl IntoIterator<Item = Rule>) -> Self {
        self.rules.extend(rules);
        self
    }

    /// So many of a hundred answers are the 502 of something in front of the server, always the same ones of a course of
    /// requests. Half of those requests do not reach it; of the others only the answer is lost.
    pub fn gateway_errors(mut self, percent: u64) -> Self {
        self.gateway_errors = percent.min(100);
        self
    }

    /// The port on 127.0.0.1; the system chooses one unless told.
    pub fn port(mut self, port: u16) -> Self {
        self.port = port;
        self
    }

    /// Starts the server and returns once it listens.
    ///
    /// Panics when it cannot listen or has no temporary directory.
    pub fn start(self) -> MockComfy {
        MockComfy::start(self)
    }
}
