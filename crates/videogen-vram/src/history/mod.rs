//! What earlier runs taught: outcomes kept on disk, folded into the corrections a planner takes.
//!
//! - [`PaintOutcome`] is what one run did: it ended well with a measured peak, or it ran out of memory at some phase.
//! - [`fold_outcomes()`] makes [`MemoryCorrections`](crate::MemoryCorrections) from outcomes: a function of values, without
//!   clock or disk.
//! - [`PaintHistory`] keeps outcomes in a file that several processes may write at once.
//!
//! What was learnt fades with time and is contradicted by later successes, so that one bad day, one other program in
//! memory, bans no way of painting for ever.

mod fold;
mod outcome;
mod store;
mod trim;

pub use fold::fold_outcomes;
pub use outcome::{PaintOutcome, PaintVerdict};
pub use store::{LoadedHistory, PaintHistory};
