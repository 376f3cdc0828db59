//! Music as people keep it: a folder for each genre, below the older directory of videos, and in the settings of a genre.

use camino::Utf8Path;
use serde_json::Value;
use testkit::events::{named, only};
use testkit::media::make;
use testkit::{Finished, Run};

use crate::generate;

/// A second of sound in each of these files of `directory`.
fn music(directory: &Utf8Path, files: &[&str]) {
    for file in files {
        let path = directory.join(file);
        std::fs::create_dir_all(path.parent().expect("it has one")).expect("made");
        make(&path, "-f lavfi -i sine=frequency=330:duration=1");
    }
}

/// The plan of a video that needs nobody else, and is not spoken.
fn planned(run: Run, more: &[&str]) -> Finished {
    spoken_by("silent", run, more)
}

fn spoken_by(speaker: &str, run: Run, more: &[&str]) -> Finished {
    run.args([
        "--painter",
        "builtin",
        "--writer",
        "builtin",
        "--speech",
        speaker,
    ])
    .args([
        "--duration",
        "3",
        "--scenes",
        "1",
        "--dry-run",
        "--json",
        "bees",
    ])
    .args(more.iter().copied())
    .finish()
}

/// What plays, and what stands in there for what.
fn plays(run: &Finished) -> (String, Vec<(String, String)>) {
    let events = run.events();
    let video = only(&events, "video_planned");
    let text = |value: &Value| value.as_str().expect("text").to_owned();
    let steps = video["degradations"].as_array().expect("a list").iter();
    let steps = steps.filter(|step| step["stage"] == "music");
    let steps = steps.map(|step| (text(&step["to"]), text(&step["reason"])));
    assert!(named(&events, "video_failed").is_empty());
    (text(&video["music"]), steps.collect())
}

#[test]
fn a_folder_for_each_genre_is_taken_before_loose_files() {
    let run = |genre: &str, more: &[&str]| {
        let run = generate();
        let songs = run.work().join("songs");
        music(&songs, &["Nature/rain.wav", "loose.wav"]);
        let words = ["--music", "songs", "--genre", genre];
        planned(run, &[&words[..], more].concat())
    };
    let of = |genre: &str| plays(&run(genre, &["--strict=music"]).expect_code(0)).0;
    assert!(of("nature").ends_with("songs/Nature/rain.wav"));
    assert!(of("tech").ends_with("songs/loose.wav"));

    let only_others = |more: &[&str]| {
        let run = generate();
        music(&run.work().join("songs"), &["nature/rain.wav"]);
        planned(
            run,
            &[&["--music", "songs", "--genre", "tech"][..], more].concat(),
        )
    };
    let message = only_others(&[]).expect_code(3).stderr();
    assert!(
        message.contains("genre tech") && message.contains("folders for nature"),
        "{message}"
    );
    let run = only_others(&["--accept", "music=builtin"]).expect_code(0);
    let (_, steps) = plays(&run);
    assert_eq!(steps.len(), 1);
    assert!(steps[0].1.contains("folders for nature"), "{steps:?}");
}

#[test]
fn music_below_the_older_directory_is_found_and_said() {
    let run = |genre: &str, more: &[&str]| {
        let run = generate().env("VIDEO_DIR", "old");
        let old = run.work().join("old");
        music(&old, &["music/nature/rain.wav"]);
        std::fs::create_dir_all(old.join("music/mystery")).expect("made");
        std::fs::write(old.join("music/mystery/broken.mp3"), "no sound").expect("written");
        std::fs::create_dir_all(old.join("voices")).expect("made");
        for end in ["onnx", "onnx.json"] {
            let voice = old.join("voices/en_US-ryan-high").with_extension(end);
            std::fs::write(voice, "no voice").expect("written");
        }
        planned(run, &[&["--genre", genre][..], more].concat())
    };
    let found = run("nature", &["--strict=music"]).expect_code(0);
    assert!(plays(&found).0.ends_with("old/music/nature/rain.wav"));
    let told = found.stderr();
    assert!(
        told.contains("music is taken from") && told.contains("old/music, which was found"),
        "{told}"
    );
    assert!(
        told.contains("voices/en_US-ryan-high.onnx is used, which was found"),
        "{told}"
    );

    // Nobody has named it: where it is of no use, what is next best plays.
    for (genre, why) in [
        ("tech", "folders for nature, mystery"),
        ("mystery", "broken.mp3"),
    ] {
        let (plays, steps) = plays(&run(genre, &[]).expect_code(0));
        assert!(plays.starts_with("synthesised bed"), "{plays}");
        assert!(steps.len() == 1 && steps[0].0 == "builtin", "{steps:?}");
        assert!(steps[0].1.contains(why), "{steps:?}");
    }
    let named = run("nature", &["--music", "builtin"]).expect_code(0);
    assert!(plays(&named).0.starts_with("synthesised bed"));
    assert!(
        !named.stderr().contains("music is taken"),
        "{}",
        named.stderr()
    );
}

#[test]
fn videos_of_a_genre_have_music_and_a_voice_of_their_own() {
    let by = |speaker: &str, config: &str, more: &[&str]| {
        let run = generate();
        music(&run.work(), &["rain.wav", "all.wav"]);
        std::fs::write(run.work().join("c.toml"), config).expect("written");
        spoken_by(speaker, run.args(["--config", "c.toml"]), more)
    };
    let config = "music = \"all.wav\"\n[genre.nature]\nmusic = \"rain.wav\"\n[genre.tech]\nvoice = \"nobody\"\n";
    let of = |more: &[&str]| plays(&by("silent", config, more).expect_code(0)).0;
    // The topic decides the genre as well.
    assert!(of(&[]).ends_with("rain.wav"), "bees are nature");
    assert!(of(&["--genre", "history"]).ends_with("all.wav"));
    assert!(of(&["--music", "all.wav"]).ends_with("all.wav"));
    // A voice that is named there is meant.
    let spoken = |more: &[&str]| by("flite", config, &[&["--genre", "tech"][..], more].concat());
    let message = spoken(&[]).expect_code(2).stderr();
    assert!(
        message.contains("`nobody` is not a valid voice"),
        "{message}"
    );
    spoken(&["--voice", "slt"]).expect_code(0);

    let config = "genre = \"tech\"\n[genre.nature]\nvoice = \"slt\"\n";
    let twice = by("silent", config, &[]);
    let message = twice.expect_code(2).stderr();
    assert!(
        message.contains("line 2") && message.contains("VIDEOGEN_GENRE"),
        "{message}"
    );
}
