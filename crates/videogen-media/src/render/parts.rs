//! Long videos in parts: each part an encode of its own, all joined without encoding again.
//!
//! Where the cuts are depends on the job alone, and every part starts with a key frame that nothing refers across. So it
//! makes no difference to the result how many parts are encoded at a time, or in how many sittings.

use std::ffi::OsStr;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use camino::{Utf8Path, Utf8PathBuf};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use videogen_durable::{create_private_dir_all, open_regular, read_own_to_string, write_private};
use videogen_process::{Outcome, Stdout};

use super::feed::{self, Feed, telling};
use super::{FfmpegRenderer, RenderJob, RenderProgress, deadline, encode};
use crate::encode::bounded_encode;
use crate::ffmpeg::ffmpeg_input_args;
use crate::probe::{mp4_layout, probe_media};
use crate::verify::{PROGRESS_LIMIT, decoded_frames, of_picture};
use crate::{Error, FrameRate};

/// How a long video is cut, and where its parts are kept until they are joined.
#[derive(Debug, Clone, PartialEq)]
pub struct RenderParts {
    /// A directory for the parts of this job alone, made if need be. A render that was stopped, by whatever, goes on
    /// with the parts it finds there; parts of another job are deleted. When the video is complete they are, too.
    pub dir: Utf8PathBuf,
    /// What the frames are made of, if the caller knows it: a hash of the contents of all sources, of captions and of
    /// overlays. Without it sources are told by path, size and time of change, and one that has moved is another one.
    pub key: Option<String>,
    /// Length of a part in seconds, 5 at least. The last one may be shorter, or longer by half.
    pub seconds: f64,
    /// Parts encoded at a time, 1 at least. One keeps up to eight cores busy; more pay on machines with more.
    pub at_once: usize,
}

/// From how many seconds on a video is encoded in parts: below it, one encode is as fast on any machine.
const LONG: f64 = 120.0;

/// Length of a part of such a video in seconds.
const PART: f64 = 30.0;

/// Cores that one encode keeps busy: beyond them x264 waits for itself at these sizes.
const CORES_A_PART: usize = 8;

impl RenderParts {
    /// Returns the parts of a video of `duration` seconds if it is long, kept in `dir` under `key`, as many at a time as
    /// the processor has room for. `dir` is asked for only then.
    pub fn of_long(
        duration: f64,
        key: Option<String>,
        dir: impl FnOnce() -> Utf8PathBuf,
    ) -> Option<Self> {
        let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        (duration > LONG).then(|| Self {
            dir: dir(),
            key,
            seconds: PART,
            at_once: (cores / CORES_A_PART).max(1),
        })
    }
}

/// The most bytes of a fingerprint that are read.
const LONGEST_FINGERPRINT: u64 = 64;

/// The shortest part, in seconds: a key frame costs as many bits as a second of slow motion.
const SHORTEST: f64 = 5.0;

/// The frames of each part.
fn cut(frames: u64, rate: FrameRate, seconds: f64) -> Vec<Range<u64>> {
    let length = rate.frames_in(seconds.max(SHORTEST)).max(1);
    // What is left over makes a part of its own from half a length on.
    let count = (frames.saturating_sub(length / 2)).div_ceil(length).max(1);
    (0..count)
        .map(|i| {
            let end = if i + 1 == count {
                frames
            } else {
                (i + 1) * length
            };
            i * length..end
        })
        .collect()
}

/// What a job's parts are made of, as a number: a part in the directory is of use only to the job that made it.
fn fingerprint(job: &RenderJob, key: Option<&str>, cuts: &[Range<u64>]) -> String {
    let mut hasher = DefaultHasher::new();
    // Everything that decides what the frames are and how they are encoded; the sound is not part of a part.
    let arguments = encode::segment_arguments(job, OsStr::new("pipe:0"), Utf8Path::new("part"));
    (arguments, cuts).hash(&mut hasher);
    env!("CARGO_PKG_VERSION").hash(&mut hasher);
    if let Some(key) = key {
        key.hash(&mut hasher);
    } else {
        format!("{:?} {:?}", job.timeline, job.captions).hash(&mut hasher);
        job.overlays.hash(&mut hasher);
        for shot in job.timeline.shots() {
            let about = std::fs::metadata(shot.source.path()).ok();
            about
                .map(|m| (m.len(), m.modified().ok()))
                .hash(&mut hasher);
        }
    }
    format!("{:016x}\n", hasher.finish())
}

