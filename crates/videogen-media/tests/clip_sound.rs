//! The own sound of clips in a mix: decoded by the real FFmpeg, beside the right frame, again where the frames are.

mod support;

use std::f64::consts::TAU;

use camino::{Utf8Path, Utf8PathBuf};
use support::Bench;
use videogen_media::{
    AudioClip, Error, Footage, FrameRate, FrameSize, Loudness, MixRequest, MixSettings, Pacing,
    SceneSpan, mix_with_clips,
};
use videogen_types::{ClipVolume, FitChoice};

/// How H.264 and PCM are made, so that what is measured is what was made.
const CODED: &str = "-pix_fmt yuv420p -c:v libx264 -preset ultrafast -c:a pcm_s16le";

fn moving(seconds: f64) -> String {
    format!("-f lavfi -i testsrc2=s=64x96:r=25:d={seconds}")
}

/// A tone of 1 kHz, a quarter of full scale on both channels.
fn tone(seconds: f64) -> String {
    let sine = "0.25*sin(2000*PI*t)";
    format!("-f lavfi -i aevalsrc={sine}|{sine}:s=48000:d={seconds}")
}

fn rate() -> FrameRate {
    FrameRate::new(25, 1).expect("in range")
}

/// Scenes of so many seconds.
fn paced(durations: &[f64]) -> Pacing {
    let mut start = 0.0;
    let span = |duration: &f64| {
        let span = SceneSpan {
            start,
            duration: *duration,
            speech: start,
        };
        start += duration;
        span
    };
    let spans = durations.iter().map(span).collect();
    Pacing {
        spans,
        duration: start,
        outro: 0.0,
    }
}

async fn checked(bench: &Bench, files: &[Utf8PathBuf], volume: f64) -> Footage {
    let shown = (FitChoice::Cover, ClipVolume::new(volume).expect("allowed"));
    Footage::check(files, &[], shown, Some(&bench.ffmpeg), &bench.cancel)
        .await
        .expect("good files")
}

/// A mix of the sound of `footage` in scenes of these lengths, with a `voice` or without; its left channel.
async fn mixed(
    bench: &Bench,
    footage: &Footage,
    durations: &[f64],
    voice: Option<AudioClip>,
) -> (Vec<f32>, Loudness) {
    let pacing = paced(durations);
    let (files, _) = footage.scenes(vec![Utf8PathBuf::new(); durations.len()], &[]);
    let output = bench.path("mix.wav");
    let clips = footage
        .sounds(&files, &pacing, rate(), &output, &bench.cancel)
        .await
        .expect("decoded");
    assert!(clips.is_some(), "a clip is heard");
    let request = MixRequest {
        narration: voice.into_iter().collect(),
        bed: None,
        duration: pacing.duration,
    };
    let (cancel, file) = (bench.cancel.clone(), output.clone());
    let mixing = move || mix_with_clips(&request, clips, &MixSettings::default(), &file, &cancel);
    let report = tokio::task::spawn_blocking(mixing).await.expect("no panic");
    (left(&output), report.expect("mixed"))
}

/// The left channel of a WAV file.
fn left(path: &Utf8Path) -> Vec<f32> {
    let mut reader = hound::WavReader::open(path).expect("a WAV");
    let samples = reader.samples::<i32>().step_by(2);
    samples
        .map(|sample| sample.expect("whole") as f32 / 8_388_607.0)
        .collect()
}

/// The amplitude of 1 kHz from one time to another, in seconds.
fn level(samples: &[f32], from: f64, to: f64) -> f64 {
    let [from, to] = [from, to].map(|seconds| (seconds * 48_000.0).round() as usize);
    let (mut re, mut im) = (0.0, 0.0);
    for (index, sample) in samples.iter().enumerate().take(to).skip(from) {
        let (sin, cos) = (TAU * 1000.0 * index as f64 / 48_000.0).sin_cos();
        re += f64::from(*sample) * cos;
        im += f64::from(*sample) * sin;
    }
    2.0 * f64::hypot(re, im) / (to - from) as f64
}

