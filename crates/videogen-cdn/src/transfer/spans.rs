//! Which bytes of a file are here, and which source supplied them; pure.

use std::ops::Range;

use serde::{Deserialize, Serialize};

/// Bytes that lie together and come from one source.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "(u64, u64, u16)", into = "(u64, u64, u16)")]
pub(super) struct Span {
    /// The first byte, counted from 0.
    pub(super) from: u64,
    /// The byte after the last one.
    pub(super) to: u64,
    /// Who supplied it, as an index into a list of sources that is kept elsewhere.
    pub(super) source: u16,
}

impl From<(u64, u64, u16)> for Span {
    fn from((from, to, source): (u64, u64, u16)) -> Self {
        Self { from, to, source }
    }
}

impl From<Span> for (u64, u64, u16) {
    fn from(span: Span) -> Self {
        (span.from, span.to, span.source)
    }
}

/// Spans in the order of their bytes, none of which overlap.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Spans {
    list: Vec<Span>,
    bytes: u64,
}

impl Spans {
    /// Returns the spans of a list, if it can be one of a file of `size` bytes that `sources` sources supplied: what was
    /// read from a disk is not believed.
    pub(super) fn of_list(list: Vec<Span>, size: u64, sources: usize) -> Option<Self> {
        let mut spans = Self::default();
        let mut end = 0;
        for span in list {
            let is_sound = span.from >= end
                && span.from < span.to
                && span.to <= size
                && usize::from(span.source) < sources;
            if !is_sound {
                return None;
            }
            end = span.to;
            spans.add(span);
        }
        Some(spans)
    }

    /// Adds bytes, none of which may be here yet.
    pub(super) fn add(&mut self, span: Span) {
        if span.from >= span.to {
            return;
        }
        self.bytes += span.to - span.from;
        let at = self.list.partition_point(|s| s.from < span.from);
        debug_assert!(
            at == 0 || self.list[at - 1].to <= span.from,
            "bytes are added once"
        );
        debug_assert!(
            self.list.get(at).is_none_or(|next| span.to <= next.from),
            "bytes are added once"
        );
        let joins = |a: &Span, b: &Span| a.to == b.from && a.source == b.source;
        let joins_before = at > 0 && joins(&self.list[at - 1], &span);
        let joins_after = self.list.get(at).is_some_and(|next| joins(&span, next));
        match (joins_before, joins_after) {
            (true, true) => {
                self.list[at - 1].to = self.list[at].to;
                self.list.remove(at);
            }
            (true, false) => self.list[at - 1].to = span.to,
            (false, true) => self.list[at].from = span.from,
            (false, false) => self.list.insert(at, span),
        }
    }

    /// Returns how many bytes are here.
    pub(super) fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Returns how many bytes are here from the beginning on without a gap.
    pub(super) fn prefix(&self) -> u64 {
        let mut end = 0;
        for span in &self.list {
            if span.from != end {
                break;
            }
            end = span.to;
        }
        end
    }

    /// Returns what of `0..size` is not here.
    pub(super) fn gaps(&self, size: u64) -> Vec<Range<u64>> {
        let mut gaps = Vec::new();
        let mut end = 0;
        for span in &self.list {
            if span.from > end {
                gaps.push(end..span.from.min(size));
            }
            end = span.to;
        }
        if end < size {
            gaps.push(end..size);
        }
        gaps
    }

    /// Returns the spans in order.
    pub(super) fn list(&self) -> &[Span] {
        &self.list
    }

    /// Returns the spans of one source, in order.
    pub(super) fn of_source(&self, source: u16) -> impl Iterator<Item = &Span> {
        self.list.iter().filter(move |span| span.source == source)
    }

    /// Returns how many bytes a source supplied.
    pub(super) fn bytes_of(&self, source: u16) -> u64 {
        self.of_source(source).map(|span| span.to - span.from).sum()
    }

    /// Returns who supplied something, in ascending order.
    pub(super) fn sources(&self) -> Vec<u16> {
        let mut sources: Vec<u16> = self.list.iter().map(|span| span.source).collect();
        sources.sort_unstable();
        sources.dedup();
        sources
    }

    /// Forgets what a source supplied, and returns it.
    pub(super) fn remove_source(&mut self, source: u16) -> Vec<Range<u64>> {
        let removed: Vec<_> = self
            .of_source(source)
            .map(|span| span.from..span.to)
            .collect();
        self.list.retain(|span| span.source != source);
        self.bytes -= removed.iter().map(|r| r.end - r.start).sum::<u64>();
        removed
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn span(from: u64, to: u64, source: u16) -> Span {
        Span { from, to, source }
    }

    #[test]
    fn neighbours_of_one_source_become_one_span() {
        let mut spans = Spans::default();
        for (from, to, source) in [(10, 20, 0), (30, 40, 0), (20, 30, 0), (0, 10, 1)] {
            spans.add(span(from, to, source));
        }
        assert_eq!(spans.list(), [span(0, 10, 1), span(10, 40, 0)]);
        assert_eq!((spans.prefix(), spans.bytes()), (40, 40));
        let (gap, rest) = (40..50, 10..40);
        assert_eq!(spans.gaps(50), [gap]);
        assert_eq!(spans.remove_source(0), [rest]);
        assert_eq!((spans.prefix(), spans.bytes()), (10, 10));
    }

    #[test]
    fn a_list_that_cannot_be_is_refused() {
        let list = |list: &[(u64, u64, u16)]| list.iter().map(|&s| s.into()).collect::<Vec<Span>>();
        assert!(Spans::of_list(list(&[(0, 5, 0), (5, 9, 1)]), 9, 2).is_some());
        for wrong in [
            &[(0, 5, 2)][..],
            &[(0, 10, 0)],
            &[(0, 5, 0), (4, 9, 1)],
            &[(5, 9, 0), (0, 5, 1)],
            &[(3, 3, 0)],
            &[(5, 3, 0)],
        ] {
            assert_eq!(Spans::of_list(list(wrong), 9, 2), None, "{wrong:?}");
        }
    }

    proptest! {
        #[test]
        fn spans_are_what_a_table_of_bytes_would_be(pieces in proptest::collection::vec((0_u64..40, 1_u64..8, 0_u16..3), 0..40)) {
            let mut spans = Spans::default();
            let mut table = [None; 50];
            for (from, len, source) in pieces {
                let to = from + len;
                if table[from as usize..to as usize].iter().all(Option::is_none) {
                    table[from as usize..to as usize].fill(Some(source));
                    spans.add(span(from, to, source));
                }
            }
            let here = table.iter().flatten().count() as u64;
            prop_assert_eq!(spans.bytes(), here);
            let prefix = table.iter().take_while(|b| b.is_some()).count() as u64;
            prop_assert_eq!(spans.prefix(), prefix);
            let missing: u64 = spans.gaps(50).iter().map(|r| r.end - r.start).sum();
            prop_assert_eq!(missing, 50 - here);
            for pair in spans.list().windows(2) {
                prop_assert!(pair[0].to < pair[1].from || pair[0].to == pair[1].from && pair[0].source != pair[1].source);
            }
            for source in 0..3 {
                let own = table.iter().filter(|b| **b == Some(source)).count() as u64;
                prop_assert_eq!(spans.bytes_of(source), own);
            }
            prop_assert_eq!(Spans::of_list(spans.list().to_vec(), 50, 3), Some(spans));
        }
    }
}
