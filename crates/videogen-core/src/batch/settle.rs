//! What became of videos whose files were getting their names when the process ended.

use std::fs;
use std::io;

use camino::Utf8Path;
use videogen_durable::Effect;

use super::record::{Named, Unsettled};
use super::{Batch, BatchError, Delivered};
use crate::publish::{self, EXTENSIONS};

/// The most bytes of a manifest that are read.
const LARGEST_MANIFEST: u64 = 16 << 20;

impl Batch {
    /// Looks at videos whose files were getting their names when the process ended.
    pub(super) fn settle(&self) -> Result<(), BatchError> {
        let unsettled: Vec<(u32, Unsettled)> = (1..)
            .zip(&self.inside().state.unsettled)
            .filter_map(|(video, unsettled)| Some((video, unsettled.clone()?)))
            .collect();
        for (video, Unsettled { directory, files }) in unsettled {
            let found: Vec<Found> = files
                .iter()
                .map(|file| Found::at(&directory.join(&file.name), file))
                .collect();
            let at = usize::try_from(video - 1).unwrap_or(usize::MAX);
            let brief = self.inside().state.briefs.get(at).cloned();
            let replaces = brief.and_then(|brief| brief.replaces);
            // What has the place of an earlier one already is ours, too.
            let moved = |file: &Named| {
                let extension = EXTENSIONS.iter().find(|it| file.name.ends_with(*it));
                let there = replaces.as_ref().zip(extension);
                let there = there.map(|(earlier, extension)| earlier.with_extension(extension));
                there.is_some_and(|there| Found::at(&there, file) == Found::Ours)
            };
            let whole = found
                .iter()
                .zip(&files)
                .all(|(found, file)| *found == Found::Ours || moved(file));
            let path = |extension: &str| {
                files
                    .iter()
                    .find(|file| file.name.ends_with(extension))
                    .map(|file| directory.join(&file.name))
            };
            if let (true, Some(mp4), Some(json)) = (whole, path(".mp4"), path(".json")) {
                let duration = duration(&json);
                let delivered = Delivered {
                    path: mp4,
                    manifest: json,
                    duration,
                };
                let replaced = replaces.as_ref().map(|it| publish::replace(it, &delivered));
                let delivered = match replaced {
                    Some(Ok(replaced)) => replaced,
                    // It lies beside the earlier one, and is as good there.
                    Some(Err(error)) => {
                        tracing::warn!(error = %videogen_text::chain(&error), "an earlier take is not replaced");
                        delivered
                    }
                    None => delivered,
                };
                self.delivered(video, &delivered)?;
                continue;
            }
            // The first of them, in the order they get their names, and nothing behind: then they are ours, and the video is
            // made again from what its stages kept. Anything else is somebody's who had the names after us.
            let ours = found.iter().take_while(|f| **f == Found::Ours).count();
            if found[ours..].iter().any(|f| *f != Found::Nothing) {
                continue;
            }
            for file in &files[..ours] {
                let path = directory.join(&file.name);
                let removed = self
                    .effects
                    .before(Effect::Remove(&path))
                    .and_then(|()| fs::remove_file(&path));
                removed.map_err(|source| BatchError::Io {
                    action: "removing",
                    path,
                    source,
                })?;
            }
        }
        Ok(())
    }
}

/// What stands under a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Found {
    Ours,
    Nothing,
    /// Another content, or one that cannot be read.
    Other,
}

impl Found {
    fn at(path: &Utf8Path, file: &Named) -> Self {
        let is_file = path.symlink_metadata().is_ok_and(|m| m.is_file());
        let digest = is_file.then(|| publish::digest(path));
        match digest.unwrap_or_else(|| Err(publish::no_file(path))) {
            Ok((bytes, sha256)) if (bytes, &*sha256) == (file.bytes, &*file.sha256) => Self::Ours,
            Ok(_) => Self::Other,
            Err(_) => match path.symlink_metadata() {
                Err(error) if error.kind() == io::ErrorKind::NotFound => Self::Nothing,
                _ => Self::Other,
            },
        }
    }
}

/// The length a manifest tells, 0 if it does not.
fn duration(manifest: &Utf8Path) -> f64 {
    let read = || -> Option<f64> {
        let text = videogen_durable::read_regular(manifest, LARGEST_MANIFEST).ok()?;
        let json: serde_json::Value = serde_json::from_slice(&text).ok()?;
        json["video"]["duration_s"].as_f64()
    };
    read().unwrap_or_default()
}
