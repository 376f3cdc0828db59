//! Several that want the same file.

use std::time::Duration;

use testkit::mirror::{Content, MockMirror};
use tokio_util::sync::CancellationToken;

use super::{Case, MIB, NAME, at};
use videogen_cdn::DownloadError;

fn is_send<T: Send>(value: T) -> T {
    value
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn places_where_nothing_can_be_are_errors_at_once() {
    let content = Content::pattern(MIB, 83);
    let mirror = super::healthy(&content).await;
    let mirrors = at(&[&mirror]);
    // Its directory is a file.
    let mut case = Case::new(&content);
    std::fs::write(case.dir.path().join("file"), "").expect("written");
    case.below = "file/x".into();
    let error = is_send(case.fetch(&mirrors))
        .await
        .expect_err("no directory");
    assert!(matches!(error, DownloadError::File { .. }), "{error}");
    assert!(!error.is_retryable() && error.help().is_some());
    // Its directory is missing: it is made. A directory has its name: nothing can be put in its place, and what has come
    // stays for when it can.
    let mut case = Case::new(&content);
    case.below = "a/b".into();
    std::fs::create_dir_all(case.target()).expect("made");
    let error = case.fetch(&mirrors).await.expect_err("a directory");
    assert!(matches!(error, DownloadError::File { .. }), "{error}");
    std::fs::remove_dir(case.target()).expect("removed");
    assert_eq!(case.fetched(&mirrors).await.bytes_received, 0);
    // What has the names that are ours, and is not ours, is no way out.
    #[cfg(unix)]
    for end in ["lock", "part", "part.json"] {
        let case = Case::new(&content);
        let other = case.dir.path().join("other");
        std::fs::write(&other, "precious").expect("written");
        let ours = case.dir.path().join(format!(".{NAME}.{end}"));
        std::os::unix::fs::symlink(&other, &ours).expect("linked");
        let ended = case.fetch(&mirrors).await;
        assert_eq!(ended.is_err(), end == "lock", "{end}: {ended:?}");
        assert_eq!(std::fs::read(&other).expect("there"), b"precious", "{end}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_fetches_and_the_others_find_it_done() {
    let content = Content::pattern(4 * MIB, 81);
    let mirror = MockMirror::builder()
        .file(NAME, content.clone())
        .speed(8_000_000)
        .start()
        .await;
    for knows in [true, false] {
        let case = if knows {
            Case::new(&content)
        } else {
            Case::new(&content).of_unknown_digest()
        };
        let mirrors = at(&[&mirror]);
        mirror.forget_requests();
        let (a, b, c) = tokio::join!(
            case.fetch(&mirrors),
            case.fetch(&mirrors),
            case.fetch(&mirrors)
        );
        let received: Vec<u64> = [a, b, c]
            .map(|got| got.expect("fetched").bytes_received)
            .into();
        assert_eq!(received.iter().sum::<u64>(), content.size(), "{received:?}");
        assert_eq!(mirror.requests().len(), 1);
        case.is_right();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_waits_can_be_cancelled_and_goes_on_when_the_first_gives_up() {
    let content = Content::pattern(8 * MIB, 82);
    let mirror = MockMirror::builder()
        .file(NAME, content.clone())
        .speed(4_000_000)
        .start()
        .await;
    let case = Case::new(&content);
    let mirrors = at(&[&mirror]);
    let (first, second) = (CancellationToken::new(), CancellationToken::new());
    let stop = async {
        tokio::time::sleep(Duration::from_millis(300)).await;
        second.cancel();
        tokio::time::sleep(Duration::from_millis(500)).await;
        first.cancel();
    };
    let third = async {
        tokio::time::sleep(Duration::from_millis(100)).await;
        case.fetched(&mirrors).await
    };
    let (first, second, third, ()) = tokio::join!(
        case.fetch_until(&mirrors, &first),
        async {
            tokio::time::sleep(Duration::from_millis(50)).await;
            case.fetch_until(&mirrors, &second).await
        },
        third,
        stop
    );
    assert!(first.expect_err("cancelled").is_cancelled());
    assert!(second.expect_err("cancelled").is_cancelled());
    // It went on with what the first had.
    assert!(third.bytes_received < content.size(), "{third:?}");
}
