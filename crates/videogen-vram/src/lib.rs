#![doc = include_str!("../README.md")]
#![deny(missing_docs)]

mod error;
pub mod model;
pub mod plan;
mod reading;
pub mod recognise;
mod units;

pub use error::Error;
pub use reading::{ComputeCapability, GpuProcess, GpuReading, Throttle, Vendor};
pub use units::{Bytes, FreeBytes, ParseBytesError, Pixels, Size, TotalBytes};
