//! `whole`: what a topic costs until its video is published, beside the bare encode of the same frames; and `start`: how
//! long the program takes before it works.

use std::fmt::Write as _;

use camino::{Utf8Path, Utf8PathBuf};
use serde_json::Value;
use videogen_media::EncodeSettings;
use videogen_process::{Command, Stdout};

use crate::case::Case;
use crate::figures::Figure;
use crate::stats::Spread;
use crate::studio::{DEADLINE, Footage, Studio};
use crate::usage::{self, Usage};
use crate::worker::Material;
use crate::{peers, render};

/// What is made: the default quality, at its size.
const CASE: &str = "720x1280@30";
/// What is measured of the start, with the most milliseconds it may take. The last has no cache of fonts and of FFmpeg.
const STARTS: [(&str, &[&str], bool, f64); 4] = [
    ("--version", &["--version"], false, 20.0),
    ("plan", &["plan"], false, 100.0),
    (
        "generate --dry-run",
        &["generate", "tea", "--dry-run", "--yes"],
        false,
        150.0,
    ),
    (
        "the same, cold",
        &["generate", "tea", "--dry-run", "--yes"],
        true,
        150.0,
    ),
];
/// CPU seconds of the whole to those of the bare encode, at most (issue 21).
const MOST: f64 = 1.7;
/// How often each start is measured.
const ROUNDS: usize = 9;

/// The program as it is built beside this one.
fn program() -> Result<Utf8PathBuf, String> {
    let own = std::env::current_exe().map_err(|error| format!("finding this program: {error}"))?;
    let own = Utf8PathBuf::from_path_buf(own).map_err(|_| "the path is not UTF-8".to_owned())?;
    let program = own.with_file_name("videogen");
    if program.exists() {
        Ok(program)
    } else {
        Err(format!(
            "{program} is not there: cargo build --release -p videogen-cli"
        ))
    }
}

/// The program, with a home of its own: no settings, no cache of others.
fn command(program: &Utf8Path, home: &Utf8Path, arguments: &[&str]) -> Command {
    let command = Command::new(program.as_str(), DEADLINE).args(arguments);
    let below = |name: &str| home.join(name).into_string();
    command
        .env("HOME", home.as_str())
        .env("XDG_CONFIG_HOME", below("config"))
        .env("XDG_CACHE_HOME", below("cache"))
        .env("XDG_STATE_HOME", below("state"))
        .env("VIDEOGEN_LLM_URL", "none")
        .env("VIDEOGEN_COMFYUI_URL", "none")
        .current_dir(home)
}

/// One video by the built-in parts, with a name of its own.
async fn make(
    program: &Utf8Path,
    home: &Utf8Path,
    seconds: f64,
    number: usize,
) -> Result<(Usage, Utf8PathBuf), String> {
    let (seconds, name) = (seconds.to_string(), format!("x{number}"));
    let arguments = [
        "generate",
        "the deep sea",
        "--seed",
        "3",
        "--name",
        &name,
        "--yes",
        "--duration",
        &seconds,
        "--quality",
        "standard",
        "--writer",
        "builtin",
        "--painter",
        "builtin",
        "--speech",
        "flite",
        "--music",
        "builtin",
        "--cache-limit",
        "0",
    ];
    let (usage, _) = usage::measure(command(program, home, &arguments)).await?;
    Ok((usage, home.join("videos").join(name).with_extension("mp4")))
}

/// Raw frames and sound of a finished video.
async fn footage(studio: &Studio, video: &Utf8Path, seconds: f64) -> Result<Footage, String> {
    let (frames, sound) = (
        studio.work.path().join("frames.yuv"),
        studio.work.path().join("frames.wav"),
    );
    let decode = studio
        .ffmpeg
        .command(DEADLINE)
        .args(["-v", "error", "-y", "-i", video.as_str()])
        .args([
            "-map",
            "0:v",
            "-pix_fmt",
            "yuv420p",
            "-f",
            "rawvideo",
            frames.as_str(),
        ])
        .args(["-map", "0:a", sound.as_str()])
        .file_size_limit(None);
    usage::measure(decode).await?;
    let case: Case = CASE.parse()?;
    Material::of(&studio.dir, &case, seconds).write(&case, seconds)?;
    Ok(Footage {
        case,
        seconds,
        frames,
        sound,
    })
}

