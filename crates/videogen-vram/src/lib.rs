#![doc = include_str!("../README.md")]
#![deny(missing_docs)]

mod durable;
mod error;
mod forecast;
pub mod history;
pub mod lease;
pub mod model;
pub mod plan;
pub mod probe;
mod reading;
pub mod recognise;
mod share;
mod units;

pub use error::Error;
pub use forecast::{DEFAULT_MODEL, Forecast, ForecastRequest, Prospect, forecast};
pub use plan::{default_cfg, default_steps, promised_size};
pub use probe::BoxFuture;
pub use reading::{ComputeCapability, GpuProcess, GpuReading, ProcessKind, Throttle, Vendor};
pub use share::{
    CardLease, CardOptions, CardShare, CardState, HELD_AFTER_RELEASE, Holding, LeaseSession,
    Occupant, PaintNeed, PaintServer, Whose, WritingLease, least_that_paints,
};
pub use units::{Bytes, FreeBytes, ParseBytesError, Pixels, Size, TotalBytes};
