//! What the tests with real children share.

#![allow(dead_code, reason = "each test program uses its part")]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::time::{Duration, Instant};

use tokio::io::{AsyncBufReadExt, BufReader, Lines};
use tokio_util::sync::CancellationToken;
use videogen_process::{Child, ChildStdout, Command};

/// Far beyond what any test takes on a loaded machine.
pub(crate) const LONG: Duration = Duration::from_mins(2);

/// `sh -c script` with a deadline that does not matter.
pub(crate) fn sh(script: &str) -> Command {
    Command::new("/bin/sh", LONG).arg("-c").arg(script)
}

/// A token that never fires.
pub(crate) fn never() -> CancellationToken {
    CancellationToken::new()
}

/// The lines of a child with `Stdout::Pipe`.
pub(crate) fn lines(child: &mut Child) -> Lines<BufReader<ChildStdout>> {
    BufReader::new(child.take_stdout().expect("stdout is piped")).lines()
}

/// The next line as a process id.
pub(crate) async fn next_pid(lines: &mut Lines<BufReader<ChildStdout>>) -> u32 {
    let line = lines.next_line().await.unwrap().expect("a line");
    line.trim().parse().expect("a process id")
}

/// State and parent of a process that exists, from `/proc/<pid>/stat`.
pub(crate) fn stat(pid: u32) -> Option<(char, u32)> {
    let text = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // The name before it may contain anything, parentheses and spaces included.
    let mut fields = text[text.rfind(')')? + 1..].split_whitespace();
    Some((fields.next()?.chars().next()?, fields.next()?.parse().ok()?))
}

/// Whether a process runs: it exists and is no zombie. (Orphans are reaped by whatever runs as init, or never.)
pub(crate) fn runs(pid: u32) -> bool {
    stat(pid).is_some_and(|(state, _)| !matches!(state, 'Z' | 'X'))
}

/// Waits, generously, until `condition` holds.
pub(crate) fn eventually(what: &str, condition: impl Fn() -> bool) {
    let begin = Instant::now();
    while !condition() {
        assert!(
            begin.elapsed() < Duration::from_secs(20),
            "not in time: {what}"
        );
        std::thread::sleep(Duration::from_millis(10));
    }
}

/// Zombies whose parent is this process.
pub(crate) fn zombies() -> Vec<u32> {
    let own = std::process::id();
    std::fs::read_dir("/proc")
        .unwrap()
        .filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok())
        .filter(|pid| stat(*pid).is_some_and(|(state, parent)| state == 'Z' && parent == own))
        .collect()
}

/// Kills a process that left its group, so that the test leaves nothing behind.
pub(crate) fn kill(pid: u32) {
    let pid = rustix::process::Pid::from_raw(i32::try_from(pid).unwrap()).unwrap();
    rustix::process::kill_process(pid, rustix::process::Signal::KILL).unwrap();
}
