use std::sync::Mutex;
use std::sync::mpsc;

use super::*;
use crate::{FixedProbe, Free, Gpu, Ram, Total};

const GIB: u64 = 1 << 30;

fn memory(free: u64) -> Readings {
    Readings {
        ram: Some(Ram {
            free: Free(free),
            total: Total(16 * GIB),
        }),
        ..Readings::default()
    }
}

fn heat(degrees: i32) -> Readings {
    Readings {
        gpu: Some(Gpu {
            temperature_c: Some(degrees),
            ..Gpu::default()
        }),
        ..Readings::default()
    }
}

fn demand() -> Demand {
    Demand {
        ram_bytes: 4 * GIB,
        vram_bytes: Some(0),
        ..Demand::default()
    }
}

/// The outcome, what was said, how many readings were taken, how long it took.
async fn attempt(
    readings: Vec<Readings>,
    demand: &Demand,
    seconds: u64,
    cancel: &CancellationToken,
) -> (Result<Admission, Refused>, Vec<String>, usize, Duration) {
    let probe = Arc::new(FixedProbe::new(readings));
    let said = Mutex::new(Vec::new());
    let started = Instant::now();
    let outcome = admit(
        Arc::clone(&probe) as Arc<dyn Probe>,
        demand,
        &AdmissionLimits::default(),
        started + Duration::from_secs(seconds),
        cancel,
        &|| 0,
        &|reason| said.lock().expect("no panic").push(reason.to_owned()),
    )
    .await;
    let said = said.into_inner().expect("no panic");
    (outcome, said, probe.taken(), started.elapsed())
}

#[tokio::test(start_paused = true)]
async fn a_roomy_machine_is_not_waited_for() {
    let cancel = CancellationToken::new();
    let (outcome, said, taken, took) = attempt(vec![memory(8 * GIB)], &demand(), 0, &cancel).await;
    let admission = outcome.expect("there is room");
    assert_eq!(admission.readings, memory(8 * GIB));
    assert!(said.is_empty());
    assert_eq!((taken, took), (1, Duration::ZERO));
}

#[tokio::test(start_paused = true)]
async fn memory_that_comes_back_is_waited_for_and_said_once() {
    let readings = vec![memory(GIB), memory(GIB), memory(GIB), memory(5 * GIB)];
    let cancel = CancellationToken::new();
    let (outcome, said, taken, took) = attempt(readings, &demand(), 600, &cancel).await;
    let admission = outcome.expect("it came back");
    // 0.5 s, 1 s, 2 s.
    assert_eq!((taken, took), (4, Duration::from_millis(3500)));
    assert_eq!(admission.waited, took);
    assert_eq!(said.len(), 1, "{said:?}");
    assert!(said[0].starts_with("memory is short for now"), "{said:?}");
}

#[tokio::test(start_paused = true)]
async fn waiting_ends_at_the_deadline() {
    let cancel = CancellationToken::new();
    let (outcome, _, taken, took) = attempt(vec![memory(GIB)], &demand(), 100, &cancel).await;
    let refused = outcome.expect_err("it never came");
    assert_eq!(took, Duration::from_secs(100));
    // At 0, 0.5, 1.5, 3.5, 7.5 and 15.5 s, then every 15 s, and the last one at the deadline.
    assert_eq!(taken, 12);
    assert!(refused.is_retryable() && !refused.is_cancelled());
    let message = refused.to_string();
    assert!(
        message.starts_with("waited 100 s in vain: memory is short"),
        "{message}"
    );
    assert!(
        refused
            .help()
            .expect("there is something to do")
            .to_string()
            .contains("memory")
    );
}

#[tokio::test(start_paused = true)]
async fn a_deadline_in_the_past_still_looks_once() {
    let cancel = CancellationToken::new();
    let probe: Arc<dyn Probe> = Arc::new(FixedProbe::new([memory(8 * GIB)]));
    let past = Instant::now();
    tokio::time::advance(Duration::from_secs(9)).await;
    let outcome = admit(
        probe,
        &demand(),
        &AdmissionLimits::default(),
        past,
        &cancel,
        &|| 0,
        &|_| (),
    )
    .await;
    assert!(outcome.is_ok());
}

#[tokio::test(start_paused = true)]
async fn what_never_fits_is_refused_at_once() {
    let demand = Demand {
        ram_bytes: 99 * GIB,
        ..demand()
    };
    let cancel = CancellationToken::new();
    let (outcome, _, _, took) = attempt(vec![memory(16 * GIB)], &demand, 600, &cancel).await;
    let refused = outcome.expect_err("it cannot fit");
    assert!(matches!(refused, Refused::Impossible { .. }), "{refused:?}");
    assert!(!refused.is_retryable() && refused.help().is_some());
    assert_eq!(took, Duration::ZERO);
}

#[tokio::test(start_paused = true)]
async fn a_hot_card_has_to_cool_down_properly() {
    let readings = vec![heat(91), heat(89), heat(86), heat(84)];
    let cancel = CancellationToken::new();
    let (outcome, said, taken, _) = attempt(readings, &demand(), 600, &cancel).await;
    assert!(outcome.is_ok());
    assert_eq!((said.len(), taken), (1, 4), "{said:?}");
    // The same 89 °C are no reason to wait for a card that comes from below.
    let (outcome, _, taken, _) = attempt(vec![heat(89)], &demand(), 600, &cancel).await;
    assert_eq!(outcome.expect("not hot").warnings.len(), 1);
    assert_eq!(taken, 1);
}

