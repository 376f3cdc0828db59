use std::sync::atomic::{AtomicBool, Ordering};

use videogen_durable::RealEffects;

use super::*;

/// A disk that is full when it is told to be.
#[derive(Debug, Default)]
struct Disk {
    full: AtomicBool,
}

impl Effects for Disk {
    fn before(&self, _: Effect<'_>) -> io::Result<()> {
        if self.full.load(Ordering::Relaxed) {
            return Err(io::ErrorKind::StorageFull.into());
        }
        Ok(())
    }
}

fn small(directory: &Utf8Path, most: u64) -> RotatingLog {
    RotatingLog::with_size(directory, Arc::new(RealEffects), most)
}

fn read(directory: &Utf8Path, name: &str) -> String {
    fs::read_to_string(directory.join(name)).expect("there")
}

fn say(mut log: &RotatingLog, text: &str) {
    writeln!(log, "{text}").expect("it never fails");
}

#[test]
fn a_line_is_in_the_file_when_the_write_returns() {
    let dir = camino_tempfile::tempdir().expect("a temporary directory");
    let directory = dir.path().join("not/yet");
    let log = RotatingLog::new(&directory, Arc::new(RealEffects));
    assert!(!directory.exists());
    log.clone().write_all(b"one\n").expect("it never fails");
    assert_eq!(read(&directory, NAME), "one\n");
    // A later run appends.
    say(&RotatingLog::new(&directory, Arc::new(RealEffects)), "two");
    assert_eq!(read(&directory, NAME), "one\ntwo\n");
    assert_eq!(
        (log.path(), log.dropped()),
        (directory.join(NAME).as_path(), 0)
    );
}

#[test]
fn full_files_are_put_aside_and_three_are_kept() {
    let dir = camino_tempfile::tempdir().expect("a temporary directory");
    let log = small(dir.path(), 10);
    for i in 0..12 {
        log.clone()
            .write_all(format!("{i:04}\n").as_bytes())
            .expect("it never fails");
    }
    assert_eq!(read(dir.path(), NAME), "0010\n0011\n");
    assert_eq!(read(dir.path(), "videogen.log.1"), "0008\n0009\n");
    assert_eq!(read(dir.path(), "videogen.log.2"), "0006\n0007\n");
    assert_eq!(read(dir.path(), "videogen.log.3"), "0004\n0005\n");
    assert_eq!(fs::read_dir(dir.path()).expect("there").count(), 4);
}

#[test]
fn the_real_size_is_five_mebibytes() {
    let dir = camino_tempfile::tempdir().expect("a temporary directory");
    let log = RotatingLog::new(dir.path(), Arc::new(RealEffects));
    let line = format!("{}\n", "x".repeat(1023));
    for _ in 0..=5 * 1024 {
        log.clone()
            .write_all(line.as_bytes())
            .expect("it never fails");
    }
    assert_eq!(read(dir.path(), "videogen.log.1").len(), 5 << 20);
    assert_eq!(read(dir.path(), NAME), line);
}

#[test]
fn a_full_disk_drops_lines_counts_them_and_goes_on() {
    let dir = camino_tempfile::tempdir().expect("a temporary directory");
    let disk = Arc::new(Disk::default());
    let log = RotatingLog::with_size(dir.path(), Arc::clone(&disk) as Arc<dyn Effects>, 1000);
    let say = |text: &str| {
        log.clone()
            .write_all(text.as_bytes())
            .expect("it never fails");
    };
    disk.full.store(true, Ordering::Relaxed);
    say("lost from the start\n");
    disk.full.store(false, Ordering::Relaxed);
    say("one\n");
    disk.full.store(true, Ordering::Relaxed);
    say("lost\n");
    say("lost too\n");
    disk.full.store(false, Ordering::Relaxed);
    say("two\n");
    say("three\n");
    assert_eq!(log.dropped(), 3);
    assert_eq!(
        read(dir.path(), NAME),
        "[1 writes to this log failed]\none\n[2 writes to this log failed]\ntwo\nthree\n"
    );
}

#[cfg(target_os = "linux")]
#[test]
fn a_disk_that_is_really_full_fails_nothing() {
    let dir = camino_tempfile::tempdir().expect("a temporary directory");
    std::os::unix::fs::symlink("/dev/full", dir.path().join(NAME)).expect("a link");
    let log = small(dir.path(), 1000);
    for _ in 0..3 {
        log.clone().write_all(b"lost\n").expect("it never fails");
    }
    assert_eq!(log.dropped(), 3);
    fs::remove_file(dir.path().join(NAME)).expect("removed");
    let log = small(dir.path(), 1000);
    say(&log, "one");
    assert_eq!(read(dir.path(), NAME), "one\n");
}

#[test]
fn what_only_has_the_name_of_the_log_is_set_aside() {
    let dir = camino_tempfile::tempdir().expect("a temporary directory");
    fs::create_dir_all(dir.path().join(NAME).join("mine")).expect("made");
    let log = small(dir.path(), 1000);
    say(&log, "one");
    assert_eq!(log.dropped(), 0);
    assert_eq!(read(dir.path(), NAME), "one\n");
    assert!(dir.path().join("videogen.log.bad/mine").exists());
}

#[test]
fn a_directory_that_cannot_be_made_fails_nothing() {
    let dir = camino_tempfile::tempdir().expect("a temporary directory");
    let file = dir.path().join("file");
    fs::write(&file, "").expect("written");
    let log = small(&file.join("logs"), 1000);
    say(&log, "lost");
    assert!(log.dropped() > 0);
}