/// Measures `pairs` whole videos of so many seconds, and as many bare encodes, in turns.
///
/// # Errors
/// What failed, in words.
pub(crate) async fn run(
    studio: &Studio,
    seconds: f64,
    pairs: usize,
    with_peers: bool,
) -> Result<String, String> {
    let program = program()?;
    let home = studio.work.path().join("home");
    std::fs::create_dir_all(&home).map_err(|error| format!("creating {home}: {error}"))?;
    // What is kept between runs is there from the second on.
    let (_, video) = make(&program, &home, seconds, 0).await?;
    let footage = footage(studio, &video, seconds).await?;
    let bare_file = studio.work.path().join("bare.mp4");
    let encode = EncodeSettings::fine(footage.case.rate);
    let (mut ours, mut bare, mut stages) = (Vec::new(), Vec::new(), Vec::new());
    for pair in 1..=pairs {
        for whole in [pair % 2 == 1, pair % 2 == 0] {
            if whole {
                let (usage, video) = make(&program, &home, seconds, pair).await?;
                ours.push(usage);
                stages.push(timings(&video)?);
            } else {
                bare.push(render::encode(studio, &footage, encode, &bare_file).await?);
            }
        }
        let last = |usages: &[Usage]| usages.last().map_or(0.0, |usage| usage.cpu);
        eprintln!(
            "{pair}/{pairs}: whole {:.2}, bare {:.2} CPU s",
            last(&ours),
            last(&bare)
        );
    }
    let mut text = String::new();
    let cpu = |usages: &[Usage]| usages.iter().map(|usage| usage.cpu).collect::<Vec<_>>();
    let ratio = Spread::of_ratios(&cpu(&ours), &cpu(&bare)).expect("there is at least one pair");
    let median = |values: Vec<f64>| Spread::of(values).map_or(0.0, |spread| spread.median);
    let _ = writeln!(
        text,
        "From topic to published ({CASE}, {seconds} s, all built-in parts): {:.2} CPU s, {:.2} s by the clock\nbare encode of its frames: {:.2} CPU s, {:.2} s; whole/bare {:.2} ({:.2}–{:.2})\nstage, seconds by the clock (voice, picture and music side by side)",
        median(cpu(&ours)),
        median(ours.iter().map(|usage| usage.wall).collect()),
        median(cpu(&bare)),
        median(bare.iter().map(|usage| usage.wall).collect()),
        ratio.median,
        ratio.min,
        ratio.max
    );
    for stage in ["script", "voice", "picture", "music", "render", "verify"] {
        let seconds = stages.iter().filter_map(|timings| timings[stage].as_f64());
        let _ = writeln!(text, "{stage:8} {:.2}", median(seconds.collect()));
    }
    if with_peers {
        let compared = peers::run(studio, seconds).await?;
        for one in compared.compared {
            let _ = writeln!(
                text,
                "{}, {}: {:.1} CPU s for the render alone",
                one.name,
                one.settings.words(),
                one.theirs.cpu
            );
        }
    }
    text.push_str(&line(&Figure {
        what: "whole ≤ 1.7 × the bare encode".to_owned(),
        measured: format!("{:.2}", ratio.median),
        holds: ratio.median <= MOST,
    }));
    Ok(text)
}

/// Wall seconds of each stage, as the manifest has them.
fn timings(video: &Utf8Path) -> Result<Value, String> {
    let path = video.with_extension("json");
    let text =
        std::fs::read_to_string(&path).map_err(|error| format!("reading {path}: {error}"))?;
    let manifest: Value =
        serde_json::from_str(&text).map_err(|error| format!("reading {path}: {error}"))?;
    Ok(manifest["timings"].clone())
}

/// Measures how long the program takes for what works on nothing.
///
/// # Errors
/// What failed, in words.
pub(crate) async fn start(studio: &Studio) -> Result<String, String> {
    let program = program()?;
    let mut text = "How long the program takes before it works, in milliseconds\n".to_owned();
    for (name, arguments, is_cold, most) in STARTS {
        let mut times = Vec::new();
        for round in 0..=ROUNDS {
            let home = if is_cold {
                format!("cold-{round}")
            } else {
                "home".to_owned()
            };
            let home = studio.work.path().join(home);
            std::fs::create_dir_all(&home).map_err(|error| format!("creating {home}: {error}"))?;
            let (usage, _) = usage::measure(command(&program, &home, arguments)).await?;
            // The first fills the caches of the system, and those of the program.
            if round > 0 {
                times.push(usage.wall * 1000.0);
            }
        }
        let spread = Spread::of(times).expect("there is at least one round");
        text.push_str(&line(&Figure {
            what: format!("{name} ≤ {most} ms"),
            measured: format!("{:.0} ({:.0}–{:.0})", spread.median, spread.min, spread.max),
            holds: spread.median <= most,
        }));
    }
    Ok(text)
}

/// Measures the most memory that the program holds: one video of each quality, and a batch of them.
///
/// # Errors
/// What failed, in words.
pub(crate) async fn memory(studio: &Studio) -> Result<String, String> {
    let program = program()?;
    let mut text = format!(
        "Peak memory of the program in MiB, all built-in parts\n{:<10} {:>9} {:>12}\n",
        "quality", "one video", "a batch of 8"
    );
    for quality in ["draft", "standard", "high", "ultra"] {
        let _ = write!(text, "{quality:<10}");
        for count in ["1", "8"] {
            let home = studio.work.path().join(format!("{quality}-{count}"));
            std::fs::create_dir_all(&home).map_err(|error| format!("creating {home}: {error}"))?;
            let generate = command(
                &program,
                &home,
                &["generate", "the deep sea", "--seed", "3", "--yes"],
            );
            let generate = generate.args(["--duration", "6", "--quality", quality]);
            let generate = generate.args(["--count", count, "--writer", "builtin"]);
            let generate = generate.args(["--painter", "builtin", "--speech", "flite"]);
            let generate = generate.args(["--music", "builtin", "--cache-limit", "0", "--json"]);
            let generate = generate.stdout(Stdout::Capture { limit: 1 << 20 });
            let (_, outcome) = usage::measure(generate).await?;
            let peak = outcome
                .stdout_text()
                .lines()
                .filter_map(|line| serde_json::from_str::<Value>(line).ok())
                .find_map(|event| event["summary"]["peak_rss_bytes"].as_f64())
                .ok_or_else(|| format!("a run of {quality} told no memory"))?;
            let _ = write!(text, " {:>10.0}", peak / f64::from(1 << 20));
        }
        text.push('\n');
    }
    Ok(text)
}

/// A figure in a line.
fn line(figure: &Figure) -> String {
    let word = if figure.holds { "pass" } else { "FAIL" };
    format!("{word} {:<44} {}\n", figure.what, figure.measured)
}
