//! Bodies that are read while they are written: lines, and events.

pub(crate) mod lines;
pub(crate) mod sse;
