//! Wrong bytes of the right size: found, named, and fetched again from elsewhere, nothing more.

use testkit::mirror::{Content, MirrorFault, MockMirror};
use videogen_cdn::{DownloadError, Mirror};
use videogen_net::Admission;

use super::{Case, MIB, NAME, at, healthy};

const SPEED: u64 = 16_000_000;

async fn paced(content: &Content, fault: Option<MirrorFault>) -> MockMirror {
    let mut builder = MockMirror::builder()
        .file(NAME, content.clone())
        .speed(SPEED);
    if let Some(fault) = fault {
        builder = builder.fault(fault);
    }
    builder.start().await
}

/// Whether the host of a mirror is blocked.
fn is_blocked(case: &Case, mirror: &Mirror) -> bool {
    let ranked = case.downloader.health().rank(std::slice::from_ref(mirror));
    matches!(ranked[0].admission, Admission::Blocked(_))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_of_three_is_found_and_only_its_bytes_come_again() {
    let content = Content::pattern(24 * MIB, 61);
    for fault in [
        MirrorFault::OtherContent,
        MirrorFault::FlipByteEachMib(1),
        MirrorFault::ShiftedBytes(1),
    ] {
        let name = format!("{fault:?}");
        let (a, b, bad) = tokio::join!(
            paced(&content, None),
            paced(&content, None),
            paced(&content, Some(fault))
        );
        let case = Case::new(&content);
        let mirrors = at(&[&a, &b, &bad]);
        let downloaded = case.fetched(&mirrors).await;
        assert!(
            downloaded
                .sources
                .iter()
                .all(|source| source.url != bad.url(NAME)),
            "{name}"
        );
        // What the bad one gave, a third or so, and samples of a piece of each from each.
        let most = content.size() * 15 / 10 + 9 * MIB;
        assert!(
            downloaded.bytes_received <= most,
            "{name}: {}",
            downloaded.bytes_received
        );
        let warnings = case.heard.warnings();
        assert!(
            warnings
                .iter()
                .any(|text| text.contains(&bad.url(NAME)) && text.contains("wrong bytes")),
            "{name}: {warnings:?}"
        );
        assert!(
            is_blocked(&case, &mirrors[2]) && !is_blocked(&case, &mirrors[0]),
            "{name}"
        );
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_of_two_is_found_whichever_it_is() {
    let content = Content::pattern(16 * MIB, 62);
    for bad_first in [true, false] {
        let (good, bad) = tokio::join!(
            paced(&content, None),
            paced(&content, Some(MirrorFault::FlipByteEachMib(3)))
        );
        let order = if bad_first {
            [&bad, &good]
        } else {
            [&good, &bad]
        };
        let case = Case::new(&content);
        let downloaded = case.fetched(&at(&order)).await;
        assert!(
            downloaded
                .sources
                .iter()
                .all(|source| source.url == good.url(NAME))
        );
        assert!(is_blocked(&case, &at(&[&bad])[0]) && !is_blocked(&case, &at(&[&good])[0]));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_lone_mirror_is_named_and_nothing_is_kept() {
    let content = Content::pattern(MIB, 63);
    let bad = super::faulty(&content, MirrorFault::OtherContent).await;
    let case = Case::new(&content);
    let mirrors = at(&[&bad]);
    match case.fetch(&mirrors).await {
        Err(DownloadError::WrongDigest {
            culprits,
            all_agree,
            ..
        }) => {
            assert_eq!(culprits, [bad.url(NAME)]);
            assert!(!all_agree);
        }
        other => panic!("{other:?}"),
    }
    assert!(
        super::names(case.dir.path()).is_empty(),
        "{:?}",
        super::names(case.dir.path())
    );
    assert!(is_blocked(&case, &mirrors[0]));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_small_file_is_tried_once_more_from_another_mirror() {
    let content = Content::pattern(MIB, 64);
    let bad = super::faulty(&content, MirrorFault::OtherContent).await;
    let good = healthy(&content).await;
    let mirrors = at(&[&bad, &good]);
    let case = Case::new(&content).known(&mirrors);
    let downloaded = case.fetched(&mirrors).await;
    assert_eq!(bad.requests().len(), 1);
    assert_eq!(downloaded.sources[0].url, good.url(NAME));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn mirrors_that_agree_speak_against_the_registry_and_are_not_blocked() {
    for size in [MIB, 16 * MIB] {
        let (wanted, there) = (Content::pattern(size, 65), Content::pattern(size, 66));
        let (a, b, c) = tokio::join!(
            paced(&there, None),
            paced(&there, None),
            paced(&there, None)
        );
        let case = Case::new(&wanted);
        let mirrors = at(&[&a, &b, &c]);
        match case.fetch(&mirrors).await {
            Err(
                error @ DownloadError::WrongDigest {
                    all_agree: true, ..
                },
            ) => {
                assert!(!error.is_retryable());
                assert!(
                    error
                        .help()
                        .is_some_and(|help| help.to_string().contains("registry"))
                );
            }
            other => panic!("{size}: {other:?}"),
        }
        case.is_absent();
        assert!(mirrors.iter().all(|mirror| !is_blocked(&case, mirror)));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_page_for_people_that_hides_what_it_is_gets_no_name() {
    let content = Content::pattern(MIB, 67);
    let bad = super::faulty(&content, MirrorFault::HtmlPageUnlabelled).await;
    let good = healthy(&content).await;
    let mirrors = at(&[&bad, &good]);
    let case = Case::new(&content).of_unknown_size().known(&mirrors);
    case.fetched(&mirrors).await;
    assert_eq!(bad.requests().len(), 1);
}
