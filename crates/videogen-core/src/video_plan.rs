//! What was decided of one video, by stage: all that a stage may read is in its own plan.

use std::sync::Arc;

use camino::{Utf8Path, Utf8PathBuf};
use videogen_durable::Key;
use videogen_media::{
    EncodeSettings, EndCard, Footage, Footprint, FrameRate, FrameSize, Lettering, Watermark,
};
use videogen_music::{Composer, MusicRequest, Track};
use videogen_picture::{BuiltinPainter, LocalCard, Painter, SharedPainter, Tuning};
use videogen_script::{LlmServers, ScriptRequest, WrittenBy};
use videogen_tts::{RecordingText, Synthesizer};
use videogen_types::{Aspect, Degradation, Genre, Quality, Script, Seed};

use crate::brief::Brief;

/// One video, decided: what [`crate::Studio::run`] makes.
#[derive(Debug, Clone)]
pub struct VideoPlan {
    pub(crate) brief: Brief,
    pub(crate) topic: String,
    pub(crate) genre: Genre,
    /// The base name that is wanted; a number is added if it is taken.
    pub(crate) name: String,
    pub(crate) script: Script,
    pub(crate) writing: WritingPlan,
    pub(crate) voice: VoicePlan,
    pub(crate) pictures: PicturePlan,
    pub(crate) music: MusicPlan,
    pub(crate) render: RenderPlan,
    pub(crate) estimated_seconds: f64,
    /// Room needed while the video is made.
    pub(crate) needed_bytes: u64,
    pub(crate) degradations: Vec<Degradation>,
    pub(crate) warnings: Vec<String>,
}

/// Where the script comes from.
#[derive(Debug, Clone)]
pub(crate) struct WritingPlan {
    /// `llm`, the writer, or where the script was read.
    pub(crate) source: String,
    /// What there is to tell of a script by a language model.
    pub(crate) by_model: Option<WrittenBy>,
    /// The script that is to replace the plan's before the video is made.
    pub(crate) wanted: Option<Wanted>,
}

/// A script that a language model writes when the video is made. Until then the plan has one of the writer who stands in
/// for it.
#[derive(Debug, Clone)]
pub(crate) struct Wanted {
    /// Who is asked.
    pub(crate) servers: Arc<LlmServers>,
    /// What is wished, without what is to be avoided.
    pub(crate) wish: ScriptRequest,
    /// What the script is kept under.
    pub(crate) key: Key,
    /// Which model, and where.
    pub(crate) by: String,
}

/// How the script is spoken.
#[derive(Debug, Clone)]
pub(crate) struct VoicePlan {
    /// Who speaks; the others stand by in order.
    pub(crate) speakers: Vec<Arc<dyn Synthesizer>>,
    /// The voice that was asked for by name.
    pub(crate) voice: Option<String>,
    /// BCP 47.
    pub(crate) language: String,
    /// The length to aim for in seconds, without the end card.
    pub(crate) target: Option<f64>,
    /// What takes the place of all speakers.
    pub(crate) recording: Option<Recording>,
    /// Whether what cannot be said may be shown only.
    pub(crate) may_be_silent: bool,
}

/// A narration of the user.
#[derive(Debug, Clone)]
pub(crate) struct Recording {
    pub(crate) file: Utf8PathBuf,
    /// What is known of what is said in it.
    pub(crate) text: RecordingText,
}

/// What is seen.
#[derive(Debug, Clone)]
pub(crate) struct PicturePlan {
    pub(crate) painter: SharedPainter,
    /// Pictures and clips of the user, which take the place of painted ones, in all scenes or in some.
    pub(crate) footage: Footage,
    pub(crate) quality: Quality,
    pub(crate) aspect: Aspect,
    /// The size of the video.
    pub(crate) frame: FrameSize,
    pub(crate) genre: Genre,
    /// The seed of the video.
    pub(crate) seed: Seed,
    pub(crate) tuning: Tuning,
    /// Whether the built-in painter may paint in the place of who was asked for.
    pub(crate) may_fall_back: bool,
}

impl PicturePlan {
    /// Whether some are painted by something that may need the memory a language model is in: not those of the user, nor the
    /// built-in painter's.
    pub(crate) fn is_painted_elsewhere(&self) -> bool {
        self.footage.needs_painter() && self.painter.id() != BuiltinPainter.id()
    }

    /// The card of this machine that they are painted on.
    fn local_card(&self) -> Option<LocalCard> {
        let painted = self.footage.needs_painter().then_some(&self.painter);
        painted.and_then(|painter| painter.local_card(self.quality, self.aspect))
    }
}

/// Where the music comes from.
#[derive(Debug, Clone)]
pub(crate) enum MusicPlan {
    None,
    /// It is composed when the video is made.
    Composed {
        composer: Arc<dyn Composer>,
        request: MusicRequest,
    },
    /// A file of the user.
    File(Utf8PathBuf),
    /// A piece whose licence is known.
    Track(Track),
}

