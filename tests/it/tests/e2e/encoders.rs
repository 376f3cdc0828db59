//! What compresses the picture, asked for by name.

use camino::Utf8Path;
use serde_json::Value;
use testkit::events::only;
use testkit::media::{ffprobe_json, stream};
use testkit::{Run, fake_ffmpeg};

use crate::generate;

#[test]
fn an_encoder_that_is_not_there_is_refused_before_any_work() {
    let place = camino_tempfile::tempdir().expect("a directory in /tmp");
    let fake = fake_ffmpeg(place.path(), &["without=h264_amf", "without=libx265"]);
    for (args, reason) in [
        (
            ["--encoder", "amf"],
            "the encoder h264_amf is not available",
        ),
        (["--codec", "hevc"], "the encoder libx265 is not available"),
        (["--encoder", "videotoolbox"], "h264_videotoolbox"),
    ] {
        let run = generate()
            .args(args)
            .args(["tea"])
            .env("VIDEOGEN_FFMPEG", &fake)
            .finish()
            .expect_code(3);
        let errors = run.stderr();
        assert!(errors.contains(reason), "{errors}");
        assert!(errors.contains("not in this FFmpeg build"), "{errors}");
        assert!(
            errors.contains("hint: leave --encoder and --codec out"),
            "{errors}"
        );
        assert!(!run.work().join("videos").exists(), "nothing was written");
    }
}

#[test]
fn another_codec_is_delivered_and_named_in_the_manifest() {
    let run = generate()
        .args(["--codec", "hevc", "--encoder", "software"])
        .args(["--duration", "3", "rain", "--json"])
        .finish()
        .expect_code(0);
    let events = run.events();
    assert_eq!(only(&events, "video_planned")["encoder"], "libx265");
    let finished = only(&events, "video_finished");
    let path = Utf8Path::new(finished["path"].as_str().expect("a path"));
    let probe = ffprobe_json(path);
    let video = stream(&probe, "video");
    assert_eq!(video["codec_name"], "hevc");
    assert_eq!(video["codec_tag_string"], "hvc1");
    let manifest = std::fs::read_to_string(path.with_extension("json")).expect("the manifest");
    let manifest: Value = serde_json::from_str(&manifest).expect("JSON");
    assert_eq!(manifest["video"]["encoder"], "libx265");
    assert_eq!(manifest["video"]["deterministic"], true);
    assert_eq!(manifest["video"]["codec"], "hevc");
    assert_eq!(manifest["brief"]["codec"], "hevc");
}

#[test]
fn doctor_names_every_hardware_encoder_with_its_reason() {
    let place = camino_tempfile::tempdir().expect("a directory in /tmp");
    let missing = ["nvenc", "qsv", "amf", "vaapi", "videotoolbox"]
        .map(|backend| ["h264", "hevc", "av1"].map(|codec| format!("without={codec}_{backend}")))
        .concat();
    let missing: Vec<&str> = missing.iter().map(String::as_str).collect();
    let fake = fake_ffmpeg(place.path(), &missing);
    let run = Run::videogen()
        .arg("doctor")
        .env("VIDEOGEN_FFMPEG", &fake)
        .finish()
        .expect_code(0);
    let shown = run.stdout();
    let line = shown
        .lines()
        .find(|line| line.contains("hardware encoders"))
        .expect("a line");
    assert!(line.starts_with("ok"), "{line}");
    assert!(line.contains("none, the processor encodes"), "{line}");
    assert!(line.contains("not in this FFmpeg build"), "{line}");
}

#[test]
fn what_ffmpeg_can_do_is_kept_in_the_cache_directory() {
    let run = Run::videogen()
        .args(["generate", "--dry-run", "tea"])
        .finish()
        .expect_code(0);
    let kept = run.home().join(".cache/videogen/ffmpeg.json");
    let kept = std::fs::read_to_string(kept).expect("it is there");
    assert!(kept.contains("libx264"), "{kept}");
}
