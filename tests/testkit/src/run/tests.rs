use std::thread;
use std::time::{Duration, Instant};

use super::Run;

const POLL: Duration = Duration::from_millis(5);

fn sh(script: &str) -> Run {
    Run::new("/bin/sh").args(["-c", script])
}

#[test]
fn output_code_and_input_are_passed() {
    let run = sh("cat; echo oops >&2; exit 7")
        .input("given")
        .finish()
        .expect_code(7);
    assert_eq!(
        (run.stdout(), run.stderr()),
        ("given".into(), "oops\n".into())
    );
    assert!(!run.timed_out() && !run.leaked());
}

#[test]
fn nothing_of_our_environment_is_seen() {
    let run = Run::new(crate::find_program("env").unwrap())
        .env("GIVEN", "1")
        .path_first("/first")
        .finish();
    let output = run.stdout();
    let mut names: Vec<&str> = output
        .lines()
        .filter_map(|line| line.split('=').next())
        .collect();
    names.sort_unstable();
    assert_eq!(names, ["GIVEN", "HOME", "PATH"]);
    assert!(output.contains("PATH=/first:"), "{output}");
    assert!(output.contains(&format!("HOME={}", run.home())), "{output}");
}

#[test]
fn the_time_limit_ends_children_too() {
    let begin = Instant::now();
    let run = sh("sleep 600 & sleep 600")
        .time_limit(Duration::from_millis(200))
        .finish();
    assert!(run.timed_out() && !run.leaked());
    assert_eq!(run.signal(), Some(9));
    assert!(begin.elapsed() < Duration::from_mins(1));
}

#[test]
fn a_child_that_holds_the_output_open_is_noticed() {
    let run = sh("sleep 30 & echo $!").finish();
    assert!(run.leaked());
    let id = run.stdout().trim().parse().unwrap();
    let id = rustix::process::Pid::from_raw(id).unwrap();
    rustix::process::kill_process(id, rustix::process::Signal::KILL).unwrap();
}

#[test]
fn a_signal_reaches_the_program() {
    let mut run = sh("trap 'exit 130' INT; : >ready; while :; do sleep 0.05; done").start();
    let ready = run.work().join("ready");
    assert!(run.wait_until(|| ready.exists()));
    run.signal(2);
    let run = run.finish().expect_code(130);
    assert_eq!(run.files(), ["ready"]);
}

#[test]
fn dropped_it_is_killed() {
    let run = sh("sleep 600 & echo $! >child; wait").start();
    let file = run.work().join("child");
    let mut run = run;
    assert!(run.wait_until(|| std::fs::read_to_string(&file).is_ok_and(|id| id.ends_with('\n'))));
    let id = std::fs::read_to_string(&file).unwrap();
    let id = rustix::process::Pid::from_raw(id.trim().parse().unwrap()).unwrap();
    drop(run);
    let end = Instant::now() + Duration::from_secs(20);
    // The child is init's to reap; a machine without one keeps it as a zombie.
    let gone = || {
        rustix::process::test_kill_process(id).is_err()
            || std::fs::read_to_string(format!("/proc/{id}/stat"))
                .is_ok_and(|stat| stat.contains(") Z "))
    };
    while !gone() {
        assert!(Instant::now() < end, "the child survived");
        thread::sleep(POLL);
    }
}

#[test]
#[should_panic(expected = "expected exit code 0")]
fn another_code_shows_what_was_written() {
    sh("exit 3").finish().expect_code(0);
}
