//! What is known of the painting server: version, launch flags, what it has and holds.

use serde::{Deserialize, Serialize};

use super::{Attention, Dtype, ModelFacts, OsKind, VramState};
use crate::reading::Vendor;
use crate::units::Bytes;

/// Generations of the server whose arithmetic differs.
#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(rename_all = "snake_case")]
pub enum ServerGeneration {
    /// 0.3.x, measured on 0.3.64.
    V0_3,
    /// Later ones, measured on 0.33.0.
    #[default]
    V0_33,
}

impl ServerGeneration {
    /// From the `comfyui_version` of `/system_stats`, for example `0.3.64` or `v0.33.0`. What cannot be read counts as
    /// the older one, which promises less.
    pub fn from_version(version: &str) -> Self {
        let mut numbers = version
            .trim()
            .trim_start_matches('v')
            .split('.')
            .map(|part| part.parse::<u32>().ok());
        match (numbers.next().flatten(), numbers.next().flatten()) {
            (Some(0), Some(minor)) if minor >= 4 => Self::V0_33,
            (Some(major), _) if major >= 1 => Self::V0_33,
            _ => Self::V0_3,
        }
    }
}

/// Version of PyTorch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct TorchVersion {
    /// Before the first point.
    pub major: u32,
    /// After it.
    pub minor: u32,
}

impl TorchVersion {
    /// From the `pytorch_version` of `/system_stats`, for example `2.8.0+cu128`.
    pub fn parse(version: &str) -> Option<Self> {
        let mut parts = version.trim().split('.');
        Some(Self {
            major: parts.next()?.parse().ok()?,
            minor: parts.next()?.parse().ok()?,
        })
    }
}

/// The launch flags that change memory arithmetic.
#[allow(
    clippy::struct_excessive_bools,
    reason = "each stands for a flag of the server"
)]
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct ServerFlags {
    /// Memory mode.
    pub state: VramState,
    /// `--gpu-only`: intermediate results stay on the card too.
    pub gpu_only: bool,
    /// `--cpu`: there is no card for it.
    pub cpu: bool,
    /// `--cpu-vae`.
    pub cpu_vae: bool,
    /// A type that is forced on the VAE.
    pub vae_dtype: Option<Dtype>,
    /// A type that is forced on the diffusion model. fp8 storage still computes in 2 bytes.
    pub unet_dtype: Option<Dtype>,
    /// `--fp8_e4m3fn-unet` and its kin: weights are stored in one byte.
    pub fp8_unet: bool,
    /// A split attention was asked for.
    pub split_attention: bool,
    /// `--reserved_memory-vram`, GiB.
    pub reserve_vram_gib: Option<f64>,
    /// `--vram-headroom`, GiB, with dynamic memory.
    pub vram_headroom_gib: Option<f64>,
    /// `--disable-dynamic-vram`.
    pub no_dynamic: bool,
    /// `--disable-async-offload`, or 0 streams asked for.
    pub no_async_offload: bool,
    /// `--disable-smart-memory`: models leave the card after each prompt.
    pub no_smart_memory: bool,
    /// Flags of memory whose value could not be read; they count as not given.
    pub unreadable: Vec<String>,
}

impl ServerFlags {
    /// Reads the `argv` of `/system_stats`. Anything else than memory flags is skipped.
    pub fn parse<S: AsRef<str>>(argv: &[S]) -> Self {
        let mut flags = Self::default();
        let mut args = argv.iter().map(AsRef::as_ref).peekable();
        while let Some(arg) = args.next() {
            let (name, attached) = match arg.split_once('=') {
                Some((name, value)) => (name, Some(value)),
                None => (arg, None),
            };
            let mut number = |flags: &mut Self| {
                let value = attached.or_else(|| args.next_if(|next| !next.starts_with("--")));
                let read = value
                    .and_then(|value| value.parse::<f64>().ok())
                    .filter(|value| value.is_finite() && (0.0..=1024.0).contains(value));
                if read.is_none() {
                    flags.unreadable.push(name.chars().take(60).collect());
                }
                read
            };
            match name {
                "--gpu-only" => {
                    flags.state = VramState::High;
                    flags.gpu_only = true;
                }
                "--highvram" => flags.state = VramState::High,
                "--normalvram" => flags.state = VramState::Normal,
                "--lowvram" => flags.state = VramState::Low,
                "--novram" => flags.state = VramState::No,
                "--cpu" => flags.cpu = true,
                "--cpu-vae" => flags.cpu_vae = true,
                "--fp16-vae" => flags.vae_dtype = Some(Dtype::Fp16),
                "--bf16-vae" => flags.vae_dtype = Some(Dtype::Bf16),
                "--fp32-vae" => flags.vae_dtype = Some(Dtype::Fp32),
                "--force-fp32" | "--fp32-unet" | "--fp64-unet" => {
                    flags.unet_dtype = Some(Dtype::Fp32);
                }
                "--force-fp16" | "--fp16-unet" => flags.unet_dtype = Some(Dtype::Fp16),
                "--bf16-unet" => flags.unet_dtype = Some(Dtype::Bf16),
                "--fp8_e4m3fn-unet" | "--fp8_e5m2-unet" | "--fp8_e8m0fnu-unet" => {
                    flags.fp8_unet = true;
                }
                "--use-split-cross-attention" | "--use-quad-cross-attention" => {
                    flags.split_attention = true;
                }
                "--use-pytorch-cross-attention" => flags.split_attention = false,
                "--reserve-vram" => flags.reserve_vram_gib = number(&mut flags),
                "--vram-headroom" => flags.vram_headroom_gib = number(&mut flags),
                "--disable-dynamic-vram" => flags.no_dynamic = true,
                "--disable-async-offload" => flags.no_async_offload = true,
                "--disable-smart-memory" => flags.no_smart_memory = true,
                _ => {}
            }
        }
        flags
    }
}

