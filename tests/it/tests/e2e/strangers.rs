//! Files of others in every place: what only looks like ours stays, what would block does not, and nobody reads along.
#![cfg(unix)]

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::time::Duration;

use camino::{Utf8Path, Utf8PathBuf};
use camino_tempfile::Utf8TempDir;
use rustix::fs::{CWD, FileType, Mode, mknodat};
use testkit::{Finished, Run};

/// No command here needs as long; one that waits for a pipe never ends.
const LIMIT: Duration = Duration::from_secs(230);
/// Ends at once.
const SIGKILL: i32 = 9;
/// Holds still, so that what is looked at stays.
const SIGSTOP: i32 = 19;

/// A machine with a home, a temporary directory and a directory to work in, for several runs.
struct Machine(Utf8TempDir);

impl Machine {
    fn new() -> Self {
        let machine = Self(Utf8TempDir::with_prefix("videogen-strangers-").expect("made"));
        for name in ["home", "work", "tmp"] {
            fs::create_dir(machine.at(name)).expect("made");
        }
        machine
    }

    fn at(&self, name: &str) -> Utf8PathBuf {
        self.0.path().join(name)
    }

    fn state(&self) -> Utf8PathBuf {
        self.at("home/.local/state/videogen")
    }

    fn cache(&self) -> Utf8PathBuf {
        self.at("home/.cache/videogen")
    }

    fn run(&self, arguments: &[&str]) -> Run {
        Run::videogen()
            .args(arguments.iter().copied())
            .env("HOME", self.at("home").as_str())
            .env("TMPDIR", self.at("tmp").as_str())
            .directory(self.at("work"))
            .time_limit(LIMIT)
    }

    /// `generate` of a small, short video into `out`.
    fn generate(&self, more: &[&str]) -> Run {
        self.run(&[
            "generate",
            "--quality",
            "draft",
            "--seed",
            "11",
            "--duration",
            "3",
            "--scenes",
            "1",
            "--speech",
            "silent",
        ])
        .args(more.iter().copied())
    }
}

/// Checks that it came to an end by itself and as documented.
#[track_caller]
fn ended(run: Run, what: &str) -> Finished {
    let run = run.finish();
    let stderr = run.stderr();
    assert!(!run.timed_out(), "{what} does not end: {stderr}");
    assert!(
        !stderr.contains("panicked") && !stderr.contains("has a bug"),
        "{what}: {stderr}"
    );
    let code = run.code();
    assert!(
        matches!(code, Some(0 | 2 | 3 | 4 | 5)),
        "{what}: {code:?}: {stderr}"
    );
    run
}

fn write(path: &Utf8Path, text: &str) {
    fs::create_dir_all(path.parent().expect("below")).expect("made");
    fs::write(path, text).expect("written");
}

fn pipe(path: &Utf8Path) {
    fs::create_dir_all(path.parent().expect("below")).expect("made");
    let mode = Mode::RUSR | Mode::WUSR;
    mknodat(CWD, path.as_std_path(), FileType::Fifo, mode, 0).expect("a pipe");
}

fn mode(path: &Utf8Path) -> u32 {
    path.symlink_metadata().expect("there").permissions().mode() & 0o7777
}

/// All that is below a directory, itself first; what vanishes meanwhile is left out.
fn below(dir: &Utf8Path) -> Vec<Utf8PathBuf> {
    let mut all = vec![dir.to_owned()];
    for entry in dir.read_dir_utf8().into_iter().flatten().flatten() {
        match entry.file_type() {
            Ok(kind) if kind.is_dir() => all.extend(below(entry.path())),
            _ => all.push(entry.into_path()),
        }
    }
    all
}

/// What is open to others of `paths`.
fn open_to_others(paths: Vec<Utf8PathBuf>) -> Vec<(Utf8PathBuf, u32)> {
    let modes = paths.into_iter().filter_map(|path| {
        let metadata = path.symlink_metadata().ok()?;
        Some((path, metadata.permissions().mode() & 0o7777))
    });
    modes.filter(|(_, mode)| mode & 0o077 != 0).collect()
}

fn scratch_in(out: &Utf8Path) -> Option<Utf8PathBuf> {
    let mut entries = out.read_dir_utf8().ok()?.flatten();
    let found = entries.find(|entry| entry.file_name().starts_with(".videogen-"))?;
    Some(found.into_path())
}

