//! What models write, and what is wanted of it; pure.

pub(crate) mod candidates;
pub(crate) mod clean;
pub(crate) mod lenient;
pub(crate) mod thought;
