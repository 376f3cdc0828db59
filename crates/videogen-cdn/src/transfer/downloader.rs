//! Downloads files: finds out whether one is here already, keeps others away, and begins.

use std::sync::Arc;
use std::time::Duration;

use tokio_util::sync::CancellationToken;
use videogen_net::{Admission, HttpClient, RedactedUrl};

use super::bandwidth::Bandwidth;
use super::error::DownloadError;
use super::fetch::{Fetching, blocking};
use super::first_bytes::FirstBytes;
use super::hold::{Hold, hold};
use super::options::{DownloadOptions, DownloadRequest, Downloaded};
use super::part::{Part, Want, make_dir};
use super::paths::PartPaths;
use super::shared::{Beginning, Engine, Shared};
use super::source::Source;
use super::verify::digest;
use crate::health::{MirrorHealth, RankedMirror};
use crate::observer::FetchObserver;
use crate::registry::Mirror;

/// Mirrors of one file that are looked at.
const MIRRORS: usize = 1000;

/// Downloads files, each from several mirrors. Clones share connections, what is known of mirrors, and the limit of
/// bandwidth.
#[derive(Debug, Clone)]
pub struct Downloader {
    engine: Arc<Engine>,
}

impl Downloader {
    /// Returns a downloader. The client decides who may be contacted, and how long connecting takes.
    pub fn new(client: HttpClient, health: MirrorHealth, options: DownloadOptions) -> Self {
        let bandwidth = Bandwidth::new(options.bandwidth);
        Self {
            engine: Arc::new(Engine {
                client,
                health,
                options,
                bandwidth,
                first_bytes: FirstBytes::default(),
            }),
        }
    }

    /// Returns what it knows of mirrors.
    pub fn health(&self) -> &MirrorHealth {
        &self.engine.health
    }

    /// Fetches a file: whole, verified, and under its name when this returns. What has the name already and is the file
    /// that is wanted is left, and nothing is fetched. Of several that want the same target, in this process or in others,
    /// one fetches, and the others wait for it.
    ///
    /// # Errors
    /// [`DownloadError`]. What has come stays beside the target, and the next call goes on from there.
    ///
    /// # Cancellation
    /// `cancel` ends it with [`DownloadError::Cancelled`], after what has come was noted. Dropping the future ends it
    /// at once; less than 4 MiB of each connection are fetched again then.
    pub async fn fetch(
        &self,
        request: &DownloadRequest<'_>,
        observer: &dyn FetchObserver,
        cancel: &CancellationToken,
    ) -> Result<Downloaded, DownloadError> {
        if request.mirrors.is_empty() {
            return Err(DownloadError::NoMirrors {
                name: request.name.to_owned(),
            });
        }
        // Dropping this ends the workers, too.
        let cancel = cancel.child_token();
        let guard = cancel.clone().drop_guard();
        let result = Box::pin(self.fetch_held(request, observer, &cancel)).await;
        drop(guard);
        result
    }

    async fn fetch_held(
        &self,
        request: &DownloadRequest<'_>,
        observer: &dyn FetchObserver,
        cancel: &CancellationToken,
    ) -> Result<Downloaded, DownloadError> {
        let want = Want {
            size: request.size,
            sha256: request.sha256,
            cross_check: request.cross_check.cloned(),
        };
        let paths = PartPaths::of(request.target);
        let own = paths.clone();
        blocking(move || make_dir(&own)).await?;
        let patience = self.engine.options.timeout + Duration::from_secs(30);
        let (hold, has_waited) = hold(&paths, patience, cancel).await?;
        if let Some(here) = already(&paths, &want, has_waited).await? {
            return Ok(here);
        }
        let paths = if hold.is_exclusive() {
            paths
        } else {
            PartPaths::of_this_process(request.target)
        };
        let mut fetching = self.begin(request, want, paths, hold, cancel).await?;
        let result = fetching.run(observer).await;
        fetching.end(result).await
    }

    async fn begin(
        &self,
        request: &DownloadRequest<'_>,
        want: Want,
        paths: PartPaths,
        hold: Hold,
        cancel: &CancellationToken,
    ) -> Result<Fetching, DownloadError> {
        let (name, wanted) = (request.name.to_owned(), want.clone());
        let is_exclusive = hold.is_exclusive();
        let (part, kept) = blocking(move || {
            let (part, kept) = Part::open(paths, wanted)?;
            if let Some(size) = kept.size.or(part.want().size) {
                part.reserve(&name, size)?;
            }
            Ok((part, kept))
        })
        .await?;
        let kind = request
            .target
            .extension()
            .unwrap_or_default()
            .to_ascii_lowercase();
        let beginning = Beginning {
            name: request.name.to_owned(),
            want,
            part,
            kept,
            hold,
            is_html: ["html", "htm", "xhtml"].contains(&&kind[..]),
        };
        let shared = Shared::new(Arc::clone(&self.engine), beginning, cancel.clone());
        let mirrors = &request.mirrors[..request.mirrors.len().min(MIRRORS)];
        let sources = self.ranked(&shared, mirrors);
        Ok(Fetching::new(shared, sources, is_exclusive))
    }

    /// The mirrors, best first, with what tells that one is to be left alone.
    fn ranked(&self, shared: &Shared, mirrors: &[Mirror]) -> Vec<(Source, bool)> {
        let ranked = self.engine.health.rank(mirrors);
        let source = |place: &RankedMirror| {
            let mirror = mirrors[place.index].clone();
            let shown = RedactedUrl::new(&mirror.url).to_string();
            let is_blocked =
                place.is_dead_url || !matches!(place.admission, Admission::Free | Admission::Probe);
            let source = Source {
                index: place.index,
                id: shared.source(&shown),
                shown,
                mirror,
                speed: place.bytes_per_second,
            };
            (source, is_blocked)
        };
        ranked.iter().map(source).collect()
    }
}

/// What has the target's name, if it is the file that is wanted. What nobody can verify counts only when somebody else has
/// just fetched it.
async fn already(
    paths: &PartPaths,
    want: &Want,
    has_waited: bool,
) -> Result<Option<Downloaded>, DownloadError> {
    if want.sha256.is_none() && !has_waited {
        return Ok(None);
    }
    let (target, want) = (paths.target.clone(), want.clone());
    blocking(move || {
        let Ok(file) = videogen_durable::open_regular(&target) else {
            return Ok(None);
        };
        let len = file
            .metadata()
            .map_err(DownloadError::file("reading", &target))?
            .len();
        if want.size.is_some_and(|size| size != len) {
            return Ok(None);
        }
        let (found, size) = digest(&file, want.cross_check.as_ref())
            .map_err(DownloadError::file("reading", &target))?;
        Ok((found.is(&want)).then_some(Downloaded {
            sha256: found.sha256,
            size,
            bytes_received: 0,
            sources: Vec::new(),
        }))
    })
    .await
}
