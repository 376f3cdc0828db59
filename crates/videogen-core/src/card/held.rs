//! What a ComfyUI server holds of its card.

use videogen_comfy::SystemStats;
use videogen_vram::Bytes;

/// Bytes that may stay when a server's memory counts as back: handles and buffers of libraries.
pub(crate) const KEPT: u64 = 256 << 20;

/// Bytes of the card that the server's own models hold, which it gives back.
pub(crate) fn held(stats: &SystemStats) -> Bytes {
    let device = stats.device();
    Bytes::new(device.map_or(0, |device| {
        device.torch_total.saturating_sub(device.torch_free)
    }))
}
