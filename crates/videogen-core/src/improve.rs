//! What was delivered and could be better: read from the manifests of videos, and made into briefs that make again only
//! what was less than was wished for.

use std::collections::BTreeSet;

use camino::{Utf8Path, Utf8PathBuf};
use serde::Serialize;
use videogen_durable::read_regular;
use videogen_picture::{BuiltinPainter, Painted, Painter};
use videogen_script::WrittenBy;
use videogen_types::{
    Degradation, Hint, Manifest, PainterChoice, Part, Scene, Script, Stage, Strict, WriterChoice,
};

use crate::brief::{Brief, ScriptSource};
use crate::{Error, ErrorKind};

/// The most bytes that are read of a manifest: one of 40 scenes with all their words has less than a tenth of it.
const MOST_BYTES: u64 = 8 << 20;

/// A video that was delivered, as far as its manifest tells.
#[derive(Debug, Clone)]
pub struct Earlier {
    /// Its manifest.
    pub manifest: Utf8PathBuf,
    /// What was asked for.
    pub brief: Brief,
    /// What was less than was wished for, of each part.
    pub degradations: Vec<Degradation>,
    script: Script,
    source: String,
    by_model: Option<WrittenBy>,
    /// How each picture came about that is not the user's.
    pictures: Vec<Option<Painted>>,
}

/// A script that was made before, with what there is to tell of it.
#[derive(Debug, Clone)]
pub(crate) struct MadeScript {
    pub(crate) script: Script,
    /// As in the manifest: `llm`, `builtin`, a file.
    pub(crate) source: String,
    pub(crate) by_model: Option<WrittenBy>,
    /// Why it is less than was wished for, if it is: that stays so.
    pub(crate) degradations: Vec<Degradation>,
}

/// What of a video can be made better now, and what it takes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Better {
    /// The parts that are made again.
    pub parts: BTreeSet<Part>,
    /// Pictures that are painted again.
    pub pictures: usize,
    /// Scenes there are.
    pub scenes: usize,
}

fn fail(path: &Utf8Path, reason: impl Into<String>) -> Error {
    let kind = ErrorKind::Manifest {
        path: path.to_owned(),
        reason: reason.into(),
    };
    Error::new(Stage::Preflight, kind)
}

/// The manifest beside a video: of `NAME.mp4` it is `NAME.json`.
pub fn manifest_of(video: &Utf8Path) -> Utf8PathBuf {
    video.with_extension("json")
}

fn read(path: &Utf8Path) -> Result<Manifest<Brief, Painted>, Error> {
    let bytes = read_regular(path, MOST_BYTES).map_err(|error| match error.kind() {
        std::io::ErrorKind::NotFound => fail(path, "it does not exist"),
        _ => fail(path, error.to_string()),
    })?;
    serde_json::from_slice(&bytes)
        .map_err(|error| fail(path, format!("it is no manifest: {error}")))
}

/// The script of the video with this manifest. Blocks.
///
/// # Errors
/// [`ErrorKind::Manifest`].
pub(crate) fn made_script(path: &Utf8Path) -> Result<MadeScript, Error> {
    let earlier = Earlier::read(path)?;
    let of_script = |step: &Degradation| Part::of(step.stage) == Some(Part::Script);
    Ok(MadeScript {
        degradations: earlier.degradations.into_iter().filter(of_script).collect(),
        script: earlier.script,
        source: earlier.source,
        by_model: earlier.by_model,
    })
}

