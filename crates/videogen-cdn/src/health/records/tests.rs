//! Laws of what is read from a file, and of merging.

use proptest::prelude::*;
use videogen_net::BlockReason;

use super::*;
use crate::health::host::{Counts, LastFailure, Problem};

const WALL: u64 = 1_800_000_000_000;
const YEAR: u64 = 365 * 24 * 3_600_000;

fn shift() -> Shift {
    Shift {
        from: WALL,
        to: WALL + 77,
    }
}

/// A number as a hostile file may have it where any is read.
fn any_number() -> impl Strategy<Value = String> {
    prop_oneof![
        prop::sample::select(vec!["1e308", "-1e308", "-1", "0", "-0.0", "5e-324", "1"])
            .prop_map(String::from),
        (0.0_f64..2.0).prop_map(|n| n.to_string()),
        any::<u64>().prop_map(|n| n.to_string()),
    ]
}

/// A time or a count as a hostile file may have it.
fn any_whole() -> impl Strategy<Value = u64> {
    prop_oneof![
        Just(0),
        Just(u64::MAX),
        any::<u64>(),
        0..2 * WALL,
        WALL - 1_000_000..WALL + 10_000_000,
    ]
}

prop_compose! {
    /// A host as a hostile file may have it: absurd, but with the right types.
    fn any_entry()(
        n in prop::collection::vec(any_number(), 6),
        w in prop::collection::vec(any_whole(), 10),
        (strikes, failures) in any::<(u32, u32)>(),
    ) -> String {
        format!(
            r#"{{"seen":{{"success":{{"value":{},"count":{},"at":{}}},"speed":{{"value":{},"count":{},"at":{}}},
            "first_byte":{{"value":{},"count":{},"at":{}}},"counts":{{"successes":{},"failures":{},"bytes":{}}},
            "last_success":{},"last_failure":{{"at":{},"why":"fault"}}}},
            "breaker":{{"strikes":{strikes},"failures":{failures},"open_until_ms":{},"reason":"wrong_content"}},
            "breaker_at":{}}}"#,
            n[0], n[1], w[0], n[2], n[3], w[1], n[4], n[5], w[2], w[3], w[4], w[5], w[6], w[7], w[8], w[9],
        )
    }
}

