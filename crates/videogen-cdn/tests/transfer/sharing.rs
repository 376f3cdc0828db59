//! Several that want the same file.

use std::time::Duration;

use testkit::mirror::{Content, MockMirror};
use tokio_util::sync::CancellationToken;

use super::{Case, MIB, NAME, at};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_fetches_and_the_others_find_it_done() {
    let content = Content::pattern(4 * MIB, 81);
    let mirror = MockMirror::builder().file(NAME, content.clone()).speed(8_000_000).start().await;
    for knows in [true, false] {
        let case = if knows { Case::new(&content) } else { Case::new(&content).of_unknown_digest() };
        let mirrors = at(&[&mirror]);
        mirror.forget_requests();
        let (a, b, c) = tokio::join!(case.fetch(&mirrors), case.fetch(&mirrors), case.fetch(&mirrors));
        let received: Vec<u64> = [a, b, c].map(|got| got.expect("fetched").bytes_received).into();
        assert_eq!(received.iter().sum::<u64>(), content.size(), "{received:?}");
        assert_eq!(mirror.requests().len(), 1);
        case.is_right();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_waits_can_be_cancelled_and_goes_on_when_the_first_gives_up() {
    let content = Content::pattern(8 * MIB, 82);
    let mirror = MockMirror::builder().file(NAME, content.clone()).speed(4_000_000).start().await;
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