impl Earlier {
    /// Reads the manifest at `path`. Blocks.
    ///
    /// # Errors
    /// [`ErrorKind::Manifest`].
    pub fn read(path: &Utf8Path) -> Result<Self, Error> {
        let Manifest {
            mut brief,
            title,
            script,
            scenes,
            degradations,
            ..
        } = read(path)?;
        // Of a take that was improved before: its script is in this manifest, wherever the other one is now.
        if matches!(brief.script, Some(ScriptSource::Manifest(_))) {
            brief.script = None;
        }
        if scenes.is_empty() {
            return Err(fail(path, "it has no scenes"));
        }
        let by_model = script.model.map(|model| WrittenBy {
            model,
            endpoint: script.endpoint.unwrap_or_default(),
            description: script.description,
            repaired: script.repaired.unwrap_or_default(),
        });
        let painted = scenes.iter().filter(|scene| scene.files.is_empty());
        let words = scenes.iter().map(|scene| Scene {
            narration: scene.narration.clone(),
            picture: scene.picture_prompt.clone(),
            negative: scene.negative.clone(),
            media: Vec::new(),
        });
        Ok(Self {
            manifest: path.to_owned(),
            brief,
            degradations,
            script: Script {
                title,
                language: script.language,
                scenes: words.collect(),
                hashtags: script.hashtags,
            },
            source: script.source,
            by_model,
            pictures: painted.map(|scene| scene.painting.clone()).collect(),
        })
    }

    /// Its title.
    pub fn title(&self) -> &str {
        &self.script.title
    }

    /// The parts that were less than was wished for. What nobody can make better is none: that there is no library of
    /// music, or that what was brought is so.
    pub fn lesser_parts(&self) -> BTreeSet<Part> {
        let parts = self.degradations.iter().map(|step| Part::of(step.stage));
        let mut parts: BTreeSet<Part> = parts.flatten().collect();
        parts.remove(&Part::Music);
        if self.brief.script.is_some() {
            parts.remove(&Part::Script);
        }
        if self.brief.narration.is_some() {
            parts.remove(&Part::Voice);
        }
        if !self.brief.images.is_empty() {
            parts.remove(&Part::Picture);
        }
        parts
    }

    /// Pictures that are less than was wished for: by the built-in painter in the place of another, stretched, smaller.
    fn lesser_pictures(&self) -> usize {
        let is_lesser = |it: &Painted| it.is_fallback || it.by == BuiltinPainter.id();
        let lesser = |picture: &&Option<Painted>| picture.as_ref().is_none_or(is_lesser);
        self.pictures.iter().filter(lesser).count()
    }

    /// The brief as it was, to see by its plan what could be better now.
    pub fn probe(&self) -> Brief {
        let mut brief = Brief {
            strict: Strict::No,
            replaces: None,
            origin: None,
            ..self.brief.clone()
        };
        if let Some(directory) = self.manifest.parent() {
            brief.output_dir = directory.to_owned();
        }
        if brief.script.is_none() && !self.lesser_parts().contains(&Part::Script) {
            brief.script = Some(ScriptSource::Manifest(self.manifest.clone()));
        }
        brief
    }

    /// The brief that asks for `parts` again. All else is as it was; the new take lies beside the old one, or takes its
    /// place.
    pub fn again(&self, parts: &BTreeSet<Part>, replace: bool) -> Brief {
        let mut brief = self.brief.clone();
        // Another take without what it is made for is of no use.
        if parts.contains(&Part::Script) {
            brief.writer = WriterChoice::Llm;
        } else if brief.script.is_none() {
            brief.script = Some(ScriptSource::Manifest(self.manifest.clone()));
        }
        if parts.contains(&Part::Picture) {
            brief.painter = PainterChoice::Comfyui;
        }
        brief
            .accept
            .retain(|accepted| !parts.contains(&accepted.part()));
        brief.strict = Strict::No;
        brief.name = self.manifest.file_stem().map(str::to_owned);
        if let Some(directory) = self.manifest.parent() {
            brief.output_dir = directory.to_owned();
        }
        brief.replaces = replace.then(|| self.manifest.clone());
        brief.origin = None;
        brief
    }

    /// What of it can be better, by the steps down of a plan of the same brief that was made now: a part that would be as it
    /// was is none.
    pub fn better(&self, now: &[Degradation]) -> Better {
        let still = |part: &Part| now.iter().any(|step| Part::of(step.stage) == Some(*part));
        let mut parts = self.lesser_parts();
        parts.retain(|part| !still(part));
        let scenes = self.script.scenes.len();
        let pictures = match (
            parts.contains(&Part::Script),
            parts.contains(&Part::Picture),
        ) {
            (true, _) => scenes,
            (false, true) => self.lesser_pictures(),
            (false, false) => 0,
        };
        Better {
            parts,
            pictures,
            scenes,
        }
    }