fn file(entries: &[(String, String)]) -> Vec<u8> {
    let hosts: Vec<String> = entries
        .iter()
        .map(|(name, entry)| format!("{name:?}:{entry}"))
        .collect();
    let hosts = hosts.join(",");
    format!(r#"{{"format":"{FORMAT}","version":1,"hosts":{{{hosts}}}}}"#).into_bytes()
}

prop_compose! {
    fn any_breaker()(
        (strikes, failures) in (0_u32..9, 0_u32..3),
        open_until_ms in prop::option::of(0_u64..20),
        reason in prop_oneof![Just(BlockReason::Failures), Just(BlockReason::Wanted), Just(BlockReason::WrongContent)],
    ) -> BreakerSnapshot {
        BreakerSnapshot { strikes, failures, open_until_ms, reason }
    }
}

prop_compose! {
    /// A record with few different times, so that they are often the same.
    fn any_record()(
        averages in prop::collection::vec((0_u64..4, 1_u32..4, 1_u64..4), 3),
        counts in (0_u64..9, 0_u64..9, 0_u64..9),
        last_success in prop::option::of(0_u64..4),
        last_failure in prop::option::of((0_u64..4, any::<bool>())),
        breaker in any_breaker(),
        breaker_at in 0_u64..4,
    ) -> HostRecord {
        let ema = |index: usize| {
            let (value, count, at) = averages[index];
            let text = format!(r#"{{"value":{value},"count":{count},"at":{at}}}"#);
            serde_json::from_str(&text).unwrap()
        };
        let why = |is_wrong| if is_wrong { Problem::WrongBytes } else { Problem::Fault };
        HostRecord {
            seen: Seen {
                success: ema(0),
                speed: ema(1),
                first_byte: ema(2),
                counts: Counts { successes: counts.0, failures: counts.1, bytes: counts.2 },
                last_success,
                last_failure: last_failure.map(|(at, is_wrong)| LastFailure { at, why: why(is_wrong) }),
            },
            breaker,
            breaker_at,
        }
    }
}

prop_compose! {
    fn any_records()(
        hosts in prop::collection::btree_map(0_u8..5, any_record(), 0..5),
        addresses in prop::collection::btree_map(0_u8..5, (0_u64..4, any::<bool>(), 0_u8..3), 0..5),
    ) -> Records {
        let address = |(n, (at, is_dead, shown)): (u8, (u64, bool, u8))| {
            let shown = format!("https://h/{shown}");
            (Sha256Digest::new([n; 32]), AddressRecord { at, is_dead, shown })
        };
        Records {
            hosts: hosts.into_iter().map(|(n, record)| (format!("https://h{n}"), record)).collect(),
            addresses: addresses.into_iter().map(address).collect(),
        }
    }
}

#[test]
fn what_is_written_is_read() {
    let mut records = Records::default();
    let mut seen = Seen::default();
    seen.speed.add(1_250_000.0, WALL);
    seen.success.add(1.0, WALL);
    seen.last_success = Some(WALL);
    let record = HostRecord {
        seen,
        breaker: BreakerSnapshot {
            strikes: 2,
            open_until_ms: Some(WALL + 60_000),
            ..BreakerSnapshot::default()
        },
        breaker_at: WALL,
    };
    records
        .hosts
        .insert("https://a.example:8443".into(), record);
    let address = AddressRecord {
        at: WALL,
        is_dead: true,
        shown: "https://a.example/x".into(),
    };
    records
        .addresses
        .insert(Sha256Digest::new([7; 32]), address);
    let bytes = records.to_bytes().unwrap();
    assert_eq!(Records::parse(&bytes).unwrap(), records);
}

#[test]
fn other_versions_and_other_files_are_of_no_use_and_one_bad_entry_costs_no_other() {
    for text in [
        "",
        "{}",
        "[]",
        "null",
        r#"{"format":"videogen-cdn-health","version":2,"hosts":{}}"#,
        r#"{"format":"other","version":1,"hosts":{}}"#,
        r#"{"format":"videogen-cdn-health","version":1,"hosts":[]}"#,
        r#"{"format":"videogen-cdn-health","version":1,"hosts":{"https://a":NaN}}"#,
    ] {
        Records::parse(text.as_bytes()).expect_err(text);
    }
    let text = r#"{"format":"videogen-cdn-health","version":1,"from_later":1,
        "hosts":{"https://a.example":{},"https://b.example":{"breaker":7},"https://joe@c.example":{},"ftp:":{},"":{}},
        "addresses":{"0707":{"at":1,"is_dead":true,"shown":""}}}"#;
    let records = Records::parse(text.as_bytes()).unwrap();
    let names: Vec<&String> = records.hosts.keys().collect();
    assert_eq!(names, ["https://a.example"]);
    assert!(records.addresses.is_empty());
}

#[test]
fn a_file_with_secrets_in_it_does_not_pass_them_on() {
    let key = "07".repeat(32);
    let text = format!(
        r#"{{"format":"{FORMAT}","version":1,
        "addresses":{{"{key}":{{"at":1,"is_dead":true,"shown":"https://joe:hunter2@a.example/x?token=t0ken"}}}}}}"#
    );
    let records = Records::parse(text.as_bytes()).unwrap();
    let shown = &records.addresses.values().next().unwrap().shown;
    assert!(
        !shown.contains("hunter2") && !shown.contains("t0ken"),
        "{shown}"
    );
}