impl MusicPlan {
    /// The music in a few words.
    pub(crate) fn name(&self) -> String {
        match self {
            Self::None => "no music".to_owned(),
            Self::Composed { composer, request } => composer.describe(request),
            Self::File(path) => path.file_name().unwrap_or(path.as_str()).to_owned(),
            Self::Track(track) => track.title.clone(),
        }
    }

    /// The file that plays, where it is one.
    pub(crate) fn file(&self) -> Option<&Utf8Path> {
        match self {
            Self::None | Self::Composed { .. } => None,
            Self::File(path) | Self::Track(Track { path, .. }) => Some(path),
        }
    }

    /// The line that credits it, where its licence asks for one.
    pub(crate) fn credit(&self) -> Option<&str> {
        match self {
            Self::Track(track) => track.credit.as_deref(),
            _ => None,
        }
    }

    /// Under which terms it may be published; `None` where there is none.
    pub(crate) fn licence(&self) -> Option<&str> {
        match self {
            Self::None => None,
            Self::Composed { composer, .. } => Some(composer.licence()),
            Self::File(_) => Some("unknown: a file of yours"),
            Self::Track(track) => Some(&track.licence),
        }
    }
}

/// How it all becomes a file.
#[derive(Debug, Clone)]
pub(crate) struct RenderPlan {
    pub(crate) rate: FrameRate,
    pub(crate) encode: EncodeSettings,
    /// How text is written into its frames.
    pub(crate) lettering: Lettering,
    /// Whether the title lies over the first scene.
    pub(crate) title_card: bool,
    pub(crate) end_card: Option<EndCard>,
    pub(crate) watermark: Option<Watermark>,
    /// The seed of the video.
    pub(crate) seed: Seed,
}

impl RenderPlan {
    /// The size of the frames.
    pub(crate) fn size(&self) -> FrameSize {
        self.lettering.size
    }

    /// Length of the end card in seconds.
    pub(crate) fn outro(&self) -> f64 {
        outro(self.end_card.as_ref())
    }
}

/// Length of an end card in seconds; 0 without one.
pub(crate) fn outro(card: Option<&EndCard>) -> f64 {
    card.map_or(0.0, |card| card.seconds.get())
}

/// Processes and threads of a video at the least: FFmpeg with its own on a machine of few cores, and ours that wait for it.
const TASKS: u64 = 24;

impl VideoPlan {
    /// Every step down that is known before anything is made.
    pub fn degradations(&self) -> &[Degradation] {
        &self.degradations
    }

    /// The brief with what the plan decided of it that must not be decided again: the name.
    pub fn settled_brief(&self) -> Brief {
        Brief {
            name: Some(self.name.clone()),
            ..self.brief.clone()
        }
    }

    /// Where the video goes.
    pub fn output_dir(&self) -> &Utf8Path {
        &self.brief.output_dir
    }

    /// Its script in a few words.
    pub(crate) fn script_detail(&self) -> String {
        let scenes = self.script.scenes.len();
        let plural = if scenes == 1 { "" } else { "s" };
        let by = self.writing.by_model.as_ref();
        let by = by.map_or_else(String::new, |by| format!(" by {}", by.model));
        format!("\"{}\", {scenes} scene{plural}{by}", self.script.title)
    }

    /// What it takes of the machine.
    pub(crate) fn footprint(&self) -> Footprint {
        Footprint {
            size: self.render.size(),
            rate: self.render.rate,
            seconds: self.estimated_seconds,
        }
    }

    /// Bytes of the room it needs that stay when it is finished.
    pub(crate) fn kept_bytes(&self) -> u64 {
        self.footprint().kept_bytes()
    }

    /// The card of this machine that its pictures are painted on.
    pub(crate) fn local_card(&self) -> Option<LocalCard> {
        self.pictures.local_card()
    }

    /// The least graphics memory it needs. Where language models can be asked to leave, what is free before says little.
    fn vram_bytes(&self) -> Option<u64> {
        let card = self.local_card()?;
        Some(if card.is_shared { 0 } else { card.least })
    }

    /// What the video needs of this machine when it is made in `scratch`, as the last of `left` videos or with more to
    /// come.
    pub(crate) fn demand(&self, left: u32, scratch: &Utf8Path) -> videogen_guard::Demand {
        let directory = &self.brief.output_dir;
        let kept = self.kept_bytes();
        let is_apart = scratch != directory;
        let mut disk = vec![videogen_guard::DiskDemand {
            directory: directory.clone(),
            bytes: if is_apart { kept } else { self.needed_bytes },
            kept_per_video: kept,
        }];
        if is_apart {
            disk.push(videogen_guard::DiskDemand {
                directory: scratch.to_owned(),
                bytes: self.needed_bytes,
                kept_per_video: 0,
            });
        }
        let footprint = self.footprint();
        videogen_guard::Demand {
            ram_bytes: footprint.memory_bytes() + self.pictures.footage.memory_bytes(),
            disk,
            descriptors: 32,
            address_bytes: footprint.address_bytes(),
            tasks: TASKS,
            in_the_making: 0,
            vram_bytes: self.vram_bytes(),
            videos_left: u64::from(left),
        }
    }
}
