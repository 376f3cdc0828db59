//! Who speaks, paints and renders: each result depends on the request alone, and each call leaves two lines in a log.

use std::fmt::Write as _;
use std::fs::{File, OpenOptions};
use std::io::{self, Write as _};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use camino::Utf8Path;
use sha2::{Digest, Sha256};
use tokio_util::sync::CancellationToken;
use videogen_durable::KeyBuilder;
use videogen_media::{
    CheckedVideo, ExpectedVideo, RenderJob, RenderedVideo, Renderer, VerifyFinding,
};
use videogen_picture::{Painted, Painter, PictureOrder, PictureRequest};
use videogen_tts::{FakeSynthesizer, Request, Speech, Synthesizer, Voice};
use videogen_types::Observer;

/// The first 16 hexadecimal digits of a SHA-256.
fn digest(bytes: &[u8]) -> String {
    let hash = Sha256::digest(bytes);
    hash.iter().take(8).fold(String::new(), |mut hex, byte| {
        write!(hex, "{byte:02x}").expect("writing to a string does not fail");
        hex
    })
}

/// The log that processes one after another append to, and what the fakes cost.
#[derive(Debug)]
pub(crate) struct Calls {
    file: File,
    /// Nanoseconds of processor time in fakes.
    cost: AtomicU64,
}

impl Calls {
    pub(crate) fn open(dir: &Utf8Path) -> Self {
        let file = OpenOptions::new()
            .append(true)
            .create(true)
            .open(dir.join("calls.log"));
        Self {
            file: file.expect("the log can be opened"),
            cost: AtomicU64::new(0),
        }
    }

    /// Processor seconds of all work of fakes so far, which is no work of ours.
    pub(crate) fn cost_seconds(&self) -> f64 {
        self.cost.load(Ordering::Relaxed) as f64 / 1e9
    }

    /// `work`, whose processor time is counted.
    fn counted<T>(&self, work: impl Future<Output = T>) -> impl Future<Output = T> {
        let mut work = Box::pin(work);
        std::future::poll_fn(move |context| {
            let before = thread_nanos();
            let polled = work.as_mut().poll(context);
            self.cost
                .fetch_add(thread_nanos() - before, Ordering::Relaxed);
            polled
        })
    }

    /// One line by one system call: a process that is killed leaves whole lines.
    fn line(&self, line: &str) {
        let line = format!("{} {line}\n", std::process::id());
        (&self.file)
            .write_all(line.as_bytes())
            .expect("the log can be written");
    }

    fn begin(&self, what: &str, request: &str) {
        self.line(&format!("begin {what} {request}"));
    }

    fn end(&self, what: &str, request: &str, output: &[u8]) {
        self.line(&format!("end {what} {request} {}", digest(output)));
    }
}

/// Processor time of this thread.
#[cfg(unix)]
fn thread_nanos() -> u64 {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
    time.tv_sec as u64 * 1_000_000_000 + time.tv_nsec as u64
}

/// Not known: all of it counts as ours.
#[cfg(not(unix))]
fn thread_nanos() -> u64 {
    0
}

/// Speaks tones in English.
#[derive(Debug)]
pub(crate) struct Speaking {
    fake: FakeSynthesizer,
    voices: Vec<Voice>,
    calls: Arc<Calls>,
    takes: Duration,
}

impl Speaking {
    pub(crate) fn new(calls: Arc<Calls>, takes: Duration) -> Self {
        let fake = FakeSynthesizer::new();
        let mut voices = fake.voices().to_vec();
        for voice in &mut voices {
            voice.language = "en".into();
        }
        Self {
            fake,
            voices,
            calls,
            takes,
        }
    }
}

impl Synthesizer for Speaking {
    fn id(&self) -> &str {
        self.fake.id()
    }

    fn version(&self) -> &str {
        self.fake.version()
    }

    fn voices(&self) -> &[Voice] {
        &self.voices
    }

    fn speak<'a>(
        &'a self,
        request: &'a Request,
        observer: &'a dyn Observer,
        cancel: &'a CancellationToken,
    ) -> videogen_tts::BoxFuture<'a, Result<Speech, videogen_tts::Error>> {
        Box::pin(self.calls.counted(async move {
            let text = digest(request.text.as_bytes());
            self.calls.begin("voice", &text);
            tokio::time::sleep(self.takes).await;
            let speech = self.fake.speak(request, observer, cancel).await?;
            self.calls.end("voice", &text, &[]);
            Ok(speech)
        }))
    }
}

/// Paints a few pixels.
#[derive(Debug)]
pub(crate) struct Painting {
    calls: Arc<Calls>,
    takes: Duration,
    /// Nanoseconds of all its work: timers are late.
    busy: Arc<AtomicU64>,
}

