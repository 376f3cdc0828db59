//! What children have started ends with this process, however it ends, and is recognised later where it does not.

#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use std::io::Write;
use std::time::Duration;

use common::{LONG, eventually, kill, never, runs, sh, stat};
use videogen_process::{Child, Command, Exit, Stdout, Supervisor, end_orphans};

/// Says which script the inner process starts.
const SCRIPT: &str = "VIDEOGEN_PROCESS_TEST_SCRIPT";
/// Prints its process id and stays, whatever it is asked to do.
const STAY: &str = "trap '' TERM HUP; echo $$; exec 1>&-; while :; do sleep 1; done";

/// A process that supervises a child with a script, and the process ids that the child and its descendants print.
struct Parent {
    child: Option<Child>,
    id: u32,
    pids: Vec<u32>,
    /// Kept until the end of the test: dropped, it would itself end what the process left.
    _supervisor: Supervisor,
}

impl Parent {
    /// `script` prints `count` process ids on standard output.
    async fn start(script: &str, count: usize) -> Self {
        let parent = Command::new(std::env::current_exe().unwrap(), LONG)
            .args(["--exact", "parent", "--ignored", "--nocapture"])
            .env(SCRIPT, script)
            .env("STAY", STAY)
            .stdout(Stdout::Pipe);
        let supervisor = Supervisor::new();
        let mut child = supervisor.spawn(parent).unwrap();
        let mut output = common::lines(&mut child);
        let mut pids = Vec::new();
        while pids.len() < count {
            let line = output.next_line().await.unwrap();
            let line = line.expect("the parent names what it started");
            if let Some(pid) = line.strip_prefix("pid ") {
                pids.push(pid.parse().unwrap());
            }
        }
        assert!(pids.iter().all(|pid| runs(*pid)), "{pids:?}");
        Self {
            id: child.id(),
            child: Some(child),
            pids,
            _supervisor: supervisor,
        }
    }

    /// Kills the process alone: its children have groups of their own, and its guardian a session.
    async fn kill(&mut self) -> Vec<u32> {
        kill(self.id);
        let child = self.child.take().expect("it is killed once");
        let outcome = child.wait(&never()).await.unwrap();
        assert_eq!(outcome.exit, Exit::Signal(9));
        self.pids.clone()
    }

    /// Its guardian, unless it was made just now and does not show as one.
    fn guardian(&self) -> Option<u32> {
        guardians(self.id).first().copied()
    }
}

fn guardians(parent: u32) -> Vec<u32> {
    std::fs::read_dir("/proc")
        .unwrap()
        .filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok())
        .filter(|pid| stat(*pid).is_some_and(|(_, of)| of == parent))
        .filter(|pid| {
            std::fs::read_to_string(format!("/proc/{pid}/comm"))
                .is_ok_and(|name| name.trim() == "child-guardian")
        })
        .collect()
}

fn all_gone(pids: &[u32]) {
    for pid in pids {
        eventually(&format!("{pid} of {pids:?} is gone"), || !runs(*pid));
    }
}

#[tokio::test]
#[ignore = "the inner process of the tests in this file"]
async fn parent() {
    let Ok(script) = std::env::var(SCRIPT) else {
        return;
    };
    let command = sh(&script)
        .env("STAY", std::env::var("STAY").unwrap())
        .stdout(Stdout::Pipe);
    let mut child = Supervisor::new().spawn(command).unwrap();
    let mut output = common::lines(&mut child);
    // The test harness has begun the line with the name of this test.
    let mut stdout = std::io::stdout();
    while let Some(pid) = output.next_line().await.unwrap() {
        write!(stdout, "\npid {pid}\n").unwrap();
        stdout.flush().unwrap();
    }
    tokio::time::sleep(Duration::from_secs(100)).await;
}

#[tokio::test]
async fn sigkill_ends_what_a_script_left_in_the_background() {
    let script = "sh -c \"$STAY\" & sh -c \"$STAY\"; true";
    let mut parent = Parent::start(script, 2).await;
    let pids = parent.kill().await;
    all_gone(&pids);
}

#[tokio::test]
async fn sigkill_ends_what_left_the_group() {
    let script = "setsid sh -c \"$STAY\" & setsid setsid sh -c \"$STAY\"; true";
    let mut parent = Parent::start(script, 2).await;
    let pids = parent.kill().await;
    all_gone(&pids);
}

