use std::collections::BTreeMap;

use proptest::prelude::*;
use videogen_types::{MusicChoice, Quality};

use super::key::{KEYS, Key, Kind};
use super::*;

fn around(variables: &[(&str, &str)]) -> Environment {
    Environment {
        variables: variables
            .iter()
            .map(|(name, value)| ((*name).into(), (*value).into()))
            .collect(),
        directory: "/work/here".into(),
        home: Some("/home/ada".into()),
        config_home: None,
        cache_home: None,
        state_home: None,
        data_home: None,
    }
}

/// What these variables make of the settings.
pub(super) fn settings_of(variables: &[(&str, &str)]) -> Settings {
    Settings::load(&around(variables), None, Layer::new()).expect("valid")
}

/// Why these variables cannot be used.
pub(super) fn refused(variables: &[(&str, &str)]) -> Failure {
    Settings::load(&around(variables), None, Layer::new()).expect_err("not valid")
}

/// What a file and these variables make of the settings.
pub(super) fn with_file(file: &str, variables: &[(&str, &str)]) -> Settings {
    let mut settings = settings_of(&[]);
    let environment = environment::layer(&around(variables)).expect("valid");
    let layers = [
        layer::defaults(around(&[]).paths()),
        parse(file).expect("valid"),
        environment,
    ];
    settings.values = layer::merge(layers);
    settings
}

fn parse(text: &str) -> Result<Layer, Failure> {
    let home = Some(Utf8Path::new("/home/ada"));
    file::parse(text, Utf8Path::new("/etc/videogen/config.toml"), home)
}

fn wrong(text: &str) -> String {
    let failure = parse(text).expect_err(text);
    assert_eq!(failure.code, 2);
    format!("{}; {}", failure.message, failure.hint.unwrap_or_default())
}

#[test]
fn defaults_and_examples_of_the_table_are_valid() {
    for key in KEYS {
        if let Some(default) = key.default {
            key.check(default).expect(key.name);
        }
        key.check(key.example).expect(key.name);
        assert!(
            key.default.is_some() == key.unset.is_empty(),
            "{} has a default or words for none",
            key.name
        );
    }
}

#[test]
fn the_template_changes_nothing_and_every_line_of_it_can_be_set() {
    let text = template::text();
    assert_eq!(parse(&text).expect("valid").len(), 0);
    let set: String = text
        .lines()
        .map(|line| match line.strip_prefix('#') {
            Some(line) if !line.starts_with(' ') => format!("{line}\n"),
            _ => format!("{line}\n"),
        })
        .collect();
    let all = parse(&set).expect("every example is valid");
    assert_eq!(all.len(), KEYS.len());
}

#[test]
fn the_schema_knows_every_key() {
    let schema = schema::schema();
    for key in KEYS {
        let property = match key.name.split_once('.') {
            None if key.name == "genre" => &schema["properties"]["genre"]["anyOf"][0],
            None => &schema["properties"][key.name],
            Some((table, name)) => &schema["properties"][table]["properties"][name],
        };
        assert!(property["description"].is_string(), "{}", key.name);
        if let Kind::Name(names) = key.kind {
            assert_eq!(property["enum"], serde_json::json!(names()));
        }
    }
}

#[test]
fn variables_have_the_names_people_expect() {
    let name = |key: &str| Key::find(key).expect(key).variable();
    assert_eq!(name("output_dir"), "VIDEOGEN_OUTPUT_DIR");
    assert_eq!(name("programs.espeak_ng"), "VIDEOGEN_ESPEAK_NG");
    assert_eq!(name("piper.model"), "VIDEOGEN_PIPER_MODEL");
    let mut all: Vec<String> = KEYS.iter().map(Key::variable).collect();
    all.sort();
    all.dedup();
    assert_eq!(all.len(), KEYS.len());
}