impl Painting {
    pub(crate) fn new(calls: Arc<Calls>, takes: Duration, busy: Arc<AtomicU64>) -> Self {
        Self { calls, takes, busy }
    }
}

impl Painter for Painting {
    fn id(&self) -> &'static str {
        "fake"
    }

    fn add_to_key(&self, request: &PictureRequest, key: KeyBuilder) -> KeyBuilder {
        request.add_to_key(key)
    }

    fn paint<'a>(
        &'a self,
        request: &'a PictureRequest,
        order: PictureOrder<'a>,
    ) -> videogen_picture::BoxFuture<'a, Result<Painted, videogen_picture::Error>> {
        Box::pin(self.calls.counted(async move {
            let output = order.output;
            let whole = format!("{request:?}");
            let (name, hash) = (digest(whole.as_bytes()), Sha256::digest(whole.as_bytes()));
            self.calls.begin("picture", &name);
            let begun = Instant::now();
            tokio::time::sleep(self.takes).await;
            let picture = image::RgbImage::from_fn(16, 24, |x, y| {
                let at = |n: u32| hash[((x / 4 + y / 4 * 4 + n * 7) % 32) as usize];
                image::Rgb([at(0), at(1), at(2)])
            });
            let mut bytes = std::io::Cursor::new(Vec::new());
            picture
                .write_to(&mut bytes, image::ImageFormat::Png)
                .expect("a vector takes everything");
            std::fs::write(output, bytes.get_ref()).map_err(|source| {
                let (action, path) = ("writing", output.to_owned());
                videogen_picture::Error::Io {
                    action,
                    path,
                    source,
                }
            })?;
            self.calls.end("picture", &name, bytes.get_ref());
            let nanos = begun.elapsed().as_nanos() as u64;
            self.busy.fetch_add(nanos, Ordering::Relaxed);
            Ok(Painted::by("fake"))
        }))
    }
}

/// Writes the digest of what the video would be made of.
#[derive(Debug)]
pub(crate) struct Rendering {
    calls: Arc<Calls>,
    takes: Duration,
}

impl Rendering {
    pub(crate) fn new(calls: Arc<Calls>, takes: Duration) -> Self {
        Self { calls, takes }
    }
}

fn failed(path: &Utf8Path, source: io::Error) -> videogen_media::Error {
    videogen_media::Error::Io {
        action: "reading or writing",
        path: path.to_owned(),
        source,
    }
}

/// All of a job that is seen or heard, and none of its paths.
fn content(job: &RenderJob) -> Result<String, videogen_media::Error> {
    let read = |path: &Utf8Path| std::fs::read(path).map_err(|source| failed(path, source));
    let mut text = format!(
        "{} {} {} {:?} {}",
        job.size,
        job.rate,
        job.timeline.frames(),
        job.encode,
        digest(&read(&job.audio)?),
    );
    for shot in job.timeline.shots() {
        let picture = digest(&read(shot.source.path())?);
        write!(text, "\n{picture} {:?} {}", shot.motion, shot.duration)
            .expect("writing to a string does not fail");
    }
    Ok(text)
}

impl Renderer for Rendering {
    fn render<'a>(
        &'a self,
        job: &'a RenderJob,
        observer: &'a dyn Observer,
        _: &'a CancellationToken,
    ) -> videogen_media::BoxFuture<'a, Result<RenderedVideo, videogen_media::Error>> {
        Box::pin(self.calls.counted(async move {
            let video = content(job)?;
            let name = digest(video.as_bytes());
            self.calls.begin("render", &name);
            tokio::time::sleep(self.takes).await;
            observer.progress(1.0);
            std::fs::write(&job.output, &video).map_err(|source| failed(&job.output, source))?;
            self.calls.end("render", &name, video.as_bytes());
            Ok(RenderedVideo {
                frames: job.timeline.frames(),
                encoder: job.encode.encoder.to_string(),
                replaced: None,
            })
        }))
    }

    fn verify<'a>(
        &'a self,
        path: &'a Utf8Path,
        _: &'a ExpectedVideo,
        _: &'a CancellationToken,
    ) -> videogen_media::BoxFuture<'a, Result<CheckedVideo, videogen_media::Error>> {
        let verdict = std::fs::read(path)
            .map_err(|source| failed(path, source))
            .and_then(|video| {
                if video != it::poison::BAD_VIDEO {
                    return Ok(CheckedVideo::default());
                }
                Err(videogen_media::Error::Verify {
                    path: path.to_owned(),
                    findings: vec![VerifyFinding::Truncated],
                })
            });
        Box::pin(std::future::ready(verdict))
    }
}
