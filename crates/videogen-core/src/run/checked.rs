//! The encoded video, checked. What does not pass is dropped from wherever it is, and made once more.

use tokio_util::sync::CancellationToken;
use videogen_durable::Key;
use videogen_media::{
    CheckedVideo, ExpectedScene, RenderJob, RenderedVideo, ReplacedEncoder, VerifyFinding,
};
use videogen_types::{Degradation, Stage};

use super::kept::Kept;
use super::{Run, turn};
use crate::keys;
use crate::outputs::Outputs;
use crate::plan::Plan;
use crate::reporter::Reporter;
use crate::stage::{encode, render};
use crate::{Error, ErrorKind};

/// A video to be encoded, and what is promised of it.
pub(super) struct Encoding<'a> {
    pub(super) plan: &'a Plan,
    /// What it is kept under.
    pub(super) key: Key,
    pub(super) scenes: Vec<ExpectedScene>,
    /// Whether its soundtrack is silence.
    pub(super) silent: bool,
    /// What the pictures of its scenes are kept under; empty where they are the user's.
    pub(super) stored: Vec<Key>,
    /// What of this attempt must be there.
    pub(super) kept: &'a Kept,
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
        work: &Outputs,
        reporter: &Reporter<'_>,
        cancel: &CancellationToken,
    ) -> Result<(RenderedVideo, CheckedVideo), Error> {
        let key = self.key;
        let (mut may_be_found, mut is_second) = (true, false);
        let mut replaced = None;
        let parts = job.parts.as_ref().map(|parts| parts.dir.clone());
        loop {
            self.kept.has_for_now(parts.clone());
            let encoding = || {
                let toolkit = &run.toolkit;
                let (may, instead) = (may_be_found, replaced.as_ref());
                encode::encode(key, may, &job, instead, toolkit, work, reporter, cancel)
            };
            let encoded = {
                let _turn = turn(&run.renderer).await;
                let encoding = reporter.retrying(Stage::Render, cancel, encoding);
                let detail = |encoded: &encode::Encoded| {
                    let RenderedVideo {
                        frames, encoder, ..
                    } = &encoded.rendered;
                    format!("{frames} frames at {}, {encoder}", job.size)
                };
                reporter.stage(Stage::Render, encoding, detail).await?
            };
            self.kept.has_for_now(Some(job.output.clone()));
            let rendered = encoded.rendered;
            let checking = || {
                let (plan, toolkit) = (self.plan, &run.toolkit);
                render::verify(&job, plan, &self.scenes, self.silent, toolkit, cancel)
            };
            let checking = reporter.retrying(Stage::Verify, cancel, checking);
            let error = match reporter.stage(Stage::Verify, checking, detail).await {
                Ok(checked) => {
                    self.kept.has_for_now(None);
                    self.kept.has([&job.output]);
                    if let Some(replaced) = &rendered.replaced {
                        reporter.degraded(Degradation {
                            stage: Stage::Render,
                            from: replaced.encoder.clone(),
                            to: rendered.encoder.clone(),
                            reason: replaced.reason.clone(),
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
                reporter.attempt_failed(Stage::Verify, error.failure(), words(findings));
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
                        reason: words(findings),
                    });
                    job.encode = software;
                }
            }
            let found = words(findings);
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
        let keys = scenes.filter_map(|scene| self.stored.get(scene.checked_sub(1)?));
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

/// The findings in one line.
fn words(findings: &[VerifyFinding]) -> String {
    let words: Vec<String> = findings.iter().map(ToString::to_string).collect();
    words.join("; ")
}

/// What the check measured, in a few words.
fn detail(checked: &CheckedVideo) -> String {
    match (checked.loudness_lufs, checked.true_peak_dbtp) {
        (Some(lufs), Some(peak)) => format!("decodes, {lufs:.1} LUFS, peak {peak:.1} dBTP"),
        _ => "decodes".to_owned(),
    }
}
