use std::collections::BTreeMap;
use std::time::Instant;

use camino::Utf8Path;
use clap::Parser;
use videogen_core::{WatermarkCorner, WatermarkOpacity, WatermarkWidth};
use videogen_types::{ClipVolume, Strict};

use super::*;
use crate::args::{Cli, Command};
use crate::settings::{Environment, Layer};

pub(super) fn context() -> Context {
    let around = Environment {
        variables: BTreeMap::new(),
        directory: "/nowhere/at/all".into(),
        home: Some("/home/ada".into()),
        config_home: None,
        cache_home: None,
        state_home: None,
        data_home: None,
    };
    Context {
        screen: Screen::of_stderr(),
        around,
        config: None,
        verbose: 0,
        started: Instant::now(),
    }
}

/// What `videogen generate ARGUMENTS` would make, or why not. `--yes` keeps a test at a terminal from asking.
fn asked(arguments: &[&str]) -> Result<(Vec<Brief>, Vec<String>), Failure> {
    let words = ["videogen", "generate", "--yes"].iter().chain(arguments);
    let cli = Cli::try_parse_from(words).map_err(|error| crate::usage::failure(&error))?;
    let Command::Generate(args) = cli.command else {
        unreachable!("the words say generate")
    };
    let context = context();
    let mut settings = context.settings(context.flags(args.settings())?)?;
    briefs(&args, &mut settings, &context)
}

