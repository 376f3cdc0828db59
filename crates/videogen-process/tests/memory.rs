//! A child that writes 1 GiB costs no memory. Alone in its program, because it reads what the whole process uses.

#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use common::{never, sh};
use videogen_process::Supervisor;

/// A line of `/proc/self/status`, in KiB.
fn status(field: &str) -> u64 {
    let text = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = text.lines().find(|line| line.starts_with(field)).unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}

#[tokio::test]
async fn a_gibibyte_costs_no_memory() {
    let supervisor = Supervisor::new();
    supervisor
        .run(sh("echo; echo >&2"), &never())
        .await
        .unwrap();
    let before = status("VmHWM:");
    for redirection in ["", ">&2"] {
        let script =
            format!("{{ head -c 1073741824 /dev/zero; printf 'the very end'; }} {redirection}");
        let outcome = supervisor
            .run(sh(&script), &never())
            .await
            .unwrap()
            .into_success()
            .unwrap();
        let mut streams = [
            outcome.stdout_text().into_owned(),
            outcome.stderr.to_string(),
        ];
        streams.sort_unstable_by_key(String::len);
        let [empty, full] = streams;
        assert_eq!(full.len(), 64 * 1024);
        assert!(full.ends_with("\0the very end") && empty.is_empty());
    }
    let grown = status("VmHWM:") - before;
    assert!(grown < 8 * 1024, "the peak grew by {grown} KiB");
}
