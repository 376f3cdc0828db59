//! One file from several mirrors at once: pieces, stalls, hand-overs, blame.
#![allow(dead_code)]

mod pieces;
mod rate;
mod spans;
mod stall;
