//! A mirror that misbehaves on demand: HTTP/1.1 over real sockets of the loopback, files with ranges, each connection as
//! slow as it is told to be, and every fault that downloads meet.
//!
//! ```no_run
//! # async fn example() {
//! use testkit::mirror::{MirrorFault, MockMirror};
//!
//! let mirror = MockMirror::builder()
//!     .file("voice.onnx", vec![7; 5_000_000])
//!     .speed(1_000_000)
//!     .fault(MirrorFault::FreezeAfter(0.5))
//!     .start()
//!     .await;
//! assert!(mirror.url("voice.onnx").starts_with("http://127.0.0.1:"));
//! assert_eq!(mirror.requests().len(), 0);
//! mirror.heal();
//! # }
//! ```
//!
//! It speaks HTTP by itself, without a library: no library lets a server lie about lengths and ranges.

mod apply;
mod connection;
mod content;
mod fault;
mod options;
mod pace;
mod page;
mod plan;
mod request;
mod server;
mod shared;

pub use content::Content;
pub use fault::{FaultRule, MirrorFault, RetryAfter};
pub use options::{Builder, Validator};
pub use request::MirrorRequest;
pub use server::MockMirror;