#[test]
fn mistakes_in_a_file_are_named_with_line_and_key() {
    let cases = [
        ("a = \n", "line 1"),
        (
            "\nquallity = \"high\"",
            "line 2: unknown key `quallity`; did you mean `quality`?",
        ),
        (
            "ffmpeg = \"/x\"",
            "unknown key `ffmpeg`; did you mean `programs.ffmpeg`?",
        ),
        (
            "[piper]\nmodle = \"x\"",
            "line 2: unknown key `piper.modle`; did you mean `piper.model`?",
        ),
        ("xyzzy = 1", "known are genre, quality"),
        (
            "quality = 3",
            "line 1: quality has to be text in quotes, not an integer",
        ),
        (
            "offline = \"yes\"",
            "offline has to be true or false, not text",
        ),
        (
            "duration = true",
            "duration has to be a number, not a boolean",
        ),
        ("fonts = \"x\"", "fonts has to be a list of text"),
        ("piper = 1", "piper has to be a table, not an integer"),
        (
            "\n\nquality = \"hihg\"",
            "line 3: quality: `hihg` is not a valid quality",
        ),
        ("quality = \"hihg\"", "did you mean `high`?"),
        ("duration = nan", "3 to 600 seconds"),
        ("fps = 0", "1 to 120 frames per second"),
        ("[piper]\nspeaker = -1", "line 2: piper.speaker"),
        ("comfyui_loras = 3", "a list of text, or text with commas"),
        (
            "\ncomfyui_fallbacks = ['http://a', 'b']",
            "line 2: comfyui_fallbacks: `b` is not a valid address",
        ),
        ("output_dir = \"\"", "not empty"),
        (
            "comfyui_command = \"python main.py\"",
            "comfyui_command has to be a list of words",
        ),
        ("comfyui_command = []", "a program and its arguments"),
        ("comfyui_per_minute = 0", "a whole number from 1"),
        ("llm_per_minute = -3", "a whole number from 1"),
        ("max_vram_mb = 100", "a whole number of MiB from 512"),
        ("free_vram = \"much\"", "line 1: free_vram"),
        (
            "download_timeout = 0",
            "whole number of seconds from 1 to 86400",
        ),
        ("download_retries = 101", "whole number from 0 to 100"),
        ("cdn_fallback = \"no\"", "true or false"),
        ("genre = 3", "genre has to be text in quotes"),
        (
            "[genre.natur]\nvoice = \"x\"",
            "line 1: `natur` is not a valid genre",
        ),
        ("[genre.natur]\nvoice = \"x\"", "did you mean `nature`?"),
        (
            "[genre.nature]\nvoise = \"x\"",
            "did you mean `genre.nature.voice`",
        ),
        (
            "[genre.nature]\nmusic = \"ftp://a/b\"",
            "line 2: genre.nature.music",
        ),
        ("genre.nature = \"x\"", "genre.nature has to be a table"),
        (
            "genre = \"tech\"\n[genre.nature]\nvoice = \"x\"",
            "VIDEOGEN_GENRE",
        ),
    ];
    for (text, expected) in cases {
        let message = wrong(text);
        assert!(message.contains("/etc/videogen/config.toml"), "{message}");
        assert!(
            message.contains(expected),
            "{text:?} gives {message:?}, not {expected:?}"
        );
    }
}

#[test]
fn paths_in_a_file_start_at_the_file_and_others_at_the_current_directory() {
    let settings = |file: &str, variables: &[(&str, &str)]| with_file(file, variables);
    let path = |s: &Settings| s.required::<Utf8PathBuf>("output_dir");
    assert_eq!(path(&settings("", &[])), "/work/here/videos");
    assert_eq!(
        path(&settings("output_dir = 'out'", &[])),
        "/etc/videogen/out"
    );
    assert_eq!(path(&settings("output_dir = '/abs'", &[])), "/abs");
    assert_eq!(
        path(&settings("output_dir = 'out'", &[("VIDEO_DIR", "old")])),
        "/work/here/old"
    );
    assert_eq!(
        path(&settings(
            "",
            &[("VIDEO_DIR", "old"), ("VIDEOGEN_OUTPUT_DIR", "new")]
        )),
        "/work/here/new"
    );
    assert_eq!(
        path(&settings("", &[("VIDEOGEN_OUTPUT_DIR", "")])),
        "/work/here/videos",
        "empty is unset"
    );

    let music = |s: &Settings| s.required::<MusicChoice>("music");
    assert_eq!(
        music(&settings("music = 'songs'", &[])),
        MusicChoice::Path("/etc/videogen/songs".into())
    );
    assert_eq!(music(&settings("music = 'none'", &[])), MusicChoice::None);
    let url = "https://example.org/a.mp3";
    let at = music(&settings(&format!("music = '{url}'"), &[]));
    assert_eq!(at, MusicChoice::Url(url.parse().expect("one")));

    let tools = settings("fonts = ['f']\n[programs]\nffmpeg = 'bin/ffmpeg'\nflite = 'flite'\n[piper]\nmodel = 'm.onnx'\nspeaker = 3", &[]).tools();
    assert_eq!(tools.font_dirs, ["/etc/videogen/f"]);
    assert_eq!(
        tools.ffmpeg.as_deref(),
        Some(Utf8Path::new("/etc/videogen/bin/ffmpeg"))
    );
    assert_eq!(
        tools.flite.as_deref(),
        Some(Utf8Path::new("/work/here/flite")),
        "no PATH to find it on"
    );
    let piper = tools.piper.expect("a model is set");
    assert_eq!(
        (piper.model.as_str(), piper.speaker),
        ("/etc/videogen/m.onnx", Some(3))
    );
}

