//! What has to go so that a store keeps its limit. Pure.

use std::time::SystemTime;

/// An installed asset, as the choice sees it.
#[derive(Debug, Clone)]
pub(super) struct Unit {
    /// When it was last used.
    pub(super) used: SystemTime,
    /// Whether it is pinned or in use.
    pub(super) stays: bool,
    /// Indices of the contents that it has. Others may have them, too.
    pub(super) contents: Vec<usize>,
    /// Bytes that are its own: copies.
    pub(super) own: u64,
}

/// When something that no asset has may go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Goes {
    /// It is left over.
    Always,
    /// It may be gone on with.
    WhenNeeded,
    /// It is new, or somebody works on it.
    Never,
}

/// A content, or half of one.
#[derive(Debug, Clone, Copy)]
pub(super) struct Piece {
    pub(super) bytes: u64,
    /// When it may go, if no asset has it.
    pub(super) goes: Goes,
}

/// What to remove.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Plan {
    /// Indices of assets, the longest unused first.
    pub(super) units: Vec<usize>,
    /// Indices of contents, in their order.
    pub(super) contents: Vec<usize>,
    /// The bytes that are left.
    pub(super) left: u64,
}

/// Decides what goes: always what is left over; and while more than `limit` would be there with the `incoming` bytes, first
/// what may be gone on with, then the longest unused assets with what only they have. For something incoming that would
/// not fit even so, no asset goes.
pub(super) fn plan(units: &[Unit], contents: &[Piece], incoming: u64, limit: u64) -> Plan {
    let mut users = vec![0_usize; contents.len()];
    for unit in units {
        unit.contents
            .iter()
            .for_each(|&content| users[content] += 1);
    }
    let mut goes = vec![false; contents.len()];
    let bytes = |goes: &[bool], units: u64| -> u64 {
        let pieces = contents.iter().zip(goes);
        let stay = pieces.filter(|(_, goes)| !**goes);
        stay.map(|(piece, _)| piece.bytes).sum::<u64>() + units
    };
    let mut own: u64 = units.iter().map(|unit| unit.own).sum();
    let is_loose = |index: usize, users: &[usize], when: Goes| {
        users[index] == 0 && contents[index].goes == when
    };
    for (index, goes) in goes.iter_mut().enumerate() {
        *goes = is_loose(index, &users, Goes::Always);
    }
    let fits = |left: u64| left.saturating_add(incoming) <= limit;
    for index in 0..contents.len() {
        if !fits(bytes(&goes, own)) && is_loose(index, &users, Goes::WhenNeeded) {
            goes[index] = true;
        }
    }
    let without_assets = goes.clone();
    let (own_of_all, mut victims) = (own, Vec::new());
    let mut order: Vec<usize> = (0..units.len()).filter(|&i| !units[i].stays).collect();
    order.sort_by_key(|&i| units[i].used);
    for index in order {
        if fits(bytes(&goes, own)) {
            break;
        }
        victims.push(index);
        own -= units[index].own;
        for &content in &units[index].contents {
            users[content] -= 1;
            goes[content] = users[content] == 0;
        }
    }
    if incoming > 0 && !fits(bytes(&goes, own)) {
        (goes, own, victims) = (without_assets, own_of_all, Vec::new());
    }
    let left = bytes(&goes, own);
    let gone = goes.iter().enumerate().filter(|(_, goes)| **goes);
    Plan {
        units: victims,
        contents: gone.map(|(index, _)| index).collect(),
        left,
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use proptest::prelude::*;

    use super::*;

    fn at(seconds: u64) -> SystemTime {
        SystemTime::UNIX_EPOCH + Duration::from_secs(seconds)
    }

    fn unit(used: u64, stays: bool, contents: &[usize]) -> Unit {
        Unit {
            used: at(used),
            stays,
            contents: contents.to_vec(),
            own: 0,
        }
    }

    fn piece(bytes: u64, goes: Goes) -> Piece {
        Piece { bytes, goes }
    }

    #[test]
    fn the_longest_unused_goes_with_what_only_it_has() {
        let contents = [
            piece(10, Goes::Never),
            piece(20, Goes::Never),
            piece(30, Goes::Never),
        ];
        let units = [
            unit(3, false, &[0, 1]),
            unit(1, false, &[1, 2]),
            unit(2, true, &[]),
        ];
        let of = |limit| {
            let plan = plan(&units, &contents, 0, limit);
            (plan.units, plan.contents, plan.left)
        };
        assert_eq!(of(60), (vec![], vec![], 60));
        assert_eq!(of(59), (vec![1], vec![2], 30));
        assert_eq!(of(29), (vec![1, 0], vec![0, 1, 2], 0));
    }

    #[test]
    fn what_is_left_over_goes_first_and_nothing_goes_in_vain() {
        let contents = [
            piece(5, Goes::Always),
            piece(7, Goes::WhenNeeded),
            piece(9, Goes::Never),
            piece(10, Goes::Always),
        ];
        let units = [unit(1, false, &[3])];
        let of = |incoming, limit| {
            let plan = plan(&units, &contents, incoming, limit);
            (plan.units, plan.contents, plan.left)
        };
        assert_eq!(of(0, 100), (vec![], vec![0], 26));
        assert_eq!(of(81, 100), (vec![], vec![0, 1], 19));
        assert_eq!(of(91, 100), (vec![0], vec![0, 1, 3], 9));
        assert_eq!(
            of(92, 100),
            (vec![], vec![0, 1], 19),
            "9 stay, so 92 never fit"
        );
    }

    fn any_piece() -> impl Strategy<Value = Piece> {
        let goes = prop_oneof![
            Just(Goes::Always),
            Just(Goes::WhenNeeded),
            Just(Goes::Never)
        ];
        (0..100_u64, goes).prop_map(|(bytes, goes)| Piece { bytes, goes })
    }

    fn any_unit() -> impl Strategy<Value = Unit> {
        let contents = prop::collection::btree_set(0..8_usize, 0..4);
        (0..50_u64, any::<bool>(), contents, 0..50_u64).prop_map(|(used, stays, contents, own)| {
            Unit {
                used: at(used),
                stays,
                contents: contents.into_iter().collect(),
                own,
            }
        })
    }

    proptest! {
        #[test]
        fn what_stays_stays_whole_and_no_more_goes_than_has_to(
            units in prop::collection::vec(any_unit(), 0..6),
            contents in prop::collection::vec(any_piece(), 8),
            incoming in 0..200_u64,
            limit in 0..500_u64,
        ) {
            let plan = plan(&units, &contents, incoming, limit);
            let stays = |index: &usize| !plan.units.contains(index);
            for index in &plan.units {
                prop_assert!(!units[*index].stays);
            }
            let kept: Vec<usize> = (0..units.len()).filter(stays).collect();
            for index in &kept {
                for content in &units[*index].contents {
                    prop_assert!(!plan.contents.contains(content));
                }
            }
            // Never a new piece that no asset had.
            for content in &plan.contents {
                let had = units.iter().any(|unit| unit.contents.contains(content));
                prop_assert!(had || contents[*content].goes != Goes::Never);
            }
            let left = |units_gone: &[usize], contents_gone: &[usize]| -> u64 {
                let own: u64 = (0..units.len()).filter(|i| !units_gone.contains(i)).map(|i| units[i].own).sum();
                own + (0..contents.len()).filter(|i| !contents_gone.contains(i)).map(|i| contents[i].bytes).sum::<u64>()
            };
            prop_assert_eq!(plan.left, left(&plan.units, &plan.contents));
            // Without its last victim it would not have fitted, or that was not needed.
            if let Some((last, before)) = plan.units.split_last() {
                let freed: u64 = units[*last].own
                    + units[*last].contents.iter().filter(|c| plan.contents.contains(c)).map(|c| contents[*c].bytes).sum::<u64>();
                prop_assert!(plan.left + freed + incoming > limit);
                for victim in before {
                    prop_assert!(units[*victim].used <= units[*last].used);
                }
                prop_assert!(kept.iter().all(|i| units[*i].stays || units[*i].used >= units[*last].used));
            }
        }
    }
}
