//! The stages of a video, each from values to values; [`crate::run`] calls them in order.

pub(crate) mod context;
pub(crate) mod encode;
pub(crate) mod manifest;
pub(crate) mod mix;
pub(crate) mod picture;
pub(crate) mod publish;
pub(crate) mod render;
pub(crate) mod render_key;
pub(crate) mod voice;
