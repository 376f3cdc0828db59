//! The table of settings. Configuration file, environment, flags, template, schema and `config show` all follow it.

use std::borrow::Cow;
use std::fmt::Display;
use std::str::FromStr;

use videogen_core::{
    Codec, EncoderChoice, EndCardSeconds, EndCardText, WatermarkCorner, WatermarkOpacity,
    WatermarkWidth,
};
use videogen_net::ServerUrl;
use videogen_picture::{
    CfgScale, CommandLine, LoraChoice, ModelFamily, NegativePrompt, PictureSize, SamplerName,
    StepCount,
};
use videogen_text::shown;
use videogen_types::{
    Accepted, Aspect, ByteSize, CaptionChoice, Choice, ClipVolume, Duration, FitChoice, Genre,
    InvalidValue, Language, MusicChoice, PainterChoice, PlatformChoice, Quality, SpeechChoice,
    Strict, WriterChoice,
};

use super::mirrors::MirrorHost;
use crate::exit_code;
use crate::render_error::Failure;

/// One setting.
#[derive(Debug)]
pub(crate) struct Key {
    /// Its name in the configuration file; a dot separates the table from the key.
    pub(crate) name: &'static str,
    /// What kind of value it takes.
    pub(crate) kind: Kind,
    /// Its value when nothing is set.
    pub(crate) default: Option<&'static str>,
    /// What happens when it has no value, for those without a default.
    pub(crate) unset: &'static str,
    /// What it is, in a few words.
    pub(crate) about: &'static str,
    /// A value for the template.
    pub(crate) example: &'static str,
    /// How much of a value may be shown.
    show: Show,
    check: fn(&str) -> Result<(), Wrong>,
}

/// What kind of value a setting takes.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Kind {
    /// One of these names.
    Name(fn() -> Vec<&'static str>),
    /// A number.
    Number,
    /// A whole number.
    Integer,
    /// A frame rate: a number, or text such as `30000/1001`.
    Rate,
    /// Yes or no.
    Flag,
    /// Yes, no, or a list of names.
    FlagOrList,
    /// Text.
    Text,
    /// A file or directory.
    Path,
    /// A program: a path, or a name that is looked for on `PATH`.
    Program,
    /// A path, or one of some names.
    Music,
    /// A list of directories.
    Directories,
    /// A program with its arguments: a list of words; in the environment one text, with quotes.
    Command,
    /// A list of texts, or one text with commas between them.
    List,
}

/// How much of a value may be shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Show {
    /// All of it.
    All,
    /// Addresses without users, passwords and parameters.
    Addresses,
    /// That there is one.
    Nothing,
}

/// Stands for a value that is not shown.
const HIDDEN: &str = "***";

/// Why a value is not allowed.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Wrong {
    /// One sentence.
    pub(crate) message: String,
    /// The next action.
    pub(crate) hint: Option<String>,
    /// The exit status that it leads to.
    pub(crate) code: u8,
}

impl Wrong {
    /// A value that is wrong by what it says.
    pub(crate) fn usage(message: String) -> Self {
        Self {
            message,
            hint: None,
            code: exit_code::USAGE,
        }
    }

    /// The same of what was given with `flag`.
    pub(crate) fn of(self, flag: &str) -> Failure {
        let other = || format!("give {flag} another value, or leave it out");
        Failure {
            kind: "invalid_value",
            code: self.code,
            ..Failure::usage(format!("{flag}: {}", self.message))
        }
        .hint(self.hint.unwrap_or_else(other))
    }
}

impl From<InvalidValue> for Wrong {
    fn from(error: InvalidValue) -> Self {
        Self {
            hint: error.help().as_ref().map(crate::hint::text),
            ..Self::usage(error.to_string())
        }
    }
}

