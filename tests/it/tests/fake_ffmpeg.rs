//! The fake FFmpeg is the real one but for what it is told to lack.

use std::time::Duration;

use camino_tempfile::Utf8TempDir;
use testkit::{Run, fake_ffmpeg};

/// Runs a fake with these settings and gives exit code, standard output and standard error.
fn run(settings: &[&str], arguments: &[&str]) -> (Option<i32>, String, String) {
    let directory = Utf8TempDir::new().expect("a directory in /tmp");
    let program = fake_ffmpeg(directory.path(), settings);
    let run = Run::new(program)
        .args(arguments)
        .time_limit(Duration::from_secs(30))
        .finish();
    (run.code(), run.stdout(), run.stderr())
}

const ENCODE: [&str; 11] = [
    "-v",
    "error",
    "-f",
    "lavfi",
    "-i",
    "color=size=64x64:duration=0.2",
    "-c:v",
    "libx264",
    "-f",
    "mp4",
    "out.mp4",
];

#[test]
fn it_claims_another_version() {
    let (code, out, _) = run(&["version=4.4.1"], &["-version"]);
    assert_eq!(code, Some(0));
    assert!(out.starts_with("ffmpeg version 4.4.1 Copyright"), "{out}");
}

#[test]
fn it_lacks_what_it_is_told_and_nothing_else() {
    let (_, filters, _) = run(&["without=libass"], &["-hide_banner", "-filters"]);
    assert!(filters.contains(" xfade "), "{filters}");
    assert!(!filters.contains(" ass ") && !filters.contains(" subtitles "));
    let (_, encoders, _) = run(&["without=libx264"], &["-hide_banner", "-encoders"]);
    assert!(encoders.contains(" aac ") && !encoders.contains("libx264"));
    let (_, version, _) = run(&["without=libass"], &["-version"]);
    assert!(version.contains("--enable-libx264") && !version.contains("--enable-libass"));
}

#[test]
fn it_encodes_like_the_real_one() {
    let directory = Utf8TempDir::new().unwrap();
    let program = fake_ffmpeg(directory.path(), &["without=libass"]);
    let run = Run::new(program).args(ENCODE).finish().expect_code(0);
    let probe = testkit::media::ffprobe_json(&run.work().join("out.mp4"));
    assert_eq!(
        testkit::media::stream(&probe, "video")["codec_name"],
        "h264"
    );
}

#[test]
fn it_refuses_an_encoder_that_it_lacks() {
    let (code, _, errors) = run(&["without=libx264"], &ENCODE);
    assert_eq!(code, Some(1));
    assert!(errors.contains("'libx264'"), "{errors}");
}

#[test]
fn it_fails_and_crashes_when_told() {
    let (code, _, errors) = run(&["run=fail"], &ENCODE);
    assert_eq!(code, Some(1));
    assert!(errors.contains("Conversion failed"), "{errors}");
    let (code, _, errors) = run(&["run=crash"], &ENCODE);
    assert_eq!(code, None);
    assert_eq!(errors.len(), 512 * 1024);
}

#[test]
fn it_hangs_when_told() {
    let directory = Utf8TempDir::new().unwrap();
    let program = fake_ffmpeg(directory.path(), &["run=hang"]);
    let run = Run::new(program)
        .args(ENCODE)
        .time_limit(Duration::from_millis(500))
        .finish();
    assert!(run.timed_out());
}

#[test]
fn it_is_found_by_its_bare_name() {
    let directory = Utf8TempDir::new().unwrap();
    fake_ffmpeg(directory.path(), &["version=4.4.1"]);
    let run = Run::new("/bin/sh")
        .args(["-c", "ffprobe -version"])
        .path_first(directory.path())
        .finish()
        .expect_code(0);
    assert!(run.stdout().starts_with("ffprobe version 4.4.1 "));
}
