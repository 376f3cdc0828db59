//! What a machine has and lacks, one finding at a time.

mod card;

use camino::Utf8Path;
use serde::Serialize;
use tokio_util::sync::CancellationToken;
use videogen_media::{
    Codec, EncodeSettings, EncoderTrial, Encoders, Ffmpeg, Fonts, describe_trials,
};
use videogen_net::{RefusedServer, TrafficMeter};
use videogen_picture::{ComfyServers, PaintWith};
use videogen_process::Supervisor;
use videogen_script::LlmServers;
use videogen_text::chain;
use videogen_tts::{EspeakNg, Flite, PiperCli, SpeechServer, Synthesizer, ask_speech_servers};
use videogen_types::{Aspect, Choice as _, Command, Hint, Package, Quality, Stage};

use crate::Error;
use crate::plan;
use crate::toolkit::ToolkitConfig;

/// One thing that was looked at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// What it is.
    pub name: String,
    /// How it stands.
    pub state: CheckState,
    /// In words.
    pub detail: String,
    /// What to do.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fix: Option<Hint>,
}

/// How something stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum CheckState {
    /// As it should be.
    Ok,
    /// Videos are made, but they could be better.
    Note,
    /// No video can be made.
    Problem,
}

fn finding(name: &str, state: CheckState, detail: impl Into<String>, fix: Option<Hint>) -> Finding {
    Finding {
        name: name.to_owned(),
        state,
        detail: detail.into(),
        fix,
    }
}

fn fine(name: &str, detail: impl Into<String>) -> Finding {
    finding(name, CheckState::Ok, detail, None)
}

fn problem(name: &str, error: &dyn std::error::Error, fix: Option<Hint>) -> Finding {
    finding(name, CheckState::Problem, chain(error), fix)
}

/// A setting to set in a configuration.
fn configure(set: &'static str) -> Hint {
    Hint::default()
        .aside("", Command::ConfigInit, ", then ")
        .words(set)
}

/// Texts whose fonts are looked for, with what they are.
const SCRIPTS: [(&str, &str); 6] = [
    ("Cyrillic", "Привет"),
    ("Chinese, Japanese, Korean", "汉字かな한글"),
    ("Arabic", "مرحبا"),
    ("Devanagari", "नमस्ते"),
    ("Thai", "สวัสดี"),
    ("emoji", "🎉"),
];

/// Looks at everything a video needs, among it what ComfyUI is to paint `with`. Writes nothing that stays.
pub async fn examine(
    tools: &ToolkitConfig,
    with: &PaintWith,
    output_dir: &Utf8Path,
    temp_dir: &Utf8Path,
    cancel: &CancellationToken,
) -> Vec<Finding> {
    let supervisor = Supervisor::new();
    let path_var = tools.path_var.as_deref();
    let mut findings = Vec::new();

    // Asked afresh, whatever is kept of it: here the truth is wanted.
    let (own, program) = (supervisor.clone(), tools.ffmpeg.as_deref());
    match Ffmpeg::discover(own, program, path_var, cancel).await {
        Ok(ffmpeg) => {
            let detail = format!("{} at {}", ffmpeg.version(), ffmpeg.path());
            findings.push(fine("ffmpeg", detail));
            findings.push(encoders(ffmpeg, temp_dir, cancel).await);
        }
        Err(error) => findings.push(problem("ffmpeg", &error, error.help())),
    }
    findings.push(speaker(
        "flite",
        Flite::discover(&supervisor, tools.flite.as_deref(), path_var).await,
        Hint::of(Package::System("flite")),
    ));
    findings.push(speaker(
        "espeak-ng",
        EspeakNg::discover(&supervisor, tools.espeak_ng.as_deref(), path_var).await,
        Hint::of(Package::System("espeak-ng")),
    ));
    findings.extend(piper(tools, &supervisor).await);
    findings.extend(speech_servers(tools).await);
    findings.extend(writers(tools).await);
    findings.extend(painters(tools, with).await);
    findings.extend(card::cards(cancel).await);
    findings.extend(fonts(tools).await);
    findings.push(match plan::room(output_dir) {
        Ok(free) => fine("output", format!("{output_dir}, {} GiB free", free >> 30)),
        Err(error) => problem("output", &error, error.help()),
    });
    findings.push(match plan::room(temp_dir) {
        Ok(_) => fine("scratch", temp_dir.as_str()),
        Err(error) => {
            let fix = "set TMPDIR to a directory that can be written";
            problem("scratch", &error, Some(fix.into()))
        }
    });
    findings.push(machine());
    findings
}

