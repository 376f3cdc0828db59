//! What users bring is measured before anything is made: told, used as it is, or refused with the reason.

use camino::Utf8Path;
use serde_json::Value;
use testkit::Run;
use testkit::events::{named, only};
use testkit::media::{ffprobe_json, frame_at, loudness, make};

use crate::generate;
use crate::outcome::{delivered, warnings};

/// Three sentences, 81 letters.
const SCRIPT: &str = "The sea covers most of our planet.\n\nIt keeps secrets that no one has seen.\n\nSome of them shine in the dark.\n";
/// Something like speech of so many seconds: it swells and fades.
const VOICE: &str = "-f lavfi -i aevalsrc=0.3*abs(sin(7*t))*sin(2800*t):s=24000:d=";

/// A video of a script that is only shown, with `arguments` more.
fn shown(arguments: &[&str]) -> Run {
    let run = generate().args(["--script", "s.txt", "--speech", "silent", "--music", "none"]);
    std::fs::write(run.work().join("s.txt"), SCRIPT).expect("written");
    run.args(["--captions", "none", "--json"])
        .args(arguments.iter().copied())
}

/// A video of a recording of its script, with `arguments` more.
fn narrated(arguments: &[&str]) -> Run {
    let run = generate().args(["--script", "s.txt", "--painter", "builtin", "--json"]);
    std::fs::write(run.work().join("s.txt"), SCRIPT).expect("written");
    run.args(["--captions", "none"])
        .args(arguments.iter().copied())
}

fn seconds(video: &Utf8Path) -> f64 {
    let duration = ffprobe_json(video)["format"]["duration"].clone();
    let seconds = duration.as_str().and_then(|text| text.parse().ok());
    seconds.expect("a length")
}

/// The error of a run that was refused before anything was made.
#[track_caller]
fn refused(run: Run) -> String {
    let run = run.finish().expect_code(3);
    assert!(!run.work().join("videos").exists(), "nothing is made");
    let events = run.events();
    let error: &Value = only(&events, "error");
    assert!(error["hint"].is_string(), "{error}");
    error["message"].as_str().expect("text").to_owned()
}

#[test]
fn dark_pictures_and_clips_are_shown_as_they_are() {
    let run = shown(&["--image", "stars.png", "fade.mp4", "night.gif"]);
    let work = run.work();
    let star = |x: u32, y: u32| (x * 7919 + y * 104_729).is_multiple_of(1999);
    let sky = |x: u32, y: u32| image::Rgb([if star(x, y) { 255 } else { 2 }; 3]);
    image::RgbImage::from_fn(360, 640, sky)
        .save(work.join("stars.png"))
        .expect("saved");
    let fade =
        "-f lavfi -i testsrc2=s=180x320:r=12:d=4,fade=in:d=3.5 -pix_fmt yuv420p -c:v libx264";
    make(&work.join("fade.mp4"), fade);
    make(
        &work.join("night.gif"),
        "-f lavfi -i color=0x0a0a0c:s=180x320:r=5:d=2",
    );
    let run = run.finish().expect_code(0);
    assert!(frame_at(&delivered(&run), 1.0).mean() < 30.0);
}

#[test]
fn a_black_logo_on_nothing_is_seen() {
    for name in ["logo.png", "logo.gif"] {
        let run = shown(&["--image", name]);
        let inside = |x: u32, y: u32| x.abs_diff(300) < 150 && y.abs_diff(400) < 150;
        let pixel = |x: u32, y: u32| image::Rgba([0, 0, 0, if inside(x, y) { 255 } else { 0 }]);
        let png = run.work().join("logo.png");
        image::RgbaImage::from_fn(600, 800, pixel)
            .save(&png)
            .expect("saved");
        if name == "logo.gif" {
            let from = format!(
                "-loop 1 -t 2 -r 5 -i {png} -vf split[a][b];[a]palettegen[p];[b][p]paletteuse"
            );
            make(&run.work().join(name), &from);
        }
        let run = run.finish().expect_code(0);
        let told = warnings(&run);
        assert!(!told.contains("black"), "{name}: {told}");
        let frame = frame_at(&delivered(&run), 1.0);
        let (width, height) = (frame.width, frame.height);
        assert!(
            frame.pixel(width / 2, height / 12)[1] > 200,
            "{name}: the ground"
        );
        assert!(
            frame.pixel(width / 2, height / 2)[1] < 40,
            "{name}: the logo"
        );
    }
}

#[test]
fn opposite_channels_are_told_and_one_is_heard() {
    let run = narrated(&["--narration", "n.flac", "--music", "none"]);
    let pan = ",pan=stereo|c0=c0|c1=-1*c0";
    make(&run.work().join("n.flac"), &format!("{VOICE}8{pan}"));
    let run = run.finish().expect_code(0);
    let told = warnings(&run);
    assert!(
        told.contains("n.flac") && told.contains("cancel each other out"),
        "{told}"
    );
    // A recording is as long as it is: nobody asked for another length.
    assert!(!told.contains("long, not"), "{told}");
    let heard = loudness(&delivered(&run));
    assert!((heard.integrated + 14.0).abs() < 1.5, "{heard:?}");
}

