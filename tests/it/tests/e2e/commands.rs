//! The other commands.

use testkit::{Run, fake_ffmpeg};
use videogen_types::{Event, JsonLine, JsonMessage, Manifest, ProgramEvent};

#[test]
fn doctor_tells_what_is_there_and_what_is_not() {
    let run = Run::videogen().arg("doctor").finish().expect_code(0);
    for word in ["ffmpeg", "flite", "espeak-ng", "piper", "fonts", "output"] {
        assert!(run.stdout().contains(word), "{word} in {}", run.stdout());
    }

    let place = camino_tempfile::tempdir().expect("a directory in /tmp");
    let fake = fake_ffmpeg(place.path(), &["without=libx264"]);
    let run = Run::videogen()
        .args(["doctor", "--json"])
        .env("VIDEOGEN_FFMPEG", fake)
        .finish()
        .expect_code(3);
    assert!(run.stdout().contains("libx264"), "{}", run.stdout());
}

#[test]
fn config_shows_where_each_value_comes_from() {
    let run = Run::videogen()
        .args(["config", "show"])
        .env("VIDEOGEN_QUALITY", "high")
        .env("VIDEOGEN_GENRE", "");
    let shown = run.finish().expect_code(0).stdout();
    let quality = shown
        .lines()
        .find(|line| line.contains("quality"))
        .expect("a line")
        .to_owned();
    assert!(
        quality.contains("high") && quality.contains("VIDEOGEN_QUALITY"),
        "{quality}"
    );
    let run = Run::videogen()
        .args(["config", "show"])
        .env("VIDEO_DIR", "/tmp/elsewhere")
        .finish()
        .expect_code(0);
    assert!(run.stdout().contains("/tmp/elsewhere"));
    let run = Run::videogen().args(["config", "path"]).finish();
    let usual = run.home().join(".config/videogen/config.toml");
    assert_eq!(run.stdout().trim(), usual.as_str());
}

#[test]
fn config_init_never_overwrites() {
    let run = Run::videogen().args(["--config", "c.toml", "config", "init"]);
    std::fs::write(run.work().join("c.toml"), "quality = \"high\"\n").expect("written");
    let run = run.finish();
    assert_ne!(run.code(), Some(0));
    assert_eq!(
        std::fs::read_to_string(run.work().join("c.toml")).expect("there"),
        "quality = \"high\"\n"
    );
    let run = Run::videogen()
        .args(["--config", "new.toml", "config", "init"])
        .finish()
        .expect_code(0);
    let template = run.work().join("new.toml");
    Run::videogen()
        .arg("--config")
        .arg(template)
        .args(["config", "show"])
        .finish()
        .expect_code(0);
}

#[test]
fn a_wrong_configuration_is_named_by_file_and_key() {
    for (content, word) in [
        ("qualty = \"high\"", "quality"),
        ("fps = \"fast\"", "fps"),
        ("quality = [", "c.toml"),
    ] {
        let run = Run::videogen().args(["--config", "c.toml", "generate", "x", "--dry-run"]);
        std::fs::write(run.work().join("c.toml"), content).expect("written");
        let run = run.finish().expect_code(2);
        assert!(
            run.stderr().contains(word) && run.stderr().contains("c.toml"),
            "{}",
            run.stderr()
        );
    }
}

#[test]
fn schema_and_completions_are_printed() {
    let schema = Run::videogen()
        .args(["config", "schema"])
        .finish()
        .expect_code(0)
        .stdout();
    let schema: serde_json::Value = serde_json::from_str(&schema).expect("JSON");
    assert!(schema["properties"]["quality"].is_object());
    for shell in ["bash", "zsh", "fish"] {
        let script = Run::videogen()
            .args(["completions", shell])
            .finish()
            .expect_code(0)
            .stdout();
        assert!(
            script.contains("videogen") && script.contains("generate"),
            "{shell}"
        );
    }
}

#[test]
fn it_runs_without_a_home() {
    let run = Run::videogen()
        .args(["generate", "--dry-run", "tea"])
        .env("HOME", "");
    run.finish().expect_code(0);
}

#[test]
fn options_of_later_versions_are_absent() {
    for args in [vec!["voices", "say"], vec!["serve"], vec!["mcp"]] {
        Run::videogen().args(args).finish().expect_code(2);
    }
}

#[test]
fn a_closed_standard_output_does_not_stop_the_work() {
    // `head -1` goes away after the first event.
    let script = format!(
        "{} generate tea --quality draft --duration 3 --scenes 1 --name x --json | head -1",
        testkit::videogen_bin()
    );
    let run = Run::new("/bin/sh").args(["-c", &script]).finish();
    // The shell ends with `head`; the video appears all the same, and so does the end of what is taken down of it: that is
    // written last.
    let state = run.home().join(".local/state/videogen");
    let status = || -> Option<serde_json::Value> {
        let batches = state.join("batches").read_dir_utf8().ok()?;
        let mut read = batches.filter_map(|entry| {
            let path = entry.ok()?.path().join("status.json");
            serde_json::from_slice(&std::fs::read(path).ok()?).ok()
        });
        read.next()
    };
    let is_over = || status().is_some_and(|status| status["over"] == true);
    let since = std::time::Instant::now();
    while !is_over() && since.elapsed().as_secs() < 120 {
        std::thread::sleep(std::time::Duration::from_millis(50));
    }
    let status = status().expect("a state");
    assert_eq!(
        (&status["over"], &status["finished"]),
        (&true.into(), &1.into())
    );
    assert!(run.work().join("videos/x.mp4").exists(), "{}", run.stderr());
    let log = std::fs::read_to_string(state.join("log/videogen.log")).expect("a log");
    assert_eq!(
        log.matches("nobody reads the report any more").count(),
        1,
        "{log}"
    );
}

