//! One heavy user per card: the lock between processes, and the hand-over from who is in memory to who needs it.
//!
//! [`LeaseDir`] is a directory of locks, one per card. The lock is the operating system's, so it ends with its process,
//! however that ends; nothing has to be cleaned up after a crash. Beside each lock lies a note of who has it, for people.
//!
//! [`HandOver`] is the protocol for making room: ask one tenant after another to unload, wait each time until the memory
//! is really free or a bound has passed, stop as soon as it suffices. It is a state machine without clock or effects;
//! [`hand_over`] runs it.

mod drive;
mod file;
mod handover;

pub use drive::{HandOverEffects, hand_over};
pub use file::{LeaseDir, LeaseGuard, lease_name};
pub use handover::{
    HandOver, HandOverAsked, HandOverEnd, HandOverEvent, HandOverOccupant, HandOverStep,
    HandOverTimeouts,
};