/// When 1 kHz is heard, in steps of 50 ms.
fn heard(samples: &[f32]) -> Vec<bool> {
    let loudest = 0.25 * level(samples, 0.0, samples.len() as f64 / 48_000.0).max(0.1);
    let steps = samples.len() / 2_400;
    let is_heard = |step: usize| {
        let from = step as f64 * 0.05;
        level(samples, from, from + 0.05) > loudest
    };
    (0..steps).map(is_heard).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sound_lies_beside_its_frames_wherever_the_file_begins() {
    let bench = Bench::new().await;
    // The sound half a second after the first frame, at it, and half a second before it.
    let (video, sound) = (moving(3.0), tone(2.0));
    for (name, args, first) in [
        (
            "late.mov",
            format!("{video} -itsoffset 0.5 {sound} {CODED}"),
            0.5,
        ),
        (
            "late.mkv",
            format!("{video} -itsoffset 0.5 {sound} {CODED}"),
            0.5,
        ),
        ("same.mkv", format!("{video} {sound} {CODED}"), 0.0),
        (
            "early.mkv",
            format!("-itsoffset 0.5 {video} {sound} {CODED}"),
            -0.5,
        ),
        (
            "late.ts",
            format!("{video} -itsoffset 0.5 {sound} {CODED} -c:a mp2"),
            0.5,
        ),
    ] {
        let clip = bench.make(name, &args).await;
        let footage = checked(&bench, &[clip], 1.0).await;
        let told = footage.warnings(FrameSize::new(64, 96).expect("even"));
        assert!(!told.join("\n").contains("sound"), "{told:?}");
        let (samples, _) = mixed(&bench, &footage, &[2.9], None).await;
        let heard = heard(&samples);
        let at = |seconds: f64| heard[(seconds / 0.05).round() as usize];
        if first > 0.0 {
            assert!(!at(first - 0.15), "{name}");
        }
        assert!(at(f64::max(first, 0.0) + 0.25), "{name}");
        assert!(at(first + 1.8) && !at(first + 2.15), "{name}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_volume_is_what_is_heard_beside_a_voice_and_less_under_it() {
    let bench = Bench::new().await;
    let clip = format!("{} {} {CODED}", moving(4.0), tone(4.0));
    let clip = bench.make("a.mov", &clip).await;
    let picture = bench
        .make("b.png", "-f lavfi -i testsrc=s=64x96 -frames:v 1")
        .await;
    let footage = checked(&bench, &[clip, picture], 0.5).await;
    assert_eq!([0, 1].map(|n| footage.clip_sound(n, 2)), [Some(0.5), None]);
    // A voice that is spoken for five of eight seconds: in the clip's last one and in the picture.
    let sample = |index: usize| {
        let time = index as f64 / 24_000.0;
        (0.4 * (TAU * 440.0 * time).sin() * (TAU * 2.0 * time).sin().abs()) as f32
    };
    let voice = AudioClip {
        samples: (0..5 * 24_000).map(sample).collect(),
        sample_rate: 24_000,
        start: 2.5,
    };
    let (samples, report) = mixed(&bench, &footage, &[4.0, 4.0], Some(voice)).await;
    let lufs = report.integrated_lufs.expect("heard");
    assert!((lufs + 14.0).abs() < 0.5, "{report:?}");
    assert!(report.true_peak_dbtp.is_some_and(|dbtp| dbtp <= -1.4));
    let near = |found: f64, expected: f64| (20.0 * (found / expected).log10()).abs() < 1.5;
    let alone = level(&samples, 0.5, 2.2);
    assert!(near(alone, 0.125), "{alone}");
    let under = level(&samples, 2.7, 3.9);
    assert!(near(under / alone, 0.251), "{under} of {alone}");
    // Where the picture is, after the crossfade.
    let elsewhere = level(&samples, 4.7, 7.4);
    assert!(elsewhere < 0.0005, "{elsewhere}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_short_clip_is_heard_as_often_as_it_is_shown_and_a_still_once() {
    let bench = Bench::new().await;
    // Half a second of sound in a second of frames.
    let short = bench
        .make(
            "short.mov",
            &format!("{} {} {CODED}", moving(1.0), tone(0.5)),
        )
        .await;
    let footage = checked(&bench, &[short], 1.0).await;
    let (samples, _) = mixed(&bench, &footage, &[4.5], None).await;
    let all = heard(&samples);
    for turn in 0..4 {
        let at = |seconds: f64| all[((f64::from(turn) + seconds) / 0.05).round() as usize];
        assert!(at(0.25) && at(0.4) && !at(0.6) && !at(0.9), "turn {turn}");
    }
    // One frame, and three seconds of sound: it does not stutter.
    let still = format!("{} {} {CODED}", moving(0.04), tone(3.0));
    let still = bench.make("still.mov", &still).await;
    let footage = checked(&bench, &[still], 1.0).await;
    let (samples, _) = mixed(&bench, &footage, &[3.5], None).await;
    let all = heard(&samples);
    assert!(all[4..56].iter().all(|is_heard| *is_heard), "{all:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_will_not_be_heard_is_told_and_shown_all_the_same() {
    let bench = Bench::new().await;
    let size = FrameSize::new(64, 96).expect("even");
    let silence = "-f lavfi -i anullsrc=r=48000:cl=stereo";
    for (name, args, words) in [
        (
            "mute.mov",
            format!("{} -an {CODED}", moving(2.0)),
            "mute.mov has no sound",
        ),
        (
            "silent.mov",
            format!("{} {silence} -t 2 {CODED}", moving(2.0)),
            "silent.mov is silent",
        ),
        (
            "slow.mkv",
            format!("{} {} -ar 3000 {CODED}", moving(2.0), tone(2.0)),
            "3000 samples per second",
        ),
    ] {
        let clip = bench.make(name, &args).await;
        let footage = checked(&bench, std::slice::from_ref(&clip), 1.0).await;
        let told = footage.warnings(size).join("\n");
        assert!(told.contains(words), "{name}: {told}");
        assert_eq!(footage.kind_of(0, 1), "clip");
        // Without a volume nobody listens.
        let footage = checked(&bench, &[clip], 0.0).await;
        assert_eq!(footage.warnings(size), Vec::<String>::new());
    }
    assert_eq!(bench.ffmpeg.supervisor().live(), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_clip_that_went_away_is_an_error_and_nothing_is_left() {
    let bench = Bench::new().await;
    let clip = format!("{} {} {CODED}", moving(2.0), tone(2.0));
    let clip = bench.make("a.mov", &clip).await;
    let footage = checked(&bench, std::slice::from_ref(&clip), 1.0).await;
    std::fs::remove_file(&clip).expect("removed");
    let (files, _) = footage.scenes(vec![Utf8PathBuf::new()], &[]);
    let output = bench.path("mix.wav");
    let gone = footage
        .sounds(&files, &paced(&[2.0]), rate(), &output, &bench.cancel)
        .await;
    let error = gone.expect_err("it is gone");
    assert!(matches!(error, Error::InputBroken { .. }), "{error:?}");
    assert_eq!(bench.left(), Vec::<String>::new());
}
