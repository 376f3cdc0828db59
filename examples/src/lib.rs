//! Examples that put several videogen crates together; see `examples/`. Those of a single crate are in its own folder.