#[test]
#[expect(clippy::too_many_lines, reason = "a table")]
fn bad_input_gets_one_sentence_a_hint_and_status_2() {
    let long = "x".repeat(100);
    let cases: &[(&[&str], &str, &str)] = &[
        (&[""], "the topic is empty", "videogen generate"),
        (&[" \u{200e}\n"], "the topic is empty", "videogen generate"),
        (
            &["https://youtube.com/watch?v=1"],
            "`https://youtube.com/watch` is not a valid topic",
            "videogen generate --script FILE",
        ),
        (&[], "nothing to make a video about", "--genre"),
        (
            &["the", "deep", "sea"],
            "one argument, but there are 3",
            "videogen generate \"the deep sea\"",
        ),
        (
            &["x", "--genre", "natur"],
            "`natur` is not a valid genre",
            "`nature`",
        ),
        (
            &["x", "--quality", "hihg"],
            "`hihg` is not a valid quality",
            "`high`",
        ),
        (
            &["x", "--quality", &long],
            "is not a valid quality",
            "--quality",
        ),
        (
            &["x", "--aspect", "9:15"],
            "`9:15` is not a valid aspect",
            "`9:16`",
        ),
        (
            &["x", "--speech", "espeak"],
            "is not a valid speech",
            "`espeak-ng`",
        ),
        (
            &["x", "--captions", "off"],
            "karaoke, line, none",
            "--captions",
        ),
        (
            &["x", "--seed", "-1"],
            "0 to 18446744073709551615",
            "--seed",
        ),
        (
            &["x", "--seed", "1.5"],
            "0 to 18446744073709551615",
            "--seed",
        ),
        (&["x", "--count", "0"], "1 to 1000", "--count"),
        (&["x", "--count", "-3"], "1 to 1000", "--count"),
        (&["x", "--fps", "0"], "1 to 120", "--fps"),
        (&["x", "--fps", "NaN"], "1 to 120", "--fps"),
        (&["x", "--fps", "-30"], "1 to 120", "--fps"),
        (
            &["x", "--duration", "NaN"],
            "3 to 600 seconds",
            "--duration",
        ),
        (&["x", "--duration", "-5"], "3 to 600 seconds", "--duration"),
        (
            &["x", "--duration", "-inf"],
            "3 to 600 seconds",
            "--duration",
        ),
        (
            &["x", "--duration", "1e9"],
            "3 to 600 seconds",
            "--duration",
        ),
        (&["x", "--scenes", "0"], "1 to 40", "--scenes"),
        (
            &["x", "--language", "english"],
            "a language tag",
            "--language",
        ),
        (
            &["x", "--music", ""],
            "a directory, an address, `builtin` or `none`",
            "--music",
        ),
        (
            &["x", "--end-card", " "],
            "1 to 80 characters",
            "--end-card",
        ),
        (&["x", "--end-card", &long], "1 to 80 characters", ""),
        (
            &["x", "--end-card", "Bye", "--end-card-seconds", "NaN"],
            "1 to 10 seconds",
            "--end-card-seconds",
        ),
        (
            &["x", "--end-card", "Bye", "--end-card-seconds", "-2"],
            "1 to 10 seconds",
            "--end-card-seconds",
        ),
        (
            &["x", "--end-card-seconds", "3"],
            "--end-card-seconds needs --end-card TEXT",
            "leave --end-card-seconds out",
        ),
        (&["x", "--watermark", ""], "not empty", "--watermark"),
        (
            &["x", "--watermark", "l.png", "--watermark-corner", "top"],
            "`top` is not a valid corner",
            "top-",
        ),
        (
            &["x", "--watermark", "l.png", "--watermark-width", "0.6"],
            "0.02 to 0.5",
            "--watermark-width",
        ),
        (
            &["x", "--watermark", "l.png", "--watermark-width", "nan"],
            "0.02 to 0.5",
            "--watermark-width",
        ),
        (
            &["x", "--watermark", "l.png", "--watermark-opacity", "-0.1"],
            "0 to 1",
            "--watermark-opacity",
        ),
        (
            &["x", "--watermark-opacity", "1"],
            "--watermark-opacity needs --watermark FILE",
            "leave --watermark-opacity out",
        ),
        (
            &["x", "--image", "c.mp4", "--clip-sound", "-1"],
            "`-1` is not a valid volume of clips: allowed is 0 to 2",
            "--clip-sound",
        ),
        (
            &["x", "--image", "c.mp4", "--clip-sound", "-12dB"],
            "0 to 2",
            "--clip-sound",
        ),
        (
            &["x", "--clip-sound", "0.5"],
            "--clip-sound needs --image FILE",
            "leave --clip-sound out",
        ),
        (&["x", "--output-dir", ""], "not empty", "--output-dir"),
        (&["x", "--name", " "], "--name is empty", "--name"),
        (&["x", "--script", ""], "--script is empty", "--script"),
        (&["x", "--image", ""], "--image is empty", "--image"),
        (
            &["--image", "a.png", "b.png", "the deep sea"],
            "no picture `the deep sea`",
            "-- \"the deep sea\"",
        ),
        (
            &["x", "--qualty", "high"],
            "unknown option or argument `--qualty`",
            "`--quality`",
        ),
        (
            &["x", "--batch", "f"],
            "a topic cannot be used with --batch: each line has its own",
            "\"topic\"",
        ),
        (
            &["a", "b", "--batch", "f"],
            "a topic cannot be used with --batch",
            "",
        ),
        (
            &["--batch", "f", "--script", "s"],
            "--script cannot be used with --batch: one script is for one video",
            "\"script\"",
        ),
        (
            &["--batch", "f", "--count", "2"],
            "--count cannot be used with --batch: each line is one video",
            "more lines",
        ),
        (&["--batch", "f", "--count", "0"], "1 to 1000", "--count"),
        (&["--batch", ""], "--batch is empty", "--batch"),
        (
            &["--batch", "none.jsonl"],
            "the batch file none.jsonl cannot be read",
            "`-`",
        ),
        (&["--batch", "/"], "the batch file / cannot be read", "`-`"),
        (&["x", "--seed"], "--seed", "--help"),
        (&["x", "--image"], "--image", ""),
        (&["-starts with a dash"], "unknown option", ""),
    ];
    for (arguments, message, hint) in cases {
        let failure = asked(arguments).expect_err(&format!("{arguments:?}"));
        assert_eq!(failure.code, 2, "{arguments:?}");
        assert!(
            failure.message.contains(message),
            "{arguments:?} gives {:?}",
            failure.message
        );
        let given = failure.hint.clone().unwrap_or_default();
        assert!(
            !given.is_empty() && given.contains(hint),
            "{arguments:?} gives the hint {given:?}"
        );
        assert!(
            !failure.message.contains('\n') && !failure.message.ends_with('.'),
            "{:?}",
            failure.message
        );
    }
}

