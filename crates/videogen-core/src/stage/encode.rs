//! The encoded video: found under the hash of all it is made of, or rendered, with a note of who encoded it.

use camino::{Utf8Path, Utf8PathBuf};
use tokio_util::sync::CancellationToken;
use videogen_media::render::{Job, Parts, Rendered};
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

/// From how many seconds on a video is encoded in parts: below it, one encode is as fast on any machine.
const LONG: f64 = 120.0;

/// Length of a part in seconds.
const PART: f64 = 30.0;

/// Cores that one encode keeps busy: beyond them x264 waits for itself at these sizes.
const CORES_A_PART: usize = 8;

/// The parts of a video of `duration` seconds, if it is long: with what the batch has made, where they are found when it
/// goes on after whatever stopped it; without a batch, beside the video.
pub(crate) fn parts(key: &Key, duration: f64, output: &Utf8Path, work: &Work) -> Option<Parts> {
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    (duration > LONG).then(|| Parts {
        dir: work
            .parts(key)
            .unwrap_or_else(|| output.with_extension("parts")),
        key: Some(key.to_string()),
        seconds: PART,
        at_once: (cores / CORES_A_PART).max(1),
    })
}

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
