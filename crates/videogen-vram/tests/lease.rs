//! The lease between real processes: this test program starts itself as the other one.

#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::time::{Duration, Instant};

use camino::Utf8Path;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio_util::sync::CancellationToken;
use videogen_process::{Child, Command, Stdout, Supervisor};
use videogen_vram::{
    Bytes, Error, LeaseDir, LeaseHolder, PaintHistory, PaintOutcome, PaintStrategy, PaintVerdict,
    Size,
};

/// Far beyond what any test takes on a loaded machine.
const LONG: Duration = Duration::from_mins(2);
const DIR: &str = "VIDEOGEN_TEST_DIR";
const WHO: &str = "VIDEOGEN_TEST_WHO";

/// This program again, running one of the tests below that do nothing by themselves.
fn other(test: &str, dir: &Utf8Path, who: &str) -> Command {
    Command::new(std::env::current_exe().unwrap(), LONG)
        .args(["--exact", test, "--nocapture", "--test-threads=1"])
        .env(DIR, dir.as_str())
        .env(WHO, who)
        .stdout(Stdout::Pipe)
}

/// Waits until the child has written `word`.
async fn said(child: &mut Child, word: &str) {
    let mut lines = BufReader::new(child.take_stdout().unwrap()).lines();
    while let Some(line) = lines.next_line().await.unwrap() {
        if line.contains(word) {
            return;
        }
    }
    panic!(
        "the other process did not say {word}: {}",
        child.stderr_tail()
    );
}

/// The other process: takes the card and keeps it until it is killed.
#[test]
fn other_process_holds() {
    let Ok(dir) = std::env::var(DIR) else {
        return;
    };
    let holder = LeaseHolder::this_process("other", "holding");
    let _lease = LeaseDir::new(dir).try_take("card", &holder).unwrap();
    #[expect(clippy::print_stdout, reason = "this is how it tells its parent")]
    {
        println!("has it");
    }
    std::thread::sleep(LONG);
}

/// The other process: writes twelve outcomes.
#[test]
fn other_process_records() {
    let (Ok(dir), Ok(who)) = (std::env::var(DIR), std::env::var(WHO)) else {
        return;
    };
    let history = PaintHistory::new(Utf8Path::new(&dir).join("history.json"));
    for width in 512..524 {
        let outcome = PaintOutcome {
            at: 1,
            gpu: who.clone(),
            family: "sd15".into(),
            strategy: PaintStrategy::Direct,
            size: Size::new(width, 512),
            predicted: Bytes::from_gib(5),
            budget: Bytes::from_gib(6),
            phases: Vec::new(),
            verdict: PaintVerdict::Ok { peak: None },
        };
        let now = std::time::SystemTime::now();
        assert_eq!(history.record(&[outcome], now).unwrap(), None);
    }
}

#[tokio::test]
async fn the_next_one_gets_the_card_as_soon_as_its_holder_is_killed() {
    let dir = camino_tempfile::tempdir().unwrap();
    let supervisor = Supervisor::new();
    let mut child = supervisor
        .spawn(other("other_process_holds", dir.path(), "x"))
        .unwrap();
    said(&mut child, "has it").await;

    let leases = LeaseDir::new(dir.path());
    let me = LeaseHolder::this_process("test", "");
    match leases.try_take("card", &me).unwrap_err() {
        Error::CardBusy { holder, .. } => {
            let holder = holder.unwrap();
            assert_eq!((holder.pid, holder.program.as_str()), (child.id(), "other"));
        }
        other => panic!("{other}"),
    }
    assert_eq!(leases.holder("card").unwrap().pid, child.id());
    drop(leases.try_take("another card", &me).unwrap());

    let waiting = leases.clone();
    let next = tokio::spawn(async move {
        let never = CancellationToken::new();
        let lease = waiting.take("card", &me, LONG, &never, &mut |_| ()).await;
        (lease, Instant::now())
    });
    tokio::time::sleep(Duration::from_millis(100)).await;
    assert!(!next.is_finished());
    let killed = Instant::now();
    // SIGKILL: nothing of the other process runs any more.
    child.kill();
    let (lease, taken) = next.await.unwrap();
    let lease = lease.unwrap();
    assert_eq!(leases.holder("card").unwrap().pid, std::process::id());
    // The longest pause is 0.2 s; a loaded machine gets ten seconds.
    let after = taken.saturating_duration_since(killed);
    assert!(after < Duration::from_secs(10), "{after:?}");
    drop(lease);
    assert_eq!(leases.holder("card"), None);
    let _ = child.wait(&CancellationToken::new()).await;
}

#[tokio::test]
async fn processes_that_write_at_once_lose_nothing() {
    let dir = camino_tempfile::tempdir().unwrap();
    let supervisor = Supervisor::new();
    let children: Vec<_> = ["a", "b", "c"]
        .into_iter()
        .map(|who| {
            let command = other("other_process_records", dir.path(), who).stdout(Stdout::Tail);
            supervisor.spawn(command).unwrap()
        })
        .collect();
    for child in children {
        let outcome = child.wait(&CancellationToken::new()).await.unwrap();
        assert!(outcome.success(), "{}", outcome.stdout_text());
    }
    let loaded = PaintHistory::new(dir.path().join("history.json")).load();
    assert_eq!(loaded.warning, None);
    assert_eq!(loaded.outcomes.len(), 36);
}

#[tokio::test]
async fn writers_that_are_killed_leave_a_whole_history() {
    let dir = camino_tempfile::tempdir().unwrap();
    let supervisor = Supervisor::new();
    for round in 0..10u64 {
        let command = other("other_process_records", dir.path(), "a").stdout(Stdout::Null);
        let child = supervisor.spawn(command).unwrap();
        tokio::time::sleep(Duration::from_millis(7 * round)).await;
        child.kill();
        let _ = child.wait(&CancellationToken::new()).await;
        let loaded = PaintHistory::new(dir.path().join("history.json")).load();
        assert_eq!(loaded.warning, None, "round {round}");
    }
    // The lock of none of them is left, and what they were writing is swept.
    let command = other("other_process_records", dir.path(), "b").stdout(Stdout::Tail);
    let child = supervisor.spawn(command).unwrap();
    assert!(
        child
            .wait(&CancellationToken::new())
            .await
            .unwrap()
            .success()
    );
    let left: Vec<_> = std::fs::read_dir(dir.path())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name.contains(".tmp"))
        .collect();
    assert_eq!(left, [""; 0]);
}