#[test]
fn what_only_looks_like_scratch_stays_and_is_named_once() {
    let machine = Machine::new();
    let out = machine.at("work/out");
    // A video that was delivered into a directory of such a name.
    machine
        .generate(&["--output-dir", "out/.videogen-mine", "--name", "x", "tea"])
        .finish()
        .expect_code(0);
    let dead = format!(".videogen-{}", i32::MAX);
    let mut diaries = vec![
        out.join(".videogen-notes/diary.txt"),
        out.join(format!("{dead}-0123456789ab/diary.txt")),
        // A marker that another directory has, and one that says nothing.
        out.join(format!("{dead}-0123456789ac/scratch.lock")),
        out.join(format!("{dead}-0123456789ad/scratch.lock")),
        // As earlier versions left them, which had no marker.
        out.join(".videogen-1-abcdef/lock"),
        machine.at("tmp/.videogen-x/diary.txt"),
        machine.at("work/elsewhere/diary.txt"),
    ];
    for diary in &diaries {
        write(
            diary,
            "A scratch directory of videogen, removed when its process is gone.\n",
        );
    }
    let link = out.join(format!("{dead}-0123456789ae"));
    std::os::unix::fs::symlink(machine.at("work/elsewhere"), &link).expect("linked");
    pipe(&machine.at("tmp/.videogen-y/lock"));
    for extension in ["mp4", "json", "srt", "jpg", "credits.txt"] {
        diaries.push(out.join(format!(".videogen-mine/x.{extension}")));
    }
    for n in ["1", "2"] {
        let run = machine
            .generate(&["--output-dir", "out", "--count", "2", "--name", n, "tea"])
            .finish()
            .expect_code(0);
        for diary in &diaries {
            assert!(diary.exists(), "{diary} is gone");
        }
        assert!(link.symlink_metadata().is_ok(), "a link is gone");
        let told: Vec<String> = run
            .stderr()
            .lines()
            .filter(|line| line.contains(".videogen-notes"))
            .map(str::to_owned)
            .collect();
        assert_eq!(told.len(), 1, "{}", run.stderr());
    }
    assert!(
        machine
            .at("tmp/.videogen-y/lock")
            .symlink_metadata()
            .is_ok()
    );
}

#[test]
fn what_stages_keep_and_journals_have_goes_without_what_others_put_there() {
    let machine = Machine::new();
    let digest = format!("ab/ab{}.jpg", "0".repeat(62));
    let theirs = [
        machine.cache().join("store/tmp/mine/diary.txt"),
        machine.cache().join("store/holiday.jpg"),
        machine.cache().join("store").join(digest),
        machine.state().join("work/notes/diary.txt"),
        machine.state().join("batches/notes/lock"),
        machine.state().join("log/diary.txt"),
    ];
    for file in &theirs {
        write(file, "dear");
    }
    machine
        .generate(&["--output-dir", "out", "--name", "x", "tea"])
        .finish()
        .expect_code(0);
    for arguments in [
        &["cache", "verify"][..],
        &["cache", "prune", "--to", "1MB"],
        &["cache", "clear"],
    ] {
        machine.run(arguments).finish().expect_code(0);
    }
    let batches = machine.state().join("batches");
    let batch = below(&batches)
        .into_iter()
        .find(|path| path.file_name() == Some("journal.jsonl"))
        .expect("a journal");
    let batch = batch.parent().expect("in a batch");
    let notes = batch.join("journal.of-my-travels");
    write(&notes, "dear");
    let name = batch.file_name().expect("named");
    let forgotten = machine
        .run(&["batches", "forget", name])
        .finish()
        .expect_code(0);
    assert!(
        forgotten.stderr().contains("journal.of-my-travels"),
        "{}",
        forgotten.stderr()
    );
    assert!(!batch.join("journal.jsonl").exists() && notes.exists());
    for file in &theirs {
        assert_eq!(fs::read_to_string(file).expect("there"), "dear", "{file}");
    }
}

