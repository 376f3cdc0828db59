//! Every child ends: by itself, at its deadline, on a cancellation, with its handle, with its runtime.

#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use std::time::{Duration, Instant};

use common::{LONG, eventually, kill, lines, never, next_pid, runs, sh, stat};
use tokio_util::sync::CancellationToken;
use videogen_process::{Child, Command, Error, Exit, Stdin, Stdout, Supervisor};

const SOON: Duration = Duration::from_millis(300);

/// Starts `script`, which must write a line once it is ready, and waits for that line.
async fn ready(supervisor: &Supervisor, command: Command) -> Child {
    let mut child = supervisor.spawn(command.stdout(Stdout::Pipe)).unwrap();
    let line = lines(&mut child).next_line().await.unwrap();
    assert_eq!(line.as_deref(), Some("ready"));
    child
}

fn cancel_after(delay: Duration) -> CancellationToken {
    let cancel = CancellationToken::new();
    let token = cancel.clone();
    tokio::spawn(async move {
        tokio::time::sleep(delay).await;
        token.cancel();
    });
    cancel
}

#[tokio::test]
async fn exits_are_told_apart() {
    let supervisor = Supervisor::new();
    let outcome = supervisor.run(sh("exit 7"), &never()).await.unwrap();
    assert_eq!(outcome.exit, Exit::Code(7));
    assert!(!outcome.success());

    let outcome = supervisor.run(sh("kill -SEGV $$"), &never()).await.unwrap();
    assert_eq!(outcome.exit, Exit::Signal(11));

    let failed = sh("echo reason >&2; exit 3");
    let error = supervisor
        .run(failed, &never())
        .await
        .unwrap()
        .into_success()
        .unwrap_err();
    assert!(
        matches!(
            &error,
            Error::Failed {
                exit: Exit::Code(3),
                ..
            }
        ),
        "{error:?}"
    );
    assert_eq!(error.to_string(), "run /bin/sh: exit code 3: reason");
    assert_eq!(supervisor.live(), 0);
}

#[tokio::test]
async fn a_child_that_sleeps_for_ever_meets_its_deadline() {
    let supervisor = Supervisor::new();
    let begin = Instant::now();
    let command = Command::new("sleep", SOON).arg("1000");
    let error = supervisor.run(command, &never()).await.unwrap_err();
    assert!(
        matches!(&error, Error::Deadline { after, .. } if *after == SOON),
        "{error:?}"
    );
    assert!(begin.elapsed() >= SOON);
    assert!(begin.elapsed() < LONG / 2);
    assert_eq!(supervisor.live(), 0);
}

#[tokio::test]
async fn a_deadline_holds_while_nobody_waits() {
    let supervisor = Supervisor::new();
    let command = Command::new("sleep", SOON).arg("1000").stdout(Stdout::Pipe);
    let mut child = supervisor.spawn(command).unwrap();
    // Reading, as a caller that parses progress does, ends as well.
    assert_eq!(lines(&mut child).next_line().await.unwrap(), None);
    let error = child.wait(&never()).await.unwrap_err();
    assert!(matches!(error, Error::Deadline { .. }), "{error:?}");
}

#[tokio::test]
async fn an_endless_deadline_is_possible() {
    let command = Command::new("true", Duration::MAX);
    assert!(
        Supervisor::new()
            .run(command, &never())
            .await
            .unwrap()
            .success()
    );
}

#[tokio::test]
async fn a_child_that_ignores_sigterm_is_killed_after_its_grace() {
    let supervisor = Supervisor::new();
    let stubborn = sh("trap '' TERM; echo ready; while :; do sleep 1; done").grace(SOON);
    let child = ready(&supervisor, stubborn).await;
    let pid = child.id();
    let cancel = CancellationToken::new();
    cancel.cancel();
    let begin = Instant::now();
    let error = child.wait(&cancel).await.unwrap_err();
    assert!(error.is_cancelled(), "{error:?}");
    assert!(begin.elapsed() >= SOON, "it was not given its grace");
    assert!(!runs(pid));
    assert_eq!(supervisor.live(), 0);
}

