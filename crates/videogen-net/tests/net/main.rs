//! Real sockets, and servers that do what servers should not do.
#![allow(clippy::unwrap_used, reason = "a test ends where it fails")]

mod guard;
mod hostile;
mod http;
mod patience;
mod pool;
mod server;
mod socket;
