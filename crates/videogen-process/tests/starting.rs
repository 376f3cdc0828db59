//! What a child is started with, and what happens when it cannot be.

#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use std::ffi::OsStr;
use std::io::ErrorKind;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use common::{LONG, never, sh, stat};
use videogen_process::{Command, Error, Supervisor, locate};

/// A directory that is removed at the end.
struct Scratch(PathBuf);

impl Scratch {
    fn new(name: &str) -> Self {
        let dir =
            std::env::temp_dir().join(format!("videogen-process-{}-{name}", std::process::id()));
        std::fs::create_dir_all(&dir).unwrap();
        Self(dir)
    }

    fn file(&self, name: &str, text: &str, mode: u32) -> PathBuf {
        let path = self.0.join(name);
        std::fs::write(&path, text).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
        path
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        #[expect(clippy::disallowed_methods, reason = "a directory of this test")]
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

async fn start_error(command: Command) -> Error {
    let supervisor = Supervisor::new();
    let error = supervisor.run(command, &never()).await.unwrap_err();
    assert_eq!(supervisor.live(), 0);
    error
}

fn program(path: &Path) -> Command {
    Command::new(path, LONG)
}

#[tokio::test]
async fn a_missing_program_is_not_found() {
    for name in ["videogen-no-such-program", "/nonexistent/program"] {
        let error = start_error(Command::new(name, LONG)).await;
        assert!(
            matches!(&error, Error::NotFound { program } if program == name),
            "{error:?}"
        );
        assert!(error.help().unwrap().contains("install"));
    }
}

#[tokio::test]
async fn a_directory_or_a_plain_file_is_no_program() {
    let scratch = Scratch::new("plain");
    let file = scratch.file("plain", "text", 0o644);
    for path in [&scratch.0, &file] {
        let error = start_error(program(path)).await;
        let Error::Spawn { source, .. } = &error else {
            panic!("{error:?}");
        };
        assert_eq!(source.kind(), ErrorKind::PermissionDenied);
        assert!(error.help().unwrap().contains("execute permission"));
        assert!(!error.is_retryable());
    }
}

#[tokio::test]
async fn what_else_is_missing_is_not_the_program() {
    let error = start_error(sh("true").current_dir("/nonexistent")).await;
    assert!(matches!(error, Error::Spawn { .. }), "{error:?}");

    let scratch = Scratch::new("script");
    let script = scratch.file("script", "#!/nonexistent/interpreter\n", 0o755);
    let error = start_error(program(&script)).await;
    assert!(matches!(error, Error::Spawn { .. }), "{error:?}");
}

#[tokio::test]
async fn an_argument_with_a_zero_byte_is_refused() {
    let error = start_error(sh("true").arg("a\0b")).await;
    assert!(matches!(error, Error::Spawn { .. }), "{error:?}");
}

#[tokio::test]
async fn arguments_reach_the_program_as_they_are() {
    let words = ["$(id)", "a b", "*", "", "'\"", "-n"];
    let command = sh("for word in \"$@\"; do printf '%s\\n' \"$word\"; done")
        .arg("name")
        .args(words);
    let outcome = Supervisor::new().run(command, &never()).await.unwrap();
    assert_eq!(
        outcome.stdout_text(),
        words.map(|word| format!("{word}\n")).concat()
    );
}

#[tokio::test]
async fn the_working_directory_is_set() {
    let outcome = Supervisor::new()
        .run(sh("pwd -P").current_dir("/"), &never())
        .await
        .unwrap();
    assert_eq!(outcome.stdout_text(), "/\n");
}

#[tokio::test]
async fn the_child_leads_its_group() {
    let outcome = Supervisor::new()
        .run(sh("echo $$; cat /proc/$$/stat"), &never())
        .await
        .unwrap();
    let text = outcome.stdout_text();
    let (pid, rest) = text.split_once('\n').unwrap();
    let group = rest[rest.rfind(')').unwrap() + 1..]
        .split_whitespace()
        .nth(2)
        .unwrap();
    assert_eq!(group, pid);
    assert!(stat(pid.parse().unwrap()).is_none(), "reaped");
}

/// This process gets the variables by starting itself again with them: a test may not change its own environment.
#[tokio::test]
async fn the_environment_is_an_allow_list() {
    let supervisor = Supervisor::new();
    let this = Command::new(std::env::current_exe().unwrap(), LONG)
        .args([
            "--exact",
            "environment_of_a_child",
            "--ignored",
            "--nocapture",
        ])
        .env("FFREPORT", "file=/tmp/report")
        .env("LD_PRELOAD", "/nonexistent/preload.so")
        .env("LD_LIBRARY_PATH", "/nonexistent")
        .env("PYTHONPATH", "/nonexistent")
        .env("https_proxy", "http://127.0.0.1:1")
        .env("LC_ALL", "C.UTF-8")
        .env("XDG_CACHE_HOME", "/nonexistent/cache")
        .env("TZ", "UTC")
        .env("ADDED", "replaced below");
    let outcome = supervisor
        .run(this, &never())
        .await
        .unwrap()
        .into_success()
        .unwrap();
    let text = outcome.stdout_text();
    let variables: Vec<&str> = text.lines().filter(|line| line.contains('=')).collect();
    for expected in [
        "LC_ALL=C.UTF-8",
        "XDG_CACHE_HOME=/nonexistent/cache",
        "TZ=UTC",
        "ADDED=yes",
    ] {
        assert!(
            variables.contains(&expected),
            "{expected} is missing from {variables:?}"
        );
    }
    for banned in [
        "FFREPORT",
        "LD_PRELOAD",
        "LD_LIBRARY_PATH",
        "PYTHONPATH",
        "https_proxy",
    ] {
        assert!(!text.contains(banned), "{banned} is in {variables:?}");
    }
}

#[tokio::test]
#[ignore = "the inner process of the_environment_is_an_allow_list"]
async fn environment_of_a_child() {
    let env = Command::new("env", LONG)
        .env("ADDED", "no")
        .env("ADDED", "yes");
    let outcome = Supervisor::new().run(env, &never()).await.unwrap();
    std::io::Write::write_all(&mut std::io::stdout(), &outcome.stdout).unwrap();
}

#[tokio::test]
async fn a_program_is_looked_for_on_the_path_of_the_child() {
    let scratch = Scratch::new("path");
    scratch.file("videogen-path-test", "#!/bin/sh\necho found\n", 0o755);
    let command = Command::new("videogen-path-test", LONG).env("PATH", &scratch.0);
    let outcome = Supervisor::new().run(command, &never()).await.unwrap();
    assert_eq!(outcome.stdout_text(), "found\n");
}

#[test]
fn programs_are_located() {
    let scratch = Scratch::new("locate");
    let tool = scratch.file("tool", "#!/bin/sh\n", 0o755);
    scratch.file("data", "", 0o644);
    std::fs::create_dir_all(scratch.0.join("folder")).unwrap();
    let path =
        std::env::join_paths([Path::new("/nonexistent"), Path::new(""), &scratch.0]).unwrap();
    let path = Some(path.as_os_str());

    assert_eq!(locate("tool", path).as_ref(), Some(&tool));
    assert_eq!(locate(tool.to_str().unwrap(), None).as_ref(), Some(&tool));
    for name in ["data", "folder", "absent", "", "/nonexistent/tool"] {
        assert_eq!(locate(name, path), None, "{name}");
    }
    assert_eq!(locate("tool", None), None);
    assert_eq!(locate("tool", Some(OsStr::new(""))), None);
}