#[tokio::test]
async fn a_child_that_obeys_sigterm_says_its_last_words() {
    let supervisor = Supervisor::new();
    let script = "trap 'echo bye >&2; exit 0' TERM; while :; do sleep 0.05; done";
    let command = Command::new("/bin/sh", Duration::from_secs(3))
        .arg("-c")
        .arg(script)
        .grace(LONG);
    let begin = Instant::now();
    let error = supervisor.run(command, &never()).await.unwrap_err();
    let Error::Deadline { stderr, .. } = error else {
        panic!("{error:?}");
    };
    assert_eq!(stderr.last_line(), Some("bye"));
    assert!(begin.elapsed() < LONG / 2, "the grace was waited out");
}

#[tokio::test]
async fn no_grace_kills_at_once() {
    let supervisor = Supervisor::new();
    let script = "trap 'echo bye >&2; exit 0' TERM; while :; do sleep 0.05; done";
    let command = Command::new("/bin/sh", Duration::from_secs(3))
        .arg("-c")
        .arg(script);
    let error = supervisor
        .run(command.grace(Duration::ZERO), &never())
        .await
        .unwrap_err();
    let Error::Deadline { stderr, .. } = error else {
        panic!("{error:?}");
    };
    assert_eq!(stderr.as_str(), "");
}

/// Two grandchildren: one obeys `SIGTERM`, one ignores it. The child itself ignores it or not.
async fn grandchildren_end(prologue: &str) {
    let supervisor = Supervisor::new();
    let script = format!(
        "sleep 1000 & echo $!; sh -c 'trap \"\" TERM; while :; do sleep 1; done' & echo $!; {prologue} wait; sleep 1000"
    );
    let mut child = supervisor
        .spawn(sh(&script).stdout(Stdout::Pipe).grace(SOON))
        .unwrap();
    let mut output = lines(&mut child);
    let pids = [
        child.id(),
        next_pid(&mut output).await,
        next_pid(&mut output).await,
    ];
    assert!(pids.iter().all(|pid| runs(*pid)));
    let error = child.wait(&cancel_after(SOON)).await.unwrap_err();
    assert!(error.is_cancelled(), "{error:?}");
    eventually("the whole group is gone", || {
        !pids.iter().any(|pid| runs(*pid))
    });
    assert_eq!(supervisor.live(), 0);
}

#[tokio::test]
async fn grandchildren_end_with_a_cancelled_child() {
    grandchildren_end("").await;
}

#[tokio::test]
async fn grandchildren_end_with_a_cancelled_child_that_ignores_sigterm() {
    grandchildren_end("trap '' TERM;").await;
}

#[tokio::test]
async fn grandchildren_end_with_a_child_that_exits_by_itself() {
    let supervisor = Supervisor::new();
    // It holds none of the pipes, so nothing but the group tells of it.
    let script = "sleep 1000 >/dev/null 2>&1 & echo $!";
    let outcome = supervisor.run(sh(script), &never()).await.unwrap();
    assert!(outcome.success() && !outcome.leaked);
    let pid: u32 = outcome.stdout_text().trim().parse().unwrap();
    eventually("the grandchild is gone", || !runs(pid));
}

#[tokio::test]
async fn a_pipe_leaked_to_the_group_is_reported_and_closed() {
    let supervisor = Supervisor::new();
    let begin = Instant::now();
    let outcome = supervisor
        .run(sh("sleep 1000 & echo $!"), &never())
        .await
        .unwrap();
    assert!(outcome.success());
    assert!(outcome.leaked);
    assert!(begin.elapsed() < LONG / 2);
    let pid: u32 = outcome.stdout_text().trim().parse().unwrap();
    eventually("the holder is gone", || !runs(pid));
    assert_eq!(supervisor.live(), 0);
}

#[tokio::test]
async fn a_pipe_leaked_to_another_session_is_reported() {
    let supervisor = Supervisor::new();
    let script = "setsid sh -c 'echo $$; exec sleep 1000' & sleep 1000 & sleep 0.5";
    let outcome = supervisor.run(sh(script), &never()).await.unwrap();
    assert!(outcome.success() && outcome.leaked);
    assert_eq!(supervisor.live(), 0);
    let pid: u32 = outcome.stdout_text().trim().parse().unwrap();
    assert!(runs(pid), "it is out of the group's reach, as documented");
    kill(pid);
}