#[test]
fn the_limit_of_the_cache_is_a_setting() {
    let stats = |name: &str, value: &str| {
        let run = Run::videogen().args(["cache", "stats", "--json"]);
        run.env(name, value).finish()
    };
    let limit = |run: &testkit::Finished| -> u64 {
        let figures: serde_json::Value = serde_json::from_str(&run.stdout()).expect("JSON");
        figures["limit_bytes"].as_u64().expect("a number")
    };
    let default = stats("VIDEOGEN_CACHE_LIMIT", "").expect_code(0);
    assert_eq!(limit(&default), 3 << 30);
    let set = stats("VIDEOGEN_CACHE_LIMIT", "500MB").expect_code(0);
    assert_eq!(limit(&set), 500_000_000);
    let wrong = stats("VIDEOGEN_CACHE_LIMIT", "much").expect_code(2);
    assert!(wrong.stderr().contains("VIDEOGEN_CACHE_LIMIT"));
    let run = Run::videogen().args(["config", "show"]);
    let shown = run
        .env("VIDEOGEN_CACHE_LIMIT", "1GiB")
        .finish()
        .expect_code(0);
    let line = shown.stdout();
    let line = line.lines().find(|line| line.contains("cache_limit"));
    assert!(line.is_some_and(|line| line.contains("1GiB")), "{line:?}");
    let wrong = Run::videogen().args(["generate", "x", "--cache-limit", "9 TB", "--dry-run"]);
    let wrong = wrong.finish().expect_code(2);
    assert!(
        wrong.stderr().contains("--cache-limit"),
        "{}",
        wrong.stderr()
    );
}

/// By hand, of a release build with nothing else to do: what it takes says as much of the machine as of the program. The
/// quickest of some starts counts.
#[test]
#[ignore = "a timing"]
fn it_starts_at_once() {
    let quickest = |arguments: &[&str], tries: u32| {
        let start = |_| {
            let run = Run::videogen().args(arguments.iter().copied());
            let since = std::time::Instant::now();
            run.finish().expect_code(0);
            since.elapsed().as_secs_f64()
        };
        (0..tries).map(start).fold(f64::INFINITY, f64::min)
    };
    let version = quickest(&["--version"], 20);
    let plan = quickest(&["generate", "the deep sea", "--dry-run"], 10);
    assert!(version < 0.020, "{version} s");
    assert!(plan < 0.100, "{plan} s");
}

/// What a Rust program reads of the lines of `--json`.
fn read_back(run: &testkit::Finished) -> Vec<JsonMessage> {
    let read = |line: &str| -> JsonLine {
        serde_json::from_str(line).unwrap_or_else(|error| panic!("{error} in {line}"))
    };
    run.stdout()
        .lines()
        .map(|line| read(line).message)
        .collect()
}

#[test]
fn every_line_of_json_is_read_back_as_it_was_told() {
    let run = crate::generate()
        .args(["--duration", "4", "--speech", "silent", "--music", "none"])
        .args(["--json", "old ruins"])
        .finish()
        .expect_code(0);
    let messages = read_back(&run);
    let planned = messages.iter().filter_map(|message| match message {
        JsonMessage::Program(ProgramEvent::VideoPlanned { plan, .. }) => Some(plan),
        _ => None,
    });
    let planned: Vec<_> = planned.collect();
    assert_eq!(planned.len(), 1);
    assert_eq!(planned[0].topic, "old ruins");
    let Some(JsonMessage::Event(last)) = messages.last() else {
        panic!("the last line is of the run");
    };
    let Event::BatchFinished { summary } = &**last else {
        panic!("{last:?}");
    };
    assert_eq!((summary.succeeded, summary.failed), (1, 0));
    assert_eq!(summary.videos.len(), 1);

    let beside = summary.videos[0].with_extension("json");
    let manifest = std::fs::read_to_string(&beside).expect("it lies beside the video");
    let read: Manifest = serde_json::from_str(&manifest).expect("it is read as it is written");
    assert_eq!((read.version, read.topic.as_str()), (1, "old ruins"));
    assert_eq!(read.scenes.len(), planned[0].scenes.len());
    // All of it, to the last field.
    let whole: Manifest<serde_json::Value, serde_json::Value> =
        serde_json::from_str(&manifest).unwrap();
    let as_written: serde_json::Value = serde_json::from_str(&manifest).unwrap();
    assert_eq!(serde_json::to_value(&whole).unwrap(), as_written);

    let run = Run::videogen()
        .args(["resume", "nothing-of-this-name", "--json"])
        .finish();
    let messages = read_back(&run);
    assert!(matches!(
        messages.as_slice(),
        [JsonMessage::Program(ProgramEvent::Error { .. })]
    ));
}