#[test]
fn a_silent_or_endless_recording_is_refused_before_anything_is_made() {
    let run = narrated(&["--narration", "n.flac"]);
    make(
        &run.work().join("n.flac"),
        "-f lavfi -i anullsrc=r=48000 -t 9",
    );
    let said = refused(run);
    assert!(said.contains("n.flac") && said.contains("silent"), "{said}");
    let run = narrated(&["--narration", "n.wav"]);
    make(&run.work().join("n.wav"), &format!("{VOICE}700 -ar 8000"));
    let said = refused(run);
    assert!(said.contains("700.0 s") && said.contains("600 s"), "{said}");
}

#[test]
fn a_recording_that_was_cut_off_is_told() {
    let run = narrated(&["--narration", "n.wav", "--dry-run"]);
    let file = run.work().join("n.wav");
    make(&file, &format!("{VOICE}8"));
    let bytes = std::fs::read(&file).expect("made");
    std::fs::write(&file, &bytes[..bytes.len() / 4]).expect("cut");
    let told = warnings(&run.finish().expect_code(0));
    assert!(told.contains("2.0 s of the 8.0 s"), "{told}");
    assert!(told.contains("81 letters"), "{told}");
}

#[test]
fn a_recording_may_be_of_any_kind_and_beside_a_longer_video() {
    for (name, more, length) in [
        ("n.wma", "-c:a wmav2", 8.0),
        ("n.caf", "-c:a pcm_s16be", 8.0),
        ("n.ac3", "-c:a ac3", 8.0),
        ("n.au", "-c:a pcm_s16be", 8.0),
        ("n.wv", "-c:a wavpack", 8.0),
    ] {
        let run = narrated(&["--narration", name, "--music", name, "--dry-run"]);
        make(&run.work().join(name), &format!("{VOICE}{length} {more}"));
        let told = warnings(&run.finish().expect_code(0));
        assert!(!told.contains(name), "{name}: {told}");
    }
    let run = narrated(&["--narration", "n.webm", "--music", "none"]);
    let picture = "-f lavfi -i testsrc2=s=64x64:r=10:d=20 -c:v libvpx -deadline realtime";
    make(
        &run.work().join("n.webm"),
        &format!("{VOICE}7.5 {picture} -c:a libopus"),
    );
    let run = run.finish().expect_code(0);
    let told = warnings(&run);
    assert!(
        !told.contains("n.webm") && !told.contains("long, not"),
        "{told}"
    );
    let long = seconds(&delivered(&run));
    assert!((7.5..11.0).contains(&long), "{long}");
}

#[test]
fn a_length_that_a_recording_does_not_have_is_told_with_the_reason() {
    let run = narrated(&[
        "--narration",
        "n.wav",
        "--music",
        "none",
        "--duration",
        "30",
    ]);
    make(&run.work().join("n.wav"), &format!("{VOICE}8"));
    let told = warnings(&run.finish().expect_code(0));
    assert!(told.contains("the recording takes that long"), "{told}");
}

#[test]
fn music_is_begun_where_it_sounds_and_told_where_it_does_not() {
    let run = shown(&["--music", "late.mp3", "--painter", "builtin"]);
    let late = "-f lavfi -i sine=f=440:d=40:r=44100,adelay=20000:all=1";
    make(&run.work().join("late.mp3"), late);
    let run = run.finish().expect_code(0);
    let told = warnings(&run);
    assert!(told.contains("is begun where it sounds"), "{told}");
    let video = delivered(&run);
    assert!(seconds(&video) < 20.0);
    let heard = loudness(&video);
    assert!((heard.integrated + 14.0).abs() < 1.5, "{heard:?}");
    let run = shown(&["--music", "none.flac", "--dry-run"]);
    make(
        &run.work().join("none.flac"),
        "-f lavfi -i anullsrc=r=44100 -t 60",
    );
    let told = warnings(&run.finish().expect_code(0));
    assert!(told.contains("nothing of it will be heard"), "{told}");
}

/// Bursts of a square wave, to which AAC adds more than the mix leaves room for: the check of the video sees it, and the video
/// is made again with its sound lowered.
#[test]
fn the_true_peak_is_what_is_promised_whatever_the_sound() {
    let run = narrated(&["--narration", "high.wav", "--music", "none"]);
    let bursts = "0.05*abs(sin(7*t))*sin(2800*t)+0.9*sgn(sin(43981*t))*lt(mod(t\\,0.2)\\,0.01)";
    let source = format!("-f lavfi -i aevalsrc={bursts}:s=48000:d=8");
    make(&run.work().join("high.wav"), &source);
    let run = run.finish().expect_code(0);
    let events = run.events();
    let renders = named(&events, "stage_finished").into_iter();
    let renders = renders.filter(|event| event["stage"] == "render").count();
    assert_eq!(renders, 2, "no more than once again");
    let peak = loudness(&delivered(&run)).true_peak;
    assert!(peak <= -1.0, "{peak} dBTP");
}
