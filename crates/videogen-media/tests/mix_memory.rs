//! The memory a mix takes does not grow with its length. Alone in its file, so that nothing else is in the process.
#![cfg(target_os = "linux")]

use tokio_util::sync::CancellationToken;
use videogen_media::{
    AudioClip, MixRequest, MixSettings, MusicBed, SAMPLE_RATE, StereoAudio, mix_to_wav,
};

/// A number of KiB in /proc/self/status, in bytes.
fn status(key: &str) -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").expect("this is Linux");
    let line = status.lines().find(|line| line.starts_with(key));
    let number = line.and_then(|line| line.split_whitespace().nth(1)?.parse::<u64>().ok());
    number.expect("a number of KiB") * 1024
}

/// A saw at 120 Hz.
fn saw(seconds: usize, level: f32) -> Vec<f32> {
    let sample = |i: usize| level * ((i % 400) as f32 / 200.0 - 1.0);
    (0..seconds * SAMPLE_RATE as usize).map(sample).collect()
}

#[test]
fn ten_minutes_take_no_more_memory_than_their_inputs() {
    let clip = |index: usize| AudioClip {
        samples: saw(1, 0.3),
        sample_rate: if index.is_multiple_of(10) {
            44_100
        } else {
            48_000
        },
        start: 10.0 * index as f64,
    };
    let request = MixRequest {
        narration: (0..60).map(clip).collect(),
        bed: Some(MusicBed {
            samples: StereoAudio {
                left: saw(30, 0.2),
                right: saw(30, 0.1),
            },
            seamless: false,
        }),
        duration: 600.0,
    };
    let dir = camino_tempfile::tempdir().unwrap();
    let path = dir.path().join("mix.wav");

    // The highest mark is set back to what is in use now: the inputs.
    std::fs::write("/proc/self/clear_refs", "5").unwrap();
    let before = status("VmRSS:");
    let stop = CancellationToken::new();
    let report = mix_to_wav(&request, &MixSettings::default(), &path, &stop).unwrap();
    let grown = status("VmHWM:").saturating_sub(before);

    assert!(report.integrated_lufs.is_some(), "{report:?}");
    // One channel alone is 110 MiB.
    assert!(grown < 16 << 20, "{grown} bytes");
}
