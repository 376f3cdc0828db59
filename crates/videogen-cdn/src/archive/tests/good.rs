//! Archives as people make them.

use super::*;

fn archive() -> Vec<u8> {
    let long = format!("{}/x.onnx", ["deep"; 14].join("/"));
    let longer = "n".repeat(150);
    tar(&[
        entry(
            "pax_global_header",
            b'g',
            b"52 comment=0123456789abcdef0123456789abcdef01234567\n",
        ),
        dir("./"),
        dir("./piper/"),
        file("./piper/a.onnx", b"model"),
        entry("././@LongLink", b'L', format!("{longer}\0").as_bytes()),
        file(&longer[..100], b"named by GNU"),
        pax(&[("mtime", "1.5"), ("path", &long), ("size", "5")]),
        file("short", b"named"),
        file("empty", b""),
        file("good", &vec![7; 100_000]),
    ])
}

#[test]
fn all_is_unpacked_as_a_whole_for_its_owner_only() {
    for bytes in [archive(), gzip(&archive())] {
        let bench = Bench::new(&bytes);
        let extracted = bench.extract().expect("unpacked");
        assert_eq!(extracted.files.len(), 5);
        assert_eq!(extracted.bytes, 5 + 12 + 5 + 100_000);
        let out = bench.at("out");
        assert_eq!(read(&out.join("piper/a.onnx")), b"model");
        assert_eq!(read(&out.join("n".repeat(150))), b"named by GNU");
        assert_eq!(read(&out.join(&extracted.files[2])), b"named");
        assert_eq!(read(&out.join("empty")), b"");
        assert_eq!(read(&out.join("good")), vec![7; 100_000]);
        #[cfg(unix)]
        {
            use std::os::unix::fs::MetadataExt;
            let mode = |name: &str| fs::metadata(out.join(name)).expect("there").mode() & 0o777;
            assert_eq!((mode("good"), mode("piper")), (0o600, 0o700));
        }
        let names: Vec<_> = bench
            .dir
            .path()
            .read_dir_utf8()
            .expect("readable")
            .flatten()
            .collect();
        assert_eq!(names.len(), 2, "{names:?}");
        // Never over something.
        let error = bench.extract().expect_err("it is there");
        assert!(matches!(error, ArchiveError::Taken { .. }), "{error}");
    }
}

#[test]
fn one_file_is_unpacked() {
    let bench = Bench::new(&gzip(&archive()));
    assert_eq!(bench.member("piper/a.onnx").expect("unpacked"), 5);
    assert_eq!(read(&bench.at("one")), b"model");
    assert!(matches!(
        bench.member("good"),
        Err(ArchiveError::Taken { .. })
    ));
    fs::remove_file(bench.at("one")).expect("removed");
    for absent in ["piper", "b.onnx", "../archive", "", "/etc/passwd"] {
        let error = bench.member(absent).expect_err("no such file");
        assert!(
            matches!(error, ArchiveError::NoMember { .. }),
            "{absent}: {error}"
        );
    }
    assert!(bench.is_clean());
}

#[test]
fn what_the_usual_library_writes_is_read() {
    let mut builder = tar::Builder::new(Vec::new());
    let long = format!("{}/y", ["a"; 15].join("/"));
    for (name, content) in [
        ("x", &b"one"[..]),
        (&long, b"two"),
        (&"z".repeat(180), b"three"),
    ] {
        let mut header = tar::Header::new_gnu();
        header.set_size(content.len() as u64);
        header.set_mode(0o777);
        builder
            .append_data(&mut header, name, content)
            .expect("in memory");
    }
    let bench = Bench::new(&gzip(&builder.into_inner().expect("in memory")));
    assert_eq!(bench.extract().expect("unpacked").files.len(), 3);
    assert_eq!(read(&bench.at("out").join(long)), b"two");
}

#[test]
fn what_a_killed_process_unpacked_is_swept() {
    let bench = Bench::new(&archive());
    let dead = videogen_durable::ScratchDir::create(bench.dir.path(), ".unpack-").expect("made");
    let left = dead.path().to_owned();
    fs::write(left.join("half"), "x").expect("written");
    dead.leave();
    bench.extract().expect("unpacked");
    assert!(!left.exists());
}

#[test]
fn it_can_be_cancelled() {
    let bench = Bench::new(&archive());
    let cancel = CancellationToken::new();
    cancel.cancel();
    let error = extract_archive(
        &bench.at("archive"),
        &bench.at("out"),
        bench.limits,
        &cancel,
    );
    assert!(matches!(error, Err(ArchiveError::Cancelled)), "{error:?}");
    assert!(bench.is_clean());
}
