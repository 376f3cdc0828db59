//! The last step: what belongs beside a finished video is written, and all of it gets its names.

use std::sync::Arc;

use camino::{Utf8Path, Utf8PathBuf};
use tokio_util::sync::CancellationToken;
use videogen_durable::{Digest, DigestedFile, FileError, publish_files};
use videogen_media::{CaptionWord, CheckedVideo, Pacing, RenderedVideo};
use videogen_picture::Painted;
use videogen_text::chain;
use videogen_types::Stage;

use super::{manifest, render};
use crate::batch::Batch;
use crate::blocking::blocking;
use crate::delivered::Delivered;
use crate::error::journal;
use crate::reporter::Reporter;
use crate::scratch::{self, Scratch};
use crate::stage::voice::Narration;
use crate::toolkit::Toolkit;
use crate::video_plan::VideoPlan;
use crate::{Error, ErrorKind, delivered};

/// How often another name is tried when somebody takes the one that was free.
const ATTEMPTS: usize = 20;

/// A video that is made and checked, without a name.
#[derive(Debug)]
pub(crate) struct Finished {
    /// Where it is.
    pub(crate) scratch: Arc<Scratch>,
    pub(crate) narration: Narration,
    pub(crate) pacing: Pacing,
    pub(crate) words: Vec<CaptionWord>,
    /// The picture of its first scene.
    pub(crate) picture: Utf8PathBuf,
    /// How the picture of each scene came about; `None` where it is the user's.
    pub(crate) painted: Vec<Option<Painted>>,
    pub(crate) rendered: RenderedVideo,
    pub(crate) checked: CheckedVideo,
}

/// Writes subtitles, thumbnail, credits and manifest, and publishes them with the video, which `batch` records under the
/// number it has there.
///
/// Cancelled before the names are given, nothing is published; after that it is too late. The files are on threads that
/// may wait, and go on there when the future is dropped.
///
/// # Errors
/// A file that cannot be written, named or recorded; [`ErrorKind::Cancelled`].
pub(crate) async fn deliver(
    plan: &VideoPlan,
    finished: Finished,
    batch: Option<(Arc<Batch>, u32)>,
    toolkit: &Toolkit,
    reporter: &Reporter,
    cancel: &CancellationToken,
) -> Result<Delivered, Error> {
    let Finished {
        scratch,
        narration,
        pacing,
        words,
        picture,
        painted,
        rendered,
        checked,
    } = finished;
    let (subtitles, thumbnail) = (scratch.path("video.srt"), scratch.path("video.jpg"));
    render::companions(
        &plan.render,
        &plan.script.title,
        &plan.pictures.footage,
        words,
        picture,
        subtitles,
        thumbnail,
    )
    .await?;
    let made = manifest::Made {
        plan,
        painted: &painted,
        narration: &narration,
        pacing: &pacing,
        rendered: &rendered,
        checked: &checked,
    };
    let (directory, wanted) = (plan.brief.output_dir.clone(), plan.name.clone());
    let (files, scratch, mut name) = {
        let (scratch, credits) = (Arc::clone(&scratch), manifest::credits(&made));
        let (directory, wanted) = (directory.clone(), wanted.clone());
        blocking(Stage::Publish, move || {
            render::write(&scratch.path("video.credits.txt"), credits.as_bytes())?;
            let name = delivered::free_name(&directory, &wanted);
            let files = Files::of(&scratch)?;
            let scratch = files.landed(scratch, &directory)?;
            Ok((Arc::new(files), scratch, name))
        })
        .await?
    };
    for _ in 0..ATTEMPTS {
        let entries = files.others.iter();
        let entries = entries.map(|file| (file.named(&name), file.digest));
        let manifest = manifest::manifest(&made, entries, reporter, toolkit);
        // The last moment to stop: from here on the video is there.
        if cancel.is_cancelled() {
            return Err(Error::new(Stage::Publish, ErrorKind::Cancelled));
        }
        let (scratch, files, batch) = (Arc::clone(&scratch), Arc::clone(&files), batch.clone());
        let (directory, wanted) = (directory.clone(), wanted.clone());
        let (duration, replaces) = (pacing.duration, plan.brief.replaces.clone());
        let placed = blocking(Stage::Publish, move || {
            let manifest = files.with_manifest(&scratch, &manifest)?;
            let delivered = Delivered {
                path: directory.join(format!("{name}.mp4")),
                manifest: directory.join(format!("{name}.json")),
                duration,
            };
            if place(&scratch, &directory, &name, &manifest, batch.as_ref())? {
                let delivered = match replaces {
                    Some(earlier) => delivered::replace(&earlier, &delivered)?,
                    None => delivered,
                };
                recorded(batch.as_ref(), &delivered);
                return Ok(Placed::There(delivered));
            }
            // Somebody took the name in the meantime.
            Ok(Placed::Taken {
                next: delivered::free_name(&directory, &wanted),
            })
        })
        .await?;
        match placed {
            Placed::There(delivered) => return Ok(delivered),
            Placed::Taken { next } => name = next,
        }
    }
    Err(scratch::failed(
        "publishing in",
        &directory,
        std::io::ErrorKind::AlreadyExists.into(),
    ))
}