#[tokio::test]
async fn sigkill_ends_what_hides_its_environment() {
    let script = "env -i sh -c \"$STAY\" & sh -c \"$STAY\"; true";
    let mut parent = Parent::start(script, 2).await;
    let pids = parent.kill().await;
    all_gone(&pids);
}

#[tokio::test]
async fn a_guardian_that_is_killed_is_replaced() {
    // One that is known by its group alone, so that only a guardian that was told of it finds it.
    let mut parent = Parent::start("env -i sh -c \"$STAY\" & wait", 1).await;
    eventually("there is a guardian", || parent.guardian().is_some());
    let first = parent.guardian().unwrap();
    kill(first);
    eventually("there is another guardian", || {
        parent.guardian().is_some_and(|second| second != first)
    });
    assert_eq!(stat(first), None, "it was reaped");
    let pids = parent.kill().await;
    all_gone(&pids);
}

#[tokio::test]
async fn orphans_are_recognised_when_the_guardian_was_killed_as_well() {
    let script = "setsid sh -c \"$STAY\" & sh -c \"$STAY\" & wait";
    let mut parent = Parent::start(script, 2).await;
    let owner = parent.id;
    // Of the same supervisor of the test, and so with a living owner: not to be touched.
    let other = Parent::start("sh -c \"$STAY\"", 1).await;
    assert!(end_orphans().iter().all(|orphan| orphan.owner != owner));
    // It is stopped first: it would be replaced, and act.
    eventually("there is a guardian", || parent.guardian().is_some());
    let guardian = parent.guardian().unwrap();
    stop(guardian);
    let pids = parent.kill().await;
    kill(guardian);
    assert!(pids.iter().all(|pid| runs(*pid)), "nobody ended them");
    // Another test of this file may look at the same time, and end them in the place of this one.
    let ended = end_orphans();
    all_gone(&pids);
    assert!(
        ended
            .iter()
            .all(|orphan| orphan.name == "sh" || orphan.name == "sleep")
    );
    assert!(runs(other.pids[0]), "its owner lives");
}

#[tokio::test]
async fn what_left_the_group_ends_with_the_supervisor_as_well() {
    let supervisor = Supervisor::new();
    let script = format!("setsid sh -c \"{}\" & sleep 0.2", STAY.replace('$', "\\$"));
    let outcome = supervisor.run(sh(&script), &never()).await.unwrap();
    assert!(outcome.success(), "{outcome:?}");
    let pid: u32 = outcome.stdout_text().trim().parse().unwrap();
    assert!(runs(pid), "until then it is left alone");
    drop(supervisor);
    all_gone(&[pid]);
}

#[tokio::test]
async fn a_guardian_keeps_nothing_and_outlives_nothing() {
    let own = std::process::id();
    let before = guardians(own);
    let supervisor = Supervisor::new();
    // Whatever else this process has open.
    let file = std::fs::File::open("/dev/zero").unwrap();
    let list = Command::new("ls", LONG).args(["-l", "/proc/self/fd"]);
    let outcome = supervisor.run(list, &never()).await.unwrap();
    let listed = outcome.stdout_text();
    assert!(
        !listed.contains("socket:") && !listed.contains("/dev/zero"),
        "{listed}"
    );
    drop(file);
    let new = || guardians(own).into_iter().find(|pid| !before.contains(pid));
    // It has the name of the program for a moment, and its arguments for another one.
    eventually("there is a guardian", || {
        new().is_some_and(|pid| {
            let line = std::fs::read(format!("/proc/{pid}/cmdline")).unwrap();
            line.iter().all(|byte| *byte == 0)
        })
    });
    let guardian = new().unwrap();
    let open: Vec<_> = std::fs::read_dir(format!("/proc/{guardian}/fd"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name())
        .collect();
    assert_eq!(open, ["0"]);
    let cwd = std::fs::read_link(format!("/proc/{guardian}/cwd")).unwrap();
    assert_eq!(cwd.to_str(), Some("/"));
    drop(supervisor);
    eventually("it was reaped", || {
        stat(guardian).is_none_or(|(_, parent)| parent != own)
    });
}

fn stop(pid: u32) {
    let id = rustix::process::Pid::from_raw(i32::try_from(pid).unwrap()).unwrap();
    rustix::process::kill_process(id, rustix::process::Signal::STOP).unwrap();
    eventually("it is stopped", || {
        stat(pid).is_some_and(|(state, _)| state == 'T')
    });
}
