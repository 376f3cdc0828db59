//! What children of `videogen` have started ends with it: by SIGKILL of the program, of its guardian, of both.
#![cfg(target_os = "linux")]

use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;
use std::time::Duration;

use camino::{Utf8Path, Utf8PathBuf};
use testkit::processes::{self, Process, mentioning, wait_until_gone};
use testkit::{Run, Running};

use crate::generate;

const SIGKILL: i32 = 9;
const SIGSTOP: i32 = 19;
const GONE: Duration = Duration::from_secs(20);

/// A port of this machine where nobody listens.
fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    listener.local_addr().expect("an address").port()
}

/// A shell script that starts a ComfyUI by `how`, and the mark by which its processes are found.
fn script(directory: &Utf8Path, how: &str, port: u16) -> (Utf8PathBuf, String) {
    let program = testkit::built_program("fake-comfyui");
    let mark = format!("--mark-{port}");
    let start = how.replace("COMFY", &format!("'{program}' {port} 10 {mark}"));
    let file = directory.join("start.sh");
    std::fs::write(&file, format!("#!/bin/sh\n{start}\n")).expect("a script");
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o755)).expect("its mode");
    (file, mark)
}

fn video(script: &Utf8Path, port: u16) -> Run {
    generate()
        .env("VIDEOGEN_COMFYUI_COMMAND", script.as_str())
        .env("COMFYUI_URL", format!("http://127.0.0.1:{port}"))
        .args([
            "--painter",
            "comfyui",
            "--duration",
            "6",
            "--name",
            "x",
            "lighthouses",
        ])
}

fn kill(id: u32, signal: i32) {
    let sent = Run::new("kill").args([format!("-{signal}"), id.to_string()]);
    sent.finish().expect_code(0);
}

fn guardians(of: u32) -> Vec<Process> {
    let children = processes::children_of(of).into_iter();
    children
        .filter(|child| child.name == "child-guardian")
        .collect()
}

/// A run that has started its ComfyUI.
fn painting(run: Run, mark: &str) -> Running {
    let mut running = run.start();
    let mark = mark.to_owned();
    assert!(
        running.wait_until(|| !mentioning(&mark).is_empty()),
        "it is started"
    );
    running
}

#[test]
fn sigkill_ends_a_comfyui_that_a_script_has_started() {
    let place = camino_tempfile::tempdir().expect("a directory");
    for how in [
        "COMFY & wait",
        "COMFY & sleep 1000",
        "setsid COMFY & sleep 1000",
        "nohup setsid sh -c \"COMFY & wait\" & sleep 1000",
        "env -i COMFY & wait",
    ] {
        let port = free_port();
        let (script, mark) = script(place.path(), how, port);
        let running = painting(video(&script, port), &mark);
        running.signal(SIGKILL);
        let run = running.finish();
        assert_eq!(run.signal(), Some(SIGKILL), "{how}: {}", run.stderr());
        assert_eq!(wait_until_gone(GONE, || mentioning(&mark)), [], "{how}");
    }
}

#[test]
fn one_that_left_its_group_ends_with_a_run_that_ends_well() {
    let place = camino_tempfile::tempdir().expect("a directory");
    let port = free_port();
    let (script, mark) = script(place.path(), "setsid COMFY & sleep 1000", port);
    video(&script, port).finish().expect_code(0);
    assert_eq!(wait_until_gone(GONE, || mentioning(&mark)), []);
}

#[test]
fn the_next_run_knows_its_orphans_when_the_guardian_was_killed_too() {
    let place = camino_tempfile::tempdir().expect("a directory");
    let port = free_port();
    let (script, mark) = script(place.path(), "setsid COMFY & sleep 1000", port);
    let running = painting(video(&script, port), &mark);
    // Stopped, so that they cannot act in the time between the two signals.
    let guardians = guardians(running.id());
    assert!(!guardians.is_empty(), "there is a guardian");
    for guardian in &guardians {
        kill(guardian.id, SIGSTOP);
    }
    running.signal(SIGKILL);
    running.finish();
    for guardian in &guardians {
        kill(guardian.id, SIGKILL);
    }
    let left = mentioning(&mark);
    assert!(!left.is_empty(), "it has outlived both");
    let run = video(&script, port).finish().expect_code(0);
    assert!(run.stderr().contains("an earlier run"), "{}", run.stderr());
    assert_eq!(wait_until_gone(GONE, || mentioning(&mark)), []);
}

#[test]
fn a_comfyui_of_somebody_else_is_left_alone() {
    let place = camino_tempfile::tempdir().expect("a directory");
    let port = free_port();
    let (script, mark) = script(place.path(), "COMFY & wait", port);
    let theirs = painting(Run::new(script.clone()), &mark);
    let mut running = video(&script, port).start();
    let id = running.id();
    assert!(running.wait_until(|| !guardians(id).is_empty()));
    running.signal(SIGKILL);
    running.finish();
    assert!(!mentioning(&mark).is_empty(), "it was there before");
    theirs.signal(SIGKILL);
    theirs.finish();
    for left in mentioning(&mark) {
        kill(left.id, SIGKILL);
    }
}
