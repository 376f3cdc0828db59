//! Pictures and clips that the scenes of a JSON script name, through the program.

use camino::Utf8Path;
use image::{Rgb, RgbImage};
use serde_json::{Value, json};
use testkit::Run;
use testkit::events::only;
use testkit::media::{frame_at, make};

use crate::generate;
use crate::outcome::delivered_and_told;

const RED: [u8; 3] = [200, 40, 40];
const GREEN: [u8; 3] = [40, 160, 40];
const BLUE: [u8; 3] = [40, 60, 200];

/// A silent video without anything over the pictures, of `scenes` in `story/s.json`. Beside that lie a red, a green and a blue
/// picture.
fn told(scenes: &Value) -> Run {
    let run = generate().args([
        "--speech",
        "silent",
        "--music",
        "none",
        "--captions",
        "none",
    ]);
    let run = run.args(["--painter", "builtin", "--script", "story/s.json"]);
    let photos = run.work().join("story/photos");
    std::fs::create_dir_all(&photos).expect("made");
    for (name, colour) in [("red", RED), ("green", GREEN), ("blue", BLUE)] {
        RgbImage::from_pixel(320, 480, Rgb(colour))
            .save(photos.join(format!("{name}.png")))
            .expect("saved");
    }
    let script = json!({"title": "Three", "scenes": scenes}).to_string();
    std::fs::write(run.work().join("story/s.json"), script).expect("written");
    run
}

/// A scene that takes some seconds to say, with these members more.
fn scene(number: &str, members: &Value) -> Value {
    let text =
        format!("This is the {number} of all the scenes here, and it is spoken very slowly.");
    let mut scene = json!({"narration": text});
    let members = members.as_object().expect("an object").clone();
    scene.as_object_mut().expect("an object").extend(members);
    scene
}

/// The names of the files that each scene shows, of a manifest or of a plan.
fn files(scenes: &Value) -> Vec<Vec<String>> {
    let name = |file: &Value| {
        let path = Utf8Path::new(file.as_str().expect("text"));
        path.file_name().expect("a name").to_owned()
    };
    let files = |scene: &Value| match scene["files"].as_array() {
        Some(files) => files.iter().map(name).collect(),
        None => Vec::new(),
    };
    let scenes = scenes.as_array().expect("scenes").iter();
    scenes.map(files).collect()
}

fn planned(run: Run) -> (Value, String) {
    let run = run.args(["--dry-run", "--json"]).finish().expect_code(0);
    let plan = only(&run.events(), "video_planned").clone();
    let warnings = plan["warnings"].to_string();
    (plan, warnings)
}

fn is_near(found: [u8; 3], expected: [u8; 3]) -> bool {
    let near = |(a, b): (&u8, u8)| a.abs_diff(b) <= 12;
    found.iter().zip(expected).all(near)
}

#[test]
fn each_scene_shows_what_it_names_and_is_painted_where_it_names_nothing() {
    let run = told(&json!([
        scene("first", &json!({"picture": "photos/red.png"})),
        scene(
            "second",
            &json!({"pictures": ["./photos/green.png", "photos/blue.png"]})
        ),
        scene("third", &json!({"picture": "a lighthouse in a storm"})),
    ]));
    let run = run.arg("--json").finish().expect_code(0);
    let (video, manifest) = delivered_and_told(&run);
    let scenes = &manifest["scenes"];
    assert_eq!(
        files(scenes),
        [vec!["red.png"], vec!["green.png", "blue.png"], vec![]]
    );
    let sources: Vec<&Value> = (0..3usize).map(|n| &scenes[n]["source"]).collect();
    assert_eq!(sources, ["picture", "picture", "painted"]);
    assert_eq!(
        (&scenes[0]["seed"], &scenes[2]["painter"]),
        (&Value::Null, &json!("builtin"))
    );
    assert!(scenes[2]["seed"].is_number());
    assert_eq!(scenes[2]["picture_prompt"], "a lighthouse in a storm");
    let pixel = |scene: usize, part: f64| {
        let number = |key: &str| scenes[scene][key].as_f64().expect("a number");
        let at = number("start_s") + number("duration_s") * part;
        frame_at(&video, at).pixel(60, 60)
    };
    for (scene, part, colour) in [
        (0, 0.5, RED),
        (0, 0.95, RED),
        (1, 0.45, GREEN),
        (1, 0.9, BLUE),
    ] {
        let found = pixel(scene, part);
        assert!(
            is_near(found, colour),
            "{found:?} at {part} of scene {scene}"
        );
    }
    let found = pixel(2, 0.6);
    for colour in [RED, GREEN, BLUE] {
        assert!(!is_near(found, colour), "{found:?} is painted");
    }
    let credits = std::fs::read_to_string(video.with_extension("credits.txt")).expect("credits");
    assert!(credits.contains("the pictures"), "{credits}");
}

#[test]
fn pictures_of_the_command_line_go_to_the_scenes_that_name_none() {
    let image = |more: &[&str]| {
        let run = told(&json!([
            scene("first", &json!({})),
            scene("second", &json!({"image": "photos/red.png"})),
            scene("third", &json!({"clip": null, "media": []})),
        ]));
        run.args(["--image", "story/photos/green.png", "story/photos/blue.png"])
            .args(more.iter().copied())
    };
    let (plan, warnings) = planned(image(&[]));
    assert_eq!(
        files(&plan["scenes"]),
        [["green.png"], ["red.png"], ["blue.png"]]
    );
    assert_eq!(plan["painter"], "3 pictures of yours");
    assert!(!warnings.contains("not shown"), "{warnings}");
    let (_, warnings) = planned(image(&["--scenes", "5"]));
    assert!(
        warnings.contains("there are 3 of them and not 5"),
        "{warnings}"
    );

    let run = told(&json!([scene(
        "first",
        &json!({"image": "photos/red.png"})
    )]));
    let (plan, warnings) = planned(run.args(["--image", "story/photos/blue.png"]));
    assert_eq!(files(&plan["scenes"]), [["red.png"]]);
    assert!(
        warnings.contains("not shown") && warnings.contains("blue.png"),
        "{warnings}"
    );
}

