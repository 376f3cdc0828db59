//! What bad input gets: exit 2 or 3, one clear sentence, a hint, in under a second or little more, and nothing written.

use camino::Utf8Path;
use testkit::{Run, fake_ffmpeg};

use crate::generate;

/// Runs, and checks code, words of the message, speed, and that the working directory is as it was.
#[track_caller]
fn refused(run: Run, code: i32, words: &[&str]) -> String {
    let work = run.work();
    let list = |dir: &Utf8Path| {
        let mut names: Vec<String> = dir
            .read_dir_utf8()
            .expect("listed")
            .map(|e| e.expect("entry").file_name().to_owned())
            .collect();
        names.sort();
        names
    };
    let before = list(&work);
    let run = run.finish().expect_code(code);
    let message = run.stderr();
    for word in words {
        assert!(message.contains(word), "no `{word}` in: {message}");
    }
    assert!(message.starts_with("error: "), "{message}");
    assert_eq!(
        message
            .lines()
            .filter(|line| line.starts_with("error: "))
            .count(),
        1,
        "{message}"
    );
    assert!(!message.contains("panicked"), "{message}");
    // The promise is a second; a loaded machine gets five.
    assert!(run.elapsed().as_secs() < 5, "took {:?}", run.elapsed());
    assert_eq!(list(run.work()), before, "nothing is written");
    message
}

#[test]
fn values_out_of_range_name_the_range() {
    let cases: &[(&[&str], &[&str])] = &[
        (&[""], &["topic"]),
        (&[" \u{200e}\t "], &["topic"]),
        (&["x", "--genre", "natur"], &["genre", "nature"]),
        (
            &["x", "--quality", "ultra-light"],
            &["quality", "ultra-lite"],
        ),
        (&["x", "--aspect", "9:17"], &["aspect", "9:16"]),
        (
            &["x", "--voice", "slr", "--speech", "flite"],
            &["voice", "slt"],
        ),
        (&["x", "--style", "blod"], &["style", "bold"]),
        (
            &["x", "--seed", "-1"],
            &["seed", "0 to 18446744073709551615"],
        ),
        (&["x", "--seed", "99999999999999999999"], &["seed"]),
        (&["x", "--count", "0"], &["count", "1 to"]),
        (&["x", "--count", "100000"], &["count"]),
        (&["x", "--fps", "NaN"], &["frame rate", "120"]),
        (&["x", "--fps", "0"], &["frame rate"]),
        (&["x", "--fps", "500"], &["frame rate"]),
        (&["x", "--duration", "NaN"], &["duration", "3 to 600"]),
        (&["x", "--duration", "-5"], &["duration", "3 to 600"]),
        (&["x", "--duration", "inf"], &["duration"]),
        (&["x", "--scenes", "0"], &["scenes", "1 to 40"]),
        (&["x", "--language", "klingonish"], &["language"]),
        (&["x", "--captions", "kareoke"], &["captions", "karaoke"]),
        (&["x", "--platform", "tiktak"], &["platform", "tiktok"]),
        (&["x", "--writer", "shakespeare"], &["writer", "builtin"]),
        (&["x", "--end-card", " "], &["end card", "1 to 80"]),
        (
            &["x", "--end-card", "a", "--end-card-seconds", "11"],
            &["end card", "1 to 10"],
        ),
        (
            &["x", "--watermark", "l.png", "--watermark-width", "inf"],
            &["width", "0.02 to 0.5"],
        ),
        (
            &["x", "--watermark", "l.png", "--watermark-opacity", "-1"],
            &["opacity", "0 to 1"],
        ),
        (
            &["x", "--image", "c.mp4", "--clip-sound", "loud"],
            &["volume of clips", "0 to 2", "--clip-sound"],
        ),
        (
            &["x", "--clip-sound", "0.5"],
            &["--clip-sound needs --image FILE"],
        ),
        (
            &["x", "--watermark", "l.png", "--watermark-corner", "topleft"],
            &["corner", "top-left"],
        ),
        (&["x", "--no-such-option"], &["--no-such-option"]),
    ];
    for (args, words) in cases {
        refused(generate().args(args.iter().copied()), 2, words);
    }
}

#[test]
fn without_anything_to_do_and_without_a_terminal_it_says_so() {
    let message = refused(generate(), 2, &["hint: "]);
    assert!(message.contains("topic"), "{message}");
}

