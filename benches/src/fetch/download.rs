//! `fetch-one`: the program of ours that is measured. It fetches one file and tells what that cost in one line of JSON.

use std::time::{Duration, Instant};

use camino::{Utf8Path, Utf8PathBuf};
use clap::Args;
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;
use videogen_cdn::{
    DownloadOptions, DownloadRequest, Downloaded, Downloader, Mirror, MirrorHealth, MirrorKind,
};
use videogen_net::{AddressPolicy, BlockReason, ClientOptions, HttpClient};
use videogen_types::Unobserved;

use super::mirrors::FILE;

/// What to fetch.
#[derive(Debug, Args)]
pub(crate) struct Download {
    /// Its digest, in hexadecimal digits
    #[arg(long)]
    sha256: String,
    /// Its size in bytes
    #[arg(long)]
    size: u64,
    /// Where it shall lie
    #[arg(long)]
    target: Utf8PathBuf,
    /// Where mirrors are remembered
    #[arg(long)]
    health: Option<Utf8PathBuf>,
    /// Where it lies
    #[arg(required = true)]
    urls: Vec<String>,
}

impl Download {
    /// A file from one mirror, with nothing remembered.
    pub(crate) fn small(sha256: &str, size: u64, target: &Utf8Path, url: &str) -> Self {
        Self {
            sha256: sha256.to_owned(),
            size,
            target: target.to_owned(),
            health: None,
            urls: vec![url.to_owned()],
        }
    }
}

/// What it told.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Fetched {
    pub(crate) error: Option<String>,
    /// Seconds of the download itself, without the start of the process.
    pub(crate) seconds: f64,
    /// Bytes of bodies that were read.
    pub(crate) received: u64,
    /// Peak of resident memory, in bytes.
    pub(crate) peak: u64,
    /// Hosts that were found to send wrong bytes.
    pub(crate) blamed: Vec<String>,
}

impl Fetched {
    /// The line, or nothing where another program wrote something.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let value: Value = serde_json::from_str(text.trim()).ok()?;
        Some(Self {
            error: value["error"].as_str().map(str::to_owned),
            seconds: value["seconds"].as_f64()?,
            received: value["received"].as_u64()?,
            peak: value["peak"].as_u64()?,
            blamed: value["blamed"]
                .as_array()?
                .iter()
                .filter_map(|host| host.as_str().map(str::to_owned))
                .collect(),
        })
    }

    pub(crate) fn line(&self) -> String {
        json!({
            "error": self.error,
            "seconds": self.seconds,
            "received": self.received,
            "peak": self.peak,
            "blamed": self.blamed,
        })
        .to_string()
    }
}

/// The client of a program, which all its downloads share.
///
/// # Errors
/// It could not be made.
pub(crate) fn client() -> Result<HttpClient, String> {
    // The mirrors are on the loopback.
    HttpClient::new(ClientOptions::new(AddressPolicy::local())).map_err(|error| error.to_string())
}

/// Fetches a file as a program does that was started for it.
pub(crate) async fn fetch(download: Download) -> Fetched {
    let begun = Instant::now();
    let health = match &download.health {
        Some(path) => MirrorHealth::open(path),
        None => MirrorHealth::in_memory(),
    };
    let done = match client() {
        Ok(client) => once(&client, &health, DownloadOptions::default(), &download).await,
        Err(error) => Err(error),
    };
    if download.health.is_some() {
        let kept = health.clone();
        let saved = tokio::task::spawn_blocking(move || kept.save()).await;
        if !matches!(saved, Ok(Ok(()))) {
            eprintln!("what is known of mirrors was not saved: {saved:?}");
        }
    }
    let hosts = health.snapshot().hosts.into_iter();
    Fetched {
        seconds: begun.elapsed().as_secs_f64(),
        received: done.as_ref().map_or(0, |done| done.bytes_received),
        error: done.err(),
        peak: crate::memory::status(std::process::id(), "status", "VmHWM:").unwrap_or_default(),
        blamed: hosts
            .filter(|host| host.blocked_for == Some(BlockReason::WrongContent))
            .map(|host| without_port(&host.host).to_owned())
            .collect(),
    }
}

/// Fetches a file as one of many: with nothing remembered, and no second try. True when it came.
pub(crate) async fn validate(client: &HttpClient, download: &Download) -> bool {
    let options = DownloadOptions::default()
        .rounds(1)
        .timeout(Duration::from_secs(5));
    let health = MirrorHealth::in_memory();
    once(client, &health, options, download).await.is_ok()
}

async fn once(
    client: &HttpClient,
    health: &MirrorHealth,
    options: DownloadOptions,
    download: &Download,
) -> Result<Downloaded, String> {
    let mirrors = download.urls.iter().map(|url| {
        Ok(Mirror {
            url: url.parse().map_err(|error| format!("{url}: {error}"))?,
            kind: MirrorKind::Copy,
            priority: 50,
        })
    });
    let mirrors: Vec<Mirror> = mirrors.collect::<Result<_, String>>()?;
    let request = DownloadRequest {
        name: FILE,
        size: Some(download.size),
        sha256: Some(download.sha256.parse()?),
        cross_check: None,
        mirrors: &mirrors,
        target: &download.target,
    };
    Downloader::new(client.clone(), health.clone(), options)
        .fetch(&request, &Unobserved, &CancellationToken::new())
        .await
        .map_err(|error| error.to_string())
}

/// `127.0.0.3` of `http://127.0.0.3:34567`.
fn without_port(origin: &str) -> &str {
    let host = origin.split_once("://").map_or(origin, |(_, host)| host);
    host.split_once(':').map_or(host, |(host, _)| host)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_says_all_of_it() {
        let fetched = Fetched {
            error: Some("x".to_owned()),
            seconds: 1.5,
            received: 7,
            peak: 9,
            blamed: vec!["127.0.0.2".to_owned()],
        };
        assert_eq!(Fetched::parse(&fetched.line()), Some(fetched));
        assert_eq!(Fetched::parse("aria2 says"), None);
        assert_eq!(without_port("http://127.0.0.3:34567"), "127.0.0.3");
    }
}
