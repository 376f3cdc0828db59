use std::fmt::Write;
use std::io::Read as _;
use std::time::{Duration, Instant};

use camino::Utf8Path;
use clap::CommandFactory;
use proptest::prelude::*;
use serde_json::{Value, json};
use videogen_core::ScriptSource;
use videogen_script::ScriptPlace;
use videogen_types::{
    Aspect, Choice, Genre, MusicChoice, Quality, SceneCount, SpeechChoice, Topic,
};

use super::line::{CONTENT, OF_THE_RUN, of_a_video, setting_of};
use super::*;
use crate::args::Cli;
use crate::commands::generate::tests::context;
use crate::settings::key::KEYS;

type Outcome = Result<(Vec<Brief>, Vec<String>), Failure>;

/// Flags as the arguments of the program give them: setting, flag, value.
fn owned(
    flags: &[(&'static str, &'static str, &str)],
) -> impl Iterator<Item = (&'static str, &'static str, String)> {
    let owned = |(name, flag, value): &(&'static str, &'static str, &str)| {
        (*name, *flag, (*value).to_owned())
    };
    flags.iter().map(owned)
}

/// What `--batch /b/f.jsonl` with this content and these flags gives; the seed of the command line is 100.
fn with_flags(flags: &[(&'static str, &'static str, &str)], content: impl io::Read) -> Outcome {
    let context = context();
    let settings = context.settings(context.flags(owned(flags))?)?;
    let defaults = Content {
        topic: None,
        seed: Seed(100),
        script: None,
        script_place: ScriptPlace::default(),
        narration: None,
        narration_captions: None,
        images: vec!["/cwd/default.png".into()],
        scenes: SceneCount::new(2).ok(),
        name: None,
    };
    let base = PathBase::new(Utf8Path::new("/b"), Some(Utf8Path::new("/home/ada")));
    Batch::new("f.jsonl", base, &defaults, &settings).read(content)
}

fn read(content: impl AsRef<[u8]>) -> Outcome {
    with_flags(&[], content.as_ref())
}

fn good(content: impl AsRef<[u8]>) -> Vec<Brief> {
    let text = String::from_utf8_lossy(content.as_ref()).into_owned();
    read(content)
        .unwrap_or_else(|failure| panic!("{text}: {failure:?}"))
        .0
}

/// The failure as one text: message, details, hint.
fn bad(content: impl AsRef<[u8]>) -> String {
    let failure = read(content).expect_err("a bad file");
    assert_eq!((failure.code, failure.kind), (2, "bad_batch"));
    let mut lines = vec![failure.message];
    lines.extend(failure.details);
    lines.extend(failure.hint);
    lines.join("\n")
}

fn topic(brief: &Brief) -> &str {
    brief.topic.as_ref().map_or("", Topic::as_str)
}

