//! "Did you mean …?"

/// Up to `n` of `candidates` that `name` could be a misspelling of, the nearest first; ties stay in the given order.
///
/// Nearness is the optimal string alignment distance without regard to case: at most a third of the longer name's
/// characters may differ, and one edit is always allowed. A candidate that `name` is the beginning of counts as near.
#[must_use]
pub fn nearest<'a>(name: &str, candidates: &[&'a str], n: usize) -> Vec<&'a str> {
    let wanted = name.to_lowercase();
    let mut scored: Vec<(usize, &'a str)> = candidates
        .iter()
        .filter_map(|&candidate| {
            let other = candidate.to_lowercase();
            let distance = strsim::osa_distance(&wanted, &other);
            let allowed = (wanted.chars().count().max(other.chars().count()) / 3).max(1);
            let begins = !wanted.is_empty() && other.starts_with(&wanted);
            (distance <= allowed || begins)
                .then_some((if begins { distance.min(1) } else { distance }, candidate))
        })
        .collect();
    scored.sort_by_key(|&(distance, _)| distance);
    scored
        .into_iter()
        .take(n)
        .map(|(_, candidate)| candidate)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_what_was_meant() {
        let genres = [
            "motivational",
            "emotional",
            "tech",
            "nature",
            "history",
            "mystery",
            "general",
        ];
        assert_eq!(nearest("motivaitonal", &genres, 1), ["motivational"]);
        assert_eq!(nearest("Histroy", &genres, 1), ["history"]);
        assert_eq!(nearest("mot", &genres, 2), ["motivational"]);
        assert_eq!(nearest("mistery", &genres, 2), ["mystery", "history"]);
        assert!(nearest("zzzzzz", &genres, 3).is_empty());
        assert!(nearest("tech", &genres, 0).is_empty());
        assert!(nearest("", &genres, 3).is_empty());
    }
}
