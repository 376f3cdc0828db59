//! The command line.

mod assets;

pub(crate) use assets::{
    AssetsArgs, AssetsCommand, FetchArgs, FromArgs, SetupArgs, SetupPart, VoicesArgs, VoicesCommand,
};

use std::ffi::OsStr;

use clap::builder::{PossibleValue, TypedValueParser};
use clap::error::ErrorKind;
use clap::{ArgAction, Args, Parser, Subcommand};
use clap_complete::Shell;
use videogen_core::{Codec, EncoderChoice, WatermarkCorner};
use videogen_types::{
    Aspect, ByteSize, CaptionChoice, Choice, FitChoice, Genre, PainterChoice, PlatformChoice,
    Quality, SpeechChoice, WriterChoice,
};

use crate::settings::key::names;

/// A topic becomes a finished short video, on your own machine.
#[derive(Debug, Parser)]
#[command(
    name = "videogen",
    version,
    about,
    max_term_width = 100,
    args_override_self = true,
    disable_help_subcommand = true
)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,
    /// Read settings from FILE instead of the usual place
    #[arg(
        long,
        global = true,
        value_name = "FILE",
        help_heading = "Global options"
    )]
    pub(crate) config: Option<String>,
    /// Log more to standard error; twice for details. VIDEOGEN_LOG takes filters
    #[arg(short, long, global = true, action = ArgAction::Count, help_heading = "Global options")]
    pub(crate) verbose: u8,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Make one or more videos
    Generate(Box<GenerateArgs>),
    /// Go on with a batch that was interrupted, or try again what failed
    Resume(ResumeArgs),
    /// Make again, better, what was less than wished for when services were away
    Improve(ImproveArgs),
    /// List batches and what became of them
    Batches(BatchesArgs),
    /// Show what a batch is doing now; on a terminal until it is over
    Status(StatusArgs),
    /// Show, check or empty what is kept between batches
    Cache(CacheArgs),
    /// Write the script alone, without making a video of it
    Write(WriteArgs),
    /// Show what every quality would do on this machine's graphics card, and why
    Plan(PlanArgs),
    /// Check everything a video needs; one line per finding with its fix
    Doctor(DoctorArgs),
    /// Fetch what is missing: a human voice, music, fonts, models; shows sizes and licences, and asks once
    Setup(SetupArgs),
    /// List, fetch and check voices, music, fonts and models by name
    Assets(AssetsArgs),
    /// List, install and remove Piper's voices
    Voices(VoicesArgs),
    /// Show or write settings
    Config(ConfigArgs),
    /// Print completions for a shell
    Completions(CompletionsArgs),
}

