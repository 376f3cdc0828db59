//! The progress of several files as that of one thing.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use videogen_types::{FailureKind, Observer};

use crate::observer::FetchObserver;

/// Adds up what is here of several things, and tells one observer.
pub(super) struct Totals<'a> {
    observer: &'a dyn FetchObserver,
    /// All bytes, where they are known of all things.
    total: Option<u64>,
    parts: Vec<Counts>,
    /// How far it was told to be, so that it is never told to be less far.
    told: Mutex<f32>,
}

#[derive(Debug, Default)]
struct Counts {
    here: AtomicU64,
    /// In bytes, so that it is atomic.
    per_second: AtomicU64,
    /// Thousandths of it, for things of unknown size.
    thousandths: AtomicU64,
}

impl<'a> Totals<'a> {
    /// For things of these sizes.
    pub(super) fn new(
        observer: &'a dyn FetchObserver,
        sizes: impl Iterator<Item = Option<u64>>,
    ) -> Self {
        let sizes: Vec<Option<u64>> = sizes.collect();
        Self {
            observer,
            total: sizes.iter().copied().sum(),
            parts: sizes.iter().map(|_| Counts::default()).collect(),
            told: Mutex::new(0.0),
        }
    }

    pub(super) fn part(&self, index: usize) -> Part<'_> {
        Part {
            totals: self,
            index,
            base: 0,
            files: (0, 1),
        }
    }

    fn sum(&self, of: impl Fn(&Counts) -> &AtomicU64) -> u64 {
        let counts = self
            .parts
            .iter()
            .map(|part| of(part).load(Ordering::Relaxed));
        counts.sum()
    }

    fn tell(&self) {
        let here = self.sum(|part| &part.here);
        let per_second = self.sum(|part| &part.per_second) as f64;
        self.observer.bytes(here, self.total, per_second);
        let fraction = match self.total {
            Some(0) => 1.0,
            Some(total) => here as f64 / total as f64,
            None => self.sum(|part| &part.thousandths) as f64 / (1000.0 * self.parts.len() as f64),
        };
        let fraction = fraction.min(1.0) as f32;
        // A number is whole whoever panics.
        let mut told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        if fraction > *told {
            *told = fraction;
            self.observer.progress(fraction);
        }
    }
}

/// Hears the progress of one file of one of the things.
#[derive(Clone, Copy)]
pub(super) struct Part<'a> {
    totals: &'a Totals<'a>,
    index: usize,
    /// Bytes of the files before this one.
    base: u64,
    /// Which file, of how many.
    files: (usize, usize),
}

impl Part<'_> {
    /// For the next file of the same thing, which `base` bytes are before.
    pub(super) fn file(self, base: u64, index: usize, of: usize) -> Self {
        Self {
            base,
            files: (index, of),
            ..self
        }
    }

    /// The file is here, and with it so many bytes of the thing.
    pub(super) fn has(self, bytes: u64) {
        let counts = &self.totals.parts[self.index];
        counts.here.store(bytes, Ordering::Relaxed);
        self.note(1.0);
        self.totals.tell();
    }

    /// Nothing of the thing comes any more.
    pub(super) fn end(self) {
        let counts = &self.totals.parts[self.index];
        counts.per_second.store(0, Ordering::Relaxed);
    }

    fn note(self, fraction: f64) {
        let (index, of) = self.files;
        let all = (index as f64 + fraction.clamp(0.0, 1.0)) / of.max(1) as f64;
        let counts = &self.totals.parts[self.index];
        counts
            .thousandths
            .store((all * 1000.0) as u64, Ordering::Relaxed);
    }
}

impl Observer for Part<'_> {
    fn progress(&self, fraction: f32) {
        self.note(f64::from(fraction));
        if self.totals.total.is_none() {
            self.totals.tell();
        }
    }

    fn activity(&self, what: &str) {
        self.totals.observer.activity(what);
    }

    fn warn(&self, message: String) {
        self.totals.observer.warn(message);
    }

    fn attempt_failed(&self, kind: FailureKind, reason: &str) {
        self.totals.observer.attempt_failed(kind, reason);
    }
}

impl FetchObserver for Part<'_> {
    fn bytes(&self, here: u64, of: Option<u64>, per_second: f64) {
        let counts = &self.totals.parts[self.index];
        counts.here.store(self.base + here, Ordering::Relaxed);
        counts
            .per_second
            .store(per_second.max(0.0) as u64, Ordering::Relaxed);
        if let Some(of) = of {
            self.note(here as f64 / of.max(1) as f64);
        }
        self.totals.tell();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, Default)]
    struct Heard(Mutex<(Vec<f32>, Vec<Bytes>)>);

    type Bytes = (u64, Option<u64>, f64);

    impl Observer for Heard {
        fn progress(&self, fraction: f32) {
            self.0.lock().expect("whole").0.push(fraction);
        }
    }

    impl FetchObserver for Heard {
        fn bytes(&self, here: u64, of: Option<u64>, per_second: f64) {
            self.0.lock().expect("whole").1.push((here, of, per_second));
        }
    }

    #[test]
    fn bytes_of_all_files_of_all_things_are_added_up() {
        let heard = Heard::default();
        let totals = Totals::new(&heard, [Some(100), Some(300)].into_iter());
        let (one, other) = (totals.part(0), totals.part(1));
        one.file(0, 0, 2).bytes(10, Some(20), 5.0);
        other.bytes(150, Some(300), 20.0);
        one.file(20, 1, 2).bytes(80, Some(80), 5.0);
        one.end();
        // Begun again from less: bytes say so, and the progress does not go back.
        other.bytes(0, Some(300), 1.0);
        other.has(300);
        let heard = heard.0.into_inner().expect("whole");
        assert_eq!(heard.0, [0.025, 0.4, 0.625, 1.0]);
        let of = Some(400);
        assert_eq!(
            heard.1,
            [
                (10, of, 5.0),
                (160, of, 25.0),
                (250, of, 25.0),
                (100, of, 1.0),
                (400, of, 1.0)
            ]
        );
    }

    #[test]
    fn without_sizes_files_are_counted() {
        let heard = Heard::default();
        let totals = Totals::new(&heard, [None, Some(300)].into_iter());
        let part = totals.part(0);
        part.file(0, 0, 2).has(10);
        part.file(10, 1, 2).bytes(5, Some(10), 1.0);
        totals.part(1).bytes(300, Some(300), 1.0);
        part.file(10, 1, 2).progress(1.0);
        let heard = heard.0.into_inner().expect("whole");
        assert_eq!(heard.0, [0.25, 0.375, 0.875, 1.0]);
        assert!(heard.1.iter().all(|(_, of, _)| of.is_none()));
    }
}