impl Key {
    /// Finds a setting by name.
    pub(crate) fn find(name: &str) -> Option<&'static Self> {
        let all = KEYS.iter().chain(GENRE_KEYS);
        all.into_iter().find(|key| key.name == name)
    }

    /// The table of the configuration file that it stands in; empty where it stands in none.
    pub(crate) fn table(&self) -> &'static str {
        self.name.rsplit_once('.').map_or("", |(table, _)| table)
    }

    /// Its environment variable. The table of programs is left out of the name: `VIDEOGEN_FFMPEG`.
    pub(crate) fn variable(&self) -> String {
        let name = self.name.strip_prefix("programs.").unwrap_or(self.name);
        format!("VIDEOGEN_{}", name.replace('.', "_").to_ascii_uppercase())
    }

    /// What may be shown of a value of this setting.
    pub(crate) fn shown<'a>(&self, text: &'a str) -> Cow<'a, str> {
        match self.show {
            Show::All => text.into(),
            Show::Nothing => HIDDEN.into(),
            Show::Addresses if super::nearby::is_none(text) => text.into(),
            Show::Addresses => {
                let each = text.split(',').map(str::trim).filter(|url| !url.is_empty());
                let each = each.map(|url| url.parse::<ServerUrl>().map(|url| url.to_string()));
                let read: Result<Vec<String>, _> = each.collect();
                read.map_or(HIDDEN.into(), |addresses| addresses.join(", ").into())
            }
        }
    }

    /// Whether `text` is a value of this setting.
    pub(crate) fn check(&self, text: &str) -> Result<(), Wrong> {
        (self.check)(text)
    }
}

/// The names of a choice, in the order they are listed to people.
pub(crate) fn names<C: Choice>() -> Vec<&'static str> {
    C::ALL.iter().map(|(name, _)| *name).collect()
}

fn parses<T: FromStr<Err = InvalidValue>>(text: &str) -> Result<(), Wrong> {
    text.parse::<T>().map(drop).map_err(Wrong::from)
}

/// An address, or that there is no server.
fn server(text: &str) -> Result<(), Wrong> {
    if super::nearby::is_none(text) {
        return Ok(());
    }
    parses::<ServerUrl>(text)
}

fn rate(text: &str) -> Result<(), Wrong> {
    // The type of a frame rate is known by what a quality has.
    fn is<T: FromStr>(text: &str, _: fn(Quality) -> T) -> bool {
        text.parse::<T>().is_ok()
    }
    if is(text, Quality::rate) {
        Ok(())
    } else {
        Err(invalid(
            text,
            "frame rate",
            "1 to 120 frames per second, such as 24, 25, 29.97, 30, 60 or 30000/1001",
        ))
    }
}

/// Yes or no.
pub(super) fn flag(text: &str) -> Result<(), Wrong> {
    parse_flag(text)
        .map(drop)
        .ok_or_else(|| invalid(text, "yes or no", "true, yes, on, 1, false, no, off or 0"))
}

fn whole(text: &str) -> Result<(), Wrong> {
    text.trim()
        .parse::<u32>()
        .map(drop)
        .map_err(|_| invalid(text, "number", "a whole number from 0 to 4294967295"))
}

/// The least of a card that is worth planning with, in MiB.
const LEAST_VRAM: u32 = 512;

fn mebibytes(text: &str) -> Result<(), Wrong> {
    let mebibytes = text.trim().parse::<u32>().ok();
    mebibytes
        .filter(|mebibytes| *mebibytes >= LEAST_VRAM)
        .map(drop)
        .ok_or_else(|| invalid(text, "number", "a whole number of MiB from 512"))
}

fn per_minute(text: &str) -> Result<(), Wrong> {
    let count = text.trim().parse::<std::num::NonZeroU32>();
    count
        .map(drop)
        .map_err(|_| invalid(text, "number", "a whole number from 1"))
}

fn waiting(text: &str) -> Result<(), Wrong> {
    let seconds = text.trim().parse::<u32>().ok();
    seconds
        .filter(|seconds| *seconds <= 3600)
        .map(drop)
        .ok_or_else(|| invalid(text, "number", "a whole number of seconds from 0 to 3600"))
}