/// Nothing is asked and nothing is waited for, though standard input stays open and never has anything.
#[test]
fn dead_services_that_are_named_are_refused_with_what_to_do_and_nobody_is_asked() {
    for (options, url) in [
        ("--painter comfyui --writer builtin", "COMFYUI_URL"),
        ("--writer llm --painter builtin", "VIDEOGEN_LLM_URL"),
    ] {
        let script = format!(
            "mkfifo never && exec 3<>never && exec {} generate x {options} <never",
            testkit::videogen_bin()
        );
        let run = Run::new("/bin/sh").args(["-c", &script]);
        let nobody = crate::nobody();
        let run = run.env(url, &nobody).finish().expect_code(3);
        let message = run.stderr();
        assert!(message.contains("hint: "), "{message}");
        assert!(message.contains(&nobody), "{message}");
        assert!(!message.contains("Enter"), "{message}");
        assert_eq!(run.stdout(), "");
    }
}

/// The directories that are missing are made, wherever they were asked for.
#[test]
fn missing_directories_are_made() {
    let run = generate().args(["x", "--duration", "3", "--scenes", "1", "--name", "x"]);
    let run = run.args(["--speech", "silent", "--output-dir", "not/yet/there"]);
    let deep = run.home().join("deep");
    let at = |name: &str| deep.join(name).into_std_path_buf();
    let run = run
        .env("XDG_STATE_HOME", at("state/of/mine"))
        .env("XDG_CACHE_HOME", at("cache/of/mine"))
        .finish()
        .expect_code(0);
    assert!(run.work().join("not/yet/there/x.mp4").exists());
    for made in ["state/of/mine/videogen/batches", "cache/of/mine/videogen"] {
        assert!(deep.join(made).is_dir(), "{made}");
    }
}

#[test]
fn unusable_pictures_are_named() {
    let html = b"<!DOCTYPE html><html>not found</html>".to_vec();
    let mut bomb = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR".to_vec();
    bomb.extend(60_000u32.to_be_bytes());
    bomb.extend(60_000u32.to_be_bytes());
    bomb.extend([8, 2, 0, 0, 0, 0, 0, 0, 0]);
    for (content, words) in [
        (None, vec!["does not exist"]),
        (Some(Vec::new()), vec!["empty"]),
        (Some(html), vec!["HTML"]),
        (Some(bomb), vec!["cannot be used"]),
        (Some(b"#EXTM3U\nfile:///etc/passwd\n".to_vec()), vec!["HLS"]),
    ] {
        for option in ["--image", "--watermark"] {
            let run = generate().args(["x", option, "p.png"]);
            if let Some(content) = &content {
                std::fs::write(run.work().join("p.png"), content).expect("written");
            }
            refused(run, 3, &[&words[..], &["p.png", "hint: "]].concat());
        }
    }
    let run = generate().args(["x", "--image", "d"]);
    std::fs::create_dir(run.work().join("d")).expect("made");
    refused(run, 3, &["directory"]);
    let run = generate().args(["x", "--image", "big.png"]);
    std::fs::write(run.work().join("big.png"), b"\x89PNG\r\n\x1a\n").expect("written");
    let file = std::fs::File::options()
        .append(true)
        .open(run.work().join("big.png"));
    file.and_then(|file| file.set_len(200 << 20))
        .expect("sparse");
    refused(run, 3, &["too large"]);
}

/// Nothing is fetched for a file: an address is told what to do with, wherever it stands, and without what is secret in it.
#[test]
fn addresses_of_files_are_refused_with_what_to_do() {
    let url = "https://me:s3cret@example.org/a.png?key=s3cret";
    let words = [
        "https://example.org/a.png is an address",
        "hint: ",
        "download",
    ];
    for option in [
        "--image",
        "--script",
        "--narration",
        "--watermark",
        "--workflow",
    ] {
        let said = refused(generate().args(["x", option, url]), 3, &words);
        assert!(said.contains(option) && !said.contains("s3cret"), "{said}");
    }
    for other in [
        "ftp://example.org/a.png",
        "data:image/png;base64,AAAA",
        "S3://b/k",
    ] {
        let run = generate().args(["x", "--image", other]);
        refused(run, 3, &["is an address", "download"]);
    }
    let said = refused(
        generate().arg("x").env("VIDEOGEN_WATERMARK", url),
        3,
        &words,
    );
    assert!(said.contains("VIDEOGEN_WATERMARK"), "{said}");
    let run = generate().args(["x", "--config", "c.toml"]);
    std::fs::write(
        run.work().join("c.toml"),
        format!("watermark = \"{url}\"\n"),
    )
    .expect("written");
    refused(run, 3, &["c.toml, line 1", "is an address"]);
    for member in ["image", "script", "narration", "watermark"] {
        let line = format!("{{\"topic\": \"x\", \"{member}\": \"{url}\"}}");
        let run = generate().args(["--batch", "-"]).input(line);
        refused(run, 3, &[&format!("stdin:1: {member}: "), "is an address"]);
    }
}