/// Piper, and its voices.
async fn piper(tools: &ToolkitConfig, supervisor: &Supervisor) -> Vec<Finding> {
    let note = |detail: &str, fix| vec![finding("piper", CheckState::Note, detail, fix)];
    let Some(piper) = &tools.piper else {
        let detail = "no Piper voice is configured; a simpler voice speaks";
        return note(detail, Some(Hint::of(Command::SetUpVoice)));
    };
    let (program, path_var) = (piper.program.as_deref(), tools.path_var.as_deref());
    match PiperCli::discover_voices(supervisor, program, path_var, piper.voices()).await {
        Ok(Some(voices)) => {
            let each = voices.into_iter().map(|voice| match voice {
                Ok(voice) => {
                    let detail = format!("{}, {}", voice.version(), voice.voices()[0].key);
                    fine("piper", detail)
                }
                Err(error) => finding("piper", CheckState::Note, chain(&error), error.help()),
            });
            each.collect()
        }
        Ok(None) => {
            let install = Hint::of(Package::Python("piper-tts"));
            let fix = install.words(", or set `program` under [piper]");
            note("not installed", Some(fix))
        }
        Err(error) => note(&chain(&error), error.help()),
    }
}

/// The language models.
async fn writers(tools: &ToolkitConfig) -> Vec<Finding> {
    const NAME: &str = "writer";
    let servers = match LlmServers::open(&tools.llm).await {
        Ok(Some(servers)) => servers,
        Ok(None) => {
            return vec![finding(
                NAME,
                CheckState::Note,
                "the built-in writer writes; no language model is configured",
                Some(configure("set `llm_url`")),
            )];
        }
        Err(error) => {
            let error = Error::new(Stage::Preflight, error);
            return vec![problem(NAME, &error, error.help())];
        }
    };
    let asked = servers.asked().await;
    of_servers(NAME, asked.usable.clone(), &asked.refused)
}

/// The servers that speak; nothing is missing where there is none.
async fn speech_servers(tools: &ToolkitConfig) -> Vec<Finding> {
    const NAME: &str = "speech server";
    match ask_speech_servers(&tools.speech, &TrafficMeter::default()).await {
        Ok(asked) => {
            let usable = asked.speakers.iter().map(SpeechServer::about);
            of_servers(NAME, usable.collect(), &asked.refused)
        }
        Err(error) => vec![problem(NAME, &error, error.help())],
    }
}

/// Servers of a kind: those that can be used, in a few words each, and the others.
fn of_servers(name: &str, usable: Vec<String>, refused: &[RefusedServer]) -> Vec<Finding> {
    let refused = refused.iter().map(|refused| {
        let fix = refused.hint.clone();
        let fix = fix.or_else(|| Some("start it, or take it out of the configuration".into()));
        finding(name, CheckState::Note, refused.reason.as_str(), fix)
    });
    let usable = usable.into_iter().map(|about| fine(name, about));
    usable.chain(refused).collect()
}

/// The ComfyUI servers, and what they are to paint with.
async fn painters(tools: &ToolkitConfig, with: &PaintWith) -> Vec<Finding> {
    const NAME: &str = "painter";
    const SLOW: &str =
        "see whether PyTorch there was built for the card, or take --cpu out of its command";
    let Some(servers) = ComfyServers::new(tools.comfyui.clone()) else {
        return vec![finding(
            NAME,
            CheckState::Note,
            "the built-in painter paints; no ComfyUI server is configured",
            Some(configure("set `comfyui_url`")),
        )];
    };
    let asked = servers.asked().await;
    let would = servers.would_start().await;
    let first = tools.comfyui.servers[0].to_string();
    let usable = asked.usable.iter();
    let usable = usable.map(|about| finding(NAME, CheckState::Ok, about.as_str(), None));
    // One that will be started need not be there.
    let refused = asked.refused.iter();
    let refused = refused.filter(|reason| would.is_none() || !reason.starts_with(&first));
    let refused = refused.map(|reason| {
        let fix = "start the server, give it a checkpoint, or take it out of the configuration";
        finding(NAME, CheckState::Note, reason.as_str(), Some(fix.into()))
    });
    let doubts = asked.doubts.iter();
    let doubts = doubts.map(|doubt| finding(NAME, CheckState::Note, doubt.as_str(), None));
    let slow = asked.slow.iter();
    let slow = slow.map(|why| finding(NAME, CheckState::Note, why.as_str(), Some(SLOW.into())));
    let would = would.map(|what| finding(NAME, CheckState::Ok, what, None));
    let models = asked.models.iter();
    let models = models.map(|what| finding("model", CheckState::Ok, what.as_str(), None));
    let all = usable
        .chain(models)
        .chain(would)
        .chain(slow)
        .chain(refused)
        .chain(doubts);
    let mut findings: Vec<Finding> = all.collect();
    if !with.is_plain() {
        findings.extend(painting_with(&servers, with, &asked.refused).await);
    }
    findings
}

