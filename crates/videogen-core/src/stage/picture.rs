//! Script to pictures: the user's own pictures and clips, or painted ones in scratch.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use camino::{Utf8Path, Utf8PathBuf};
use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use tokio::sync::oneshot;
use tokio_util::sync::CancellationToken;
use videogen_durable::Key;
use videogen_media::{SceneTolerance, prepared_picture_size};
use videogen_picture::{
    PaintQueue, PaintTurn, Painted, PictureOrder, PictureRequest, not_delivered, paint_proven,
    prove,
};
use videogen_types::{Degradation, FailureKind, Observer, Scene, Script, Stage};

use super::context::StageContext;
use crate::keys;
use crate::outputs::{CacheScope, Outputs, json};
use crate::reporter::Reporter;
use crate::scratch::Scratch;
use crate::video_plan::PicturePlan;
use crate::{Error, ErrorKind};

/// The pictures of a video.
#[derive(Debug, Clone)]
pub(crate) struct Pictures {
    /// One for each scene, or more of the user's.
    pub(crate) files: Vec<Utf8PathBuf>,
    /// How that of each scene came about; `None` where it is the user's.
    pub(crate) painted: Vec<Option<Painted>>,
    /// What may be seen of each, so that the check of the video can tell what is wrong.
    pub(crate) tolerances: Vec<SceneTolerance>,
    /// What those that are painted are kept under, by the index of the scene.
    pub(crate) keys: BTreeMap<usize, Key>,
}

impl Pictures {
    /// Them in a few words.
    pub(crate) fn detail(&self) -> String {
        let mut painters = BTreeMap::<&str, usize>::new();
        for painted in self.painted.iter().flatten() {
            *painters.entry(&painted.by).or_default() += 1;
        }
        let all = self.files.len();
        let own = all - painters.values().sum::<usize>();
        painters.extend((own > 0).then_some(("you", own)));
        let each = painters.iter().map(|(by, n)| format!("{n} by {by}"));
        match painters.first_key_value() {
            Some((by, _)) if painters.len() == 1 => format!("{all} pictures by {by}"),
            _ => format!("{all} pictures, {}", each.collect::<Vec<_>>().join(", ")),
        }
    }
}

/// One picture for each scene that has none of the user's, begun in their order, as many at a time as the painter takes.
/// Steps down that several of them took are told once. `turn` ends when the last one is begun.
pub(crate) async fn pictures(
    plan: &PicturePlan,
    script: &Script,
    scratch: &Scratch,
    turn: PaintTurn<'_>,
    cx: StageContext<'_>,
) -> Result<Pictures, Error> {
    let (scenes, reporter) = (&script.scenes, cx.reporter);
    let is_own = |index: usize| !plan.footage.files_of(index, scenes.len()).is_empty();
    let mut requests = requests(plan, scenes);
    requests.retain(|request| !is_own(request.index));
    let _session = (!requests.is_empty()).then(|| plan.painter.session());
    let file = |index: usize| scratch.path(&format!("picture-{index:03}.png"));
    let files: Vec<Utf8PathBuf> = (0..scenes.len()).map(file).collect();
    let parts = Mutex::new((0..scenes.len()).map(is_own).map(f32::from).collect());
    // When one fails, the others are not waited for, here or where they are painted.
    let stop = cx.cancel.child_token();
    let shared = Shared {
        plan,
        work: cx.work,
        queue: turn.queue,
        stop: &stop,
    };
    let mut gathered = Gathered::new(scenes.len(), reporter, &stop);
    let mut running = FuturesUnordered::new();
    let requests = &requests;
    for (number, request) in requests.iter().enumerate() {
        let (begun, mut has_begun) = oneshot::channel();
        let (parts, shared) = (&parts, &shared);
        let (index, file) = (request.index, &files[request.index]);
        running.push(async move {
            let observer = PictureObserver {
                reporter,
                parts,
                index,
            };
            let painted = shared.one(request, file, begun, &observer).await;
            // What was said of this picture is not true of the next.
            reporter.doing(Stage::Picture, None);
            if painted.is_ok() {
                observer.progress(1.0);
            }
            (index, painted)
        });
        loop {
            tokio::select! {
                // Painted now, or found.
                _ = &mut has_begun => break,
                Some((index, painted)) = running.next() => gathered.take(index, painted),
            }
        }
        if gathered.failed.is_some() {
            break;
        }
        if number == 0 {
            // Before, it waited for the last pictures of the video before.
            reporter.restart_clock(Stage::Picture);
        }
    }
    drop(turn);
    while let Some((index, painted)) = running.next().await {
        gathered.take(index, painted);
    }
    drop(running);
    let painted = gathered.all()?.into_iter().map(Option::unzip);
    let (painted, looks): (_, Vec<_>) = painted.unzip();
    let (files, tolerances) = plan.footage.scenes(files, &looks);
    let key = |request: &PictureRequest| keys::picture(&*plan.painter, request);
    Ok(Pictures {
        files,
        painted,
        tolerances,
        keys: requests.iter().map(|it| (it.index, key(it))).collect(),
    })
}