/// The directory of the parts, checked or made.
struct Store<'a> {
    dir: &'a Utf8Path,
}

impl<'a> Store<'a> {
    fn open(dir: &'a Utf8Path, fingerprint: &str) -> Result<Self, Error> {
        let store = Self { dir };
        create_private_dir_all(dir).map_err(|e| failed("creating", dir, e))?;
        let key = dir.join("job");
        let known = read_own_to_string(&key, LONGEST_FINGERPRINT).ok();
        if known.as_deref() != Some(fingerprint) {
            store.clear()?;
            write_private(&key, fingerprint.as_bytes()).map_err(|e| failed("writing", &key, e))?;
        }
        Ok(store)
    }

    fn part(&self, index: usize) -> Utf8PathBuf {
        self.dir.join(format!("part-{index:05}.mp4"))
    }

    fn unfinished(&self, index: usize) -> Utf8PathBuf {
        self.dir.join(format!("part-{index:05}.new"))
    }

    /// Puts a finished part under its name. It is on the disk before it has the name.
    fn keep(&self, index: usize) -> Result<(), Error> {
        let (from, to) = (self.unfinished(index), self.part(index));
        open_regular(&from)
            .and_then(|file| file.sync_all())
            .and_then(|()| std::fs::rename(&from, &to))
            .map_err(|e| failed("keeping", &from, e))
    }

    /// Writes the list for FFmpeg's concat demuxer. Names are relative to it, and ours.
    fn list(&self, count: usize) -> Result<Utf8PathBuf, Error> {
        for index in 0..count {
            // One that somebody removed is missed here, by name, and not in the words of FFmpeg.
            let part = self.part(index);
            part.metadata().map_err(|e| failed("reading", &part, e))?;
        }
        let path = self.dir.join("list");
        let lines = (0..count).map(|index| format!("file part-{index:05}.mp4\n"));
        let text = std::iter::once("ffconcat version 1.0\n".to_owned())
            .chain(lines)
            .collect::<String>();
        write_private(&path, text.as_bytes()).map_err(|e| failed("writing", &path, e))?;
        Ok(path)
    }

    /// Removes everything of ours from the directory.
    fn clear(&self) -> Result<(), Error> {
        let entries = self
            .dir
            .read_dir_utf8()
            .map_err(|e| failed("reading", self.dir, e))?;
        for entry in entries {
            let entry = entry.map_err(|e| failed("reading", self.dir, e))?;
            let name = entry.file_name();
            if is_ours(name) {
                std::fs::remove_file(entry.path())
                    .map_err(|e| failed("removing", entry.path(), e))?;
            }
        }
        Ok(())
    }
}

/// Whether a store of parts has a file of this name.
fn is_ours(name: &str) -> bool {
    let is_part = |name: &str| {
        let number = name.strip_prefix("part-")?;
        let (number, ending) = number.split_once('.')?;
        let is_number = number.len() >= 5 && number.bytes().all(|b| b.is_ascii_digit());
        Some(is_number && matches!(ending, "mp4" | "new"))
    };
    matches!(name, "list" | "job") || is_part(name).unwrap_or(false)
}

fn failed(action: &'static str, path: &Utf8Path, source: std::io::Error) -> Error {
    Error::Io {
        action,
        path: path.to_owned(),
        source,
    }
}

impl FfmpegRenderer {
    pub(super) async fn run_in_parts(
        &self,
        job: &RenderJob,
        parts: &RenderParts,
        title: Option<&Utf8Path>,
        progress: RenderProgress<'_>,
        cancel: &CancellationToken,
    ) -> Result<(), Error> {
        let total = job.timeline.frames();
        let cuts = cut(total, job.rate, parts.seconds);
        let store = Store::open(&parts.dir, &fingerprint(job, parts.key.as_deref(), &cuts))?;
        let mut waiting = Vec::new();
        let mut taken_over = 0;
        for (index, frames) in cuts.iter().enumerate() {
            let part = store.part(index);
            if self.is_whole(job, &part, frames, cancel).await?
                && self.decodes(job, &part, frames, cancel).await?
            {
                taken_over += frames.end - frames.start;
            } else {
                waiting.push((index, frames.clone()));
            }
        }
        tracing::debug!(
            parts = cuts.len(),
            missing = waiting.len(),
            "rendering in parts"
        );
        let made = Arc::new(AtomicU64::new(0));
        let count = || taken_over + made.load(Ordering::Relaxed);
        let encoding = self.encode_parts(job, &store, parts.at_once, waiting, &made, cancel);
        telling(progress, count, total, encoding).await?;

        let list = store.list(cuts.len())?;
        let command = self
            .ffmpeg
            .command(deadline(job, total))
            .args(encode::join_arguments(job, &list, title));
        let command = bounded_encode(command, &job.encode, job.size, total, job.rate);
        let outcome = self.ffmpeg.supervisor().run(command, cancel).await;
        outcome
            .and_then(Outcome::into_success)
            .map_err(|e| Error::writing("joining the parts of the video", &job.output, e))?;
        // The parts are needed again where it is not.
        super::whole(&job.output).await?;
        progress(1.0);
        store.clear()?;
        // Unless something else is in it.
        let _ = std::fs::remove_dir(store.dir);
        Ok(())
    }

