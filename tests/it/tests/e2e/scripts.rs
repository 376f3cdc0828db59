//! Scripts people bring, in whichever form: what is in them tells, not their name.

use testkit::Run;
use testkit::events::only;

use crate::generate;

/// A script under a name that says nothing of what it is.
const NAME: &str = "mine.dat";

/// The title, the narrations and the warnings of a dry run with `script` as a file.
fn planned(script: &[u8]) -> (String, Vec<String>, String) {
    let run = generate().args(["--script", NAME]);
    std::fs::write(run.work().join(NAME), script).expect("written");
    shown(run)
}

fn shown(run: Run) -> (String, Vec<String>, String) {
    let run = run
        .args([
            "--dry-run",
            "--json",
            "--speech",
            "silent",
            "--music",
            "none",
        ])
        .finish()
        .expect_code(0);
    let all = run.events();
    let plan = only(&all, "video_planned").clone();
    let scenes = plan["scenes"].as_array().expect("scenes");
    let narration =
        |scene: &serde_json::Value| scene["narration"].as_str().expect("text").to_owned();
    let scenes = scenes.iter().map(narration).collect();
    let title = plan["title"].as_str().expect("a title").to_owned();
    (title, scenes, run.stdout())
}

const MARKDOWN: &str = "---\ntitle: \"My video\"\ntags: [a, b]\n---\n\n# The **deep** sea\n\nIntro with *emphasis* and a \
    [link](https://example.com/a_b).\n\n| Depth |\n|---|\n| 200 m |\n\n1. Numbered one.\n2. Numbered two.\n\n<b>HTML</b> &amp; more.\n";

#[test]
fn a_script_is_recognised_by_what_is_in_it() {
    let (title, scenes, told) = planned(MARKDOWN.as_bytes());
    assert_eq!(title, "My video");
    assert_eq!(
        scenes,
        [
            "Intro with emphasis and a link.",
            "Numbered one. Numbered two.",
            "HTML & more."
        ]
    );
    assert!(
        told.contains("1 table") && told.contains("my-video.mp4"),
        "{told}"
    );

    let subtitles = "1\r\n00:00:00,000 --> 00:00:02,000\r\nHello there.\r\n\r\n2\r\n00:00:02,000 --> 00:00:04,000\r\n<i>Second</i> line.\r\n";
    let (_, scenes, told) = planned(subtitles.as_bytes());
    assert_eq!(scenes, ["Hello there. Second line."]);
    assert!(told.contains("2 time codes"), "{told}");

    let page = "<!DOCTYPE html><html><head><title>Page</title></head><body><h1>The sea</h1><p>It is <b>deep</b>.</p></body></html>";
    let (title, scenes, _) = planned(page.as_bytes());
    assert_eq!(
        (title.as_str(), scenes),
        ("The sea", vec!["It is deep.".to_owned()])
    );

    let (_, scenes, told) =
        planned(b"[Scene 1]\nNARRATOR: The sea is deep.\n(pause)\nHOST: It is cold.\n");
    assert_eq!(scenes, ["The sea is deep. It is cold."]);
    assert!(
        told.contains("2 stage directions") && told.contains("2 speaker names"),
        "{told}"
    );

    let (_, scenes, _) = planned(b"```json\n{\"scenes\":[{\"narration\":\"One here.\"}]}\n```\n");
    assert_eq!(scenes, ["One here."]);
    let (_, scenes, _) = planned(b"{Hello} there friend.\n");
    assert_eq!(scenes, ["{Hello} there friend."]);
}

#[test]
fn standard_input_is_read_as_files_are() {
    let (title, scenes, _) = shown(generate().args(["--script", "-"]).input(MARKDOWN));
    assert_eq!((title.as_str(), scenes.len()), ("My video", 3));
    let utf16: Vec<u8> = "\u{feff}Das Café öffnet um acht.\n"
        .encode_utf16()
        .flat_map(u16::to_le_bytes)
        .collect();
    let (_, scenes, _) = shown(
        generate()
            .args(["--script", "-", "--language", "de"])
            .input(utf16.clone()),
    );
    assert_eq!(scenes, ["Das Café öffnet um acht."]);
    assert_eq!(planned(&utf16).1, scenes);
    let cp1252 = b"Das Caf\xe9 \xf6ffnet um acht. Es kostet f\xfcnf Euro.\n";
    let (_, scenes, told) = shown(generate().args(["--script", "-"]).input(cp1252.to_vec()));
    assert_eq!(scenes, ["Das Café öffnet um acht. Es kostet fünf Euro."]);
    assert!(told.contains("Windows-1252"), "{told}");
    let (_, again, told) = planned(cp1252);
    assert_eq!(again, scenes);
    assert!(told.contains("Windows-1252"), "{told}");
}

#[test]
fn lines_of_a_batch_read_scripts_as_the_option_does() {
    let run = generate().args([
        "--batch",
        "b.jsonl",
        "--dry-run",
        "--json",
        "--speech",
        "silent",
    ]);
    std::fs::write(run.work().join(NAME), MARKDOWN).expect("written");
    std::fs::write(
        run.work().join("b.jsonl"),
        format!("{{\"script\": \"{NAME}\"}}\n"),
    )
    .expect("written");
    let run = run.finish().expect_code(0);
    assert_eq!(only(&run.events(), "video_planned")["title"], "My video");
}

#[test]
fn documents_are_refused_by_name_with_what_to_do() {
    let docx = b"PK\x03\x04\x14\0\x06\0\x08\0[Content_Types].xmlPK\x03\x04word/document.xml";
    let odt = b"PK\x03\x04\x14\0\0\x08\0\0mimetypeapplication/vnd.oasis.opendocument.text";
    for (bytes, name, code) in [
        (&b"{\\rtf1\\ansi Hello there.}"[..], "RTF", 3),
        (b"%PDF-1.7\nHello", "PDF", 3),
        (docx, "DOCX", 3),
        (odt, "ODT", 3),
        (b"Hello\0there\0friend.", "NUL", 3),
        (
            b"{\"scenes\": [\n{\"narration\": \"x\"},\n]}",
            "line 3 column 1",
            3,
        ),
        (
            b"Sure!\n{\"scenes\": [\n{\"narration\": \"x\"},\n]}\nBye",
            "line 4 column 1",
            3,
        ),
        (
            b"{\"language\": \"klingon!!\", \"scenes\": [{\"narration\": \"x\"}]}",
            "klingon!!",
            3,
        ),
        (b"scenes:\n- narration: x\n", "YAML", 3),
        (b"# Title\n\n| a |\n|---|\n", "1 table", 3),
    ] {
        let run = generate().args(["--script", NAME]);
        std::fs::write(run.work().join(NAME), bytes).expect("written");
        let run = run.finish().expect_code(code);
        let told = run.stderr();
        assert!(
            told.contains(name) && told.contains(NAME) && told.contains("hint: "),
            "{told}"
        );
        assert!(!run.work().join("videos").exists());
    }
    let run = generate()
        .args(["--script", "-"])
        .input("{\\rtf1\\ansi Hello there.}");
    let told = run.finish().expect_code(2).stderr();
    assert!(
        told.contains("RTF") && told.contains("plain text"),
        "{told}"
    );
}
