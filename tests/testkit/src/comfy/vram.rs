//! Which weights are on the card and what a step of work takes: ComfyUI's memory management.

use super::card::{GpuProcess, OutOfMemory};

/// The weights of one model as the loader sees them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Weights {
    /// File and part.
    pub(crate) key: String,
    pub(crate) bytes: u64,
    /// What streaming needs besides, when they are not all on the card.
    pub(crate) cast_buffer: u64,
}

/// What a load did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Loaded {
    /// Bytes that went onto the card now.
    pub(crate) moved: u64,
    /// Bytes that stay in the host's memory and pass through the cast buffer.
    pub(crate) streamed: u64,
    /// Nothing of it was on the card before.
    pub(crate) fresh: bool,
}

#[derive(Debug)]
struct Resident {
    key: String,
    loaded: u64,
}

/// The memory of one ComfyUI on its card.
#[derive(Debug)]
pub(crate) struct Vram {
    process: GpuProcess,
    /// The longest unused first.
    residents: Vec<Resident>,
    reserve: f64,
    dynamic: bool,
}

impl Vram {
    pub(crate) fn new(process: GpuProcess, reserve: u64, dynamic: bool) -> Self {
        Self {
            process,
            residents: Vec::new(),
            reserve: reserve as f64,
            dynamic,
        }
    }

    pub(crate) fn free(&self) -> u64 {
        self.process.card().free()
    }

    pub(crate) fn total(&self) -> u64 {
        self.process.card().total()
    }

    /// Bytes of weights on the card.
    pub(crate) fn weights(&self) -> u64 {
        self.residents.iter().map(|model| model.loaded).sum()
    }

    pub(crate) fn unload_all(&mut self) {
        for model in self.residents.drain(..) {
            self.process.release(model.loaded);
        }
    }

    /// Gets a model ready for work that takes `need` bytes, `need_min` at the least: others leave
    /// first, and what does not fit is streamed.
    pub(crate) fn load(&mut self, model: &Weights, need: f64, need_min: f64) -> Loaded {
        let least = 0.8 * (1u64 << 30) as f64 + self.reserve;
        let comfortable = least.max(need + self.reserve);
        let low = least.max(need_min + self.reserve);
        let before = self.loaded(&model.key);
        let missing = (model.bytes - before.min(model.bytes)) as f64;
        if !self.dynamic {
            self.evict_others(&model.key, 1.1 * missing + comfortable);
            self.evict_others(&model.key, low);
        }
        let budget = (self.free() + before) as f64 - low;
        let target = if budget > model.bytes as f64 {
            model.bytes
        } else {
            (budget - model.cast_buffer as f64).clamp(0.0, model.bytes as f64) as u64
        };
        // Used last now.
        self.residents.retain(|resident| resident.key != model.key);
        let loaded = if target <= before {
            self.process.release(before - target);
            target
        } else {
            // Another program may have been quicker; then the rest is streamed.
            match self.process.allocate(target - before) {
                Ok(()) => target,
                Err(_) => before,
            }
        };
        self.residents.push(Resident {
            key: model.key.clone(),
            loaded,
        });
        Loaded {
            moved: loaded.saturating_sub(before),
            streamed: model.bytes - loaded,
            fresh: before == 0,
        }
    }

    /// Takes memory for a piece of work; [`Vram::done`] gives it back.
    pub(crate) fn work(&mut self, bytes: f64) -> Result<u64, OutOfMemory> {
        let bytes = bytes.max(0.0) as u64;
        loop {
            match self.process.allocate(bytes) {
                Ok(()) => return Ok(bytes),
                // Dynamic weights give way page by page while the work runs.
                Err(refused) if self.dynamic && self.weights() > 0 => {
                    self.evict(refused.wanted - refused.free, None);
                }
                Err(refused) => return Err(refused),
            }
        }
    }

    pub(crate) fn done(&mut self, bytes: u64) {
        self.process.release(bytes);
    }

    fn loaded(&self, key: &str) -> u64 {
        self.residents
            .iter()
            .find(|resident| resident.key == key)
            .map_or(0, |resident| resident.loaded)
    }

    fn evict_others(&mut self, keep: &str, wanted_free: f64) {
        let missing = wanted_free - self.free() as f64;
        if missing > 0.0 {
            self.evict(missing as u64, Some(keep));
        }
    }

    fn evict(&mut self, mut missing: u64, keep: Option<&str>) {
        for resident in &mut self.residents {
            if Some(resident.key.as_str()) == keep {
                continue;
            }
            let part = resident.loaded.min(missing);
            resident.loaded -= part;
            missing -= part;
            self.process.release(part);
            if missing == 0 {
                break;
            }
        }
        self.residents
            .retain(|resident| resident.loaded > 0 || Some(resident.key.as_str()) == keep);
    }
}

#[cfg(test)]
mod tests {
    use super::super::card::{GIB, SimulatedCard, Unload};
    use super::*;

    fn weights(key: &str, gib: u64) -> Weights {
        Weights {
            key: key.to_owned(),
            bytes: gib * GIB,
            cast_buffer: GIB / 16,
        }
    }

    fn on(total: u64, dynamic: bool) -> Vram {
        let card = SimulatedCard::new(total);
        Vram::new(
            card.process("comfyui", Unload::OnRequest),
            400 << 20,
            dynamic,
        )
    }

    #[test]
    fn models_stay_until_room_is_needed() {
        let mut vram = on(12 * GIB, false);
        assert!(vram.load(&weights("a", 4), 0.0, 0.0).fresh);
        assert_eq!(vram.load(&weights("a", 4), 0.0, 0.0).moved, 0);
        vram.load(&weights("b", 8), 0.0, 0.0);
        assert_eq!(vram.loaded("b"), 8 * GIB);
        assert!(vram.loaded("a") < 4 * GIB);
        vram.unload_all();
        assert_eq!(vram.free(), 12 * GIB);
    }

    #[test]
    fn what_does_not_fit_is_streamed() {
        let mut vram = on(6 * GIB, false);
        let loaded = vram.load(&weights("flux", 22), GIB as f64, GIB as f64 / 2.0);
        assert!(loaded.streamed > 16 * GIB);
        assert!(vram.work(1.2 * GIB as f64).is_ok());
        assert!(vram.work(GIB as f64).is_err());
    }

    #[test]
    fn dynamic_weights_give_way_to_work() {
        let mut vram = on(6 * GIB, true);
        vram.load(&weights("flux", 22), 0.0, 0.0);
        let held = vram.work(5.0 * GIB as f64).unwrap();
        assert!(vram.weights() <= GIB);
        vram.done(held);
        assert!(vram.work(7.0 * GIB as f64).is_err());
    }
}
