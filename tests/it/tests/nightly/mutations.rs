//! A batch is killed in the middle, and then one of its files, or one of the cache's, is damaged.

use std::fs;
use std::io::Write;

use camino::{Utf8Path, Utf8PathBuf};
use rustix::fs::{CWD, FileType, Mode, mknodat};
use testkit::{Chance, Run};

use crate::subject::{Subject, report};

const SIGKILL: i32 = 9;

/// What is done to a file.
#[derive(Debug, Clone, Copy)]
enum Damage {
    FlipBit,
    Truncate,
    Empty,
    Remove,
    Append,
    RepeatEnd,
    Directory,
    Pipe,
    DanglingLink,
    Zeros,
}

const DAMAGES: &[Damage] = &[
    Damage::FlipBit,
    Damage::FlipBit,
    Damage::FlipBit,
    Damage::Truncate,
    Damage::Truncate,
    Damage::Empty,
    Damage::Remove,
    Damage::Append,
    Damage::RepeatEnd,
    Damage::Directory,
    Damage::Pipe,
    Damage::DanglingLink,
    Damage::Zeros,
];

fn damage(chance: &mut Chance, file: &Utf8Path, how: Damage) {
    let mut bytes = fs::read(file).unwrap();
    let write = |bytes: &[u8]| fs::write(file, bytes).unwrap();
    match how {
        Damage::FlipBit if !bytes.is_empty() => {
            let at = chance.index(bytes.len());
            bytes[at] ^= 1 << chance.index(8);
            write(&bytes);
        }
        Damage::Truncate if !bytes.is_empty() => write(&bytes[..chance.index(bytes.len())]),
        Damage::Zeros => {
            bytes.fill(0);
            write(&bytes);
        }
        Damage::RepeatEnd => {
            let from = bytes.len().saturating_sub(1 + chance.index(200));
            let end = bytes[from..].to_vec();
            bytes.extend(end);
            write(&bytes);
        }
        Damage::Append => {
            let mut file = fs::OpenOptions::new().append(true).open(file).unwrap();
            file.write_all(b"\0\xff{\"and\":\"more\"}\n").unwrap();
        }
        Damage::FlipBit | Damage::Truncate | Damage::Empty => write(b""),
        Damage::Remove => fs::remove_file(file).unwrap(),
        Damage::Directory => {
            fs::remove_file(file).unwrap();
            fs::create_dir(file).unwrap();
        }
        Damage::Pipe => {
            fs::remove_file(file).unwrap();
            let mode = Mode::RUSR | Mode::WUSR;
            mknodat(CWD, file.as_std_path(), FileType::Fifo, mode, 0).unwrap();
        }
        Damage::DanglingLink => {
            fs::remove_file(file).unwrap();
            std::os::unix::fs::symlink("/nowhere/at/all", file).unwrap();
        }
    }
}

/// Every regular file below `dir`, sorted.
fn files(dir: &Utf8Path) -> Vec<Utf8PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![dir.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in folder.read_dir_utf8().unwrap() {
            let entry = entry.unwrap();
            match entry.file_type().unwrap() {
                kind if kind.is_dir() => folders.push(entry.into_path()),
                kind if kind.is_file() => found.push(entry.into_path()),
                _ => {}
            }
        }
    }
    found.sort();
    found
}

fn copy(from: &Utf8Path, to: &Utf8Path) {
    if to.exists() {
        fs::remove_dir_all(to).unwrap();
    }
    Run::new("/bin/cp")
        .args(["-a", from.as_str(), to.as_str()])
        .finish()
        .expect_code(0);
}

fn mutate(count: usize, seed: u64) {
    let mut chance = Chance::new(seed);
    let subject = Subject::new();
    let kept = camino_tempfile::tempdir().unwrap();
    // One video is delivered, the other one is on its way.
    let mut running = subject
        .run(testkit::videogen_bin())
        .args(subject.generate())
        .start();
    let one = || subject.at("out/x.mp4").exists() || subject.at("out/x-2.mp4").exists();
    assert!(running.wait_until(one), "{}", running.finish().stderr());
    running.signal(SIGKILL);
    running.finish();
    // A copy of a scratch directory is nobody's, so none is left in what is copied.
    for place in ["out", "tmp"] {
        for entry in subject.at(place).read_dir_utf8().unwrap().flatten() {
            if entry.file_name().starts_with(".videogen-") {
                fs::remove_dir_all(entry.path()).unwrap();
            }
        }
    }
    for place in ["home", "out"] {
        copy(&subject.at(place), &kept.path().join(place));
    }
    let mut broken = Vec::new();
    for _ in 0..count {
        for place in ["home", "out"] {
            copy(&kept.path().join(place), &subject.at(place));
        }
        let all = files(&subject.at("home"));
        let file = chance.one_of(&all).clone();
        let how = *chance.one_of(DAMAGES);
        damage(&mut chance, &file, how);
        let mut more = Vec::new();
        for words in ["batches", "status", "cache stats"] {
            let words: Vec<String> = words.split(' ').map(str::to_owned).collect();
            subject.judge(&subject.videogen(&words), true, &mut more);
        }
        recover(&subject, &mut more);
        let name = file.strip_prefix(subject.dir()).unwrap();
        broken.extend(
            more.into_iter()
                .map(|what| format!("{how:?} of {name}: {what}")),
        );
    }
    report("damaged files", count, &broken);
}

/// A batch whose journal is damaged may be refused for ever. Then a new one must be possible beside what it delivered,
/// which nobody touches.
fn recover(subject: &Subject, broken: &mut Vec<String>) {
    let resumed = subject.videogen(&["resume".to_owned()]);
    subject.judge(&resumed, false, broken);
    if subject.is_delivered() {
        return;
    }
    if resumed.code() == Some(0) {
        broken.push(format!(
            "it says that all is delivered: {}",
            resumed.stderr()
        ));
    }
    let again = subject.videogen(&subject.generate());
    if again.code() != Some(0) {
        broken.push(format!(
            "a new batch fails: {:?}: {}",
            again.code(),
            again.stderr()
        ));
    }
    subject.judge(&again, false, broken);
}

#[test]
fn a_damaged_file_stops_no_command_and_no_new_batch() {
    mutate(8, 5);
}

#[test]
#[ignore = "nightly: many minutes"]
fn two_hundred_damaged_files() {
    mutate(200, 6);
}
