//! The heavy nodes: loading, sampling, the VAE, upscaling, with the memory they take.

use std::time::Duration;

use super::counters::Counters;
use super::family::{decode_bytes, encode_bytes, sampling_bytes, upscale_bytes};
use super::fault::{OomText, Phase};
use super::run::{Preview, Run, Stop};
use super::shared::Shared;
use super::values::{Image, Latent, Model, Upscaler, Vae};
use super::vram::Weights;

const PREVIEW: &[u8] = include_bytes!("../../../fixtures/comfyui/preview.jpg");

/// Latents along one side of the tiles that ComfyUI falls back to by itself.
const AUTO_TILE: u32 = 64;

/// Memory for a piece of work, given back when it goes out of scope, also when the server dies in
/// the middle.
struct Hold<'a> {
    shared: &'a Shared,
    bytes: u64,
}

impl Drop for Hold<'_> {
    fn drop(&mut self) {
        if let Some(mut vram) = self.shared.vram() {
            vram.done(self.bytes);
        }
    }
}

impl<'a> Run<'a> {
    /// Brings a model onto the card. Returns the bytes that are streamed.
    async fn load(&self, weights: &Weights, need: f64, need_min: f64) -> u64 {
        let Some(loaded) = self
            .shared
            .vram()
            .map(|mut vram| vram.load(weights, need, need_min))
        else {
            return 0;
        };
        if loaded.fresh {
            let file = weights.key.split('#').next().unwrap_or_default();
            Counters::add(&mut self.shared.counters().model_loads, file);
        }
        let rate = self.shared.options.speed.load_bytes_per_second;
        if rate > 0 && loaded.moved > 0 {
            let seconds = loaded.moved as f64 / rate as f64;
            self.pause(Duration::from_secs_f64(seconds)).await;
        }
        loaded.streamed
    }

