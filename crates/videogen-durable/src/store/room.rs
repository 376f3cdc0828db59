//! What has to go so that the store keeps its limits. Pure.

/// An entry as the choice sees it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Used {
    /// When it was last used, in the store's stamps.
    pub(super) stamp: u64,
    /// Size of its content.
    pub(super) bytes: u64,
    /// Whether it must stay.
    pub(super) pinned: bool,
}

/// A number of entries and their bytes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Amount {
    pub(super) bytes: u64,
    pub(super) entries: u64,
}

impl Amount {
    pub(super) fn plus(self, other: Self) -> Self {
        Self {
            bytes: self.bytes.saturating_add(other.bytes),
            entries: self.entries.saturating_add(other.entries),
        }
    }

    pub(super) fn minus(self, other: Self) -> Self {
        Self {
            bytes: self.bytes.saturating_sub(other.bytes),
            entries: self.entries.saturating_sub(other.entries),
        }
    }

    pub(super) fn fits(self, limit: Self) -> bool {
        self.bytes <= limit.bytes && self.entries <= limit.entries
    }

    pub(super) fn one(bytes: u64) -> Self {
        Self { bytes, entries: 1 }
    }
}

/// What to remove.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Choice {
    /// Indices, the longest unused first.
    pub(super) victims: Vec<usize>,
    /// Whether `incoming` fits once they are gone. If not, the victims are all that may go.
    pub(super) fits: bool,
}

/// None of `entries` if they and `incoming` are within `limit`; else the longest unused, no more than needed to be within
/// `goal`. Never a pinned one. A goal below the limit makes room for the next ones too.
pub(super) fn choose(entries: &[Used], incoming: Amount, limit: Amount, goal: Amount) -> Choice {
    let mut left = entries
        .iter()
        .fold(incoming, |sum, e| sum.plus(Amount::one(e.bytes)));
    if left.fits(limit) {
        return Choice {
            victims: Vec::new(),
            fits: true,
        };
    }
    let mut order: Vec<usize> = (0..entries.len()).filter(|&i| !entries[i].pinned).collect();
    order.sort_by_key(|&i| entries[i].stamp);
    let mut victims = Vec::new();
    for index in order {
        if left.fits(goal) {
            break;
        }
        left = left.minus(Amount::one(entries[index].bytes));
        victims.push(index);
    }
    Choice {
        victims,
        fits: left.fits(limit),
    }
}

/// Stamps are nanoseconds since 1970, this far apart at least: coarser than every file system that keeps fractions of a
/// second (NTFS: 100 ns).
const STEP: u64 = 1_000;

/// The stamp of a use at `now`, when the newest so far is `newest`. A clock that is set back does not make what is used
/// now look older than what was used before.
pub(super) fn stamp(newest: u64, now: u64) -> u64 {
    now.max(newest.saturating_add(STEP))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn entries() -> impl Strategy<Value = Vec<Used>> {
        let one = (0..50u64, 0..100u64, prop::bool::weighted(0.2));
        prop::collection::vec(one, 0..30).prop_map(|all| {
            all.into_iter()
                .map(|(stamp, bytes, pinned)| Used {
                    stamp,
                    bytes,
                    pinned,
                })
                .collect()
        })
    }

    proptest! {
        #[test]
        fn the_oldest_go_no_more_than_needed_and_never_a_pinned_one(
            entries in entries(),
            incoming in prop::option::of(0..200u64),
            bytes in 0..1500u64,
            count in 0..40u64,
            spare in 0..200u64,
        ) {
            let limit = Amount { bytes, entries: count };
            let goal = limit.minus(Amount { bytes: spare, entries: spare / 20 });
            let incoming = incoming.map_or(Amount::default(), Amount::one);
            let Choice { victims, fits } = choose(&entries, incoming, limit, goal);
            let left = |gone: &[usize]| {
                entries.iter().enumerate().filter(|(i, _)| !gone.contains(i))
                    .fold(incoming, |sum, (_, e)| sum.plus(Amount::one(e.bytes)))
            };
            prop_assert_eq!(left(&victims).fits(limit), fits);
            prop_assert!(victims.iter().all(|&i| !entries[i].pinned));
            if let Some((_, fewer)) = victims.split_last() {
                prop_assert!(!left(&[]).fits(limit) && !left(fewer).fits(goal));
            }
            let newest_gone = victims.iter().map(|&i| entries[i].stamp).max();
            for (i, entry) in entries.iter().enumerate() {
                if !victims.contains(&i) && !entry.pinned {
                    prop_assert!(fits, "nothing that may go stays when it does not fit");
                    prop_assert!(newest_gone.is_none_or(|stamp| stamp <= entry.stamp));
                }
            }
        }

        #[test]
        fn stamps_go_up_whatever_the_clock_does(start in any::<u64>(), clock in prop::collection::vec(any::<u64>(), 1..20)) {
            let mut newest = start / 2;
            for now in clock {
                let next = stamp(newest, now / 2);
                prop_assert!(next > newest);
                newest = next;
            }
        }
    }
}
