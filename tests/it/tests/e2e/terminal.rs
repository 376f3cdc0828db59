//! Terminals that close, readers that stand still, and text of others that wants to steer: the work goes on, it always
//! stops, and nothing but what is read is printed.

use std::time::{Duration, Instant};

use camino::Utf8Path;
use serde_json::Value;
use testkit::{Finished, Run, Running, find_program, processes, videogen_bin};

const SIGINT: i32 = 2;
const SIGTERM: i32 = 15;
/// What is promised of the end after a signal, and what a busy machine may add.
const PROMISED: Duration = Duration::from_secs(18);

/// Words for a shell that make file descriptor 8 a pipe that is full and that nobody reads.
const STUCK: &str = "mkfifo stuck && exec 8<>stuck && head -c 65536 /dev/zero >&8";

/// `generate` of a video that takes so long that a signal comes in the middle.
const LONG: &str =
    "generate --quality high --duration 30 --scenes 2 --seed 11 --name x 'the deep sea'";
/// `generate` of one that is soon made.
const SHORT: &str = "generate --quality draft --duration 3 --scenes 1 --seed 11 --name x tea";

/// A shell that prepares its streams and becomes `videogen`: its process is that of the program.
fn shell(before: &str, arguments: &str, streams: &str) -> Run {
    let script = format!("{before}; exec {} {arguments} {streams}", videogen_bin());
    Run::new("/bin/sh").args(["-c", &script])
}

/// `videogen` in a terminal of its own, which closes with the process of `script`. What is typed is the input.
fn in_terminal(arguments: &str) -> Run {
    in_terminal_into("/dev/null", &format!("{arguments} --output-dir videos"))
}

/// The same, with a copy of what is shown in a file.
fn in_terminal_into(file: &str, arguments: &str) -> Run {
    let program = find_program("script").expect("script of util-linux is installed");
    let command = format!("exec {} {arguments}", videogen_bin());
    Run::new(program)
        .args(["-qfec", &command, file])
        .env("TERM", "xterm")
        .env("SHELL", "/bin/sh")
}

/// Waits until an encoder works for this run: the middle of the work.
fn until_encoding(running: &mut Running) {
    let work = running.work().to_owned();
    let encodes = || {
        let ours = processes::mentioning(work.as_str());
        ours.iter().any(|process| process.name.contains("ffmpeg"))
    };
    assert!(running.wait_until(encodes), "ffmpeg was started");
}

/// The processes of a run: its own, and those that were told of its directory.
fn left(work: &Utf8Path, id: u32) -> Vec<processes::Process> {
    let mut left = processes::mentioning(work.as_str());
    left.extend(processes::process(id));
    left.retain(|process| !process.is_zombie());
    left
}

/// `videogen` with the same home.
fn again(home: &Utf8Path, work: &Utf8Path, arguments: &[&str]) -> Finished {
    let run = Run::videogen().args(arguments.iter().copied());
    run.env("HOME", home.as_str()).directory(work).finish()
}

/// The batch of `home` waits to be gone on with, and is brought to its end.
#[track_caller]
fn is_resumable(home: &Utf8Path, work: &Utf8Path) {
    let listed = again(home, work, &["batches"]).expect_code(0).stdout();
    assert!(listed.contains("can be resumed"), "{listed}");
}

#[test]
fn work_goes_on_while_nobody_reads_what_is_told() {
    for (arguments, streams) in [(SHORT, "2>&8"), (SHORT, "2>/dev/full"), (SHORT, "2>&-")] {
        let run = shell(STUCK, arguments, streams).finish().expect_code(0);
        assert!(run.work().join("videos/x.mp4").exists(), "{streams}");
        assert!(run.stdout().contains("x.mp4"), "{}", run.stdout());
    }
}

