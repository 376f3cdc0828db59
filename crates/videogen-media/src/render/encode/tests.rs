//! The command lines as text, and what the real FFmpeg makes of them.

use std::time::Duration;

use camino::Utf8PathBuf;
use camino_tempfile::Utf8TempDir;
use tokio_util::sync::CancellationToken;
use videogen_process::{Stdout, Supervisor};

use super::*;
use crate::codec::Codec;
use crate::encode::{EncodeSettings, Encoder};
use crate::motion::Motion;
use crate::probe::{mp4_layout, probe_media};
use crate::render::MediaTags;
use crate::timeline::{Shot, Timeline};
use crate::{Ffmpeg, FrameRate, FrameSize};

fn job(dir: &Utf8Path, encoder: Encoder, rate: FrameRate) -> RenderJob {
    let shot = Shot {
        source: dir.join("a.png").into(),
        motion: Motion::numbered(0),
        guided: false,
        duration: 2.0,
    };
    RenderJob {
        size: FrameSize::new(128, 192).unwrap(),
        rate,
        timeline: Timeline::new(vec![shot], rate, 0.5).unwrap(),
        captions: None,
        overlays: Vec::new(),
        audio: dir.join("a.wav"),
        encode: EncodeSettings::FINE.with(encoder),
        tags: MediaTags::new("The sea", "de-AT"),
        bounds_peak: true,
        parts: None,
        output: dir.join("whole.mp4"),
    }
}

fn thirty() -> FrameRate {
    FrameRate::new(30, 1).unwrap()
}

fn line(args: &[OsString]) -> String {
    let words: Vec<&str> = args.iter().map(|arg| arg.to_str().unwrap()).collect();
    words.join(" ")
}

#[test]
fn every_input_has_its_demuxer_and_may_open_files_only() {
    let job = job("/w".into(), Encoder::X264, thirty());
    let pipe = OsStr::new("pipe:0");
    let title = Some(Utf8Path::new("/w/title"));
    for (args, inputs) in [
        (arguments(&job, pipe, None), 2),
        (arguments(&job, pipe, title), 3),
        (segment_arguments(&job, pipe, "/w/part.mp4".into()), 1),
        (join_arguments(&job, "/w/parts.txt".into(), None), 2),
        (join_arguments(&job, "/w/parts.txt".into(), title), 3),
        (sound_arguments(&job, -0.5, title, "/w/again.mp4".into()), 3),
    ] {
        let line = line(&args);
        let count = |text: &str| line.matches(text).count();
        assert_eq!(count(" -i "), inputs, "{line}");
        assert_eq!(count("-protocol_whitelist file,pipe -f "), inputs, "{line}");
        assert!(
            args.last()
                .unwrap()
                .to_str()
                .unwrap()
                .starts_with("file:/w/"),
            "{line}"
        );
    }
}

#[test]
fn one_piece_and_joined_parts_have_the_same_sound_and_container() {
    let job = job("/w".into(), Encoder::X265, thirty());
    let title = Some(Utf8Path::new("/w/title"));
    let whole = line(&arguments(&job, OsStr::new("pipe:0"), title));
    let joined = line(&join_arguments(&job, "/w/parts.txt".into(), title));
    let again = sound_arguments(&job, -0.25, title, &job.output);
    let again = line(&again);
    let rest = |line: &str| line.split_once(" -c:a ").unwrap().1.to_owned();
    assert_eq!(rest(&whole), rest(&joined));
    assert_eq!(rest(&whole), rest(&again));
    assert!(again.contains("-c:v copy -tag:v hvc1 -af volume=-0.250dB -c:a aac"));
    assert!(rest(&whole).contains(
        "-map_metadata 2 -metadata:s:v:0 language=deu -metadata:s:a:0 language=deu -map_metadata -1"
    ));
    assert!(rest(&whole).contains("aac -b:a 160000 -ar 48000 -ac 2 -flags:a +bitexact"));
    assert!(
        joined.contains("-safe 1 -protocol_whitelist file,pipe -f concat -i file:/w/parts.txt")
    );
    assert!(joined.contains("-c:v copy -tag:v hvc1"), "{joined}");
}

