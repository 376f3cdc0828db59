//! Script to pictures: the user's own pictures and clips, or painted ones in scratch.

use camino::Utf8PathBuf;
use tokio_util::sync::CancellationToken;
use videogen_media::picture::prepared_size;

use super::keys;
use crate::Error;
use crate::event::Stage;
use crate::plan::Plan;
use crate::reporter::Reporter;
use crate::scratch::Scratch;
use crate::seam::PictureRequest;
use crate::work::{Reach, Work};

/// One file for each scene.
pub(crate) async fn pictures(
    plan: &Plan,
    scratch: &Scratch,
    work: &Work,
    reporter: &Reporter<'_>,
    cancel: &CancellationToken,
) -> Result<Vec<Utf8PathBuf>, Error> {
    let scenes = &plan.script.scenes;
    let own = &plan.brief.images;
    if !own.is_empty() {
        return Ok(own.iter().cycle().take(scenes.len()).cloned().collect());
    }
    let (width, height) = prepared_size(plan.size);
    let mut files = Vec::with_capacity(scenes.len());
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
            width,
            height,
        };
        let file = scratch.path(&format!("picture-{index:03}.png"));
        // One at a time: the painter itself uses every core.
        let key = keys::picture(&*plan.painter, &request);
        let painting = plan.painter.paint(&request, &file, cancel);
        work.file(key, Stage::Picture, Reach::Everywhere, &file, painting)
            .await?;
        reporter.progress(Stage::Picture, (index + 1) as f32 / scenes.len() as f32);
        files.push(file);
    }
    Ok(files)
}
