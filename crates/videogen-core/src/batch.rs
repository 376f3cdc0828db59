//! The batches of videos: what a [`Brief`] is as a job of one. How a batch survives is the business of
//! [`videogen_durable::Batches`].

use std::sync::Arc;

use camino::{Utf8Path, Utf8PathBuf};
use jiff::tz::TimeZone;
use videogen_durable::{AnnouncedFile, BatchJob, BatchProgram, Effects, JobProgress, read_regular};
use videogen_telemetry::TELEMETRY_FILES;

use crate::brief::Brief;
use crate::delivered::{self, Delivered, EXTENSIONS};
use crate::keys::OUTPUT_KEYS;
use crate::{clock, scratch};

/// The most bytes of a manifest that are read.
const LARGEST_MANIFEST: u64 = 16 << 20;

/// All batches of videos of a user on this machine.
pub type Batches = videogen_durable::Batches<Brief>;
/// A batch of videos that this process is making.
pub type Batch = videogen_durable::Batch<Brief>;
/// How far a video of a batch is. Its stage is a [`videogen_types::Stage`], its kind an [`ErrorKind`](crate::ErrorKind), both
/// by name.
pub type Progress = JobProgress<Delivered>;

/// Returns the batches whose journals are in `root`, and what their stages make in `work`. Both are created when needed.
pub fn batches(root: Utf8PathBuf, work: Utf8PathBuf, effects: Arc<dyn Effects>) -> Batches {
    let program = BatchProgram {
        name: "videogen",
        version: env!("CARGO_PKG_VERSION"),
        output_keys: OUTPUT_KEYS,
        host: sysinfo::System::host_name().unwrap_or_else(|_| "unknown".into()),
        local_time: || {
            clock::timestamp()
                .to_zoned(TimeZone::system())
                .strftime("%Y%m%d-%H%M%S")
                .to_string()
        },
        reports: &TELEMETRY_FILES,
        scratch_prefix: scratch::PREFIX,
    };
    Batches::new(root, work, program, effects)
}

impl BatchJob for Brief {
    type Outcome = Delivered;

    const NOUN: &'static str = "video";

    fn output_dir(&self) -> &Utf8Path {
        &self.output_dir
    }

    /// Returns where a file of a video goes that takes the place of an earlier one.
    fn moved_to(&self, file: &AnnouncedFile) -> Option<Utf8PathBuf> {
        let earlier = self.replaces.as_ref()?;
        let extension = EXTENSIONS.iter().find(|it| file.name.ends_with(*it))?;
        Some(earlier.with_extension(extension))
    }

    fn settle(&self, directory: &Utf8Path, files: &[AnnouncedFile]) -> Option<Delivered> {
        let path = |extension: &str| {
            let file = files.iter().find(|file| file.name.ends_with(extension))?;
            Some(directory.join(&file.name))
        };
        let (path, manifest) = (path(".mp4")?, path(".json")?);
        let delivered = Delivered {
            path,
            duration: duration(&manifest),
            manifest,
        };
        let Some(earlier) = &self.replaces else {
            return Some(delivered);
        };
        match delivered::replace(earlier, &delivered) {
            Ok(replaced) => Some(replaced),
            // It lies beside the earlier one, and is as good there.
            Err(error) => {
                tracing::warn!(error = %videogen_text::chain(&error), "an earlier take is not replaced");
                Some(delivered)
            }
        }
    }
}

/// Returns the length that a manifest tells, in seconds; 0 if it does not.
fn duration(manifest: &Utf8Path) -> f64 {
    let read = || -> Option<f64> {
        let text = read_regular(manifest, LARGEST_MANIFEST).ok()?;
        let json: serde_json::Value = serde_json::from_slice(&text).ok()?;
        json["video"]["duration_s"].as_f64()
    };
    read().unwrap_or_default()
}

#[cfg(test)]
mod tests;