#[test]
#[expect(clippy::too_many_lines, reason = "a table")]
fn a_bad_line_is_named_with_file_line_and_field() {
    let long = "x".repeat(500);
    let cases: &[(&str, &str)] = &[
        (
            r#"{"topic": "x", "quality": "hihg"}"#,
            "f.jsonl:1: quality: `hihg` is not a valid quality: allowed is draft, standard",
        ),
        (
            r#"{"topic": "x", "quality": "hihg"}"#,
            "did you mean `high`?",
        ),
        (
            r#"{"topic": "x", "quality": 3}"#,
            "quality: `3` is not a valid quality: allowed is draft",
        ),
        (
            r#"{"topic": "x", "captions": false}"#,
            "captions: `false` is not a valid captions: allowed is karaoke",
        ),
        (
            r#"{"topic": "x", "duration": 1e9}"#,
            "duration: `1000000000` is not a valid duration: allowed is 3 to 600",
        ),
        (
            r#"{"topic": "x", "duration": true}"#,
            "duration: `true` is not a valid duration: allowed is 3 to 600",
        ),
        (
            r#"{"topic": "x", "duration": [5]}"#,
            "duration: has to be a number, not a list",
        ),
        (
            r#"{"topic": "x", "duration": 1e999}"#,
            "f.jsonl:1: is not JSON: number out of range",
        ),
        (
            r#"{"topic": "x", "fps": 0}"#,
            "fps: `0` is not a valid frame rate: allowed is 1 to 120",
        ),
        (
            r#"{"topic": "x", "scenes": 41}"#,
            "scenes: `41` is not a valid number of scenes: allowed is 1 to 40",
        ),
        (r#"{"topic": "x", "scenes": 2.5}"#, "scenes: `2.5` is not"),
        (
            r#"{"topic": "x", "seed": -1}"#,
            "seed: `-1` is not a valid seed: allowed is a whole number from 0",
        ),
        (r#"{"topic": "x", "seed": 18446744073709551616}"#, "seed: `"),
        (
            r#"{"topic": "x", "title_card": "maybe"}"#,
            "title_card: `maybe` is not a valid yes or no",
        ),
        (
            r#"{"topic": "x", "title-card": {}}"#,
            "title-card: has to be true or false, not an object",
        ),
        (
            r#"{"topic": ""}"#,
            "topic: `` is not a valid topic: allowed is any text",
        ),
        (r#"{"topic": true}"#, "topic: has to be text, not true"),
        (r#"{"topic": "x", "name": " "}"#, "name: is empty"),
        (
            r#"{"topic": "x", "name": ["a"]}"#,
            "name: has to be text, not a list",
        ),
        (r#"{"script": ""}"#, "script: is empty"),
        (
            r#"{"script": "-"}"#,
            "script: standard input cannot be read for a line",
        ),
        (r#"{"script": 5}"#, "script: has to be text, not a number"),
        (
            r#"{"topic": "x", "image": [1]}"#,
            "image: has to be text or a list of text, not a list with a number",
        ),
        (
            r#"{"topic": "x", "image": 1}"#,
            "image: has to be text or a list of text, not a number",
        ),
        (r#"{"topic": "x", "image": ["a", ""]}"#, "image: is empty"),
        (
            r#"{"topic": "x", "output_dir": ""}"#,
            "output_dir: `` is not a valid value",
        ),
        (
            r#"{"topic": "x", "end_card_seconds": 3}"#,
            "end_card_seconds: does nothing without `end_card`",
        ),
        (
            r#"{"topic": "x", "watermark_width": 0.2}"#,
            "watermark_width: does nothing without `watermark`",
        ),
        (
            r#"{"topic": "x", "image": [], "clip-sound": 0.5}"#,
            "clip_sound: does nothing without `image`",
        ),
        (
            r#"{"topic": "x", "clip_sound": 3}"#,
            "clip_sound: `3` is not a valid volume of clips: allowed is 0 to 2",
        ),
        (
            r#"{"topic": "x", "qualty": "high"}"#,
            "f.jsonl:1: qualty: unknown field\ndid you mean `quality`?",
        ),
        (
            r#"{"topic": "x", "end-crad": "Bye"}"#,
            "end-crad: unknown field\ndid you mean `end_card`?",
        ),
        (
            r#"{"topic": "x", "images": ["a"]}"#,
            "did you mean `image`?",
        ),
        (r#"{"topic": "x", "xyzzy": 1}"#, "known are topic, script"),
        (
            r#"{"topic": "x", "count": 2}"#,
            "count: a line is one video; write more lines, or use --count",
        ),
        (
            r#"{"topic": "x", "strict": true}"#,
            "strict: is for the whole run; give --strict on the command line",
        ),
        (
            r#"{"topic": "x", "dry-run": true}"#,
            "give --dry-run on the command line",
        ),
        (
            r#"{"topic": "x", "piper.model": "a"}"#,
            "piper.model: is for the whole run; set it in the configuration",
        ),
        (
            r#"{"topic": "x", "topic": "y"}"#,
            "topic: stands twice in the line",
        ),
        (
            r#"{"topic": "x", "end_card": "a", "end-card": "b"}"#,
            "end-card: stands twice in the line",
        ),
        (
            r#"{"topic": null}"#,
            "f.jsonl:1: there is nothing to make a video about: it needs a topic",
        ),
        ("{}", "there is nothing to make a video about"),
        ("[]", "f.jsonl:1: is JSON, but not an object in braces"),
        ("\"the deep sea\"", "is JSON, but not an object"),
        ("5", "is JSON, but not an object"),
        ("null", "is JSON, but not an object"),
        (
            "the deep sea",
            "f.jsonl:1: is not JSON: expected ident (byte 2)",
        ),
        (
            r#"{"topic": "x""#,
            "is not JSON: EOF while parsing an object (byte 13)",
        ),
        (
            r#"{"topic": "x"} {"topic": "y"}"#,
            "is not JSON: trailing characters (byte 16)",
        ),
        (
            "{'topic': 'x'}",
            "is not JSON: key must be a string (byte 2)",
        ),
        (&format!("{}1", "[".repeat(5000)), "f.jsonl:1: is"),
        (
            &format!(r#"{{"topic": "x", "{long}": 1}}"#),
            "x…: unknown field",
        ),
    ];
    for (line, expected) in cases {
        let message = bad(line);
        assert!(message.contains(expected), "{line} gives {message}");
        assert!(!message.contains(&long), "{message}");
    }
}

#[test]
fn every_bad_line_among_good_ones_is_told() {
    let one = "{\"topic\": \"a\"}\n\n{\"topic\": \"b\", \"fps\": 0}\n{\"topic\": \"c\"}\n";
    let message = bad(one);
    assert!(
        message.starts_with("f.jsonl:3: fps: `0` is not"),
        "{message}"
    );

    let several = "{\"topic\": \"a\", \"fps\": 0, \"style\": \"\"}\n{\"topic\": \"b\"}\nnonsense\n";
    let failure = read(several).expect_err("two bad lines");
    assert_eq!(failure.message, "2 of 3 lines of f.jsonl cannot be used");
    let starts = [
        "f.jsonl:1: fps: ",
        "f.jsonl:1: style: ",
        "f.jsonl:3: is not JSON",
    ];
    assert_eq!(failure.details.len(), 3, "{:?}", failure.details);
    for (detail, start) in failure.details.iter().zip(starts) {
        assert!(detail.starts_with(start), "{detail}");
    }

    let failure = read("{\"fsp\": 0}\n".repeat(100)).expect_err("a hundred");
    assert_eq!(
        failure.message,
        "100 of 100 lines of f.jsonl cannot be used"
    );
    assert_eq!(failure.details.len(), 21);
    assert_eq!(
        failure.details[19],
        "f.jsonl:20: fsp: unknown field (did you mean `fps`?)"
    );
    assert_eq!(failure.details[20], "and 80 more");
}

#[test]
fn a_name_stands_in_one_line_only() {
    let message = bad(
        "{\"topic\": \"a\", \"name\": \"sea\"}\n{\"topic\": \"b\"}\n\n{\"topic\": \"c\", \"name\": \"sea \"}",
    );
    assert!(
        message.starts_with("f.jsonl:4: name: `sea` is the name of line 1 already"),
        "{message}"
    );
    assert_eq!(
        good("{\"topic\": \"a\", \"name\": \"1\"}\n{\"topic\": \"b\", \"name\": \"2\"}").len(),
        2
    );
}

#[test]
fn names_that_are_one_file_on_some_disk_are_one_name() {
    for (one, other) in [
        ("Sea", "sEA"),
        ("caf\u{e9}", "cafe\u{301}"),
        ("STRASSE", "straße"),
    ] {
        let line = |name: &str| json!({"topic": "a", "name": name}).to_string();
        let message = bad(format!("{}\n{}", line(one), line(other)));
        let start = format!("f.jsonl:2: name: `{other}` is the name of line 1 already, `{one}`");
        assert!(message.starts_with(&start), "{message}");
    }
}

#[test]
fn paths_of_a_line_are_what_people_mean_by_them() {
    let line = r#"{"topic": "x", "output_dir": "~/v", "narration": "~", "image": ["~/a.png", "file:///b%20c.png", "d.png"], "script": "~/s.txt"}"#;
    let brief = &good(line)[0];
    assert_eq!(brief.output_dir, "/home/ada/v");
    assert_eq!(brief.narration.as_deref(), Some(Utf8Path::new("/home/ada")));
    assert_eq!(brief.images, ["/home/ada/a.png", "/b c.png", "/b/d.png"]);
    let script = Some(ScriptSource::File("/home/ada/s.txt".into()));
    assert_eq!(brief.script, script);
}

#[test]
fn addresses_in_lines_are_told_what_to_do_with() {
    let url = "https://example.org/a.png";
    for member in ["image", "script", "narration", "watermark", "output_dir"] {
        let failure = read(json!({"topic": "x", member: url}).to_string()).expect_err("no file");
        assert_eq!((failure.code, failure.kind), (3, "bad_batch"));
        let start = format!("f.jsonl:1: {member}: {url} is an address");
        assert!(failure.message.starts_with(&start), "{failure:?}");
        assert!(failure.hint.is_some_and(|hint| hint.contains("download")));
    }
    // What is wrong otherwise as well is wrong by what it says.
    let both = json!({"topic": "x", "image": [url], "fps": 0}).to_string();
    assert_eq!(read(both).expect_err("two problems").code, 2);
    let message = bad(r#"{"topic": "x", "output_dir": "~bob/v"}"#);
    assert!(message.contains("~bob/v begins with the home"), "{message}");
    // Of music an address is taken.
    assert!(matches!(
        good(json!({"topic": "x", "music": "https://example.org/a.mp3"}).to_string())[0].music,
        MusicChoice::Url(_)
    ));
}

#[test]
fn unusable_files_are_refused_as_a_whole() {
    for (content, expected) in [
        (&b""[..], "f.jsonl cannot be used: it is empty"),
        (b"\n \r\n\n", "it is empty"),
        (b"\xef\xbb\xbf", "it is empty"),
        (b"\xff\xfe{\0}\0", "it is UTF-16 text"),
    ] {
        let message = bad(content);
        assert!(message.contains(expected), "{message}");
    }
    let message = bad("{\"topic\": \"a\"}\n".repeat(100_000));
    assert!(message.contains("more than 10,000 lines"), "{message}");
    let endless = with_flags(&[], io::repeat(b' ')).expect_err("endless");
    assert!(
        endless.message.contains("larger than 64 MiB"),
        "{endless:?}"
    );
    let line = format!(
        "{{\"topic\": \"{}\"}}\n{{\"topic\": \"a\"}}\n",
        "a".repeat(1 << 20)
    );
    assert!(bad(line).starts_with("f.jsonl:1: the line is longer than 1 MiB"));

    let mut broken = io::Cursor::new(b"{\"topic\": \"a\"}\n").chain(Broken);
    let failure = with_flags(&[], &mut broken).expect_err("cannot be read");
    assert_eq!(failure.message, "the batch file f.jsonl cannot be read");
    assert_eq!(failure.causes, ["the cable is out"]);
}

struct Broken;

impl io::Read for Broken {
    fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
        Err(io::Error::other("the cable is out"))
    }
}

#[test]
fn binary_lines_are_named() {
    let message = bad(b"{\"topic\": \"a\"}\n{\"topic\": \"\xff\"}\n");
    assert!(
        message.starts_with("f.jsonl:2: is not UTF-8 text (byte 12)"),
        "{message}"
    );
    let message = bad(b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\xff");
    // The carriage return before IHDR ends one, too.
    assert!(message.contains("4 of 4 lines"), "{message}");
    assert!(
        message.contains("f.jsonl:1: is not UTF-8 text (byte 1)"),
        "{message}"
    );
}

#[test]
fn lines_end_as_on_any_system() {
    for end in ["\n", "\r\n", "\r"] {
        let lines = ["{\"topic\": \"a\"}", "", "{\"topic\": \"b\"}", ""];
        let briefs = good(lines.join(end));
        let topics: Vec<_> = briefs.iter().map(topic).collect();
        assert_eq!(topics, ["a", "b"], "{end:?}");
        let origins = briefs.iter().filter_map(|brief| brief.origin.as_deref());
        assert!(origins.eq(["f.jsonl:1", "f.jsonl:3"]), "{end:?}");
    }
}

#[test]
fn byte_order_mark_crlf_blank_lines_and_a_missing_last_line_end_are_fine() {
    let briefs =
        good("\u{feff}{\"topic\": \"a\"}\r\n\r\n  \t\n{\"topic\": \"b\"}\r\n{\"topic\": \"c\"}");
    assert_eq!(
        briefs.iter().map(topic).collect::<Vec<_>>(),
        ["a", "b", "c"]
    );
    // Blank lines do not count: the seeds are those that --count gives.
    assert_eq!(
        briefs.iter().map(|brief| brief.seed.0).collect::<Vec<_>>(),
        [100, 101, 102]
    );
}

#[test]
fn a_line_wins_over_flags_and_flags_hold_for_the_others() {
    let flags = [
        ("quality", "--quality", "draft"),
        ("genre", "--genre", "nature"),
        ("title_card", "--title-card", "true"),
        // A flag may say how cards look that only some lines have.
        ("end_card_seconds", "--end-card-seconds", "4"),
    ];
    let text = "{}\n{\"quality\": \"high\", \"title-card\": false, \"end_card\": \"Bye\", \"image\": [], \"scenes\": 3, \"seed\": 7}";
    let (briefs, _) = with_flags(&flags, text.as_bytes()).expect("good");
    let [plain, own] = briefs.as_slice() else {
        panic!("two lines")
    };
    assert_eq!(
        (plain.quality, plain.genre, plain.title_card),
        (Quality::Draft, Some(Genre::Nature), true)
    );
    assert_eq!(plain.images, ["/cwd/default.png"]);
    assert_eq!(
        (plain.scenes.map(SceneCount::get), plain.seed),
        (Some(2), Seed(100))
    );
    assert!(plain.end_card.is_none());
    assert_eq!(
        (own.quality, own.genre, own.title_card),
        (Quality::High, Some(Genre::Nature), false)
    );
    assert!(own.images.is_empty());
    assert_eq!(
        (own.scenes.map(SceneCount::get), own.seed),
        (Some(3), Seed(7))
    );
    assert_eq!(
        own.end_card.as_ref().map(|card| card.seconds.get()),
        Some(4.0)
    );
}

#[test]
fn paths_start_at_the_directory_of_the_file() {
    let line = json!({
        "script": "s.txt", "narration": "/n.wav", "image": "a.png", "music": "songs", "output_dir": "out",
        "watermark": "logo.png", "fps": 29.97, "speech": "silent",
    });
    let briefs = good(line.to_string());
    let brief = &briefs[0];
    assert_eq!(brief.script, Some(ScriptSource::File("/b/s.txt".into())));
    assert_eq!(brief.narration.as_deref(), Some(Utf8Path::new("/n.wav")));
    assert_eq!(brief.images, ["/b/a.png"]);
    assert_eq!(brief.music, MusicChoice::Path("/b/songs".into()));
    assert_eq!(brief.output_dir, "/b/out");
    assert_eq!(
        brief.watermark.as_ref().map(|w| w.file.as_str()),
        Some("/b/logo.png")
    );
    assert_eq!(
        brief.rate.map(|rate| rate.to_string()),
        "29.97"
            .parse::<videogen_types::FrameRate>()
            .ok()
            .map(|rate| rate.to_string())
    );
    assert_eq!(brief.speech, SpeechChoice::Silent);

    let context = context();
    let directory = camino_tempfile::tempdir().expect("a directory");
    let file = directory.path().join("b.jsonl");
    std::fs::write(&file, "{\"script\": \"s.txt\"}").expect("written");
    let settings = context
        .settings(crate::settings::Layer::new())
        .expect("good");
    let defaults = Content {
        topic: None,
        seed: Seed(0),
        script: None,
        script_place: ScriptPlace::default(),
        narration: None,
        narration_captions: None,
        images: Vec::new(),
        scenes: None,
        name: None,
    };
    let (briefs, _) = super::briefs(file.as_str(), &defaults, &settings, &context).expect("good");
    assert_eq!(
        briefs[0].script,
        Some(ScriptSource::File(directory.path().join("s.txt")))
    );
    assert_eq!(
        briefs[0].output_dir, "/nowhere/at/all/videos",
        "a default stays where it was"
    );
}

#[test]
fn a_volume_of_clips_is_for_lines_with_files() {
    // A line without an image has the default one.
    let volume = |brief: &Brief| brief.clip_sound.get();
    let text = r#"{"topic": "x", "clip_sound": 0.25}
{"topic": "y", "image": []}
{"topic": "z", "image": [], "clip_sound": 0}"#;
    let flags = [("clip_sound", "--clip-sound", "0.5")];
    let (briefs, _) = with_flags(&flags, text.as_bytes()).expect("good");
    let volumes: Vec<f64> = briefs.iter().map(volume).collect();
    assert_eq!(volumes, [0.25, 0.5, 0.0]);

    let settings = context().settings(context().flags(owned(&flags)).expect("good"));
    let settings = settings.expect("good");
    assert!(overlays::without_images(&settings, &briefs).is_ok());
    let failure = overlays::without_images(&settings, &briefs[1..]).expect_err("no file at all");
    assert_eq!(failure.message, "--clip-sound needs --image FILE");
}

#[test]
fn a_long_topic_is_cut_with_a_warning_that_names_the_line() {
    let line = json!({ "topic": "a word. ".repeat(1000) }).to_string();
    let (briefs, warnings) = read(format!("{{\"topic\": 1984}}\n{line}")).expect("good");
    assert_eq!(topic(&briefs[0]), "1984");
    assert_eq!(warnings.len(), 1);
    assert!(
        warnings[0].starts_with("f.jsonl:2: the topic is longer than"),
        "{warnings:?}"
    );
}

#[test]
fn a_line_may_have_a_workflow_and_loras_of_its_own() {
    let text = r#"{"topic": "x", "workflow": "w.json", "lora": ["a:0.5", "b"]}
{"topic": "y", "lora": "c, d:2"}
{"topic": "z", "comfyui_loras": []}"#;
    let briefs = with_flags(&[("comfyui_loras", "--lora", "all")], text.as_bytes());
    let briefs = briefs.expect("good").0;
    let with = |n: usize| &briefs[n].paint_with;
    let loras = |n: usize| {
        with(n)
            .loras
            .iter()
            .map(ToString::to_string)
            .collect::<Vec<_>>()
    };
    assert_eq!(
        with(0).workflow.as_deref(),
        Some(Utf8Path::new("/b/w.json"))
    );
    assert_eq!(loras(0), ["a:0.5", "b:1"]);
    assert_eq!(loras(1), ["c:1", "d:2"]);
    assert!(with(2).is_plain());
    let wrong = bad(r#"{"topic": "x", "lora": ["a:strong"]}"#);
    assert!(
        wrong.contains("lora: `a:strong` is not a valid LoRA"),
        "{wrong}"
    );
}

/// A new option has to be said to be one of a video or of the run.
#[test]
fn every_option_of_generate_is_a_member_or_refused_by_name() {
    let cli = Cli::command();
    let generate = cli.find_subcommand("generate").expect("a command");
    for argument in generate.get_arguments().chain(cli.get_arguments()) {
        let name = setting_of(argument.get_id().as_str());
        if matches!(name, "help" | "version" | "count") {
            continue;
        }
        let setting = KEYS.iter().any(|key| key.name == name && of_a_video(key));
        let known = [setting, CONTENT.contains(&name), OF_THE_RUN.contains(&name)];
        assert_eq!(
            known.iter().filter(|is| **is).count(),
            1,
            "{name}: {known:?}"
        );
    }
    for key in KEYS.iter().filter(|key| of_a_video(key)) {
        let flag = generate
            .get_arguments()
            .any(|argument| setting_of(argument.get_id().as_str()) == key.name);
        assert!(flag, "{} is a member of a line and no flag", key.name);
    }
}

#[test]
fn ten_thousand_lines_take_no_time() {
    let mut text = String::new();
    for n in 0..10_000 {
        writeln!(text, "{{\"topic\": \"the deep sea\", \"quality\": \"high\", \"duration\": 20, \"music\": \"none\", \"name\": \"sea-{n}\"}}").expect("memory");
    }
    let begin = Instant::now();
    let briefs = good(text);
    let took = begin.elapsed();
    assert_eq!(briefs.len(), 10_000);
    assert_eq!(briefs[9_999].seed, Seed(10_099));
    // The promise is a second; a loaded machine gets ten.
    assert!(took < Duration::from_secs(10), "took {took:?}");
}

/// A line that is valid, as the members it is written with.
fn members() -> impl Strategy<Value = Vec<(&'static str, Value)>> {
    let name = |names: Vec<&'static str>| proptest::sample::select(names);
    let number = |text: bool, n: u64| if text { json!(n.to_string()) } else { json!(n) };
    (
        "[a-z\"\\\\\u{e9}\u{4e2d}{}:,]{1,20}",
        proptest::option::of((any::<u64>(), any::<bool>())),
        proptest::option::of((1u64..=40, any::<bool>())),
        proptest::option::of((3u64..=600, any::<bool>())),
        proptest::option::of(name(crate::settings::key::names::<Quality>())),
        proptest::option::of(name(crate::settings::key::names::<Aspect>())),
        proptest::option::of(any::<bool>()),
        proptest::option::of(proptest::collection::vec("[a-z]{1,8}\\.png", 0..3)),
        any::<bool>(),
    )
        .prop_map(
            move |(topic, seed, scenes, duration, quality, aspect, card, image, dash)| {
                let mut all = vec![("topic", json!(topic))];
                all.extend(seed.map(|(n, text)| ("seed", number(text, n))));
                all.extend(scenes.map(|(n, text)| ("scenes", number(text, n))));
                all.extend(duration.map(|(n, text)| ("duration", number(text, n))));
                all.extend(quality.map(|name| ("quality", json!(name))));
                all.extend(aspect.map(|name| ("aspect", json!(name))));
                let title_card = if dash { "title-card" } else { "title_card" };
                all.extend(card.map(|on| (title_card, json!(on))));
                all.extend(image.map(|list| ("image", json!(list))));
                all
            },
        )
}

fn written(members: &[(&str, Value)]) -> String {
    let members: Vec<String> = members
        .iter()
        .map(|(name, value)| format!("{}: {value}", json!(name)))
        .collect();
    format!("{{{}}}", members.join(", "))
}

proptest! {
    #[test]
    fn no_bytes_make_the_reader_panic(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        let _ = read(bytes);
    }

    /// Nearly valid lines reach further than random bytes do.
    #[test]
    fn no_damage_makes_the_reader_panic(
        lines in proptest::collection::vec(members(), 1..4),
        cuts in proptest::collection::vec((any::<proptest::sample::Index>(), any::<u8>()), 0..6),
    ) {
        let mut bytes = lines.iter().map(|line| written(line)).collect::<Vec<_>>().join("\n").into_bytes();
        for (at, byte) in cuts {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        if let Err(failure) = read(bytes) {
            prop_assert_eq!(failure.code, 2);
            prop_assert!(failure.message.contains("f.jsonl"));
        }
    }

    #[test]
    fn any_member_with_any_value_is_taken_or_refused_by_name(name in ".{0,30}", text in ".{0,100}") {
        for value in [json!(text), json!([text]), json!(1.5), json!(true), Value::Null] {
            let line = written(&[("topic", json!("x")), (&name, value)]);
            match read(&line) {
                Ok((briefs, _)) => prop_assert_eq!(briefs.len(), 1),
                Err(failure) => prop_assert!(failure.message.starts_with("f.jsonl:1: ")),
            }
        }
    }

    #[test]
    fn good_lines_come_back_as_they_were_written(lines in proptest::collection::vec(members(), 1..8)) {
        let text: String = lines.iter().map(|line| written(line) + "\n").collect();
        let briefs = good(text);
        prop_assert_eq!(briefs.len(), lines.len());
        for (n, (line, brief)) in (0..).zip(lines.iter().zip(&briefs)) {
            let get = |name: &str| line.iter().find(|(member, _)| member.replace('-', "_") == name).map(|(_, value)| value);
            let number = |name: &str| get(name).map(|value| value.as_str().map_or_else(|| value.as_u64(), |text| text.parse().ok()).expect("a number"));
            prop_assert_eq!(Some(topic(brief)), get("topic").and_then(Value::as_str));
            prop_assert_eq!(brief.seed.0, number("seed").unwrap_or(100 + n));
            prop_assert_eq!(brief.scenes.map(|scenes| scenes.get() as u64), Some(number("scenes").unwrap_or(2)));
            prop_assert_eq!(brief.duration.map(|seconds| seconds.get() as u64), number("duration"));
            let quality = get("quality").and_then(Value::as_str).unwrap_or("standard");
            prop_assert_eq!(brief.quality.name(), quality);
            let aspect = get("aspect").and_then(Value::as_str).unwrap_or("9:16");
            prop_assert_eq!(brief.aspect.name(), aspect);
            prop_assert_eq!(brief.title_card, get("title_card").is_some_and(|on| on == true));
            let images: Vec<String> = match get("image") {
                None => vec!["/cwd/default.png".into()],
                Some(list) => list.as_array().expect("a list").iter().map(|path| format!("/b/{}", path.as_str().expect("text"))).collect(),
            };
            prop_assert_eq!(brief.images.iter().map(ToString::to_string).collect::<Vec<_>>(), images);
        }
    }
}
