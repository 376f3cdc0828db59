//! Files of unknown size or digest, and servers that do no ranges.

use testkit::mirror::{Content, MirrorFault, MockMirror, Validator};
use tokio_util::sync::CancellationToken;
use videogen_cdn::{CrossCheck, DownloadError};

use super::{Case, MIB, NAME, at, faulty, healthy, quick};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_size_that_nobody_knew_is_learnt_and_others_help() {
    let content = Content::pattern(24 * MIB, 31);
    let paced = |seed: u64| {
        let content = content.clone();
        async move {
            MockMirror::builder()
                .file(NAME, content)
                .speed(6_000_000 + seed)
                .start()
                .await
        }
    };
    let (a, b) = tokio::join!(paced(0), paced(1));
    let case = Case::new(&content).of_unknown_size();
    let downloaded = case.fetched(&at(&[&a, &b])).await;
    assert_eq!(downloaded.sources.len(), 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn neither_size_nor_ranges_is_one_stream() {
    let content = Content::pattern(9 * MIB + 1, 32);
    for fault in [MirrorFault::Chunked, MirrorFault::NoLength] {
        let name = format!("{fault:?}");
        let mirror = MockMirror::builder()
            .file(NAME, content.clone())
            .fault(MirrorFault::IgnoreRange)
            .fault(fault)
            .start()
            .await;
        let case = Case::new(&content).of_unknown_size();
        let downloaded = case.fetched(&at(&[&mirror])).await;
        assert_eq!(downloaded.bytes_received, content.size(), "{name}");
        Case::new(&content).fetched(&at(&[&mirror])).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn chunks_in_answer_to_a_range_are_fine() {
    let content = Content::pattern(9 * MIB + 1, 33);
    let mirror = faulty(&content, MirrorFault::Chunked).await;
    let good = healthy(&content).await;
    Case::new(&content).fetched(&at(&[&mirror])).await;
    Case::new(&content).fetched(&at(&[&mirror, &good])).await;
    Case::new(&content)
        .of_unknown_size()
        .fetched(&at(&[&mirror, &good]))
        .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_does_no_ranges_is_used_from_the_beginning_only() {
    let content = Content::pattern(20 * MIB, 34);
    for fault in [MirrorFault::IgnoreRange, MirrorFault::NoRanges] {
        let name = format!("{fault:?}");
        let whole = faulty(&content, fault).await;
        // Alone it gives everything in one stream.
        let downloaded = Case::new(&content).fetched(&at(&[&whole])).await;
        assert_eq!(downloaded.bytes_received, content.size(), "{name}");
        // Beside another one no byte is wrong.
        let good = MockMirror::builder()
            .file(NAME, content.clone())
            .speed(20_000_000)
            .start()
            .await;
        Case::new(&content).fetched(&at(&[&whole, &good])).await;
        Case::new(&content).fetched(&at(&[&good, &whole])).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_does_no_ranges_gives_the_rest_when_nobody_else_can() {
    let content = Content::pattern(12 * MIB, 35);
    let dies = MockMirror::builder()
        .file(NAME, content.clone())
        .fault(MirrorFault::ResetEvery(3 * MIB).first(1))
        .fault(MirrorFault::Status(404).after(1))
        .start()
        .await;
    let whole = faulty(&content, MirrorFault::IgnoreRange).await;
    let mirrors = at(&[&dies, &whole]);
    let case = Case::with(&content, quick().sources(1)).known(&mirrors);
    let downloaded = case.fetched(&mirrors).await;
    let first = downloaded
        .sources
        .iter()
        .find(|source| source.url == dies.url(NAME));
    assert!(
        first.is_some_and(|source| source.bytes > 0),
        "{downloaded:?}"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_a_digest_parts_of_two_mirrors_are_not_joined() {
    let (one, other) = (
        Content::pattern(12 * MIB, 36),
        Content::pattern(12 * MIB, 37),
    );
    let dies = MockMirror::builder()
        .file(NAME, one.clone())
        .fault(MirrorFault::ResetEvery(3 * MIB).first(1))
        .fault(MirrorFault::Status(404).after(1))
        .start()
        .await;
    let good = healthy(&other).await;
    let mirrors = at(&[&dies, &good]);
    let case = Case::new(&other).of_unknown_digest().known(&mirrors);
    let downloaded = case.fetched(&mirrors).await;
    assert_eq!(downloaded.sources.len(), 1);
    assert!(dies.requests().len() >= 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_a_digest_what_changed_meanwhile_is_begun_anew() {
    let (old, new) = (
        Content::pattern(12 * MIB, 38),
        Content::pattern(12 * MIB, 39),
    );
    for validator in [Validator::Strong, Validator::None] {
        let name = format!("{validator:?}");
        let mirror = MockMirror::builder()
            .file(NAME, old.clone())
            .validator(validator)
            .speed(8_000_000)
            .start()
            .await;
        let case = Case::new(&new).of_unknown_digest();
        let cancel = CancellationToken::new();
        let mirrors = at(&[&mirror]);
        let stop = async {
            while case
                .heard
                .bytes
                .lock()
                .expect("not poisoned")
                .last()
                .is_none_or(|(here, _)| *here < 3 * MIB)
            {
                tokio::time::sleep(std::time::Duration::from_millis(20)).await;
            }
            cancel.cancel();
        };
        let (ended, ()) = tokio::join!(case.fetch_until(&mirrors, &cancel), stop);
        assert!(ended.expect_err("cancelled").is_cancelled(), "{name}");
        mirror.replace(NAME, new.clone());
        case.fetched(&mirrors).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_weaker_digest_is_checked_beside_the_stronger_and_in_its_place() {
    let content = Content::pattern(MIB, 40);
    let mirror = healthy(&content).await;
    let right = CrossCheck::Md5(testkit_md5(&content));
    let wrong = CrossCheck::Sha1("0".repeat(40));
    let mut case = Case::new(&content);
    case.cross_check = Some(right.clone());
    case.fetched(&at(&[&mirror])).await;
    let mut case = Case::new(&content).of_unknown_digest();
    case.cross_check = Some(right);
    case.fetched(&at(&[&mirror])).await;
    // Right by the one and wrong by the other: nobody's bytes are to blame.
    let mut case = Case::new(&content);
    case.cross_check = Some(wrong.clone());
    let error = case.fetch(&at(&[&mirror])).await.expect_err("wrong");
    assert!(
        matches!(error, DownloadError::CrossCheck { kind: "SHA-1", .. }),
        "{error}"
    );
    case.is_absent();
    let mut case = Case::new(&content).of_unknown_digest();
    case.cross_check = Some(wrong);
    let error = case.fetch(&at(&[&mirror])).await.expect_err("wrong");
    assert!(
        matches!(error, DownloadError::WrongDigest { .. }),
        "{error}"
    );
    case.is_absent();
}

fn testkit_md5(content: &Content) -> String {
    use md5::Digest;
    let digest = md5::Md5::digest(content.bytes());
    digest
        .iter()
        .fold(String::new(), |text, byte| format!("{text}{byte:02x}"))
}
