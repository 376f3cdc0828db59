//! What a delivered video is.

use camino::Utf8Path;
use serde_json::Value;
use testkit::events::{named, only};
use testkit::media::{ffprobe_json, frame_at, is_faststart, loudness, stream};

use crate::generate;

fn number(value: &Value) -> f64 {
    value
        .as_str()
        .and_then(|s| s.parse().ok())
        .or_else(|| value.as_f64())
        .expect("a number")
}

fn manifest(path: &Utf8Path) -> Value {
    serde_json::from_str(&std::fs::read_to_string(path).expect("the manifest")).expect("JSON")
}

/// SPEC 8 and the issue, over one video made with nothing but a topic.
#[test]
fn a_topic_becomes_a_video_as_promised() {
    let run = generate()
        .args([
            "--quality",
            "standard",
            "--duration",
            "8",
            "black holes",
            "--json",
        ])
        .finish()
        .expect_code(0);
    let events = run.events();
    let finished = only(&events, "video_finished");
    let path = Utf8Path::new(finished["path"].as_str().expect("a path"));
    let beside = |extension: &str| path.with_extension(extension);

    let probe = ffprobe_json(path);
    let video = stream(&probe, "video");
    for (field, expected) in [
        ("codec_name", "h264"),
        ("profile", "High"),
        ("pix_fmt", "yuv420p"),
        ("color_range", "tv"),
        ("color_space", "bt709"),
        ("color_primaries", "bt709"),
        ("color_transfer", "bt709"),
        ("r_frame_rate", "30/1"),
    ] {
        assert_eq!(video[field], expected, "{field}");
    }
    assert_eq!(
        (&video["width"], &video["height"]),
        (&Value::from(720), &Value::from(1280))
    );
    let audio = stream(&probe, "audio");
    assert_eq!(
        (audio["codec_name"].as_str(), audio["sample_rate"].as_str()),
        (Some("aac"), Some("48000"))
    );
    assert_eq!(audio["channels"], 2);
    let lengths = (number(&video["duration"]), number(&audio["duration"]));
    assert!(
        (lengths.0 - lengths.1).abs() <= 0.1,
        "video and audio: {lengths:?}"
    );
    assert!(
        (6.5..=9.5).contains(&lengths.0),
        "asked for 8 s, got {}",
        lengths.0
    );
    assert!(is_faststart(path));

    let measured = loudness(path);
    assert!(
        (-15.0..=-13.0).contains(&measured.integrated),
        "{measured:?}"
    );
    assert!(measured.true_peak <= -1.0, "{measured:?}");

    // It says what it is, and in which language.
    let title = &probe["format"]["tags"]["title"];
    assert_eq!(title, &manifest(&beside("json"))["title"]);
    for stream in [video, audio] {
        assert_eq!(stream["tags"]["language"], "eng", "{stream}");
    }

    // Not black, not frozen.
    let frames: Vec<_> = [0.5, 3.0, 6.0].map(|t| frame_at(path, t)).into();
    assert!(frames.iter().all(|frame| frame.mean() > 8.0));
    assert!(
        frame_at(path, 0.5).difference(&frame_at(path, 1.5)) > 0.5,
        "the first picture moves"
    );

    // All companions, and a manifest that tells the truth about them.
    let manifest = manifest(&beside("json"));
    for extension in ["mp4", "srt", "jpg", "credits.txt"] {
        let file = beside(extension);
        let entry = &manifest["files"][file.file_name().expect("a name")];
        let size = std::fs::metadata(&file).expect("delivered").len();
        assert_eq!(entry["bytes"], size, "{file}");
        assert_eq!(entry["sha256"].as_str().map(str::len), Some(64), "{file}");
    }
    assert_eq!(
        manifest["degradations"].as_array().map(Vec::len),
        Some(4),
        "script, voice, picture, music"
    );
    assert_eq!(named(&events, "degraded").len(), 4);
    assert_eq!(only(&events, "batch_finished")["summary"]["succeeded"], 1);
    assert!(
        std::fs::read_to_string(beside("credits.txt"))
            .expect("there")
            .contains("No attribution is needed")
    );
    image::open(beside("jpg")).expect("the thumbnail is a picture");
    let names: Vec<String> = std::fs::read_dir(path.parent().expect("a directory"))
        .expect("listed")
        .map(|entry| {
            entry
                .expect("an entry")
                .file_name()
                .to_string_lossy()
                .into_owned()
        })
        .collect();
    assert_eq!(names.len(), 5, "nothing else is left: {names:?}");
}

