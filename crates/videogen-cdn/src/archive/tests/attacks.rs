//! What archives have been made of to write where they should not.

use super::*;

#[test]
fn links_and_what_is_written_through_them() {
    // Symbolic link, then a file through it: CVE-2026-34447 and many before.
    let through = [
        link(b'2', "good", "/etc"),
        file("good/passwd", b"root::0:0"),
    ];
    assert_eq!(problem(&through), MemberProblem::Link);
    // A hard link to a file outside: CVE-2026-34446.
    assert_eq!(
        problem(&[link(b'1', "good", "/etc/passwd")]),
        MemberProblem::Link
    );
    // Names of targets in extensions.
    let long = entry("././@LongLink", b'K', b"/etc/passwd\0");
    assert_eq!(
        problem(&[long, link(b'2', "good", "x")]),
        MemberProblem::Link
    );
    let target = pax(&[("linkpath", "/etc/passwd")]);
    assert!(matches!(
        problem(&[target, file("good", b"x")]),
        MemberProblem::Extension(_)
    ));
    // Harmless as they look.
    assert_eq!(
        problem(&[file("a", b"x"), link(b'2', "good", "a")]),
        MemberProblem::Link
    );
}

#[test]
fn devices_pipes_and_kinds_that_nobody_knows() {
    // Character and block devices, pipes, contiguous and sparse files, directories of GNU, volumes, and letters of vendors.
    for kind in *b"34678SDMVNAZ\x7f" {
        assert_eq!(
            problem(&[entry("good", kind, b"")]),
            MemberProblem::Special,
            "{kind}"
        );
    }
    let sparse = pax(&[
        ("GNU.sparse.major", "1"),
        ("GNU.sparse.name", "/etc/passwd"),
    ]);
    assert!(matches!(
        problem(&[sparse, file("good", b"x")]),
        MemberProblem::Extension(_)
    ));
    let mut fat = header(b"good/", b'5', 5).to_vec();
    fat.extend(padded(b"bytes"));
    assert_eq!(
        problem(&[fat]),
        MemberProblem::Special,
        "a directory with bytes"
    );
}

#[test]
fn paths_that_lead_out_in_a_header_and_in_each_extension() {
    use MemberProblem::{Absolute, Name, Parent};
    let in_header = |path: &str| problem(&[file(path, b"x")]);
    let in_pax = |path: &str| problem(&[pax(&[("path", path)]), file("good", b"x")]);
    let in_gnu = |path: &str| {
        problem(&[
            entry("././@LongLink", b'L', path.as_bytes()),
            file("good", b"x"),
        ])
    };
    for of in [
        &in_header as &dyn Fn(&str) -> MemberProblem,
        &in_pax,
        &in_gnu,
    ] {
        assert_eq!(of("../evil"), Parent);
        assert_eq!(of("a/../../evil"), Parent);
        assert_eq!(of("/etc/cron.d/evil"), Absolute);
        assert_eq!(of("\\\\host\\share\\evil"), Absolute);
        for path in [
            "C:\\evil",
            "C:evil",
            "a\\..\\..\\evil",
            ".ssh/authorized_keys",
            "aux",
            "a:ads",
            "a\u{202E}b",
        ] {
            assert!(matches!(of(path), Name(_)), "{path}");
        }
        assert_eq!(of(&"d/".repeat(20)), MemberProblem::Deep(16));
    }
    for of in [&in_pax as &dyn Fn(&str) -> MemberProblem, &in_gnu] {
        assert!(matches!(of("good\0.txt"), Name(_)));
        assert!(matches!(of(""), Name(_)));
    }
    // The prefix of the header is part of the path.
    let mut split = header(b"evil", b'0', 0);
    split[345..347].copy_from_slice(b"..");
    sum(&mut split);
    assert_eq!(problem(&[split.to_vec()]), Parent);
    assert_eq!(problem(&[dir("../evil/")]), Parent);
    let mut no_text = header(b"\xff\xfe", b'0', 0);
    sum(&mut no_text);
    assert!(matches!(problem(&[no_text.to_vec()]), Name(_)));
}

#[test]
fn names_that_are_one_on_some_file_systems() {
    let pair = |one: &str, other: &str| problem(&[file(one, b"1"), file(other, b"2")]);
    for (one, other) in [
        ("good", "good"),
        ("good", "GOOD"),
        ("straße", "STRASSE"),
        ("é", "e\u{301}"),
        ("a/b", "A"),
        ("a", "A/b"),
    ] {
        assert_eq!(pair(one, other), MemberProblem::Duplicate, "{one} {other}");
    }
    assert_eq!(
        problem(&[dir("good/"), file("Good", b"")]),
        MemberProblem::Duplicate
    );
}

