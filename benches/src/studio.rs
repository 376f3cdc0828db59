//! Where the measuring happens: FFmpeg, the material, and a place in memory for raw frames.

use std::ffi::OsString;
use std::time::Duration;

use camino::{Utf8Path, Utf8PathBuf};
use camino_tempfile::Utf8TempDir;
use videogen_media::Ffmpeg;
use videogen_process::Command;

use crate::candidate::Candidate;
use crate::case::Case;
use crate::quality::raw_input;
use crate::usage;
use crate::worker::{self, Material};

/// A file system in memory: reading frames from a disk would be part of what is measured.
const MEMORY: &str = "/dev/shm";
/// Memory that is left to the programs that are measured, in bytes.
const SPARE: u64 = 3 << 30;
/// For one run of anything that is measured.
pub(crate) const DEADLINE: Duration = Duration::from_hours(2);

/// Tools and places of a measurement.
#[derive(Debug)]
pub(crate) struct Studio {
    pub(crate) ffmpeg: Ffmpeg,
    /// What is kept between runs.
    pub(crate) dir: Utf8PathBuf,
    /// In memory, removed at the end.
    pub(crate) work: Utf8TempDir,
    /// CPUs of the machine; two of them are used.
    pub(crate) cpus: usize,
}

/// The frames of a case, and what else an encode of them needs.
#[derive(Debug)]
pub(crate) struct Footage {
    pub(crate) case: Case,
    /// May be shorter than asked for, where memory is short.
    pub(crate) seconds: f64,
    pub(crate) frames: Utf8PathBuf,
    pub(crate) sound: Utf8PathBuf,
}

impl Studio {
    /// Finds FFmpeg and prepares the places; `dir` is created.
    ///
    /// # Errors
    /// What is missing, in words.
    pub(crate) async fn open(dir: &Utf8Path) -> Result<Self, String> {
        let cpus = usage::become_reaper()?;
        std::fs::create_dir_all(dir).map_err(|error| format!("creating {dir}: {error}"))?;
        let work = camino_tempfile::Builder::new()
            .prefix("videogen-bench-")
            .tempdir_in(MEMORY)
            .map_err(|error| format!("creating a directory in {MEMORY}: {error}"))?;
        Ok(Self {
            ffmpeg: worker::discover().await?,
            dir: dir.to_owned(),
            work,
            cpus,
        })
    }

    /// A worker of our own binary, to be measured as a process.
    pub(crate) fn worker(
        &self,
        mode: &str,
        case: &Case,
        seconds: f64,
        output: &Utf8Path,
    ) -> Result<Command, String> {
        let own =
            std::env::current_exe().map_err(|error| format!("finding this program: {error}"))?;
        Ok(Command::new(own, DEADLINE).args([
            mode.to_owned(),
            format!("--case={case}"),
            format!("--seconds={seconds}"),
            format!("--dir={}", self.dir),
            format!("--output={output}"),
        ]))
    }

    /// Makes the material and the raw frames of `case`. The frames of an earlier case are gone then.
    ///
    /// # Errors
    /// What failed, in words.
    pub(crate) async fn footage(&self, case: Case, seconds: f64) -> Result<Footage, String> {
        let frames = self.work.path().join("frames.yuv");
        if frames.exists() {
            std::fs::remove_file(&frames).map_err(|error| format!("removing {frames}: {error}"))?;
        }
        let asked = seconds;
        let seconds = fitting(&case, asked, room()?)?;
        if seconds < asked {
            eprintln!("{case}: raw frames of {seconds} s of {asked} s fit into {MEMORY}");
        }
        Material::of(&self.dir, &case, seconds).write(&case, seconds)?;
        let command = self.worker("frames", &case, seconds, &frames)?;
        usage::measure(command).await?;
        Ok(Footage {
            case,
            seconds,
            sound: frames.with_extension("wav"),
            frames,
        })
    }

    /// The encode of ready frames alone, with no sound.
    pub(crate) fn encode(
        &self,
        footage: &Footage,
        candidate: &Candidate,
        crf: f32,
        output: &Utf8Path,
    ) -> Command {
        let keys = (footage.case.rate.per_second() * 4.0).to_string();
        self.ffmpeg
            .command(DEADLINE)
            .args(raw_input(&footage.case, &footage.frames))
            .args(["-c:v", "libx264"])
            .args(candidate.options(crf))
            // As in a render of ours.
            .args([
                "-g", &keys, "-threads", "8", "-pix_fmt", "yuv420p", "-f", "mp4", "-y",
            ])
            .arg(OsString::from(output.as_str()))
    }
}

/// Bytes that may be put into memory.
fn room() -> Result<u64, String> {
    let text = std::fs::read_to_string("/proc/meminfo")
        .map_err(|error| format!("reading /proc/meminfo: {error}"))?;
    let available = text
        .lines()
        .find_map(|line| line.strip_prefix("MemAvailable:"))
        .and_then(|rest| rest.split_ascii_whitespace().next()?.parse::<u64>().ok())
        .ok_or("reading /proc/meminfo: it does not tell what is available")?;
    let stat = rustix::fs::statvfs(MEMORY)
        .map_err(|error| format!("asking for the room in {MEMORY}: {error}"))?;
    Ok((stat.f_bavail * stat.f_frsize).min((available * 1024).saturating_sub(SPARE)))
}

/// The length whose raw frames fit: as asked, or less by whole scenes.
fn fitting(case: &Case, seconds: f64, room: u64) -> Result<f64, String> {
    let second = case.raw_bytes(1.0);
    let most = (room / second) as f64;
    if most >= seconds {
        return Ok(seconds);
    }
    let scenes = (most / worker::SCENE).floor();
    if scenes < 2.0 {
        return Err(format!(
            "{MEMORY} has no room for two scenes of raw frames at {case}"
        ));
    }
    Ok(scenes * worker::SCENE)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clip_is_shortened_to_whole_scenes_when_memory_is_short() {
        let case: Case = "1440x2560@60".parse().unwrap();
        let second = case.raw_bytes(1.0);
        assert_eq!(fitting(&case, 12.0, 12 * second), Ok(12.0));
        assert_eq!(fitting(&case, 12.0, 10 * second), Ok(4.0 * worker::SCENE));
        assert!(fitting(&case, 12.0, 3 * second).is_err());
    }
}
