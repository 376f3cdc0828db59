//! The NVML probe with a library that behaves like the driver's, and with ones that misbehave.

#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::time::Duration;

use camino_tempfile::Utf8TempDir;
use tokio_util::sync::CancellationToken;
use videogen_process::{Command, Supervisor};
use videogen_vram::{
    Bytes, ComputeCapability, Error, GpuProbe, GpuReadings, NvmlProbe, ProbeNoteKind, ProcessKind,
    Throttle,
};

/// The library of `fake_nvml.c`, built with `define`. The C compiler is there: Rust links with it.
async fn library(define: &str) -> (Utf8TempDir, NvmlProbe) {
    let dir = camino_tempfile::tempdir().unwrap();
    let library = dir.path().join("libnvidia-ml.so.1");
    let source = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fake_nvml.c");
    let cc = Command::new("cc", Duration::from_mins(2))
        .args(["-shared", "-fPIC", "-w", define, "-o"])
        .args([library.as_str(), source]);
    let built = Supervisor::new().run(cc, &CancellationToken::new()).await;
    built.unwrap().into_success().unwrap();
    let probe = NvmlProbe::new().library(library.as_str());
    (dir, probe)
}

async fn read(probe: &NvmlProbe) -> Result<GpuReadings, Error> {
    probe.read(&CancellationToken::new()).await
}

#[tokio::test]
async fn cards_are_read_and_a_lost_one_costs_no_other() {
    let (_dir, probe) = library("-DFAKE").await;
    let readings = read(&probe).await.unwrap();
    let [first, second] = &readings.cards[..] else {
        panic!("{readings:?}");
    };
    assert_eq!(first.name, "NVIDIA RTX A2000 12GB");
    assert_eq!(first.uuid.as_deref(), Some("GPU-0"));
    assert_eq!(first.total.bytes(), Bytes::from_gib(12));
    assert_eq!(first.free.bytes(), Bytes::from_mib(6144 - 256));
    assert_eq!(first.compute, Some(ComputeCapability::new(8, 6)));
    assert_eq!(first.temperature_c, Some(61));
    assert_eq!(first.throttle, [Throttle::Thermal, Throttle::PowerCap]);
    assert_eq!(first.driver.as_deref(), Some("999.1"));
    let found: Vec<_> = first
        .processes
        .iter()
        .map(|p| (p.name.as_str(), p.used, p.kind))
        .collect();
    assert_eq!(
        found,
        [
            ("ollama", Some(Bytes::from_gib(5)), ProcessKind::Ollama),
            ("Xorg", None, ProcessKind::Display),
        ]
    );
    // It said that 40 of 12 GiB are free.
    assert_eq!(second.free.bytes(), Bytes::from_gib(6));
    let kinds: Vec<_> = readings.notes.iter().map(|note| note.kind).collect();
    assert!(kinds.contains(&ProbeNoteKind::Doubtful) && kinds.contains(&ProbeNoteKind::Failed));
    // The library stays open.
    assert_eq!(read(&probe).await.unwrap(), readings);
}

#[tokio::test]
async fn a_driver_that_is_not_loaded_is_no_card_and_a_broken_one_an_error() {
    let (_dir, probe) = library("-DFAKE_RETURN=9").await;
    let readings = read(&probe).await.unwrap();
    assert_eq!(
        (readings.cards.len(), readings.notes[0].kind),
        (0, ProbeNoteKind::Absent)
    );
    let (_dir, probe) = library("-DFAKE_RETURN=18").await;
    let error = read(&probe).await.unwrap_err();
    assert!(error.to_string().contains("mismatch"), "{error}");
}

#[tokio::test]
async fn a_driver_that_hangs_is_left_behind() {
    let (_dir, probe) = library("-DFAKE_HANG").await;
    let probe = probe.deadline(Duration::from_millis(50));
    let error = read(&probe).await.unwrap_err();
    assert!(
        matches!(error, Error::TimedOut { .. }) && error.is_retryable(),
        "{error}"
    );
    for _ in 0..6 {
        assert!(read(&probe).await.is_err());
    }
}

#[tokio::test]
async fn a_library_that_is_none_is_no_card() {
    let dir = camino_tempfile::tempdir().unwrap();
    let file = dir.path().join("libnvidia-ml.so.1");
    std::fs::write(&file, b"no library").unwrap();
    let readings = read(&NvmlProbe::new().library(file.as_str()))
        .await
        .unwrap();
    assert_eq!(readings.cards, []);
}