#[tokio::test(start_paused = true)]
async fn a_card_that_stays_full_keeps_no_video_from_being_made() {
    let demand = Demand {
        vram_bytes: Some(2 * GIB),
        ..demand()
    };
    // Nothing of it is free.
    let full = vec![heat(60)];
    let cancel = CancellationToken::new();
    let (outcome, said, _, took) = attempt(full, &demand, 600, &cancel).await;
    let admission = outcome.expect("pictures are painted in another way");
    assert_eq!(admission.in_vain, Some(WaitCause::Vram));
    assert_eq!(took, AdmissionLimits::default().card_patience);
    assert!(said[0].contains("graphics memory"), "{said:?}");
    let last = admission.warnings.last().expect("it is told");
    assert!(last.contains("going on"), "{last}");
}

#[tokio::test(start_paused = true)]
async fn each_new_cause_is_said() {
    let readings = vec![
        memory(GIB),
        heat(95),
        heat(95),
        memory(GIB),
        memory(8 * GIB),
    ];
    let cancel = CancellationToken::new();
    let (outcome, said, ..) = attempt(readings, &demand(), 600, &cancel).await;
    assert!(outcome.is_ok());
    assert_eq!(said.len(), 3, "{said:?}");
}

#[tokio::test(start_paused = true)]
async fn cancelling_ends_the_wait_at_once() {
    let cancel = CancellationToken::new();
    let later = cancel.clone();
    tokio::spawn(async move {
        tokio::time::sleep(Duration::from_secs(7)).await;
        later.cancel();
    });
    let (outcome, _, _, took) = attempt(vec![memory(GIB)], &demand(), 600, &cancel).await;
    let refused = outcome.expect_err("cancelled");
    assert!(refused.is_cancelled() && refused.help().is_none());
    assert_eq!(took, Duration::from_secs(7));
    let (outcome, _, taken, _) = attempt(vec![memory(9 * GIB)], &demand(), 600, &cancel).await;
    assert!(outcome.expect_err("still cancelled").is_cancelled());
    assert_eq!(taken, 0);
}

/// Does what it is told, on the thread it is read on.
struct Closure<F>(F);

impl<F> std::fmt::Debug for Closure<F> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Closure")
    }
}

impl<F: Fn() -> Readings + Send + Sync> Probe for Closure<F> {
    fn read(&self) -> Readings {
        (self.0)()
    }
}

/// In real time: the virtual clock stands still while a blocking call runs.
#[tokio::test]
async fn a_reading_that_hangs_can_be_cancelled() {
    let (release, hangs) = mpsc::channel::<()>();
    let hangs = Mutex::new(hangs);
    let (began, beginning) = mpsc::channel::<()>();
    let probe: Arc<dyn Probe> = Arc::new(Closure(move || {
        began.send(()).expect("the test is there");
        // Ends when the test drops the other side.
        let _ = hangs.lock().expect("no panic").recv();
        Readings::default()
    }));
    let cancel = CancellationToken::new();
    let later = cancel.clone();
    std::thread::spawn(move || {
        beginning.recv().expect("the reading begins");
        later.cancel();
    });
    let deadline = Instant::now() + Duration::from_hours(1);
    let outcome = admit(
        probe,
        &demand(),
        &AdmissionLimits::default(),
        deadline,
        &cancel,
        &|| 0,
        &|_| (),
    )
    .await;
    drop(release);
    assert!(outcome.expect_err("cancelled").is_cancelled());
}

#[tokio::test(start_paused = true)]
async fn a_probe_that_panics_stops_nothing() {
    let probe: Arc<dyn Probe> = Arc::new(Closure(|| panic!("on purpose")));
    let cancel = CancellationToken::new();
    let deadline = Instant::now();
    let outcome = admit(
        probe,
        &demand(),
        &AdmissionLimits::default(),
        deadline,
        &cancel,
        &|| 0,
        &|_| (),
    )
    .await;
    assert_eq!(
        outcome.expect("nothing is known").readings,
        Readings::default()
    );
}

#[tokio::test(start_paused = true)]
async fn what_another_video_holds_is_waited_for_and_no_longer_than_it_is_made() {
    let full = Readings {
        descriptors: Some(crate::Descriptors {
            open: 200,
            limit: Some(210),
        }),
        ..Readings::default()
    };
    let demand = Demand {
        descriptors: 64,
        ..Demand::default()
    };
    let others = std::sync::atomic::AtomicU64::new(3);
    let said = Mutex::new(Vec::new());
    let started = Instant::now();
    let outcome = admit(
        Arc::new(FixedProbe::new([full])),
        &demand,
        &AdmissionLimits::default(),
        started + Duration::from_hours(1),
        &CancellationToken::new(),
        // Two judgements, then nothing is in the making any more.
        &|| others.fetch_sub(1, std::sync::atomic::Ordering::Relaxed) - 1,
        &|reason| said.lock().expect("no panic").push(reason.to_owned()),
    )
    .await;
    let refused = outcome.expect_err("nobody closes them any more");
    assert!(matches!(&refused, Refused::Impossible { .. }), "{refused}");
    assert!(
        refused
            .help()
            .expect("a remedy")
            .to_string()
            .contains("ulimit")
    );
    assert_eq!(said.into_inner().expect("no panic").len(), 1);
    assert_eq!(started.elapsed(), Duration::from_millis(1500));
}
