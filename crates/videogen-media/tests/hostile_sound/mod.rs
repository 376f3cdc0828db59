//! Sound to which AAC adds the most: in the video its true peak is what was promised all the same.

use camino::Utf8PathBuf;
use tokio_util::sync::CancellationToken;
use videogen_media::{AudioClip, EncodeSettings, MixRequest, MixSettings, RenderJob, mix_to_wav};

use super::support::{Bench, job};
use super::{in_parts, render};

/// What is promised, in dBTP.
const MOST: f64 = -1.0;

/// Sources of FFmpeg, at or near full scale.
const SIGNALS: [(&str, &str); 8] = [
    ("white", "anoisesrc=color=white:amplitude=1:seed=7"),
    ("pink", "anoisesrc=color=pink:amplitude=1:seed=7"),
    ("square", "aevalsrc=0.99*sgn(sin(6264*t)):s=48000"),
    ("high square", "aevalsrc=0.99*sgn(sin(43981*t)):s=48000"),
    (
        "clicks",
        "aevalsrc=0.99*lt(mod(t\\,0.13)\\,0.00005):s=48000",
    ),
    (
        "bursts",
        "aevalsrc=0.99*sin(94000*t)*lt(mod(t\\,0.5)\\,0.002):s=48000",
    ),
    (
        "between samples",
        "aevalsrc=sin(75398.2237*t+0.785398):s=48000",
    ),
    ("chirp", "aevalsrc=0.99*sin(20000*t*t):s=48000"),
];

/// A soundtrack of a source as it is: louder than any that a mix makes.
async fn track(bench: &Bench, name: &str, source: &str) -> Utf8PathBuf {
    let args = format!("-f lavfi -i {source}:d=6 -af pan=stereo|c0=c0|c1=c0 -c:a pcm_s24le");
    bench
        .make(&format!("input-{}.wav", name.replace(' ', "-")), &args)
        .await
}

#[tokio::test(flavor = "multi_thread")]
async fn no_sound_is_higher_than_promised_in_the_video() {
    let bench = Bench::new().await;
    let job = job(&bench, 6.0).await;
    for (name, source) in SIGNALS {
        for encode in [EncodeSettings::DRAFT, EncodeSettings::FINE] {
            let job = RenderJob {
                audio: track(&bench, name, source).await,
                encode,
                ..job.clone()
            };
            let bytes = render(&bench, &job).await;
            let (_, peak) = bench.loudness(&job.output).await;
            assert!(peak <= MOST, "{name}: {peak} dBTP");
            // What lasts is not lowered by more than it has to be.
            let lasts = ["square", "white"].contains(&name);
            assert!(!lasts || peak >= MOST - 1.0, "{name}: {peak} dBTP");
            assert!(render(&bench, &job).await == bytes, "{name}: other bytes");
        }
    }
    assert_eq!(bench.left(), ["out.mp4"]);
    let loud = RenderJob {
        audio: bench.path("input-white.wav"),
        ..job
    };
    let joined = in_parts(&loud, bench.path("parts"), 1);
    render(&bench, &joined).await;
    let (_, peak) = bench.loudness(&joined.output).await;
    assert!(peak <= MOST, "joined: {peak} dBTP");
}

/// The way of a narration: mixed, limited, encoded.
#[tokio::test(flavor = "multi_thread")]
async fn a_narration_is_within_the_limit_and_as_loud_as_promised() {
    let bench = Bench::new().await;
    let job = job(&bench, 12.0).await;
    // Syllables of a buzz with a click at the beginning of each: plosives close to a microphone.
    let sample = |i: usize| {
        let t = i as f64 / 48_000.0;
        let syllable = (t * 4.0).fract();
        let buzz: f64 = (1..12)
            .map(|n| (std::f64::consts::TAU * 140.0 * f64::from(n) * t).sin() / f64::from(n))
            .sum();
        let click = if syllable < 0.0005 { 0.9 } else { 0.0 };
        (0.2 * buzz * (1.0 - syllable) + click) as f32
    };
    let request = MixRequest {
        narration: vec![AudioClip {
            samples: (0..12 * 48_000).map(sample).collect(),
            sample_rate: 48_000,
            start: 0.0,
        }],
        bed: None,
        duration: 12.0,
    };
    let audio = bench.path("input-mix.wav");
    mix_to_wav(
        &request,
        &MixSettings::for_aac(),
        &audio,
        &CancellationToken::new(),
    )
    .expect("mixed");
    let job = RenderJob { audio, ..job };
    render(&bench, &job).await;
    let (loudness, peak) = bench.loudness(&job.output).await;
    assert!(peak <= MOST, "{peak} dBTP");
    assert!((-15.0..=-13.0).contains(&loudness), "{loudness} LUFS");
}
