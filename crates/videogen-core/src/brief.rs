//! What is asked for: the value a video starts from.

use std::collections::BTreeMap;

use camino::Utf8PathBuf;
use serde::{Deserialize, Serialize};
use videogen_media::{Codec, EncoderChoice, EndCard, FrameRate, Watermark};
use videogen_picture::PaintWith;
use videogen_script::ScriptPlace;
use videogen_types::{
    Accepted, Aspect, CaptionChoice, ClipVolume, Duration, FitChoice, Genre, GenreDefaults,
    Language, MusicChoice, PainterChoice, Part, PlatformChoice, Quality, SceneCount, Seed,
    SpeechChoice, Strict, Topic, WriterChoice,
};

/// One video to make. Every field is valid by its type; whether files exist and programs run is the preflight's business.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Brief {
    /// What it is about. Without one, a topic of the genre is drawn by seed; with a script, its title serves.
    pub topic: Option<Topic>,
    /// Its genre; `None` lets the topic decide.
    pub genre: Option<Genre>,
    /// Where every choice comes from.
    pub seed: Seed,
    /// A script to use instead of writing one.
    pub script: Option<ScriptSource>,
    /// Where the files are that its scenes name.
    #[serde(default, skip_serializing_if = "ScriptPlace::is_default")]
    pub script_place: ScriptPlace,
    /// A recording of the narration to use instead of speaking it.
    pub narration: Option<Utf8PathBuf>,
    /// What is said in the recording and when: subtitles, or the words of a speech recogniser. Without a script it is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub narration_captions: Option<Utf8PathBuf>,
    /// Pictures and short clips for the scenes that name none, in order, repeated when there are more scenes.
    pub images: Vec<Utf8PathBuf>,
    /// How these fill the frame.
    #[serde(default, skip_serializing_if = "FitChoice::is_cover")]
    pub fit: FitChoice,
    /// How loud the own sound of clips is under the narration.
    #[serde(default, skip_serializing_if = "ClipVolume::is_off")]
    pub clip_sound: ClipVolume,
    /// Number of scenes; `None` lets the length decide.
    pub scenes: Option<SceneCount>,
    /// Output quality.
    pub quality: Quality,
    /// Output shape.
    pub aspect: Aspect,
    /// Frames per second; `None` takes the quality's.
    pub rate: Option<FrameRate>,
    /// What the video is compressed as.
    pub codec: Codec,
    /// What it is compressed by.
    pub encoder: EncoderChoice,
    /// Length to aim for; `None` is as long as a given script or narration takes, 30 s otherwise.
    pub duration: Option<Duration>,
    /// Language of the narration; `None` looks at the text.
    pub language: Option<Language>,
    /// Who writes.
    pub writer: WriterChoice,
    /// Who paints.
    pub painter: PainterChoice,
    /// What ComfyUI paints with beside a model.
    #[serde(default, skip_serializing_if = "PaintWith::is_plain")]
    pub paint_with: PaintWith,
    /// Who speaks.
    pub speech: SpeechChoice,
    /// A voice of the speaker, by key.
    pub voice: Option<String>,
    /// What plays under it.
    pub music: MusicChoice,
    /// What stands in for `voice` and `music` where the video is of that genre.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub by_genre: BTreeMap<Genre, GenreDefaults>,
    /// How captions are shown.
    pub captions: CaptionChoice,
    /// Name of the caption style; `None` is the default one.
    pub style: Option<String>,
    /// Where the video will be shown, for the place of captions and title.
    pub platform: PlatformChoice,
    /// Whether the title stands over the first scene for two seconds.
    pub title_card: bool,
    /// What is said in writing after the last scene.
    pub end_card: Option<EndCard>,
    /// A picture in a corner of every frame.
    pub watermark: Option<Watermark>,
    /// Where the files go. Created if missing.
    pub output_dir: Utf8PathBuf,
    /// Base name of the files; `None` makes one from the topic. Never replaces an existing file: a number is added.
    pub name: Option<String>,
    /// Nothing may be fetched from a network. Only this machine is asked then, and the servers that the user names, of
    /// ComfyUI or of language models; the promise is kept in the manifest.
    pub offline: bool,
    /// Which steps down a ladder are errors.
    #[serde(default)]
    pub strict: Strict,
    /// What may stand in for something that was asked for by name.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub accept: Vec<Accepted>,
    /// The manifest of a video that this one takes the place of when it is finished.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub replaces: Option<Utf8PathBuf>,
    /// Where it was asked for, such as `batch.jsonl:3`: messages about it begin so. Changes nothing of the video.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub origin: Option<String>,
}

