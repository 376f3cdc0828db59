//! Figures, by hand: `cargo test --release -p videogen-cdn --test transfer measure -- --ignored --nocapture`.
#![allow(clippy::print_stdout)]

use std::time::{Duration, Instant};

use testkit::mirror::{Content, MirrorFault, MockMirror};

use super::{Case, MIB, NAME, at};
use videogen_cdn::DownloadOptions;

async fn run(name: &str, content: &Content, speeds: &[Option<u64>]) {
    let mut mirrors = Vec::new();
    for speed in speeds {
        let mut builder = MockMirror::builder().file(NAME, content.clone());
        if let Some(speed) = speed {
            builder = builder.speed(*speed);
        }
        mirrors.push(builder.start().await);
    }
    let case = Case::with(content, DownloadOptions::default());
    let list: Vec<&MockMirror> = mirrors.iter().collect();
    let begun = Instant::now();
    let done = case.fetch(&at(&list)).await.expect("fetched");
    let took = begun.elapsed().as_secs_f64();
    let sum: u64 = speeds.iter().flatten().sum();
    let sent: u64 = mirrors.iter().map(MockMirror::bytes_sent).sum();
    let size = content.size() as f64;
    println!(
        "{name}: {took:.3} s, {:.1} MB/s, {:.3} of the sum, received {:.4}x, sent {:.4}x, requests {:?}",
        size / took / 1e6,
        if sum > 0 {
            size / took / sum as f64
        } else {
            0.0
        },
        done.bytes_received as f64 / size,
        sent as f64 / size,
        mirrors
            .iter()
            .map(|m| m.requests().len())
            .collect::<Vec<_>>(),
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "a figure"]
async fn figures() {
    let content = Content::pattern(256 * MIB, 1);
    let m = |n: f64| Some((n * 1e6) as u64);
    run("unthrottled x3", &content, &[None, None, None]).await;
    run("10/10/10", &content, &[m(10.0), m(10.0), m(10.0)]).await;
    run("20/5/0.5", &content, &[m(20.0), m(5.0), m(0.5)]).await;
    for mib in [8, 16, 39] {
        let content = Content::pattern(mib * MIB, 1);
        run(&format!("{mib} MiB of one"), &content, &[m(10.0)]).await;
        run(
            &format!("{mib} MiB of three"),
            &content,
            &[m(10.0), m(10.0), m(10.0)],
        )
        .await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "a figure"]
async fn beside_curl() {
    let content = Content::pattern(256 * MIB, 1);
    let mirror = MockMirror::builder()
        .file(NAME, content.clone())
        .start()
        .await;
    let case = Case::with(&content, DownloadOptions::default());
    let (mut own, mut curl) = (Vec::new(), Vec::new());
    for _ in 0..9 {
        let _ = std::fs::remove_file(case.target());
        let begun = Instant::now();
        #[expect(clippy::disallowed_methods, reason = "a figure")]
        let status = std::process::Command::new("curl")
            .args(["-s", "-o", case.target().as_str(), &mirror.url(NAME)])
            .status();
        curl.push(begun.elapsed().as_secs_f64());
        assert!(status.expect("curl").success());
        std::fs::remove_file(case.target()).expect("removed");
        let begun = Instant::now();
        case.fetch(&at(&[&mirror])).await.expect("fetched");
        own.push(begun.elapsed().as_secs_f64());
    }
    println!("curl {curl:.3?}\nown  {own:.3?}");
    for times in [&mut curl, &mut own] {
        times.sort_by(f64::total_cmp);
    }
    println!(
        "{:.3} of curl's speed by medians, {:.3} by the best",
        curl[4] / own[4],
        curl[0] / own[0]
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "a figure"]
async fn stalls() {
    let content = Content::pattern(128 * MIB, 1);
    for fault in [
        MirrorFault::FreezeAfterTotal(20 * MIB),
        MirrorFault::SlowAfterTotal(20 * MIB, 1000),
    ] {
        let name = format!("{fault:?}");
        let bad = MockMirror::builder()
            .file(NAME, content.clone())
            .speed(10_000_000)
            .fault(fault)
            .start()
            .await;
        let good = MockMirror::builder()
            .file(NAME, content.clone())
            .speed(10_000_000)
            .start()
            .await;
        let case = Case::with(&content, DownloadOptions::default());
        let begun = Instant::now();
        let done = case.fetch(&at(&[&bad, &good])).await.expect("fetched");
        let took = begun.elapsed();
        let least = Duration::from_secs_f64((content.size() - 20 * MIB) as f64 / 10e6);
        println!(
            "{name}: {took:?}, {:?} lost, received {:.4}x",
            took.saturating_sub(least),
            done.bytes_received as f64 / content.size() as f64
        );
        println!("  {:?}", case.heard.failures());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "a figure"]
async fn alone() {
    let content = Content::pattern(256 * MIB, 1);
    let mirror = MockMirror::builder()
        .file(NAME, content.clone())
        .start()
        .await;
    let case = Case::with(&content, DownloadOptions::default());
    for _ in 0..9 {
        let _ = std::fs::remove_file(case.target());
        let begun = Instant::now();
        case.fetch(&at(&[&mirror])).await.expect("fetched");
        println!("{:?}", begun.elapsed());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "a figure"]
async fn late_first_bytes() {
    let content = Content::pattern(MIB / 4, 1);
    let late = |ms: u64, after: u64| {
        MirrorFault::HeadAfter(Duration::from_millis(ms))
            .after(after)
            .first(1)
    };
    let mut builder = MockMirror::builder()
        .file(NAME, content.clone())
        .latency(Duration::from_millis(20));
    // Counted by requests that each rule lets alone.
    for n in 0..4 {
        builder = builder.fault(late(5000, 40 + 45 * n));
    }
    for n in 0..12 {
        builder = builder.fault(late(400, 3 + 16 * n));
    }
    let a = builder.start().await;
    let b = MockMirror::builder()
        .file(NAME, content.clone())
        .latency(Duration::from_millis(25))
        .start()
        .await;
    let mirrors = at(&[&a, &b]);
    let case = Case::with(&content, DownloadOptions::default()).known(&mirrors);
    let mut took = Vec::new();
    for _ in 0..200 {
        let _ = std::fs::remove_file(case.target());
        let begun = Instant::now();
        case.fetch(&mirrors).await.expect("fetched");
        took.push(begun.elapsed().as_secs_f64());
    }
    took.sort_by(f64::total_cmp);
    println!(
        "p50 {:.3} p95 {:.3} p99 {:.3} max {:.3}, requests {} + {}",
        took[100],
        took[190],
        took[198],
        took[199],
        a.requests().len(),
        b.requests().len()
    );
}
