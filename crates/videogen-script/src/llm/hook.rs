//! Patterns of first sentences, by name: a model that is given one begins otherwise than with "Did you know".

use super::ScriptRequest;

/// Each with what it is, for the model.
#[rustfmt::skip] // a table
const PATTERNS: &[&str] = &[
    "a contradiction: two things that are both true and do not seem to go together",
    "a question: one that the listener wants answered and cannot answer yet",
    "a moment: in the middle of something that happens, as if one stood beside it",
    "a common mistake: what most people believe about it and what is not so",
    "a stake: what would be missing, or would happen, without it",
    "a comparison: something large or far away beside something from the kitchen or the street",
    "a hidden thing: something everybody has seen without noticing it",
    "a small cause: one small thing from which something large came",
];

/// The pattern for a wish. Videos of a series, whose seeds follow each other, have different ones.
pub(super) fn pattern(wish: &ScriptRequest) -> &'static str {
    let count = PATTERNS.len() as u64;
    // Where a series begins depends on its topic.
    let first = wish.topic.bytes().map(u64::from).sum::<u64>();
    let at = (wish.seed.0 % count + first % count) % count;
    PATTERNS[usize::try_from(at).unwrap_or_default()]
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::super::tests::wish;
    use super::*;
    use videogen_types::Seed;

    #[test]
    fn videos_of_a_series_begin_differently() {
        let of = |seed| {
            pattern(&ScriptRequest {
                seed: Seed(seed),
                ..wish()
            })
        };
        let all: BTreeSet<&str> = (40..48).map(of).collect();
        assert_eq!(all.len(), PATTERNS.len());
        of(u64::MAX);
    }
}