/// An upscale model the server has.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UpscaleModel {
    /// File name as the server lists it.
    pub name: String,
    /// How many times it enlarges each side.
    pub scale: u32,
}

impl UpscaleModel {
    /// Reads the scale from a file name such as `4x-UltraSharp.pth`, `RealESRGAN_x2plus.pth`; 4 where the name has none,
    /// which is what nearly all are.
    pub fn from_name(name: impl Into<String>) -> Self {
        let name = name.into();
        let lower: Vec<u8> = name
            .bytes()
            .take(200)
            .map(|b| b.to_ascii_lowercase())
            .collect();
        let digit = |byte: Option<&u8>| {
            byte.filter(|b| (b'1'..=b'8').contains(b))
                .map(|b| u32::from(b - b'0'))
        };
        let scale = (0..lower.len())
            .filter(|&at| lower[at] == b'x')
            .find_map(|at| {
                // "2x4" is no scale; a digit beside the x that is alone is.
                let before = at.checked_sub(1).and_then(|i| digit(lower.get(i)));
                let alone = at < 2 || !lower[at - 2].is_ascii_alphanumeric();
                before.filter(|_| alone).or_else(|| {
                    let after = digit(lower.get(at + 1));
                    let ends = !lower.get(at + 2).is_some_and(u8::is_ascii_digit);
                    after.filter(|_| ends)
                })
            })
            .unwrap_or(4);
        Self { name, scale }
    }
}

/// What is known of the server that paints. The default is a new server about which nothing is known: no dynamic memory,
/// no upscale models, nothing of its own on the card, no CUDA context yet.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct ServerFacts {
    /// Whose arithmetic it uses.
    pub generation: ServerGeneration,
    /// Version of its PyTorch.
    pub torch: Option<TorchVersion>,
    /// The system it runs on.
    pub os: OsKind,
    /// Its launch flags.
    pub flags: ServerFlags,
    /// Which attention it computes with, where that is known; otherwise it follows from card and flags.
    pub attention: Option<Attention>,
    /// Bytes of the card that its own models hold and that it gives back by itself or after `/free`: reserved minus free
    /// of `/system_stats`, `torch_vram_total − torch_vram_free`.
    pub held: Bytes,
    /// Whether the reading was made while the server had its CUDA context: true for readings made from its own answer.
    /// Otherwise what a context takes is set aside.
    pub context_counted: bool,
    /// Models it has, for advice about smaller variants.
    pub models: Vec<ModelFacts>,
    /// Upscale models it has, the preferred first.
    pub upscale_models: Vec<UpscaleModel>,
}

impl ServerFacts {
    /// Whether weights are faulted in and evicted on demand, so that their size costs time and never fails: the default
    /// of new servers on NVIDIA cards with PyTorch 2.8 or later. Not believed where PyTorch's version is not known.
    pub fn is_dynamic(&self, vendor: Vendor) -> bool {
        self.generation >= ServerGeneration::V0_33
            && vendor == Vendor::Nvidia
            && self
                .torch
                .is_some_and(|torch| (torch.major, torch.minor) >= (2, 8))
            && !self.flags.no_dynamic
            && !self.flags.cpu
            && matches!(self.flags.state, VramState::Normal | VramState::Low)
    }

    /// The attention this server computes with on a card of that vendor. Of AMD's cards only some have the better one, so
    /// it is not believed there.
    pub fn attention_on(&self, vendor: Vendor) -> Attention {
        self.attention.unwrap_or({
            let flash = matches!(vendor, Vendor::Nvidia | Vendor::Intel);
            if flash && !self.flags.split_attention && !self.flags.cpu {
                Attention::Flash
            } else {
                Attention::Other
            }
        })
    }
}
