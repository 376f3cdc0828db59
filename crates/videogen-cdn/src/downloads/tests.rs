//! Assets from mirrors on this machine to a store on disk.

use std::fs;
use std::sync::{Arc, Mutex};

use camino::Utf8Path;
use camino_tempfile::Utf8TempDir;
use sha2::{Digest, Sha256};
use testkit::mirror::{MirrorFault, MockMirror};
use tokio_util::sync::CancellationToken;
use videogen_net::{AddressPolicy, ClientOptions, HttpClient};
use videogen_types::{Observer, Unobserved};

use super::*;
use crate::observer::FetchObserver;
use crate::registry::{
    Asset, AssetFile, AssetId, AssetKind, Licence, LockFileError, Mirror, MirrorKind, Registry,
    Sha256Digest,
};
use crate::source::AssetSource;
use crate::source_error::SourceError;
use crate::store::{AssetStoreError, AssetStoreLimits};

const SMALL: &[u8] = b"{ \"audio\": {} }";

fn model() -> Vec<u8> {
    (0..200_000_u32).flat_map(u32::to_le_bytes).collect()
}

fn id(text: &str) -> AssetId {
    AssetId::new(text).expect("an id")
}

fn digest(bytes: &[u8]) -> Sha256Digest {
    Sha256Digest::new(Sha256::digest(bytes).into())
}

/// A file at some mirrors, with the published digest of these bytes.
fn file(name: &str, bytes: &[u8], mirrors: &[&MockMirror]) -> AssetFile {
    AssetFile {
        name: name.to_owned(),
        size: Some(bytes.len() as u64),
        sha256: Some(digest(bytes)),
        cross_check: None,
        mirrors: mirrors
            .iter()
            .map(|mirror| Mirror {
                url: mirror.url(name).parse().expect("a URL"),
                kind: MirrorKind::Origin,
                priority: 50,
            })
            .collect(),
    }
}

fn asset(name: &str, licence: &str, files: Vec<AssetFile>) -> Asset {
    Asset {
        id: id(name),
        kind: AssetKind::Voice,
        title: name.to_owned(),
        licence: Licence::new(licence),
        attribution: None,
        tags: Vec::new(),
        explicit: false,
        files,
    }
}

async fn mirror() -> MockMirror {
    MockMirror::builder()
        .file("v.onnx.json", SMALL.to_vec())
        .file("v.onnx", model())
        .start()
        .await
}

fn voice(mirrors: &[&MockMirror]) -> Asset {
    let files = vec![
        file("v.onnx.json", SMALL, mirrors),
        file("v.onnx", &model(), mirrors),
    ];
    asset("v", "CC0-1.0", files)
}

fn builder(dir: &Utf8Path, assets: impl IntoIterator<Item = Asset>) -> DownloadsBuilder {
    Downloads::builder(&dir.join("assets")).registry(assets.into_iter().collect::<Registry>())
}

fn open(builder: DownloadsBuilder) -> Downloads {
    let client = HttpClient::new(ClientOptions::new(AddressPolicy::local())).expect("made");
    builder.open(client).expect("opened")
}

fn tempdir() -> Utf8TempDir {
    camino_tempfile::tempdir().expect("a temporary directory")
}

async fn fetch(downloads: &Downloads, name: &str) -> Result<crate::source::Installed, SourceError> {
    downloads
        .fetch(&id(name), &Unobserved, &CancellationToken::new())
        .await
}

fn asked(mirror: &MockMirror, name: &str) -> usize {
    mirror
        .requests()
        .iter()
        .filter(|request| request.path == format!("/{name}"))
        .count()
}

#[tokio::test]
async fn a_voice_comes_as_a_whole_small_file_first_and_never_again() {
    let (dir, mirror) = (tempdir(), mirror().await);
    let downloads = open(builder(dir.path(), [voice(&[&mirror])]));
    assert_eq!(downloads.installed(&id("v")), None);
    let installed = fetch(&downloads, "v").await.expect("fetched");
    assert_eq!(fs::read(&installed.files[0]).expect("there"), SMALL);
    assert_eq!(fs::read(&installed.files[1]).expect("there"), model());
    assert_eq!(mirror.requests()[0].path, "/v.onnx.json");
    mirror.forget_requests();
    assert_eq!(fetch(&downloads, "v").await.expect("here"), installed);
    // Another process, and offline.
    let other = open(builder(dir.path(), [voice(&[&mirror])]).offline(true));
    assert_eq!(fetch(&other, "v").await.expect("here"), installed);
    assert_eq!(other.installed(&id("v")), Some(installed));
    assert!(mirror.requests().is_empty());
    assert!(
        fs::read_dir(dir.path().join("assets/incoming"))
            .expect("there")
            .next()
            .is_none()
    );
    assert_eq!(downloads.assets(AssetKind::Voice).len(), 1);
    assert!(downloads.assets(AssetKind::Music).is_empty());
}

