//! Real sockets, and servers that do what servers should not do.

mod guard;
mod hostile;
mod http;
mod pool;
mod server;
mod socket;
