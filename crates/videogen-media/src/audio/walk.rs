//! Goes through a mix in blocks.

use std::ops::Range;

use tokio_util::sync::CancellationToken;

use crate::Error;

/// How a mix is gone through.
#[derive(Debug, Clone)]
pub(super) struct Walk<'a> {
    /// Samples in all.
    pub(super) length: usize,
    /// Samples at once, above 0. The result does not depend on it.
    pub(super) block: usize,
    /// Looked at before each block.
    pub(super) stop: &'a CancellationToken,
}

impl Walk<'_> {
    /// The blocks in their order, the last one shorter. [`Error::Cancelled`] in the place of a block when it is time to
    /// stop.
    pub(super) fn blocks(&self) -> impl Iterator<Item = Result<Range<usize>, Error>> {
        (0..self.length).step_by(self.block).map(|start| {
            if self.stop.is_cancelled() {
                Err(Error::Cancelled)
            } else {
                Ok(start..(start + self.block).min(self.length))
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_sample_is_visited_once_until_it_is_time_to_stop() {
        let stop = CancellationToken::new();
        let walk = Walk {
            length: 7,
            block: 3,
            stop: &stop,
        };
        let mut blocks = walk.blocks();
        assert_eq!(blocks.next().unwrap().unwrap(), 0..3);
        assert_eq!(walk.blocks().last().unwrap().unwrap(), 6..7);
        stop.cancel();
        assert!(blocks.next().unwrap().unwrap_err().is_cancelled());
    }
}
