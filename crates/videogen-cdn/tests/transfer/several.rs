//! Several mirrors at once.

use std::time::{Duration, Instant};

use testkit::mirror::{Content, MockMirror};

use super::{Case, MIB, NAME, at, healthy};

async fn paced(content: &Content, speed: u64) -> MockMirror {
    MockMirror::builder()
        .file(NAME, content.clone())
        .speed(speed)
        .start()
        .await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_mirror_gives_all_in_one_request() {
    let content = Content::pattern(20 * MIB + 7, 1);
    let mirror = healthy(&content).await;
    let case = Case::new(&content);
    let downloaded = case.fetched(&at(&[&mirror])).await;
    assert_eq!(downloaded.bytes_received, content.size());
    assert_eq!(mirror.requests().len(), 1);
    assert_eq!(downloaded.sources.len(), 1);
    assert_eq!(downloaded.sources[0].url, mirror.url(NAME));
    let heard = case.heard.bytes.lock().expect("not poisoned");
    assert_eq!(heard.last(), Some(&(content.size(), Some(content.size()))));
    assert!(heard.is_sorted());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn three_mirrors_give_their_sum_and_hardly_a_byte_twice() {
    let content = Content::pattern(24 * MIB, 2);
    let (a, b, c) = tokio::join!(
        paced(&content, 8_000_000),
        paced(&content, 8_000_000),
        paced(&content, 8_000_000)
    );
    let case = Case::new(&content);
    let begun = Instant::now();
    let downloaded = case.fetched(&at(&[&a, &b, &c])).await;
    let took = begun.elapsed().as_secs_f64();
    let single = content.size() as f64 / 8e6;
    // The bench measures the figure; this is to fail when they do not work side by side.
    assert!(single / took > 1.5, "{:.2} times one mirror", single / took);
    assert_eq!(downloaded.sources.len(), 3);
    assert!(downloaded.bytes_received <= content.size() * 102 / 100);
    for mirror in [&a, &b, &c] {
        // One, and for a moment the one before, which was given up in the middle of a range.
        assert!(
            mirror.peak_connections() <= 2,
            "{}",
            mirror.peak_connections()
        );
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn mirrors_of_one_host_take_turns_and_stand_in_for_each_other() {
    let content = Content::pattern(9 * MIB, 3);
    let mirror = MockMirror::builder()
        .file("b", content.clone())
        .speed(20_000_000)
        .start()
        .await;
    let case = Case::new(&content);
    let mirrors = [
        super::mirror_at(&mirror.url("a")),
        super::mirror_at(&mirror.url("b")),
    ];
    let downloaded = case.fetched(&mirrors).await;
    assert_eq!(downloaded.sources[0].url, mirror.url("b"));
    assert_eq!(mirror.peak_connections(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_small_file_asks_one_mirror() {
    let content = Content::pattern(MIB, 4);
    let (a, b) = tokio::join!(healthy(&content), healthy(&content));
    let case = Case::new(&content);
    case.fetched(&at(&[&a, &b])).await;
    assert_eq!(a.requests().len() + b.requests().len(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_first_byte_that_is_late_is_asked_for_elsewhere() {
    let content = Content::pattern(MIB, 5);
    let late = testkit::mirror::MirrorFault::HeadAfter(Duration::from_secs(20));
    let a = super::faulty(&content, late).await;
    let b = healthy(&content).await;
    let options = super::quick().first_byte(Duration::from_secs(15));
    let mirrors = at(&[&a, &b]);
    let case = Case::with(&content, options).known(&mirrors);
    let begun = Instant::now();
    let downloaded = case.fetched(&mirrors).await;
    assert_eq!(a.requests().len(), 1);
    assert!(
        begun.elapsed() < Duration::from_secs(10),
        "{:?}",
        begun.elapsed()
    );
    assert_eq!(downloaded.sources.len(), 1);
    assert_eq!(downloaded.sources[0].url, b.url(NAME));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_empty_file_is_one_too() {
    let content = Content::pattern(0, 6);
    let mirror = healthy(&content).await;
    Case::new(&content).fetched(&at(&[&mirror])).await;
    Case::new(&content)
        .of_unknown_size()
        .fetched(&at(&[&mirror]))
        .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_limit_of_bandwidth_holds_for_all_downloads_together() {
    let content = Content::pattern(MIB, 7);
    let mirror = healthy(&content).await;
    let case = Case::with(&content, super::quick().bandwidth(Some(2_000_000)));
    let mut other = Case::new(&content);
    other.downloader = case.downloader.clone();
    let begun = Instant::now();
    let mirrors = at(&[&mirror]);
    tokio::join!(case.fetched(&mirrors), other.fetched(&mirrors));
    // 2 MiB at 2 MB/s with a quarter of a second in advance.
    let took = begun.elapsed();
    assert!(took > Duration::from_millis(400), "{took:?}");
}