/// What is asked of the painter for each scene.
fn requests(plan: &PicturePlan, scenes: &[Scene]) -> Vec<PictureRequest> {
    let (width, height) = prepared_picture_size(plan.frame);
    let scene = |(index, scene): (usize, &Scene)| PictureRequest {
        prompt: scene.picture.clone(),
        negative: scene.negative.clone(),
        before: index
            .checked_sub(1)
            .map(|before| scenes[before].picture.clone()),
        after: scenes.get(index + 1).map(|after| after.picture.clone()),
        genre: plan.genre,
        seed: plan.seed.derive("picture", index as u64),
        look: plan.seed.derive("look", 0),
        index,
        count: scenes.len(),
        quality: plan.quality,
        aspect: plan.aspect,
        width,
        height,
        tuning: plan.tuning.clone(),
    };
    scenes.iter().enumerate().map(scene).collect()
}

/// How much of all pictures is done, now that this one is so far; a picture that is begun again counts on where it was.
fn whole(parts: &Mutex<Vec<f32>>, index: usize, part: f32) -> f32 {
    let mut parts = parts.lock().unwrap_or_else(PoisonError::into_inner);
    parts[index] = parts[index].max(part.clamp(0.0, 1.0));
    parts.iter().sum::<f32>() / parts.len() as f32
}

/// What has come of the pictures so far, in whatever order they come.
struct Gathered<'a> {
    painted: Vec<Option<(Painted, SceneTolerance)>>,
    told: Vec<Degradation>,
    /// What went wrong first.
    failed: Option<Error>,
    reporter: &'a Reporter,
    stop: &'a CancellationToken,
}

impl<'a> Gathered<'a> {
    fn new(count: usize, reporter: &'a Reporter, stop: &'a CancellationToken) -> Self {
        Self {
            painted: vec![None; count],
            told: Vec::new(),
            failed: None,
            reporter,
            stop,
        }
    }

    fn take(&mut self, index: usize, painted: Result<(Painted, SceneTolerance), Error>) {
        match painted {
            Ok((painted, tolerances)) => {
                for step in &painted.steps {
                    if !self.told.contains(step) {
                        self.told.push(step.clone());
                        self.reporter.degraded(step.clone());
                    }
                }
                self.reporter.picture(index, &painted);
                self.painted[index] = Some((painted, tolerances));
            }
            Err(error) => {
                self.failed.get_or_insert(error);
                self.stop.cancel();
            }
        }
    }

    /// All of them in the order of the scenes.
    fn all(self) -> Result<Vec<Option<(Painted, SceneTolerance)>>, Error> {
        self.failed.map_or(Ok(self.painted), Err)
    }
}

/// Hears what is told of one picture: to the stage it is a part.
struct PictureObserver<'a> {
    reporter: &'a Reporter,
    /// How much of each picture is done.
    parts: &'a Mutex<Vec<f32>>,
    index: usize,
}

impl Observer for PictureObserver<'_> {
    fn progress(&self, fraction: f32) {
        let whole = whole(self.parts, self.index, fraction);
        self.reporter.progress(Stage::Picture, whole);
    }

    fn activity(&self, what: &str) {
        let parts = self.parts.lock().unwrap_or_else(PoisonError::into_inner);
        let what = format!("picture {} of {}: {what}", self.index + 1, parts.len());
        drop(parts);
        self.reporter.doing(Stage::Picture, Some(what));
    }

    fn warn(&self, message: String) {
        self.reporter.warning(Stage::Picture, message);
    }

    fn attempt_failed(&self, kind: FailureKind, reason: &str) {
        let message = format!("picture {}: {reason}", self.index + 1);
        self.reporter.attempt_failed(Stage::Picture, kind, message);
    }
}

