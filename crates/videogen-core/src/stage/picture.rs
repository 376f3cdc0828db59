//! Script to pictures: the user's own pictures and clips, or painted ones in scratch.

use std::collections::BTreeMap;

use camino::{Utf8Path, Utf8PathBuf};
use tokio_util::sync::CancellationToken;
use videogen_media::picture::prepared_size;

use super::keys;
use crate::Error;
use crate::event::Stage;
use crate::painting::Painted;
use crate::plan::Plan;
use crate::reporter::Reporter;
use crate::scratch::Scratch;
use crate::seam::{PictureOrder, PictureRequest};
use crate::store::Key;
use crate::work::{Reach, Work};

/// The pictures of a video.
#[derive(Debug, Clone)]
pub(crate) struct Pictures {
    /// One for each scene.
    pub(crate) files: Vec<Utf8PathBuf>,
    /// How each came about; empty where they are the user's.
    pub(crate) painted: Vec<Painted>,
}

impl Pictures {
    /// Them in a few words.
    pub(crate) fn detail(&self) -> String {
        let mut painters = BTreeMap::<&str, usize>::new();
        for painted in &self.painted {
            *painters.entry(&painted.by).or_default() += 1;
        }
        match painters.len() {
            0 => format!("{} pictures by you", self.files.len()),
            1 => format!("{} pictures by {}", self.files.len(), self.painted[0].by),
            _ => {
                let each = painters
                    .iter()
                    .map(|(by, count)| format!("{count} by {by}"));
                let each = each.collect::<Vec<_>>().join(", ");
                format!("{} pictures, {each}", self.files.len())
            }
        }
    }
}

/// One picture for each scene. Steps down that several of them took are told once.
pub(crate) async fn pictures(
    plan: &Plan,
    scratch: &Scratch,
    work: &Work,
    reporter: &Reporter<'_>,
    cancel: &CancellationToken,
) -> Result<Pictures, Error> {
    let scenes = &plan.script.scenes;
    let own = &plan.brief.images;
    if !own.is_empty() {
        return Ok(Pictures {
            files: own.iter().cycle().take(scenes.len()).cloned().collect(),
            painted: Vec::new(),
        });
    }
    let (width, height) = prepared_size(plan.size);
    let mut files = Vec::with_capacity(scenes.len());
    let mut all: Vec<Painted> = Vec::with_capacity(scenes.len());
    for (index, scene) in scenes.iter().enumerate() {
        let request = PictureRequest {
            prompt: scene.picture.clone(),
            before: index
                .checked_sub(1)
                .map(|before| scenes[before].picture.clone()),
            after: scenes.get(index + 1).map(|after| after.picture.clone()),
            genre: plan.genre,
            seed: plan.brief.seed.derive("picture", index as u64),
            look: plan.brief.seed.derive("look", 0),
            index,
            count: scenes.len(),
            quality: plan.brief.quality,
            aspect: plan.brief.aspect,
            width,
            height,
        };
        let file = scratch.path(&format!("picture-{index:03}.png"));
        // One at a time: the painter itself uses every core, or a card.
        let done = |part: f32| (index as f32 + part) / scenes.len() as f32;
        let progress = |part: f32| reporter.progress(Stage::Picture, done(part.clamp(0.0, 1.0)));
        let number = format!("picture {} of {}", index + 1, scenes.len());
        let doing = |what: &str| reporter.doing(Stage::Picture, Some(format!("{number}: {what}")));
        let told = Told {
            progress: &progress,
            doing: &doing,
        };
        let painted = one(plan, &request, &file, work, told, cancel).await?;
        // What was said of this picture is not true of the next.
        reporter.doing(Stage::Picture, None);
        progress(1.0);
        let told = |step| all.iter().any(|before| before.steps.contains(step));
        for step in painted.steps.iter().filter(|step| !told(step)) {
            reporter.degraded(step.clone());
        }
        files.push(file);
        all.push(painted);
    }
    Ok(Pictures {
        files,
        painted: all,
    })
}

/// Who is told of a picture while it is painted.
#[derive(Clone, Copy)]
struct Told<'a> {
    progress: &'a (dyn Fn(f32) + Sync),
    doing: &'a (dyn Fn(&str) + Sync),
}

/// Has one picture: found, or painted.
async fn one(
    plan: &Plan,
    request: &PictureRequest,
    file: &Utf8Path,
    work: &Work,
    told: Told<'_>,
    cancel: &CancellationToken,
) -> Result<Painted, Error> {
    let key = keys::picture(&*plan.painter, request);
    let note = keys::picture_note(&key);
    let name = keys::picture_name(&key, work.run());
    let mut made = None;
    let painting = async {
        let order = PictureOrder {
            output: file,
            name: &name,
            progress: told.progress,
            doing: told.doing,
            cancel,
        };
        let painted = plan.painter.paint(request, order).await?;
        let reach = if painted.stand_in {
            Reach::Batch
        } else {
            Reach::Everywhere
        };
        // Kept before the picture: where that is found, so is the note. That nothing is to be told needs none.
        if painted != Painted::by(plan.painter.id()) {
            let bytes = serde_json::to_vec(&painted).expect("all keys are text");
            work.keep_note(note, Stage::Picture, reach, bytes).await?;
        }
        made = Some(painted);
        Ok(reach)
    };
    work.file(key, Stage::Picture, Reach::Everywhere, file, painting)
        .await?;
    match made {
        Some(painted) => Ok(painted),
        None => noted(plan, note, work).await,
    }
}

/// What is known of a picture that was found.
async fn noted(plan: &Plan, note: Key, work: &Work) -> Result<Painted, Error> {
    let bytes = work.note(note, Stage::Picture, Reach::Everywhere).await?;
    let painted = bytes.and_then(|bytes| serde_json::from_slice(&bytes).ok());
    Ok(painted.unwrap_or_else(|| Painted::by(plan.painter.id())))
}
