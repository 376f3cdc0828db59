//! Going on after any end.

use std::io::{BufRead, BufReader};
use std::time::Duration;

use camino::Utf8Path;
use testkit::mirror::{Content, MirrorFault, MockMirror};
use tokio_util::sync::CancellationToken;
use videogen_cdn::{DownloadRequest, Downloader, FetchObserver, MirrorHealth, is_part_name};
use videogen_types::Observer;

use super::{Case, MIB, NAME, at, client, mirror_at, quick, sha256};

/// Waits until so many bytes are here.
async fn until(case: &Case, bytes: u64) {
    let here = || {
        case.heard
            .bytes
            .lock()
            .expect("not poisoned")
            .last()
            .map_or(0, |(here, _)| *here)
    };
    while here() < bytes {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn after_a_cancellation_nothing_comes_twice() {
    let content = Content::pattern(16 * MIB, 71);
    let mirror = MockMirror::builder()
        .file(NAME, content.clone())
        .speed(8_000_000)
        .start()
        .await;
    let case = Case::new(&content);
    let cancel = CancellationToken::new();
    let mirrors = at(&[&mirror]);
    let stop = async {
        until(&case, 5 * MIB).await;
        cancel.cancel();
    };
    let (ended, ()) = tokio::join!(case.fetch_until(&mirrors, &cancel), stop);
    assert!(ended.expect_err("cancelled").is_cancelled());
    case.is_absent();
    let left = super::names(case.dir.path());
    assert!(
        !left.is_empty() && left.iter().all(|name| is_part_name(name)),
        "{left:?}"
    );
    let before = case
        .heard
        .bytes
        .lock()
        .expect("not poisoned")
        .last()
        .expect("told")
        .0;
    let downloaded = case.fetched(&mirrors).await;
    assert!(
        downloaded.bytes_received <= content.size() - before,
        "{downloaded:?}"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_future_that_is_dropped_leaves_what_can_be_gone_on_with() {
    let content = Content::pattern(16 * MIB, 72);
    let mirror = MockMirror::builder()
        .file(NAME, content.clone())
        .speed(8_000_000)
        .start()
        .await;
    let case = Case::new(&content);
    let mirrors = at(&[&mirror]);
    tokio::select! {
        _ = case.fetch(&mirrors) => panic!("it was to be dropped"),
        () = until(&case, 8 * MIB) => {}
    }
    let downloaded = case.fetched(&mirrors).await;
    assert!(downloaded.bytes_received <= 12 * MIB, "{downloaded:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_failure_keeps_what_has_come() {
    let content = Content::pattern(8 * MIB, 73);
    let mirror = MockMirror::builder()
        .file(NAME, content.clone())
        .fault(MirrorFault::ResetEvery(3 * MIB).first(1))
        .fault(MirrorFault::Status(500).after(1))
        .start()
        .await;
    let case = Case::with(&content, quick().rounds(1));
    let mirrors = at(&[&mirror]);
    case.fetch(&mirrors).await.expect_err("it fails");
    mirror.heal();
    let mut again = Case::new(&content);
    again.dir = case.dir;
    let downloaded = again.fetched(&mirrors).await;
    assert!(downloaded.bytes_received <= 6 * MIB, "{downloaded:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn another_file_of_the_same_name_begins_anew() {
    let (old, new) = (Content::pattern(8 * MIB, 74), Content::pattern(8 * MIB, 75));
    let mirror = MockMirror::builder()
        .file(NAME, old.clone())
        .fault(MirrorFault::ResetEvery(3 * MIB).first(1))
        .fault(MirrorFault::Status(500).after(1))
        .start()
        .await;
    let case = Case::with(&old, quick().rounds(1));
    let mirrors = at(&[&mirror]);
    case.fetch(&mirrors).await.expect_err("it fails");
    mirror.replace(NAME, new.clone());
    mirror.heal();
    let mut again = Case::new(&new);
    again.dir = case.dir;
    assert_eq!(again.fetched(&mirrors).await.bytes_received, new.size());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_there_already_is_not_fetched_and_what_is_wrong_is_replaced() {
    let content = Content::pattern(MIB, 76);
    let mirror = super::healthy(&content).await;
    let case = Case::new(&content);
    std::fs::write(case.target(), "something else").expect("written");
    let mirrors = at(&[&mirror]);
    case.fetched(&mirrors).await;
    let asked = mirror.requests().len();
    assert_eq!(case.fetched(&mirrors).await.bytes_received, 0);
    assert_eq!(mirror.requests().len(), asked);
}

const CHILD: &str = "VIDEOGEN_CDN_CHILD";

/// Says how far it is.
struct Says;

impl Observer for Says {}

#[expect(clippy::print_stdout, reason = "who kills it reads along")]
impl FetchObserver for Says {
    fn bytes(&self, here: u64, _: Option<u64>, _: f64) {
        println!("\nhere {here}");
    }
}

/// Downloads what the environment says, for the test that kills it.
#[test]
#[ignore = "the child of another test"]
#[expect(clippy::print_stdout, reason = "who started it reads along")]
fn child() {
    let Ok(order) = std::env::var(CHILD) else {
        return;
    };
    let mut words = order.split(' ');
    let (dir, size, digest) = (words.next(), words.next(), words.next());
    let size = size.and_then(|text| text.parse().ok()).expect("a size");
    let digest = digest.and_then(|text| text.parse().ok()).expect("a digest");
    let target = Utf8Path::new(dir.expect("a directory")).join(NAME);
    let mirrors: Vec<_> = words.map(mirror_at).collect();
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let downloader = Downloader::new(client(), MirrorHealth::in_memory(), quick());
    let request = DownloadRequest {
        name: NAME,
        size: Some(size),
        sha256: Some(digest),
        cross_check: None,
        mirrors: &mirrors,
        target: &target,
    };
    let fetched = runtime.block_on(downloader.fetch(&request, &Says, &CancellationToken::new()));
    fetched.expect("it was to be killed, or to come to its end");
    println!("\nmost memory can be looked at now");
    // Whoever reads along needs a moment.
    std::thread::sleep(Duration::from_millis(300));
}

#[test]
#[expect(
    clippy::disallowed_methods,
    reason = "it has to be killed, which the supervisor never does so rudely"
)]
fn a_killed_process_costs_four_mib_for_each_connection() {
    let content = Content::pattern(64 * MIB, 77);
    let start = || {
        MockMirror::builder()
            .file(NAME, content.clone())
            .speed(8_000_000)
            .start_blocking()
    };
    let (a, b) = (start(), start());
    let case = Case::new(&content);
    let order = format!(
        "{} {} {} {} {}",
        case.dir.path(),
        content.size(),
        sha256(&content),
        a.url(NAME),
        b.url(NAME)
    );
    let mut child = std::process::Command::new(std::env::current_exe().expect("known"))
        .args(["--exact", "resume::child", "--ignored", "--nocapture"])
        .env(CHILD, order)
        .stdout(std::process::Stdio::piped())
        .spawn()
        .expect("started");
    let mut here = 0;
    for line in BufReader::new(child.stdout.take().expect("piped")).lines() {
        if let Some(bytes) = line.expect("text").strip_prefix("here ") {
            here = bytes.parse().expect("a number");
        }
        if here > 24 * MIB {
            break;
        }
    }
    child.kill().expect("killed");
    child.wait().expect("reaped");
    assert!(here > 24 * MIB, "it ended after {here}");
    case.is_absent();
    // What a killed process had in its hands is lost: 4 MiB of each of the two at most.
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let downloaded = runtime.block_on(case.fetched(&at(&[&a, &b])));
    let again = (downloaded.bytes_received + here).saturating_sub(content.size());
    assert!(again <= 8 * MIB, "{again} bytes came again");
    // Counted where they were sent, with what lay in the sockets when it was killed.
    let sent = a.bytes_sent() + b.bytes_sent();
    assert!(sent <= content.size() + 10 * MIB, "{sent} bytes were sent");
}

/// The memory of a process that downloads as fast as it can from eight mirrors does not grow with the file.
#[cfg(target_os = "linux")]
#[test]
#[expect(
    clippy::disallowed_methods,
    reason = "only the memory of a process by itself can be measured"
)]
fn memory_does_not_grow_with_the_file() {
    let content = Content::pattern(256 * MIB, 78);
    let start = || {
        MockMirror::builder()
            .file(NAME, content.clone())
            .start_blocking()
    };
    let mirrors: Vec<MockMirror> = std::iter::repeat_with(start).take(8).collect();
    let case = Case::new(&content);
    let urls: Vec<String> = mirrors.iter().map(|mirror| mirror.url(NAME)).collect();
    let order = format!(
        "{} {} {} {}",
        case.dir.path(),
        content.size(),
        sha256(&content),
        urls.join(" ")
    );
    let mut child = std::process::Command::new(std::env::current_exe().expect("known"))
        .args(["--exact", "resume::child", "--ignored", "--nocapture"])
        .env(CHILD, order)
        .stdout(std::process::Stdio::piped())
        .spawn()
        .expect("started");
    let mut most = 0;
    // To its end: who writes to a pipe that nobody reads fails.
    for line in BufReader::new(child.stdout.take().expect("piped")).lines() {
        let is_telling = line.expect("text").starts_with("most ");
        let status = std::fs::read_to_string(format!("/proc/{}/status", child.id()));
        let peak = status.ok().and_then(|text| {
            let line = text
                .lines()
                .find(|line| line.starts_with("VmHWM:"))?
                .to_owned();
            line.split_whitespace().nth(1)?.parse::<u64>().ok()
        });
        if is_telling {
            most = peak.unwrap_or(0);
        }
    }
    assert!(child.wait().expect("ended").success());
    case.is_right();
    assert!(most > 0 && most < 64 * 1024, "{most} KiB");
}
