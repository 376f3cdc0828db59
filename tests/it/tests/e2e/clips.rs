//! Clips of the user as scenes, through the program.

use camino::Utf8Path;
use serde_json::Value;
use testkit::events::only;
use testkit::media::{frame_at, make};

use crate::generate;

/// Blue for two seconds, then green for two, with sound.
const TURNING: &str = "-f lavfi -i color=blue:s=320x240:r=24:d=2[a];color=lime:s=320x240:r=24:d=2[b];[a][b]concat \
    -f lavfi -i sine=d=4 -pix_fmt yuv420p -c:v libx264";

#[test]
fn clips_and_pictures_are_scenes_in_their_order() {
    let run = generate().args([
        "--script",
        "s.txt",
        "--image",
        "turning.mp4",
        "red.png",
        "spin.gif",
        "--speech",
        "flite",
        "--music",
        "none",
        "--captions",
        "none",
        "--title-card",
        "--end-card",
        "Bye",
        "--json",
        "--strict",
    ]);
    let work = run.work();
    let script = "# Clips\n\nThe first scene speaks for a little while longer than the others do.\n\n\
                  The second is shorter than that.\n\nThe third one ends it all.\n";
    std::fs::write(work.join("s.txt"), script).expect("written");
    make(&work.join("turning.mp4"), TURNING);
    let turning = "-f lavfi -i testsrc2=s=120x120:r=10:d=0.7";
    make(&work.join("spin.gif"), turning);
    image::RgbImage::from_pixel(300, 500, image::Rgb([220, 30, 30]))
        .save(work.join("red.png"))
        .expect("saved");
    let run = run.finish().expect_code(0);
    let events = run.events();
    let path = only(&events, "video_finished")["path"]
        .as_str()
        .expect("a path");
    let path = Utf8Path::new(path);

    let json = std::fs::read_to_string(path.with_extension("json")).expect("the manifest");
    let manifest: Value = serde_json::from_str(&json).expect("JSON");
    let scenes = manifest["scenes"].as_array().expect("scenes");
    let sources: Vec<&Value> = scenes.iter().map(|scene| &scene["source"]).collect();
    assert_eq!(sources, ["clip", "picture", "clip"]);
    assert!(
        scenes[0]["painter"]
            .as_str()
            .is_some_and(|file| file.ends_with("turning.mp4"))
    );
    assert_eq!(scenes[0]["seed"], Value::Null);
    let credits = std::fs::read_to_string(path.with_extension("credits.txt")).expect("credits");
    assert!(credits.contains("the pictures and clips"), "{credits}");

    // The clip plays: two seconds after its beginning it has turned.
    let start = |scene: usize| scenes[scene]["start_s"].as_f64().expect("a number");
    assert!(
        start(1) > 2.9,
        "the first scene is long enough: {}",
        start(1)
    );
    let is = |[r, g, b]: [u8; 3], colour: &str| match colour {
        "blue" => b > 180 && r < 60 && g < 60,
        "green" => g > 180 && r < 60 && b < 60,
        _ => r > 180 && g < 80 && b < 80,
    };
    for (time, colour) in [
        (0.4, "blue"),
        (1.8, "blue"),
        (2.2, "green"),
        (start(1) + 1.0, "red"),
    ] {
        let pixel = frame_at(path, time).pixel(40, 700);
        assert!(is(pixel, colour), "{pixel:?} at {time}, not {colour}");
    }
    let spins = frame_at(path, start(2) + 0.8).difference(&frame_at(path, start(2) + 1.2));
    assert!(spins > 1.0, "{spins}");
    // The title is white over the first seconds, and the end card over the last.
    let white = |time: f64| {
        let frame = frame_at(path, time);
        let (pixels, _) = frame.rgb.as_chunks::<3>();
        pixels
            .iter()
            .filter(|pixel| pixel.iter().all(|v| *v > 225))
            .count()
    };
    let end = manifest["video"]["duration_s"].as_f64().expect("a number");
    let (title, none, bye) = (white(1.0), white(start(1) + 1.0), white(end - 0.8));
    assert!(
        title > 1000 && none == 0 && bye > 1000,
        "{title}, {none}, {bye}"
    );
    let thumbnail = image::open(path.with_extension("jpg"))
        .expect("a picture")
        .into_rgb8();
    let pixel = thumbnail.get_pixel(20, 20).0;
    assert!(is(pixel, "blue"), "the thumbnail is of the clip: {pixel:?}");
}

#[test]
fn clips_that_cannot_be_shown_are_refused_before_anything_is_made() {
    for (name, make_it, words) in [
        ("sound.mp4", "-f lavfi -i sine=d=1", "only sound"),
        (
            "small.webm",
            "-f lavfi -i color=red:s=8x8:d=1 -c:v libvpx",
            "8x8",
        ),
    ] {
        let run = generate().args(["x", "--image", name]);
        make(&run.work().join(name), make_it);
        let run = run.finish().expect_code(3);
        let message = run.stderr();
        for expected in [name, words, "hint: "] {
            assert!(message.contains(expected), "{message}");
        }
        assert!(!run.work().join("videos").exists());
    }
}
