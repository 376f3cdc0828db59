//! Ctrl-C, SIGTERM and SIGKILL at any moment: nothing half done under a final name, no child, no scratch.

use std::time::{Duration, Instant};

use camino::{Utf8Path, Utf8PathBuf};
use testkit::{Run, Running, processes};

use crate::generate;

const SIGINT: i32 = 2;
const SIGKILL: i32 = 9;
const SIGTERM: i32 = 15;
const SIGXCPU: i32 = 24;

fn long() -> Run {
    generate().args([
        "--quality",
        "high",
        "--duration",
        "20",
        "--name",
        "x",
        "the deep sea",
    ])
}

/// A long run that has started its encoder, and the directory it works in.
fn encoding() -> (Running, Utf8PathBuf) {
    let mut running = long().start();
    let work = running.work().to_owned();
    let started = running.wait_until(|| !processes::mentioning(work.as_str()).is_empty());
    assert!(started, "ffmpeg was started");
    (running, work)
}

fn left_behind(work: &Utf8Path) -> Vec<String> {
    let Ok(entries) = work.join("videos").read_dir_utf8() else {
        return Vec::new();
    };
    entries
        .map(|entry| entry.expect("an entry").file_name().to_owned())
        .collect()
}

#[test]
fn ctrl_c_ends_it_cleanly_at_any_moment() {
    for (signal, after) in [(SIGINT, 0.05), (SIGINT, 0.6), (SIGTERM, 2.0), (SIGINT, 6.0)] {
        let mut running = long().start();
        let since = Instant::now();
        running.wait_until(|| since.elapsed().as_secs_f64() > after);
        let work = running.work().to_owned();
        running.signal(signal);
        let sent = Instant::now();
        let run = running.finish().expect_code(130);
        assert!(
            sent.elapsed() < Duration::from_secs(15),
            "took {:?}",
            sent.elapsed()
        );
        assert_eq!(left_behind(&work), Vec::<String>::new(), "after {after} s");
        let ours = || processes::mentioning(work.as_str());
        assert!(
            processes::wait_until_gone(Duration::from_secs(2), ours).is_empty(),
            "no child is left"
        );
        drop(run);
    }
}

#[test]
fn ctrl_c_while_encoding_kills_the_encoder() {
    let (running, work) = encoding();
    let ours = || processes::mentioning(work.as_str());
    running.signal(SIGINT);
    running.finish().expect_code(130);
    assert!(processes::wait_until_gone(Duration::from_secs(2), ours).is_empty());
    assert_eq!(left_behind(&work), Vec::<String>::new());
}

/// The system sends the signal again every second while the work is being ended, which is no second wish to end it.
#[test]
fn a_limit_of_processor_time_ends_it_in_order() {
    let (mut running, work) = encoding();
    running.signal(SIGXCPU);
    running.signal(SIGXCPU);
    let sent = Instant::now();
    running.wait_until(|| sent.elapsed() > Duration::from_millis(300));
    running.signal(SIGXCPU);
    let run = running.finish().expect_code(130);
    assert!(run.stderr().contains("ulimit -t"), "{}", run.stderr());
    assert_eq!(left_behind(&work), Vec::<String>::new());
}

/// SIGKILL cannot be handled: the kernel ends the encoder with us, and the next run sweeps what was left.
#[test]
fn what_a_kill_leaves_is_swept_by_the_next_run() {
    let (running, work) = encoding();
    let ours = || processes::mentioning(work.as_str());
    running.signal(SIGKILL);
    let killed = running.finish();
    assert_eq!(killed.signal(), Some(SIGKILL));
    assert!(
        processes::wait_until_gone(Duration::from_secs(5), ours).is_empty(),
        "no encoder without its parent"
    );
    let left = left_behind(&work);
    assert!(
        !left.is_empty() && left.iter().all(|name| name.starts_with(".videogen-")),
        "{left:?}"
    );

    let next = generate().args(["--duration", "3", "--scenes", "1", "--name", "y", "tea"]);
    next.arg("--output-dir")
        .arg(work.join("videos"))
        .finish()
        .expect_code(0);
    let left = left_behind(&work);
    assert!(
        left.len() == 5 && left.iter().all(|name| name.starts_with("y.")),
        "{left:?}"
    );
}