/// What became of an attempt.
enum Placed {
    There(Delivered),
    Taken {
        /// A name that is free now.
        next: String,
    },
}

/// Records that a video is in place. It is, whatever the journal takes; a later run finds it there.
fn recorded(batch: Option<&(Arc<Batch>, u32)>, delivered: &Delivered) {
    if let Some((batch, number)) = batch
        && let Err(error) = batch.delivered(*number, delivered)
    {
        tracing::warn!(error = %chain(&error), "a delivered video is not recorded");
    }
}

/// Records the names that are about to be given, and gives them. `false` when one of them is taken.
fn place(
    scratch: &Scratch,
    directory: &Utf8Path,
    name: &str,
    files: &[DigestedFile],
    batch: Option<&(Arc<Batch>, u32)>,
) -> Result<bool, Error> {
    if let Some((batch, number)) = batch {
        let named = files.iter().map(|file| file.announced(name));
        batch
            .publishing(*number, directory, named.collect())
            .map_err(journal)?;
    }
    let paths: Vec<_> = files
        .iter()
        .map(|file| (file.extension, scratch.path(&file.named("video"))))
        .collect();
    publish_files(directory, name, &paths).map_err(at_publish)
}

/// The error of giving files their names.
fn at_publish(error: FileError) -> Error {
    Error::new(Stage::Publish, error)
}

/// The files of a video, read once: the manifest names their digests, and the journal too.
#[derive(Debug)]
struct Files {
    /// All but the manifest, in the order they get their names.
    others: Vec<DigestedFile>,
}

/// The extension of the manifest, which cannot hold its own digest.
const MANIFEST: &str = "json";

impl Files {
    /// Reads all but the manifest.
    fn of(scratch: &Scratch) -> Result<Self, Error> {
        let others = delivered::EXTENSIONS
            .into_iter()
            .filter(|extension| *extension != MANIFEST);
        let read = |extension: &'static str| {
            let path = scratch.path(&format!("video.{extension}"));
            DigestedFile::read(&path, extension).map_err(at_publish)
        };
        Ok(Self {
            others: others.map(read).collect::<Result<_, Error>>()?,
        })
    }

    /// A scratch directory in `directory` that has the files: this one, or a copy from another disk.
    fn landed(&self, scratch: Arc<Scratch>, directory: &Utf8Path) -> Result<Arc<Scratch>, Error> {
        if scratch.is_in(directory) {
            return Ok(scratch);
        }
        let landing = Scratch::new(directory)?;
        for file in &self.others {
            let name = file.named("video");
            let to = landing.path(&name);
            std::fs::copy(scratch.path(&name), &to)
                .map_err(|e| scratch::failed("copying to", &to, e))?;
        }
        Ok(Arc::new(landing))
    }

    /// Writes the manifest; all files, in the order they get their names.
    fn with_manifest(&self, scratch: &Scratch, manifest: &str) -> Result<Vec<DigestedFile>, Error> {
        render::write(&scratch.path("video.json"), manifest.as_bytes())?;
        let manifest = DigestedFile {
            extension: MANIFEST,
            digest: Digest::of(manifest.as_bytes()),
        };
        let find = |extension: &&str| {
            let mut files = self.others.iter().chain([&manifest]);
            files.find(|file| file.extension == *extension).cloned()
        };
        Ok(delivered::EXTENSIONS.iter().filter_map(find).collect())
    }
}
