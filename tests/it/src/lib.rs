//! End-to-end tests through the binary; see `tests/`.
