//! Registry, consent, transfer, health and store as one source of assets.
//!
//! Fetching an asset goes through these steps, each of which can refuse it before the next one costs anything:
//! 1. The registry knows it, and its licence was accepted where it asks for that.
//! 2. If it is installed, that is all.
//! 3. There is room for what is missing of it.
//! 4. Each file that is not in the store comes, the small ones first. One process fetches a file, the others wait for it. A
//!    file without a published digest has to be what it was the first time.
//! 5. The asset is installed as a whole, and what was seen of the mirrors is written down.

mod builder;
mod fetch;
mod progress;
mod source;
#[cfg(test)]
mod tests;

pub use builder::DownloadsBuilder;
pub use source::Downloads;
