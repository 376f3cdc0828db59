//! The own sound of clips under the narration, through the program.

use camino::Utf8Path;
use serde_json::Value;
use testkit::Run;
use testkit::media::{loudness, make, tone};

use crate::generate;
use crate::outcome::{delivered_and_told, warnings};

/// Sentences of three scenes.
const THREE: &str = "The sea covers most of our planet.\n\nIt keeps secrets that no one has seen.\n\nSome of them shine in the dark.\n";
/// One sentence that takes some seconds.
const ONE: &str =
    "This one sentence is all that is said, and it takes some seconds to say it to the end.\n";
/// Something like speech for eight seconds, at 446 Hz: it swells and fades, and has no pause.
const VOICE: &str = "-f lavfi -i aevalsrc=0.3*abs(sin(7*t))*sin(2800*t):s=24000:d=8";
/// Pictures that move, of so many seconds.
const MOVING: &str = "-f lavfi -i testsrc2=s=180x320:r=24:d=";
/// How H.264 and AAC are made of them.
const CODED: &str = "-pix_fmt yuv420p -c:v libx264 -preset ultrafast -c:a aac -b:a 192k";

/// A clip of 1 kHz at −12 dBFS on both channels for as long as its pictures move.
fn tone_clip(work: &Utf8Path, name: &str, seconds: u32) {
    let sine = "0.25*sin(2000*PI*t)";
    let sound = format!("-f lavfi -i aevalsrc={sine}|{sine}:s=48000:d={seconds}");
    make(
        &work.join(name),
        &format!("{MOVING}{seconds} {sound} {CODED}"),
    );
}

/// A clip without sound.
fn mute_clip(work: &Utf8Path, name: &str) {
    let silent = "-an -pix_fmt yuv420p -c:v libx264 -preset ultrafast";
    make(&work.join(name), &format!("{MOVING}2 {silent}"));
}

fn picture(work: &Utf8Path, name: &str, colour: [u8; 3]) {
    image::RgbImage::from_pixel(300, 500, image::Rgb(colour))
        .save(work.join(name))
        .expect("saved");
}

/// A run of a script, with these files and `arguments` more.
fn of(script: &str, files: &[&str], arguments: &[&str]) -> Run {
    let run = generate().args(["--script", "s.txt", "--captions", "none", "--json"]);
    std::fs::write(run.work().join("s.txt"), script).expect("written");
    let run = run.arg("--image").args(files.iter().copied());
    run.args(arguments.iter().copied())
}

/// A narrated run of three scenes: a clip with a tone, and two pictures.
fn narrated(arguments: &[&str]) -> Run {
    let run = of(THREE, &["tone.mp4", "red.png", "blue.png"], arguments);
    let run = run.args(["--narration", "n.flac", "--music", "none"]);
    let work = run.work();
    tone_clip(&work, "tone.mp4", 6);
    picture(&work, "red.png", [200, 40, 40]);
    picture(&work, "blue.png", [40, 60, 200]);
    make(&work.join("n.flac"), VOICE);
    run
}

/// When each scene begins, and when the video ends, in seconds.
fn starts(manifest: &Value) -> Vec<f64> {
    let scenes = manifest["scenes"].as_array().expect("scenes");
    let starts = scenes.iter().map(|scene| &scene["start_s"]);
    let all = starts.chain([&manifest["video"]["duration_s"]]);
    all.map(|time| time.as_f64().expect("a number")).collect()
}

#[test]
fn a_clip_is_heard_in_its_scene_under_the_narration_and_nowhere_else() {
    let run = narrated(&["--clip-sound", "0.5"]).finish().expect_code(0);
    let told = warnings(&run);
    assert!(!told.contains("tone.mp4"), "{told}");
    let (video, manifest) = delivered_and_told(&run);
    let starts = starts(&manifest);
    // Half of −12 dBFS, and 12 dB less while somebody speaks; the narration is at the target.
    let expected = 0.25 * 0.5 * 0.251;
    let heard = tone(&video, 1000.0, (starts[0] + 0.9, starts[1] - 0.5));
    assert!(
        (0.7..1.3).contains(&(heard / expected)),
        "{heard}, not {expected}"
    );
    let elsewhere = tone(&video, 1000.0, (starts[1] + 0.8, starts[3] - 0.2));
    assert!(elsewhere < 0.001, "{elsewhere}");
    let measured = loudness(&video);
    assert!((measured.integrated + 14.0).abs() < 1.5, "{measured:?}");
    assert!(measured.true_peak <= -1.0, "{measured:?}");
    assert_eq!(manifest["brief"]["clip_sound"], 0.5);
    let scenes = manifest["scenes"].as_array().expect("scenes");
    let told: Vec<&Value> = scenes.iter().map(|scene| &scene["clip_sound"]).collect();
    assert_eq!(told, [&Value::from(0.5), &Value::Null, &Value::Null]);
}

