//! The planner: from a wish, a reading and what is known of the server to a plan that fits, without effects.

mod corrections;
mod way;

pub use corrections::{Correction, Corrections};
pub use way::Way;