/// `videogen generate`
#[derive(Debug, Args)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a flag of its own, not a state"
)]
#[command(
    override_usage = "videogen generate [OPTIONS] [TOPIC]",
    after_help = "Examples:\n  videogen generate \"why the sea is salt\"\n  videogen generate \"the deep sea\" --quality high --aspect 1:1 --seed 7\n  \
    videogen generate --script story.txt --image a.jpg b.jpg\n  \
    videogen generate --batch shorts.jsonl --quality high\n\n\
    Each line of a batch file is one video, a JSON object of the options above with\n  \
    `_` or `-`; options of the command line hold for lines that do not have them:\n  \
    {\"topic\": \"the deep sea\", \"duration\": 20, \"name\": \"sea\"}\n\n\
    The path of each finished video is printed on standard output, everything\n  \
    else on standard error.\n\n\
    Exit status: 0 delivered, 2 usage, 3 preflight failed, 4 some videos failed,\n  \
    5 --strict and something was degraded, 130 interrupted."
)]
pub(crate) struct GenerateArgs {
    /// What the video is about, in quotes. After `--` it may begin with a dash
    #[arg(value_name = "TOPIC", num_args = 0..)]
    pub(crate) topic: Vec<String>,
    /// Kind of video; the topic decides otherwise
    #[arg(long, value_parser = OneOf::<Genre>::new(), value_name = "GENRE", help_heading = "Content")]
    pub(crate) genre: Option<String>,
    /// Use this script (text, Markdown, HTML, subtitles or JSON) instead of writing one; `-` reads standard input
    #[arg(
        long,
        value_name = "FILE",
        help_heading = "Content",
        allow_hyphen_values = true
    )]
    pub(crate) script: Option<String>,
    /// Use this recording instead of speaking
    #[arg(long, value_name = "FILE", help_heading = "Content")]
    pub(crate) narration: Option<String>,
    /// What is said in the recording and when: SRT, WebVTT, or JSON of a speech recogniser
    #[arg(
        long,
        value_name = "FILE",
        help_heading = "Content",
        requires = "narration"
    )]
    pub(crate) narration_captions: Option<String>,
    /// Use these pictures (PNG, JPEG, WebP, AVIF, TIFF …) or short clips (MP4, WebM, GIF …) instead of painting
    #[arg(long, value_name = "FILE", num_args = 1.., help_heading = "Content")]
    pub(crate) image: Vec<String>,
    /// Number of scenes, 1 to 40
    #[arg(
        long,
        value_name = "N",
        allow_hyphen_values = true,
        help_heading = "Content"
    )]
    pub(crate) scenes: Option<String>,
    /// Length in seconds, 3 to 600 [default: 30]
    #[arg(
        long,
        value_name = "SECONDS",
        allow_hyphen_values = true,
        help_heading = "Content"
    )]
    pub(crate) duration: Option<String>,
    /// Language of the narration, such as en, de, pt-BR
    #[arg(long, value_name = "TAG", help_heading = "Content")]
    pub(crate) language: Option<String>,
    /// Where every choice comes from; same seed, same video [default: random]
    #[arg(
        long,
        value_name = "N",
        allow_hyphen_values = true,
        help_heading = "Content"
    )]
    pub(crate) seed: Option<String>,
    /// Make N videos, with seeds SEED, SEED+1, …
    #[arg(
        long,
        value_name = "N",
        allow_hyphen_values = true,
        help_heading = "Content"
    )]
    pub(crate) count: Option<String>,
    /// Make a video of each line, a JSON object of these options; `-` reads standard input
    #[arg(long, value_name = "FILE", help_heading = "Content")]
    pub(crate) batch: Option<String>,

    /// Size and care [default: standard]
    #[arg(long, value_parser = OneOf::<Quality>::new(), value_name = "QUALITY", help_heading = "Look and sound")]
    pub(crate) quality: Option<String>,
    /// Shape of the frame [default: 9:16]
    #[arg(long, value_parser = OneOf::<Aspect>::new(), value_name = "ASPECT", help_heading = "Look and sound")]
    pub(crate) aspect: Option<String>,
    /// Frames per second, 1 to 120
    #[arg(
        long,
        value_name = "FPS",
        allow_hyphen_values = true,
        help_heading = "Look and sound"
    )]
    pub(crate) fps: Option<String>,
    /// What the video is compressed as [default: h264]
    #[arg(long, value_parser = OneOf::<Codec>::new(), value_name = "CODEC", help_heading = "Look and sound")]
    pub(crate) codec: Option<String>,
    /// What compresses it; auto takes hardware that works [default: auto]
    #[arg(long, value_parser = OneOf::<EncoderChoice>::new(), value_name = "ENCODER", help_heading = "Look and sound")]
    pub(crate) encoder: Option<String>,
    /// Who writes the script
    #[arg(long, value_parser = OneOf::<WriterChoice>::new(), value_name = "WRITER", help_heading = "Look and sound")]
    pub(crate) writer: Option<String>,
    /// Who makes the pictures
    #[arg(long, value_parser = OneOf::<PainterChoice>::new(), value_name = "PAINTER", help_heading = "Look and sound")]
    pub(crate) painter: Option<String>,
    /// Let ComfyUI paint with this workflow of yours, exported in API format
    #[arg(long, value_name = "FILE", help_heading = "Look and sound")]
    pub(crate) workflow: Option<String>,
    /// Let ComfyUI change its model by this LoRA, with a strength if it is not to be 1; may be given several times
    #[arg(long, value_name = "NAME[:STRENGTH]", help_heading = "Look and sound")]
    pub(crate) lora: Vec<String>,
    /// Steps ComfyUI takes for a picture, 1 to 200 [default: by quality and model]
    #[arg(
        long,
        value_name = "N",
        allow_hyphen_values = true,
        help_heading = "Look and sound"
    )]
    pub(crate) steps: Option<String>,
    /// How strictly ComfyUI follows the prompt (CFG), 1 to 30 [default: by quality and model]
    #[arg(
        long,
        value_name = "N",
        allow_hyphen_values = true,
        help_heading = "Look and sound"
    )]
    pub(crate) cfg: Option<String>,
    /// Sampler of ComfyUI, by its name there
    #[arg(long, value_name = "NAME", help_heading = "Look and sound")]
    pub(crate) sampler: Option<String>,
    /// What no picture may show, in words
    #[arg(long, value_name = "TEXT", help_heading = "Look and sound")]
    pub(crate) negative: Option<String>,
    /// Size ComfyUI paints, as 768x1344; the video keeps its own
    #[arg(long, value_name = "WxH", help_heading = "Look and sound")]
    pub(crate) size: Option<String>,
    /// Who speaks
    #[arg(long, value_parser = OneOf::<SpeechChoice>::new(), value_name = "SPEAKER", help_heading = "Look and sound")]
    pub(crate) speech: Option<String>,
    /// Voice of the speaker, by key
    #[arg(long, value_name = "KEY", help_heading = "Look and sound")]
    pub(crate) voice: Option<String>,
    /// A file, a directory of files or of a folder for each genre, an address, `builtin` or `none`
    #[arg(
        long,
        value_name = "FILE|DIR|URL|NAME",
        help_heading = "Look and sound"
    )]
    pub(crate) music: Option<String>,
    /// How captions are shown [default: karaoke]
    #[arg(long, value_parser = OneOf::<CaptionChoice>::new(), value_name = "CAPTIONS", help_heading = "Look and sound")]
    pub(crate) captions: Option<String>,
    /// Look of the captions, by name
    #[arg(long, value_name = "NAME", help_heading = "Look and sound")]
    pub(crate) style: Option<String>,
    /// Where the video will be shown; captions keep clear of what is laid over it there [default: any]
    #[arg(long, value_parser = OneOf::<PlatformChoice>::new(), value_name = "PLATFORM", help_heading = "Look and sound")]
    pub(crate) platform: Option<String>,
    /// How pictures and clips of yours fill the frame: cut to it, or whole on a blurred copy of themselves [default: cover]
    #[arg(long, value_parser = OneOf::<FitChoice>::new(), value_name = "FIT", help_heading = "Look and sound")]
    pub(crate) fit: Option<String>,
    /// Volume of the sound that clips of yours have, under the narration: 0 to 2, where 1 is as it was recorded [default: 0]
    #[arg(
        long,
        value_name = "VOLUME",
        allow_hyphen_values = true,
        help_heading = "Look and sound"
    )]
    pub(crate) clip_sound: Option<String>,
    /// Show the title over the first scene for two seconds
    #[arg(long, help_heading = "Look and sound")]
    pub(crate) title_card: bool,
    /// End with this text over the last picture, darkened and blurred
    #[arg(
        long,
        value_name = "TEXT",
        allow_hyphen_values = true,
        help_heading = "Look and sound"
    )]
    pub(crate) end_card: Option<String>,
    /// Length of the end card, 1 to 10; --duration includes it [default: 2]
    #[arg(
        long,
        value_name = "SECONDS",
        allow_hyphen_values = true,
        help_heading = "Look and sound"
    )]
    pub(crate) end_card_seconds: Option<String>,
    /// Lay this picture (PNG, WebP or JPEG) over every frame
    #[arg(long, value_name = "FILE", help_heading = "Look and sound")]
    pub(crate) watermark: Option<String>,
    /// Where the watermark stands [default: top-right]
    #[arg(long, value_parser = OneOf::<WatermarkCorner>::new(), value_name = "CORNER", help_heading = "Look and sound")]
    pub(crate) watermark_corner: Option<String>,
    /// Its width, 0.02 to 0.5 of the frame's [default: 0.16]
    #[arg(
        long,
        value_name = "FRACTION",
        allow_hyphen_values = true,
        help_heading = "Look and sound"
    )]
    pub(crate) watermark_width: Option<String>,
    /// Its opacity, 0 to 1 [default: 0.8]
    #[arg(
        long,
        value_name = "FRACTION",
        allow_hyphen_values = true,
        help_heading = "Look and sound"
    )]
    pub(crate) watermark_opacity: Option<String>,

    /// Directory of the videos [default: videos]
    #[arg(long, value_name = "DIR", help_heading = "Output")]
    pub(crate) output_dir: Option<String>,
    /// Base name of the files; made from the topic otherwise. Nothing is ever replaced
    #[arg(long, value_name = "NAME", help_heading = "Output")]
    pub(crate) name: Option<String>,
    /// Print one JSON object a line on standard output
    #[arg(long, help_heading = "Output")]
    pub(crate) json: bool,
    /// Check everything and show the plan; make nothing
    #[arg(long, help_heading = "Output")]
    pub(crate) dry_run: bool,

    /// Ask nobody but this machine and the servers that you have named
    #[arg(long, help_heading = "Behaviour")]
    pub(crate) offline: bool,
    /// Fail rather than use a lesser way, of any part or of these: script, voice, picture, music
    #[arg(
        long,
        value_name = "PARTS",
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = "true",
        help_heading = "Behaviour"
    )]
    pub(crate) strict: Option<String>,
    /// Take this lesser way where what is asked for by name fails, as picture=builtin; may be given several times
    #[arg(long, value_name = "PART=NAME", help_heading = "Behaviour")]
    pub(crate) accept: Vec<String>,
    /// Plan pictures as if so much graphics memory were free, as 6GiB
    #[arg(long, value_name = "SIZE", help_heading = "Behaviour")]
    pub(crate) free_vram: Option<String>,
    /// Unload language models of others when pictures need the graphics memory
    #[arg(long, help_heading = "Behaviour")]
    pub(crate) evict_others: bool,
    /// Keep at most this much of pictures and speech for later batches; 0 keeps nothing [default: 3GiB]
    #[arg(long, value_name = "SIZE", help_heading = "Behaviour")]
    pub(crate) cache_limit: Option<String>,
    /// Never ask
    #[arg(long, help_heading = "Behaviour")]
    pub(crate) yes: bool,
}

