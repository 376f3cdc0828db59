//! What a card's generation decides: the number types a model computes in there.

use super::{Dtype, Family, ServerFlags, VaeKind};
use crate::reading::{ComputeCapability, GpuReading, Vendor};

/// The compute capability of a card by its marketing name, for readings that do not tell it. `None` when the name says
/// nothing; what depends on it is then planned as for an old card.
pub fn guess_compute_capability(name: &str) -> Option<ComputeCapability> {
    const AMPERE: ComputeCapability = ComputeCapability::new(8, 6);
    const ADA: ComputeCapability = ComputeCapability::new(8, 9);
    const TURING: ComputeCapability = ComputeCapability::new(7, 5);
    const PASCAL: ComputeCapability = ComputeCapability::new(6, 1);
    const BLACKWELL: ComputeCapability = ComputeCapability::new(12, 0);
    // First match wins: "RTX 4000 Ada" before "RTX 4000", "RTX A" before "RTX".
    const NAMES: &[(&str, ComputeCapability)] = &[
        ("blackwell", BLACKWELL),
        ("b100", ComputeCapability::new(10, 0)),
        ("b200", ComputeCapability::new(10, 0)),
        ("h100", ComputeCapability::new(9, 0)),
        ("h200", ComputeCapability::new(9, 0)),
        ("gh200", ComputeCapability::new(9, 0)),
        (" ada", ADA),
        ("l40", ADA),
        (" l4", ADA),
        ("rtx 50", BLACKWELL),
        ("rtx 40", ADA),
        ("rtx 30", AMPERE),
        ("rtx a", AMPERE),
        ("a100", ComputeCapability::new(8, 0)),
        ("a30", ComputeCapability::new(8, 0)),
        ("a10", AMPERE),
        ("a16", AMPERE),
        ("a40", AMPERE),
        ("a2", AMPERE),
        ("rtx 20", TURING),
        ("quadro rtx", TURING),
        ("titan rtx", TURING),
        ("gtx 16", TURING),
        ("tesla t4", TURING),
        (" t4", TURING),
        ("v100", ComputeCapability::new(7, 0)),
        ("titan v", ComputeCapability::new(7, 0)),
        ("gtx 10", PASCAL),
        ("titan x", PASCAL),
        ("p100", ComputeCapability::new(6, 0)),
        ("p40", PASCAL),
        ("quadro p", PASCAL),
        ("gtx 9", ComputeCapability::new(5, 2)),
    ];
    // A leading space lets " t4" match at the beginning too. Names are short; a hostile one is cut.
    let lower: String = std::iter::once(' ')
        .chain(name.chars().take(120))
        .flat_map(char::to_lowercase)
        .collect();
    // People write "RTX4070" too, and drivers "RTX 4000" for a Turing Quadro; the latter then counts as newer, so it
    // is looked at first.
    if lower.contains("quadro rtx") {
        return Some(TURING);
    }
    let spaced = lower
        .replace("rtx", "rtx ")
        .replace("gtx", "gtx ")
        .replace("  ", " ");
    // RTX 4000 and its kin without "Ada" are Turing's workstation cards.
    for turing in ["rtx 3000", "rtx 4000", "rtx 5000", "rtx 6000", "rtx 8000"] {
        if spaced.contains(turing) && !spaced.contains(" ada") && !spaced.contains("blackwell") {
            return Some(TURING);
        }
    }
    NAMES
        .iter()
        .find(|(part, _)| spaced.contains(part))
        .map(|&(_, compute)| compute)
}

/// The compute capability of a reading: told, or guessed from the name.
pub(crate) fn compute_of(reading: &GpuReading) -> Option<ComputeCapability> {
    reading
        .compute
        .or_else(|| guess_compute_capability(&reading.name))
}

/// GTX 16xx cards compute wrong in half precision; the server knows and uses single.
fn is_gtx_16(name: &str) -> bool {
    let lower = name.to_ascii_lowercase();
    ["gtx 16", "gtx16", "t500", "t550", "t600", "mx450", "mx550"]
        .iter()
        .any(|part| lower.contains(part))
}

fn usable(dtype: Dtype, reading: &GpuReading) -> bool {
    match (dtype, reading.vendor) {
        (Dtype::Fp16, Vendor::Nvidia) => {
            !is_gtx_16(&reading.name)
                && compute_of(reading)
                    .is_some_and(|compute| compute >= ComputeCapability::new(7, 0))
        }
        (Dtype::Bf16, Vendor::Nvidia) => {
            compute_of(reading).is_some_and(|compute| compute >= ComputeCapability::new(8, 0))
        }
        // ROCm and XPU have all; which AMD cards are fast at bf16 is not told by a reading.
        (Dtype::Fp32, _) | (_, Vendor::Amd | Vendor::Intel) => true,
        (dtype, Vendor::Apple) => dtype == Dtype::Fp16,
        (_, Vendor::Other) => false,
    }
}

/// What the diffusion model computes in: the first of the family's types that the card has, unless a flag of the
/// server says otherwise. A card that is not known counts as an old one.
pub fn inference_dtype(family: Family, reading: &GpuReading, flags: &ServerFlags) -> Dtype {
    flags
        .unet_dtype
        .unwrap_or_else(|| first_usable(family.facts().dtypes, reading))
}

/// What the VAE computes in. bf16 needs an Ampere card (AMD: RDNA 3, which is believed of every AMD card); before that
/// the KL autoencoders take fp32, twice as much.
pub fn vae_dtype(kind: VaeKind, reading: &GpuReading, flags: &ServerFlags) -> Dtype {
    if flags.cpu_vae {
        return Dtype::Fp32;
    }
    flags
        .vae_dtype
        .unwrap_or_else(|| first_usable(kind.dtypes(), reading))
}

fn first_usable(dtypes: &[Dtype], reading: &GpuReading) -> Dtype {
    dtypes
        .iter()
        .copied()
        .find(|&dtype| usable(dtype, reading))
        .unwrap_or(Dtype::Fp32)
}
