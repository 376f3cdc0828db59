//! The encoded video, checked. What does not pass is dropped from wherever it is, and made once more.

use videogen_durable::{Key, ScratchWatch};
use videogen_media::{
    CheckedVideo, ExpectedScene, RenderJob, RenderedVideo, ReplacedEncoder, VerifyFinding,
    list_findings,
};
use videogen_types::{Degradation, Stage};

use super::{Run, turn};
use crate::keys;
use crate::stage::context::StageContext;
use crate::stage::{encode, render};
use crate::video_plan::VideoPlan;
use crate::{Error, ErrorKind};

/// A video to be encoded, and what is promised of it.
pub(super) struct Encoding<'a> {
    pub(super) plan: &'a VideoPlan,
    /// What it is kept under.
    pub(super) key: Key,
    pub(super) scenes: Vec<ExpectedScene>,
    /// Whether its soundtrack is silence.
    pub(super) silent: bool,
    /// What the pictures that are painted are kept under, by the index of the scene.
    pub(super) stored: std::collections::BTreeMap<usize, Key>,
    /// What of this attempt must be there.
    pub(super) kept: &'a ScratchWatch,
}

impl Encoding<'_> {
    /// Has the video at the output of `job`: found or encoded, and checked. One that was kept and does not pass, as a
    /// version that kept before it checked may have left it, is encoded anew. One that was encoded now and does not pass
    /// is encoded once more, by the processor if hardware made it. Nothing stays in a store that did not pass.
    ///
    /// # Errors
    /// Those of the encoder; [`videogen_media::Error::Verify`] when it does not pass the second time, either.
    pub(super) async fn checked(
        self,
        run: &Run,
        mut job: RenderJob,
        cx: StageContext<'_>,
    ) -> Result<(RenderedVideo, CheckedVideo), Error> {
        let StageContext {
            work,
            reporter,
            cancel,
            ..
        } = cx;
        let key = self.key;
        let (mut may_be_found, mut is_second) = (true, false);
        let mut replaced = None;
        let parts = job.parts.as_ref().map(|parts| parts.dir.clone());
        loop {
            self.kept.has_for_now(parts.clone());
            let encoding = || encode::encode(key, may_be_found, &job, replaced.as_ref(), cx);
            let encoded = {
                let _turn = turn(&run.renderer).await;
                let encoding = reporter.retrying(Stage::Render, cancel, encoding);
                let detail = |encoded: &encode::Encoded| {
                    let RenderedVideo {
                        frames, encoder, ..
                    } = &encoded.rendered;
                    format!("{frames} frames at {}, {encoder}", job.size)
                };
                reporter
                    .stage(Stage::Render, work, encoding, detail)
                    .await?
            };
            self.kept.has_for_now(Some(job.output.clone()));
            let rendered = encoded.rendered;
            let checking = || {
                let VideoPlan {
                    pictures, render, ..
                } = self.plan;
                let duration = job.rate.time_of(job.timeline.frames());
                let is_still = render::may_be_still(pictures, render.outro(), duration);
                let toolkit = &run.toolkit;
                render::verify(&job, is_still, &self.scenes, self.silent, toolkit, cancel)
            };
            let checking = reporter.retrying(Stage::Verify, cancel, checking);
            let error = match reporter
                .stage(Stage::Verify, work, checking, CheckedVideo::to_string)
                .await
            {
                // From now on it is measured in the render, too, which costs what it seldom has to.
                Ok(checked) if checked.is_too_high() && !job.bounds_peak => {
                    (job.bounds_peak, may_be_found) = (true, false);
                    encode::forget(key, work).await?;
                    continue;
                }
                Ok(checked) => {
                    self.kept.has_for_now(None);
                    self.kept.has([&job.output]);
                    if let Some(replaced) = &rendered.replaced {
                        reporter.degraded(Degradation {
                            stage: Stage::Render,
                            from: replaced.encoder.clone(),
                            to: rendered.encoder.clone(),
                            reason: replaced.reason.clone().into(),
                        });
                    }
                    return Ok((rendered, checked));
                }
                Err(error) => error,
            };
            let Some(findings) = findings(&error) else {
                return Err(error);
            };
            if !encoded.is_found {
                reporter.attempt_failed(Stage::Verify, error.failure(), list_findings(findings));
            }
            encode::forget(key, work).await?;
            // Where it cannot be dropped, it is passed by.
            may_be_found = false;
            if !encoded.is_found {
                if is_second {
                    work.forget(Stage::Picture, &self.suspects(findings))
                        .await?;
                    return Err(error);
                }
                is_second = true;
                let ffmpeg = run.toolkit.ffmpeg.as_ref();
                if let Some(software) = ffmpeg.and_then(|ffmpeg| job.encode.software(ffmpeg)) {
                    replaced = Some(ReplacedEncoder {
                        encoder: job.encode.encoder.to_string(),
                        reason: list_findings(findings),
                    });
                    job.encode = software;
                }
            }
            let found = list_findings(findings);
            if encoded.is_found {
                // As of all that is found and no good: it is made again, and nothing was lost.
                tracing::warn!(%key, found, "a video that was kept is no good: dropped");
            } else {
                let message = format!("the video is made again: {found}");
                reporter.warning(Stage::Verify, message);
            }
        }
    }

    /// What the pictures are kept under of scenes that something was found in, and the notes beside them: they were looked
    /// at, and yet they may be the reason.
    fn suspects(&self, findings: &[VerifyFinding]) -> Vec<Key> {
        let scenes = findings.iter().filter_map(VerifyFinding::scene);
        let keys = scenes.filter_map(|scene| self.stored.get(&scene.checked_sub(1)?));
        keys.flat_map(|key| [*key, keys::picture_note(key)])
            .collect()
    }
}

/// What was found in a video; `None` when it could not be checked.
fn findings(error: &Error) -> Option<&[VerifyFinding]> {
    match error.kind() {
        ErrorKind::Media(videogen_media::Error::Verify { findings, .. }) => Some(findings),
        _ => None,
    }
}
