//! A graphics card that is only numbers, shared by everything that pretends to run on it.
//!
//! A mock ComfyUI and a mock language model hold clones of the same card, so a test sees what a
//! user with one GPU sees: the one cannot load while the other sits on the memory.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// One GiB, in bytes.
pub const GIB: u64 = 1 << 30;

/// One MiB, in bytes.
pub const MIB: u64 = 1 << 20;

/// The memory of one card. Clones are the same card.
#[derive(Debug, Clone)]
pub struct SimulatedCard {
    inner: Arc<Mutex<Inner>>,
}

#[derive(Debug)]
struct Inner {
    total: u64,
    next: u64,
    peak: u64,
    refusals: u64,
    processes: BTreeMap<u64, Process>,
}

#[derive(Debug)]
struct Process {
    name: String,
    used: u64,
    peak: u64,
    unload: Unload,
    asked: u64,
}

/// What a process does when it is asked to give its memory back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unload {
    /// Frees everything at once.
    OnRequest,
    /// Keeps everything: a language model with `keep_alive` in another program's hands.
    Never,
}

/// An allocation that did not fit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OutOfMemory {
    /// What was asked for, in bytes.
    pub wanted: u64,
    /// What was free, in bytes.
    pub free: u64,
    /// The card's size, in bytes.
    pub total: u64,
    /// What the asking process held already, in bytes.
    pub held: u64,
}

impl SimulatedCard {
    /// A card of `total` bytes with nothing on it.
    pub fn new(total: u64) -> Self {
        Self {
            inner: Arc::new(Mutex::new(Inner {
                total,
                next: 1,
                peak: 0,
                refusals: 0,
                processes: BTreeMap::new(),
            })),
        }
    }

    /// The same card with another program's `bytes` on it that never go away: a language model that
    /// ignores requests to unload.
    #[must_use]
    pub fn held_by_others(self, bytes: u64) -> Self {
        let process = self.process("others", Unload::Never);
        process
            .allocate(bytes)
            .expect("what others hold fits the card");
        // The memory stays taken for as long as the card lives.
        std::mem::forget(process);
        self
    }

    /// A new process on the card, with no memory yet. Dropping it frees all it holds.
    pub fn process(&self, name: &str, unload: Unload) -> GpuProcess {
        let mut inner = self.lock();
        let id = inner.next;
        inner.next += 1;
        inner.processes.insert(
            id,
            Process {
                name: name.to_owned(),
                used: 0,
                peak: 0,
                unload,
                asked: 0,
            },
        );
        drop(inner);
        GpuProcess {
            card: self.clone(),
            id,
        }
    }

    /// The card's size, in bytes.
    pub fn total(&self) -> u64 {
        self.lock().total
    }

    /// What no process holds, in bytes.
    pub fn free(&self) -> u64 {
        let inner = self.lock();
        inner.total - inner.used()
    }

    /// What all processes hold, in bytes.
    pub fn used(&self) -> u64 {
        self.lock().used()
    }

    /// The most that was ever in use, in bytes.
    pub fn peak(&self) -> u64 {
        self.lock().peak
    }

    /// How many allocations did not fit.
    pub fn refusals(&self) -> u64 {
        self.lock().refusals
    }

    /// What each process holds, by name, in bytes.
    pub fn by_process(&self) -> Vec<(String, u64)> {
        let inner = self.lock();
        inner
            .processes
            .values()
            .map(|process| (process.name.clone(), process.used))
            .collect()
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Inner {
    fn used(&self) -> u64 {
        self.processes.values().map(|process| process.used).sum()
    }

    fn process(&mut self, id: u64) -> &mut Process {
        self.processes
            .get_mut(&id)
            .expect("a process stays on its card until it is dropped")
    }
}

/// A program that uses the card. Dropping it frees what it holds.
#[derive(Debug)]
pub struct GpuProcess {
    card: SimulatedCard,
    id: u64,
}

impl GpuProcess {
    /// Takes `bytes` more.
    ///
    /// # Errors
    /// [`OutOfMemory`] when less is free; nothing is taken then.
    pub fn allocate(&self, bytes: u64) -> Result<(), OutOfMemory> {
        let mut inner = self.card.lock();
        let (total, used) = (inner.total, inner.used());
        let free = total - used;
        if bytes > free {
            inner.refusals += 1;
            let held = inner.process(self.id).used;
            return Err(OutOfMemory {
                wanted: bytes,
                free,
                total,
                held,
            });
        }
        inner.peak = inner.peak.max(used + bytes);
        let process = inner.process(self.id);
        process.used += bytes;
        process.peak = process.peak.max(process.used);
        Ok(())
    }

    /// Gives `bytes` back, or all when it holds less.
    pub fn release(&self, bytes: u64) {
        let mut inner = self.card.lock();
        let process = inner.process(self.id);
        process.used = process.used.saturating_sub(bytes);
    }

    /// Asks the program to unload, as another program would over its interface. True when it did.
    pub fn ask_to_unload(&self) -> bool {
        let mut inner = self.card.lock();
        let process = inner.process(self.id);
        process.asked += 1;
        let obeys = process.unload == Unload::OnRequest;
        if obeys {
            process.used = 0;
        }
        obeys
    }

    /// Changes what the program does when it is asked to unload.
    pub fn set_unload(&self, unload: Unload) {
        self.card.lock().process(self.id).unload = unload;
    }

    /// How often it was asked to unload.
    pub fn times_asked(&self) -> u64 {
        self.card.lock().process(self.id).asked
    }

    /// What it holds now, in bytes.
    pub fn used(&self) -> u64 {
        self.card.lock().process(self.id).used
    }

    /// The most it ever held, in bytes.
    pub fn peak(&self) -> u64 {
        self.card.lock().process(self.id).peak
    }

    /// The card it runs on.
    pub fn card(&self) -> &SimulatedCard {
        &self.card
    }
}

impl Drop for GpuProcess {
    fn drop(&mut self) {
        self.card.lock().processes.remove(&self.id);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_one_holds_the_other_cannot_have() {
        let card = SimulatedCard::new(12 * GIB);
        let llm = card.process("llm", Unload::OnRequest);
        let comfy = card.process("comfyui", Unload::OnRequest);
        llm.allocate(8 * GIB).unwrap();
        let refused = comfy.allocate(5 * GIB).unwrap_err();
        assert_eq!((refused.free, refused.wanted), (4 * GIB, 5 * GIB));
        assert!(llm.ask_to_unload());
        comfy.allocate(5 * GIB).unwrap();
        assert_eq!(card.peak(), 8 * GIB);
        drop(comfy);
        assert_eq!((card.used(), card.refusals()), (0, 1));
    }

    #[test]
    fn some_never_give_back() {
        let card = SimulatedCard::new(12 * GIB).held_by_others(5 * GIB + GIB / 2);
        assert_eq!(card.free(), 6 * GIB + GIB / 2);
        let llm = card.process("llm", Unload::Never);
        llm.allocate(GIB).unwrap();
        assert!(!llm.ask_to_unload());
        assert_eq!((llm.used(), llm.times_asked()), (GIB, 1));
    }
}
