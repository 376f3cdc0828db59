//! Where the scratch files of a video go.

use camino::{Utf8Path, Utf8PathBuf};

use super::Free;

/// The first of `candidates` (directory, free bytes) that has room for `need` bytes, or else the one with the most room;
/// the earlier one when they have the same. `None` when there are no candidates.
///
/// Put the output's own file system first: from there, publishing is a rename and not a copy. Whether even the roomiest
/// has enough is for [`super::judge`] to say.
pub fn choose_scratch(candidates: &[(Utf8PathBuf, Free)], need: u64) -> Option<&Utf8Path> {
    let roomiest = || {
        // `max_by_key` keeps the last of equals, so it is asked from behind.
        candidates.iter().rev().max_by_key(|(_, free)| *free)
    };
    candidates
        .iter()
        .find(|(_, free)| free.0 >= need)
        .or_else(roomiest)
        .map(|(directory, _)| directory.as_path())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn candidates(free: &[u64]) -> Vec<(Utf8PathBuf, Free)> {
        free.iter()
            .enumerate()
            .map(|(i, &free)| (Utf8PathBuf::from(i.to_string()), Free(free)))
            .collect()
    }

    #[test]
    fn the_first_with_room_then_the_roomiest() {
        let candidates = candidates(&[10, 50, 90, 90]);
        let choose = |need| choose_scratch(&candidates, need).map(Utf8Path::as_str);
        assert_eq!(choose(5), Some("0"));
        assert_eq!(choose(11), Some("1"));
        assert_eq!(choose(90), Some("2"));
        assert_eq!(choose(91), Some("2"), "the earlier of equals");
        assert_eq!(choose_scratch(&[], 0), None);
    }

    proptest! {
        #[test]
        fn whoever_is_chosen_has_room_if_anybody_has(free in prop::collection::vec(0u64..100, 1..8), need in 0u64..120) {
            let candidates = candidates(&free);
            let chosen = choose_scratch(&candidates, need).expect("there are candidates");
            let index: usize = chosen.as_str().parse().expect("a number");
            let most = *free.iter().max().expect("not empty");
            prop_assert!(free[index] >= need.min(most));
            prop_assert!(free[..index].iter().all(|&f| f < need));
        }
    }
}