    /// Takes memory to compute in.
    fn hold(&self, bytes: f64, cast_buffer: u64) -> Result<Hold<'a>, Stop> {
        let shared: &'a Shared = self.shared;
        let scaled = bytes * shared.options.activation_scale + cast_buffer as f64;
        let held = match shared.vram() {
            None => 0,
            Some(mut vram) => vram.work(scaled).map_err(|refused| {
                Stop::Failed(self.out_of_memory(OomText::Native, Some(refused)))
            })?,
        };
        Ok(Hold {
            shared,
            bytes: held,
        })
    }

    fn free(&self) -> f64 {
        self.shared
            .vram()
            .map_or(f64::INFINITY, |vram| vram.free() as f64)
    }

    pub(crate) async fn encode_text(&self, clip: &Weights) -> Result<(), Stop> {
        self.phase(Phase::Text, 0).await?;
        let streamed = self.load(clip, 0.0, 0.0).await;
        let _hold = self.hold(0.0, buffer(clip, streamed))?;
        self.pause(Duration::ZERO).await;
        Ok(())
    }

    pub(crate) async fn sample(
        &mut self,
        id: &str,
        model: &Model,
        latent: Latent,
        steps: u32,
    ) -> Result<(), Stop> {
        let pixels = latent.pixels();
        self.phase(Phase::Sample, pixels).await?;
        let options = &self.shared.options;
        let bytes = |batch: u32| {
            sampling_bytes(
                batch,
                latent.width,
                latent.height,
                model.family.factor(options.version),
                options.element,
                options.split_attention,
            )
        };
        let (both, one) = (bytes(latent.batch * 2), bytes(latent.batch));
        let streamed = self.load(&model.weights, both, one).await;
        // Positive and negative are computed together where there is plenty of room.
        let activation = if both * 1.5 < self.free() { both } else { one };
        let _hold = self.hold(activation, buffer(&model.weights, streamed))?;
        let area = pixels as f64 * f64::from(latent.batch) / (512.0 * 512.0);
        // Streamed weights cross the bus in every step.
        let slower = if streamed > 0 { 3.0 } else { 1.0 };
        let step = options.speed.step.mul_f64(area * slower);
        let preview = self.previews();
        for done in 1..=steps {
            self.pause(step).await;
            self.check_interrupt()?;
            let preview = preview.then_some(Preview::Jpeg(PREVIEW));
            self.step(id, done, steps, preview);
        }
        Ok(())
    }

    fn previews(&self) -> bool {
        let method = self.entry.extra["preview_method"]
            .as_str()
            .unwrap_or("none");
        self.shared.version().is_new() && matches!(method, "auto" | "latent2rgb" | "taesd")
    }

    /// Decodes in one piece; when memory runs out, in tiles, as ComfyUI does by itself.
    pub(crate) async fn decode(&mut self, id: &str, vae: &Vae, latent: Latent) -> Result<(), Stop> {
        let element = self.shared.options.vae_element;
        let need = decode_bytes(vae.kind, latent.width, latent.height, element);
        let whole = self
            .whole(Phase::Decode, vae, latent.pixels(), need, latent.batch)
            .await;
        match (whole, vae.fails) {
            (Ok(()), None) => return Ok(()),
            (Ok(()), Some(false)) => {}
            (Ok(()), Some(true)) => {
                return Err(Stop::Failed(self.out_of_memory(OomText::Native, None)));
            }
            (Err(Stop::Failed(failure)), _) if failure.out_of_memory => {}
            (Err(stop), _) => return Err(stop),
        }
        self.shared.counters().silent_tiling += 1;
        let (width, height) = (latent.width.min(AUTO_TILE), latent.height.min(AUTO_TILE));
        let need = decode_bytes(vae.kind, width, height, element);
        let tiling = Tiling {
            phase: Phase::DecodeTiled,
            pixels: latent.pixels(),
            estimate: need,
            real: need,
            steps: steps(latent.width, latent.height, AUTO_TILE, 16) * latent.batch,
        };
        self.tiles(id, vae, tiling).await
    }

    pub(crate) async fn decode_tiled(
        &mut self,
        id: &str,
        vae: &Vae,
        latent: Latent,
        tile: u32,
        overlap: u32,
    ) -> Result<(), Stop> {
        let element = self.shared.options.vae_element;
        let side = (tile / latent.cell).max(1);
        let need = |w: u32, h: u32| decode_bytes(vae.kind, w, h, element);
        let real = need(latent.width.min(side), latent.height.min(side));
        // The old server makes room as if there were no tiles.
        let estimate = if self.shared.version().is_new() {
            real
        } else {
            need(latent.width, latent.height)
        };
        let overlap = overlap / latent.cell;
        let tiling = Tiling {
            phase: Phase::DecodeTiled,
            pixels: latent.pixels(),
            estimate,
            real,
            steps: steps(latent.width, latent.height, side, overlap) * latent.batch,
        };
        self.tiles(id, vae, tiling).await
    }

    pub(crate) async fn encode(&mut self, id: &str, vae: &Vae, image: Image) -> Result<(), Stop> {
        let element = self.shared.options.vae_element;
        let need = encode_bytes(vae.kind, image.width, image.height, element);
        match self
            .whole(Phase::Encode, vae, image.pixels(), need, image.batch)
            .await
        {
            Err(Stop::Failed(failure)) if failure.out_of_memory => {}
            other => return other,
        }
        self.shared.counters().silent_tiling += 1;
        self.encode_tiled(id, vae, image, 512).await
    }

    pub(crate) async fn encode_tiled(
        &mut self,
        id: &str,
        vae: &Vae,
        image: Image,
        tile: u32,
    ) -> Result<(), Stop> {
        let element = self.shared.options.vae_element;
        let need = encode_bytes(
            vae.kind,
            image.width.min(tile),
            image.height.min(tile),
            element,
        );
        let tiling = Tiling {
            phase: Phase::Encode,
            pixels: image.pixels(),
            estimate: need,
            real: need,
            steps: steps(image.width, image.height, tile, tile / 8) * image.batch,
        };
        self.tiles(id, vae, tiling).await
    }

    async fn whole(
        &self,
        phase: Phase,
        vae: &Vae,
        pixels: u64,
        need: f64,
        batch: u32,
    ) -> Result<(), Stop> {
        self.phase(phase, pixels).await?;
        let streamed = self.load(&vae.weights, need, need).await;
        // As many at a time as fit, one at the least.
        let at_once = (self.free() / need)
            .floor()
            .clamp(1.0, f64::from(batch.max(1)));
        let _hold = self.hold(need * at_once, buffer(&vae.weights, streamed))?;
        self.pause(self.vae_time(pixels, batch)).await;
        Ok(())
    }

    async fn tiles(&mut self, id: &str, vae: &Vae, tiling: Tiling) -> Result<(), Stop> {
        self.phase(tiling.phase, tiling.pixels).await?;
        let estimate = tiling.estimate;
        let streamed = self.load(&vae.weights, estimate, estimate).await;
        let _hold = self.hold(tiling.real, buffer(&vae.weights, streamed))?;
        let time = self.vae_time(tiling.pixels, 3) / tiling.steps;
        for done in 1..=tiling.steps {
            self.pause(time).await;
            self.check_interrupt()?;
            self.step(id, done, tiling.steps, None);
        }
        Ok(())
    }

    pub(crate) async fn upscale(
        &mut self,
        id: &str,
        model: &Upscaler,
        image: Image,
    ) -> Result<(), Stop> {
        self.phase(Phase::Upscale, image.pixels()).await?;
        let pixels = image.pixels() as f64 * f64::from(image.batch) * 3.0 * 4.0;
        let need = upscale_bytes(512, model.scale) + pixels;
        let streamed = self.load(&model.weights, need, need).await;
        let mut tile = 512;
        let _hold = loop {
            let bytes = upscale_bytes(tile, model.scale) + pixels;
            match self.hold(bytes, buffer(&model.weights, streamed)) {
                Ok(hold) => break hold,
                Err(stop) if tile <= 128 => return Err(stop),
                Err(_) => tile /= 2,
            }
        };
        let count = image.width.div_ceil(tile) * image.height.div_ceil(tile);
        for done in 1..=count {
            self.pause(self.vae_time(u64::from(tile) * u64::from(tile), 1))
                .await;
            self.check_interrupt()?;
            self.step(id, done, count, None);
        }
        Ok(())
    }

    fn vae_time(&self, pixels: u64, batch: u32) -> Duration {
        let area = pixels as f64 * f64::from(batch) / (512.0 * 512.0);
        self.shared.options.speed.step.mul_f64(area)
    }
}

/// A piece of work of the VAE in tiles.
struct Tiling {
    phase: Phase,
    pixels: u64,
    estimate: f64,
    real: f64,
    steps: u32,
}

/// Tiles of the three passes: wide, tall and square ones.
fn steps(width: u32, height: u32, tile: u32, overlap: u32) -> u32 {
    let count = |length: u32, tile: u32| {
        if length <= tile {
            1
        } else {
            (length - overlap.min(length)).div_ceil(tile.saturating_sub(overlap).max(1))
        }
    };
    [(tile / 2, tile * 2), (tile * 2, tile / 2), (tile, tile)]
        .map(|(x, y)| count(width, x.max(1)) * count(height, y.max(1)))
        .iter()
        .sum()
}

fn buffer(weights: &Weights, streamed: u64) -> u64 {
    if streamed > 0 { weights.cast_buffer } else { 0 }
}
