//! The FFmpeg installation: found once, judged once, and the only way to start it.

mod cache;
mod capabilities;
pub(crate) mod limits;
mod locate;

use std::ffi::{OsStr, OsString};
use std::sync::Arc;
use std::time::Duration;

use cache::Cache;
use camino::{Utf8Path, Utf8PathBuf};
use capabilities::Capabilities;
use limits::{FfmpegTask, bounded};
use tokio_util::sync::CancellationToken;
use videogen_process::{Command, Outcome, Stdout, Supervisor};

use crate::Error;

/// How long one question about the build may take; a cold start from a slow disk takes a second or two.
const QUESTION_DEADLINE: Duration = Duration::from_secs(10);
/// The listings are some 60 KiB; more than this is not a listing.
const LISTING_LIMIT: usize = 4 * 1024 * 1024;

/// A usable FFmpeg installation. Cheap to clone.
///
/// Everything started through it has a deadline, is killed with its whole process group when that passes or the
/// caller cancels, sees neither standard input nor the caller's environment, and is bounded in the addresses it may map
/// and in the size of the files it may write.
#[derive(Debug, Clone)]
pub struct Ffmpeg {
    binary: Utf8PathBuf,
    ffprobe: Utf8PathBuf,
    supervisor: Supervisor,
    capabilities: Arc<Capabilities>,
}

impl Ffmpeg {
    /// Finds ffmpeg and ffprobe and asks ffmpeg for its version, encoders and filters.
    ///
    /// `explicit` is the ffmpeg binary or its folder; otherwise the folders of `path_var` (the value of `PATH`) are
    /// searched. FFmpeg 5.1 or newer with libx264, aac, libass and the filters used here is accepted; builds from git
    /// are judged by their libavcodec, encoders and filters.
    ///
    /// # Errors
    /// [`Error::FfmpegMissing`], [`Error::FfmpegTooOld`], [`Error::FfmpegLacks`] with every missing part,
    /// [`Error::Ffmpeg`] if it does not run (10 s are given to each question), [`Error::Cancelled`].
    pub async fn discover(
        supervisor: Supervisor,
        explicit: Option<&Utf8Path>,
        path_var: Option<&OsStr>,
        cancel: &CancellationToken,
    ) -> Result<Self, Error> {
        let (ffmpeg, ffprobe) = locate::locate(explicit, path_var)?;
        let capabilities = ask(&supervisor, &ffmpeg, cancel).await?;
        Self::accept(supervisor, ffmpeg, ffprobe, capabilities)
    }

    /// As [`Ffmpeg::discover`], but what ffmpeg answered is kept in `ffmpeg.json` in the directory `cache`, and it is
    /// asked again only when the binary is another one by path, size or time of its last change. A file there that
    /// cannot be read or written is no error: ffmpeg is asked. `None` keeps nothing.
    ///
    /// # Errors
    /// As [`Ffmpeg::discover`].
    pub async fn discover_cached(
        supervisor: Supervisor,
        explicit: Option<&Utf8Path>,
        path_var: Option<&OsStr>,
        cache: Option<&Utf8Path>,
        cancel: &CancellationToken,
    ) -> Result<Self, Error> {
        let Some(cache) = cache else {
            return Self::discover(supervisor, explicit, path_var, cancel).await;
        };
        let (ffmpeg, ffprobe) = locate::locate(explicit, path_var)?;
        let cache = Cache::of(cache, &ffmpeg);
        let capabilities = match cache.as_ref().and_then(Cache::read) {
            Some(capabilities) => capabilities,
            None => {
                let capabilities = ask(&supervisor, &ffmpeg, cancel).await?;
                if let Some(cache) = cache {
                    cache.write(&capabilities);
                }
                capabilities
            }
        };
        Self::accept(supervisor, ffmpeg, ffprobe, capabilities)
    }

    /// The installation, if it can do what is needed.
    fn accept(
        supervisor: Supervisor,
        ffmpeg: Utf8PathBuf,
        ffprobe: Utf8PathBuf,
        capabilities: Capabilities,
    ) -> Result<Self, Error> {
        if capabilities.too_old() {
            return Err(Error::FfmpegTooOld {
                found: capabilities.version,
                needed: capabilities::OLDEST,
                path: ffmpeg,
            });
        }
        let what = capabilities.lacks();
        if !what.is_empty() {
            return Err(Error::FfmpegLacks { what, path: ffmpeg });
        }
        tracing::debug!(path = %ffmpeg, version = %capabilities.version, "found ffmpeg");
        Ok(Self {
            binary: ffmpeg,
            ffprobe,
            supervisor,
            capabilities: Arc::new(capabilities),
        })
    }

    /// The version as FFmpeg prints it, as "5.1.9-0+deb12u1" or "N-118896-g9f0970ee35".
    pub fn version(&self) -> &str {
        &self.capabilities.version
    }

    /// The absolute path of ffmpeg.
    pub fn path(&self) -> &Utf8Path {
        &self.binary
    }

    /// The absolute path of ffprobe.
    pub fn ffprobe_path(&self) -> &Utf8Path {
        &self.ffprobe
    }

    /// Whether the build has the encoder of this name, as "h264_nvenc". Whether the machine can run it is another
    /// question, which only a test encode answers.
    pub fn has_encoder(&self, name: &str) -> bool {
        self.capabilities.encoders.contains(name)
    }

    /// Whether the build has the filter of this name.
    pub fn has_filter(&self, name: &str) -> bool {
        self.capabilities.filters.contains(name)
    }

    /// What starts and reaps the processes.
    pub fn supervisor(&self) -> &Supervisor {
        &self.supervisor
    }

