//! Every fault of a mirror that is met by asking the next one, or the same one again.

use std::time::{Duration, Instant};

use testkit::mirror::{Content, MirrorFault, MockMirror, RetryAfter};
use videogen_cdn::DownloadError;
use videogen_net::{Blame, Blamed};

use super::{Case, MIB, NAME, at, faulty, healthy, quick};

/// A fault after which another mirror gives the file, and without another one there is an error that says this.
async fn stands_in(fault: MirrorFault, says: &str) {
    let content = Content::pattern(9 * MIB, 11);
    let name = format!("{fault:?}");
    let bad = faulty(&content, fault).await;
    let alone = Case::with(&content, quick().rounds(2));
    let error = alone.fetch(&at(&[&bad])).await.expect_err(&name);
    assert!(error.to_string().contains(says), "{name}: {error}");
    let good = healthy(&content).await;
    let case = Case::new(&content);
    let downloaded = case.fetched(&at(&[&bad, &good])).await;
    let own = downloaded
        .sources
        .iter()
        .find(|source| source.url == good.url(NAME));
    assert!(own.is_some(), "{name}: {downloaded:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn answers_that_are_no_answers() {
    for (fault, says) in [
        (MirrorFault::Status(404), "404"),
        (MirrorFault::Status(410), "410"),
        (MirrorFault::Status(451), "451"),
        (MirrorFault::Status(403), "403"),
        (MirrorFault::Status(500), "500"),
        (MirrorFault::Status(204), "204"),
        (MirrorFault::HtmlPage, "page for people"),
        (
            MirrorFault::HtmlPageUnlabelled,
            "bytes where there should be",
        ),
        (MirrorFault::Gzip, "compressed"),
        (MirrorFault::ZeroBytes, "bytes where there should be"),
        (MirrorFault::OtherOffset(1), "the server sent a part"),
        (MirrorFault::WrongTotal(5), "bytes where there should be"),
        (MirrorFault::LongerThanRange(3), "not as long"),
        (MirrorFault::ShorterThanRange(3), "not as long"),
        (MirrorFault::NotHttp, "protocol"),
        (MirrorFault::CloseWithoutAnswer, ""),
        (MirrorFault::HugeHead(1_000_000), "head"),
        (MirrorFault::HugeField(1_000_000), "head"),
    ] {
        stands_in(fault, says).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_is_not_there_is_left_for_another_and_told_apart() {
    let content = Content::pattern(MIB, 12);
    let (bad, good) = tokio::join!(healthy(&content), healthy(&content));
    bad.go_down();
    let case = Case::with(&content, quick().rounds(2));
    match case.fetch(&at(&[&bad])).await {
        Err(error @ DownloadError::Exhausted { .. }) => {
            assert!(error.is_retryable() && error.help().is_some());
            assert_eq!(error.blame(), Blame::Down);
            let text = error.to_string();
            assert!(
                text.contains("refused") && text.contains("tried 2 times"),
                "{text}"
            );
        }
        other => panic!("{other:?}"),
    }
    case.is_absent();
    Case::new(&content).fetched(&at(&[&bad, &good])).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_next_download_asks_no_mirror_known_to_be_dead() {
    let content = Content::pattern(MIB, 13);
    let bad = faulty(&content, MirrorFault::Status(404)).await;
    let good = healthy(&content).await;
    let mirrors = at(&[&bad, &good]);
    let case = Case::new(&content).known(&mirrors);
    case.fetched(&mirrors).await;
    let asked = bad.requests().len();
    assert_eq!(asked, 1);
    let mut again = Case::new(&content);
    again.downloader = case.downloader.clone();
    again.fetched(&at(&[&bad, &good])).await;
    assert_eq!(bad.requests().len(), asked);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn connections_that_break_are_gone_on_with_at_the_same_byte() {
    let content = Content::pattern(6 * MIB + 100, 14);
    for fault in [
        MirrorFault::ResetEvery(MIB).first(100),
        MirrorFault::EndEarly(0.5).first(4),
    ] {
        let name = format!("{fault:?}");
        let mirror = MockMirror::builder()
            .file(NAME, content.clone())
            .fault(fault)
            .start()
            .await;
        let case = Case::new(&content);
        let downloaded = case.fetched(&at(&[&mirror])).await;
        assert_eq!(downloaded.bytes_received, content.size(), "{name}");
        assert!(mirror.requests().len() >= 3, "{name}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_freezes_loses_the_rest_to_others_and_nothing_comes_twice() {
    let content = Content::pattern(16 * MIB, 15);
    for fault in [
        MirrorFault::FreezeAfter(0.5),
        MirrorFault::FreezeAfterTotal(2 * MIB),
    ] {
        let name = format!("{fault:?}");
        let frozen = faulty(&content, fault).await;
        let good = MockMirror::builder()
            .file(NAME, content.clone())
            .speed(8_000_000)
            .start()
            .await;
        let case = Case::new(&content);
        let downloaded = case.fetched(&at(&[&frozen, &good])).await;
        assert!(
            downloaded.bytes_received <= content.size() + content.size() / 50,
            "{name}: {downloaded:?}"
        );
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_lone_mirror_that_freezes_is_asked_again() {
    let content = Content::pattern(4 * MIB, 16);
    let mirror = MockMirror::builder()
        .file(NAME, content.clone())
        .fault(MirrorFault::FreezeAfter(0.5).first(1))
        .start()
        .await;
    let case = Case::new(&content);
    let downloaded = case.fetched(&at(&[&mirror])).await;
    assert_eq!(downloaded.bytes_received, content.size());
    let failures = case.heard.failures();
    assert!(
        failures
            .iter()
            .any(|text| text.contains("nothing more came")),
        "{failures:?}"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn slow_beats_failing_and_fast_beats_slow() {
    // 6 KB/s is below the floor for the whole of the 5 s that this takes.
    let content = Content::pattern(30_000, 17);
    let slow = MockMirror::builder()
        .file(NAME, content.clone())
        .speed(6_000)
        .start()
        .await;
    Case::new(&content).fetched(&at(&[&slow])).await;
    // With another one that is there, the rest comes from it.
    let content = Content::pattern(9 * MIB, 18);
    let slow = faulty(&content, MirrorFault::SlowAfterTotal(MIB, 1000)).await;
    let good = MockMirror::builder()
        .file(NAME, content.clone())
        .speed(4_000_000)
        .start()
        .await;
    let begun = Instant::now();
    let downloaded = Case::new(&content).fetched(&at(&[&slow, &good])).await;
    assert!(
        begun.elapsed() < Duration::from_secs(20),
        "{:?}",
        begun.elapsed()
    );
    assert!(
        downloaded.bytes_received <= content.size() + content.size() / 50,
        "{downloaded:?}"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_byte_a_second_is_no_answer() {
    let content = Content::pattern(9 * MIB, 19);
    let slowloris = faulty(&content, MirrorFault::Slowloris(1)).await;
    let good = healthy(&content).await;
    Case::new(&content).fetched(&at(&[&slowloris, &good])).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_wants_to_be_left_alone_is() {
    let content = Content::pattern(MIB, 20);
    // Soon: it is waited for.
    let busy = MirrorFault::Busy(429, RetryAfter::Seconds(1)).first(1);
    let mirror = MockMirror::builder()
        .file(NAME, content.clone())
        .fault(busy)
        .start()
        .await;
    let begun = Instant::now();
    Case::new(&content).fetched(&at(&[&mirror])).await;
    assert!(begun.elapsed() >= Duration::from_secs(1));
    // In thirty years: at once an error that says so, and another mirror's turn.
    for status in [429, 503] {
        let busy = MirrorFault::Busy(status, RetryAfter::Seconds(1_000_000_000));
        let mirror = faulty(&content, busy).await;
        let begun = Instant::now();
        let error = Case::new(&content)
            .fetch(&at(&[&mirror]))
            .await
            .expect_err("busy");
        assert!(begun.elapsed() < Duration::from_secs(20));
        assert!(error.to_string().contains("left alone"), "{error}");
        assert_eq!(error.blame(), Blame::Busy);
        assert_eq!(mirror.requests().len(), 1);
        let good = healthy(&content).await;
        Case::new(&content).fetched(&at(&[&mirror, &good])).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_mirror_is_walked_once_before_any_is_tried_twice() {
    let content = Content::pattern(MIB, 21);
    let (a, b, c) = tokio::join!(
        faulty(&content, MirrorFault::Status(500)),
        faulty(&content, MirrorFault::Status(500)),
        healthy(&content),
    );
    let mirrors = at(&[&a, &b, &c]);
    let case = Case::with(&content, quick().sources(1)).known(&mirrors);
    case.fetched(&mirrors).await;
    let asked = [&a, &b, &c].map(|mirror| mirror.requests().len());
    assert_eq!(asked, [1, 1, 1]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_progress_it_ends() {
    let content = Content::pattern(4 * MIB, 22);
    let mirror = faulty(&content, MirrorFault::FreezeAfterTotal(MIB)).await;
    let options = quick().timeout(Duration::from_secs(3)).rounds(100);
    let case = Case::with(&content, options);
    let begun = Instant::now();
    match case.fetch(&at(&[&mirror])).await {
        Err(error @ DownloadError::NoProgress { .. }) => assert!(error.is_retryable()),
        other => panic!("{other:?}"),
    }
    // Who was waited for when the time was up is named, and remembered.
    let silent = faulty(&content, MirrorFault::HeadAfter(Duration::from_mins(10))).await;
    let patient = quick()
        .first_byte(Duration::from_mins(1))
        .timeout(Duration::from_secs(1));
    let mirrors = at(&[&silent]);
    let alone = Case::with(&content, patient);
    match alone.fetch(&mirrors).await {
        Err(DownloadError::NoProgress { tried, here: 0, .. }) => {
            assert_eq!(tried.len(), 1, "{tried:?}");
            assert_eq!(tried[0].url, silent.url(NAME));
        }
        other => panic!("{other:?}"),
    }
    assert!(begun.elapsed() < Duration::from_secs(30));
    case.is_absent();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_has_it_and_no_secret_is_told() {
    let content = Content::pattern(MIB, 23);
    let case = Case::new(&content);
    let error = case.fetch(&[]).await.expect_err("no mirrors");
    assert!(matches!(error, DownloadError::NoMirrors { .. }), "{error}");
    let bad = faulty(&content, MirrorFault::Status(403)).await;
    let secret = format!("{}?token=hunter2hunter2", bad.url(NAME));
    let error = case
        .fetch(&[super::mirror_at(&secret)])
        .await
        .expect_err("forbidden");
    assert!(!format!("{error} {error:?}").contains("hunter2"), "{error}");
}