impl GenerateArgs {
    /// The flags that are settings: setting, flag, value.
    pub(crate) fn settings(&self) -> impl Iterator<Item = (&'static str, &'static str, String)> {
        let on = |flag: bool| flag.then(|| "true".to_owned());
        [
            ("genre", "--genre", self.genre.clone()),
            ("quality", "--quality", self.quality.clone()),
            ("aspect", "--aspect", self.aspect.clone()),
            ("fps", "--fps", self.fps.clone()),
            ("codec", "--codec", self.codec.clone()),
            ("encoder", "--encoder", self.encoder.clone()),
            ("duration", "--duration", self.duration.clone()),
            ("language", "--language", self.language.clone()),
            ("writer", "--writer", self.writer.clone()),
            ("painter", "--painter", self.painter.clone()),
            ("comfyui_workflow", "--workflow", self.workflow.clone()),
            (
                "comfyui_loras",
                "--lora",
                (!self.lora.is_empty()).then(|| self.lora.join(",")),
            ),
            ("comfyui_steps", "--steps", self.steps.clone()),
            ("comfyui_cfg", "--cfg", self.cfg.clone()),
            ("comfyui_sampler", "--sampler", self.sampler.clone()),
            ("comfyui_negative", "--negative", self.negative.clone()),
            ("comfyui_size", "--size", self.size.clone()),
            ("speech", "--speech", self.speech.clone()),
            ("voice", "--voice", self.voice.clone()),
            ("music", "--music", self.music.clone()),
            ("captions", "--captions", self.captions.clone()),
            ("style", "--style", self.style.clone()),
            ("platform", "--platform", self.platform.clone()),
            ("fit", "--fit", self.fit.clone()),
            ("clip_sound", "--clip-sound", self.clip_sound.clone()),
            ("title_card", "--title-card", on(self.title_card)),
            ("end_card", "--end-card", self.end_card.clone()),
            (
                "end_card_seconds",
                "--end-card-seconds",
                self.end_card_seconds.clone(),
            ),
            ("watermark", "--watermark", self.watermark.clone()),
            (
                "watermark_corner",
                "--watermark-corner",
                self.watermark_corner.clone(),
            ),
            (
                "watermark_width",
                "--watermark-width",
                self.watermark_width.clone(),
            ),
            (
                "watermark_opacity",
                "--watermark-opacity",
                self.watermark_opacity.clone(),
            ),
            ("output_dir", "--output-dir", self.output_dir.clone()),
            ("offline", "--offline", on(self.offline)),
            ("strict", "--strict", self.strict.clone()),
            (
                "accept",
                "--accept",
                (!self.accept.is_empty()).then(|| self.accept.join(",")),
            ),
            ("free_vram", "--free-vram", self.free_vram.clone()),
            ("evict_others", "--evict-others", on(self.evict_others)),
            ("cache_limit", "--cache-limit", self.cache_limit.clone()),
        ]
        .into_iter()
        .filter_map(|(key, flag, value)| Some((key, flag, value?)))
    }
}