#[tokio::test]
async fn a_noisy_holder_in_another_session_does_not_hold_the_caller() {
    let supervisor = Supervisor::new();
    let script = "setsid sh -c 'while :; do echo noise; done' >&2 & sleep 0.5";
    let outcome = supervisor.run(sh(script), &never()).await.unwrap();
    assert!(outcome.success() && outcome.leaked);
    // Its pipe is closed, so it has ended by `SIGPIPE`.
    assert!(outcome.stderr.as_str().ends_with("noise\n"));
}

#[tokio::test]
async fn a_straggler_that_ends_in_time_is_no_leak() {
    let script = "(sleep 0.02; echo late) & exit 0";
    let outcome = Supervisor::new().run(sh(script), &never()).await.unwrap();
    assert_eq!((outcome.leaked, &*outcome.stdout_text()), (false, "late\n"));
}

#[tokio::test]
async fn a_cancelled_token_starts_nothing() {
    let cancel = CancellationToken::new();
    cancel.cancel();
    let dir = std::env::temp_dir().join(format!("videogen-process-{}", std::process::id()));
    let supervisor = Supervisor::new();
    let touch = Command::new("touch", LONG).arg(&dir);
    assert!(
        supervisor
            .run(touch, &cancel)
            .await
            .unwrap_err()
            .is_cancelled()
    );
    assert!(!dir.exists());
    assert_eq!(supervisor.live(), 0);
}

#[tokio::test]
async fn a_token_cancelled_before_the_wait_ends_the_child() {
    let supervisor = Supervisor::new();
    let child = supervisor.spawn(sh("sleep 1000")).unwrap();
    let cancel = CancellationToken::new();
    cancel.cancel();
    assert!(child.wait(&cancel).await.unwrap_err().is_cancelled());
    assert_eq!(supervisor.live(), 0);
}

#[tokio::test]
async fn a_killed_child_has_an_outcome() {
    let supervisor = Supervisor::new();
    let child = supervisor.spawn(sh("sleep 1000 & wait")).unwrap();
    child.kill();
    let outcome = child.wait(&never()).await.unwrap();
    assert_eq!(outcome.exit, Exit::Signal(9));
    assert!(!outcome.leaked);
}

#[tokio::test]
async fn a_dropped_child_is_killed_and_reaped() {
    let supervisor = Supervisor::new();
    let child = ready(&supervisor, sh("trap '' TERM; echo ready; sleep 1000")).await;
    let pid = child.id();
    drop(child);
    // Without the runtime's help: this thread, the only one of the runtime, is blocked here.
    eventually("killed and reaped", || {
        stat(pid).is_none() && supervisor.live() == 0
    });
}

#[tokio::test]
async fn a_dropped_wait_kills_the_child() {
    let supervisor = Supervisor::new();
    let child = supervisor.spawn(sh("trap '' TERM; sleep 1000")).unwrap();
    let pid = child.id();
    let waited = tokio::time::timeout(SOON, child.wait(&never())).await;
    assert!(waited.is_err());
    eventually("killed and reaped", || {
        stat(pid).is_none() && supervisor.live() == 0
    });
}

#[tokio::test]
async fn a_panic_kills_the_child() {
    let supervisor = Supervisor::new();
    let child = supervisor.spawn(sh("sleep 1000")).unwrap();
    let pid = child.id();
    let task = tokio::spawn(async move {
        let _child = child;
        panic!("on purpose");
    });
    assert!(task.await.unwrap_err().is_panic());
    eventually("killed and reaped", || {
        stat(pid).is_none() && supervisor.live() == 0
    });
}

#[test]
fn a_dropped_runtime_kills_the_child() {
    let supervisor = Supervisor::new();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let child = runtime.block_on(ready(
        &supervisor,
        sh("trap '' TERM; echo ready; sleep 1000"),
    ));
    let pid = child.id();
    drop(runtime);
    // The handle still exists.
    eventually("killed and reaped", || {
        stat(pid).is_none() && supervisor.live() == 0
    });

    // Waiting elsewhere says what happened instead of handing out half an output.
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let error = runtime.block_on(child.wait(&never())).unwrap_err();
    assert!(matches!(error, Error::Io { .. }), "{error:?}");
}