/// What all pictures of a video share.
struct Shared<'a> {
    plan: &'a PicturePlan,
    work: &'a Outputs,
    queue: &'a PaintQueue,
    stop: &'a CancellationToken,
}

impl Shared<'_> {
    /// Drops a picture that stands in for another, kept for a video of the batch that takes such a one: this one does not.
    async fn refuse_fallback(&self, key: Key, note: Key) -> Result<(), Error> {
        if self.plan.may_fall_back {
            return Ok(());
        }
        let kept = noted(self.plan, note, self.work).await?;
        if kept.by != self.plan.painter.id() {
            self.work.forget(Stage::Picture, &[key, note]).await?;
        }
        Ok(())
    }

    /// Has one picture: found, or painted. `begun` is told, or dropped, when the next one may be begun.
    async fn one(
        &self,
        request: &PictureRequest,
        file: &Utf8Path,
        begun: oneshot::Sender<()>,
        observer: &dyn Observer,
    ) -> Result<(Painted, SceneTolerance), Error> {
        let key = keys::picture(&*self.plan.painter, request);
        let note = keys::picture_note(&key);
        let name = keys::picture_name(&key, self.work.run());
        let (mut made, mut place) = (None, None);
        let painting = async {
            let cancelled = || Err(Error::new(Stage::Picture, ErrorKind::Cancelled));
            let taken = tokio::select! {
                biased;
                () = self.stop.cancelled() => return cancelled(),
                taken = self.queue.position(&*self.plan.painter) => taken,
            };
            let place = place.insert(taken);
            // Nobody listens any more when the video is given up.
            let _ = begun.send(());
            let order = PictureOrder {
                output: file,
                name: &name,
                may_fall_back: self.plan.may_fall_back,
                observer,
                cancel: self.stop,
            };
            let painting = paint_proven(&*self.plan.painter, request, order).await;
            let (painted, look) = painting.map_err(failed)?;
            place.painted();
            let reach = if painted.is_fallback {
                CacheScope::Batch
            } else {
                CacheScope::Everywhere
            };
            // Kept before the picture: where that is found, so is the note. That nothing is to be told needs none.
            if painted != Painted::by(self.plan.painter.id()) {
                let bytes = serde_json::to_vec(&painted).expect("all keys are text");
                self.work
                    .keep_note(note, Stage::Picture, reach, bytes)
                    .await?;
            }
            made = Some(painted);
            Ok((reach, look))
        };
        self.refuse_fallback(key, note).await?;
        let (reach, notes) = (CacheScope::Everywhere, [note]);
        let proof = |path: &Utf8Path| prove(path).map_err(|unusable| unusable.to_string());
        let having = self
            .work
            .file(key, &notes, Stage::Picture, reach, file, proof, painting);
        let (look, _) = having.await?;
        drop(place);
        let mut painted = match made {
            Some(painted) => painted,
            None => noted(self.plan, note, self.work).await?,
        };
        // One that another video has put there at this very moment.
        if painted.by != self.plan.painter.id() && !self.plan.may_fall_back {
            self.work.forget(Stage::Picture, &[key, note]).await?;
            let reason = format!("there is only one by {}", painted.by);
            let by = self.plan.painter.id();
            let cause = FailureKind::Other;
            return Err(failed(not_delivered(by, request, reason, cause)));
        }
        // A tenth is more than can be seen.
        painted.sharpness = Some((look.sharpness * 10.0).round() / 10.0);
        Ok((painted, look.into()))
    }
}

fn failed(error: videogen_picture::Error) -> Error {
    Error::new(Stage::Picture, error)
}

/// What is known of a picture that was found.
async fn noted(plan: &PicturePlan, note: Key, work: &Outputs) -> Result<Painted, Error> {
    let painted = work.note(note, Stage::Picture, CacheScope::Everywhere, json);
    let painted = painted.await?;
    Ok(painted.unwrap_or_else(|| Painted::by(plan.painter.id())))
}