/// What a user brings, on servers of which those that are `known` to be of no use have been told.
async fn painting_with(servers: &ComfyServers, with: &PaintWith, known: &[String]) -> Vec<Finding> {
    let name = if with.workflow.is_some() {
        "workflow"
    } else {
        "LoRA"
    };
    let found = match servers
        .painting_with(with, (Quality::Standard, Aspect::Portrait))
        .await
    {
        Ok(found) => found,
        Err(error) => return vec![finding(name, CheckState::Note, chain(&error), error.help())],
    };
    let mut findings = Vec::new();
    if found.painter.is_some() {
        let what = match &with.workflow {
            Some(file) => format!("{file} can be run"),
            None => {
                let loras: Vec<String> = with.loras.iter().map(ToString::to_string).collect();
                format!("{} can be used", loras.join(", "))
            }
        };
        findings.push(finding(name, CheckState::Ok, what, None));
    }
    let refused = found.refused.iter().filter(|why| !known.contains(why));
    findings.extend(refused.map(|why| {
        let fix = "install on the server what it lacks, or paint without it";
        finding(name, CheckState::Note, why.as_str(), Some(fix.into()))
    }));
    findings
}

/// The hardware encoders, each tried with a few frames.
async fn encoders(ffmpeg: Ffmpeg, temp_dir: &Utf8Path, cancel: &CancellationToken) -> Finding {
    const NAME: &str = "hardware encoders";
    let quality = Quality::Standard;
    let format = (quality.size(Aspect::Portrait), quality.rate());
    let encoders = Encoders::new(ffmpeg, temp_dir.to_owned());
    let mut trials = Vec::new();
    for &(_, codec) in Codec::ALL {
        match encoders
            .trials(&EncodeSettings::FINE, codec, format, cancel)
            .await
        {
            Ok(more) => trials.extend(more),
            Err(error) => return finding(NAME, CheckState::Note, chain(&error), error.help()),
        }
    }
    let detail = if trials.iter().any(EncoderTrial::proven) {
        describe_trials(&trials)
    } else {
        format!("none, the processor encodes ({})", describe_trials(&trials))
    };
    // Without one nothing is missing but speed.
    finding(NAME, CheckState::Ok, detail, None)
}

/// Cores and memory.
fn machine() -> Finding {
    const MIB: u64 = 1024 * 1024;
    /// What FFmpeg and this process take together for a render at `standard`.
    const WANTED_MIB: u64 = 700;
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let memory = sysinfo::MemoryRefreshKind::nothing().with_ram();
    let Ok(system) =
        sysinfo::System::new_with_specifics(sysinfo::RefreshKind::nothing().with_memory(memory))
    else {
        return fine("machine", format!("{cores} cores, memory unknown"));
    };
    let (free, total) = (system.available_memory() / MIB, system.total_memory() / MIB);
    let detail = format!("{cores} cores, {free} of {total} MiB memory available");
    if free < WANTED_MIB {
        let fix = "close something: a render takes 300 to 900 MiB";
        finding("machine", CheckState::Note, detail, Some(fix.into()))
    } else {
        fine("machine", detail)
    }
}

fn speaker<S: Synthesizer>(
    name: &str,
    found: Result<Option<S>, videogen_tts::Error>,
    fix: Hint,
) -> Finding {
    match found {
        Ok(Some(speaker)) => {
            let voices = speaker.voices().len();
            let plural = if voices == 1 { "" } else { "s" };
            let version = speaker.version();
            fine(name, format!("{version}, {voices} voice{plural}"))
        }
        Ok(None) => finding(name, CheckState::Note, "not installed", Some(fix)),
        Err(error) => finding(name, CheckState::Note, chain(&error), error.help()),
    }
}

async fn fonts(tools: &ToolkitConfig) -> Vec<Finding> {
    let directories = tools.font_dirs.clone();
    let looked = tokio::task::spawn_blocking(move || {
        let fonts = Fonts::for_text(SCRIPTS.iter().map(|(_, sample)| *sample), &directories)?;
        let missing = |(name, sample): &(&'static str, &'static str)| {
            let missing = fonts.missing(sample);
            (!missing.is_empty()).then(|| (*name, Fonts::suggestion(&missing)))
        };
        Ok::<_, videogen_media::Error>(SCRIPTS.iter().filter_map(missing).collect::<Vec<_>>())
    })
    .await;
    match looked {
        Ok(Ok(missing)) if missing.is_empty() => {
            let all = "Latin, Cyrillic, CJK, Arabic, Devanagari, Thai, emoji";
            vec![fine("fonts", all)]
        }
        Ok(Ok(missing)) => missing
            .into_iter()
            .map(|(name, package)| {
                let fix = package.map(|package| {
                    Hint::of(Package::System(package)).aside(", or ", Command::SetUpFonts, "")
                });
                let detail = format!("no font for {name}");
                finding("fonts", CheckState::Note, detail, fix)
            })
            .collect(),
        Ok(Err(error)) => vec![problem("fonts", &error, error.help())],
        Err(error) => vec![problem("fonts", &error, None)],
    }
}
