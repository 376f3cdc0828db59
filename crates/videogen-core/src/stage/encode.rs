//! The encoded video: found under the hash of all it is made of, or rendered, with a note of who encoded it.

use camino::Utf8PathBuf;
use tokio_util::sync::CancellationToken;
use videogen_media::render::{Job, Rendered};
use videogen_tts::Speech;

use super::{keys, render};
use crate::equipment::Equipment;
use crate::event::{Degradation, Stage};
use crate::pacing::Pacing;
use crate::plan::Plan;
use crate::reporter::Reporter;
use crate::store::Key;
use crate::work::{Reach, Work};
use crate::{Error, seam};

/// What the encoded video is kept under.
pub(crate) async fn key(
    plan: &Plan,
    equipment: &Equipment,
    pictures: &[Utf8PathBuf],
    speeches: &[Speech],
    pacing: &Pacing,
) -> Result<Key, Error> {
    let (plan, equipment) = (plan.clone(), equipment.clone());
    let (pictures, speeches, pacing) = (pictures.to_vec(), speeches.to_vec(), pacing.clone());
    seam::blocking(Stage::Render, move || {
        let digests: Vec<_> = pictures
            .iter()
            .map(|path| keys::digest(path))
            .collect::<Result<_, _>>()?;
        let render = keys::Render {
            plan: &plan,
            equipment: &equipment,
            pictures: &digests,
            speeches: &speeches,
            pacing: &pacing,
        };
        render.key()
    })
    .await
}

/// Encodes the video, or takes the one that was encoded before.
pub(crate) async fn encode(
    key: Key,
    job: &Job,
    equipment: &Equipment,
    work: &Work,
    reporter: &Reporter<'_>,
    cancel: &CancellationToken,
) -> Result<Rendered, Error> {
    // What is to be expected of it. Anything else is in a note of its own, kept before the video: where that is found, so
    // is the note.
    let expected = Rendered {
        frames: job.timeline.frames(),
        encoder: job.encode.encoder.to_string(),
        replaced: None,
    };
    let note = keys::render_note(&key);
    let mut made = None;
    let rendering = async {
        let rendered = render::render(job, equipment, reporter, cancel).await?;
        if rendered != expected {
            let bytes = serde_json::to_vec(&rendered).expect("all keys are text");
            work.keep_note(note, Stage::Render, Reach::Batch, bytes)
                .await?;
        }
        made = Some(rendered);
        Ok(Reach::Batch)
    };
    work.file(key, Stage::Render, Reach::Batch, &job.output, rendering)
        .await?;
    let rendered = match made {
        Some(rendered) => rendered,
        None => {
            let noted = work.note(note, Stage::Render, Reach::Batch).await?;
            let read = noted.and_then(|bytes| serde_json::from_slice(&bytes).ok());
            read.unwrap_or(expected)
        }
    };
    if let Some(replaced) = &rendered.replaced {
        reporter.degraded(Degradation {
            stage: Stage::Render,
            from: replaced.encoder.clone(),
            to: rendered.encoder.clone(),
            reason: replaced.reason.clone(),
        });
    }
    Ok(rendered)
}
