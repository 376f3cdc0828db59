//! The number types a model computes in.

use serde::{Deserialize, Serialize};

/// A floating-point type. Weights can be stored in a smaller one (fp8, quantised); what is computed in is one of these.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Dtype {
    /// IEEE half precision.
    Fp16,
    /// bfloat16.
    Bf16,
    /// Single precision.
    Fp32,
}

impl Dtype {
    /// Bytes of one element: 2 or 4.
    pub const fn bytes(self) -> u32 {
        match self {
            Self::Fp16 | Self::Bf16 => 2,
            Self::Fp32 => 4,
        }
    }
}