    /// Whether there is a part that has its frames by its headers, and is what was asked for.
    async fn is_whole(
        &self,
        job: &RenderJob,
        part: &Utf8Path,
        frames: &Range<u64>,
        cancel: &CancellationToken,
    ) -> Result<bool, Error> {
        if !part.is_file() {
            return Ok(false);
        }
        if !mp4_layout(part).await?.complete {
            return Ok(false);
        }
        let codec = job.encode.encoder.codec();
        match probe_media(&self.ffmpeg, "mov", part, cancel).await {
            Ok(found) => Ok(found.video.is_some_and(|video| {
                video.frames == Some(frames.end - frames.start)
                    && of_picture(&video, codec, job.size, job.rate).is_empty()
            })),
            Err(error) if error.is_cancelled() => Err(error),
            Err(error) => {
                tracing::debug!(%part, %error, "made again");
                Ok(false)
            }
        }
    }

    /// Whether a part of an earlier render decodes to all its frames without an error. One that was made now is not asked:
    /// the check of the whole video decodes it.
    async fn decodes(
        &self,
        job: &RenderJob,
        part: &Utf8Path,
        frames: &Range<u64>,
        cancel: &CancellationToken,
    ) -> Result<bool, Error> {
        let count = frames.end - frames.start;
        let command = self
            .ffmpeg
            .command(deadline(job, count))
            .args(["-loglevel", "error", "-nostats", "-progress", "pipe:1"])
            .args(ffmpeg_input_args("mov", part))
            .args(["-map", "0:v:0", "-f", "null", "-"])
            .stdout(Stdout::Capture {
                limit: PROGRESS_LIMIT,
            });
        let outcome = self.ffmpeg.supervisor().run(command, cancel).await;
        let outcome = outcome.map_err(|e| Error::process("reading a part of the video", e))?;
        let good = outcome.success()
            && outcome.stderr.as_str().trim().is_empty()
            && decoded_frames(&outcome.stdout_text()) == count;
        if !good {
            tracing::warn!(%part, "a part of an earlier render is damaged and made again");
        }
        Ok(good)
    }