#[test]
fn without_the_option_no_clip_is_heard() {
    let run = narrated(&[]).finish().expect_code(0);
    let (video, manifest) = delivered_and_told(&run);
    let starts = starts(&manifest);
    let heard = tone(&video, 1000.0, (starts[0] + 0.5, starts[3] - 0.2));
    assert!(heard < 0.001, "{heard}");
    for of in [&manifest["brief"], &manifest["scenes"][0]] {
        assert_eq!(of["clip_sound"], Value::Null, "{of}");
    }
}

#[test]
fn where_nobody_speaks_the_sound_begins_again_with_its_pictures() {
    let silent = ["--speech", "silent", "--music", "none"];
    let run = of(ONE, &["half.mp4"], &silent).args(["--clip-sound", "1"]);
    // A second of a tone, a second of nothing.
    let sine = "0.25*sin(2000*PI*t)*(1-floor(t))";
    let sound = format!("-f lavfi -i aevalsrc={sine}|{sine}:s=48000:d=2");
    let half = format!("{MOVING}2 {sound} {CODED}");
    make(&run.work().join("half.mp4"), &half);
    let run = run.finish().expect_code(0);
    let (video, manifest) = delivered_and_told(&run);
    let end = *starts(&manifest).last().expect("an end");
    assert!(end > 4.2, "{end}");
    for (from, is_heard) in [(0.3, true), (1.3, false), (2.3, true), (3.3, false)] {
        let heard = tone(&video, 1000.0, (from, from + 0.5));
        let is_right = if is_heard { heard > 0.1 } else { heard < 0.005 };
        assert!(is_right, "{heard} at {from}");
    }
    // The clip is all there is, and gets to the loudness of a video.
    let measured = loudness(&video);
    assert!((measured.integrated + 14.0).abs() < 1.5, "{measured:?}");
}

#[test]
fn clips_without_sound_and_files_without_a_clip_are_told() {
    let quiet = ["--speech", "silent", "--music", "none", "--dry-run"];
    let files = ["tone.mp4", "mute.mp4", "red.png"];
    let run = of(THREE, &files, &quiet).args(["--clip-sound", "0.5"]);
    tone_clip(&run.work(), "tone.mp4", 2);
    mute_clip(&run.work(), "mute.mp4");
    picture(&run.work(), "red.png", [200, 40, 40]);
    let run = run.finish().expect_code(0);
    let told = warnings(&run);
    assert!(told.contains("mute.mp4 has no sound"), "{told}");
    assert!(!told.contains("tone.mp4"), "{told}");
    assert!(
        run.stdout().contains("own sound at 0.5"),
        "{}",
        run.stdout()
    );

    // As a setting it is the same.
    let run = of(THREE, &["red.png"], &quiet).env("VIDEOGEN_CLIP_SOUND", "0.5");
    picture(&run.work(), "red.png", [200, 40, 40]);
    let told = warnings(&run.finish().expect_code(0));
    assert!(
        told.contains("there is no clip among what is shown"),
        "{told}"
    );

    // Where it is off, nobody asks whether there is any.
    let run = of(THREE, &["mute.mp4"], &quiet);
    mute_clip(&run.work(), "mute.mp4");
    let told = warnings(&run.finish().expect_code(0));
    assert!(!told.contains("mute.mp4"), "{told}");
}

#[test]
fn a_clip_that_a_scene_names_is_heard_as_others_are() {
    let json = r#"[{"narration": "The sea covers most of our planet.", "clip": "tone.mp4"},
        {"narration": "It keeps secrets that no one has seen.", "picture": "red.png"}]"#;
    let run = generate().args(["--script", "s.json", "--clip-sound", "0.5", "--dry-run"]);
    std::fs::write(run.work().join("s.json"), json).expect("written");
    tone_clip(&run.work(), "tone.mp4", 2);
    picture(&run.work(), "red.png", [200, 40, 40]);
    let run = run.finish().expect_code(0);
    assert!(
        run.stdout().contains("own sound at 0.5"),
        "{}",
        run.stdout()
    );

    // A script that names no clip: what is asked for cannot be, and that is told.
    let run = generate().args(["--script", "s.txt", "--clip-sound", "0.5"]);
    std::fs::write(run.work().join("s.txt"), THREE).expect("written");
    let run = run.args(["--json", "--dry-run"]).finish().expect_code(0);
    let told = warnings(&run);
    assert!(
        told.contains("there is no clip among what is shown"),
        "{told}"
    );
}
