//! `fetch`: one file from several mirrors, by videogen-cdn and beside aria2 and curl.
//!
//! The mirrors are those of the tests, throttled for each connection, in a process of their own and on loopback addresses
//! of their own: programs that count connections by host see different hosts.

pub(crate) mod download;
mod judge;
pub(crate) mod mirrors;
mod program;
mod scenes;
mod table;
pub(crate) mod validate;

use camino::Utf8Path;

use judge::Measured;
use mirrors::Mirrors;
use program::Programs;

/// Where the section stands in the page of the benchmarks.
pub(crate) const HEADING: &str = "## Downloads";

/// What is measured, in the order of the issue.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Scene {
    /// 256 MiB from mirrors at 10/10/10 and 20/5/0.5 MB/s
    Speeds,
    /// 8 to 39 MiB from three equal mirrors, beside one
    Small,
    /// A mirror that freezes, or falls to 1 KB/s, in the middle
    Stalls,
    /// kill -9 at 90 %
    Kill,
    /// Wrong bytes of the right size from one of three
    Wrong,
    /// 10,000 small downloads, most of which fail
    Validate,
    /// Resident memory at 64 MiB and at 4 GiB
    Memory,
    /// A second run, when the first has met dead mirrors
    Again,
    /// One mirror without a limit, beside curl
    Unthrottled,
}

impl Scene {
    const ALL: [Self; 9] = [
        Self::Speeds,
        Self::Small,
        Self::Stalls,
        Self::Kill,
        Self::Wrong,
        Self::Validate,
        Self::Memory,
        Self::Again,
        Self::Unthrottled,
    ];
}

/// Measures the scenes, all of them where none is named, in a directory below `dir`. Returns what is printed: tables,
/// then the figures.
///
/// # Errors
/// What could not be measured, in words.
pub(crate) async fn run(dir: &Utf8Path, only: &[Scene], peers: bool) -> Result<String, String> {
    let scenes = if only.is_empty() { &Scene::ALL } else { only };
    std::fs::create_dir_all(dir).map_err(|error| format!("creating {dir}: {error}"))?;
    let work = camino_tempfile::Builder::new()
        .prefix("fetch-")
        .tempdir_in(dir)
        .map_err(|error| format!("creating a directory in {dir}: {error}"))?;
    let programs = Programs::find(peers).await?;
    let mut mirrors = Mirrors::open()?;
    let mut measured = Measured::default();
    for scene in scenes {
        eprintln!("{scene:?}");
        let mut stage = scenes::Stage {
            mirrors: &mut mirrors,
            programs: &programs,
            dir: work.path(),
        };
        stage.measure(*scene, &mut measured).await?;
    }
    Ok(table::text(&programs, &measured))
}

/// The section of `docs/benchmarks.md`, with its heading.
pub(crate) fn section(text: &str, arguments: &str) -> String {
    format!(
        "{HEADING}\n\n\
         One file from several mirrors. This section is written by `{arguments}`; change it in\n\
         `benches/src/fetch`.\n\n```text\n{text}```\n\n{}",
        include_str!("fetch/notes.md")
    )
}
