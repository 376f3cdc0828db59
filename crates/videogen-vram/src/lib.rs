#![doc = include_str!("../README.md")]
#![deny(missing_docs)]

mod durable;
mod error;
pub mod history;
pub mod lease;
pub mod model;
pub mod plan;
pub mod probe;
mod reading;
pub mod recognise;
mod units;

pub use error::Error;
pub use probe::BoxFuture;
pub use reading::{ComputeCapability, GpuProcess, GpuReading, ProcessKind, Throttle, Vendor};
pub use units::{Bytes, FreeBytes, ParseBytesError, Pixels, Size, TotalBytes};
