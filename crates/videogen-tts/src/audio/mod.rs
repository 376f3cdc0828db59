//! Samples: reading what a program wrote, and putting clips together.

pub(crate) mod clip;
pub(crate) mod wav;