#[test]
fn a_list_may_be_one_text_with_commas_everywhere() {
    let many = |layer: Layer| layer["comfyui_fallbacks"].value.clone();
    let wanted = Value::Many(vec!["http://a:1".into(), "http://b".into()]);
    let list = parse("comfyui_fallbacks = ['http://a:1', 'http://b']").expect("valid");
    let text = parse("comfyui_fallbacks = 'http://a:1, ,http://b'").expect("valid");
    let older = [("COMFYUI_FALLBACK_URLS", "http://a:1,http://b")];
    let variable = environment::layer(&around(&older)).expect("valid");
    for layer in [list, text, variable] {
        assert_eq!(many(layer), wanted);
    }
    let none = parse("comfyui_fallbacks = []").expect("valid");
    assert_eq!(many(none), Value::Many(Vec::new()));
}

#[test]
fn mistakes_in_the_environment_are_named_with_the_variable() {
    let failure =
        environment::layer(&around(&[("VIDEOGEN_ASPECT", "9:15")])).expect_err("not an aspect");
    assert!(
        failure.message.contains("VIDEOGEN_ASPECT"),
        "{}",
        failure.message
    );
    assert_eq!(failure.code, 2);
}

#[test]
fn variables_that_are_none_of_ours_are_named_once() {
    let unknown = |variables: &[(&str, &str)]| environment::unknown(&around(variables));
    let fine = [
        ("VIDEOGEN_QUALITY", "high"),
        ("VIDEOGEN_CONFIG", "a.toml"),
        ("VIDEOGEN_LOG", "warn"),
        ("VIDEOGEN_CHILD_OF_1", "1"),
        ("VIDEOGEN_NOTHING", ""),
        ("VIDEOGENERATOR", "x"),
        ("PATH", "/bin"),
    ];
    assert_eq!(unknown(&fine), None);
    let one = unknown(&[("VIDEOGEN_QUALTY", "high")]).expect("it is not known");
    assert!(
        one.contains("VIDEOGEN_QUALTY (did you mean VIDEOGEN_QUALITY?) is not"),
        "{one}"
    );
    let two = [
        ("VIDEOGEN_ZZZZZZZZ", "1"),
        ("VIDEOGEN_COMFY_URL", "http://a"),
    ];
    let two = unknown(&two).expect("they are not known");
    assert!(
        two.contains(
            "VIDEOGEN_COMFY_URL (did you mean VIDEOGEN_COMFYUI_URL?), VIDEOGEN_ZZZZZZZZ are"
        ),
        "{two}"
    );
    // What a secret variable holds is shown nowhere.
    let key = unknown(&[("VIDEOGEN_LLM_KEYS", "sk-0123")]).expect("it is not known");
    assert!(!key.contains("0123"), "{key}");
}

#[test]
fn secrets_are_not_shown() {
    let shown = |name: &str, text: &str| {
        let key = Key::find(name).expect(name);
        key.shown(text).into_owned()
    };
    assert_eq!(shown("llm_key", "sk-0123"), "***");
    assert_eq!(shown("speech_key", "sk-0123"), "***");
    assert_eq!(shown("speech_url", "http://a:b@c:1"), "http://c:1");
    assert_eq!(shown("llm_url", "http://a:b@c:1/v1?key=d"), "http://c:1/v1");
    assert_eq!(
        shown("comfyui_fallbacks", "http://a:b@c,http://d"),
        "http://c, http://d"
    );
    assert_eq!(shown("llm_model", "qwen3:8b"), "qwen3:8b");
    for (name, wrong) in [
        ("VIDEOGEN_LLM_KEY", "sk 0123"),
        ("VIDEOGEN_SPEECH_KEY", "sk 0123"),
        ("QWEN_URL", "a:sk 0123@c"),
        ("VIDEOGEN_SPEECH_FALLBACKS", "http://d,a:sk 0123@c"),
    ] {
        let failure = environment::layer(&around(&[(name, wrong)])).expect_err(wrong);
        assert!(failure.message.contains(name), "{}", failure.message);
        assert!(!failure.message.contains("0123"), "{}", failure.message);
    }
}