#[test]
fn status_follows_a_run_until_it_is_over() {
    let run = shell(":", LONG, "");
    let (home, work) = (run.home(), run.work());
    let mut running = run.start();
    until_encoding(&mut running);
    let render = || -> Option<f64> {
        let told = again(&home, &work, &["status", "--json"]).expect_code(0);
        let shown: Value = serde_json::from_str(&told.stdout()).expect("JSON");
        let working = shown["status"]["working"].as_array()?.clone();
        let render = working.iter().find(|work| work["stage"] == "render")?;
        render["fraction"].as_f64()
    };
    let mut first = None;
    let moved = running.wait_until(|| {
        let now = render();
        first = first.or(now);
        now > first
    });
    assert!(moved, "it was at {first:?}, and stood still");
    let told = again(&home, &work, &["status"]).expect_code(0).stdout();
    let process = format!("running, process {}", running.id());
    assert!(told.contains(&process), "{told}");
    assert!(told.contains("[1] render") && told.contains(" %"), "{told}");

    // On a terminal it is shown again and again, until nothing more happens.
    let watching = in_terminal_into("seen", "status").env("HOME", home.as_str());
    let seen = watching.work().join("seen");
    let mut watching = watching.start();
    let sees = || std::fs::read_to_string(&seen).is_ok_and(|seen| seen.contains(&process));
    assert!(watching.wait_until(sees), "it is shown");
    running.signal(SIGINT);
    let _with_its_home = running.finish().expect_code(130);
    let shown = watching.finish().expect_code(0).stdout();
    let (before, after) = (shown.find(&process), shown.rfind("stopped"));
    assert!(before.is_some() && before < after, "{shown}");
}

#[test]
fn a_run_ends_though_nobody_reads_its_events_and_says_so() {
    let run = shell(STUCK, &format!("{SHORT} --json"), ">&8").finish();
    let run = run.expect_code(0);
    assert!(run.work().join("videos/x.mp4").exists());
    assert!(
        run.stderr()
            .contains("not all of standard output was written"),
        "{}",
        run.stderr()
    );
    // What only prints has not done what it was asked for.
    let run = shell(":", "config schema", ">/dev/full").finish();
    let run = run.expect_code(3);
    assert!(run.stderr().contains("standard output"), "{}", run.stderr());
}

#[test]
fn a_signal_ends_it_in_time_whatever_is_blocked() {
    for (signal, options, streams) in [(SIGTERM, "", "2>&8"), (SIGINT, "--json", ">&8 2>&8")] {
        let mut running = shell(STUCK, &format!("{LONG} {options}"), streams).start();
        until_encoding(&mut running);
        let (work, id) = (running.work().to_owned(), running.id());
        running.signal(signal);
        let sent = Instant::now();
        let run = running.finish().expect_code(130);
        assert!(sent.elapsed() < PROMISED, "{streams}: {:?}", sent.elapsed());
        let left = processes::wait_until_gone(Duration::from_secs(5), || left(&work, id));
        assert_eq!(left, [], "{streams}");
        is_resumable(&run.home(), &work);
    }
}

#[test]
fn a_second_signal_ends_it_at_once_whatever_is_blocked() {
    let mut running = shell(STUCK, &format!("{LONG} --json"), ">&8 2>&8").start();
    until_encoding(&mut running);
    let (work, id) = (running.work().to_owned(), running.id());
    running.signal(SIGTERM);
    running.signal(SIGINT);
    let sent = Instant::now();
    let run = running.finish().expect_code(130);
    assert!(
        sent.elapsed() < Duration::from_secs(5),
        "{:?}",
        sent.elapsed()
    );
    let left = processes::wait_until_gone(Duration::from_secs(5), || left(&work, id));
    assert_eq!(left, []);
    is_resumable(&run.home(), &work);
}

#[test]
fn closing_the_terminal_ends_it_every_time() {
    for _ in 0..5 {
        let mut running = in_terminal(LONG).start();
        until_encoding(&mut running);
        let work = running.work().to_owned();
        let program = processes::descendants_of(running.id());
        let program = program.iter().find(|process| process.name == "videogen");
        let id = program.expect("the program runs").id;
        // The terminal is gone with the process that has its other end.
        running.signal(9);
        let left = processes::wait_until_gone(PROMISED, || left(&work, id));
        assert_eq!(left, []);
        let run = running.finish();
        is_resumable(&run.home(), &work);
    }
}

#[test]
fn a_terminal_that_is_held_holds_up_nothing() {
    // Ctrl-S before anything is printed.
    let run = in_terminal(SHORT).input("\u{13}").finish().expect_code(0);
    assert!(run.work().join("videos/x.mp4").exists());

    let mut running = in_terminal(LONG).input("\u{13}").start();
    until_encoding(&mut running);
    let work = running.work().to_owned();
    let program = processes::descendants_of(running.id());
    let program = program.iter().find(|process| process.name == "videogen");
    let id = program.expect("the program runs").id;
    signal(id, SIGTERM);
    let left = processes::wait_until_gone(PROMISED, || left(&work, id));
    assert_eq!(left, []);
    let run = running.finish().expect_code(130);
    is_resumable(&run.home(), &work);
}

fn signal(id: u32, number: i32) {
    let kill = Run::new("/bin/kill").args([format!("-{number}"), id.to_string()]);
    kill.finish().expect_code(0);
}

