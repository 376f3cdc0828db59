//! Where it was measured.

use std::time::Duration;

use videogen_media::Ffmpeg;
use videogen_process::Command;

use crate::studio::Studio;
use crate::usage;

/// For one question.
const DEADLINE: Duration = Duration::from_mins(1);

/// The machine and the versions, as they are printed.
#[derive(Debug, Clone)]
pub(crate) struct Machine {
    pub(crate) lines: Vec<String>,
}

impl Machine {
    /// Asks the system and the programs.
    ///
    /// # Errors
    /// What did not answer.
    pub(crate) async fn ask(studio: &Studio) -> Result<Self, String> {
        let cpu =
            field("/proc/cpuinfo", "model name").unwrap_or_else(|| "unknown processor".to_owned());
        let memory = field("/proc/meminfo", "MemTotal")
            .and_then(|text| text.split(' ').next()?.parse::<f64>().ok())
            .map_or(0.0, |kibibytes| kibibytes / f64::from(1 << 20));
        let load = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
        let load = load.split(' ').next().unwrap_or("?");
        Ok(Self {
            lines: vec![
                format!(
                    "{cpu}, {} CPUs, two of them used; {memory:.0} GiB; {}",
                    studio.cpus,
                    std::env::consts::ARCH
                ),
                format!(
                    "FFmpeg {}, x264 {}",
                    studio.ffmpeg.version(),
                    x264(&studio.ffmpeg).await?
                ),
                format!(
                    "videogen-media {}, {}; load before the run {load}",
                    revision().await,
                    jiff::Timestamp::now().strftime("%Y-%m-%d %H:%M UTC")
                ),
            ],
        })
    }
}

/// Processor, memory and revision in a line, for what needs no FFmpeg.
pub(crate) async fn plain() -> String {
    let cpu =
        field("/proc/cpuinfo", "model name").unwrap_or_else(|| "unknown processor".to_owned());
    let cpus = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let load = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    format!(
        "{cpu}, {cpus} CPUs; {}, {}; load before the run {}",
        revision().await,
        jiff::Timestamp::now().strftime("%Y-%m-%d %H:%M UTC"),
        load.split(' ').next().unwrap_or("?")
    )
}

/// The first value of `key : value` or `key: value`.
fn field(path: &str, key: &str) -> Option<String> {
    let text = std::fs::read_to_string(path).ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix(key))?;
    Some(line.split_once(':')?.1.trim().to_owned())
}

/// The version x264 names itself when it writes its settings into a header.
async fn x264(ffmpeg: &Ffmpeg) -> Result<String, String> {
    let command = ffmpeg.command(DEADLINE).args([
        "-loglevel",
        "info",
        "-f",
        "lavfi",
        "-i",
        "color=size=64x64:duration=0.1",
    ]);
    let command = command.args([
        "-c:v",
        "libx264",
        "-flags:v",
        "+global_header",
        "-f",
        "null",
        "-",
    ]);
    let (_, outcome) = usage::measure(command).await?;
    let log = outcome.stderr.to_string();
    let version = log
        .lines()
        .find_map(|line| line.split_once("264 - core ")?.1.split(" - ").next());
    Ok(version.unwrap_or("of unknown version").to_owned())
}

/// The commit, and whether files were changed since.
async fn revision() -> String {
    let command = Command::new("git", DEADLINE)
        .args(["describe", "--always", "--dirty"])
        .current_dir(env!("CARGO_MANIFEST_DIR"));
    match usage::measure(command).await {
        Ok((_, outcome)) => outcome.stdout_text().trim().to_owned(),
        // A copy without its history.
        Err(_) => env!("CARGO_PKG_VERSION").to_owned(),
    }
}