/// Frames with and without captions differ where words are spoken, only there, and inside the safe zone.
#[test]
fn captions_are_visible_while_words_are_spoken() {
    let make = |captions: &str| {
        generate()
            .args([
                "--duration",
                "6",
                "--captions",
                captions,
                "--name",
                "x",
                "coffee",
            ])
            .finish()
            .expect_code(0)
    };
    let (with, without) = (make("karaoke"), make("none"));
    let file = |run: &testkit::Finished| run.work().join("videos/x.mp4");
    let manifest = manifest(&with.work().join("videos/x.json"));
    let words: Vec<(f64, f64)> = manifest["scenes"]
        .as_array()
        .expect("scenes")
        .iter()
        .flat_map(|scene| scene["words"].as_array().expect("words"))
        .map(|word| (number(&word["start_s"]), number(&word["end_s"])))
        .collect();
    assert!(words.len() >= 5);
    for (start, end) in words.iter().step_by(3) {
        let time = (start + end) / 2.0;
        let (a, b) = (
            frame_at(&file(&with), time),
            frame_at(&file(&without), time),
        );
        let area = a
            .changed_area(&b, 60)
            .unwrap_or_else(|| panic!("no caption at {time}"));
        let (left, _, right, bottom) = area;
        let (width, height) = (512, 768);
        assert!(left > 0 && right < width, "inside the frame: {area:?}");
        assert!(bottom <= height * 4 / 5, "above the lowest fifth: {area:?}");
    }
    // Before the first word there is none.
    let early = (words[0].0 - 0.3).max(0.0);
    let (a, b) = (
        frame_at(&file(&with), early),
        frame_at(&file(&without), early),
    );
    assert!(
        a.changed_area(&b, 60).is_none(),
        "no caption before the first word"
    );
}

/// Whatever is in a title, it is the title and nothing else: of one that would be an option, a section or a second tag.
#[test]
fn any_title_and_any_language_are_in_the_container() {
    for (title, tag, language) in [
        (
            r#"-y "Das" Meer; a=b #1 \ [STREAM] 'x' %s 🌊"#,
            "de-AT",
            "deu",
        ),
        ("=", "cmn", "zho"),
        ("海の話", "ja", "jpn"),
    ] {
        let run = generate().args(["--script", "s.json", "--language", tag, "--name", "x"]);
        let quick = [
            "--speech",
            "silent",
            "--music",
            "none",
            "--captions",
            "none",
        ];
        let script = serde_json::json!({"title": title, "scenes": [{"narration": "Kurz."}]});
        std::fs::write(run.work().join("s.json"), script.to_string()).expect("written");
        let run = run.args(quick).finish().expect_code(0);
        let file = run.work().join("videos/x.mp4");
        let probe = ffprobe_json(&file);
        let tags = &probe["format"]["tags"];
        assert_eq!(tags["title"], title);
        for (name, _) in tags.as_object().expect("tags") {
            let known = ["title", "major_brand", "minor_version", "compatible_brands"];
            assert!(known.contains(&name.as_str()), "{tags}");
        }
        for kind in ["video", "audio"] {
            assert_eq!(stream(&probe, kind)["tags"]["language"], language, "{kind}");
        }
    }
}

#[test]
fn every_aspect_gets_its_size() {
    for (aspect, width, height) in [("16:9", 832, 472), ("1:1", 624, 624), ("4:5", 560, 700)] {
        let run = generate().args([
            "--duration",
            "4",
            "--scenes",
            "1",
            "--aspect",
            aspect,
            "--name",
            "x",
            "tea",
        ]);
        let run = run.finish().expect_code(0);
        let probe = ffprobe_json(&run.work().join("videos/x.mp4"));
        let video = stream(&probe, "video");
        let size = (
            video["width"].as_u64().expect("width"),
            video["height"].as_u64().expect("height"),
        );
        let error = (size.0 as f64 / size.1 as f64) / (f64::from(width) / f64::from(height)) - 1.0;
        assert!(error.abs() < 0.011, "{aspect}: {size:?}");
    }
}

