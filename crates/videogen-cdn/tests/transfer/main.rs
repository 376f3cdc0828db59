//! Downloads through real sockets from mirrors that misbehave in every way that was met.

mod blame;
mod faults;
mod measure;
mod redirects;
mod resume;
mod several;
mod sharing;
mod sizes;

use std::sync::Mutex;
use std::time::Duration;

use camino::{Utf8Path, Utf8PathBuf};
use camino_tempfile::Utf8TempDir;
use sha2::{Digest, Sha256};
use testkit::mirror::{Content, MirrorFault, MockMirror};
use tokio_util::sync::CancellationToken;
use url::Url;
use videogen_cdn::{
    CrossCheck, DownloadError, DownloadOptions, DownloadRequest, Downloaded, Downloader,
    FetchObserver, Mirror, MirrorHealth, MirrorKind, Sha256Digest,
};
use videogen_net::{AddressPolicy, ClientOptions, HttpClient};
use videogen_types::{FailureKind, Observer};

const MIB: u64 = 1 << 20;
/// What every file is called.
const NAME: &str = "voice.onnx";

fn sha256(content: &Content) -> Sha256Digest {
    Sha256Digest::new(Sha256::digest(content.bytes()).into())
}

/// Options whose windows are short: a stall is noticed within a second.
fn quick() -> DownloadOptions {
    DownloadOptions::default()
        .stall_window(Duration::from_millis(500))
        .first_byte(Duration::from_secs(2))
        .timeout(Duration::from_secs(30))
}

fn client() -> HttpClient {
    let options =
        ClientOptions::new(AddressPolicy::local()).connect_timeout(Duration::from_secs(5));
    HttpClient::new(options).expect("a client")
}

fn mirror_at(url: &str) -> Mirror {
    Mirror {
        url: Url::parse(url).expect("a URL"),
        kind: MirrorKind::Origin,
        priority: 50,
    }
}

fn at(mirrors: &[&MockMirror]) -> Vec<Mirror> {
    let url = |mirror: &&MockMirror| mirror_at(&mirror.url(NAME));
    // The first one is asked first.
    mirrors
        .iter()
        .enumerate()
        .map(|(place, mirror)| Mirror {
            priority: 90 - 10 * place as u8,
            ..url(mirror)
        })
        .collect()
}

async fn healthy(content: &Content) -> MockMirror {
    MockMirror::builder()
        .file(NAME, content.clone())
        .start()
        .await
}

async fn faulty(content: &Content, fault: MirrorFault) -> MockMirror {
    MockMirror::builder()
        .file(NAME, content.clone())
        .fault(fault)
        .start()
        .await
}

/// Hears everything.
#[derive(Debug, Default)]
struct Heard {
    warnings: Mutex<Vec<String>>,
    failures: Mutex<Vec<String>>,
    bytes: Mutex<Vec<(u64, Option<u64>)>>,
}

impl Heard {
    fn warnings(&self) -> Vec<String> {
        self.warnings.lock().expect("not poisoned").clone()
    }

    fn failures(&self) -> Vec<String> {
        self.failures.lock().expect("not poisoned").clone()
    }
}

impl Observer for Heard {
    fn warn(&self, message: String) {
        self.warnings.lock().expect("not poisoned").push(message);
    }

    fn attempt_failed(&self, _: FailureKind, reason: &str) {
        self.failures
            .lock()
            .expect("not poisoned")
            .push(reason.to_owned());
    }
}

impl FetchObserver for Heard {
    fn bytes(&self, here: u64, of: Option<u64>, _: f64) {
        self.bytes.lock().expect("not poisoned").push((here, of));
    }
}

/// One file to be fetched, into a directory of its own.
struct Case {
    dir: Utf8TempDir,
    /// Where below it the file goes.
    below: Utf8PathBuf,
    content: Content,
    /// Asked for with the size and the digest, or without.
    size: Option<u64>,
    sha256: Option<Sha256Digest>,
    cross_check: Option<CrossCheck>,
    downloader: Downloader,
    heard: Heard,
}

impl Case {
    fn new(content: &Content) -> Self {
        Self::with(content, quick())
    }

    fn with(content: &Content, options: DownloadOptions) -> Self {
        Self {
            dir: camino_tempfile::tempdir().expect("a temporary directory"),
            below: Utf8PathBuf::new(),
            size: Some(content.size()),
            sha256: Some(sha256(content)),
            cross_check: None,
            content: content.clone(),
            downloader: Downloader::new(client(), MirrorHealth::in_memory(), options),
            heard: Heard::default(),
        }
    }

    fn of_unknown_size(mut self) -> Self {
        self.size = None;
        self
    }

    fn of_unknown_digest(mut self) -> Self {
        self.sha256 = None;
        self
    }

    fn target(&self) -> Utf8PathBuf {
        self.place().join(NAME)
    }

    fn place(&self) -> Utf8PathBuf {
        self.dir.path().join(&self.below)
    }

    /// Has every mirror known, so that none is asked first now and then to find out what it is like.
    fn known(self, mirrors: &[Mirror]) -> Self {
        for mirror in mirrors {
            self.downloader.health().lease(mirror).succeed();
        }
        self
    }

    async fn fetch(&self, mirrors: &[Mirror]) -> Result<Downloaded, DownloadError> {
        self.fetch_until(mirrors, &CancellationToken::new()).await
    }

    async fn fetch_until(
        &self,
        mirrors: &[Mirror],
        cancel: &CancellationToken,
    ) -> Result<Downloaded, DownloadError> {
        let target = self.target();
        let request = DownloadRequest {
            name: NAME,
            size: self.size,
            sha256: self.sha256,
            cross_check: self.cross_check.as_ref(),
            mirrors,
            target: &target,
        };
        let fetched = self.downloader.fetch(&request, &self.heard, cancel);
        // Far more than anything here takes; a download that hangs is not to hang the test.
        let fetched = tokio::time::timeout(Duration::from_secs(100), fetched).await;
        fetched.expect("it ends")
    }

    /// Fetches it and looks at what came.
    async fn fetched(&self, mirrors: &[Mirror]) -> Downloaded {
        let downloaded = self
            .fetch(mirrors)
            .await
            .unwrap_or_else(|error| panic!("{error}"));
        self.is_right();
        assert_eq!(downloaded.size, self.content.size());
        assert_eq!(downloaded.sha256, sha256(&self.content));
        downloaded
    }

    /// The file is there, whole, and nothing else is.
    fn is_right(&self) {
        let there = std::fs::read(self.target()).expect("it is there");
        assert!(there == self.content.bytes(), "other bytes");
        assert_eq!(names(&self.place()), [NAME]);
    }

    /// Nothing has the name.
    fn is_absent(&self) {
        assert!(!self.target().exists());
    }
}

fn names(dir: &Utf8Path) -> Vec<String> {
    let mut names: Vec<String> = dir
        .read_dir_utf8()
        .expect("readable")
        .map(|entry| entry.expect("readable").file_name().to_owned())
        .collect();
    names.sort();
    names
}