#[test]
fn a_runtime_dropped_with_the_handle_inside_kills_the_child() {
    let supervisor = Supervisor::new();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let child = runtime.block_on(async { supervisor.spawn(sh("sleep 1000")).unwrap() });
    let pid = child.id();
    runtime.spawn(async move {
        let _ = child.wait(&never()).await;
    });
    runtime.shutdown_background();
    eventually("killed and reaped", || {
        stat(pid).is_none() && supervisor.live() == 0
    });
}

/// The parent-death signal is that of a thread; it must not be that of the thread that happens to call `spawn`.
#[test]
fn a_child_outlives_the_thread_that_started_it() {
    let supervisor = Supervisor::new();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let (handle, other) = (runtime.handle().clone(), supervisor.clone());
    let thread = std::thread::spawn(move || {
        let _entered = handle.enter();
        other.spawn(sh("sleep 0.5; echo alive")).unwrap()
    });
    let child = thread.join().unwrap();
    let outcome = runtime.block_on(child.wait(&never())).unwrap();
    assert_eq!(
        (outcome.exit, &*outcome.stdout_text()),
        (Exit::Code(0), "alive\n")
    );
}

#[test]
fn a_blocked_runtime_loses_no_output_and_reports_no_leak() {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async {
        let child = Supervisor::new()
            .spawn(sh("echo out; echo err >&2"))
            .unwrap();
        std::thread::sleep(Duration::from_secs(1));
        let outcome = child.wait(&never()).await.unwrap();
        assert_eq!(outcome.stdout_text(), "out\n");
        assert_eq!(outcome.stderr.as_str(), "err\n");
        assert!(!outcome.leaked);
    });
}

#[test]
fn outside_a_runtime_nothing_starts() {
    let supervisor = Supervisor::new();
    let error = supervisor.spawn(sh("sleep 1000")).unwrap_err();
    assert!(matches!(error, Error::Spawn { .. }), "{error:?}");
    assert_eq!(supervisor.live(), 0);
}

#[test]
fn a_runtime_without_io_leaves_no_child_behind() {
    let supervisor = Supervisor::new();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap();
    let inner = supervisor.clone();
    let panicked = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        runtime.block_on(async { inner.spawn(sh("sleep 1000")).map(drop) })
    }));
    assert!(panicked.is_err());
    eventually("killed and reaped", || supervisor.live() == 0);
}

/// The count is that of the system: a child is in it until the system has no such child any more, however it ended.
#[tokio::test]
async fn the_count_of_children_is_that_of_the_system() {
    let (own, supervisor) = (std::process::id(), Supervisor::new());
    let mut children = Vec::new();
    let mut pids = Vec::new();
    for _ in 0..4 {
        let script = sh("echo $$; exec sleep 100").stdout(Stdout::Pipe);
        let mut child = supervisor.spawn(script).unwrap();
        pids.push(next_pid(&mut lines(&mut child)).await);
        children.push(child);
    }
    let known = || -> usize {
        let ours = |pid: &&u32| stat(**pid).is_some_and(|(_, parent)| parent == own);
        pids.iter().filter(ours).count()
    };
    assert_eq!((known(), supervisor.live()), (4, 4));
    // Other tests of this program have children, too.
    assert!(videogen_process::live_children() >= 4);
    // One that something else kills, and nobody waits for.
    kill(pids[0]);
    eventually("one is reaped", || supervisor.live() == 3);
    assert_eq!(known(), 3);
    // One that is let go.
    drop(children.pop());
    eventually("another is reaped", || supervisor.live() == 2);
    assert_eq!(known(), 2);
    let missing = Command::new("/no/such/program", LONG);
    assert!(supervisor.spawn(missing).is_err());
    assert_eq!(supervisor.live(), 2);
    drop(children);
    eventually("all are reaped", || supervisor.live() == 0);
    assert_eq!(known(), 0);
}

#[tokio::test]
async fn clones_count_together() {
    let supervisor = Supervisor::new();
    let children: Vec<_> = (0..3)
        .map(|_| {
            supervisor
                .clone()
                .spawn(sh("read line").stdin(Stdin::Pipe))
                .unwrap()
        })
        .collect();
    assert_eq!(supervisor.live(), 3);
    for child in children {
        // Stdin was not taken, so waiting closes it.
        assert_eq!(child.wait(&never()).await.unwrap().exit, Exit::Code(1));
    }
    assert_eq!(supervisor.live(), 0);
}
