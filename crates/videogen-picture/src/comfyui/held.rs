//! What a ComfyUI server holds of its card.

use videogen_comfy::SystemStats;
use videogen_vram::Bytes;

/// Bytes of the card that the server's own models hold, which it gives back.
pub(crate) fn held(stats: &SystemStats) -> Bytes {
    let device = stats.device();
    Bytes::new(device.map_or(0, |device| {
        device.torch_total.saturating_sub(device.torch_free)
    }))
}