/// The real FFmpeg, and a folder with `a.wav` and `frames.yuv`, 24 frames and two seconds.
struct Bench {
    ffmpeg: Ffmpeg,
    dir: Utf8TempDir,
}

impl Bench {
    async fn new(rate: FrameRate) -> Self {
        let path = std::env::var_os("PATH");
        let cancel = CancellationToken::new();
        let ffmpeg = Ffmpeg::discover(Supervisor::new(), None, path.as_deref(), &cancel).await;
        let bench = Self {
            ffmpeg: ffmpeg.expect("these tests need FFmpeg on PATH"),
            dir: camino_tempfile::tempdir().unwrap(),
        };
        let sound = "-f lavfi -i sine=duration=2:sample_rate=48000 -y".split(' ');
        bench.run(sound, &bench.path("a.wav")).await;
        let source = format!("testsrc2=size=128x192:rate={rate}");
        let frames = ["-f", "lavfi", "-i", &source, "-frames:v", "24"];
        let raw = ["-pix_fmt", "yuv420p", "-f", "rawvideo", "-y"];
        bench
            .run(frames.into_iter().chain(raw), &bench.path("frames.yuv"))
            .await;
        bench
    }

    fn path(&self, name: &str) -> Utf8PathBuf {
        self.dir.path().join(name)
    }

    async fn run<S: Into<OsString>>(&self, args: impl IntoIterator<Item = S>, output: &Utf8Path) {
        let command = self.ffmpeg.command(Duration::from_mins(1)).args(args);
        self.start(command.arg(output.as_str())).await;
    }

    async fn start(&self, command: videogen_process::Command) {
        let cancel = CancellationToken::new();
        let outcome = self.ffmpeg.run(command, "the test", &cancel).await;
        outcome.expect("ffmpeg does it");
    }

    async fn make(&self, args: Vec<OsString>) {
        let command = self.ffmpeg.command(Duration::from_mins(1));
        self.start(command.args(args)).await;
    }

    /// The files `part-0.mp4`, `part-1.mp4` and so on, of these many frames, joined.
    async fn join(&self, job: &RenderJob, parts: &[usize]) {
        let frames = std::fs::read(self.path("frames.yuv")).unwrap();
        let (mut rest, mut list) = (&*frames, String::new());
        for (number, count) in parts.iter().enumerate() {
            let (part, after) = rest.split_at(count * job.size.frame_bytes());
            rest = after;
            let raw = self.path(&format!("part-{number}.yuv"));
            std::fs::write(&raw, part).unwrap();
            let name = format!("part-{number}.mp4");
            let args = segment_arguments(job, &ffmpeg_file_url(&raw), &self.path(&name));
            self.make(args).await;
            list.extend(["file '", &name, "'\n"]);
        }
        assert!(rest.is_empty());
        let list_path = self.path("parts.txt");
        std::fs::write(&list_path, list).unwrap();
        self.make(join_arguments(job, &list_path, None)).await;
    }

