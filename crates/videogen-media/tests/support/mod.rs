//! What the tests with the real FFmpeg share: finding it and making inputs with its own sources.
#![allow(dead_code, reason = "each test binary uses its part")]

use std::time::Duration;

use camino::{Utf8Path, Utf8PathBuf};
use camino_tempfile::Utf8TempDir;
use tokio_util::sync::CancellationToken;
use videogen_media::{
    EncodeSettings, Ffmpeg, FrameRate, FrameSize, MediaTags, Motion, RenderJob, Shot, Timeline,
};
use videogen_process::{Outcome, Stdout, Supervisor};

/// FFmpeg of this machine and a folder for the files of one test.
pub(crate) struct Bench {
    pub(crate) ffmpeg: Ffmpeg,
    pub(crate) dir: Utf8TempDir,
    pub(crate) cancel: CancellationToken,
}

impl Bench {
    pub(crate) async fn new() -> Self {
        let cancel = CancellationToken::new();
        let path = std::env::var_os("PATH");
        let ffmpeg = Ffmpeg::discover(Supervisor::new(), None, path.as_deref(), &cancel).await;
        let ffmpeg =
            ffmpeg.expect("these tests need FFmpeg 5.1 or newer with libx264 and libass on PATH");
        Self {
            ffmpeg,
            dir: camino_tempfile::tempdir().expect("a temporary folder"),
            cancel,
        }
    }

    pub(crate) fn path(&self, name: &str) -> Utf8PathBuf {
        self.dir.path().join(name)
    }

    /// A file with these bytes.
    pub(crate) fn file(&self, name: &str, bytes: impl AsRef<[u8]>) -> Utf8PathBuf {
        let path = self.path(name);
        let folder = path.parent().expect("it is in the temporary folder");
        std::fs::create_dir_all(folder).expect("the temporary folder can be written");
        std::fs::write(&path, bytes).expect("the temporary folder can be written");
        path
    }

    /// What lies in the folder beside the inputs of [`job`].
    pub(crate) fn left(&self) -> Vec<String> {
        let entries = self.dir.path().read_dir_utf8().expect("it is there");
        let names = entries.map(|entry| entry.expect("readable").file_name().to_owned());
        names.filter(|name| !name.starts_with("input-")).collect()
    }

    /// Runs ffmpeg with arguments separated by spaces, then writes `name`.
    pub(crate) async fn make(&self, name: &str, args: &str) -> Utf8PathBuf {
        let path = self.path(name);
        self.run(
            &[
                args.split_whitespace().collect::<Vec<_>>().as_slice(),
                &["-y", path.as_str()],
            ]
            .concat(),
        )
        .await;
        path
    }

    /// Runs ffmpeg to its successful end.
    pub(crate) async fn run(&self, args: &[&str]) -> Outcome {
        let command = self
            .ffmpeg
            .command(Duration::from_mins(2))
            .args(args.iter().copied());
        let command = command.stdout(Stdout::Capture { limit: 1 << 26 });
        self.ffmpeg
            .run(command, "making a test file", &self.cancel)
            .await
            .expect("ffmpeg makes the file")
    }

    /// Integrated loudness and true peak as FFmpeg's own meter sees them.
    pub(crate) async fn loudness(&self, path: &Utf8Path) -> (f64, f64) {
        let args = [
            "-loglevel",
            "info",
            "-i",
            path.as_str(),
            "-af",
            "ebur128=peak=true:framelog=verbose",
            "-f",
            "null",
            "-",
        ];
        let log = self.run(&args).await.stderr;
        let summary = log
            .as_str()
            .rsplit("Summary:")
            .next()
            .expect("rsplit has a first part")
            .to_owned();
        let number = |key: &str| {
            let rest = summary
                .split_once(key)
                .unwrap_or_else(|| panic!("no {key} in {summary}"))
                .1;
            rest.split_whitespace()
                .next()
                .and_then(|number| number.parse().ok())
                .expect("a number")
        };
        (number("I:"), number("Peak:"))
    }
}

/// A small video of three moving pictures and a tone, to `out.mp4`.
pub(crate) async fn job(bench: &Bench, seconds: f64) -> RenderJob {
    let rate = FrameRate::new(15, 1).expect("in range");
    let mut shots = Vec::new();
    for (index, source) in ["testsrc2", "mandelbrot", "testsrc"]
        .into_iter()
        .enumerate()
    {
        let filter = format!("-f lavfi -i {source}=s=160x240 -frames:v 1");
        shots.push(Shot {
            source: bench
                .make(&format!("input-{index}.png"), &filter)
                .await
                .into(),
            motion: Motion::numbered(index),
            guided: true,
            duration: seconds / 3.0,
        });
    }
    let tone = format!("-f lavfi -i sine=frequency=330:sample_rate=48000:duration={seconds} -ac 2");
    RenderJob {
        size: FrameSize::new(128, 192).expect("even"),
        rate,
        timeline: Timeline::new(shots, rate, 0.5).expect("long enough"),
        captions: None,
        overlays: Vec::new(),
        audio: bench.make("input-tone.wav", &tone).await,
        encode: EncodeSettings::FINE,
        tags: MediaTags::default(),
        bounds_peak: true,
        parts: None,
        output: bench.path("out.mp4"),
    }
}
