//! Does the mirror put on the wire what it promises?

#![allow(
    clippy::unwrap_used,
    reason = "a panic is how a test fails, in its helpers too"
)]

mod client;
mod honest;
mod lies;
mod pages;
mod redirects;
mod slow;