#[test]
fn a_clock_that_jumps_by_years_neither_blocks_for_ever_nor_forgets_at_once() {
    let mut seen = Seen::default();
    for _ in 0..4 {
        seen.speed.add(4e6, WALL);
        seen.success.add(0.0, WALL);
    }
    let record = HostRecord {
        seen,
        breaker: BreakerSnapshot {
            strikes: 3,
            open_until_ms: Some(WALL + 240_000),
            ..BreakerSnapshot::default()
        },
        breaker_at: WALL,
    };
    let read = |wall: u64| {
        let shift = Shift {
            from: wall,
            to: WALL,
        };
        record.moved(shift, longest_block())
    };
    // The clock was years ahead when the file was written.
    let back = read(WALL - 20 * YEAR);
    assert_eq!(back.breaker.open_until_ms, Some(WALL + longest_block()));
    assert_eq!(back.seen.speed.at(), WALL);
    // It is years ahead now: the block is over, which costs one probe; the rest is known all the same.
    let forth = read(WALL + 20 * YEAR);
    assert!(forth.breaker.open_until_ms.unwrap() <= WALL);
    assert_eq!(forth.breaker.strikes, 3);
    assert!(forth.seen.speed.toward_by_factor(1e3, WALL) > 2e3);
    assert!(forth.seen.success.toward(1.0, WALL) < 0.9);
}

proptest! {
    #[test]
    fn no_bytes_make_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        let _ = Records::parse(&bytes);
    }

    #[test]
    fn a_damaged_file_does_not_make_it_panic(
        entries in prop::collection::vec(any_entry(), 1..4),
        at in any::<prop::sample::Index>(),
        byte: u8,
    ) {
        let entries: Vec<_> = entries.into_iter().enumerate().map(|(n, entry)| (format!("https://h{n}"), entry)).collect();
        let mut bytes = file(&entries);
        let at = at.index(bytes.len());
        bytes[at] = byte;
        let _ = Records::parse(&bytes);
    }

    #[test]
    fn absurd_values_become_usable_ones(entry in any_entry(), wall in 0..2 * WALL) {
        let records = Records::parse(&file(&[("https://h".to_owned(), entry)])).unwrap();
        prop_assert_eq!(records.hosts.len(), 1);
        let now = WALL;
        for record in records.moved(Shift { from: wall, to: now }, longest_block()).hosts.values() {
            prop_assert!(record.breaker.open_until_ms.is_none_or(|until| until <= now + longest_block()));
            prop_assert!(record.heard_at() <= now && record.seen.last_success.is_none_or(|at| at <= now));
            let host = crate::health::host::Host { seen: record.seen, ..Default::default() };
            let counts = host.counts();
            prop_assert!(counts.plus(counts).successes >= counts.successes);
            let prior = crate::health::score::Prior::of([&host].into_iter());
            let score = crate::health::score::score(&host.seen, 50, prior, now);
            prop_assert!(score.is_finite() && score > 0.0, "{} {:?}", score, record);
        }
    }

    #[test]
    fn merging_is_commutative_and_idempotent(a in any_records(), b in any_records()) {
        let ab = a.clone().merged(b.clone());
        prop_assert_eq!(&ab, &b.clone().merged(a.clone()));
        prop_assert_eq!(&ab.clone().merged(a.clone()), &ab.clone());
        prop_assert_eq!(&ab.clone().merged(b), &ab);
        prop_assert_eq!(&a.clone().merged(a.clone()), &a);
        // Nothing is lost.
        prop_assert!(a.hosts.keys().all(|name| ab.hosts.contains_key(name)));
        prop_assert!(a.addresses.keys().all(|address| ab.addresses.contains_key(address)));
    }

    #[test]
    fn times_survive_the_way_to_the_file_and_back(records in any_records()) {
        let to_file = records.clone().moved(shift(), u64::MAX);
        prop_assert_eq!(to_file.moved(shift().back(), u64::MAX), records);
    }

    #[test]
    fn what_is_kept_is_the_newest(ages in prop::collection::vec(any::<u64>(), 0..60), most in 0_usize..40) {
        let mut map: BTreeMap<usize, u64> = ages.iter().copied().enumerate().collect();
        keep_newest(&mut map, most, |at| *at);
        prop_assert_eq!(map.len(), ages.len().min(most));
        let oldest_kept = map.values().min();
        let newest_gone = ages.iter().enumerate().filter(|(n, _)| !map.contains_key(n)).map(|(_, at)| at).max();
        prop_assert!(newest_gone.is_none() || oldest_kept.is_none() || newest_gone <= oldest_kept);
    }
}
