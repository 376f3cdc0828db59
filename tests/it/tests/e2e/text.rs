//! Any text: it is shown and said literally, and reaches no argument list, filter graph or path.

use testkit::media::frame_at;
use testkit::{Run, fake_ffmpeg};

use crate::generate;

fn words_of(run: &testkit::Finished, name: &str) -> String {
    let text = std::fs::read_to_string(run.work().join(format!("videos/{name}.json")))
        .expect("the manifest");
    let manifest: serde_json::Value = serde_json::from_str(&text).expect("JSON");
    let scenes = manifest["scenes"].as_array().expect("scenes").clone();
    scenes
        .iter()
        .map(|scene| scene["narration"].as_str().expect("text").to_owned())
        .collect::<Vec<_>>()
        .join("\n")
}

#[test]
fn the_built_in_writer_never_fails() {
    let topics = [
        "🎉🍕",
        "量子力学",
        "it's \"quoted\" {\\fs500} %{pts} ,drawtext=textfile=/etc/passwd,",
        "-i /etc/passwd",
        "line\nbreak\u{202e}reversed\u{7}",
        &"very long topic ".repeat(320),
        "../../../etc/passwd",
        "a",
    ];
    for topic in topics {
        let run = generate()
            .args(["--dry-run", "--json", "--", topic])
            .finish()
            .expect_code(0);
        let shown = run.stdout();
        assert!(
            !shown.contains("\\u0007") && !shown.contains('\u{202e}'),
            "{topic:?}: {shown}"
        );
        assert!(
            !run.work().join("videos").exists(),
            "a dry run writes nothing"
        );
    }
}

#[test]
fn hostile_scripts_render_literally() {
    let hostile = "It's {\\fs500} and %{pts} with ,drawtext=textfile=/etc/passwd here.\n\n\
        <b>Bold</b> `$(touch pwned)` ; rm -rf x & \u{202e}backwards \0 end.\n";
    let place = camino_tempfile::tempdir().expect("a directory in /tmp");
    let told = place.path().join("told");
    let ffmpeg = fake_ffmpeg(place.path(), &[&format!("log={told}")]);
    let run = generate()
        .args(["--script", "-", "--name", "x", "--speech", "espeak-ng"])
        .env("VIDEOGEN_FFMPEG", &ffmpeg)
        .input(hostile);
    let run = run.finish().expect_code(0);
    let told = std::fs::read_to_string(&told).expect("FFmpeg was run");
    assert!(told.contains("libx264"), "{told}");
    for text in ["fs500", "pts}", "drawtext", "Bold", "pwned", "backwards"] {
        assert!(!told.contains(text), "{text} in {told}");
    }
    let said = words_of(&run, "x");
    for literal in [
        "{\\fs500}",
        "%{pts}",
        ",drawtext=textfile=/etc/passwd",
        "<b>Bold</b>",
        "$(touch pwned)",
    ] {
        assert!(said.contains(literal), "{literal} in {said}");
    }
    assert!(!said.contains(['\0', '\u{202e}']));
    assert_eq!(
        run.files()
            .iter()
            .filter(|f| f.as_str().contains("pwned"))
            .count(),
        0
    );
    assert!(frame_at(&run.work().join("videos/x.mp4"), 1.0).mean() > 5.0);
}

/// Two scripts of the world through the whole pipeline: the right voice is found, the glyphs are real.
#[test]
fn scripts_of_the_world_are_spoken_and_shown() {
    for (name, text) in [
        ("ar", "البحر عميق وواسع. نحن نحبه كثيرا."),
        ("hi", "समुद्र बहुत गहरा है। हम इसे प्यार करते हैं।"),
        ("zh", "大海很深。我们都爱它。"),
    ] {
        let run = generate()
            .args(["--script", "-", "--name", name])
            .input(text)
            .finish()
            .expect_code(0);
        let manifest =
            std::fs::read_to_string(run.work().join(format!("videos/{name}.json"))).expect("there");
        assert!(
            manifest.contains("\"speaker\": \"espeak-ng"),
            "{name}: {manifest}"
        );
        let subtitles =
            std::fs::read_to_string(run.work().join(format!("videos/{name}.srt"))).expect("there");
        let first: String = text.chars().take(3).collect();
        assert!(subtitles.contains(&first), "{name}: {subtitles}");
    }
}

#[test]
fn a_letter_without_a_font_is_refused_with_the_package() {
    // Kawi came with Unicode 15, after the fonts of the set-up were made.
    let run = generate()
        .args(["--script", "-"])
        .input("Hello \u{11f04}\u{11f05} there.");
    let run = run.finish().expect_code(3);
    assert!(
        run.stderr().contains("no installed font") && run.stderr().contains("hint: "),
        "{}",
        run.stderr()
    );
}

#[test]
fn long_scripts_are_cut_at_a_sentence_with_a_warning() {
    let run = generate()
        .args(["--script", "-", "--dry-run"])
        .input("A sentence of some words here. ".repeat(4000));
    let run = run.finish().expect_code(0);
    assert!(
        (run.stdout() + &run.stderr()).contains("cut at a sentence"),
        "{}{}",
        run.stdout(),
        run.stderr()
    );
}

#[test]
fn names_never_leave_the_output_directory() {
    let run = generate()
        .args([
            "--duration",
            "3",
            "--scenes",
            "1",
            "--name",
            "../../escape",
            "tea",
        ])
        .finish()
        .expect_code(0);
    assert!(run.work().join("videos/escape.mp4").exists());
    let again: Run = generate().args(["--dry-run", "--name", "/etc/x", "tea"]);
    assert!(
        again
            .finish()
            .expect_code(0)
            .stdout()
            .contains("videos/etc-x.mp4")
    );
}
