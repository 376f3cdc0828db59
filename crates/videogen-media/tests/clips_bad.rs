//! Clips that are none, that break, and renders of clips that are stopped.

mod support;

use std::io::Write;

use support::{Bench, job};
use tokio_util::sync::CancellationToken;
use videogen_media::{
    CLIP_CHECKED_SECONDS, Clip, Error, FfmpegRenderer, RenderJob, Renderer, Shot, Timeline,
    footage_kind, write_frames,
};

const SOURCE: &str =
    "-f lavfi -i testsrc2=s=160x240:r=30:d=4 -pix_fmt yuv420p -c:v libx264 -preset ultrafast";

/// The job of the other tests with this clip in the place of each picture.
async fn job_of(bench: &Bench, clip: &Clip, seconds: f64) -> RenderJob {
    let job = job(bench, seconds).await;
    let shots = job.timeline.shots().iter().map(|shot| Shot {
        source: clip.clone().into(),
        ..shot.clone()
    });
    let timeline = Timeline::new(shots.collect(), job.rate, 0.5).expect("as before");
    RenderJob { timeline, ..job }
}

#[tokio::test]
async fn what_cannot_be_shown_is_refused_by_name_before_any_work() {
    let bench = Bench::new().await;
    let good = bench
        .make("good.mp4", &format!("{SOURCE} -movflags +faststart"))
        .await;
    let good = std::fs::read(good).expect("readable");
    let plain = bench.make("plain.mp4", SOURCE).await;
    let plain = std::fs::read(plain).expect("readable");
    let mut ruined = good.clone();
    let data = ruined
        .windows(4)
        .position(|four| four == b"mdat")
        .expect("there is data")
        + 4;
    ruined[data..].fill(0);
    let sound = bench.make("sound.mp4", "-f lavfi -i sine=d=1").await;
    let cover = bench
        .make("cover.png", "-f lavfi -i color=red:s=64x64 -frames:v 1")
        .await;
    let covered = format!(
        "-f lavfi -i sine=d=1 -i {cover} -map 0 -map 1 -c:v png -disposition:v attached_pic"
    );
    let cases = [
        (bench.path("none.mp4"), "does not exist"),
        (bench.file("nothing.mp4", ""), "is empty"),
        (
            bench.file("page.mp4", "<!DOCTYPE html><html></html>"),
            "an HTML page",
        ),
        (
            bench.file("list.mp4", "#EXTM3U\n#EXTINF:1,\nfile:///etc/passwd\n"),
            "an HLS playlist",
        ),
        (
            bench.file("concat.mp4", "ffconcat version 1.0\nfile /etc/passwd\n"),
            "an FFmpeg concat list",
        ),
        (
            bench.file("fake.mp4", b"\0\0\0\x18ftypisom\0\0\0\0isomiso2"),
            "fake.mp4",
        ),
        (sound, "only sound"),
        (bench.make("covered.m4a", &covered).await, "only sound"),
        // The index is at the end, and gone; at the beginning, and the rest is missing; there, and of nothing.
        (
            bench.file("cut.mp4", &plain[..plain.len() * 3 / 4]),
            "cut.mp4",
        ),
        (
            bench.file("short.mp4", &good[..good.len() / 2]),
            "it ends after",
        ),
        (bench.file("ruined.mp4", ruined), "ruined.mp4"),
        (
            bench
                .make("tiny.mkv", "-f lavfi -i color=red:s=8x8:d=1 -c:v ffv1")
                .await,
            "8x8 pixels",
        ),
    ];
    for (path, expected) in cases {
        let error = Clip::open(&bench.ffmpeg, &path, &bench.cancel)
            .await
            .expect_err("refused");
        let text = error.to_string();
        assert!(text.contains(expected), "{path}: {text}");
        assert!(text.contains(path.file_name().expect("named")), "{text}");
        let typed = matches!(
            error,
            Error::InputMissing { .. }
                | Error::InputEmpty { .. }
                | Error::InputWrongType { .. }
                | Error::InputBroken { .. }
        );
        assert!(typed && error.help().is_some(), "{error:?}");
    }
    assert!(footage_kind(bench.dir.path()).is_err(), "a folder");
    assert_eq!(bench.ffmpeg.supervisor().live(), 0);
}