    /// That nothing of it can be better now.
    pub fn nothing_better(&self) -> Better {
        Better {
            parts: BTreeSet::new(),
            pictures: 0,
            scenes: self.script.scenes.len(),
        }
    }

    /// Why parts that were less than was wished for cannot be better now.
    pub fn obstacles(&self, now: &[Degradation]) -> Vec<Hint> {
        let lesser = self.lesser_parts();
        let of_them = now
            .iter()
            .filter(|step| Part::of(step.stage).is_some_and(|part| lesser.contains(&part)));
        of_them
            .map(|step| Hint::from(format!("{}: ", step.stage.name())).then(step.reason.clone()))
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn step(stage: Stage) -> Degradation {
        Degradation {
            stage,
            from: "better".into(),
            to: "builtin".into(),
            reason: "it was away".into(),
        }
    }

    /// An earlier video whose scenes were painted so.
    fn earlier(brief: &Brief, degraded: &[Stage], painted: &[Painted]) -> Earlier {
        let directory = camino_tempfile::tempdir().unwrap();
        let path = directory.path().join("x.json");
        let scenes: Vec<_> = painted
            .iter()
            .map(|painted| {
                serde_json::json!({
                    "narration": "The sea.", "picture_prompt": "a sea", "negative": "boats",
                    "painting": painted, "later": 1,
                })
            })
            .collect();
        let manifest = serde_json::json!({
            "brief": brief, "title": "The sea", "scenes": scenes,
            "script": {"source": "llm", "model": "qwen", "language": "en", "hashtags": ["sea"]},
            "degradations": degraded.iter().map(|stage| step(*stage)).collect::<Vec<_>>(),
        });
        std::fs::write(&path, manifest.to_string()).unwrap();
        Earlier::read(&path).unwrap()
    }

    #[test]
    fn what_is_good_is_kept_and_what_was_brought_is_nobodys_fault() {
        let good = Painted::by("comfyui");
        let lesser = Painted {
            is_fallback: true,
            ..Painted::by("comfyui")
        };
        let painted = vec![good, lesser, Painted::by("builtin")];
        let brief = Brief::new("out".into());
        let video = earlier(&brief, &[Stage::Picture, Stage::Music], &painted);
        assert_eq!(video.lesser_parts(), BTreeSet::from([Part::Picture]));
        assert_eq!(video.lesser_pictures(), 2);
        let again = video.again(&video.lesser_parts(), true);
        assert_eq!(again.painter, PainterChoice::Comfyui);
        let kept = Some(ScriptSource::Manifest(video.manifest.clone()));
        assert_eq!((&again.script, again.writer), (&kept, WriterChoice::Auto));
        assert_eq!(again.name.as_deref(), Some("x"));
        assert_eq!(again.replaces.as_ref(), Some(&video.manifest));
        assert_eq!(video.script.scenes[0].negative.as_deref(), Some("boats"));

        let video = earlier(&brief, &[Stage::Script, Stage::Voice], &painted);
        let again = video.again(&video.lesser_parts(), false);
        assert_eq!((again.script, again.writer), (None, WriterChoice::Llm));
        assert_eq!(again.replaces, None);

        let brought = Brief {
            images: vec!["a.png".into()],
            narration: Some("a.wav".into()),
            script: Some(ScriptSource::File("a.txt".into())),
            ..brief
        };
        let all = [Stage::Picture, Stage::Voice, Stage::Script];
        let video = earlier(&brought, &all, &painted);
        assert_eq!(video.lesser_parts(), BTreeSet::new());
    }

    #[test]
    fn what_is_no_manifest_is_named() {
        let directory = camino_tempfile::tempdir().unwrap();
        let path = directory.path().join("x.json");
        let wrong = || videogen_text::chain(&Earlier::read(&path).unwrap_err());
        assert!(wrong().contains("does not exist"), "{}", wrong());
        for text in ["", "[]", "{\"title\": 1}"] {
            std::fs::write(&path, text).unwrap();
            assert!(
                wrong().contains("no manifest") && wrong().contains("x.json"),
                "{}",
                wrong()
            );
        }
    }
}
