//! Renders with the real FFmpeg, and with one that misbehaves.

#[cfg(unix)]
mod broken;
mod hostile_sound;
mod support;

use std::sync::Mutex;
use std::time::Duration;

use camino::Utf8PathBuf;
use support::{Bench, job};
use tokio_util::sync::CancellationToken;
use videogen_media::{
    Codec, ExpectedVideo, FfmpegRenderer, MediaTags, RenderJob, RenderParts, Renderer,
    ffmpeg_input_args, probe_media,
};
use videogen_process::Stdout;

const TOTAL: f64 = 24.0;

fn in_parts(job: &RenderJob, dir: Utf8PathBuf, at_once: usize) -> RenderJob {
    RenderJob {
        parts: Some(RenderParts {
            dir,
            key: None,
            seconds: 6.0,
            at_once,
        }),
        ..job.clone()
    }
}

async fn render(bench: &Bench, job: &RenderJob) -> Vec<u8> {
    FfmpegRenderer::new(bench.ffmpeg.clone())
        .render(job, &videogen_types::Unobserved, &bench.cancel)
        .await
        .expect("rendered");
    std::fs::read(&job.output).expect("there is a video")
}

#[tokio::test]
async fn parts_give_the_same_video_in_any_number_of_sittings() {
    let bench = Bench::new().await;
    let job = job(&bench, TOTAL).await;
    let one_by_one = render(&bench, &in_parts(&job, bench.path("a"), 1)).await;
    let together = render(&bench, &in_parts(&job, bench.path("b"), 4)).await;
    assert!(one_by_one == together, "it depends on how many run at once");
    assert!(!bench.path("b").join("list").exists(), "the parts are gone");

    // Stopped when the first part is there; a later part is damaged.
    let job = in_parts(&job, bench.path("c"), 1);
    let stop = CancellationToken::new();
    let second = bench.path("c").join("part-00001.mp4");
    let renderer = FfmpegRenderer::new(bench.ffmpeg.clone());
    let stop_early = |_| {
        if second.exists() {
            stop.cancel();
        }
    };
    let error = renderer
        .render(&job, &stop_early, &stop)
        .await
        .expect_err("stopped");
    assert!(error.is_cancelled(), "{error:?}");
    assert_eq!(bench.ffmpeg.supervisor().live(), 0);
    let first = bench.path("c").join("part-00000.mp4");
    let made = std::fs::metadata(&first)
        .expect("kept")
        .modified()
        .expect("known");
    std::fs::write(&second, b"torn").expect("ours");

    let told = Mutex::new(Vec::new());
    let tell = |fraction| {
        let mut told = told.lock().expect("one thread");
        told.push((fraction, first.exists()));
    };
    renderer
        .render(&job, &tell, &bench.cancel)
        .await
        .expect("goes on");
    assert!(one_by_one == std::fs::read(&job.output).expect("there is a video"));
    let told = told.into_inner().expect("one thread");
    assert!(
        told[0].0 >= 0.24,
        "it began with {:?} of the work done",
        told[0]
    );
    assert!(
        told.windows(2).all(|pair| pair[0].0 <= pair[1].0),
        "{told:?}"
    );
    assert!(made.elapsed().is_ok());
}

/// Its headers say that it is whole, and its frames are not what was encoded.
#[tokio::test]
async fn a_part_that_is_damaged_inside_is_made_again() {
    let bench = Bench::new().await;
    let job = job(&bench, TOTAL).await;
    let whole = render(&bench, &in_parts(&job, bench.path("a"), 1)).await;
    let job = in_parts(&job, bench.path("b"), 1);
    let (stop, first) = (CancellationToken::new(), bench.path("b/part-00000.mp4"));
    let stop_early = |_| {
        if first.exists() {
            stop.cancel();
        }
    };
    let renderer = FfmpegRenderer::new(bench.ffmpeg.clone());
    let stopped = renderer.render(&job, &stop_early, &stop).await;
    assert!(stopped.expect_err("stopped").is_cancelled());
    let mut part = std::fs::read(&first).expect("kept");
    let middle = part.len() / 2;
    for byte in &mut part[middle..] {
        *byte ^= 0x5a;
    }
    std::fs::write(&first, part).expect("ours");
    let found = probe_media(&bench.ffmpeg, "mov", &first, &bench.cancel).await;
    assert!(found.expect("readable").video.is_some(), "by its headers");
    assert!(render(&bench, &job).await == whole, "and it is as it was");
}

