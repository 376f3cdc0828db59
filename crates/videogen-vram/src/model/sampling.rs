//! What the sampler needs: the latent's area times a factor of the family.

use serde::{Deserialize, Serialize};

use super::{Dtype, Family, MIB};
use crate::units::Size;

/// How the server computes attention, as far as memory differs.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Attention {
    /// PyTorch's or xformers': memory grows with the area and the element size.
    #[default]
    Flash,
    /// Split, sub-quadratic and the like: several times as much, whatever the element size.
    Other,
}

/// The shape of a latent picture or clip, in latent elements.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Latent {
    /// Pictures painted at the same time.
    pub batch: u32,
    /// Latent frames; 1 for a picture.
    pub frames: u32,
    /// Rows.
    pub height: u32,
    /// Columns.
    pub width: u32,
}

impl Latent {
    /// The latent of `batch` clips of `frames` pictures of this size. A size that the family's latent does not divide
    /// is rounded down, as the server does it.
    pub fn of(family: Family, size: Size, frames: u32, batch: u32) -> Self {
        let facts = family.facts();
        Self {
            batch,
            frames: frames.saturating_sub(1) / facts.temporal_downscale + 1,
            height: size.height / facts.downscale,
            width: size.width / facts.downscale,
        }
    }

    /// One picture.
    pub fn picture(family: Family, size: Size) -> Self {
        Self::of(family, size, 1, 1)
    }

    /// Elements in one channel over all frames and pictures.
    fn area(self, batch: f64) -> f64 {
        batch * f64::from(self.frames) * f64::from(self.height) * f64::from(self.width)
    }
}

/// Bytes the sampler asks for with a given memory factor (see [`Family::memory_factor`]): `(need, need_min)`. `need` is
/// for both halves of classifier-free guidance at the same time, `need_min` for one after the other.
pub fn sampling_memory(
    factor: f64,
    dtype: Dtype,
    attention: Attention,
    latent: Latent,
) -> (f64, f64) {
    // The order of the multiplications is ComfyUI's; another one differs in the last bit.
    let bytes = |batch: f64| match attention {
        Attention::Flash => latent.area(batch) * f64::from(dtype.bytes()) * 0.01 * factor * MIB,
        Attention::Other => latent.area(batch) * 0.15 * factor * MIB,
    };
    let batch = f64::from(latent.batch);
    (bytes(2.0 * batch), bytes(batch))
}

/// [`sampling_memory`] with the factor a server of this generation uses for the family.
pub fn sampling_need(
    family: Family,
    generation: super::ServerGeneration,
    dtype: Dtype,
    attention: Attention,
    latent: Latent,
) -> (f64, f64) {
    sampling_memory(
        family.memory_factor(generation, dtype),
        dtype,
        attention,
        latent,
    )
}

/// Whether both halves of guidance are computed in one pass: only where half as much again is free, in bytes, with the
/// weights already there.
pub fn batches_both_halves(need: f64, free: f64) -> bool {
    need * 1.5 < free
}
