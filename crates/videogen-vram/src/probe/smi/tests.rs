//! With programs that behave like it, and that misbehave.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use camino_tempfile::Utf8TempDir;

use super::*;
use crate::probe::PROGRAMS;

/// A program `nvidia-smi` with this shell script in it.
/// A test that calls this holds [`PROGRAMS`].
fn program(script: &str) -> (Utf8TempDir, SmiProbe) {
    let dir = camino_tempfile::tempdir().unwrap();
    let path = dir.path().join("nvidia-smi");
    fs::write(&path, format!("#!/bin/sh\n{script}\n")).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    (
        dir,
        SmiProbe::new(path.as_str()).deadline(Duration::from_mins(2)),
    )
}

async fn read(probe: &SmiProbe) -> Result<GpuReadings, Error> {
    probe.read(&CancellationToken::new()).await
}

const CARD: &str = "0, GPU-x, 12288, 6021, 5998, 61, 535.1, 8.6, 0x0, [N/A], NVIDIA RTX A2000 12GB";

#[tokio::test]
async fn cards_and_processes_are_read() {
    let _alone = PROGRAMS.lock().await;
    let (_dir, probe) = program(&format!(
        "case $1 in *gpu=*) echo '{CARD}';; *) echo 'GPU-x, 4294967290, 5532, /usr/bin/ollama';; esac"
    ));
    let readings = read(&probe).await.unwrap();
    assert_eq!(readings.cards[0].processes[0].name, "ollama");
    assert_eq!(readings.notes, []);
}

#[tokio::test]
async fn an_old_driver_is_asked_for_less() {
    let _alone = PROGRAMS.lock().await;
    let (_dir, probe) = program(
        "case $1 in *compute_cap*) echo 'Field \"compute_cap\" is not a valid field to query.'; exit 2;; \
         *gpu=*) echo '0, GPU-x, 4096, 96, 4000, 50, 418.1, NVIDIA GTX 970';; *) exit 3;; esac",
    );
    let readings = read(&probe).await.unwrap();
    assert_eq!(readings.cards[0].name, "NVIDIA GTX 970");
    assert!(readings.notes[0].text.contains("does not list processes"));
}

#[tokio::test]
async fn no_program_and_no_driver_are_no_card() {
    let _alone = PROGRAMS.lock().await;
    let absent = |readings: GpuReadings| {
        assert_eq!(readings.cards, []);
        assert_eq!(readings.notes[0].kind, ProbeNoteKind::Absent);
    };
    absent(read(&SmiProbe::new("/nowhere/nvidia-smi")).await.unwrap());
    let (_dir, probe) = program(
        "echo \"NVIDIA-SMI has failed because it couldn't communicate with the NVIDIA driver.\"; exit 9",
    );
    absent(read(&probe).await.unwrap());
    let (_dir, probe) = program("echo 'No devices were found'; exit 6");
    absent(read(&probe).await.unwrap());
}

#[tokio::test]
async fn a_program_that_hangs_is_ended() {
    let _alone = PROGRAMS.lock().await;
    let (_dir, probe) = program("trap '' TERM; sleep 600 & sleep 600");
    let probe = probe.deadline(Duration::from_millis(200));
    let error = read(&probe).await.unwrap_err();
    assert!(
        matches!(error, Error::TimedOut { .. }) && error.is_retryable(),
        "{error}"
    );
    assert_eq!(probe.supervisor.live(), 0);
}

#[tokio::test]
async fn a_hanging_list_of_processes_does_not_cost_the_cards() {
    let _alone = PROGRAMS.lock().await;
    let (_dir, probe) = program(&format!(
        "case $1 in *gpu=*) echo '{CARD}';; *) sleep 600;; esac"
    ));
    let readings = read(&probe.deadline(Duration::from_secs(6))).await.unwrap();
    assert_eq!(readings.cards.len(), 1);
    assert_eq!(readings.notes[0].kind, ProbeNoteKind::Failed);
}

#[tokio::test]
async fn a_broken_program_is_an_error_that_says_what_it_said() {
    let _alone = PROGRAMS.lock().await;
    for (script, says) in [
        (
            "echo 'Failed to initialize NVML: Driver/library version mismatch'; exit 18",
            "mismatch",
        ),
        ("exit 1", "exit code 1"),
        ("kill -SEGV $$", "signal 11"),
        ("echo rubbish", "rubbish"),
        ("true", "nothing"),
        ("head -c 3000000 /dev/zero", "nvidia-smi"),
    ] {
        let (_dir, probe) = program(script);
        let error = read(&probe).await.unwrap_err();
        assert!(error.to_string().contains(says), "{script}: {error}");
        assert!(!error.is_cancelled());
    }
}

#[tokio::test]
async fn a_cancellation_ends_it() {
    let _alone = PROGRAMS.lock().await;
    let (_dir, probe) = program("sleep 600");
    let cancel = CancellationToken::new();
    let (answer, ()) = tokio::join!(probe.read(&cancel), async {
        tokio::time::sleep(Duration::from_millis(50)).await;
        cancel.cancel();
    });
    assert!(answer.unwrap_err().is_cancelled());
    assert_eq!(probe.supervisor.live(), 0);
}
