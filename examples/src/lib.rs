//! Examples of the videogen crates; see `examples/`.