#[cfg(unix)]
#[test]
fn variables_that_are_not_text_are_errors() {
    use std::os::unix::ffi::OsStringExt;
    let mut around = around(&[]);
    around
        .variables
        .insert("VIDEOGEN_VOICE".into(), OsString::from_vec(vec![0xff]));
    let failure = environment::layer(&around).expect_err("not UTF-8");
    assert!(
        failure
            .message
            .contains("VIDEOGEN_VOICE is not valid UTF-8"),
        "{}",
        failure.message
    );
}

#[test]
fn lines_of_a_file_end_as_on_any_system() {
    let directory = camino_tempfile::tempdir().expect("a directory");
    let path = directory.path().join("config.toml");
    for end in ["\n", "\r\n", "\r"] {
        let lines = ["# mine", "quality = \"draft\"", "genre = \"nature\"", ""];
        std::fs::write(&path, lines.join(end)).expect("writable");
        let text = file::read(&path, true).expect("read").expect("there");
        let layer = file::parse(&text, &path, None).unwrap_or_else(|e| panic!("{end:?}: {e:?}"));
        assert!(layer.contains_key("genre"), "{end:?}");
        // The line of a mistake is found, too.
        std::fs::write(&path, ["# mine", "", "qualty = 1"].join(end)).expect("writable");
        let text = file::read(&path, true).expect("read").expect("there");
        let failure = file::parse(&text, &path, None).expect_err("no such key");
        assert!(
            failure.message.contains("config.toml, line 3"),
            "{failure:?}"
        );
    }
}

#[test]
fn a_file_that_was_named_has_to_be_there() {
    let directory = camino_tempfile::tempdir().expect("a directory");
    let missing = directory.path().join("config.toml");
    assert_eq!(file::read(&missing, false).expect("nobody named it"), None);
    assert!(
        file::read(&missing, true)
            .expect_err("named")
            .message
            .contains("no such file")
    );
    assert!(
        file::read(directory.path(), true)
            .expect_err("a directory")
            .message
            .contains("not a file")
    );
    std::fs::write(&missing, [0xff, 0xfe]).expect("writable");
    assert!(
        file::read(&missing, false)
            .expect_err("not text")
            .message
            .contains("UTF-8")
    );
    std::fs::write(&missing, vec![b'#'; 1024 * 1024 + 1]).expect("writable");
    assert!(
        file::read(&missing, false)
            .expect_err("too large")
            .message
            .contains("1 MiB")
    );
}

#[test]
fn the_home_is_what_a_shell_would_have_made_of_it() {
    let file = "output_dir = '~/v'\nwatermark = '~/logo.png'\nmusic = '~/songs'\nfonts = ['~/f', 'g']\n\
                comfyui_command = ['~/venv/bin/python', '~/main.py', '--x=~', 'http://h']\n\
                [programs]\nffmpeg = '~/bin/ffmpeg'\n[piper]\nmodel = '~/a.onnx'\n[genre.tech]\nmusic = '~/beep'";
    let layer = parse(file).expect("valid");
    let one = |name: &str| match &layer[name].value {
        Value::One(text) => text.clone(),
        Value::Many(list) => list.join(" "),
    };
    for (name, value) in [
        ("output_dir", "/home/ada/v"),
        ("watermark", "/home/ada/logo.png"),
        ("music", "/home/ada/songs"),
        ("fonts", "/home/ada/f /etc/videogen/g"),
        (
            "comfyui_command",
            "/home/ada/venv/bin/python /home/ada/main.py --x=~ http://h",
        ),
        ("programs.ffmpeg", "/home/ada/bin/ffmpeg"),
        ("piper.model", "/home/ada/a.onnx"),
        ("genre.tech.music", "/home/ada/beep"),
    ] {
        assert_eq!(one(name), value, "{name}");
    }
    let settings = settings_of(&[
        ("VIDEO_DIR", "~/v"),
        ("VIDEOGEN_FONTS", "~/f:/g"),
        ("VIDEOGEN_COMFYUI_COMMAND", "~/run.sh '~/a b'"),
        ("VIDEOGEN_MUSIC", "file:///a%20song.mp3"),
    ]);
    assert_eq!(
        settings.required::<Utf8PathBuf>("output_dir"),
        "/home/ada/v"
    );
    assert_eq!(settings.tools().font_dirs, ["/home/ada/f", "/g"]);
    assert_eq!(settings.music(), MusicChoice::Path("/a song.mp3".into()));
    let command = &settings.values["comfyui_command"].value;
    assert_eq!(
        *command,
        Value::Many(vec!["/home/ada/run.sh".into(), "/home/ada/a b".into()])
    );
    for (flag, variable, path) in [
        (Some("~/c.toml"), "", "/home/ada/c.toml"),
        (None, "~/d.toml", "/home/ada/d.toml"),
    ] {
        let found = around(&[("VIDEOGEN_CONFIG", variable)]).config_path(flag);
        assert_eq!(found.expect("a path"), Some((path.into(), true)));
    }
}