impl Brief {
    /// A brief with the defaults of the command line: it still needs a topic, a genre or a script.
    pub fn new(output_dir: Utf8PathBuf) -> Self {
        Self {
            topic: None,
            genre: None,
            seed: Seed(0),
            script: None,
            script_place: ScriptPlace::default(),
            narration: None,
            narration_captions: None,
            images: Vec::new(),
            fit: FitChoice::Cover,
            clip_sound: ClipVolume::OFF,
            scenes: None,
            quality: Quality::Standard,
            aspect: Aspect::Portrait,
            rate: None,
            codec: Codec::H264,
            encoder: EncoderChoice::Auto,
            duration: None,
            language: None,
            writer: WriterChoice::Auto,
            painter: PainterChoice::Auto,
            paint_with: PaintWith::default(),
            speech: SpeechChoice::Auto,
            voice: None,
            music: MusicChoice::Auto,
            by_genre: BTreeMap::new(),
            captions: CaptionChoice::Karaoke,
            style: None,
            platform: PlatformChoice::Any,
            title_card: false,
            end_card: None,
            watermark: None,
            output_dir,
            name: None,
            offline: false,
            strict: Strict::No,
            accept: Vec::new(),
            replaces: None,
            origin: None,
        }
    }
}

impl Brief {
    /// Whether who makes `part` was asked for by name, so that nobody else will do.
    pub fn is_named(&self, part: Part) -> bool {
        match part {
            Part::Script => self.script.is_none() && self.writer == WriterChoice::Llm,
            Part::Voice => {
                let by_name = !matches!(self.speech, SpeechChoice::Auto | SpeechChoice::Silent);
                self.narration.is_none() && (by_name || self.voice.is_some())
            }
            Part::Picture => self.images.is_empty() && self.painter == PainterChoice::Comfyui,
            Part::Music => matches!(self.music, MusicChoice::Path(_) | MusicChoice::Url(_)),
        }
    }

    /// Whether `part` may be made by `fallback` where what is better fails.
    pub fn may_fall_back(&self, part: Part, fallback: &str) -> bool {
        let accepted = |one: &Accepted| one.part() == part && one.fallback() == fallback;
        !self.is_named(part) || self.accept.iter().any(accepted)
    }
}

/// Where a given script comes from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ScriptSource {
    /// A file.
    File(Utf8PathBuf),
    /// Text that was already read, from standard input for instance.
    Text(String),
    /// The script of a video that was made, by its manifest: the same words and pictures once more.
    Manifest(Utf8PathBuf),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_named_falls_back_only_where_that_is_accepted() {
        let mut brief = Brief::new("out".into());
        assert!(brief.may_fall_back(Part::Picture, "builtin"));
        brief.painter = PainterChoice::Comfyui;
        brief.voice = Some("slt".into());
        assert!(!brief.may_fall_back(Part::Picture, "builtin"));
        assert!(!brief.may_fall_back(Part::Voice, "silent"));
        assert!(brief.may_fall_back(Part::Script, "builtin"));
        brief.accept = vec!["picture=builtin".parse().unwrap()];
        assert!(brief.may_fall_back(Part::Picture, "builtin"));
        brief.accept.clear();
        for (music, falls) in [
            (MusicChoice::Path("a.mp3".into()), false),
            (
                MusicChoice::Url("https://example.org/a.mp3".parse().unwrap()),
                false,
            ),
            (MusicChoice::Library("music".into()), true),
        ] {
            brief.music = music;
            assert_eq!(brief.may_fall_back(Part::Music, "builtin"), falls);
        }
        brief.images = vec!["a.png".into()];
        assert!(brief.may_fall_back(Part::Picture, "builtin"));
    }
}