    /// Encodes the parts that are missing, some at a time. When one fails, the others are stopped.
    async fn encode_parts(
        &self,
        job: &RenderJob,
        store: &Store<'_>,
        at_once: usize,
        waiting: Vec<(usize, Range<u64>)>,
        made: &Arc<AtomicU64>,
        cancel: &CancellationToken,
    ) -> Result<(), Error> {
        let stop = cancel.child_token();
        let _stop_on_return = stop.clone().drop_guard();
        let job = Arc::new(job.clone());
        let mut waiting = waiting.into_iter();
        let mut running = JoinSet::new();
        let mut result = Ok(());
        loop {
            while result.is_ok()
                && running.len() < at_once.max(1)
                && let Some((index, frames)) = waiting.next()
            {
                let output = store.unfinished(index);
                let feed = Feed {
                    ffmpeg: self.ffmpeg.clone(),
                    arguments: encode::segment_arguments(&job, OsStr::new("pipe:0"), &output),
                    output,
                    deadline: deadline(&job, frames.end - frames.start),
                    stall: self.stall,
                    job: Arc::clone(&job),
                    frames,
                    taken: Arc::clone(made),
                };
                let (stop, renderer) = (stop.clone(), self.clone());
                running.spawn(async move {
                    let (job, frames) = (Arc::clone(&feed.job), feed.frames.clone());
                    let part = feed.output.clone();
                    feed.run(&stop).await?;
                    // Kept are parts that are what they should be: the next render begins with what this one keeps.
                    if renderer.is_whole(&job, &part, &frames, &stop).await? {
                        return Ok(index);
                    }
                    // Never made, or of no use to anybody.
                    let _ = std::fs::remove_file(&part);
                    Err(Error::FfmpegStopped {
                        stage: feed::STAGE.into(),
                        reason: format!(
                            "it ended as if all was well, and part {} of the video is not whole",
                            index + 1
                        ),
                    })
                });
            }
            let Some(ended) = running.join_next().await else {
                return result;
            };
            let ended = ended.unwrap_or_else(|error| match error.try_into_panic() {
                Ok(panic) => std::panic::resume_unwind(panic),
                Err(_) => Err(Error::Cancelled),
            });
            if let Err(error) = ended.and_then(|index| store.keep(index)) {
                stop.cancel();
                // The first one is the reason; the others were stopped because of it.
                result = result.and(Err(error));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::captions::{
        CaptionMode, CaptionStyle, CaptionText, CaptionWord, Captions, SafeZone,
    };
    use crate::encode::EncodeSettings;
    use crate::fonts::Fonts;
    use crate::motion::Motion;
    use crate::timeline::{Shot, Timeline};
    use proptest::prelude::*;
    use videogen_types::FrameSize;

    /// Of one picture, with one word.
    fn job(picture: &str, word: &str) -> RenderJob {
        let (size, rate) = (
            FrameSize::new(64, 96).expect("even"),
            FrameRate::new(30, 1).expect("in range"),
        );
        let shot = Shot {
            source: Utf8PathBuf::from(picture).into(),
            motion: Motion::numbered(0),
            guided: false,
            duration: 20.0,
        };
        let word = CaptionWord {
            text: word.into(),
            start: 0.0,
            end: 1.0,
            space_before: true,
        };
        let captions = Captions::new(
            CaptionText::new(&[word], "en"),
            CaptionMode::Line,
            &CaptionStyle::default(),
            (64, 96),
            SafeZone::for_frame(64, 96),
            &Fonts::bundled(),
        );
        let timeline = Timeline::new(vec![shot], rate, 0.0).expect("a shot");
        RenderJob {
            captions: Some(Arc::new(captions.expect("drawable"))),
            ..RenderJob::new(
                size,
                rate,
                timeline,
                "a.wav".into(),
                EncodeSettings::FINE,
                "a.mp4".into(),
            )
        }
    }

    #[test]
    fn only_long_videos_are_encoded_in_parts() {
        let parts = |seconds| RenderParts::of_long(seconds, None, || "parts".into());
        assert_eq!(parts(120.0), None);
        let long = parts(120.1).expect("long");
        assert!(long.seconds >= SHORTEST && long.at_once >= 1);
    }

    #[test]
    fn parts_are_told_by_what_they_show_or_by_the_key_of_it() {
        let of = |picture: &str, word: &str, key| {
            fingerprint(&job(picture, word), key, &[0..300, 300..600])
        };
        let plain = of("a.png", "sea", None);
        assert_eq!(plain, of("a.png", "sea", None));
        assert_ne!(plain, of("b.png", "sea", None));
        assert_ne!(plain, of("a.png", "sky", None));
        // Whoever has a key knows that a picture is the same in another place.
        let keyed = of("a.png", "sea", Some("1"));
        assert_eq!(keyed, of("b.png", "sea", Some("1")));
        assert_ne!(keyed, of("a.png", "sea", Some("2")));
        assert_ne!(
            keyed,
            fingerprint(&job("a.png", "sea"), Some("1"), &[0..200, 200..600])
        );
    }

    proptest! {
        #[test]
        fn parts_follow_one_another_and_none_is_tiny(frames in 1u64..400_000, fps in 1u32..121, seconds in 0.0f64..120.0) {
            let rate = FrameRate::new(fps, 1).expect("in range");
            let parts = cut(frames, rate, seconds);
            let length = rate.frames_in(seconds.max(SHORTEST));
            prop_assert_eq!(parts[0].start, 0);
            prop_assert_eq!(parts[parts.len() - 1].end, frames);
            for pair in parts.windows(2) {
                prop_assert_eq!(pair[0].end, pair[1].start);
                prop_assert_eq!(pair[0].end - pair[0].start, length);
            }
            if parts.len() > 1 {
                let last = &parts[parts.len() - 1];
                prop_assert!((last.end - last.start) * 2 >= length);
                prop_assert!((last.end - last.start) * 2 <= length * 3 + 1);
            }
        }
    }
}
