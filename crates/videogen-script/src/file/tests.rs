use super::*;
use proptest::prelude::*;

fn read(raw: &str) -> Script {
    parse_script(raw, "x.txt", None, None, None)
        .expect("a script")
        .script
}

#[test]
fn paragraphs_are_scenes_and_a_heading_is_the_title() {
    let script =
        read("# The Sea\n\nFirst line\ngoes on.\n\n\nSecond scene. Still it.\r\n\r\nThird.");
    assert_eq!(script.title, "The Sea");
    let narrations: Vec<&str> = script.scenes.iter().map(|s| s.narration.as_str()).collect();
    assert_eq!(
        narrations,
        ["First line goes on.", "Second scene. Still it.", "Third."]
    );
}

#[test]
fn lines_of_a_script_end_as_on_any_system() {
    let lines = [
        "# The Sea",
        "",
        "First line",
        "goes on.",
        "",
        "Second scene.",
    ];
    let plain = read(&lines.join("\n"));
    assert_eq!(plain.scenes.len(), 2);
    for end in ["\r\n", "\r"] {
        assert_eq!(read(&lines.join(end)), plain, "{end:?}");
    }
    let json = [
        "{\"scenes\": [",
        "{\"narration\": \"One.\"},",
        "{\"narration\": \"Two.\"}]}",
    ];
    for end in ["\n", "\r\n", "\r"] {
        assert_eq!(read(&json.join(end)).scenes.len(), 2, "{end:?}");
    }
}

#[test]
fn one_long_paragraph_is_divided_at_sentences() {
    let script = read(&"These are six words, I think. ".repeat(20));
    assert!(script.scenes.len() >= 4);
    assert!(
        script
            .scenes
            .iter()
            .all(|s| s.narration.ends_with("think."))
    );
    assert_eq!(script.title, "These are six words, I think");
}

#[test]
fn json_scripts_are_checked() {
    let script = read(
        r##"{"title":"T","scenes":[{"narration":"One.","picture":"a lamp"},{"narration":"Two."}],"hashtags":["#x"]}"##,
    );
    assert_eq!(
        (
            script.scenes.len(),
            script.scenes[0].picture.as_str(),
            script.hashtags[0].as_str()
        ),
        (2, "a lamp", "x")
    );
    for wrong in [
        r#"{"scenes":[]}"#,
        r#"{"scenes":[{"text":"x"}]}"#,
        r#"{"scene":[]}"#,
        "{",
        r#"{"scenes":[{"narration":" "}]}"#,
    ] {
        assert!(
            parse_script(wrong, "x.json", None, None, None).is_err(),
            "{wrong}"
        );
    }
}

#[test]
fn scenes_that_name_files_stay_as_they_are() {
    let text = r#"[{"narration": "One. Two. Three.", "image": "a.png"}, {"narration": "Four."}]"#;
    for (scenes, told) in [(None, 0), (Some(2), 0), (Some(1), 1), (Some(4), 1)] {
        let read = parse_script(text, "x", None, scenes, None).expect("a script");
        assert_eq!(read.script.scenes.len(), 2);
        assert_eq!(read.script.scenes[0].media, ["a.png"]);
        assert_eq!(read.warnings.len(), told, "{:?}", read.warnings);
    }
    let long = "A sentence of some words here. ".repeat(5000);
    let second = "One sentence that is longer than what is left of the room.";
    let scenes = serde_json::json!([
        {"narration": long, "image": "a.png"}, {"narration": second, "clip": "b.mp4"},
    ]);
    let read = parse_script(scenes.to_string(), "x", None, None, None).expect("a script");
    assert_eq!(read.script.scenes.len(), 1);
    assert!(
        read.warnings[0].ends_with("these are not shown: b.mp4"),
        "{:?}",
        read.warnings
    );
}

#[test]
fn text_without_words_is_refused() {
    for raw in ["", "  \n\n ", "\0\u{202e}", "... !!!", "# Only a title"] {
        assert!(parse_script(raw, "x", None, None, None).is_err(), "{raw:?}");
    }
}

