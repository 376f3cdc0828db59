//! Few bytes that become many.

use std::io::Read;

use super::*;

/// Ten GB of zeros in ten MB: refused long before they are written.
#[test]
fn zeros_without_end() {
    const MIB: usize = 1 << 20;
    let mut stream = Vec::new();
    let mut encoder = flate2::write::GzEncoder::new(&mut stream, flate2::Compression::best());
    encoder
        .write_all(&header(b"good", b'0', 7 << 30))
        .expect("in memory");
    let mut zeros = std::io::repeat(0).take(64 * MIB as u64);
    std::io::copy(&mut zeros, &mut encoder).expect("in memory");
    encoder.finish().expect("in memory");
    assert!(stream.len() < MIB);
    let mut bench = Bench::new(&stream);
    bench.limits.bytes = u64::MAX;
    for error in [
        bench.extract().expect_err("refused"),
        bench.member("good").expect_err("refused"),
    ] {
        assert!(
            matches!(&error, ArchiveError::TooMuch { limit, .. } if limit.contains("200 times")),
            "{error}"
        );
        assert!(bench.is_clean());
    }
    // What the header promises is enough to refuse it.
    bench.limits = ArchiveLimits::default();
    let error = bench.extract().expect_err("refused");
    assert!(
        matches!(&error, ArchiveError::TooMuch { limit, .. } if limit.contains("4294967296 bytes")),
        "{error}"
    );
}

#[test]
fn many_bytes_and_many_members() {
    let many: Vec<Vec<u8>> = (0..101).map(|n| file(&format!("f{n}"), &[1; 10])).collect();
    let mut bench = Bench::new(&tar(&many));
    bench.limits.members = 101;
    bench.limits.bytes = 1010;
    bench.extract().expect("just enough");
    fs::rename(bench.at("out"), bench.at("before")).expect("renamed");
    bench.limits.members = 100;
    let error = bench.extract().expect_err("refused");
    assert!(error.to_string().contains("more than 100 files"), "{error}");
    bench.limits.members = 101;
    bench.limits.bytes = 1009;
    let error = bench.extract().expect_err("refused");
    assert!(
        error.to_string().contains("more than 1009 bytes"),
        "{error}"
    );
    assert!(!bench.at("out").exists());
}

/// Neither are there members to count nor bytes of files: extensions, directories and padding have bounds too.
#[test]
fn bytes_that_are_in_no_file() {
    let mut bench = Bench::new(&tar(&[file("good", b"x")]));
    bench.limits = ArchiveLimits {
        members: 1,
        bytes: 1,
        ratio: 200,
    };
    bench.extract().expect("unpacked");
    let padding = [tar(&[file("good", b"x")]), vec![0; 2 << 20]].concat();
    let comments = entry(
        "g",
        b'g',
        &[
            b"60012 comment=".to_vec(),
            vec![b'c'; 59_997],
            b"\n".to_vec(),
        ]
        .concat(),
    );
    let comments = tar(&[comments.repeat(30), file("good", b"x")]);
    for bytes in [padding, comments] {
        let limits = bench.limits;
        bench = Bench::new(&bytes);
        bench.limits = limits;
        let error = bench.extract().expect_err("refused");
        assert!(matches!(error, ArchiveError::TooMuch { .. }), "{error}");
        assert!(bench.is_clean());
    }
}

#[test]
fn a_file_that_compresses_well_is_no_bomb() {
    let text = "a line as many texts have it, again and again\n".repeat(20_000);
    let bench = Bench::new(&gzip(&tar(&[file("good", text.as_bytes())])));
    assert_eq!(bench.member("good").expect("unpacked"), text.len() as u64);
}
