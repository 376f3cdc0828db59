//! Who is told while something is made.

use crate::failure::FailureKind;

/// Is told what happens while a part of a video is made: the same for who writes, speaks, paints, composes and renders.
///
/// Every method returns at once and does nothing unless it is overridden. Calls may come from several threads.
pub trait Observer: Sync {
    /// Hears how far it is, `0.0..=1.0`, never less than before unless it is made again.
    fn progress(&self, fraction: f32) {
        let _ = fraction;
    }

    /// Hears what is done now, in a few words: "queued behind 2", "step 12 of 30".
    fn activity(&self, what: &str) {
        let _ = what;
    }

    /// Hears what a person should know: that it waits for a card, or that a server went.
    fn warn(&self, message: String) {
        let _ = message;
    }

    /// Hears what was tried in vain, while another way is gone.
    fn attempt_failed(&self, kind: FailureKind, reason: &str) {
        let _ = (kind, reason);
    }
}

/// A closure that is told how far it is, and nothing else.
impl<F: Fn(f32) + Sync> Observer for F {
    fn progress(&self, fraction: f32) {
        self(fraction);
    }
}

/// Tells nobody.
#[derive(Debug, Clone, Copy, Default)]
pub struct Unobserved;

impl Observer for Unobserved {}
