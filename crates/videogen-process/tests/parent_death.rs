//! `SIGKILL` of the parent ends its children, too.

#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use std::io::Write;
use std::time::Duration;

use common::{LONG, eventually, never, runs, sh};
use videogen_process::{Command, Exit, Stdout, Supervisor};

#[tokio::test]
async fn sigkill_of_the_parent_ends_the_child() {
    let parent = Command::new(std::env::current_exe().unwrap(), LONG)
        .args(["--exact", "parent", "--ignored", "--nocapture"])
        .env("VIDEOGEN_PROCESS_TEST_PARENT", "1")
        .stdout(Stdout::Pipe);
    let mut parent = Supervisor::new().spawn(parent).unwrap();
    let mut output = common::lines(&mut parent);
    let child: u32 = loop {
        let line = output
            .next_line()
            .await
            .unwrap()
            .expect("the parent names its child");
        if let Some(pid) = line.strip_prefix("child ") {
            break pid.parse().unwrap();
        }
    };
    assert!(runs(child));
    // The child has a group of its own, so this reaches the parent only.
    parent.kill();
    assert_eq!(parent.wait(&never()).await.unwrap().exit, Exit::Signal(9));
    eventually("the child is gone", || !runs(child));
}

#[tokio::test]
#[ignore = "the inner process of sigkill_of_the_parent_ends_the_child"]
async fn parent() {
    if std::env::var_os("VIDEOGEN_PROCESS_TEST_PARENT").is_none() {
        return;
    }
    let child = Supervisor::new()
        .spawn(sh("trap '' TERM HUP; while :; do sleep 1; done"))
        .unwrap();
    let mut stdout = std::io::stdout();
    // The test harness has begun the line with the name of this test.
    write!(stdout, "\nchild {}\n", child.id()).unwrap();
    stdout.flush().unwrap();
    tokio::time::sleep(Duration::from_secs(100)).await;
}