#[test]
fn what_is_no_path_of_a_file_is_named_with_its_place() {
    for (file, code, words) in [
        (
            "watermark = 'https://example.org/a.png'",
            3,
            ["line 1", "download"],
        ),
        (
            "fonts = ['f', 'https://example.org/']",
            3,
            ["line 1", "download"],
        ),
        ("\noutput_dir = '~bob/v'", 2, ["line 2", "in full"]),
        (
            "watermark = 'file://server/a.png'",
            2,
            ["line 1", "file:///"],
        ),
    ] {
        let failure = parse(file).expect_err(file);
        let text = format!("{}; {}", failure.message, failure.hint.unwrap_or_default());
        assert_eq!(failure.code, code, "{text}");
        assert!(words.iter().all(|word| text.contains(word)), "{text}");
    }
    let failure = refused(&[("VIDEOGEN_PROMPTS", "https://example.org/p")]);
    assert!(failure.message.contains("VIDEOGEN_PROMPTS"), "{failure:?}");
    for variable in ["VIDEOGEN_CONFIG", "VIDEO_DIR"] {
        let failure = refused(&[(variable, "~bob/x")]);
        assert!(failure.message.contains(variable), "{failure:?}");
    }
    // Music is fetched from an address, so that is one.
    let settings = settings_of(&[("VIDEOGEN_MUSIC", "https://example.org/a.mp3")]);
    assert!(matches!(settings.music(), MusicChoice::Url(_)));
}

proptest! {
    /// The last layer that has a value wins, and its origin is told.
    #[test]
    fn the_last_layer_wins(
        file in proptest::option::of(0usize..5),
        variable in proptest::option::of(0usize..5),
        flag in proptest::option::of(0usize..5),
    ) {
        let names = key::names::<Quality>();
        let file_text = file.map_or_else(String::new, |n| format!("quality = \"{}\"", names[n]));
        let variables: Vec<(&str, &str)> = variable.map(|n| ("VIDEOGEN_QUALITY", names[n])).into_iter().collect();
        let key = Key::find("quality").expect("a setting");
        let flags: Layer = flag
            .map(|n| {
                let value = Value::One(names[n].to_owned());
                ("quality", layer_value(key, value, around(&[]).paths(), Origin::Flag("--quality")).expect("valid"))
            })
            .into_iter()
            .collect();
        let merged = layer::merge([
            layer::defaults(around(&[]).paths()),
            parse(&file_text).expect("valid"),
            environment::layer(&around(&variables)).expect("valid"),
            flags,
        ]);
        let given = &merged["quality"];
        let standard = names.iter().position(|name| *name == "standard").expect("a quality");
        let expected = flag.or(variable).or(file).unwrap_or(standard);
        prop_assert_eq!(&given.value, &Value::One(names[expected].to_owned()));
        let origin = match &given.origin {
            Origin::Flag(_) => 3,
            Origin::Environment(_) => 2,
            Origin::File { .. } => 1,
            Origin::Default | Origin::Answer | Origin::Found | Origin::Line { .. } => 0,
        };
        let expected = if flag.is_some() { 3 } else if variable.is_some() { 2 } else { usize::from(file.is_some()) };
        prop_assert_eq!(origin, expected);
        // Nothing else has changed.
        let others: BTreeMap<_, _> = merged.iter().filter(|(name, _)| **name != "quality").collect();
        prop_assert!(others.values().all(|given| given.origin == Origin::Default));
    }

    #[test]
    fn no_text_makes_the_reader_panic(text in "\\PC{0,200}") {
        let _ = parse(&text);
    }

    #[test]
    fn no_value_makes_a_check_panic(text in any::<String>()) {
        for key in KEYS {
            let _ = key.check(&text);
        }
    }
}