/// A person's own script, pictures, narration and music, and a Piper-less machine: nothing is degraded by that.
#[test]
fn own_script_pictures_and_music_are_used() {
    let run = generate().args([
        "--script", "s.txt", "--image", "a.png", "b.jpg", "--music", "m.wav", "--speech", "flite",
    ]);
    let work = run.work();
    std::fs::write(
        work.join("s.txt"),
        "# My Title\n\nThe first scene speaks.\n\nThe second one answers.\n",
    )
    .expect("written");
    let picture = |name: &str, colour: [u8; 3]| {
        let gradient =
            |x: u32, y: u32| image::Rgb(colour.map(|c| c.saturating_sub((x + y) as u8 / 8)));
        image::RgbImage::from_fn(300, 500, gradient)
            .save(work.join(name))
            .expect("saved");
    };
    picture("a.png", [250, 60, 60]);
    picture("b.jpg", [60, 60, 250]);
    tone(&work.join("m.wav"));
    let run = run.args(["--strict", "--json"]).finish().expect_code(0);
    let events = run.events();
    let path = Utf8Path::new(
        only(&events, "video_finished")["path"]
            .as_str()
            .expect("a path"),
    )
    .to_owned();
    assert_eq!(path.file_name(), Some("my-title.mp4"));
    assert!(named(&events, "degraded").is_empty());
    let red = frame_at(&path, 0.3).pixel(20, 20);
    assert!(
        red[0] > 150 && red[2] < 120,
        "the first picture is red: {red:?}"
    );
    let duration = number(&ffprobe_json(&path)["format"]["duration"]);
    let blue = frame_at(&path, duration - 0.3).pixel(20, 20);
    assert!(
        blue[2] > 150 && blue[0] < 120,
        "the last one is blue: {blue:?}"
    );
    let manifest = manifest(&path.with_extension("json"));
    assert_eq!(manifest["title"], "My Title");
    assert_eq!(manifest["voice"]["timing"], "phones");
}

#[test]
fn a_recorded_narration_sets_the_length() {
    let run = generate().args([
        "--narration",
        "n.wav",
        "--script",
        "s.txt",
        "--name",
        "x",
        "--music",
        "none",
    ]);
    tone(&run.work().join("n.wav"));
    std::fs::write(
        run.work().join("s.txt"),
        "One sentence is here.\n\nAnother one follows it.",
    )
    .expect("written");
    let run = run.finish().expect_code(0);
    let file = run.work().join("videos/x.mp4");
    let duration = number(&ffprobe_json(&file)["format"]["duration"]);
    assert!(
        (5.0..8.0).contains(&duration),
        "4 s of narration: {duration}"
    );
    let subtitles = std::fs::read_to_string(file.with_extension("srt")).expect("there");
    assert!(subtitles.contains("Another one"), "{subtitles}");
}

#[test]
fn captions_follow_the_times_of_a_recordings_words() {
    let run = generate().args(["--narration", "n.wav", "--narration-captions", "n.json"]);
    let run = run.args(["--name", "x", "--music", "none", "--scenes", "1"]);
    tone(&run.work().join("n.wav"));
    let words = r#"{"words": [{"word": "First", "start": 0.5, "end": 0.9}, {"word": "words.", "start": 0.9, "end": 1.5},
        {"word": "Then", "start": 2.4, "end": 2.9}, {"word": "more.", "start": 2.9, "end": 3.6}]}"#;
    std::fs::write(run.work().join("n.json"), words).expect("written");
    let run = run.finish().expect_code(0);
    let subtitles = std::fs::read_to_string(run.work().join("videos/x.srt")).expect("there");
    let start = |text: &str| -> f64 {
        let cue = subtitles.split("\n\n").find(|cue| cue.ends_with(text));
        let time = cue.and_then(|cue| cue.lines().nth(1)).expect("such a cue");
        let seconds = time.split([':', ' ']).nth(2).expect("seconds");
        seconds.replace(',', ".").parse().expect("a number")
    };
    let between = start("Then more.") - start("First words.");
    assert!((between - 1.9).abs() < 0.05, "{subtitles}");
}

#[test]
fn times_that_are_not_of_the_recording_are_refused_before_any_work() {
    for (captions, reason) in [
        (
            "1\n00:00:01,000 --> 00:00:50,000\nToo late.\n",
            "the last word ends at 50.0 s",
        ),
        ("No times.", "no text with a time"),
    ] {
        let run = generate().args(["--narration", "n.wav", "--narration-captions", "n.srt"]);
        tone(&run.work().join("n.wav"));
        std::fs::write(run.work().join("n.srt"), captions).expect("written");
        let run = run.finish().expect_code(3);
        assert!(
            run.stderr().contains(reason) && run.stderr().contains("hint: "),
            "{}",
            run.stderr()
        );
        assert!(!run.work().join("videos").exists());
    }
    let run = generate()
        .args(["tea", "--narration-captions", "n.srt"])
        .finish();
    assert!(run.expect_code(2).stderr().contains("--narration"));
}

