//! `fetch-one`: the program of ours that is measured. It fetches one file and tells what that cost in one line of JSON.

use camino::{Utf8Path, Utf8PathBuf};
use clap::Args;
use serde_json::{Value, json};

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

/// Fetches it.
pub(crate) async fn fetch(download: Download) -> Fetched {
    let begun = std::time::Instant::now();
    let _ = (
        download.sha256,
        download.size,
        download.target,
        download.health,
        download.urls,
    );
    Fetched {
        error: Some("videogen-cdn cannot fetch yet".to_owned()),
        seconds: begun.elapsed().as_secs_f64(),
        peak: crate::memory::status(std::process::id(), "status", "VmHWM:").unwrap_or_default(),
        ..Fetched::default()
    }
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
    }
}