#[tokio::test]
async fn a_joined_video_is_as_promised() {
    let bench = Bench::new().await;
    let job = job(&bench, TOTAL).await;
    let joined = in_parts(&job, bench.path("parts"), 2);
    render(&bench, &joined).await;
    let expected = ExpectedVideo {
        size: job.size,
        rate: job.rate,
        codec: Codec::H264,
        duration: TOTAL,
        audio_duration: TOTAL,
        silent: false,
        still: false,
        scenes: Vec::new(),
    };
    let renderer = FfmpegRenderer::new(bench.ffmpeg.clone());
    renderer
        .verify(&joined.output, &expected, &bench.cancel)
        .await
        .expect("streams, length, frames, tags");
    // Every frame lasts as long as the others, across the joints too.
    let times = bench
        .run(&[
            "-loglevel",
            "error",
            "-i",
            joined.output.as_str(),
            "-map",
            "0:v",
            "-f",
            "framecrc",
            "-",
        ])
        .await
        .stdout_text()
        .lines()
        .filter(|line| !line.starts_with('#'))
        .map(|line| {
            line.split(',')
                .nth(2)
                .and_then(|t| t.trim().parse().ok())
                .expect("a time")
        })
        .collect::<Vec<u64>>();
    assert_eq!(times, (0..job.timeline.frames()).collect::<Vec<_>>());
}

/// In one piece and in parts, and the same bytes each time; nothing is left of the file that the title came from.
#[tokio::test]
async fn a_video_says_its_title_and_its_language() {
    let bench = Bench::new().await;
    let title = r#"-y "Das" Meer; a=b #1 \ [STREAM] 'x' %s 🌊"#;
    let job = RenderJob {
        tags: MediaTags::new(&format!("{title}\n"), "de-AT"),
        ..job(&bench, 12.0).await
    };
    let whole = render(&bench, &job).await;
    assert!(whole == render(&bench, &job).await, "it changes by itself");
    let said = async || {
        let command = bench
            .ffmpeg
            .probe_command(Duration::from_mins(1))
            .args([
                "-show_entries",
                "format_tags=title:stream_tags=language",
                "-of",
                "json",
            ])
            .args(ffmpeg_input_args("mov", &job.output))
            .stdout(Stdout::Capture { limit: 1 << 20 });
        let outcome = bench.ffmpeg.run(command, "probing", &bench.cancel).await;
        let text = outcome.expect("readable").stdout_text().into_owned();
        serde_json::from_str::<serde_json::Value>(&text).expect("JSON")
    };
    for job in [job.clone(), in_parts(&job, bench.path("parts"), 1)] {
        render(&bench, &job).await;
        let said = said().await;
        assert_eq!(said["format"]["tags"]["title"], title, "{said}");
        for stream in said["streams"].as_array().expect("two streams") {
            assert_eq!(stream["tags"]["language"], "deu", "{said}");
        }
    }
    assert_eq!(bench.left(), ["out.mp4"]);
}

#[tokio::test]
async fn parts_of_another_job_are_not_taken() {
    let bench = Bench::new().await;
    let mut job = in_parts(&job(&bench, 12.0).await, bench.path("parts"), 1);
    std::fs::create_dir(bench.path("parts")).expect("made");
    let foreign = bench.path("parts").join("part-00000.mp4");
    std::fs::write(&foreign, b"of another job").expect("written");
    std::fs::write(bench.path("parts").join("job"), "0123").expect("written");
    std::fs::write(bench.path("parts").join("mine.txt"), "").expect("written");
    let first = render(&bench, &job).await;
    assert!(
        bench.path("parts").join("mine.txt").exists(),
        "not ours to delete"
    );
    job.encode.crf += 6.0;
    assert!(render(&bench, &job).await.len() < first.len());
}

#[tokio::test]
async fn a_cancelled_render_leaves_nothing() {
    let bench = Bench::new().await;
    let job = job(&bench, TOTAL).await;
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
    assert_eq!(bench.left(), Vec::<String>::new());
}

#[tokio::test]
async fn a_render_replaces_the_output_only_when_it_is_complete() {
    let bench = Bench::new().await;
    let mut job = job(&bench, 3.0).await;
    std::fs::write(&job.output, "before").expect("written");
    let missing = RenderJob {
        audio: bench.path("none.wav"),
        ..job.clone()
    };
    let renderer = FfmpegRenderer::new(bench.ffmpeg.clone());
    renderer
        .render(&missing, &videogen_types::Unobserved, &bench.cancel)
        .await
        .expect_err("there is no sound");
    assert_eq!(std::fs::read(&job.output).expect("kept"), b"before");
    job.output = bench.path("out.mp4");
    render(&bench, &job).await;
    let video = probe_media(&bench.ffmpeg, "mov", &job.output, &bench.cancel)
        .await
        .expect("a video");
    assert_eq!(video.video.and_then(|video| video.frames), Some(45));
}