#[test]
fn scratch_is_private_and_no_place_for_videos_and_what_is_delivered_is_as_the_user_wants_it() {
    let machine = Machine::new();
    let out = machine.at("work/out");
    let mut running = machine
        .generate(&[
            "--output-dir",
            "out",
            "--duration",
            "20",
            "--speech",
            "auto",
            "tea",
        ])
        .start();
    let mut seen = std::collections::BTreeSet::new();
    // Until it has spoken and painted.
    let is_at_work = running.wait_until(|| {
        let mut paths = scratch_in(&out).map(|dir| below(&dir)).unwrap_or_default();
        paths.extend(below(&machine.at("tmp")).into_iter().skip(1));
        let names = paths.iter().filter_map(|path| path.extension());
        seen.extend(names.map(str::to_owned));
        assert_eq!(open_to_others(paths), [], "others can read along");
        seen.contains("png") && seen.contains("wav")
    });
    assert!(is_at_work, "{seen:?}");
    running.signal(SIGSTOP);
    let scratch = scratch_in(&out).expect("it is at work");
    for inside in [scratch.clone(), scratch.join("deeper/still")] {
        let refused = machine
            .generate(&["--output-dir", inside.as_str(), "tea"])
            .finish()
            .expect_code(3);
        let said = refused.stderr();
        assert!(said.contains("scratch directory"), "{said}");
    }
    running.signal(SIGKILL);
    drop(running.finish());

    machine
        .generate(&[
            "--output-dir",
            "out",
            "--speech",
            "auto",
            "--name",
            "x",
            "tea",
        ])
        .finish()
        .expect_code(0);
    assert!(!scratch.exists(), "its process is gone");
    assert!(
        below(&machine.at("tmp")).len() == 1,
        "{:?}",
        below(&machine.at("tmp"))
    );
    // The mode of any file that the user makes.
    write(&machine.at("work/probe"), "");
    let ordinary = mode(&machine.at("work/probe"));
    for extension in ["mp4", "json", "srt", "jpg", "credits.txt"] {
        let path = out.join(format!("x.{extension}"));
        assert_eq!(mode(&path), ordinary, "{path}");
    }
    let mut kept = below(&machine.state());
    kept.extend(below(&machine.cache()));
    assert!(kept.len() > 8, "{kept:?}");
    assert_eq!(open_to_others(kept), [], "others can read along");
}

/// Every command with a pipe in the place of every file that an earlier run left, all at once and one by one.
#[test]
fn a_pipe_in_the_place_of_any_file_blocks_nothing() {
    let machine = Machine::new();
    machine.run(&["config", "init"]).finish().expect_code(0);
    let plain = ["--output-dir", "out", "--name", "x", "tea"];
    machine.generate(&plain).finish().expect_code(0);
    let files = || {
        let mut all = below(&machine.state());
        all.extend(below(&machine.cache()));
        all.retain(|path| path.symlink_metadata().is_ok_and(|m| m.is_file()));
        all
    };
    let commands: [&[&str]; 8] = [
        &["batches"],
        &["status"],
        &["resume"],
        &["cache", "stats"],
        &["cache", "verify"],
        &["doctor"],
        &["config", "show"],
        &["plan", "--free-vram", "6GiB"],
    ];
    let all = files();
    assert!(all.len() > 6, "{all:?}");
    for file in all.iter().filter(|file| file.extension() != Some("bin")) {
        let aside = Utf8PathBuf::from(format!("{file}.aside"));
        fs::rename(file, &aside).expect("moved");
        pipe(file);
        for command in [&["batches"][..], &["status"], &["cache", "stats"]] {
            ended(machine.run(command), &format!("{command:?} with {file}"));
        }
        let dry = machine.generate(&plain).arg("--dry-run");
        ended(dry, &format!("a dry run with {file}"));
        fs::rename(&aside, file).expect("moved back");
    }
    for file in files() {
        fs::remove_file(&file).expect("removed");
        pipe(&file);
    }
    for command in commands {
        ended(machine.run(command), &format!("{command:?}"));
    }
    ended(machine.generate(&plain), "generate");
    let config = machine.at("home/.config/videogen/config.toml");
    fs::remove_file(&config).expect("written above");
    pipe(&config);
    for command in commands {
        ended(
            machine.run(command),
            &format!("{command:?} without a configuration"),
        );
    }
}