/// `videogen resume`
#[derive(Debug, Args)]
pub(crate) struct ResumeArgs {
    /// Its name, as `videogen batches` lists it [default: the newest that is not finished]
    #[arg(value_name = "BATCH")]
    pub(crate) batch: Option<String>,
    /// Go on although it was begun on another machine, for a disk that was moved or is shared. That machine must not be
    /// making it any more: this is looked at, but a machine that cannot be seen cannot be asked
    #[arg(long)]
    pub(crate) here: bool,
    /// Keep at most this much of pictures and speech for later batches; 0 keeps nothing [default: 3GiB]
    #[arg(long, value_name = "SIZE")]
    pub(crate) cache_limit: Option<String>,
    /// Print one JSON object a line on standard output
    #[arg(long)]
    pub(crate) json: bool,
}

/// `videogen improve`
#[derive(Debug, Args)]
#[command(
    after_help = "A new take lies beside the old one. What was as wished for is not made again: pictures and speech are taken from the cache, the script from the manifest."
)]
pub(crate) struct ImproveArgs {
    /// A batch by its name, or a video by its MP4 or manifest [default: the newest batch]
    #[arg(value_name = "BATCH|VIDEO")]
    pub(crate) what: Option<String>,
    /// Put the new take in the place of the old one
    #[arg(long)]
    pub(crate) replace: bool,
    /// List what could be better and what it takes; make nothing
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// Keep at most this much of pictures and speech for later batches; 0 keeps nothing [default: 3GiB]
    #[arg(long, value_name = "SIZE")]
    pub(crate) cache_limit: Option<String>,
    /// Print one JSON object a line on standard output
    #[arg(long)]
    pub(crate) json: bool,
}