/// A shell expands `~`; what it does not see, in files and variables and behind a `=`, is expanded here.
#[test]
fn the_home_is_the_home_everywhere_and_no_directory_is_called_so() {
    let planned = |run: Run| {
        let home = run.home();
        let args = ["--dry-run", "--json", "--speech", "silent", "--name", "x"];
        let run = run.args(args).finish().expect_code(0);
        let events = run.events();
        let output = testkit::events::only(&events, "video_planned")["output"].clone();
        assert!(!run.work().join("~").exists());
        (output, home.join("v/x.mp4").into_string())
    };
    let with_file = |name: &str, content: &str| {
        let run = generate();
        std::fs::write(run.work().join(name), content).expect("written");
        run
    };
    for run in [
        generate().args(["x", "--output-dir", "~/v"]),
        generate().args(["x", "--output-dir=~/v/"]),
        generate().arg("x").env("VIDEOGEN_OUTPUT_DIR", "~/v"),
        generate().arg("x").env("VIDEO_DIR", "~/v"),
        with_file("c.toml", "output_dir = \"~/v\"\n").args(["x", "--config", "c.toml"]),
        generate()
            .args(["--batch", "-"])
            .input("{\"topic\": \"x\", \"output_dir\": \"~/v\"}"),
    ] {
        let (output, expected) = planned(run);
        assert_eq!(output, expected);
    }
    // A file in it is found, and so is one that a file manager names by its address.
    let run = generate().args(["--script", "~/a b.txt"]);
    std::fs::write(run.home().join("a b.txt"), "Tea is old.").expect("written");
    let script = format!("file://{}/a%20b.txt", run.home());
    run.args(["--script", &script, "--dry-run"])
        .finish()
        .expect_code(0);
    let run = generate().args(["--script", "~/a b.txt", "--dry-run"]);
    std::fs::write(run.home().join("a b.txt"), "Tea is old.").expect("written");
    run.finish().expect_code(0);

    for run in [
        generate().args(["x", "--output-dir", "~nobody-of-that-name/v"]),
        generate()
            .args(["--batch", "-"])
            .input("{\"topic\": \"x\", \"image\": \"~nobody-of-that-name/v\"}"),
    ] {
        refused(run, 2, &["~nobody-of-that-name/v", "by name", "in full"]);
    }
    refused(
        generate().args(["x", "--image", "file://server/a.png"]),
        2,
        &["file://server/a.png", "file:///"],
    );
}

#[test]
fn unusable_sounds_are_named() {
    for option in ["--music", "--narration"] {
        for (content, word) in [
            (&b""[..], "empty"),
            (b"#EXTM3U\n#EXTINF:9,\nfile:///etc/passwd\n", "HLS"),
            (b"<html></html>", "HTML"),
            (b"ID3\x03\0\0\0\0\0\0garbage garbage garbage", "s.mp3"),
        ] {
            let run = generate().args(["x", option, "s.mp3"]);
            std::fs::write(run.work().join("s.mp3"), content).expect("written");
            refused(run, 3, &[word]);
        }
        refused(
            generate().args(["x", option, "none.mp3"]),
            3,
            &["does not exist"],
        );
        let run = generate().args(["x", option, "big.wav"]);
        std::fs::File::create(run.work().join("big.wav"))
            .expect("made")
            .set_len(200 << 20)
            .expect("sparse");
        refused(run, 3, &["too large"]);
    }
    let run = generate().args(["x", "--music", "folder"]);
    std::fs::create_dir(run.work().join("folder")).expect("made");
    refused(run, 3, &["no music file"]);
}