    /// Presentation times of the pictures in ticks of 1/90000 s, sorted, and the numbers of the key frames.
    async fn times(&self, file: &Utf8Path) -> (Vec<i64>, Vec<usize>) {
        let command = self
            .ffmpeg
            .probe_command(Duration::from_secs(30))
            .args(["-select_streams", "v:0", "-of", "csv=p=0"])
            .args(["-show_entries", "packet=pts_time,flags"])
            .args(ffmpeg_input_args("mov", file))
            .stdout(Stdout::Capture { limit: 1 << 20 });
        let cancel = CancellationToken::new();
        let outcome = self.ffmpeg.run(command, "reading times", &cancel).await;
        let text = outcome.unwrap().stdout_text().into_owned();
        let mut packets: Vec<(i64, bool)> = text
            .lines()
            .map(|line| {
                let (time, flags) = line.split_once(',').unwrap();
                let ticks = time.parse::<f64>().unwrap() * 90_000.0;
                (ticks.round() as i64, flags.starts_with('K'))
            })
            .collect();
        packets.sort_unstable();
        let keys = packets.iter().enumerate().filter(|(_, packet)| packet.1);
        let keys = keys.map(|(number, _)| number).collect();
        (packets.into_iter().map(|packet| packet.0).collect(), keys)
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_software_encoder_makes_what_was_promised() {
    let bench = Bench::new(thirty()).await;
    let encoders = Encoder::ALL.into_iter().filter(|e| e.is_software());
    let mut made = 0;
    for encoder in encoders.filter(|e| bench.ffmpeg.has_encoder(e.name())) {
        let job = job(bench.dir.path(), encoder, thirty());
        let frames = ffmpeg_file_url(&bench.path("frames.yuv"));
        bench.make(arguments(&job, &frames, None)).await;
        let cancel = CancellationToken::new();
        let found = probe_media(&bench.ffmpeg, "mov", &job.output, &cancel)
            .await
            .unwrap();
        let video = found.video.unwrap();
        let wrong = crate::verify::of_picture(&video, encoder.codec(), job.size, job.rate);
        assert_eq!(wrong, [], "{encoder}");
        assert_eq!(video.frames, Some(24), "{encoder}");
        let (duration, audio) = (video.duration.unwrap(), found.audio.unwrap());
        assert!((duration - 0.8).abs() < 1e-6, "{encoder}: {duration}");
        assert_eq!((&*audio.codec, audio.channels), ("aac", 2));
        let layout = mp4_layout(&job.output).await.unwrap();
        assert!(layout.faststart && layout.complete, "{encoder}");
        let name: &[u8] = match encoder.codec() {
            Codec::H264 => b"avc1",
            Codec::Hevc => b"hvc1",
            Codec::Av1 => b"av01",
        };
        let bytes = std::fs::read(&job.output).unwrap();
        assert!(bytes.windows(4).any(|four| four == name), "{encoder}");
        made += 1;
    }
    assert!(made >= 1, "libx264 at least is in every build");
}

#[tokio::test(flavor = "multi_thread")]
async fn parts_join_to_the_video_that_one_piece_would_have_been() {
    for (encoder, rate) in [
        (Encoder::X264, thirty()),
        (Encoder::X264, FrameRate::new(30_000, 1001).unwrap()),
        (Encoder::X265, thirty()),
        (Encoder::SVT_AV1, thirty()),
    ] {
        let bench = Bench::new(rate).await;
        if !bench.ffmpeg.has_encoder(encoder.name()) {
            continue;
        }
        let mut job = job(bench.dir.path(), encoder, rate);
        let frames = ffmpeg_file_url(&bench.path("frames.yuv"));
        bench.make(arguments(&job, &frames, None)).await;
        let (whole, _) = bench.times(&job.output).await;
        job.output = bench.path("joined.mp4");
        bench.join(&job, &[7, 1, 16]).await;
        let (joined, keys) = bench.times(&job.output).await;
        assert_eq!(joined.len(), 24, "{encoder} at {rate}");
        assert_eq!(joined, whole, "{encoder} at {rate}");
        assert_eq!(keys, [0, 7, 8], "{encoder} at {rate}");
        // A decoder that complains ends with an error here.
        let strict = ["-xerror", "-err_detect", "explode"].map(OsString::from);
        let check = strict
            .into_iter()
            .chain(ffmpeg_input_args("mov", &job.output));
        let command = bench.ffmpeg.command(Duration::from_mins(1)).args(check);
        bench.start(command.args(["-f", "null", "-"])).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_with_names_from_elsewhere_is_refused() {
    let bench = Bench::new(thirty()).await;
    let job = job(bench.dir.path(), Encoder::X264, thirty());
    let list = bench.path("parts.txt");
    for name in ["/etc/hostname", "../a.mp4", "http://localhost/a.mp4"] {
        std::fs::write(&list, format!("file '{name}'\n")).unwrap();
        let args = join_arguments(&job, &list, None);
        let command = bench.ffmpeg.command(Duration::from_mins(1)).args(args);
        let cancel = CancellationToken::new();
        let outcome = bench
            .ffmpeg
            .supervisor()
            .run(command, &cancel)
            .await
            .unwrap();
        assert!(!outcome.success(), "{name}");
        let log = outcome.stderr.as_str();
        assert!(log.contains("Unsafe file name"), "{name}: {log}");
    }
}