#[test]
fn a_name_that_cannot_be_taken_fails_nothing() {
    let dir = camino_tempfile::tempdir().expect("a temporary directory");
    let log = small(dir.path(), 10);
    // A directory that is not empty cannot be replaced by a file.
    fs::create_dir_all(dir.path().join("videogen.log.1/x")).expect("made");
    fs::create_dir_all(dir.path().join("videogen.log.2/x")).expect("made");
    fs::create_dir_all(dir.path().join("videogen.log.3/x")).expect("made");
    for i in 0..6 {
        log.clone()
            .write_all(format!("{i:04}\n").as_bytes())
            .expect("it never fails");
    }
    assert!(
        fs::metadata(log.path()).expect("there").len() <= 10,
        "still bounded"
    );
    assert_eq!(log.dropped(), 4);
}

#[test]
fn huge_writes_are_cut() {
    let dir = camino_tempfile::tempdir().expect("a temporary directory");
    let log = small(dir.path(), 1 << 20);
    say(&log, &"x".repeat(MOST_AT_ONCE));
    say(&log, "whole");
    let text = read(dir.path(), NAME);
    let lines: Vec<&str> = text.lines().collect();
    assert!(lines[0].ends_with("x [cut, 65537 bytes in all]"));
    assert_eq!(lines[1..], ["whole"]);
}

#[test]
fn the_parts_of_a_line_stay_together() {
    let dir = camino_tempfile::tempdir().expect("a temporary directory");
    let log = small(dir.path(), 8);
    let (a, b) = ("aa", "bb");
    for mut clone in [log.clone(), log.clone()] {
        writeln!(clone, "{a} {b}").expect("it never fails");
    }
    // Six bytes each: written part by part, the first file would have taken some of the second line.
    assert_eq!(read(dir.path(), "videogen.log.1"), "aa bb\n");
    assert_eq!(read(dir.path(), NAME), "aa bb\n");
}

#[test]
fn a_torn_line_is_ended_before_the_next() {
    let dir = camino_tempfile::tempdir().expect("a temporary directory");
    let log = small(dir.path(), 1000);
    fs::write(log.path(), "half a li").expect("written");
    *log.state() = State {
        torn: true,
        untold: 1,
        ..State::default()
    };
    say(&log, "whole");
    say(&log, "another");
    assert_eq!(
        read(dir.path(), NAME),
        "half a li\n[1 writes to this log failed]\nwhole\nanother\n"
    );
}

#[test]
fn a_line_larger_than_a_file_gets_a_file_of_its_own() {
    let dir = camino_tempfile::tempdir().expect("a temporary directory");
    let log = small(dir.path(), 4);
    for text in ["longer than four\n", "and another\n"] {
        log.clone()
            .write_all(text.as_bytes())
            .expect("it never fails");
    }
    assert_eq!(read(dir.path(), NAME), "and another\n");
    assert_eq!(read(dir.path(), "videogen.log.1"), "longer than four\n");
}

#[test]
fn two_processes_share_the_file() {
    let dir = camino_tempfile::tempdir().expect("a temporary directory");
    let (a, b) = (small(dir.path(), 15), small(dir.path(), 15));
    for i in 0..6 {
        let log = if i % 2 == 0 { &a } else { &b };
        log.clone()
            .write_all(format!("{i:04}\n").as_bytes())
            .expect("it never fails");
    }
    // The one that did not put the file aside notices that it is writing to an old one.
    assert_eq!(read(dir.path(), "videogen.log.1"), "0000\n0001\n0002\n");
    assert_eq!(read(dir.path(), NAME), "0003\n0004\n0005\n");
}

#[test]
fn lines_of_many_threads_are_whole() {
    let dir = camino_tempfile::tempdir().expect("a temporary directory");
    let log = RotatingLog::new(dir.path(), Arc::new(RealEffects));
    std::thread::scope(|scope| {
        for thread in 0..8 {
            let mut log = log.clone();
            scope.spawn(move || {
                for i in 0..200 {
                    let line = format!("{thread} {i} {}\n", "y".repeat(100));
                    log.write_all(line.as_bytes()).expect("it never fails");
                }
            });
        }
    });
    let text = read(dir.path(), NAME);
    assert_eq!(text.lines().count(), 1600);
    assert!(
        text.lines()
            .all(|line| line.ends_with(&"y".repeat(100)) && line.len() < 110)
    );
}

#[test]
fn a_subscriber_writes_to_it() {
    let dir = camino_tempfile::tempdir().expect("a temporary directory");
    let log = RotatingLog::new(dir.path(), Arc::new(RealEffects));
    let cloned = log.clone();
    let subscriber = tracing_subscriber::fmt()
        .with_ansi(false)
        .with_writer(move || cloned.clone())
        .finish();
    tracing::subscriber::with_default(subscriber, || tracing::warn!("by closure"));
    let subscriber = tracing_subscriber::fmt()
        .with_ansi(false)
        .with_writer(Arc::new(log))
        .finish();
    tracing::subscriber::with_default(subscriber, || tracing::warn!("by reference"));
    let text = read(dir.path(), NAME);
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines.len(), 2, "{text}");
    assert!(
        lines[0].contains("by closure") && lines[1].contains("by reference"),
        "{text}"
    );
}