/// `videogen batches`
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(crate) struct BatchesArgs {
    #[command(subcommand)]
    pub(crate) command: Option<BatchesCommand>,
    /// Print one JSON object a line on standard output
    #[arg(long)]
    pub(crate) json: bool,
}

/// What to do with a batch.
#[derive(Debug, Subcommand)]
pub(crate) enum BatchesCommand {
    /// Remove a batch from the list, with what is kept for resuming it; its videos stay
    Forget {
        /// Its name
        #[arg(value_name = "BATCH")]
        batch: String,
    },
}

/// `videogen status`
#[derive(Debug, Args)]
pub(crate) struct StatusArgs {
    /// Its name [default: the one that is running, or the newest]
    #[arg(value_name = "BATCH")]
    pub(crate) batch: Option<String>,
    /// Print it once as JSON on standard output
    #[arg(long)]
    pub(crate) json: bool,
}

/// `videogen cache`
#[derive(Debug, Args)]
pub(crate) struct CacheArgs {
    #[command(subcommand)]
    pub(crate) command: CacheCommand,
}

/// What to do with the cache.
#[derive(Debug, Subcommand)]
pub(crate) enum CacheCommand {
    /// Print what is in it
    Stats {
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Read all of it, and remove what is damaged
    Verify,
    /// Remove what was not used for longest
    Prune {
        /// Until it has this size, as 500MB or 1GiB [default: the setting cache_limit]
        #[arg(long, value_name = "SIZE")]
        to: Option<ByteSize>,
    },
    /// Remove everything
    Clear,
}

/// `videogen write`
#[derive(Debug, Args)]
#[command(
    override_usage = "videogen write [OPTIONS] TOPIC",
    after_help = "With -v what the language model is asked is shown as well. The JSON is what\n`videogen generate --script` takes:\n  \
    videogen write \"the deep sea\" --language de --json > sea.json\n  \
    videogen generate --script sea.json"
)]
pub(crate) struct WriteArgs {
    /// What the script is about, in quotes. After `--` it may begin with a dash
    #[arg(value_name = "TOPIC", num_args = 0..)]
    pub(crate) topic: Vec<String>,
    /// Kind of video; the topic decides otherwise
    #[arg(long, value_parser = OneOf::<Genre>::new(), value_name = "GENRE")]
    pub(crate) genre: Option<String>,
    /// Language of the script, such as en, de, pt-BR
    #[arg(long, value_name = "TAG")]
    pub(crate) language: Option<String>,
    /// Length of the video in seconds, 3 to 600 [default: 30]
    #[arg(long, value_name = "SECONDS", allow_hyphen_values = true)]
    pub(crate) duration: Option<String>,
    /// Number of scenes, 1 to 40
    #[arg(long, value_name = "N", allow_hyphen_values = true)]
    pub(crate) scenes: Option<String>,
    /// Where every choice comes from; same seed, same question [default: random]
    #[arg(long, value_name = "N", allow_hyphen_values = true)]
    pub(crate) seed: Option<String>,
    /// Who writes the script
    #[arg(long, value_parser = OneOf::<WriterChoice>::new(), value_name = "WRITER")]
    pub(crate) writer: Option<String>,
    /// Ask with the prompts in this directory; what it lacks is built in
    #[arg(long, value_name = "DIR")]
    pub(crate) prompts: Option<String>,
    /// Write the built-in prompts into this directory, to be changed, and nothing else
    #[arg(long, value_name = "DIR", conflicts_with_all = ["topic", "json"])]
    pub(crate) init_prompts: Option<String>,
    /// Print the script as JSON
    #[arg(long)]
    pub(crate) json: bool,
}

