//! Memory does not depend on the length of a clip. Alone in its file: a process has one peak.

#![cfg(target_os = "linux")]

mod support;

use std::io;

use support::Bench;
use videogen_media::{
    Clip, EncodeSettings, FrameRate, FrameSize, Motion, RenderJob, Shot, Timeline, write_frames,
};

/// The most memory this process has had, in MiB.
fn peak() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").expect("Linux has it");
    let line = status.lines().find(|line| line.starts_with("VmHWM:"));
    let kib = line.and_then(|line| line.split_ascii_whitespace().nth(1)?.parse::<u64>().ok());
    kib.expect("a number") / 1024
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn minutes_of_a_clip_take_no_more_memory_than_seconds() {
    let bench = Bench::new().await;
    let source =
        "-f lavfi -i testsrc2=s=320x568:r=10:d=45 -pix_fmt yuv420p -c:v libx264 -preset ultrafast";
    let path = bench.make("a.mp4", source).await;
    let clip = Clip::open(&bench.ffmpeg, &path, &bench.cancel)
        .await
        .expect("good");
    let size = FrameSize::new(360, 640).expect("even");
    let rate = FrameRate::new(10, 1).expect("in range");
    let job = |seconds: f64| {
        let shot = || Shot {
            source: clip.clone().into(),
            motion: Motion::numbered(0),
            guided: false,
            duration: seconds,
        };
        let timeline = Timeline::new(vec![shot(), shot()], rate, 1.0).expect("long enough");
        let (audio, output) = ("none.wav".into(), "none.mp4".into());
        RenderJob::new(size, rate, timeline, audio, EncodeSettings::FINE, output)
    };
    let run = |seconds| {
        let job = job(seconds);
        tokio::task::block_in_place(|| {
            write_frames(&job, &mut io::sink(), &bench.cancel).expect("made")
        })
    };
    assert_eq!(run(3.0), 60);
    let short = peak();
    // Once through and a part again: 200 MiB of frames.
    assert_eq!(run(60.0), 1200);
    let long = peak();
    assert!(
        long - short < 12,
        "{short} MiB for seconds, {long} MiB for minutes"
    );
}