#[test]
fn what_a_person_brings_may_be_a_pipe_that_delivers_and_nothing_that_blocks() {
    let machine = Machine::new();
    let script = machine.at("work/script");
    pipe(&script);
    let to = script.clone();
    let writing = std::thread::spawn(move || fs::write(to, "One sentence for a pipe."));
    machine
        .generate(&["--script", "script", "--output-dir", "out", "--dry-run"])
        .finish()
        .expect_code(0);
    writing.join().expect("ended").expect("written");
    let to = script.clone();
    let writing = std::thread::spawn(move || fs::write(to, "{\"topic\": \"tea\"}\n"));
    machine
        .generate(&["--batch", "script", "--output-dir", "out", "--dry-run"])
        .finish()
        .expect_code(0);
    writing.join().expect("ended").expect("written");
    // Nobody writes.
    let silent = machine.generate(&["--script", "script", "--output-dir", "out", "--dry-run"]);
    let silent = ended(silent, "a silent pipe").expect_code(3);
    assert!(silent.stderr().contains("pipe"), "{}", silent.stderr());
    for flag in ["--image", "--music", "--narration", "--watermark"] {
        let run = machine.generate(&[
            flag,
            "script",
            "--output-dir",
            "out",
            "--dry-run",
            "--",
            "tea",
        ]);
        let run = ended(run, flag);
        assert!(
            matches!(run.code(), Some(2 | 3)),
            "{flag}: {}",
            run.stderr()
        );
    }
    for flag in ["--script", "--batch"] {
        let run = machine.generate(&[flag, "/dev/zero", "--output-dir", "out", "--dry-run"]);
        assert!(matches!(ended(run, flag).code(), Some(2 | 3)));
    }
}

#[test]
fn fonts_may_be_anything() {
    let machine = Machine::new();
    let fonts = machine.at("work/fonts");
    let mut claims = vec![0; 112];
    claims[..4].copy_from_slice(b"ttcf");
    claims[4..8].copy_from_slice(&[0, 1, 0, 0]);
    claims[8..12].copy_from_slice(&[0xff; 4]);
    for place in [
        fonts.clone(),
        machine.at("home/.fonts"),
        machine.at("home/.local/share/fonts"),
    ] {
        fs::create_dir_all(&place).expect("made");
        fs::write(place.join("claims.ttc"), &claims).expect("written");
        pipe(&place.join("pipe.ttf"));
        std::os::unix::fs::symlink(&place, place.join("loop")).expect("linked");
    }
    let config = machine.at("work/config.toml");
    write(
        &config,
        "fonts = [\"/proc\", \"fonts\", \"/sys\", \"/dev\"]\n",
    );
    let run = machine
        .run(&[
            "--config",
            "config.toml",
            "generate",
            "--output-dir",
            "out",
            "--dry-run",
        ])
        .arg("深海の話");
    let run = ended(run, "fonts from everywhere");
    assert!(
        run.elapsed() < Duration::from_mins(1),
        "took {:?}",
        run.elapsed()
    );
}

#[test]
fn a_configuration_is_private_and_one_with_a_key_that_others_can_read_is_told() {
    let machine = Machine::new();
    machine.run(&["config", "init"]).finish().expect_code(0);
    let config = machine.at("home/.config/videogen/config.toml");
    assert_eq!(
        (mode(&config), mode(config.parent().expect("below"))),
        (0o600, 0o700)
    );
    write(&config, "llm_key = \"sk-secret\"\n");
    let told = |run: &Finished| run.stderr().contains("chmod 600");
    assert!(!told(
        &machine.run(&["config", "show"]).finish().expect_code(0)
    ));
    fs::set_permissions(&config, fs::Permissions::from_mode(0o644)).expect("widened");
    let run = machine.run(&["config", "show"]).finish().expect_code(0);
    assert!(
        told(&run) && !run.stderr().contains("sk-secret"),
        "{}",
        run.stderr()
    );
    machine
        .run(&["config", "init", "--force"])
        .finish()
        .expect_code(0);
    assert_eq!(mode(&config), 0o600);
}

/// Only root can give a file away.
#[test]
fn locks_of_another_user_are_refused_and_their_scratch_stays() {
    let machine = Machine::new();
    if machine.0.path().metadata().expect("there").uid() != 0 {
        return;
    }
    let nobody = Some(rustix::fs::Uid::from_raw(65_534));
    let give = |path: &Utf8Path| {
        rustix::fs::chown(path.as_std_path(), nobody, None).expect("root may");
    };
    let scratch = machine
        .at("tmp")
        .join(format!(".videogen-{}-0123456789ab", i32::MAX));
    fs::create_dir(&scratch).expect("made");
    give(&scratch);
    let lock = machine.state().join("batches/lock");
    write(&lock, "");
    give(&lock);
    let refused = ended(
        machine.generate(&["--output-dir", "out", "tea"]),
        "another user's lock",
    );
    assert!(
        refused.stderr().contains("another user"),
        "{}",
        refused.stderr()
    );
    assert!(scratch.exists());
    fs::remove_file(&lock).expect("removed");
    give(&machine.state().join("batches"));
    let refused = ended(
        machine.generate(&["--output-dir", "out", "tea"]),
        "another user's directory",
    );
    assert!(
        refused.stderr().contains("another user"),
        "{}",
        refused.stderr()
    );
}