/// `videogen plan`
#[derive(Debug, Args)]
#[command(
    after_help = "Needs no service and paints nothing. Plans for a card that is not here when its\nmemory is given:\n  \
    videogen plan --gpu \"RTX A2000\" --total-vram 12GiB --free-vram 6GiB --model sdxl"
)]
pub(crate) struct PlanArgs {
    /// Only this quality
    #[arg(long, value_parser = OneOf::<Quality>::new(), value_name = "QUALITY")]
    pub(crate) quality: Option<String>,
    /// Shape of the picture
    #[arg(long, value_parser = OneOf::<Aspect>::new(), value_name = "ASPECT")]
    pub(crate) aspect: Option<String>,
    /// Model family (sd15, sdxl, flux, …) or the name of a model file [default: sd15]
    #[arg(long, value_name = "MODEL")]
    pub(crate) model: Option<String>,
    /// Plan as if so much memory of the card were free, as 6GiB
    #[arg(long, value_name = "SIZE")]
    pub(crate) free_vram: Option<ByteSize>,
    /// Plan as if the card had so much memory
    #[arg(long, value_name = "SIZE")]
    pub(crate) total_vram: Option<ByteSize>,
    /// The card: number or part of the name of one that is here, or any name
    #[arg(long, value_name = "NAME")]
    pub(crate) gpu: Option<String>,
    /// Print JSON
    #[arg(long)]
    pub(crate) json: bool,
}

/// `videogen doctor`
#[derive(Debug, Args)]
pub(crate) struct DoctorArgs {
    /// Check this directory of the videos [default: videos]
    #[arg(long, value_name = "DIR")]
    pub(crate) output_dir: Option<String>,
    /// Print JSON on standard output
    #[arg(long)]
    pub(crate) json: bool,
}

/// `videogen config`
#[derive(Debug, Args)]
pub(crate) struct ConfigArgs {
    #[command(subcommand)]
    pub(crate) command: ConfigCommand,
}

/// What to do with settings.
#[derive(Debug, Subcommand)]
pub(crate) enum ConfigCommand {
    /// Print every setting with its value and where it comes from
    Show {
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Print where the configuration file is, or would be
    Path,
    /// Write a configuration file with every key, commented out
    Init {
        /// Replace a file that is there
        #[arg(long)]
        force: bool,
    },
    /// Print the JSON Schema of the configuration file
    Schema,
}

/// `videogen completions`
#[derive(Debug, Args)]
pub(crate) struct CompletionsArgs {
    /// The shell
    pub(crate) shell: Shell,
}

/// Lists the names of a choice in help and completions, and takes any text: the settings check it, with one message
/// for flags, environment and file.
#[derive(Debug)]
struct OneOf<C>(std::marker::PhantomData<fn() -> C>);

impl<C> OneOf<C> {
    const fn new() -> Self {
        Self(std::marker::PhantomData)
    }
}

impl<C> Clone for OneOf<C> {
    fn clone(&self) -> Self {
        Self::new()
    }
}

impl<C: Choice> TypedValueParser for OneOf<C> {
    type Value = String;

    fn parse_ref(
        &self,
        command: &clap::Command,
        _: Option<&clap::Arg>,
        value: &OsStr,
    ) -> Result<String, clap::Error> {
        value
            .to_str()
            .map(str::to_owned)
            .ok_or_else(|| clap::Error::new(ErrorKind::InvalidUtf8).with_cmd(command))
    }

    fn possible_values(&self) -> Option<Box<dyn Iterator<Item = PossibleValue> + '_>> {
        Some(Box::new(names::<C>().into_iter().map(PossibleValue::new)))
    }
}
