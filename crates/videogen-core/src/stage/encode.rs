//! The encoded video, still to be checked: found under the hash of all it is made of, or rendered, with a note of who
//! encoded it.

use camino::{Utf8Path, Utf8PathBuf};
use videogen_durable::Key;
use videogen_media::{Pacing, RenderJob, RenderParts, RenderedVideo, ReplacedEncoder};
use videogen_tts::Speech;
use videogen_types::Stage;

use super::context::StageContext;
use super::{render, render_key};
use crate::Error;
use crate::blocking::blocking;
use crate::keys;
use crate::outputs::{CacheScope, Outputs, json, make_way};
use crate::toolkit::Toolkit;
use crate::video_plan::VideoPlan;

/// The parts of a video of `duration` seconds, if it is long: with what the batch has made, where they are found when it
/// goes on after whatever stopped it; without a batch, beside the video.
pub(crate) fn parts(
    key: &Key,
    duration: f64,
    output: &Utf8Path,
    work: &Outputs,
) -> Option<RenderParts> {
    RenderParts::of_long(duration, Some(key.to_string()), || {
        work.parts(key)
            .unwrap_or_else(|| output.with_extension("parts"))
    })
}

/// What the encoded video is kept under.
pub(crate) async fn key(
    plan: &VideoPlan,
    toolkit: &Toolkit,
    pictures: &[Utf8PathBuf],
    speeches: &[Speech],
    pacing: &Pacing,
) -> Result<Key, Error> {
    let (plan, toolkit) = (plan.clone(), toolkit.clone());
    let (pictures, speeches, pacing) = (pictures.to_vec(), speeches.to_vec(), pacing.clone());
    blocking(Stage::Render, move || {
        let digests: Vec<_> = pictures
            .iter()
            .map(|path| render_key::digest(path))
            .collect::<Result<_, _>>()?;
        let render = render_key::Render {
            plan: &plan,
            toolkit: &toolkit,
            pictures: &digests,
            speeches: &speeches,
            pacing: &pacing,
        };
        render.key()
    })
    .await
}

/// A video that is there, and where it comes from.
#[derive(Debug)]
pub(crate) struct Encoded {
    pub(crate) rendered: RenderedVideo,
    /// It was encoded before.
    pub(crate) is_found: bool,
}

/// Takes the video that was encoded before, if it `may` be taken, or encodes it.
///
/// Either is still to be checked. One that is encoded now waits for that in the batch's store: the next video is encoded
/// meanwhile, and whatever ends the process must not cost both. So that it is in the store says nothing of it: whoever
/// finds it checks it again, and [`forget`]s it when it does not pass. `instead` is what it is encoded in the place of, if
/// anything.
pub(crate) async fn encode(
    key: Key,
    may: bool,
    job: &RenderJob,
    instead: Option<&ReplacedEncoder>,
    cx: StageContext<'_>,
) -> Result<Encoded, Error> {
    let work = cx.work;
    let note = keys::render_note(&key);
    // Whether it is good is seen when it is checked, as one that is made now is.
    let unproven = |_: &Utf8Path| Ok(());
    let (stage, reach, notes) = (Stage::Render, CacheScope::Batch, [note]);
    let finding = work.find_file(key, &notes, stage, reach, &job.output, unproven);
    if !may {
        drop(finding);
        make_way(stage, &job.output)?;
    } else if finding.await?.is_some() {
        let noted = work.note(note, stage, reach, json).await?;
        return Ok(Encoded {
            rendered: noted.unwrap_or_else(|| RenderedVideo::expected(job)),
            is_found: true,
        });
    }
    work.begin_file(stage, &job.output)?;
    let mut rendered = render::render(job, cx).await?;
    rendered.replaced = rendered.replaced.or_else(|| instead.cloned());
    // Anything else is in a note of its own, kept before the video: where that is found, so is the note.
    if rendered != RenderedVideo::expected(job) {
        let bytes = serde_json::to_vec(&rendered).expect("all keys are text");
        work.keep_note(note, stage, reach, bytes).await?;
    }
    work.keep_file(key, stage, reach, &job.output).await?;
    Ok(Encoded {
        rendered,
        is_found: false,
    })
}

/// Drops a video that did not pass its check, and what was told of it.
pub(crate) async fn forget(key: Key, work: &Outputs) -> Result<(), Error> {
    let keys = [key, keys::render_note(&key)];
    work.forget(Stage::Render, &keys).await
}