#[test]
fn captions_of_another_text_are_refused_before_any_work() {
    let captions = "1\n00:00:00,100 --> 00:00:02,000\n海很深。\n里面很冷\n\n2\n00:00:02,000 --> 00:00:03,500\n没人知道。\n";
    for more in [vec![], vec!["--dry-run"]] {
        let run = generate().args(["--narration", "n.wav", "--narration-captions", "n.srt"]);
        let run = run.args(["--script", "s.txt"]).args(more);
        tone(&run.work().join("n.wav"));
        std::fs::write(run.work().join("n.srt"), captions).expect("written");
        let script = "The sea is deep and very cold. Nobody knows what lives there.";
        std::fs::write(run.work().join("s.txt"), script).expect("written");
        let run = run.finish().expect_code(3);
        let told = run.stderr();
        assert!(
            told.contains("0 of the 12 words") && told.contains("--script"),
            "{told}"
        );
        assert!(!run.work().join("videos").exists());
    }
}

#[test]
fn how_captions_of_a_recording_were_read_is_told() {
    let run = generate().args(["--narration", "n.wav", "--narration-captions", "n.srt"]);
    let run = run.args(["--dry-run", "--json"]);
    tone(&run.work().join("n.wav"));
    let text = "1\n00:00:00,100 --> 00:00:02,000\nLe café est très fermé.\n\n2\n00:00:02,000 --> 00:00:03,500\nIl dort là, à côté de la forêt.\n";
    // Of these letters the number is the byte in Windows-1252.
    let bytes: Vec<u8> = text.chars().map(|c| c as u8).collect();
    std::fs::write(run.work().join("n.srt"), bytes).expect("written");
    let run = run.finish().expect_code(0);
    let events = run.events();
    let plan = only(&events, "video_planned");
    let warnings = plan["warnings"].to_string();
    assert!(
        warnings.contains("captions of the narration") && warnings.contains("UTF-8"),
        "{warnings}"
    );
}

/// Four seconds of sound that swells and fades, with a pause in the middle.
fn tone(path: &Utf8Path) {
    let samples: Vec<i16> = (0..4 * 22_050)
        .map(|i| {
            let t = f64::from(i) / 22_050.0;
            let level = if (1.8..2.2).contains(&t) {
                0.0
            } else {
                0.3 * (t * 7.0).sin().abs()
            };
            (level * (t * 440.0 * std::f64::consts::TAU).sin() * 32_767.0) as i16
        })
        .collect();
    let data: Vec<u8> = samples.iter().flat_map(|s| s.to_le_bytes()).collect();
    let mut wav = Vec::new();
    wav.extend(b"RIFF");
    wav.extend((36 + data.len() as u32).to_le_bytes());
    wav.extend(b"WAVEfmt \x10\0\0\0\x01\0\x01\0");
    wav.extend(22_050u32.to_le_bytes());
    wav.extend(44_100u32.to_le_bytes());
    wav.extend(b"\x02\0\x10\0data");
    wav.extend((data.len() as u32).to_le_bytes());
    wav.extend(data);
    std::fs::write(path, wav).expect("written");
}

/// Length does not come before sense: fewer scenes, and whole sentences that name the topic.
#[test]
fn a_few_seconds_are_one_true_sentence() {
    let scenes = |more: &[&str]| {
        let run = generate().args(["--dry-run", "--json", "--writer", "builtin"]);
        let run = run.args(more.iter().copied()).finish().expect_code(0);
        let events = run.events();
        let scenes = only(&events, "video_planned")["scenes"].clone();
        scenes.as_array().expect("a list").clone()
    };
    let moon = scenes(&["--duration", "5", "why the moon has seas"]);
    assert_eq!(moon.len(), 1, "{moon:?}");
    assert_eq!(
        moon[0]["narration"],
        "The dark seas of the moon are plains of old lava."
    );
    for duration in ["3", "4", "6", "8", "11", "15"] {
        for topic in ["why the moon has seas", "octopuses", "Zorblax"] {
            let said: Vec<String> = scenes(&["--duration", duration, topic])
                .iter()
                .map(|scene| scene["narration"].as_str().expect("text").to_lowercase())
                .collect();
            let name = topic.rsplit(' ').next().expect("a word").to_lowercase();
            let name = name.trim_end_matches("es");
            assert!(said.join(" ").contains(name), "{duration} s: {said:?}");
        }
    }
}