/// X2: the small file beside the model failed, and each attempt fetched the model again.
#[tokio::test]
async fn what_is_verified_is_not_fetched_again_because_another_file_failed() {
    let (dir, mirror) = (tempdir(), mirror().await);
    let mut model_first = voice(&[&mirror]);
    model_first.files.reverse();
    let downloads = open(builder(dir.path(), [model_first]));
    mirror.set_fault(MirrorFault::Status(404).on("v.onnx.json"));
    let error = fetch(&downloads, "v")
        .await
        .expect_err("one file is not there");
    match &error {
        SourceError::Download { name, .. } => assert_eq!(name, "v.onnx.json"),
        other => panic!("{other}"),
    }
    assert!(error.help().is_some());
    assert_eq!(downloads.installed(&id("v")), None, "half a voice is none");
    assert!(asked(&mirror, "v.onnx") > 0);
    mirror.heal();
    mirror.forget_requests();
    drop(downloads);
    let mut model_first = voice(&[&mirror]);
    model_first.files.reverse();
    // Without what was remembered of the mirror: its file is dead for a day.
    let health = crate::health::MirrorHealth::in_memory();
    let downloads = open(builder(dir.path(), [model_first]).health(health));
    fetch(&downloads, "v").await.expect("fetched");
    assert_eq!(asked(&mirror, "v.onnx"), 0);
}

#[tokio::test]
async fn nothing_is_requested_without_consent_or_offline_or_for_what_is_not_known() {
    let (dir, mirror) = (tempdir(), mirror().await);
    let of = |name: &str, licence| asset(name, licence, voice(&[&mirror]).files);
    let assets = [
        of("nc", "CC-BY-NC-4.0"),
        of("nd", "CC-BY-ND-4.0"),
        of("free", "CC0-1.0"),
    ];
    let downloads = open(builder(dir.path(), assets.clone()));
    let error = fetch(&downloads, "nc").await.expect_err("not accepted");
    assert!(
        matches!(&error, SourceError::NotAccepted { duties, .. } if duties.non_commercial),
        "{error}"
    );
    assert!(error.to_string().contains("CC-BY-NC-4.0"));
    let error = fetch(&downloads, "nd").await.expect_err("forbidden");
    assert!(matches!(error, SourceError::Forbidden { .. }), "{error}");
    let error = fetch(&downloads, "fre").await.expect_err("unknown");
    assert!(
        matches!(&error, SourceError::Unknown { nearest, .. } if nearest == &["free"]),
        "{error}"
    );
    let offline = open(builder(dir.path(), assets.clone()).offline(true));
    let error = fetch(&offline, "free").await.expect_err("not here");
    assert!(matches!(error, SourceError::Offline { .. }), "{error}");
    assert_eq!(mirror.accepted(), 0);
    downloads.accept(&assets[0]);
    fetch(&downloads, "nc").await.expect("accepted");
    // The same files under another name need no network.
    fetch(&offline, "free")
        .await
        .expect("its contents are here");
}

#[tokio::test]
async fn a_file_without_a_published_digest_is_trusted_once() {
    let (dir, mirror) = (tempdir(), mirror().await);
    let mut unpublished = voice(&[&mirror]);
    for file in &mut unpublished.files {
        (file.sha256, file.size) = (None, None);
    }
    let downloads = open(builder(dir.path(), [unpublished.clone()]));
    fetch(&downloads, "v").await.expect("trusted");
    let locked = fs::read_to_string(dir.path().join("assets/assets.lock")).expect("written");
    assert!(
        locked.contains(&digest(&model()).to_string()) && locked.contains("127.0.0.1"),
        "{locked}"
    );
    downloads.release(&id("v"));
    downloads.store().remove(&id("v")).expect("removed");
    fetch(&downloads, "v").await.expect("the same");
    downloads.release(&id("v"));
    downloads.store().remove(&id("v")).expect("removed");
    // Of the same size, and of another.
    for other in [vec![7; model().len()], b"shorter".to_vec()] {
        mirror.replace("v.onnx", other);
        let health = crate::health::MirrorHealth::in_memory();
        let downloads = open(builder(dir.path(), [unpublished.clone()]).health(health));
        let error = fetch(&downloads, "v").await.expect_err("it has changed");
        let is_changed = match &error {
            SourceError::Changed { name, .. } => name == "v.onnx",
            SourceError::Lock(error) => matches!(**error, LockFileError::Changed { .. }),
            _ => false,
        };
        assert!(is_changed, "{error:?}");
        assert!(
            error
                .help()
                .is_some_and(|help| help.to_string().contains("publisher"))
        );
        assert_eq!(downloads.installed(&id("v")), None);
    }
    assert_eq!(
        fs::read_to_string(dir.path().join("assets/assets.lock")).expect("there"),
        locked
    );
}

