//! Whose picture is painted next: videos one after the other, of each as many pictures at a time as its painter takes.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::{Notify, Semaphore, SemaphorePermit};

use crate::painter::Painter;

/// How often a painter is asked whether it takes more pictures than before, while one waits.
const ASK_EVERY: Duration = Duration::from_secs(1);

/// The queue of a run. A video has the turn until its last picture is begun; then the next one's pictures may begin, so
/// that nothing is idle in between and no picture is behind one of a later video.
#[derive(Debug)]
pub struct PaintQueue {
    turn: Semaphore,
    taken: Mutex<Taken>,
    freed: Notify,
}

/// Pictures that are begun and not over.
#[derive(Debug, Clone, Copy, Default)]
struct Taken {
    painting: usize,
    /// Painted, and not in the stores yet: a crash loses them.
    keeping: usize,
}

impl Taken {
    /// Whether a painter that takes `parallel` pictures at a time may begin one more. One is painted while another is
    /// put into the stores, but those that a crash would lose do not become more than twice as many as are painted.
    fn has_room(self, parallel: usize) -> bool {
        let parallel = parallel.max(1);
        self.painting < parallel && self.painting + self.keeping < 2 * parallel
    }
}

/// The turn of a video, until it is dropped.
#[derive(Debug)]
pub struct PaintTurn<'a> {
    /// Where its pictures are queued.
    pub queue: &'a PaintQueue,
    _permit: SemaphorePermit<'a>,
}

/// The position of a picture that may be painted, until it is dropped.
#[derive(Debug)]
pub struct QueuePosition<'a> {
    queue: &'a PaintQueue,
    is_painted: bool,
}

impl Default for PaintQueue {
    fn default() -> Self {
        Self::new()
    }
}

impl PaintQueue {
    /// Begins an empty queue.
    pub fn new() -> Self {
        Self {
            turn: Semaphore::new(1),
            taken: Mutex::default(),
            freed: Notify::new(),
        }
    }

    fn taken(&self) -> MutexGuard<'_, Taken> {
        // No code that could panic runs in the middle of a change.
        self.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits for the turn. Who asks first is first.
    pub async fn turn(&self) -> PaintTurn<'_> {
        let permit = self.turn.acquire().await;
        PaintTurn {
            queue: self,
            _permit: permit.expect("the semaphore is never closed"),
        }
    }

    /// Waits until one more picture may be painted by `painter`. Only for the video that has the turn, one picture after
    /// the other.
    pub async fn position(&self, painter: &dyn Painter) -> QueuePosition<'_> {
        loop {
            {
                let mut taken = self.taken();
                if taken.has_room(painter.parallel()) {
                    taken.painting += 1;
                    return QueuePosition {
                        queue: self,
                        is_painted: false,
                    };
                }
            }
            tokio::select! {
                // Only one waits. What is freed before it does is remembered.
                () = self.freed.notified() => {}
                () = tokio::time::sleep(ASK_EVERY) => {}
            }
        }
    }
}

impl QueuePosition<'_> {
    /// The picture is painted: another one may be while this one is put into the stores.
    pub fn painted(&mut self) {
        if !std::mem::replace(&mut self.is_painted, true) {
            let mut taken = self.queue.taken();
            taken.painting -= 1;
            taken.keeping += 1;
            drop(taken);
            self.queue.freed.notify_one();
        }
    }
}

impl Drop for QueuePosition<'_> {
    fn drop(&mut self) {
        let mut taken = self.queue.taken();
        let count = if self.is_painted {
            &mut taken.keeping
        } else {
            &mut taken.painting
        };
        *count -= 1;
        drop(taken);
        self.queue.freed.notify_one();
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        /// However slow the stores are: never more are painted, or could be lost, than may be; and where all are kept,
        /// one may begin.
        #[test]
        fn a_crash_loses_little(parallel in 0usize..9, ends in prop::collection::vec(0u8..3, 0..200)) {
            let mut taken = Taken::default();
            for end in ends {
                match end {
                    0 if taken.has_room(parallel) => taken.painting += 1,
                    1 if taken.painting > 0 => {
                        taken.painting -= 1;
                        taken.keeping += 1;
                    }
                    2 if taken.keeping > 0 => taken.keeping -= 1,
                    _ => {}
                }
                let most = parallel.max(1);
                prop_assert!(taken.painting <= most && taken.painting + taken.keeping <= 2 * most);
                prop_assert!(taken.painting + taken.keeping > 0 || taken.has_room(parallel));
                prop_assert!(taken.painting > 0 || taken.keeping > most || taken.has_room(parallel));
            }
        }
    }
}
