//! What one video is made of beside settings, and the brief they make together.

use camino::Utf8PathBuf;
use videogen_core::{Brief, ScriptSource};
use videogen_script::ScriptPlace;
use videogen_types::{SceneCount, Seed, Topic};

use super::overlays;
use crate::settings::Settings;

/// What belongs to one video and is no setting. Paths are absolute.
#[derive(Debug, Clone)]
pub(super) struct Content {
    pub(super) topic: Option<Topic>,
    pub(super) seed: Seed,
    pub(super) script: Option<ScriptSource>,
    /// Where the paths in a script begin.
    pub(super) script_place: ScriptPlace,
    pub(super) narration: Option<Utf8PathBuf>,
    pub(super) narration_captions: Option<Utf8PathBuf>,
    pub(super) images: Vec<Utf8PathBuf>,
    pub(super) scenes: Option<SceneCount>,
    pub(super) name: Option<String>,
}

impl Content {
    /// Whether there may be clips in it, whose sound could be heard: what a script names is not known yet.
    pub(super) fn may_show_clips(&self) -> bool {
        !self.images.is_empty() || self.script.is_some()
    }

    /// The brief of this content with these settings.
    pub(super) fn brief(self, settings: &Settings) -> Brief {
        let script_place = match self.script {
            Some(_) => self.script_place,
            None => ScriptPlace::default(),
        };
        Brief {
            topic: self.topic,
            genre: settings.get("genre"),
            seed: self.seed,
            script: self.script,
            script_place,
            narration: self.narration,
            narration_captions: self.narration_captions,
            images: self.images,
            scenes: self.scenes,
            quality: settings.required("quality"),
            aspect: settings.required("aspect"),
            rate: settings.get("fps"),
            codec: settings.required("codec"),
            encoder: settings.required("encoder"),
            duration: settings.get("duration"),
            language: settings.get("language"),
            writer: settings.required("writer"),
            painter: settings.required("painter"),
            paint_with: settings.paint_with(),
            speech: settings.required("speech"),
            voice: settings.get("voice"),
            music: settings.music(),
            by_genre: settings.by_genre(),
            captions: settings.required("captions"),
            style: settings.get("style"),
            platform: settings.required("platform"),
            fit: settings.required("fit"),
            clip_sound: settings.required("clip_sound"),
            title_card: settings.flag("title_card"),
            end_card: overlays::end_card(settings),
            watermark: overlays::watermark(settings),
            output_dir: settings.required("output_dir"),
            name: self.name,
            offline: settings.flag("offline"),
            strict: settings.required("strict"),
            accept: settings.accepted(),
            replaces: None,
            origin: None,
        }
    }
}

/// The warning about a topic that had to be cut; `script` is where a whole text goes.
pub(super) fn topic_was_cut(script: &str) -> String {
    let most = Topic::MAX_CHARS;
    format!("the topic is longer than {most} characters and was cut; a whole text goes in {script}")
}
