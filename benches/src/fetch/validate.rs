//! `validate`: many small downloads in one process, most of which fail, and what of them stays behind.

use camino::Utf8PathBuf;
use clap::Args;
use serde_json::{Value, json};

use super::download::{Download, client, validate};
use crate::memory;

/// Rows that are told.
const ROWS: u32 = 10;

/// What to fetch, how often.
#[derive(Debug, Args)]
pub(crate) struct Many {
    /// How many downloads
    #[arg(long)]
    count: u32,
    /// Its digest, in hexadecimal digits
    #[arg(long)]
    sha256: String,
    /// Its size in bytes
    #[arg(long)]
    size: u64,
    /// Where files are put
    #[arg(long)]
    dir: Utf8PathBuf,
    /// Mirrors that are asked in turns, one a download
    #[arg(required = true)]
    urls: Vec<String>,
}

/// What the process has after so many downloads.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Row {
    pub(crate) count: u32,
    pub(crate) succeeded: u32,
    pub(crate) descriptors: u64,
    pub(crate) threads: u64,
    /// Bytes.
    pub(crate) resident: u64,
}

impl Row {
    fn now(count: u32, succeeded: u32) -> Self {
        let entries = |what: &str| {
            let entries = std::fs::read_dir(format!("/proc/self/{what}"));
            entries.map_or(0, |entries| entries.count() as u64)
        };
        Self {
            count,
            succeeded,
            descriptors: entries("fd"),
            threads: entries("task"),
            resident: memory::status(std::process::id(), "status", "VmRSS:").unwrap_or_default(),
        }
    }

    fn line(&self) -> String {
        json!([
            self.count,
            self.succeeded,
            self.descriptors,
            self.threads,
            self.resident
        ])
        .to_string()
    }

    /// The rows that the process wrote, one a line.
    pub(crate) fn parse(text: &str) -> Vec<Self> {
        let row = |line: &str| {
            let value: Value = serde_json::from_str(line).ok()?;
            let number = |at: usize| value[at].as_u64();
            Some(Self {
                count: number(0)? as u32,
                succeeded: number(1)? as u32,
                descriptors: number(2)?,
                threads: number(3)?,
                resident: number(4)?,
            })
        };
        text.lines().filter_map(row).collect()
    }
}

/// Fetches, and returns a row after each tenth.
///
/// # Errors
/// There is no client.
pub(crate) async fn run(many: Many) -> Result<Vec<String>, String> {
    let client = client()?;
    let each = (many.count / ROWS).max(1);
    let mut rows = Vec::new();
    let mut succeeded = 0;
    for number in 1..=many.count {
        let url = &many.urls[number as usize % many.urls.len()];
        let target = many.dir.join(format!("small-{number}"));
        let download = Download::small(&many.sha256, many.size, &target, url);
        succeeded += u32::from(validate(&client, &download).await);
        std::fs::remove_file(&target).ok();
        if number % each == 0 {
            rows.push(Row::now(number, succeeded).line());
        }
    }
    Ok(rows)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_read_as_they_were_written() {
        let row = Row::now(5, 1);
        assert!(row.descriptors > 2 && row.threads > 0 && row.resident > 0);
        assert_eq!(Row::parse(&format!("noise\n{}\n", row.line())), [row]);
    }
}