    /// An ffmpeg command with the options every run has: no banner, no keyboard, warnings and errors only. A later
    /// `-loglevel` wins. The process is ended when `deadline` has passed. It may take what decoding pictures takes, and
    /// write no file of more than 64 MiB; [`Command`] can set other limits.
    ///
    /// Add only arguments made by this program: text of a user never belongs in an argument list or a filter graph.
    pub fn command(&self, deadline: Duration) -> Command {
        preset(&self.binary, deadline).args(["-nostdin", "-loglevel", "warning"])
    }

    /// An ffprobe command with the options every run has.
    pub fn probe_command(&self, deadline: Duration) -> Command {
        preset(&self.ffprobe, deadline).args(["-loglevel", "error"])
    }

    /// Runs a command made by [`Ffmpeg::command`] to its successful end. `stage` says what it does, for messages, as
    /// "decoding a.mp3".
    ///
    /// # Errors
    /// [`Error::Ffmpeg`] if it cannot be started, fails or runs past its deadline; [`Error::Cancelled`], after the
    /// whole process group has ended.
    pub async fn run(
        &self,
        command: Command,
        stage: &str,
        cancel: &CancellationToken,
    ) -> Result<Outcome, Error> {
        let outcome = self.supervisor.run(command, cancel).await;
        outcome
            .and_then(Outcome::into_success)
            .map_err(|source| Error::process(stage, source))
    }
}

/// The arguments that name one input: only local files may be opened, the demuxer is forced so that the content
/// cannot choose one that opens other files (HLS, concat), and the path is absolute behind `file:` so that neither a
/// leading dash nor a colon in it means anything.
pub fn ffmpeg_input_args(demuxer: &str, path: &Utf8Path) -> Vec<OsString> {
    let whitelist = ["-protocol_whitelist", "file,pipe", "-f", demuxer, "-i"];
    whitelist
        .into_iter()
        .map(OsString::from)
        .chain([ffmpeg_file_url(path)])
        .collect()
}

/// The name under which FFmpeg opens or writes exactly this file: absolute, behind `file:`.
pub fn ffmpeg_file_url(path: &Utf8Path) -> OsString {
    // `absolute` fails only for an empty path or without a working directory; FFmpeg then names the path itself.
    let absolute = std::path::absolute(path).unwrap_or_else(|_| path.as_std_path().to_owned());
    let mut url = OsString::from("file:");
    url.push(absolute);
    url
}

/// What ffmpeg and ffprobe commands have in common.
fn preset(binary: &Utf8Path, deadline: Duration) -> Command {
    // The C locale keeps numbers in logs readable ("0.5", not "0,5"), UTF-8 keeps file names whole.
    let command = Command::new(binary.as_std_path(), deadline)
        .env("LC_ALL", "C.UTF-8")
        // What it writes is on its way to somewhere else.
        .private_files()
        .arg("-hide_banner");
    bounded(command, FfmpegTask::Pictures)
}

/// Asks ffmpeg for its version, encoders and filters.
async fn ask(
    supervisor: &Supervisor,
    ffmpeg: &Utf8Path,
    cancel: &CancellationToken,
) -> Result<Capabilities, Error> {
    // Separate tasks, so that the three start-ups overlap; each stops by itself at its deadline or on cancel.
    let ask = |flag: &'static str| {
        let (supervisor, ffmpeg, cancel) = (supervisor.clone(), ffmpeg.to_owned(), cancel.clone());
        tokio::spawn(async move { question(&supervisor, &ffmpeg, flag, &cancel).await })
    };
    let (version, encoders, filters) = (ask("-version"), ask("-encoders"), ask("-filters"));
    let version = answer(version).await?;
    let encoders = answer(encoders).await?;
    let filters = answer(filters).await?;
    Capabilities::parse(&version, &encoders, &filters).ok_or_else(|| Error::FfmpegOutput {
        stage: format!("asking {ffmpeg} for its version"),
        reason: "it does not say that it is ffmpeg".to_owned(),
    })
}

/// Runs ffmpeg with one flag and returns what it prints.
async fn question(
    supervisor: &Supervisor,
    ffmpeg: &Utf8Path,
    flag: &'static str,
    cancel: &CancellationToken,
) -> Result<String, Error> {
    let command = preset(ffmpeg, QUESTION_DEADLINE)
        .arg(flag)
        .stdout(Stdout::Capture {
            limit: LISTING_LIMIT,
        });
    let outcome = supervisor
        .run(command, cancel)
        .await
        .and_then(Outcome::into_success);
    let outcome =
        outcome.map_err(|source| Error::process(format!("asking {ffmpeg} for {flag}"), source))?;
    Ok(outcome.stdout_text().into_owned())
}

/// The result of a question asked in a task of its own.
async fn answer(task: tokio::task::JoinHandle<Result<String, Error>>) -> Result<String, Error> {
    // The task is never aborted and does not panic; a runtime that shuts down is the one way to get here.
    task.await.unwrap_or(Err(Error::Cancelled))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_input_is_confined_to_local_files_and_one_demuxer() {
        let args = ffmpeg_input_args("mp3", "/tmp/-i %d http:x.mp3".into());
        assert_eq!(
            args,
            [
                "-protocol_whitelist",
                "file,pipe",
                "-f",
                "mp3",
                "-i",
                "file:/tmp/-i %d http:x.mp3"
            ]
            .map(OsString::from)
        );
    }

    #[test]
    fn a_relative_path_becomes_absolute() {
        let url = ffmpeg_file_url("a.wav".into());
        let expected = std::env::current_dir().unwrap().join("a.wav");
        assert_eq!(url, OsString::from(format!("file:{}", expected.display())));
    }
}