#[test]
fn what_a_scene_names_in_vain_is_refused_by_its_number_and_nothing_is_written() {
    for (members, words) in [
        (
            json!({"image": "photos/none.png"}),
            vec!["none.png", "does not exist"],
        ),
        (
            json!({"picture": "none.jpg"}),
            vec!["none.jpg", "does not exist"],
        ),
        (json!({"clip": "photos"}), vec!["photos is a directory"]),
        (
            json!({"clips": ["photos/red.png", "s.json"]}),
            vec!["s.json", "expected"],
        ),
        (json!({"image": "empty.png"}), vec!["empty.png", "0 bytes"]),
        (json!({"video": 5}), vec!["\"video\" is a number"]),
        (
            json!({"images": ["a.png", true]}),
            vec!["\"images\" is a list with true"],
        ),
        (
            json!({"image": "https://example.org/a.png"}),
            vec!["is an address", "download"],
        ),
        (json!({"image": "~nobody/a.png"}), vec!["~nobody/a.png"]),
        (
            json!({"image": "photos/red.png", "narration": " "}),
            vec!["no words"],
        ),
    ] {
        let run = told(&json!([
            scene("first", &json!({})),
            scene("second", &members)
        ]));
        std::fs::write(run.work().join("story/empty.png"), "").expect("written");
        let run = run.finish().expect_code(3);
        let message = run.stderr();
        for word in words.into_iter().chain(["scene 2", "hint: "]) {
            assert!(message.contains(word), "no `{word}` in: {message}");
        }
        assert!(!run.work().join("videos").exists(), "{members}");
    }
}

#[test]
fn scripts_of_a_batch_and_of_standard_input_find_their_files() {
    let run = told(&json!([
        scene("first", &json!({"clip": "turning.mp4"})),
        scene("second", &json!({"picture": "~/mine.png"})),
        scene("third", &json!({})),
    ]));
    let (work, home) = (run.work(), run.home());
    let turning = "-f lavfi -i testsrc2=s=160x120:r=10:d=1 -pix_fmt yuv420p -c:v libx264";
    make(&work.join("story/turning.mp4"), turning);
    RgbImage::from_pixel(320, 480, Rgb(RED))
        .save(home.join("mine.png"))
        .expect("saved");
    // The lines lie elsewhere.
    std::fs::create_dir(work.join("lines")).expect("made");
    let line = "{\"script\": \"../story/s.json\"}\n";
    std::fs::write(work.join("lines/b.jsonl"), line).expect("written");
    let expected = [vec!["turning.mp4"], vec!["mine.png"], vec![]];
    let batch = ["generate", "--quality", "draft", "--painter", "builtin"];
    let again = Run::videogen().directory(&work).env("HOME", home.as_str());
    let again = again.args(batch).args(["--batch", "lines/b.jsonl"]);
    let (plan, _) = planned(again.args(["--speech", "silent"]));
    assert_eq!(files(&plan["scenes"]), expected);
    let painter = plan["painter"].as_str().expect("text");
    assert_eq!(
        painter,
        "1 picture and 1 clip of yours, the other scenes by builtin"
    );

    let script = std::fs::read(work.join("story/s.json")).expect("there");
    let again = Run::videogen().env("HOME", home.as_str()).input(script);
    let again = again.directory(work.join("story")).args(batch);
    let (plan, _) = planned(again.args(["--speech", "silent", "--script", "-"]));
    assert_eq!(files(&plan["scenes"]), expected);
}

/// Even one that stood in standard input, from another directory.
#[cfg(unix)]
#[test]
fn a_killed_video_goes_on_with_what_its_scenes_name() {
    let beside = told(&json!([
        scene("first", &json!({"image": "photos/red.png"})),
        scene("second", &json!({})),
    ]));
    let (work, home) = (beside.work(), beside.home());
    let script = std::fs::read(work.join("story/s.json")).expect("there");
    let run = generate().args(["--speech", "silent", "--music", "none", "--script", "-"]);
    let run = run.args(["--painter", "builtin", "--output-dir", work.as_str()]);
    let run = run.env("HOME", home.as_str()).directory(work.join("story"));
    let mut running = run.input(script).start();
    let batches = home.join(".local/state/videogen/batches");
    let journal = || {
        let entries = batches.read_dir_utf8().ok()?;
        let status = |entry: camino::Utf8DirEntry| entry.path().join("status.json");
        entries.flatten().map(status).find(|path| path.exists())
    };
    assert!(running.wait_until(|| journal().is_some()), "it has begun");
    running.signal(9);
    assert_eq!(running.finish().signal(), Some(9));
    let resumed = Run::videogen().env("HOME", home.as_str()).directory(&home);
    let resumed = resumed.args(["resume", "--json"]).finish().expect_code(0);
    let (video, manifest) = delivered_and_told(&resumed);
    assert_eq!(files(&manifest["scenes"]), [vec!["red.png"], vec![]]);
    assert!(is_near(frame_at(&video, 1.0).pixel(60, 60), RED));
}
