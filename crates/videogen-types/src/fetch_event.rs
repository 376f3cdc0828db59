//! What is told while voices, music, fonts and models are fetched: the lines that `setup`, `assets` and `voices` print for
//! programs, by the rules of the stream of a run.

use camino::Utf8PathBuf;
use serde::{Deserialize, Serialize};

/// Something that happened while assets were fetched. Serialises to one line: `{"event": "…", …}`; the time is added by whoever
/// prints it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
#[non_exhaustive]
pub enum FetchEvent {
    /// What is to be fetched, and what is not: the first event.
    FetchPlanned {
        /// [`crate::SCHEMA_VERSION`].
        schema: u32,
        /// Everything that was looked at.
        assets: Vec<PlannedAsset>,
        /// The sum of the published sizes of what is to be fetched, in bytes.
        bytes: u64,
        /// How many files of it have no published size.
        unsized_files: u32,
        /// Programs that are missing and are not fetched.
        programs: Vec<PlannedProgram>,
    },
    /// How far an asset is. At most ten a second for an asset; never falls.
    AssetProgress {
        /// The asset, by its id.
        asset: String,
        /// Bytes that are here, those of earlier tries included.
        received: u64,
        /// Of how many, where that is known.
        #[serde(skip_serializing_if = "Option::is_none", default)]
        size: Option<u64>,
        /// How fast they come.
        bytes_per_second: f64,
        /// Seconds left, where that can be said.
        #[serde(skip_serializing_if = "Option::is_none", default)]
        eta_s: Option<f64>,
    },
    /// What is being done about an asset while nothing of it comes: waiting for another process, for example.
    AssetActivity {
        /// The asset, by its id.
        asset: String,
        /// A few words.
        message: String,
    },
    /// Something a person should know about an asset that is fetched: a mirror that failed, for example.
    AssetWarning {
        /// The asset, by its id.
        asset: String,
        /// One sentence.
        message: String,
    },
    /// An asset is here, whole and verified.
    AssetInstalled {
        /// The asset, by its id.
        asset: String,
        /// Its files.
        files: Vec<Utf8PathBuf>,
        /// Whether it was here before.
        reused: bool,
        /// The line that credits it, where its licence asks for one.
        #[serde(skip_serializing_if = "Option::is_none", default)]
        credit: Option<String>,
        /// How long it took.
        seconds: f64,
    },
    /// An asset could not be had. What has come of it stays for the next try.
    AssetFailed {
        /// The asset, by its id.
        asset: String,
        /// What happened, with its causes.
        message: String,
        /// What to do.
        #[serde(skip_serializing_if = "Option::is_none", default)]
        hint: Option<String>,
    },
    /// The last event.
    FetchFinished {
        /// Assets that were fetched.
        installed: u32,
        /// Assets that were here before.
        reused: u32,
        /// Assets that could not be had.
        failed: u32,
        /// Assets that an interruption kept from being fetched.
        not_done: u32,
        /// Bytes that came.
        bytes: u64,
        /// How long it took.
        seconds: f64,
    },
}

/// An asset before it is fetched.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlannedAsset {
    /// Its id.
    pub asset: String,
    /// `voice`, `music`, `font` or `model`.
    pub kind: String,
    /// In a few words, for people.
    pub title: String,
    /// What becomes of it.
    pub state: PlannedState,
    /// The sum of its published sizes in bytes; `null` where one is not published.
    pub bytes: Option<u64>,
    /// The identifier of its licence.
    pub licence: String,
    /// What the licence asks for, in sentences.
    pub duties: Vec<String>,
}

/// What becomes of an asset.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum PlannedState {
    /// It is here.
    Installed,
    /// It is to be fetched.
    Missing,
    /// Somebody has to accept its licence first.
    Asks,
    /// Its licence allows no use in a video.
    Refused,
}

/// A program that is missing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlannedProgram {
    /// Its name.
    pub program: String,
    /// What it is for.
    pub detail: String,
    /// How to get it.
    pub fix: String,
}