#[cfg(unix)]
#[test]
fn arguments_that_are_not_text_are_errors() {
    use std::os::unix::ffi::OsStringExt;
    for option in [
        None,
        Some("--quality"),
        Some("--seed"),
        Some("--output-dir"),
    ] {
        let mut words: Vec<std::ffi::OsString> = vec!["videogen".into(), "generate".into()];
        words.extend(option.map(Into::into));
        words.push(std::ffi::OsString::from_vec(vec![b'a', 0xff]));
        let failure = crate::usage::failure(&Cli::try_parse_from(words).expect_err("not UTF-8"));
        assert!(
            failure.message.contains("not valid UTF-8"),
            "{option:?}: {}",
            failure.message
        );
    }
}

#[test]
fn unknown_commands_are_named() {
    let failure = |word: &str| {
        crate::usage::failure(&Cli::try_parse_from(["videogen", word]).expect_err(word))
    };
    let near = failure("generat");
    assert_eq!(near.message, "unknown command `generat`");
    assert_eq!(near.hint.as_deref(), Some("did you mean `generate`?"));
    // Of later issues: absent rather than inert.
    for word in ["serve", "worker", "compare"] {
        assert_eq!(failure(word).code, 2);
    }
}

#[test]
fn files_that_a_script_names_begin_beside_it() {
    let (briefs, _) = asked(&["x"]).expect("good");
    assert!(briefs[0].script_place.is_default(), "there is no script");
    let directory = camino_tempfile::tempdir().expect("a directory");
    let file = directory.path().join("s.json");
    std::fs::write(&file, "[\"One.\"]").expect("written");
    // A file that is not there is as good as one that is no file.
    for (script, start) in [
        (file.as_str(), None),
        ("none.json", Some("/nowhere/at/all")),
    ] {
        let (briefs, _) = asked(&["--script", script]).expect("good");
        let place = &briefs[0].script_place;
        assert_eq!(place.directory.as_deref().map(Utf8Path::as_str), start);
        let home = place.home.as_deref().map(Utf8Path::as_str);
        assert_eq!(home, Some("/home/ada"));
    }
}

#[test]
fn good_input_becomes_briefs() {
    let (briefs, warnings) = asked(&["the deep sea", "--seed", "7", "--count", "3"]).expect("good");
    assert!(warnings.is_empty());
    assert_eq!(
        briefs.iter().map(|brief| brief.seed.0).collect::<Vec<_>>(),
        [7, 8, 9]
    );
    assert_eq!(briefs[0].output_dir, "/nowhere/at/all/videos");
    assert_eq!(
        briefs[0].topic.as_ref().map(Topic::as_str),
        Some("the deep sea")
    );

    let (briefs, _) = asked(&["--genre", "NATURE"]).expect("a genre is enough");
    assert_eq!(
        (briefs[0].genre, briefs[0].topic.is_none()),
        (Some(Genre::Nature), true)
    );

    let (briefs, _) = asked(&["--json", "--", "-starts with a dash"]).expect("after two dashes");
    assert_eq!(
        briefs[0].topic.as_ref().map(Topic::as_str),
        Some("-starts with a dash")
    );

    let (briefs, _) =
        asked(&["--image", "a.png", "b.png", "--image", "/c.png", "--", "x"]).expect("good");
    assert_eq!(
        briefs[0].images,
        ["/nowhere/at/all/a.png", "/nowhere/at/all/b.png", "/c.png"]
    );

    let loud = ["x", "--clip-sound", "0.5", "--image", "a.mp4"];
    let (briefs, _) = asked(&loud).expect("good");
    assert_eq!(briefs[0].clip_sound, ClipVolume::new(0.5).expect("allowed"));
    // It changes nothing.
    let (briefs, _) = asked(&["x", "--clip-sound", "0"]).expect("good");
    assert_eq!(briefs[0].clip_sound, ClipVolume::OFF);

    let (briefs, _) = asked(&["x"]).expect("good");
    assert_eq!(briefs[0].clip_sound, ClipVolume::OFF);
    let plain = (
        briefs[0].title_card,
        &briefs[0].end_card,
        &briefs[0].watermark,
    );
    assert_eq!(plain, (false, &None, &None));
    let cards = [
        "x",
        "--title-card",
        "--end-card",
        " Follow  for more",
        "--watermark",
        "logo.png",
        "--watermark-corner",
        "bottom-left",
    ];
    let (briefs, _) = asked(&cards).expect("good");
    assert!(briefs[0].title_card);
    let card = briefs[0].end_card.as_ref().expect("asked for");
    assert_eq!(
        (card.text.as_str(), card.seconds.get()),
        ("Follow for more", 2.0)
    );
    let watermark = briefs[0].watermark.as_ref().expect("asked for");
    assert_eq!(
        (watermark.file.as_str(), watermark.corner),
        ("/nowhere/at/all/logo.png", WatermarkCorner::BottomLeft)
    );
    assert_eq!(
        (watermark.width, watermark.opacity),
        (WatermarkWidth::DEFAULT, WatermarkOpacity::DEFAULT)
    );

    let (briefs, _) =
        asked(&["x", "--seed", "18446744073709551615", "--count", "2"]).expect("wraps around");
    assert_eq!(briefs[1].seed.0, 0);
}