/// Tries of a download after the first one.
fn retries(text: &str) -> Result<(), Wrong> {
    let count = text.trim().parse::<u32>().ok();
    count
        .filter(|count| *count <= 100)
        .map(drop)
        .ok_or_else(|| invalid(text, "number of retries", "a whole number from 0 to 100"))
}

/// Seconds in which nothing of a download comes; at most a day.
fn patience(text: &str) -> Result<(), Wrong> {
    let seconds = text.trim().parse::<u32>().ok();
    seconds
        .filter(|seconds| (1..=86_400).contains(seconds))
        .map(drop)
        .ok_or_else(|| {
            invalid(
                text,
                "number of seconds",
                "a whole number of seconds from 1 to 86400",
            )
        })
}

/// Requests a minute to one host; 0 is no limit.
fn requests(text: &str) -> Result<(), Wrong> {
    let count = text.trim().parse::<u32>().ok();
    count
        .filter(|count| *count <= 6000)
        .map(drop)
        .ok_or_else(|| {
            invalid(
                text,
                "number of requests a minute",
                "a whole number from 1 to 6000, or 0 for no limit",
            )
        })
}

/// A word of a command: the command is checked as a whole.
#[expect(clippy::unnecessary_wraps, reason = "a check like the others")]
fn word(_: &str) -> Result<(), Wrong> {
    Ok(())
}

/// The words of a command that is written as one text.
pub(crate) fn command(text: &str) -> Result<Vec<String>, Wrong> {
    let line: CommandLine = text.parse()?;
    let words = std::iter::once(line.program()).chain(line.arguments().iter().map(String::as_str));
    Ok(words.map(str::to_owned).collect())
}

fn not_empty(text: &str) -> Result<(), Wrong> {
    if text.trim().is_empty() {
        Err(invalid(text, "value", "anything that is not empty"))
    } else {
        Ok(())
    }
}

/// A key goes into a header of a request. A wrong one is not shown.
fn secret(text: &str) -> Result<(), Wrong> {
    let text = text.trim();
    if !text.is_empty() && text.chars().all(|c| c.is_ascii_graphic()) {
        return Ok(());
    }
    Err(Wrong::usage(
        "this is not a valid key: allowed are letters, digits and signs of ASCII, without spaces"
            .into(),
    ))
}

fn invalid(text: &str, what: &str, allowed: impl Display) -> Wrong {
    let shown = shown(text, 60);
    Wrong::usage(format!(
        "`{shown}` is not a valid {what}: allowed is {allowed}"
    ))
}

/// Reads yes or no.
pub(crate) fn parse_flag(text: &str) -> Option<bool> {
    match text.trim().to_ascii_lowercase().as_str() {
        "1" | "true" | "yes" | "on" => Some(true),
        "0" | "false" | "no" | "off" => Some(false),
        _ => None,
    }
}

const fn key(
    name: &'static str,
    kind: Kind,
    check: fn(&str) -> Result<(), Wrong>,
    about: &'static str,
) -> Key {
    Key {
        name,
        kind,
        default: None,
        unset: "",
        about,
        example: "",
        show: Show::All,
        check,
    }
}

impl Key {
    const fn or(mut self, default: &'static str) -> Self {
        self.default = Some(default);
        self.example = default;
        self
    }

    const fn shows(mut self, show: Show) -> Self {
        self.show = show;
        self
    }

    const fn else_(mut self, unset: &'static str, example: &'static str) -> Self {
        self.unset = unset;
        self.example = example;
        self
    }
}