#[tokio::test]
async fn nothing_and_a_page_are_not_trusted_and_what_is_forgotten_may_be_another_file() {
    let dir = tempdir();
    let page = b"\n<!DOCTYPE html><title>Sign in</title>".to_vec();
    let mirror = MockMirror::builder().file("v.onnx", page).start().await;
    let mut unpublished = asset("v", "CC0-1.0", vec![file("v.onnx", b"x", &[&mirror])]);
    (unpublished.files[0].sha256, unpublished.files[0].size) = (None, None);
    let downloads = open(builder(dir.path(), [unpublished]));
    for (found, content) in [("a page for people", None), ("nothing", Some(Vec::new()))] {
        if let Some(content) = content {
            mirror.replace("v.onnx", content);
        }
        let error = fetch(&downloads, "v").await.expect_err("no file");
        let SourceError::Download { source, .. } = &error else {
            panic!("{error:?}")
        };
        assert_eq!(
            source.to_string(),
            format!("{found} came instead of v.onnx")
        );
        assert!(!dir.path().join("assets/assets.lock").exists());
    }
    for content in [model(), SMALL.to_vec()] {
        mirror.replace("v.onnx", content.clone());
        let here = fetch(&downloads, "v").await.expect("a file");
        assert_eq!(fs::read(&here.files[0]).expect("there"), content);
        downloads.forget(&id("v")).await.expect("forgotten");
        assert_eq!(downloads.installed(&id("v")), None);
    }
}

#[tokio::test]
async fn many_processes_that_want_a_voice_fetch_it_once() {
    let (dir, mirror) = (tempdir(), mirror().await);
    mirror.set_fault(MirrorFault::BodyAfter(std::time::Duration::from_millis(
        300,
    )));
    let all: Vec<Downloads> = (0..4)
        .map(|_| {
            open(
                builder(dir.path(), [voice(&[&mirror])])
                    .health(crate::health::MirrorHealth::in_memory()),
            )
        })
        .collect();
    let fetches = all.iter().map(|downloads| fetch(downloads, "v"));
    for result in futures_util::future::join_all(fetches).await {
        assert_eq!(
            fs::read(&result.expect("fetched").files[1]).expect("there"),
            model()
        );
    }
    let all = (SMALL.len() + model().len()) as u64;
    assert!(
        mirror.bytes_sent() < all + all / 2,
        "{} bytes of {all}",
        mirror.bytes_sent()
    );
}

#[derive(Debug, Default)]
struct Heard(Mutex<(Vec<f32>, u64, Option<u64>)>);

impl Observer for Heard {
    fn progress(&self, fraction: f32) {
        self.0.lock().expect("whole").0.push(fraction);
    }
}

impl FetchObserver for Heard {
    fn bytes(&self, here: u64, of: Option<u64>, _: f64) {
        let mut heard = self.0.lock().expect("whole");
        (heard.1, heard.2) = (here, of);
    }
}

#[tokio::test]
async fn several_are_fetched_at_a_time_with_one_progress_and_one_failure_ends_none_of_the_others() {
    let dir = tempdir();
    let mut server = MockMirror::builder();
    for n in 0..6 {
        server = server.file(&format!("{n}"), vec![n; 50_000]);
    }
    let mirror = server.start().await;
    mirror.set_fault(MirrorFault::Status(404).on("3"));
    let assets = (0..6).map(|n: u8| {
        asset(
            &format!("a{n}"),
            "CC0-1.0",
            vec![file(&n.to_string(), &[n; 50_000], &[&mirror])],
        )
    });
    let downloads = open(builder(dir.path(), assets).at_once(2));
    let ids: Vec<AssetId> = (0..6)
        .map(|n| id(&format!("a{n}")))
        .chain([id("none")])
        .collect();
    let heard = Heard::default();
    let results = downloads
        .fetch_all(&ids, &heard, &CancellationToken::new())
        .await;
    let failed: Vec<usize> = (0..7).filter(|n| results[*n].is_err()).collect();
    assert_eq!(failed, [3, 6]);
    assert!(
        mirror.peak_connections() <= 4,
        "{}",
        mirror.peak_connections()
    );
    let heard = heard.0.into_inner().expect("whole");
    assert_eq!(heard.1, 250_000);
    assert!(heard.0.is_sorted());
    // What was seen of the mirrors is there for the next run.
    assert!(dir.path().join("assets/health.json").exists());
}

