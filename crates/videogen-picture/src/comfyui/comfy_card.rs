//! The card of a ComfyUI server, as those see it who share it.

use std::sync::Arc;

use videogen_comfy::{ComfyClient, DeviceKind, Free, ImageGenerator};
use videogen_net::{ServerUrl, TrafficMeter, machine_of};
use videogen_text::chain;
use videogen_types::Machine;
use videogen_vram::{BoxFuture, Bytes, CardState, FreeBytes, PaintServer};

use super::held::held;

/// The card that a ComfyUI server paints on.
#[derive(Debug, Clone)]
pub struct ComfyCard(Arc<dyn ImageGenerator>);

impl ComfyCard {
    /// Takes the card of `generator`.
    pub(super) fn of(generator: &Arc<dyn ImageGenerator>) -> Self {
        Self(Arc::clone(generator))
    }

    /// Takes the card of the server at `url`, which is not asked yet; `None` for an address that no client can be made for.
    /// `traffic` counts what is asked.
    pub fn at(url: &ServerUrl, traffic: &TrafficMeter) -> Option<Self> {
        let client = ComfyClient::connect_counted(url.expose(), traffic.clone()).ok()?;
        Some(Self(Arc::new(client)))
    }
}

impl PaintServer for ComfyCard {
    fn id(&self) -> String {
        self.0.id()
    }

    fn machine(&self) -> Option<Machine> {
        machine_of(&self.0.id())
    }

    fn card(&self) -> BoxFuture<'_, Option<CardState>> {
        Box::pin(async {
            let state = self.0.state().await.ok()?;
            let device = state.stats.device()?;
            (device.kind != DeviceKind::Cpu).then(|| CardState {
                index: device.index,
                free: FreeBytes::new(Bytes::new(device.vram_free)),
                held: held(&state.stats),
                is_busy: state.remaining > 0,
            })
        })
    }

    fn release(&self) -> BoxFuture<'_, Result<(), String>> {
        Box::pin(async {
            let freeing = self.0.free(Free::Everything).await;
            freeing.map_err(|error| chain(&error))
        })
    }
}