#[test]
fn bars_move_below_the_lines_and_leave_nothing_behind() {
    let run = in_terminal(SHORT).finish().expect_code(0);
    let text = run.stdout();
    assert!(text.contains("━") && text.contains("⠋"), "bars: {text:?}");
    assert!(text.contains("\u{1b}[32m✓\u{1b}[0m render"), "{text:?}");
    // After the last bar was taken away there is nothing but lines.
    let (_, end) = text.rsplit_once("\u{1b}[J").expect("bars are taken away");
    assert!(end.contains("made") && end.contains("x.mp4"), "{end:?}");
}

/// Whether `c` does something in place of being read.
fn steers(c: char) -> bool {
    (c.is_control() && c != '\n')
        || matches!(
            c,
            '\u{61c}' | '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}'
        )
        || matches!(c, '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{e0000}'..='\u{e007f}')
}

/// Everything that steers, in the middle of words.
const STEERING: &str = "a\u{1b}]0;x\u{7}b\u{1b}[31mc\u{9b}2Jd\u{202e}e\u{2066}f\u{200f}g\u{61c}h\u{feff}i\u{e0041}j\u{2028}k";

#[test]
fn what_others_wrote_steers_no_terminal() {
    let place = format!(
        "videos-{}",
        STEERING.replace(['\u{1b}', '\u{7}', '\u{9b}', '\u{2028}'], "")
    );
    let made = Run::videogen()
        .args(["generate", "--quality", "draft", "--duration", "3"])
        .args([
            "--scenes",
            "1",
            "--seed",
            "11",
            "--name",
            "x",
            "--output-dir",
        ])
        .args([&place, "tea"])
        .finish()
        .expect_code(0);
    assert!(!made.stderr().contains(steers), "{:?}", made.stderr());
    // A program that reads the path has to find it.
    let path = made.stdout();
    assert!(Utf8Path::new(path.trim_end()).exists(), "{path:?}");
    let (home, work) = (made.home(), made.work().to_owned());
    for arguments in [
        vec!["batches"],
        vec!["batches", "--json"],
        vec!["status"],
        vec!["status", "--json"],
        vec!["status", STEERING],
        vec!["resume", STEERING],
        vec!["resume"],
        vec!["generate", "--dry-run", "--output-dir", &place, "tea"],
        vec![
            "generate",
            "--dry-run",
            "--json",
            "--output-dir",
            &place,
            "tea",
        ],
        vec!["generate", STEERING, "--dry-run"],
        vec!["generate", "two", STEERING],
        vec!["generate", "x", "--music", STEERING],
        vec!["generate", "x", "--quality", STEERING],
        vec!["generate", "x", "--quality", STEERING, "--json"],
        vec!["generate", "--image", STEERING, "x"],
        vec!["generate", "--script", STEERING, "--dry-run"],
        vec!["--config", STEERING, "config", "show"],
        vec!["config", "show", STEERING],
        vec![STEERING],
        vec!["doctor", "--output-dir", &place],
        vec!["doctor", "--json", "--output-dir", &place],
        vec!["cache", "stats"],
        vec!["plan", "--gpu", STEERING, "--free-vram", "6GiB"],
        vec!["plan", "--model", STEERING],
        vec!["plan", "--model", STEERING, "--json"],
    ] {
        let run = Run::videogen()
            .args(arguments.iter().copied())
            .env("HOME", home.as_str())
            .env("VIDEOGEN_LOG", "debug")
            .env("VIDEOGEN_COMFYUI_COMMAND", STEERING)
            .directory(&work)
            .finish();
        for text in [run.stdout(), run.stderr()] {
            assert!(!text.contains(steers), "{arguments:?}: {text:?}");
        }
    }
    // What is escaped in JSON means the same.
    let listed = again(&home, &work, &["batches", "--json"]).stdout();
    let batch: serde_json::Value = serde_json::from_str(listed.trim_end()).expect("JSON");
    assert!(
        batch["output_dir"]
            .as_str()
            .expect("a path")
            .ends_with(&place),
        "{listed}"
    );
}

#[test]
fn what_others_wrote_does_not_fill_the_screen() {
    let long = "x".repeat(100_000);
    for arguments in [
        ["status", &long],
        ["resume", &long],
        ["generate", "--quality"],
    ] {
        let run = Run::videogen().args(arguments);
        let run = if arguments[1] == "--quality" {
            run.arg(&long)
        } else {
            run
        };
        let run = run.finish();
        assert_ne!(run.code(), Some(0));
        assert!(run.stderr().len() < 20_000, "{}", run.stderr().len());
    }
}
