//! Memory does not depend on the length of the video. Alone in its file: a process has one peak.

#![cfg(target_os = "linux")]

use std::io;
use std::sync::Arc;

use tokio_util::sync::CancellationToken;
use videogen_media::{
    CaptionMode, CaptionStyle, CaptionText, CaptionWord, Captions, EncodeSettings, Fonts,
    FrameRate, FrameSize, MediaTags, Motion, RenderJob, SafeZone, Shot, Timeline, write_frames,
};

/// The most memory this process has had, in MiB.
fn peak() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").expect("Linux has it");
    let line = status.lines().find(|line| line.starts_with("VmHWM:"));
    let kib = line.and_then(|line| line.split_ascii_whitespace().nth(1)?.parse::<u64>().ok());
    kib.expect("a number") / 1024
}

#[test]
fn an_hour_of_frames_takes_no_more_memory_than_seconds() {
    let dir = camino_tempfile::tempdir().expect("a temporary directory");
    let picture = dir.path().join("a.png");
    image::RgbImage::from_fn(308, 548, |x, y| {
        image::Rgb([x as u8, y as u8, (x ^ y) as u8])
    })
    .save(&picture)
    .expect("written");
    let (size, rate) = (
        FrameSize::new(256, 456).expect("even"),
        FrameRate::new(1, 1),
    );
    let rate = rate.expect("in range");
    let job = |seconds: u32| {
        let words: Vec<CaptionWord> = (0..seconds)
            .map(|i| CaptionWord {
                text: "word".into(),
                start: f64::from(i),
                end: f64::from(i) + 0.8,
                space_before: true,
            })
            .collect();
        let zone = SafeZone::for_frame(256, 456);
        let fonts = Fonts::bundled();
        let captions = Captions::new(
            CaptionText::new(&words, "en"),
            CaptionMode::Karaoke,
            &CaptionStyle::ALL[0],
            (256, 456),
            zone,
            &fonts,
        );
        let shots = (0..seconds / 6).map(|i| Shot {
            source: picture.clone().into(),
            motion: Motion::numbered(i as usize),
            guided: true,
            duration: 6.0,
        });
        RenderJob {
            size,
            rate,
            timeline: Timeline::new(shots.collect(), rate, 1.0).expect("long enough"),
            captions: Some(Arc::new(captions.expect("laid out"))),
            overlays: Vec::new(),
            audio: "none.wav".into(),
            encode: EncodeSettings::FINE,
            tags: MediaTags::default(),
            bounds_peak: true,
            parts: None,
            output: "none.mp4".into(),
        }
    };
    let run = |job: RenderJob| {
        write_frames(&job, &mut io::sink(), &CancellationToken::new()).expect("made")
    };
    assert_eq!(run(job(60)), 60);
    let short = peak();
    assert_eq!(run(job(3600)), 3600);
    let long = peak();
    // The words of an hour and their places are kept, some 4 MiB; one second of its frames would be 5 MiB at 30 a second.
    assert!(
        long - short < 12,
        "{short} MiB for a minute, {long} MiB for an hour"
    );
}