#[tokio::test]
async fn what_is_known_of_a_clip_is_told() {
    let bench = Bench::new().await;
    let with_sound = format!("-f lavfi -i sine=d=6 {SOURCE}");
    let clip = Clip::open(
        &bench.ffmpeg,
        &bench.make("s.mp4", &with_sound).await,
        &bench.cancel,
    )
    .await;
    // Its sound is longer than its pictures: that is no damage.
    let info = clip.expect("accepted").info().clone();
    assert_eq!(
        (info.width, info.height, &*info.codec, info.sound),
        (160, 240, "h264", true)
    );
    assert!((info.seconds - 4.0).abs() < 0.05, "{info:?}");
    assert_eq!(info.remark, None);
    let long = "-f lavfi -i color=red:s=32x32:r=2:d=40 -c:v ffv1";
    let clip = Clip::open(
        &bench.ffmpeg,
        &bench.make("long.mkv", long).await,
        &bench.cancel,
    )
    .await;
    let info = clip.expect("accepted").info().clone();
    assert!(
        (info.seconds - CLIP_CHECKED_SECONDS).abs() <= 0.5 && !info.sound,
        "{info:?}"
    );
}

/// What is damaged, but there, is shown as well as FFmpeg can, the same each time; and it is told.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_damaged_clip_is_shown_and_told() {
    let bench = Bench::new().await;
    let mut bytes = std::fs::read(bench.make("a.mp4", SOURCE).await).expect("readable");
    let middle = bytes.len() / 2;
    bytes[middle..middle + 2000].fill(0x5a);
    let path = bench.file("damaged.mp4", bytes);
    let clip = Clip::open(&bench.ffmpeg, &path, &bench.cancel)
        .await
        .expect("most of it is good");
    assert!(clip.info().remark.is_some(), "{:?}", clip.info());
    let job = job_of(&bench, &clip, 6.0).await;
    let [first, second] = tokio::task::block_in_place(|| {
        [(); 2].map(|()| {
            let mut bytes = Vec::new();
            write_frames(&job, &mut bytes, &bench.cancel).expect("made");
            bytes
        })
    });
    assert!(first == second);
}

/// Takes some frames, then cancels.
struct Stop {
    left: usize,
    stop: CancellationToken,
}

impl Write for Stop {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        match self.left.checked_sub(1) {
            Some(left) => self.left = left,
            None => self.stop.cancel(),
        }
        Ok(bytes.len())
    }
    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn cancelled_at_any_frame_no_decoder_is_left() {
    let bench = Bench::new().await;
    let clip = Clip::open(
        &bench.ffmpeg,
        &bench.make("a.mp4", SOURCE).await,
        &bench.cancel,
    )
    .await;
    let job = job_of(&bench, &clip.expect("good"), 6.0).await;
    // At once, in a shot, where the next clip is waiting, and in the crossfade.
    for left in [0, 1, 7, 22, 31, 33, 60] {
        let stop = CancellationToken::new();
        let mut out = Stop {
            left,
            stop: stop.clone(),
        };
        let error = tokio::task::block_in_place(|| write_frames(&job, &mut out, &stop));
        assert!(error.expect_err("cancelled").is_cancelled());
        assert_eq!(bench.ffmpeg.supervisor().live(), 0, "after {left} frames");
    }
    let stop = CancellationToken::new();
    let renderer = FfmpegRenderer::new(bench.ffmpeg.clone());
    let cancel_at_work = |fraction: f32| {
        if fraction > 0.0 {
            stop.cancel();
        }
    };
    let error = renderer
        .render(&job, &cancel_at_work, &stop)
        .await
        .expect_err("cancelled");
    assert!(error.is_cancelled(), "{error:?}");
    assert_eq!(bench.ffmpeg.supervisor().live(), 0);
    assert_eq!(bench.left(), ["a.mp4"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_clip_that_changes_after_it_was_checked_is_an_error_that_names_it() {
    let bench = Bench::new().await;
    let path = bench.make("a.mp4", SOURCE).await;
    let clip = Clip::open(&bench.ffmpeg, &path, &bench.cancel)
        .await
        .expect("good");
    let job = job_of(&bench, &clip, 6.0).await;
    for bytes in [&b"\0\0\0\x18ftypisom\0\0\0\0isomiso2"[..], b""] {
        std::fs::write(&path, bytes).expect("written");
        let renderer = FfmpegRenderer::new(bench.ffmpeg.clone());
        let error = renderer
            .render(&job, &videogen_types::Unobserved, &bench.cancel)
            .await
            .expect_err("broken");
        assert!(error.to_string().contains("a.mp4"), "{error}");
        assert!(!job.output.exists());
        assert_eq!(bench.ffmpeg.supervisor().live(), 0);
    }
}
