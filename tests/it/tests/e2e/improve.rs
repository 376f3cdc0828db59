//! `videogen improve`: what was less than wished for when services were away is made again when they are there.

use camino::{Utf8Path, Utf8PathBuf};
use serde_json::Value;
use testkit::events::{named, only};
use testkit::{Finished, Run};

use crate::{comfyui, generate, nobody};

/// A video called `x` of two pictures, made while no ComfyUI was there.
fn made_without() -> Finished {
    generate()
        .env("COMFYUI_URL", nobody())
        .args([
            "--speech", "flite", "--music", "none", "--writer", "builtin",
        ])
        .args([
            "--duration",
            "4",
            "--scenes",
            "2",
            "--name",
            "x",
            "--json",
            "lighthouses",
        ])
        .finish()
        .expect_code(0)
}

fn improve(made: &Finished, url: &str, more: &[&str]) -> Run {
    Run::videogen()
        .args(["improve"])
        .args(more.iter().copied())
        .env("HOME", made.home().as_str())
        .env("COMFYUI_URL", url)
}

fn videos(made: &Finished) -> Utf8PathBuf {
    made.work().join("videos")
}

fn files(directory: &Utf8Path) -> Vec<String> {
    let entries = directory.read_dir_utf8().expect("a directory");
    let mut names: Vec<String> = entries
        .map(|entry| entry.expect("an entry").file_name().to_owned())
        .collect();
    names.sort();
    names
}

fn manifest(path: &Utf8Path) -> Value {
    let text = std::fs::read_to_string(path).expect("a manifest");
    serde_json::from_str(&text).expect("JSON")
}

#[test]
fn pictures_of_the_built_in_painter_are_painted_again_and_nothing_else_is_made_again() {
    let made = made_without();
    let first = manifest(&videos(&made).join("x.json"));
    assert_eq!(first["scenes"][0]["painter"], "builtin");

    // Still nobody there: nothing is made, and the reason is told.
    let run = improve(&made, &nobody(), &["--dry-run"])
        .finish()
        .expect_code(0);
    assert!(
        run.stdout().contains("cannot be better now"),
        "{}",
        run.stdout()
    );
    let run = improve(&made, &nobody(), &[]).finish().expect_code(0);
    assert!(run.stderr().contains("does not answer"), "{}", run.stderr());
    assert_eq!(files(&videos(&made)).len(), 5);

    let server = comfyui().start();
    let run = improve(&made, &server.url(), &["--dry-run"])
        .finish()
        .expect_code(0);
    assert!(run.stdout().contains("2 of 2 pictures"), "{}", run.stdout());
    assert_eq!(server.counters().prompts_accepted, 0);

    let run = improve(&made, &server.url(), &["--json"])
        .finish()
        .expect_code(0);
    let events = run.events();
    let path = only(&events, "video_finished")["path"]
        .as_str()
        .expect("a path")
        .to_owned();
    assert!(path.ends_with("/x-2.mp4"), "{path}");
    let spoken = named(&events, "stage_finished");
    let voice = spoken
        .iter()
        .find(|event| event["stage"] == "voice")
        .expect("a voice");
    assert_eq!(voice["reused"], true, "{voice}");
    let second = manifest(&videos(&made).join("x-2.json"));
    for (before, after) in [0, 1].map(|n| (&first["scenes"][n], &second["scenes"][n])) {
        assert_eq!(after["painter"], "comfyui");
        assert_eq!(before["narration"], after["narration"]);
        assert_eq!(
            (&before["start_s"], &before["words"]),
            (&after["start_s"], &after["words"])
        );
    }
    assert_eq!(second["script"]["source"], "builtin");
    assert_eq!(server.counters().prompts_done, 2);

    // The new take is as was wished for.
    let newest = improve(&made, &server.url(), &[]).finish().expect_code(0);
    assert!(
        newest.stderr().contains("nothing could be better"),
        "{}",
        newest.stderr()
    );

    // The same again in the place of the old one: the pictures are there already.
    let old = videos(&made).join("x.mp4");
    let run = improve(&made, &server.url(), &["--replace", "--json", old.as_str()])
        .finish()
        .expect_code(0);
    let events = run.events();
    assert_eq!(only(&events, "video_finished")["path"], old.as_str());
    assert_eq!(server.counters().prompts_done, 2);
    assert_eq!(
        files(&videos(&made)).len(),
        10,
        "{:?}",
        files(&videos(&made))
    );
    let replaced = manifest(&videos(&made).join("x.json"));
    assert_eq!(replaced["scenes"][0]["painter"], "comfyui");
    let names: Vec<&String> = replaced["files"]
        .as_object()
        .expect("files")
        .keys()
        .collect();
    assert_eq!(names, ["x.credits.txt", "x.jpg", "x.mp4", "x.srt"]);
}

#[test]
fn what_is_no_batch_and_no_video_is_said() {
    let run = Run::videogen().arg("improve").finish().expect_code(2);
    assert!(run.stderr().contains("no batch"), "{}", run.stderr());
    let run = Run::videogen()
        .args(["improve", "nowhere.mp4"])
        .finish()
        .expect_code(3);
    assert!(run.stderr().contains("nowhere.json"), "{}", run.stderr());
}
