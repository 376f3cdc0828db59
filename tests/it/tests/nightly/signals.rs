//! A signal at a random moment, sometimes a second one.

use std::time::{Duration, Instant};

use testkit::Chance;

use crate::subject::{Subject, report};

const SIGHUP: i32 = 1;
const SIGINT: i32 = 2;
const SIGKILL: i32 = 9;
const SIGTERM: i32 = 15;

/// After the first signal it has this long by its own promise; a busy machine gets as much again.
const PATIENCE: Duration = Duration::from_secs(30);

fn strike(chance: &mut Chance, whole: Duration) -> Vec<String> {
    let subject = Subject::new();
    let mut broken = Vec::new();
    let signal = *chance.one_of(&[SIGINT, SIGTERM, SIGHUP, SIGKILL]);
    let twice = signal != SIGKILL && chance.index(4) == 0;
    let moment = chance.moment(whole.mul_f64(1.1));
    let mut running = subject
        .run(testkit::videogen_bin())
        .args(subject.generate())
        .start();
    let started = Instant::now();
    running.wait_until(|| started.elapsed() >= moment);
    running.signal(signal);
    if twice {
        running.signal(signal);
    }
    let sent = Instant::now();
    let ran = running.finish();
    if signal != SIGKILL && sent.elapsed() > PATIENCE {
        broken.push(format!("it took {:?} to end", sent.elapsed()));
    }
    // A second signal ends it without tidying, as does one before it has begun to watch.
    let untidy = signal == SIGKILL || twice || ran.signal() == Some(signal);
    subject.judge(&ran, untidy, &mut broken);
    subject.recover(&mut broken);
    let named = |what| format!("signal {signal} after {moment:?}, twice: {twice}: {what}");
    broken.into_iter().map(named).collect()
}

fn at_random(signals: usize, seed: u64) {
    let subject = Subject::new();
    let whole = subject
        .videogen(&subject.generate())
        .expect_code(0)
        .elapsed();
    let mut chance = Chance::new(seed);
    let broken: Vec<String> = (0..signals)
        .flat_map(|_| strike(&mut chance, whole))
        .collect();
    report("signals", signals, &broken);
}

#[test]
fn a_signal_at_a_random_moment_costs_nothing_that_was_finished() {
    at_random(6, 1);
}

#[test]
#[ignore = "nightly: many minutes"]
fn two_hundred_signals_at_random_moments() {
    at_random(200, 2);
}