#[test]
fn long_scripts_are_cut_at_a_sentence_with_a_warning() {
    let read = parse_script(
        "A sentence of some words here. ".repeat(5000),
        "x",
        None,
        None,
        None,
    )
    .expect("a script");
    assert!(read.warnings.iter().any(|w| w.contains("cut")));
    assert!(
        read.script
            .scenes
            .iter()
            .all(|s| s.narration.ends_with("here."))
    );
}

proptest! {
    #[test]
    fn regrouping_keeps_every_sentence(count in 1usize..40, wanted in 1usize..50) {
        let sentence = |i: usize| format!("Sentence number {i} is {}.", "so ".repeat(i % 7).trim());
        let raw = (0..count).map(sentence).collect::<Vec<_>>().join(" ");
        let script = parse_script(raw.as_str(), "x", None, Some(wanted), None).expect("a script").script;
        prop_assert_eq!(script.scenes.len(), wanted.min(count));
        let joined: Vec<&str> = script.scenes.iter().map(|s| s.narration.as_str()).collect();
        prop_assert_eq!(videogen_text::clean(&joined.join(" ")), videogen_text::clean(&raw));
    }

    #[test]
    fn no_text_is_too_strange(raw in "\\PC{0,400}", scenes in prop::option::of(1usize..41)) {
        if let Ok(read) = parse_script(raw.as_str(), "x", Some("Title"), scenes, None) {
            prop_assert!((1..=MAX_SCENES).contains(&read.script.scenes.len()));
        }
    }
}

/// What is said, a scene each, and what was told about it.
fn said(raw: impl Into<DecodedScript>) -> (Vec<String>, Vec<String>) {
    let read = parse_script(raw, "x.txt", None, None, None).expect("a script");
    let scenes = read.script.scenes.into_iter();
    (scenes.map(|scene| scene.narration).collect(), read.warnings)
}

/// `shared/cases/md.md`.
const MARKDOWN: &str = r#"---
title: "My video"
date: 2024-05-01
tags: [a, b]
---

# The **deep** sea