#[test]
fn unusable_scripts_are_named() {
    for (content, word) in [
        (&b""[..], "empty"),
        (b"\x89PNG\r\n\x1a\n\xff\xfe", "UTF-8"),
        (b" \n\0\n ", "no words"),
        (br#"{"scenes": []}"#, "no words"),
        (br#"{"scenes": [{"text": "x"}]}"#, "unknown field"),
    ] {
        let run = generate().args(["--script", "s.txt"]);
        std::fs::write(run.work().join("s.txt"), content).expect("written");
        refused(run, 3, &[word, "s.txt"]);
    }
    refused(
        generate().args(["--script", "none.txt"]),
        3,
        &["does not exist"],
    );
    let run = generate().args(["--script", "d"]);
    std::fs::create_dir(run.work().join("d")).expect("made");
    refused(run, 3, &["directory"]);
    let run = generate().args(["--script", "big.txt"]);
    std::fs::File::create(run.work().join("big.txt"))
        .expect("made")
        .set_len(200 << 20)
        .expect("sparse");
    refused(run, 3, &["larger than"]);
}

#[test]
fn unusable_output_directories_are_named() {
    let run = generate().args(["x", "--output-dir", "file"]);
    std::fs::write(run.work().join("file"), "mine").expect("written");
    refused(run, 3, &["is a file", "--output-dir"]);
    refused(
        generate().args(["x", "--output-dir", "/proc/videos"]),
        3,
        &["/proc/videos"],
    );
    refused(
        generate().args(["x", "--output-dir", "/dev/null/videos"]),
        3,
        &["/dev/null"],
    );
}

#[test]
fn an_incomplete_ffmpeg_is_named_for_what_it_lacks() {
    for (settings, words) in [
        (vec!["version=4.4.1"], vec!["4.4.1", "too old", "5.1"]),
        (vec!["without=libass"], vec!["libass"]),
        (vec!["without=libx264"], vec!["libx264"]),
        (
            vec!["without=libass", "without=libx264"],
            vec!["libass", "libx264"],
        ),
    ] {
        let place = camino_tempfile::tempdir().expect("a directory in /tmp");
        let fake = fake_ffmpeg(place.path(), &settings);
        let message = refused(generate().arg("x").env("VIDEOGEN_FFMPEG", fake), 3, &words);
        assert!(message.contains("hint: "), "{message}");
    }
    refused(
        generate().arg("x").path_only("/nonexistent"),
        3,
        &["ffmpeg", "not found", "hint: "],
    );
    refused(
        generate().arg("x").env("VIDEOGEN_FFMPEG", "/etc/passwd"),
        3,
        &["ffmpeg"],
    );
}

/// FFmpeg that fails in the middle: the video fails by name, nothing is left.
#[test]
fn a_crashing_encoder_fails_the_video_and_leaves_nothing() {
    let place = camino_tempfile::tempdir().expect("a directory in /tmp");
    let fake = fake_ffmpeg(place.path(), &["run=crash"]);
    let run = generate()
        .args(["tea", "--duration", "3", "--scenes", "1", "--json"])
        .env("VIDEOGEN_FFMPEG", fake);
    let run = run.finish().expect_code(4);
    let events = run.events();
    assert_eq!(
        testkit::events::only(&events, "video_failed")["stage"],
        "render"
    );
    let left: Vec<_> = run
        .work()
        .join("videos")
        .read_dir_utf8()
        .expect("listed")
        .collect();
    assert!(left.is_empty(), "{left:?}");
}

#[test]
fn strict_refuses_before_anything_is_made() {
    refused(
        generate().args(["x", "--strict"]),
        5,
        &["strict", "llm", "hint: "],
    );
}

#[test]
fn a_speaker_asked_for_by_name_is_not_replaced() {
    refused(
        generate().args(["x", "--speech", "piper"]),
        3,
        &["piper", "hint: "],
    );
}

#[test]
fn errors_are_events_too() {
    let run = generate()
        .args(["x", "--image", "none.png", "--json"])
        .finish()
        .expect_code(3);
    let events = run.events();
    let error = testkit::events::only(&events, "error");
    assert!(
        error["message"]
            .as_str()
            .is_some_and(|m| m.contains("none.png")),
        "{error}"
    );
}
