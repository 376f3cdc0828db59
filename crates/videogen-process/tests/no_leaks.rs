//! A hundred children that time out leave no zombie, no descriptor and no thread. Alone in its program, because it
//! counts what the whole process has.

#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use std::time::Duration;

use common::{eventually, never, zombies};
use videogen_process::{Command, Error, Stdin, Supervisor};

fn entries(dir: &str) -> usize {
    std::fs::read_dir(dir).unwrap().count()
}

async fn time_out(supervisor: Supervisor) {
    let command = Command::new("/bin/sh", Duration::from_millis(100))
        .args(["-c", "trap '' TERM; sleep 1000 & sleep 1000"])
        .stdin(Stdin::Bytes(vec![0; 200_000]))
        .grace(Duration::from_millis(20));
    let error = supervisor.run(command, &never()).await.unwrap_err();
    assert!(matches!(error, Error::Deadline { .. }), "{error:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hundred_timeouts_leak_nothing() {
    let supervisor = Supervisor::new();
    // What the runtime opens once is open after the first.
    time_out(supervisor.clone()).await;
    eventually("the first thread is gone", || supervisor.live() == 0);
    let descriptors = entries("/proc/self/fd");
    let threads = entries("/proc/self/task");

    for _ in 0..10 {
        let ten: Vec<_> = (0..10)
            .map(|_| tokio::spawn(time_out(supervisor.clone())))
            .collect();
        for task in ten {
            task.await.unwrap();
        }
    }

    assert_eq!(supervisor.live(), 0);
    assert_eq!(zombies(), [] as [u32; 0]);
    eventually("descriptors are closed", || {
        entries("/proc/self/fd") <= descriptors
    });
    eventually("threads have ended", || {
        entries("/proc/self/task") <= threads
    });
}
