//! End-to-end tests through the binary; see `tests/`. Here is what they share and `testkit`, which knows no crate of ours,
//! cannot have.

pub mod poison;