#[test]
fn a_long_topic_is_cut_with_a_warning() {
    let (briefs, warnings) = asked(&[&"a word. ".repeat(12_500)]).expect("good");
    assert_eq!(warnings.len(), 1);
    assert!(
        briefs[0]
            .topic
            .as_ref()
            .is_some_and(|topic| topic.as_str().chars().count() <= Topic::MAX_CHARS)
    );
}

#[test]
fn flags_name_settings_of_the_table_and_the_command_line_is_consistent() {
    use clap::CommandFactory;
    Cli::command().debug_assert();
    let layer: Layer = {
        let words = [
            "videogen",
            "generate",
            "x",
            "--offline",
            "--strict",
            "--voice",
            "slt",
            "--style",
            "bold",
        ];
        let Command::Generate(args) = Cli::try_parse_from(words).expect("good").command else {
            unreachable!()
        };
        context().flags(args.settings()).expect("good")
    };
    assert_eq!(
        layer.keys().copied().collect::<Vec<_>>(),
        ["offline", "strict", "style", "voice"]
    );
    let own = [
        "x",
        "--workflow",
        "w.json",
        "--lora",
        "a:0.5",
        "--lora",
        "b,c",
    ];
    let with = asked(&own).expect("good").0.remove(0).paint_with;
    assert!(with.workflow.expect("named").ends_with("w.json"));
    let loras: Vec<String> = with.loras.iter().map(ToString::to_string).collect();
    assert_eq!(loras, ["a:0.5", "b:1", "c:1"]);
    let strict = |flag: &str| asked(&["x", flag]).map(|(mut briefs, _)| briefs.remove(0).strict);
    assert_eq!(strict("--strict"), Ok(Strict::All));
    let parts = "script,picture".parse::<Strict>();
    assert_eq!(strict("--strict=script,picture"), Ok(parts.expect("parts")));
    let wrong = strict("--strict=pictures").expect_err("no part");
    assert!(wrong.message.contains("--strict"), "{wrong:?}");
    // What follows is the topic, with or without the equals sign of a list.
    let briefs = asked(&["--strict", "the sea"]).expect("good").0;
    assert_eq!(briefs[0].topic.as_ref().map(Topic::as_str), Some("the sea"));

    let accepting = |of: &str| asked(&["x", "--accept", of, "--accept", "voice=silent"]);
    let accept = accepting("picture=builtin")
        .expect("good")
        .0
        .remove(0)
        .accept;
    let accept: Vec<String> = accept.iter().map(ToString::to_string).collect();
    assert_eq!(accept, ["picture=builtin", "voice=silent"]);
    assert!(accepting("picture=painted").is_err());
}
