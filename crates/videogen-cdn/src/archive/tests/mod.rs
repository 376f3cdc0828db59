//! Archives made by hand, byte by byte: no library writes what an attacker writes.

mod attacks;
mod bombs;
mod good;

use std::fs;
use std::io::Write;

use camino::{Utf8Path, Utf8PathBuf};
use camino_tempfile::Utf8TempDir;
use tokio_util::sync::CancellationToken;

use super::{
    ArchiveError, ArchiveLimits, Extracted, MemberProblem, extract_archive, extract_member,
};

const BLOCK: usize = 512;

/// A header of the format of POSIX, 1003.1-1988, with a right checksum.
fn header(name: &[u8], kind: u8, size: u64) -> [u8; BLOCK] {
    let mut header = [0; BLOCK];
    header[..name.len()].copy_from_slice(name);
    header[100..108].copy_from_slice(b"0000644\0");
    header[108..116].copy_from_slice(b"0000000\0");
    header[116..124].copy_from_slice(b"0000000\0");
    header[124..136].copy_from_slice(format!("{size:011o}\0").as_bytes());
    header[136..148].copy_from_slice(b"00000000000\0");
    header[156] = kind;
    header[257..265].copy_from_slice(b"ustar\x0000");
    sum(&mut header);
    header
}

fn sum(header: &mut [u8; BLOCK]) {
    header[148..156].copy_from_slice(b"        ");
    let sum: u32 = header.iter().map(|byte| u32::from(*byte)).sum();
    header[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
}

fn padded(content: &[u8]) -> Vec<u8> {
    let mut content = content.to_vec();
    content.resize(content.len().next_multiple_of(BLOCK), 0);
    content
}

fn entry(name: &str, kind: u8, content: &[u8]) -> Vec<u8> {
    let mut bytes = header(name.as_bytes(), kind, content.len() as u64).to_vec();
    bytes.extend(padded(content));
    bytes
}

fn file(name: &str, content: &[u8]) -> Vec<u8> {
    entry(name, b'0', content)
}

fn dir(name: &str) -> Vec<u8> {
    entry(name, b'5', b"")
}

fn link(kind: u8, name: &str, target: &str) -> Vec<u8> {
    let mut header = header(name.as_bytes(), kind, 0);
    header[157..157 + target.len()].copy_from_slice(target.as_bytes());
    sum(&mut header);
    header.to_vec()
}

/// An extension of records.
fn pax(records: &[(&str, &str)]) -> Vec<u8> {
    let record = |(key, value): &(&str, &str)| {
        let body = format!(" {key}={value}\n");
        let mut length = body.len() + 1;
        while length != body.len() + length.to_string().len() {
            length = body.len() + length.to_string().len();
        }
        format!("{length}{body}").into_bytes()
    };
    entry(
        "pax",
        b'x',
        &records.iter().flat_map(record).collect::<Vec<u8>>(),
    )
}

/// The entries, and the end.
fn tar(entries: &[Vec<u8>]) -> Vec<u8> {
    let mut bytes = entries.concat();
    bytes.extend([0; 2 * BLOCK]);
    bytes
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    encoder.write_all(bytes).expect("in memory");
    encoder.finish().expect("in memory")
}

/// A directory with an archive.
struct Bench {
    dir: Utf8TempDir,
    limits: ArchiveLimits,
}

impl Bench {
    fn new(archive: &[u8]) -> Self {
        let dir = camino_tempfile::tempdir().expect("a temporary directory");
        fs::write(dir.path().join("archive"), archive).expect("written");
        Self {
            dir,
            limits: ArchiveLimits::default(),
        }
    }

    fn at(&self, name: &str) -> Utf8PathBuf {
        self.dir.path().join(name)
    }

    fn extract(&self) -> Result<Extracted, ArchiveError> {
        let cancel = CancellationToken::new();
        extract_archive(&self.at("archive"), &self.at("out"), self.limits, &cancel)
    }

    fn member(&self, member: &str) -> Result<u64, ArchiveError> {
        let cancel = CancellationToken::new();
        extract_member(
            &self.at("archive"),
            member,
            &self.at("one"),
            self.limits,
            &cancel,
        )
    }

    /// Nothing but the archive is there.
    fn is_clean(&self) -> bool {
        let names = self.dir.path().read_dir_utf8().expect("readable");
        names.flatten().all(|entry| entry.file_name() == "archive")
    }
}

/// The archive is refused, plain and compressed, for all and for a member, and nothing is left of it.
fn refused(archive: &[u8]) -> ArchiveError {
    let bench = Bench::new(&gzip(archive));
    let packed = bench.extract().expect_err("refused");
    assert!(bench.is_clean());
    let bench = Bench::new(archive);
    let member = bench.member("good").expect_err("refused");
    assert!(bench.is_clean());
    let plain = bench.extract().expect_err("refused");
    assert!(bench.is_clean());
    for other in [packed, member] {
        let (one, other) = (
            std::mem::discriminant(&plain),
            std::mem::discriminant(&other),
        );
        assert_eq!(one, other);
    }
    assert!(plain.help().is_some());
    plain
}

/// As [`refused`], because of one member.
fn problem(entries: &[Vec<u8>]) -> MemberProblem {
    match refused(&tar(entries)) {
        ArchiveError::Refused { problem, .. } => problem,
        other => panic!("{other}"),
    }
}

fn read(path: &Utf8Path) -> Vec<u8> {
    fs::read(path).expect("readable")
}