#[tokio::test]
async fn a_cancelled_fetch_ends_and_leaves_what_came() {
    let (dir, mirror) = (tempdir(), mirror().await);
    mirror.set_fault(MirrorFault::FreezeAfter(0.5).on("v.onnx"));
    let downloads = Arc::new(open(builder(dir.path(), [voice(&[&mirror])])));
    let cancel = CancellationToken::new();
    let running = tokio::spawn({
        let (downloads, cancel) = (Arc::clone(&downloads), cancel.clone());
        async move { downloads.fetch(&id("v"), &Unobserved, &cancel).await }
    });
    while asked(&mirror, "v.onnx") == 0 {
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    }
    cancel.cancel();
    let error = running.await.expect("no panic").expect_err("cancelled");
    assert!(error.is_cancelled(), "{error}");
    assert!(downloads.store().has(&digest(SMALL)).is_some());
    // Who comes while somebody else has the claim can be cancelled, too.
    let sha256 = digest(&model());
    let claim = downloads
        .store()
        .begin(&crate::store::FileKey::Digest(&sha256))
        .expect("asked");
    assert!(matches!(claim, crate::store::Begun::Yours(_)));
    let cancel = CancellationToken::new();
    let wait = async {
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        cancel.cancel();
    };
    let v = id("v");
    let (result, ()) = tokio::join!(downloads.fetch(&v, &Unobserved, &cancel), wait);
    assert!(result.expect_err("cancelled").is_cancelled());
}

#[tokio::test]
async fn what_cannot_fit_is_not_begun() {
    let (dir, mirror) = (tempdir(), mirror().await);
    let limits = AssetStoreLimits { bytes: 100_000 };
    let downloads = open(builder(dir.path(), [voice(&[&mirror])]).limits(limits));
    let error = fetch(&downloads, "v").await.expect_err("too large");
    assert!(
        matches!(error, SourceError::Store(AssetStoreError::NoRoom { .. })),
        "{error}"
    );
    assert_eq!(mirror.accepted(), 0);
}

#[tokio::test]
async fn several_that_fit_one_by_one_are_judged_together_and_what_they_share_counts_once() {
    let (dir, mirror) = (tempdir(), mirror().await);
    let other = [model(), vec![1]].concat();
    mirror.replace("w.onnx", other.clone());
    let own = asset("w", "CC0-1.0", vec![file("w.onnx", &other, &[&mirror])]);
    let mut same = voice(&[&mirror]);
    same.id = id("same");
    let limits = AssetStoreLimits { bytes: 1_200_000 };
    let downloads = open(builder(dir.path(), [voice(&[&mirror]), own, same]).limits(limits));
    for ids in [&["v", "same"][..], &["w"], &["nobody"], &[]] {
        let ids: Vec<AssetId> = ids.iter().map(|name| id(name)).collect();
        downloads.check_room(&ids).await.expect("fits");
    }
    let error = downloads.check_room(&[id("v"), id("w")]).await;
    assert!(
        matches!(
            error,
            Err(SourceError::Store(AssetStoreError::NoRoom { .. }))
        ),
        "{error:?}"
    );
    assert_eq!(mirror.accepted(), 0);
}

#[tokio::test]
async fn what_has_come_of_a_file_does_not_keep_the_rest_of_it_out() {
    let (dir, mirror) = (tempdir(), mirror().await);
    let limits = AssetStoreLimits { bytes: 900_000 };
    let downloads = open(builder(dir.path(), [voice(&[&mirror])]).limits(limits));
    let sha256 = digest(&model());
    let key = crate::store::FileKey::Digest(&sha256);
    let Ok(crate::store::Begun::Yours(incoming)) = downloads.store().begin(&key) else {
        panic!("nobody has it");
    };
    let beside = crate::transfer::PartPaths::of(incoming.path());
    fs::write(&beside.part, vec![0; 700_000]).expect("written");
    fs::write(&beside.note, "{}").expect("written");
    drop(incoming);
    downloads.check_room(&[id("v")]).await.expect("fits");
    fetch(&downloads, "v").await.expect("fetched");
}

#[tokio::test]
async fn what_was_returned_is_in_use_until_it_is_released() {
    let (dir, mirror) = (tempdir(), mirror().await);
    let downloads = open(builder(dir.path(), [voice(&[&mirror])]));
    fetch(&downloads, "v").await.expect("fetched");
    let error = downloads.store().remove(&id("v")).expect_err("in use");
    assert!(matches!(error, AssetStoreError::InUse { .. }), "{error}");
    downloads.release(&id("v"));
    downloads.store().remove(&id("v")).expect("removed");
    // A registry with another digest: what is installed is another edition.
    fetch(&downloads, "v").await.expect("fetched");
    let mut newer = voice(&[&mirror]);
    newer.files[1].sha256 = Some(digest(b"newer"));
    newer.files[1].size = Some(5);
    mirror.replace("v.onnx", b"newer".to_vec());
    let other = open(builder(dir.path(), [newer]));
    assert_eq!(other.installed(&id("v")), None);
    let installed = fetch(&other, "v").await.expect("fetched");
    assert_eq!(fs::read(&installed.files[1]).expect("there"), b"newer");
}
