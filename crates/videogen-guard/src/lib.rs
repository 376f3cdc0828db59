//! Whether the machine has what the next video needs: memory, disk, descriptors, children, the graphics card.
//!
//! [`Probe::read`] takes [`Readings`], [`judge`] decides on them without looking at anything else, and [`admit`] waits
//! for a better reading as long as there is time. [`watch`] goes on judging while the video is made.

#![deny(missing_docs)]

/// Compiles the example of the README.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;

mod admit;
mod demand;
mod judge;
mod memory;
mod place;
mod probe;
mod readings;
mod watch;

pub use admit::{Admission, Refused, admit, read};
pub use demand::{AdmissionLimits, Demand, DiskDemand};
pub use judge::{AdmissionVerdict, WaitCause, judge, videos_that_fit};
pub use memory::peak_rss;
pub use place::choose_scratch;
pub use probe::{FixedProbe, GpuReader, Probe, SystemProbe, existing};
pub use readings::{
    AddressSpace, Descriptors, Disk, FileSystem, Free, Gpu, Ram, Readings, Tasks, Throttle, Total,
    Used,
};
pub use watch::watch;

/// How long a video waits for what is missing before it counts as failed: overnight, other work comes and goes.
pub const LONGEST_WAIT: std::time::Duration = std::time::Duration::from_mins(30);
