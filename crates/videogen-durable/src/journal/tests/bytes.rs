//! Every cut and every changed byte, in memory.

use proptest::prelude::*;

use super::super::scan::{Scan, scan};
use super::*;

pub(super) fn scanned(bytes: &[u8]) -> Result<Scan<Event>, JournalError> {
    scan(Utf8Path::new(JOURNAL_FILE), bytes)
}

proptest! {
    #[test]
    fn a_cut_at_any_byte_leaves_the_records_before_it(events in events()) {
        let bytes = bytes_of(&events);
        for cut in 0..bytes.len() {
            let whole = whole_lines(&bytes[..cut]);
            match scanned(&bytes[..cut]) {
                Ok(scan) => {
                    prop_assert_eq!(scan.good as usize + scan.torn.map_or(0, |t| t.len()), cut);
                    prop_assert_eq!(&bodies(scan.entries), &events[..whole]);
                }
                Err(JournalError::Empty { .. }) => prop_assert_eq!(whole, 0),
                Err(other) => prop_assert!(false, "cut at {}: {:?}", cut, other),
            }
        }
    }

    #[test]
    fn a_changed_byte_never_gives_other_records(events in events(), at in any::<prop::sample::Index>(), to in any::<u8>()) {
        let mut bytes = bytes_of(&events);
        let at = at.index(bytes.len());
        prop_assume!(bytes[at] != to);
        bytes[at] = to;
        assert_changed(&bytes, &events);
    }

    #[test]
    fn clocks_may_jump(events in events(), times in prop::collection::vec(any::<u64>(), 6)) {
        let scan = scanned(&bytes_at(&events, times.iter().copied())).expect("whole");
        prop_assert!(scan.entries.iter().zip(&times).all(|(entry, at)| entry.at == *at));
        prop_assert_eq!(bodies(scan.entries), events);
    }

    #[test]
    fn nothing_that_is_no_journal_passes_for_one(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        let refused = matches!(
            scanned(&bytes),
            Err(JournalError::Empty { .. } | JournalError::Damaged { .. } | JournalError::Newer { .. })
        );
        prop_assert!(refused);
    }
}

/// What is allowed for `bytes`, the journal of `events` with one byte changed.
fn assert_changed(bytes: &[u8], events: &[Event]) {
    match scanned(bytes) {
        Ok(scan) => {
            assert!(scan.torn.is_some());
            assert_eq!(bodies(scan.entries), events[..events.len() - 1]);
        }
        Err(JournalError::Empty { .. }) => assert_eq!(events.len(), 1),
        Err(JournalError::Damaged { .. } | JournalError::Newer { .. }) => {}
        Err(other) => panic!("{other:?}"),
    }
}

#[test]
fn every_change_of_every_byte_is_seen() {
    for n in 1..4 {
        let events = sample(n);
        let mut bytes = bytes_of(&events);
        for at in 0..bytes.len() {
            let was = bytes[at];
            for mask in 1..=u8::MAX {
                bytes[at] = was ^ mask;
                assert_changed(&bytes, &events);
            }
            bytes[at] = was;
        }
    }
}

#[test]
fn files_that_are_no_journals() {
    let empty = |bytes: &[u8]| matches!(scanned(bytes), Err(JournalError::Empty { .. }));
    assert!(empty(b""));
    assert!(empty(b"\n"));
    assert!(empty(&[0; 4096]));
    assert!(empty(b"\xff\xfe\x80 binary"));
    assert!(matches!(
        scanned(b"\xff\xfe\n\x80\x81\n"),
        Err(JournalError::Damaged { line: 1, .. })
    ));
    let endless = scanned(&vec![b'x'; LONGEST]).expect_err("no journal");
    assert_eq!(reason(&endless), "it is longer than any record");
    let mut bytes = bytes_of(&sample(1));
    bytes.insert(bytes.len() - 1, b'\r');
    assert!(
        matches!(scanned(&bytes), Err(JournalError::Damaged { line: 1, .. })),
        "edited, not torn"
    );
}

#[test]
fn a_tail_of_zeros_is_torn() {
    let events = sample(3);
    let mut bytes = bytes_of(&events);
    bytes.extend([0; 500]);
    assert_eq!(bodies(scanned(&bytes).expect("torn").entries), events);
    // The line feed of the last record is among them.
    let end = bytes.len() - 501;
    bytes[end] = 0;
    assert_eq!(bodies(scanned(&bytes).expect("torn").entries), events[..2]);
}