/// CVE-2025-62518 (TARmageddon): an extension says that a file has the size of an archive inside, the header says 0. Who
/// believes the header takes the members of the inner archive for those of the outer one.
#[test]
fn two_sizes_of_one_file() {
    let inner = tar(&[file("evil", b"smuggled")]);
    let size = inner.len().to_string();
    let mut outer = pax(&[("size", &size)]);
    outer.extend(header(b"good", b'0', 0));
    outer.extend(&inner);
    assert_eq!(problem(&[outer]), MemberProblem::TwoSizes);
    // The other way round (CVE-2026-33055): the extension says 0.
    let mut outer = pax(&[("size", "0")]);
    outer.extend(header(b"good", b'0', inner.len() as u64));
    outer.extend(&inner);
    assert_eq!(problem(&[outer]), MemberProblem::TwoSizes);
    // The size of the extension itself must not be overridden, nor that of all members.
    let global = entry("g", b'g', b"13 size=1024\n");
    assert!(matches!(
        problem(&[global, file("good", b"x")]),
        MemberProblem::Extension(_)
    ));
    // Both are honest: not in a list of attacks, but the same bytes twice would be.
    let honest = tar(&[pax(&[("size", "1")]), file("good", b"x")]);
    assert_eq!(Bench::new(&honest).member("good").expect("unpacked"), 1);
}

/// astral-tokio-tar ≤ 0.5.6 skipped malformed extensions; others do not.
#[test]
fn malformed_extensions() {
    for records in [
        &b"garbage"[..],
        b"99 path=x\n",
        b"9 path=x",
        b"9 path=x\0",
        b"09 path=x\n",
        b"10 path=a\n10 path=b\n",
        b"13 size=0x10\n",
        b"11 path=\xff\xfe\n",
    ] {
        let bad = entry("pax", b'x', records);
        let found = problem(&[bad, file("good", b"x")]);
        assert!(
            matches!(found, MemberProblem::Extension(_)),
            "{:?}",
            String::from_utf8_lossy(records)
        );
    }
    let found = |entries: &[Vec<u8>]| matches!(problem(entries), MemberProblem::Extension(_));
    let name = |path: &str| pax(&[("path", path)]);
    let long = |path: &str| entry("././@LongLink", b'L', path.as_bytes());
    assert!(
        found(&[name("a"), name("good"), file("x", b"")]),
        "two extensions"
    );
    assert!(
        found(&[long("a"), long("good"), file("x", b"")]),
        "two long names"
    );
    assert!(
        found(&[name("a"), long("good"), file("x", b"")]),
        "two names"
    );
    assert!(
        found(&[
            entry("pax", b'x', &vec![b'x'; 65 * 1024]),
            file("good", b"")
        ]),
        "too long"
    );
}

#[test]
fn what_is_cut_off_damaged_or_no_archive() {
    let damaged = |bytes: &[u8]| matches!(refused(bytes), ArchiveError::Damaged { .. });
    let whole = tar(&[file("a", b"first"), file("good", &[1; 2000])]);
    for end in [
        0,
        1,
        511,
        512,
        600,
        1024,
        1536,
        1600,
        whole.len() - 1024,
        whole.len() - 512,
        whole.len() - 1,
    ] {
        assert!(damaged(&whole[..end]), "{end}");
    }
    assert!(damaged(b"<!DOCTYPE html><html>not found</html>"));
    assert!(damaged(&[b'x'; 4096]));
    assert!(
        damaged(&[file("good", b""), name_only()].concat()),
        "an extension at the end"
    );
    let mut sum_is_wrong = whole.clone();
    sum_is_wrong[0] ^= 1;
    assert!(damaged(&sum_is_wrong));
    // A header of the seventh edition has no mark: readers guess what it means.
    let mut old = header(b"good", b'0', 0);
    old[257..265].fill(0);
    sum(&mut old);
    assert!(damaged(&tar(&[old.to_vec()])));
    // A second archive behind the end of the first: some readers go on.
    assert!(damaged(
        &[whole.clone(), tar(&[file("evil", b"x")])].concat()
    ));
    // Numbers that are none, and one that overflows.
    for size in [
        &b"-0000000001\0"[..],
        b"0x000000010\0",
        b"\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff",
    ] {
        let mut header = header(b"good", b'0', 0);
        header[124..136].copy_from_slice(size);
        sum(&mut header);
        let error = refused(&tar(&[header.to_vec()]));
        assert!(
            matches!(
                error,
                ArchiveError::Damaged { .. } | ArchiveError::TooMuch { .. }
            ),
            "{error}"
        );
    }
}

fn name_only() -> Vec<u8> {
    tar(&[pax(&[("path", "good")])])
}

#[test]
fn gzip_that_is_cut_off_or_damaged() {
    let whole = gzip(&tar(&[file(
        "good",
        &(0..=255).cycle().take(5000).collect::<Vec<u8>>(),
    )]));
    for end in [
        2,
        10,
        100,
        whole.len() - 9,
        whole.len() - 8,
        whole.len() - 1,
    ] {
        let bench = Bench::new(&whole[..end]);
        let error = bench.extract().expect_err("cut off");
        assert!(
            matches!(error, ArchiveError::Damaged { .. }),
            "{end}: {error}"
        );
        assert!(bench.is_clean());
    }
    // The sum at the end is that of other bytes.
    let mut bad = whole.clone();
    let at = bad.len() - 6;
    bad[at] ^= 1;
    let error = Bench::new(&bad).member("good").expect_err("damaged");
    assert!(matches!(error, ArchiveError::Damaged { .. }), "{error}");
}

#[test]
fn what_is_no_regular_file_is_no_archive() {
    let bench = Bench::new(b"");
    fs::remove_file(bench.at("archive")).expect("removed");
    let error = bench.extract().expect_err("nothing there");
    assert!(matches!(error, ArchiveError::Io { .. }), "{error}");
    fs::create_dir(bench.at("archive")).expect("made");
    bench.extract().expect_err("a directory");
}