/// Every setting, in the order people see them.
pub(crate) const KEYS: &[Key] = &[
    key(
        "genre",
        Kind::Name(names::<Genre>),
        parses::<Genre>,
        "kind of video",
    )
    .else_("the topic decides", "nature"),
    key(
        "quality",
        Kind::Name(names::<Quality>),
        parses::<Quality>,
        "size and care of the video",
    )
    .or("standard"),
    key(
        "aspect",
        Kind::Name(names::<Aspect>),
        parses::<Aspect>,
        "shape of the frame",
    )
    .or("9:16"),
    key("fps", Kind::Rate, rate, "frames per second, 1 to 120")
        .else_("what the quality says", "30"),
    key(
        "codec",
        Kind::Name(names::<Codec>),
        parses::<Codec>,
        "what the video is compressed as",
    )
    .or("h264"),
    key(
        "encoder",
        Kind::Name(names::<EncoderChoice>),
        parses::<EncoderChoice>,
        "what compresses it; auto takes hardware that works",
    )
    .or("auto"),
    key(
        "duration",
        Kind::Number,
        parses::<Duration>,
        "length in seconds, 3 to 600",
    )
    .else_(
        "as long as a given script or narration takes, 30 otherwise",
        "30",
    ),
    key(
        "language",
        Kind::Text,
        parses::<Language>,
        "language of the narration, such as en, de, pt-BR",
    )
    .else_("the text decides", "en"),
    key(
        "writer",
        Kind::Name(names::<WriterChoice>),
        parses::<WriterChoice>,
        "who writes the script",
    )
    .or("auto"),
    key(
        "llm_url",
        Kind::Text,
        server,
        "address of the language model server that writes: Ollama, llama.cpp, LM Studio, vLLM, one like OpenAI's, or none",
    )
    .else_("an Ollama or llama.cpp that answers on its usual port here", "http://127.0.0.1:11434")
    .shows(Show::Addresses),
    key(
        "llm_fallbacks",
        Kind::List,
        parses::<ServerUrl>,
        "more language model servers, in the order they stand in",
    )
    .else_("there are no others", "http://192.168.1.20:11434")
    .shows(Show::Addresses),
    key(
        "llm_model",
        Kind::Text,
        not_empty,
        "language model that writes, by its name on the servers",
    )
    .else_("one that is loaded, a Qwen, or a server's first", "qwen3:8b"),
    key(
        "llm_per_minute",
        Kind::Integer,
        per_minute,
        "most questions that each language model server is asked in a minute",
    )
    .else_("no limit", "20"),
    key(
        "llm_wait",
        Kind::Integer,
        waiting,
        "seconds a language model server that went away in the middle of a batch is waited for; a sixth, at most 30, where the writer is auto",
    )
    .or("180"),
    key(
        "llm_key",
        Kind::Text,
        secret,
        "key that is sent to the language model servers; better in VIDEOGEN_LLM_KEY than in a file others can read",
    )
    .else_("no key is sent", "sk-0123")
    .shows(Show::Nothing),
    key(
        "prompts",
        Kind::Path,
        not_empty,
        "directory with prompts for the language model: system.txt, script.txt, avoid.txt, example.json",
    )
    .else_("the built-in prompts", "prompts"),
    key(
        "painter",
        Kind::Name(names::<PainterChoice>),
        parses::<PainterChoice>,
        "who makes the pictures",
    )
    .or("auto"),
    key(
        "comfyui_url",
        Kind::Text,
        server,
        "address of the ComfyUI server that paints, or none",
    )
    .else_("a ComfyUI that answers on its usual port here", "http://127.0.0.1:8188")
    .shows(Show::Addresses),
    key(
        "comfyui_fallbacks",
        Kind::List,
        parses::<ServerUrl>,
        "more ComfyUI servers, which share the pictures",
    )
    .else_("there are no others", "http://192.168.1.20:8188")
    .shows(Show::Addresses),
    key(
        "comfyui_model",
        Kind::Text,
        not_empty,
        "model file ComfyUI paints with",
    )
    .else_("the best that a server has", "sd_xl_base_1.0.safetensors"),
    key(
        "comfyui_per_minute",
        Kind::Integer,
        per_minute,
        "most pictures that each ComfyUI server is asked for in a minute",
    )
    .else_("no limit", "10"),
    key(
        "comfyui_family",
        Kind::Text,
        parses::<ModelFamily>,
        "kind of checkpoint where neither its name nor its file tells: sdxl, ssd1b, sd15 or sd20",
    )
    .else_("it is planned for with care", "sdxl"),
    key(
        "comfyui_loras",
        Kind::List,
        parses::<LoraChoice>,
        "LoRAs of the server, each with a strength if it is not to be 1",
    )
    .else_("the model alone paints", "detail.safetensors:0.8"),
    key(
        "comfyui_workflow",
        Kind::Path,
        not_empty,
        "workflow of yours in API format, with %prompt% in a node's title or text",
    )
    .else_("the planner makes one", "workflow.json"),
    key(
        "comfyui_steps",
        Kind::Integer,
        parses::<StepCount>,
        "steps ComfyUI takes for a picture, 1 to 200",
    )
    .else_("what the quality says, or the model needs", "30"),
    key(
        "comfyui_cfg",
        Kind::Number,
        parses::<CfgScale>,
        "how strictly ComfyUI follows the prompt (CFG), 1 to 30",
    )
    .else_("what the quality says, or the model needs", "6.5"),
    key(
        "comfyui_sampler",
        Kind::Text,
        parses::<SamplerName>,
        "sampler of ComfyUI, by its name there",
    )
    .else_("what the model needs", "dpmpp_2m"),
    key(
        "comfyui_negative",
        Kind::Text,
        parses::<NegativePrompt>,
        "what no picture may show, in words",
    )
    .else_("what the script says", "people, text"),
    key(
        "comfyui_size",
        Kind::Text,
        parses::<PictureSize>,
        "size ComfyUI paints, as WIDTHxHEIGHT; the video keeps its own",
    )
    .else_("what the quality promises", "768x1344"),
    key(
        "auto_quality_downgrade",
        Kind::Flag,
        flag,
        "let ComfyUI paint smaller pictures, enlarged and reported, where the promised ones do not fit",
    )
    .or("true"),
    key(
        "comfyui_command",
        Kind::Command,
        word,
        "program that starts ComfyUI at comfyui_url on this machine, with its arguments; it ends with the run",
    )
    .else_(
        "a ComfyUI that does not run is not used",
        "venv/bin/python main.py",
    ),
    key(
        "comfyui_directory",
        Kind::Path,
        not_empty,
        "directory comfyui_command works in",
    )
    .else_("the current directory", "/opt/ComfyUI"),
    key(
        "evict_others",
        Kind::Flag,
        flag,
        "unload language models that others have loaded when pictures need the graphics memory",
    )
    .or("false"),
    key(
        "free_vram_after_gen",
        Kind::Flag,
        flag,
        "ask ComfyUI to give its graphics memory back after the last picture",
    )
    .or("false"),
    key(
        "max_vram_mb",
        Kind::Integer,
        mebibytes,
        "most graphics memory that pictures are planned with, in MiB, from 512",
    )
    .else_("all that is free", "6144"),
    key(
        "free_vram",
        Kind::Text,
        parses::<ByteSize>,
        "plan pictures as if so much graphics memory were free, such as 6GiB",
    )
    .else_("what is free counts", "6GiB"),
    key(
        "speech",
        Kind::Name(names::<SpeechChoice>),
        parses::<SpeechChoice>,
        "who speaks",
    )
    .or("auto"),
    key(
        "speech_url",
        Kind::Text,
        server,
        "address of the server that speaks: Piper's, Kokoro-FastAPI, one with OpenAI's speech API, or none",
    )
    .else_("no server speaks", "http://127.0.0.1:8880")
    .shows(Show::Addresses),
    key(
        "speech_fallbacks",
        Kind::List,
        parses::<ServerUrl>,
        "more servers that speak, in the order they stand in",
    )
    .else_("there are no others", "http://192.168.1.20:8880")
    .shows(Show::Addresses),
    key(
        "speech_model",
        Kind::Text,
        not_empty,
        "model that speaks, by its name on the servers with OpenAI's speech API",
    )
    .else_("one of the server's that speaks", "kokoro"),
    key(
        "speech_key",
        Kind::Text,
        secret,
        "key that is sent to the servers that speak; better in VIDEOGEN_SPEECH_KEY than in a file others can read",
    )
    .else_("no key is sent", "sk-0123")
    .shows(Show::Nothing),
    key(
        "voice",
        Kind::Text,
        not_empty,
        "voice of the speaker, by key",
    )
    .else_("the speaker's best", "slt"),
    key(
        "music",
        Kind::Music,
        parses::<MusicChoice>,
        "auto, builtin, none, a file, or a directory of files or of a folder for each genre",
    )
    .or("auto"),
    key(
        "captions",
        Kind::Name(names::<CaptionChoice>),
        parses::<CaptionChoice>,
        "how captions are shown",
    )
    .or("karaoke"),
    key(
        "style",
        Kind::Text,
        not_empty,
        "look of the captions, by name",
    )
    .else_("the first style", "bold"),
    key(
        "platform",
        Kind::Name(names::<PlatformChoice>),
        parses::<PlatformChoice>,
        "where the video will be shown, for the place of captions",
    )
    .or("any"),
    key(
        "fit",
        Kind::Name(names::<FitChoice>),
        parses::<FitChoice>,
        "how pictures and clips of yours fill the frame: cut to it, or whole on a blurred copy of themselves",
    )
    .or("cover"),
    key(
        "clip_sound",
        Kind::Number,
        parses::<ClipVolume>,
        "volume of the sound that clips of yours have, under the narration, 0 to 2: 0 is not at all, 1 as it was recorded",
    )
    .or("0"),
    key(
        "title_card",
        Kind::Flag,
        flag,
        "show the title over the first scene for two seconds",
    )
    .or("false"),
    key(
        "end_card",
        Kind::Text,
        parses::<EndCardText>,
        "text of a card at the end, 1 to 80 characters",
    )
    .else_("the video ends with its last scene", "Follow for more"),
    key(
        "end_card_seconds",
        Kind::Number,
        parses::<EndCardSeconds>,
        "length of the end card in seconds, 1 to 10; part of the duration",
    )
    .or("2"),
    key(
        "watermark",
        Kind::Path,
        not_empty,
        "a picture (PNG, WebP or JPEG) laid over every frame",
    )
    .else_("no watermark", "logo.png"),
    key(
        "watermark_corner",
        Kind::Name(names::<WatermarkCorner>),
        parses::<WatermarkCorner>,
        "where the watermark stands",
    )
    .or("top-right"),
    key(
        "watermark_width",
        Kind::Number,
        parses::<WatermarkWidth>,
        "width of the watermark, 0.02 to 0.5 of the frame's",
    )
    .or("0.16"),
    key(
        "watermark_opacity",
        Kind::Number,
        parses::<WatermarkOpacity>,
        "opacity of the watermark, 0 to 1",
    )
    .or("0.8"),
    key(
        "output_dir",
        Kind::Path,
        not_empty,
        "directory of the videos",
    )
    .or("videos"),
    key(
        "offline",
        Kind::Flag,
        flag,
        "fetch nothing from a network: only this machine and servers that settings name are asked",
    )
    .or("false"),
    key(
        "download_retries",
        Kind::Integer,
        retries,
        "how often a download that fails is tried again, 0 to 100",
    )
    .or("5"),
    key(
        "download_timeout",
        Kind::Integer,
        patience,
        "seconds after which a download of which nothing more comes has failed, 1 to 86400",
    )
    .or("120"),
    key(
        "download_limit",
        Kind::Text,
        parses::<ByteSize>,
        "most bytes a second that downloads take together, such as 2MB; 0B is no limit",
    )
    .else_("no limit", "2MB"),
    key(
        "download_requests",
        Kind::Integer,
        requests,
        "most requests a minute to one host that downloads come from, up to 6000; 0 is no limit",
    )
    .or("0"),
    key(
        "download_music",
        Kind::Flag,
        flag,
        "download a piece for the genre of a video when there is none here and its licence asks for no yes",
    )
    .or("false"),
    key(
        "cdn_fallback",
        Kind::Flag,
        flag,
        "ask the other mirrors of a download when one fails",
    )
    .or("true"),
    key(
        "registry",
        Kind::Path,
        not_empty,
        "registry (TOML) of voices, music, fonts and models that can be fetched beside those that are built in",
    )
    .else_(
        "registry.toml beside the configuration file, if it is there",
        "registry.toml",
    ),
    key(
        "mirror_hosts",
        Kind::List,
        parses::<MirrorHost>,
        "hosts and networks of your own that a registry may name, also with plain http",
    )
    .else_("public hosts only, encrypted", "192.168.1.20"),
    key(
        "assets_dir",
        Kind::Path,
        not_empty,
        "directory of what was fetched: voices, music, fonts, models",
    )
    .else_("the platform's directory for data", "assets"),
    key(
        "assets_limit",
        Kind::Text,
        parses::<ByteSize>,
        "size of what was fetched, such as 500MB or 10GiB; what was not used for longest goes first",
    )
    .or("16GiB"),
    key(
        "strict",
        Kind::FlagOrList,
        parses::<Strict>,
        "fail rather than use a lesser way: true, false, or a list of script, voice, picture, music",
    )
    .or("false"),
    key(
        "accept",
        Kind::List,
        parses::<Accepted>,
        "lesser ways that may stand in for what is asked for by name, as PART=NAME",
    )
    .else_("what is asked for by name is made so or fails", "picture=builtin"),
    key(
        "fonts",
        Kind::Directories,
        not_empty,
        "directories with fonts, beside the system's",
    )
    .else_("the system's fonts only", "fonts"),
    key(
        "cache_limit",
        Kind::Text,
        parses::<ByteSize>,
        "size of what is kept for later batches, such as 500MB or 10GiB; 0 keeps nothing",
    )
    .or("3GiB"),
    key(
        "programs.ffmpeg",
        Kind::Program,
        not_empty,
        "FFmpeg; ffprobe is expected beside it",
    )
    .else_("found on PATH", "/opt/ffmpeg/bin/ffmpeg"),
    key(
        "programs.espeak_ng",
        Kind::Program,
        not_empty,
        "espeak-ng, a speaker for many languages",
    )
    .else_("found on PATH", "/usr/bin/espeak-ng"),
    key(
        "programs.flite",
        Kind::Program,
        not_empty,
        "flite, a speaker for English",
    )
    .else_("found on PATH", "/usr/bin/flite"),
    key(
        "piper.program",
        Kind::Program,
        not_empty,
        "Piper, a speaker that needs a voice",
    )
    .else_("found on PATH", "/opt/piper/piper"),
    key(
        "piper.model",
        Kind::Path,
        not_empty,
        "voice of Piper: KEY.onnx, with KEY.onnx.json beside it",
    )
    .else_("Piper is not used", "voices/en_US-ryan-high.onnx"),
    key(
        "piper.speaker",
        Kind::Integer,
        whole,
        "number of the speaker, for voices with several",
    )
    .else_("the voice's first", "0"),
];

/// What videos of one genre have of their own, in the configuration file.
macro_rules! genre_keys {
    ($($genre:literal),*) => {
        &[$(
            key(
                concat!("genre.", $genre, ".voice"),
                Kind::Text,
                not_empty,
                "voice of videos of this genre, by key",
            )
            .else_("the setting voice", "slt"),
            key(
                concat!("genre.", $genre, ".music"),
                Kind::Music,
                parses::<MusicChoice>,
                "music of videos of this genre",
            )
            .else_("the setting music", "music"),
        )*]
    };
}

/// The settings of each genre. They are in the configuration file only.
pub(crate) const GENRE_KEYS: &[Key] = genre_keys!(
    "motivational",
    "emotional",
    "tech",
    "nature",
    "history",
    "mystery",
    "general"
);