Intro with *emphasis*, __bold__, `inline code`, ~~struck~~ and a [link](https://example.com/a_b?c=d).

---

## Facts

- First fact is about whales.
- Second fact: 50% of it is unseen.
* Third one.

1. Numbered one.
2. Numbered two.

> A quote from someone.

| Depth | Light |
|---|---|
| 200 m | none |

![alt text](pic.png)

```python
print("hello")
```

<b>HTML</b> &amp; entities &nbsp; here.<br>
Footnote[^1].

[^1]: The note.

***
The end. :wave:
"#;

#[test]
fn markdown_is_read_without_its_marks() {
    for raw in [
        MARKDOWN.to_owned(),
        MARKDOWN.replace('\n', "\r\n"),
        format!("\u{feff}{MARKDOWN}"),
    ] {
        let read = parse_script(raw, "md.md", None, None, None).expect("a script");
        assert_eq!(read.script.title, "My video");
        assert_eq!(read.script.hashtags, ["a", "b"]);
        let said: Vec<&str> = read
            .script
            .scenes
            .iter()
            .map(|scene| scene.narration.as_str())
            .collect();
        assert_eq!(
            said,
            [
                "Intro with emphasis, bold, inline code, struck and a link.",
                "First fact is about whales. Second fact: 50% of it is unseen. Third one. Numbered one. Numbered two.",
                "A quote from someone.",
                "HTML & entities here. Footnote.",
                "The end.",
            ]
        );
        assert_eq!(
            read.warnings,
            [
                "the script was read as Markdown without 2 headings, 1 table, 1 code block, 1 picture, 1 link address, 1 footnote, \
              1 emoji name and 1 line of front matter, which are not spoken"
            ]
        );
    }
}

#[test]
fn subtitles_are_read_without_their_times() {
    let (scenes, warnings) = said(
        "1\n00:00:00,000 --> 00:00:02,000\nHello there.\n\n2\n00:00:02,000 --> 00:00:04,000\nSecond line.\n",
    );
    assert_eq!(scenes, ["Hello there. Second line."]);
    assert_eq!(
        warnings,
        ["the script was read as SRT subtitles without 2 time codes, which are not spoken"]
    );
}

#[test]
fn directions_and_names_are_not_spoken() {
    let (scenes, warnings) = said(
        "[Scene 1: Wide shot of the ocean]\nNARRATOR: The sea is deep.\n(pause)\nHost: Welcome back!\n[MUSIC FADES]\n\
         Voiceover: It is also cold.\n0:05 - 0:10 The last part.\n**Visual:** A whale.\n",
    );
    assert_eq!(
        scenes,
        ["The sea is deep. Welcome back! It is also cold. The last part."]
    );
    assert_eq!(
        warnings,
        [
            "the script was read without 4 stage directions, 3 speaker names and 1 time code, which are not spoken"
        ]
    );
}

#[test]
fn json_within_a_fence_is_json() {
    let (scenes, warnings) = said("```json\n{\"scenes\":[{\"narration\":\"One here.\"}]}\n```\n");
    assert_eq!((scenes, warnings), (vec!["One here.".to_owned()], vec![]));
    let (scenes, warnings) = said(
        "Here is your script:\n\n```\n{\"scenes\":[{\"narration\":\"One here.\"}]}\n```\nEnjoy!",
    );
    assert_eq!(scenes, ["One here."]);
    assert!(warnings[0].contains("2 lines around it"), "{warnings:?}");
    let error = parse_script(
        "\n```json\n{\"scenes\": [\n{\"narration\": \"x\"},\n]}\n```",
        "x",
        None,
        None,
        None,
    );
    let error = error.expect_err("not valid");
    assert!(error.reason.contains("line 5 column 1"), "{error}");
    assert_eq!(said("```\nJust words.\n```").0, ["Just words."]);
    assert_eq!(
        said("```markdown\n# T\n\n**Just** words.\n```").0,
        ["Just words."]
    );
}

#[test]
fn json_within_an_answer_is_json() {
    let scenes = r#"{"title": "T", "scenes": [{"narration": "The sea is {deep}."}, {"narration": "It is cold."}]}"#;
    for (raw, around) in [
        (format!("Sure!\n{scenes}\nBye"), Some("2 lines around it")),
        (format!("Sure! {scenes}"), Some("1 line around it")),
        (format!("// hi\n{scenes}"), Some("1 line around it")),
        (
            format!("As [asked], {{Anna}}:\n\n{scenes}\n\n{{\"a\": 1}}"),
            Some("2 lines around it"),
        ),
        (serde_json::to_string(scenes).expect("text"), None),
    ] {
        let (said, warnings) = said(raw.as_str());
        assert_eq!(said, ["The sea is {deep}.", "It is cold."], "{raw}");
        assert_eq!(
            warnings.len(),
            usize::from(around.is_some()),
            "{warnings:?}"
        );
        assert!(
            warnings
                .iter()
                .all(|told| told.contains(around.unwrap_or_default()))
        );
    }
    assert_eq!(
        said("Here:\n[{\"narration\": \"One.\"}, {\"narration\": \"Two.\"}]").0,
        ["One.", "Two."]
    );
    for (raw, place) in [
        (
            "Sure!\n{\"title\": \"T\",\n\"scenes\": [{\"narration\": \"x\"},]}\nBye",
            "line 3 column 31",
        ),
        ("Sure! {\"scenes\": [{\"narration\": \"x\"}", "line 1"),
        (
            "Sure!\n{scenes: [{narration: 'x'}]}\nBye",
            "line 2 column 2",
        ),
        (
            "Here:\n```json\n{\"scenes\": [\n{\"narration\": \"x\"},\n]}\n```\nBye",
            "line 5 column 1",
        ),
    ] {
        let error = parse_script(raw, "x", None, None, None).expect_err(raw);
        assert_eq!(error.flaw, ScriptFlaw::Json);
        assert!(error.reason.contains(place), "{error}");
    }
    for prose in [
        "The file has {\"scenes\": 3} and {\"narration\": 5} in it.",
        "He wrote [1] and {two} and [\"three\", \"four\"].",
    ] {
        assert_eq!(said(prose), (vec![prose.to_owned()], vec![]));
    }
    assert_eq!(
        said("\"The sea is deep. It is cold.\"").0,
        ["The sea is deep. It is cold."]
    );
    assert_eq!(
        said("\"It is deep,\" she said.").0,
        ["\"It is deep,\" she said."]
    );
}

#[test]
fn scenes_in_json_that_say_nothing_are_told() {
    let raw = r#"{"title":"T","scenes":[{"narration":""},{"narration":"Hi there."}]}"#;
    let (scenes, warnings) = said(raw);
    assert_eq!(scenes, ["Hi there."]);
    assert_eq!(
        warnings,
        ["the script was read without 1 scene without words, which are not spoken"]
    );
}

#[test]
fn the_language_of_a_script_is_held_against_its_words() {
    let raw = |language: &str| {
        format!(
            r#"{{"title": "T", "scenes": [{{"narration": "Das Meer ist tief und kalt."}}], "language": "{language}"}}"#
        )
    };
    let error = parse_script(raw("klingon!!"), "x", None, None, None).expect_err("no tag");
    assert_eq!(error.flaw, ScriptFlaw::Language);
    assert!(
        error.to_string().contains("\"language\": `klingon!!`"),
        "{error}"
    );
    assert_eq!(said(raw("de")).1, [] as [&str; 0]);
    let (_, warnings) = said(raw("ru"));
    assert!(
        warnings[0].contains("it is in Russian, but its words look like German"),
        "{warnings:?}"
    );
    // What was asked for is certain.
    let read = parse_script(raw("ru"), "x", None, None, Some("de")).expect("a script");
    assert_eq!(read.warnings, [] as [&str; 0]);
    let (_, warnings) = said("---\nlang: fr\n---\nDas Meer ist tief und kalt.");
    assert!(warnings[0].contains("German"), "{warnings:?}");
}

#[test]
fn lines_of_scripts_without_spaces_are_joined_without_one() {
    for (raw, want) in [
        (
            "海很深，里面\n很冷。没人\n知道。",
            "海很深，里面很冷。没人知道。",
        ),
        ("# ทะเล\n\nทะเลลึก\nมาก **มืด**มาก", "ทะเลลึกมาก มืดมาก"),
        (
            "1\n00:00:00,000 --> 00:00:02,000\n海很深，\n里面很冷。\n\n2\n00:00:02,000 --> 00:00:04,000\n没人知道为什么\n",
            "海很深，里面很冷。没人知道为什么",
        ),
        (
            "<html><p>海很深，\n里面<br>很冷。</p></html>",
            "海很深，里面很冷。",
        ),
        (r#"["海很深，\n里面很冷。"]"#, "海很深，里面很冷。"),
        ("- 鲸鱼\n- 海豚", "鲸鱼。海豚。"),
        ("旁白：海很深。\n旁白：里面很冷。", "海很深。里面很冷。"),
        ("바다는\n깊다.", "바다는 깊다."),
    ] {
        let read = parse_script(raw, "x", None, Some(1), None).expect("a script");
        assert_eq!(read.script.scenes[0].narration, want, "{raw}");
    }
    let read = parse_script("海很深。\n\n里面很冷。", "x", None, Some(1), None);
    assert_eq!(
        read.expect("a script").script.scenes[0].narration,
        "海很深。里面很冷。"
    );
}

#[test]
fn what_stands_before_a_text_is_not_spoken() {
    let read = parse_script(
        "Title: _**Big Fish**_\nAuthor: Me\nDraft date: 2020\n\nINT. HOUSE - DAY\n\nA man enters.\n\nJOHN\nHello there.\n",
        "x",
        None,
        None,
        None,
    )
    .expect("a script");
    assert_eq!(read.script.title, "Big Fish");
    assert!(
        !read
            .script
            .scenes
            .iter()
            .any(|scene| scene.narration.contains("Author"))
    );
    assert!(
        read.warnings[0].contains("2 lines of front matter"),
        "{:?}",
        read.warnings
    );
    let read = parse_script(
        "---\ntitle: \"Why: the *sea* is salt\"\n---\n\n# Why: the *sea* is salt\n\nIt is **old**.",
        "x",
        None,
        None,
        None,
    )
    .expect("a script");
    assert_eq!(read.script.title, "Why: the sea is salt");
    assert!(read.warnings.is_empty(), "{:?}", read.warnings);
}

#[test]
fn scenes_in_yaml_are_refused_with_their_line() {
    for raw in [
        "title: The sea\nscenes:\n  - narration: The sea is deep.\n  - narration: It is cold.\n",
        "---\ntitle: The sea\nscenes:\n- picture: a lamp\n  narration: It is cold.\n",
    ] {
        let error = parse_script(raw, "x", None, None, None).expect_err("YAML");
        assert!(
            error.reason.contains("YAML") && error.reason.contains("line"),
            "{error}"
        );
        assert!(error.help().to_string().contains("JSON"));
    }
}

#[test]
fn a_bracket_does_not_make_json() {
    assert_eq!(
        said("{Hello} there friend.\n"),
        (vec!["{Hello} there friend.".to_owned()], vec![])
    );
    assert_eq!(said("[1990] was a year.").0, ["[1990] was a year."]);
}

#[test]
fn each_encoding_gives_the_same_words() {
    let text =
        "Das Café öffnet um acht. Der Preis beträgt fünf Euro – “günstig”, sagt Frau Müller.\n";
    let utf16: Vec<u8> = format!("\u{feff}{text}")
        .encode_utf16()
        .flat_map(u16::to_le_bytes)
        .collect();
    let cp1252 = b"Das Caf\xe9 \xf6ffnet um acht. Der Preis betr\xe4gt f\xfcnf Euro \x96 \x93g\xfcnstig\x94, sagt Frau M\xfcller.\n";
    let words = [text.trim_end().to_owned()];
    let utf16 = decode_script(&utf16, "x").expect("text");
    assert_eq!(said(utf16), (words.to_vec(), vec![]));
    let (scenes, warnings) = said(decode_script(cp1252, "x").expect("text"));
    assert_eq!(scenes, words);
    assert_eq!(
        warnings,
        [
            "the script is not in UTF-8 and was read as Windows-1252; if letters are wrong, save it as UTF-8"
        ]
    );
}

#[test]
fn pages_are_read_without_their_tags() {
    let read = parse_script(
        "<!doctype html><html lang=en><title>Site</title><body><h1>The sea</h1><p>It is <b>deep</b>.</p><p>NARRATOR: It is cold.</p></html>",
        "x",
        None,
        None,
        None,
    )
    .expect("a script");
    assert_eq!(read.script.title, "The sea");
    assert_eq!(read.script.language, "en");
    let said: Vec<&str> = read
        .script
        .scenes
        .iter()
        .map(|scene| scene.narration.as_str())
        .collect();
    assert_eq!(said, ["It is deep.", "It is cold."]);
    // A page that says it is in English and is not.
    let read = parse_script(
        "<html lang=en><p>深海是黑暗的。</p></html>",
        "x",
        None,
        None,
        None,
    );
    assert_eq!(read.expect("a script").script.language, "");
    assert!(
        parse_script(
            "<?xml version=\"1.0\"?><tt><p>x</p></tt>",
            "x",
            None,
            None,
            None
        )
        .is_err()
    );
}

#[test]
fn a_script_of_nothing_but_markup_is_told_so() {
    for (raw, words) in [
        ("| a |\n|---|\n| b |", "only 1 table"),
        ("# Title\n\n## Part\n\n---\n", "only 1 heading"),
        ("[Scene 1]\n[MUSIC]\n", "only 2 stage directions"),
        ("```python\nprint()\n```", "only 1 code block"),
        (
            "---\ntitle: T\ndate: x\n---\n",
            "only 1 line of front matter",
        ),
        (
            "<html><body><table><tr><td>x</table></html>",
            "only 1 table",
        ),
        ("WEBVTT\n\nNOTE x\n", "only 1 comment"),
        ("", "it is empty"),
        ("---\n***\n", "it has no words to say"),
    ] {
        let error = parse_script(raw, "x", None, None, None).expect_err(raw);
        assert_eq!(error.flaw, ScriptFlaw::NoWords);
        assert!(error.reason.contains(words), "{raw:?}: {error}");
    }
}

#[test]
fn front_matter_without_an_end_is_text() {
    let (scenes, _) = said("---\ntitle: T\n\nThe sea is deep.");
    assert_eq!(scenes, ["title: T", "The sea is deep."]);
}

/// Pieces of markup that a text may be made of in any order.
const PIECES: &[&str] = &[
    "# ",
    "## ",
    "- ",
    "1. ",
    "> ",
    "**",
    "*",
    "_",
    "`",
    "```",
    "\n",
    "\n\n",
    "---",
    "[",
    "]",
    "(",
    ")",
    "<b>",
    "</b>",
    "<p>",
    "<!--",
    "-->",
    "&amp;",
    "{",
    "}",
    "\"",
    ":",
    "|",
    "|---|",
    "WEBVTT",
    "00:00:01,000 --> 00:00:02,000",
    "1",
    "word",
    "NARRATOR",
    "Scene 1",
    "é",
    "深",
    "\u{202e}",
    "\0",
    "\r",
    "title",
    "+++",
    "<table>",
    "</table>",
    "[^1]",
    "[^1]: ",
    "![",
    "](",
    "\\",
    "INT. ",
    "0:05",
    " - ",
    "~~~",
    "{\"scenes\":[",
    "{\"narration\":\"x\"}",
    "]}",
    "<script>",
    "```json",
    "[Script Info]",
    "Dialogue: 0,0:00:01.00,0:00:02.00,,,,,,,",
    "&#0;",
    "<pause>",
    "{beat}",
    "【",
    "】",
    "\"scenes\":[",
    "\"",
    "scenes:\n",
    "- narration: ",
    "Title: ",
    "Author: ",
    "H~2~",
    "x^2^",
    "Narrator – quietly: ",
    "ทะเล",
    "。\n深",
];

proptest! {
    #[test]
    fn any_bytes_are_a_script_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        if let Ok(decoded) = decode_script(&bytes, "x")
            && let Ok(read) = parse_script(decoded, "x", None, None, None)
        {
            prop_assert!((1..=MAX_SCENES).contains(&read.script.scenes.len()));
        }
    }

    #[test]
    fn any_markup_is_a_script_or_refused(pieces in prop::collection::vec(prop::sample::select(PIECES), 0..40)) {
        let raw = pieces.concat();
        match parse_script(raw.as_str(), "x", None, None, None) {
            Ok(read) => {
                prop_assert!((1..=MAX_SCENES).contains(&read.script.scenes.len()));
                for scene in &read.script.scenes {
                    prop_assert!(scene.narration.contains(char::is_alphanumeric));
                    prop_assert_eq!(&videogen_text::clean(&scene.narration), &scene.narration);
                }
            }
            Err(error) => prop_assert!(!error.reason.is_empty()),
        }
    }

    /// Words, punctuation and line ends without anything of markup.
    #[test]
    fn a_text_without_markup_keeps_its_letters(words in prop::collection::vec("[a-zäöüß]{2,9}[.,;!?]?|[0-9]{1,4}|\\([a-j]{4,8}\\)|“[k-z]{3}”|深海|море", 1..60)) {
        let raw = words.join(" ");
        if let Ok(read) = parse_script(raw.as_str(), "x", None, None, None) {
            let said: Vec<&str> = read.script.scenes.iter().map(|scene| scene.narration.as_str()).collect();
            prop_assert_eq!(said.join(" "), videogen_text::clean(&raw));
            prop_assert_eq!(read.warnings, Vec::<String>::new());
        }
    }
}
